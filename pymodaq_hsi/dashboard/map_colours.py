"""From numbers to what is seen of a map. No Qt."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["levels_of", "mean_of_last", "true_colour_of"]

_STRETCH = (0.5, 99.5)
_SAMPLES = 200_000
"""Of larger pictures every second, third, ... sample says how bright it is."""


def levels_of(picture: npt.NDArray[Any]) -> tuple[float, float]:
    """Return black and white of a picture, from its 0.5th to its 99.5th percentile; NaN does not count."""
    some = np.asarray(picture).reshape(-1)
    some = some[:: max(1, some.size // _SAMPLES)].astype(np.float64)
    known = some[np.isfinite(some)]
    if not known.size:
        return 0.0, 1.0
    low, high = (float(level) for level in np.percentile(known, _STRETCH))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def mean_of_last(cube: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return the mean along the last dimension, of what is known; NaN where nothing is."""
    if cube.shape[-1] == 1:
        return np.asarray(cube[..., 0], np.float32)
    if cube.dtype.kind != "f":
        return np.asarray(cube.mean(axis=-1, dtype=np.float64), np.float32)
    known = np.isfinite(cube)
    count = known.sum(axis=-1)
    total = np.where(known, cube, 0).sum(axis=-1, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def true_colour_of(cube: npt.NDArray[Any], wavelengths: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return a cube ``(rows, columns, bands)`` in true colour, or false colour where it is not seen; uint8 RGB."""
    from pymodaq_hsi.processing.picture import true_colour  # loads what a window without a picture does not need

    order = np.argsort(wavelengths)
    ascending = np.nan_to_num(np.asarray(cube, np.float32)[..., order])
    return true_colour(ascending, np.asarray(wavelengths, np.float64)[order])
