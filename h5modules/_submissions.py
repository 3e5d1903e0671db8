"""What is submitted to an asynchronous writer, and what becomes of it."""

from __future__ import annotations

import copy
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules._storage.nodes import path_of
from h5modules.data import DataToExport
from h5modules.errors import (
    ArrayMismatch,
    DataError,
    FileClosed,
    FileReadOnly,
    FileUnreadable,
    NodeExists,
    NodeKindError,
    NodeNotFound,
    PointOutside,
    PointTaken,
    WriteFailed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from h5modules._storage.ahead import Key
    from h5modules.asynchronous import AsynchronousWriter
    from h5modules.backends import Node
    from h5modules.data import DataWithAxes

__all__ = ["Call", "Submission", "SubmissionState", "WriterProgress", "concerns_one_item", "snapshot"]

_OF_ONE_ITEM = (
    DataError,
    ArrayMismatch,
    NodeExists,
    NodeKindError,
    NodeNotFound,
    PointOutside,
    PointTaken,
    TypeError,
    ValueError,
)
_OF_THE_FILE = (FileClosed, FileReadOnly, FileUnreadable, WriteFailed)


class SubmissionState(enum.Enum):
    """What has become of a submission.

    ::

        queued ──> committed              in the file, whatever happens to this process
          │  └───> failed                 refused, nothing of it was written: Submission.error
          └──────> unsaved ──> queued     the file cannot be written; go_on() tries again
        dropped                           never taken, because the queue was full
    """

    queued = "queued"
    committed = "committed"
    failed = "failed"
    unsaved = "unsaved"
    dropped = "dropped"


class Submission:
    """One call of `AsynchronousWriter.add_data`.

    Attributes
    ----------
    number : int
        Counted from 0 on, for each writer.
    state : SubmissionState
    error : BaseException or None
        Why it is not in the file.
    where : str
    data : DataWithAxes, DataToExport or None
        What was submitted; None once it is in the file, or if it was dropped.
    """

    __slots__ = ("_writer", "args", "data", "error", "keys", "kwargs", "nbytes", "number", "state", "where")

    def __init__(self, writer: AsynchronousWriter, nbytes: int) -> None:
        self._writer = writer
        self.nbytes = nbytes
        self.number = -1
        self.state = SubmissionState.queued
        self.error: BaseException | None = None
        self.where = ""
        self.data: DataWithAxes | DataToExport | None = None
        self.args: tuple[Any, ...] = ()
        self.kwargs: dict[str, Any] = {}
        self.keys: list[Key] = []

    def take(
        self, where: Node | str, data: DataWithAxes | DataToExport, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Take the arguments of ``add_data``."""
        self.where = where if type(where) is str else path_of(where)
        self.data, self.args, self.kwargs = data, args, kwargs

    def parts(self) -> list[DataWithAxes]:
        """Return the data one by one."""
        if self.data is None:
            return []
        return list(self.data) if isinstance(self.data, DataToExport) else [self.data]

    def __repr__(self) -> str:
        return f"<Submission {self.number}: {self.state.name}>"

    @property
    def committed(self) -> bool:
        """Whether it is in the file."""
        return self.state is SubmissionState.committed

    def wait(self, timeout: float | None = None) -> None:
        """Wait until it is in the file.

        Raises
        ------
        TimeoutError
            It is still queued after `timeout` seconds.
        BaseException
            Why it is not in the file.
        """
        if not self._writer.wait_for(self, timeout):
            raise TimeoutError(f"submission {self.number} to {self._writer} was still queued after {timeout} s")
        if self.error is not None:
            raise self.error

    def let_go(self) -> None:
        """Give up the data, which are in the file."""
        self.data, self.args, self.kwargs = None, (), {}


class Call:
    """Something else that the writer's thread is asked to do."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._function, self._args, self._kwargs = function, args, kwargs
        self._value: Any = None
        self._error: BaseException | None = None
        self.done = False

    def run(self, before: Callable[[], None]) -> None:
        """Do it, in the thread."""
        try:
            before()
            self._value = self._function(*self._args, **self._kwargs)
        except BaseException as exc:  # result() raises it in the thread that asked
            self._error = exc

    def result(self) -> Any:
        """Return what it returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._value


@dataclass(frozen=True)
class WriterProgress:
    """Submissions counted.

    Attributes
    ----------
    submitted : int
        All calls of ``add_data`` that returned.
    committed, failed, dropped, waiting : int
        What has become of them; together they are all.
    waiting_bytes : int
        Bytes of the arrays that wait.
    """

    submitted: int
    committed: int
    failed: int
    dropped: int
    waiting: int
    waiting_bytes: int


def snapshot(data: Any) -> Any:
    """Return data with copies of its arrays, so that the originals may change; everything else is shared."""
    if isinstance(data, DataToExport):
        twin = copy.copy(data)
        twin.data = [_own_arrays(dwa) for dwa in data]
        return twin
    return _own_arrays(data)


def _own_arrays(dwa: DataWithAxes) -> DataWithAxes:
    errors = dwa.errors
    return dwa.with_arrays(
        [np.array(array, order="C") for array in dwa.data],
        None if errors is None else [np.array(array, order="C") for array in errors],
    )


def concerns_one_item(error: Exception) -> bool:
    """Whether an error of ``add_data`` is about what it was given, so that the next may well be saved."""
    return isinstance(error, _OF_ONE_ITEM) and not isinstance(error, _OF_THE_FILE)
