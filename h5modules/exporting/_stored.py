"""Data in a file as exporters take it: described in full, read block by block."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tables

from h5modules.backends import CARRAY, GROUP, VLARRAY
from h5modules.data_saving import DataLoader, ErrorSaverLoader
from h5modules.data_saving._reading import assemble
from h5modules.errors import FileUnreadable, NodeKindError, NodeNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from h5modules.backends import Node
    from h5modules.data import Axis, DataWithAxes
    from h5modules.data_saving import DataSaverLoader

__all__ = ["StoredArray", "StoredData", "StoredLoader"]

BLOCK = 16 << 20
"""Bytes that are read at once, about."""

_MAIN = ("data", "data_enlargeable")

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
        self._leaf = node.node
        self.path = node.path
        shape = node.shape if rows is None else (min(rows, node.shape[0]), *node.shape[1:])
        self._column = len(shape) == 2 and shape[1] == 1 and node.attrs.get("data_type") == "data_enlargeable"
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
        keys = list(key) if isinstance(key, tuple) else [key]
        if Ellipsis in keys:
            place = keys.index(Ellipsis)
            keys[place : place + 1] = [slice(None)] * (self.ndim - len(keys) + 1)
        keys += [slice(None)] * (self.ndim - len(keys))
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


@dataclass(frozen=True)
class StoredData:
    """Data with axes, its arrays still in the file.

    Attributes
    ----------
    described : DataWithAxes
        All but the numbers: name, labels, units, axes, navigation, attributes. Its arrays have the right shape and
        dtype, take no memory, and are all zeros.
    arrays, errors : tuple of StoredArray
        As many as labels; no errors at all, or as many.
    """

    described: DataWithAxes
    arrays: tuple[StoredArray, ...]
    errors: tuple[StoredArray, ...] = ()

    @property
    def name(self) -> str:
        """Name of the data."""
        return self.described.name

    @property
    def path(self) -> str:
        """Path in the file of its first array."""
        return self.arrays[0].path

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of each array."""
        return self.arrays[0].shape

    @property
    def labels(self) -> list[str]:
        """A name for each array."""
        return list(self.described.labels)

    @property
    def units(self) -> str:
        """Units of the values."""
        return str(self.described.units)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays and error bars."""
        return sum(array.nbytes for array in (*self.arrays, *self.errors))

    def axes_at(self, dim: int) -> list[Axis]:
        """Return the axes along a dimension: none, one, or several when points are spread."""
        return sorted((axis for axis in self.described.axes if axis.index == dim), key=lambda axis: axis.spread_order)

    def single(self, number: int) -> StoredData:
        """Return the data of one of the arrays."""
        data = self.described
        kept = data.deepcopy_with_new_data([data.data[number]])
        kept.labels, kept.source = [data.labels[number]], data.source  # copies with new data count as calculated
        return replace(self, described=kept, arrays=(self.arrays[number],), errors=self.errors[number : number + 1])


class StoredLoader(DataLoader):
    """A loader that leaves the numbers in the file."""

    _latest: Sequence[CARRAY] = ()

    def stored(self, where: Node | str) -> list[StoredData]:
        """Return the data that is meant by a node: an array, the arrays of a channel, or all data below.

        Raises
        ------
        NodeNotFound
            Nothing is there, or no data is below.
        NodeKindError
            An array that is no data.
        """
        node = self.get_node(where)
        if not isinstance(node, GROUP):
            return [self._stored(node, load_all=False)]
        found = []
        for group in list(self.walk_nodes(node, only_groups=True)):
            for kind in _MAIN:
                nodes = [child for child in _children(group) if child.attrs.get("data_type") == kind]
                if len({child.shape for child in nodes}) == 1:
                    found.append(self._stored(nodes[0], load_all=True))
                else:
                    found += [self._stored(child, load_all=False) for child in nodes]
        if not found:
            raise NodeNotFound(
                f"there is no data at or below {node.path} of {self.h5saver.path}; look with `pymodaq-hsi tree`",
                path=self.h5saver.path,
                node=node.path,
            )
        return found

    def _stored(self, node: Node, *, load_all: bool) -> StoredData:
        described = self.load_data(node, load_all=load_all)
        errors = self._error_nodes(self._latest) if described.errors is not None else []
        return StoredData(
            described,
            tuple(self._stored_array(array) for array in self._latest),
            tuple(self._stored_array(array) for array in errors),
        )

    def _load(self, loader: DataSaverLoader, nodes: Sequence[CARRAY], *, with_bkg: bool, lazy: bool) -> DataWithAxes:
        del loader, with_bkg, lazy
        self._latest = nodes
        arrays = [_placeholder(self._stored_array(node)) for node in nodes]
        errors = [_placeholder(self._stored_array(node)) for node in self._error_nodes(nodes)]
        data = assemble(nodes, arrays, errors, self._axes_of(nodes[0]))
        data.create_missing_axes()
        return data

    def _stored_array(self, node: CARRAY) -> StoredArray:
        if isinstance(node, VLARRAY) or node.dtype.kind not in "biufc":
            raise NodeKindError(f"{node.path} is not an array of numbers", path=self.h5saver.path, node=node.path)
        return StoredArray(node, self._session.rows.get(node.path))

    def _error_nodes(self, nodes: Sequence[CARRAY]) -> list[CARRAY]:
        """Return the error bars of the same numbers; none where one is missing."""
        group = nodes[0].parent_node
        if not isinstance(group, GROUP) or nodes[0].attrs.get("data_type") not in ("data", "data_enlargeable"):
            return []
        there = {_number(node): node for node in ErrorSaverLoader(self.h5saver).nodes_in(group)}
        found = [there[_number(node)] for node in nodes if _number(node) in there]
        return found if len(found) == len(nodes) else []


def _number(node: Node) -> int:
    """Return the number at the end of the name of an array."""
    match = re.search(r"\d+$", node.name)
    return int(match[0]) if match else -1


def _children(group: Node) -> list[CARRAY]:
    """Return the arrays in a group, by their numbers."""
    nodes = group.children().values() if isinstance(group, GROUP) else ()
    return sorted((node for node in nodes if isinstance(node, CARRAY)), key=_number)


def _placeholder(array: StoredArray) -> npt.NDArray[Any]:
    return np.broadcast_to(np.zeros((), array.dtype), array.shape)
