"""The file of a measurement: PyMoDAQ's groups for scans, detectors and channels, arrays with their metadata, a log.

>>> import tempfile
>>> from pathlib import Path
>>> from h5modules.saving import H5SaverLowLevel
>>> folder = tempfile.TemporaryDirectory()
>>> with H5SaverLowLevel() as h5saver:
...     created = h5saver.init_file(Path(folder.name) / "scan.h5", metadata={"operator": "me"})
...     scan = h5saver.add_scan_group(title="a leaf")
...     detector = h5saver.add_det_group(scan, title="camera")
...     detector.path
'/RawData/Scan000/Detector000'
>>> folder.cleanup()
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from h5modules._storage.enums import DataType, FileType, GroupType, SaveType
from h5modules._storage.nodes import MAX_ATTRIBUTE
from h5modules._storage.versions import CONVENTION, distribution_version
from h5modules.backends import CARRAY, GROUP, H5Backend, Node, StringARRAY
from h5modules.data.enums import DataDim, enum_checker
from h5modules.errors import ArrayMismatch, NodeKindError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DataType", "FileType", "GroupType", "H5SaverLowLevel", "SaveType"]

_SETTINGS_NODE = "Settings"


class H5SaverLowLevel(H5Backend):
    """A file in PyMoDAQ's node convention.

    Parameters
    ----------
    save_type : SaveType or str
        What the file is made for.
    backend : {"tables", "h5py"}, optional
        Accepted for scripts that choose; what is on disk is the same.
    compression : {"none", "zlib", "blosc2"}
        Of arrays that are created from now on. zlib is read everywhere.
    flush_every : int
        Appends per flush. With 1, what a saver's ``add_data`` has returned from survives the killing of this process.
    flush_interval : float
        Seconds between flushes at most, when `flush_every` is more than 1.
    drop_cache : bool
        While a file grows by hundreds of MB, give the memory of its older part back to the system.

    Attributes
    ----------
    save_type : SaveType
    h5_file_path : Path or None
        The folder of the file.
    h5_file_name : str or None
        Its name.
    """

    def __init__(
        self,
        save_type: SaveType | str = "scan",
        backend: str | None = None,
        *,
        compression: str | None = "none",
        flush_every: int = 1,
        flush_interval: float = 0.1,
        drop_cache: bool = True,
    ) -> None:
        super().__init__(backend, compression=compression)
        self.save_type = enum_checker(SaveType, save_type)
        self.h5_file_path: Path | None = None
        self.h5_file_name: str | None = None
        self._options: dict[str, Any] = {
            "flush_every": flush_every,
            "flush_interval": flush_interval,
            "drop_cache": drop_cache,
        }
        self._raw_group_path = "/RawData"
        self._current_group: GROUP | None = None
        self._next_number: dict[tuple[str, str], int] = {}

    @classmethod
    def from_file(
        cls,
        path: Path | str,
        save_type: SaveType | str = "scan",
        new_file: bool = False,
        metadata: Mapping[str, object] | None = None,
        swmr_mode: bool = False,
        mode: Literal["a", "r"] = "a",
        *,
        overwrite: bool = False,
        **options: Any,
    ) -> Self:
        """Make an object and open its file; arguments as the constructor's and those of `init_file`."""
        h5saver = cls(save_type, **options)
        h5saver.init_file(
            path, new_file=new_file, metadata=metadata, swmr_mode=swmr_mode, mode=mode, overwrite=overwrite
        )
        return h5saver

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_file()

    def __repr__(self) -> str:
        state = f"{self.session.path}" if self.isopen() else "no file"
        return f"<{type(self).__name__} {self.save_type.name}: {state}>"

    def init_file(
        self,
        file_name: Path | str,
        raw_group_name: str = "RawData",
        new_file: bool = False,
        metadata: Mapping[str, object] | None = None,
        swmr_mode: bool = False,
        mode: Literal["a", "r"] = "a",
        *,
        overwrite: bool = False,
    ) -> bool:
        """Open a file, creating it when it is not there.

        Parameters
        ----------
        file_name : path
            An extension without "h5" in it is replaced by ".h5".
        raw_group_name : str
            Name of the group that everything goes into.
        new_file : bool
            Create the file; one that is there is an error.
        metadata : mapping, optional
            Attributes of the raw group of a new file.
        swmr_mode : bool
            Without effect: after every append the file is whole for any reader.
        mode : {"a", "r"}
            Add to a file that is there, or only read it.
        overwrite : bool
            Create the file anew even if it is there.

        Returns
        -------
        bool
            Whether a file was created.

        Raises
        ------
        FileExists, NoSuchFile, FileLocked, FileReadOnly, FileUnreadable, WriteFailed
        """
        del swmr_mode
        path = Path(file_name)
        if "h5" not in path.suffix:
            path = path.with_suffix(".h5")
        create = new_file or overwrite or (mode != "r" and not path.exists())
        self.open_file(path, "w" if create else mode, overwrite=overwrite, **self._options)
        self.h5_file_path, self.h5_file_name = path.parent, path.name
        self._raw_group_path = f"/{raw_group_name}"
        self._current_group = None
        self._next_number = {}
        if mode != "r":
            raw = self.get_set_group("/", raw_group_name, title="Data from PyMoDAQ modules")
            if create:
                self._describe_file(raw, metadata or {})
            self.get_set_logger(raw)
            self.flush()
        return create

    def _describe_file(self, raw: GROUP, metadata: Mapping[str, object]) -> None:
        now = datetime.datetime.now()
        attrs = self.root().attrs
        attrs["file"] = self.filename
        attrs["date"] = now.date().isoformat()
        attrs["time"] = now.time().isoformat()
        attrs["pymodaq_version"] = CONVENTION
        attrs["pymodaq_data_version"] = CONVENTION
        attrs["pymodaq_hsi_version"] = distribution_version()
        raw.attrs["type"] = self.save_type.name
        for key, value in metadata.items():
            raw.attrs[key] = value

    @property
    def file_loaded(self) -> bool:
        """Whether a file is open."""
        return self.isopen()

    @property
    def h5_file(self) -> Any:
        """The PyTables file; None when none is open."""
        return self.h5file

    @property
    def raw_group(self) -> GROUP:
        """The group that everything is in."""
        return self._group(self._raw_group_path)

    @property
    def current_group(self) -> GROUP | None:
        """The group that was made or asked for last."""
        return self._current_group

    def save_file(self, filename: Path | str, *, overwrite: bool = False) -> None:
        """Save a copy of the file as it is now."""
        self.save_file_as(filename, overwrite=overwrite)

    def get_set_group(self, where: Node | str, name: str, title: str = "") -> GROUP:
        """Return the group `name` of `where`, which is created when it is not there."""
        self._current_group = super().get_set_group(where, name, title)
        return self._current_group

    # text

    def get_set_logger(self, where: Node | str | None = None) -> StringARRAY:
        """Return the array of log messages in a group (by default the raw group), created when it is not there."""
        parent = self._group(self._raw_group_path if where is None else where)
        if "Logger" not in parent:
            self.add_string_array(parent, "Logger", metadata={"type": "log"})
        logger = parent.get_child("Logger")
        if not isinstance(logger, StringARRAY):
            raise NodeKindError(f"{logger.path} does not hold rows of text", path=self.session.path, node=logger.path)
        return logger

    def add_log(self, msg: str) -> None:
        """Append a message to the log; it is in the file when this returns."""
        self.session.check_writable()
        self.session.need(65536 + 4 * len(msg))
        self.get_set_logger().append(msg)
        self.flush()

    def add_string_array(
        self,
        where: Node | str,
        name: str,
        title: str = "",
        metadata: Mapping[str, object] | None = None,
        *,
        rows: tuple[str, ...] | list[str] = (),
    ) -> StringARRAY:
        """Create an array of rows of text of any length, such as settings that are too long for an attribute.

        Parameters
        ----------
        rows : sequence of str
            Text to begin with; more with the array's ``append``.
        """
        array = self.create_vlarray(where, name, "string", title)
        array.attrs["data_type"] = DataType.strings.name
        for key, value in (metadata or {}).items():
            array.attrs[key] = value
        for row in rows:
            self.session.need(65536 + 4 * len(row))
            array.append(row)
        self.flush()
        return array

    # arrays

    def add_array(
        self,
        where: Node | str,
        name: str,
        data_type: DataType | str,
        array_to_save: npt.ArrayLike | None = None,
        data_shape: tuple[int, ...] | None = None,
        array_type: npt.DTypeLike | None = None,
        fill_value: float | None = None,
        data_dimension: DataDim | str | None = None,
        scan_shape: tuple[int, ...] = (),
        add_scan_dim: bool = False,
        enlargeable: bool = False,
        title: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> CARRAY:
        """Save an array with its metadata, or make room for one.

        Parameters
        ----------
        where, name, title : str
            Group, name (its first letter becomes a capital) and title.
        data_type : DataType or str
            What the array is.
        array_to_save : array_like, optional
            The content; without it `data_shape` and `array_type` are needed.
        data_shape : tuple of int
            Shape; of one row, if `enlargeable`.
        fill_value : float, optional
            What elements that are not written yet read as: NaN for floats, 0 for others.
        data_dimension : DataDim or str
            Dimensionality of the data.
        scan_shape : tuple of int
            With `add_scan_dim`: dimensions before those of `data_shape`; a shape of (1,) is left out after them.
        enlargeable : bool
            Make an array of rows that grows.
        metadata : mapping
            Attributes of the array.

        Returns
        -------
        CARRAY or EARRAY
        """
        data_type = enum_checker(DataType, data_type)
        if data_dimension is None:
            data_dimension = DataDim.from_shape(
                tuple(data_shape or np.shape(array_to_save if array_to_save is not None else 0))
            )
        data_dimension = enum_checker(DataDim, data_dimension)
        name = name[:1].upper() + name[1:]
        dtype = np.dtype(array_type if array_type is not None else np.float64)
        array: CARRAY
        if array_to_save is None and data_shape is None:
            raise ArrayMismatch(f"array {name!r} has neither array_to_save nor data_shape; give one of them", node=name)
        if enlargeable:
            if array_to_save is not None:
                dtype, data_shape = np.asarray(array_to_save).dtype, np.shape(array_to_save)
            array = self.create_earray(where, name, dtype, data_shape, title)
        elif array_to_save is not None:
            array = self.create_carray(where, name, array_to_save, title)
        else:
            shape = tuple(data_shape or ())
            if add_scan_dim:
                shape = (*scan_shape, *(() if shape == (1,) else shape))
            fill = fill_value if fill_value is not None else (np.nan if dtype.kind in "fc" else 0)
            array = self.create_carray(where, name, title=title, shape=shape, dtype=dtype, fill=fill)
        array.attrs["data_type"] = data_type.name
        array.attrs["data_dimension"] = data_dimension.name
        for key, value in (metadata or {}).items():
            array.attrs[key] = value
        return array

    # groups

    def get_groups(self, where: Node | str, group_type: GroupType | str) -> list[GROUP]:
        """Return the groups of `where` that have that type, in the order of their names."""
        wanted = _type_name(group_type).lower()
        children = self._group(where).children().values()
        return [
            node for node in children if isinstance(node, GROUP) and str(node.attrs.get("type", "")).lower() == wanted
        ]

    def get_last_group(self, where: Node | str, group_type: GroupType | str) -> GROUP | None:
        """Return the group of that type with the highest number; None if there is none."""
        parent = self._group(where)
        wanted = _type_name(group_type).lower()
        for name in sorted(parent.children_name(), key=_by_number, reverse=True):
            if name.lower().startswith(wanted):
                node = parent.get_child(name)
                if isinstance(node, GROUP) and str(node.attrs.get("type", "")).lower() == wanted:
                    return node
        groups = self.get_groups(parent, group_type)
        return groups[-1] if groups else None

    def get_node_from_attribute_match(self, where: Node | str, attr_name: str, attr_value: object) -> Node | None:
        """Return the first node at or below `where` whose attribute has that value."""
        for node in self.walk_nodes(where):
            if attr_name in node.attrs and node.attrs.get(attr_name) == attr_value:
                return node
        return None

    def get_node_from_title(self, where: Node | str, title: str) -> Node | None:
        """Return the first node at or below `where` that has that title."""
        return self.get_node_from_attribute_match(where, "TITLE", title)

    def get_settings(self, where: Node | str) -> str:
        """Return the settings text that a group was made with, '' if there is none."""
        group = self._group(where)
        if _SETTINGS_NODE in group:
            node = group.get_child(_SETTINGS_NODE)
            if isinstance(node, StringARRAY):
                return "".join(node.read())
        return str(group.attrs.get("settings", ""))

    def add_incremental_group(
        self,
        group_type: GroupType | str,
        where: Node | str,
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> GROUP:
        """Create the next group of a type: Scan000, Scan001, ...; CH00, CH01, ... for channels.

        Parameters
        ----------
        settings_as_xml : str
            Settings of the module that the group is for, of any length; `get_settings` returns them.
        metadata : mapping
            Attributes of the group.
        """
        kind = _type_name(group_type)
        parent = self._group(where)
        prefix, width = ("CH", 2) if kind == GroupType.ch.name else (kind[:1].upper() + kind[1:], 3)
        number = self._next_number.get((parent.path, prefix))
        if number is None or f"{prefix}{number:0{width}d}" in parent:
            taken = (_by_number(name) for name in parent.children_name() if re.fullmatch(rf"{prefix}\d+", name))
            number = max((found for _, found in taken), default=-1) + 1
        group = self.get_set_group(parent, f"{prefix}{number:0{width}d}", title)
        self._next_number[parent.path, prefix] = number + 1
        group.attrs["type"] = kind
        self._set_settings(group, settings_as_xml)
        if kind == GroupType.scan.name:
            group.attrs["description"] = ""
        for key, value in (metadata or {}).items():
            group.attrs[key] = value
        self.flush()
        return group

    def _set_settings(self, group: GROUP, settings: str) -> None:
        if len(settings) < MAX_ATTRIBUTE // 8:  # the spelling of an attribute can take several characters for one
            group.attrs["settings"] = settings
        else:
            group.attrs["settings"] = ""
            self.add_string_array(group, _SETTINGS_NODE, title="settings", rows=[settings])

    def add_generic_group(
        self,
        where: Node | str = "/RawData",
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
        group_type: GroupType | str = GroupType.scan,
    ) -> GROUP:
        """Create the next group of any type; see `add_incremental_group`."""
        return self.add_incremental_group(group_type, where, title, settings_as_xml, metadata)

    def add_scan_group(
        self,
        where: Node | str = "/RawData",
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> GROUP:
        """Create the next group for a scan; see `add_incremental_group`."""
        return self.add_incremental_group(GroupType.scan, where, title, settings_as_xml, metadata)

    def add_det_group(
        self,
        where: Node | str,
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> GROUP:
        """Create the next group for a detector; see `add_incremental_group`."""
        return self.add_incremental_group(GroupType.detector, where, title, settings_as_xml, metadata)

    def add_act_group(
        self,
        where: Node | str,
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> GROUP:
        """Create the next group for an actuator; see `add_incremental_group`."""
        return self.add_incremental_group(GroupType.actuator, where, title, settings_as_xml, metadata)

    add_move_group = add_act_group

    def add_ch_group(
        self,
        where: Node | str,
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
    ) -> GROUP:
        """Create the next group for a channel; see `add_incremental_group`."""
        return self.add_incremental_group(GroupType.ch, where, title, settings_as_xml, metadata)

    def add_data_group(
        self,
        where: Node | str,
        data_dim: DataDim | str,
        title: str = "",
        settings_as_xml: str = "",
        metadata: Mapping[str, object] | None = None,
        group_name: str | None = None,
    ) -> GROUP:
        """Return the group for data of a dimensionality (Data0D, Data1D, ...), created when it is not there.

        Parameters
        ----------
        group_name : str, optional
            Another name than that of the dimensionality.
        """
        name = group_name or enum_checker(DataDim, data_dim).name
        if name in self._group(where):
            return self.get_set_group(where, name)
        attributes = {"settings": settings_as_xml, **(metadata or {})} if settings_as_xml or metadata else {}
        return self.add_group(name, GroupType.data, where, title, attributes)


def _type_name(group_type: GroupType | str) -> str:
    return enum_checker(GroupType, group_type).name


def _by_number(name: str) -> tuple[str, int]:
    """Sort names by what is before their number, then by the number."""
    match = re.fullmatch(r"(.*?)(\d*)", name, re.DOTALL)
    stem, digits = match.groups() if match else (name, "")
    return stem, int(digits) if digits and len(digits) < 19 else -1
