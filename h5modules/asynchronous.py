"""Saving without waiting for the file: a thread that owns a saver and its file, behind a queue with an end.

>>> import tempfile
>>> from pathlib import Path
>>> import numpy as np
>>> from h5modules.asynchronous import AsynchronousWriter
>>> from h5modules.data import DataRaw, DataToExport
>>> from h5modules.data_saving import DataToExportTimedSaver
>>> folder = tempfile.TemporaryDirectory()
>>> saver = DataToExportTimedSaver(Path(folder.name) / "frames.h5", compression="zlib")
>>> with AsynchronousWriter(saver) as writer:
...     for _ in range(20):
...         frame = DataRaw("frame", data=[np.zeros((64, 100), "uint16")])
...         submission = writer.add_data("/RawData", DataToExport("camera", data=[frame]))
...     submission.wait(timeout=30.0)
...     writer.progress.committed
20
>>> folder.cleanup()
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeVar

from h5modules._storage.ahead import Ahead
from h5modules._submission_queue import SubmissionQueue, check_saver
from h5modules._submissions import Call, Submission, SubmissionState, WriterProgress, concerns_one_item, snapshot
from h5modules.data import DataToExport, DataWithAxes
from h5modules.errors import DataTypeError, FileClosed, QueueFull, WriterFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from h5modules._storage.ahead import Key
    from h5modules.backends import Node
    from h5modules.saving import H5SaverLowLevel

__all__ = ["AsynchronousWriter", "Submission", "SubmissionState", "WriterProgress"]

Result = TypeVar("Result")
_running: weakref.WeakSet[AsynchronousWriter] = weakref.WeakSet()


class Saver(Protocol):
    """What is owned: any of the savers of `h5modules.data_saving`."""

    @property
    def h5saver(self) -> H5SaverLowLevel:
        """Its file."""

    add_data: Callable[..., None]

    def close(self) -> None:
        """Close the file, if it is the saver's own."""


