"""Data appended to arrays that grow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from h5modules._storage.arrays import RowArray
from h5modules._storage.enums import DataType
from h5modules._storage.layout import storable
from h5modules._storage.nodes import path_of
from h5modules.backends import EARRAY
from h5modules.data import Axis, DataDim, DataDistribution, DataSource
from h5modules.data_saving import _metadata
from h5modules.data_saving._axes import AxisSaverLoader, checked_values, shifted
from h5modules.data_saving._management import check_data
from h5modules.data_saving._transaction import RowSet, check_kind, fits
from h5modules.data_saving._unfinished import clear_unfinished
from h5modules.data_saving._whole import DataSaverLoader, ErrorSaverLoader
from h5modules.errors import ArrayMismatch, AxisError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from h5modules.backends import GROUP, Node
    from h5modules.data import DataWithAxes
    from h5modules.data_saving._management import H5Source
    from h5modules.saving import H5SaverLowLevel

__all__ = ["DataEnlargeableSaver", "Plan", "Rows", "append", "axis_columns", "make_axes", "single_values"]

Array = npt.NDArray[Any]


class Rows:
    """What an object of data gives to arrays that grow: one row, or a block of rows along its navigation dimension.

    Attributes
    ----------
    data : DataWithAxes
    arrays : list of ndarray
        Data, then error bars; a block has its rows along the first dimension.
    count : int or None
        Rows of a block; None for one row.
    nav_axes : list of Axis
        Navigation axes of a block.
    """

    __slots__ = ("arrays", "count", "data", "nav_axes")

    def __init__(self, data: DataWithAxes) -> None:
        self.data = data
        nav = data.nav_indexes
        self.count: int | None = None
        self.nav_axes: list[Axis] = []
        arrays = data.data if data.errors is None else [*data.data, *data.errors]
        if not nav:
            self.arrays = arrays
            return
        if len(nav) > 1:
            raise ArrayMismatch(
                f"{data.name!r} has {len(nav)} navigation dimensions; an array that grows takes data with none (a row) "
                f"or one (a block of rows). Save it with DataSaverLoader, or point by point with an extended saver"
            )
        axis = nav[0]
        self.count = int(data.shape[axis])
        self.nav_axes = sorted(data.get_nav_axes(), key=lambda a: a.spread_order)
        self.arrays = [np.moveaxis(array, axis, 0) for array in arrays] if axis else arrays

    @property
    def frame(self) -> tuple[int, ...]:
        """Shape of one row; (1,) for a single value."""
        shape = self.arrays[0].shape if self.count is None else self.arrays[0].shape[1:]
        return shape or (1,)

    @property
    def dimension(self) -> DataDim:
        """Dimensionality of one row."""
        return self.data.dim if self.count is None else DataDim.from_shape(self.frame)

    def signal_axes(self) -> list[Axis]:
        """Return copies of the signal axes, for arrays with one dimension more in front."""
        nav = self.data.nav_indexes
        if not nav:
            return [shifted(axis, 1) for axis in self.data.axes if axis.size]
        axes = []
        for axis in self.data.axes:
            if axis.index != nav[0] and axis.size:
                copy = axis.copy()
                copy.index = axis.index + (1 if axis.index < nav[0] else 0)
                axes.append(copy)
        return axes


class DataEnlargeableSaver(DataSaverLoader):
    """Appends data to arrays that grow, with the value of one or more navigation axes for each row.

    Parameters
    ----------
    h5saver : H5SaverLowLevel, Path or str
        An open file or a path; see `FileUser`.
    enl_axis_names : iterable of str
        Labels of the navigation axes.
    enl_axis_units : iterable of str
        Their units.
    **kwargs
        See `FileUser`.

    Notes
    -----
    When `add_data` has returned, what it was given is in the file, even if this process is killed the next moment
    (with ``flush_every=1``, which is the default).
    """

    data_type: ClassVar[DataType] = DataType.data_enlargeable

    def __init__(
        self,
        h5saver: H5Source,
        enl_axis_names: Iterable[str] = ("nav axis",),
        enl_axis_units: Iterable[str] = ("",),
        **kwargs: Any,
    ) -> None:
        self.enl_axis_names, self.enl_axis_units = checked_names(enl_axis_names, enl_axis_units)
        super().__init__(h5saver, **kwargs)
        self._sets: dict[str, RowSet] = {}
        self._session_of_sets: object = None

    def add_data(  # type: ignore[override]  # rows have axis values where whole data has save_axes
        self,
        where: Node | str,
        data: DataWithAxes,
        axis_values: Iterable[float | Array] | None = None,
        **kwargs: Any,
    ) -> None:
        """Append data: a row, or a block of rows.

        Data without navigation dimension is one row. Data with one navigation dimension is a block of as many rows as
        that is long. The first data that a group gets sets shape and type of the rows.

        Parameters
        ----------
        where : Node or str
            The group.
        data : DataWithAxes
            Left as it is.
        axis_values : iterable of float, optional
            A value for each navigation axis; for a block an array of values for each. A block without them takes those
            of its own navigation axis. Without any, no navigation axes are saved.
        **kwargs
            More attributes of the data; those of the first data count.

        Raises
        ------
        ArrayMismatch
            Another shape, type or number of arrays than the group has; nothing was written.
        AxisError
            NaN among the axis values, or not as many as axes or rows; nothing was written.
        FileClosed, FileReadOnly, NodeNotFound, NodeKindError, WriteFailed
        """
        check_data(data)
        rows = Rows(data)
        path = where if type(where) is str else path_of(where)
        columns, labels = axis_columns(rows.count, axis_values, rows.nav_axes, self.enl_axis_names, self.enl_axis_units)
        session = self._session
        if self._session_of_sets is not session:
            self._sets, self._session_of_sets = {}, session
        row_set = self._sets.get(path)
        if row_set is None:
            row_set = self._sets[path] = self._open_or_make(where, rows, labels, kwargs)
        append(row_set, columns, [(rows, row_set.arrays)])

    def _open_or_make(
        self, where: Node | str, rows: Rows, labels: Sequence[tuple[str, str]], extra: dict[str, Any]
    ) -> RowSet:
        group = self._writable_group(where)
        clear_unfinished(group)
        saved = self.nodes_in(group)
        if saved:
            axes = [node for node in self._axes.nodes_in(group) if isinstance(node, EARRAY)]
            bars = [node for node in ErrorSaverLoader(self._h5saver).nodes_in(group) if isinstance(node, EARRAY)]
            arrays = [RowArray(node.node, self._session) for node in (*saved, *bars)]
            return RowSet(self._session, group, [RowArray(node.node, self._session) for node in axes], arrays)
        plan = Plan(rows, extra)
        nav_axes = make_axes(self._axes, group, labels)
        return RowSet(self._session, group, nav_axes, plan.make(self._h5saver, group))


def append(row_set: RowSet, columns: Sequence[Array], parts: Sequence[tuple[Rows, Sequence[RowArray]]]) -> None:
    """Check all of an append, then do it.

    Parameters
    ----------
    columns : sequence of ndarray
        Values of each navigation axis: 0-d for a row, 1-d for a block.
    parts : sequence of (Rows, arrays)
        What goes to which arrays; together they are all arrays of the set, in its order.

    Raises
    ------
    ArrayMismatch, AxisError
        Nothing was written.
    """
    if len(columns) != len(row_set.axes):
        raise AxisError(
            f"{len(columns)} axis values were given for {len(row_set.axes)} navigation axes; the first append sets "
            f"whether there are some, and how many"
        )
    count = parts[0][0].count
    checked: list[Array] = []
    for rows, arrays in parts:
        name = rows.data.name
        if rows.count != count:
            raise ArrayMismatch(
                f"{name!r} has {rows.count or 1} rows where {parts[0][0].data.name!r} has {count or 1}; data that is "
                f"appended together has as many rows"
            )
        check_kind(rows.data, arrays)
        for array, target in zip(rows.arrays, arrays, strict=True):
            if count is None and array.shape == target.frame and array.dtype is target.dtype:
                checked.append(array if array.flags.c_contiguous else np.ascontiguousarray(array))
                continue
            shape = target.frame if count is None else (count, *target.frame)
            if array.size == 0 or array.dtype.kind not in "biufc":
                storable(array, node=target.path)  # raises
            if target.frame == (1,) and array.ndim == len(shape) - 1:
                array = array.reshape(shape)
            checked.append(fits(array, shape, target.dtype, what=repr(name), node=target.path))
    if count is None:
        row_set.append(columns, checked)
    else:
        row_set.append_block(columns, checked)


def make_axes(saver: AxisSaverLoader, group: GROUP, labels: Sequence[tuple[str, str]]) -> list[RowArray]:
    """Create navigation axes that grow in a group; all have index 0, as spread axes do."""
    arrays = []
    for order, (label, units) in enumerate(labels):
        node = saver.add_axis(group, Axis(label, units, index=0, spread_order=order), enlargeable=True)
        arrays.append(RowArray(node.node, saver.h5saver.session))
    return arrays


class Plan:
    """The arrays that grow for some data, checked, before anything is made of them.

    Parameters
    ----------
    rows : Rows
    extra : dict
        More attributes of the data.

    Raises
    ------
    ArrayMismatch, AxisError
        Something of it has no form in a file.
    """

    def __init__(self, rows: Rows, extra: dict[str, Any]) -> None:
        self._rows = rows
        data = rows.data
        self._fields = _metadata.of_data(
            data,
            data_type=DataType.data_enlargeable.name,
            dimension=rows.dimension,
            distribution=DataDistribution.spread,
            nav_indexes=(0,),
            extra=extra,
        )
        for array in rows.arrays:
            storable(array, node=data.name)
        self._axes = rows.signal_axes()
        for axis in self._axes:
            checked_values(axis)

    def make(self, h5saver: H5SaverLowLevel, group: GROUP) -> list[RowArray]:
        """Create the arrays in a group, and save the signal axes there."""
        data = self._rows.data
        AxisSaverLoader(h5saver).ensure(group, self._axes)
        of_errors = self._fields | _metadata.encoded(
            {"data_type": DataType.error.name, "source": DataSource.calculated.name}, data.name
        )
        arrays = []
        for number, array in enumerate(self._rows.arrays):
            is_error = number >= len(data.data)
            kind = DataType.error if is_error else DataType.data_enlargeable
            place = number - len(data.data) if is_error else number
            title = f"{data.name}_errors" if is_error else data.name
            name = f"{kind.value}{place:02d}"
            node = h5saver.create_earray(group, name, array.dtype, self._rows.frame, title)
            _metadata.write(node, of_errors if is_error else self._fields, label=data.labels[place])
            arrays.append(RowArray(node.node, h5saver.session))
        return arrays


def checked_names(names: Iterable[str], units: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return labels and units of navigation axes, as many of both.

    Raises
    ------
    AxisError
    """
    names, units = tuple(names), tuple(units)
    if len(names) != len(units):
        raise AxisError(f"{len(names)} axis names {names} and {len(units)} axis units {units}; give as many of both")
    return names, units


