"""A new file from what of a damaged one can still be read, or found."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import tables

from h5modules._storage.examine import Broken
from h5modules._storage.index import CHECK, FIRST_ARRAY, POSITION, SEQUENCE, check_word
from h5modules._storage.rawfile import RawArray, RawCArray, RawEArray, RawFile, RawGroup, RawVLArray
from h5modules._storage.session import MARK
from h5modules._storage.walking import nodes_below

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from h5modules._storage.examine import Finding, IndexedArray

__all__ = ["Rebuilt", "rebuild"]

logger = logging.getLogger("h5modules")

_SLAB = 16 << 20
_NOT_COPIED = frozenset({"CLASS", "VERSION", "EXTDIM", "FILTERS", "PYTABLES_FORMAT_VERSION", "TITLE", MARK})
_UNREADABLE = (tables.HDF5ExtError, tables.NodeError, OSError, ValueError, TypeError, AttributeError)


class Rebuilt:
    """What became of the nodes of a file.

    Attributes
    ----------
    rescued : int
        Rows that HDF5 had lost and that were found by their index.
    lost : list of str
        What could not be read.
    """

    def __init__(self) -> None:
        self.rescued = 0
        self.lost: list[str] = []


def rebuild(source: RawFile, target: Path, findings: list[Finding], *, title: str) -> Rebuilt:
    """Write a new file with all of a damaged one that can be read, or found by its indexes.

    Parameters
    ----------
    source : RawFile
        The damaged file, open.
    target : Path
        The new file; one that is there is replaced.
    findings : list of Finding
        What was found at the indexes of the arrays that were being written.
    """
    result = Rebuilt()
    indexed = {array.path: (finding, array) for finding in findings for array in finding.arrays}
    indexes = {finding.index.path: finding for finding in findings}
    masks = {finding.mask.path: finding for finding in findings if finding.mask is not None}
    new = RawFile(str(target), "w", title, chunk_cache_size=0, chunk_cache_nelmts=0)
    fd = os.open(source.filename, os.O_RDONLY)
    try:
        for node in _readable(source, result):
            path = node._v_pathname
            try:
                copy = _copy_node(node, new)
                if copy is None:
                    result.lost.append(path)
                elif path in indexed:
                    _copy_indexed(copy, *indexed[path], fd, result)
                elif path in indexes:
                    _copy_index(copy, indexes[path])
                elif path in masks:
                    _mark(copy, masks[path])
                elif not isinstance(node, tables.Group):
                    _copy_content(node, copy)
            except _UNREADABLE as exc:
                logger.warning("%s of %s could not be copied: %s", path, source.filename, exc)
                result.lost.append(path)
    finally:
        os.close(fd)
        new.close()
    return result


def _readable(source: RawFile, result: Rebuilt) -> Iterator[Any]:
    try:
        yield from nodes_below(source.root)
    except _UNREADABLE as exc:
        logger.warning("%s could not be walked through to its end: %s", source.filename, exc)
        result.lost.append("(nodes that could not be listed)")


def _copy_node(node: Any, new: RawFile) -> Any:
    """Make an empty node like another, with its attributes; None for a kind that cannot be copied."""
    path, name = node._v_pathname, node._v_name
    if path == "/":
        copy = new.root
    else:
        parent = new.get_node(path.rpartition("/")[0] or "/")
        title = str(getattr(node._v_attrs, "TITLE", "") or "")
        if isinstance(node, tables.Group):
            copy = RawGroup(parent, name, title=title, new=True)
        elif isinstance(node, tables.VLArray):
            copy = RawVLArray(parent, name, atom=node.atom, title=title, chunkshape=node.chunkshape, track_times=False)
        elif isinstance(node, tables.EArray):
            shape = tuple(0 if dim == node.extdim else n for dim, n in enumerate(node.shape))
            copy = RawEArray(
                parent, name, node.atom, shape, title, node.filters, chunkshape=node.chunkshape, track_times=False
            )
        elif isinstance(node, tables.CArray):
            copy = RawCArray(
                parent, name, node.atom, node.shape, title, node.filters, chunkshape=node.chunkshape, track_times=False
            )
        elif isinstance(node, tables.Array):
            copy = RawArray(parent, name, node.read(), title, track_times=False)
        else:
            return None
    old_attrs, new_attrs = node._v_attrs, copy._v_attrs
    for key in old_attrs._f_list("all"):
        value = getattr(old_attrs, key)
        if value is not None and key not in _NOT_COPIED:
            setattr(new_attrs, key, value)
    return copy


def _copy_content(node: Any, copy: Any) -> None:
    if isinstance(node, tables.VLArray):
        for row in node:
            copy.append(row)
        return
    if not isinstance(node, tables.CArray):
        return
    rows = max(1, _SLAB // max(1, node.rowsize))
    for start in range(0, node.nrows, rows):
        stop = min(start + rows, node.nrows)
        if isinstance(node, tables.EArray):
            copy.append(node[start:stop])
        else:
            copy[start:stop] = node[start:stop]


def _copy_indexed(copy: Any, finding: Finding, array: IndexedArray, fd: int, result: Rebuilt) -> None:
    """Copy what counts of an array, row by row, from HDF5 or from where the index says that it is."""
    index = finding.index
    rows = index.leaf[: index.count]
    before = int(rows[0, POSITION]) if array.grows and len(rows) else 0
    if array.grows:
        copy.truncate(finding.accepted)
        for start in range(before):
            copy[start] = array.leaf[start]
    else:
        rows = rows[sorted({int(p): k for k, p in enumerate(rows[:, POSITION])}.values())]
    lost = 0
    for row in rows:
        try:
            content = array.content(row)
        except Broken:
            content = None
        if content is None:
            content = array.content_by_hint(row, fd)
            result.rescued += content is not None
        if content is None:
            lost += 1
        else:
            array.store(copy, row, content)
    if lost:
        result.lost.append(f"{lost} rows of {array.path}")


def _mark(copy: Any, finding: Finding) -> None:
    """Mark the points of a scan that the index has."""
    positions = finding.index.leaf[: finding.index.count, POSITION].astype(np.int64)
    marks = np.zeros(copy.shape, np.uint8)
    marks.reshape(-1)[positions] = 1
    copy[...] = marks


def _copy_index(copy: Any, finding: Finding) -> None:
    """Copy the rows that count, without the places in the old file."""
    rows = np.array(finding.index.leaf[: finding.index.count])
    for number, row in enumerate(rows):
        row[FIRST_ARRAY::2] = 0
        row[SEQUENCE] = number + 1
        row[CHECK] = check_word(row)
    if len(rows):
        per_chunk = int(copy.chunkshape[0])
        copy.append(rows)
        copy.truncate(-(-len(rows) // per_chunk) * per_chunk)
