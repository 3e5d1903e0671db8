"""The window's link to its station: commands go out in threads, answers and events come back into the event loop."""

from __future__ import annotations

import contextlib
import logging
import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from PyQt5 import sip
from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from pymodaq_hsi.errors import HsiError, StationError, StationLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.dashboard.mirror import Message, StationMirror
    from pymodaq_hsi.station.api import StationApi

__all__ = ["Cancelled", "StationLink"]

_log = logging.getLogger(__name__)
_WAITING = 1_000
"""Events that may wait for the event loop; after these the station is kept waiting, and sends a snapshot later."""
_AT_ONCE = 200
"""Events that are shown in one turn of the event loop, so that it is never held up for long."""
_LOOK_AGAIN_S = 0.5
_SAFETY = frozenset({"lights_off", "stop_move", "stop_scan", "abort_scan", "cancel_job"})

Then = "Callable[[Any], None]"


class Cancelled(StationError):
    """Whoever asked for something has ended it, or somebody else has; nothing is wrong."""


class StationLink(QObject):
    """Commands and events of a station for widgets: nothing here ever waits in the event loop.

    Commands for one device are given in order; those for another device and those that make things stop overtake them.

    Parameters
    ----------
    attach : callable
        Returns a `StationApi` of a station that runs; called in a thread, again and again while there is none.
    mirror : StationMirror
        Kept true.
    start : callable, optional
        Returns a `StationApi` too, of a station that it starts if it has to; called at first, and by `start_station`.
        A station that has ended is not started again by itself: what was connected to it would be gone unseen.

    Attributes
    ----------
    eventCame : pyqtSignal(dict)
        An event of the station, after the mirror has taken it in.
    attachedChanged : pyqtSignal(bool, str)
        Whether there is a station, and why not.
    """

    eventCame = pyqtSignal(dict)  # noqa: N815
    attachedChanged = pyqtSignal(bool, str)  # noqa: N815
    _call = pyqtSignal(object)
    _drain = pyqtSignal()

    def __init__(
        self,
        attach: Callable[[], StationApi],
        mirror: StationMirror,
        parent: QObject | None = None,
        *,
        start: Callable[[], StationApi] | None = None,
    ) -> None:
        super().__init__(parent)
        self.mirror = mirror
        self.api: StationApi | None = None
        self._attach = attach
        self._start = start
        self._starting = threading.Event()
        self._starting.set()
        self._shut_down = False
        self._lanes: dict[str, ThreadPoolExecutor] = {}
        self._last_set = "station"
        self._jobs: dict[int, _Callbacks] = {}
        self._events: queue.Queue[Message] = queue.Queue(_WAITING)
        self._awake = threading.Event()
        self._closed = threading.Event()
        self._call.connect(lambda function: function())
        self._drain.connect(self._take_events)

    @property
    def attached(self) -> bool:
        """Whether there is a station to give commands to."""
        return self.api is not None

    @property
    def number(self) -> int:
        """The number of this window among the clients of the station; 0 while it is not attached."""
        return int(getattr(self.api, "number", 0))

    @property
    def can_start(self) -> bool:
        """Whether `start_station` can start one."""
        return self._start is not None

    def start_station(self) -> None:
        """Start the station that has ended, and attach to it; the attempt follows within a second."""
        self._starting.set()

    def start(self) -> None:
        """Attach, in a thread; `attachedChanged` tells when."""
        threading.Thread(target=self._run, name="dashboard events", daemon=True).start()

    def ask(
        self,
        command: str,
        then: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        **arguments: Any,
    ) -> None:
        """Give a command; ``then(result)`` or ``failed(error)`` is called in the event loop.

        Parameters
        ----------
        command : str
            See the table of commands in the guide to stations.
        then, failed : callable, optional
        **arguments
            Of the command, JSON data.
        """
        lane = _lane(command, arguments)
        if command == "set":
            self._last_set = lane
        elif command in ("undo", "redo"):
            lane = self._last_set  # after the setting that it undoes
        self.run(lambda api: api.ask(command, **arguments), then, failed, lane=lane)

    def begin(
        self,
        command: str,
        then: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        progress: Callable[[Message], None] | None = None,
        **arguments: Any,
    ) -> None:
        """Start a command that takes long; ``then(result)`` when it is done, ``progress(job)`` on the way.

        `failed` also comes when it was cancelled, with `Cancelled`, which `Notices.fail` tells without alarm.
        """
        callbacks = _Callbacks(then, failed, progress)

        def started(answer: Message) -> None:
            number = int(answer["job"])
            known = self.mirror.jobs.get(number)
            if known is not None and known["state"] != "running":
                callbacks.end(known)
            else:
                self._jobs[number] = callbacks
                if progress is not None and known is not None:
                    progress(known)

        self.ask(command, started, failed, **arguments)

    def run(
        self,
        work: Callable[[StationApi], Any],
        then: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        *,
        lane: str = "station",
    ) -> None:
        """Do anything that waits for the station in a thread, one after the other in each lane."""

        def with_station() -> Any:
            api = self.api
            if api is None:
                raise StationLost("the station is not there; start it, and the window attaches to it")
            return work(api)

        self.run_here(with_station, then, failed, lane=lane)

    def run_here(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        *,
        lane: str,
    ) -> None:
        """Do anything that takes a while and needs no station in a thread, one after the other in each lane."""

        def in_thread() -> None:
            try:
                result = work()
            except (HsiError, OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
                if failed is not None:
                    self._in_loop(failed, error)
                return
            except Exception as error:  # of whatever kind: whoever asked is told
                _log.exception("a command has failed in an unforeseen way")
                if failed is not None:
                    self._in_loop(failed, StationError(f"{type(error).__name__}: {error}"))
                return
            if then is not None:
                self._in_loop(then, result)

        if self._closed.is_set():
            return
        if lane not in self._lanes:
            self._lanes[lane] = ThreadPoolExecutor(1, thread_name_prefix=f"dashboard {lane}")
        self._lanes[lane].submit(in_thread)

    def tell_here(self, event: Message) -> None:
        """Tell this window alone of something, as if the station had."""
        self.mirror.apply(event)
        self.eventCame.emit(event)

    def close(self) -> None:
        """Detach; what goes on in the station goes on."""
        self._closed.set()
        for lane in self._lanes.values():
            lane.shutdown(wait=False, cancel_futures=True)
        api, self.api = self.api, None
        if api is not None:
            with contextlib.suppress(HsiError, OSError):
                _close(api)

    def _in_loop(self, function: Callable[..., None], argument: Any) -> None:
        if not self._closed.is_set():
            with contextlib.suppress(RuntimeError):  # the window is gone with its signals
                self._call.emit(lambda: None if self._closed.is_set() or _is_gone(function) else function(argument))

    def _run(self) -> None:
        """Attach, read events until the station is gone, attach again."""
        pause, told = 0.0, ""
        while not self._closed.wait(pause):
            wanted = self._start if self._starting.is_set() and self._start is not None else self._attach
            self._starting.clear()
            try:
                api = wanted()
            except (HsiError, OSError) as error:
                if not told or wanted is self._start:
                    told = str(error)
                    self._tell(False, told)
                pause = _LOOK_AGAIN_S
                continue
            if self._closed.is_set():
                _close(api)
                return
            self.api, pause = api, _LOOK_AGAIN_S
            self._tell(True, "")
            self._read_events(api)
            if self._closed.is_set():
                return
            self.api = None
            with contextlib.suppress(HsiError, OSError):
                _close(api)
            told = self._epitaph()
            self._tell(False, told)

    def _read_events(self, api: StationApi) -> None:
        self._shut_down = False
        try:
            with api.events() as feed:
                while not self._closed.is_set() and not feed.ended:
                    event = feed.get(0.5)
                    if event is not None:
                        self._shut_down |= event["event"] == "closed"
                        self._put(event)
        except (HsiError, OSError) as error:
            _log.debug("events ended: %s", error)

    def _epitaph(self) -> str:
        """Say how a station ended, and what that means."""
        name = f"the station {self.mirror.name}".strip()
        if self._shut_down:
            return f"{name} was shut down. The window attaches again when it is back"
        return (
            f"{name} has ended without a word: its process was killed or has crashed. Drivers that see it switch "
            "their lights off and end; look whether they have. What a scan has measured is in its file, from which it "
            "can be resumed. The window attaches again when the station is back"
        )

    def _tell(self, attached: bool, why: str) -> None:
        def tell(_: Any) -> None:
            if not attached:
                jobs, self._jobs = self._jobs, {}
                for callbacks in jobs.values():
                    callbacks.lose()
            self.attachedChanged.emit(attached, why)

        self._in_loop(tell, None)

    def _put(self, event: Message) -> None:
        while not self._closed.is_set():
            try:
                self._events.put(event, timeout=0.2)
                break
            except queue.Full:
                continue
        if not self._awake.is_set():
            self._awake.set()
            with contextlib.suppress(RuntimeError):
                self._drain.emit()

    def _take_events(self) -> None:
        self._awake.clear()
        for _ in range(_AT_ONCE):
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return
            self.mirror.apply(event)
            if event["event"] == "job":
                try:
                    self._take_job(event)
                except Exception:  # of whoever asked for the job: the others still get the event
                    sys.excepthook(*sys.exc_info())
            self.eventCame.emit(event)
        self._awake.set()
        QTimer.singleShot(0, self._take_events)

    def _take_job(self, job: Message) -> None:
        callbacks = self._jobs.get(job["job"])
        if callbacks is None:
            return
        if job["state"] == "running":
            if callbacks.progress is not None:
                callbacks.progress(job)
            return
        del self._jobs[job["job"]]
        callbacks.end(job)


class _Callbacks:
    """Who wants to know of a job."""

    def __init__(
        self,
        then: Callable[[Any], None] | None,
        failed: Callable[[Exception], None] | None,
        progress: Callable[[Message], None] | None,
    ) -> None:
        self.then = then
        self.failed = failed
        self.progress = progress

    def end(self, job: Message) -> None:
        """Tell how it ended."""
        if job["state"] == "finished":
            if self.then is not None:
                self.then(job.get("result"))
        elif self.failed is not None and job["state"] == "cancelled":
            self.failed(Cancelled(f"{job['kind']} was cancelled"))
        elif self.failed is not None:
            from pymodaq_hsi.station.failures import error_from

            self.failed(error_from(job.get("error", {"message": f"{job['kind']} was {job['state']}"})))

    def lose(self) -> None:
        """Tell that nobody knows how it ended."""
        if self.failed is not None:
            self.failed(StationLost("the station has ended while this was going on; look at its state when it is back"))


def _is_gone(function: Callable[..., None]) -> bool:
    """Whether this is a method of a widget that was taken away while its answer was on the way."""
    owner = getattr(function, "__self__", None)
    return isinstance(owner, QObject) and sip.isdeleted(owner)


def _lane(command: str, arguments: dict[str, Any]) -> str:
    if command in _SAFETY:
        return "safety"
    return str(arguments.get("device", "station"))


def _close(api: StationApi) -> None:
    close = getattr(api, "close", None)
    if close is not None:
        close()
