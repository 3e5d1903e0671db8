"""Export to HTML: one page that says what a file or a scan is, without anything beside it or on the net."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.backends import GROUP
from h5modules.browsing import attributes, tree_text
from h5modules.exporting import CubeView, Format
from pymodaq_hsi.io._html import flat, moment, shown, table, titled
from pymodaq_hsi.io._recording import is_reference, plan_of, references_of, settings_of
from pymodaq_hsi.io._report_data import rank, section
from pymodaq_hsi.io._svg import Line, line_plot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from h5modules.exporting import Job, StoredData, StoredLoader

__all__ = ["HTML"]

_PLUMBING = frozenset(
    {"CLASS", "VERSION", "TITLE", "PYTABLES_FORMAT_VERSION", "settings", "type", "file", "date", "time"}
)
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:60em;padding:0 1em;color:#222}
h1{font-size:1.5em}h2{font-size:1.15em;border-bottom:1px solid #ccc;margin-top:2em}
h3{font-size:1em;margin:1.6em 0 .3em}
img{max-width:100%;image-rendering:pixelated;border:1px solid #ccc}figure{margin:.5em 0}
figcaption,.path{font-size:12px;color:#666}svg{max-width:100%;height:auto}
table{border-collapse:collapse}summary{cursor:pointer;margin:1em 0}
td,th{padding:.15em .8em .15em 0;text-align:left;vertical-align:top}
th{font-weight:normal;color:#666}td{overflow-wrap:anywhere}pre{font-size:12px;overflow-x:auto;background:#f6f6f6;padding:1em}
"""


def _write(job: Job) -> None:
    title = job.source.stem if job.where == "/" else str(job.loader.get_node(job.where).title) or job.source.stem
    scans = _scans(job)
    with job.target.open("x", encoding="utf-8") as file:
        file.write(
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            f"<style>{_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n"
        )
        file.write(table(_facts(job)))
        for path, found in scans.items():
            file.writelines(_scan(job, path, found))
        tree = tree_text(job.loader, job.where)
        file.write(f"<h2>What is in the file</h2><pre>{escape(tree)}</pre>\n</body></html>\n")


def _facts(job: Job) -> dict[str, str]:
    first = min(data.described.timestamp for data in job.data)
    facts = {"File": job.source.name, "Node": job.where, "Time of the data": moment(first)}
    return facts | _said(job.loader, job.where)


def _said(loader: StoredLoader, path: str) -> dict[str, str]:
    """Return what stands at a node that a person wants to know."""
    found = {name: value for name, value in attributes(loader, path).items() if name not in _PLUMBING}
    return dict(flat(found))


def _scans(job: Job) -> dict[str, list[StoredData]]:
    """Return the data by the scans that it is of; what is of none under the node that was asked for."""
    scans: dict[str, list[StoredData]] = {}
    for data in job.data:
        scans.setdefault(_scan_of(job.loader, data.path) or job.where, []).append(data)
    return scans


def _scan_of(loader: StoredLoader, path: str) -> str:
    node = loader.get_node(path).parent_node
    while node is not None:
        if isinstance(node, GROUP) and node.attrs.get("type") == "scan":
            return str(node.path)
        node = node.parent_node
    return ""


def _scan(job: Job, path: str, found: list[StoredData]) -> Iterator[str]:
    """Show a scan: its data, its references, its settings and its plan."""
    loader = job.loader
    if path != job.where:
        node = loader.get_node(path)
        title = f"{node.name}: {node.title}" if node.title else node.name
        yield f"<h2>{escape(title)}</h2>\n{table(_said(loader, path))}"
    references: dict[str, StoredData] = {}
    for data in sorted(found, key=rank):
        if not (path != job.where and is_reference(data.path)):
            references = references or ({} if is_reference(data.path) else references_of(loader, data.path))
            yield from section(data)
        job.advance(data.nbytes)
    yield from _references(references)
    settings = settings_of(loader, found[0].path)
    yield from _settings({key: settings[key] for key in settings if not (references and key == "references")})
    plan = table(dict(flat(plan_of(loader, found[0].path))))
    if plan:
        yield f"<details><summary>Plan</summary>{plan}</details>\n"


def _references(references: Mapping[str, StoredData]) -> Iterator[str]:
    if not references:
        return
    yield "<h3>References</h3>\n"
    drawn, title, units = [], "Band", ""
    for kind, data in references.items():
        if data.arrays[0].dtype.kind == "c":
            continue
        cube = CubeView.of(data)
        values = np.asarray(data.arrays[0][...], float).reshape(-1, data.shape[-1])
        x = np.arange(data.shape[-1], dtype=float)
        if cube.axis is not None and cube.axis.size == len(x):
            x, title = np.asarray(cube.axis.get_data(), float), titled(cube.axis.label, cube.axis.units)
        units = data.units
        drawn.append(Line(f"{kind}: mean of all pixels, ± std. dev.", x, *_mean_and_edges(values)))
        extra = {name: getattr(data.described, name) for name in data.described.extra_attributes}
        extra = {name.removeprefix("reference_"): None if value == "null" else value for name, value in extra.items()}
        yield table({f"{kind} reference": f"taken {moment(data.described.timestamp)}", **dict(flat(extra))})
    if drawn:
        yield f"<div>{line_plot(drawn, title, titled('Signal', units), legend=True)}</div>\n"


def _mean_and_edges(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], ...]:
    """Return the mean, and the mean less and plus the standard deviation, of what is known."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, values, 0).sum(axis=0) / count
        spread = np.sqrt((np.where(known, values - mean, 0) ** 2).sum(axis=0) / count)
    return mean, mean - spread, mean + spread


def _settings(settings: Mapping[str, Any]) -> Iterator[str]:
    if not settings:
        return
    yield f"<h3>Settings</h3>\n{table(dict(flat({key: settings[key] for key in settings if key != 'devices'})))}"
    devices = settings.get("devices")
    for device in devices if isinstance(devices, list) else []:
        if isinstance(device, dict):
            named = next((str(device[key]) for key in ("display_name", "name", "device") if device.get(key)), "Device")
            yield f"<h3>{escape(named)}</h3>{table(_device(device))}"


def _device(device: Mapping[str, Any]) -> dict[str, str]:
    """Return what is known of a device, its parameters with their units."""
    units = device.get("units")
    symbols = units if isinstance(units, dict) else {}
    rows = dict(flat({key: value for key, value in device.items() if key not in ("parameters", "units")}))
    parameters = device.get("parameters")
    for name, value in parameters.items() if isinstance(parameters, dict) else ():
        simple = isinstance(value, int | float) and not isinstance(value, bool)
        rows |= {str(name): f"{shown(value)} {symbols.get(name, '')}".rstrip()} if simple else dict(flat({name: value}))
    return rows


HTML = Format("html", (".html", ".htm"), "Report", _write, also=("report",))
