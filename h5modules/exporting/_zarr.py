"""Zarr, a folder of compressed chunks, which xarray opens; several data objects are a group each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from h5modules.exporting._arrays import StoredArray
from h5modules.exporting._format import Format, Job
from h5modules.exporting._labelled import labelled

if TYPE_CHECKING:
    from h5modules.exporting._labelled import Variable
    from h5modules.exporting._stored import StoredData

__all__ = ["ZARR"]

_CHUNK = 4 << 20


def _write(job: Job) -> None:
    import zarr

    root = zarr.open_group(str(job.target), mode="w-", zarr_format=2)  # version 2 is read by every reader
    for data, name in zip(job.data, job.names, strict=True):
        group = root if len(job.data) == 1 else root.create_group(name)
        _put(job, data, group)
    root.attrs["history"] = f"exported from {job.where} of {job.source.name}"
    zarr.consolidate_metadata(str(job.target))


def _put(job: Job, data: StoredData, group: Any) -> None:
    content = labelled(data)
    for coordinate in content.coordinates:
        _array(group, coordinate, coordinate.array.shape)[...] = coordinate.array
    for variable in content.variables:
        if isinstance(variable.array, StoredArray):
            made = _array(group, variable, variable.array.block_shape(_CHUNK))
            for selection, block in variable.array.blocks(_CHUNK):
                made[selection] = block
                job.advance(block.nbytes)
    along = [item.name for item in content.coordinates if item.name not in content.sizes]
    if along:
        group.attrs["coordinates"] = " ".join(along)
    group.attrs.update(content.attributes)


def _array(group: Any, variable: Variable, chunks: tuple[int, ...]) -> Any:
    made = group.create_array(
        variable.name,
        shape=variable.array.shape,
        dtype=variable.array.dtype.newbyteorder("="),
        chunks=tuple(max(1, size) for size in chunks),
        fill_value=None,  # xarray would take any other for "no value here"
    )
    made.attrs.update({"_ARRAY_DIMENSIONS": list(variable.dims), **variable.attributes})
    return made


ZARR = Format("zarr", (".zarr",), "Zarr", _write, libraries=("zarr", "xarray"))
