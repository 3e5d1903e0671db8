"""Sums of few samples with weights: what interpolation and binning are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.processing.steps.base import Operation, float_type
from pymodaq_hsi.processing.validity import NO_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.processing.steps.geometry import Geometry

__all__ = ["BandTaps", "NearTaps", "Taps", "between", "carried"]

_MOST_DISTANCES = 12


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
        total = self._each(np.ascontiguousarray(block, dtype), self._line)
        total[(..., *self._nothing)] = np.nan
        return total

    def variance(self, variance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the sums with the weights squared."""
        squares = self._weights**2
        return self._each(np.ascontiguousarray(variance), lambda line: self._gathered(line, squares))

    def reach(self, flags: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the flags of all samples with a weight."""
        flat = self._flat(np.ascontiguousarray(flags))
        total = np.zeros((*flat.shape[:-1], *self._index.shape[1:]), flags.dtype)
        for index, weights in zip(self._index, self._weights, strict=True):
            total |= np.where(weights != 0, np.take(flat, index, axis=-1), flags.dtype.type(0))
        return total

    def _flat(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return block.reshape(*block.shape[:-2], self._size)

    def _each(self, block: npt.NDArray[Any], made: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        if block.ndim == 2:
            return made(block.reshape(-1))
        totals = [made(line) for line in block.reshape(-1, self._size)]
        return np.array(totals, block.dtype).reshape(*block.shape[:-2], *self._index.shape[1:])

    def _line(self, line: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the sums of a line, which is flat and of a float type."""
        return self._gathered(line, self._single if line.dtype == np.float32 else self._weights)

    def _gathered(self, line: npt.NDArray[Any], weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
        total: npt.NDArray[Any] = np.take(line, self._index[0])
        total *= weights[0]
        for index, weight in zip(self._index[1:], weights[1:], strict=True):
            more = np.take(line, index)  # NumPy takes twice as long where it is told where to put them
            more *= weight
            total += more
        return total


class BandTaps(Taps):
    """Taps that are the same for all pixels: whole bands are added.

    Parameters
    ----------
    before, after : Geometry
        As of `Taps`.
    index, weights : ndarray
        ``(taps, bands)``: which band, and how much of it.
    """

    def __init__(
        self, before: Geometry, after: Geometry, index: npt.NDArray[np.intp], weights: npt.NDArray[np.float64]
    ) -> None:
        index, weights = _settled(index, weights)
        self._bands = index
        rows = np.arange(before.pixels, dtype=np.intp)[:, np.newaxis] * before.bands
        spread = np.broadcast_to(weights[:, np.newaxis], (len(weights), before.pixels, weights.shape[1]))
        super().__init__(before, after, index[:, np.newaxis] + rows, spread.copy())

    def _line(self, line: npt.NDArray[Any]) -> npt.NDArray[Any]:
        weights = self._single if line.dtype == np.float32 else self._weights
        bands = np.ascontiguousarray(line.reshape(-1, self._size // self.geometry.pixels).T)
        each = weights[:, 0, :, np.newaxis]
        total = bands[self._bands[0]]
        total *= each[0]
        for index, weight in zip(self._bands[1:], each[1:], strict=True):
            more = bands[index]
            more *= weight
            total += more
        return np.ascontiguousarray(total.T)


class NearTaps(Taps):
    """Taps that are never far from the value, and keep the lines' shape: shifted lines are added, which is faster.

    A sample that is no number is left out and its values are made NaN after, so that a weight of 0 is none here too.
    """

    def __init__(
        self, before: Geometry, after: Geometry, index: npt.NDArray[np.intp], weights: npt.NDArray[np.float64]
    ) -> None:
        super().__init__(before, after, index, weights)
        self._unknown: tuple[Any, ...] = np.nonzero((before.validity & NO_NUMBER).ravel())
        distance = (self._index - np.arange(self._size).reshape(before.shape)).reshape(len(index), -1)
        flat = self._weights.reshape(len(index), -1)
        self._tables: dict[int, npt.NDArray[Any]] = {}
        found = np.unique(distance[flat != 0])
        if len(found) <= _MOST_DISTANCES:
            self._tables = {int(far): np.where(distance == far, flat, 0).sum(axis=0) for far in found}
        self._single_tables: dict[int, npt.NDArray[Any]] = {
            far: table.astype(np.float32) for far, table in self._tables.items()
        }

    def _line(self, line: npt.NDArray[Any]) -> npt.NDArray[Any]:
        tables = self._single_tables if line.dtype == np.float32 else self._tables
        if not tables:
            return super()._line(line)
        if self._unknown[0].size:
            line = line.copy()
            line[self._unknown] = 0
        finite = np.isfinite(line)
        known = bool(finite.all())
        given = line if known else np.where(finite, line, line.dtype.type(0))
        total, more = np.zeros_like(line), np.empty_like(line)
        for far, table in tables.items():
            to, of = slice(max(0, -far), self._size - max(0, far)), slice(max(0, far), self._size - max(0, -far))
            np.multiply(given[of], table[to], out=more[to])
            total[to] += more[to]
        total = total.reshape(self._index.shape[1:])
        if not known:
            total[self.reach(~finite.reshape(total.shape))] = np.nan
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
