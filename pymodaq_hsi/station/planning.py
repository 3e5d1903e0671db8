"""Commands: plans looked at before they are carried out; nothing moves."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.errors import CommandInvalid, OutputError, PlanInvalid
from pymodaq_hsi.scans import AdaptiveScan, Recording, StepScan, TimeSeries, load_plan, plan_from
from pymodaq_hsi.scans.checking import check_plan
from pymodaq_hsi.scans.rig import split
from pymodaq_hsi.scans.saving import plans_in
from pymodaq_hsi.scans.stored import read_scan
from pymodaq_hsi.station.core import Right, command
from pymodaq_hsi.station.hub import Message
from pymodaq_hsi.station.plan_devices import devices_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.processing.references import InstrumentParameters
    from pymodaq_hsi.scans import Plan
    from pymodaq_hsi.station.core import Core
    from pymodaq_hsi.station.remembering import Remembering

__all__ = ["Planning", "absolute_file"]


class Planning:
    """Reads plans, checks them, and says where they go."""

    def __init__(
        self,
        core: Core,
        remembering: Remembering,
        warnings: Callable[[], list[str]],
        references: Callable[[str], InstrumentParameters | None],
    ) -> None:
        self._core = core
        self._remembering = remembering
        self._warnings = warnings
        self._references = references

    @command(Right.READ)
    def check_plan(self, plan: dict[str, Any] | str, path: str | None = None, folder: str = "") -> Message:
        """Check a plan (data, or the text of a JSON or TOML file) against the connected devices; nothing is moved.

        Returns ``ok``, ``problems``, ``warnings``, ``points``, ``seconds``, ``bytes``, ``memory`` and ``units``.
        """
        parsed = self.parsed(plan, folder)
        devices = devices_of(parsed, self._core.keepers)[0]
        message = check_plan(parsed, devices, path=path).to_message()
        message["problems"] += self._without_references(parsed, devices)
        message["ok"] = not message["problems"]
        message["warnings"] += self._warnings()
        return message

    def _without_references(self, plan: Plan, devices: Mapping[str, Device]) -> list[str]:
        """Return which detectors are to give reflectance without a white reference, or radiance without radiometry."""
        names = {id(keeper.device): name for name, keeper in self._core.keepers.items()}
        found = []
        for number, detector in enumerate(plan.detectors, 1):
            device = devices.get(detector.device)
            if device is None or not detector.is_frame or detector.value == "intensity":
                continue
            if detector.value == "radiance":
                if not detector.radiometry:
                    found.append(
                        f"detector {number} ({detector.device}): value = 'radiance' needs radiometry: the path of a "
                        f"radiometric calibration"
                    )
                continue
            given = self._references(names[id(device)])
            if given is None or given.white_reference is None:
                found.append(
                    f"detector {number} ({detector.device}): value = 'reflectance' needs a white reference, and none "
                    f"is in use: take or import one, or measure 'intensity'"
                )
        return found

    @command(Right.READ)
    def preview_plan(self, plan: dict[str, Any] | str, most: int = 10_000) -> Message:
        """Return where a plan goes, in the order of measurement; no device is asked, and nothing moves.

        Returns ``kind``, ``points`` (how many; None if that is decided on the way), ``shape``, ``units`` and
        ``values``, both by target, and ``every``: of more than `most` points only every second, third, ... is among the
        values. An adaptive scan has ``bounds`` by target, a recording the start and the stop of its movement, a series
        the seconds from its beginning, as ``time``.
        """
        if most < 1:
            raise CommandInvalid(f"a preview of {most} points says nothing; ask for 1 at least")
        parsed = self.parsed(plan)
        units = self._units(parsed)
        message: Message = {
            "kind": parsed.kind,
            "points": None,
            "shape": None,
            "units": units,
            "values": {},
            "every": 1,
        }
        match parsed:
            case StepScan():
                points = parsed.points(units)
                every = max(1, math.ceil(len(points) / most))
                columns: dict[str, list[float]] = {target: [] for target in units}
                for block in points[::every].blocks():
                    for target, column in block.items():
                        columns[target] += column.tolist()
                message |= {"points": len(points), "shape": list(parsed.scan_shape), "values": columns, "every": every}
            case AdaptiveScan():
                message |= {
                    "points": parsed.points,
                    "bounds": {axis.target: [axis.low, axis.high] for axis in parsed.axes},
                    "units": units | {axis.target: axis.units for axis in parsed.axes if axis.units},
                }
            case TimeSeries() if parsed.scan_shape is not None:
                (count,) = parsed.scan_shape
                every = max(1, math.ceil(count / most))
                times = [number * (parsed.interval or 0.0) for number in range(0, count, every)]
                message |= {"points": count, "shape": [count], "units": {"time": "s"}, "every": every}
                message["values"] = {"time": times}
            case Recording(movement=movement) if movement is not None:
                message["points"] = parsed.lines
                message["values"] = {movement.target: [movement.start, movement.stop]}
                message["units"] = units | ({movement.target: movement.units} if movement.units else {})
            case Recording():
                message["points"] = parsed.lines
        return message

    @command(Right.READ)
    def read_plan(self, path: str, node: str = "") -> Message:
        """Return the plan in a file, to be looked at, changed and carried out again: of the last scan, or of a node's.

        Returns ``plan``, ``node``, ``complete``, ``scans`` (all nodes in the file that have a plan), ``settings`` (each
        device as it was, by its name in the plan) and ``others`` (those beside them).
        """
        file = absolute_file(path)
        stored = read_scan(file, node)
        return {
            "plan": stored.plan.model_dump(mode="json"),
            "node": stored.node,
            "complete": stored.complete,
            "scans": plans_in(file),
            "settings": stored.settings,
            "others": stored.others,
        }

    def parsed(self, plan: dict[str, Any] | str, folder: str = "") -> Plan:
        """Return a plan that a client gives, with the values of positions that it names.

        Raises
        ------
        PlanInvalid, PositionNotFound
        """
        parsed = self._plan(plan)
        if parsed.position_names:
            parsed = parsed.with_positions(self._remembering.memory())
        if not folder or Path(folder) == Path.cwd() or Path(parsed.output.folder).expanduser().is_absolute():
            return parsed
        output = parsed.output.model_copy(update={"folder": str(Path(folder).absolute() / parsed.output.folder)})
        return parsed.model_copy(update={"output": output})

    def _plan(self, plan: dict[str, Any] | str) -> Plan:
        if isinstance(plan, dict):
            return plan_from(plan)
        if not plan.lstrip().startswith("{") and "\n" not in plan and "=" not in plan:
            raise PlanInvalid([f"{plan!r} is no plan: give its fields, or the text of a plan file"])
        return load_plan(plan if "\n" in plan else plan + "\n")

    def _units(self, plan: Plan) -> dict[str, str]:
        """Return the units of what a plan varies: those of the devices that are connected, else its own."""
        units = {part.target: part.units for part in (*getattr(plan, "axes", ()), *getattr(plan, "follows", ()))}
        devices, _ = devices_of(plan, self._core.keepers)
        for target in plan.targets:
            name, parameter = split(target)
            known = devices[name].all_parameters() if name in devices else {}
            units[target] = known[parameter].unit if parameter in known else units.get(target, "")
        return units


def absolute_file(path: str) -> Path:
    """Return the absolute path of a file that a client gives.

    Raises
    ------
    CommandInvalid, OutputError
    """
    if not path:
        raise CommandInvalid("the path of a file is empty; give one")
    found = Path(path).expanduser().absolute()
    if found.is_dir():
        raise OutputError(f"{found} is a folder; give the file in it")
    return found
