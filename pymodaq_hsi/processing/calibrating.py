"""Stored cubes calibrated: whatever their size, by threads of this machine or the workers of a Dask cluster.

The lines go through the same chain as those of a camera, one by one, so that a stored cube and a live recording of it
are the same to the bit.
"""

from __future__ import annotations

import logging
import math
import shutil
import time
import uuid
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from h5modules._storage.versions import distribution_version
from h5modules.exporting import export, find_format, format_for
from pymodaq_hsi.envi._pairing import DATA_SUFFIXES
from pymodaq_hsi.errors import CalibrationError, HsiError, OutputError, OutputExists, ReferenceMissing
from pymodaq_hsi.processing.calibration import DEFAULT_SIGMAS
from pymodaq_hsi.processing.chain import ValueType
from pymodaq_hsi.processing.contexts import RecordingContext
from pymodaq_hsi.processing.references import InstrumentParameters, Reference, ReferenceImportFlag
from pymodaq_hsi.processing.stored_cubes import StoredCube, open_cube
from pymodaq_hsi.processing.stored_filling import DEFAULT_MEMORY, Filling
from pymodaq_hsi.processing.stored_kernel import BlockKernel
from pymodaq_hsi.processing.stored_lines import close_files
from pymodaq_hsi.processing.stored_outputs import LinesToFill, write_envi_cube, write_hdf5_cube
from pymodaq_hsi.processing.stored_references import find_cube_references
from pymodaq_hsi.processing.stored_work import crew

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pymodaq_hsi.devices import InstrumentDevice
    from pymodaq_hsi.envi import Interleave
    from pymodaq_hsi.processing.panel import PanelReflectivity
    from pymodaq_hsi.processing.radiance import Radiometry
    from pymodaq_hsi.processing.steps import Standardisation

__all__ = ["Calibrated", "CubeCalibration", "calibrate_cube"]

_log = logging.getLogger(__name__)

_SPARE = 64 << 20
_INTERLEAVES: dict[str, Interleave] = {".bip": "bip", ".bil": "bil", ".bsq": "bsq"}

AnyReference = Reference | str | Path | None


