"""Steps of standardisation: what is done to each line before it is calibrated, live and stored.

================  ==============================================================================
`Flip`            mirror the pixels (or the bands, of a camera that says them the wrong way round)
`Crop`            keep a part of pixels and bands
`DeadPixels`      interpolate dead samples along the bands, and flag them
`Smile`           bring the bands of all pixels to the same wavelengths
`Keystone`        bring all bands of a pixel to the same place
`Bin`             means or sums of neighbouring pixels and bands
`Resample`        other wavelengths: linearly, or as bands with a Gaussian response
`Corrections`     in its place, the steps that the camera's driver knows
================  ==============================================================================

They are put together in a `Standardisation`, read from files (`read_steps`), and bound to a camera's frames or a cube's
lines (`Geometry`).
"""

from __future__ import annotations

from pymodaq_hsi.processing.steps.asked import Corrections
from pymodaq_hsi.processing.steps.base import Step
from pymodaq_hsi.processing.steps.binning import Bin
from pymodaq_hsi.processing.steps.cropping import Crop, Flip
from pymodaq_hsi.processing.steps.dead import DeadPixels
from pymodaq_hsi.processing.steps.detecting import find_dead_pixels, read_dead_pixels
from pymodaq_hsi.processing.steps.distortion import Keystone, Smile
from pymodaq_hsi.processing.steps.files import read_steps, write_steps
from pymodaq_hsi.processing.steps.geometry import Geometry
from pymodaq_hsi.processing.steps.resampling import Resample
from pymodaq_hsi.processing.steps.standardisation import BoundSteps, Standardisation

__all__ = [
    "Bin",
    "BoundSteps",
    "Corrections",
    "Crop",
    "DeadPixels",
    "Flip",
    "Geometry",
    "Keystone",
    "Resample",
    "Smile",
    "Standardisation",
    "Step",
    "find_dead_pixels",
    "read_dead_pixels",
    "read_steps",
    "write_steps",
]
