"""The file that an image or a series is in: on disk, through the storage layer, or in memory."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tables

from h5modules._storage.rawfile import RawFile
from h5modules._storage.recovery import open_recovered
from h5modules._storage.session import Session
from h5modules.errors import FileClosed, FileExists, FileReadOnly, WriteFailed
from h5modules.images.errors import ImageDataError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["H5Mode", "Store", "path_of"]

H5Mode = Literal["r", "r+", "a", "w", "w-", "x"]
_MODES = ("r", "r+", "a", "w", "w-", "x")
_numbers = itertools.count()


def path_of(h5file: object) -> Path | None:
    """Return the path that was given; None for memory.

    Raises
    ------
    ImageDataError
        It is no path.
    """
    if h5file is None:
        return None
    if not isinstance(h5file, str | os.PathLike):
        raise ImageDataError(
            f"h5file is {type(h5file).__name__}, where the path of a file is expected, or None for an image in memory"
        )
    return Path(os.fspath(h5file))


def _created(path: Path, mode: str) -> Session:
    try:
        return Session.create(path, title="PyMoDAQ file", overwrite=mode == "w")
    except FileExists:
        raise FileExists(
            f"{path} is there already and is kept: give another name, h5mode='w' to replace it, or h5mode='a' to write "
            f"into it",
            path=path,
        ) from None


class Store:
    """An open file.

    Parameters
    ----------
    path : Path or None
        Where it is; None for a file in memory, HDF5's core driver without a file behind it.
    mode : {"r", "r+", "a", "w", "w-", "x"}
        To read; to write what is there; to write, creating it if it is not there; to create, replacing one that is
        there; to create, refusing that. Memory is always created.

    Attributes
    ----------
    lock : RLock
        Whoever looks for images of a series, or adds one, holds it: PyTables has no locks of its own.

    Raises
    ------
    FileExists, NoSuchFile, FileLocked, FileReadOnly, FileUnreadable, WriteFailed
    ValueError
        There is no such mode.
    """

    def __init__(self, path: Path | None, mode: str) -> None:
        if mode not in _MODES:
            raise ValueError(f"h5mode {mode!r} is not known; take one of {', '.join(map(repr, _MODES))}")
        self.path = path
        self.lock = threading.RLock()
        self._session: Session | None = None
        if path is None:
            name = f"image-in-memory-{os.getpid()}-{next(_numbers)}.h5"
            self.file = RawFile(name, "w", driver="H5FD_CORE", driver_core_backing_store=0)
        else:
            if mode in ("w", "w-", "x") or (mode == "a" and not path.exists()):
                self._session = _created(path, mode)
            else:
                self._session, _ = open_recovered(path, "r" if mode == "r" else "r+")
            self.file = self._session.file
        self.writable = self._session is None or self._session.writable
        self._finalizer = weakref.finalize(self, RawFile.close, self.file)

    @property
    def name(self) -> str:
        """How messages call it."""
        return "memory" if self.path is None else str(self.path)

    @property
    def is_open(self) -> bool:
        """Whether it is open."""
        return bool(self.file.isopen)

    def node(self, path: str) -> Any:
        """Return a node; NoSuchNodeError when it is not there.

        Raises
        ------
        FileClosed
        """
        self.check_open()
        return self.file.get_node(path)

    def child(self, group: str, name: str) -> Any:
        """Return a node of a group, None when it is not there."""
        try:
            return self.node(f"{group.rstrip('/')}/{name}")
        except tables.NoSuchNodeError:
            return None

    def check_open(self) -> None:
        """Raise unless it is open."""
        if not self.file.isopen:
            raise FileClosed(
                f"the image or series in {self.name} was closed: open it again"
                + (", or leave the with statement later" if self.path is None else ""),
                path=self.path or "",
            )

    def check_writable(self) -> None:
        """Raise unless it may be written."""
        self.check_open()
        if not self.writable:
            raise FileReadOnly(
                f"{self.name} was opened with h5mode='r': open it with h5mode='a' to change it", path=self.path or ""
            )

    @contextlib.contextmanager
    def change(self, count: int = 0) -> Iterator[None]:
        """Have all that the body writes count together, from the end of it on.

        A process that is killed before leaves the file as it was before.

        Parameters
        ----------
        count : int
            Bytes that may be written; less room than that is an error before the body runs.
        """
        self.check_writable()
        if self._session is None:
            yield
            return
        self._session.need(count)
        try:
            with self._session.one_commit():
                yield
        except (tables.HDF5ExtError, OSError) as exc:
            if isinstance(exc, WriteFailed):
                raise
            raise WriteFailed(
                f"a write to {self.name} failed: {str(exc).strip().splitlines()[-1:]}. What was stored before is in it",
                path=self.path or "",
            ) from exc

    def announce(self, node: Any) -> None:
        """Say that a node's header will change, by a link to it."""
        self.file.announce(node._v_pathname, "")

    def close(self) -> None:
        """Flush and close; nothing happens when it is closed."""
        if self._session is not None:
            self._session.close()
        else:
            self.file.close()
        self._finalizer.detach()
