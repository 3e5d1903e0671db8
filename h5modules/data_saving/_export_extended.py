"""Sets of data saved at the points of a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from h5modules._storage.nodes import path_of
from h5modules.data import DataDistribution
from h5modules.data_saving._axes import AxisSaverLoader, checked_values
from h5modules.data_saving._batches import PointBatches
from h5modules.data_saving._export import (
    SPECIAL_GROUP_NAMES,
    Channels,
    DataToExportSaver,
    Key,
    check_set,
    keys_of,
    of_origin,
)
from h5modules.data_saving._extended import GridPlan, checked_point, checked_scan, open_grid, write_point
from h5modules.data_saving._points import PointSet
from h5modules.data_saving._unfinished import clear_unfinished
from h5modules.data_saving._usual import UsualSet
from h5modules.errors import ArrayMismatch, AxisError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from h5modules._storage.arrays import GridArray
    from h5modules.backends import Node
    from h5modules.data import Axis, DataToExport, DataWithAxes
    from h5modules.data_saving._management import H5Source

__all__ = ["DataToExportExtendedSaver"]


class _Detector:
    """The arrays of the scan in one group: which of them are whose."""

    __slots__ = ("parts", "points", "usual")

    def __init__(self, parts: dict[Key, list[GridArray]], points: PointSet) -> None:
        self.parts = parts
        self.points = points
        self.usual = UsualSet()


class DataToExportExtendedSaver(PointBatches["DataToExport"], DataToExportSaver):
    """Saves sets of data at the points of a scan.

    Parameters
    ----------
    h5saver : H5SaverLowLevel, Path or str
        An open file or a path; see `FileUser`.
    extended_shape : iterable of int
        Shape of the scan. Arrays get it in front of the shape of the data.
    fill_value : float, optional
        What points that are not measured read as: NaN for floats, 0 for integers. The array Measured in the group says
        which points were.
    replace : bool
        Let a point be saved again. Without it that is an error.
    **kwargs
        See `FileUser`.

    Notes
    -----
    When `add_data` has returned, all of what it was given is in the file, even if this process is killed the next
    moment (with ``flush_every=1``, which is the default). When it raised, nothing of it counts.
    """

    _bundled: ClassVar[tuple[str, ...]] = ("indexes", "distribution")

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
        self._detectors: dict[str, _Detector] = {}
        self._session_of_detectors: object = None

    def add_nav_axes(self, where: Node | str, axes: Sequence[Axis]) -> None:
        """Save the navigation axes of the scan, in ``<where>/NavAxes``.

        Parameters
        ----------
        where : Node or str
            A group at or above those of the data: that of the scan, say.
        axes : sequence of Axis
            Left as they are. On a grid: the index of each is a dimension of `extended_shape`. Spread: index 0, and a
            spread order each.

        Raises
        ------
        AxisError
            One has another number of points than its dimension, or NaN among them; nothing was written.
        """
        group = self._writable_group(where)
        for axis in axes:
            checked_values(axis)
            if axis.index >= len(self.extended_shape) or axis.size != self.extended_shape[axis.index]:
                raise AxisError(
                    f"axis {axis.label!r} has index {axis.index} and {axis.size} points, which does not fit a scan of "
                    f"shape {self.extended_shape}; nothing was saved",
                    data_name=axis.label,
                )
        nav_group = self._h5saver.get_set_group(group, SPECIAL_GROUP_NAMES["nav_axes"])
        AxisSaverLoader(self._h5saver).ensure(nav_group, list(axes))
        self._h5saver.flush()

    def add_data(  # type: ignore[override]  # the point comes before the settings, as in PyMoDAQ
        self,
        where: Node | str,
        data: DataToExport,
        indexes: Iterable[int],
        distribution: DataDistribution | str = DataDistribution.uniform,
        settings_as_xml: str = "",
        **kwargs: Any,
    ) -> None:
        """Save a set of data at a point of the scan.

        The first set that a group gets says what is in the sets: names, origins, shapes, types, error bars.

        Parameters
        ----------
        where : Node or str
            The group of a detector, say.
        data : DataToExport
            Left as it is.
        indexes : iterable of int
            The point: an index for each dimension of the scan, from 0 on.
        distribution : DataDistribution or str
            Whether the points of the scan lie on a grid.
        settings_as_xml : str
            Settings of the module that it is from, for the channel groups; those of the first set count.
        **kwargs
            More attributes, for the channel groups and the data; those of the first set count.

        Raises
        ------
        PointOutside, PointTaken, ArrayMismatch
            Nothing was written.
        FileClosed, FileReadOnly, NodeNotFound, NodeKindError, WriteFailed
        """
        check_set(data)
        point = checked_point(indexes, self.extended_shape)
        session = self._session
        if self._session_of_detectors is not session:
            self._detectors, self._session_of_detectors = {}, session
        path = where if type(where) is str else path_of(where)
        detector = self._detectors.get(path)
        usual = None if detector is None else detector.usual.rows(data)
        if detector is not None and usual is not None:
            detector.points.check_free(point)
            detector.points.write(point, usual)
            return
        parts = dict(zip(keys_of(data), data, strict=True))
        if detector is None:
            detector = self._detectors[path] = self._open_or_make(where, parts, distribution, settings_as_xml, kwargs)
        if parts.keys() != detector.parts.keys():
            raise ArrayMismatch(
                f"the set {data.name!r} has {_names(parts)}, and {path} has {_names(detector.parts)}, which the first "
                f"set said; nothing was saved. Save other data in another group",
                path=session.path,
                node=path,
            )
        write_point(detector.points, point, [(parts[key], grids) for key, grids in detector.parts.items()])
        detector.usual.remember(data, list(parts), detector.parts)

    def _open_or_make(
        self,
        where: Node | str,
        parts: dict[Key, DataWithAxes],
        distribution: DataDistribution | str,
        settings: str,
        metadata: dict[str, Any],
    ) -> _Detector:
        group = self._writable_group(where)
        channels = Channels(self, group)
        clear_unfinished(group, channels.all())
        there = channels.existing()
        scan = self.extended_shape
        grids = {key: open_grid(self._h5saver, channel, scan) for key, channel in there.items()}
        grids = {key: arrays for key, arrays in grids.items() if arrays}
        if not grids:
            parts = {key: of_origin(dwa, key.origin) for key, dwa in parts.items()}
            plans = {key: GridPlan(dwa, scan, distribution, self.fill_value, metadata) for key, dwa in parts.items()}
            for key, dwa in parts.items():
                channel = there.get(key) or channels.add(dwa, settings, metadata)
                grids[key] = plans[key].make(self._h5saver, channel)
        arrays = [array for group_arrays in grids.values() for array in group_arrays]
        return _Detector(grids, PointSet(self._session, group, scan, arrays, replace=self._replace))


def _names(keys: Iterable[Key]) -> str:
    return ", ".join(str(key) for key in keys)
