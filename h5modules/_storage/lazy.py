"""Arrays of a file that are read when they are computed with."""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tables

from h5modules._storage.opening import open_existing
from h5modules.errors import FileUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from h5modules._storage.rawfile import RawFile
    from h5modules._storage.session import Session

__all__ = ["LazyArray", "lazy_array"]

_BLOCK = 16 << 20
"""Bytes of a dask chunk, about: each costs the scheduler a fraction of a millisecond."""
_MOST_BLOCKS = 100_000
"""Larger arrays have larger blocks; a file can claim any shape, and a list of its blocks takes memory."""

_lock = threading.RLock()
"""HDF5 as PyTables has it is not thread-safe, whichever files are read."""


class LazyArray:
    """An array of a file as dask wants it: shape, dtype, and slices read on demand.

    It reads through the file that it came from as long as that is open, and opens it again afterwards, also in another
    process, for each block anew.

    Parameters
    ----------
    path : str
        The file.
    node : str
        Path of the array in it.
    shape, dtype
        Of the array.
    """

    def __init__(
        self, path: str, node: str, shape: tuple[int, ...], dtype: np.dtype[Any], file: RawFile | None = None
    ) -> None:
        self.path = path
        self.node = node
        self.shape = shape
        self.dtype = dtype
        self.ndim = len(shape)
        self._file = file

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_file": None}

    def __getitem__(self, item: Any) -> npt.NDArray[Any]:
        with _lock:
            own = self._file if self._file is not None and self._file.isopen else None
            try:
                with nullcontext(own) if own is not None else _file_at(self.path) as file:
                    result: npt.NDArray[Any] = np.asarray(file.get_node(self.node)[item])
            except (tables.HDF5ExtError, tables.NodeError, OSError) as exc:
                raise FileUnreadable(
                    f"{item} of {self.node} of {self.path} cannot be read: the file is damaged there, or was changed "
                    f"since it was opened. Other parts of it may be readable",
                    path=self.path,
                    node=self.node,
                ) from exc
            return result


@contextmanager
def _file_at(path: str) -> Iterator[RawFile]:
    """Open a file for one block: kept open it would be in the way of who writes it next, or be another by then."""
    file = open_existing(Path(path), "r")
    try:
        yield file
    finally:
        file.close()


def lazy_array(leaf: Any, session: Session, shape: tuple[int, ...]) -> Any:
    """Return a dask array over an array of a file, its chunks made of whole chunks of the file.

    Raises
    ------
    ImportError
        dask is not installed.
    """
    try:
        import dask.array
    except ImportError as exc:
        raise ImportError(
            "lazy=True needs dask, which is not installed: install pymodaq-hsi[lazy], or load with lazy=False"
        ) from exc
    source = LazyArray(str(session.path.resolve()), leaf._v_pathname, shape, np.dtype(leaf.dtype), session.file)
    name = f"{leaf._v_name}-{dask.base.tokenize(source.path, source.node, shape, session.path.stat().st_mtime_ns)}"
    return dask.array.from_array(source, chunks=_blocks(shape, leaf.chunkshape, leaf.dtype.itemsize), name=name)


def _blocks(shape: tuple[int, ...], chunk: Any, itemsize: int) -> tuple[int, ...]:
    """Return the shape of blocks of whole chunks, about `_BLOCK` bytes, long in the last dimensions."""
    if not math.prod(shape):
        return tuple(max(1, n) for n in shape)
    enough = max(_BLOCK, math.prod(shape) * itemsize // _MOST_BLOCKS)
    block = [max(1, min(int(c), n)) for c, n in zip(chunk or (1,) * len(shape), shape, strict=True)]
    for dim in reversed(range(len(shape))):
        size = math.prod(block) * itemsize
        if size >= enough:
            break
        block[dim] = min(shape[dim], max(1, enough // size) * block[dim])
    return tuple(block)
