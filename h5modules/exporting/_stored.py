"""Data in a file as exporters take it: described in full, read block by block."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules._storage.index import MEASURED
from h5modules.backends import CARRAY, GROUP, VLARRAY
from h5modules.data_saving import BkgSaver, DataLoader, ErrorSaverLoader
from h5modules.data_saving._reading import assemble
from h5modules.data_saving._whole import BKG_ERROR
from h5modules.errors import NodeKindError, NodeNotFound
from h5modules.exporting._arrays import StoredArray, in_quadrature, less_background, spread_over

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from h5modules.backends import Node
    from h5modules.data import Axis, DataWithAxes
    from h5modules.data_saving import DataSaverLoader

__all__ = ["StoredArray", "StoredData", "StoredLoader"]

_MAIN = ("data", "data_enlargeable")


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
    backgrounds : tuple of str
        Paths of the arrays that are the background of these, as many or none; whether they are taken off says
        `less_background`.
    less_background : bool
    measured : ndarray of bool or None
        Which points of a scan were measured, along the first dimensions; None where all were.
    """

    described: DataWithAxes
    arrays: tuple[StoredArray, ...]
    errors: tuple[StoredArray, ...] = ()
    backgrounds: tuple[str, ...] = ()
    less_background: bool = False
    measured: npt.NDArray[np.bool_] | None = None

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
        return replace(
            self,
            described=kept,
            arrays=(self.arrays[number],),
            errors=self.errors[number : number + 1],
            backgrounds=self.backgrounds[number : number + 1],
        )


class StoredLoader(DataLoader):
    """A loader that leaves the numbers in the file."""

    _latest: Sequence[CARRAY] = ()

    @property
    def source(self) -> Path:
        """What users know as the file that the data is in."""
        return self.h5saver.path

    def stored(self, where: Node | str, *, subtract_background: bool = False) -> list[StoredData]:
        """Return the data that is meant by a node: an array, the arrays of a channel, or all data below.

        Parameters
        ----------
        where : Node or str
        subtract_background : bool
            Take the background off where there is one, as `DataLoader.load_data` does with `with_bkg`.

        Raises
        ------
        NodeNotFound
            Nothing is there, or no data is below.
        NodeKindError
            An array that is no data.
        ArrayMismatch
            A background that is to be taken off does not fit.
        """
        found = self._all_stored(where)
        return [self._less_background(data) for data in found] if subtract_background else found

    def _all_stored(self, where: Node | str) -> list[StoredData]:
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
        nodes = self._latest
        errors = self._error_nodes(nodes) if described.errors is not None else []
        return StoredData(
            described,
            tuple(self._stored_array(array) for array in nodes),
            tuple(self._stored_array(array) for array in errors),
            tuple(background.path for background in self._beside(nodes, BkgSaver(self.h5saver))),
            measured=self._measured(nodes[0], described.shape),
        )

    def _less_background(self, data: StoredData) -> StoredData:
        if not data.backgrounds:
            return data
        nodes = [self.get_node(path) for path in data.backgrounds]
        backgrounds = [self._stored_array(node) for node in nodes if isinstance(node, CARRAY)]
        arrays = tuple(less_background(*pair) for pair in zip(data.arrays, backgrounds, strict=True))
        errors = data.errors
        spreads = self._spreads_of(backgrounds)
        if spreads:
            combine = in_quadrature if errors else spread_over
            errors = tuple(combine(*pair) for pair in zip(errors or arrays, spreads, strict=True))
        described = data.described.deepcopy_with_new_data([_placeholder(array) for array in arrays])
        described.labels, described.source = data.labels, data.described.source
        described.errors = [_placeholder(error) for error in errors] or None
        described.timestamp = data.described.timestamp
        described.add_extra_attribute(background_subtracted=", ".join(data.backgrounds))
        return replace(data, described=described, arrays=arrays, errors=errors, less_background=True)

    def _spreads_of(self, backgrounds: Sequence[StoredArray]) -> list[StoredArray]:
        """Return the error bars of backgrounds; none where one has none."""
        group = backgrounds[0].node.parent_node
        there = group.children() if isinstance(group, GROUP) else {}
        found = [there.get(f"{BKG_ERROR}{_number(background.node):02d}") for background in backgrounds]
        nodes = [node for node in found if isinstance(node, CARRAY)]
        return [self._stored_array(node) for node in nodes] if len(nodes) == len(backgrounds) else []

    def _measured(self, node: Node, shape: tuple[int, ...]) -> npt.NDArray[np.bool_] | None:
        """Return which points were measured where some were not."""
        parent = node.parent_node
        while parent is not None:
            child = parent.get_child(MEASURED) if isinstance(parent, GROUP) and MEASURED in parent else None
            if isinstance(child, CARRAY):
                mask = np.asarray(child.read()) != 0
                fits = mask.shape == shape[: mask.ndim]
                return mask if fits and not mask.all() else None
            parent = parent.parent_node
        return None

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
        return self._beside(nodes, ErrorSaverLoader(self.h5saver))

    def _beside(self, nodes: Sequence[CARRAY], loader: DataSaverLoader) -> list[CARRAY]:
        """Return error bars or backgrounds of the same numbers; none where one is missing."""
        group = nodes[0].parent_node
        if not isinstance(group, GROUP) or nodes[0].attrs.get("data_type") not in _MAIN:
            return []
        there = {_number(node): node for node in loader.nodes_in(group)}
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
