"""Tables as text: any number of dimensions, with units in the heading and all digits of the numbers.

Data of one dimension: a column for its axis, one for each array and for each error bar. Of more: the last goes across,
its axis (the wavelengths, of a cube) in the heading, and the others have a column of coordinates each; or, with
``layout="long"``, each value has a row of its own. Of several arrays a column says which a row is of: by its name, in
``txt``, which is numbers only, by its number. Lines that begin with ``#`` say what the table is.
"""

from __future__ import annotations

import csv
import datetime
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.exporting._describing import extra_attributes
from h5modules.exporting._format import Format, Job, Per

if TYPE_CHECKING:
    from collections.abc import Iterator

    from h5modules.data import Axis
    from h5modules.exporting._arrays import Selection, StoredArray
    from h5modules.exporting._stored import StoredData

__all__ = ["CSV", "TXT"]

_BLOCK = 1 << 20  # text takes some thirty times the bytes of its numbers, in memory
_LAYOUTS = ("auto", "wide", "long")

Texts = npt.NDArray[np.str_]


def _write_csv(job: Job) -> None:
    _write(job, ",", heading_in_comment=False)


def _write_txt(job: Job) -> None:
    _write(job, "\t", heading_in_comment=True)


def _write(job: Job, delimiter: str, *, heading_in_comment: bool) -> None:
    data = job.data[0]
    layout = job.options.get("layout", "auto")
    if layout not in _LAYOUTS:
        raise ValueError(f"layout {layout!r} is not known; take one of {', '.join(_LAYOUTS)}")
    wide = len(data.shape) > 1 and layout != "long"
    with job.target.open("x", encoding="utf-8", newline="") as file:
        if job.options.get("comments", True):
            file.writelines(f"# {line}\n" for line in _comments(data, wide=wide, numbered=heading_in_comment))
        heading = _wide_heading(data) if wide else _long_heading(data)
        if heading_in_comment:
            file.write("# ")
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(heading)
        _rows(job, data, file, delimiter, wide=wide, numbered=heading_in_comment)


def _comments(data: StoredData, *, wide: bool, numbered: bool) -> Iterator[str]:
    """Say what the table is, each line as "key: value"."""
    described = data.described
    yield f"name: {_line(data.name)}"
    yield f"units: {data.units}"
    yield f"time: {datetime.datetime.fromtimestamp(described.timestamp, datetime.UTC).isoformat()}"
    if wide:
        across = data.axes_at(len(data.shape) - 1)
        yield f"columns: {_line(_title(across[0].label, across[0].units)) if across else 'index'}"
        if len(data.arrays) > 1 or data.errors:
            names = ", ".join(f"{number} {_line(label)}" for number, (label, _) in enumerate(_named(data)))
            yield f"array: which of the arrays a row is of{f': {names}' if numbered else ''}"
    if described.origin:
        yield f"origin: {_line(described.origin)}"
    for name, value in extra_attributes(data).items():
        yield f"{name}: {_line(str(value))}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _title(label: str, units: str) -> str:
    return f"{label} ({units})" if units else label


def _is_single(data: StoredData) -> bool:
    return data.shape == (1,)


def _coordinate_titles(data: StoredData, dims: range) -> list[str]:
    titles = []
    for dim in dims:
        axes = data.axes_at(dim)
        titles += [_title(axis.label or f"axis {dim}", axis.units) for axis in axes] or [f"axis {dim}"]
    return titles


def _long_heading(data: StoredData) -> list[str]:
    titles = [] if _is_single(data) else _coordinate_titles(data, range(len(data.shape)))
    titles += [_title(label, data.units) for label in data.labels]
    return titles + [_title(f"{label} error", data.units) for label in data.labels[: len(data.errors)]]


def _wide_heading(data: StoredData) -> list[str]:
    last = len(data.shape) - 1
    first = ["array"] if len(data.arrays) > 1 or data.errors else []
    across = data.axes_at(last)
    values = across[0].get_data() if across else np.arange(data.shape[last])
    return [*first, *_coordinate_titles(data, range(last)), *_texts(np.asarray(values)).tolist()]


def _named(data: StoredData) -> list[tuple[str, StoredArray]]:
    """Return arrays and error bars with their names, in the order of their rows."""
    named = [*zip(data.labels, data.arrays, strict=True)]
    return named + [(f"{label} error", error) for label, error in zip(data.labels, data.errors, strict=False)]


def _rows(job: Job, data: StoredData, file: IO[str], delimiter: str, *, wide: bool, numbered: bool) -> None:
    named = _named(data)
    if not wide:
        for selection, block in data.arrays[0].blocks(_BLOCK):
            others = [array[selection] for _, array in named[1:]]
            columns = [] if _is_single(data) else _coordinates(data, selection, len(data.shape))
            columns += [_texts(values.ravel()) for values in (block, *others)]
            _put(file, delimiter, columns)
            job.advance(block.nbytes * len(named))
        return
    for number, (label, array) in enumerate(named):
        first = [str(number) if numbered else _quoted(label)] if len(named) > 1 else []
        for selection, block in array.blocks(max(_BLOCK, array.shape[-1] * array.dtype.itemsize)):
            texts = _texts(block.reshape(-1, block.shape[-1]))
            columns = [np.full(len(texts), text) for text in first]
            columns += _coordinates(data, selection, len(data.shape) - 1)
            _put(file, delimiter, [*columns, *texts.T])
            job.advance(block.nbytes)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\t\n\r') else text


def _coordinates(data: StoredData, selection: Selection, dims: int) -> list[Texts]:
    """Return the coordinates of the points of a block, those along the first `dims` dimensions."""
    shape = tuple(part.stop - part.start for part in selection[:dims])
    columns = []
    for dim in range(dims):
        axes: list[Axis] = data.axes_at(dim)
        values = [np.asarray(axis.get_data()) for axis in axes] or [np.arange(data.shape[dim])]
        along = [1] * dims
        along[dim] = -1
        for value in values:
            texts = _texts(value[selection[dim]])
            columns.append(np.broadcast_to(texts.reshape(along), shape).ravel())
    return columns


def _texts(values: npt.NDArray[Any]) -> Texts:
    """Return the shortest texts that stand for exactly these numbers."""
    return values.astype(np.int8 if values.dtype.kind == "b" else values.dtype.newbyteorder("=")).astype(np.str_)


def _put(file: IO[str], delimiter: str, columns: list[Texts]) -> None:
    file.writelines(f"{delimiter.join(row)}\n" for row in zip(*(column.tolist() for column in columns), strict=True))


_OPTIONS = ("layout", "comments")
CSV = Format("csv", (".csv",), "Comma-separated values", _write_csv, per=Per.DATA, options=_OPTIONS)
TXT = Format("txt", (".txt",), "Text files", _write_txt, per=Per.DATA, options=_OPTIONS)
