"""Neighbours made one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import StepError
from pymodaq_hsi.processing.steps.base import Operation, Step, float_type, whole
from pymodaq_hsi.processing.validity import NO_NUMBER

if TYPE_CHECKING:
    from pymodaq_hsi.processing.steps.geometry import Geometry

__all__ = ["Bin"]


@dataclass(frozen=True)
class Bin(Step):
    """Bin neighbouring pixels and bands.

    A bin is saturated if any of its samples is. Samples of dead pixels, and those from outside, are left out of a mean;
    a sum with one of them is none. The wavelength of a bin is the mean of its bands'.

    Parameters
    ----------
    pixels, bands : int
        How many become one.
    how : {"mean", "sum"}
        Sums of whole numbers stay whole numbers, of a type that holds them.
    rest : {"refuse", "drop"}
        What becomes of the last pixels or bands, where they fill no bin: an error, or they are left out.
    """

    kind: ClassVar[str] = "bin"
    pixels: int = 1
    bands: int = 1
    how: Literal["mean", "sum"] = "mean"
    rest: Literal["refuse", "drop"] = "refuse"

    def __post_init__(self) -> None:
        for name in ("pixels", "bands"):
            object.__setattr__(self, name, whole(getattr(self, name), f"the bin's {name}", least=1))
        if self.how not in ("mean", "sum"):
            raise StepError(f"bins are a 'mean' or a 'sum', not {self.how!r:.60}")
        if self.rest not in ("refuse", "drop"):
            raise StepError(f"the rest of a bin is 'refuse' or 'drop', not {self.rest!r:.60}")

    def bind(self, before: Geometry) -> Operation:
        """Return the operation.

        Raises
        ------
        StepError
            Pixels or bands are not a multiple of the bin.
        """
        for name, there, size in (("pixels", before.pixels, self.pixels), ("bands", before.bands, self.bands)):
            left = there % size
            if there < size or (left and self.rest == "refuse"):
                advice = "bin fewer" if there < size else f"crop to {there - left} before, or drop them (rest = 'drop')"
                raise StepError(f"{there} {name} cannot be binned by {size}: {left} are left over; {advice}")
        return _Bins(before, self.pixels, self.bands, mean=self.how == "mean")


class _Bins(Operation):
    def __init__(self, before: Geometry, pixels: int, bands: int, *, mean: bool) -> None:
        rows, columns = before.pixels // pixels * pixels, before.bands // bands * bands
        self._members = [
            (..., slice(row, rows, pixels), slice(column, columns, bands))
            for row, column in product(range(pixels), range(bands))
        ]
        self._mean = mean
        usable = (before.validity & NO_NUMBER) == 0
        self._left_out: tuple[Any, ...] | None = np.nonzero(~usable) if mean and not usable.all() else None
        count = self._total(usable.astype(float))
        self._share = np.divide(1.0, count, out=np.full(count.shape, np.nan), where=count > 0)
        self._share_single = self._share.astype(np.float32)
        known = before.wavelengths
        flags = self.reach(before.validity)
        if mean:
            flags = np.where(count > 0, flags, self._together(before.validity))
        self.geometry = replace(
            before,
            pixels=flags.shape[0],
            bands=flags.shape[1],
            wavelengths=None if known is None else known[:columns].reshape(-1, bands).mean(axis=1),
            validity=flags,
            summed=before.summed if mean else before.summed * pixels * bands,
        )

    def dtype(self, given: np.dtype[Any]) -> np.dtype[Any]:
        if self._mean or given.kind == "f":
            return float_type(given)
        if given.kind == "b":
            return np.dtype(np.uint32)
        most = np.iinfo(given).max * len(self._members)
        small = np.dtype(np.int32 if given.kind == "i" else np.uint32)
        if given.itemsize < 8 and most <= np.iinfo(small).max:
            return small
        return np.dtype(np.int64 if given.kind == "i" else np.uint64) if given.itemsize < 8 else np.dtype(np.float64)

    def values(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        block = self._without(block.astype(self.dtype(block.dtype), copy=False))
        total = self._total(block)
        if self._mean:
            total *= self._share_single if total.dtype == np.float32 else self._share
        return total

    def variance(self, variance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        total = self._total(self._without(variance))
        return total * self._share**2 if self._mean else total

    def reach(self, flags: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return self._together(self._without(flags))

    def _without(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if self._left_out is None:
            return block
        block = block.copy()
        block[(..., *self._left_out)] = 0
        return block

    def _total(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        total = block[self._members[0]].copy()
        for member in self._members[1:]:
            total += block[member]
        return total

    def _together(self, flags: npt.NDArray[Any]) -> npt.NDArray[Any]:
        total = flags[self._members[0]].copy()
        for member in self._members[1:]:
            total |= flags[member]
        return total
