"""Who decides where an adaptive scan measures next."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans._bisection import Bisection
from pymodaq_hsi.scans._followers import Followers
from pymodaq_hsi.scans.units import conversion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymodaq_hsi.scans.plans import AdaptiveScan

__all__ = ["AskTell", "Bisection", "OfAdaptive", "ScanLearner", "learner_of"]

_FINEST = 2**36
"""Parts of an axis that are told from each other."""
_MOST_KNOWN_IN_A_ROW = 1000
"""After so many points that were measured already the learner is taken to have nothing new to ask."""


class AskTell(Protocol):
    """Decides where to measure: asked for points, told what was found there."""

    def ask(self, n: int) -> Sequence[tuple[float, ...]]:
        """Return the next `n` points, a coordinate for each axis, within the bounds; fewer if there are no more."""

    def tell(self, point: tuple[float, ...], value: float) -> None:
        """Take what was measured at a point, which need not have been asked for; NaN where nothing could be."""

    def loss(self) -> float:
        """Return how much is not known yet: less with every point, infinite before anything is known."""


class ScanLearner:
    """What an engine asks: points as values of targets, in the units of the devices.

    Parameters
    ----------
    plan : AdaptiveScan
    units : mapping of str to str
        By target, the units of the devices' parameters; the plan's own where nothing is said.
    ask_tell : AskTell, optional
        Instead of the one that the plan names; its coordinates are in the plan's units.
    """

    def __init__(
        self, plan: AdaptiveScan, units: Mapping[str, str] | None = None, ask_tell: AskTell | None = None
    ) -> None:
        self._plan = plan
        self._followers = Followers(plan.follows)
        own = {follow.target: follow.units for follow in plan.follows} | {axis.target: axis.units for axis in plan.axes}
        self._scales = {
            target: conversion(unit, units[target])
            for target, unit in own.items()
            if unit and units and units.get(target)
        }
        bounds = [(axis.low, axis.high) for axis in plan.axes]
        self._learner: AskTell = ask_tell or (Bisection(bounds) if plan.learner == "builtin" else OfAdaptive(bounds))
        self._known: dict[tuple[int, ...], float] = {}
        self._asked: dict[tuple[int, ...], tuple[float, ...]] = {}
        self._next: tuple[float, ...] | None = None

    def ask(self) -> dict[str, float]:
        """Return the next point: target to value, what follows included.

        Raises
        ------
        PlanInvalid
            There is nothing left to measure; `done` says so before.
        """
        point = self._look_for_next()
        if point is None:
            raise PlanInvalid(["every value that its axes can have was measured"], self._plan.name)
        self._next = None
        values = {axis.target: value for axis, value in zip(self._plan.axes, point, strict=True)}
        self._followers.follow_one(values)
        return {target: _scaled(value, self._scales.get(target)) for target, value in values.items()}

    def tell(self, values: Mapping[str, float], signal: float) -> None:
        """Take what was measured at a point.

        Parameters
        ----------
        values : mapping of str to float
            As `ask` gave them, or as they were in an earlier session; only those of axes are looked at.
        signal : float
            NaN where nothing could be measured.
        """
        point = tuple(_unscaled(values[a.target], self._scales.get(a.target)) for a in self._plan.axes)
        key = self._key(point)
        self._known[key] = signal
        self._learner.tell(self._asked.pop(key, point), signal)
        self._next = None

    def loss(self) -> float:
        """Return the learner's loss."""
        return float(self._learner.loss())

    def done(self, points: int) -> bool:
        """Return whether to end after so many points: the goal is reached, or there is nothing left to measure."""
        if self._plan.points is not None and points >= self._plan.points:
            return True
        if self._plan.loss is not None and points > 0 and self.loss() <= self._plan.loss:
            return True
        return self._look_for_next() is None

    def _look_for_next(self) -> tuple[float, ...] | None:
        if self._next is not None:
            return self._next
        for _ in range(_MOST_KNOWN_IN_A_ROW):
            found = self._learner.ask(1)
            if not found:
                return None
            wanted = self._numbers(found[0])
            point = self._on_steps(wanted)
            key = self._key(point)
            if key not in self._known:
                self._asked[key] = wanted
                self._next = point
                return point
            self._learner.tell(wanted, self._known[key])  # within half a step of where it was measured
        return None

    def _numbers(self, asked: Any) -> tuple[float, ...]:
        """Return a point that a learner has asked for, which may be one of the user's own."""
        targets = [axis.target for axis in self._plan.axes]
        try:
            point = tuple(float(each) for each in (asked if isinstance(asked, Iterable) else [asked]))
        except (TypeError, ValueError):
            point = ()
        if len(point) != len(targets) or not all(map(math.isfinite, point)):
            raise PlanInvalid(
                [f"its learner asked for {asked!r:.80}; a point is a finite number for each of {', '.join(targets)}"],
                self._plan.name,
            )
        return point

    def _on_steps(self, point: tuple[float, ...]) -> tuple[float, ...]:
        found = []
        for axis, value in zip(self._plan.axes, point, strict=True):
            if axis.step is not None:
                most = math.floor((axis.high - axis.low) / axis.step + 1e-6)
                value = axis.low + min(max(round((value - axis.low) / axis.step), 0), most) * axis.step
            found.append(min(max(value, axis.low), axis.high))
        return tuple(found)

    def _key(self, point: tuple[float, ...]) -> tuple[int, ...]:
        """Return what is equal for points that differ by no more than a unit's conversion rounds."""
        return tuple(
            round((value - axis.low) / (axis.high - axis.low) * _FINEST)
            for axis, value in zip(self._plan.axes, point, strict=True)
        )


