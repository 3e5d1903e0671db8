"""What is known of a scan by its points: values by their place, to be drawn. No Qt, no file."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.scans import AdaptiveScan, Recording, StepScan, plan_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.scans import Plan

__all__ = ["Layout", "ResultAxis", "ScanPoints"]

_MOST_ON_GRID = 4_000_000
"""Points whose values are kept by their place; of larger scans they are shown one after the other."""


class Layout(enum.Enum):
    """How the points of a scan are drawn."""

    GRID = "grid"
    """A value at each index: a curve for one axis, a map for two."""
    SCATTER = "scatter"
    """Points anywhere between the axes."""
    SERIES = "series"
    """One after the other."""
    LINES = "lines"
    """The lines of a cube."""


@dataclass(frozen=True)
class ResultAxis:
    """An axis of a result.

    Attributes
    ----------
    label, unit : str
    values : ndarray or None
        Float64, of a grid: (size,).
    """

    label: str
    unit: str
    values: npt.NDArray[np.float64] | None = None

    @property
    def caption(self) -> str:
        """Label and unit, for a plot."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def even(self) -> bool:
        """Whether its values have the same distance everywhere."""
        if self.values is None or len(self.values) < 3:
            return self.values is not None and len(np.unique(self.values)) == len(self.values)
        steps = np.diff(self.values)
        return bool(steps[0]) and bool(np.allclose(steps, steps[0], rtol=1e-3, atol=0))


class ScanPoints:
    """The points of one scan, as they are told.

    Parameters
    ----------
    plan : Plan or mapping
        Of the scan.
    unit_of : callable
        Returns the unit of a target.

    Attributes
    ----------
    layout : Layout
    axes : list of ResultAxis
        The outermost first.
    shape : tuple of int
        Of a grid.
    last : dict or None
        The point that was measured last.
    """

    def __init__(self, plan: Plan | Message, unit_of: Callable[[str], str]) -> None:
        self.plan: Plan = plan_from(plan) if isinstance(plan, dict) else plan
        self.layout = Layout.SERIES
        self.axes: list[ResultAxis] = []
        self.shape: tuple[int, ...] = ()
        self.last: Message | None = None
        self._seen: set[int] = set()
        self._rows: list[Message] = []
        self._grids: dict[str, npt.NDArray[np.float64]] = {}
        self._signals: dict[str, None] = {}
        self._lay_out(unit_of)

    @property
    def signals(self) -> list[str]:
        """Names of what was measured at each point: detectors, ``device.Parameter`` for readings."""
        return list(self._signals)

    @property
    def count(self) -> int:
        """How many points are known."""
        return len(self._seen)

    @property
    def frames(self) -> list[str]:
        """Names of the detectors that give frames."""
        return [detector.device for detector in self.plan.detectors if detector.is_frame]

    def missing(self, done: int) -> int:
        """Return the number after which points are not known, -1 if that is from the first on; `done` if none is."""
        if not self._seen:
            return -1 if done else 0
        return done if len(self._seen) >= done else -1

    def take(self, points: Iterable[Message]) -> bool:
        """Take points in, in any order, also some that are known; return whether there was anything new."""
        new = False
        for point in points:
            number = int(point["number"])
            if number in self._seen:
                continue
            self._seen.add(number)
            new = True
            for name, value in point["means"].items():
                self._take_value(name, tuple(point["indexes"]), value)
            if self.layout is not Layout.GRID:
                self._rows.append(point)
            if self.last is None or number >= self.last["number"]:
                self.last = point
        return new

    def put(self, name: str, values: npt.NDArray[np.float64], places: Iterable[tuple[int, ...]]) -> None:
        """Put values of a grid in that were read from the file."""
        for place, value in zip(places, values.tolist(), strict=False):
            self._take_value(name, place, value)

    def grid(self, name: str) -> npt.NDArray[np.float64]:
        """Return the values of a signal on the grid; NaN where nothing was measured."""
        found = self._grids.get(name)
        return np.full(self.shape, np.nan) if found is None else found

    def columns(self, name: str) -> tuple[list[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
        """Return where the points are, an array for each axis, and the values of a signal, in the order of measurement.

        Of a series where they are is their number.
        """
        rows = sorted(self._rows, key=lambda point: int(point["number"]))
        values = np.array([_number(point["means"].get(name)) for point in rows], float)
        if self.layout is Layout.SCATTER:
            labels = [axis.label for axis in self.axes]
            where = [np.array([_number(point["wanted"].get(label)) for point in rows], float) for label in labels]
            return where, values
        return [np.array([point["number"] for point in rows], float)], values

    def place(self, point: Message | None) -> tuple[float, ...] | None:
        """Return where a point is on the axes."""
        if point is None:
            return None
        if self.layout is Layout.GRID:
            indexes = point["indexes"]
            if len(indexes) != len(self.axes):
                return None
            return tuple(
                float(axis.values[index]) if axis.values is not None else float(index)
                for axis, index in zip(self.axes, indexes, strict=True)
            )
        if self.layout is Layout.SCATTER:
            return tuple(_number(point["wanted"].get(axis.label)) for axis in self.axes)
        return (float(point["number"]),)

    def _take_value(self, name: str, place: tuple[int, ...], value: Any) -> None:
        self._signals.setdefault(name)
        if self.layout is not Layout.GRID or len(place) != len(self.shape):
            return
        if any(not 0 <= index < size for index, size in zip(place, self.shape, strict=True)):
            return
        if name not in self._grids:
            self._grids[name] = np.full(self.shape, np.nan)
        self._grids[name][place] = _number(value)

    def _lay_out(self, unit_of: Callable[[str], str]) -> None:
        plan = self.plan
        for detector in plan.detectors:
            names = [detector.device] if detector.is_frame else [f"{detector.device}.{p}" for p in detector.parameters]
            self._signals |= dict.fromkeys(names)
        if isinstance(plan, Recording):
            self.layout = Layout.LINES
            self.axes = [ResultAxis("line", "")]
        elif isinstance(plan, AdaptiveScan):
            self.layout = Layout.SCATTER
            self.axes = [ResultAxis(axis.target, unit_of(axis.target)) for axis in plan.axes]
        elif isinstance(plan, StepScan):
            units = {target: unit_of(target) for target in plan.targets}
            scatter = plan.distribution == "spread"
            small = math.prod(plan.scan_shape) <= _MOST_ON_GRID
            try:
                axes = plan.nav_axes({target: unit for target, unit in units.items() if unit})
            except HsiError:  # names of positions, which only the station knows: the order is what can be shown
                return
            if scatter:
                self.layout = Layout.SCATTER
                self.axes = [ResultAxis(axis.label, axis.units) for axis in axes if axis.label != "repeat"]
            elif small:
                self.layout = Layout.GRID
                self.shape = plan.scan_shape
                self.axes = [ResultAxis(axis.label, axis.units, np.asarray(axis.get_data(), float)) for axis in axes]
        if self.layout is Layout.SERIES:
            self.axes = [ResultAxis("point", "")]


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan
