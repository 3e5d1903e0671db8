"""The references of a stored cube: found beside it, in its own file, or given; brought to how its lines are."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.errors import NodeNotFound
from h5modules.exporting import StoredLoader
from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.envi import describe_envi, find_references
from pymodaq_hsi.errors import CalibrationError, EnviNotFound, HsiError, ReferenceFileError, ReferenceFileNotFound
from pymodaq_hsi.io._recording import references_of
from pymodaq_hsi.processing.hsiref import GROUP, is_hdf5, read_hsiref
from pymodaq_hsi.processing.panel import Panel
from pymodaq_hsi.processing.quality import DEFAULT_OLDEST, as_duration
from pymodaq_hsi.processing.reference_cubes import read_reference_cube
from pymodaq_hsi.processing.reference_nodes import SATURATED
from pymodaq_hsi.processing.references import Reference, ReferenceImportFlag, refuse_differences
from pymodaq_hsi.processing.standardise import Standardiser
from pymodaq_hsi.processing.stored_cubes import StoredCube, envi_settings, open_cube

if TYPE_CHECKING:
    import os

    from h5modules.exporting import StoredData
    from pymodaq_hsi.drivers import FrameFormat

__all__ = ["FoundReferences", "find_cube_references", "saturated_nodes"]

_KIND = {ReferenceName.White: "white", ReferenceName.Dark: "dark"}
_SPACING = 0.05
"""Share of the distance of two bands that wavelengths may differ by: headers round them."""


@dataclass(frozen=True, eq=False)
class FoundReferences:
    """References for a cube.

    Attributes
    ----------
    white, dark : Reference or None
        In the orientation of the cube's lines, with those of their settings that are known of the cube too.
    panel : Panel or None
        What the cube's own file says of the white panel.
    sources : dict of str to str
        "white" and "dark" to where each is from.
    warnings : tuple of str
    """

    white: Reference | None
    dark: Reference | None
    panel: Panel | None
    sources: dict[str, str]
    warnings: tuple[str, ...]


def find_cube_references(
    cube: StoredCube,
    white: Reference | str | os.PathLike[str] | None = None,
    dark: Reference | str | os.PathLike[str] | None = None,
    flags: ReferenceImportFlag = ReferenceImportFlag.NONE,
) -> FoundReferences:
    """Return the references of a cube.

    Parameters
    ----------
    cube : StoredCube
    white, dark : Reference or path, optional
        A ``.hsiref`` file, an ENVI cube, a recording (HDF5) with that reference or of it. By default what lies beside
        an ENVI cube under the names that recorders give (`find_references`), the cube's own lines with the shutter
        closed, or what is in the recording.
    flags : ReferenceImportFlag

    Raises
    ------
    ReferenceFileNotFound, ReferenceFileError, EnviError
        There is no such file, or it holds no reference.
    CalibrationError
        It has other pixels or bands; both shapes are named.
    ReferenceMismatch
        Its wavelengths are others. (Settings are compared by the context.)
    """
    found: dict[ReferenceName, Reference] = {}
    sources: dict[str, str] = {}
    warnings: list[str] = []
    for name, given in ((ReferenceName.White, white), (ReferenceName.Dark, dark)):
        if isinstance(given, Reference):
            reference, source = _turned(given, cube.frame_format(), "the reference"), "given"
        else:
            path = given if given is not None else _beside(cube, name)
            if path is None:
                continue
            reference, source = _read(cube, Path(path), name, flags)
        if reference.name is not name:
            raise CalibrationError(f"a {reference.name} was given as the {name} ({source}); exchange them")
        _check_wavelengths(reference, cube, source, flags)
        reference, remarks = _comparable(reference, cube, source)
        found[name], sources[_KIND[name]] = reference, source
        warnings += [*remarks, *_age(reference, cube)]
    own_white = sources.get("white", "").startswith(str(cube.source)) and not isinstance(white, Reference)
    return FoundReferences(
        found.get(ReferenceName.White),
        found.get(ReferenceName.Dark),
        _recorded_panel(cube) if own_white else None,
        sources,
        tuple(warnings),
    )


def _beside(cube: StoredCube, name: ReferenceName) -> Path | None:
    """Return where a cube's own reference is: a file beside it, or the cube itself."""
    if cube.header is None:
        with StoredLoader(cube.source) as loader:
            return cube.source if _KIND[name] in references_of(loader, cube.node) else None
    if name is ReferenceName.Dark and cube.dark_lines is not None:
        return cube.source
    found = find_references(describe_envi(cube.source))
    return found.white if name is ReferenceName.White else found.dark


