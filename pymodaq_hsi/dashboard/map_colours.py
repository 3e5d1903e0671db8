"""From numbers to what is seen of a map. No Qt."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["levels_of", "true_colour_of"]

_STRETCH = (0.5, 99.5)


def levels_of(picture: npt.NDArray[Any]) -> tuple[float, float]:
    """Return black and white of a picture, from its 0.5th to its 99.5th percentile; NaN does not count."""
    known = picture[np.isfinite(picture)]
    if not known.size:
        return 0.0, 1.0
    low, high = (float(level) for level in np.percentile(known, _STRETCH))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def true_colour_of(cube: npt.NDArray[Any], wavelengths: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return a cube ``(rows, columns, bands)`` in true colour, or false colour where it is not seen; uint8 RGB."""
    from pymodaq_hsi.processing.picture import true_colour  # loads what a window without a picture does not need

    order = np.argsort(wavelengths)
    ascending = np.nan_to_num(np.asarray(cube, np.float32)[..., order])
    return true_colour(ascending, np.asarray(wavelengths, np.float64)[order])
