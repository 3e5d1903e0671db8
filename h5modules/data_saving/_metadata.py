"""The attributes of data and axis arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules._storage import attributes
from h5modules._storage.nodes import MAX_ATTRIBUTE
from h5modules.data.enums import DataDim, DataDistribution, DataSource
from h5modules.errors import ArrayMismatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from h5modules._storage.nodes import Node
    from h5modules.data import DataWithAxes

__all__ = ["RESERVED", "encoded", "extra_attributes", "of_data", "write"]

RESERVED = attributes.RAW_NAMES | {
    "backend",
    "data_dimension",
    "data_type",
    "distribution",
    "dtype",
    "label",
    "nav_indexes",
    "origin",
    "path",
    "shape",
    "source",
    "subdtype",
    "timestamp",
    "units",
}
"""Attributes of a data array that mean something; all others are the user's."""


def of_data(
    data: DataWithAxes,
    *,
    data_type: str,
    dimension: DataDim | None = None,
    distribution: DataDistribution | None = None,
    nav_indexes: tuple[int, ...] | None = None,
    extra: Mapping[str, object] | None = None,
) -> dict[str, bytes]:
    """Return the attributes that the arrays of some data have in common, encoded.

    Raises
    ------
    ArrayMismatch
        An extra attribute has the name of one that means something else, or a value that has no form in a file.
    """
    extra = {**{name: getattr(data, name) for name in data.extra_attributes}, **(extra or {})}
    taken = sorted(RESERVED & extra.keys() - {"path"})
    if taken:
        raise ArrayMismatch(
            f"{data.name!r} has extra attributes named {', '.join(taken)}, which mean something else in a file; give "
            f"them other names"
        )
    extra.pop("path", None)
    fields: dict[str, object] = {
        "data_type": data_type,
        "data_dimension": (dimension or data.dim).name,
        "timestamp": float(data.timestamp),
        "source": data.source.name,
        "distribution": (distribution or data.distribution).name,
        "origin": str(data.origin),
        "units": str(data.units),
        "nav_indexes": tuple(int(i) for i in (data.nav_indexes if nav_indexes is None else nav_indexes)),
        **extra,
    }
    return encoded(fields, data.name)


def encoded(fields: Mapping[str, object], owner: str) -> dict[str, bytes]:
    """Return attributes as they go to the file.

    Raises
    ------
    ArrayMismatch
        One has a value that cannot be an attribute.
    """
    result = {}
    for name, value in fields.items():
        try:
            result[name] = attributes.encode(value)
        except TypeError as exc:
            raise ArrayMismatch(f"attribute {name!r} of {owner!r}: {exc}") from exc
        if len(result[name]) > MAX_ATTRIBUTE:
            raise ArrayMismatch(
                f"attribute {name!r} of {owner!r} takes {len(result[name])} bytes, and an attribute holds at most "
                f"{MAX_ATTRIBUTE}; save it with H5SaverLowLevel.add_string_array() or add_array()"
            )
    return result


def write(node: Node, fields: Mapping[str, bytes], **more: object) -> None:
    """Write encoded attributes to a node, and some that are not encoded yet."""
    attrs = node.attrs
    for name, value in fields.items():
        attrs.set_raw(name, value)
    for name, item in more.items():
        attrs[name] = item


def extra_attributes(node: Node) -> dict[str, Any]:
    """Return the attributes of a data array that are the user's."""
    attrs = node.attrs
    return {name: attrs.get(name) for name in attrs if name not in RESERVED}


def dimension_of(node: Node) -> DataDim:
    """Return the dimensionality that an array says it has; DataND if it says nothing known."""
    return DataDim.__members__.get(str(node.attrs.get("data_dimension")), DataDim.DataND)


def source_of(node: Node) -> DataSource:
    """Return the source that an array says it has."""
    return DataSource.__members__.get(str(node.attrs.get("source")), DataSource.raw)


def distribution_of(node: Node) -> DataDistribution:
    """Return the distribution that an array says it has."""
    return DataDistribution.__members__.get(str(node.attrs.get("distribution")), DataDistribution.uniform)


def nav_indexes_of(node: Node, ndim: int) -> tuple[int, ...]:
    """Return the navigation dimensions that an array says it has, those of them that it has."""
    indexes = node.attrs.get("nav_indexes", ())
    if not isinstance(indexes, tuple | list):
        return ()
    return tuple(dict.fromkeys(int(i) for i in indexes if isinstance(i, int | np.integer) and 0 <= i < ndim))
