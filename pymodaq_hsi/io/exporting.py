"""Exporting whatever file a cube is in: HDF5, as `h5modules.exporting` does, and ENVI."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from h5modules.errors import CannotExport, FileExists, NodeNotFound
from h5modules.exporting import Exported, Format, find_format, format_for
from h5modules.exporting import export as export_hdf5
from pymodaq_hsi._same_file import is_same_file
from pymodaq_hsi.envi import EnviCube, Interleave, describe_envi, find_references, write_envi
from pymodaq_hsi.envi._checks import Checks
from pymodaq_hsi.envi._pairing import cube_stem
from pymodaq_hsi.errors import EnviError, EnviNotFound
from pymodaq_hsi.io._recording import references_of
from pymodaq_hsi.io.envi import interleave_of
from pymodaq_hsi.io.envi_source import EnviLoader, as_recording, line_blocks_of, write_recording
from pymodaq_hsi.processing.hsiref import is_hdf5
from pymodaq_hsi.processing.stored_filling import DEFAULT_MEMORY, Filling
from pymodaq_hsi.processing.stored_lines import EnviLines
from pymodaq_hsi.processing.stored_outputs import LinesToFill
from pymodaq_hsi.processing.stored_work import crew

if TYPE_CHECKING:
    from h5modules.data_saving import DataLoader
    from h5modules.exporting import Job
    from h5modules.saving import H5SaverLowLevel
    from pymodaq_hsi.processing.stored_kernel import EnviRegions

__all__ = ["export"]

_NAMED: dict[str, Interleave] = {".bip": "bip", ".bil": "bil", ".bsq": "bsq"}


def export(
    source: H5SaverLowLevel | DataLoader | Path | str,
    where: str = "/",
    target: Path | str | None = None,
    *,
    to: str | None = None,
    **options: Any,
) -> Exported:
    """Write the data of an HDF5 file, or an ENVI cube, to a file in another format.

    Parameters
    ----------
    source : path, H5SaverLowLevel or DataLoader
        An ENVI cube is named by its header or data file. Its references go along: to ENVI as they are, elsewhere
        averaged, as recordings have them; so do the entries of its header. Its samples stay what they are: factors and
        values to ignore are beside them. Lines with a closed shutter at its end are not exported, but to ENVI.
    where, target, to, **options
        See `h5modules.exporting.export`.

    Returns
    -------
    Exported

    Raises
    ------
    EnviNotFound, EnviError
        There is no such cube, or it cannot be understood.
    Others
        See `h5modules.exporting.export`.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> raw = write_envi(f"{folder.name}/leaf.hdr", np.ones((5, 4, 3), "uint16"), wavelengths=[500, 600, 700])
    >>> [path.name for path in export(raw, to="npz").files]
    ['leaf.npz']
    >>> folder.cleanup()
    """
    if not isinstance(source, str | Path) or (Path(source).is_file() and is_hdf5(Path(source))):
        return export_hdf5(source, where, target, to=to, **options)
    path = Path(source)
    try:
        cube = describe_envi(path)
    except EnviNotFound as error:
        if not path.exists():
            if path.suffix.lower() in (".h5", ".hdf5", ".hdf", ""):
                return export_hdf5(source, where, target, to=to, **options)  # which says what is not there
            raise
        raise EnviNotFound(
            f"{path} is neither HDF5 nor an ENVI cube ({error}); give one of these", path=str(path)
        ) from error
    kind = find_format(to) if to is not None else format_for(Path(target)) if target is not None else None
    if kind is None:
        raise TypeError("export() needs to know the format: give to='netcdf', say, or a target with an ending")
    final = _target(cube, target, kind)
    _refuse_sources(cube, kind, final)
    own = {"hdf5": _write_hdf5, "envi": _write_envi}.get(kind.name)
    with as_recording(cube.header_path) as loader:
        _check_node(loader, where)
        done = export_hdf5(loader, where, final, to=kind if own is None else replace(kind, write=own), **options)
    said = loader.notes if kind.name != "envi" else ()
    factor = cube.header.reflectance_scale_factor
    if factor not in (None, 1) and kind.name != "envi":
        said = (*said, f"samples are as stored: divided by {factor:g} (reflectance scale factor) they are reflectance")
    return replace(done, notes=(*cube.warnings, *said, *done.notes))


def _check_node(loader: EnviLoader, where: str) -> None:
    try:
        loader.get_node(where)
    except NodeNotFound as error:
        raise NodeNotFound(
            f"{loader.source} is an ENVI cube and has no node {where}; leave the node out", node=where
        ) from error


def _target(cube: EnviCube, target: Path | str | None, kind: Format) -> Path:
    """Return the file to write; beside the cube under its name where none is named."""
    path = cube.header_path.parent if target is None else Path(target)
    if not path.is_dir() or path.name.lower().endswith(kind.suffixes):
        return path
    stem = cube_stem(cube.header_path)
    found = path / (stem + kind.suffixes[0])
    taken = target is None and any(is_same_file(each, found) for each in (cube.header_path, cube.data_path))
    return path / f"{stem}_export{kind.suffixes[0]}" if taken else found


def _refuse_sources(cube: EnviCube, kind: Format, final: Path) -> None:
    final = final if final.suffix else final.with_name(final.name + kind.suffixes[0])
    known = find_references(cube)
    read = [cube.header_path, cube.data_path, *(each for each in (known.white, known.dark, known.illumination) if each)]
    for path in read:
        for place in kind.files(final):
            if is_same_file(path, place):
                raise FileExists(f"{place} is read for the export; give another name", path=place)


def _loader(job: Job) -> EnviLoader:
    if not isinstance(job.loader, EnviLoader):
        raise CannotExport(f"{job.source} is no ENVI cube")
    return job.loader


def _write_hdf5(job: Job) -> None:
    loader = _loader(job)
    if job.where != "/":
        raise CannotExport(f"of an ENVI cube all becomes HDF5, not {job.where} alone; leave the node out")

    def fill(array: Any) -> None:
        start = 0
        for block in line_blocks_of(loader.reader, array.shape[0]):
            array[start : start + len(block)] = block
            start += len(block)
            job.advance(block.nbytes)

    write_recording(job.target, loader.cube, fill)


def _write_envi(job: Job) -> None:
    cube = _loader(job).cube
    _copy(job, cube, job.target, job.advance)
    if not job.options.get("references", True):
        return
    known = find_references(cube)
    for kind, path in (("White", known.white), ("Dark", known.dark), ("Illumination", known.illumination)):
        if path is not None:
            stem = cube_stem(job.target)
            suffix = job.target.name[len(stem) :]
            _copy(job, describe_envi(path), job.target.with_name(f"{stem}_{kind}{suffix}"), lambda count: None)
            job.taken_along += [data.path for data in references_of(job.loader, job.data[0].path).values()]


def _copy(job: Job, cube: EnviCube, target: Path, advance: Any) -> None:
    """Copy a cube with all that its header says, in another interleave where one is asked for."""
    header = cube.header
    reader = EnviLines(
        str(cube.data_path.resolve()), cube.shape, header.data_type.str, header.interleave, header.header_offset
    )
    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        line = cube.shape[1] * cube.shape[2] * header.data_type.itemsize
        advance((done - told) * line)
        told = done

    def fill(regions: EnviRegions) -> None:
        memory = job.options.get("memory", DEFAULT_MEMORY)
        with crew(job.options.get("scheduler"), job.options.get("workers")) as who:
            filling = Filling(reader, cube.shape[0], None, who, memory, progress)
            filling.check()
            filling.into(regions)

    named = _NAMED.get(Path(target.stem).suffix.lower()) or _NAMED.get(target.suffix.lower())
    write_envi(
        target,
        LinesToFill(cube.shape, header.data_type, fill),
        interleave=interleave_of(job) or named or header.interleave,
        byte_order=header.byte_order,
        **_kept(job, cube, target),
    )


def _kept(job: Job, cube: EnviCube, target: Path) -> dict[str, Any]:
    """Return what a header says, for the writer; what it cannot write is told."""
    header = cube.header
    check = Checks(str(target.name), cube.shape[2])
    kept: dict[str, Any] = {
        "fwhm": header.fwhm,
        "wavelengths": header.wavelengths,
        "bbl": header.bbl,
        "reflectance_scale_factor": header.reflectance_scale_factor,
        "data_ignore_value": header.data_ignore_value,
        "default_bands": header.default_bands,
    }
    for name, checked in (
        ("band_names", lambda: check.names(header.band_names)),
        ("acquisition_time", lambda: check.time(header.acquisition_time)),
    ):
        try:
            kept[name] = checked()
        except EnviError as error:
            job.notes.append(f"{name} of {cube.header_path.name} is left out: {error}")
    metadata: dict[str, str] = {}
    for key, text in header.metadata.items():
        try:
            metadata |= check.metadata({key: text})
        except EnviError as error:
            job.notes.append(f"{key!r} of {cube.header_path.name} is left out: {error}")
    if header.wavelength_values is not None and header.wavelengths is None:
        job.notes.append(f"'wavelength' of {cube.header_path.name} is left out: its numbers are no lengths")
    return {**kept, "metadata": metadata}
