"""Exporting by the workers of a Dask cluster: a file each, or all of them at one large ENVI cube."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from h5modules.errors import FileExists
from h5modules.exporting import Exported, find_format
from pymodaq_hsi.io.exporting import export

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pymodaq_hsi.processing.stored_work import Crew

__all__ = ["export_far"]

_PART = re.compile(r"\.(.+)\.[0-9a-f]{8}\.part")


def export_far(
    files: Sequence[Path | str],
    scheduler: str,
    where: str = "/",
    target: Path | str | None = None,
    *,
    to: str,
    workers: int | None = None,
    memory: int | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> list[Exported | Exception]:
    """Export data of HDF5 files, and ENVI cubes, with a Dask cluster.

    Several files are exported side by side, each by one worker. A single one becomes ENVI by all of them, each writing
    its blocks of lines; any other format by one. A worker that ends in the middle costs time only.

    Parameters
    ----------
    files : sequence of path
        Workers need them, and the folder that is written to, under the same paths.
    scheduler : str
        Its address: ``tcp://host:8786``.
    where, target, to, overwrite, **options
        See `export`; of several files `target` is a folder. With the background taken off
        (`subtract_background`) a single file becomes ENVI by one worker.
    workers : int, optional
        How many workers to wait for.
    memory : int, optional
        Bytes that blocks of a single ENVI cube on their way may take.
    progress : callable, optional
        Called with (done, in all): bytes of a single ENVI cube, else files.

    Returns
    -------
    list
        For each file what was exported, or the error that it was refused with.

    Raises
    ------
    ClusterError
        The scheduler does not answer, or no worker is left.
    """
    from pymodaq_hsi.processing.stored_work import crew, in_order

    kind = find_format(to)
    paths = [Path(file).absolute() for file in files]
    place = None if target is None else Path(target).absolute()
    if len(paths) == 1 and kind.name == "envi" and not options.get("subtract_background"):
        cluster = {"scheduler": scheduler, "workers": workers, "memory": memory}
        cluster = {name: value for name, value in cluster.items() if value is not None}
        return [_tried(paths[0], where, place, kind.name, overwrite, {**options, **cluster}, progress)]
    folders = {path.parent if place is None else place if place.is_dir() else place.parent for path in paths}
    before = {path for folder in folders if folder.is_dir() for path in folder.iterdir()}
    found: list[Exported | Exception] = []
    with crew(scheduler, workers) as who:
        calls = ((_tried, path, where, place, kind.name, overwrite, options) for path in paths)
        for path, result in zip(paths, in_order(who, calls, len(paths)), strict=True):
            found.append(_settled(who, path, where, place, kind.name, options, result, before))
            if progress is not None:
                progress(len(found), len(paths))
    _tidy(found, before)
    return found


def _tried(
    path: Path,
    where: str,
    target: Path | None,
    to: str,
    overwrite: bool,
    options: dict[str, Any],
    progress: Callable[[int, int], None] | None = None,
) -> Exported | Exception:
    """Export a file; an error is a result, so that it does not end the others."""
    try:
        return export(path, where, target, to=to, overwrite=overwrite, progress=progress, **options)
    except (RuntimeError, OSError, ValueError, TypeError, LookupError) as error:
        return error


def _settled(
    who: Crew,
    path: Path,
    where: str,
    target: Path | None,
    to: str,
    options: dict[str, Any],
    result: Exported | Exception,
    before: set[Path],
) -> Exported | Exception:
    """Export once more what is in the way only because a worker was killed after it had written it."""
    if not isinstance(result, FileExists) or Path(str(result.path)).absolute() in before:
        return result
    again: Exported | Exception = who.wait(who.submit(_tried, path, where, target, to, True, options))
    return again


def _tidy(found: Sequence[Exported | Exception], before: set[Path]) -> None:
    """Remove the unfinished files of workers that were killed."""
    done = {file for each in found if isinstance(each, Exported) for file in each.files}
    for folder in {file.parent for file in done}:
        for path in folder.iterdir():
            match = _PART.fullmatch(path.name)
            if match and path not in before and path.with_name(match[1]) in done:
                shutil.rmtree(path, ignore_errors=True)
