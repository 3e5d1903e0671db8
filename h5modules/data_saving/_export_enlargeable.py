"""Sets of data appended to arrays that grow together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from h5modules._storage.arrays import RowArray
from h5modules._storage.nodes import path_of
from h5modules.backends import EARRAY, GROUP
from h5modules.data import DataToExport
from h5modules.data_saving._axes import AxisSaverLoader
from h5modules.data_saving._enlargeable import (
    DataEnlargeableSaver,
    Plan,
    Rows,
    append,
    axis_columns,
    checked_names,
    make_axes,
    single_values,
)
from h5modules.data_saving._export import (
    SPECIAL_GROUP_NAMES,
    Channels,
    DataToExportSaver,
    Key,
    check_set,
    keys_of,
    of_origin,
)
from h5modules.data_saving._transaction import RowSet
from h5modules.data_saving._unfinished import clear_unfinished
from h5modules.data_saving._usual import UsualSet
from h5modules.data_saving._whole import ErrorSaverLoader
from h5modules.errors import ArrayMismatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from h5modules.backends import Node
    from h5modules.data_saving._management import H5Source

__all__ = ["DataToExportEnlargeableSaver", "DataToExportTimedSaver"]


class _Detector:
    """The growing arrays of one group: which of them are whose."""

    __slots__ = ("parts", "rows", "usual")

    def __init__(self, parts: dict[Key, list[RowArray]], rows: RowSet) -> None:
        self.parts = parts
        self.rows = rows
        self.usual = UsualSet()


class DataToExportEnlargeableSaver(DataToExportSaver):
    """Appends sets of data to arrays that grow together, with values of navigation axes in ``<where>/NavAxes``.

    Parameters
    ----------
    h5saver : H5SaverLowLevel, Path or str
        An open file or a path; see `FileUser`.
    enl_axis_names, enl_axis_units : iterable of str, optional
        Labels and units of the navigation axes.
    axis_name, axis_units : str
        Label and units of the navigation axis, if there is one only.
    **kwargs
        See `FileUser`.

    Notes
    -----
    When `add_data` has returned, all of what it was given is in the file, even if this process is killed the next
    moment (with ``flush_every=1``, which is the default). When it raised, nothing of it is.
    """

    _bundled: ClassVar[tuple[str, ...]] = ("axis_values",)

    def __init__(
        self,
        h5saver: H5Source,
        enl_axis_names: Iterable[str] | None = None,
        enl_axis_units: Iterable[str] | None = None,
        axis_name: str = "nav axis",
        axis_units: str = "",
        **kwargs: Any,
    ) -> None:
        if enl_axis_names is None:
            enl_axis_names, enl_axis_units = [axis_name], [axis_units]
        elif enl_axis_units is None:
            enl_axis_names = list(enl_axis_names)
            enl_axis_units = [""] * len(enl_axis_names)
        self.enl_axis_names, self.enl_axis_units = checked_names(enl_axis_names, enl_axis_units or ())
        super().__init__(h5saver, **kwargs)
        self._detectors: dict[str, _Detector] = {}
        self._session_of_detectors: object = None

    def add_data(  # type: ignore[override]  # the values of the axes come before the settings, as in PyMoDAQ
        self,
        where: Node | str,
        data: DataToExport,
        axis_values: Sequence[float | npt.NDArray[Any]] | None = None,
        axis_value: float | npt.NDArray[Any] | None = None,
        settings_as_xml: str = "",
        **kwargs: Any,
    ) -> None:
        """Append a set of data: one row to each array, or a block of rows if the data has a navigation dimension.

        The first set that a group gets says what is in the sets: names, origins, shapes, types, error bars.

        Parameters
        ----------
        where : Node or str
            The group of a detector, say.
        data : DataToExport
            Left as it is.
        axis_values : sequence of float, optional
            A value for each navigation axis; for blocks an array of values for each. Blocks without them take those of
            their own navigation axis.
        axis_value : float, optional
            The value, if there is one navigation axis only.
        settings_as_xml : str
            Settings of the module that it is from, for the channel groups; those of the first set count.
        **kwargs
            More attributes, for the channel groups and the data; those of the first set count.

        Raises
        ------
        ArrayMismatch
            Other data than the first set had; nothing was written.
        AxisError
            NaN among the axis values, or not as many as axes or rows; nothing was written.
        FileClosed, FileReadOnly, NodeNotFound, NodeKindError, WriteFailed
        """
        if axis_values is None and axis_value is not None:
            axis_values = [axis_value]
        if axis_values is not None and self._append_usual(where, data, axis_values):
            return
        check_set(data)
        session = self._session
        if self._session_of_detectors is not session:
            self._detectors, self._session_of_detectors = {}, session
        path = where if type(where) is str else path_of(where)
        detector = self._detectors.get(path)
        parts = [Rows(dwa) for dwa in data]
        rows = dict(zip(keys_of(data, [part.dimension for part in parts]), parts, strict=True))
        first = parts[0]
        columns, labels = axis_columns(
            first.count, axis_values, first.nav_axes, self.enl_axis_names, self.enl_axis_units
        )
        if detector is None:
            detector = self._open(where) or self._make(where, rows, labels, settings_as_xml, kwargs)
            self._detectors[path] = detector
        if rows.keys() != detector.parts.keys():
            raise ArrayMismatch(
                f"the set {data.name!r} has {_names(rows)}, and {path} has {_names(detector.parts)}, which the first "
                f"set said; nothing was saved. Save other data in another group",
                path=session.path,
                node=path,
            )
        append(detector.rows, columns, [(rows[key], arrays) for key, arrays in detector.parts.items()])
        if first.count is None:
            detector.usual.remember(data, list(rows), detector.parts)

    def _append_usual(
        self, where: Node | str, data: DataToExport, axis_values: Iterable[float | npt.NDArray[Any]]
    ) -> bool:
        """Append a set of rows that is made like the one before; return whether it was."""
        detector = self._detectors.get(where if type(where) is str else path_of(where))
        if detector is None or self._session_of_detectors is not self._session or not isinstance(data, DataToExport):
            return False
        rows = detector.usual.rows(data)
        values = single_values(axis_values)
        if rows is None or len(values) != len(detector.rows.axes):
            return False
        detector.rows.append(values, rows)
        return True

    def _open(self, where: Node | str) -> _Detector | None:
        """Return the arrays of a group that has some already."""
        group = self._writable_group(where)
        enlargeable, errors = DataEnlargeableSaver(self._h5saver), ErrorSaverLoader(self._h5saver)
        session = self._session
        nav_axes = [group.get_child(name) for name in group.children_name() if name == SPECIAL_GROUP_NAMES["nav_axes"]]
        begun = [*Channels(self, group).all(), *(node for node in nav_axes if isinstance(node, GROUP))]
        clear_unfinished(group, begun)
        parts = {}
        for key, channel in Channels(self, group).existing().items():
            saved = enlargeable.nodes_in(channel)
            if saved:
                bars = [node for node in errors.nodes_in(channel) if isinstance(node, EARRAY)]
                parts[key] = [RowArray(node.node, session) for node in (*saved, *bars)]
        if not parts:
            return None
        axes: list[RowArray] = []
        name = SPECIAL_GROUP_NAMES["nav_axes"]
        if name in group:
            nodes = AxisSaverLoader(self._h5saver).nodes_in(group.get_child(name))
            axes = [RowArray(node.node, session) for node in nodes if isinstance(node, EARRAY)]
        return _Detector(parts, RowSet(session, group, axes, [array for arrays in parts.values() for array in arrays]))

    def _make(
        self,
        where: Node | str,
        rows: dict[Key, Rows],
        labels: Sequence[tuple[str, str]],
        settings: str,
        metadata: dict[str, Any],
    ) -> _Detector:
        group = self._writable_group(where)
        rows = {key: Rows(of_origin(row.data, key.origin)) for key, row in rows.items()}
        plans = {key: Plan(row, metadata) for key, row in rows.items()}
        axes: list[RowArray] = []
        if labels:
            nav_group = self._h5saver.get_set_group(group, SPECIAL_GROUP_NAMES["nav_axes"])
            axes = make_axes(AxisSaverLoader(self._h5saver), nav_group, labels)
        channels = Channels(self, group)
        there = channels.existing()
        parts = {
            key: plans[key].make(self._h5saver, there.get(key) or channels.add(row.data, settings, metadata))
            for key, row in rows.items()
        }
        return _Detector(
            parts, RowSet(self._session, group, axes, [array for arrays in parts.values() for array in arrays])
        )


class DataToExportTimedSaver(DataToExportEnlargeableSaver):
    """Appends sets of data as they come in time, with their timestamps as navigation axis 'time' in s.

    Parameters
    ----------
    h5saver : H5SaverLowLevel, Path or str
        An open file or a path; see `FileUser`.
    **kwargs
        See `FileUser`.
    """

    _bundled: ClassVar[tuple[str, ...]] = ()

    def __init__(self, h5saver: H5Source, **kwargs: Any) -> None:
        super().__init__(h5saver, axis_name="time", axis_units="s", **kwargs)

    def add_data(  # type: ignore[override]  # the time is the data's own
        self, where: Node | str, data: DataToExport, settings_as_xml: str = "", **kwargs: Any
    ) -> None:
        """Append a set of data at its timestamp.

        Blocks of rows (data with a navigation dimension) come with their times as navigation axis.

        Parameters
        ----------
        where : Node or str
            The group of a detector, say.
        data : DataToExport
            Its `timestamp`, POSIX seconds, is the value on the time axis.
        settings_as_xml, **kwargs
            See `DataToExportEnlargeableSaver.add_data`.

        Raises
        ------
        ArrayMismatch, AxisError, FileClosed, FileReadOnly, NodeNotFound, NodeKindError, WriteFailed
        """
        if isinstance(data, DataToExport) and self._append_usual(where, data, [data.timestamp]):
            return
        check_set(data)
        block = any(dwa.nav_indexes for dwa in data)
        super().add_data(
            where, data, axis_values=None if block else [data.timestamp], settings_as_xml=settings_as_xml, **kwargs
        )


def _names(keys: Iterable[Key]) -> str:
    return ", ".join(str(key) for key in keys)
