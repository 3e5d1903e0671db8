"""Models: what turns a line into answers. Each maps ``(pixels, bands)`` to named output sinks.

=======================  ==============================================================
`BandRatio`              ratio or normalised difference of two bands
`SpectralAngleMapper`    which of some known spectra a pixel is most alike
`PrincipalComponents`    scores on the components of a training cube
`PartialLeastSquares`    quantities predicted from the bands
`OnnxModel`              any network in an ONNX file (``pip install pymodaq-hsi[onnx]``)
=======================  ==============================================================

They are read from files with `read_model`. Your own is a subclass of `Model` with `sinks` and `apply`.
"""

from __future__ import annotations

from pymodaq_hsi.processing.models.angle import SpectralAngleMapper
from pymodaq_hsi.processing.models.base import LineFunction, Model
from pymodaq_hsi.processing.models.binding import BoundModel, Sink
from pymodaq_hsi.processing.models.components import PrincipalComponents
from pymodaq_hsi.processing.models.files import read_model, write_model
from pymodaq_hsi.processing.models.least_squares import PartialLeastSquares
from pymodaq_hsi.processing.models.network import OnnxModel
from pymodaq_hsi.processing.models.ratio import BandRatio

__all__ = [
    "BandRatio",
    "BoundModel",
    "LineFunction",
    "Model",
    "OnnxModel",
    "PartialLeastSquares",
    "PrincipalComponents",
    "Sink",
    "SpectralAngleMapper",
    "read_model",
    "write_model",
]
