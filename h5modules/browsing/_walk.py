"""Every node of a file, whatever else is in it: links, damage, cycles, kinds that are not ours."""

# ruff: noqa: SLF001 - PyTables' documented interface of nodes is named _v_... and _f_...

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tables

from h5modules._storage.nodes import Node, wrap
from h5modules.errors import NodeKindError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Found", "found_below"]

_UNREADABLE = (tables.HDF5ExtError, tables.NodeError, OSError, ValueError, TypeError, AttributeError, KeyError)


@dataclass(frozen=True)
class Found:
    """Something in a file.

    Attributes
    ----------
    path : str
    level : int
        How far below the start of the walk.
    node : Node or None
        Its handle; None for a link and for what cannot be opened.
    link : str
        Where a link points to; links are not followed.
    problem : str
        Why there is no handle.
    """

    path: str
    level: int
    node: Node | None = None
    link: str = ""
    problem: str = ""


def found_below(start: Node, *, depth: int | None = None) -> Iterator[Found]:
    """Yield a node and all below it, parents first, in the order of names.

    A group that a second hard link leads to is told as a link to where it was first, and not entered again.
    """
    seen: dict[int, str] = {}
    stack: list[tuple[Any, str, int]] = [(None, start.path, 0)]
    while stack:
        parent, path, level = stack.pop()
        found = Found(path, level, node=start) if parent is None else _open(parent, path, level)
        group = found.node.node if found.node is not None else None
        if isinstance(group, tables.Group):
            address = group._get_obj_info().addr
            if address in seen:
                yield Found(path, level, link=seen[address])
                continue
            seen[address] = path
        yield found
        if isinstance(group, tables.Group) and (depth is None or level < depth):
            names = sorted({*group._v_children, *group._v_links, *group._v_unknown}, reverse=True)
            stack += [(group, f"{path.rstrip('/')}/{name}", level + 1) for name in names]


def _open(parent: Any, path: str, level: int) -> Found:
    name = path.rpartition("/")[2]
    if name in parent._v_unknown:
        return Found(path, level, problem="of a kind that is not known")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", tables.DataTypeWarning)  # told by the kind of the node
            node = parent._v_links[name] if name in parent._v_links else parent._v_children[name]
        if isinstance(node, tables.link.Link):
            return Found(path, level, link=str(node.target))
        return Found(path, level, node=wrap(node))
    except NodeKindError as exc:
        return Found(path, level, problem=str(exc))
    except _UNREADABLE as exc:
        lines = str(exc).strip().splitlines()
        return Found(path, level, problem=f"cannot be opened: {(lines[-1] if lines else type(exc).__name__)[:200]}")
