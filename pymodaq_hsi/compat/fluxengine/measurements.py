"""Measurement lists: the documents' names for those of `pymodaq_hsi.io`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.compat.fluxengine.buffers import BufferContainer
from pymodaq_hsi.compat.fluxengine.enumeration import Handle, check_handle
from pymodaq_hsi.compat.fluxengine.words import Number
from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.errors import EnviError
from pymodaq_hsi.io import measurements as native
from pymodaq_hsi.processing import LineContainer, ValueType

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["MeasurementList", "createMeasurementList", "loadMeasurementList", "saveMeasurementList"]


class MeasurementList:
    """Measurements as the documents speak of them; `native` is the list itself.

    Parameters
    ----------
    data : ndarray
        ``(lines, pixels, bands)``.
    valueType : ValueType
    wavelengths : array_like or None
        nm, ``(bands,)``.
    references : mapping, optional
        Cubes by "WhiteReference", "DarkReference" and "IlluminationReference".
    """

    def __init__(
        self,
        data: npt.NDArray[Any],
        valueType: ValueType | int,
        wavelengths: npt.ArrayLike | None = None,
        references: Mapping[str, npt.NDArray[Any] | None] | None = None,
    ) -> None:
        given = {str(name): cube for name, cube in (references or {}).items() if cube is not None}
        known = None if wavelengths is None else np.asarray(wavelengths, float)
        self.native = native.MeasurementList([native.Measurement(data, ValueType(valueType), known, given)])

    @classmethod
    def of(cls, measurements: native.MeasurementList) -> MeasurementList:
        """Return a list of the documents' for one of ours."""
        made = cls.__new__(cls)
        made.native = measurements
        return made

    def __len__(self) -> int:
        return len(self.native)

    @property
    def count(self) -> Number:
        """How many measurements; also as ``count()``."""
        return Number(len(self.native))

    def valueType(self, index: int = 0) -> ValueType:
        """Return what the values are."""
        return self.native.value_type(index)

    def wavelengths(self, index: int = 0) -> list[float]:
        """Return the wavelengths in nm; [] where they are not known."""
        known = self.native.wavelengths(index)
        return [] if known is None else [float(each) for each in known]

    def data(self, index: int = 0) -> npt.NDArray[Any]:
        """Return the cube, ``(lines, pixels, bands)``; of a file that is not scaled, a read-only view of it."""
        return self.native.data(index)

    def hasReference(self, *which: int | str) -> bool:
        """Return whether there is a reference: ``hasReference("WhiteReference")`` or ``hasReference(0, "...")``."""
        return self.native.has_reference(*_which(which))

    def referenceData(self, *which: int | str) -> npt.NDArray[Any]:
        """Return a reference as a cube; arguments as `hasReference`.

        Raises
        ------
        KeyError
            There is no such reference; those that there are are named.
        """
        return self.native.reference_data(*_which(which))


def _which(which: tuple[int | str, ...]) -> tuple[str, int]:
    names = [each for each in which if isinstance(each, str)]
    indexes = [each for each in which if not isinstance(each, str)]
    if len(names) > 1 or len(indexes) > 1:
        raise TypeError(f"one reference is asked for at a time, not {', '.join(map(str, which))}")
    return names[0] if names else ReferenceName.White, indexes[0] if indexes else 0


def loadMeasurementList(handle: Handle, format: str, fileName: str | os.PathLike[str]) -> MeasurementList:
    """Load an ENVI cube, and the references that lie beside it: `pymodaq_hsi.io.load_measurement_list`.

    Parameters
    ----------
    handle : Handle
    format : str
        "ENVI".
    fileName : str or path-like
        Header or data file, or a folder of cubes.

    Raises
    ------
    EnviError, EnviNotFound
    """
    check_handle(handle)
    return MeasurementList.of(native.load_measurement_list(fileName, format))


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
    given = lists[0]
    measurements = createMeasurementList(given) if isinstance(given, BufferContainer) else given
    native.save_measurement_list(path, measurements.native, format, overwrite=True)
