"""The file of a reference, ``.hsiref``: HDF5 in the node convention.

::

    /RawData/Reference                 the reference
        Settings                       JSON: see `StoredReference.to_message`, and the CRC-32 of each array's bytes
        Mean/Data00, ErrorBar00        mean of the frames and standard deviation of single ones, float64, shape of a raw
                                       frame; Axis00.. pixels, wavelengths in nm
        Saturated/Data00               uint8: 1 where any of the frames was saturated
        Frames/Data00                  the frames themselves, ``(count, *frame)``, where a container was exported

Nothing in such a file is evaluated or unpickled when it is read.
"""

from __future__ import annotations

import json
import math
import os
import uuid
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.data import Axis, DataRaw
from h5modules.data_saving import DataLoader, DataSaverLoader
from h5modules.errors import H5ModulesError
from h5modules.saving import H5SaverLowLevel, SaveType
from pymodaq_hsi.drivers import FrameFormat, ReferenceName
from pymodaq_hsi.errors import CalibrationError, HsiError, OutputError, ReferenceFileError
from pymodaq_hsi.processing.panel import Panel
from pymodaq_hsi.processing.references import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["StoredReference", "is_hdf5", "read_hsiref", "write_hsiref"]

GROUP = "/RawData/Reference"
FORMAT, VERSION = "hsiref", 1
_MEAN, _STD, _SATURATED, _FRAMES = "Mean/Data00", "Mean/ErrorBar00", "Saturated/Data00", "Frames/Data00"
_HDF5 = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True, eq=False)
class StoredReference:
    """What a file holds: a reference that may not say of what, and its frames where they were kept.

    Attributes
    ----------
    name : ReferenceName or None
    mean, std, count, saturated, format, settings, timestamp, panel, instrument
        See `Reference`.
    frames : ndarray or None
        ``(count, *frame)`` in the camera's own sample type.
    """

    name: ReferenceName | None
    mean: npt.NDArray[np.float64]
    std: npt.NDArray[np.float64]
    count: int
    saturated: npt.NDArray[np.bool_]
    format: FrameFormat
    settings: Mapping[str, Any]
    timestamp: float
    panel: Panel | float | None
    instrument: Mapping[str, str]
    frames: npt.NDArray[Any] | None = None

    @classmethod
    def of(cls, reference: Reference, *, named: bool = True, frames: npt.NDArray[Any] | None = None) -> StoredReference:
        """Make it of a reference."""
        return cls(
            reference.name if named else None,
            reference.mean,
            reference.std,
            reference.count,
            reference.saturated,
            reference.format,
            reference.settings,
            reference.timestamp,
            reference.panel,
            reference.instrument,
            frames,
        )

    def reference(self, name: ReferenceName | None = None, accepted: Mapping[str, Any] | None = None) -> Reference:
        """Return it as the reference that it is, or that `name` says.

        Raises
        ------
        CalibrationError
            It is the other one, or nobody says which it is.
        """
        kind = self.name or name
        if kind is None:
            raise CalibrationError(
                'the file does not say what it is a reference of; say name="WhiteReference" or "DarkReference"'
            )
        if name not in (None, kind):
            raise CalibrationError(f"the file holds a {kind}, and a {name} was asked for; give the other file")
        return Reference(
            name=kind,
            mean=self.mean,
            std=self.std,
            count=self.count,
            saturated=self.saturated,
            format=self.format,
            settings=self.settings,
            timestamp=self.timestamp,
            panel=self.panel,
            instrument=self.instrument,
            accepted=dict(accepted or {}),
        )

    def to_message(self) -> dict[str, Any]:
        """Return all but the arrays as JSON data."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "reference": None if self.name is None else str(self.name),
            "count": self.count,
            "timestamp": self.timestamp,
            "frame_format": self.format.to_message(),
            "settings": dict(self.settings),
            "panel_reflectivity": self.panel.to_message() if isinstance(self.panel, Panel) else self.panel,
            "instrument": dict(self.instrument),
        }


def is_hdf5(path: Path) -> bool:
    """Return whether a file begins as HDF5 files do."""
    with path.open("rb") as file:
        return file.read(len(_HDF5)) == _HDF5


def write_hsiref(path: Path, stored: StoredReference) -> None:
    """Write a file: under another name first, so that there is the old one or the new one at any moment.

    Raises
    ------
    OutputError
        There is no such folder, no permission, no space; an older file is as it was.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    if target.is_dir() or not target.parent.is_dir():
        raise OutputError(
            f"{path} is a folder, or there is no folder {target.parent}; give a file in a folder that is there"
        )
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part.h5")
    try:
        _write(part, target.name, stored)
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except (OSError, H5ModulesError) as error:
        raise OutputError(f"the reference could not be written to {path}: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def _write(part: Path, name: str, stored: StoredReference) -> None:
    axes = _axes(stored.format)
    unit = stored.format.unit
    title = str(stored.name or "Reference")
    mean = DataRaw(
        title,
        units=unit,
        data=[np.ascontiguousarray(stored.mean)],
        errors=[np.ascontiguousarray(stored.std)],
        labels=["Mean of frames"],
        axes=axes,
        timestamp=stored.timestamp,
        frames_averaged=stored.count,
    )
    saturated = DataRaw("Saturated", data=[stored.saturated.astype(np.uint8)], labels=["1 saturated"], axes=axes)
    with H5SaverLowLevel.from_file(part, SaveType.custom, new_file=True) as h5:
        h5.set_attr("/", "file", name)
        group = h5.get_set_group("/RawData", "Reference", title=title)
        text = json.dumps(stored.to_message() | {"checksums": _checksums(stored)}, indent=1)
        h5.add_string_array(group, "Settings", title="Settings (JSON)", rows=[text])
        saver = DataSaverLoader(h5)
        saver.add_data(h5.get_set_group(group, "Mean", title="Mean"), mean)
        saver.add_data(h5.get_set_group(group, "Saturated", title="Saturated"), saturated)
        if stored.frames is not None:
            frames = DataRaw("Frames", units=unit, data=[stored.frames], labels=["Frames"])
            saver.add_data(h5.get_set_group(group, "Frames", title="Frames"), frames)


def read_hsiref(path: Path, *, expected: FrameFormat | None = None, frames: bool = False) -> StoredReference:
    """Read a file.

    Parameters
    ----------
    path : Path
    expected : FrameFormat, optional
        What the camera delivers: checked before anything large is read.
    frames : bool
        Read the frames too, where there are some.

    Raises
    ------
    ReferenceFileError
        It is no such file, or damaged; what is wrong with it is named.
    CalibrationError
        It does not fit the camera's frames.
    """
    with _as_reference_errors(path), DataLoader(path) as loader:
        try:
            group: Any = loader.get_node(GROUP)
            text = group.get_child("Settings").read()[0]
        except H5ModulesError:
            raise ReferenceFileError(
                f"{path} is an HDF5 file without a reference ({GROUP}/Settings is not there); give a file that "
                "export_reference wrote, or an ENVI cube",
                path=path,
            ) from None
        said = _Message(path, text)
        if expected is not None:
            check_structure(said.format, expected, str(path))
        shape = said.format.shape
        sums = said.checksums
        mean = _array(path, loader, _MEAN, shape, "f", sums)
        std = _array(path, loader, _STD, shape, "f", sums)
        saturated = _array(path, loader, _SATURATED, shape, "u", sums)
        if not bool(np.all(std >= 0)):
            raise ReferenceFileError(
                f"{path} is damaged: it has standard deviations below 0 or that are no numbers", path=path
            )
        kept = None
        if frames and "Frames" in group:
            kept = _array(path, loader, _FRAMES, (said.count, *shape), np.dtype(said.format.dtype).kind, sums)
            kept = kept.astype(said.format.dtype, casting="equiv", copy=False)
    return StoredReference(
        name=said.name,
        mean=mean.astype(np.float64),
        std=std.astype(np.float64),
        count=said.count,
        saturated=saturated.astype(np.bool_),
        format=said.format,
        settings=said.settings,
        timestamp=said.timestamp,
        panel=said.panel,
        instrument=said.instrument,
        frames=kept,
    )


def check_structure(format: FrameFormat, expected: FrameFormat, what: str) -> None:
    """Refuse frames that the camera could not have delivered.

    Raises
    ------
    CalibrationError
        With both shapes, sample types and orientations.
    """
    if (format.shape, format.dtype, format.dispersion_axis) != (
        expected.shape,
        expected.dtype,
        expected.dispersion_axis,
    ):
        raise CalibrationError(
            f"{what} holds frames of {_structure(format)}, the camera delivers frames of {_structure(expected)}; take "
            "the reference with the present region, binning and pixel format, or set those of the reference"
        )


class _Message:
    """What the JSON says, checked."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        try:
            said = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._wrong("its settings", "are no JSON", error) from None
        if not isinstance(said, dict) or said.get("format") != FORMAT:
            raise self._wrong("its format", f"is not {FORMAT!r}")
        version = said.get("version")
        if not isinstance(version, int) or version > VERSION:
            raise self._wrong("its version", f"is {version!r}, this program reads up to {VERSION}; install a newer one")
        self.count = self._whole(said.get("count"))
        self.timestamp = self._time(said.get("timestamp"))
        self.settings = self._mapping(said, "settings")
        self.checksums = self._mapping({"checksums": {}} | said, "checksums")  # files of before have none
        self.instrument = {name: str(value) for name, value in self._mapping(said, "instrument").items()}
        try:
            name = said.get("reference")
            self.name = None if name is None else ReferenceName(name)
            self.format = FrameFormat.from_message(said["frame_format"])
            panel = said.get("panel_reflectivity")
            self.panel = (
                Panel.from_message(panel) if isinstance(panel, dict) else None if panel is None else float(panel)
            )
        except (KeyError, TypeError, ValueError, RuntimeError, OverflowError) as error:
            raise self._wrong("what it says of the reference", "cannot be understood", error) from None

    def _whole(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self._wrong("its count of frames", f"is {value!r}")
        return value

    def _time(self, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise self._wrong("its time", f"is {value!r}")
        return float(value)

    def _mapping(self, said: dict[str, Any], key: str) -> dict[str, Any]:
        value = said.get(key)
        if not isinstance(value, dict):
            raise self._wrong(f"its {key!r}", f"is {value!r:.60}")
        return value

    def _wrong(self, what: str, why: str, error: BaseException | None = None) -> ReferenceFileError:
        details = f" ({' '.join(str(error).split())[:200]})" if error is not None else ""
        return ReferenceFileError(f"{self._path} cannot be used as a reference: {what} {why}{details}", path=self._path)


def _checksums(stored: StoredReference) -> dict[str, int]:
    arrays: dict[str, npt.NDArray[Any]] = {
        _MEAN: stored.mean,
        _STD: stored.std,
        _SATURATED: stored.saturated.astype(np.uint8),
    }
    if stored.frames is not None:
        arrays[_FRAMES] = stored.frames
    return {node: _checksum(array) for node, array in arrays.items()}


def _checksum(array: npt.NDArray[Any]) -> int:
    return zlib.crc32(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes())


def _array(
    path: Path, loader: DataLoader, node: str, shape: tuple[int, ...], kind: str, checksums: Mapping[str, Any]
) -> npt.NDArray[Any]:
    """Read an array after a look at its shape and type; what was changed since it was written is refused."""
    found: Any = loader.get_node(f"{GROUP}/{node}")
    there, dtype = tuple(getattr(found, "shape", ())), np.dtype(getattr(found, "dtype", None) or "V1")
    if there != shape or dtype.kind != kind:
        raise ReferenceFileError(
            f"{path} is damaged: {GROUP}/{node} has shape {there} and type {dtype}; {shape} was expected", path=path
        )
    array: npt.NDArray[Any] = np.asarray(found.read())
    if node in checksums and checksums[node] != _checksum(array):
        raise ReferenceFileError(
            f"{path} is damaged: {GROUP}/{node} is not what was written (its checksum differs); take a copy that is "
            "whole, or the reference again",
            path=path,
        )
    return array


@contextmanager
def _as_reference_errors(path: Path) -> Iterator[None]:
    """Say of which file it is what goes wrong inside a file that may hold anything."""
    try:
        yield
    except HsiError:
        raise
    except (RuntimeError, OSError, ValueError, LookupError, TypeError, AttributeError, MemoryError) as error:
        raise ReferenceFileError(
            f"{path} cannot be read as a reference: {' '.join(str(error).split())[:300] or type(error).__name__}",
            path=path,
        ) from error


def _axes(format: FrameFormat) -> list[Axis]:
    axes = []
    for index, size in enumerate(format.shape):
        if index != format.dispersion_axis:
            axes.append(Axis("Pixel", "", np.arange(size, dtype=float), index=index))
        elif format.wavelengths is not None:
            axes.append(Axis("Wavelength", "nm", np.array(format.wavelengths), index=index))
        else:
            axes.append(Axis("Band", "", np.arange(size, dtype=float), index=index))
    return axes


def _structure(format: FrameFormat) -> str:
    along = f", bands along axis {format.dispersion_axis}" if format.dispersion_axis is not None else ""
    return f"shape {format.shape} and type {np.dtype(format.dtype)}{along}"
