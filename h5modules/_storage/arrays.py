"""Arrays that are written row by row or point by point, straight to their chunks.

PyTables' own append goes through HDF5's chunk cache and conversion; here each row is one `write_chunk`. A row that is
shorter than a chunk is written with its neighbours: the chunk's bytes are kept in memory and written again, at the same
place, so that rows that are in the file already are overwritten by themselves.
"""

# ruff: noqa: SLF001 - `_g_write_chunk` is `write_chunk` without checks of what is known here

from __future__ import annotations

import math
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tables

from h5modules._storage.codecs import NONE, Codec
from h5modules._storage.enums import DataType
from h5modules._storage.nodes import Attributes
from h5modules._storage.session import SMALL
from h5modules.errors import WriteFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from h5modules._storage.session import Session

__all__ = ["GridArray", "RowArray", "Stored"]

_COORDINATE = np.dtype(np.int64)
_FEW = 20_000
"""Chunks of an array up to which HDF5 tells in time, about 0.2 us for each, where one is."""

Bytes = npt.NDArray[np.uint8]
Stored = tuple[int, int, Bytes]
"""Where a row went: offset of its chunk in the file as far as known (0 if not), bytes stored, the bytes themselves."""


def as_bytes(array: npt.NDArray[Any]) -> Bytes:
    """Return the memory of a contiguous array, flat."""
    return np.ndarray((array.nbytes,), np.uint8, array)  # write_chunk goes by len(), which a 2-D array would mislead


class _Chunked:
    """What arrays written by chunks have in common."""

    def __init__(self, leaf: Any, session: Session) -> None:
        self.leaf = leaf
        self.path = str(leaf._v_pathname)
        self.is_error = str(leaf._v_name).startswith(DataType.error.value)
        self.dtype = np.dtype(leaf.dtype)
        self._session = session
        self._file = session.file
        self._offset = 0
        self._treeless = False
        self._chunks = 0
        codec = Codec.of(leaf)
        self._codec = NONE if codec is None else codec
        self._known_codec = codec is not None
        self._encode = self._codec.encoder(self.dtype.itemsize)

    @cached_property
    def units(self) -> str:
        """Units of its values; empty if the file does not say."""
        units = Attributes(self.leaf).get("units")
        return units if isinstance(units, str) else ""

    def _write(self, coordinates: tuple[int, ...], chunk: Bytes, *, new: bool) -> Bytes:
        ahead = self._session.ahead
        payload = None if ahead is None else ahead.take(chunk, self._codec, self.dtype)
        if payload is None:
            payload = self._encode(chunk)
        end: int = self._file.get_filesize() if new else 0
        try:
            self.leaf._g_write_chunk(np.array(coordinates, _COORDINATE), payload, 0)
        except tables.HDF5ExtError as exc:
            self._forget(coordinates)
            raise WriteFailed(
                f"a write to {self.path} of {self._session.path} failed: the disk is full, or the file cannot be "
                f"reached any more. All that was accepted before is in the file",
                path=self._session.path,
                node=self.path,
            ) from exc
        if new:
            self._offset = self._place(coordinates, end, payload.size)
        return payload

    def _forget(self, coordinates: tuple[int, ...]) -> None:
        """Have HDF5 look up a chunk anew whose write failed.

        It remembers the chunk that it looked up last, as one that is there. The same write, tried again, would go to
        its place without an entry in the tree of chunks: no error, and nothing to be read.
        """
        for axis, (start, step, size) in enumerate(
            zip(coordinates, self.leaf.chunkshape, self.leaf.shape, strict=True)
        ):
            if step < size:  # there is a chunk beside it: that one is looked up
                other = [0] * len(coordinates)
                other[axis] = 0 if start else step
                self.leaf[tuple(other)]
                return
        self.leaf._f_close()
        self.leaf = self._file.get_node(self.path)

    def _place(self, coordinates: tuple[int, ...], end: int, size: int) -> int:
        """Return where a new chunk went; the file ended at `end` before. A hint, verified by CRC when it is used.

        HDF5 puts a chunk at the end, unless it has a gap for it. The tree of chunks is made just before the first
        chunk, nodes of it after others. Small chunks share blocks and follow each other there; where it is not clear
        whether the file grew by a block or by a node, HDF5 is asked, as long as there are few enough for that.
        """
        treeless, self._treeless = self._treeless, False
        if size >= SMALL and not treeless:
            return end
        now: int = self._file.get_filesize()
        self._chunks += 1
        if size >= SMALL:
            return now - size
        if now - end == size:
            offset = end
        elif (now > end or not self._session.small_end or treeless) and self._chunks < _FEW:
            offset = int(self.leaf.chunk_info(coordinates).offset)
        else:
            offset = self._session.small_end
        self._session.small_end = offset + size
        return offset