def _read(cube: StoredCube, path: Path, name: ReferenceName, flags: ReferenceImportFlag) -> tuple[Reference, str]:
    """Return a reference, and where it is from."""
    format = cube.frame_format()
    if not path.exists():
        raise ReferenceFileNotFound(f"there is no file {path} for the {name}", path=path)
    if path.is_dir():
        raise ReferenceFileError(f"{path} is a folder; give the file of the {name} in it", path=path)
    if is_hdf5(path):
        with StoredLoader(path) as loader:
            stored = _has(loader, GROUP)
            start = cube.node if path.samefile(cube.source) else "/RawData"
            recorded = {} if stored else _recorded(loader, start)
            if _KIND[name] in recorded:
                return _of_nodes(loader, recorded[_KIND[name]], name, cube), f"{path} ({recorded[_KIND[name]].path})"
        if stored:
            return _turned(read_hsiref(path).reference(name), format, str(path)), str(path)
        return _averaged(open_cube(path), name, cube), str(path)
    try:
        described = describe_envi(path)
    except EnviNotFound as error:
        raise ReferenceFileError(
            f"{path} is neither HDF5 (.hsiref, a recording) nor an ENVI cube ({error}); give one of these",
            path=path,
        ) from error
    if name is ReferenceName.Dark and cube.dark_lines is not None and described.header_path.samefile(cube.source):
        return _averaged(cube, name, cube, cube.dark_lines), f"{cube.source} (lines from {cube.dark_lines[0]})"
    any_type = bool(flags & ReferenceImportFlag.IgnoreParameterMismatch)
    reference = read_reference_cube(path, format, name, any_type=any_type).reference(name)
    return replace(reference, settings=envi_settings(described.header)), str(path)


def _has(loader: StoredLoader, path: str) -> bool:
    try:
        loader.get_node(path)
    except NodeNotFound:
        return False
    return True


def _recorded(loader: StoredLoader, where: str) -> dict[str, StoredData]:
    """Return the references that a recording has: those nearest to a node, or those of its only scan."""
    found = references_of(loader, where)
    scans = [] if found else [node for node in loader.walk_nodes(where, depth=1) if node.path.count("/") == 2]
    for scan in scans:
        found = references_of(loader, scan.path)
        if found:
            break
    return found


def _of_nodes(loader: StoredLoader, data: StoredData, name: ReferenceName, cube: StoredCube) -> Reference:
    """Return a reference that was saved with a recording, which is standardised: bands by rising wavelength."""
    format = cube.frame_format()
    standardise = Standardiser(format)
    mean = data.arrays[0][...].astype(float)
    if mean.shape != standardise.shape:
        raise CalibrationError(
            f"{data.path} of {loader.h5saver.path} has the shape {mean.shape} (pixels, bands), the cube "
            f"{cube.display_name} has lines of {standardise.shape}; take the reference with the same region and binning"
        )
    said = data.described
    axis = next((axis for axis in data.axes_at(1) if axis.units == "nm"), None)
    known = None if axis is None else tuple(standardise.undo(np.broadcast_to(axis.get_data(), mean.shape))[0])
    saturated = np.zeros(mean.shape, bool) if cube.saturation is None else mean >= cube.saturation
    flags = saturated_nodes(loader, data.path)
    if flags:
        saturated = flags[0].arrays[0][...].astype(bool)
    panel = _json(getattr(said, "reference_panel", None))
    settings = _json(getattr(said, "reference_settings", None))
    return Reference(
        name=name,
        mean=standardise.undo(mean),
        std=standardise.undo(data.errors[0][...].astype(float) if data.errors else np.zeros(mean.shape)),
        count=max(1, int(getattr(said, "frames_averaged", 1))),
        saturated=standardise.undo(saturated),
        format=replace(format, wavelengths=known),
        settings=settings if isinstance(settings, dict) else {},
        timestamp=float(said.timestamp),
        panel=_panel(panel, data.path),
    )


def _json(text: object) -> Any:
    """Return what an attribute says; None where it cannot be read."""
    try:
        return json.loads(str(text)) if text else None
    except (ValueError, RecursionError):
        return None


def _panel(said: Any, path: str) -> Panel | float | None:
    try:
        return Panel.from_message(said) if isinstance(said, dict) else None if said is None else float(said)
    except (KeyError, TypeError, ValueError, HsiError) as error:
        raise CalibrationError(
            f"what {path} says of the white panel cannot be understood ({error}); give it (panel=, --panel)"
        ) from error


