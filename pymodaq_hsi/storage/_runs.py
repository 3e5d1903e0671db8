"""The runs of a storage: which one a frame goes to, when each ends, and what is told of it. No Qt in here."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Literal

from pymodaq_hsi.errors import OutputError, StorageError
from pymodaq_hsi.storage._budget import Budget
from pymodaq_hsi.storage._detectors import name_of
from pymodaq_hsi.storage._run import Health, Run
from pymodaq_hsi.storage._series import checked_shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.storage._place import Place

__all__ = ["News", "Runs", "State"]

State = Literal["idle", "acquiring", "writing", "failed"]
News = tuple[Literal["state", "failed", "saving", "number", "noticed"], Any]
_SAVING = ("acquiring", "writing")
_TAG_PATIENCE = 5.0
"""Seconds that the end of a run waits for its tag, where listeners are asked in another thread."""
_AT_EXIT = 30.0

_all: weakref.WeakSet[Runs] = weakref.WeakSet()


class Runs:
    """The runs of a storage.

    Parameters
    ----------
    wake : callable
        Called, in any thread, when there is something for `next_news`.
    after : callable
        Called, in the background, with each run whose file is complete.
    memory : int
        Bytes for frames that could not be written.
    late : float
        Seconds that the end of a run waits for frames that are missing, after the last that came.
    """

    def __init__(self, wake: Callable[[], None], after: Callable[[Run], None], *, memory: int, late: float) -> None:
        self._wake = wake
        self._after = after
        self._late = late
        self._budget = Budget(memory)
        self._lock = threading.RLock()
        self._beginning = threading.RLock()
        self._waiting: dict[object, bool] = {}
        """Detectors that measure while there is no run, and whether that their frames are lost was told."""
        self._runs: list[Run] = []
        self._current: Run | None = None
        self._of_detector: dict[object, Run] = {}
        self._news: deque[News] = deque()
        self._state: State = "idle"
        self._told_failures: dict[Run, str] = {}
        self._worker: ThreadPoolExecutor | None = None
        self._jobs: set[Future[None]] = set()
        self.last: Run | None = None
        """The run that was reserved last."""
        self._adding = 0
        """Files that axes are being added to."""
        self._told = True
        _all.add(self)

    # what there is to know

    @property
    def state(self) -> State:
        """What it is doing."""
        with self._lock:
            return self._state

    @property
    def saving(self) -> bool:
        """Whether a run has begun whose file is not complete, and has not failed."""
        return self.state in _SAVING

    @property
    def failed(self) -> list[Run]:
        """Runs whose frames could not all be written."""
        with self._lock:
            return [run for run in self._runs if run.health is Health.failed]

    def next_news(self) -> News | None:
        """Return what happened next, None if nothing has."""
        try:
            return self._news.popleft()
        except IndexError:
            return None

    def tell(self, *news: News) -> None:
        """Have something told."""
        self._news.extend(news)
        if news and self._told:
            self._wake()

    def _tell_state(self) -> None:
        with self._lock:
            health = {run.health for run in self._runs}
            now: State = "idle"
            if any(run.health is Health.good and not run.ended for run in self._runs):
                now = "acquiring"
            elif health & {Health.good, Health.moving} or self._adding:
                now = "writing"
            elif health:
                now = "failed"
            before, self._state = self._state, now
            news: list[News] = [] if now == before else [("state", now)]
            for run in self._runs:
                if run.health is Health.failed and self._told_failures.get(run) != run.failure:
                    self._told_failures[run] = run.failure
                    news.append(("failed", run.failure))
            if (now in _SAVING) != (before in _SAVING):
                news.append(("saving", now in _SAVING))
        self.tell(*news)

    # a run's beginning

    def reserve(
        self,
        place: Place,
        shape: object,
        fill: float | None,
        compression: str,
        ask: Callable[[Run], str | None],
        *,
        keep: bool = False,
    ) -> Run:
        """Begin a run; the one before it ends.

        Parameters
        ----------
        ask : callable
            Returns the tag as text, or None if it will be given to `Run.set_tag`.
        keep : bool
            Let the run begin without a file if none can be made: its frames stay in memory then.

        Raises
        ------
        StorageError, OutputExists, OutputError
        """
        run = Run(place, checked_shape(shape), _checked_fill(fill), compression, self._budget)
        with self._beginning:
            self._supersede(run)
            try:
                run.begin()
            except OutputError as error:
                if not keep:
                    self._tell_state()
                    raise
                run.fail(error)
            with self._lock:
                self._runs.append(run)
                self._current = self.last = run
                for key in run.busy:
                    self._of_detector[key] = run
            text = ask(run)
            if text is not None:
                run.set_tag(text)
        self._background()
        self.tell(("number", None))
        self._tell_state()
        return run

    def _supersede(self, run: Run) -> None:
        """End the run before, unless detectors go on measuring for it."""
        with self._lock:
            before, self._current = self._current, None
            run.busy, self._waiting = set(self._waiting), {}
            if before is not None and not before.progress[0]:
                run.busy |= before.busy
                before.busy = set()
        if before is not None:
            before.hurry()
            if not before.busy:
                self.end(before, "the next run began")

    def begin_detector(self, key: object, shape: tuple[int, ...] | None, reserve: Callable[[], Run]) -> None:
        """Let a detector that begins to measure take part in the run that there is, or in one that `reserve` begins.

        One whose shape is not known, where there is no run, waits for the run that is reserved next.
        """
        with self._beginning:
            with self._lock:
                run = self._current
                if key in self._of_detector or key in self._waiting:
                    return
            if run is None or run.ended or run.has_frames_of(key):
                if shape is None:
                    self._waiting[key] = False
                    return
                run = reserve()
            run.add_detector(key, name_of(key), shape).expected = True
            with self._lock:
                run.busy.add(key)
                self._of_detector[key] = run

    def end_detector(self, key: object, axes: Any) -> None:
        """Let the run end that a detector took part in, if no other measures for it any more."""
        with self._lock:
            self._waiting.pop(key, None)
            run = self._of_detector.pop(key, None)
            if run is None:
                return
            run.busy.discard(key)
            over = not run.busy
        if axes is not None:
            try:
                run.add_axes(key, axes)
            except StorageError as error:
                self.tell(("noticed", f"{run.path}: {error}; the data is saved without axes"))
        if over:
            self.end(run, "measuring has stopped")

    # frames

    def update(self, data: object, key: object) -> bool:
        """Take frames; return whether all of them are in the file."""
        with self._lock:
            run = self._of_detector.get(key) or self._current
            unheard = run is None and self._waiting.get(key) is False
            if unheard:
                self._waiting[key] = True
        if unheard:
            self.tell(
                ("noticed", f"frames of {name_of(key)} are lost: it does not say its dataShape, and no run is reserved")
            )
        if run is None:
            return False
        refused = run.update(key, name_of(key) if key is not None else "detector", data)
        self.tell(*(("noticed", reason) for reason in refused))
        if run.health is not Health.good:
            self._tell_state()
        return not refused and run.health is Health.good

    # a run's end

    def save(self, axes: Any, place: Place) -> None:
        """End the run, and try again to write those that failed.

        Raises
        ------
        StorageError
            The axes do not fit; nothing was ended.
        """
        with self._lock:
            run = self._current
            failed = self.failed
        if run is None and len(failed) == 1:
            failed[0].set_axes(axes)
        elif run is None and not failed and axes is not None and self.last is not None:
            self.last.set_axes(axes)
            self._adding += 1
            self._do(self._add_axes, self.last)
        elif run is not None:
            run.set_axes(axes)
            if not run.busy or run.health is Health.good:
                self.end(run, "it was saved before all frames had come")
        for other in failed:
            other.health = Health.moving
        self._tell_state()
        for other in failed:
            self._do(self._move, other, place)

    def end(self, run: Run, reason: str) -> None:
        """Have a run's file completed and closed, in the background."""
        with self._lock:
            if run.ended:
                return
            run.ended = True
            run.reason = reason
            for key in run.busy:
                self._of_detector.pop(key, None)
            run.busy.clear()
        self._tell_state()
        self._do(self._finish, run)  # last: from here on there are two that want the interpreter

    def discard(self) -> None:
        """Give up the runs that failed."""
        for run in self.failed:
            run.discard()
            self._forget(run)
        self._tell_state()

    def close(self, timeout: float | None, reason: str = "the storage was closed") -> bool:
        """End what runs, and wait until all is written; return whether it is."""
        with self._lock:
            runs = list(self._runs)
        for run in runs:
            run.hurry()
            self.end(run, reason)
        with self._lock:
            jobs = list(self._jobs)
        return not wait(jobs, timeout).not_done and not self.failed

    def end_all(self) -> None:
        """End what runs when the application ends, and tell nobody: those who would listen may be gone."""
        self._told = False
        self.close(_AT_EXIT, "the application has ended")

    # in the background

    def _do(self, job: Callable[..., None], *args: Any) -> None:
        with self._lock:
            try:
                future = self._background().submit(self._done, job, *args)
            except RuntimeError:  # the interpreter is ending, and begins nothing in the background any more
                self._done(job, *args)
                return
            self._jobs.add(future)
        future.add_done_callback(self._jobs.discard)

    def _background(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._worker is None:
                self._worker = ThreadPoolExecutor(1, "DataStorage")
                self._worker.submit(int)  # begins the thread, which `save` would have to wait for
            return self._worker

    def _done(self, job: Callable[..., None], run: Run, *args: Any) -> None:
        try:
            job(run, *args)
        except Exception as error:  # nobody asks for the result of a job
            self.tell(("noticed", f"{run.path}: {type(error).__name__}: {error}"))
            raise

    def _finish(self, run: Run) -> None:
        run.wait_for_late(self._late)
        run.tagged.wait(_TAG_PATIENCE)
        run.finish()
        if run.health is Health.finished:
            self._forget(run)
            self._after(run)
        self._tell_state()

    def _add_axes(self, run: Run) -> None:
        try:
            run.add_late_axes()
        finally:
            self._adding -= 1
            self._tell_state()

    def _move(self, run: Run, place: Place) -> None:
        self._told_failures.pop(run, None)
        run.move(place)
        if run.ended and run.health is Health.good:
            self._finish(run)
        self.tell(("number", None))
        self._tell_state()

    def _forget(self, run: Run) -> None:
        with self._lock:
            self._runs = [other for other in self._runs if other is not run]
            self._told_failures.pop(run, None)
            if self._current is run:
                self._current = None


def _end_all() -> None:
    for runs in list(_all):
        runs.end_all()


atexit.register(_end_all)


def _checked_fill(fill: object) -> float | None:
    if fill is None:
        return None
    try:
        return float(fill)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise StorageError(f"fillValue is {fill!r:.80}; give a number, or None") from None