class RowArray(_Chunked):
    """An enlargeable array that grows row by row.

    Parameters
    ----------
    leaf : EArray
        The array, with shape ``(N, *frame)``.
    session : Session
        Its file.

    Attributes
    ----------
    rows : int
        How many rows it has.
    frame, row_shape : tuple of int
        Shape of a row.
    """

    def __init__(self, leaf: Any, session: Session) -> None:
        super().__init__(leaf, session)
        self.frame = self.row_shape = tuple(int(n) for n in leaf.shape[1:])
        self.rows = int(leaf.nrows)
        self._treeless = self.rows == 0
        self.row_bytes = math.prod(self.frame) * self.dtype.itemsize
        chunk = tuple(int(n) for n in leaf.chunkshape)
        self._per_chunk = chunk[0]
        self._zeros = (0,) * len(self.frame)
        # arrays made by others may have chunks that hold parts of rows, or filters that are not written here
        self._direct = (
            self._known_codec
            and chunk[1:] == self.frame
            and leaf.extdim == 0
            and leaf.byteorder in (sys.byteorder, "irrelevant")
            and (self._per_chunk == 1 or self._codec is NONE)
            and self._per_chunk * self.row_bytes <= 1 << 20
        )
        self._buffer: Bytes | None = None
        if self._direct and self._per_chunk > 1:
            self._buffer = np.zeros(self._per_chunk * self.row_bytes, np.uint8)
            inside = self.rows % self._per_chunk
            if inside:
                last = np.ascontiguousarray(leaf[self.rows - inside :])
                self._buffer[: last.nbytes] = as_bytes(last)

    @property
    def bytes_per_append(self) -> int:
        """Bytes that an append may add to the file."""
        return int(self._per_chunk * self.row_bytes if self._direct else 2 * self.row_bytes + (1 << 20))

    def append(self, row: npt.NDArray[Any]) -> Stored:
        """Append one row, a contiguous array of the array's dtype; it is in the file after the next flush.

        Raises
        ------
        WriteFailed
            The array has as many rows as before.
        """
        n = self.rows
        leaf = self.leaf
        if not self._direct:
            leaf.append(row.reshape(1, *self.frame))
            self.rows = n + 1
            return 0, self.row_bytes, as_bytes(row)
        chunk = stored = as_bytes(row)
        start, new = n, True
        if self._buffer is not None:
            inside = n % self._per_chunk
            start, new = n - inside, inside == 0
            if new:
                self._buffer[:] = 0
            self._buffer[inside * self.row_bytes : (inside + 1) * self.row_bytes] = chunk
            chunk = self._buffer
        leaf._g_truncate(n + 1)
        try:
            payload = self._write((start, *self._zeros), chunk, new=new)
        except WriteFailed:
            leaf._g_truncate(n)
            raise
        self.rows = n + 1
        if self._buffer is None:
            stored = payload
        return self._offset, stored.size, stored

    def truncate(self, rows: int) -> None:
        """Cut to that number of rows."""
        self.leaf.truncate(rows)
        self.rows = rows


