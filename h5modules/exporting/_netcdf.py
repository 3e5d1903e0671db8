"""NetCDF-4, which xarray opens with h5netcdf or netCDF4.

Written directly, so that data of any size passes through; the names are xarray's. Several data objects are a group
each, which `xarray.open_datatree` opens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.exporting._format import Format, Job
from h5modules.exporting._labelled import labelled

if TYPE_CHECKING:
    from h5modules.exporting._labelled import Variable
    from h5modules.exporting._stored import StoredData

__all__ = ["NETCDF"]


def _write(job: Job) -> None:
    import h5netcdf

    filters = {"compression": "gzip", "compression_opts": 4, "shuffle": True} if job.options.get("compress") else {}
    with h5netcdf.File(job.target, "w") as file:
        for data, name in zip(job.data, job.names, strict=True):
            group = file if len(job.data) == 1 else file.create_group(name)
            _put(job, data, group, filters)
        file.attrs["history"] = f"exported from {job.where} of {job.source.name}"


def _put(job: Job, data: StoredData, group: Any, filters: dict[str, Any]) -> None:
    content = labelled(data)
    group.dimensions = content.sizes
    for coordinate in content.coordinates:
        _variable(group, coordinate, {})[...] = coordinate.array
    for variable in content.variables:
        array = variable.array
        made = _variable(group, variable, filters)
        if not isinstance(array, np.ndarray):
            job.copy(array, made)
    along = [item.name for item in content.coordinates if item.name not in content.sizes]
    if along:
        group.attrs["coordinates"] = " ".join(along)
    for name, value in content.attributes.items():
        group.attrs[name] = value


def _variable(group: Any, variable: Variable, filters: dict[str, Any]) -> Any:
    dtype = variable.array.dtype.newbyteorder("=")
    attributes = dict(variable.attributes)
    if dtype.kind == "b":
        dtype = np.dtype(np.int8)
        attributes["dtype"] = "bool"  # how xarray tells them from numbers
    elif dtype == np.float16:
        dtype = np.dtype(np.float32)  # NetCDF has no smaller one
    made = group.create_variable(variable.name, variable.dims, dtype, **filters)
    for name, value in attributes.items():
        made.attrs[name] = value
    return made


def _accepts(data: StoredData) -> str:
    kinds = {array.dtype.kind for array in data.arrays}
    return "NetCDF has no complex numbers; take zarr, npz or nexus" if "c" in kinds else ""


NETCDF = Format(
    "netcdf",
    (".nc", ".nc4", ".netcdf"),
    "NetCDF-4",
    _write,
    libraries=("h5netcdf", "xarray"),
    accepts=_accepts,
    options=("compress",),
    plain=True,
)
