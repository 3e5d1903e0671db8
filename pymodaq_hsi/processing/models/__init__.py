"""Models: what turns a line into answers. Each maps ``(pixels, bands)`` to named output sinks.

=======================  ==============================================================
`BandRatio`              ratio or normalised difference of two bands
`SpectralAngleMapper`    which of some known spectra a pixel is most alike
`PrincipalComponents`    scores on the components of a training cube
`OnnxModel`              any network in an ONNX file (``pip install pymodaq-hsi[onnx]``)
=======================  ==============================================================

Your own is a subclass of `Model` with `sinks` and `apply`.
"""

from __future__ import annotations

from pymodaq_hsi.processing.models.angle import SpectralAngleMapper
from pymodaq_hsi.processing.models.base import LineFunction, Model
from pymodaq_hsi.processing.models.components import PrincipalComponents
from pymodaq_hsi.processing.models.network import OnnxModel
from pymodaq_hsi.processing.models.ratio import BandRatio

__all__ = ["BandRatio", "LineFunction", "Model", "OnnxModel", "PrincipalComponents", "SpectralAngleMapper"]
