"""The tree of a file as rows, read in one go; without Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from h5modules.browsing import NodeSummary

__all__ = ["FileContent", "describe", "first_data", "has_data", "read_attributes", "read_content"]

_TRIES = 5
_PAUSE_S = 0.1
_PLOTTED = ("data", "data_enlargeable", "error", "bkg")
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True)
class FileContent:
    """What is in a file.

    Attributes
    ----------
    path : Path
    nodes : tuple of NodeSummary
        Parents before their children.
    bytes : int
        Size of the file.
    changed : float
        When it was changed last, POSIX seconds.
    """

    path: Path
    nodes: tuple[NodeSummary, ...]
    bytes: int
    changed: float


def read_content(path: Path | str) -> FileContent:
    """Return what is in a file; one that is being written is tried again if a change is half done.

    Raises
    ------
    H5Error
        It is no file that can be read.
    """
    from h5modules.browsing import walk  # HDF5 takes half a second to load: the window does not wait for it
    from h5modules.errors import FileLocked, FileUnreadable

    path = Path(path)
    for left in reversed(range(_TRIES)):
        try:
            nodes = tuple(walk(path))
            status = path.stat()
            return FileContent(path, nodes, status.st_size, status.st_mtime)
        except FileLocked:
            raise
        except FileUnreadable:
            if not left:
                raise
            time.sleep(_PAUSE_S)
    raise AssertionError("unreachable")


def read_attributes(path: Path | str, node: str) -> dict[str, Any]:
    """Return the attributes of a node, nothing of them run."""
    from h5modules.browsing import attributes

    return attributes(Path(path), node)


def first_data(content: FileContent) -> str:
    """Return the path of the data that a person wants to see first: of the last scan, the largest; '' for none."""
    best: tuple[Any, ...] = ()
    found = ""
    for node in content.nodes:
        if not node.type.startswith("data") or node.shape is None:
            continue
        scan = next((part for part in node.path.split("/") if part.startswith("Scan")), "")
        beside = any(part.endswith(("Reference", "Validity")) for part in node.path.split("/"))
        rank = (not beside, scan, node.bytes)
        if not best or rank > best:
            best, found = rank, node.path
    return found


def has_data(content: FileContent, path: str) -> bool:
    """Return whether a node is data that can be plotted, or a channel or group with data right in it."""
    return any(
        each.shape is not None and each.type in _PLOTTED and path in (each.path, each.path.rpartition("/")[0])
        for each in content.nodes
    )


def describe(node: NodeSummary) -> tuple[str, str]:
    """Return what the columns of the tree say of a node: shape and type, size."""
    if node.problem:
        return node.problem, ""
    if node.shape is None:
        return node.type or node.target, ""
    shape = " x ".join(str(size) for size in node.shape) or "1"
    return " ".join(part for part in (shape, node.dtype, node.units) if part), _size(node.bytes)


def _size(count: float) -> str:
    for unit in _SIZES:
        if count < 1024 or unit == _SIZES[-1]:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1024
    raise AssertionError("unreachable")
