"""Stored cubes calibrated: whatever their size, by threads of this machine or the workers of a Dask cluster.

The lines go through the same chain as those of a camera, one by one, so that a stored cube and a live recording of it
are the same to the bit.
"""

from __future__ import annotations

import logging
import shutil
import time
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.exporting import export, find_format, format_for
from pymodaq_hsi._same_file import is_same_file
from pymodaq_hsi.envi._pairing import DATA_SUFFIXES
from pymodaq_hsi.errors import HsiError, OutputError, OutputExists
from pymodaq_hsi.processing.cube_calibration import AnyReference, CubeCalibration
from pymodaq_hsi.processing.stored_filling import DEFAULT_MEMORY, Filling
from pymodaq_hsi.processing.stored_lines import close_files
from pymodaq_hsi.processing.stored_outputs import LinesToFill, write_envi_cube, write_hdf5_cube
from pymodaq_hsi.processing.stored_work import crew

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pymodaq_hsi.envi import Interleave
    from pymodaq_hsi.processing.stored_cubes import StoredCube

__all__ = ["Calibrated", "CubeCalibration", "calibrate_cube"]

_log = logging.getLogger(__name__)

_SPARE = 64 << 20
_INTERLEAVES: dict[str, Interleave] = {".bip": "bip", ".bil": "bil", ".bsq": "bsq"}


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
        if any(is_same_file(place, read) for place in places):
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
