"""Running a plan: states, pause, stop, and an end that is defined whatever happens."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices.bench import bench
from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.scans._resuming import changes_since, check_same_plan
from pymodaq_hsi.scans.checking import check_plan
from pymodaq_hsi.scans.control import Cancelled, Control
from pymodaq_hsi.scans.events import Failed, Finished, Progress, ScanState, Started, Warned
from pymodaq_hsi.scans.outputs import output_path
from pymodaq_hsi.scans.prompts import answered
from pymodaq_hsi.scans.rig import Rig
from pymodaq_hsi.scans.runs import Destination, Work, run_of, targets_of
from pymodaq_hsi.scans.stored import read_scan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.processing import InstrumentParameters
    from pymodaq_hsi.scans.events import Event
    from pymodaq_hsi.scans.learning import AskTell
    from pymodaq_hsi.scans.plans import Plan
    from pymodaq_hsi.scans.runs import Run

__all__ = ["ScanEngine", "ScanResult"]

_log = logging.getLogger(__name__)
_TELL_EVERY = 0.2
"""Seconds between two events of progress, at least."""


@dataclass(frozen=True)
class ScanResult:
    """What has become of a scan.

    Attributes
    ----------
    state : ScanState
        finished, stopped, aborted or failed.
    done : int
        Points in the file.
    total : int or None
        Points of the plan, where they are known.
    path : Path or None
        The file; None if the scan ended before there was one.
    node : str
        The scan's group in it.
    reason : str
        Why it ended early.
    error : BaseException or None
        What made it fail.
    """

    state: ScanState
    done: int
    total: int | None
    path: Path | None
    node: str
    reason: str = ""
    error: BaseException | None = None


class ScanEngine:
    """Carries out one plan, once.

    Parameters
    ----------
    plan : Plan
    devices : mapping of str to Device
        Connected, by their names in the plan.
    references : mapping of str to InstrumentParameters, optional
        By the name of the camera; reflectance needs a white one.
    path : path, optional
        The file, instead of what the plan says; one that is there is refused, unless `resume` or `overwrite`.
    resume : str, optional
        Node of the scan in `path` to go on with.
    overwrite : bool
        Replace `path` if it is there; as late as possible, when all has been checked and is ready.
    metadata : callable, optional
        Called with the plan before anything moves; returns attributes for the scan: who, which sample. An operator
        may be asked here, for what the plan's `prompts` want to know; `open_prompts` says what that is.
    learner : AskTell, optional
        Decides where an adaptive scan measures, instead of the learner that the plan names.
    flags : ReferenceImportFlag, optional
        Whether references taken under other settings are accepted.
    on_event : callable
        Takes each event, in the thread of the scan; be quick.

    Notes
    -----
    `run` works in the calling thread, `start` in one of its own. Whatever ends the scan, all points that were told of
    are in the file, which is closed. After a failure what moves is stopped and all lights of the plan are off; the next
    scan puts them back to their parameters.
    """

    def __init__(
        self,
        plan: Plan,
        devices: Mapping[str, Device],
        *,
        references: Mapping[str, InstrumentParameters] | None = None,
        path: str | Path | None = None,
        resume: str = "",
        overwrite: bool = False,
        metadata: Callable[[Plan], Mapping[str, Any] | None] | None = None,
        learner: AskTell | None = None,
        flags: Any = None,
        on_event: Callable[[Event], None] = lambda _: None,
    ) -> None:
        self.plan = plan
        self._devices = dict(devices)
        self._references = dict(references or {})
        self._path = None if path is None else Path(path)
        self._resume = resume
        self._overwrite = overwrite and path is not None and not resume
        self._metadata = metadata
        self._learner = learner
        self._flags = flags
        self._on_event = on_event
        self._control = Control(self._devices, self._tell)
        self._thread: threading.Thread | None = None
        self._result: ScanResult | None = None
        self._run: Run | None = None
        self._destination: Destination | None = None
        self._rig: Rig | None = None
        self._begun = self._told = self._since = 0.0
        self._before = 0

    # what others ask of it

    @property
    def state(self) -> ScanState:
        """Where it is."""
        return self._control.state

    @property
    def result(self) -> ScanResult | None:
        """What has become of it; None until it has ended."""
        return self._result

    def pause(self) -> None:
        """Pause after the point that is being measured."""
        self._control.ask(ScanState.paused)

    def resume(self) -> None:
        """Go on after a pause."""
        self._control.ask(None)

    def stop(self) -> None:
        """End after the point that is being measured."""
        self._control.ask(ScanState.stopped)

    def abort(self) -> None:
        """End now; the point that is being measured is left out."""
        self._control.ask(ScanState.aborted)

    def start(self) -> None:
        """Run in a thread; a failure is in the result."""
        if self._thread is not None:
            raise RuntimeError("this engine was started already; make another one for another scan")
        self._thread = threading.Thread(target=self._run_quietly, name=f"scan {self.plan.name}", daemon=True)
        self._thread.start()

    def wait(self, timeout: float | None = None) -> ScanResult | None:
        """Wait until it has ended; return what has become of it, or None after `timeout` seconds."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self._result

    def wait_for_state(self, *states: ScanState, timeout: float | None = None) -> bool:
        """Wait until it is in one of some states or has ended; return whether it is."""
        return self._control.wait_for_state(*states, timeout=timeout)

    # what it does

    def run(self) -> ScanResult:
        """Carry the plan out.

        Returns
        -------
        ScanResult
            Of a scan that finished, or was stopped or aborted from another thread.

        Raises
        ------
        PlanInvalid
            Nothing was moved, and there is no file.
        HsiError, KeyboardInterrupt
            What ended it; the file has all that was measured before.
        """
        if self._result is not None or self._begun:
            raise RuntimeError("this engine has run already; make another one for another scan")
        begun = self._begun = time.monotonic()
        state, reason, error = ScanState.finished, "", None
        try:
            self._carry_out()
        except Cancelled as cancelled:
            state, reason = cancelled.state, f"{cancelled.state.value} on request"
            error = self._finish_quietly(cancelled.state)
        except BaseException as exc:
            error = exc
        if error is not None:
            interrupted = isinstance(error, KeyboardInterrupt | SystemExit)
            state = ScanState.stopped if interrupted else ScanState.failed
            reason = "interrupted" if interrupted else str(error) or type(error).__name__
            self._make_safe()
        try:
            if self._run is not None:
                self._run.end(state.value, reason)
        except (HsiError, OSError) as exc:
            error = error or exc
            state, reason = ScanState.failed, str(exc)
        self._conclude(state, reason, error, time.monotonic() - begun)
        assert self._result is not None
        if error is not None:
            raise error
        return self._result

    def _run_quietly(self) -> None:
        with suppress(BaseException):  # it is in the result, and was told as an event
            self.run()

    def _carry_out(self) -> None:
        control = self._control
        control.enter(ScanState.preparing)
        check = check_plan(self.plan, self._devices, path=self._path, resume=bool(self._resume) or self._overwrite)
        check.raise_if_invalid()
        for warning in check.warnings:
            self._tell(Warned(message=warning))
        asked = self._ask()
        plan = self.plan
        rig = self._rig = Rig(
            self._devices,
            control,
            targets=targets_of(plan, self._devices),
            detectors=plan.detectors,
            references=self._references,
            flags=self._flags,
        )
        rig.prepare()
        plan = self.plan = rig.written_out(plan)
        run = run_of(plan, self._devices, self._learner)
        destination = self._destination = self._choose_destination(asked)
        for change in destination.changes:
            self._tell(Warned(message=f"not as when the points in the file were measured: {change}"))
        work = Work(rig, control, self._tell, self._tell_progress)
        self._run = run
        run.open(destination, work)
        self._before = run.done
        self._tell(
            Started(
                name=plan.name,
                plan=plan.kind,
                points=run.total,
                done=run.done,
                path=str(destination.path),
                node=run.node,
            )
        )
        rig.act(plan.before)
        self._since = time.monotonic()
        control.enter(ScanState.running)
        for _ in run.steps(work):
            control.gate(rig.rest)
        control.enter(ScanState.finishing)
        self._finish(rig)

    def _finish(self, rig: Rig) -> None:
        rig.rest()
        rig.give_back()
        rig.act(self.plan.after)
        if getattr(self.plan, "return_to_start", False):
            rig.return_to_start()

    def _finish_quietly(self, state: ScanState) -> BaseException | None:
        """Do what is to be done at the end of a scan that was stopped; nothing moves after an abort."""
        if self._rig is None:
            return None
        try:
            if state is ScanState.stopped:
                self._control.enter(ScanState.finishing)
                self._finish(self._rig)
            else:
                self._make_safe()
        except Cancelled:
            self._make_safe()
        except BaseException as exc:
            return exc
        return None

    def _make_safe(self) -> None:
        if self._rig is not None:
            for problem in self._rig.make_safe():
                self._tell(Warned(message=f"not made safe: {problem}"))

    def _ask(self) -> dict[str, Any]:
        """Return what is known of the scan beside its plan, and take that into the plan, so that a repeat knows it."""
        if self._resume:
            return {}
        asked = dict(self._metadata(self.plan) or {}) if self._metadata is not None else {}
        self._control.gate(lambda: None)  # whoever was asked may have had it stopped instead
        self.plan = answered(self.plan, asked)
        return asked

    def _choose_destination(self, asked: Mapping[str, Any]) -> Destination:
        settings = {"devices": {name: device.settings() for name, device in self._devices.items()}}
        settings["others"] = {
            device.identity: device.settings() for device in bench.devices() if device not in self._devices.values()
        }
        metadata = dict(self.plan.metadata | dict(asked))
        if self._path is not None:
            many = self.plan.output.scans == "many" and self._path.exists()
            changes: list[str] = []
            if self._resume:
                stored = read_scan(self._path, self._resume)
                check_same_plan(stored, self.plan)
                changes = changes_since(stored, self._devices)
            return Destination(self._path, many, self._resume, settings, metadata, self._overwrite, changes)
        path, append = output_path(self.plan.output, self.plan.name)
        return Destination(path, append, "", settings, metadata)

    def _conclude(self, state: ScanState, reason: str, error: BaseException | None, seconds: float) -> None:
        run, destination = self._run, self._destination
        done, total, node = (run.done, run.total, run.node) if run is not None else (0, None, "")
        path = destination.path if destination is not None and node else None
        self._result = ScanResult(state, done, total, path, node, reason, error)
        if state is ScanState.failed and error is not None:
            device = str(getattr(error, "device", ""))
            self._tell(Failed(message=reason, error=type(error).__name__, device=device))
        self._tell_progress(now=True)
        self._control.enter(state, reason)
        self._tell(
            Finished(
                state=state,
                done=done,
                total=total,
                path=str(path or ""),
                node=node,
                seconds=seconds,
                reason=reason,
            )
        )

    def _tell_progress(self, *, now: bool = False) -> None:
        moment = time.monotonic()
        run, destination = self._run, self._destination
        if run is None or destination is None or (not now and moment - self._told < _TELL_EVERY):
            return
        self._told = moment
        busy = moment - self._since - self._control.paused_seconds
        rate = (run.done - self._before) / busy if busy > 0 else 0.0
        left = (run.total - run.done) / rate if run.total is not None and rate > 0 else None
        size = destination.path.stat().st_size if destination.path.exists() else 0
        self._tell(Progress(done=run.done, total=run.total, rate=rate, seconds_left=left, file_bytes=size))

    def _tell(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception:  # a listener's own mistake must not end a scan
            _log.exception("a listener of scan %r failed", self.plan.name)
