"""ENVI cubes seen as recordings, so that whatever exports those exports these too, without a copy in between."""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import tables

from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import AxisSaverLoader, DataToExportSaver
from h5modules.exporting import MAP_INFO, StoredArray, StoredLoader
from h5modules.saving import H5SaverLowLevel, SaveType
from pymodaq_hsi.envi import EnviCube, describe_envi, find_references
from pymodaq_hsi.envi._format import value_text
from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.processing.contexts import RecordingContext
from pymodaq_hsi.processing.reference_nodes import write_references
from pymodaq_hsi.processing.references import InstrumentParameters, ReferenceImportFlag
from pymodaq_hsi.processing.stored_cubes import envi_settings, moment, open_cube
from pymodaq_hsi.processing.stored_lines import EnviLines
from pymodaq_hsi.processing.stored_references import find_cube_references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from h5modules.backends import CARRAY, GROUP
    from h5modules.exporting._arrays import Selection
    from pymodaq_hsi.devices import InstrumentDevice

__all__ = ["EnviLoader", "as_recording", "line_blocks_of"]

_BLOCK = {"bip": 16 << 20, "bil": 16 << 20, "bsq": 64 << 20}
"""Bytes that are read at once, about: of bands that lie one after the other a block has a piece of each."""


class EnviLoader(StoredLoader):
    """A loader of an HDF5 file that has all of an ENVI cube but its samples, which it takes from the ENVI file.

    Attributes
    ----------
    cube : EnviCube
        Described: its samples are not in memory.
    reader : EnviLines
        Reads the lines before those with a closed shutter.
    notes : tuple of str
        What of the cube could not be taken along.
    """

    def __init__(self, path: Path, cube: EnviCube, node: str, notes: tuple[str, ...]) -> None:
        super().__init__(path)
        self.cube, self.notes = cube, notes
        self.reader = reader_of(cube)
        self._node = node

    @property
    def source(self) -> Path:
        """The header."""
        return self.cube.header_path

    def _stored_array(self, node: CARRAY) -> StoredArray:
        stored = super()._stored_array(node)
        return _EnviArray(node, self.reader) if node.path == self._node else stored


class _EnviArray(StoredArray):
    """The samples of an ENVI file."""

    def __init__(self, node: CARRAY, reader: EnviLines) -> None:
        super().__init__(node, None)
        self.reader = reader

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        keys = self._complete(key)
        lines = keys[0]
        if not isinstance(lines, slice):
            single: npt.NDArray[Any] = self.reader.read(int(lines), int(lines) + 1)[(0, *keys[1:])]
            return single
        start, stop, step = lines.indices(self.shape[0])
        part: npt.NDArray[Any] = self.reader.read(start, max(start, stop))[(slice(None, None, step), *keys[1:])]
        return part

    def blocks(self, size: int = 0) -> Iterator[tuple[Selection, npt.NDArray[Any]]]:
        return super().blocks(max(size, _BLOCK[self.reader.interleave]))


def reader_of(cube: EnviCube) -> EnviLines:
    """Return what reads the lines of a cube, those with a closed shutter at its end left out."""
    header = cube.header
    shape = (cube.dark_start_line or cube.shape[0], *cube.shape[1:])
    if header.interleave == "bsq":
        shape = cube.shape  # where a band begins depends on all lines
    return EnviLines(
        str(cube.data_path.resolve()), shape, header.data_type.str, header.interleave, header.header_offset
    )


