"""Export to ENVI: the cube with its wavelengths and metadata, and its references beside it."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.exporting import MAP_INFO, CubeView, Format, Per, cubes_first, description
from pymodaq_hsi.envi import WritesLines, write_envi
from pymodaq_hsi.envi._pairing import DATA_SUFFIXES, cube_stem, siblings
from pymodaq_hsi.errors import OutputExists
from pymodaq_hsi.io._recording import is_reference, references_of, settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from h5modules.exporting import Job, StoredData
    from pymodaq_hsi.processing.stored_kernel import EnviRegions

__all__ = ["ENVI", "interleave_of"]

_WIDER: dict[str, str] = {"i1": "i2", "f2": "f4", "b1": "u1", "f16": "f8", "c32": "c16"}
"""Sample types that ENVI has not, and those that hold their values."""

_RGB_NM = (650.0, 550.0, 450.0)
_LONGEST = 500
_VENDOR_KEYS = {"ExposureTime": "tint", "FrameRate": "fps"}


class _Lines:
    """A cube as the writer takes it, telling how much of it was read."""

    def __init__(self, cube: CubeView, job: Job) -> None:
        self._cube, self._job = cube, job
        self.shape = cube.shape
        self.dtype = np.dtype(_WIDER.get(cube.dtype.str[1:], cube.dtype))

    def __getitem__(self, key: slice, /) -> npt.NDArray[Any]:
        block = self._cube[key]
        self._job.advance(block.nbytes)
        return block.astype(self.dtype, copy=False)


def _write(job: Job) -> None:
    data = job.data[0]
    cube = CubeView.of(data)
    _refuse_ambiguity(job.final)
    reflectance = _is_reflectance(data)
    interleave = interleave_of(job)
    _write_cube(job, data, cube, interleave=interleave, reflectance=reflectance)
    if folded := _folded(data, cube):
        job.notes.append(f"{data.path}: {folded}, as an ENVI cube has two dimensions beside the bands")
    if is_reference(data.path) or not job.options.get("references", True):
        return
    for kind, reference in references_of(job.loader, data.path).items():
        if cube.shape[1:] != reference.shape[-2:]:
            job.notes.append(
                f"{reference.path} of shape {reference.shape} does not fit the cube's pixels and bands "
                f"{cube.shape[1:]} and is not written"
            )
            continue
        values = _marked(job, reference).reshape(-1, *cube.shape[1:])
        stem, suffix = _split(job.target)
        write_envi(
            job.target.with_name(f"{stem}_{kind.capitalize()}{suffix}"),
            values.astype(_WIDER.get(values.dtype.str[1:], values.dtype)),
            interleave=interleave,
            wavelengths=cube.wavelengths,
            acquisition_time=_moment(reference),
            metadata=_metadata(job, reference),
        )
        job.taken_along += [array.path for array in reference.arrays]
    if reflectance and references_of(job.loader, data.path):
        job.notes.append(f"{job.final.name} is reflectance already: its references are for the record, not to apply")


def interleave_of(job: Job) -> Any:
    """Return the interleave that was asked for, None for none.

    Raises
    ------
    ValueError
        It is none.
    """
    said = job.options.get("interleave")
    if said not in (None, "bip", "bil", "bsq"):
        raise ValueError(f"interleave is {said!r}; take bip, bil or bsq")
    return said


def _marked(job: Job, reference: StoredData) -> npt.NDArray[Any]:
    """Return the mean of a reference, no less than the saturation where a frame was saturated: ENVI has no flags."""
    from pymodaq_hsi.processing.stored_references import saturated_nodes

    mean = reference.arrays[0][...]
    limit = _saturation(job, reference)
    flags = saturated_nodes(job.loader, reference.path) if limit is not None and mean.dtype.kind == "f" else []
    if limit is None or not flags or flags[0].shape != mean.shape:
        return mean
    return np.where(flags[0].arrays[0][...] != 0, np.fmax(mean, limit), mean)


def _saturation(job: Job, data: StoredData) -> float | None:
    """Return from which value on samples were saturated, where it was recorded."""
    format = settings_of(job.loader, data.path).get("frame_format")
    said = format.get("saturation") if isinstance(format, dict) else None
    return float(said) if isinstance(said, int | float) and said else None


def _write_cube(job: Job, data: StoredData, cube: CubeView, *, interleave: Any, reflectance: bool) -> None:
    wavelengths = cube.wavelengths
    names = [re.sub(r"[,{}\r\n]+", " ", name) for name in cube.band_names]
    write_envi(
        job.target,
        _far(cube, job) if job.options.get("scheduler") else _Lines(cube, job),
        interleave=interleave,
        wavelengths=wavelengths,
        band_names=names if wavelengths is None else None,
        reflectance_scale_factor=1.0 if reflectance else None,
        data_ignore_value=_ignored(job, data),
        default_bands=_default_bands(wavelengths),
        acquisition_time=_moment(data),
        metadata=_metadata(job, data) | {key: text for key, text in {"lines are": _folded(data, cube)}.items() if text},
    )


def _folded(data: StoredData, cube: CubeView) -> str:
    """Return how more than one dimension became lines; "" where one did."""
    if len(cube.line_dims) < 2:
        return ""
    names = [next((axis.label for axis in data.axes_at(dim)), "") or f"dimension {dim}" for dim in cube.line_dims]
    sizes = [cube.array.shape[dim] for dim in cube.line_dims]
    dims = " x ".join(f"{name} ({size})" for name, size in zip(names, sizes, strict=True))
    return f"the {cube.shape[0]} lines are {dims}, the last of them the fastest"


def _ignored(job: Job, data: StoredData) -> float | None:
    """Return what says nothing: points of a scan that were not measured, or what the camera marked so."""
    if data.measured is not None and data.arrays[0].dtype.kind in "fc":
        return np.nan
    format = settings_of(job.loader, data.path).get("frame_format")
    said = format.get("ignored") if isinstance(format, dict) and not _is_reflectance(data) else None
    return said if isinstance(said, int | float) else None


def _far(cube: CubeView, job: Job) -> WritesLines:
    """Return a cube whose lines the workers of a cluster read and write."""
    from pymodaq_hsi.processing.stored_filling import DEFAULT_MEMORY, Filling
    from pymodaq_hsi.processing.stored_lines import Hdf5Lines
    from pymodaq_hsi.processing.stored_outputs import LinesToFill
    from pymodaq_hsi.processing.stored_work import crew

    lines = cube.shape[0]
    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        job.advance((done - told) * cube.array.nbytes // total)
        told = done

    def fill(target: EnviRegions) -> None:
        reader = Hdf5Lines(str(job.source.resolve()), cube.array.path, cube.shape, cube.dtype.str)
        workers, memory = job.options.get("workers"), job.options.get("memory", DEFAULT_MEMORY)
        with crew(job.options["scheduler"], workers) as who:
            filling = Filling(reader, lines, None, who, memory, progress)
            filling.check()
            filling.into(target)

    return LinesToFill(cube.shape, np.dtype(_WIDER.get(cube.dtype.str[1:], cube.dtype)), fill)


def _split(path: Path) -> tuple[str, str]:
    stem = cube_stem(path)
    return stem, path.name[len(stem) :]


def _refuse_ambiguity(final: Path) -> None:
    stem = cube_stem(final)
    expected = set(_files(final))
    others = [path.name for path in siblings(final.parent, stem, DATA_SUFFIXES) if path not in expected]
    if others:
        raise OutputExists(
            f"{final.name}: {', '.join(others)} in the same folder would be taken for its data too; choose another "
            f"name, or move that away"
        )


def _files(target: Path) -> list[Path]:
    """Return header and data file, as `write_envi` names them."""
    stem, suffix = _split(target)
    if not suffix.lower().endswith(".hdr"):
        return [target.with_name(f"{stem}.hdr"), target]
    return [target, target.with_name(stem + (suffix[: -len(".hdr")] or ".raw"))]


def _is_reflectance(data: StoredData) -> bool:
    return data.arrays[0].dtype.kind == "f" and any("reflectance" in text.lower() for text in (data.name, *data.labels))


def _moment(data: StoredData) -> str:
    return datetime.datetime.fromtimestamp(data.described.timestamp, datetime.UTC).isoformat()


def _default_bands(wavelengths: npt.NDArray[np.float64] | None) -> list[int] | None:
    if wavelengths is None or wavelengths.min() > _RGB_NM[2] or wavelengths.max() < _RGB_NM[0]:
        return None
    return [int(np.argmin(np.abs(wavelengths - wanted))) + 1 for wanted in _RGB_NM]


def _metadata(job: Job, data: StoredData) -> dict[str, str]:
    """Return what else is known, as keys of a header: the data, its axes, and the camera's settings."""
    told = description(data)
    found = {
        "description": f"{data.name} of {data.path} in {job.source.name}",
        "source file": job.source.name,
        "source node": data.path,
        "data label": told["labels"][0],
        "data units": data.units,
        "data origin": told["origin"],
    }
    for dim in range(len(data.shape)):
        for axis in data.axes_at(dim):
            values = np.asarray(axis.get_data(), float)
            name = f"axis {dim}" if not axis.spread_order else f"axis {dim} {axis.spread_order}"
            found[name] = f"{axis.label} ({axis.units}) from {float(values[0])!r} to {float(values[-1])!r}"
    found |= {f"pymodaq {name}": str(value) for name, value in told["attributes"].items()}
    recorded = settings_of(job.loader, data.path)
    devices, limit = recorded.get("devices"), _saturation(job, data)
    if limit is not None and not _is_reflectance(data):
        found["saturation"] = f"{limit:.15g}"
    for device in devices if isinstance(devices, list) else []:
        if isinstance(device, dict):
            found |= _device(device)
    place = str(told["attributes"].get(MAP_INFO, "")).strip("{}() ")
    return {_key(key): _value(value) for key, value in found.items() if _value(value)} | (
        {"map info": f"{{{place}}}"} if place else {}
    )


