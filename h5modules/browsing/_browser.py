"""The object that PyMoDAQ's scripts look at files with."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from h5modules.browsing import _browse
from h5modules.browsing._attributes import decoded_attributes
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from h5modules.backends import Node
    from h5modules.browsing._summary import NodeSummary

__all__ = ["H5BrowserUtil"]


class H5BrowserUtil(H5SaverLowLevel):
    """A file to look at, with the names that PyMoDAQ's users know and some more.

    Parameters
    ----------
    backend : {"tables", "h5py"}, optional
        Accepted for scripts that choose; any file is read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from h5modules.browsing import H5BrowserUtil
    >>> folder = tempfile.TemporaryDirectory()
    >>> with H5BrowserUtil() as browser:
    ...     created = browser.init_file(Path(folder.name) / "scan.h5")
    ...     scan = browser.add_scan_group(title="a leaf")
    ...     print(browser.tree_text("/RawData"))
    RawData  'Data from PyMoDAQ modules'
    ├── Logger  0
    └── Scan000  'a leaf'
    >>> folder.cleanup()
    """

    def __init__(self, backend: str | None = "tables") -> None:
        super().__init__(backend=backend)

    def export_data(
        self,
        node_path: Node | str = "/",
        filesavename: Path | str = "datafile.h5",
        filter: str | None = None,
        *,
        overwrite: bool = False,
    ) -> None:
        """Write a node to a file in another format, or to an HDF5 file of its own.

        Parameters
        ----------
        node_path : Node or str
            An array, a channel, a detector, a scan, ...
        filesavename : path
            Its ending says the format.
        filter : str, optional
            One of those of `ExporterFactory.get_file_filters`, where several formats have that ending.
        overwrite : bool
            Replace a file that is there.

        Raises
        ------
        NodeNotFound, UnknownFormat, FileExists, CannotExport, MissingLibrary, WriteFailed
        """
        from h5modules.exporter import (
            ExporterFactory,  # it knows the exporters, and those look at files with this package
        )

        node, target = self.get_node(node_path), Path(filesavename)
        extension = target.suffix[1:]
        wanted = None if filter is None else ExporterFactory.get_format_from_filter(filter)
        exporter = ExporterFactory.create_exporter(extension, wanted)
        exporter.overwrite, exporter.source = overwrite, self
        exporter.export_data(node, str(target))

    def get_h5file_scans(self, where: Node | str = "/") -> list[dict[str, Any]]:
        """Return the nodes at and below one that have a picture of their data.

        Returns
        -------
        list of dict
            ``scan_name`` (names of the group above and of the node), ``path``, and ``data``, the attribute ``pixmap2D``
        """
        scans = []
        for node in self.walk_nodes(where):
            if "pixmap2D" in node.attrs:
                parent = node.parent_node
                name = f"{parent.name if parent is not None else ''}_{node.name}"
                scans.append({"scan_name": name, "path": node.path, "data": node.attrs["pixmap2D"]})
        return scans

    def get_h5_attributes(
        self, node_path: Node | str
    ) -> tuple[OrderedDict[str, Any], list[Any], str | None, list[Any]]:
        """Return the attributes of a node, sorted as a window shows them.

        Returns
        -------
        attributes : OrderedDict
            All, decoded.
        settings : list
            The values of those with "settings" in their names, those of "scan_settings" apart.
        scan_settings : str or None
            The value of ``scan_settings``, None if there is none or it is empty.
        pixmaps : list
            The values of those with "pixmap" in their names.
        """
        values = OrderedDict(decoded_attributes(self.get_node(node_path)))
        settings = [value for name, value in values.items() if "settings" in name and "scan_settings" not in name]
        pixmaps = [value for name, value in values.items() if "pixmap" in name]
        return values, settings, values.get("scan_settings") or None, pixmaps

    def tree(self, where: Node | str = "/", depth: int | None = None, *, attributes: bool = False) -> dict[str, Any]:
        """Return the nodes as plain data; see `h5modules.browsing.tree`."""
        return _browse.tree(self, where, depth, attributes=attributes)

    def tree_text(self, where: Node | str = "/", depth: int | None = None, *, attributes: bool = False) -> str:
        """Return the nodes as text; see `h5modules.browsing.tree_text`."""
        return _browse.tree_text(self, where, depth, attributes=attributes)

    def summary(self, where: Node | str) -> NodeSummary:
        """Return what a node is; see `h5modules.browsing.summary`."""
        return _browse.summary(self, where)

    def find(self, name: str = "*", **wanted: Any) -> list[NodeSummary]:
        """Return the nodes that fit; see `h5modules.browsing.find`."""
        return _browse.find(self, name, **wanted)
