"""Making arrays in a file: their chunks, fill values and filters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tables

from h5modules._storage.codecs import NONE, Codec
from h5modules._storage.rawfile import RawCArray, RawEArray, RawVLArray
from h5modules.errors import ArrayMismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["chunk_of_grid", "create_array", "create_growing", "create_rows", "rows_per_chunk", "storable"]

_MIB = 1 << 20
_SCALARS = 64
"""Rows of no more bytes than this are channels of a few numbers."""
_SCALAR_CHUNK = 4096
_SMALL_CHUNK = 32768
"""Chunks of rows that are shorter are rewritten at each append; longer ones would cost more than they save."""


def storable(array: npt.ArrayLike, *, node: str = "") -> npt.NDArray[Any]:
    """Return the array as it goes to a file: contiguous, native byte order, at least one dimension.

    Raises
    ------
    ArrayMismatch
        It is not made of numbers, or is empty.
    """
    result = np.asarray(array)
    if result.dtype.kind not in "biufc":
        raise ArrayMismatch(
            f"cannot save an array of type {result.dtype} in {node or 'a file'}: only numbers (bool, integers, floats, "
            f"complex) are saved as arrays; text goes to add_string_array()",
            node=node,
        )
    if result.size == 0:
        raise ArrayMismatch(
            f"cannot save an array of shape {result.shape} in {node or 'a file'}: it has no elements", node=node
        )
    if result.ndim == 0:
        result = result.reshape(1)
    return np.ascontiguousarray(result, dtype=result.dtype.newbyteorder("="))


def rows_per_chunk(row_bytes: int, *, compressed: bool = False) -> int:
    """Return how many rows share a chunk of an array that is written row by row.

    A row of 16 KiB or more has a chunk of its own, so that an append writes it once and never again.
    """
    if row_bytes <= _SCALARS:
        return _SCALAR_CHUNK // max(row_bytes, 1)
    return 1 if compressed else max(1, _SMALL_CHUNK // row_bytes)


def row_codec(codec: Codec, row_bytes: int) -> Codec:
    """Return the codec for rows of that size; short ones are not worth compressing."""
    return codec if row_bytes >= 2048 else NONE


def chunk_of_grid(scan: Sequence[int], frame: Sequence[int], row_bytes: int, *, compressed: bool) -> tuple[int, ...]:
    """Return the chunk shape of an array of shape ``(*scan, *frame)`` that is written point by point."""
    rows = rows_per_chunk(row_bytes, compressed=compressed)
    if 1 < rows * row_bytes <= _SMALL_CHUNK and not compressed and row_bytes > _SCALARS:
        rows *= 2
    chunk = []
    for size in reversed(scan):
        best = size if rows >= size else min(range(1, rows + 1), key=lambda c: _overhead(size, c, row_bytes))
        chunk.append(best)
        rows = rows // size if rows >= size else 1
    return (*reversed(chunk), *frame)


def _overhead(size: int, rows: int, row_bytes: int) -> float:
    """Return the part of the file, in bytes per byte, that chunks of so many rows of a dimension cost.

    It is what the last chunk has beyond the end, and about 100 bytes a chunk in HDF5's tree, whose nodes are half full.
    """
    return -(-size // rows) * rows / size - 1 + 100 / (rows * row_bytes)


def _chunk_of_whole(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Return a chunk of about 1 MiB of an array that is written at once: slabs along the first dimensions."""
    chunk = list(shape)
    for dim in range(len(shape)):
        size = math.prod(chunk) * itemsize
        if size <= _MIB:
            break
        chunk[dim] = max(1, chunk[dim] * _MIB // size)
    return tuple(chunk)


def create_array(
    parent: Any,
    name: str,
    *,
    title: str,
    data: npt.NDArray[Any] | None = None,
    shape: tuple[int, ...] = (),
    dtype: npt.DTypeLike | None = None,
    fill: object = None,
    chunk: tuple[int, ...] | None = None,
    codec: Codec = NONE,
) -> Any:
    """Create an array of fixed shape, with `data` in it or lazily allocated with a fill value."""
    if data is not None:
        shape, dtype = data.shape, data.dtype
    dtype = np.dtype(dtype)
    atom = tables.Atom.from_dtype(dtype, dflt=0 if fill is None else fill)
    small = math.prod(shape) * dtype.itemsize < 4096
    leaf = RawCArray(
        parent,
        name,
        atom=atom,
        shape=shape,
        title=title,
        filters=(NONE if small else codec).filters(),
        chunkshape=chunk or _chunk_of_whole(shape, dtype.itemsize),
        track_times=False,
    )
    if data is not None:
        leaf[...] = data
    return leaf


def create_growing(
    parent: Any,
    name: str,
    *,
    title: str,
    frame: tuple[int, ...],
    dtype: npt.DTypeLike,
    codec: Codec = NONE,
    rows: int | None = None,
) -> Any:
    """Create an array of shape ``(0, *frame)`` that grows row by row, `rows` of them in a chunk."""
    dtype = np.dtype(dtype)
    row_bytes = math.prod(frame) * dtype.itemsize
    codec = row_codec(codec, row_bytes)
    rows = rows_per_chunk(row_bytes, compressed=codec is not NONE) if rows is None else rows
    return RawEArray(
        parent,
        name,
        atom=tables.Atom.from_dtype(dtype),
        shape=(0, *frame),
        title=title,
        filters=codec.filters(),
        chunkshape=(rows, *frame),
        track_times=False,
    )


def create_rows(parent: Any, name: str, *, title: str) -> Any:
    """Create an array of rows of bytes, of any lengths."""
    return RawVLArray(parent, name, atom=tables.UInt8Atom(), title=title, chunkshape=(64,), track_times=False)
