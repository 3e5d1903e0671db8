"""Finding out what of a file counts whose writer was killed."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tables

from h5modules._storage.arrays import as_bytes
from h5modules._storage.codecs import NONE, Codec
from h5modules._storage.index import FIRST_ARRAY, MEASURED, POSITION, FrameIndex, crc32
from h5modules._storage.session import SEARCH, SMALL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from h5modules._storage.session import Session

__all__ = ["Broken", "Finding", "IndexedArray", "examine"]

_NEIGHBOURS = 130
"""Two leaves of HDF5's tree of chunks. A kill while a leaf is divided loses chunks of that leaf, and no others."""

Words = npt.NDArray[np.uint64]


class Broken(Exception):
    """HDF5 cannot find its way in an array."""


class IndexedArray:
    """An array that an index covers: its rows from HDF5 or, where HDF5 lost them, from where the index says.

    Parameters
    ----------
    leaf : Leaf
        The array.
    column : int
        Its place in the index.
    scan : tuple of int
        Its dimensions before those of a row: those of the scan, or (rows,) if it grows.
    """

    def __init__(self, leaf: Any, column: int, scan: tuple[int, ...]) -> None:
        self.leaf = leaf
        self.path = str(leaf._v_pathname)
        self.grows = leaf.extdim == 0
        self.scan = (int(leaf.nrows),) if self.grows else scan
        self.frame = tuple(int(n) for n in leaf.shape[len(self.scan) :])
        self.row_bytes = math.prod(self.frame) * int(leaf.dtype.itemsize)
        self._column = FIRST_ARRAY + 2 * column
        chunk = tuple(int(n) for n in leaf.chunkshape)
        self.chunk = chunk[: len(self.scan)]
        self.per_chunk = math.prod(self.chunk)
        self._regular = chunk[len(self.scan) :] == self.frame
        self._coded = Codec.of(leaf) is not NONE
        self.whole_chunks = self._regular and self.per_chunk == 1

    def point(self, position: int) -> tuple[int, ...]:
        """Return the indexes of a row."""
        return (position,) if self.grows else tuple(int(i) for i in np.unravel_index(position, self.scan))

    def chunk_number(self, position: int) -> int:
        """Return the place of a row's chunk in the order of HDF5's tree."""
        place = [i // c for i, c in zip(self.point(position), self.chunk, strict=True)]
        grid = [-(-n // c) for n, c in zip(self.scan, self.chunk, strict=True)]
        return int(np.ravel_multi_index(place, grid))

    def content(self, row: Words) -> bytes | None:
        """Return what a row of the index says was stored, from HDF5; None if HDF5 does not have it.

        Raises
        ------
        Broken
            HDF5 cannot look: its tree of chunks is damaged.
        """
        point = self.point(int(row[POSITION]))
        if self.grows and point[0] >= self.scan[0]:
            return None
        try:
            if self.whole_chunks:
                data = bytes(self.leaf.read_chunk((*point, *(0 for _ in self.frame))))
            else:
                data = as_bytes(np.ascontiguousarray(self.leaf[point])).tobytes()
        except tables.exceptions.NoSuchChunkError:
            return None
        except (tables.HDF5ExtError, OSError) as exc:
            raise Broken(self.path) from exc
        return data if self._is(row, data) else None

    def content_by_hint(self, row: Words, fd: int) -> bytes | None:
        """Return what a row of the index says was stored, from the place in the file that it names."""
        offset, size = int(row[self._column]), int(row[self._column + 1]) >> 32
        if not offset or not self._regular or not hasattr(os, "pread") or (self.per_chunk > 1 and self._coded):
            return None
        inside = [i % c for i, c in zip(self.point(int(row[POSITION])), self.chunk, strict=True)]
        start = offset + int(np.ravel_multi_index(inside, self.chunk)) * self.row_bytes
        data = os.pread(fd, size + (SEARCH if self.per_chunk * self.row_bytes < SMALL or size < SMALL else 0), start)
        for at in range(max(1, len(data) - size + 1)):
            if self._is(row, data[at : at + size]):
                return data[at : at + size]
        return None

    def store(self, leaf: Any, row: Words, content: bytes) -> None:
        """Write what a row of the index says to an array like this one."""
        point = self.point(int(row[POSITION]))
        if self.whole_chunks:
            leaf.write_chunk((*point, *(0 for _ in self.frame)), content)
        else:
            leaf[point] = np.frombuffer(content, leaf.dtype).reshape(self.frame)

    def _is(self, row: Words, data: bytes) -> bool:
        word = int(row[self._column + 1])
        return len(data) == word >> 32 and int(crc32(data)) == word & 0xFFFFFFFF


@dataclass
class Finding:
    """What was found at one index.

    Attributes
    ----------
    index : FrameIndex
    arrays : list of IndexedArray
        In the order of the index.
    accepted : int
        Rows, or points, that count.
    extra : dict of str to int
        Rows of an array beyond those that count.
    mask : IndexedArray or None
        Which points of a scan were measured.
    stray : list of int
        Points that the mask has and the index has not.
    unmarked : list of int
        Points that the index has and the mask has not.
    missing : dict of str to list of int
        Numbers of rows of the index whose content HDF5 does not find in an array.
    broken : list of str
        Arrays in which HDF5 cannot find its way.
    """

    index: FrameIndex
    arrays: list[IndexedArray]
    accepted: int = 0
    extra: dict[str, int] = field(default_factory=dict)
    mask: IndexedArray | None = None
    stray: list[int] = field(default_factory=list)
    unmarked: list[int] = field(default_factory=list)
    missing: dict[str, list[int]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    @property
    def grows(self) -> bool:
        """Whether its arrays are enlargeable."""
        return bool(self.arrays[0].grows)

    @property
    def sound(self) -> bool:
        """Whether nothing has to be done."""
        return not (self.extra or self.stray or self.unmarked or self.missing or self.broken)

    @property
    def whole(self) -> int:
        """Rows before the first one that is missing from an array."""
        first = [int(self.index.leaf[rows[0], POSITION]) for rows in self.missing.values()]
        return min([self.accepted, *first])

    def check(self, array: IndexedArray, rows: Iterable[int]) -> None:
        """Look for the content of some rows of the index in an array."""
        try:
            missing = [k for k in rows if array.content(self.index.leaf[k]) is None]
        except Broken:
            self.broken.append(array.path)
            return
        if missing:
            self.missing[array.path] = missing


def examine(session: Session, index_path: str) -> Finding:
    """Compare an index with its arrays.

    Raises
    ------
    HDF5ExtError, NoSuchNodeError, ValueError
        The index itself cannot be read.
    """
    file = session.file
    index = FrameIndex(file.get_node(index_path), session)
    parent = index_path.rpartition("/")[0]
    leaves = {column: file.get_node(f"{parent}/{name}") for column, name in enumerate(index.arrays) if name != MEASURED}
    mask, scan = None, tuple[int, ...]()
    if any(leaf.extdim != 0 for leaf in leaves.values()):
        marks = file.get_node(f"{parent}/{MEASURED}")
        scan = tuple(int(n) for n in marks.shape)
        mask = IndexedArray(marks, 0, scan)
    arrays = [IndexedArray(leaf, column, scan) for column, leaf in leaves.items()]
    finding = Finding(index, arrays, accepted=index.count, mask=mask)
    if mask is not None:
        _examine_points(finding, mask)
    elif index.count == 0:
        # rows without an index of their own are from before it was made, when the arrays agree on them
        rows = min((array.scan[0] for array in arrays if array.grows), default=0)
        finding.extra = {array.path: array.scan[0] - rows for array in arrays if array.grows and array.scan[0] > rows}
        finding.accepted = rows
    else:
        _examine_rows(finding)
    return finding


def _examine_rows(finding: Finding) -> None:
    index = finding.index
    count = index.count
    rows = finding.accepted = int(index.leaf[count - 1, POSITION]) + 1
    finding.extra = {array.path: array.scan[0] - rows for array in finding.arrays if array.scan[0] > rows}
    for array in finding.arrays:
        first = max(0, count - _NEIGHBOURS * array.per_chunk)
        # of rows that share a chunk one tells of all, except in the last chunks, which were written row by row
        recent = max(first, count - max(_NEIGHBOURS, 2 * array.per_chunk))
        finding.check(array, [*range(first, recent, array.per_chunk), *range(recent, count)])


def _examine_points(finding: Finding, mask: IndexedArray) -> None:
    index = finding.index
    positions = index.leaf[: index.count, POSITION].astype(np.int64)
    try:
        marked = set(np.flatnonzero(np.asarray(mask.leaf[...])).tolist())
    except (tables.HDF5ExtError, OSError):
        finding.broken.append(mask.path)
        marked = set()
    finding.stray = sorted(marked - set(positions.tolist()))
    finding.unmarked = sorted(set(positions.tolist()) - marked)
    # a point that was written again counts as it was last
    rows = np.array(sorted({int(p): k for k, p in enumerate(positions)}.values()), np.int64)
    finding.accepted = len(rows)
    for array in finding.arrays:
        numbers = np.array([array.chunk_number(int(positions[k])) for k in rows])
        near = np.zeros(len(rows), bool)
        for number in numbers[-3:]:
            near |= np.abs(numbers - number) <= _NEIGHBOURS
        finding.check(array, [int(k) for k in rows[near]])
