"""Axes in files."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import tables

from h5modules._storage.enums import DataType
from h5modules.backends import CARRAY, EARRAY
from h5modules.data import Axis, DataDim, DataDistribution
from h5modules.data_saving import _metadata
from h5modules.data_saving._management import DataManagement
from h5modules.errors import AxisError, DataTypeError, NodeKindError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from h5modules.backends import GROUP, Node

__all__ = ["AxisSaverLoader"]

logger = logging.getLogger("h5modules")


class AxisSaverLoader(DataManagement):
    """Saves axes to a file and loads them from it; parameters as `FileUser`."""

    data_type = DataType.axis

    def add_axis(self, where: Node | str, axis: Axis, enlargeable: bool = False) -> CARRAY:
        """Save an axis as the next axis of a group.

        Parameters
        ----------
        where : Node or str
            The group.
        axis : Axis
            Of at least one point, none of them NaN. It is left as it is.
        enlargeable : bool
            Make an array that grows, without points so far, for an axis with this label, units and index.

        Returns
        -------
        CARRAY or EARRAY

        Raises
        ------
        AxisError
            The axis has no points, or NaN among them.
        """
        group = self._writable_group(where)
        values = np.empty(0) if enlargeable else checked_values(axis)
        name = self._get_next_node_name(group)
        array: CARRAY
        if enlargeable:
            array = self._h5saver.create_earray(group, name, np.float64, (), axis.label)
        else:
            array = self._h5saver.create_carray(group, name, values, axis.label)
        fields: dict[str, object] = {
            "data_type": self.data_type.name,
            "data_dimension": DataDim.Data1D.name,
            "size": int(values.size),
            "label": axis.label,
            "units": axis.units,
            "index": int(axis.index),
            "spread_order": int(axis.spread_order),
            "distribution": DataDistribution.uniform.name,
        }
        if not enlargeable:
            if axis.offset is None or axis.scaling is None:
                fields["distribution"] = DataDistribution.spread.name
            else:
                fields |= {"offset": float(axis.offset), "scaling": float(axis.scaling)}
        _metadata.write(array, _metadata.encoded(fields, axis.label))
        return array

    def load_axis(self, where: Node | str) -> Axis:
        """Return the axis that an array in the file is.

        Raises
        ------
        NodeKindError
            It is something else.
        """
        node = self._get_node(where)
        if not isinstance(node, CARRAY) or not self._is_node_of_data_type(node) or len(node.shape) != 1:
            kind = node.attrs.get("data_type", "nothing of PyMoDAQ's")
            raise NodeKindError(
                f"{node.path} is not an axis: its data_type is {kind!r}; get_axes() finds the axes of a group",
                path=self._session.path,
                node=node.path,
            )
        attrs = node.attrs
        rows = self._session.rows.get(node.path)
        values = node.node.read() if rows is None else node.node.read(0, rows)
        return Axis(
            str(attrs.get("label", "")),
            str(attrs.get("units", "")),
            data=values,
            index=_natural(attrs.get("index")),
            spread_order=_natural(attrs.get("spread_order")),
        )

    def get_axes(self, where: Node | str) -> list[Axis]:
        """Return the axes in a group, in the order of their numbers; one that cannot be read is left out.

        Parameters
        ----------
        where : Node or str
            The group, or a node in it.
        """
        axes = []
        for node in self.nodes_in(where):
            if len(node.shape) == 1 and len(node):
                try:
                    axes.append(self.load_axis(node))
                except (DataTypeError, MemoryError, tables.HDF5ExtError, OSError) as exc:
                    logger.warning("%s is left out, it cannot be read as an axis: %s", node.path, exc)
        return axes

    def ensure(self, group: GROUP, axes: Sequence[Axis]) -> None:
        """Save those of some axes that the group does not have.

        Raises
        ------
        AxisError
            The group has another axis with the index of one of them, so that nobody could tell whose is which.
        """
        there = {(axis.index, axis.spread_order): axis for axis in self.get_axes(group)}
        missing = []
        for axis in axes:
            present = there.get((axis.index, axis.spread_order))
            if present is None:
                missing.append(axis)
            elif not np.array_equal(present.get_data(), axis.get_data()):
                raise AxisError(
                    f"{group.path} has an axis {present.label!r} of {present.size} points for dimension {axis.index} "
                    f"already, and {axis.label!r} of {axis.size} points is another; save this data in another group",
                    data_name=axis.label,
                )
        for axis in missing:
            self.add_axis(group, axis)


def checked_values(axis: Axis) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the coordinates of an axis that can be saved.

    Raises
    ------
    AxisError
    """
    if not isinstance(axis, Axis):
        raise DataTypeError(f"an Axis was expected, not {type(axis).__name__}; nothing was saved")
    values = axis.get_data()
    if not values.size:
        raise AxisError(f"axis {axis.label!r} has no points; give it data or a size", data_name=axis.label)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        first = int(np.isfinite(values).argmin())
        raise AxisError(
            f"axis {axis.label!r} has {'NaN' if np.isnan(values[first]) else values[first]} among its {values.size} "
            f"points, the first at {first}; coordinates have to be finite numbers",
            data_name=axis.label,
        )
    return values


def shifted(axis: Axis, by: int) -> Axis:
    """Return a copy of an axis for data that has got `by` dimensions more in front."""
    copy = axis.copy()
    copy.index = axis.index + by
    return copy


def _natural(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def is_growing(node: Node) -> bool:
    """Whether a node is an array that grows."""
    return isinstance(node, EARRAY)
