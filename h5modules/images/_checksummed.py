"""Arrays with a checksum in each chunk, compressed at the speed of a disk.

HDF5's own filters take ten times as long, so chunks pass through them here: shuffle, deflate, Fletcher's checksum, in
the order in which PyTables declares them. Any HDF5 reader undoes and verifies them.
"""

# ruff: noqa: SLF001 - `_g_write_chunk` is `write_chunk` without checks of what is known here

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tables

from h5modules._storage.arrays import as_bytes
from h5modules._storage.codecs import Codec
from h5modules._storage.rawfile import RawCArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

try:
    from isal.isal_zlib import crc32  # ten times as fast
except ImportError:
    crc32 = zlib.crc32

__all__ = ["crc32", "fletcher32", "slabs", "write_array"]

_CHUNK = 256 << 10
"""Bytes of a chunk: a few lines of a camera, so that one line does not cost the reading of the whole image."""
_SLAB = 16 << 20
"""Bytes of which more are not held in memory at a time."""
_SMALL = 4096
_BLOCK = 1 << 15
"""Words that a 64-bit sum of sums holds with room to spare."""


def fletcher32(data: npt.NDArray[np.uint8]) -> int:
    """Return the checksum of HDF5's Fletcher32 filter (HDF5 File Format Specification, H5Z_FILTER_FLETCHER32).

    The bytes are taken as big-endian words of 16 bits; a last odd byte is a word's upper half. Both sums are of
    one's complements: a sum that is not zero is never reduced to it.
    """
    words = data[: data.size // 2 * 2].view(">u2").astype(np.uint64)
    if data.size % 2:
        words = np.append(words, np.uint64(int(data[-1]) << 8))
    weights = np.arange(_BLOCK, 0, -1, dtype=np.uint64)
    first = second = 0
    for start in range(0, words.size, _BLOCK):
        block = words[start : start + _BLOCK]
        second += first * block.size + int(np.dot(block, weights[_BLOCK - block.size :]))
        first += int(block.sum())
    return _folded(second) << 16 | _folded(first)


def _folded(total: int) -> int:
    return (total - 1) % 0xFFFF + 1 if total else 0


def _chunk_shape(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Return the shape of a chunk: whole lines, unless one line alone is too much."""
    chunk = list(shape)
    for dim in range(len(shape)):
        size = math.prod(chunk) * itemsize
        if size <= _CHUNK:
            break
        chunk[dim] = max(1, chunk[dim] * _CHUNK // size)
        if dim == 0 and math.prod(chunk) * itemsize <= _SLAB:
            break
    return tuple(chunk)


def slabs(shape: tuple[int, ...], itemsize: int, step: int = 1) -> Iterator[slice]:
    """Yield slices of lines, multiples of `step`, that are small enough for memory."""
    line = max(1, math.prod(shape[1:]) * itemsize)
    lines = max(1, _SLAB // line // step) * step
    for start in range(0, shape[0], lines):
        yield slice(start, min(start + lines, shape[0]))


def write_array(parent: Any, name: str, data: Any, *, title: str, packed: bool) -> tuple[Any, int]:
    """Create an array and write it, slab by slab.

    Parameters
    ----------
    parent : Group
    name : str
    data : array_like
        With shape, dtype and slices that give arrays; numbers, in native byte order or not.
    title : str
    packed : bool
        Compress it and put a checksum in each chunk.

    Returns
    -------
    leaf : CArray
    crc : int
        CRC32 of the values in C order.
    """
    dtype = np.dtype(data.dtype).newbyteorder("=")
    shape = tuple(int(n) for n in data.shape)
    small = math.prod(shape) * dtype.itemsize < _SMALL
    chunk = _chunk_shape(shape, dtype.itemsize)
    codec = Codec("zlib", 1) if packed and not small else Codec()
    filters = tables.Filters(complevel=codec.level, complib="zlib", shuffle=bool(codec.level), fletcher32=packed)
    leaf = RawCArray(
        parent,
        name,
        atom=tables.Atom.from_dtype(dtype),
        shape=shape,
        title=title,
        filters=filters,
        chunkshape=chunk,
        track_times=False,
    )
    encode = codec.encoder(dtype.itemsize)
    crc = 0
    for lines in slabs(shape, dtype.itemsize, chunk[0]):
        slab = np.ascontiguousarray(data[lines], dtype=dtype)
        crc = crc32(as_bytes(slab), crc)
        _write_slab(leaf, slab, lines.start, encode, packed=packed)
    return leaf, crc


def _write_slab(
    leaf: Any,
    slab: npt.NDArray[Any],
    first: int,
    encode: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]],
    *,
    packed: bool,
) -> None:
    chunk = tuple(int(n) for n in leaf.chunkshape)
    grid = [range(0, n, step) for n, step in zip(slab.shape, chunk, strict=True)]
    for corner in np.ndindex(*(len(starts) for starts in grid)):
        start = [starts[k] for starts, k in zip(grid, corner, strict=True)]
        part = slab[tuple(slice(s, s + step) for s, step in zip(start, chunk, strict=True))]
        if part.shape != chunk:  # a chunk at an edge is stored whole
            whole = np.zeros(chunk, slab.dtype)
            whole[tuple(slice(n) for n in part.shape)] = part
            part = whole
        content = encode(as_bytes(np.ascontiguousarray(part)))
        if packed:
            check = np.array([fletcher32(content)], "<u4").view(np.uint8)
            content = np.concatenate([content, check])
        leaf._g_write_chunk(np.array([first + start[0], *start[1:]], np.int64), content, 0)
