"""Looking at a file: its tree, what its nodes are, where something is."""

from __future__ import annotations

import contextlib
import fnmatch
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from h5modules.backends import GROUP, Node
from h5modules.browsing._attributes import decoded_attributes, json_ready, raw_attributes
from h5modules.browsing._summary import AxisSummary, NodeSummary, axis_summary, summarize
from h5modules.browsing._walk import Found, found_below
from h5modules.data_saving import DataLoader
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Source", "attributes", "find", "summary", "tree", "tree_text", "walk"]

Source = H5SaverLowLevel | DataLoader | Path | str
"""An open file, or the path of one, which is opened for reading and closed again."""

_DATA = ("data", "data_enlargeable", "bkg", "error")
_PLUMBING = frozenset({"CLASS", "VERSION", "TITLE", "EXTDIM", "FLAVOR", "FILTERS", "backend", "dtype", "subdtype"})
_LONGEST = 100
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@contextlib.contextmanager
def opened(source: Source) -> Iterator[DataLoader]:
    """Yield a loader of the file; one that is open stays open."""
    if isinstance(source, DataLoader):
        yield source
        return
    with DataLoader(source) as loader:
        yield loader


def walk(source: Source, where: Node | str = "/", depth: int | None = None) -> Iterator[NodeSummary]:
    """Iterate over a node and all below it, parents first, in the order of names.

    Unlike the loader's ``walk_nodes`` it also comes to links (not followed), nodes that are damaged, and nodes of kinds
    that are not PyMoDAQ's, and it does not stop at any of them.

    Parameters
    ----------
    source : H5SaverLowLevel, DataLoader or path
    where : Node or str
        Where to start.
    depth : int, optional
        How many levels to go down.

    Raises
    ------
    NodeNotFound
    """
    with opened(source) as loader:
        for found in found_below(loader.get_node(where), depth=depth):
            yield summarize(found)


def summary(source: Source, where: Node | str) -> NodeSummary:
    """Return what a node is: kind, shape, dtype, units, size in memory and on disk, axes, labels.

    Parameters
    ----------
    source : H5SaverLowLevel, DataLoader or path
    where : Node or str
        A data array has the axes that it is loaded with; a group of data (``.../CH00``) has the labels of its arrays.

    Raises
    ------
    NodeNotFound
    """
    with opened(source) as loader:
        node = loader.get_node(where)
        summarized = summarize(Found(node.path, 0, node=node))
        if isinstance(node, GROUP):
            below = [summarize(found) for found in found_below(node, depth=1)][1:]
            arrays = [child for child in below if child.type in _DATA[:2]]
            if not arrays:
                return summarized
            return replace(
                summarized,
                labels=tuple(array.label for array in arrays),
                axes=_axes(loader, node),
                bytes=sum(child.bytes for child in below),
                stored_bytes=sum(child.stored_bytes for child in below),
            )
        return replace(summarized, axes=_axes(loader, node)) if summarized.type in _DATA else summarized


def _axes(loader: DataLoader, node: Node) -> tuple[AxisSummary, ...]:
    """Return the axes beside data, and those of the navigation group above where the data has navigation dimensions."""
    group = node if isinstance(node, GROUP) else node.parent_node
    places = [group] if isinstance(group, GROUP) else []
    nav_group = loader.get_nav_group(node)
    if nav_group is not None and _has_navigation(node):
        places.append(nav_group)
    found = [axis_summary(child) for place in places for child in found_below(place, depth=1)]
    return tuple(sorted((axis for axis in found if axis is not None), key=lambda axis: (axis.index, axis.spread_order)))


def _has_navigation(node: Node) -> bool:
    nodes = [found.node for found in found_below(node, depth=1)]
    return any(bool(decoded_attributes(child).get("nav_indexes")) for child in nodes if child is not None)


def attributes(source: Source, where: Node | str = "/", *, raw: bool = False) -> dict[str, Any]:
    """Return the attributes of a node.

    Parameters
    ----------
    source : H5SaverLowLevel, DataLoader or path
    where : Node or str
    raw : bool
        As they stand in the file (PyMoDAQ's are JSON texts) instead of the values that they stand for. Neither way
        anything is evaluated or unpickled: what is not understood comes as the text or the bytes that it is.

    Raises
    ------
    NodeNotFound
    """
    with opened(source) as loader:
        node = loader.get_node(where)
        return raw_attributes(node) if raw else decoded_attributes(node)