class CubeCalibration:
    """What turns the lines of a stored cube into reflectance, or radiance.

    Parameters
    ----------
    cube : StoredCube or path
        Raw samples.
    white, dark : Reference or path, optional
        A ``.hsiref`` file, an ENVI cube or a recording; by default what lies beside an ENVI cube, its own lines with
        the shutter closed, or what is in the recording.
    panel : optional
        Reflectivity of the white panel: see `InstrumentParameters`. By default as the white reference says, 1 where it
        does not.
    value_type : ValueType
        Reflectance, or radiance with a `radiometry`.
    radiometry : Radiometry, optional
    steps : Standardisation, optional
        What is done to lines, and to references, before they are calibrated.
    saturation : float, optional
        From this value on a sample is saturated; by default what the cube or its references say.
    flags : ReferenceImportFlag
        `IgnoreParameterMismatch` takes references although settings differ.
    sigmas : float
        How far white has to be above dark, in units of the noise of their difference.
    where : str
        Node of an HDF5 file.

    Attributes
    ----------
    cube : StoredCube
    context : RecordingContext
        As it would be for the camera: `wavelengths`, `validity`, `dtype`.
    shape : tuple of int
        (lines, pixels, bands) of the result.
    sources : dict of str to str
        Where the references are from.
    warnings : tuple of str

    Raises
    ------
    CubeError, EnviError, ReferenceFileError, ReferenceMissing, ReferenceMismatch, CalibrationError, StepError
    """

    def __init__(
        self,
        cube: StoredCube | str | os.PathLike[str],
        white: AnyReference = None,
        dark: AnyReference = None,
        *,
        panel: PanelReflectivity | None = None,
        value_type: ValueType = ValueType.Reflectance,
        radiometry: Radiometry | None = None,
        steps: Standardisation | None = None,
        saturation: float | None = None,
        flags: ReferenceImportFlag = ReferenceImportFlag.NONE,
        where: str = "/",
        sigmas: float = DEFAULT_SIGMAS,
    ) -> None:
        cube = cube if isinstance(cube, StoredCube) else open_cube(cube, where)
        if cube.reflectance and not flags & ReferenceImportFlag.IgnoreParameterMismatch:
            raise CalibrationError(
                f"{cube.display_name} says that it is reflectance already; give the raw cube (to calibrate it all the "
                "same, ignore mismatches)"
            )
        _refuse_steps(cube, flags)
        if saturation is not None:
            cube = replace(cube, saturation=float(saturation))
        found = find_cube_references(cube, white, dark, flags)
        if found.white is None and value_type is ValueType.Reflectance:
            raise ReferenceMissing(
                f"reflectance needs a white reference, and there is none in {cube.source.name} or beside it "
                f"({cube.source.stem}_White.hdr, WHITEREF_{cube.source.stem}.hdr, ...); give one (white=, --white)"
            )
        if cube.saturation is None:
            said = [each.format.saturation for each in (found.white, found.dark) if each is not None]
            cube = replace(cube, saturation=next((each for each in said if each is not None), None))
        parameters = InstrumentParameters(
            white_reference=found.white,
            dark_reference=found.dark,
            panel_reflectivity=found.panel if panel is None else panel,
            oldest=None,
            radiometry=radiometry,
        )
        camera = cast("InstrumentDevice", cube)  # it says all that a context asks a camera for
        self.cube = cube
        self.context = RecordingContext(
            camera, parameters, value_type, steps=steps, flags=flags, sigmas=sigmas, ignored=cube.ignored
        )
        self.kernel = BlockKernel(self.context.chain, cube.missing)
        self.shape = (cube.shape[0], *self.context.shape)
        self.sources = found.sources
        self.warnings = (*cube.warnings, *found.warnings, *self.context.warnings, *_doubts(cube, found.dark is None))

    def lazy(self) -> Any:
        """Return the calibrated cube as a Dask array ``(lines, pixels, bands)``, chunked as the file is.

        Whoever computes a chunk reads it from the file's path: threads, or workers of a cluster.
        """
        import dask.array

        raw = self.cube.lazy()
        if raw.numblocks[1:] != (1, 1):
            raw = raw.rechunk({1: -1, 2: -1})
        chunks = (raw.chunks[0], (self.shape[1],), (self.shape[2],))
        empty: npt.NDArray[Any] = np.empty((0, 0, 0), self.kernel.dtype)
        return dask.array.map_blocks(self.kernel.array, raw, dtype=self.kernel.dtype, chunks=chunks, meta=empty)

    def notes(self) -> dict[str, str]:
        """Return what a file should say of how it was calibrated."""
        panel = self.context.panel_reflectivity
        known = panel[np.isfinite(panel)]
        low, high = (float(known.min()), float(known.max())) if known.size else (math.nan, math.nan)
        said = {
            "calibration": f"{self.context.value_type.name.lower()} of {self.cube.source.name} by pymodaq-hsi "
            f"{distribution_version()}",
            **{f"{kind} reference": source for kind, source in self.sources.items()},
        }
        if self.context.value_type is ValueType.Reflectance:
            said["panel reflectivity"] = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        if len(self.context.steps):
            said["standardisation"] = ", ".join(step.kind for step in self.context.steps)
        return said


def _refuse_steps(cube: StoredCube, flags: ReferenceImportFlag) -> None:
    """Refuse lines that were standardised when they were recorded: references are of what the sensor sees."""
    said = cube.recorded.get("standardisation")
    listed = said.get("steps") if isinstance(said, dict) else None
    steps = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    if steps and not flags & ReferenceImportFlag.IgnoreParameterMismatch:
        names = ", ".join(str(each.get("kind")) for each in steps)
        raise CalibrationError(
            f"{cube.display_name} was recorded after steps ({names}), and references are of lines before them; record "
            "raw samples and give the steps here, or references that went through the same steps (ignoring mismatches)"
        )


