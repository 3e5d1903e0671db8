"""Values in place of the names of positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymodaq_hsi.scans.positions import PositionMemory

__all__ = ["looked_up"]


def looked_up(fields: dict[str, Any], memory: PositionMemory) -> dict[str, Any]:
    """Return the fields of a plan with the values of positions in place of their names.

    Raises
    ------
    PositionNotFound
        There is no such position, or it has no value for a target that asks for it.
    """
    fields = dict(fields)
    for when in ("before", "after"):
        fields[when] = [
            action | {"to": memory.load(action["to"])} if isinstance(action.get("to"), str) else action
            for action in fields[when]
        ]
    axes = fields.get("axes", ())
    targets = [axis["target"] for axis in axes]
    if fields.get("rows") is not None:
        fields["rows"] = [
            [memory.value(row, target) for target in targets] if isinstance(row, str) else row for row in fields["rows"]
        ]
    if axes and "values" in axes[0]:
        fields["axes"] = [_axis(axis, memory) for axis in axes]
    return fields


def _axis(axis: dict[str, Any], memory: PositionMemory) -> dict[str, Any]:
    values = axis["values"]
    if values is None or values["spacing"] != "listed":
        return axis
    listed = [memory.value(value, axis["target"]) if isinstance(value, str) else value for value in values["values"]]
    return axis | {"values": values | {"values": listed}}
