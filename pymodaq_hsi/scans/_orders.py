"""In which order the points of a grid are visited."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Nested", "Order", "Permuted", "Snake", "random_order", "spiral_order"]

Indexes = tuple[int, ...]


class Order(Protocol):
    """Where on the grid the n-th point is."""

    def place(self, number: int) -> Indexes:
        """Return the indexes of one point."""

    def places(self, numbers: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
        """Return the indexes of many, an array for each axis."""


class Nested:
    """The last axis fastest, always in the same direction."""

    def __init__(self, shape: Indexes) -> None:
        self._shape = shape

    def place(self, number: int) -> Indexes:
        """Return the indexes of one point."""
        return _unravel(number, self._shape)

    def places(self, numbers: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
        """Return the indexes of many, an array for each axis."""
        return tuple(np.asarray(index, np.int64) for index in np.unravel_index(numbers, self._shape))


class Snake:
    """The last axis fastest, every axis in turn forth and back: one step on one axis from each point to the next."""

    def __init__(self, shape: Indexes) -> None:
        self._shape = shape
        self._passes = [math.prod(shape[axis:]) for axis in range(len(shape))]

    def place(self, number: int) -> Indexes:
        """Return the indexes of one point."""
        return tuple(
            size - 1 - index if number // points % 2 else index
            for index, size, points in zip(_unravel(number, self._shape), self._shape, self._passes, strict=True)
        )

    def places(self, numbers: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
        """Return the indexes of many, an array for each axis."""
        found = []
        plain = np.unravel_index(numbers, self._shape)
        for index, size, points in zip(plain, self._shape, self._passes, strict=True):
            found.append(np.where(numbers // points % 2, size - 1 - index, index).astype(np.int64))
        return tuple(found)


class Permuted:
    """The inner axes in the order of a permutation of their points, the outer ones nested around them.

    Parameters
    ----------
    shape : tuple of int
    inner : int
        How many axes the permutation is of.
    permutation : callable
        Makes it, for a number of the pass over the inner axes: flat indexes, shape (points of the inner axes,).
    each_pass : bool
        Whether it is another one each pass.
    """

    def __init__(self, shape: Indexes, inner: int, permutation: _Permutation, *, each_pass: bool = False) -> None:
        self._outer, self._inner = shape[: len(shape) - inner], shape[len(shape) - inner :]
        self._size = math.prod(self._inner)
        self._make = permutation
        self._each_pass = each_pass
        self._made: tuple[int, npt.NDArray[np.int64]] | None = None

    def place(self, number: int) -> Indexes:
        """Return the indexes of one point."""
        outer, inner = divmod(number, self._size)
        return _unravel(outer, self._outer) + _unravel(int(self._permutation(outer)[inner]), self._inner)

    def places(self, numbers: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
        """Return the indexes of many, an array for each axis."""
        outer, inner = np.divmod(numbers, self._size)
        flat = np.empty_like(inner)
        for one in np.unique(outer):
            here = outer == one
            flat[here] = self._permutation(int(one))[inner[here]]
        around = np.unravel_index(outer, self._outer) if self._outer else ()
        return tuple(np.asarray(index, np.int64) for index in (*around, *np.unravel_index(flat, self._inner)))

    def _permutation(self, number: int) -> npt.NDArray[np.int64]:
        number = number if self._each_pass else 0
        if self._made is None or self._made[0] != number:
            self._made = number, self._make(number)
        return self._made[1]


class _Permutation(Protocol):
    def __call__(self, number: int, /) -> npt.NDArray[np.int64]: ...


def spiral_order(shape: Indexes) -> npt.NDArray[np.int64]:
    """Return the points of a grid of one or two axes from its middle outwards, ring by ring.

    Rings are squares around the middle point (the upper of two); what of a ring is beyond the grid is left out.
    """
    middles = [(size - 1) / 2 for size in shape]
    if len(shape) == 1:
        distance = np.abs(np.arange(shape[0]) - math.ceil(middles[0]))
        return np.asarray(np.argsort(distance, kind="stable"), np.int64)
    rows, columns = np.indices(shape)
    down, right = rows - math.ceil(middles[0]), columns - math.ceil(middles[1])
    ring = np.maximum(np.abs(down), np.abs(right))
    # along a ring from just below its upper right corner: down, to the left, up, to the right
    along = np.select(
        [(right == ring) & (down > -ring), down == ring, right == -ring],
        [down + ring, 3 * ring - right, 5 * ring - down],
        7 * ring + right,
    )
    return np.asarray(np.lexsort((along.ravel(), ring.ravel())), np.int64)


def random_order(count: int, seed: int, number: int) -> npt.NDArray[np.int64]:
    """Return a permutation of ``range(count)`` that is the same on every machine and with every version of NumPy.

    Notes
    -----
    Points are sorted by a hash of their number: the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable
    pseudorandom number generators", OOPSLA 2014). It is a bijection, so no two are equal.
    """
    start = _mixed(np.array([seed & (2**64 - 1)], np.uint64)) ^ np.uint64(number)
    with np.errstate(over="ignore"):
        keys = _mixed(np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + _mixed(start))
    return np.asarray(np.argsort(keys), np.int64)


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))


def _unravel(number: int, shape: Indexes) -> Indexes:
    found = []
    for size in reversed(shape):
        number, index = divmod(number, size)
        found.append(index)
    return tuple(reversed(found))