def _doubts(cube: StoredCube, no_dark: bool) -> list[str]:
    found = []
    if no_dark:
        found.append("no dark reference: the dark signal counts as 0, and reflectance is too high where it is not")
    if cube.saturation is None and cube.lines.dtype.kind in "iu":
        found.append(
            f"{cube.source.name} does not say from which value on a sample is saturated, and none counts as such; give "
            "it (saturation=, --saturation)"
        )
    return found


@dataclass(frozen=True)
class Calibrated:
    """What `calibrate_cube` made.

    Attributes
    ----------
    files : tuple of Path
        The output: of ENVI header and data.
    shape : tuple of int
        (lines, pixels, bands).
    saturated : int
        Saturated samples, which are NaN.
    sources : dict of str to str
        Where the references are from.
    warnings : tuple of str
    seconds : float
    nbytes : int
        Bytes of the samples that were read.
    """

    files: tuple[Path, ...]
    shape: tuple[int, int, int]
    saturated: int
    sources: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    nbytes: int = 0


def calibrate_cube(
    cube: StoredCube | str | os.PathLike[str],
    output: str | os.PathLike[str],
    white: AnyReference = None,
    dark: AnyReference = None,
    *,
    to: str | None = None,
    interleave: Interleave | None = None,
    overwrite: bool = False,
    scheduler: str | None = None,
    workers: int | None = None,
    memory: int = DEFAULT_MEMORY,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Calibrated:
    """Calibrate a stored cube of any size into another file.

    Parameters
    ----------
    cube : StoredCube or path
    output : path
        An ENVI header or data file, or an HDF5 file: its ending says the format. A folder takes a file under the
        cube's name. The file appears when it is complete.
    white, dark, **options
        See `CubeCalibration`.
    to : str, optional
        "envi", "hdf5", or any other format that `h5modules.exporting` knows, by way of HDF5 in the output's folder.
        Without it, and without an ending that says it, the format is the cube's own.
    interleave : {"bip", "bil", "bsq"}, optional
        Of ENVI; by default what the ending says, else the cube's own.
    overwrite : bool
        Replace a file that is there.
    scheduler : str, optional
        Address of a Dask scheduler (``tcp://host:8786``) whose workers read and compute, and write ENVI; they need the
        same paths to the files. Without it threads of this process do.
    workers : int, optional
        How many threads; with a scheduler, how many workers to wait for.
    memory : int
        Bytes that blocks on their way may take in all, about.
    progress : callable, optional
        Called with (lines done, lines in all).

    Returns
    -------
    Calibrated

    Raises
    ------
    OutputExists, OutputError
        Before anything is read: the output is there, has no folder or no room. In the middle: nothing is left of it.
    ClusterError
        The scheduler does not answer, workers cannot see the files, or none is left.
    Others
        See `CubeCalibration`.

    Examples
    --------
    >>> import tempfile
    >>> from pymodaq_hsi.envi import open_envi, write_envi
    >>> folder = tempfile.TemporaryDirectory()
    >>> counts = np.full((5, 4, 3), 60, "uint16")
    >>> raw = write_envi(f"{folder.name}/leaf.hdr", counts)
    >>> white, dark = (write_envi(f"{folder.name}/leaf_{name}.hdr", counts[:1] - 60 + n)
    ...                for name, n in (("White", 110), ("Dark", 10)))
    >>> done = calibrate_cube(raw, f"{folder.name}/reflectance.hdr")
    >>> float(open_envi(done.files[0], memory_map=False).data[0, 0, 0]), done.sources["white"] == str(white)
    (0.5, True)
    >>> folder.cleanup()
    """
    begun = time.perf_counter()
    calibration = CubeCalibration(cube, white, dark, **options)
    source = calibration.cube
    target, kind = _target(Path(output), to, source)
    layout = interleave or _INTERLEAVES.get(target.with_suffix("").suffix.lower())
    layout = layout or _INTERLEAVES.get(target.suffix.lower()) or source.lines.interleave
    _check(calibration, target, kind, overwrite=overwrite)
    warnings = list(calibration.warnings)
    try:
        with crew(scheduler, workers) as who:
            filling = Filling(source.lines, source.shape[0], calibration.kernel, who, memory, progress)
            filling.check()
            if kind == "envi":
                lines = LinesToFill(calibration.shape, calibration.kernel.dtype, filling.into)
                header, lost = write_envi_cube(
                    target,
                    source,
                    calibration.context,
                    lines,
                    interleave=layout,
                    notes=calibration.notes(),
                    overwrite=overwrite,
                )
                warnings += lost
                files = _envi_files(header, target)
            else:
                files = _through_hdf5(calibration, filling, target, kind, overwrite=overwrite)
    finally:
        close_files()
    for message in warnings:
        _log.debug("%s", message)
    return Calibrated(
        files,
        calibration.shape,
        filling.saturated,
        calibration.sources,
        tuple(warnings),
        time.perf_counter() - begun,
        source.nbytes,
    )


def _through_hdf5(
    calibration: CubeCalibration, filling: Filling, target: Path, kind: str, *, overwrite: bool
) -> tuple[Path, ...]:
    path = target if kind == "hdf5" else target.with_name(f".{target.stem}.{uuid.uuid4().hex[:8]}.part.h5")
    try:
        with closing(filling.blocks()) as blocks:
            write_hdf5_cube(path, calibration.cube, calibration.context, blocks, notes=calibration.notes())
        if kind == "hdf5":
            return (target,)
        return export(path, "/RawData/Scan000", target, to=kind, overwrite=overwrite).files
    finally:
        if path != target:
            path.unlink(missing_ok=True)


def _target(output: Path, to: str | None, cube: StoredCube) -> tuple[Path, str]:
    """Return the file to write, and its format."""
    own = "envi" if cube.header is not None else "hdf5"
    if output.is_dir():
        kind = find_format(to or own)
        return output / f"{_stem(cube.source)}_Calibrated{kind.suffixes[0]}", kind.name
    suffix = output.suffix.lower()
    if to is None and suffix in (*DATA_SUFFIXES[1:], ".hdr"):
        return output, "envi"
    if to is None and suffix == "":
        kind = find_format(own)
        return output.with_name(output.name + kind.suffixes[0]), kind.name
    kind = find_format(to) if to is not None else format_for(output)
    return output if suffix else output.with_name(output.name + kind.suffixes[0]), kind.name


def _stem(path: Path) -> str:
    name = path.stem
    return name[: -len(Path(name).suffix)] if Path(name).suffix.lower() in DATA_SUFFIXES[1:] else name


def _check(calibration: CubeCalibration, target: Path, kind: str, *, overwrite: bool) -> None:
    """Refuse what cannot be written, before anything is read."""
    folder = target.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"there is no folder {folder} for {target.name}; make it first")
    if target.is_dir():
        raise OutputError(f"{target} is a folder; give the name of a file in it")
    find_format(kind).need_libraries()
    cube = calibration.cube
    places = [target, *([target.with_suffix(".hdr"), target.with_suffix(".raw")] if kind == "envi" else [])]
    for read in (
        cube.source,
        Path(cube.lines.path),
        *(Path(name.split(" (")[0]) for name in calibration.sources.values()),
    ):
        if any(place.exists() and read.exists() and place.samefile(read) for place in places):
            raise OutputError(f"{read} is read and cannot be the output too; give another name")
    if kind != "envi" and target.exists() and not overwrite:
        raise OutputExists(f"{target} exists already; give another name, or overwrite=True (--overwrite)")
    needed = int(np.prod(calibration.shape, dtype=np.int64)) * calibration.kernel.dtype.itemsize
    needed *= 1 if kind in ("envi", "hdf5") else 2
    free = shutil.disk_usage(folder).free
    if needed + _SPARE > free:
        raise OutputError(
            f"{target} needs {needed / 1e6:,.0f} MB, and {folder} has {free / 1e6:,.0f} MB free; use another disk"
        )


def _envi_files(header: Path, target: Path) -> tuple[Path, ...]:
    data = target if target.suffix.lower() != ".hdr" else target.with_suffix("")
    for path in (data, data.with_name(f"{data.name}.raw")):
        if path.is_file() and path != header:
            return header, path
    raise HsiError(f"{header} was written, and its data file is gone; was it moved?")
