"""The nodes of a file as they are shown: what each is in words, which of them can be looked at. No Qt, no file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["FileContent", "FileNode", "describe", "first_data"]

_NUMBERS = ("bool", "int", "uint", "float", "complex")
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, slots=True)
class FileNode:
    """A node of a file, as `h5modules.browsing.NodeSummary` tells of it.

    Attributes
    ----------
    path, name, kind, title, type, dtype, units, target, problem : str
    shape : tuple of int or None
        None for what is no array.
    bytes, children : int
    """

    path: str
    name: str
    kind: str
    title: str = ""
    type: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    units: str = ""
    bytes: int = 0
    children: int = 0
    target: str = ""
    problem: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> FileNode:
        """Return the node that plain data tell of; see `h5modules.browsing.NodeSummary.to_dict`."""
        known = {name: told[name] for name in cls.__slots__ if name in told}
        if "shape" in known or "dtype" in known:
            known["shape"] = tuple(known.get("shape", ()))  # that of a single value is empty, and not told
        return cls(**known)


@dataclass
class FileContent:
    """What is in a file, as far as it has been read.

    Attributes
    ----------
    path : Path
    nodes : dict of str to FileNode
        By path, parents before their children.
    size : int
        Of the file in bytes, -1 before all is read.
    changed : float
        When it was changed last, POSIX seconds.
    """

    path: Path
    nodes: dict[str, FileNode] = field(default_factory=dict)
    size: int = -1
    changed: float = 0.0

    def target(self, path: str) -> str:
        """Return the node that is looked at when a node is chosen: what a link leads to, else itself."""
        node = self.nodes.get(path)
        if node is None or node.kind != "link":
            return path
        wanted = node.target if node.target.startswith("/") else f"{path.rpartition('/')[0]}/{node.target}"
        return wanted if wanted in self.nodes else path

    def why_not(self, path: str) -> str:
        """Return why there is nothing to be looked at in a node, '' if there is something."""
        node = self.nodes.get(path)
        if node is None:
            return "This node is not in the file any more."
        if node.problem:
            return f"This node is {node.problem}." if not node.problem.startswith("cannot") else f"It {node.problem}."
        if node.kind == "link":
            return f"A link to {node.target}, which is not in this file."
        if node.kind == "group" and not self._data_in(path):
            return "This group has no data of its own; choose a node in it." if node.children else "An empty group."
        return ""

    def _data_in(self, path: str) -> bool:
        below = path.rstrip("/") + "/"
        return any(
            each.shape is not None
            and each.type.startswith("data")
            and each.path.startswith(below)
            and "/" not in each.path[len(below) :]
            for each in self.nodes.values()
        )


def first_data(nodes: Iterable[FileNode]) -> str:
    """Return the path of the data that a person wants to see first: of the last scan, the largest; '' for none.

    Where nothing says that it is data, it is the largest array of numbers.
    """
    best: tuple[Any, ...] = ()
    found = ""
    for node in nodes:
        if not node.shape or 0 in node.shape or not node.dtype.startswith(_NUMBERS):
            continue
        parts = node.path.split("/")
        scan = next((part for part in parts if part.startswith("Scan")), "")
        beside = any(part.endswith(("Reference", "Validity")) for part in parts)
        rank = (node.type.startswith("data"), not beside, scan, node.bytes)
        if not best or rank > best:
            best, found = rank, node.path
    return found


def describe(node: FileNode) -> tuple[str, str]:
    """Return what the columns of the tree say of a node: shape and type, size."""
    if node.problem:
        return node.problem, ""
    if node.kind == "link":
        return f"link to {node.target}", ""
    if node.kind == "other":
        return "text or table", ""
    if node.shape is None:
        return node.type, ""
    shape = " x ".join(str(size) for size in node.shape) or "1"
    dtype = node.dtype or ("texts" if node.kind == "text" else "rows")
    return " ".join(part for part in (shape, _type(dtype), node.units) if part), _size(node.bytes) if node.bytes else ""


def _type(dtype: str) -> str:
    if dtype.startswith(("|S", "<U", ">U")):
        return "text"
    return "references" if dtype == "object" else dtype


def _size(count: float) -> str:
    for unit in _SIZES:
        if count < 1024 or unit == _SIZES[-1]:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1024
    raise AssertionError("unreachable")
