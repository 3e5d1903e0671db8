"""References on disk: exported for another day, imported if the camera still is as it was."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.devices import BufferContainer
from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.errors import CalibrationError, EnviNotFound, ReferenceFileError, ReferenceFileNotFound
from pymodaq_hsi.processing.hsiref import StoredReference, check_structure, is_hdf5, read_hsiref, write_hsiref
from pymodaq_hsi.processing.panel import panel_values
from pymodaq_hsi.processing.quality import DEFAULT_OLDEST, age_warning
from pymodaq_hsi.processing.reference_cubes import read_reference_cube
from pymodaq_hsi.processing.references import Reference, ReferenceImportFlag, refuse_differences
from pymodaq_hsi.processing.standardise import Standardiser

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from pymodaq_hsi.devices import InstrumentDevice
    from pymodaq_hsi.drivers import FrameFormat
    from pymodaq_hsi.processing.panel import Panel

__all__ = ["export_reference", "import_reference", "load_stored", "read_reference"]

_log = logging.getLogger(__name__)

SUFFIX = ".hsiref"
_SPACING = 0.05
"""Share of the distance of two bands that wavelengths may differ by: headers round them."""


def export_reference(
    device: InstrumentDevice | None,
    reference: Reference | BufferContainer | StoredReference,
    path: str | os.PathLike[str],
    *,
    name: ReferenceName | str | None = None,
    panel: Panel | float | None = None,
) -> Path:
    """Write a reference to a file; one that is there is replaced, at once and whole.

    A process that is killed meanwhile leaves the old file or the new one. Mean, standard deviation and count are kept,
    with the settings that the reference was taken under; of a container its frames too.

    Parameters
    ----------
    device : InstrumentDevice or None
        The reference has to be of its kind of frames. One that was lost, or None, is not asked.
    reference : Reference or BufferContainer
    path : str or path-like
        Usually ends in ``.hsiref``, which is added where there is no extension.
    name : ReferenceName or str, optional
        What a container is a reference of; by default what its frames were acquired for.
    panel : Panel or float, optional
        Reflectivity of the white panel; by default what the reference says.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    CalibrationError
        It does not fit the device's frames, is empty, or is a ring container.
    OutputError
    """
    target = _with_suffix(Path(path))
    stored = _to_store(reference, None if name is None else _name(name), panel)
    if device is not None and device.connected:
        check_structure(stored.format, device.frame_format(), "the reference")
    write_hsiref(target, stored)
    return target


def import_reference(
    device: InstrumentDevice,
    path: str | os.PathLike[str],
    flags: ReferenceImportFlag | int = ReferenceImportFlag.NONE,
    *,
    name: ReferenceName | str | None = None,
    oldest: float | None = DEFAULT_OLDEST,
) -> Reference:
    """Read a reference for an instrument.

    What is wrong with it (saturated, too weak, old) is logged.

    Parameters
    ----------
    device : InstrumentDevice
    path : str or path-like
        A ``.hsiref`` file, or an ENVI cube (its lines are averaged; its settings are not known and not compared).
    flags : ReferenceImportFlag
        `IgnoreParameterMismatch` takes it although settings differ; contexts then take it as long as these stay.
    name : ReferenceName or str, optional
        What it has to be a reference of; needed where the file does not say it.
    oldest : float or None
        Seconds after which its age is warned of.

    Returns
    -------
    Reference

    Raises
    ------
    ReferenceFileNotFound, ReferenceFileError, EnviError
        There is no such file, or it holds no reference.
    CalibrationError
        Dimensions are not the device's, or the sample type (of ENVI its size; averages are taken), or it is the other
        reference.
    ReferenceMismatch
        It was taken under other settings, or at other wavelengths: each is named with both values.
    """
    wanted = None if name is None else _name(name)
    stored, accepted = load_stored(device, path, flags, name=wanted)
    reference = stored.reference(wanted, accepted)
    for message in (*reference.warnings, *age_warning(reference, oldest)):
        _log.warning("%s: %s", path, message)
    return reference


def read_reference(path: str | os.PathLike[str]) -> Reference:
    """Read a ``.hsiref`` file to look at it; no device is asked, nothing is compared.

    Raises
    ------
    ReferenceFileNotFound, ReferenceFileError
    CalibrationError
        The file does not say what it is a reference of.
    """
    file = _existing(Path(path))
    if not is_hdf5(file):
        raise ReferenceFileError(
            f"{file} is not HDF5; an ENVI cube is imported for a camera (import_reference)", path=file
        )
    return read_hsiref(file).reference()


def load_stored(
    device: InstrumentDevice,
    path: str | os.PathLike[str],
    flags: ReferenceImportFlag | int = ReferenceImportFlag.NONE,
    *,
    name: ReferenceName | None = None,
    frames: bool = False,
) -> tuple[StoredReference, dict[str, Any]]:
    """Read a file and compare it with the device: what it holds, and the values of settings that were overlooked.

    Raises
    ------
    See `import_reference`.
    """
    file = _existing(Path(path))
    format = device.frame_format()
    ignoring = bool(ReferenceImportFlag(flags) & ReferenceImportFlag.IgnoreParameterMismatch)
    if is_hdf5(file):
        stored = read_hsiref(file, expected=format, frames=frames)
    else:
        stored = _read_cube(file, format, name, frames=frames, any_type=ignoring)
    if not stored.settings:
        _log.warning("%s: the settings that it was taken under are not known, and were not compared", file)
    differences = _differences(stored, device.reference_settings(), format)
    if ignoring:
        return stored, {setting: now for setting, (_, now) in differences.items()}
    refuse_differences(f"{file}: the {stored.name or 'reference'}", differences)
    return stored, {}


def _to_store(
    reference: Reference | BufferContainer | StoredReference, name: ReferenceName | None, panel: Panel | float | None
) -> StoredReference:
    frames = None
    named = True
    if isinstance(reference, StoredReference):
        named, frames = reference.name is not None, reference.frames
        reference = reference.reference(reference.name or name or ReferenceName.White)
    elif isinstance(reference, BufferContainer):
        if reference.ring:
            raise CalibrationError(
                "a ring container is not exported: which frames it holds changes with every one that is added; fill a "
                "BufferContainer without ring"
            )
        kind = name or reference.reference_name
        named = kind is not None
        frames = reference.data
        reference = Reference.from_container(kind or ReferenceName.White, reference)
    elif not isinstance(reference, Reference):
        raise CalibrationError(f"{type(reference).__name__} cannot be exported; give a Reference or a BufferContainer")
    elif name not in (None, reference.name):
        raise CalibrationError(f"a {reference.name} was to be exported as a {name}")
    stored = StoredReference.of(reference, named=named, frames=frames)
    if panel is None:
        return stored
    if stored.name is ReferenceName.Dark:
        raise CalibrationError(f"a panel's reflectivity belongs to a {ReferenceName.White}, not to a {stored.name}")
    panel_values(panel, Standardiser(stored.format).wavelengths)
    return StoredReference(**(vars(stored) | {"panel": panel}))


def _differences(
    stored: StoredReference, settings: Mapping[str, Any], format: FrameFormat
) -> dict[str, tuple[object, object]]:
    reference = stored.reference(stored.name or ReferenceName.White)
    found = reference.differences(settings)
    then, now = stored.format.wavelengths, format.wavelengths
    if then is not None and now is not None:
        spacing = float(np.median(np.abs(np.diff(now)))) if len(now) > 1 else 0.0
        if not np.allclose(then, now, rtol=0, atol=max(1e-3, _SPACING * spacing)):
            found["Wavelengths"] = (_range(then), _range(now))
    return found


def _range(wavelengths: tuple[float, ...]) -> str:
    return f"{wavelengths[0]:.6g} to {wavelengths[-1]:.6g} nm"


def _read_cube(
    file: Path, format: FrameFormat, name: ReferenceName | None, *, frames: bool, any_type: bool
) -> StoredReference:
    try:
        return read_reference_cube(file, format, name, frames=frames, any_type=any_type)
    except EnviNotFound as error:
        raise ReferenceFileError(
            f"{file} is neither a {SUFFIX} file (HDF5) nor an ENVI cube ({error}); take the reference again, or have "
            "the program that wrote it export ENVI",
            path=file,
        ) from error


def _existing(path: Path) -> Path:
    for candidate in (path, path.with_name(path.name + SUFFIX)):
        if candidate.is_file():
            return candidate
    if path.is_dir():
        raise ReferenceFileError(f"{path} is a folder; give the file of a reference in it", path=path)
    there = ""
    if path.parent.is_dir():
        names = sorted(file.name for file in path.parent.iterdir() if file.suffix == SUFFIX)[:8]
        there = f"; there are {', '.join(names)}" if names else ""
    raise ReferenceFileNotFound(f"there is no file {path}{there}", path=path)


def _with_suffix(path: Path) -> Path:
    return path if path.suffix or not path.name or path.is_dir() else path.with_name(path.name + SUFFIX)


def _name(name: ReferenceName | str) -> ReferenceName:
    try:
        return ReferenceName(name)
    except ValueError:
        known = " or ".join(f'"{reference}"' for reference in ReferenceName)
        raise CalibrationError(f"there is no reference {name!r}; it is {known}") from None
