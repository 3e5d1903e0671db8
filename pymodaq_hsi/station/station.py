"""A station: devices, references, lights and the engine as one object, commands in and events out."""

from __future__ import annotations

import difflib
import logging
import os
import platform
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import ValidationError, validate_call

import pymodaq_hsi
from pymodaq_hsi.errors import CommandInvalid, StationError
from pymodaq_hsi.station.api import StationApi
from pymodaq_hsi.station.callers import Caller, this_caller
from pymodaq_hsi.station.connecting import Connecting
from pymodaq_hsi.station.controlling import Control
from pymodaq_hsi.station.core import Core, Right, command, right_of
from pymodaq_hsi.station.exposing import Exposing
from pymodaq_hsi.station.failures import error_message
from pymodaq_hsi.station.feeds import Feed, Picture
from pymodaq_hsi.station.history import History
from pymodaq_hsi.station.hub import EventHub, Message
from pymodaq_hsi.station.jobs import Jobs
from pymodaq_hsi.station.keeping import Keeping
from pymodaq_hsi.station.live import LiveViews
from pymodaq_hsi.station.logs import LogFeed
from pymodaq_hsi.station.planning import Planning
from pymodaq_hsi.station.referencing import Referencing
from pymodaq_hsi.station.remembering import Remembering
from pymodaq_hsi.station.scanning import Scanning
from pymodaq_hsi.station.setting import Setting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pymodaq_hsi.station.live import FrameTap

__all__ = ["Station"]

_log = logging.getLogger(__name__)
_JOBS_WITHIN = 3.0
"""Seconds that what is going on has to end when the station is closed."""


