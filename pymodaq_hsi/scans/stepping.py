"""Scans over values that are given: on a grid, or point by point."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, StrictInt, model_validator

from h5modules.data import Axis
from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans._base import BasePlan
from pymodaq_hsi.scans._followers import Followers, problems_of_follows
from pymodaq_hsi.scans._model import Count, Number, Part, Seconds, Target
from pymodaq_hsi.scans._orders import Nested, Permuted, Snake, random_order, spiral_order
from pymodaq_hsi.scans.following import Follow
from pymodaq_hsi.scans.points import Grid, Points, Rows
from pymodaq_hsi.scans.units import conversion
from pymodaq_hsi.scans.values import AxisValues, Listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.scans._orders import Order
    from pymodaq_hsi.scans.points import Layout

__all__ = ["ScanAxis", "StepScan"]

MOST_POINTS = 10**8
"""More are taken for a mistake."""


class ScanAxis(Part):
    """Something that is varied, and the values that it takes.

    Attributes
    ----------
    target : str
        A numeric parameter that can be set: ``"stage.Position"``.
    values : Linear, Logarithmic, Listed, or list of float
        None in a scan by rows.
    units : str
        Of the values; those of the parameter if empty.
    settle : float
        Seconds to wait when it is there.
    tolerance : float, optional
        How far it may be from what was wanted, in `units`.
    """

    target: Target
    values: AxisValues | None = None
    units: str = ""
    settle: Seconds = 0.0
    tolerance: Seconds | None = None


class StepScan(BasePlan):
    """Values on axes, and a measurement at each point.

    Attributes
    ----------
    axes : list of ScanAxis
        The outermost first.
    order : {"nested", "snake", "spiral", "random", "tabular"}
        Nested: the last axis fastest. Snake: every axis forth and back. Spiral: the last two axes (or the only one)
        from their middle outwards. Random: as the seed says, another order each repeat. Tabular: the points in `rows`.
    seed : int
    rows : list of rows
        Tabular: a value for each axis; or the name of a position that has them.
    repeats : int
        The whole scan so many times; an axis of its own, the outermost.
    follows : list of Follow
        Targets that are functions of others.
    return_to_start : bool
        Set everything back to what it was before the first point.
    """

    kind: Literal["step_scan"] = "step_scan"
    axes: tuple[ScanAxis, ...] = Field(min_length=1)
    order: Literal["nested", "snake", "spiral", "random", "tabular"] = "nested"
    seed: Annotated[StrictInt, Field(ge=0)] = 0
    rows: tuple[tuple[Number, ...] | str, ...] | None = None
    repeats: Count = 1
    follows: tuple[Follow, ...] = ()
    return_to_start: bool = False

    @model_validator(mode="after")
    def _check(self) -> StepScan:
        problems = self._problems_of_values()
        targets = [axis.target for axis in self.axes]
        problems += [
            f"{target} is given as an axis {targets.count(target)} times; leave one"
            for target in dict.fromkeys(targets)
            if targets.count(target) > 1
        ]
        problems += problems_of_follows(self.follows, targets)
        if not problems and math.prod(self.scan_shape) > MOST_POINTS:
            sizes = " x ".join(map(str, self.scan_shape))
            problems.append(f"{sizes} points are too many; {MOST_POINTS} are allowed")
        if problems:
            raise PlanInvalid(problems, self.name)
        return self

    def _problems_of_values(self) -> list[str]:
        problems = []
        tabular = self.order == "tabular"
        if tabular != (self.rows is not None):
            problems.append(
                "the order is tabular, but there are no rows; give them"
                if tabular
                else f"rows are for the order tabular; the order is {self.order}"
            )
        for number, axis in enumerate(self.axes, 1):
            if tabular and axis.values is not None:
                problems.append(f"axis {number} ({axis.target}): it has values, and the points are in rows; leave one")
            elif not tabular and axis.values is None:
                problems.append(f"axis {number} ({axis.target}): values is missing; give them")
        for number, row in enumerate(self.rows or (), 1):
            if not isinstance(row, str) and len(row) != len(self.axes):
                problems.append(f"row {number} has {len(row)} values; there are {len(self.axes)} axes")
        if self.rows is not None and not self.rows:
            problems.append("rows has no rows; give at least one")
        return problems

    @property
    def distribution(self) -> Literal["uniform", "spread"]:
        """How the points lie: on a grid, or anywhere."""
        return "spread" if self.order == "tabular" else "uniform"

    @property
    def scan_shape(self) -> tuple[int, ...]:
        """Points on each axis, repeats first if there are several; of spread points their number."""
        if self.rows is not None:
            return (len(self.rows) * self.repeats,)
        sizes = tuple(axis.values.count for axis in self.axes if axis.values is not None)
        return (self.repeats, *sizes) if self.repeats > 1 else sizes

    @property
    def targets(self) -> list[str]:
        """What is varied, the outermost axis first, then what follows."""
        own = [axis.target for axis in self.axes]
        return own + [follow.target for follow in self.follows if follow.target not in own]

    @property
    def position_names(self) -> list[str]:
        """Names of positions that are to be looked up still."""
        return [*super().position_names, *self.named_points]

    @property
    def named_points(self) -> list[str]:
        """Names of positions among the points."""
        listed = [name for axis in self.axes if isinstance(axis.values, Listed) for name in axis.values.names]
        return [*listed, *(row for row in self.rows or () if isinstance(row, str))]

    def points(self, units: Mapping[str, str] | None = None) -> Points:
        """Return the points in the order of measurement, lazily.

        Parameters
        ----------
        units : mapping of str to str, optional
            By target, the units in which values are wanted (those of the devices' parameters: `target_units`); the
            plan's own where nothing is said.

        Raises
        ------
        PlanInvalid
            Names of positions have not been looked up.
        DataUnitError
        """
        self._refuse_names()
        scales = {}
        own = {follow.target: follow.units for follow in self.follows} | {axis.target: axis.units for axis in self.axes}
        for target, unit in own.items():
            wanted = (units or {}).get(target, "")
            if unit and wanted and unit != wanted:
                scales[target] = conversion(unit, wanted)
        if self.rows is not None:
            layout: Layout = Rows([axis.target for axis in self.axes], np.array(self.rows, float), self.repeats)
        else:
            axes = {axis.target: axis.values for axis in self.axes if axis.values is not None}
            layout = Grid(axes, self.scan_shape, self._order(), self.repeats)
        return Points(layout, Followers(self.follows), scales)

    def nav_axes(self, units: Mapping[str, str] | None = None) -> list[Axis]:
        """Return the axes of the data, in PyMoDAQ's convention.

        Of points on a grid each has an index of its own; of spread points all have index 0, and a spread order.

        Parameters
        ----------
        units : mapping of str to str, optional
            As of `points`.
        """
        self._refuse_names()
        found: list[Axis] = []
        spread = self.rows is not None
        if self.repeats > 1 and not spread:
            found.append(Axis("repeat", "", np.arange(self.repeats, dtype=float), index=0))
        rows = np.array(self.rows, float) if spread else None
        for number, axis in enumerate(self.axes):
            values = np.tile(rows[:, number], self.repeats) if rows is not None else axis.values.array()  # type: ignore[union-attr]
            wanted = (units or {}).get(axis.target, "")
            if axis.units and wanted:
                factor, shift = conversion(axis.units, wanted)
                values = values * factor + shift
            place = {"index": 0, "spread_order": number} if spread else {"index": len(found)}
            found.append(Axis(axis.target, wanted or axis.units, values, **place))
        if spread and self.repeats > 1:
            repeats = np.repeat(np.arange(self.repeats, dtype=float), len(self.rows or ()))
            found.append(Axis("repeat", "", repeats, index=0, spread_order=len(self.axes)))
        return found

    def _order(self) -> Order:
        shape = self.scan_shape
        own = shape[1:] if self.repeats > 1 else shape
        match self.order:
            case "snake":
                return Snake(shape)
            case "spiral":
                inner = own[-2:]
                return Permuted(shape, len(inner), lambda _: spiral_order(inner))
            case "random":
                count, seed = math.prod(own), self.seed
                return Permuted(shape, len(own), lambda repeat: random_order(count, seed, repeat), each_pass=True)
        return Nested(shape)

    def _refuse_names(self) -> None:
        if names := self.named_points:
            raise PlanInvalid(
                [f"position {name!r} was not looked up; use with_positions(memory) first" for name in names], self.name
            )
