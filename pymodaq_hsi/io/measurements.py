"""Measurement lists: cubes with what they mean and the references that belong to them, from ENVI files and to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from pymodaq_hsi.envi import ScaledSamples, find_references, open_envi, open_reference, write_envi
from pymodaq_hsi.envi._pairing import cube_stem
from pymodaq_hsi.errors import EnviError, EnviNotFound, OutputExists
from pymodaq_hsi.processing import ValueType

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    import numpy.typing as npt

    from pymodaq_hsi.envi import EnviCube, Scaling

__all__ = ["Measurement", "MeasurementList", "load_measurement_list", "save_measurement_list"]

REFERENCES = {"WhiteReference": "_White", "DarkReference": "_Dark", "IlluminationReference": "_Illumination"}
"""Names of references, and what they add to the name of the cube that they lie beside."""

_FORMAT = "ENVI"
_FOLDERS = ("", "capture")
_VALUE_TYPE = "value type"
_GAINS = {
    "data gain values",
    "data offset values",
    "data reflectance gain values",
    "data reflectance offset values",
}


@dataclass(frozen=True, eq=False)
class Measurement:
    """A cube and what is known of it.

    Parameters
    ----------
    data : ndarray or ScaledSamples
        Shape (lines, pixels, bands). What was loaded is a read-only view of the mapped file, or values that are
        computed where they are indexed: ``numpy.asarray(measurement.data)`` is all of it in memory.
    value_type : ValueType
    wavelengths : array_like or None
        nm, ``(bands,)``.
    references : mapping
        Cubes of the data's pixels and bands by "WhiteReference", "DarkReference", "IlluminationReference".
    name : str
        The cube's.
    cube : EnviCube or None
        The file that it is from, with its header.

    Raises
    ------
    EnviError
        Shapes that do not fit, both named; a reference of another name.
    """

    data: npt.NDArray[Any] | ScaledSamples
    value_type: ValueType = ValueType.Intensity
    wavelengths: npt.NDArray[np.float64] | None = None
    references: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    name: str = ""
    cube: EnviCube | None = None

    def __post_init__(self) -> None:
        shape = self.data.shape
        if len(shape) != 3:
            raise EnviError(f"a measurement has the shape (lines, pixels, bands), not {shape}")
        object.__setattr__(self, "value_type", ValueType(self.value_type))
        if self.wavelengths is not None:
            object.__setattr__(self, "wavelengths", np.array(self.wavelengths, np.float64))
            if self.wavelengths.shape != shape[2:]:
                raise EnviError(f"there are {self.wavelengths.size} wavelengths for {shape[2]} bands")
        for name, reference in self.references.items():
            _check_name(name)
            if reference.ndim != 3 or reference.shape[1:] != shape[1:]:
                raise EnviError(
                    f"the {name} of shape {reference.shape} does not fit the data of shape {shape}; give lines of "
                    "their pixels and bands"
                )


class MeasurementList:
    """Measurements, in order; indexed as a list is, or asked one by one.

    Parameters
    ----------
    measurements : iterable of Measurement
    """

    def __init__(self, measurements: Iterable[Measurement]) -> None:
        self._all = tuple(measurements)

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> Measurement: ...
    @overload
    def __getitem__(self, index: slice) -> MeasurementList: ...
    def __getitem__(self, index: int | slice) -> Measurement | MeasurementList:
        """Return a measurement, or a list of some.

        Raises
        ------
        IndexError
            Naming how many there are.
        """
        if isinstance(index, slice):
            return MeasurementList(self._all[index])
        if not -len(self._all) <= index < len(self._all):
            raise IndexError(f"there is no measurement {index}; the list has {len(self._all)}, counted from 0")
        return self._all[index]

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self._all)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._all)

    def name(self, index: int = 0) -> str:
        """Return the name of a cube."""
        return self[index].name

    def value_type(self, index: int = 0) -> ValueType:
        """Return what the values are."""
        return self[index].value_type

    def wavelengths(self, index: int = 0) -> npt.NDArray[np.float64] | None:
        """Return the wavelengths in nm, ``(bands,)``; None where they are not known."""
        return self[index].wavelengths

    def data(self, index: int = 0) -> npt.NDArray[Any]:
        """Return the cube, ``(lines, pixels, bands)``: a view of the mapped file, or scaled values in memory.

        ``measurements[index].data`` computes scaled values where they are indexed, for cubes of any size.
        """
        cube: npt.NDArray[Any] = np.asanyarray(self[index].data)
        return cube

    def has_reference(self, name: str, index: int = 0) -> bool:
        """Return whether a measurement has a reference of that name ("WhiteReference", ...)."""
        _check_name(name)
        return name in self[index].references

    def reference_data(self, name: str, index: int = 0) -> npt.NDArray[Any]:
        """Return a reference, ``(lines, pixels, bands)``.

        Raises
        ------
        KeyError
            There is none; those that there are are named.
        """
        found = self[index].references
        if not self.has_reference(name, index):
            raise KeyError(f"the measurement has no {name}; it has {', '.join(found) or 'none'}")
        return found[name]


def load_measurement_list(
    path: str | os.PathLike[str], format: str = _FORMAT, *, scaling: Scaling | None = None
) -> MeasurementList:
    """Load an ENVI cube, or all cubes of a folder, with the references that lie beside them.

    Files are mapped: cubes may be larger than memory. A cube with a reflectance scale factor becomes reflectance, with
    NaN where samples are to be ignored. The lines of a closed shutter at the end of a cube (Specim's
    `autodarkstartline`) are its dark reference and not of its data; a file with the dark goes before them.

    Parameters
    ----------
    path : str or path-like
        Header or data file, or a folder: each cube in it (or in ``capture/`` in it) that is no reference of another.
    format : str
        "ENVI".
    scaling : str, optional
        The entry of the headers to scale by instead, for instance "data gain values"; see `EnviCube.scaled`.

    Returns
    -------
    MeasurementList

    Raises
    ------
    EnviNotFound
        No such file, or no cube in the folder.
    EnviError
        Another format; a file that cannot be read; a reference whose pixels or bands are not the cube's.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     leaf = write_envi(f"{folder}/leaf", np.full((3, 4, 2), 5, "uint16"), wavelengths=[500, 600])
    ...     white = write_envi(f"{folder}/leaf_White", np.full((1, 4, 2), 9, "uint16"))
    ...     loaded = load_measurement_list(leaf)
    ...     loaded.count, loaded.data().shape, loaded.has_reference("WhiteReference"), loaded.wavelengths().tolist()
    (1, (3, 4, 2), True, [500.0, 600.0])
    """
    _check_format(format)
    place = Path(path)
    headers = _cubes_in(place) if place.is_dir() else [place]
    return MeasurementList(_measurement(open_envi(header), scaling) for header in headers)


def save_measurement_list(
    path: str | os.PathLike[str],
    measurements: MeasurementList | Measurement,
    format: str = _FORMAT,
    *,
    overwrite: bool = False,
) -> list[Path]:
    """Save a measurement as an ENVI cube, its references beside it (``x_White.hdr``, ``x_Dark.hdr``, ...).

    Parameters
    ----------
    path : str or path-like
        The header or the data file; ``x``, ``x.hdr``, ``x.bil`` and ``x.bil.hdr`` are understood.
    measurements : MeasurementList or Measurement
        One: an ENVI file holds no more.
    format : str
        "ENVI".
    overwrite : bool
        Replace files that are there.

    Returns
    -------
    list of Path
        The headers, the cube's first.

    Raises
    ------
    EnviError, OutputExists, OutputError
        As `write_envi` does; several measurements.
    """
    _check_format(format)
    given = [measurements] if isinstance(measurements, Measurement) else list(measurements)
    if len(given) != 1:
        raise EnviError(f"{path}: an ENVI file holds one measurement, not {len(given)}; save each under its own name")
    one = given[0]
    cube = Path(path)
    stem = cube_stem(cube)
    beside = {name: cube.with_name(f"{stem}{REFERENCES[name]}.hdr") for name in one.references}
    there = [file.name for file in beside.values() if file.exists()]
    if there and not overwrite:
        raise OutputExists(f"{cube}: {' and '.join(there)} exist; choose another name, or ask for overwriting")
    metadata = _metadata(one) | {_VALUE_TYPE: one.value_type.name}
    written = [write_envi(cube, one.data, wavelengths=one.wavelengths, metadata=metadata, overwrite=overwrite)]
    for name, reference in one.references.items():
        written.append(write_envi(beside[name], reference, wavelengths=one.wavelengths, overwrite=overwrite))
    return written


def _measurement(cube: EnviCube, scaling: Scaling | None) -> Measurement:
    beside = find_references(cube)
    references: dict[str, npt.NDArray[Any]] = {}
    if cube.dark_frames is not None:
        references["DarkReference"] = cube.dark_frames
    for name, path in zip(REFERENCES, (beside.white, beside.dark, beside.illumination), strict=True):
        if path is not None:
            references[name] = open_reference(path, cube).data
    data: npt.NDArray[Any] | ScaledSamples = cube.scene
    if scaling or cube.header.reflectance_scale_factor:
        data = cube.scaled(scaling or "reflectance scale factor", lines=slice(cube.dark_start_line))
    return Measurement(data, _value_type(cube), cube.wavelengths, references, cube_stem(cube.header_path), cube)


def _cubes_in(folder: Path) -> list[Path]:
    for place in (folder / inner for inner in _FOLDERS):
        found = sorted(path for path in place.iterdir() if path.suffix.lower() == ".hdr") if place.is_dir() else []
        used: set[Path | None] = set()
        for header in found:
            beside = find_references(header)
            used |= {beside.white, beside.dark, beside.illumination}
        if cubes := [header for header in found if header not in used and not _is_dark_of_white(header)]:
            return cubes
    raise EnviNotFound(f"{folder}: there is no cube in this folder; name one that holds .hdr files", path=str(folder))


def _is_dark_of_white(header: Path) -> bool:
    return header.name.lower().startswith("whitedarkref_")  # Specim IQ's


def _metadata(measurement: Measurement) -> dict[str, str]:
    """Return what the header of a loaded cube says that is still true of its measurement."""
    if measurement.cube is None:
        return {}
    untrue = {"autodarkstartline"} | (_GAINS if isinstance(measurement.data, ScaledSamples) else set())
    return {key: text for key, text in measurement.cube.header.metadata.items() if key not in untrue}


def _value_type(cube: EnviCube) -> ValueType:
    header = cube.header
    said = " ".join(header.metadata.get(key, "") for key in (_VALUE_TYPE, "data units", "z plot titles")).lower()
    if header.reflectance_scale_factor or "reflectance" in said:
        return ValueType.Reflectance
    return ValueType.Radiance if header.metadata.get(_VALUE_TYPE) == ValueType.Radiance.name else ValueType.Intensity


def _check_name(name: str) -> None:
    if name not in REFERENCES:
        raise EnviError(f"there is no reference named {name!r}; it is one of {', '.join(REFERENCES)}")


def _check_format(format: str) -> None:
    if format != _FORMAT:
        raise EnviError(f'there is no format {format!r} of measurement lists; it is "{_FORMAT}"')
