"""The values of an axis while they are edited: how they are given, and the same given otherwise. No Qt."""

from __future__ import annotations

import enum
import math
import re
from typing import Any

import numpy as np

__all__ = ["Mode", "listed_text", "mode_of", "parse_list", "parse_rows", "random_values", "recast", "rows_text"]

_MOST_LISTED = 1_000
_DIGITS = 12


class Mode(enum.Enum):
    """How the values of an axis are given."""

    POINTS = "Start, stop, points"
    STEP = "Start, stop, step"
    LOG = "Logarithmic"
    LIST = "List"
    RANDOM = "Random"


def mode_of(values: Any) -> Mode:
    """Return how values are given, by the data of a plan; random ones are a list there."""
    if isinstance(values, list):
        return Mode.LIST
    if not isinstance(values, dict):
        return Mode.POINTS
    spacing = values.get("spacing", "listed" if "values" in values else "linear")
    if spacing == "listed":
        return Mode.LIST
    if spacing == "log":
        return Mode.LOG
    return Mode.STEP if values.get("step") is not None else Mode.POINTS


def recast(values: Any, mode: Mode) -> dict[str, Any]:
    """Return values given in another way: from where to where and how many, as well as it can be said.

    Parameters
    ----------
    values : dict, list or None
        As a plan has them, perhaps incomplete.
    mode : Mode

    Returns
    -------
    dict
        For a plan; of `Mode.RANDOM`, the arguments of `random_values`.
    """
    start, stop, points = _ends(values)
    ends = {key: value for key, value in (("start", start), ("stop", stop)) if value is not None}
    match mode:
        case Mode.POINTS:
            return {"spacing": "linear"} | ends | {"points": points}
        case Mode.STEP:
            step = abs(stop - start) / (points - 1) if len(ends) == 2 and points > 1 else 0.0  # type: ignore[operator]
            return {"spacing": "linear"} | ends | {"step": _tidy(step) or 1.0}
        case Mode.LOG:
            return {"spacing": "log"} | ends | {"points": points}
        case Mode.LIST:
            return {"spacing": "listed", "values": _list_of(values, start, stop, points)}
    low, high = sorted((start or 0.0, stop if stop is not None else 1.0))
    return {"low": low, "high": high, "points": points, "seed": 1}


def random_values(low: float, high: float, points: int, seed: int) -> list[float]:
    """Return evenly distributed values from `low` to `high`, the same for the same seed on every machine."""
    found = np.random.Generator(np.random.PCG64(seed)).random(points) * (high - low) + low
    return [_tidy(value) for value in found.tolist()]


def parse_list(text: str) -> list[float | str]:
    """Return values that are parted by commas, semicolons, or blanks; "white panel" in quotes is a position's name.

    Raises
    ------
    ValueError
        A part is neither a number nor a name in quotes.
    """
    found: list[float | str] = []
    for quoted, plain in re.findall(r'"([^"]*)"|([^\s,;]+)', text):
        if quoted:
            found.append(quoted)
            continue
        try:
            value = float(plain)
        except ValueError:
            raise ValueError(f"{plain!r} is no number; the name of a position is put into quotes") from None
        if not math.isfinite(value):
            raise ValueError(f"{plain!r} is no finite number")
        found.append(value)
    return found


def listed_text(values: Any) -> str:
    """Return values as `parse_list` takes them."""
    values = values.get("values", []) if isinstance(values, dict) else values or []
    return ", ".join(f'"{value}"' if isinstance(value, str) else f"{value:.{_DIGITS}g}" for value in values)


def parse_rows(text: str) -> list[list[float] | str]:
    """Return points, a line each: values parted by commas or blanks, or the name of a position in quotes.

    Raises
    ------
    ValueError
        With the number of the line.
    """
    found: list[list[float] | str] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            values = parse_list(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        names = [value for value in values if isinstance(value, str)]
        if names and len(values) > 1:
            raise ValueError(f"line {number}: the name of a position stands for the whole point, alone in its line")
        if values:
            found.append(names[0] if names else [value for value in values if not isinstance(value, str)])
    return found


def rows_text(rows: Any) -> str:
    """Return points as `parse_rows` takes them."""
    return "\n".join(f'"{row}"' if isinstance(row, str) else listed_text(list(row)) for row in rows or [])


def _ends(values: Any) -> tuple[float | None, float | None, int]:
    """Return the first and the last value and how many there are."""
    if isinstance(values, list) or (isinstance(values, dict) and "values" in values):
        given = values if isinstance(values, list) else values["values"]
        numbers = [value for value in given if isinstance(value, (int, float))]
        return (numbers[0], numbers[-1], len(numbers)) if numbers else (None, None, 5)
    if not isinstance(values, dict):
        return None, None, 5
    start, stop, step = (_number(values.get(name)) for name in ("start", "stop", "step"))
    if step and start is not None and stop is not None:
        return start, stop, math.floor(abs(stop - start) / step + 1e-6) + 1
    points = values.get("points")
    return start, stop, points if isinstance(points, int) and points > 0 else 5


def _list_of(values: Any, start: float | None, stop: float | None, points: int) -> list[float]:
    if start is None or stop is None:
        return []
    count = min(points, _MOST_LISTED)
    if isinstance(values, dict) and values.get("spacing") == "log" and start * stop > 0:
        return [_tidy(value) for value in np.geomspace(start, stop, count).tolist()]
    return [_tidy(value) for value in np.linspace(start, stop, count).tolist()]


def _number(value: Any) -> float | None:
    """Return a number; None for what was typed in its place."""
    return value if isinstance(value, (int, float)) else None


def _tidy(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