def find(
    source: Source,
    name: str = "*",
    *,
    title: str = "*",
    type: str | None = None,
    kind: str | None = None,
    where: Node | str = "/",
) -> list[NodeSummary]:
    """Return the nodes that fit all that is asked for.

    Parameters
    ----------
    source : H5SaverLowLevel, DataLoader or path
    name, title : str
        Patterns, in any case: ``*`` stands for anything, ``?`` for one character. A name with a slash in it is compared
        with the end of the path: ``Detector*/Data1D/*``.
    type : str, optional
        "scan", "detector", "data", "axis", "data_enlargeable", ...: as PyMoDAQ says of groups and arrays.
    kind : str, optional
        "group", "array", "growing array", "text", "link", "unreadable", ...
    where : Node or str
        At and below which node.
    """
    pattern = name.lower().lstrip("/")
    found = []
    for node in walk(source, where):
        compared = node.path.lower().lstrip("/") if "/" in pattern else node.name.lower()
        if not (fnmatch.fnmatchcase(compared, pattern) or ("/" in pattern and _ends_so(compared, pattern))):
            continue
        if fnmatch.fnmatchcase(node.title.lower(), title.lower()) and type in (None, node.type):
            if kind in (None, node.kind):
                found.append(node)
    return found


def _ends_so(path: str, pattern: str) -> bool:
    """Whether the last parts of a path fit the parts of a pattern, one by one."""
    parts, wanted = path.split("/"), pattern.split("/")
    if len(parts) < len(wanted):
        return False
    last = parts[len(parts) - len(wanted) :]
    return all(fnmatch.fnmatchcase(part, want) for part, want in zip(last, wanted, strict=True))


def tree(
    source: Source, where: Node | str = "/", depth: int | None = None, *, attributes: bool = False
) -> dict[str, Any]:
    """Return a node and all below it as plain data, fit for JSON and for the tree of a window.

    Each is a dict as of `NodeSummary.to_dict`; a group has ``nodes``, a list of such dicts. A group that is not entered
    because of `depth` has no ``nodes``, and ``children`` says how many it has.

    Parameters
    ----------
    source : H5SaverLowLevel, DataLoader or path
    where : Node or str
    depth : int, optional
        How many levels to go down.
    attributes : bool
        Each has its ``attributes`` too, decoded.
    """
    with opened(source) as loader:
        top: dict[str, Any] = {}
        line: list[dict[str, Any]] = []
        for found in found_below(loader.get_node(where), depth=depth):
            summarized = summarize(found)
            item = summarized.to_dict()
            if attributes and found.node is not None:
                item["attributes"] = {key: json_ready(value) for key, value in decoded_attributes(found.node).items()}
            if summarized.kind == "group" and (depth is None or found.level < depth):
                item["nodes"] = []
            del line[found.level :]
            line.append(item)
            if found.level:
                line[found.level - 1]["nodes"].append(item)
            else:
                top = item
        return top


def tree_text(source: Source, where: Node | str = "/", depth: int | None = None, *, attributes: bool = False) -> str:
    """Return a node and all below it as text, a line each.

    Parameters
    ----------
    source : H5SaverLowLevel, DataLoader or path
    where : Node or str
    depth : int, optional
        How many levels to go down.
    attributes : bool
        Below each node its attributes, long ones shortened.
    """
    return "\n".join(_lines(tree(source, where, depth, attributes=attributes)))


def _lines(top: dict[str, Any]) -> Iterator[str]:
    stack: list[tuple[dict[str, Any], str, str]] = [(top, "", "")]
    while stack:
        item, before, below = stack.pop()
        yield before + _line(item)
        nodes = item.get("nodes", [])
        for key, value in item.get("attributes", {}).items():
            if key not in _PLUMBING and value not in ("", [], {}):
                text = " ".join(str(value).split())
                bar = "│ " if nodes else "  "
                yield f"{below}{bar}  {key} = {text[:_LONGEST]}{'…' if len(text) > _LONGEST else ''}"
        for number, node in reversed(list(enumerate(nodes))):
            last = number == len(nodes) - 1
            stack.append((node, f"{below}{'└── ' if last else '├── '}", f"{below}{'    ' if last else '│   '}"))


def _line(item: dict[str, Any]) -> str:
    words = [item["name"] if item["kind"] != "link" else f"{item['name']} -> {item['target']}"]
    if "shape" in item:
        words.append("x".join(map(str, item["shape"])) or "scalar")
    words += [item[key] for key in ("dtype", "units") if key in item]
    if "bytes" in item:
        stored = item.get("stored_bytes", 0)
        packed = f" ({item['compression']}: {_size(stored)})" if "compression" in item else ""
        words.append(f"{_size(item['bytes'])}{packed}")
    title = item.get("title") or item.get("label")
    if title:
        words.append(repr(title))
    if item["kind"] == "unreadable":
        words.append(f"[{item['problem']}]")
    if item["kind"] == "group" and "nodes" not in item and item.get("children"):
        words.append(f"[{item['children']} nodes]")
    return "  ".join(words)


def _size(count: int) -> str:
    size = float(count)
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            break
        size /= 1024
    return f"{count} B" if unit == "B" else f"{size:.3g} {unit}"
