"""Sums of few samples with weights: what interpolation and binning are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.processing.steps.base import Operation, float_type
from pymodaq_hsi.processing.validity import NO_NUMBER

if TYPE_CHECKING:
    from pymodaq_hsi.processing.steps.geometry import Geometry

__all__ = ["Taps", "between", "carried"]


class Taps(Operation):
    """Each value is a sum of samples with weights.

    Parameters
    ----------
    before, after : Geometry
        `after.validity` has only the flags of this step itself; those of the samples are added.
    index : ndarray
        intp, ``(taps, pixels, bands)``: which sample, counted along the bands first.
    weights : ndarray
        float64, same shape. A sample with the weight 0 says nothing, not even if it is NaN.
    """

    def __init__(
        self, before: Geometry, after: Geometry, index: npt.NDArray[np.intp], weights: npt.NDArray[np.float64]
    ) -> None:
        index, weights = _settled(index, weights)
        self._index = index
        self._weights = weights
        self._single = weights.astype(np.float32)
        self._size = before.pixels * before.bands
        self.geometry = carried(after, self.reach(before.validity))
        self._nothing: tuple[Any, ...] = np.nonzero(self.geometry.validity & NO_NUMBER)

    def dtype(self, given: np.dtype[Any]) -> np.dtype[Any]:
        """Return a float type."""
        return float_type(given)

    def values(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the sums."""
        dtype = self.dtype(block.dtype)
        flat = self._flat(np.ascontiguousarray(block, dtype))
        weights = self._single if dtype == np.float32 else self._weights
        total = self._sum(flat, weights)
        total[(..., *self._nothing)] = np.nan
        return total

    def variance(self, variance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the sums with the weights squared."""
        return self._sum(self._flat(np.ascontiguousarray(variance)), self._weights**2)

    def reach(self, flags: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the flags of all samples with a weight."""
        flat = self._flat(np.ascontiguousarray(flags))
        total = np.zeros((*flat.shape[:-1], *self._index.shape[1:]), flags.dtype)
        for index, weights in zip(self._index, self._weights, strict=True):
            total |= np.where(weights != 0, np.take(flat, index, axis=-1), flags.dtype.type(0))
        return total

    def _flat(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return block.reshape(*block.shape[:-2], self._size)

    def _sum(self, flat: npt.NDArray[Any], weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
        total: npt.NDArray[Any] = np.take(flat, self._index[0], axis=-1, mode="clip")
        total *= weights[0]
        more = np.empty_like(total)
        for index, weight in zip(self._index[1:], weights[1:], strict=True):
            np.take(flat, index, axis=-1, out=more, mode="clip")  # checked when it was made
            more *= weight
            total += more
        return total


def carried(after: Geometry, reached: npt.NDArray[np.uint8]) -> Geometry:
    """Return a geometry with the flags that samples bring along added to its own."""
    return replace(after, validity=after.validity | reached)


def between(
    places: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return how to interpolate linearly.

    Parameters
    ----------
    places : ndarray
        Rising, ``(n,)``: where there are samples.
    wanted : ndarray
        ``(m,)``: where values are wanted.

    Returns
    -------
    index : ndarray
        ``(2, m)``: the samples before and after.
    weights : ndarray
        ``(2, m)``
    outside : ndarray
        bool, ``(m,)``: no samples on both sides.
    """
    last = len(places) - 1
    left = np.clip(np.searchsorted(places, wanted, side="right") - 1, 0, max(0, last - 1))
    right = np.minimum(left + 1, last)
    gap = places[right] - places[left]
    share = np.divide(wanted - places[left], gap, out=np.zeros(len(wanted)), where=gap > 0)
    outside = (wanted < places[0]) | (wanted > places[-1])
    share = np.clip(share, 0, 1)
    return np.stack([left, right]), np.stack([1 - share, share]), outside


def _settled(
    index: npt.NDArray[np.intp], weights: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Point taps without weight at a sample that has one, so that none of them brings a NaN."""
    heaviest = np.abs(weights).argmax(axis=0)[np.newaxis]
    return np.where(weights != 0, index, np.take_along_axis(index, heaviest, 0)).astype(np.intp), weights
