"""Sets of data saved at once, each data in a channel of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from h5modules.backends import GROUP
from h5modules.data import DataToExport, DataWithAxes
from h5modules.data_saving._management import FileUser
from h5modules.data_saving._whole import BkgSaver, DataSaverLoader, ErrorSaverLoader
from h5modules.errors import DataTypeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from h5modules.backends import Node
    from h5modules.data_saving._management import H5Source

__all__ = ["SPECIAL_GROUP_NAMES", "Channels", "DataToExportSaver"]

SPECIAL_GROUP_NAMES = {"nav_axes": "NavAxes"}
"""Names of groups that are looked for by name."""


class Channels:
    """The channels of a group: one for each data, by name and origin, in groups by dimensionality.

    Parameters
    ----------
    saver : FileUser
        Whose file it is.
    where : GROUP
        The group that has Data0D, Data1D, ... in it.
    """

    def __init__(self, saver: FileUser, where: GROUP) -> None:
        self._h5saver = saver.h5saver
        self._where = where

    def existing(self) -> dict[tuple[str, str], GROUP]:
        """Return the channels by name and origin of their data."""
        found = {}
        for name, group in self._where.children().items():
            if name in ("Data0D", "Data1D", "Data2D", "DataND") and isinstance(group, GROUP):
                for channel in group.children().values():
                    if isinstance(channel, GROUP):
                        found[channel.title, str(channel.attrs.get("origin", ""))] = channel
        return found

    def add(self, data: DataWithAxes, settings: str = "", metadata: Mapping[str, object] | None = None) -> GROUP:
        """Create the channel for some data."""
        group = self._h5saver.add_data_group(self._where, data.dim)
        channel = self._h5saver.add_ch_group(group, data.name, settings, metadata)
        channel.attrs.set_raw("origin", data.origin)
        return channel


class DataToExportSaver(FileUser):
    """Saves sets of data: each data in a channel, ``<where>/Data2D/CH00``, by dimensionality.

    Parameters
    ----------
    h5saver : H5SaverLowLevel, Path or str
        An open file or a path; see `FileUser`.
    save_type : SaveType or str
        With a path: what a new file is made for.
    **kwargs
        See `FileUser`.
    """

    def __init__(self, h5saver: H5Source, save_type: Any = "custom", **kwargs: Any) -> None:
        super().__init__(h5saver, save_type=save_type, **kwargs)

    @staticmethod
    def channel_formatter(ind: int) -> str:
        """Return the name of the channel with that number."""
        return f"CH{ind:02d}"

    def add_data(self, where: Node | str, data: DataToExport, settings_as_xml: str = "", **kwargs: Any) -> None:
        """Save a set of data.

        A channel that has data of the same name and origin gets more arrays; otherwise a new one is made.

        Parameters
        ----------
        where : Node or str
            The group of a detector, say.
        data : DataToExport
            Left as it is.
        settings_as_xml : str
            Settings of the module that it is from, for the channel groups.
        **kwargs
            More attributes, for the channel groups and the data.

        Raises
        ------
        ArrayMismatch, AxisError, FileClosed, FileReadOnly, NodeNotFound, NodeKindError, WriteFailed
        """
        saver = DataSaverLoader(self._h5saver)
        for dwa, channel in self._with_channels(where, data, settings_as_xml, kwargs):
            saver.add_data(channel, dwa, **kwargs)

    def add_bkg(self, where: Node | str, data: DataToExport) -> None:
        """Save backgrounds beside the data of the same names and origins."""
        saver = BkgSaver(self._h5saver)
        for dwa, channel in self._with_channels(where, data):
            saver.add_data(channel, dwa)

    def add_error(self, where: Node | str, data: DataToExport) -> None:
        """Save error bars beside the data of the same names and origins."""
        saver = ErrorSaverLoader(self._h5saver)
        for dwa, channel in self._with_channels(where, data):
            saver.add_data(channel, dwa)

    def _with_channels(
        self, where: Node | str, data: DataToExport, settings: str = "", metadata: Mapping[str, object] | None = None
    ) -> list[tuple[DataWithAxes, GROUP]]:
        channels = Channels(self, self._writable_group(where))
        check_set(data)
        there = channels.existing()
        return [(dwa, there.get((dwa.name, dwa.origin)) or channels.add(dwa, settings, metadata)) for dwa in data]


def check_set(data: object) -> None:
    """Raise unless it is a DataToExport with something in it.

    Raises
    ------
    DataTypeError
    """
    if not isinstance(data, DataToExport):
        raise DataTypeError(f"a DataToExport was expected, not {type(data).__name__}; a DataWithAxes has as_dte()")
    if not len(data):
        raise DataTypeError(f"{data.name!r} has no data in it; nothing was saved", data_name=data.name)
