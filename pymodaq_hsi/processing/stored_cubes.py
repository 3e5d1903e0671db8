"""Cubes on disk, ENVI or HDF5, seen as lines that a camera delivered: what there is to know of them but the samples."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.exporting import CubeView, StoredLoader
from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.envi import describe_envi
from pymodaq_hsi.envi._numbers import parse_number
from pymodaq_hsi.errors import CubeError
from pymodaq_hsi.io._recording import is_reference, settings_of
from pymodaq_hsi.processing.hsiref import is_hdf5
from pymodaq_hsi.processing.stored_lines import EnviLines, Hdf5Lines, LineReader

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from h5modules.exporting import StoredData
    from pymodaq_hsi.envi import EnviCube, EnviHeader

__all__ = ["StoredCube", "envi_settings", "moment", "open_cube"]

_CHUNK = {"bip": 16 << 20, "bil": 16 << 20, "bsq": 64 << 20}
"""Bytes of a Dask chunk, about: where one band lies after the other, a chunk has a piece of each, and they are long."""

_VENDOR_SETTINGS = {
    "tint": "ExposureTime",
    "shutter": "ExposureTime",
    "tint1": "tint1",
    "tint2": "tint2",
    "gain": "Gain",
    "binning": "binning",
    "binning1": "binning1",
    "binning2": "binning2",
    "sample binning": "sample binning",
    "spectral binning": "spectral binning",
    "hroi": "hroi",
    "vroi": "vroi",
    "himg": "himg",
    "vimg": "vimg",
    "sensorid": "SerialNumber",
}
"""Keys of ENVI headers for what references depend on, and our names for it."""


@dataclass(frozen=True, eq=False)
class StoredCube:
    """A cube on disk; its samples are read block by block.

    Attributes
    ----------
    source : Path
        The file that was opened: an ENVI header, or HDF5.
    lines : LineReader
        Reads it.
    shape : tuple of int
        (lines, pixels, bands), without dark lines at the end.
    wavelengths : ndarray or None
        nm, ``(bands,)``, in the file's order.
    node : str
        Path of the array in an HDF5 file.
    saturation : float or None
        From this value on a sample says no more than "too much light"; None where the file does not say it.
    ignored : float or None
        A sample of this value says nothing; None where there is no such value.
    unit : str
        Of a sample.
    parameters : mapping
        What is known of the settings that references depend on, by parameter name.
    units : mapping
        Of these.
    timestamp : float
        POSIX seconds; 0 where it is not known.
    reflectance : bool
        It says that it is reflectance already.
    header : EnviHeader or None
    recorded : mapping
        The settings that were saved with it, in HDF5.
    times : ndarray or None
        Where each line is, ``(lines,)``, in HDF5: its time, or a position.
    times_label, times_unit : str
    dark_lines : tuple of int or None
        First and end of the lines that were recorded with the shutter closed.
    missing : ndarray of bool or None
        Points of a scan that were not measured, ``(lines, pixels or 1, bands or 1)``; None where all were.
    warnings : tuple of str
    """

    source: Path
    lines: LineReader
    shape: tuple[int, int, int]
    wavelengths: npt.NDArray[np.float64] | None
    node: str = ""
    saturation: float | None = None
    ignored: float | None = None
    unit: str = "counts"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    timestamp: float = 0.0
    reflectance: bool = False
    header: EnviHeader | None = None
    recorded: Mapping[str, Any] = field(default_factory=dict)
    times: npt.NDArray[np.float64] | None = None
    times_label: str = "time"
    times_unit: str = "s"
    dark_lines: tuple[int, int] | None = None
    missing: npt.NDArray[np.bool_] | None = None
    warnings: tuple[str, ...] = ()

    @property
    def display_name(self) -> str:
        """What messages call it."""
        return f"{self.source}{f' ({self.node})' if self.node else ''}"

    @property
    def nbytes(self) -> int:
        """Bytes of all samples."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.lines.dtype.itemsize

    def frame_format(self) -> FrameFormat:
        """Return what a line looks like, as a camera would say it: ``(pixels, bands)`` in the file's order."""
        known = None if self.wavelengths is None else tuple(float(each) for each in self.wavelengths)
        return FrameFormat(
            self.shape[1:], self.lines.dtype.str, 1, known, self.saturation, self.unit, ignored=self.ignored
        )

    def reference_settings(self) -> dict[str, Any]:
        """Return what is known of the settings that references depend on."""
        return dict(self.parameters)

    def settings(self) -> dict[str, Any]:
        """Return what a file would say of its camera: values of parameters, and their units."""
        return {"parameters": dict(self.parameters), "units": dict(self.units)}

    def lazy(self) -> Any:
        """Return it as a Dask array ``(lines, pixels, bands)``.

        Its chunks are whole lines, about 16 MB of them (64 MB of BSQ, so that what is read at once is long); each is
        read by the worker that computes it, from the file's path.

        Raises
        ------
        ImportError
            dask is not installed.
        """
        try:
            import dask.array
        except ImportError as error:
            raise ImportError('lazy arrays need dask: pip install "pymodaq-hsi[lazy]"') from error
        if isinstance(self.lines, Hdf5Lines):
            from h5modules.data_saving import DataLoader

            with DataLoader(self.lines.path) as loader:
                array = loader.load_data(self.lines.node, lazy=True).data[0]
            with StoredLoader(self.lines.path) as stored:
                view = CubeView.of(stored.stored(self.lines.node)[0])
            dims = [*view.line_dims, view.pixel_dim, *([] if view.band_dim is None else [view.band_dim])]
            return array.transpose(dims).reshape(self.lines.shape)
        line = self.shape[1] * self.shape[2] * self.lines.dtype.itemsize
        chunks = (max(1, _CHUNK[self.lines.interleave] // line), -1, -1)
        return dask.array.from_array(self.lines, chunks=chunks, fancy=False)[: self.shape[0]]


def open_cube(path: str | os.PathLike[str], where: str = "/") -> StoredCube:
    """Open a cube of any size.

    Parameters
    ----------
    path : str or path-like
        An ENVI header or data file, or an HDF5 file: a recording, or any that PyMoDAQ opens.
    where : str
        Node of an HDF5 file: the array, or a group with one cube in it.

    Raises
    ------
    EnviNotFound, EnviError
    CubeError
        No cube is there, several are, or its samples are no real numbers.
    """
    source = Path(path)
    if source.is_file() and is_hdf5(source):
        return _open_hdf5(source, where)
    if where.strip("/"):
        raise CubeError(f"{source} is not HDF5 and has no nodes; leave {where} out")
    return _of_envi(describe_envi(source))


def _of_envi(cube: EnviCube) -> StoredCube:
    header = cube.header
    dtype = cube.data.dtype
    if dtype.kind == "c":
        raise CubeError(
            f"{cube.header_path}: complex samples ({dtype}) are no intensities; give a cube of real numbers"
        )
    start = cube.dark_start_line
    reader = EnviLines(
        str(cube.data_path.resolve()), cube.shape, header.data_type.str, header.interleave, header.header_offset
    )
    return StoredCube(
        source=cube.header_path,
        lines=reader,
        shape=(start or cube.shape[0], *cube.shape[1:]),
        wavelengths=cube.wavelengths,
        saturation=header.saturation,
        ignored=header.ignored,
        parameters=envi_settings(header),
        units={"ExposureTime": "ms"},
        timestamp=moment(header.acquisition_time),
        reflectance=header.reflectance_scale_factor is not None,
        header=header,
        dark_lines=None if start is None else (start, cube.shape[0]),
        warnings=cube.warnings,
    )


def envi_settings(header: EnviHeader) -> dict[str, Any]:
    """Return what a header says of settings that references depend on, under our names of parameters."""
    found: dict[str, Any] = {}
    for key, name in _VENDOR_SETTINGS.items():
        text = header.metadata.get(key, "").strip()
        number = parse_number(text)
        if text:
            found[name] = text if number is None or name == "SerialNumber" else float(number)
    return found


def moment(text: str | None) -> float:
    """Return POSIX seconds of an 'acquisition time'; 0 where it is not known."""
    try:
        return dt.datetime.fromisoformat((text or "").strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def _open_hdf5(source: Path, where: str) -> StoredCube:
    with StoredLoader(source) as loader:
        data = _the_cube(loader.stored(where), source, where)
        view = CubeView.of(data)
        recorded = settings_of(loader, data.path)
        times = data.axes_at(view.line_dims[0])[:1] if len(view.line_dims) == 1 else []
        camera = _camera(loader, data.path, recorded)
    format = recorded.get("frame_format")
    saturation = format.get("saturation") if isinstance(format, dict) else None
    ignored = format.get("ignored") if isinstance(format, dict) else None
    parameters, units = camera.get("parameters"), camera.get("units")
    settings = dict(parameters) if isinstance(parameters, dict) else {}
    if camera.get("serial_number"):
        settings["SerialNumber"] = camera["serial_number"]
    return StoredCube(
        source=source,
        lines=Hdf5Lines(str(source.resolve()), data.path, view.shape, data.arrays[0].dtype.str),
        shape=view.shape,
        wavelengths=view.wavelengths,
        node=data.path,
        saturation=float(saturation) if isinstance(saturation, int | float) else None,
        ignored=float(ignored) if isinstance(ignored, int | float) else None,
        unit=data.units or "counts",
        parameters=settings,
        units=units if isinstance(units, dict) else {},
        timestamp=float(data.described.timestamp),
        reflectance=any("reflectance" in text.lower() for text in (data.name, *data.labels)),
        recorded=recorded,
        times=np.asarray(times[0].get_data(), float) if times else None,
        times_label=times[0].label if times else "line",
        times_unit=times[0].units if times else "",
        missing=None if data.measured is None else _as_lines(~data.measured, view),
    )


def _as_lines(points: npt.NDArray[np.bool_], view: CubeView) -> npt.NDArray[np.bool_]:
    """Return flags of the first dimensions of an array as those of its lines, pixels, bands."""
    sizes = view.array.shape
    flags = points.reshape([*points.shape, *([1] * (len(sizes) - points.ndim))])
    wanted = [flags.shape[dim] if dim in (view.pixel_dim, view.band_dim) else size for dim, size in enumerate(sizes)]
    flags = np.broadcast_to(flags, wanted)
    flags = flags[..., np.newaxis] if view.band_dim is None else np.moveaxis(flags, view.band_dim, -1)
    return flags.reshape(-1, *flags.shape[-2:])


def _the_cube(found: list[StoredData], source: Path, where: str) -> StoredData:
    cubes = [data for data in found if len(data.shape) >= 3 and (len(found) == 1 or not is_reference(data.path))]
    if not cubes:
        there = ", ".join(f"{data.path} {data.shape}" for data in found[:6])
        raise CubeError(f"{source} has no cube (lines, pixels, bands) at or below {where}; there is {there}")
    if len(cubes) > 1:
        there = ", ".join(data.path for data in cubes[:8])
        raise CubeError(f"{source} has {len(cubes)} cubes at or below {where}: {there}; say which (where=, --where)")
    (data,) = cubes
    if data.arrays[0].dtype.kind not in "iufb" or len(data.arrays) > 1 or 0 in data.shape:
        raise CubeError(
            f"{data.path} of {source} has {len(data.arrays)} arrays of shape {data.shape} and type "
            f"{data.arrays[0].dtype}; one of real numbers, with at least a line, can be calibrated: name it"
        )
    return data


def _camera(loader: StoredLoader, path: str, recorded: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what was saved of the instrument that a cube is from: by the title of its group, or the only one."""
    listed = recorded.get("devices")
    devices = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    cameras = [device for device in devices if device.get("type") in (None, "Instrument")]
    titles = set()
    node: Any = loader.get_node(path)
    while node is not None:
        titles.add(node.title)
        node = node.parent_node
    named = [device for device in cameras if device.get("display_name") in titles]
    best = named if len(named) == 1 else cameras
    return best[0] if len(best) == 1 else {}
