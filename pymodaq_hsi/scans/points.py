"""The points of a scan, one by one, without ever having them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, overload

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from pymodaq_hsi.scans._followers import Followers
    from pymodaq_hsi.scans._orders import Order

__all__ = ["Point", "Points"]

BLOCK = 1 << 16
"""Points that `Points.blocks` gives at once."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a scan.

    Attributes
    ----------
    number : int
        In the order of measurement, from 0 on.
    indexes : tuple of int
        Its place in `scan_shape`.
    values : dict of str to float
        What each target is to be at; those that follow others are among them, after them.
    repeat : int
        From 0 on.
    """

    number: int
    indexes: tuple[int, ...]
    values: dict[str, float] = field(default_factory=dict)
    repeat: int = 0


class Layout(Protocol):
    """What points there are."""

    count: int

    def point(self, number: int) -> tuple[tuple[int, ...], dict[str, float], int]:
        """Return indexes, values and repeat of one."""

    def columns(self, numbers: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float64]]:
        """Return the values of many, by target."""


class Points(Sequence[Point]):
    """Points in the order of measurement; a slice of them is as lazy as they are.

    Parameters
    ----------
    layout : Layout
    followers : Followers
        Targets that follow others.
    scales : mapping of str to (float, float)
        Factor and shift from the plan's units to those wanted, for targets where they differ.
    numbers : range, optional
        All by default.
    """

    def __init__(
        self,
        layout: Layout,
        followers: Followers,
        scales: Mapping[str, tuple[float, float]],
        numbers: range | None = None,
    ) -> None:
        self._layout = layout
        self._followers = followers
        self._scales = scales
        self._numbers = range(layout.count) if numbers is None else numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __repr__(self) -> str:
        return f"<Points, {len(self)} of {self._layout.count}>"

    def __iter__(self) -> Iterator[Point]:
        return map(self._point, self._numbers)

    @overload
    def __getitem__(self, index: int) -> Point: ...
    @overload
    def __getitem__(self, index: slice) -> Points: ...
    def __getitem__(self, index: int | slice) -> Point | Points:
        if isinstance(index, slice):
            return Points(self._layout, self._followers, self._scales, self._numbers[index])
        try:
            return self._point(self._numbers[index])
        except IndexError:
            raise IndexError(f"there is no point {index}; there are {len(self)}") from None

    def blocks(self) -> Iterator[dict[str, npt.NDArray[np.float64]]]:
        """Yield the values of all points, by target, many at once: arrays of up to 65,536."""
        for start in range(0, len(self._numbers), BLOCK):
            some = self._numbers[start : start + BLOCK]
            columns = self._layout.columns(np.arange(some.start, some.stop, some.step, dtype=np.int64))
            self._followers.follow(columns)
            for target, (factor, shift) in self._scales.items():
                if target in columns:
                    columns[target] = columns[target] * factor + shift
            yield columns

    def _point(self, number: int) -> Point:
        indexes, values, repeat = self._layout.point(number)
        self._followers.follow_one(values)
        for target, (factor, shift) in self._scales.items():
            if target in values:
                values[target] = values[target] * factor + shift
        return Point(number, indexes, values, repeat)


class Grid:
    """Every value of each axis with every value of the others.

    Parameters
    ----------
    axes : mapping of str to AxisValues
        By target, the outermost first.
    repeats : int
        With more than one, an axis around all others.
    order : callable
        Makes the order for a shape.
    """

    def __init__(self, axes: Mapping[str, AxisLike], shape: tuple[int, ...], order: Order, repeats: int) -> None:
        self._axes = dict(axes)
        self._order = order
        self._repeated = repeats > 1
        self.count = 1
        for size in shape:
            self.count *= size

    def point(self, number: int) -> tuple[tuple[int, ...], dict[str, float], int]:
        """Return indexes, values and repeat of one."""
        indexes = self._order.place(number)
        own = indexes[1:] if self._repeated else indexes
        values = {target: axis.at(index) for (target, axis), index in zip(self._axes.items(), own, strict=True)}
        return indexes, values, indexes[0] if self._repeated else 0

    def columns(self, numbers: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float64]]:
        """Return the values of many, by target."""
        places = self._order.places(numbers)
        own = places[1:] if self._repeated else places
        return {target: axis.array()[index] for (target, axis), index in zip(self._axes.items(), own, strict=True)}


class AxisLike(Protocol):
    """The values of an axis."""

    def at(self, index: int) -> float:
        """Return one."""

    def array(self) -> npt.NDArray[np.float64]:
        """Return all."""


class Rows:
    """Points that are listed.

    Parameters
    ----------
    targets : sequence of str
    rows : ndarray
        Shape (points, targets).
    repeats : int
    """

    def __init__(self, targets: Sequence[str], rows: npt.NDArray[np.float64], repeats: int) -> None:
        self._targets = list(targets)
        self._rows = rows
        self.count = len(rows) * repeats

    def point(self, number: int) -> tuple[tuple[int, ...], dict[str, float], int]:
        """Return indexes, values and repeat of one."""
        repeat, row = divmod(number, len(self._rows))
        return (number,), dict(zip(self._targets, self._rows[row].tolist(), strict=True)), repeat

    def columns(self, numbers: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float64]]:
        """Return the values of many, by target."""
        rows = self._rows[numbers % len(self._rows)]
        return {target: rows[:, column] for column, target in enumerate(self._targets)}
