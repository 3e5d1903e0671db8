"""Arrays in a file, read block by block; also with another array of the file taken off or added."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tables

from h5modules.data_saving._reading import check_background, subtract
from h5modules.errors import FileUnreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from h5modules.backends import CARRAY

__all__ = ["CombinedArray", "StoredArray", "in_quadrature", "less_background", "spread_over"]

BLOCK = 16 << 20
"""Bytes that are read at once, about."""

_GROWING = ("data_enlargeable", "error")
"""Kinds of arrays of which single values are rows of shape (1,)."""

Selection = tuple[slice, ...]


class StoredArray:
    """An array of an open file: shape, dtype, and parts of it read on demand.

    Parameters
    ----------
    node : CARRAY
    rows : int or None
        How many rows count, None for all.
    """

    def __init__(self, node: CARRAY, rows: int | None = None) -> None:
        self.node, self.rows = node, rows
        self._leaf = node.node
        self.path = node.path
        shape = node.shape if rows is None else (min(rows, node.shape[0]), *node.shape[1:])
        self._column = len(shape) == 2 and shape[1] == 1 and str(node.attrs.get("data_type")) in _GROWING
        self._scalar = not shape
        self.shape: tuple[int, ...] = shape[:1] if self._column else shape or (1,)
        self.dtype = np.dtype(node.dtype)
        self.ndim = len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array."""
        return math.prod(self.shape) * self.dtype.itemsize

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Return a part, by slices and integers."""
        keys = self._complete(key)
        bounded = [
            slice(*item.indices(size)) if isinstance(item, slice) else item
            for item, size in zip(keys, self.shape, strict=True)
        ]
        try:
            if self._scalar:
                return np.asarray(self._leaf.read()).reshape(1)[tuple(bounded)]
            part = self._leaf[(*bounded, 0)] if self._column else self._leaf[tuple(bounded)]
        except (tables.HDF5ExtError, OSError) as exc:
            raise FileUnreadable(
                f"{self.path} of {self._leaf._v_file.filename} cannot be read at {keys}: the file is damaged there",
                path=self._leaf._v_file.filename,
                node=self.path,
            ) from exc
        return np.asarray(part)

    def _complete(self, key: Any) -> list[Any]:
        """Return an index for each dimension."""
        keys = list(key) if isinstance(key, tuple) else [key]
        if Ellipsis in keys:
            place = keys.index(Ellipsis)
            keys[place : place + 1] = [slice(None)] * (self.ndim - len(keys) + 1)
        return keys + [slice(None)] * (self.ndim - len(keys))

    def blocks(self, size: int = BLOCK) -> Iterator[tuple[Selection, npt.NDArray[Any]]]:
        """Iterate over the array in C order, in parts of about `size` bytes; each with where it belongs."""
        block = self.block_shape(size)
        split = next((dim for dim in range(self.ndim) if block[dim] > 1), self.ndim - 1)
        step = block[split]
        for outer in itertools.product(*(range(n) for n in self.shape[:split])):
            for start in range(0, self.shape[split], step):
                selection = (
                    *(slice(n, n + 1) for n in outer),
                    slice(start, min(start + step, self.shape[split])),
                    *(slice(0, n) for n in self.shape[split + 1 :]),
                )
                yield selection, self[selection]

    def block_shape(self, size: int = BLOCK) -> tuple[int, ...]:
        """Return the shape of the parts, those at the end apart: (1, ..., n, whole dimensions)."""
        below = [math.prod(self.shape[dim + 1 :]) * self.dtype.itemsize for dim in range(self.ndim)]
        split = next((dim for dim in range(self.ndim) if below[dim] <= size), self.ndim - 1)
        step = min(self.shape[split], self._step(split, max(1, size // max(1, below[split]))))
        return (*(1 for _ in self.shape[:split]), step, *self.shape[split + 1 :])

    def _step(self, dim: int, wanted: int) -> int:
        """Return a step that reads no chunk of the file twice, where that is possible."""
        chunks = getattr(self._leaf, "chunkshape", None)
        chunk = int(chunks[dim]) if chunks and dim < len(chunks) else 1
        return max(1, wanted // chunk * chunk) if wanted >= chunk else wanted


class CombinedArray(StoredArray):
    """An array with another put to it, part by part.

    Parameters
    ----------
    array : StoredArray
    other : StoredArray
        Of the same shape, of that of the last dimensions, or a single value.
    combine : callable
        Takes a part of each.
    """

    def __init__(self, array: StoredArray, other: StoredArray, combine: Callable[[Any, Any], Any]) -> None:
        super().__init__(array.node, array.rows)
        self._other, self._combine = other, combine
        self._small = other[...] if other.ndim < self.ndim or other.shape == (1,) else None
        self.dtype = np.asarray(combine(np.zeros((1,), array.dtype), np.zeros((1,), other.dtype))).dtype

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Return a part, by slices and integers."""
        keys = self._complete(key)
        other = self._other[tuple(keys)] if self._small is None else self._small
        if self._small is not None and other.shape != (1,):
            other = other[tuple(keys[self.ndim - other.ndim :])]
        return np.asarray(self._combine(super().__getitem__(key), other))


def less_background(array: StoredArray, background: StoredArray) -> StoredArray:
    """Return an array with its background taken off, in a type that holds negative results.

    Raises
    ------
    ArrayMismatch
        The background is neither of the shape of the array, nor of its last dimensions, nor a single value.
    """
    check_background(array.shape, background.shape, node=array.path)

    def less(part: Any, off: Any) -> Any:
        return subtract(part, np.broadcast_to(off, np.shape(part)), node=array.path)

    return CombinedArray(array, background, less)


def in_quadrature(bars: StoredArray, others: StoredArray) -> StoredArray:
    """Return error bars of a difference."""
    return CombinedArray(bars, others, lambda bar, other: np.sqrt(bar**2 + other**2))


def spread_over(array: StoredArray, others: StoredArray) -> StoredArray:
    """Return error bars of the shape of an array without, from those of its background."""
    return CombinedArray(array, others, lambda part, other: np.broadcast_to(other, np.shape(part)))
