"""Loading data with all that belongs to it, wherever that is in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from h5modules._storage.enums import DataType
from h5modules.backends import CARRAY, GROUP
from h5modules.data import DataToExport
from h5modules.data_saving._axes import AxisSaverLoader
from h5modules.data_saving._enlargeable import DataEnlargeableSaver
from h5modules.data_saving._export import SPECIAL_GROUP_NAMES
from h5modules.data_saving._guard import reads
from h5modules.data_saving._management import FileUser
from h5modules.data_saving._whole import BkgSaver, DataSaverLoader, ErrorSaverLoader
from h5modules.errors import NodeKindError, NodeNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from h5modules._storage.recovery import RecoveryReport
    from h5modules.backends import Node
    from h5modules.data import DataWithAxes
    from h5modules.data_saving._management import H5Source

__all__ = ["DataLoader"]

_LOADERS: dict[str, type[DataSaverLoader]] = {
    DataType.data.name: DataSaverLoader,
    DataType.data_enlargeable.name: DataEnlargeableSaver,
    DataType.bkg.name: BkgSaver,
    DataType.error.name: ErrorSaverLoader,
}
_MAIN = (DataType.data.name, DataType.data_enlargeable.name)


class DataLoader(FileUser):
    """Loads data with its axes, also the navigation axes that are elsewhere in the file.

    Parameters
    ----------
    h5saver : H5SaverLowLevel, Path or str
        An open file, which stays the caller's to close; or a path, whose file is opened for reading here.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from h5modules.data import DataRaw
    >>> from h5modules.data_saving import DataLoader, DataSaverLoader
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "spectrum.h5"
    >>> with DataSaverLoader(path) as saver:
    ...     saver.add_data("/RawData", DataRaw("spectrum", data=[np.arange(3.0)], units="counts"))
    >>> with DataLoader(path) as loader:
    ...     spectrum = loader.load_data("/RawData/Data00")
    >>> spectrum.data, spectrum.units
    ([array([0., 1., 2.])], 'counts')
    >>> folder.cleanup()
    """

    def __init__(self, h5saver: H5Source, swmr_mode: bool = False) -> None:
        del swmr_mode  # of PyMoDAQ's; a file is whole for readers after every append
        super().__init__(h5saver, mode="r")

    @property
    def recovery(self) -> RecoveryReport | None:
        """What was found and done on opening a file whose writer had been killed; None for a file that was closed."""
        return self._h5saver.recovery

    def walk_nodes(
        self, where: Node | str = "/", depth: int | None = None, only_groups: bool = False
    ) -> Iterator[Node]:
        """Iterate over a node and all nodes below it."""
        return self._h5saver.walk_nodes(where, depth, only_groups)

    @reads
    def get_node(self, where: Node | str, name: str | None = None) -> Node:
        """Return the node at a path, or the node `name` of a group.

        Raises
        ------
        NodeNotFound
        """
        return self._h5saver.get_node(where, name)

    @reads
    def get_nav_group(self, where: Node | str) -> GROUP | None:
        """Return the group NavAxes (in any case) that is nearest above a node; None if there is none.

        Parameters
        ----------
        where : Node or str
            A data array, say.
        """
        wanted = SPECIAL_GROUP_NAMES["nav_axes"].lower()
        node: Node | None = self.get_node(where)
        while node is not None:
            if isinstance(node, GROUP):
                for name in node.children_name():
                    child = node.get_child(name) if name.lower() == wanted else None
                    if isinstance(child, GROUP):
                        return child
            node = node.parent_node
        return None

    @reads
    def load_data(
        self, where: Node | str, with_bkg: bool = False, load_all: bool = False, *, lazy: bool = False
    ) -> DataWithAxes:
        """Load data with its axes and error bars.

        Parameters
        ----------
        where : Node or str
            A data array (``.../CH00/Data00``), or the group of a channel, of which all data arrays are loaded.
        with_bkg : bool
            Subtract the background of the same number, where there is one, in a type that holds negative results.
        load_all : bool
            Load all arrays of the channel that `where` is in, not only the one at `where`.
        lazy : bool
            Arrays are dask arrays, chunked as the file is, which read what is computed of them. They can outlive the
            loader.

        Returns
        -------
        DataWithAxes
            Its `path` is where it was loaded from. Dimensions of more than one point that have no axis in the file have
            one of points 0, 1, 2, ...

        Raises
        ------
        NodeNotFound
            There is nothing at that path, or no data.
        NodeKindError
            It is no data.
        TooLarge, FileUnreadable
        """
        node = self.get_node(where)
        loader = self._loader_of(node)
        nodes = loader.data_nodes(node, load_all=load_all)
        return self._load(loader, nodes, with_bkg=with_bkg, lazy=lazy)

    def _load(self, loader: DataSaverLoader, nodes: Sequence[CARRAY], *, with_bkg: bool, lazy: bool) -> DataWithAxes:
        data = loader.load_nodes(nodes, self._axes_of(nodes[0]), with_bkg=with_bkg, lazy=lazy)
        data.create_missing_axes()
        return data

    def _loader_of(self, node: Node) -> DataSaverLoader:
        if isinstance(node, GROUP):
            for kind in _MAIN:
                loader = _LOADERS[kind](self._h5saver)
                if loader.nodes_in(node):
                    return loader
            raise NodeNotFound(
                f"{node.path} of {self._session.path} has no data arrays itself; it has "
                f"{', '.join(node.children_name()) or 'nothing'}. load_all() loads all data below a group",
                path=self._session.path,
                node=node.path,
            )
        kind = str(node.attrs.get("data_type"))
        if not isinstance(node, CARRAY) or kind not in _LOADERS:
            raise NodeKindError(
                f"{node.path} of {self._session.path} is not data: its data_type is {kind!r}, and one of "
                f"{', '.join(_LOADERS)} was expected",
                path=self._session.path,
                node=node.path,
            )
        return _LOADERS[kind](self._h5saver)

    def _axes_of(self, node: Node) -> list[Any]:
        axes = AxisSaverLoader(self._h5saver)
        found = axes.get_axes(node)
        nav_group = self.get_nav_group(node) if node.attrs.get("nav_indexes", ()) else None
        return found if nav_group is None else [*found, *axes.get_axes(nav_group)]

    @reads
    def load_all(
        self,
        where: Node | str,
        data: DataToExport | None = None,
        with_bkg: bool = False,
        *,
        lazy: bool = False,
    ) -> DataToExport:
        """Load all data at and below a node, that of each channel as one.

        Parameters
        ----------
        where : Node or str
            A group: of a detector, of a scan, the raw group.
        data : DataToExport, optional
            What is loaded is added to this, which is returned.
        with_bkg, lazy : bool
            See `load_data`.

        Returns
        -------
        DataToExport
            The `path` of each data says where it is from.
        """
        loaded: list[DataWithAxes] = []
        for group in list(self.walk_nodes(where, only_groups=True)):
            if isinstance(group, GROUP):
                for kind in _MAIN:
                    loader = _LOADERS[kind](self._h5saver)
                    if loader.nodes_in(group):
                        loaded += self._load_channel(loader, group, with_bkg=with_bkg, lazy=lazy)
        if data is None:
            return DataToExport("Loaded data", data=loaded)
        data.data = [*data, *loaded]
        return data

    def _load_channel(self, loader: DataSaverLoader, group: GROUP, *, with_bkg: bool, lazy: bool) -> list[DataWithAxes]:
        """Load the arrays of a channel: together, or one by one where their shapes differ."""
        nodes = loader.nodes_in(group)
        if len({node.shape for node in nodes}) == 1:
            return [self._load(loader, nodes, with_bkg=with_bkg, lazy=lazy)]
        return [self._load(loader, [node], with_bkg=with_bkg, lazy=lazy) for node in nodes]

    @reads
    def load_data_from_name_origin(
        self,
        name: str,
        origin: str = "",
        where: Node | str | None = None,
        with_bkg: bool = False,
        load_all: bool = True,
    ) -> DataWithAxes:
        """Load the first data with that name, and that origin if given, at or below a group.

        Raises
        ------
        NodeNotFound
        """
        start = self.raw_group if where is None else where
        for node in self.walk_nodes(start):
            attrs = node.attrs
            if str(attrs.get("data_type")) in _MAIN and node.title == name and origin in ("", str(attrs.get("origin"))):
                return self.load_data(node, with_bkg=with_bkg, load_all=load_all)
        raise NodeNotFound(
            f"{self._session.path} has no data {name!r}{f' of origin {origin!r}' if origin else ''} at or below "
            f"{start if isinstance(start, str) else start.path}",
            path=self._session.path,
        )