def saturated_nodes(loader: StoredLoader, path: str) -> list[StoredData]:
    """Return what was saved of the samples of a reference that were saturated, if any were."""
    parts = path.split("/")
    for depth in range(len(parts) - 1, 2, -1):
        where = "/".join([*parts[:depth], SATURATED])
        if _has(loader, where):
            return loader.stored(where)
    return []


def _averaged(
    source: StoredCube, name: ReferenceName, cube: StoredCube, lines: tuple[int, int] | None = None
) -> Reference:
    """Average lines of a cube, block by block."""
    start, stop = lines or (0, source.shape[0])
    format = source.frame_format()
    if source.shape[1:] != cube.shape[1:]:
        raise CalibrationError(
            f"{source.display_name} has lines of {source.shape[1:]} (pixels, bands), the cube {cube.display_name} of "
            f"{cube.shape[1:]}; give a reference of the same camera, region and binning"
        )
    if cube.saturation is not None:
        format = replace(format, saturation=cube.saturation)
    step = max(1, source.lines.aligned((8 << 20) // max(1, format.nbytes)))
    frames = (line for first in range(start, stop, step) for line in source.lines.read(first, min(stop, first + step)))
    reference = Reference.from_frames(name, frames, format, source.parameters, source.timestamp)
    return _turned(reference, cube.frame_format(), source.display_name)


def _turned(reference: Reference, format: FrameFormat, what: str) -> Reference:
    """Return a reference in the orientation of a cube's lines; its numbers stay what they are.

    Raises
    ------
    CalibrationError
        It has other pixels or bands.
    """
    given, wanted = Standardiser(reference.format), Standardiser(format)
    if given.shape != wanted.shape:
        raise CalibrationError(
            f"{what} has lines of {given.shape} (pixels, bands), the cube of {wanted.shape}; give a reference that was "
            "taken with the same camera, region and binning"
        )

    def turned(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return wanted.undo(given(array))

    known = None
    if given.has_wavelengths:
        known = tuple(wanted.undo(np.broadcast_to(given.wavelengths, given.shape))[0])
    said = replace(format, wavelengths=known, saturation=reference.format.saturation, unit=reference.format.unit)
    return replace(
        reference,
        mean=turned(reference.mean),
        std=turned(reference.std),
        saturated=turned(reference.saturated),
        format=said,
    )


def _check_wavelengths(reference: Reference, cube: StoredCube, source: str, flags: ReferenceImportFlag) -> None:
    then, now = reference.format.wavelengths, cube.wavelengths
    if then is None or now is None or flags & ReferenceImportFlag.IgnoreParameterMismatch:
        return
    spacing = float(np.median(np.abs(np.diff(now)))) if len(now) > 1 else 0.0
    if not np.allclose(then, now, rtol=0, atol=max(1e-3, _SPACING * spacing)):
        ranges = tuple(f"{min(each):.6g} to {max(each):.6g} nm" for each in (then, now))
        refuse_differences(f"{source}: the {reference.name}", {"Wavelengths": ranges})  # type: ignore[dict-item]


def _comparable(reference: Reference, cube: StoredCube, source: str) -> tuple[Reference, list[str]]:
    """Leave settings out that nothing is known of for the cube, and say so."""
    if not reference.settings:
        return reference, []
    known = {key: value for key, value in reference.settings.items() if key in cube.parameters}
    unknown = sorted(reference.settings.keys() - known.keys())
    remarks = []
    if unknown:
        remarks = [f"{source}: {', '.join(unknown)} of the cube is not known, and was not compared"]
    return replace(reference, settings=known), remarks


def _age(reference: Reference, cube: StoredCube) -> list[str]:
    apart = abs(cube.timestamp - reference.timestamp)
    if cube.timestamp <= 0 or reference.timestamp <= 0 or apart <= DEFAULT_OLDEST:
        return []
    when = "before" if reference.timestamp < cube.timestamp else "after"
    return [
        f"{reference.name}: it was taken {as_duration(apart)} {when} the cube; lamps and sensors drift in more than "
        f"{as_duration(DEFAULT_OLDEST)}"
    ]


def _recorded_panel(cube: StoredCube) -> Panel | None:
    """Return the panel's reflectivity that a recording was made with; unknown values are outside of its table."""
    values = cube.recorded.get("panel_reflectivity")
    axis = Standardiser(cube.frame_format()).wavelengths
    if not isinstance(values, list) or len(values) != len(axis):
        return None
    reflectivity = np.array([np.nan if value is None else float(value) for value in values])
    good = np.isfinite(reflectivity)
    if not good.any() or np.any(np.diff(axis[good]) <= 0):
        return None
    return Panel(axis[good], reflectivity[good], "nan" if not good.all() else "refuse", "of the recording")
