"""What calibrated cubes are written to: ENVI in parts, HDF5 by one writer in order. Both appear when they are whole."""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules._storage.versions import distribution_version
from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import DataToExportEnlargeableSaver
from h5modules.errors import H5ModulesError
from h5modules.exporting import MAP_INFO
from h5modules.saving import H5SaverLowLevel, SaveType
from pymodaq_hsi.envi import write_envi
from pymodaq_hsi.envi._checks import Checks
from pymodaq_hsi.errors import EnviError, OutputError
from pymodaq_hsi.processing.contexts import ValueType
from pymodaq_hsi.processing.reference_nodes import line_axes, write_references
from pymodaq_hsi.processing.stored_kernel import EnviRegions
from pymodaq_hsi.processing.stored_lines import HDF5_LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pymodaq_hsi.envi import EnviHeader, Interleave
    from pymodaq_hsi.processing.contexts import RecordingContext
    from pymodaq_hsi.processing.stored_cubes import StoredCube

__all__ = ["LinesToFill", "write_envi_cube", "write_hdf5_cube"]

_STALE = (
    "autodarkstartline",
    "saturation",
    "ceiling",
    "data gain values",
    "data offset values",
    "data reflectance gain values",
    "data reflectance offset values",
    "file type",
)
"""Keys of a header that say something of the raw samples."""


class LinesToFill:
    """A cube whose lines are put into the file by `fill`; see `pymodaq_hsi.envi.WritesLines`."""

    def __init__(self, shape: tuple[int, int, int], dtype: np.dtype[Any], fill: Callable[[EnviRegions], None]) -> None:
        self.shape = shape
        self.dtype = dtype
        self._fill = fill

    def __getitem__(self, key: slice, /) -> npt.NDArray[Any]:
        raise OutputError(f"lines {key} are written as they are made, and cannot be read before")

    def write_lines(self, path: Path, header: EnviHeader) -> None:
        """Make room, and fill it."""
        stored = header.data_type
        size = header.header_offset + int(np.prod(self.shape, dtype=np.int64)) * stored.itemsize
        with path.open("r+b") as file:
            file.truncate(size)
        target = EnviRegions(str(path.resolve()), self.shape, stored.str, header.interleave, header.header_offset)
        self._fill(target)


def write_envi_cube(
    path: Path,
    cube: StoredCube,
    context: RecordingContext,
    lines: LinesToFill,
    *,
    interleave: Interleave,
    notes: Mapping[str, str],
    overwrite: bool,
) -> tuple[Path, list[str]]:
    """Write an ENVI cube with what is known of its lines; return its header, and what could not be kept."""
    header = cube.header
    kept: dict[str, Any] = {}
    found: dict[str, str] = {}
    lost: list[str] = []
    if header is not None:
        order = _order(cube)
        if lines.shape[2] == cube.shape[2] and np.array_equal(context.wavelengths, _rising(cube, order)):
            for name in ("fwhm", "bbl"):
                value = getattr(header, name)
                kept[name] = None if value is None else np.asarray(value)[order]
            names = header.band_names
            kept["band_names"] = None if names is None else [names[each] for each in order]
            if header.default_bands is not None:
                place = np.argsort(order)
                kept["default_bands"] = [
                    int(place[band - 1]) + 1 for band in header.default_bands if band <= len(order)
                ]
        kept["acquisition_time"] = header.acquisition_time
        check = Checks(str(path), lines.shape[2])
        for key, text in header.metadata.items():
            if key not in _STALE:
                try:
                    found |= check.metadata({key: text})
                except EnviError as error:
                    lost.append(f"{key!r} of the header is left out: {error}")
    found |= {key: " ".join(text.replace("{", "(").replace("}", ")").split()) for key, text in notes.items()}
    reflectance = context.value_type is ValueType.Reflectance
    done = write_envi(
        path,
        lines,
        interleave=interleave,
        wavelengths=context.wavelengths if cube.wavelengths is not None else None,
        reflectance_scale_factor=1.0 if reflectance else None,
        metadata=found,
        overwrite=overwrite,
        **kept,
    )
    return done, lost


def _order(cube: StoredCube) -> npt.NDArray[np.intp]:
    bands = cube.shape[2]
    return np.arange(bands) if cube.wavelengths is None else np.argsort(cube.wavelengths, kind="stable")


