"""What a parameter spec is in pyqtgraph's parameter tree, and in words."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message

__all__ = ["caption", "explanation", "is_writable", "item_options", "shown_value", "spec_options"]

_WRITE = 2
_LONGEST_TEXT = 60


def is_writable(spec: Message) -> bool:
    """Return whether a parameter can be set, or a command executed, now."""
    return bool(spec["access"] & _WRITE)


def caption(spec: Message) -> str:
    """Return what a parameter is called on the screen: ``ExposureTime`` is Exposure time."""
    if spec["display_name"]:
        return str(spec["display_name"])
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", spec["name"]).replace("_", " ").split()
    return " ".join(word if index == 0 or word.isupper() else word.lower() for index, word in enumerate(words))


def explanation(spec: Message) -> str:
    """Return a tooltip: what it is, its unit, what it may be, what else it changes."""
    lines = [spec["description"] or caption(spec)]
    low, high, unit = spec["minimum"], spec["maximum"], spec["unit"]
    of = f" {unit}" if unit else ""
    if low is not None and high is not None:
        lines.append(f"From {low:g} to {high:g}{of}")
    elif low is not None or high is not None:
        lines.append(f"At least {low:g}{of}" if low is not None else f"At most {high:g}{of}")
    elif unit:
        lines.append(f"In {unit}")
    if spec["increment"]:
        lines.append(f"In steps of {spec['increment']:g}{of}")
    if spec["affects_reference"]:
        lines.append("References taken before do not hold for another value")
    if spec["locked_while_acquiring"]:
        lines.append("A live view is interrupted to set it")
    lines.append(f"In plans: {spec['name']}")
    return "\n".join(lines)


def shown_value(spec: Message, value: Any) -> Any:
    """Return a value as the tree shows it: long texts are cut, what is not known is the least that can be."""
    match spec["type"]:
        case "Float":
            return float(value) if isinstance(value, int | float) else 0.0
        case "Integer":
            return int(value) if isinstance(value, int | float) else 0
        case "Boolean":
            return bool(value)
        case "Enumeration":
            return value
    text = "" if value is None else str(value)
    if not is_writable(spec) and len(text) > _LONGEST_TEXT:
        return text[: _LONGEST_TEXT - 3] + "..."
    return text


def item_options(spec: Message, value: Any) -> dict[str, Any]:
    """Return the options of pyqtgraph's parameter for a spec."""
    kinds = {"Float": "float", "Integer": "int", "Boolean": "bool", "Enumeration": "list", "Command": "action"}
    options: dict[str, Any] = {
        "name": spec["name"],
        "title": caption(spec),
        "type": kinds.get(spec["type"], "file" if spec["type"] == "File" and is_writable(spec) else "str"),
        "tip": explanation(spec),
    }
    if spec["type"] == "Command":
        return options | {"enabled": is_writable(spec)}
    options |= {"value": shown_value(spec, value), "default": None, "readonly": not is_writable(spec)}
    return options | spec_options(spec)


def spec_options(spec: Message) -> dict[str, Any]:
    """Return the options that a device may change: limits, steps, entries, whether it can be set."""
    if spec["type"] == "Command":
        return {"enabled": is_writable(spec)}
    options: dict[str, Any] = {"readonly": not is_writable(spec), "enabled": spec["access"] != 0}
    if spec["type"] in ("Float", "Integer"):
        options |= {"limits": (spec["minimum"], spec["maximum"]), "suffix": spec["unit"]}
        options |= {"step": _step(spec), "siPrefix": False, "decimals": 7, "compactHeight": False}
    elif spec["type"] == "Enumeration":
        options["limits"] = {entry["display_name"] or entry["name"]: entry["name"] for entry in spec["entries"]}
    elif spec["type"] == "File":
        options |= {"nameFilter": f"{caption(spec)} ({spec['file_filter'] or '*'})", "fileMode": "AnyFile"}
    return options


def _step(spec: Message) -> float:
    """Return what a turn of the wheel changes: the increment, or about a hundredth of the range, a round number."""
    if spec["increment"]:
        return float(spec["increment"])
    if spec["type"] == "Integer":
        return 1
    low, high = spec["minimum"], spec["maximum"]
    if low is None or high is None or not high > low:
        return 0.1
    return float(10.0 ** math.floor(math.log10((high - low) / 100)))
