"""Tables and words of a report: values as people read them, long lists in few words."""

from __future__ import annotations

import datetime
import json
import math
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["flat", "moment", "shown", "table", "titled"]

_LONGEST = 400
_MOST_ITEMS = 8


def table(rows: Mapping[str, str]) -> str:
    """Return a table of names and values; nothing where there are none."""
    cells = (f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in rows.items())
    return f"<table>{''.join(cells)}</table>\n" if rows else ""


def titled(label: str, units: str) -> str:
    """Return a label with its unit."""
    return f"{label} ({units})" if units else label


def moment(timestamp: float) -> str:
    """Return a time in UTC, as ISO 8601 has it."""
    try:
        return datetime.datetime.fromtimestamp(timestamp, datetime.UTC).isoformat(sep=" ", timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return f"{timestamp!r} s"


def flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Iterate over all settings and those in them, each with its names and as text; what is empty is left out.

    >>> dict(flat({"frame_format": {"shape": [640, 224], "wavelengths": [400.0] * 224}, "note": ""}))
    {'frame format: shape': '640, 224', 'frame format: wavelengths': '400, 224 times'}
    """
    for key, value in settings.items():
        name = f"{above}{str(key).replace('_', ' ')}"
        value = _parsed(value)
        if isinstance(value, dict):
            yield from flat(value, f"{name}: ")
        elif value is not None and (not isinstance(value, str | list | tuple) or len(value)):
            yield name, shown(value)


def _parsed(value: Any) -> Any:
    """Return what a text says that is JSON of several values: some devices describe themselves so."""
    if isinstance(value, str) and value[:1] in "{[" and value:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def shown(value: Any) -> str:
    """Return a value as text, in few words where it is long."""
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, list | tuple):
        return _cut(_listed(value))
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def _listed(values: Sequence[Any]) -> str:
    if len(values) > _MOST_ITEMS:
        first = values[0]
        if all(value == first for value in values):
            return f"{shown(first)}, {len(values)} times"
        numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        if len(numbers) == len(values):
            known = [value for value in numbers if math.isfinite(value)]
            low, high = (min(known), max(known)) if known else (math.nan, math.nan)
            return f"{len(values)} values from {shown(float(low))} to {shown(float(high))}"
    return ", ".join(shown(value) for value in values[: 4 * _MOST_ITEMS]) + (
        " ..." if values[4 * _MOST_ITEMS :] else ""
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ... ({len(text)} characters)"