def _rising(cube: StoredCube, order: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    return order.astype(float) if cube.wavelengths is None else cube.wavelengths[order]


def write_hdf5_cube(
    path: Path,
    cube: StoredCube,
    context: RecordingContext,
    blocks: Iterator[tuple[int, npt.NDArray[Any]]],
    *,
    notes: Mapping[str, str],
) -> None:
    """Write a recording as a camera's would be: cube, references, validity, settings.

    Parameters
    ----------
    blocks : iterator of (int, ndarray)
        First line and lines ``(n, pixels, bands)``, in order; taken without the lock on HDF5.
    notes : mapping
        What is said of the calibration: attributes of the scan.

    Raises
    ------
    OutputError
        The file could not be written; nothing is left of it.
    """
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part.h5")
    try:
        try:
            _fill(part, target.name, cube, context, blocks, notes)
            with part.open("r+b") as file:
                os.fsync(file.fileno())
            part.replace(target)
        except (OSError, H5ModulesError) as error:
            raise OutputError(f"{path} cannot be written: {error}; nothing was left of it") from error
    finally:
        with HDF5_LOCK:
            part.unlink(missing_ok=True)


def _fill(
    part: Path,
    name: str,
    cube: StoredCube,
    context: RecordingContext,
    blocks: Iterator[tuple[int, npt.NDArray[Any]]],
    notes: Mapping[str, str],
) -> None:
    label, written = context.value_type.name, time.time()
    axes = line_axes(context, first=1)
    place = _map_info(cube, context)
    extra: dict[str, Any] = {MAP_INFO: place} if place else {}
    with HDF5_LOCK:
        h5 = H5SaverLowLevel.from_file(part, SaveType.scan, new_file=True)
    try:
        with HDF5_LOCK:
            h5.set_attr("/", "file", name)
            h5.set_attr("/", "pymodaq_hsi_version", distribution_version())
            scan = h5.add_scan_group(title=f"{label} of {cube.source.name}")
            h5.set_attr(scan, "scan_done", False)
            for key, text in notes.items():
                h5.set_attr(scan, key.replace(" ", "_"), text)
            rows = [json.dumps(_settings(cube, context), indent=1)]
            h5.add_string_array(scan, "Settings", title="Settings (JSON)", rows=rows)
            write_references(h5, scan, context)
            detector = h5.add_det_group(scan, title=_camera(cube))
            known = cube.times is not None
            names = ([cube.times_label or "line"], [cube.times_unit]) if known else (["line"], [""])
            saver = DataToExportEnlargeableSaver(h5, *names)
        for start, block in blocks:
            stop = start + len(block)
            values = np.arange(start, stop, dtype=float) if cube.times is None else cube.times[start:stop]
            data = DataRaw(
                label,
                units=context.unit,
                data=[np.ascontiguousarray(block)],
                labels=[label],
                nav_indexes=(0,),
                axes=axes,
                timestamp=cube.timestamp or written,
                **extra,
            )
            with HDF5_LOCK:
                saver.add_data(detector, DataToExport("Lines", data=[data]), axis_values=[values])
        with HDF5_LOCK:
            h5.set_attr(scan, "scan_done", True)
    finally:
        with HDF5_LOCK:
            h5.close_file()


def _map_info(cube: StoredCube, context: RecordingContext) -> str:
    """Return where the pixels of an ENVI cube are, as its header says; "" where steps moved them."""
    text = "" if cube.header is None else cube.header.metadata.get("map info", "")
    steps = context.chain.steps.describe().get("steps", [])
    flipped = any(isinstance(step, dict) and step.get("kind") == "flip" for step in steps)
    return text if context.validity.shape[0] == cube.shape[1] and not flipped else ""


def _settings(cube: StoredCube, context: RecordingContext) -> dict[str, Any]:
    panel = [None if np.isnan(value) else float(value) for value in context.panel_reflectivity]
    return {
        **cube.recorded,
        "value_type": context.value_type.name,
        "frame_format": replace(context.format).to_message(),
        "panel_reflectivity": panel,
        "standardisation": context.chain.steps.describe(),
        "calibrated_from": {"file": cube.source.name, "node": cube.node},
    }


def _camera(cube: StoredCube) -> str:
    if cube.header is not None:
        return cube.header.metadata.get("sensor type", "").strip("{} ") or cube.source.stem
    devices = cube.recorded.get("devices")
    named = (
        [each.get("display_name") for each in devices if isinstance(each, dict)] if isinstance(devices, list) else []
    )
    return str(named[0]) if len(named) == 1 and named[0] else cube.source.stem
