"""Line plots as SVG text: axes, ticks, a legend, and nothing that needs a plotting library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Line", "line_plot", "ticks"]

WIDTH, HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 16, 14, 46
_COLOURS = ("#1f5fa8", "#c8442b", "#2f8f4e", "#8a4fa3", "#b8860b", "#4d4d4d", "#0f8b8d", "#d0588f")
_MOST_POINTS = 1200
_LEGEND = 16


@dataclass(frozen=True)
class Line:
    """A line of a plot; `low` and `high` are the edges of a band drawn behind it."""

    label: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64] | None = None
    high: npt.NDArray[np.float64] | None = None


def ticks(low: float, high: float, count: int = 6) -> list[float]:
    """Return round numbers in an interval, about so many.

    >>> ticks(398.0, 1003.0)
    [400.0, 500.0, 600.0, 700.0, 800.0, 900.0, 1000.0]
    """
    if not high > low:
        return [low]
    raw = (high - low) / max(1, count)
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 12 - math.floor(math.log10(step))) for number in range(first, last + 1)]


def line_plot(lines: Sequence[Line], x_title: str, y_title: str, *, legend: bool = False) -> str:
    """Return an ``<svg>`` element; values that are not finite break a line.

    Several lines have a legend, a single one if `legend` says so.
    """
    legend = legend or len(lines) > 1
    x_low, x_high = _range([line.x for line in lines], margin=0.0)
    heights = [values for line in lines for values in (line.y, line.low, line.high) if values is not None]
    y_low, y_high = _range(heights, margin=0.05)

    def place_x(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return _LEFT + (x - x_low) / (x_high - x_low) * (WIDTH - _LEFT - _RIGHT)

    def place_y(y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return HEIGHT - _BOTTOM - (y - y_low) / (y_high - y_low) * (HEIGHT - _TOP - _BOTTOM)

    parts = [*_frame(x_low, x_high, y_low, y_high, _short(x_title, 90), _short(y_title, 40))]
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        if line.low is not None and line.high is not None:
            parts.append(_band(place_x(line.x), place_y(line.low), place_y(line.high), colour))
        parts += _polylines(place_x(line.x), place_y(line.y), colour)
    if legend:
        parts += _legend(lines)
    extra = _LEGEND * math.ceil(len(lines) / 2) if legend else 0
    size = f'viewBox="0 0 {WIDTH} {HEIGHT + extra}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} width="{WIDTH}" role="img">{"".join(parts)}</svg>'


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _range(arrays: Sequence[npt.NDArray[np.float64]], margin: float) -> tuple[float, float]:
    finite = [values[np.isfinite(values)] for values in arrays]
    known = [values for values in finite if values.size]
    low = min((float(values.min()) for values in known), default=0.0)
    high = max((float(values.max()) for values in known), default=1.0)
    if not high > low:
        half = abs(low) * 0.05 or 0.5
        return low - half, high + half
    return low - margin * (high - low), high + margin * (high - low)


def _frame(x_low: float, x_high: float, y_low: float, y_high: float, x_title: str, y_title: str) -> Iterator[str]:
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    inner_width, inner_height = right - _LEFT, bottom - _TOP
    yield (
        f'<rect x="{_LEFT}" y="{_TOP}" width="{inner_width}" height="{inner_height}" fill="#fff" stroke="#999"/>'
        '<g font-family="sans-serif" font-size="11" fill="#333">'
    )
    for value in ticks(x_low, x_high):
        x = _LEFT + (value - x_low) / (x_high - x_low) * inner_width
        yield f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#eee"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{value:g}</text>'
    for value in ticks(y_low, y_high, 5):
        y = bottom - (value - y_low) / (y_high - y_low) * inner_height
        yield f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#eee"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
    yield f'<text x="{(_LEFT + right) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x_title)}</text>'
    middle = (_TOP + bottom) / 2
    yield f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">{escape(y_title)}</text></g>'


def _thinned(count: int) -> npt.NDArray[np.intp]:
    return np.unique(np.linspace(0, count - 1, min(count, _MOST_POINTS)).round().astype(np.intp))


def _polylines(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], colour: str) -> Iterator[str]:
    kept = _thinned(len(x))
    x, y = x[kept], y[kept]
    known = np.isfinite(x) & np.isfinite(y)
    for run in np.split(np.arange(len(x)), np.flatnonzero(np.diff(known.astype(np.int8))) + 1):
        if not (run.size and known[run[0]]):
            continue
        if run.size == 1:
            yield f'<circle cx="{x[run[0]]:.1f}" cy="{y[run[0]]:.1f}" r="2.5" fill="{colour}"/>'
            continue
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x[run], y[run], strict=True))
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _band(x: npt.NDArray[np.float64], low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], colour: str) -> str:
    known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
    x, low, high = (
        values[known][_thinned(int(known.sum()))] if known.any() else values[:0] for values in (x, low, high)
    )
    edge = [f"{a:.1f},{b:.1f}" for a, b in zip(x, high, strict=True)]
    back = [f"{a:.1f},{b:.1f}" for a, b in zip(x[::-1], low[::-1], strict=True)]
    return f'<polygon points="{" ".join(edge + back)}" fill="{colour}" opacity="0.15"/>'


def _legend(lines: Sequence[Line]) -> Iterator[str]:
    yield '<g font-family="sans-serif" font-size="11" fill="#333">'
    for number, line in enumerate(lines):
        x = _LEFT + (number % 2) * (WIDTH - _LEFT) / 2
        y = HEIGHT + _LEGEND * (number // 2) + 4
        colour = _COLOURS[number % len(_COLOURS)]
        yield f'<path d="M{x} {y}h18" stroke="{colour}" stroke-width="2"/>'
        yield f'<text x="{x + 24}" y="{y + 4}">{escape(_short(line.label, 44))}</text>'
    yield "</g>"
