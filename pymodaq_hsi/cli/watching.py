"""An engine at work in the terminal: progress, events as JSON lines, Ctrl-C."""

from __future__ import annotations

import queue
import shlex
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pymodaq_hsi.cli.output import INTERRUPTED, Told
from pymodaq_hsi.processing.quality import as_duration
from pymodaq_hsi.scans.events import Finished, PointMeasured, ScanState, Warned
from pymodaq_hsi.scans.events import Progress as Progressed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from pymodaq_hsi.cli.output import Report
    from pymodaq_hsi.scans.engine import ScanEngine, ScanResult
    from pymodaq_hsi.scans.events import Event

__all__ = ["EventQueue", "carry_out", "progress_text", "size_text"]

TERMINATED = 143
_MOST_WAITING = 10_000
_LOOK_EVERY = 0.2
_SAY_EVERY = 60.0
"""Seconds between two lines of progress where there is no terminal to draw a bar in."""


class EventQueue:
    """Takes events from the thread of the scan, which a slow terminal must not slow down."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.left_out = 0

    def put(self, event: Event) -> None:
        """Take an event; points are left out, and counted, while thousands are waiting."""
        if isinstance(event, PointMeasured | Progressed) and self._events.qsize() >= _MOST_WAITING:
            self.left_out += isinstance(event, PointMeasured)
            return
        self._events.put(event)

    def get(self, timeout: float) -> Event | None:
        """Return the next event, or None after `timeout` seconds."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            return None


def carry_out(engine: ScanEngine, events: EventQueue, report: Report) -> ScanResult:
    """Run an engine and show what it does; the first Ctrl-C ends it after the point, the second at once.

    Parameters
    ----------
    engine : ScanEngine
        Its events go to `events`.
    events : EventQueue
    report : Report

    Raises
    ------
    Told
        It was stopped by Ctrl-C (exit code 130) or SIGTERM (143); the message said where the data are.
    HsiError, OSError
        What made it fail.
    """
    with _signals(engine) as stops, _Shown(report, engine.plan.name) as shown:
        engine.start()
        ended = told = False
        while not ended:
            event = events.get(_LOOK_EVERY)
            if stops and not told:
                told = True
                report.warn("stopping after this point; again to stop at once")
            if event is None:
                ended = engine.result is not None
                continue
            shown.take(event)
            ended = isinstance(event, Finished)
        result = engine.wait()
    assert result is not None
    if events.left_out:
        report.warn(f"{events.left_out} points were measured faster than they could be printed; the file has them all")
    if result.state is ScanState.finished:
        if shown.last is not None:
            report.say(progress_text(shown.last))
        return result
    where = (
        f"{result.done} points are in {result.path.absolute()} ({result.node})" if result.path else "there is no file"
    )
    if result.error is not None:
        if result.path:
            report.warn(where)
        raise result.error
    of = f" of {result.total}" if result.total is not None else ""
    report.warn(f"{result.state.value} after {result.done}{of} points; {where}")
    if result.path and result.done:
        report.say(f"go on with: pymodaq-hsi resume {shlex.quote(str(result.path))}")
    raise Told(stops[0] if stops else INTERRUPTED)


@contextmanager
def _signals(engine: ScanEngine) -> Iterator[list[int]]:
    """Have Ctrl-C, SIGTERM and a closed terminal end a scan; yields the exit codes that they ask for."""
    codes: list[int] = []
    known = {"SIGINT": INTERRUPTED, "SIGTERM": TERMINATED, "SIGHUP": 129}
    numbers = {getattr(signal, name): code for name, code in known.items() if hasattr(signal, name)}

    def take(number: int, frame: FrameType | None) -> None:
        codes.append(numbers[number])
        if len(codes) == 1:
            engine.stop()
        elif len(codes) == 2:
            engine.abort()
        else:
            raise KeyboardInterrupt

    before = {}
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup does
            before[number] = signal.signal(number, take) or signal.SIG_DFL
    try:
        yield codes
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Shown:
    """Shows events: a bar in a terminal, a line now and then elsewhere, JSON for programs."""

    def __init__(self, report: Report, title: str) -> None:
        self._report = report
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[words]}"),
            TimeElapsedColumn(),
            console=report.console,
            disable=report.as_json or not sys.stderr.isatty(),
            refresh_per_second=8,
        )
        self._task = self._bar.add_task(title, total=None, words="")
        self._said = time.monotonic()
        self.last: Progressed | None = None

    def __enter__(self) -> _Shown:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def take(self, event: Event) -> None:
        """Show an event."""
        self._report.event(event.to_message())
        if isinstance(event, Warned):
            self._report.warn(event.message)
        elif isinstance(event, Progressed):
            self.last = event
            words = progress_text(event)
            self._bar.update(self._task, completed=event.done, total=event.total, words=words)
            if self._bar.disable and not self._report.as_json and time.monotonic() - self._said > _SAY_EVERY:
                self._said = time.monotonic()
                self._report.note(words)


def progress_text(event: Progressed) -> str:
    """Return how far a scan is, in words: points, rate, size of the file, time left."""
    of = f"/{event.total:,}" if event.total is not None else ""
    parts = [f"{event.done:,}{of} points", f"{event.rate:,.3g}/s", size_text(event.file_bytes)]
    if event.seconds_left is not None and event.done < (event.total or 0):
        parts.append(f"{as_duration(event.seconds_left)} left")
    if event.dropped:
        parts.append(f"{event.dropped} dropped")
    return ", ".join(parts)


def size_text(count: float) -> str:
    """Return a number of bytes in words."""
    return decimal(int(count))
