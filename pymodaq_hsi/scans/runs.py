"""How each kind of plan is carried out, point by point."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from h5modules.saving import SaveType
from pymodaq_hsi.errors import ScanNotFound
from pymodaq_hsi.scans.connecting import completed
from pymodaq_hsi.scans.events import PointMeasured
from pymodaq_hsi.scans.learning import ScanLearner
from pymodaq_hsi.scans.plans import AdaptiveScan, Log, Recording, TimeSeries
from pymodaq_hsi.scans.recording_run import RecordingRun
from pymodaq_hsi.scans.rig import mean_of, split
from pymodaq_hsi.scans.saving import ScanFile
from pymodaq_hsi.scans.stepping import StepScan
from pymodaq_hsi.scans.units import conversion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from h5modules.data import DataRaw
    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.scans.control import Control
    from pymodaq_hsi.scans.events import Event
    from pymodaq_hsi.scans.learning import AskTell
    from pymodaq_hsi.scans.plans import Plan
    from pymodaq_hsi.scans.rig import Rig

__all__ = ["Destination", "Run", "Work", "run_of", "targets_of"]


@dataclass
class Destination:
    """Where the data go.

    Attributes
    ----------
    path : Path
    append : bool
        Add the scan to a file that is there.
    node : str
        The scan to go on with; '' for a new one.
    settings : dict
        What the file says of devices and versions.
    metadata : dict
    overwrite : bool
        Replace a file that is there.
    changes : list of str
        What is not as it was in the scan that is gone on with.
    """

    path: Path
    append: bool = False
    node: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    overwrite: bool = False
    changes: list[str] = field(default_factory=list)


@dataclass
class Work:
    """What a run works with."""

    rig: Rig
    control: Control
    tell: Callable[[Event], None]
    progress: Callable[[], None]


class Run(Protocol):
    """One plan being carried out.

    Attributes
    ----------
    total : int or None
        Points of the plan.
    done : int
        Of them in the file.
    """

    total: int | None

    @property
    def done(self) -> int:
        """How many points are in the file."""

    @property
    def node(self) -> str:
        """The scan's group."""

    def open(self, destination: Destination, work: Work) -> None:
        """Make the file, or open it to go on."""

    def steps(self, work: Work) -> Iterator[None]:
        """Measure, one point at each step."""

    def end(self, state: str, reason: str) -> None:
        """Note the end, and close the file."""


def targets_of(plan: Plan, devices: Mapping[str, Device]) -> dict[str, tuple[float, float | None]]:
    """Return settle time and tolerance, in the unit of the parameter, of each target that a plan varies."""
    found: dict[str, tuple[float, float | None]] = {}
    if isinstance(plan, Recording) and plan.movement is not None:
        found[plan.movement.target] = 0.0, None
    parts = [*getattr(plan, "axes", ()), *getattr(plan, "follows", ())]
    for part in parts:
        tolerance = part.tolerance
        if tolerance is not None and part.units:
            tolerance *= abs(conversion(part.units, unit_of(part.target, devices))[0])
        settle, narrowest = found.get(part.target, (0.0, None))
        if tolerance is not None and narrowest is not None:
            tolerance = min(tolerance, narrowest)
        found[part.target] = max(settle, part.settle), tolerance if tolerance is not None else narrowest
    return found


def unit_of(target: str, devices: Mapping[str, Device]) -> str:
    """Return the unit of a target's parameter."""
    name, parameter = split(target)
    return devices[name].all_parameters()[parameter].unit


def run_of(plan: Plan, devices: Mapping[str, Device], learner: AskTell | None = None) -> Run:
    """Return the run for a plan.

    Parameters
    ----------
    plan : Plan
    devices : mapping of str to Device
    learner : AskTell, optional
        Decides for an adaptive scan, instead of the one that the plan names.
    """
    if isinstance(plan, Recording):
        return RecordingRun(completed(plan, devices))  # its settings are a list, without the names of the plan
    if isinstance(plan, StepScan):
        return StepRun(plan, devices)
    if isinstance(plan, AdaptiveScan):
        return AdaptiveRun(plan, devices, learner)
    return TimedRun(plan)


