"""Measurement lists: ENVI cubes with their references."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.compat.fluxengine.buffers import BufferContainer
from pymodaq_hsi.compat.fluxengine.enumeration import Handle, check_handle
from pymodaq_hsi.compat.fluxengine.words import Number
from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.envi import find_references, open_envi, open_reference, write_envi
from pymodaq_hsi.errors import EnviError
from pymodaq_hsi.processing import LineContainer, ValueType

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from pymodaq_hsi.envi import EnviCube

__all__ = ["MeasurementList", "createMeasurementList", "loadMeasurementList", "saveMeasurementList"]

_VALUE_TYPE = "value type"
_SUFFIXES = {ReferenceName.White: "_White", ReferenceName.Dark: "_Dark"}


class MeasurementList:
    """Measurements in memory; ENVI has one in a file.

    Parameters
    ----------
    data : ndarray
        ``(lines, pixels, bands)``.
    valueType : ValueType
    wavelengths : array_like or None
        nm, ``(bands,)``.
    references : mapping, optional
        Cubes by "WhiteReference" and "DarkReference".
    """

    def __init__(
        self,
        data: npt.NDArray[Any],
        valueType: ValueType | int,
        wavelengths: npt.ArrayLike | None = None,
        references: Mapping[str, npt.NDArray[Any] | None] | None = None,
    ) -> None:
        if data.ndim != 3:
            raise EnviError(f"a measurement has the shape (lines, pixels, bands), not {data.shape}")
        self._data = data
        self._value_type = ValueType(valueType)
        self._wavelengths = None if wavelengths is None else [float(each) for each in np.asarray(wavelengths, float)]
        given = references or {}
        self._references = {ReferenceName(name): cube for name, cube in given.items() if cube is not None}

    def __len__(self) -> int:
        return 1

    @property
    def count(self) -> Number:
        """How many measurements; also as ``count()``."""
        return Number(1)

    def valueType(self, index: int = 0) -> ValueType:
        """Return what the values are."""
        self._check(index)
        return self._value_type

    def wavelengths(self, index: int = 0) -> list[float]:
        """Return the wavelengths in nm; [] where they are not known."""
        self._check(index)
        return list(self._wavelengths or [])

    def data(self, index: int = 0) -> npt.NDArray[Any]:
        """Return the cube, ``(lines, pixels, bands)``."""
        self._check(index)
        return self._data

    def hasReference(self, *which: int | str) -> bool:
        """Return whether there is a reference: ``hasReference("WhiteReference")`` or ``hasReference(0, "...")``."""
        return self._which(which) in self._references

    def referenceData(self, *which: int | str) -> npt.NDArray[Any]:
        """Return a reference as a cube; arguments as `hasReference`.

        Raises
        ------
        KeyError
            There is no such reference; those that there are are named.
        """
        name = self._which(which)
        if name not in self._references:
            raise KeyError(f"the measurement has no {name}; it has {', '.join(self._references) or 'none'}")
        return self._references[name]

    def references(self) -> dict[ReferenceName, npt.NDArray[Any]]:
        """Return all reference cubes."""
        return dict(self._references)

    def _which(self, which: tuple[int | str, ...]) -> ReferenceName:
        names = [each for each in which if isinstance(each, str)]
        for index in which:
            if not isinstance(index, str):
                self._check(index)
        if len(names) > 1:
            raise TypeError(f"one reference is asked for at a time, not {', '.join(names)}")
        return ReferenceName(names[0]) if names else ReferenceName.White

    def _check(self, index: int) -> None:
        if index != 0:
            raise IndexError(f"there is no measurement {index}; the list has one, with index 0")


def loadMeasurementList(handle: Handle, format: str, fileName: str | os.PathLike[str]) -> MeasurementList:
    """Load an ENVI cube, and the references that lie beside it.

    A cube with a reflectance scale factor is divided by it. Lines that were recorded with a closed shutter at the end
    of the cube are its dark reference.

    Parameters
    ----------
    handle : Handle
    format : str
        "ENVI".
    fileName : str or path-like
        Header or data file.

    Raises
    ------
    EnviError, EnviNotFound
    """
    check_handle(handle)
    _check_format(format)
    cube = open_envi(fileName)
    beside = find_references(cube)
    references: dict[str, npt.NDArray[Any] | None] = {ReferenceName.Dark: cube.dark_frames}
    for name, path in ((ReferenceName.White, beside.white), (ReferenceName.Dark, beside.dark)):
        if path is not None:
            references[name] = np.array(open_reference(path, cube).data)
    data = np.array(cube.scene)
    factor = cube.header.reflectance_scale_factor
    if factor:
        data = data.astype(np.float32) / np.float32(factor)
    return MeasurementList(data, _value_type(cube), cube.wavelengths, references)


def createMeasurementList(
    source: BufferContainer | npt.NDArray[Any],
    valueType: ValueType | int | None = None,
    wavelengths: npt.ArrayLike | None = None,
    whiteReference: npt.NDArray[Any] | None = None,
    darkReference: npt.NDArray[Any] | None = None,
) -> MeasurementList:
    """Make a list of a recording, which knows the rest by itself, or of a cube ``(lines, pixels, bands)``."""
    if isinstance(source, BufferContainer):
        if not isinstance(source.ours, LineContainer):
            raise EnviError("the container holds raw frames; give one that was made for a recording context")
        context = source.ours.context
        info = context.result_info()
        known = info.wavelengths if context.standardise.has_wavelengths else None
        return MeasurementList(
            source.getData(),
            context.value_type if valueType is None else valueType,
            known if wavelengths is None else wavelengths,
            {
                "WhiteReference": info.white_reference if whiteReference is None else whiteReference,
                "DarkReference": info.dark_reference if darkReference is None else darkReference,
            },
        )
    references = {"WhiteReference": whiteReference, "DarkReference": darkReference}
    return MeasurementList(np.asarray(source), ValueType(valueType or 0), wavelengths, references)


def saveMeasurementList(handle: Handle, *arguments: Any) -> None:
    """Save a measurement as an ENVI cube, its references beside it (``x_White.hdr``, ``x_Dark.hdr``).

    Files that are there are replaced.

    Parameters
    ----------
    handle : Handle
    *arguments
        ``format, fileName, measurements``, or the measurements first: a `MeasurementList`, or the container of a
        recording.

    Raises
    ------
    EnviError, OutputError
    """
    check_handle(handle)
    lists = [each for each in arguments if isinstance(each, MeasurementList | BufferContainer)]
    words = [each for each in arguments if not isinstance(each, MeasurementList | BufferContainer)]
    if len(lists) != 1 or len(words) != 2:
        raise TypeError('saveMeasurementList takes handle, "ENVI", the file\'s name and the measurements')
    format, path = words
    _check_format(format)
    given = lists[0]
    measurements = createMeasurementList(given) if isinstance(given, BufferContainer) else given
    header = Path(path) if Path(path).suffix.lower() == ".hdr" else Path(path).with_suffix(".hdr")
    wavelengths = measurements.wavelengths() or None
    metadata = {_VALUE_TYPE: measurements.valueType().name}
    write_envi(header, measurements.data(), wavelengths=wavelengths, metadata=metadata, overwrite=True)
    for name, cube in measurements.references().items():
        beside = header.with_name(f"{header.stem}{_SUFFIXES[name]}.hdr")
        write_envi(beside, cube, wavelengths=wavelengths, overwrite=True)


def _check_format(format: object) -> None:
    if format != "ENVI":
        raise EnviError(f'there is no format {format!r}; it is "ENVI"')


def _value_type(cube: EnviCube) -> ValueType:
    said = " ".join(cube.header.metadata.get(key, "") for key in (_VALUE_TYPE, "data units", "z plot titles")).lower()
    reflectance = bool(cube.header.reflectance_scale_factor) or "reflectance" in said
    return ValueType.Reflectance if reflectance else ValueType.Intensity