def _device(settings: dict[str, Any]) -> dict[str, str]:
    """Return a device's settings, exposure and rate of a camera also under the keys that vendors use."""
    name = next((str(settings[key]) for key in ("display_name", "name", "identity") if key in settings), "device")
    nested = settings.get("parameters")
    parameters = nested if isinstance(nested, dict) else settings
    plain = {key: value for key, value in parameters.items() if isinstance(value, str | int | float | bool)}
    found = {f"{name} {key}": str(value) for key, value in plain.items() if len(str(value)) <= _LONGEST}
    return found | {vendor: str(plain[key]) for key, vendor in _VENDOR_KEYS.items() if key in plain}


def _key(text: str) -> str:
    return re.sub(r"[=;{}\s]+", " ", text).strip().lower() or "value"


def _value(text: str) -> str:
    return re.sub(r"[{}\[\]\s]+", " ", text).strip().lstrip(";")


def _accepts(data: StoredData) -> str:
    return "" if len(data.shape) >= 2 else f"its shape is {data.shape}, and a cube (lines, pixels, bands) is needed"


ENVI = Format(
    "envi",
    (".hdr",),
    "ENVI cube",
    _write,
    Per.ARRAY,
    accepts=_accepts,
    prefers=cubes_first,
    files=_files,
    options=("interleave", "references", "scheduler", "workers", "memory"),
    error_bars=False,
    plain=True,
)