class GridArray(_Chunked):
    """An array of shape ``(*scan, *frame)`` that is filled point by point, in any order.

    Parameters
    ----------
    leaf : CArray
        The array.
    session : Session
        Its file.
    scan : tuple of int
        Shape of the scan.
    fresh : bool
        The array was just created, so that chunks not written yet need not be read.
    """

    def __init__(self, leaf: Any, session: Session, scan: tuple[int, ...], *, fresh: bool) -> None:
        super().__init__(leaf, session)
        self.scan = scan
        self.frame = tuple(int(n) for n in leaf.shape[len(scan) :])
        self.row_shape = self.frame or (1,)
        self.row_bytes = math.prod(self.frame) * self.dtype.itemsize
        chunk = (0,) * len(leaf.shape) if leaf.chunkshape is None else tuple(int(n) for n in leaf.chunkshape)
        self._chunk = chunk[: len(scan)]
        self._per_chunk = math.prod(self._chunk)
        # arrays made by others may have chunks that hold parts of rows, or filters that are not written here
        self._direct = (
            self._known_codec
            and chunk[len(scan) :] == self.frame
            and self._per_chunk > 0
            and leaf.byteorder in (sys.byteorder, "irrelevant")
            and (self._per_chunk == 1 or self._codec is NONE)
            and self._per_chunk * self.row_bytes <= 1 << 20
        )
        self._zeros = (0,) * len(self.frame)
        self._grid = tuple(-(-n // max(c, 1)) for n, c in zip(scan, self._chunk, strict=True))
        self._written = bytearray(math.prod(self._grid)) if fresh else None
        self._offsets: dict[int, int] = {}
        """Where shared chunks are, by their number."""
        self._treeless = fresh
        self._buffer = np.empty((*self._chunk, *self.frame) if self._direct else (), self.dtype)
        self._buffered = -1
        self._hint = 0

    @property
    def bytes_per_append(self) -> int:
        """Bytes that writing a point may add to the file."""
        return int(self._per_chunk * self.row_bytes if self._direct else self.row_bytes + (1 << 20))

    def write(self, point: tuple[int, ...], row: npt.NDArray[Any]) -> Stored:
        """Write one point, a contiguous array of the array's dtype.

        Raises
        ------
        WriteFailed
        """
        if not self._direct:
            self.leaf[point] = row.reshape(self.frame)
            return 0, self.row_bytes, as_bytes(row)
        number, start, inside = 0, [], []
        for index, size, count in zip(point, self._chunk, self._grid, strict=True):
            place, rest = divmod(index, size)
            number = number * count + place
            start.append(index - rest)
            inside.append(rest)
        new = self._written is not None and not self._written[number]
        stored = as_bytes(row)
        if self._per_chunk == 1:
            stored = self._write((*start, *self._zeros), stored, new=True)
            self._hint = self._offset
        else:
            if number != self._buffered:
                self._hint, new = self._whereabouts(number, start, new=new)
                self._load(start, new=new)
                self._buffered = number
            self._buffer[tuple(inside)] = row.reshape(self.frame)
            self._write((*start, *self._zeros), as_bytes(self._buffer), new=new)
            if new:
                self._hint = self._offsets[number] = self._offset
        if self._written is not None:
            self._written[number] = 1
        return self._hint, stored.size, stored

    def _whereabouts(self, number: int, start: Sequence[int], *, new: bool) -> tuple[int, bool]:
        """Return where a shared chunk is, 0 if that is not known, and whether it is new; of old arrays HDF5 tells."""
        if self._written is None and number not in self._offsets and len(self._offsets) < _FEW:
            offset = self.leaf.chunk_info((*start, *self._zeros)).offset
            if offset is None:
                return 0, True
            self._offsets[number] = int(offset)
        return self._offsets.get(number, 0), new

    def _load(self, start: Sequence[int], *, new: bool) -> None:
        """Bring the chunk that begins at `start` into the buffer."""
        self._buffer[...] = self.leaf.atom.dflt
        if not new:
            there = self.leaf[tuple(slice(k, k + c) for k, c in zip(start, self._chunk, strict=True))]
            self._buffer[tuple(slice(n) for n in there.shape)] = there
