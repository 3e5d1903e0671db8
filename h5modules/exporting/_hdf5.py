"""A part of a file as a file of its own: the same paths, so that what loaded from the one loads from the other."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import tables

from h5modules._storage.rawfile import RawArray, RawCArray, RawEArray, RawGroup, RawVLArray
from h5modules._storage.session import MARK
from h5modules._storage.walking import nodes_below
from h5modules.backends import CARRAY, GROUP
from h5modules.exporting._format import Format, Job
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from h5modules.backends import Node

__all__ = ["HDF5"]

_SLAB = 16 << 20
_NOT_COPIED = frozenset({"CLASS", "VERSION", "EXTDIM", "FILTERS", "PYTABLES_FORMAT_VERSION", "TITLE", MARK})


def _write(job: Job) -> None:
    node = job.loader.get_node(job.where)
    with H5SaverLowLevel() as new, warnings.catch_warnings():
        warnings.simplefilter("ignore", tables.NaturalNameWarning)  # the names are those of the source
        file = new.open_file(job.target, "w", title=str(job.loader.get_node("/").title))
        for ancestor in reversed(_ancestors(node)):
            _copy_node(ancestor.node, file)
        for group in _beside(job, node):
            _copy_below(group, file, job)
        _copy_below(node, file, job)


def _ancestors(node: Node) -> list[Node]:
    found = []
    parent = node.parent_node
    while parent is not None:
        found.append(parent)
        parent = parent.parent_node
    return found


def _beside(job: Job, node: Node) -> list[Node]:
    """Return what data needs that is not below it: its axes, error bars, backgrounds, and navigation axes above."""
    found: list[Node] = []
    group = node.parent_node
    if isinstance(node, CARRAY) and isinstance(group, GROUP):
        number = node.name[-2:]
        for child in group.children().values():
            kind = child.attrs.get("data_type")
            if kind == "axis" or (kind in ("error", "bkg") and child.name.endswith(number)):
                found.append(child)
    nav_group = job.loader.get_nav_group(node)
    if nav_group is not None and not nav_group.path.startswith(f"{node.path.rstrip('/')}/"):
        found.append(nav_group)
    return [child for child in found if child != node]


def _copy_below(node: Node, file: Any, job: Job) -> None:
    if not isinstance(node, GROUP):
        _copy_content(node.node, _copy_node(node.node, file), job)
        return
    for h5_node in nodes_below(node.node):
        copy = _copy_node(h5_node, file)
        if copy is None:
            job.notes.append(f"{h5_node._v_pathname} is of a kind that is not copied")
        elif not isinstance(h5_node, tables.Group):
            _copy_content(h5_node, copy, job)


def _copy_node(node: Any, file: Any) -> Any:
    """Make an empty node like another, with its attributes; None for a kind that cannot be copied."""
    path, name = node._v_pathname, node._v_name
    if path in file:
        copy = file.get_node(path)
    else:
        parent = file.get_node(path.rpartition("/")[0] or "/")
        title = str(getattr(node._v_attrs, "TITLE", "") or "")
        copy = _like(node, parent, name, title)
    if copy is not None:
        for key in node._v_attrs._f_list("all"):
            value = getattr(node._v_attrs, key)
            if value is not None and key not in _NOT_COPIED:
                setattr(copy._v_attrs, key, value)
    return copy


def _like(node: Any, parent: Any, name: str, title: str) -> Any:
    if isinstance(node, tables.Group):
        return RawGroup(parent, name, title=title, new=True)
    if isinstance(node, tables.VLArray):
        return RawVLArray(parent, name, atom=node.atom, title=title, chunkshape=node.chunkshape, track_times=False)
    layout: dict[str, Any] = {"chunkshape": getattr(node, "chunkshape", None), "track_times": False}
    if isinstance(node, tables.EArray):
        shape = tuple(0 if dim == node.extdim else size for dim, size in enumerate(node.shape))
        return RawEArray(parent, name, node.atom, shape, title, node.filters, **layout)
    if isinstance(node, tables.CArray):
        return RawCArray(parent, name, node.atom, node.shape, title, node.filters, **layout)
    return RawArray(parent, name, node.read(), title, track_times=False) if isinstance(node, tables.Array) else None


def _copy_content(node: Any, copy: Any, job: Job) -> None:
    if copy is None:
        return
    if isinstance(node, tables.VLArray):
        for row in node:
            copy.append(row)
    elif isinstance(node, tables.CArray):
        rows = max(1, _SLAB // max(1, node.rowsize))
        for start in range(0, node.nrows, rows):
            block = node[start : start + rows]
            if isinstance(node, tables.EArray):
                copy.append(block)
            else:
                copy[start : start + rows] = block
            job.advance(block.nbytes)


HDF5 = Format("hdf5", (".h5", ".hdf5"), "Single node h5 file", _write, verbatim=True)