def learner_of(
    plan: AdaptiveScan, units: Mapping[str, str] | None = None, ask_tell: AskTell | None = None
) -> ScanLearner:
    """Return the learner of a plan.

    Parameters
    ----------
    plan, units, ask_tell
        As of `ScanLearner`.

    Raises
    ------
    PlanInvalid
        It names the package adaptive, which is not installed.
    """
    return ScanLearner(plan, units, ask_tell)


class OfAdaptive:
    """A learner of the package adaptive: Learner1D, Learner2D or LearnerND, by the number of axes.

    Parameters
    ----------
    bounds : sequence of (float, float)

    Raises
    ------
    PlanInvalid
        The package is not installed.
    """

    def __init__(self, bounds: Sequence[tuple[float, float]]) -> None:
        try:
            from adaptive import Learner1D, Learner2D, LearnerND
        except ImportError:
            raise PlanInvalid(
                [
                    "learner = 'adaptive' needs the package adaptive: pip install 'pymodaq-hsi[adaptive]', or take "
                    "learner = 'builtin'"
                ]
            ) from None
        self._single = len(bounds) == 1
        if self._single:
            self._learner: Any = Learner1D(_nothing, bounds=bounds[0])
        elif len(bounds) == 2:
            self._learner = Learner2D(_nothing, bounds=list(bounds))
        else:
            self._learner = LearnerND(_nothing, bounds=list(bounds))

    def ask(self, n: int) -> list[tuple[float, ...]]:
        """Return the next `n` points."""
        points, _ = self._learner.ask(n)
        return [(float(point),) if self._single else tuple(map(float, point)) for point in points]

    def tell(self, point: tuple[float, ...], value: float) -> None:
        """Take what was measured; where nothing could be, it is not asked for again."""
        place = point[0] if self._single else point
        if math.isfinite(value):
            self._learner.tell(place, value)
        else:
            self._learner.tell_pending(place)

    def loss(self) -> float:
        """Return the learner's loss."""
        return float(self._learner.loss(real=True))


def _nothing(point: Any) -> float:
    """Stand for the function that such a learner can call itself, which ours never does."""
    return math.nan


def _scaled(value: float, scale: tuple[float, float] | None) -> float:
    return value if scale is None else value * scale[0] + scale[1]


def _unscaled(value: float, scale: tuple[float, float] | None) -> float:
    return value if scale is None else (value - scale[1]) / scale[0]
