"""Exporting: what is meant, which files that makes, and that they are there whole or not at all."""

from __future__ import annotations

import errno
import shutil
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from h5modules.data_saving import DataLoader
from h5modules.errors import CannotExport, FileExists, WriteFailed
from h5modules.exporting._format import Format, Job, Per
from h5modules.exporting._names import Names, told_apart, word
from h5modules.exporting._placing import written
from h5modules.exporting._registry import find_format, format_for
from h5modules.exporting._stored import StoredData, StoredLoader
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from h5modules.backends import Node

__all__ = ["Exported", "export"]

Source = H5SaverLowLevel | DataLoader | Path | str


@dataclass(frozen=True)
class Exported:
    """What an export made.

    Attributes
    ----------
    format : str
    files : tuple of Path
        What was written (folders, for Zarr).
    data : tuple of str
        Paths in the source of the data that was written.
    skipped : dict of str to str
        Paths of data that the format cannot hold, and why.
    notes : tuple of str
        What else to know.
    """

    format: str
    files: tuple[Path, ...]
    data: tuple[str, ...]
    skipped: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def export(
    source: Source,
    where: Node | str = "/",
    target: Path | str | None = None,
    *,
    to: str | Format | None = None,
    overwrite: bool = False,
    subtract_background: bool = False,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Exported:
    """Write data of a file to a file in another format.

    The data is read and written block by block, whatever its size. What is written appears under its name when it is
    complete; an error or an interruption leaves nothing behind, and an older file as it was.

    Parameters
    ----------
    source : H5SaverLowLevel, DataLoader or path
        An open file, or the path of one. A `StoredLoader` says itself where the numbers are.
    where : Node or str
        What to export: a data array, a channel (``.../CH00``), or a group (detector, scan, ...) with all data below.
        Formats that hold one data object a file write several files then, ``<target>_<name of the data>``; data that
        the format cannot hold is left out, which the result says.
    target : path, optional
        The file to write, or a folder for it. By default beside the source, under its name.
    to : str or Format, optional
        The format; by default the ending of `target` says it.
    overwrite : bool
        Replace files that are there.
    subtract_background : bool
        Take the background off data that has one, in a type that holds negative results, as `DataLoader.load_data`
        does with `with_bkg`; its path is in the extra attribute `background_subtracted` then. Without it backgrounds
        are not exported, which the result says (`hdf5` copies them).
    dry_run : bool
        Only check, and return what would be written. Nothing is touched.
    progress : callable, optional
        Called with (bytes done, bytes in all).
    **options
        Of the format: see `Format.options`.

    Returns
    -------
    Exported

    Raises
    ------
    UnknownFormat, MissingLibrary, NodeNotFound, NodeKindError
    CannotExport
        The format cannot hold any of the data, or none of it has a background to take off.
    ArrayMismatch
        A background that is to be taken off does not fit its data.
    FileExists
        A file is there, and `overwrite` is False. Nothing was written.
    WriteFailed
        No such folder, no permission, disk full.
    TypeError
        An option that the format does not have.
    """
    kind = _format(target, to)
    unknown = sorted(options.keys() - set(kind.options))
    if unknown:
        raise TypeError(
            f"exporting to {kind.name} has no option {', '.join(unknown)}; it has {', '.join(kind.options) or 'none'}"
        )
    kind.need_libraries()
    with _loader(source) as loader:
        node = loader.get_node(where)
        stored = loader.stored(node, subtract_background=subtract_background)
        if subtract_background:
            _check_backgrounds(stored, kind, node.path)
        accepted, skipped = _sorted_out(stored, kind, node.path)
        main = _target(target, loader.source, kind)
        parts = _parts(accepted, kind, main)
        _check(parts, kind, loader.source, overwrite=overwrite)
        nbytes = sum(data.nbytes for group, _ in parts for data in group)
        if kind.plain and not options.get("compress"):
            _check_room(main, nbytes)
        notes = _notes(accepted, kind)
        if dry_run:
            planned = [file for _, path in parts for file in kind.files(path)]
            return _exported(kind, planned, accepted, skipped, notes)
        advance = _counter(progress, nbytes)
        files: list[Path] = []
        taken_along: list[str] = []
        for data, path in parts:
            job = Job(tuple(data), path, path, loader, node.path, options, advance, notes, taken_along)
            files += written(job, kind, overwrite=overwrite)
    skipped = {path: why for path, why in skipped.items() if path not in taken_along}
    return _exported(kind, files, accepted, skipped, notes)


def _exported(
    kind: Format, files: Sequence[Path], accepted: Sequence[StoredData], skipped: dict[str, str], notes: Sequence[str]
) -> Exported:
    paths = tuple(array.path for data in accepted for array in data.arrays)
    return Exported(kind.name, tuple(files), paths, skipped, tuple(notes))


def _loader(source: Source) -> AbstractContextManager[StoredLoader]:
    if isinstance(source, StoredLoader):
        return nullcontext(source)
    return StoredLoader(source.h5saver if isinstance(source, DataLoader) else source)


def _format(target: Path | str | None, to: str | Format | None) -> Format:
    if isinstance(to, Format):
        return to
    if to is not None:
        return find_format(to)
    if target is None:
        raise TypeError("export() needs to know the format: give to='netcdf', say, or a target with an ending")
    return format_for(Path(target))


def _target(target: Path | str | None, source: Path, kind: Format) -> Path:
    name = source.stem + kind.suffixes[0]
    if target is None:
        if source.with_name(name) == source:
            name = f"{source.stem}_export{kind.suffixes[0]}"
        return source.with_name(name)
    path = Path(target)
    if path.is_dir() and not path.name.lower().endswith(kind.suffixes):
        return path / name
    return path if path.suffix else path.with_name(path.name + kind.suffixes[0])


def _sorted_out(stored: Sequence[StoredData], kind: Format, where: str) -> tuple[list[StoredData], dict[str, str]]:
    """Return the data that the format can hold, and why it cannot hold the rest."""
    accepted, skipped = [], {}
    for data in stored:
        why = "it is empty" if 0 in data.shape else kind.accepts(data)
        if why:
            skipped[data.path] = why
        else:
            accepted.append(data)
    if not accepted:
        path, why = next(iter(skipped.items()))
        more = f" (and {len(skipped) - 1} more at or below {where})" if len(skipped) > 1 else ""
        raise CannotExport(f"{path}{more} cannot be exported to {kind.name}: {why}", node=path)
    best = max(kind.prefers(data) for data in accepted)
    for data in [data for data in accepted if kind.prefers(data) < best]:
        accepted.remove(data)
        skipped[data.path] = f"there is data that {kind.name} is rather for; ask for this by its path"
    return accepted, skipped


def _check_backgrounds(stored: Sequence[StoredData], kind: Format, where: str) -> None:
    """Refuse to take off what is not there, and to take it off in a copy of the file."""
    if kind.verbatim:
        raise CannotExport(
            f"{kind.name} copies the nodes of the file as they are, with the backgrounds beside the data; take another "
            f"format, or leave the backgrounds to the loader (with_bkg=True)",
            node=where,
        )
    if not any(data.less_background for data in stored):
        raise CannotExport(
            f"no data at or below {where} has a background, so none can be taken off; export without "
            f"subtract_background (--subtract-background)",
            node=where,
        )


def _notes(accepted: Sequence[StoredData], kind: Format) -> list[str]:
    """Say what of the data is not in the file, and what cannot be seen in it: each once for all that it is true of."""
    found: dict[str, list[str]] = {}
    for data in accepted:
        for note in _notes_of(data, kind):
            found.setdefault(note, []).append(data.path)
    return [f"{paths[0]}{f' and {len(paths) - 1} more' if paths[1:] else ''}: {note}" for note, paths in found.items()]


def _notes_of(data: StoredData, kind: Format) -> Iterator[str]:
    if data.backgrounds and not data.less_background and not kind.verbatim:
        yield (
            "the background is not taken off, and not exported; subtract_background=True (--subtract-background) "
            "takes it off"
        )
    if data.errors and not kind.error_bars:
        yield f"the error bars are left out: {kind.name} does not hold them; netcdf, zarr, nexus, npz, csv, hspy do"
    if data.measured is not None:
        missing, points = int((~data.measured).sum()), data.measured.size
        reads = "NaN" if data.arrays[0].dtype.kind in "fc" else "0"
        yield f"{missing} of {points} points of the scan were not measured, and read as {reads}"


def _parts(accepted: Sequence[StoredData], kind: Format, main: Path) -> list[tuple[list[StoredData], Path]]:
    """Return the files to write, and what goes into each."""
    if kind.per is Per.EXPORT:
        return [(list(accepted), main)]
    if kind.per is Per.DATA:
        units = [(data, data.name) for data in accepted]
    else:
        units = [
            (data.single(number), data.name if len(data.arrays) == 1 else f"{data.name}_{label}")
            for data in accepted
            for number, label in enumerate(data.labels)
        ]
    if len(units) == 1:
        return [([units[0][0]], main)]
    told = told_apart([(data.path, name) for data, name in units])
    units = [(data, name) for (data, _), name in zip(units, told, strict=True)]
    suffix = next((end for end in kind.suffixes if main.name.lower().endswith(end)), main.suffix)
    stem = main.name[: len(main.name) - len(suffix)]
    names = Names()
    return [([data], main.with_name(f"{stem}_{names.new(word(name, 'data'))}{suffix}")) for data, name in units]


def _check(parts: Sequence[tuple[object, Path]], kind: Format, source: Path, *, overwrite: bool) -> None:
    """Refuse what cannot be written, before anything is."""
    folder = parts[0][1].absolute().parent
    if not folder.is_dir():
        raise WriteFailed(f"cannot write {parts[0][1].name}: there is no folder {folder}; make it first", path=folder)
    for path in (path for _, main in parts for path in kind.files(main)):
        if path.exists() and path.samefile(source):
            raise FileExists(f"{path} is the file that is exported; give another name", path=path)
        if path.exists() and not overwrite:
            raise FileExists(
                f"{path} is there already and is kept; give another name, or pass overwrite=True (--overwrite)",
                path=path,
            )


def _check_room(main: Path, nbytes: int) -> None:
    """Refuse what does not fit on the disk: some libraries take a full one badly."""
    folder = main.absolute().parent
    free = shutil.disk_usage(folder).free
    if nbytes > free:
        raise WriteFailed(
            f"{main} needs {nbytes / 1e6:,.0f} MB, and {folder} has {free / 1e6:,.0f} MB free; use another disk",
            path=main,
            errno=errno.ENOSPC,
        )


def _counter(progress: Callable[[int, int], None] | None, total: int) -> Callable[[int], None]:
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done = min(total, done + count)
        if progress is not None:
            progress(done, total)

    return advance
