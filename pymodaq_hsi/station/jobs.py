"""What takes long: done in a thread, told by events, waited for or cancelled by whoever likes."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.errors import CommandInvalid, StationError
from pymodaq_hsi.station.failures import error_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.station.hub import EventHub, Message

__all__ = ["Job", "JobCancelled", "Jobs"]

_log = logging.getLogger(__name__)
_REMEMBERED = 200
_TELL_EVERY = 0.1


class JobCancelled(StationError):
    """Ends a job that was cancelled."""


class Job:
    """One thing that takes long.

    ::

        running ──> finished    .result
            │
            ├─────> failed      .error
            └─────> cancelled
    """

    def __init__(self, number: int, kind: str, about: Message, hub: EventHub) -> None:
        self.number = number
        self.kind = kind
        self.about = about
        self.state = "running"
        self.result: Any = None
        self.error: Message | None = None
        self.progress: Message = {}
        self.cancelled = threading.Event()
        self.ended = threading.Event()
        self._hub = hub
        self._told = 0.0

    def to_message(self) -> Message:
        """Return it as JSON data."""
        message = {"job": self.number, "kind": self.kind, "state": self.state} | self.about
        if self.progress:
            message["progress"] = self.progress
        if self.state == "finished":
            message["result"] = self.result
        if self.error is not None:
            message["error"] = self.error
        return message

    def check(self) -> None:
        """Raise `JobCancelled` if it was cancelled."""
        if self.cancelled.is_set():
            raise JobCancelled(f"{self.kind} was cancelled")

    def tell(self, **progress: Any) -> None:
        """Tell how far it is, ten times a second at most; a job that was cancelled ends here.

        Raises
        ------
        JobCancelled
        """
        self.check()
        self.progress = progress
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY:
            self._told = now
            self._hub.publish("job", **self.to_message())

    def run(self, work: Callable[[Job], Any]) -> None:
        """Do the work; errors are told, not raised."""
        try:
            self.result = work(self)
            self.state = "finished"
        except JobCancelled as cancelled:
            self.state, self.error = "cancelled", error_message(cancelled)
        except Exception as error:  # whatever it is, whoever waits is told
            self.state, self.error = "failed", error_message(error)
            _log.debug("job %d (%s) failed", self.number, self.kind, exc_info=True)
        self._hub.publish("job", **self.to_message())
        self.ended.set()


class Jobs:
    """All jobs of a station.

    Parameters
    ----------
    hub : EventHub
    """

    def __init__(self, hub: EventHub) -> None:
        self._hub = hub
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._running: dict[int, Job] = {}
        self._ended: deque[Job] = deque(maxlen=_REMEMBERED)

    def start(self, kind: str, work: Callable[[Job], Any], **about: Any) -> Message:
        """Start `work(job)` in a thread; return ``{"job": number}``."""
        job = Job(next(self._numbers), kind, about, self._hub)
        with self._lock:
            self._running[job.number] = job
        self._hub.publish("job", **job.to_message())
        threading.Thread(target=self._run, args=(job, work), name=f"station {kind}", daemon=True).start()
        return {"job": job.number}

    def running(self) -> list[Job]:
        """Return those that have not ended."""
        with self._lock:
            return list(self._running.values())

    def find(self, number: int) -> Job:
        """Return a job.

        Raises
        ------
        CommandInvalid
            There is none of that number, or it has ended long ago.
        """
        with self._lock:
            found = self._running.get(number) or next((job for job in self._ended if job.number == number), None)
        if found is None:
            raise CommandInvalid(f"there is no job {number}, or it has ended {_REMEMBERED} jobs ago")
        return found

    def cancel_all(self) -> list[Job]:
        """Ask all to end; return them."""
        jobs = self.running()
        for job in jobs:
            job.cancelled.set()
        return jobs

    def _run(self, job: Job, work: Callable[[Job], Any]) -> None:
        job.run(work)
        with self._lock:
            self._running.pop(job.number, None)
            self._ended.append(job)
