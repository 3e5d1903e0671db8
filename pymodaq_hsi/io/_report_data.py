"""Sections of a report: what some data looks like, in pictures, plots and words."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from h5modules.exporting import CubeView
from pymodaq_hsi.io._html import flat, moment, table, titled
from pymodaq_hsi.io._svg import Line, line_plot
from pymodaq_hsi.io.picture import PNG, image_at_middle, rendered
from pymodaq_hsi.processing.picture import STRETCH, VISIBLE_NM
from pymodaq_hsi.processing.validity import Validity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from h5modules.data import Axis
    from h5modules.exporting import StoredData

__all__ = ["is_validity", "rank", "section"]

_WIDEST = 960
_NARROWEST = 320
_SPECTRA = 5
_MOST_LINES = 8
_EPOCH = 1e9
"""Seconds that are more than this are a time of day, not a duration."""


def rank(data: StoredData) -> int:
    """Return what comes first in a report: cubes, images, lines, numbers, validity."""
    return 9 if is_validity(data) else max(0, 3 - len(data.shape)) if data.shape != (1,) else 4


def is_validity(data: StoredData) -> bool:
    """Whether some data says why values of others are none."""
    return "validity" in data.path.lower().split("/") and data.arrays[0].dtype == np.uint8


def section(data: StoredData) -> Iterator[str]:
    """Show one data object: a picture and spectra of a cube, lines of what has one dimension, numbers of the rest."""
    units = f", in {data.units}" if data.units else ""
    size = " x ".join(map(str, data.shape))
    kind = f"{size}, {data.arrays[0].dtype}{units}: {data.path}"
    yield f"<h3>{escape(data.name)}</h3><p class=path>{escape(kind)}</p>\n"
    yield from (f"<p>{escape(remark)}</p>\n" for remark in _remarks(data))
    extra = {name: getattr(data.described, name) for name in data.described.extra_attributes}
    yield table(dict(flat({name: value for name, value in extra.items() if name != "background_subtracted"})))
    if data.arrays[0].dtype.kind == "c":
        yield "<p>Complex numbers are not drawn.</p>\n"
    elif is_validity(data):
        yield _validity(data)
    elif data.shape == (1,):
        yield table({label: _number(data, number) for number, label in enumerate(data.labels)})
    elif len(data.shape) == 1:
        yield from _lines(data)
    else:
        yield from _pictured(data)


def _remarks(data: StoredData) -> Iterator[str]:
    if data.measured is not None:
        yield f"{int(data.measured.sum())} of {data.measured.size} points of the scan were measured."
    if data.errors and len(data.shape) > 1:
        yield "There are error bars, which are not drawn."
    if data.less_background:
        yield f"The background {', '.join(data.backgrounds)} is taken off."
    elif data.backgrounds:
        yield f"There is a background, {', '.join(data.backgrounds)}, which is not taken off here."


def _number(data: StoredData, number: int) -> str:
    error = f" ± {data.errors[number][...][0]!s}" if data.errors else ""
    return f"{data.arrays[number][...][0]!s}{error} {data.units}".strip()


def _lines(data: StoredData) -> Iterator[str]:
    drawn = []
    for label, array in zip(data.labels, data.arrays, strict=True):
        values = array[...]
        if values.size > 1 and (values == values[0]).all():
            yield f"<p>{escape(label)}: {values[0]!s} {escape(data.units)} at all {values.size} points</p>\n"
        else:
            drawn.append((label, np.asarray(values, float)))
    if not drawn:
        return
    axes = data.axes_at(0)
    x, title = _coordinates(axes[0]) if axes else (np.arange(data.shape[0], dtype=float), "index")
    order = np.argsort(x, kind="stable")
    bars = dict(zip(data.labels, data.errors, strict=False))
    lines = []
    for label, y in drawn[:_MOST_LINES]:
        error = np.asarray(bars[label][...], float)[order] if label in bars else None
        edges = (None, None) if error is None else (y[order] - error, y[order] + error)
        lines.append(Line(label, x[order], y[order], *edges))
    if drawn[_MOST_LINES:]:
        yield f"<p>{len(drawn) - _MOST_LINES} more arrays are not drawn.</p>\n"
    name = drawn[0][0] if len(lines) == 1 else data.name
    yield f"<div>{line_plot(lines, title, titled(name, data.units))}</div>\n"


def _coordinates(axis: Axis) -> tuple[npt.NDArray[np.float64], str]:
    """Return the values of an axis and its title; of times of day the seconds since the first."""
    values = np.asarray(axis.get_data(), float)
    finite = values[np.isfinite(values)]
    if axis.units == "s" and finite.size and finite.min() > _EPOCH:
        return values - finite.min(), f"{axis.label or 'time'} (s) since {moment(float(finite.min()))}"
    return values, titled(axis.label or "axis", axis.units)


def _validity(data: StoredData) -> str:
    """Count the values of each flag."""
    counts = sum(
        (np.bincount(block.ravel(), minlength=256) for _, block in data.arrays[0].blocks()), np.zeros(256, int)
    )
    flags = {flag.name.lower().replace("_", " "): flag for flag in Validity if flag.name and flag}
    numbers = np.arange(counts.size)
    found = {name: int(counts[(numbers & flag.value) != 0].sum()) for name, flag in flags.items()}
    total = int(counts.sum())
    rows = {"good": f"{int(counts[0])} of {total} pixels and bands"}
    return table(rows | {name: f"{count} of {total}" for name, count in found.items() if count})


def _pictured(data: StoredData) -> Iterator[str]:
    images = image_at_middle(data)
    if not PNG.accepts(data):
        yield _picture(data)
    if images is None and CubeView.of(data).shape[2] > 1:
        yield f"<div>{_spectra_plot(data)}</div>\n"


def _picture(data: StoredData) -> str:
    image = Image.fromarray(np.ascontiguousarray(rendered(data)))
    longest = max(image.size)
    if longest > _WIDEST:
        image = image.resize(tuple(max(1, side * _WIDEST // longest) for side in image.size))  # type: ignore[arg-type]
    stream = io.BytesIO()
    image.save(stream, "PNG")
    text = base64.b64encode(stream.getvalue()).decode("ascii")
    width = max(image.width, min(_NARROWEST, _NARROWEST * image.width // image.height), 1)
    return (
        f'<figure><img alt="{escape(data.name)}" width="{width}" src="data:image/png;base64,{text}">'
        f"<figcaption>{escape(_caption(data))}</figcaption></figure>\n"
    )


def _caption(data: StoredData) -> str:
    """Say what is down and across in a picture, and what its colours are."""
    cube = CubeView.of(data)
    middle = image_at_middle(data)
    if middle is not None:
        at = ", ".join(_place(data, dim, index) for dim, index in enumerate(middle))
        down, across = [len(data.shape) - 2], len(data.shape) - 1
        colours = f"The image at {at}. {_greys(np.asarray(data.arrays[0][middle], float), data.units)}"
    else:
        down, across = cube.line_dims, cube.pixel_dim
        known = cube.wavelengths
        seen = known is not None and known.min() <= VISIBLE_NM[0] and known.max() >= VISIBLE_NM[1]
        colours = "True colour" if seen and cube.shape[2] > 2 else "False colour"
        if cube.shape[2] < 3:
            colours = _greys(np.asarray(cube[...][..., cube.shape[2] // 2], float), data.units)
    rows = " and ".join(_extent(data, dim) for dim in down) or "one line"
    return f"{colours}. Down: {rows}. Across: {_extent(data, across)}."


def _greys(image: npt.NDArray[np.float64], units: str) -> str:
    """Say what black and white are; see `pymodaq_hsi.processing.picture.band_picture`."""
    good = image[np.isfinite(image)]
    if not good.size:
        return "Nothing in it is a number"
    low, high = np.percentile(good, STRETCH)
    return f"Black is {low:.10g}{f' {units}' if units else ''}, white {high:.10g}"


def _extent(data: StoredData, dim: int) -> str:
    axes = data.axes_at(dim)
    if not axes or not axes[0].label:
        return f"{data.shape[dim]} points"
    values = np.asarray(axes[0].get_data(), float)
    shifted, title = _coordinates(axes[0])
    if shifted[0] != values[0]:
        return f"{title}, {shifted[0]:.6g} to {shifted[-1]:.6g}"
    return f"{axes[0].label} {values[0]:.6g} to {values[-1]:.6g} {axes[0].units}".rstrip()


def _place(data: StoredData, dim: int, index: int) -> str:
    axes = data.axes_at(dim)
    if not axes or not axes[0].label:
        return f"point {index} of {data.shape[dim]}"
    return f"{axes[0].label} {float(axes[0].get_data()[index]):.6g} {axes[0].units}".rstrip()


def _lines_measured(data: StoredData, cube: CubeView) -> npt.NDArray[np.bool_] | None:
    """Return which (line, pixel) were measured; None where all were."""
    if data.measured is None:
        return None
    mask = data.measured.reshape(data.measured.shape + (1,) * (len(data.shape) - data.measured.ndim))
    mask = np.broadcast_to(mask, data.shape)
    if cube.band_dim is not None:
        mask = np.take(mask, 0, axis=cube.band_dim)
    return mask.reshape(cube.shape[:2])


def _spectra_plot(data: StoredData) -> str:
    """Draw the mean spectrum with its standard deviation, and some single ones from all over the cube."""
    cube = CubeView.of(data)
    lines, pixels, bands = cube.shape
    measured = _lines_measured(data, cube)
    there = np.arange(lines) if measured is None else np.flatnonzero(measured.any(axis=1))
    count, total, squares = np.zeros(bands), np.zeros(bands), np.zeros(bands)
    picked = [
        (int(there[int((n + 0.5) * len(there) / _SPECTRA)]), int((n + 0.5) * pixels / _SPECTRA))
        for n in range(_SPECTRA if len(there) else 0)
    ]
    spectra: dict[tuple[int, int], npt.NDArray[np.float64]] = {}
    offset: npt.NDArray[np.float64] | None = None
    for start, block in cube.blocks():
        values = block.reshape(-1, bands).astype(np.float64)
        if measured is not None:
            values = values[measured[start : start + len(block)].ravel()]
            if not len(values):
                continue
        if offset is None:  # sums of squares of numbers far from zero would lose their digits
            offset = np.nan_to_num(values[0], posinf=0.0, neginf=0.0)
        known = np.isfinite(values)
        values = np.where(known, values - offset, 0.0)
        count += known.sum(axis=0)
        total += values.sum(axis=0)
        squares += (values**2).sum(axis=0)
        for line, pixel in picked:
            if start <= line < start + len(block) and (measured is None or measured[line, pixel]):
                spectra[line, pixel] = block[line - start, pixel].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
        spread = np.sqrt(np.maximum(squares / count - mean**2, 0))
    mean = mean + (0 if offset is None else offset)
    x, title = (np.arange(bands, dtype=float), "Band") if cube.axis is None else _coordinates(cube.axis)
    drawn = [Line("mean, and standard deviation", x, mean, mean - spread, mean + spread)]
    drawn += [Line(f"line {line}, pixel {pixel}", x, spectrum) for (line, pixel), spectrum in spectra.items()]
    return line_plot(drawn, title, titled(data.labels[0], data.units))
