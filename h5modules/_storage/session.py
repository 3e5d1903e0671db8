"""One open file, from opening to closing: what was promised of it, and when it is on disk."""

# ruff: noqa: SLF001 - PyTables' documented interface of nodes is named _v_... and _f_...

from __future__ import annotations

import contextlib
import json
import logging
import time
import weakref
from typing import TYPE_CHECKING, Any

import tables

from h5modules._storage.disk import Room
from h5modules._storage.journal import Journal
from h5modules._storage.nodes import Attributes
from h5modules._storage.opening import create, open_existing
from h5modules.errors import FileClosed, FileReadOnly, WriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from h5modules._storage.ahead import Ahead
    from h5modules._storage.opening import Mode
    from h5modules._storage.rawfile import RawFile

__all__ = ["MARK", "Session", "marked_indexes", "open_for_writing"]

MARK = "h5modules_writing"
"""Attribute of the root group while frames are being appended: the paths of their indexes. A file that has it was not
closed."""
_MARKED_AT_MOST = 32
SMALL = 2048
"""Chunks of fewer bytes share blocks in the file."""
SEARCH = 65536
"""Bytes in which a small chunk is searched for, from where its block is said to be."""

logger = logging.getLogger("h5modules")

_writing: weakref.WeakValueDictionary[str, Session] = weakref.WeakValueDictionary()


def open_for_writing(path: Path) -> bool:
    """Whether this process has the file open for writing."""
    session = _writing.get(str(path.resolve()))
    return session is not None and session.is_open


def marked_indexes(session: Session) -> list[str]:
    """Return the paths of the indexes that were being written when the file was last open; none if it was closed."""
    attrs = Attributes(session.file.root)
    if MARK not in attrs:
        return []
    try:
        paths = json.loads(str(attrs.get(MARK)))
    except ValueError:
        return []
    return [path for path in paths if isinstance(path, str)] if isinstance(paths, list) else []


class Session:
    """A file that is open.

    Parameters
    ----------
    file : RawFile
        The open file.
    path : Path
        Where it is.
    flush_every : int
        Appends per flush; 1 means that an append is in the file when it returns.
    flush_interval : float
        Seconds between flushes at most, when `flush_every` is more than 1.
    drop_cache : bool
        Give memory back while the file grows.
    """

    def __init__(
        self,
        file: RawFile,
        path: Path,
        *,
        flush_every: int = 1,
        flush_interval: float = 0.1,
        drop_cache: bool = True,
    ) -> None:
        if flush_every < 1:
            raise ValueError(f"flush_every is {flush_every}; it counts appends, and is 1 or more")
        self.file = file
        self.path = path
        self.writable = file.mode != "r"
        self.rows: dict[str, int] = {}
        """How many rows of an array count, where the file has more; from the recovery of a file opened for reading."""
        self._flush_every = flush_every
        self._flush_interval = flush_interval
        self._pending = 0
        self._together = False
        self._flushed_at = time.monotonic()
        self.owner: int | None = None
        """The thread that alone may use the file; None if any may, one at a time."""
        self.ahead: Ahead | None = None
        """Where chunks may be found compressed already."""
        self._marked: list[str] = []
        self._room: Room | None = None
        self._journal: Journal | None = None
        self.small_end = 0
        """Where the small chunk that was written last ends, as far as known."""
        if self.writable:
            self._room = Room(file, drop_cache=drop_cache)
            self._journal = Journal(path)
            file.announce = self._journal.protect
            file.before_close = self._before_close
            _writing[str(path.resolve())] = self

    @classmethod
    def create(cls, path: Path, *, title: str, overwrite: bool, **options: Any) -> Session:
        """Create a file; see `opening.create` for errors."""
        file = create(path, title=title, overwrite=overwrite)
        session = cls(file, path, **options)
        session.commit(force=True)
        return session

    @classmethod
    def open(cls, path: Path, mode: Mode, **options: Any) -> Session:
        """Open a file that is there; see `opening.open_existing` for errors."""
        return cls(open_existing(path, mode), path, **options)

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return bool(self.file.isopen)

    def check_writable(self) -> None:
        """Raise unless the file is open for writing.

        Raises
        ------
        FileClosed, FileReadOnly
        """
        if not self.file.isopen:
            raise FileClosed(f"{self.path} was closed; open it again to write to it", path=self.path)
        if not self.writable:
            raise FileReadOnly(
                f"{self.path} was opened for reading; open it with mode 'a' to write to it", path=self.path
            )

    def need(self, count: int) -> None:
        """Make sure that `count` bytes can be written; see `Room.need`."""
        if self._room is not None:
            self._room.need(count)

    @property
    def end(self) -> int:
        """End of what is allocated in the file, in bytes."""
        return int(self.file.get_filesize())

    def mark(self, index_path: str) -> None:
        """Note in the file that the arrays of this index are being appended to."""
        if index_path in self._marked:
            return
        self._marked = [*self._marked[1 - _MARKED_AT_MOST :], index_path]
        Attributes(self.file.root)[MARK] = json.dumps(self._marked)
        self.commit(force=True)

    def commit(self, *, force: bool = False) -> None:
        """Flush, when it is due.

        Raises
        ------
        WriteFailed
            The file on disk is shorter than what was written to it.
        """
        self._pending += 1
        if not force and (self._together or self._pending < self._flush_every):
            if self._together or time.monotonic() - self._flushed_at < self._flush_interval:
                return
        self._pending = 0
        self.file._flush_file(0)
        if self._flush_every > 1:
            self._flushed_at = time.monotonic()
        if self._room is not None:
            self._room.flushed()
        if self._journal is not None:
            self._journal.clear()

    @contextlib.contextmanager
    def one_commit(self) -> Iterator[None]:
        """Have all that is written within count from one flush on, at the end."""
        self._together = True
        try:
            yield
        finally:
            self._together = False
            self.commit(force=True)

    def unmark(self) -> None:
        """Note in the file that nothing is being appended to it."""
        self._marked = []
        del Attributes(self.file.root)[MARK]
        self.commit(force=True)

    def _before_close(self) -> None:
        if self._room is not None and self._room.is_gone:
            logger.warning("%s was removed while it was being written: its content is lost", self.path)
        else:
            if self._marked:
                self.unmark()
            if self._room is not None:
                self._room.settle()
        if self._journal is not None:
            self._journal.close()

    def abandon(self) -> None:
        """Close the file as it is, because another one takes its place."""
        self.file.before_close = None
        self.close()

    def close(self) -> None:
        """Flush and close; nothing happens when it is closed already.

        Raises
        ------
        WriteFailed
            The library could not write what it still had to.
        """
        if not self.file.isopen:
            return
        try:
            self.file.close()
        except (tables.HDF5ExtError, OSError) as exc:
            raise WriteFailed(
                f"{self.path} could not be closed: {exc}. What was accepted before is in it", path=self.path
            ) from exc