class AsynchronousWriter:
    """Saves in a thread of its own what `add_data` is given, in that order.

    Parameters
    ----------
    saver : saver
        Any of `h5modules.data_saving`. It and its file belong to the writer until `close`; meanwhile `call` runs what
        else is to be done with them.
    queue_size : int
        How many submissions may wait.
    max_bytes : int
        How many bytes of data may wait; one submission may, however large it is.
    when_full : {"wait", "drop"}
        Whether `add_data` waits for room in the queue, or counts the data as dropped and returns.
    timeout : float, optional
        Seconds that `add_data` waits at most; for ever by default.
    workers : int, optional
        Threads that compress, if the file is compressed; by default one per core, at most 8.
    copy : bool
        Copy arrays when they are submitted. Without it they must not change until they are committed.
    commit_every : int
        Submissions that share a flush, at most, when several wait. One that waits alone is flushed alone.

    Notes
    -----
    A submission whose state is ``committed`` is in the file, even if this process is killed the next moment. What goes
    wrong with one submission (another shape than before, say) costs that submission: the next call says so, and so does
    `close` unless `take_failures` was called. When the file itself can no longer be written, the writer stops and keeps
    what it has not committed: `go_on` writes it to the same file, or to another one.
    """

    def __init__(
        self,
        saver: Saver,
        *,
        queue_size: int = 64,
        max_bytes: int = 256 << 20,
        when_full: Literal["wait", "drop"] = "wait",
        timeout: float | None = None,
        workers: int | None = None,
        copy: bool = True,
        commit_every: int = 32,
    ) -> None:
        if when_full not in ("wait", "drop"):
            raise ValueError(f"when_full is {when_full!r}; take 'wait' or 'drop'")
        if workers is not None and workers < 1:
            raise ValueError(f"workers is {workers}; it is 1 or more")
        check_saver(saver)
        self._queue = SubmissionQueue(queue_size, max_bytes, commit_every)
        self._saver = saver
        self._waits = when_full == "wait"
        self._timeout = timeout
        self._copy = copy
        self._path = str(saver.h5saver.path)
        self._codec = saver.h5saver.codec
        self._submitting = threading.Lock()  # one at a time, so that the queue has the order of the calls
        self._workers = ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1), "h5modules compressing")
        self._ahead = Ahead(self._workers)
        self._thread = threading.Thread(target=self._run, name=f"h5modules writing {self._path}", daemon=True)
        self._thread.start()
        _running.add(self)
        self.call(_nothing)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            self.close()
            return
        try:
            self.close()
        except WriterFailed as exc:
            error.add_note(f"besides: {exc}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} on {self._path}: {self.progress}>"

    def add_data(self, where: Node | str, data: DataWithAxes | DataToExport, *args: Any, **kwargs: Any) -> Submission:
        """Have the saver's ``add_data`` called with these arguments, in its turn.

        Returns
        -------
        Submission
            Its `state` says what has become of it; `wait` waits until it is in the file.

        Raises
        ------
        WriterFailed
            Something that was submitted before could not be saved; the data of this call were not taken.
        QueueFull
            There was no room in time; the data were not taken.
        DataTypeError, FileClosed
        """
        if not isinstance(data, DataToExport | DataWithAxes):
            raise DataTypeError(
                f"data or a DataToExport was expected, not {type(data).__name__}; nothing was submitted"
            )
        with self._submitting:
            self._check_open()
            self._check()
            parts = list(data) if isinstance(data, DataToExport) else [data]
            nbytes = sum(array.nbytes for dwa in parts for array in (*dwa.data, *(dwa.errors or ())))
            submission = Submission(self, nbytes)
            if not self._waits and not self._queue.has_room(nbytes):
                self._queue.drop(submission)
                return submission
            if not self._queue.wait_for_room(nbytes, self._timeout):
                raise QueueFull(
                    f"{self._queue.progress().waiting} submissions wait to be written to {self._path}, and there was "
                    f"no room for another within {self._timeout} s; it was not taken. Submit less, or drop data when "
                    f"the queue is full (when_full='drop')",
                    path=self._path,
                )
            self._check_open()
            self._check()
            submission.take(where, snapshot(data) if self._copy else data, args, kwargs)
            if self._codec.level:
                submission.keys = self._begin(submission.parts())
            try:
                while not self._queue.put(submission):
                    self._check_open()
                    self._check()
            except BaseException:
                self._ahead.forget(submission.keys)
                raise
        return submission

    def _begin(self, parts: list[DataWithAxes]) -> list[Key]:
        """Have the workers compress the arrays of some data; blocks of rows have their rows in the first dimension."""
        keys: list[Key] = []
        for dwa in parts:
            for array in (*dwa.data, *(dwa.errors or ())):
                keys += self._ahead.begin(array, self._codec, rows=bool(dwa.nav_indexes))
        return keys

    def call(self, function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Run in the writer's thread what else uses the file: make a group, add navigation axes, set an attribute.

        It is run after all that was submitted before, whose errors it does not raise.

        Returns
        -------
        object
            What the function returns.

        Raises
        ------
        FileClosed
        BaseException
            What the function raises.
        """
        task = Call(function, args, kwargs)
        if not self._queue.run(task):
            raise self._closed()
        return task.result()  # type: ignore[no-any-return]  # it is what the function returned

    def flush(self, timeout: float | None = None) -> None:
        """Wait until all that was submitted is in the file.

        Raises
        ------
        WriterFailed
        TimeoutError
        """
        if not self._queue.wait_until_idle(timeout):
            raise TimeoutError(
                f"{self._queue.progress().waiting} submissions were still not in {self._path} after {timeout} s"
            )
        self._check()

    def close(self) -> None:
        """Write what waits, close the saver, end the thread. Closing again does nothing.

        Raises
        ------
        WriterFailed
            Something that was submitted is not in the file; the message says what and why.
        """
        if not self._thread.is_alive():
            return
        self._queue.close()
        self._thread.join()
        self._workers.shutdown()
        _running.discard(self)
        missing = self._queue.not_in_the_file()
        cause = self._queue.stopped_by or (missing[0].error if missing else None)
        if cause is not None:
            raise self._failure(missing, cause, "take_unsaved() and take_failures() return it with its data")

    def take_failures(self) -> list[Submission]:
        """Return the submissions that could not be saved, with their data; `close` no longer reports them."""
        return self._queue.take_failures()

    def take_unsaved(self) -> list[Submission]:
        """Return what a stopped writer has not committed, with its data, in order; `go_on` no longer writes it."""
        unsaved = self._queue.take_unsaved()
        for submission in unsaved:
            self._ahead.forget(submission.keys)
        return unsaved

    def go_on(self, saver: Saver | None = None) -> None:
        """Go on after an error of the file has stopped the writer, beginning with what was not committed.

        Parameters
        ----------
        saver : saver, optional
            To go on in another file, which has the groups that are saved to; the one before is closed. By default it is
            tried again with the saver and the file that there are.

        Raises
        ------
        FileClosed, FileReadOnly
        """
        self._check_open()
        if saver is not None and saver is not self._saver:
            saver.h5saver.session.check_writable()
            self.call(self._replace, saver)
        if self._queue.stopped_by is not None:
            self._queue.go_on()

    @property
    def progress(self) -> WriterProgress:
        """What has become of all submissions, counted."""
        return self._queue.progress()

    def wait_for(self, submission: Submission, timeout: float | None) -> bool:
        """Wait until a submission is neither queued nor being written; return whether it is so."""
        return self._queue.wait_for(submission, timeout)

    def _check_open(self) -> None:
        if self._queue.closing:
            raise self._closed()

    def _closed(self) -> FileClosed:
        return FileClosed(f"the writer of {self._path} is closed; make another one", path=self._path)

    def _check(self) -> None:
        cause = self._queue.stopped_by
        if cause is not None:
            advice = "go_on() tries again, or goes on in another file with what is not saved; this call did nothing"
            raise self._failure(self._queue.not_in_the_file(), cause, advice)
        unreported = self._queue.take_unreported()
        if unreported:
            advice = "what came after it is saved; this call did nothing. take_failures() returns it with its data"
            raise self._failure(unreported, unreported[0].error, advice)

    def _failure(self, failed: list[Submission], cause: BaseException | None, advice: str) -> WriterFailed:
        progress = self._queue.progress()
        numbers = ", ".join(str(submission.number) for submission in failed[:5]) + (" ..." if len(failed) > 5 else "")
        error = WriterFailed(
            f"{len(failed)} of the {progress.submitted} submissions to {self._path} could not be saved"
            f"{f' (number {numbers})' if failed else ''}: {cause}. {advice}",
            path=self._path,
            committed=progress.committed,
            lost=len(failed),
        )
        error.__cause__ = cause
        return error

    # what the thread does

    def _run(self) -> None:
        while batch := self._queue.next_batch():
            if isinstance(batch, Call):
                batch.run(self._own)
                self._queue.done(batch)
            else:
                self._save(batch)
        try:
            self._own()
            self._note_dropped()
            self._disown()
            self._saver.close()
        except Exception as exc:  # close() raises it
            self._queue.stopped_by = self._queue.stopped_by or exc

    def _save(self, batch: list[Submission]) -> None:
        saved: list[Submission] = []
        try:
            self._own()
            with self._saver.h5saver.session.one_commit():
                stopped_by = self._add(batch, saved)
        except BaseException as exc:
            stopped_by, saved = exc, []
        for submission in batch:
            if submission.error is not None or submission in saved:
                self._ahead.forget(submission.keys)
        self._queue.settle(batch, saved, stopped_by)

    def _add(self, batch: list[Submission], saved: list[Submission]) -> BaseException | None:
        """Add submissions until one shows that the file can no longer be written; return that error."""
        for submission in batch:
            try:
                self._saver.add_data(submission.where, submission.data, *submission.args, **submission.kwargs)
            except Exception as exc:
                if not concerns_one_item(exc):
                    return exc
                submission.error = exc
            else:
                saved.append(submission)
        return None

    def _own(self) -> None:
        """Make the file this thread's, and let it have what the workers compress."""
        if self._saver.h5saver.isopen():
            self._saver.h5saver.lend(threading.get_ident(), self._ahead)

    def _disown(self) -> None:
        if self._saver.h5saver.isopen():
            self._saver.h5saver.lend(None, None)

    def _replace(self, saver: Saver) -> None:
        self._disown()
        self._saver.close()
        self._saver, self._path, self._codec = saver, str(saver.h5saver.path), saver.h5saver.codec

    def _note_dropped(self) -> None:
        progress = self._queue.progress()
        if progress.dropped and self._saver.h5saver.isopen():
            when = time.strftime("%Y-%m-%d %H:%M:%S")
            self._saver.h5saver.add_log(
                f"{when}: {progress.dropped} of {progress.submitted} submissions were dropped, because the queue of "
                f"{self._queue.size} was full"
            )


def _nothing() -> None:
    """Let `call` wait for the thread."""


def _close_all() -> None:
    for writer in list(_running):
        writer.close()


atexit.register(_close_all)
