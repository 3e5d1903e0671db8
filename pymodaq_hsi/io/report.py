"""Export to HTML: one page that says what a file or a scan is, without anything beside it or on the net."""

from __future__ import annotations

import base64
import datetime
import io
import json
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from h5modules.browsing import attributes, tree_text
from h5modules.exporting import CubeView, Format
from pymodaq_hsi.io._recording import is_reference, references_of, settings_of
from pymodaq_hsi.io._svg import Line, line_plot
from pymodaq_hsi.io.picture import PNG, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from h5modules.exporting import Job, StoredData

__all__ = ["HTML"]

_WIDEST = 960
_SPECTRA = 5
_MOST_LINES = 8
_PLUMBING = frozenset({"CLASS", "VERSION", "TITLE", "settings", "type"})
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:60em;padding:0 1em;color:#222}
h1{font-size:1.5em}h2{font-size:1.15em;border-bottom:1px solid #ccc;margin-top:2em}
img{max-width:100%;image-rendering:pixelated;border:1px solid #ccc}svg{max-width:100%;height:auto}
table{border-collapse:collapse}td,th{padding:.15em .8em .15em 0;text-align:left;vertical-align:top}
th{font-weight:normal;color:#666}td{overflow-wrap:anywhere}pre{font-size:12px;overflow-x:auto;background:#f6f6f6;padding:1em}
"""


def _write(job: Job) -> None:
    title = str(job.loader.get_node(job.where).title) or job.source.stem
    with job.target.open("x", encoding="utf-8") as file:
        file.write(
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            f"<style>{_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n"
        )
        file.write(_table(_facts(job)))
        references: dict[str, StoredData] = {}
        for data in job.data:
            if not is_reference(data.path):
                references = references or references_of(job.loader, data.path)
                file.write("".join(_section(data)))
            job.advance(data.nbytes)
        file.write("".join(_references(references)))
        file.write("".join(_settings(settings_of(job.loader, job.data[0].path))))
        tree = tree_text(job.loader, job.where)
        file.write(f"<h2>What is in the file</h2><pre>{escape(tree)}</pre>\n</body></html>\n")


def _facts(job: Job) -> dict[str, str]:
    moments = [data.described.timestamp for data in job.data]
    first = datetime.datetime.fromtimestamp(min(moments), datetime.UTC)
    facts = {
        "File": str(job.source.name),
        "Node": job.where,
        "Time of the data": first.isoformat(sep=" ", timespec="seconds"),
    }
    for name, value in attributes(job.loader, job.where).items():
        if name not in _PLUMBING and value not in ("", None):
            facts[name.replace("_", " ")] = str(value)
    return facts


def _table(rows: Mapping[str, str]) -> str:
    cells = (f"<tr><th>{escape(key)}</th><td>{escape(value[:2000])}</td></tr>" for key, value in rows.items())
    return f"<table>{''.join(cells)}</table>\n"


def _section(data: StoredData) -> Iterator[str]:
    """Show one data object: a picture and spectra of a cube, lines of what has one dimension, numbers of the rest."""
    units = f" {data.units}" if data.units else ""
    size = " x ".join(map(str, data.shape))
    yield f"<h2>{escape(data.name)}</h2><p>{size}, {data.arrays[0].dtype}{escape(units)}, {escape(data.path)}</p>\n"
    if data.arrays[0].dtype.kind == "c":
        yield "<p>Complex numbers are not drawn.</p>\n"
        return
    if data.shape == (1,):
        values = {label: f"{array[...][0]!s}{units}" for label, array in zip(data.labels, data.arrays, strict=True)}
        yield _table(values)
    elif len(data.shape) == 1:
        yield f"<div>{_lines_plot(data)}</div>\n"
    else:
        if not PNG.accepts(data):
            yield _picture(data)
        if CubeView.of(data).shape[2] > 1:
            yield f"<div>{_spectra_plot(data)}</div>\n"


def _picture(data: StoredData) -> str:
    image = Image.fromarray(np.ascontiguousarray(rendered(data)))
    longest = max(image.size)
    if longest > _WIDEST:
        image = image.resize(tuple(max(1, side * _WIDEST // longest) for side in image.size))  # type: ignore[arg-type]
    stream = io.BytesIO()
    image.save(stream, "PNG")
    text = base64.b64encode(stream.getvalue()).decode("ascii")
    return (
        f'<p><img alt="{escape(data.name)}" width="{max(image.width, 320)}" src="data:image/png;base64,{text}"></p>\n'
    )


def _lines_plot(data: StoredData) -> str:
    axes = data.axes_at(0)
    x = np.asarray(axes[0].get_data(), float) if axes else np.arange(data.shape[0], dtype=float)
    lines = []
    for number, array in enumerate(data.arrays[:_MOST_LINES]):
        y = np.asarray(array[...], float)
        error = np.asarray(data.errors[number][...], float) if data.errors else None
        edges = (None, None) if error is None else (y - error, y + error)
        lines.append(Line(data.labels[number], x, y, *edges))
    title = _title(axes[0].label, axes[0].units) if axes else "index"
    return line_plot(lines, title, _title(data.labels[0] if len(lines) == 1 else data.name, data.units))


def _spectra_plot(data: StoredData) -> str:
    """Draw the mean spectrum with its standard deviation, and some single ones from all over the cube."""
    cube = CubeView.of(data)
    lines, pixels, bands = cube.shape
    count, total, squares = np.zeros(bands), np.zeros(bands), np.zeros(bands)
    picked = [(int((n + 0.5) * lines / _SPECTRA), int((n + 0.5) * pixels / _SPECTRA)) for n in range(_SPECTRA)]
    spectra: dict[tuple[int, int], npt.NDArray[np.float64]] = {}
    offset: npt.NDArray[np.float64] | None = None
    for start, block in cube.blocks():
        values = block.reshape(-1, bands).astype(np.float64)
        if offset is None:  # sums of squares of numbers far from zero would lose their digits
            offset = np.nan_to_num(values[0], posinf=0.0, neginf=0.0)
        known = np.isfinite(values)
        values = np.where(known, values - offset, 0.0)
        count += known.sum(axis=0)
        total += values.sum(axis=0)
        squares += (values**2).sum(axis=0)
        for line, pixel in picked:
            if start <= line < start + len(block):
                spectra[line, pixel] = block[line - start, pixel].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
        spread = np.sqrt(np.maximum(squares / count - mean**2, 0))
    mean = mean + (0 if offset is None else offset)
    x = np.arange(bands, dtype=float) if cube.axis is None else np.asarray(cube.axis.get_data(), float)
    drawn = [Line("mean, and standard deviation", x, mean, mean - spread, mean + spread)]
    drawn += [Line(f"line {line}, pixel {pixel}", x, spectrum) for (line, pixel), spectrum in spectra.items()]
    title = "Band" if cube.axis is None else _title(cube.axis.label or "Band", cube.axis.units)
    return line_plot(drawn, title, _title(data.labels[0], data.units))


def _references(references: Mapping[str, StoredData]) -> Iterator[str]:
    if not references:
        return
    yield "<h2>References</h2>\n"
    drawn, title, units = [], "Band", ""
    for kind, data in references.items():
        cube = CubeView.of(data)
        values = np.asarray(data.arrays[0][...], float).reshape(-1, data.shape[-1])
        x = np.arange(data.shape[-1], dtype=float)
        if cube.axis is not None and cube.axis.size == len(x):
            x, title = np.asarray(cube.axis.get_data(), float), _title(cube.axis.label, cube.axis.units)
        units = data.units
        drawn.append(Line(f"{kind}: mean of all pixels, and standard deviation", x, values.mean(0), *_edges(values)))
        moment = datetime.datetime.fromtimestamp(data.described.timestamp, datetime.UTC)
        facts = {f"{kind} reference": f"taken {moment.isoformat(sep=' ', timespec='seconds')}"}
        facts |= {
            name.replace("_", " "): str(getattr(data.described, name)) for name in data.described.extra_attributes
        }
        yield _table(facts)
    yield f"<div>{line_plot(drawn, title, _title('Signal', units))}</div>\n"


def _edges(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    mean, spread = values.mean(0), values.std(0)
    return mean - spread, mean + spread


def _settings(settings: Mapping[str, Any]) -> Iterator[str]:
    if not settings:
        return
    yield "<h2>Settings</h2>\n"
    plain = {key.replace("_", " "): _text(value) for key, value in settings.items() if key != "devices"}
    yield _table(plain)
    devices = settings.get("devices")
    for device in devices if isinstance(devices, list) else []:
        if isinstance(device, dict):
            named = next((str(device[key]) for key in ("display_name", "name", "device") if key in device), "Device")
            parameters = device.get("parameters")
            rows = {key: value for key, value in device.items() if key != "parameters"}
            rows |= parameters if isinstance(parameters, dict) else {}
            yield f"<h3>{escape(named)}</h3>{_table({str(key): _text(value) for key, value in rows.items()})}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _title(label: str, units: str) -> str:
    return f"{label} ({units})" if units else label


HTML = Format("html", (".html", ".htm"), "Report", _write, also=("report",))
