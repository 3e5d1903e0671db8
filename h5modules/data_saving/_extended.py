"""Data saved at the points of a scan, in arrays with the dimensions of the scan in front."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from h5modules._storage.arrays import GridArray
from h5modules._storage.enums import DataType
from h5modules._storage.layout import chunk_of_grid, row_codec, storable
from h5modules._storage.nodes import path_of
from h5modules.data import DataDim, DataDistribution, DataSource
from h5modules.data.enums import enum_checker
from h5modules.data_saving import _metadata
from h5modules.data_saving._axes import AxisSaverLoader, checked_values, shifted
from h5modules.data_saving._batches import PointBatches
from h5modules.data_saving._management import check_data
from h5modules.data_saving._points import PointSet
from h5modules.data_saving._transaction import check_kind, fits
from h5modules.data_saving._unfinished import clear_unfinished
from h5modules.data_saving._whole import DataSaverLoader, ErrorSaverLoader
from h5modules.errors import ArrayMismatch, PointOutside

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from h5modules._storage.codecs import Codec
    from h5modules.backends import GROUP, Node
    from h5modules.data import DataWithAxes
    from h5modules.data_saving._management import H5Source
    from h5modules.saving import H5SaverLowLevel

__all__ = ["DataExtendedSaver", "GridPlan", "checked_point", "checked_scan", "write_point"]

Array = npt.NDArray[Any]
_MOST_POINTS = 1 << 32
"""A byte for each says whether it was measured."""


class DataExtendedSaver(PointBatches["DataWithAxes"], DataSaverLoader):
    """Saves data at the points of a scan.

    Parameters
    ----------
    h5saver : H5SaverLowLevel, Path or str
        An open file or a path; see `FileUser`.
    extended_shape : iterable of int
        Shape of the scan. Arrays get it in front of the shape of the data.
    fill_value : float, optional
        What points that are not measured read as: NaN for floats, 0 for integers. The array Measured beside the data
        says which points were.
    replace : bool
        Let a point be saved again. Without it that is an error.
    **kwargs
        See `FileUser`.

    Notes
    -----
    Arrays take space as points come. When `add_data` has returned, the point is in the file, even if this process is
    killed the next moment (with ``flush_every=1``, which is the default).
    """

    data_type: ClassVar[DataType] = DataType.data

    def __init__(
        self,
        h5saver: H5Source,
        extended_shape: Iterable[int],
        fill_value: float | None = None,
        *,
        replace: bool = False,
        **kwargs: Any,
    ) -> None:
        self.extended_shape = checked_scan(extended_shape)
        self.fill_value = fill_value
        self._replace = replace
        super().__init__(h5saver, **kwargs)
        self._sets: dict[str, PointSet] = {}
        self._session_of_sets: object = None

    def add_data(  # type: ignore[override]  # points have indexes where whole data has save_axes
        self,
        where: Node | str,
        data: DataWithAxes,
        indexes: Iterable[int],
        distribution: DataDistribution | str = DataDistribution.uniform,
        **kwargs: Any,
    ) -> None:
        """Save data at a point of the scan.

        Parameters
        ----------
        where : Node or str
            The group.
        data : DataWithAxes
            Left as it is. The first one sets shape and type.
        indexes : iterable of int
            The point: an index for each dimension of the scan, from 0 on.
        distribution : DataDistribution or str
            Whether the points of the scan lie on a grid.
        **kwargs
            More attributes of the data; those of the first data count.

        Raises
        ------
        PointOutside
            The scan has no such point; nothing was written.
        PointTaken
            The point is saved already; nothing was written.
        ArrayMismatch
            Another shape, type or number of arrays than the group has; nothing was written.
        FileClosed, FileReadOnly, NodeNotFound, NodeKindError, WriteFailed
        """
        check_data(data)
        point = checked_point(indexes, self.extended_shape)
        path = where if type(where) is str else path_of(where)
        session = self._session
        if self._session_of_sets is not session:
            self._sets, self._session_of_sets = {}, session
        points = self._sets.get(path)
        if points is None:
            group = self._writable_group(where)
            clear_unfinished(group)
            arrays = open_grid(self._h5saver, group, self.extended_shape)
            if not arrays:
                plan = GridPlan(data, self.extended_shape, distribution, self.fill_value, kwargs)
                arrays = plan.make(self._h5saver, group)
            points = self._sets[path] = PointSet(session, group, self.extended_shape, arrays, replace=self._replace)
        write_point(points, point, [(data, points.arrays)])


def checked_scan(shape: Iterable[int]) -> tuple[int, ...]:
    """Return the shape of a scan.

    Raises
    ------
    PointOutside
        It has no dimensions, one without points, or something that is no integer.
    """
    try:
        scan = tuple(operator.index(n) for n in shape)
    except TypeError as exc:
        raise PointOutside(f"extended_shape is {shape!r:.80}; give a sequence of integers: {exc}") from exc
    if not scan or min(scan) < 1:
        raise PointOutside(f"extended_shape is {scan}; it has at least one dimension, of at least one point each")
    if math.prod(scan) > _MOST_POINTS:
        raise PointOutside(
            f"extended_shape {scan} has {math.prod(scan):.3g} points; a scan has at most {_MOST_POINTS:.3g}, and each "
            f"takes a byte of memory. Make several scans of it"
        )
    return scan


def checked_point(indexes: Iterable[int], scan: tuple[int, ...]) -> tuple[int, ...]:
    """Return the point of a scan.

    Raises
    ------
    PointOutside
    """
    try:
        point = tuple(indexes)
    except TypeError:
        raise PointOutside(
            f"point {indexes!r:.80} of a scan of shape {scan}: give a sequence of {len(scan)} indexes"
        ) from None
    if len(point) == len(scan):
        for index, size in zip(point, scan, strict=True):
            if type(index) is not int or not 0 <= index < size:
                break
        else:
            return point
    for index in point:
        if isinstance(index, bool) or not isinstance(index, int | np.integer):
            raise PointOutside(f"point {point} of a scan of shape {scan}: {index!r} is not an integer")
    if len(point) != len(scan) or not all(0 <= i < n for i, n in zip(point, scan, strict=True)):
        raise PointOutside(
            f"point {tuple(int(i) for i in point)} is outside a scan of shape {scan}; give {len(scan)} indexes, each "
            f"from 0 to the size of its dimension minus 1"
        )
    return tuple(int(i) for i in point)


class GridPlan:
    """The arrays of a scan for some data, checked, before anything is made of them.

    Raises
    ------
    ArrayMismatch, AxisError
        Something of it has no form in a file.
    """

    def __init__(
        self,
        data: DataWithAxes,
        scan: tuple[int, ...],
        distribution: DataDistribution | str,
        fill_value: float | None,
        extra: dict[str, Any],
    ) -> None:
        self._data = data
        self._scan = scan
        self._fill = fill_value
        distribution = enum_checker(DataDistribution, distribution)
        spread = distribution is DataDistribution.spread
        if spread and len(scan) > 1:
            raise ArrayMismatch(
                f"a spread scan has one dimension, its points in the order of their measurement, and extended_shape "
                f"has {len(scan)}: {scan}"
            )
        dims = len(scan)
        self._fields = _metadata.of_data(
            data,
            data_type=DataType.data.name,
            dimension=data.dim if not data.nav_indexes else DataDim.DataND,
            distribution=distribution,
            # the points of a spread scan share the one navigation dimension that spread data can have
            nav_indexes=(0,) if spread else (*range(dims), *(i + dims for i in data.nav_indexes)),
            extra=extra,
        )
        self.arrays = [storable(array, node=data.name) for array in (*data.data, *(data.errors or ()))]
        self._axes = [shifted(axis, dims) for axis in data.axes if axis.size]
        for axis in self._axes:
            checked_values(axis)

    def make(self, h5saver: H5SaverLowLevel, group: GROUP) -> list[GridArray]:
        """Create the arrays in a group, and save the signal axes there."""
        data = self._data
        AxisSaverLoader(h5saver).ensure(group, self._axes)
        of_errors = self._fields | _metadata.encoded(
            {"data_type": DataType.error.name, "source": DataSource.calculated.name}, data.name
        )
        grids = []
        for number, array in enumerate(self.arrays):
            is_error = number >= len(data.data)
            place = number - len(data.data) if is_error else number
            name = f"{(DataType.error if is_error else DataType.data).value}{place:02d}"
            title = f"{data.name}_errors" if is_error else data.name
            grid = self._grid(h5saver, group, name, title, array)
            node = h5saver.get_node(group, name)
            _metadata.write(node, of_errors if is_error else self._fields, label=data.labels[place])
            grids.append(grid)
        return grids

    def _grid(self, h5saver: H5SaverLowLevel, group: GROUP, name: str, title: str, array: Array) -> GridArray:
        frame = () if array.shape == (1,) else array.shape
        codec: Codec = row_codec(h5saver.codec, array.nbytes)
        fill = self._fill
        if fill is None:
            fill = math.nan if array.dtype.kind in "fc" else 0
        elif array.dtype.kind in "iub" and np.asarray(fill).astype(array.dtype) != fill:
            raise ArrayMismatch(f"fill_value {fill} cannot be stored in {array.dtype} data {title!r}; give another")
        node = h5saver.create_carray(
            group,
            name,
            title=title,
            shape=(*self._scan, *frame),
            dtype=array.dtype,
            fill=fill,
            chunk=chunk_of_grid(self._scan, frame, array.nbytes, compressed=bool(codec.level)),
            codec=codec,
        )
        return GridArray(node.node, h5saver.session, self._scan, fresh=True)


def open_grid(h5saver: H5SaverLowLevel, group: GROUP, scan: tuple[int, ...]) -> list[GridArray]:
    """Return the arrays of a scan that a group has already; none if it has none.

    Raises
    ------
    ArrayMismatch
        They are of a scan of another shape.
    """
    nodes = DataSaverLoader(h5saver).nodes_in(group)
    nodes += ErrorSaverLoader(h5saver).nodes_in(group) if nodes else []
    for node in nodes:
        if node.shape[: len(scan)] != scan:
            raise ArrayMismatch(
                f"{node.path} has shape {node.shape}, which is not of a scan of shape {scan}; go on in another group",
                path=h5saver.path,
                node=node.path,
            )
    return [GridArray(node.node, h5saver.session, scan, fresh=False) for node in nodes]


def write_point(
    points: PointSet, point: tuple[int, ...], parts: Sequence[tuple[DataWithAxes, Sequence[GridArray]]]
) -> None:
    """Check all that goes to a point, then write it.

    Raises
    ------
    PointTaken, ArrayMismatch
        Nothing was written.
    """
    points.check_free(point)
    checked: list[Array] = []
    for data, grids in parts:
        arrays = data.data if data.errors is None else [*data.data, *data.errors]
        check_kind(data, grids)
        for array, grid in zip(arrays, grids, strict=True):
            row = array.reshape(()) if grid.frame == () and array.size == 1 else array
            checked.append(fits(row, grid.frame, grid.dtype, what=repr(data.name), node=grid.path))
    points.write(point, checked)
