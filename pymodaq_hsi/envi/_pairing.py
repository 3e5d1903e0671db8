"""Which header belongs to which data file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi.envi._text import looks_like_header
from pymodaq_hsi.errors import EnviError, EnviNotFound

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DATA_SUFFIXES", "cube_stem", "find_data", "find_header", "siblings"]

DATA_SUFFIXES = ("", ".raw", ".dat", ".img", ".bin", ".bil", ".bip", ".bsq")
_HEADER_SUFFIXES = tuple(suffix + ".hdr" for suffix in DATA_SUFFIXES)
_PACKED = (".gz", ".tgz", ".zip", ".bz2", ".xz", ".zst", ".7z", ".rar")
_INNER_FOLDERS = ("capture", "results")  # Specim's
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
    return [path for path in _alike(folder, stem, suffixes) if path.name.startswith(stem)]


def _alike(folder: Path, stem: str, suffixes: tuple[str, ...]) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.lower().startswith(stem.lower()) and path.name[len(stem) :].lower() in suffixes and path.is_file()
    )


def _siblings_in_any_case(folder: Path, stem: str, suffixes: tuple[str, ...]) -> list[Path]:
    """Return `siblings`; where there are none, files whose names differ from `stem` in upper and lower case."""
    return siblings(folder, stem, suffixes) or _alike(folder, stem, suffixes)


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
    stems = [path.name]
    if path.is_file():
        stems += [cube_stem(path), path.stem]
    headers: list[Path] = []
    for stem in stems:
        headers = headers or [found for found in _siblings_in_any_case(path.parent, stem, (".hdr",)) if found != path]
    if not path.is_file():
        headers = headers or siblings(path.parent, path.name, _HEADER_SUFFIXES)
        if path.suffix.lower() == ".hdr":
            headers = headers or _alike(path.parent, path.name, ("",))
    if len(headers) > 1:
        raise EnviError(f"{path}: has more than one header: {_names(headers)}; name one of them", path=str(path))
    if headers:
        return headers[0], path if path.is_file() else None
    if not path.is_file():
        raise EnviNotFound(f"{path}: no such file{_cubes_in(path.parent)}", path=str(path))
    if looks_like_header(path):
        return path, None
    looked = " and ".join(f"{stem}.hdr" for stem in dict.fromkeys(stems[:2]))
    raise EnviNotFound(f"{path}: no ENVI header beside this file; looked for {looked}", path=str(path))


def find_data(header: Path, size: int = 0) -> Path:
    """Return the data file beside a header.

    Parameters
    ----------
    header : Path
    size : int
        Bytes that it should have. Where no file has one of the usual endings, the one of this size is taken; 0: none.

    Raises
    ------
    EnviNotFound
        When there is none, naming what was looked for.
    EnviError
        When there are several, naming them.
    """
    stem = header.name[: -len(".hdr")] if header.suffix.lower() == ".hdr" else header.name
    candidates = [path for path in _siblings_in_any_case(header.parent, stem, DATA_SUFFIXES) if path != header]
    if len(candidates) > 1:
        unclaimed = [
            path for path in candidates if not siblings(path.parent, path.name, (".hdr",)) or path.name == stem
        ]
        candidates = unclaimed or candidates
    others = [] if candidates else _of_other_endings(header, stem)
    candidates = candidates or [path for path in others if size and not _packed(path) and path.stat().st_size == size]
    if len(candidates) > 1:
        raise EnviError(
            f"{header}: more than one data file could be meant: {_names(candidates)}; "
            "name the data file instead of the header, or move the others away",
            path=str(header),
        )
    if not candidates:
        looked = ", ".join(stem + suffix for suffix in DATA_SUFFIXES)
        raise EnviNotFound(
            f"{header}: no data file beside the header; looked for {looked}{_what_to_do(others)}", path=str(header)
        )
    return candidates[0]


def _of_other_endings(header: Path, stem: str) -> list[Path]:
    return sorted(
        path
        for path in header.parent.iterdir()
        if path.name.lower().startswith(f"{stem.lower()}.") and path.suffix.lower() != ".hdr" and path.is_file()
    )


def _packed(path: Path) -> bool:
    return path.suffix.lower() in _PACKED


def _what_to_do(others: list[Path]) -> str:
    packed = [path for path in others if _packed(path)]
    if packed:
        return f"; {_names(packed)} is compressed: unpack it first, compressed samples cannot be mapped"
    return f"; there are {_names(others)}: if one of them is it, name it instead of the header" if others else ""


def _cubes_in(folder: Path) -> str:
    if not folder.is_dir():
        return f"; the folder {folder} does not exist either"
    for place in (folder, *(folder / name for name in _INNER_FOLDERS)):
        headers = sorted(path for path in place.iterdir() if path.suffix.lower() == ".hdr") if place.is_dir() else []
        if headers:
            return f"; {place} holds {_names(headers)}"
    return f"; {folder} holds no .hdr file"


def _names(paths: list[Path]) -> str:
    names = ", ".join(path.name for path in paths[:_SHOWN])
    return names + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