class _PointRun:
    """What runs that save point by point have in common."""

    total: int | None = None
    save_type = SaveType.scan

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.file: ScanFile | None = None
        self._done = 0

    @property
    def done(self) -> int:
        """How many points are in the file."""
        return self._done

    @property
    def node(self) -> str:
        """The scan's group."""
        return self.file.node if self.file is not None else ""

    def _layout(self) -> dict[str, Any]:
        """Return shape, navigation axes or names of axes, as `ScanFile` takes them."""
        return {}

    def open(self, destination: Destination, work: Work) -> None:
        """Make the file, or open it to go on."""
        layout = self._layout()
        if destination.node:
            layout.pop("nav_axes", None)
            self.file = ScanFile.resume(destination.path, destination.node, **layout)
            self._done = self.file.done
            if destination.changes:
                self.file.note_changes(destination.changes)
            return
        self.file = ScanFile.create(
            destination.path,
            append=destination.append,
            overwrite=destination.overwrite,
            title=self.plan.name,
            plan=self.plan.model_dump_json(),
            settings=destination.settings,
            description=self.plan.description,
            metadata=destination.metadata,
            compression=self.plan.output.compression,
            save_type=self.save_type,
            **layout,
        )
        self.file.add_references([source.context for source in work.rig.frames() if source.context is not None])

    def end(self, state: str, reason: str) -> None:
        """Note the end, and close the file."""
        if self.file is not None:
            self.file.end(state, reason)

    def _save(
        self,
        work: Work,
        data: list[DataRaw],
        wanted: Mapping[str, float],
        at: Mapping[str, tuple[float, str]],
        **place: Any,
    ) -> None:
        assert self.file is not None
        self.file.add_point(data, at, **place)
        number, self._done = self._done, self._done + 1
        work.tell(
            PointMeasured(
                number=number,
                indexes=list(place.get("indexes") or (number,)),
                wanted=dict(wanted),
                measured={target: value for target, (value, _) in at.items()},
                means={f"{dwa.origin}.{dwa.name}" if dwa.size == 1 else dwa.origin: mean_of(dwa[0]) for dwa in data},
            )
        )
        work.progress()


class StepRun(_PointRun):
    """Points that are known before."""

    def __init__(self, plan: StepScan, devices: Mapping[str, Device]) -> None:
        super().__init__(plan)
        self._units = {target: unit_of(target, devices) for target in plan.targets}
        self._points = plan.points(self._units)
        self._shape = plan.scan_shape
        self._nav_axes = plan.nav_axes(self._units)
        self._distribution = plan.distribution
        self.total = len(self._points)

    def _layout(self) -> dict[str, Any]:
        return {"shape": self._shape, "nav_axes": self._nav_axes}

    def steps(self, work: Work) -> Iterator[None]:
        """Measure the points that are not in the file."""
        assert self.file is not None
        measured = self.file.measured() if self._done else None
        for point in self._points:
            if measured is not None and measured[point.indexes]:
                continue
            yield
            at = work.rig.move(point.values)
            data = work.rig.measure()
            self._save(work, data, point.values, at, indexes=point.indexes, distribution=self._distribution)


class AdaptiveRun(_PointRun):
    """Points that what was measured before asks for."""

    def __init__(self, plan: AdaptiveScan, devices: Mapping[str, Device], learner: AskTell | None) -> None:
        super().__init__(plan)
        self._plan = plan
        self._learner = learner
        targets = [axis.target for axis in plan.axes] + [follow.target for follow in plan.follows]
        self._axes = [axis.target for axis in plan.axes]
        self._units = {target: unit_of(target, devices) for target in targets}
        self.total = plan.points

    def _layout(self) -> dict[str, Any]:
        return {"axes": [(target, self._units[target]) for target in self._axes]}

    def steps(self, work: Work) -> Iterator[None]:
        """Measure where the learner asks, until it has had enough."""
        assert self.file is not None
        learner = ScanLearner(self._plan, self._units, self._learner)
        for values, signal in self.file.appended(self._axes, self._signal_node()):
            learner.tell(values, signal)
        while not learner.done(self._done):
            yield
            values = learner.ask()
            at = work.rig.move(values)
            data = work.rig.measure()
            self._save(work, data, values, at, values=[values[target] for target in self._axes])
            learner.tell(values, self._signal(data))

    def _signal_node(self) -> tuple[str, str]:
        device, _, parameter = self._plan.signal.partition(".")
        return device or self._plan.detectors[0].device, parameter

    def _signal(self, data: list[DataRaw]) -> float:
        device, parameter = self._signal_node()
        for dwa in data:
            if dwa.origin == device and parameter in ("", dwa.name):
                return mean_of(dwa[0])
        raise ScanNotFound(
            f"the signal {self._plan.signal!r} is none of those measured: {', '.join(dwa.origin for dwa in data)}"
        )


class TimedRun(_PointRun):
    """Measurements as time passes: a series, or a log."""

    def __init__(self, plan: TimeSeries | Log) -> None:
        super().__init__(plan)
        self._plan = plan
        self.save_type = SaveType.logger if isinstance(plan, Log) else SaveType.scan
        shape = plan.scan_shape if isinstance(plan, TimeSeries) else None
        self.total = shape[0] if shape else None

    def steps(self, work: Work) -> Iterator[None]:
        """Measure every so many seconds; a moment that was missed is left out."""
        begun = time.monotonic()
        interval = self._plan.interval or 0.0
        duration = self._plan.duration
        number = 0
        while self.total is None or self._done < self.total:
            moment = begun + number * interval
            if duration is not None and max(moment, time.monotonic()) - begun > duration + 1e-6 * interval:
                return
            yield
            if interval:
                work.control.wait_until(moment)
                yield  # a pause or a stop may have been asked for meanwhile
            data = work.rig.measure()
            self._save(work, data, {}, {})
            late = (time.monotonic() - begun) / interval if interval else 0.0
            number = max(number + 1, int(np.ceil(late - 1e-9))) if interval else 0
