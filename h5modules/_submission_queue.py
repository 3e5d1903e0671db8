"""The queue between those who submit and the thread that writes: it has an end, and everything in it is counted."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from h5modules._submissions import Call, Submission, SubmissionState, WriterProgress
from h5modules.errors import DataTypeError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SubmissionQueue", "check_saver"]

_COMMIT_BYTES = 64 << 20
"""Data that go to the file between two flushes, at most."""


class SubmissionQueue:
    """Submissions and calls in their order, what has become of those before them, and the error that stopped it all.

    Parameters
    ----------
    size : int
        How many submissions may wait.
    max_bytes : int
        How many bytes of data may wait; one submission may, however large it is.
    commit_every : int
        Submissions in a batch, at most.
    """

    def __init__(self, size: int, max_bytes: int, commit_every: int) -> None:
        for name, value in (("queue_size", size), ("max_bytes", max_bytes), ("commit_every", commit_every)):
            if value < 1:
                raise ValueError(f"{name} is {value}; it is 1 or more")
        self.size = size
        self._max_bytes = max_bytes
        self._commit_every = commit_every
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)  # for those who wait for room, or for a commit
        self._work = threading.Condition(self._lock)  # for the thread
        self._tasks: deque[Submission | Call] = deque()
        self._waiting_bytes = 0
        self._submitted = self._committed = self._failed = self._dropped = 0
        self._in_hand = 0
        self._failures: list[Submission] = []
        self._unreported: list[Submission] = []
        self._unsaved: list[Submission] = []
        self.stopped_by: BaseException | None = None
        self.closing = False

    # those who submit

    def wait_for_room(self, nbytes: int, timeout: float | None) -> bool:
        """Wait until `nbytes` more may wait, or nothing is taken any more; return whether it is so."""
        with self._lock:
            return self._changed.wait_for(
                lambda: self._has_room(nbytes) or self.closing or self.stopped_by is not None, timeout
            )

    def has_room(self, nbytes: int) -> bool:
        """Whether `nbytes` more may wait."""
        with self._lock:
            return self._has_room(nbytes)

    def _has_room(self, nbytes: int) -> bool:
        waiting = self._waiting_bytes
        return not waiting or (len(self._tasks) + self._in_hand < self.size and waiting + nbytes <= self._max_bytes)

    def drop(self, submission: Submission) -> None:
        """Count a submission that is not taken."""
        with self._lock:
            submission.number, submission.state = self._submitted, SubmissionState.dropped
            self._submitted += 1
            self._dropped += 1

    def put(self, submission: Submission) -> bool:
        """Take a submission; return whether it was taken, which it is not once all has stopped or is being closed."""
        with self._lock:
            if self.closing or self.stopped_by is not None:
                return False
            submission.number = self._submitted
            self._submitted += 1
            self._waiting_bytes += submission.nbytes
            self._tasks.append(submission)
            self._work.notify()
            return True

    def run(self, call: Call) -> bool:
        """Take a call, and wait until it is done; return whether it was taken."""
        with self._lock:
            if self.closing:
                return False
            self._tasks.append(call)
            self._work.notify()
            return self._changed.wait_for(lambda: call.done)

    def wait_until_idle(self, timeout: float | None) -> bool:
        """Wait until nothing waits, or nothing will be written any more; return whether it is so."""
        with self._lock:
            return self._changed.wait_for(
                lambda: self.stopped_by is not None or (not self._tasks and not self._in_hand), timeout
            )

    def wait_for(self, submission: Submission, timeout: float | None) -> bool:
        """Wait until a submission is neither queued nor being written; return whether it is so."""
        with self._lock:
            return self._changed.wait_for(lambda: submission.state is not SubmissionState.queued, timeout)

    def close(self) -> None:
        """Take nothing more."""
        with self._lock:
            self.closing = True
            self._work.notify()
            self._changed.notify_all()

    def take_unreported(self) -> list[Submission]:
        """Return the failures that nobody was told of yet."""
        with self._lock:
            unreported, self._unreported = self._unreported, []
            return unreported

    def take_failures(self) -> list[Submission]:
        """Return all failures, and forget them."""
        with self._lock:
            failures, self._failures, self._unreported = self._failures, [], []
            return failures

    def take_unsaved(self) -> list[Submission]:
        """Return what was not committed when all stopped, and forget it."""
        with self._lock:
            unsaved, self._unsaved = self._unsaved, []
            self._failed += len(unsaved)
            self._waiting_bytes -= sum(submission.nbytes for submission in unsaved)
            return unsaved

    def not_in_the_file(self) -> list[Submission]:
        """Return the failures, and what was not committed when all stopped."""
        with self._lock:
            return [*self._failures, *self._unsaved]

    def go_on(self) -> None:
        """Put what was not committed in front, and begin again."""
        with self._lock:
            self.stopped_by = None
            for submission in self._unsaved:
                submission.state, submission.error = SubmissionState.queued, None
            self._tasks.extendleft(reversed(self._unsaved))
            self._unsaved = []
            self._work.notify()

    def progress(self) -> WriterProgress:
        """Return what has become of all submissions, counted."""
        with self._lock:
            waiting = self._submitted - self._committed - self._failed - self._dropped
            return WriterProgress(
                self._submitted, self._committed, self._failed, self._dropped, waiting, self._waiting_bytes
            )

    # the thread

    def next_batch(self) -> Call | list[Submission]:
        """Wait for a call, or for submissions to be committed together; an empty list says that it is over."""
        with self._lock:
            self._work.wait_for(lambda: bool(self._tasks) or self.closing)
            batch: list[Submission] = []
            size = 0
            while self._tasks and len(batch) < self._commit_every:
                task = self._tasks[0]
                if isinstance(task, Call):
                    if batch:
                        break
                    self._tasks.popleft()
                    return task
                size += task.nbytes
                if batch and size > _COMMIT_BYTES:
                    break
                self._tasks.popleft()
                batch.append(task)
            self._in_hand = len(batch)
            return batch

    def done(self, call: Call) -> None:
        """Say that a call was run."""
        with self._lock:
            call.done = True
            self._changed.notify_all()

    def settle(
        self, batch: Sequence[Submission], saved: Sequence[Submission], stopped_by: BaseException | None
    ) -> None:
        """Say what has become of a batch; what was refused has an error, and of the rest `stopped_by` is the cause."""
        refused = [submission for submission in batch if submission.error is not None]
        with self._lock:
            for submission in saved:
                submission.state = SubmissionState.committed
                submission.let_go()
            for submission in refused:
                submission.state = SubmissionState.failed
            self._committed += len(saved)
            self._failed += len(refused)
            self._failures += refused
            self._unreported += refused
            self._waiting_bytes -= sum(submission.nbytes for submission in (*saved, *refused))
            if stopped_by is not None:
                ended = {*saved, *refused}
                waiting = [task for task in self._tasks if isinstance(task, Submission)]
                self._unsaved = [submission for submission in batch if submission not in ended] + waiting
                self._tasks = deque(task for task in self._tasks if isinstance(task, Call))
                for submission in self._unsaved:
                    submission.state, submission.error = SubmissionState.unsaved, stopped_by
                self.stopped_by = stopped_by
            self._in_hand = 0
            self._changed.notify_all()


def check_saver(saver: Any) -> None:
    """Raise unless this can save to a file that is open for writing.

    Raises
    ------
    DataTypeError, FileClosed, FileReadOnly
    """
    if not hasattr(saver, "h5saver"):
        raise DataTypeError(f"{saver!r:.80} ({type(saver).__name__}) is no saver: one of h5modules.data_saving is")
    saver.h5saver.session.check_writable()
