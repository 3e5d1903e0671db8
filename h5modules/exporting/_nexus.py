"""NeXus: an NXdata group for each data object, which silx, nexusformat, PyMca and any HDF5 viewer plot.

Written with PyTables alone. The layout is that of https://manual.nexusformat.org/classes/base_classes/NXdata.html:
``signal``, ``auxiliary_signals``, ``axes`` and ``<axis>_indices`` are attributes of the group, ``units`` and
``long_name`` of the arrays, and errors are ``<signal>_errors``.
"""

from __future__ import annotations

import datetime
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import tables

from h5modules.exporting._describing import description
from h5modules.exporting._format import Format, Job
from h5modules.exporting._names import Names

if TYPE_CHECKING:
    from h5modules.exporting._arrays import StoredArray
    from h5modules.exporting._stored import StoredData

__all__ = ["NEXUS"]


def _write(job: Job) -> None:
    names = Names()
    now = datetime.datetime.now(datetime.UTC).isoformat()
    with (
        warnings.catch_warnings(),
        tables.open_file(str(job.target), "w", pytables_sys_attrs=False, chunk_cache_size=0) as file,
    ):
        warnings.simplefilter("ignore", tables.NaturalNameWarning)  # names are the user's
        _set(file.root, NX_class="NXroot", default="entry", file_time=now, creator="pymodaq_hsi")
        entry = file.create_group("/", "entry")
        groups = [names.new(_valid(name, "data")) for name in job.names]
        largest = max(range(len(groups)), key=lambda number: job.data[number].nbytes)
        _set(entry, NX_class="NXentry", default=groups[largest])
        _text(file, entry, "title", f"{job.where} of {job.source.name}")
        start = min(data.described.timestamp for data in job.data)
        _text(file, entry, "start_time", datetime.datetime.fromtimestamp(start, datetime.UTC).isoformat())
        for name, data in zip(groups, job.data, strict=True):
            _put(job, data, file, file.create_group(entry, name))


def _put(job: Job, data: StoredData, file: Any, group: Any) -> None:
    names = Names()
    names.new("description")
    signals = [names.new(_valid(label, "data")) for label in data.labels]
    names_of_errors = [names.new(f"{signal}_errors") for signal in signals]
    for signal, array, label in zip(signals, data.arrays, data.labels, strict=True):
        _set(_array(job, file, group, signal, array), units=data.units, long_name=_titled(label, data.units))
    for name, array in zip(names_of_errors, data.errors, strict=False):
        _set(_array(job, file, group, name, array), units=data.units)
    along, indices = [], {}
    for dim in range(len(data.shape)):
        axes = data.axes_at(dim)
        made = [names.new(_valid(axis.label, f"axis_{dim}")) for axis in axes]
        for name, axis in zip(made, axes, strict=True):
            _set(
                file.create_array(group, name, np.asarray(axis.get_data(), np.float64)),
                units=axis.units,
                long_name=_titled(axis.label or name, axis.units),
            )
            indices[f"{name}_indices"] = np.int64(dim)
        along.append(made[0] if made else ".")
    if data.measured is not None:
        mask = file.create_array(group, names.new("measured"), data.measured.astype(np.uint8))
        _set(mask, long_name="1 where the point of the scan was measured")
    _set(group, NX_class="NXdata", signal=signals[0], axes=along, title=data.name, **indices)
    if len(signals) > 1:
        _set(group, auxiliary_signals=signals[1:])
    collection = file.create_group(group, "description")
    _set(collection, NX_class="NXcollection")
    told = description(data)
    for name in ("name", "origin", "units", "source", "distribution", "path"):
        if told[name]:
            _text(file, collection, name, told[name])
    _text(file, collection, "time", datetime.datetime.fromtimestamp(told["timestamp"], datetime.UTC).isoformat())
    extra = Names()
    for name, value in told["attributes"].items():
        _text(file, collection, extra.new(f"attribute_{_valid(name, 'attribute')}"), str(value))


def _array(job: Job, file: Any, group: Any, name: str, array: StoredArray) -> Any:
    dtype = array.dtype.newbyteorder("=")
    if dtype.kind == "b":
        dtype = np.dtype(np.uint8)
    made = file.create_array(group, name, atom=tables.Atom.from_dtype(dtype), shape=array.shape)
    job.copy(array, made)
    return made


def _set(node: Any, **attributes: Any) -> None:
    """Set attributes as HDF5 strings and numbers, which is what NeXus readers know."""
    for name, value in attributes.items():
        if isinstance(value, str):
            value = np.bytes_(value.encode("utf-8")) if value.isascii() else np.str_(value)
        elif isinstance(value, list):
            value = np.array([text.encode("utf-8") for text in value])
        if not isinstance(value, bytes | str) or len(value):  # an HDF5 string of no length is unreadable to some
            setattr(node._v_attrs, name, value)


def _text(file: Any, group: Any, name: str, text: str) -> None:
    file.create_array(group, name, np.array(text.encode("utf-8") or b" "))


def _titled(label: str, units: str) -> str:
    return f"{label} ({units})" if units else label


def _valid(text: str, otherwise: str) -> str:
    """Return `text` as a name that NeXus validators accept: letters, digits and ``_``."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")[:63] or otherwise
    return f"_{name}" if name[0].isdigit() else name


NEXUS = Format("nexus", (".nxs", ".nx"), "NeXus NXdata", _write, plain=True)
