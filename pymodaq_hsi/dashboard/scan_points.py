"""What is known of a scan by its points: values by their place, to be drawn. No Qt, no file."""

from __future__ import annotations

import enum
import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi import scans
from pymodaq_hsi.errors import HsiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.scans import Plan

__all__ = ["Layout", "ResultAxis", "ScanPoints"]

_MOST_ON_GRID = 4_000_000
"""Points whose values are kept by their place; of larger scans they are shown one after the other."""


_MOST_ROWS = 20_000
"""Points that are drawn where they have no place on a grid; of more the last ones."""


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

    def drawn(self, index: int) -> float:
        """Return where a sample is in a picture: at its value, or at its number where values lie unevenly."""
        return float(self.values[index]) if self.even and self.values is not None else float(index)

    def nearest(self, where: float, *, drawn: bool) -> int:
        """Return the index of the sample that is nearest to a place: in a picture, or on the axis."""
        if self.values is None:
            return max(0, round(where))
        places = self.values if not drawn or self.even else np.arange(len(self.values))
        return int(np.argmin(np.abs(places - where)))


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
        self.plan: Plan = scans.plan_from(plan) if isinstance(plan, dict) else plan
        self.layout = Layout.SERIES
        self.axes: list[ResultAxis] = []
        self.shape: tuple[int, ...] = ()
        self.last: Message | None = None
        self._seen = bytearray()
        self._count = 0
        self._timed = False
        self._rows: deque[Message] = deque(maxlen=_MOST_ROWS)
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
        return self._count

    @property
    def frames(self) -> list[str]:
        """Names of the detectors that give frames."""
        return [detector.device for detector in self.plan.detectors if detector.is_frame]

    def take(self, points: Iterable[Message], *, live: bool = True) -> bool:
        """Take points in, in any order, also some that are known; return whether there was anything new.

        Parameters
        ----------
        points : iterable of dict
            As the station tells them.
        live : bool
            Whether the last of them is where the scan is.
        """
        new = False
        for point in points:
            flat = self._flat(point)
            if flat is None:
                continue
            if live and (self.last is None or point["number"] >= self.last["number"]):
                self.last = point
            if flat < len(self._seen) and self._seen[flat]:
                continue
            if flat >= len(self._seen):
                self._seen.extend(bytes(max(flat + 1 - len(self._seen), len(self._seen))))
            self._seen[flat] = 1
            self._count += 1
            new = True
            for name, value in point["means"].items():
                self._take_value(name, tuple(point["indexes"]), value)
            if self.layout is not Layout.GRID:
                self._rows.append(point)
        return new

    def knows(self, place: Sequence[int]) -> bool:
        """Return whether a place was measured."""
        flat = self._flat({"number": place[0], "indexes": place})
        return flat is not None and flat < len(self._seen) and bool(self._seen[flat])

    def unknown(self, measured: npt.NDArray[np.bool_], most: int) -> list[tuple[int, ...]]:
        """Return places that are measured and not known, `most` at most.

        Parameters
        ----------
        measured : ndarray
            Bool, in the shape of the grid; of other layouts (points,).
        """
        known = np.zeros(measured.size, bool)
        some = np.frombuffer(bytes(self._seen[: measured.size]), bool)
        known[: some.size] = some
        found = np.flatnonzero(measured.ravel() & ~known)[:most]
        return [
            tuple(int(index) for index in place) for place in zip(*np.unravel_index(found, measured.shape), strict=True)
        ]

    def grid(self, name: str) -> npt.NDArray[np.float64]:
        """Return the values of a signal on the grid; NaN where nothing was measured."""
        found = self._grids.get(name)
        return np.full(self.shape, np.nan) if found is None else found

    def columns(self, name: str) -> tuple[list[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
        """Return where the points are, an array for each axis, and the values of a signal, in the order of measurement.

        Of a series where they are is their time, in seconds from the first, or their number where that is not known.
        """
        rows = sorted(self._rows, key=lambda point: int(point["number"]))
        values = np.array([_number(point["means"].get(name)) for point in rows], float)
        if self.layout is Layout.SCATTER:
            labels = [axis.label for axis in self.axes]
            where = [np.array([_number(point["wanted"].get(label)) for point in rows], float) for label in labels]
            return where, values
        times = np.array([_number(point.get("time", point["wanted"].get("time"))) for point in rows], float)
        if self._timed and np.isfinite(times).all():
            return [times - times[0] if len(times) else times], values
        return [np.array([point["number"] for point in rows], float)], values

    def numbers(self) -> npt.NDArray[np.int64]:
        """Return the numbers of the points of `columns`."""
        return np.array(sorted(int(point["number"]) for point in self._rows), np.int64)

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

    def _flat(self, point: Message) -> int | None:
        """Return by which number a point is known; None if it has no place in this scan."""
        if self.layout is not Layout.GRID:
            return int(point["number"])
        place = point["indexes"]
        if len(place) != len(self.shape):
            return None
        flat = 0
        for index, size in zip(place, self.shape, strict=True):
            if not 0 <= index < size:
                return None
            flat = flat * size + int(index)
        return flat

    def _take_value(self, name: str, place: tuple[int, ...], value: Any) -> None:
        self._signals.setdefault(name)
        if self.layout is not Layout.GRID:
            return
        if name not in self._grids:
            self._grids[name] = np.full(self.shape, np.nan)
        self._grids[name][place] = _number(value)

    def _lay_out(self, unit_of: Callable[[str], str]) -> None:
        plan = self.plan
        for detector in plan.detectors:
            names = [detector.device] if detector.is_frame else [f"{detector.device}.{p}" for p in detector.parameters]
            self._signals |= dict.fromkeys(names)
        if isinstance(plan, scans.Recording):
            self.layout = Layout.LINES
            self.axes = [ResultAxis("line", "")]
        elif isinstance(plan, scans.AdaptiveScan):
            self.layout = Layout.SCATTER
            self.axes = [ResultAxis(axis.target, unit_of(axis.target)) for axis in plan.axes]
        elif isinstance(plan, scans.StepScan):
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
        elif isinstance(plan, scans.TimeSeries | scans.Log):
            self._timed = True
            self.axes = [ResultAxis("time since the start", "s")]
            return
        if self.layout is Layout.SERIES:
            self.axes = [ResultAxis("point", "")]


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan
