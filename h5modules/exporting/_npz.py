"""NumPy's own files: .npz with axes and all that describes the data, .npy with the numbers alone."""

from __future__ import annotations

import json
import zipfile
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.exporting._describing import description
from h5modules.exporting._format import Format, Job, Per
from h5modules.exporting._names import Names, word

if TYPE_CHECKING:
    from collections.abc import Callable

    from h5modules.exporting._arrays import StoredArray
    from h5modules.exporting._stored import StoredData

__all__ = ["NPY", "NPZ"]


def _write_npz(job: Job) -> None:
    compression = zipfile.ZIP_DEFLATED if job.options.get("compress", False) else zipfile.ZIP_STORED
    described: dict[str, Any] = {}
    with zipfile.ZipFile(job.target, "x", compression, allowZip64=True) as archive:

        def put(name: str, write: Callable[[IO[bytes]], None]) -> None:
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                write(file)

        for data, name in zip(job.data, job.names, strict=True):
            prefix = f"{name}/" if len(job.data) > 1 else ""
            described[prefix] = _put_data(job, data, prefix, put)
        text = json.dumps(described if len(job.data) > 1 else described[""], ensure_ascii=False)
        put("metadata", lambda file: np.lib.format.write_array(file, np.array(text), allow_pickle=False))


def _put_data(
    job: Job, data: StoredData, prefix: str, put: Callable[[str, Callable[[IO[bytes]], None]], None]
) -> dict[str, Any]:
    """Write arrays, error bars and axes of one data, and return what says which is which."""
    names = Names()
    names.new("metadata")
    arrays = [names.new(word(label, "data")) for label in data.labels]
    for number, array in enumerate(data.arrays):
        put(prefix + arrays[number], lambda file, array=array: _stream(job, array, file))  # type: ignore[misc]
    errors = [names.new(f"{array}_error") for array in arrays] if data.errors else []
    for number, array in enumerate(data.errors):
        put(prefix + errors[number], lambda file, array=array: _stream(job, array, file))  # type: ignore[misc]
    told = description(data)
    for axis, said in zip(data.described.axes, told["axes"], strict=True):
        said["key"] = prefix + names.new(word(axis.label, f"axis_{axis.index}"))
        values = np.asarray(axis.get_data())
        put(said["key"], lambda file, values=values: np.lib.format.write_array(file, values))  # type: ignore[misc]
    if data.measured is not None:
        told["measured_key"] = prefix + names.new("measured")
        measured = data.measured
        put(told["measured_key"], lambda file: np.lib.format.write_array(file, measured))
    return told | {"keys": [prefix + name for name in arrays], "error_keys": [prefix + name for name in errors]}


def _stream(job: Job, array: StoredArray, file: IO[bytes]) -> None:
    """Write an array in the .npy format, block by block."""
    header = {
        "descr": np.lib.format.dtype_to_descr(array.dtype),
        "fortran_order": False,
        "shape": tuple(int(n) for n in array.shape),
    }
    np.lib.format.write_array_header_1_0(file, header)
    for _, block in array.blocks():
        contiguous: npt.NDArray[Any] = np.ascontiguousarray(block)
        file.write(contiguous.reshape(-1).view(np.uint8).data)
        job.advance(block.nbytes)


def _write_npy(job: Job) -> None:
    with job.target.open("xb") as file:
        _stream(job, job.data[0].arrays[0], file)


NPZ = Format("npz", (".npz",), "NumPy archive with axes", _write_npz, options=("compress",), plain=True)
NPY = Format("npy", (".npy",), "Binary NumPy format", _write_npy, per=Per.ARRAY, error_bars=False, plain=True)
