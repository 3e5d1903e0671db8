"""What a node is, in a few words, without reading its data."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from h5modules.backends import CARRAY, EARRAY, GROUP, VLARRAY, StringARRAY
from h5modules.browsing._attributes import decoded_attributes

if TYPE_CHECKING:
    from h5modules.backends import Node
    from h5modules.browsing._walk import Found

__all__ = ["AxisSummary", "NodeSummary", "axis_summary", "summarize"]

_AXIS = "axis"


@dataclass(frozen=True)
class AxisSummary:
    """An axis that stands beside data, or above it for navigation axes.

    Attributes
    ----------
    path, label, units : str
    index, spread_order : int
        The dimension of the data, and the place among axes that share it.
    size : int
    """

    path: str
    label: str
    units: str
    index: int
    spread_order: int
    size: int


@dataclass(frozen=True)
class NodeSummary:
    """A node in a few words.

    Attributes
    ----------
    path, name, title : str
    kind : str
        "group", "array", "growing array", "text", "rows" (of any lengths), "link", "unreadable" or "other".
    type : str
        What PyMoDAQ says it is: of a group scan, detector, ...; of an array data, axis, error, bkg, ...; "" if nothing.
    shape : tuple of int or None
        None for what is no array.
    dtype : str
        As NumPy names it.
    units, label, dimension : str
        Of an array, as its attributes say.
    bytes, stored_bytes : int
        In memory, and on disk (less when compressed).
    compression : str
        The filter's name, "" for none.
    axes : tuple of AxisSummary
        Of data.
    labels : tuple of str
        Of the data arrays in a group.
    children : int
        How many nodes a group has.
    target : str
        Of a link.
    problem : str
        Why it is unreadable.
    """

    path: str
    name: str
    kind: str
    title: str = ""
    type: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    units: str = ""
    label: str = ""
    dimension: str = ""
    bytes: int = 0
    stored_bytes: int = 0
    compression: str = ""
    axes: tuple[AxisSummary, ...] = ()
    labels: tuple[str, ...] = ()
    children: int = 0
    target: str = ""
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: what is empty or unknown is left out."""
        plain = {key: value for key, value in asdict(self).items() if value not in ("", (), None)}
        for key in ("bytes", "stored_bytes", "children"):
            if not plain[key]:
                del plain[key]
        if "shape" in plain:
            plain["shape"] = list(plain["shape"])
        for key in ("axes", "labels"):
            if key in plain:
                plain[key] = list(plain[key])
        return plain


def summarize(found: Found) -> NodeSummary:
    """Return the summary of something that a walk came to, axes apart."""
    name = found.path.rpartition("/")[2] or "/"
    if found.link:
        return NodeSummary(found.path, name, "link", target=found.link)
    node = found.node
    if node is None:
        return NodeSummary(found.path, name, "unreadable", problem=found.problem)
    attributes = decoded_attributes(node)
    common: dict[str, Any] = {"path": found.path, "name": name, "title": node.title}
    if isinstance(node, GROUP):
        return NodeSummary(
            **common, kind="group", type=_word(attributes.get("type")), children=len(node.children_name())
        )
    if not isinstance(node, CARRAY):
        return NodeSummary(**common, kind="other")
    rows = isinstance(node, VLARRAY)
    stored = int(node.node.size_on_disk) if not rows else 0
    return NodeSummary(
        **common,
        kind=_kind_of(node),
        type=_word(attributes.get("data_type") or attributes.get("type")),
        shape=node.shape,
        dtype="" if rows else str(node.dtype),
        units=_word(attributes.get("units")),
        label=_word(attributes.get("label")),
        dimension=_word(attributes.get("data_dimension")),
        bytes=0 if rows else math.prod(node.shape) * node.dtype.itemsize,
        stored_bytes=stored,
        compression=str(getattr(getattr(node.node, "filters", None), "complib", "") or ""),
    )


def _kind_of(node: Node) -> str:
    if isinstance(node, StringARRAY):
        return "text"
    if isinstance(node, VLARRAY):
        return "rows"
    return "growing array" if isinstance(node, EARRAY) else "array"


def axis_summary(found: Found) -> AxisSummary | None:
    """Return what an array says of itself as an axis; None when it is none."""
    node = found.node
    if not isinstance(node, CARRAY):
        return None
    attributes = decoded_attributes(node)
    if attributes.get("data_type") != _AXIS or len(node.shape) != 1:
        return None
    return AxisSummary(
        node.path,
        _word(attributes.get("label")),
        _word(attributes.get("units")),
        _natural(attributes.get("index")),
        _natural(attributes.get("spread_order")),
        node.shape[0],
    )


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _natural(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