def line_blocks_of(reader: EnviLines, lines: int) -> Iterator[npt.NDArray[Any]]:
    """Yield the first lines of a cube in blocks, ``(n, pixels, bands)``."""
    step = max(1, _BLOCK[reader.interleave] // max(1, reader.shape[1] * reader.shape[2] * reader.dtype.itemsize))
    for start in range(0, lines, step):
        yield reader.read(start, min(lines, start + step))


@contextmanager
def as_recording(path: Path) -> Iterator[EnviLoader]:
    """Have an ENVI cube as a recording for a while: a small file in the folder for temporary ones.

    Raises
    ------
    EnviNotFound, EnviError
    """
    cube = describe_envi(path)
    with tempfile.TemporaryDirectory(prefix="pymodaq_hsi_") as folder:
        stand_in = Path(folder) / "cube.h5"
        node, notes = write_recording(stand_in, cube)
        with EnviLoader(stand_in, cube, node, notes) as loader:
            yield loader


def write_recording(
    path: Path, cube: EnviCube, fill: Callable[[Any], None] | None = None
) -> tuple[str, tuple[str, ...]]:
    """Write a cube as a file that a recording of it would be.

    Parameters
    ----------
    path : Path
        A new HDF5 file.
    cube : EnviCube
        Described or open.
    fill : callable, optional
        Takes the PyTables array of the samples and fills it. Without it no sample is written, and takes no room.

    Returns
    -------
    node : str
        Path of the array.
    notes : tuple of str
        What could not be taken along.
    """
    h5 = H5SaverLowLevel.from_file(path, SaveType.scan, new_file=True)
    try:
        h5.set_attr("/", "file", cube.header_path.name)
        scan = h5.add_scan_group(title=cube.header_path.stem)
        h5.set_attr(scan, "source", cube.header_path.name)
        h5.add_string_array(scan, "Settings", title="Settings (JSON)", rows=[json.dumps(_settings(cube), indent=1)])
        notes = _write_references(h5, scan, cube)
        detector = h5.add_det_group(scan, title=_camera(cube))
        line = _described(cube)
        DataToExportSaver(h5).add_data(detector, DataToExport("Lines", data=[line]))
        node = next(each for each in h5.walk_nodes(detector) if each.attrs.get("data_type") == "data")
        lines = cube.dark_start_line or cube.shape[0]
        AxisSaverLoader(h5).ensure(
            cast("GROUP", node.parent_node), [Axis("line", "", np.arange(float(lines)), index=0)]
        )
        place = node.path
    finally:
        h5.close_file()
    with tables.open_file(path, "r+") as file:
        _make_room(file, place, (lines, *cube.shape[1:]), fill)
    return place, notes


def _make_room(file: Any, place: str, shape: tuple[int, int, int], fill: Callable[[Any], None] | None) -> None:
    """Put an array of all lines in the place of that of one; chunks that nothing was written to take no room."""
    one = file.get_node(place)
    said = {key: one._v_attrs[key] for key in one._v_attrs._f_list("user")}
    atom, title = one.atom, one._v_title
    parent, name = place.rsplit("/", 1)
    file.remove_node(place)
    pixels = max(1, min(shape[1], (16 << 20) // max(1, shape[2] * atom.itemsize)))
    array = file.create_carray(parent, name, atom, shape, title, chunkshape=(1, pixels, shape[2]), track_times=False)
    for key, value in said.items():
        if key != "shape":
            array._v_attrs[key] = value
    if fill is not None:
        fill(array)


def _described(cube: EnviCube) -> DataRaw:
    """Return a line of zeros with all that is known of the lines."""
    header = cube.header
    _, pixels, bands = cube.shape
    values, unit, label = cube.wavelengths, "nm", "Wavelength"
    if values is None:
        values, unit, label = np.arange(float(bands)), "", "Band"
    factor = header.reflectance_scale_factor
    name = "Intensity" if factor is None else "Reflectance" if factor == 1 else "Samples"
    extra: dict[str, Any] = {
        f"envi_{re.sub(r'[^a-z0-9]+', '_', key).strip('_')}": text for key, text in _said(cube).items() if text
    }
    if header.band_names is not None:
        extra["band_names"] = list(header.band_names)
    if place := header.metadata.get("map info", ""):
        extra[MAP_INFO] = place
    return DataRaw(
        name,
        units="counts" if factor is None else "",
        data=[np.zeros((1, pixels, bands), header.data_type.newbyteorder("="))],
        labels=[name],
        nav_indexes=(0,),
        axes=[
            Axis("Pixel", "", np.arange(float(pixels)), index=1),
            Axis(label, unit, np.array(values, float), index=2),
        ],
        timestamp=_moment(cube),
        **extra,
    )


def _said(cube: EnviCube) -> dict[str, str]:
    """Return what a header says beside the layout, as text."""
    header = cube.header
    known = {
        "wavelength units": header.wavelength_units if header.wavelengths is None else "",
        "wavelength": value_text(header.wavelength_values) if header.wavelengths is None else "",
        "fwhm": value_text(header.fwhm),
        "bbl": value_text(None if header.bbl is None else header.bbl.astype(np.uint8)),
        "reflectance scale factor": value_text(header.reflectance_scale_factor),
        "data ignore value": value_text(header.data_ignore_value),
        "default bands": value_text(header.default_bands),
        "acquisition time": header.acquisition_time or "",
    }
    return {**known, **header.metadata}


def _moment(cube: EnviCube) -> float:
    return moment(cube.header.acquisition_time) or cube.data_path.stat().st_mtime


def _camera(cube: EnviCube) -> str:
    return cube.header.metadata.get("sensor type", "").strip("{} ") or cube.header_path.stem


def _settings(cube: EnviCube) -> dict[str, Any]:
    """Return settings as recordings have them, so that whoever calibrates the file finds them."""
    parameters = envi_settings(cube.header)
    device = {
        "type": "Instrument",
        "display_name": _camera(cube),
        "serial_number": str(parameters.pop("SerialNumber", "")),
        "parameters": parameters,
        "units": {"ExposureTime": "ms"} if "ExposureTime" in parameters else {},
    }
    settings: dict[str, Any] = {
        "devices": [device],
        "envi_header": {key: text for key, text in _said(cube).items() if text},
    }
    try:
        settings["frame_format"] = open_cube(cube.header_path).frame_format().to_message()
    except HsiError:
        return settings  # complex samples, say: no frames of a camera
    return settings


def _write_references(h5: H5SaverLowLevel, scan: GROUP, cube: EnviCube) -> tuple[str, ...]:
    """Write the references that lie beside a cube, averaged; return why they are left out, if they are."""
    flags = ReferenceImportFlag.IgnoreParameterMismatch
    try:
        stored = open_cube(cube.header_path)
        found = find_cube_references(stored, flags=flags)
        if found.white is None and found.dark is None:
            return ()
        given = InstrumentParameters(found.white, found.dark, oldest=None)
        context = RecordingContext(cast("InstrumentDevice", stored), given, flags=flags)
    except HsiError as error:
        known = find_references(cube)
        if known.white is None and known.dark is None:
            return ()
        return (f"the references of {cube.header_path.name} are left out: {error}",)
    write_references(h5, scan, context)
    if stored.saturation is None and stored.lines.dtype.kind in "iu":
        return (
            f"{cube.header_path.name} does not say from which value on a sample is saturated (saturation), so that in "
            "the averaged references samples that were cannot be told later",
        )
    return ()
