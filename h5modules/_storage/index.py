"""The index of what was accepted: a row per append, from which a file is put right after its writer was killed.

A row has 64-bit words::

    0  sequence number, counting from 1 (0: nothing was written here yet)
    1  timestamp of the append, POSIX ns
    2  position: row number in enlargeable arrays, flat point number in extended ones
    3  CRC32 of all other words of the row
    4 + 2k, 5 + 2k   for the k-th array: offset of its chunk in the file (a hint, 0 if not known),
                     CRC32 of the bytes stored | number of bytes stored << 32

The index is an array beside the data that PyMoDAQ's loader passes over, because it has no ``data_type``. It grows by
whole chunks, each written with zeros and flushed before its first row is used, so that a row lands where the file
already has room for it. A row is written when its data is in the file; a row that is there and whole counts.
"""

# ruff: noqa: SLF001 - `_g_write_chunk` is `write_chunk` without checks of what is known here

from __future__ import annotations

import struct
import time
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules._storage.arrays import as_bytes
from h5modules._storage.layout import create_growing
from h5modules._storage.nodes import Attributes
from h5modules.errors import ArrayMismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from h5modules._storage.arrays import Stored
    from h5modules._storage.session import Session

__all__ = ["INDEX_NAME", "MEASURED", "FrameIndex", "check_word", "crc32", "valid_rows"]

INDEX_NAME = "FrameIndex"
MEASURED = "Measured"
"""Name of the array that says which points of a scan were measured; without ``data_type``, so that PyMoDAQ passes over
it. The index does not cover it: the positions in the index say the same."""
SEQUENCE, TIMESTAMP, POSITION, CHECK, FIRST_ARRAY = range(5)
_CHUNK_BYTES = 8192

Words = npt.NDArray[np.uint64]

try:
    from isal.isal_zlib import crc32  # ten times as fast
except ImportError:
    crc32 = zlib.crc32


def check_word(row: Words) -> int:
    """Return the CRC32 of all words of a row but the one that holds it."""
    words = row.tobytes()
    return zlib.crc32(words[CHECK * 8 + 8 :], zlib.crc32(words[: CHECK * 8]))


class FrameIndex:
    """The index of arrays that are written together.

    Parameters
    ----------
    leaf : EArray
        The index array.
    session : Session
        Its file.

    Attributes
    ----------
    arrays : tuple of str
        Paths of the arrays that it covers, relative to the group that it is in.
    count : int
        Rows that it has.
    """

    def __init__(self, leaf: Any, session: Session) -> None:
        self.leaf = leaf
        names = Attributes(leaf)["arrays"]
        self.arrays: tuple[str, ...] = names if isinstance(names, tuple) else ()
        self.path = str(leaf._v_pathname)
        self._session = session
        self._per_chunk = int(leaf.chunkshape[0])
        self._width = FIRST_ARRAY + 2 * len(self.arrays)
        self.count = self._count()
        start = self.count - self.count % self._per_chunk
        self._chunk = np.zeros((self._per_chunk, self._width), np.uint64)
        there = leaf[start : start + self._per_chunk]
        self._chunk[: len(there)] = there
        self._bytes = as_bytes(self._chunk)
        self._memory = self._bytes.data
        words = struct.Struct(f"={self._width}Q")
        self._pack, self._pack_into = words.pack, words.pack_into

    @classmethod
    def create(cls, parent: Any, session: Session, arrays: Sequence[str]) -> FrameIndex:
        """Create an index in a group, for the arrays at these paths relative to the group."""
        width = FIRST_ARRAY + 2 * len(arrays)
        leaf = create_growing(
            parent,
            INDEX_NAME,
            title="sequence, timestamp (ns), position, check; offset, size and CRC32 of each array",
            frame=(width,),
            dtype=np.uint64,
            rows=max(1, _CHUNK_BYTES // (8 * width)),
        )
        Attributes(leaf)["arrays"] = tuple(arrays)
        return cls(leaf, session)

    @classmethod
    def open(cls, leaf: Any, session: Session) -> FrameIndex:
        """Open an index that is in the file."""
        return cls(leaf, session)

    def columns_of(self, paths: Sequence[str]) -> list[int]:
        """Return for each array of the index its place among `paths`.

        Raises
        ------
        ArrayMismatch
            These are other arrays.
        """
        if sorted(paths) != sorted(self.arrays):
            raise ArrayMismatch(
                f"{self.path} indexes {', '.join(self.arrays) or 'no arrays'}, and the group has {', '.join(paths)}; "
                f"go on in another group",
                node=self.path,
            )
        return [list(paths).index(path) for path in self.arrays]

    def _count(self) -> int:
        """Return how many rows are there and whole, from the end backwards."""
        total = int(self.leaf.nrows)
        start = max(0, total - 2 * self._per_chunk)
        return start + len(valid_rows(self.leaf[start:total], first=start + 1)) if total else 0

    @property
    def bytes_per_append(self) -> int:
        """Bytes that a row may add to the file."""
        return self._bytes.size

    def append(self, position: int, stored: Sequence[Stored]) -> None:
        """Write the row of an append whose data is in the file."""
        inside = self.count % self._per_chunk
        if inside == 0:
            self._grow()
        words: list[int] = [self.count + 1, time.time_ns(), position, 0]
        for offset, size, content in stored:
            words += (offset, size << 32 | crc32(content))
        row = self._pack(*words)
        words[CHECK] = zlib.crc32(row[CHECK * 8 + 8 :], zlib.crc32(row[: CHECK * 8]))
        self._pack_into(self._memory, inside * 8 * self._width, *words)
        self._write(self.count - inside)
        self.count += 1

    def _grow(self) -> None:
        self._chunk[:] = 0
        self.leaf._g_truncate(self.count + self._per_chunk)
        self._write(self.count)
        self._session.commit(force=True)

    def truncate(self, count: int) -> None:
        """Keep that many rows."""
        for start in range(count - count % self._per_chunk, int(self.leaf.nrows), self._per_chunk):
            chunk = np.array(self.leaf[start : start + self._per_chunk])
            chunk[max(0, count - start) :] = 0
            self._chunk[: len(chunk)] = chunk
            self._chunk[len(chunk) :] = 0
            self._write(start)
        start = count - count % self._per_chunk
        self._chunk[:] = 0
        there = self.leaf[start : start + self._per_chunk]
        self._chunk[: len(there)] = there
        self.count = count

    def _write(self, start: int) -> None:
        self.leaf._g_write_chunk(np.array((start, 0), np.int64), self._bytes, 0)


def valid_rows(rows: Words, *, first: int) -> Words:
    """Return the rows, from the first on, that are whole and numbered `first`, `first` + 1, ..."""
    good = 0
    for row in rows:
        if int(row[SEQUENCE]) != first + good or int(row[CHECK]) != check_word(row):
            break
        good += 1
    return rows[:good]
