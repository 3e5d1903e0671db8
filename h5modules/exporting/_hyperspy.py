"""HyperSpy's own files, written by RosettaSciIO.

Wavelengths along the last dimension are the signal, and all else navigation, so that a cube opens as spectra; otherwise
navigation is what it is in the data. Error bars are the variance of the noise, which HyperSpy's fits weigh by.
"""

from __future__ import annotations

import contextlib
import datetime
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules._storage.versions import distribution_version
from h5modules.exporting._cube import CubeView, cubes_first
from h5modules.exporting._describing import description
from h5modules.exporting._format import Format, Job, Per

if TYPE_CHECKING:
    from collections.abc import Mapping

    from h5modules.data import Axis
    from h5modules.exporting._arrays import StoredArray
    from h5modules.exporting._stored import StoredData

__all__ = ["HYPERSPY"]


_COUNTED: dict[str, Any] = {"_type": "UniformDataAxis", "scale": 1.0, "offset": 0.0}


class _Counted:
    """An array that tells the job how much of it was read."""

    def __init__(self, array: StoredArray, job: Job) -> None:
        self._array, self._job = array, job
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __getitem__(self, key: Any) -> Any:
        part = self._array[key]
        self._job.advance(part.nbytes)
        return part


def _write(job: Job) -> None:
    import dask
    from rsciio.hspy import file_writer

    data = job.data[0]
    array = data.arrays[0]
    told = description(data)
    last = len(data.shape) - 1
    spectra = last > 0 and CubeView.of(data).wavelengths is not None and CubeView.of(data).band_dim == last
    navigation = range(last) if spectra else data.described.nav_indexes
    axes = [_axis(data, dim, navigate=dim in navigation) for dim in range(len(data.shape))]
    for dim, axis in enumerate(axes):
        along = data.axes_at(dim)
        if along and not (len(along) == 1 and _fits(axis, along[0])):
            labels = " and ".join(each.label for each in along)
            job.notes.append(
                f"{labels} of {data.path}: the points are in no order that an axis of HyperSpy has; it counts them; "
                f"their coordinates are in original_metadata.pymodaq.axes"
            )
    for said, each in zip(told["axes"], data.described.axes, strict=True):
        said["values"] = np.asarray(each.get_data(), np.float64)
    lazy = _lazy(array, job)
    moment = datetime.datetime.fromtimestamp(data.described.timestamp, datetime.UTC)
    signal: dict[str, Any] = {
        "data": lazy,
        "axes": axes,
        "metadata": {
            "General": {
                "title": f"{data.name} {data.labels[0]}" if data.labels[0] not in ("", data.name) else data.name,
                "date": moment.date().isoformat(),
                "time": moment.time().isoformat("seconds"),
                "time_zone": "UTC",
                "original_filename": job.source.name,
            },
            "Signal": {
                "signal_type": "",
                "quantity": f"{data.labels[0]} ({data.units})" if data.units else data.labels[0],
            },
        },
        "original_metadata": {"pymodaq": told},
        "attributes": {"_lazy": True, "ragged": False},
        "package_info": {"package": "pymodaq_hsi", "package_version": distribution_version()},
        "learning_results": {},
        "models": {},
        "tmp_parameters": {},
    }
    if data.errors:
        variance = {
            "data": _lazy(data.errors[0], job) ** 2,
            "axes": axes,
            "metadata": {"General": {"title": "variance"}},
        }
        variance |= {key: signal[key] for key in ("attributes", "learning_results", "tmp_parameters")}
        variance |= {"original_metadata": {}}
        signal["metadata"]["Signal"]["Noise_properties"] = {"_sig_variance": variance}
    compression = "gzip" if job.options.get("compress", False) else None
    # PyTables is not thread-safe; the bar of a variance is shown whatever is asked for
    with dask.config.set(scheduler="synchronous"), contextlib.redirect_stdout(io.StringIO()):
        file_writer(str(job.target), signal, close_file=True, show_progressbar=False, compression=compression)


def _lazy(array: StoredArray, job: Job) -> Any:
    import dask.array

    return dask.array.from_array(_Counted(array, job), chunks=array.block_shape(), lock=True, asarray=True, name=False)


def _axis(data: StoredData, dim: int, *, navigate: bool) -> dict[str, Any]:
    axes = data.axes_at(dim)
    size = data.shape[dim]
    if not axes:
        axis = {**_COUNTED, "name": f"axis {dim}", "units": ""}
    else:
        values = _values(axes[0])
        labels = ", ".join(axis.label for axis in axes)
        axis = {**(values or _COUNTED), "name": labels, "units": axes[0].units if values else ""}
    return {**axis, "size": size, "navigate": navigate, "index_in_array": dim, "is_binned": False}


def _values(axis: Axis) -> dict[str, Any]:
    """Describe a linear axis by offset and step, any other by values, which HyperSpy wants in order; else nothing."""
    values = np.asarray(axis.get_data(), np.float64)
    if axis.is_axis_linear():
        step = float(values[1] - values[0]) if len(values) > 1 else 1.0
        return {"_type": "UniformDataAxis", "scale": step, "offset": float(values[0])}
    steps = np.diff(values)
    if (steps > 0).all() or (steps < 0).all():
        return {"_type": "DataAxis", "axis": values}
    return {}


def _fits(made: Mapping[str, Any], axis: Axis) -> bool:
    """Whether an axis that was made stands for the coordinates, or for nothing but their count."""
    return bool(_values(axis)) and made["name"] == axis.label


HYPERSPY = Format(
    "hspy",
    (".hspy",),
    "HyperSpy",
    _write,
    Per.ARRAY,
    libraries=("rsciio", "h5py", "dask"),
    packages=("rosettasciio", "h5py", "dask[array]"),
    prefers=cubes_first,
    options=("compress",),
    also=("hyperspy",),
    plain=True,
)
