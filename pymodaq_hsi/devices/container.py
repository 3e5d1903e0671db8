"""What containers of frames and of lines have in common: places that fill up, or go round."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import AcquisitionError

__all__ = ["Container", "whole_number"]


def whole_number(count: object, things: str, device: str) -> int:
    """Return a count as an integer.

    Raises
    ------
    AcquisitionError
        It is none.
    """
    try:
        return operator.index(count)  # type: ignore[arg-type]
    except TypeError:
        raise AcquisitionError(
            f"{device}: {count!r} is not a number of {things}; give an integer", device=device
        ) from None


class Container:
    """Copies of arrays that are alike.

    Parameters
    ----------
    count : int
        How many fit in.
    shape : tuple of int
        Of each.
    dtype : dtype
    ring : bool
        When full, forget the oldest instead of refusing the next.
    things : str
        What they are, for the errors.
    device : str
        Whose they are, for the errors.
    """

    def __init__(
        self, count: int, shape: tuple[int, ...], dtype: npt.DTypeLike, *, ring: bool, things: str, device: str = ""
    ) -> None:
        self.ring = ring
        self._things = things
        self._owner = device
        count = whole_number(count, things, device or "a container")
        if count < 1:
            raise AcquisitionError(f"a container for {count} {things} holds nothing; give at least 1", device=device)
        self._items = np.empty((count, *shape), dtype)
        self._added = 0

    def __len__(self) -> int:
        return self.count

    @property
    def capacity(self) -> int:
        """How many fit in."""
        return len(self._items)

    @property
    def count(self) -> int:
        """How many are in."""
        return min(self._added, self.capacity)

    @property
    def full(self) -> bool:
        """Whether the next `add` would be refused (or forget the oldest)."""
        return self._added >= self.capacity

    @property
    def data(self) -> npt.NDArray[Any]:
        """All in the order in which they came, shape ``(count, *shape)``: frames as they are, lines as a cube."""
        return self._ordered(self._items)

    def _check_room(self) -> None:
        if self.full and not self.ring:
            raise AcquisitionError(
                f"the container holds {self.capacity} {self._things} already; make a larger one, or a ring",
                device=self._owner,
            )

    def _put(self, item: npt.NDArray[Any]) -> int:
        """Copy one in; returns its place."""
        place = self._added % self.capacity
        self._items[place] = item
        self._added += 1
        return place

    def _ordered(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if self._added <= self.capacity:
            return array[: self._added]
        return np.roll(array, -(self._added % self.capacity), axis=0)
