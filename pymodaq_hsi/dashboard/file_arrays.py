"""Arrays as they are looked at: without dimensions of one point, in another order, of complex ones two. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Picked", "channels_of", "thinned"]

_CURVE = 100_000
"""Points of a curve that are drawn; of longer ones the extremes of each piece."""


class Picked:
    """Some dimensions of an array, in an order of their own; indexed with a whole number or a slice for each.

    Parameters
    ----------
    array : array_like
        Read by indexing: of NumPy, dask or a file.
    order : sequence of int
        The dimensions of the array that are kept; of others the first point is taken.
    function : callable, optional
        What is made of the samples.
    """

    def __init__(self, array: Any, order: Sequence[int], function: Callable[[Any], Any] | None = None) -> None:
        self._array = array
        self._order = list(order)
        self._function = function

    def __getitem__(self, picked: tuple[int | slice, ...]) -> npt.NDArray[Any]:
        whole: list[int | slice] = [0] * len(self._array.shape)
        for dimension, part in zip(self._order, picked, strict=True):
            whole[dimension] = part
        found = np.asarray(self._array[tuple(whole)])
        left = [axis for axis, part in zip(self._order, picked, strict=True) if isinstance(part, slice)]
        found = found.transpose([sorted(left).index(axis) for axis in left])
        if found.dtype.kind == "b":
            found = found.astype(np.uint8)
        return np.asarray(found if self._function is None else self._function(found))


def channels_of(labels: list[str], arrays: list[Any], order: Sequence[int]) -> tuple[list[str], list[Picked]]:
    """Return the channels of arrays and how they are read: of complex ones the magnitude and the phase."""
    names, picked = [], []
    for label, array in zip(labels, arrays, strict=True):
        if array.dtype.kind == "c":
            names += [f"{label} (magnitude)", f"{label} (phase in rad)"]
            picked += [Picked(array, order, np.abs), Picked(array, order, np.angle)]
        else:
            names.append(label)
            picked.append(Picked(array, order))
    return names, picked


def thinned(
    x: npt.NDArray[Any], curves: list[npt.NDArray[Any]], most: int = _CURVE
) -> tuple[npt.NDArray[np.float64], list[npt.NDArray[np.float64]]]:
    """Return curves with no more points than are seen: of each piece of a long one the lowest and the highest.

    Parameters
    ----------
    x : ndarray
        ``(n,)``
    curves : list of ndarray
        Each ``(n,)``.
    most : int
        Points from which on they are thinned.

    Returns
    -------
    x, curves
        Float64.
    """
    if len(x) <= most:
        return np.asarray(x, np.float64), [np.asarray(curve, np.float64) for curve in curves]
    step = -(-2 * len(x) // most)
    starts = np.arange(0, len(x), step)
    found = []
    for curve in curves:
        values = np.asarray(curve, np.float64)
        both = [function.reduceat(values, starts) for function in (np.fmin, np.fmax)]
        found.append(np.stack(both, axis=1).ravel())
    return np.repeat(np.asarray(x, np.float64)[starts], 2), found
