"""Arrays of an image that are read, and computed, slice by slice when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tables

from h5modules.errors import FileUnreadable
from h5modules.images.errors import ImageIndexError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ImageView", "full_key", "read", "result_shape"]

Key = tuple[int | slice, ...]


def full_key(key: object, shape: tuple[int, ...]) -> Key:
    """Return an index for every dimension: integers, and slices with steps that are not 0.

    Raises
    ------
    ImageIndexError
        It has too many dimensions, is outside, or is something else than integers, slices and an ellipsis.
    """
    items = list(key) if isinstance(key, tuple) else [key]
    if sum(item is Ellipsis for item in items) > 1:
        raise ImageIndexError(f"{key!r} has more than one ellipsis")
    if any(item is Ellipsis for item in items):
        at = next(k for k, item in enumerate(items) if item is Ellipsis)
        items[at : at + 1] = [slice(None)] * (len(shape) - len(items) + 1)
    if len(items) > len(shape):
        raise ImageIndexError(f"{key!r} has {len(items)} indexes, and the image has {len(shape)} dimensions: {shape}")
    items += [slice(None)] * (len(shape) - len(items))
    return tuple(_index(item, size, dim) for dim, (item, size) in enumerate(zip(items, shape, strict=True)))


def _index(item: object, size: int, dim: int) -> int | slice:
    if isinstance(item, slice):
        if item.step == 0:
            raise ImageIndexError(f"the slice of dimension {dim} has step 0")
        return item
    if isinstance(item, bool | np.bool_) or not isinstance(item, int | np.integer):
        raise ImageIndexError(
            f"an image is sliced with integers and slices, not with {type(item).__name__} in dimension {dim}; take "
            f"np.asarray() of it for other ways to index"
        )
    if not -size <= item < size:
        raise ImageIndexError(f"index {item} is outside dimension {dim}, which has {size}")
    return int(item) % size


def result_shape(key: Key, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of what an index of all dimensions selects."""
    return tuple(len(range(*item.indices(n))) for item, n in zip(key, shape, strict=True) if isinstance(item, slice))


def read(leaf: Any, key: Key) -> npt.NDArray[Any]:
    """Read a part of an array of a file.

    Raises
    ------
    FileUnreadable
        A checksum does not fit, or the file is damaged in another way.
    """
    outer, inner = [], []
    for item, size in zip(key, leaf.shape, strict=True):
        if isinstance(item, int):
            outer.append(slice(item, item + 1))
            inner.append(slice(None))
            continue
        picked = range(*item.indices(int(size)))
        if picked.step < 0:  # the library reads forwards only
            forward = picked[::-1]
            outer.append(slice(forward.start, forward.stop, forward.step))
            inner.append(slice(None, None, -1))
        else:
            outer.append(slice(picked.start, max(picked.start, picked.stop), picked.step))
            inner.append(slice(None))
    dropped = tuple(dim for dim, item in enumerate(key) if isinstance(item, int))
    if 0 in result_shape(key, tuple(leaf.shape)):
        return np.empty(result_shape(key, tuple(leaf.shape)), leaf.dtype)
    try:
        found = np.asarray(leaf[tuple(outer)])[tuple(inner)]
    except (tables.HDF5ExtError, OSError) as exc:
        raise FileUnreadable(
            f"{leaf._v_pathname} of {leaf._v_file.filename} cannot be read: a checksum does not fit, or the file is "
            f"damaged there. Other parts of it may be readable",
            path=leaf._v_file.filename,
            node=leaf._v_pathname,
        ) from exc
    return found.squeeze(axis=dropped) if dropped else found


class ImageView(np.lib.mixins.NDArrayOperatorsMixin):
    """A read-only array that is read and computed when it is sliced, or as a whole when NumPy asks for it.

    Arithmetic, comparisons, NumPy functions and methods of arrays work on all of it; slices read that slice only.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
    fetch : callable
        Returns the part at an index of all dimensions.
    name : str
        What it is called in its repr.
    """

    __slots__ = ("_fetch", "_name", "dtype", "shape")

    def __init__(
        self, shape: tuple[int, ...], dtype: npt.DTypeLike, fetch: Callable[[Key], npt.NDArray[Any]], name: str
    ) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._fetch = fetch
        self._name = name

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Bytes that all of it takes in memory."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: object) -> Any:
        if isinstance(key, np.ndarray | list | type(None)) or (
            isinstance(key, tuple) and any(isinstance(item, np.ndarray | list | type(None)) for item in key)
        ):
            whole: Any = np.asarray(self)
            return whole[key]
        part = self._fetch(full_key(key, self.shape))
        return part if part.ndim else part[()]

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        if copy is False:
            raise ValueError(f"{self._name} is read from a file: an array of it is always a copy")
        whole = self._fetch((slice(None),) * len(self.shape))
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = [np.asarray(item) if isinstance(item, ImageView) else item for item in inputs]
        return getattr(ufunc, method)(*arrays, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return getattr(np.asarray(self), name)

    def __repr__(self) -> str:
        return f"<{self._name} {'x'.join(map(str, self.shape))} {self.dtype}>"
