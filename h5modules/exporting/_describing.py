"""What is known about data besides its numbers, as plain data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from h5modules.browsing._attributes import json_ready

if TYPE_CHECKING:
    from h5modules.exporting._stored import StoredData

__all__ = ["description", "extra_attributes"]


def description(data: StoredData) -> dict[str, Any]:
    """Return name, units, labels, axes, navigation, attributes, in types that JSON has."""
    described = data.described
    return {
        "name": described.name,
        "origin": described.origin,
        "units": data.units,
        "labels": data.labels,
        "shape": list(data.shape),
        "source": described.source.name,
        "distribution": described.distribution.name,
        "nav_indexes": [int(index) for index in described.nav_indexes],
        "timestamp": float(described.timestamp),
        "path": data.path,
        "axes": [
            {
                "label": axis.label,
                "units": axis.units,
                "index": int(axis.index),
                "spread_order": int(axis.spread_order),
                "size": int(axis.size),
            }
            for axis in described.axes
        ],
        "attributes": extra_attributes(data),
    }


def extra_attributes(data: StoredData) -> dict[str, Any]:
    """Return the user's own attributes, in types that JSON has."""
    described = data.described
    extra = {name: json_ready(getattr(described, name)) for name in described.extra_attributes}
    json.dumps(extra)
    return extra
