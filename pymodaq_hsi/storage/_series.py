"""The frames of one detector in one run: where each goes, which have come, and which cannot be taken."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ma

from pymodaq_hsi.errors import StorageError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["FrameRefused", "Index", "Series", "checked_shape"]

Index = tuple[int, ...]
_MOST_POINTS = 1 << 32
_MOST_DIMENSIONS = 32


class FrameRefused(ValueError):
    """A frame that does not belong to the run; nothing of it was taken."""


def checked_shape(shape: object) -> tuple[int, ...]:
    """Return the shape of what a run measures.

    Raises
    ------
    StorageError
    """
    try:
        sizes = tuple(operator.index(n) for n in (shape if np.iterable(shape) else (shape,)))  # type: ignore[arg-type]
    except TypeError:
        raise StorageError(f"shape is {shape!r:.80}; give a sequence of integers") from None
    if not 1 <= len(sizes) <= _MOST_DIMENSIONS or min(sizes) < 1:
        raise StorageError(
            f"shape is {sizes}; it has 1 to {_MOST_DIMENSIONS} dimensions, each of at least one element. The scan's "
            f"come first, the frame's after them"
        )
    return sizes


class Series:
    """What one detector gives in one run.

    Parameters
    ----------
    name : str
        Of the detector.
    shape : tuple of int
        Of all its data: the scan's dimensions, then the frame's. The first frame's index says how many are the scan's.
    adapts : bool
        The shape is another detector's: the scan's dimensions hold here too, and the first frame says the frame's.

    Attributes
    ----------
    expected : bool
        Whether the run is not complete without it.
    scan, frame : tuple of int
        Shapes, once a frame has come.
    dtype : dtype or None
        Of the first frame.
    count : int
        How many frames have come.
    """

    def __init__(self, name: str, shape: tuple[int, ...], *, adapts: bool = False) -> None:
        self.name = name
        self.shape = shape
        self.adapts = adapts
        self.expected = False
        self.scan: tuple[int, ...] = ()
        self.frame: tuple[int, ...] = ()
        self.dtype: np.dtype[Any] | None = None
        self.count = 0
        self._come: npt.NDArray[np.bool_] | None = None

    @property
    def full(self) -> tuple[int, ...]:
        """Shape of all its data, as far as known."""
        return self.shape if self._come is None else (*self.scan, *self.frame)

    @property
    def wanted(self) -> int | None:
        """How many frames there are to be; None as long as none has come."""
        return None if self._come is None else self._come.size

    @property
    def complete(self) -> bool:
        """Whether every index has come."""
        return self.count == self.wanted

    def check(self, index: object, frame: object) -> tuple[Index, npt.NDArray[Any]]:
        """Return the place of a frame, and the frame as it is to be stored.

        Raises
        ------
        FrameRefused
            There is no such place, a frame is there already, or shape or type are not those of the others.
        """
        place = self._place(index)
        began = self._come is not None
        scan = self.scan if began else self.shape[: len(place)]
        if len(place) != len(scan) or not all(0 <= i < n for i, n in zip(place, scan, strict=True)):
            raise FrameRefused(f"index {place} is outside the run, whose indexes are below {scan or self.shape}")
        if self._come is not None and self._come[place]:
            raise FrameRefused(f"a frame with index {place} has come already, and is kept")
        if not began and math.prod(scan) > _MOST_POINTS:
            raise FrameRefused(f"a run of shape {scan} has more than {_MOST_POINTS} frames")
        array = self._array(frame)
        wanted = self.frame if began else self.shape[len(place) :]
        if array.shape != wanted and array.size == 1 and math.prod(wanted) == 1:
            array = array.reshape(wanted)
        if array.shape != wanted and (began or not self.adapts):
            raise FrameRefused(f"the frame with index {place} has shape {array.shape}, and the run has {wanted}")
        if array.size == 0:
            raise FrameRefused(f"the frame with index {place} has shape {array.shape}, which is nothing")
        return place, array

    def _place(self, index: object) -> Index:
        if type(index) is tuple and all(type(number) is int for number in index):
            return index
        numbers = index if isinstance(index, tuple | list) else (index,)
        if any(isinstance(number, bool | np.bool_) for number in numbers):
            raise FrameRefused(f"{index!r:.80} is no index; give a tuple of integers")
        try:
            return tuple(operator.index(number) for number in numbers)
        except TypeError:
            raise FrameRefused(f"{index!r:.80} is no index; give a tuple of integers") from None

    def _array(self, frame: object) -> npt.NDArray[Any]:
        if type(frame) is np.ndarray and frame.dtype is self.dtype and frame.flags.c_contiguous:
            return frame
        try:
            array = np.asarray(frame)
        except (ValueError, TypeError) as error:
            raise FrameRefused(f"a frame that is no array of numbers: {error}") from None
        if array.dtype.kind not in "biufc":
            raise FrameRefused(f"a frame of type {array.dtype}; frames are of numbers")
        if isinstance(frame, ma.MaskedArray) and ma.getmaskarray(frame).any():
            masked = ma.getmaskarray(frame)
            if array.dtype.kind not in "fc":
                raise FrameRefused(
                    f"a frame of {array.dtype} with {np.count_nonzero(masked)} masked values, and no number that says "
                    f"so; give frame.filled(...), or floats, where they become NaN"
                )
            array = np.where(masked, array.dtype.type(np.nan), array)
        native = array.dtype if array.dtype.isnative else array.dtype.newbyteorder("=")
        dtype = self.dtype
        if dtype is None:
            # a plain 3 may be followed by a plain 3.5
            plain = not isinstance(frame, np.ndarray | np.generic) and native.kind in "iu"
            return np.ascontiguousarray(array, np.float64 if plain else native).reshape(array.shape)
        if native != dtype and not np.can_cast(native, dtype, "safe"):
            with np.errstate(invalid="ignore", over="ignore"):
                cast = array.astype(dtype) if native.kind != "c" else array
            if isinstance(frame, np.ndarray | np.generic) or not np.array_equal(cast, array):
                raise FrameRefused(
                    f"a frame of type {array.dtype}, and the first one was {dtype}, which cannot hold it"
                )
        return np.ascontiguousarray(array, dtype).reshape(array.shape)

    def begin(self, place: Index, array: npt.NDArray[Any]) -> None:
        """Let the first frame say what the others are like."""
        if self._come is None:
            self.scan, self.frame, self.dtype = self.shape[: len(place)], array.shape, array.dtype
            self._come = np.zeros(self.scan, np.bool_)

    def came(self, place: Index) -> None:
        """Note that a frame has come."""
        assert self._come is not None
        self._come[place] = True
        self.count += 1

    def lost(self, place: Index) -> None:
        """Note that a frame that has come is nowhere."""
        assert self._come is not None
        self._come[place] = False
        self.count -= 1
