"""Walking through the nodes of a file that may have been made to trap the walker."""

# ruff: noqa: SLF001 - PyTables' documented interface of nodes is named _v_... and _f_...

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["nodes_below"]

logger = logging.getLogger("h5modules")

_DEEPEST = 200
"""Levels that are walked. HDF5 takes each path from the root, so that a tree of thousands would take hours."""


def nodes_below(h5_group: Any, *, depth: int | None = None, only_groups: bool = False) -> Iterator[Any]:
    """Yield a group and all nodes below it, each once, in the order of their names.

    Links are left out, and groups that cannot be read. A group that is reached a second time, because a hard link makes
    the tree a cycle or a diamond, is not entered again.

    Parameters
    ----------
    depth : int, optional
        How many levels to go down.
    only_groups : bool
        Leave arrays out.
    """
    seen: set[int] = set()
    stack: list[tuple[Any, int]] = [(h5_group, 0)]
    while stack:
        node, level = stack.pop()
        if isinstance(node, tables.link.Link | tables.unimplemented.Unknown):
            continue
        if isinstance(node, tables.Group):
            try:
                address = node._get_obj_info().addr
                names = sorted(node._v_groups if only_groups else node._v_children, reverse=True)
            except tables.HDF5ExtError as exc:
                lines = str(exc).strip().splitlines() or [""]
                logger.warning("%s of %s cannot be walked: %s", node._v_pathname, node._v_file.filename, lines[-1])
                continue
            if address in seen:
                continue
            seen.add(address)
            yield node
            if level == _DEEPEST and names:
                logger.warning(
                    "%s of %s is %d groups deep; what is below it is left out",
                    node._v_pathname[-80:],
                    node._v_file.filename,
                    level,
                )
            elif depth is None or level < depth:
                stack += [(_Unopened(node, name), level + 1) for name in names]
        elif isinstance(node, _Unopened):
            stack.append((node.open(), level))
        else:
            yield node


class _Unopened:
    """A child that is opened when the walk comes to it, so that a wide group does not hold all its children open."""

    __slots__ = ("_name", "_parent")

    def __init__(self, parent: Any, name: str) -> None:
        self._parent = parent
        self._name = name

    def open(self) -> Any:
        return self._parent._v_children[self._name]
