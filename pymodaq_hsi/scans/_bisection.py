"""A learner that needs no package: boxes are halved where they are large and where values change."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Bisection"]

_WHOLE = 1 << 40
"""An edge of the whole in the smallest parts that are told from each other."""
_REBUILD_AT = 1.5
"""Boxes are ranked anew when the range of values has grown by this factor."""

_Corner = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Box:
    low: _Corner
    size: _Corner

    def corners(self) -> list[_Corner]:
        return [
            tuple(low + size * side for low, size, side in zip(self.low, self.size, sides, strict=True))
            for sides in itertools.product((0, 1), repeat=len(self.low))
        ]

    def halves(self, axis: int) -> tuple[_Box, _Box]:
        half = self.size[axis] // 2
        size = (*self.size[:axis], half, *self.size[axis + 1 :])
        second = (*self.low[:axis], self.low[axis] + half, *self.low[axis + 1 :])
        return _Box(self.low, size), _Box(second, size)


@dataclass(order=True, slots=True)
class _Ranked:
    rank: float
    number: int
    box: _Box = field(compare=False)
    axis: int = field(compare=False)


class Bisection:
    """Asks for the corners of the whole, then halves the box with the largest loss, again and again.

    Parameters
    ----------
    bounds : sequence of (float, float)
        Lowest and highest coordinate of each axis, 1 to 8 of them.

    Notes
    -----
    Coordinates and values are taken relative to their ranges. A box of edge h along an axis, between whose corners the
    value changes by d along this edge, has the loss sqrt(h (h + d)) there: without a change its edge, so that
    nothing is left out; at a step (d = 1) the root of its edge, so that a step draws more points than the rest and
    not all of them. The loss of a box is that of its worst axis, along which it is halved. With one axis the boxes are
    intervals. Corners are shared, so that halving a box asks for no more than 2^(n - 1) points.
    """

    def __init__(self, bounds: Sequence[tuple[float, float]]) -> None:
        if not 1 <= len(bounds) <= 8:
            raise ValueError(f"1 to 8 axes can be halved, not {len(bounds)}")
        self._bounds = list(bounds)
        whole = _Box((0,) * len(bounds), (_WHOLE,) * len(bounds))
        self._values: dict[_Corner, float] = {}
        self._wanted: deque[_Corner] = deque(whole.corners())
        self._seen: set[_Corner] = set(self._wanted)
        self._waiting: list[_Box] = [whole]
        self._ranked: list[_Ranked] = []
        self._numbers = itertools.count()
        self._low, self._high, self._range_ranked = math.inf, -math.inf, 0.0

    def ask(self, n: int) -> list[tuple[float, ...]]:
        """Return the next `n` points; fewer if no box can be halved before more is told."""
        found: list[tuple[float, ...]] = []
        while len(found) < n:
            if not self._wanted and not self._halve_one():
                break
            while self._wanted and len(found) < n:
                corner = self._wanted.popleft()
                if corner not in self._values:
                    found.append(self._point(corner))
        return found

    def tell(self, point: tuple[float, ...], value: float) -> None:
        """Take what was measured; NaN counts as no change."""
        corner = tuple(
            round((coordinate - low) / (high - low) * _WHOLE)
            for coordinate, (low, high) in zip(point, self._bounds, strict=True)
        )
        self._values[corner] = value
        if math.isfinite(value):
            self._low, self._high = min(self._low, value), max(self._high, value)

    def loss(self) -> float:
        """Return the largest loss of a box; infinite while the corners of the whole are not known."""
        self._rank_what_is_known()
        waiting = (
            max(box.size) / _WHOLE if box.size != (_WHOLE,) * len(box.size) else math.inf for box in self._waiting
        )
        return max(itertools.chain(waiting, (-ranked.rank for ranked in self._ranked[:1])), default=0.0)

    def _halve_one(self) -> bool:
        self._rank_what_is_known()
        if self._ranked:
            ranked = heapq.heappop(self._ranked)
            box, axis = ranked.box, ranked.axis
        elif len(self._waiting) > 1:  # several are asked for at once: the largest, whatever its values will be
            box = max(self._waiting, key=lambda each: max(each.size))
            self._waiting.remove(box)
            axis = box.size.index(max(box.size))
        else:
            return False
        if box.size[axis] < 2:
            return self._halve_one()
        for half in box.halves(axis):
            self._waiting.append(half)
            for corner in half.corners():
                if corner not in self._seen:
                    self._seen.add(corner)
                    self._wanted.append(corner)
        return True

    def _rank_what_is_known(self) -> None:
        spread = self._high - self._low
        boxes = [box for box in self._waiting if all(corner in self._values for corner in box.corners())]
        if boxes:
            self._waiting = [box for box in self._waiting if box not in boxes]
        if spread > _REBUILD_AT * self._range_ranked:
            boxes += [ranked.box for ranked in self._ranked]
            self._ranked.clear()
            self._range_ranked = spread
        for box in boxes:
            heapq.heappush(self._ranked, self._rank(box))

    def _rank(self, box: _Box) -> _Ranked:
        corners = box.corners()
        worst, along = 0.0, 0
        for axis, size in enumerate(box.size):
            edge = size / _WHOLE
            apart = 1 << (len(box.size) - 1 - axis)  # in the list of corners, the last axis varies fastest
            changes = [
                abs(self._values[corners[place + apart]] - self._values[corner])
                for place, corner in enumerate(corners)
                if not place & apart
            ]
            change = max((each for each in changes if math.isfinite(each)), default=0.0)
            relative = change / self._range_ranked if self._range_ranked > 0 else 0.0
            loss = math.sqrt(edge * (edge + relative))
            if loss > worst:
                worst, along = loss, axis
        return _Ranked(-worst, next(self._numbers), box, along)

    def _point(self, corner: _Corner) -> tuple[float, ...]:
        return tuple(
            high if part == _WHOLE else low + (high - low) * (part / _WHOLE)
            for part, (low, high) in zip(corner, self._bounds, strict=True)
        )
