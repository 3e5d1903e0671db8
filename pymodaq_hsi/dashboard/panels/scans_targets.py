"""Which parameters of the connected devices a plan can vary, read or set. No widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message, StationMirror

__all__ = ["commands", "first_values", "readable", "settable", "spec_of", "targets", "unit_of"]

_NUMBERS = ("Float", "Integer")
_READ, _WRITE = 1, 2
_COMMON = 1e6
"""Limits that are farther out are those of the number, not of what is done with it."""


def targets(mirror: StationMirror) -> dict[str, str]:
    """Return the numeric parameters that can be set, of all devices: target to its text with the unit.

    Positions of stages come first, then what lights have, then the rest: what is scanned most is at the top.
    """
    order = {"Actuator": 0, "LightControl": 1}
    devices = sorted(mirror.devices.values(), key=lambda device: (order.get(device["type"], 2), device["name"]))
    found = {}
    for device in devices:
        for spec in mirror.specs(device["name"]):
            if spec["type"] in _NUMBERS and spec["access"] & _WRITE:
                found[f"{device['name']}.{spec['name']}"] = _text(device["name"], spec)
    return found


def readable(mirror: StationMirror, device: str) -> dict[str, str]:
    """Return the parameters of a device that can be recorded: name to its text with the unit."""
    lists = mirror.devices.get(device, {}).get("lists", {})
    return {
        spec["name"]: f"{spec['name']} ({spec['unit']})" if spec["unit"] else spec["name"]
        for specs in lists.values()
        for spec in specs
        if spec["type"] in (*_NUMBERS, "Boolean") and spec["access"] & _READ
    }


def settable(mirror: StationMirror) -> dict[str, str]:
    """Return all parameters that can be set."""
    return {
        f"{name}.{spec['name']}": _text(name, spec)
        for name in mirror.devices
        for spec in mirror.specs(name)
        if spec["type"] != "Command" and spec["access"] & _WRITE
    }


def commands(mirror: StationMirror) -> dict[str, str]:
    """Return all commands of devices."""
    return {
        f"{name}.{spec['name']}": f"{name}.{spec['name']}"
        for name in mirror.devices
        for spec in mirror.specs(name)
        if spec["type"] == "Command"
    }


def spec_of(mirror: StationMirror, target: str) -> Message | None:
    """Return the spec of a target; None if its device is not connected or has no such parameter."""
    device, _, parameter = target.partition(".")
    return mirror.spec(device, parameter)


def unit_of(mirror: StationMirror, target: str) -> str:
    """Return the unit of a target, '' if it is not known."""
    spec = spec_of(mirror, target)
    return "" if spec is None else str(spec["unit"])


def first_values(mirror: StationMirror, target: str) -> dict[str, Any]:
    """Return values to begin with: from where it is now, within its limits."""
    spec = spec_of(mirror, target)
    device, _, parameter = target.partition(".")
    if spec is None:
        return {"spacing": "linear", "points": 5}
    low, high = spec["minimum"], spec["maximum"]
    now = mirror.value(device, parameter)
    now = now if isinstance(now, (int, float)) else low if low is not None else 0
    if parameter == "Position" and low is not None and high is not None and high - low < _COMMON:
        start, stop = low, high
    else:
        start, stop = now, now * 2 if now else 1
        if high is not None and stop > high:
            start, stop = (low if low is not None else 0), high
    if spec["type"] == "Integer":
        step = max(1, int(stop - start) // 4)
        return {"spacing": "linear", "start": float(start), "stop": float(stop), "step": float(step)}
    return {"spacing": "linear", "start": float(start), "stop": float(stop), "points": 5}


def _text(device: str, spec: Message) -> str:
    unit = f" ({spec['unit']})" if spec["unit"] else ""
    return f"{device}.{spec['name']}{unit}"
