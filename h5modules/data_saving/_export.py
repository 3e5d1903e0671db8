"""Sets of data saved at once, each data in a channel of its own."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from h5modules.backends import CARRAY, GROUP
from h5modules.data import DataToExport, DataWithAxes
from h5modules.data_saving import _metadata
from h5modules.data_saving._management import FileUser
from h5modules.data_saving._whole import BkgSaver, DataSaverLoader, ErrorSaverLoader
from h5modules.errors import ArrayMismatch, DataTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from h5modules.backends import Node
    from h5modules.data import DataDim
    from h5modules.data_saving._bundle import DataBundle
    from h5modules.data_saving._management import H5Source

__all__ = ["SPECIAL_GROUP_NAMES", "Channels", "DataToExportSaver", "Key", "check_set", "keys_of", "of_origin"]

SPECIAL_GROUP_NAMES = {"nav_axes": "NavAxes"}
"""Names of groups that are looked for by name."""


class Key(NamedTuple):
    """What tells the data of a set apart: dimensionality, name, origin, and a rank among those that share them."""

    dim: str
    name: str
    origin: str
    rank: int

    def __str__(self) -> str:
        return f"{self.origin}/{self.name} ({self.dim})"


def keys_of(data: DataToExport, dims: Iterable[DataDim] | None = None) -> list[Key]:
    """Return a key for each data of a set, whose name stands in for origins that are not given.

    Parameters
    ----------
    dims : iterable of DataDim, optional
        Dimensionality of each, if not that of the data itself.
    """
    parts = data.data
    if len(parts) == 1:  # most sets, at every frame
        dim = parts[0].dim if dims is None else next(iter(dims))
        return [Key(dim._name_, parts[0].name, data.origin_of(parts[0]), 0)]
    kinds = [dwa.dim for dwa in parts] if dims is None else dims
    return _ranked([(dim._name_, dwa.name, data.origin_of(dwa)) for dim, dwa in zip(kinds, parts, strict=True)])


def _ranked(parts: Iterable[tuple[str, str, str]]) -> list[Key]:
    counts: dict[tuple[str, str, str], int] = {}
    keys = []
    for part in parts:
        rank = counts.get(part, 0)
        counts[part] = rank + 1
        keys.append(Key(*part, rank))
    return keys


def of_origin(data: DataWithAxes, origin: str) -> DataWithAxes:
    """Return the data with an origin: itself if it has that one already."""
    if data.origin == origin:
        return data
    same = copy.copy(data)
    same.origin = origin
    return same


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

    def existing(self) -> dict[Key, GROUP]:
        """Return the channels by the keys of their data."""
        found = self._found()
        parts = [
            (_dimension(channel, dim), channel.title, str(channel.attrs.get("origin", ""))) for dim, channel in found
        ]
        return dict(zip(_ranked(parts), (channel for _, channel in found), strict=True))

    def all(self) -> list[GROUP]:
        """Return the groups of all channels."""
        return [channel for _, channel in self._found()]

    def _found(self) -> list[tuple[str, GROUP]]:
        found = []
        for name, group in self._where.children().items():
            if name in ("Data0D", "Data1D", "Data2D", "DataND") and isinstance(group, GROUP):
                found += [(name, child) for child in group.children().values() if isinstance(child, GROUP)]
        return found

    def add(self, data: DataWithAxes, settings: str = "", metadata: Mapping[str, object] | None = None) -> GROUP:
        """Create the channel for some data, or take one of its name that was only begun when its writer was killed."""
        group = self._h5saver.add_data_group(self._where, data.dim)
        begun = (
            child
            for child in group.children().values()
            if isinstance(child, GROUP)
            and child.title == data.name
            and not child.children_name()
            and "origin" not in child.attrs
        )
        channel = None if settings or metadata else next(begun, None)
        if channel is None:
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

    _bundled: ClassVar[tuple[str, ...]] = ()

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

    def add_data_bundle(self, data: DataBundle) -> None:
        """Save the set of a bundle, where and as the bundle says; see `add_data`."""
        told = {name: getattr(data, name) for name in self._bundled}
        self.add_data(data.node, data.dte, settings_as_xml=data.settings, **told)

    def add_bkg(self, where: Node | str, data: DataToExport) -> None:
        """Save backgrounds beside the data that they are of: of the same names and origins, or else of the same names.

        Parameters
        ----------
        where : Node or str
            The group that the data is in, which can also come later.
        data : DataToExport
            One background for each data, of the shape of a frame.

        Raises
        ------
        ArrayMismatch
            A group with data in it has none of that name, or of another shape or other units; nothing was written.
        """
        self._add_beside(BkgSaver(self._h5saver), where, data)

    def add_error(self, where: Node | str, data: DataToExport) -> None:
        """Save error bars beside the data that they are of; see `add_bkg`."""
        self._add_beside(ErrorSaverLoader(self._h5saver), where, data)

    def _add_beside(self, saver: DataSaverLoader, where: Node | str, data: DataToExport) -> None:
        check_set(data)
        group = self._writable_group(where)
        channels = Channels(self, group)
        there = channels.existing()
        found = [(dwa, key, _channel_of(there, key)) for key, dwa in zip(keys_of(data), data, strict=True)]
        for _, key, channel in found:
            if there and channel is None:
                raise ArrayMismatch(
                    f"{saver.data_type.name} {key} is of no data in {group.path}, which has "
                    f"{', '.join(map(str, there))}; give it the name of one of them. Nothing was saved",
                    path=self._session.path,
                    node=group.path,
                )
        for dwa, _, channel in found:
            if channel is not None:
                saver.check_fits(channel, dwa)
        for dwa, key, channel in found:
            saver.add_data(channel or channels.add(of_origin(dwa, key.origin)), dwa)

    def _with_channels(
        self, where: Node | str, data: DataToExport, settings: str = "", metadata: Mapping[str, object] | None = None
    ) -> list[tuple[DataWithAxes, GROUP]]:
        channels = Channels(self, self._writable_group(where))
        check_set(data)
        there = channels.existing()
        pairs = []
        for key, dwa in zip(keys_of(data), data, strict=True):
            named = of_origin(dwa, key.origin)
            pairs.append((named, there.get(key) or channels.add(named, settings, metadata)))
        return pairs


def _channel_of(channels: Mapping[Key, GROUP], key: Key) -> GROUP | None:
    """Return the channel of some data, whatever its dimensionality: that of the same origin before any other."""
    if key in channels:
        return channels[key]
    alike = [other for other in channels if (other.name, other.rank) == (key.name, key.rank)]
    alike.sort(key=lambda other: (other.dim != key.dim, other.origin != key.origin))
    return channels[alike[0]] if alike else None


def _dimension(channel: GROUP, default: str) -> str:
    """Return the dimensionality that the data of a channel says it has: that of a row where rows are appended."""
    for name in ("Data00", "EnlData00"):
        if name in channel:
            node = channel.get_child(name)
            if isinstance(node, CARRAY):
                return _metadata.dimension_of(node).name
    return default


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
