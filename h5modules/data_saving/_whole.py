"""Data saved at once: signals, their error bars and their backgrounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from h5modules._storage.enums import DataType
from h5modules._storage.layout import storable
from h5modules.backends import CARRAY, EARRAY, GROUP
from h5modules.data._units import conversion, same_units
from h5modules.data_saving import _metadata
from h5modules.data_saving._axes import AxisSaverLoader, checked_values
from h5modules.data_saving._management import DataManagement, check_data
from h5modules.data_saving._reading import assemble, beside, check_background, read_array, root_of_squares, subtract
from h5modules.errors import ArrayMismatch, NodeKindError, NodeNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from h5modules.backends import Node
    from h5modules.data import Axis, DataWithAxes

__all__ = ["BkgSaver", "DataSaverLoader", "ErrorSaverLoader"]

BKG_ERROR = "BkgError"
"""Error bars of backgrounds: arrays without ``data_type``, which PyMoDAQ passes over."""


class DataSaverLoader(DataManagement):
    """Saves data with its axes and error bars to a group, and loads it; parameters as `FileUser`."""

    data_type: ClassVar[DataType] = DataType.data

    def check_fits(self, where: Node | str, data: DataWithAxes) -> None:
        """Raise if data cannot belong to what a group has; it stands for itself here."""

    @property
    def _axes(self) -> AxisSaverLoader:
        return AxisSaverLoader(self._h5saver)

    def add_data(self, where: Node | str, data: DataWithAxes, save_axes: bool = True, **kwargs: Any) -> None:
        """Save data: an array for each of its arrays, for each of its error bars and for each of its axes.

        Parameters
        ----------
        where : Node or str
            The group.
        data : DataWithAxes
            Left as it is.
        save_axes : bool
            Save the axes that the group does not have yet.
        **kwargs
            More attributes of the data, beside its extra attributes.

        Raises
        ------
        ArrayMismatch
            Something of it has no form in a file; nothing was written.
        AxisError
            An axis has NaN among its coordinates, or contradicts one that the group has.
        FileClosed, FileReadOnly, NodeNotFound, NodeKindError, WriteFailed
        """
        check_data(data)
        group = self._writable_group(where)
        fields = _metadata.of_data(data, data_type=self.data_type.name, extra=kwargs)
        arrays = [storable(array, node=group.path) for array in data.data]
        errors = [storable(array, node=group.path) for array in data.errors or ()]
        axes = [axis for axis in data.axes if axis.size] if save_axes else []
        for axis in axes:
            checked_values(axis)
        if axes:
            self._axes.ensure(group, axes)
        self._save_arrays(group, data, arrays, fields)
        if errors:
            self._save_errors(group, data, errors, kwargs)
        self._h5saver.flush()

    def _counterparts(self, where: Node | str, data: DataWithAxes) -> Iterator[tuple[CARRAY, npt.NDArray[Any]]]:
        """Give the arrays that a group has for the numbers which arrays of `data` will get, and those.

        Raises
        ------
        ArrayMismatch
            They are in units of something else.
        """
        check_data(data)
        group = self._writable_group(where)
        first = max(self.numbered(group), default=-1) + 1
        for number, array in enumerate(data.data, start=first):
            for kind in (DataType.data, DataType.data_enlargeable):
                name = f"{kind.value}{number:02d}"
                node = group.get_child(name) if name in group else None
                if isinstance(node, CARRAY):
                    units = str(node.attrs.get("units", ""))
                    if units and data.units and not same_units(units, data.units):
                        raise ArrayMismatch(
                            f"{data.name!r} is in {data.units!r} and {node.path}, to which it would belong, in "
                            f"{units!r}; convert it with units_as({units!r}). Nothing was saved",
                            path=self._session.path,
                            node=node.path,
                        )
                    yield node, array

    def _units_of_data(self, where: Node | str, data: DataWithAxes) -> str:
        """Return the units of the data that a group has for it: PyMoDAQ takes them for granted when it subtracts."""
        units = next((str(node.attrs.get("units", "")) for node, _ in self._counterparts(where, data)), "")
        return units if units and data.units else data.units

    def _save_arrays(
        self, group: GROUP, data: DataWithAxes, arrays: Sequence[npt.NDArray[Any]], fields: dict[str, bytes]
    ) -> None:
        for array, label in zip(arrays, data.labels, strict=True):
            node = self._h5saver.create_carray(group, self._get_next_node_name(group), array, data.name)
            _metadata.write(node, fields, label=label)

    def _save_errors(
        self, group: GROUP, data: DataWithAxes, errors: Sequence[npt.NDArray[Any]], extra: dict[str, Any]
    ) -> None:
        saver = ErrorSaverLoader(self._h5saver)
        saver.save_beside(group, data, errors, extra)

    def get_axes(self, where: Node | str) -> list[Axis]:
        """Return the axes in a group.

        Parameters
        ----------
        where : Node or str
            The group, or a node in it.
        """
        return self._axes.get_axes(where)

    def get_bkg_nodes(self, where: Node | str) -> list[CARRAY]:
        """Return the background arrays in a group.

        Parameters
        ----------
        where : Node or str
            The group, or a node in it.
        """
        return BkgSaver(self._h5saver).nodes_in(where)

    def data_nodes(self, where: Node | str, *, load_all: bool) -> list[CARRAY]:
        """Return the arrays that are meant by `where`, of this type.

        Raises
        ------
        NodeNotFound
            A group without data.
        NodeKindError
            An array of another type.
        """
        node = self._get_node(where)
        if isinstance(node, GROUP):
            nodes = self.nodes_in(node)
            if not nodes:
                raise NodeNotFound(
                    f"{node.path} of {self._session.path} has no {self.data_type.value} arrays; it has "
                    f"{', '.join(node.children_name()) or 'nothing'}. load_all() finds the data below a group",
                    path=self._session.path,
                    node=node.path,
                )
            return nodes
        if not isinstance(node, CARRAY) or not self._is_node_of_data_type(node):
            raise NodeKindError(
                f"{node.path} is not of type {self.data_type.name}: its data_type is "
                f"{node.attrs.get('data_type', 'not given')!r}",
                path=self._session.path,
                node=node.path,
            )
        return (self.nodes_in(node) or [node]) if load_all else [node]

    def get_data_arrays(
        self, where: Node | str, with_bkg: bool = False, load_all: bool = False, *, lazy: bool = False
    ) -> list[Any]:
        """Return the arrays of data, without anything else.

        Parameters
        ----------
        where : Node or str
            A data array, or a group of them.
        with_bkg : bool
            Subtract the background of the same number, where there is one.
        load_all : bool
            All arrays of the group that `where` is in.
        lazy : bool
            dask arrays instead of NumPy's.
        """
        nodes = self.data_nodes(where, load_all=load_all)
        return self._read(nodes, with_bkg=with_bkg, lazy=lazy)[0]

    def _read(self, nodes: Sequence[CARRAY], *, with_bkg: bool, lazy: bool) -> tuple[list[Any], list[Any]]:
        """Return arrays and error bars; NaN for arrays without, where others have some."""
        session = self._session
        arrays = [read_array(node, session, lazy=lazy) for node in nodes]
        group = self._group(nodes[0])
        prefixes = {DataType.error: (), DataType.bkg: (BKG_ERROR,)}.get(self.data_type, (DataType.error.value,))
        bars: list[Any] = [None] * len(nodes)
        if prefixes:
            bars = [beside(node, group, prefixes[0], session, lazy=lazy, errors=True) for node in nodes]
        if with_bkg and self.data_type is not DataType.bkg:
            for place, node in enumerate(nodes):
                background = beside(node, group, DataType.bkg.value, session, lazy=lazy)
                if background is not None:
                    arrays[place] = subtract(arrays[place], background, node=node.path)
                    spread = beside(node, group, BKG_ERROR, session, lazy=lazy, errors=True)
                    bars[place] = root_of_squares(bars[place], spread, arrays[place].shape)
        if all(bar is None for bar in bars):
            return arrays, []
        return arrays, [
            np.full_like(array, np.nan, dtype=np.float64) if bar is None else bar
            for array, bar in zip(arrays, bars, strict=True)
        ]

    def load_data(
        self, where: Node | str, with_bkg: bool = False, load_all: bool = False, *, lazy: bool = False
    ) -> DataWithAxes:
        """Load data with the axes that are beside it; navigation axes elsewhere in the file are `DataLoader`'s.

        Parameters
        ----------
        where : Node or str
            A data array, or a group of them.
        with_bkg : bool
            Subtract the background of the same number, where there is one, in a type that holds negative results.
        load_all : bool
            Load all arrays of the group that `where` is in, not only the one at `where`.
        lazy : bool
            Arrays are dask arrays, which read what is computed of them.

        Returns
        -------
        DataWithAxes
            Its `path` is where it was loaded from.

        Raises
        ------
        NodeNotFound, NodeKindError, TooLarge, FileUnreadable
        """
        nodes = self.data_nodes(where, load_all=load_all)
        return self.load_nodes(nodes, self.get_axes(nodes[0]), with_bkg=with_bkg, lazy=lazy)

    def load_nodes(self, nodes: Sequence[CARRAY], axes: Sequence[Axis], *, with_bkg: bool, lazy: bool) -> DataWithAxes:
        """Load arrays that belong together, with these axes."""
        arrays, errors = self._read(nodes, with_bkg=with_bkg, lazy=lazy)
        return assemble(nodes, arrays, errors, axes)


class BkgSaver(DataSaverLoader):
    """Saves and loads backgrounds of the data in a group; parameters as `FileUser`."""

    data_type: ClassVar[DataType] = DataType.bkg

    def add_data(self, where: Node | str, data: DataWithAxes, save_axes: bool = False, **kwargs: Any) -> None:
        """Save a background, in the units of the data, without axes by default; see `DataSaverLoader.add_data`.

        Raises
        ------
        ArrayMismatch
            Its shape or units do not fit the data of the same number in the group; nothing was written.
        """
        self.check_fits(where, data)
        units = self._units_of_data(where, data)
        data = data if units == data.units else data.units_as(units, inplace=False)
        super().add_data(where, data, save_axes, **kwargs)

    def check_fits(self, where: Node | str, data: DataWithAxes) -> None:
        """Raise ArrayMismatch if a background does not fit the data of the same number that a group has."""
        for node, array in self._counterparts(where, data):
            check_background(node.shape, array.shape, node=node.path)

    def _save_errors(
        self, group: GROUP, data: DataWithAxes, errors: Sequence[npt.NDArray[Any]], extra: dict[str, Any]
    ) -> None:
        del extra
        first = (self._number(self.get_last_node_name(group) or "") or 0) + 1 - len(errors)
        for number, (array, label) in enumerate(zip(errors, data.labels, strict=True), start=first):
            node = self._h5saver.create_carray(group, f"{BKG_ERROR}{number:02d}", array, f"{data.name}_errors")
            _metadata.write(node, {}, label=label, units=data.units)


class ErrorSaverLoader(DataSaverLoader):
    """Saves and loads error bars of the data in a group; parameters as `FileUser`."""

    data_type: ClassVar[DataType] = DataType.error

    def add_data(self, where: Node | str, data: DataWithAxes, save_axes: bool = False, **kwargs: Any) -> None:
        """Save error bars, in the units of the data, without axes by default; see `DataSaverLoader.add_data`.

        Raises
        ------
        ArrayMismatch
            Their shape or units are not those of the data of the same number in the group; nothing was written.
        """
        self.check_fits(where, data)
        units = self._units_of_data(where, data)
        if units != data.units:
            factor = abs(conversion(data.units, units)[0])
            data = data.with_arrays([array * factor for array in data.data], units=units)
        super().add_data(where, data, save_axes, **kwargs)

    def check_fits(self, where: Node | str, data: DataWithAxes) -> None:
        """Raise ArrayMismatch if error bars do not fit the data of the same number that a group has."""
        for node, array in self._counterparts(where, data):
            if array.shape != node.shape and not isinstance(node, EARRAY):
                raise ArrayMismatch(
                    f"the error bars {data.name!r} have shape {array.shape} and {node.path} has {node.shape}; give one "
                    f"for each element. Nothing was saved",
                    path=self._session.path,
                    node=node.path,
                )

    def save_beside(
        self, group: GROUP, data: DataWithAxes, errors: Sequence[npt.NDArray[Any]], extra: dict[str, Any]
    ) -> None:
        """Save the error bars of data that was just saved in a group, under the same numbers."""
        fields = _metadata.of_data(data, data_type=self.data_type.name, extra=extra)
        fields |= _metadata.encoded({"source": "calculated"}, data.name)
        first = max(DataSaverLoader(self._h5saver).numbered(group), default=-1) + 1 - len(errors)
        for number, (array, label) in enumerate(zip(errors, data.labels, strict=True), start=first):
            node = self._h5saver.create_carray(group, self._format_node_name(number), array, f"{data.name}_errors")
            _metadata.write(node, fields, label=label)
