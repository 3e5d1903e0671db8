"""Opening and creating files, with errors that say what is wrong with them."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any, Literal

import tables

from h5modules._storage.disk import noted_end
from h5modules._storage.rawfile import RawFile
from h5modules.errors import FileExists, FileLocked, FileReadOnly, FileUnreadable, NoSuchFile, WriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Mode", "create", "exclusive", "open_existing"]

Mode = Literal["r", "r+"]

_PARAMETERS: dict[str, Any] = {
    "chunk_cache_size": 0,  # chunks are written directly and read once; a cached one would hide later direct writes
    "chunk_cache_nelmts": 0,
    "max_group_width": 1 << 30,  # a file of 20,000 scans is no reason for a warning
    "max_tree_depth": 1 << 30,
    "max_node_attrs": 1 << 30,
}


def create(path: Path, *, title: str, overwrite: bool) -> RawFile:
    """Create a file.

    Raises
    ------
    FileExists
        It is there already and `overwrite` is false.
    FileLocked
        It is there, is to be overwritten, and is open elsewhere.
    WriteFailed
        The folder is not there or not writable, or the disk is full.
    """
    if path.exists():
        if not overwrite:
            raise FileExists(
                f"{path} is there already ({path.stat().st_size} bytes) and is kept: give another name, pass "
                f"overwrite=True to replace it, or new_file=False to add to it",
                path=path,
            )
        if path.is_dir():
            raise FileUnreadable(f"{path} is a folder, where a file was to be created", path=path)
    if not path.parent.is_dir():
        raise WriteFailed(f"cannot create {path}: the folder {path.parent} is not there; create it first", path=path)
    # a file without anything in it is no HDF5: it is made under another name, so that there never is such a one
    partial = path.with_name(f"{path.name}.creating-{os.getpid()}")
    try:
        RawFile(str(partial), "w", title, **_PARAMETERS).close()
        if path.exists():
            with exclusive(path):
                os.replace(partial, path)
        else:
            os.replace(partial, path)
        path.with_name(f"{path.name}.journal").unlink(missing_ok=True)  # that of a file which is no more
        return RawFile(str(path), "r+", **_PARAMETERS)
    except (tables.HDF5ExtError, OSError) as exc:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(exc, FileLocked):
            raise
        raise WriteFailed(
            f"cannot create {path}: {_reason(exc)}", path=path, errno=getattr(exc, "errno", None)
        ) from exc


def open_existing(path: Path, mode: Mode) -> RawFile:
    """Open a file that is there.

    Raises
    ------
    NoSuchFile
    FileReadOnly
        It may not be read, or not be written although `mode` is "r+".
    FileLocked
        It is open in another process, or in another mode in this one.
    FileUnreadable
        It is not HDF5, or truncated, or damaged.
    """
    if not path.exists():
        near = sorted(p.name for p in path.parent.glob("*.h5"))[:5] if path.parent.is_dir() else []
        there = f"; that folder has {', '.join(near)}" if near else ""
        raise NoSuchFile(f"there is no file {path}{there}", path=path)
    if path.is_dir():
        raise FileUnreadable(f"{path} is a folder, not a file", path=path)
    if not path.stat().st_size:
        raise FileUnreadable(
            f"{path} is not an HDF5 file: it is empty (0 bytes); remove it, or take another name", path=path
        )
    if not os.access(path, os.R_OK if mode == "r" else os.R_OK | os.W_OK):
        raise FileReadOnly(f"{path} may not be {'read' if mode == 'r' else 'written'} by this user", path=path)
    try:
        return RawFile(str(path), mode, **_PARAMETERS)
    except (tables.HDF5ExtError, OSError, ValueError, AttributeError, UnicodeDecodeError) as exc:
        reason = _reason(exc)
        if "already open" in reason or ("lock" in reason and "sblock" not in reason):
            raise FileLocked(
                f"{path} is open elsewhere ({reason}): wait until it is closed. A file that another process writes "
                f"can be looked at with the environment variable HDF5_USE_FILE_LOCKING=FALSE",
                path=path,
            ) from exc
        with path.open("rb") as stream:
            head = stream.read(64)
        if not _is_hdf5(path):
            raise FileUnreadable(f"{path} is not an HDF5 file: it begins with {head[:16]!r}", path=path) from exc
        end, size = noted_end(head), path.stat().st_size
        if end is not None and size < end:
            raise FileUnreadable(
                f"{path} is truncated: it has {size} bytes, and its header says {end}. It was cut while it was "
                f"copied or downloaded; get the whole file",
                path=path,
            ) from exc
        raise FileUnreadable(f"{path} is HDF5 but cannot be opened: {reason}", path=path) from exc


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock that HDF5 takes for writing, for as long as the body runs.

    Raises
    ------
    FileLocked
        Somebody else has it.
    """
    try:
        import fcntl
    except ImportError:  # Windows: there an open file cannot be replaced anyway
        yield
        return
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise FileLocked(f"{path} is open in another process or in this one; close it first", path=path) from exc
        except OSError:  # a file system without locks
            yield
            return
        yield


def _is_hdf5(path: Path) -> bool:
    try:
        return bool(tables.is_hdf5_file(str(path)))
    except (tables.HDF5ExtError, OSError):
        return False


def _reason(exc: BaseException) -> str:
    """Return the most telling line of an error of the library."""
    trace = getattr(exc, "h5backtrace", None)
    if trace:
        return str(trace[-1][-1]) if isinstance(trace, list) else str(trace)
    return str(exc).strip().splitlines()[-1] if str(exc).strip() else type(exc).__name__
