"""White, dark and illumination references that lie beside a cube."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pymodaq_hsi.envi._pairing import cube_stem
from pymodaq_hsi.envi.cube import EnviCube, open_envi
from pymodaq_hsi.errors import EnviError

if TYPE_CHECKING:
    import os
    from pathlib import Path

__all__ = ["References", "find_references", "open_reference"]

_CAPTURE = "capture"  # where Specim's recorders put raw data beside the processed


@dataclass(frozen=True)
class References:
    """Where a cube's references are.

    Attributes
    ----------
    white, dark, illumination : pathlib.Path or None
        Headers.
    dark_start_line : int or None
        The cube's own lines from this one on (counted from 0) are dark frames.
    """

    white: Path | None = None
    dark: Path | None = None
    illumination: Path | None = None
    dark_start_line: int | None = None


def find_references(cube: str | os.PathLike[str] | EnviCube) -> References:
    """Find the references of a cube by the names that recorders give them.

    For a cube X: `X_White`, `X_Dark`, `X_Illumination`; Specim's `WHITEREF_X`, `DARKREF_X` and `autodarkstartline`;
    Headwall's `whiteReference`, `darkReference`, also as `X_whiteReference`, `X_darkReference`; in upper or lower case,
    in the cube's folder, in `capture/` under it or beside it. A name with X in it goes before one without, the cube's
    own folder before the others.

    Parameters
    ----------
    cube : str, path-like or EnviCube
        Header or data file of the cube, or the cube.

    Raises
    ------
    EnviError
        As `open_envi` does.
    """
    cube = cube if isinstance(cube, EnviCube) else open_envi(cube)
    header = cube.header_path
    stem = cube_stem(header).lower()
    folders = dict.fromkeys((header.parent, header.parent / _CAPTURE, header.parent.parent / _CAPTURE))
    headers = [
        candidate
        for folder in folders
        if folder.is_dir()
        for candidate in sorted(folder.iterdir())
        if candidate.suffix.lower() == ".hdr" and candidate != header and candidate.is_file()
    ]

    def first(*names: str) -> Path | None:
        for name in names:
            for candidate in headers:
                if cube_stem(candidate).lower() == name:
                    return candidate
        return None

    return References(
        white=first(f"{stem}_white", f"whiteref_{stem}", f"{stem}_whitereference", "whitereference"),
        dark=first(f"{stem}_dark", f"darkref_{stem}", f"{stem}_darkreference", "darkreference"),
        illumination=first(f"{stem}_illumination"),
        dark_start_line=cube.dark_start_line,
    )


def open_reference(path: str | os.PathLike[str], cube: EnviCube) -> EnviCube:
    """Open a reference and check that it belongs to the cube's kind of lines.

    Parameters
    ----------
    path : str or path-like
        Header or data file of the reference.
    cube : EnviCube
        Whose pixels and bands it must have. The number of lines is free.

    Raises
    ------
    EnviError
        With both shapes, when pixels or bands differ.
    """
    reference = open_envi(path)
    if reference.shape[1:] != cube.shape[1:]:
        raise EnviError(
            f"{reference.header_path}: a reference of shape {reference.shape} (lines, pixels, bands) does not fit "
            f"the cube {cube.header_path.name} of shape {cube.shape}; "
            "pixels and bands must be equal: record it with the same region and binning",
            path=str(reference.header_path),
        )
    return reference
