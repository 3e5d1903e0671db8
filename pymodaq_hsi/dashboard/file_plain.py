"""What is in files that are nobody's of ours: arrays of numbers with the axes that they name, texts, tables. No Qt."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.dashboard.file_arrays import channels_of
from pymodaq_hsi.dashboard.file_shapes import Dimension, ViewShape

if TYPE_CHECKING:
    from pathlib import Path

    from h5modules.data_saving import DataLoader

__all__ = ["is_plain", "plain_parts", "text_of"]

_OURS = ("data", "data_enlargeable", "error", "bkg")
_MANY = 500
"""Nodes beside an array; among more of them no axes are looked for."""
_ROWS = 500
_LETTERS = 200_000


def is_plain(node: Any) -> bool:
    """Return whether a node is an array that does not say that it is data in PyMoDAQ's sense."""
    return getattr(node, "shape", None) is not None and node.attrs.get("data_type") not in _OURS


def plain_parts(loader: DataLoader, path: str) -> tuple[ViewShape, list[Any]]:
    """Return shape and arrays of an array of numbers.

    Raises
    ------
    NodeKindError
        It has no numbers.
    """
    from h5modules.errors import NodeKindError

    node: Any = loader.get_node(path)
    dtype = getattr(node, "dtype", None)
    if dtype is None or dtype.kind not in "biufc" or 0 in node.shape:
        raise NodeKindError(f"{path} has no numbers that could be plotted", path=loader.h5saver.path, node=path)
    order = [index for index, size in enumerate(node.shape) if size > 1]
    names = [node.attrs.get(key) for key in ("long_name", "label")]
    name = next((each for each in names if isinstance(each, str) and each), node.name)
    channels, arrays = channels_of([name], [node], order)
    axes = _axes(node)
    shape = ViewShape(
        path,
        name,
        _word(node.attrs.get("units")),
        channels,
        [axes.get(index) or _numbered(index, node.shape[index]) for index in order],
        tuple(node.shape[index] for index in order),
        background=False,
    )
    return shape, arrays


def _numbered(index: int, size: int) -> Dimension:
    return Dimension(f"Dimension {index}", "", np.arange(float(size)), navigation=False)


def _axes(node: Any) -> dict[int, Dimension]:
    """Return the axes that a NeXus group names, or the dimension scales beside that fit one dimension only.

    Which scale belongs to which dimension is told by references, which PyTables cannot read.
    """
    group = node.parent_node
    named = group.attrs.get("axes")
    names = [str(each) for each in named] if isinstance(named, list | tuple | np.ndarray) else []
    if isinstance(named, str):
        names = named.replace(":", ",").split(",")
    if len(names) == len(node.shape) and node.name not in names:
        beside = {index: _axis(group, name) for index, name in enumerate(names)}
    elif "DIMENSION_LIST" in node.attrs and len(group.children_name()) <= _MANY:
        beside = _scales(node, group)
    else:
        beside = {}
    return {
        index: Dimension(*axis, navigation=False)
        for index, axis in beside.items()
        if axis is not None and len(axis[2]) == node.shape[index]
    }


def _scales(node: Any, group: Any) -> dict[int, Any]:
    sizes = list(node.shape)
    found: dict[int, list[str]] = {}
    for name, each in group.children().items():
        shape = getattr(each, "shape", None)
        if shape is not None and len(shape) == 1 and each.attrs.get("CLASS") == "DIMENSION_SCALE":
            if sizes.count(shape[0]) == 1:
                found.setdefault(sizes.index(shape[0]), []).append(name)
    return {index: _axis(group, names[0]) for index, names in found.items() if len(names) == 1}


def _axis(group: Any, name: str) -> tuple[str, str, Any] | None:
    if name not in group:
        return None
    node = group.get_child(name)
    if len(getattr(node, "shape", None) or ()) != 1 or node.dtype.kind not in "iuf":
        return None
    units = _word(node.attrs.get("units"))
    return _word(node.attrs.get("long_name")) or name, units, np.asarray(node.read(), np.float64)


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def text_of(path: Path | str, where: str) -> str:
    """Return what a node has that is no number to be plotted: texts, rows of a table, or words that say what it is."""
    from h5modules.data_saving import DataLoader

    with DataLoader(path) as loader:
        node: Any = loader.get_node(where)
        shape = getattr(node, "shape", None)
        dtype = None if shape is None else getattr(node, "dtype", None)
        if shape is not None and 0 in shape:
            return f"This array is empty: {' x '.join(str(size) for size in shape)}."
        if shape is not None and (dtype is None or dtype.kind in "SU" or type(node).__name__ == "StringARRAY"):
            rows = np.asarray(node[:_ROWS] if shape else node.read(), object).ravel()[:_ROWS].tolist()
            return _lines([_shown(row) for row in rows], max(1, int(np.prod(shape))))
    return _foreign_text(path, where)


def _foreign_text(path: Path | str, where: str) -> str:
    """Return what h5py reads and PyTables does not: texts of any length, tables, enumerations."""
    try:
        import h5py  # of the extra export; without it the rest of the browser is there
    except ImportError:
        return "This is text or a table of a kind that is shown if h5py is installed: pip install h5py"
    try:
        with h5py.File(path, "r", locking=False) as file:
            node = file[where]
            if not isinstance(node, h5py.Dataset):
                return f"This is {type(node).__name__.lower()}, and has no data of its own."
            if node.shape is None:
                return "This dataset is empty: it has a type, and no value."
            rows = node[:_ROWS] if node.shape else node[()]
            names = node.dtype.names
            lines = [] if names is None else ["\t".join(names)]
            flat = [rows] if not node.shape else list(itertools.islice(np.asarray(rows, object).ravel(), _ROWS))
            flat = list(rows) if names is not None and len(node.shape) == 1 else flat
            lines += ["\t".join(_shown(part) for part in row) if names is not None else _shown(row) for row in flat]
            return _lines(lines, len(lines) - len(flat) + max(1, int(np.prod(node.shape))))
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        return f"This cannot be read: {error}"


def _shown(value: Any) -> str:
    if isinstance(value, bytes | np.bytes_):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, np.ndarray):
        return np.array2string(value, threshold=20, separator=", ")
    return str(value)


def _lines(lines: list[str], total: int) -> str:
    text = "\n".join(lines)
    if len(text) > _LETTERS:
        return f"{text[:_LETTERS]}\n... cut after {_LETTERS:,} letters"
    return text if total <= len(lines) else f"{text}\n... and {total - len(lines):,} more"
