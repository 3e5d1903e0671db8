"""What a parameter spec is in pyqtgraph's parameter tree, and in words."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.dashboard.parameter_widgets import CHOICE, FILE, NUMBER, TEXT

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message

__all__ = ["caption", "explanation", "is_writable", "item_options", "shown_value", "spec_options"]

_WRITE = 2
_LONGEST_TEXT = 60


def is_writable(spec: Message) -> bool:
    """Return whether a parameter can be set, or a command executed, now."""
    return bool(spec["access"] & _WRITE)


def caption(spec: Message) -> str:
    """Return what a parameter is called on the screen: ``ExposureTime`` is Exposure time; a * means needed."""
    needed = " *" if spec["required"] else ""
    if spec["display_name"]:
        return str(spec["display_name"]) + needed
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", spec["name"]).replace("_", " ").split()
    return " ".join(word if index == 0 or word.isupper() else word.lower() for index, word in enumerate(words)) + needed


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
    if spec["required"]:
        lines.append("It has to be given")
    if spec["affects_reference"]:
        lines.append("References taken before do not hold for another value")
    if spec["locked_while_acquiring"]:
        lines.append("A live view is interrupted to set it")
    lines.append(f"In plans: {spec['name']}")
    return "\n".join(lines)


def shown_value(spec: Message, value: Any) -> Any:
    """Return a value as the tree shows it: long texts are cut, a number that is not known is None."""
    match spec["type"]:
        case "Float":
            return float(value) if isinstance(value, int | float) else None
        case "Integer":
            return int(value) if isinstance(value, int | float) else None
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
    kinds = {"Float": NUMBER, "Integer": NUMBER, "Boolean": "bool", "Enumeration": CHOICE, "Command": "action"}
    options: dict[str, Any] = {
        "name": spec["name"],
        "title": caption(spec),
        "type": kinds.get(spec["type"], FILE if spec["type"] == "File" and is_writable(spec) else TEXT),
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
        options["format"] = {
            "unit": spec["unit"],
            "low": spec["minimum"],
            "high": spec["maximum"],
            "step": _step(spec),
            "whole": spec["type"] == "Integer",
        }
    elif spec["type"] == "Enumeration":
        options["limits"] = _entries(spec)
    elif spec["type"] == "File":
        wanted = spec["file_filter"].replace(";", " ").replace(",", " ")
        options["nameFilter"] = f"{caption(spec)} ({wanted});;All files (*)" if wanted else "All files (*)"
    return options


def _entries(spec: Message) -> dict[str, str]:
    """Return the entries of an enumeration by what they are called; by their names where two are called the same."""
    titles = [entry["display_name"] or entry["name"] for entry in spec["entries"]]
    alike = {title for title in titles if titles.count(title) > 1}
    return {
        entry["name"] if title in alike else title: entry["name"]
        for title, entry in zip(titles, spec["entries"], strict=True)
    }


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
