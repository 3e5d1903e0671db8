"""The process behind `FileReader`: a question a line of JSON; answers are lines of JSON, arrays follow them. No Qt.

What HDF5 does with a damaged file, and how long it takes, is this process's own affair: the window goes on.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tables

from h5modules.browsing import attributes, walk
from h5modules.errors import FileUnreadable, H5ModulesError, NodeKindError, NodeNotFound
from h5modules.exporting import export, formats
from pymodaq_hsi.dashboard.file_arrays import thinned
from pymodaq_hsi.dashboard.file_plain import text_of
from pymodaq_hsi.dashboard.file_views import open_view

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pymodaq_hsi.dashboard.file_views import DataView

Told = dict[str, Any]
Arrays = list["npt.NDArray[Any]"]

_PART_S = 0.15
_TRIES = 5
_PAUSE_S = 0.1
_DIGITS = 9
_WITH_BARS = 2_000
"""Points of a curve up to which error bars can be told apart."""


def answer(question: Told, part: Callable[[Told], bool]) -> tuple[Told, Arrays]:
    """Return what is told and the arrays that belong to it.

    ``part`` takes what is known before, and returns whether it is to go on.
    """
    path, node = Path(question["path"]), question.get("node", "/")
    match question["do"]:
        case "nodes":
            return _nodes(path, part), []
        case "formats":
            return {
                "formats": [[each.name, each.description, each.suffixes[0], each.missing()] for each in formats()]
            }, []
        case "export":
            return _export(question, part), []
        case "attributes":
            return {"attributes": attributes(path, node)}, []
        case "view":
            return _view(path, node, with_background=question["with_background"])
    with open_view(path, node, with_background=question["with_background"]) as view:
        at = {int(axis): index for axis, index in question["at"].items()}
        return {}, _samples(view, question, at)


def _nodes(path: Path, part: Callable[[Told], bool]) -> Told:
    if path.is_dir():
        raise FileUnreadable(f"{path} is a folder, not a file", path=path)
    status = path.stat() if path.exists() else None
    some: list[Told] = []
    sent = time.monotonic()
    for summary in walk(path):
        some.append(summary.to_dict())
        if time.monotonic() - sent > _PART_S:
            part({"nodes": some})
            some, sent = [], time.monotonic()
    size, changed = (-1, 0.0) if status is None else (status.st_size, status.st_mtime)
    return {"nodes": some, "size": size, "changed": changed}


def _export(question: Told, part: Callable[[Told], bool]) -> Told:
    def progress(done: int, total: int) -> None:
        if not part({"done": done, "total": total}):
            raise _LeftError

    with contextlib.suppress(AttributeError, OSError):
        os.nice(10 - os.nice(0))  # whoever measures goes first; Windows has it otherwise
    source, node, target = question["path"], question["node"], question["target"]
    try:
        made = export(source, node, target, to=question["to"], overwrite=question["overwrite"], progress=progress)
    except _LeftError:
        return {"files": [], "skipped": {}, "notes": [], "cancelled": True}
    return {"files": [str(path) for path in made.files], "skipped": made.skipped, "notes": list(made.notes)}


class _LeftError(KeyboardInterrupt):
    """Whoever asked for an export wants it no longer: an interruption, and no failure of the exporter's."""


def _view(path: Path, node: str, *, with_background: bool) -> tuple[Told, Arrays]:
    try:
        view = open_view(path, node, with_background=with_background)
    except (NodeKindError, NodeNotFound, FileUnreadable) as error:
        if isinstance(error, FileUnreadable) and not _inside(error):
            raise
        return {"text": text_of(path, node)}, []
    with view:
        channels = range(len(view.channels))
        told: Told = {
            "view": {key: getattr(view, key) for key in ("path", "name", "units", "channels", "background")}
            | {"shape": list(view.shape)},
            "dimensions": [[each.label, each.units, each.navigation] for each in view.dimensions],
            "values": [_number(view.value(channel)) for channel in channels] if not view.shape else [],
        }
        if len(view.shape) != 1:
            return told, [np.asarray(each.values, np.float64) for each in view.dimensions]
        x, curves = thinned(view.dimensions[0].values, [view.curve(channel) for channel in channels])
        bars = view.bars() if view.shape[0] <= _WITH_BARS else []
        return told, [x, *curves, *bars]


def _inside(error: FileUnreadable) -> bool:
    """Whether it is about a node, and not the whole file."""
    return bool(getattr(error, "node", None))


def _number(value: Any) -> str:
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)


def _samples(view: DataView, question: Told, at: dict[int, int]) -> Arrays:
    channel = question["channel"]
    if question["do"] == "cut":
        return [view.cut(question["axis"], at, channel)]
    first, second = question["pair"]
    if question["do"] == "cube":
        return [view.cube((first, second), at, channel)]
    rows, columns = slice(*question["rows"]), slice(*question["columns"])
    found = view.statistics((first, second), rows, columns, at, channel)
    return [found.mean, found.deviation, found.low, found.high, np.array([found.count, found.exact])]


def _patiently(question: Told, part: Callable[[Told], bool]) -> tuple[Told, Arrays]:
    """Answer; what is being written may be half changed at this moment, and is asked again."""
    for left in reversed(range(_TRIES)):
        begun = False

        def tell(told: Told) -> bool:
            nonlocal begun
            begun = True
            return part(told)

        try:
            return answer(question, tell)
        except (FileUnreadable, tables.HDF5ExtError):
            if not left or begun or not _is_young(Path(question["path"])):
                raise
            time.sleep(_PAUSE_S)
    raise AssertionError("unreachable")


def _is_young(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return time.time() - path.stat().st_mtime < 10.0
    return False


def main() -> None:
    """Answer questions until there are none any more."""
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever libraries print is no answer

    def send(told: Told, arrays: Arrays) -> None:
        kinds = [{"dtype": each.dtype.str, "shape": list(each.shape)} for each in arrays]
        out.write(json.dumps(told | {"arrays": kinds}, default=_plain).encode() + b"\n")
        for each in arrays:
            out.write(np.ascontiguousarray(each).reshape(-1).view(np.uint8).data)
        out.flush()

    # data need it, and it takes a second to load: meanwhile the tree of the first file is read
    threading.Thread(target=importlib.import_module, args=("dask.array",), daemon=True).start()
    warnings.simplefilter("ignore")  # of means of nothing, and of what is odd in strangers' files

    def part(some: Told) -> bool:
        send({"more": True} | some, [])
        return "done" not in some or sys.stdin.buffer.readline().strip() == b"true"  # of exports whether they go on

    while line := sys.stdin.buffer.readline():
        try:
            told, arrays = _patiently(json.loads(line), part)
        except (H5ModulesError, tables.HDF5ExtError, OSError) as error:
            told, arrays = {"error": _words(error)}, []
        except MemoryError:
            told, arrays = {"error": "there is not enough memory for this"}, []
        except Exception as error:  # of a file that is whatever it is: the window is told, and asks on
            told, arrays = {"error": f"{type(error).__name__}: {error}"}, []
        send(told, arrays)


def _plain(value: Any) -> Any:
    """Return in types that JSON has what it has none for."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _words(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[-1].strip() if isinstance(error, tables.HDF5ExtError) else text


if __name__ == "__main__":
    main()
