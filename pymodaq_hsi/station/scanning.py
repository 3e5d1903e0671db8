"""Commands: checking plans, carrying them out, and what has become of them."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.drivers import DriverType
from pymodaq_hsi.errors import HsiError, StationError
from pymodaq_hsi.processing import ReferenceImportFlag
from pymodaq_hsi.scans import answered, open_prompts
from pymodaq_hsi.scans.checking import check_plan
from pymodaq_hsi.scans.engine import ScanEngine
from pymodaq_hsi.scans.events import Failed, Finished, PointMeasured, Progress, ScanState, Started, Warned
from pymodaq_hsi.scans.stored import read_scan
from pymodaq_hsi.station.core import Right, command
from pymodaq_hsi.station.hub import Message
from pymodaq_hsi.station.plan_devices import devices_of
from pymodaq_hsi.station.planning import absolute_file
from pymodaq_hsi.station.preparing import Preparation
from pymodaq_hsi.station.questions import Questions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.processing import InstrumentParameters
    from pymodaq_hsi.scans import Plan
    from pymodaq_hsi.scans.events import Event
    from pymodaq_hsi.scans.stored import StoredScan
    from pymodaq_hsi.station.core import Core
    from pymodaq_hsi.station.history import History
    from pymodaq_hsi.station.live import LiveViews
    from pymodaq_hsi.station.planning import Planning
    from pymodaq_hsi.station.referencing import Referencing
    from pymodaq_hsi.station.setting import Setting

__all__ = ["Scanning"]

_POINTS_KEPT = 10_000
_WARNINGS_KEPT = 100


class Scanning:
    """Carries out one scan at a time."""

    def __init__(
        self,
        core: Core,
        live: LiveViews,
        referencing: Referencing,
        history: History,
        setting: Setting,
        planning: Planning,
    ) -> None:
        self._core = core
        self._live = live
        self._referencing = referencing
        self._history = history
        self._setting = setting
        self._planning = planning
        self._questions = Questions()
        self._dark_after_failure = False
        self._engine: ScanEngine | None = None
        self._ended = threading.Event()
        self._ended.set()
        self._starting = threading.Lock()
        self._scan: Message | None = None
        self._points: deque[Message] = deque(maxlen=_POINTS_KEPT)
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether a scan has not ended."""
        return not self._ended.is_set()

    def to_message(self) -> Message | None:
        """Return what the scan is doing, or the last one did; None before the first."""
        return None if self._scan is None else self._scan | {"over": not self.running}

    @command(Right.WRITE)
    def start_scan(
        self,
        plan: dict[str, Any] | str,
        path: str | None = None,
        metadata: dict[str, Any] | None = None,
        ignore_mismatch: bool = False,
        folder: str = "",
        ask: bool = False,
    ) -> Message:
        """Carry a plan out; return its ``scan`` number. Events of the scan tell the rest.

        `path` is the file, instead of what the plan says; `folder` is what a folder in the plan is relative to.
        `metadata` answers the plan's prompts. With `ask` those that it does not answer are told of by an event
        ``scan``, ``prompt``; nothing moves until `answer_prompt`. Without it the plan is refused.

        Raises
        ------
        PlanInvalid
            It cannot be carried out; nothing was moved.
        StationError
            Another scan is running.
        """
        parsed = self._planning.parsed(plan, folder)
        if not (ask and open_prompts(parsed, metadata)):
            answered(parsed, metadata or {})
        return self._start(parsed, path, "", metadata, ignore_mismatch=ignore_mismatch, ask=ask)

    @command(Right.WRITE)
    def answer_prompt(self, metadata: dict[str, Any]) -> None:
        """Answer what the scan that is about to begin asks; refused answers leave the questions open.

        Raises
        ------
        PlanInvalid
            An answer is missing, or none of its choices.
        StationError
            Nothing is asked.
        """
        self._questions.answer(metadata)

    @command(Right.WRITE)
    def repeat_scan(
        self, path: str, node: str = "", output: str | None = None, folder: str = "", restore: bool = True
    ) -> Message:
        """Carry out the plan in a file again, into another file (as the plan says, or to `output`).

        Devices are brought into the state in which they were, stages go to where they were, and references are those
        in the file where the station has none; without `restore` all is left as it is.
        """
        stored = read_scan(absolute_file(path), node)
        plan = self._planning.parsed(stored.plan.model_dump(mode="json"), folder)
        return self._start(plan, output, "", None, stored=stored if restore else None)

    @command(Right.WRITE)
    def resume_file(self, path: str, node: str = "", restore: bool = True) -> Message:
        """Go on with the interrupted scan in a file: the last in it, unless a node is named.

        Devices and references are as of `repeat_scan`.
        """
        stored = read_scan(absolute_file(path), node)
        plan = self._planning.parsed(stored.plan.model_dump(mode="json"))
        return self._start(plan, path, stored.node, None, stored=stored if restore else None)

    @command(Right.WRITE)
    def pause_scan(self) -> None:
        """Pause after the point that is being measured."""
        self._running().pause()

    @command(Right.WRITE)
    def resume_scan(self) -> None:
        """Go on after a pause."""
        self._running().resume()

    @command(Right.SAFETY)
    def stop_scan(self) -> None:
        """End after the point that is being measured; what there is is kept. Anybody may."""
        self._running().stop()
        self._questions.end()

    @command(Right.SAFETY)
    def abort_scan(self) -> None:
        """End now; what there is is kept. Anybody may."""
        self._running().abort()
        self._questions.end()

    @command(Right.READ)
    def wait_scan(self, timeout: float = 10.0) -> Message | None:
        """Wait until no scan is running, `timeout` seconds at most; return what it does, or the last one did."""
        self._ended.wait(max(0.0, timeout))
        return self.to_message()

    @command(Right.READ)
    def scan_points(self, since: int = -1) -> list[Message]:
        """Return the points of the scan after number `since`: what was asked for, measured, and the means.

        The last 10,000 are kept; all of them are in the file.
        """
        return [point for point in list(self._points) if point["number"] > since]

    @command(Right.READ)
    def past_scans(self) -> list[Message]:
        """Return the scans of this station, the last at the end."""
        return self._history.scans()

    def close(self) -> None:
        """End the scan, with what there is kept."""
        with self._starting:
            self._closed = True
        if self._engine is not None and self.running:
            self._engine.stop()
            self._questions.end()
            if not self._ended.wait(3.0):
                self._engine.abort()
                self._ended.wait(5.0)

    def _running(self) -> ScanEngine:
        if self._engine is None or not self.running:
            raise StationError("no scan is running")
        return self._engine

    def _start(
        self,
        plan: Plan,
        path: str | None,
        node: str,
        metadata: dict[str, Any] | None,
        *,
        ignore_mismatch: bool = False,
        ask: bool = False,
        stored: StoredScan | None = None,
    ) -> Message:
        target = None if path is None else absolute_file(path)
        devices, used = devices_of(plan, self._core.keepers)
        preparation = Preparation.of(plan, devices, stored, self._core.keepers)
        used += [keeper.name for keeper in preparation.others.values()]
        with self._starting:
            if self._closed:
                raise StationError("the station is being closed; it starts nothing any more")
            if self.running:
                name = self._scan["name"] if self._scan else "a scan"
                raise StationError(f"{plan.name} cannot begin: {name} is running; wait, or stop it")
            number = self._history.next_number
            self._core.use(used, f"the scan {plan.name}")
            try:
                with self._live.interrupted(used if preparation.needed else []):
                    problems = preparation.set(move=False)
                check_plan(plan, devices, path=target, resume=bool(node)).raise_if_invalid()
                references = self._references(devices, stored)
            except BaseException:
                self._core.free(used)
                raise
            self._ended.clear()
            self._points.clear()
            known = metadata or {}
            prompts = open_prompts(plan, known) if ask else []
            if prompts:
                self._questions.ask(plan, known)
            self._scan = {
                "number": number,
                "name": plan.name,
                "plan": plan.kind,
                "description": plan.model_dump(mode="json"),
                "state": ScanState.idle.value,
                "started": time.time(),
                "devices": used,
                "done": 0,
                "total": None,
                "path": "",
                "node": "",
                "reason": "",
                "progress": None,
                "warnings": self.warnings() + problems,
                "prompts": [prompt.model_dump(mode="json") for prompt in prompts],
            }
            self._engine = ScanEngine(
                plan,
                devices,
                references=references,
                path=target,
                resume=node,
                metadata=lambda _: self._ask(known),
                flags=ReferenceImportFlag.IgnoreParameterMismatch if ignore_mismatch else None,
                on_event=self._take,
            )
            self._core.hub.publish("scan", what="accepted", scan=self.to_message())
            threading.Thread(target=self._carry_out, args=(used, preparation), name="station scan", daemon=True).start()
        return {"scan": number}

    def _ask(self, known: Mapping[str, Any]) -> Mapping[str, Any]:
        """Have the prompts of the plan answered by a client, in the thread of the scan."""
        assert self._scan is not None
        if not self._scan["prompts"]:
            return known
        self._tell_prompt(self._scan["prompts"])
        try:
            return self._questions.wait()
        finally:
            self._tell_prompt([])

    def _tell_prompt(self, prompts: list[Message]) -> None:
        assert self._scan is not None
        self._scan = self._scan | {"prompts": prompts}
        self._core.hub.publish("scan", what="prompt", number=self._scan["number"], prompt=prompts)

    def _references(self, devices: Mapping[str, Device], stored: StoredScan | None) -> dict[str, InstrumentParameters]:
        """Return what cameras are calibrated with: what the station has, else what is in the file of a scan."""
        names = {id(keeper.device): name for name, keeper in self._core.keepers.items()}
        found = {name: self._referencing.parameters(names[id(device)]) for name, device in devices.items()}
        own = {name: parameters for name, parameters in found.items() if parameters is not None}
        return (stored.references(devices) if stored is not None else {}) | own

    def _carry_out(self, used: list[str], preparation: Preparation) -> None:
        assert self._engine is not None
        failed = False
        if self._dark_after_failure:  # that was for as long as nobody was there to see to it
            self._dark_after_failure = False
            self._setting.lighten()
        lights = self._setting.light_states()
        try:
            with self._live.interrupted(used):
                try:
                    self._bring_stages(preparation)
                    self._engine.start()
                    result = self._engine.wait()
                    failed = result is None or result.state is ScanState.failed
                finally:
                    self._core.free(used)
            if failed:
                self._dark_after_failure = not self._setting.master_off
                self._setting.darken(lights)  # those too that the plan does not name
        finally:
            self._questions.end()
            for name in used:
                if name in self._core.keepers:
                    self._core.keeper(name).look_again()
            self._tell_lights(used)
            self._ended.set()
            self._core.hub.publish("scan", what="over", scan=self.to_message())

    def _bring_stages(self, preparation: Preparation) -> None:
        try:
            preparation.set(move=True)
        except HsiError as error:  # the engine, which looks at all devices, says what it means for the scan
            self._take(Warned(message=str(error)))

    def _take(self, event: Event) -> None:
        """Take an event of the engine, in its thread."""
        scan = self._scan
        assert scan is not None
        message = event.to_message()
        match event:
            case Started():
                self._scan = scan | {
                    "path": str(Path(event.path).absolute()),
                    "node": event.node,
                    "total": event.points,
                    "done": event.done,
                }
                self._tell_lights(scan["devices"])
                self._history.begin(self._entry() | {"state": "running"})
            case PointMeasured():
                self._points.append(message)
                scan["done"] = max(scan["done"], event.number + 1)
            case Progress():
                self._scan = scan | {"done": event.done, "total": event.total, "progress": dataclasses.asdict(event)}
            case Warned():
                self._scan = scan | {"warnings": [*scan["warnings"], event.message][-_WARNINGS_KEPT:]}
            case Failed():
                self._scan = scan | {"reason": event.message, "error": message}
            case Finished():
                self._scan = scan | {
                    "state": event.state.value,
                    "done": event.done,
                    "reason": event.reason,
                    "seconds": event.seconds,
                }
                if scan["path"]:
                    self._history.end(self._entry())
            case _:
                self._scan = scan | {"state": message["state"]}
        what = message.pop("event")
        self._core.hub.publish("scan", what=what, number=scan["number"], **{what: message})

    def _tell_lights(self, names: list[str]) -> None:
        for name in names:
            keeper = self._core.keepers.get(name)
            if keeper is not None and keeper.device.type is DriverType.LightControl:
                keeper.tell_state("light")

    def warnings(self) -> list[str]:
        """Return what whoever starts a scan should know of the station."""
        if self._setting.master_off and not self._dark_after_failure:
            return ["all lights were switched off (lights_off); those that the plan does not use stay dark"]
        return []

    def _entry(self) -> Message:
        assert self._scan is not None
        left_out = {"description", "progress", "warnings", "devices", "error", "prompts"}
        return {key: value for key, value in self._scan.items() if key not in left_out}