class Station(StationApi):
    """Everything that an experiment needs, in this process; a context manager that leaves all dark and disconnected.

    Parameters
    ----------
    name : str
    history : path, optional
        A file that keeps the list of past scans.

    Examples
    --------
    >>> from pymodaq_hsi.station import Station
    >>> with Station() as station:  # doctest: +SKIP
    ...     station.connect("VirtualHyperCamera")
    ...     station.set("camera", "ExposureTime", 2.0)
    ['camera']
    2.0
    """

    def __init__(self, name: str = "station", *, history: str | os.PathLike[str] | None = None) -> None:
        self.name = name
        self._started = time.time()
        self._clients: dict[int, Caller] = {}
        self.hub = EventHub(self._state)
        self.core = Core(self.hub, Jobs(self.hub))
        self.control = Control(self.hub)
        self._history = History(None if history is None else Path(history))
        self._live = LiveViews(self.core)
        self._setting = Setting(self.core, self._live)
        self._referencing = Referencing(self.core, self._live)
        self._connecting = Connecting(self.core, self._live, self._forget)
        remembering = Remembering(self.core)
        planning = Planning(self.core, remembering, lambda: self._scanning.warnings(), self._referencing.parameters)
        self._scanning = Scanning(self.core, self._live, self._referencing, self._history, self._setting, planning)
        self._keeping = Keeping(self.core, self._live, self._connecting, self._referencing)
        self._commands = self._collect(
            self._connecting,
            self._setting,
            self._live,
            Exposing(self.core, self._live, self._setting),
            remembering,
            self._referencing,
            planning,
            self._scanning,
            self._keeping,
            _Plain(self),
        )
        self._local = this_caller(0)
        self._logs = LogFeed(self.hub)
        self._closed = False
        self.ending = threading.Event()
        """Set when a client has asked the station to end; whoever runs it closes it then."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def commands(self) -> dict[str, str]:
        """The commands, and who may give them: "read" everybody, "write" who has control, "safety" everybody."""
        return {name: right for name, (right, _) in self._commands.items()}

    def dispatch(self, message: Mapping[str, Any], caller: Caller | None = None) -> Message:
        """Carry a command out; see `StationApi.dispatch`. `caller` is who gives it: this program by default."""
        try:
            return {"result": self._carry_out(dict(message), caller or self._local)}
        except Exception as error:  # whatever it is, it is the answer
            if not isinstance(error, RuntimeError | ValueError | OSError | LookupError):
                _log.exception("the command %r has failed in an unforeseen way", message.get("command"))
            return {"error": error_message(error)}

    def events(self, since: int | None = None) -> Feed:
        """Return the events; see `StationApi.events`."""
        subscription = self.hub.subscribe(since)
        return Feed(subscription.get, lambda: subscription.ended, subscription.close)

    def frames(self, device: str, *, rate: float = 20.0, longest: int = 512, bands: tuple[int, ...] = ()) -> Feed:
        """Return pictures; see `StationApi.frames`."""
        tap = self.tap(device, rate, longest, bands)

        def get(timeout: float | None) -> Picture | None:
            found = tap.get(timeout)
            return None if found is None else Picture(*found)

        return Feed(get, lambda: tap.ended, tap.close, tap.change)

    def tap(self, device: str, rate: float, longest: int, bands: tuple[int, ...]) -> FrameTap:
        """Return pictures as a server sends them on."""
        return self._live.tap(device, rate, longest, tuple(bands))

    def enter(self, caller: Caller) -> None:
        """Note that a client has attached."""
        self._clients = self._clients | {caller.number: caller}
        self.hub.publish("clients", clients=self._client_list())

    def leave(self, caller: Caller) -> None:
        """Note that a client is gone; it has control no longer, and what it began goes on."""
        self.control.release(caller)
        self._clients = {number: each for number, each in self._clients.items() if number != caller.number}
        self.hub.publish("clients", clients=self._client_list())

    def close(self) -> None:
        """End the scan with what there is kept, switch the lights off, disconnect all; never raises."""
        if self._closed:
            return
        self._closed = True
        jobs = self.core.jobs.cancel_all()
        self._scanning.close()
        self._setting.lights_off()
        self._live.close()
        deadline = time.monotonic() + _JOBS_WITHIN
        for job in jobs:
            job.ended.wait(max(0.0, deadline - time.monotonic()))
        self._connecting.close()
        self.hub.publish("closed")
        self._logs.close()
        self.hub.close()

    def _carry_out(self, message: Message, caller: Caller) -> Any:
        if self._closed:
            raise StationError(f"the station {self.name} is closed; start another one")
        name = message.pop("command", None)
        if not isinstance(name, str) or name not in self._commands:
            near = difflib.get_close_matches(str(name), self._commands, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(self._commands))}"
            raise CommandInvalid(f"there is no command {name!r}{hint}")
        right, function = self._commands[name]
        if name in ("take_control", "release_control"):
            message["caller"] = caller
        self.control.admit(caller, right, name)
        try:
            return function(**message)
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise CommandInvalid(f"the command {name} was not understood: {problems}") from None

    def _collect(self, *parts: object) -> dict[str, tuple[str, Callable[..., Any]]]:
        found = {}
        for part in parts:
            for name, function in vars(type(part)).items():
                if right := right_of(function):
                    bound = getattr(part, name)
                    found[name] = right, validate_call(bound)
        return found

    def _forget(self, device: str) -> None:
        self._setting.forget(device)
        self._referencing.forget(device)

    def _client_list(self) -> list[Message]:
        return [caller.to_message() for caller in self._clients.values()]

    def _state(self) -> Message:
        scan = self._scanning.to_message()
        return {
            "name": self.name,
            "pid": os.getpid(),
            "started": self._started,
            "versions": {"pymodaq_hsi": pymodaq_hsi.__version__, "python": platform.python_version()},
            "control": self.control.holder,
            "clients": self._client_list(),
            "devices": [keeper.to_message() for keeper in list(self.core.keepers.values())],
            "in_use": dict(self.core.in_use),
            "master_off": self._setting.master_off,
            "live": self._live.running(),
            "references": self._referencing.to_message(),
            "scan": scan,
            "past_scans": self._history.scans(),
            "jobs": [job.to_message() for job in self.core.jobs.running()],
            "undo": self._setting.undoable,
            "redo": self._setting.redoable,
            "reference_age": self._referencing.oldest,
            "log": self._logs.last(),
        }


class _Plain:
    """Commands about the station itself."""

    def __init__(self, station: Station) -> None:
        self._station = station

    @command(Right.READ)
    def state(self) -> Message:
        snapshot = self._station.hub.snapshot()
        state: Message = snapshot["state"] | {"sequence": snapshot["sequence"]}
        return state

    @command(Right.READ)
    def ping(self) -> str:
        return self._station.name

    @command(Right.WRITE)
    def shut_down(self) -> None:
        self._station.ending.set()

    @command(Right.READ)
    def take_control(self, caller: Any, force: bool = False, message: str = "") -> None:
        self._station.control.take(caller, force=force, message=message)

    @command(Right.READ)
    def release_control(self, caller: Any) -> None:
        self._station.control.release(caller)

    @command(Right.READ)
    def wait_job(self, job: int, timeout: float = 0.0) -> Message:
        found = self._station.core.jobs.find(job)
        found.ended.wait(max(0.0, timeout))
        return found.to_message()

    @command(Right.SAFETY)
    def cancel_job(self, job: int) -> None:
        self._station.core.jobs.find(job).cancelled.set()