def axis_columns(
    count: int | None,
    axis_values: Iterable[float | Array] | None,
    nav_axes: Sequence[Axis],
    names: Sequence[str],
    units: Sequence[str],
) -> tuple[list[Array], list[tuple[str, str]]]:
    """Return the values of each navigation axis for an append, and the axes' labels and units.

    A block's own navigation axes give labels, units and, without `axis_values`, the values.

    Raises
    ------
    AxisError
        NaN among them, or not as many as axes or rows.
    """
    labels = list(zip(names, units, strict=True))
    own = [(axis.label, axis.units) for axis in nav_axes]
    if axis_values is None:
        if not nav_axes:
            return [], []
        columns = [np.asarray(axis.get_data(), np.float64) for axis in nav_axes]
        return [_finite(column, label) for column, (label, _) in zip(columns, own, strict=True)], own
    columns = _coordinates(axis_values)
    if len(columns) != len(labels):
        raise AxisError(
            f"{len(columns)} axis values were given for {len(labels)} navigation axes ({', '.join(names)}); give one "
            f"for each"
        )
    if len(own) == len(labels):
        labels = own
    size = 1 if count is None else count
    for column, (label, _) in zip(columns, labels, strict=True):
        _finite(column, label)
        if column.size != size:
            raise AxisError(
                f"axis {label!r} was given {column.size} values for {size} rows; give as many", data_name=label
            )
    return [column.reshape(() if count is None else (count,)) for column in columns], labels


def single_values(axis_values: Iterable[float | Array]) -> list[Array]:
    """Return axis values of one row as arrays, if they are finite numbers; none if they have to be looked at."""
    values = []
    for value in axis_values:
        if not isinstance(value, float | int) or not math.isfinite(value):
            return []
        values.append(np.array(value, np.float64))
    return values


def _finite(column: Array, label: str) -> Array:
    finite = np.isfinite(column)
    if not finite.all():
        bad = column[~finite].reshape(-1)[0]
        raise AxisError(
            f"axis {label!r} was given {'NaN' if np.isnan(bad) else bad}; coordinates have to be finite numbers",
            data_name=label,
        )
    return column


def _coordinates(axis_values: Iterable[float | Array]) -> list[Array]:
    """Return axis values as arrays of floats.

    Raises
    ------
    AxisError
        Something is no number.
    """
    try:
        return [np.asarray(value, np.float64) for value in axis_values]
    except (TypeError, ValueError) as exc:
        raise AxisError(
            f"axis values {axis_values!r:.80} are not one number (or one array of numbers) for each navigation axis: "
            f"{exc}; nothing was saved"
        ) from exc
