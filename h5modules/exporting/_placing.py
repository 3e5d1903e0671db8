"""Files that are there whole or not at all: written in a folder of their own, moved when they are complete."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import uuid
from typing import TYPE_CHECKING

from h5modules.errors import CannotExport, FileExists, H5ModulesError, WriteFailed

if TYPE_CHECKING:
    from pathlib import Path

    from h5modules.exporting._format import Format, Job

__all__ = ["written"]

_ERRNO = re.compile(r"errno = (\d+)")
_FULL = 1 << 16


def written(job: Job, kind: Format, *, overwrite: bool) -> list[Path]:
    """Have the format write into a folder of its own, and move what is in it to its place.

    Raises
    ------
    CannotExport
        The format failed in a way that it has no words for.
    WriteFailed
        Disk full, no permission, ...; nothing is left.
    FileExists
        A file came into being meanwhile, and is kept.
    """
    final = job.final
    folder = final.parent / f".{final.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        folder.mkdir()
        job.target = folder / final.name
        kind.write(job)
        return _moved(folder, final, overwrite=overwrite)
    except (OSError, RuntimeError) as exc:
        number = None if isinstance(exc, H5ModulesError) else _number_of(exc, folder)
        if number is None and type(exc) is not OSError:
            raise
        why = exc if number is None else os.strerror(number)
        raise WriteFailed(
            f"{final} cannot be written: {why}; nothing of it was left", path=final, errno=number
        ) from exc
    except (ValueError, TypeError):
        raise
    except Exception as exc:  # a stranger's format: its error ends its own file, and not the others of a batch
        raise CannotExport(
            f"the exporter {kind.name} failed on {final.name}: {type(exc).__name__}: {exc}; nothing of it was left"
        ) from exc
    finally:
        _emptied(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _number_of(exc: OSError | RuntimeError, folder: Path) -> int | None:
    """Return the operating system's number of an error; HDF5 hides it in its words, or says nothing of it."""
    if isinstance(exc, OSError) and exc.errno is not None:
        return exc.errno
    match = _ERRNO.search(str(exc))
    if match is not None:
        return int(match[1])
    if "HDF5" not in f"{type(exc).__name__} {exc}":
        return None
    with contextlib.suppress(OSError):
        if shutil.disk_usage(folder).free < _FULL:
            return errno.ENOSPC
    return None


def _emptied(folder: Path) -> None:
    """Free the room of files that are given up: HDF5 may still write to them when it ends, and crashes if it cannot."""
    for path in folder.rglob("*") if folder.is_dir() else ():
        with contextlib.suppress(OSError):
            if path.is_file():
                os.truncate(path, 0)


def _moved(folder: Path, final: Path, *, overwrite: bool) -> list[Path]:
    """Move files to their places, that which names the others last."""
    made = sorted(folder.iterdir(), key=lambda path: path.name == final.name)
    places = [final.with_name(path.name) for path in made]
    taken = [place for place in places if place.exists()]
    if taken and not overwrite:
        raise FileExists(f"{taken[0]} came into being meanwhile and is kept; give another name", path=taken[0])
    if len(made) > 1 and final.is_file():
        final.unlink()  # an old header must never describe new data, not even for a moment
    for path, place in zip(made, places, strict=True):
        if place.is_dir():
            os.replace(place, folder / f"{place.name}.old")
        os.replace(path, place)
    return [final, *(place for place in places if place != final)]
