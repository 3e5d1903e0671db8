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
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from h5modules._module_groups import ModuleGroups
from h5modules._storage.enums import DataType, FileType, GroupType, SaveType
from h5modules._storage.versions import CONVENTION, distribution_version
from h5modules.backends import CARRAY, GROUP, Node, StringARRAY
from h5modules.data.enums import DataDim, enum_checker
from h5modules.errors import ArrayMismatch, NodeKindError, WriteFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DataType", "FileType", "GroupType", "H5SaverLowLevel", "SaveType"]

_ENDINGS = frozenset({".hdf5", ".hdf", ".nxs"})


class H5SaverLowLevel(ModuleGroups):
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
        self._kept: Any = None
        """The raw group as PyTables has it: held, so that its thousands of children are not listed for each new one."""

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
            An ending with "h5" in it is kept (.h5, .h5py, ...), and so are .hdf5, .hdf and .nxs; any other is replaced
            by ".h5", unless such a file is there to be read.
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
        kept = "h5" in path.suffix or path.suffix.lower() in _ENDINGS or (mode == "r" and path.is_file())
        if not kept:
            path = path.with_suffix(".h5")
        create = new_file or overwrite or (mode != "r" and not path.exists())
        self.open_file(path, "w" if create else mode, overwrite=overwrite, **self._options)
        self.h5_file_path, self.h5_file_name = path.parent, path.name
        self._raw_group_path = f"/{raw_group_name}"
        self._current_group = None
        self._next_number = {}
        if mode != "r":
            begun = raw_group_name in self.root()
            raw = self.get_set_group("/", raw_group_name, title="Data from PyMoDAQ modules")
            self._kept = raw.node
            if create or not begun:
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
        log = self.get_set_logger()
        try:
            log.append(msg)
        except WriteFailed:
            log.renewed().append(msg)
        self.flush()

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
