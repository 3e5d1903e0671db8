"""Which header belongs to which data file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi.envi._text import looks_like_header
from pymodaq_hsi.errors import EnviError, EnviNotFound

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DATA_SUFFIXES", "cube_stem", "find_data", "find_header", "siblings"]

DATA_SUFFIXES = ("", ".raw", ".dat", ".img", ".bin", ".bil", ".bip", ".bsq")
_SHOWN = 6


def cube_stem(path: Path) -> str:
    """Return a cube's name without what marks the header or the data file.

    >>> from pathlib import Path
    >>> cube_stem(Path("a/leaf.2.bil.hdr")), cube_stem(Path("leaf.2.RAW")), cube_stem(Path("leaf.2"))
    ('leaf.2', 'leaf.2', 'leaf.2')
    """
    name = path.name
    for suffixes in ((".hdr",), DATA_SUFFIXES[1:]):
        stem, dot, suffix = name.rpartition(".")
        if stem and dot + suffix.lower() in suffixes:
            name = stem
    return name


def siblings(folder: Path, stem: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the files of a folder named `stem` with one of the suffixes, in any case, sorted."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.startswith(stem) and path.name[len(stem) :].lower() in suffixes and path.is_file()
    )


def find_header(path: Path) -> tuple[Path, Path | None]:
    """Return the header that a path means, and the data file if it was that which the path names.

    Raises
    ------
    EnviNotFound
        Naming what was looked for and which cubes the folder holds.
    EnviError
        For a folder, and for a data file with several headers of equal claim.
    """
    if path.is_dir():
        raise EnviError(f"{path}: is a folder; name the header of a cube in it{_cubes_in(path)}", path=str(path))
    if path.suffix.lower() == ".hdr" and path.is_file():
        return path, None
    headers = siblings(path.parent, path.name, (".hdr",))
    if not headers and path.is_file():
        headers = siblings(path.parent, cube_stem(path), (".hdr",))
    if len(headers) > 1:
        raise EnviError(f"{path}: has more than one header: {_names(headers)}; name one of them", path=str(path))
    if headers:
        return headers[0], path if path.is_file() else None
    if not path.is_file():
        raise EnviNotFound(f"{path}: no such file{_cubes_in(path.parent)}", path=str(path))
    if looks_like_header(path):
        return path, None
    raise EnviNotFound(
        f"{path}: no ENVI header beside this file; looked for {path.name}.hdr and {cube_stem(path)}.hdr", path=str(path)
    )


def find_data(header: Path) -> Path:
    """Return the data file beside a header.

    Raises
    ------
    EnviNotFound
        When there is none, naming what was looked for.
    EnviError
        When there are several, naming them.
    """
    stem = header.name[: -len(".hdr")] if header.suffix.lower() == ".hdr" else header.name
    candidates = [path for path in siblings(header.parent, stem, DATA_SUFFIXES) if path != header]
    if len(candidates) > 1:
        unclaimed = [
            path for path in candidates if not siblings(path.parent, path.name, (".hdr",)) or path.name == stem
        ]
        candidates = unclaimed or candidates
    if len(candidates) > 1:
        raise EnviError(
            f"{header}: more than one data file could be meant: {_names(candidates)}; "
            "name the data file instead of the header, or move the others away",
            path=str(header),
        )
    if not candidates:
        looked = ", ".join(stem + suffix for suffix in DATA_SUFFIXES)
        raise EnviNotFound(f"{header}: no data file beside the header; looked for {looked}", path=str(header))
    return candidates[0]


def _cubes_in(folder: Path) -> str:
    if not folder.is_dir():
        return f"; the folder {folder} does not exist either"
    headers = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".hdr")
    return f"; {folder} holds {_names(headers)}" if headers else f"; {folder} holds no .hdr file"


def _names(paths: list[Path]) -> str:
    names = ", ".join(path.name for path in paths[:_SHOWN])
    return names + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
