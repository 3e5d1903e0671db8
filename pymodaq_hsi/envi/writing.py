"""Writing cubes, block by block, so that a cube of any size passes through little memory."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pymodaq_hsi.envi._blocks import ArrayLike3D, WritesLines, line_blocks
from pymodaq_hsi.envi._checks import Checks
from pymodaq_hsi.envi._format import format_header
from pymodaq_hsi.envi._pairing import DATA_SUFFIXES, siblings
from pymodaq_hsi.envi._payload import failures_as_output_errors, write_payload
from pymodaq_hsi.envi.header import EnviHeader, Interleave
from pymodaq_hsi.errors import OutputError, OutputExists

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from pymodaq_hsi.envi._checks import Scalar

__all__ = ["write_envi"]

_DEFAULT_SUFFIX = ".raw"


def write_envi(
    path: str | os.PathLike[str],
    data: ArrayLike3D | Iterable[npt.ArrayLike],
    *,
    interleave: Interleave | None = None,
    byte_order: Literal["little", "big"] = "little",
    header_offset: int = 0,
    wavelengths: npt.ArrayLike | None = None,
    fwhm: npt.ArrayLike | None = None,
    band_names: Sequence[str] | None = None,
    bbl: npt.ArrayLike | None = None,
    reflectance_scale_factor: float | None = None,
    data_ignore_value: int | float | None = None,
    default_bands: Sequence[int] | None = None,
    acquisition_time: str | dt.datetime | None = None,
    metadata: Mapping[str, Scalar | Iterable[Scalar]] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a cube: a data file, then its header.

    Both are written under temporary names and renamed when complete, the header last: whoever finds the header finds
    a whole cube. An error or an interruption leaves nothing behind, and an older cube of that name as it was.

    Parameters
    ----------
    path : str or path-like
        `x.hdr` or `x` (the data go to `x.raw`), or the data file such as `x.bil` (the header is `x.hdr`).
    data : array-like or iterable of ndarray
        Shape (lines, pixels, bands), in memory or a file; or any number of lines of shape (pixels, bands).
        The sample type is kept. One that `WritesLines` fills the file itself.
    interleave : {'bip', 'bil', 'bsq'}, optional
        By default what the name of the data file says (`x.bil`, `x.bsq.hdr`), else BIP.
    byte_order : {'little', 'big'}
    header_offset : int
        Zero bytes before the first sample.
    wavelengths, fwhm : array-like, optional
        In nm, one for each band.
    band_names : sequence of str, optional
    bbl : array-like, optional
        For each band whether it is good.
    reflectance_scale_factor, data_ignore_value : float, optional
    default_bands : sequence of int, optional
        Counted from 1.
    acquisition_time : str or datetime, optional
    metadata : mapping, optional
        Further keys: text, numbers, or lists of them.
    overwrite : bool
        Replace a cube that is there.

    Returns
    -------
    pathlib.Path
        The header.

    Raises
    ------
    EnviError
        For data or values that an ENVI file cannot hold.
    OutputExists
        When header or data file exist and `overwrite` is False, or when a file beside would make the pair ambiguous.
    OutputError
        When the operating system refuses: no such folder, no permission, disk full.
    """
    header_path, data_path = _targets(Path(path))
    _check_free(header_path, data_path, overwrite=overwrite)
    source = line_blocks(data, str(header_path))
    check = Checks(str(header_path), source.bands)
    header = EnviHeader(
        samples=source.pixels,
        lines=0,
        bands=source.bands,
        data_type=check.data_type(source.dtype, byte_order),
        interleave=check.interleave(_named(data_path) if interleave is None else interleave),
        header_offset=check.offset(header_offset),
        wavelengths=check.per_band("wavelengths", wavelengths, positive=True),
        fwhm=check.per_band("fwhm", fwhm),
        band_names=check.names(band_names),
        bbl=check.flags(bbl),
        reflectance_scale_factor=check.positive("reflectance_scale_factor", reflectance_scale_factor),
        data_ignore_value=data_ignore_value,
        default_bands=check.default_bands(default_bands),
        acquisition_time=check.time(acquisition_time),
        metadata=check.metadata(metadata),
    )
    mark = uuid.uuid4().hex[:8]
    data_part = data_path.with_name(f".{data_path.name}.{mark}.part")
    header_part = header_path.with_name(f".{header_path.name}.{mark}.part")
    try:
        with failures_as_output_errors(data_path, "creating the file"):
            file = data_part.open("xb", buffering=0)
        with file:
            if isinstance(data, WritesLines):
                lines = data.shape[0]
                with failures_as_output_errors(data_path, "writing"):
                    data.write_lines(data_part, replace(header, lines=lines))
            else:
                lines = write_payload(file, source, header.interleave, header.data_type, header_offset, data_path)
            with failures_as_output_errors(data_path, "writing"):
                os.fsync(file.fileno())
        with failures_as_output_errors(header_path, "writing"):
            header_part.write_text(format_header(replace(header, lines=lines)), encoding="utf-8", newline="\n")
            # An old header must never describe new data, not even for a moment.
            header_path.unlink(missing_ok=True)
            data_part.replace(data_path)
            header_part.replace(header_path)
    finally:
        data_part.unlink(missing_ok=True)
        header_part.unlink(missing_ok=True)
    return header_path


def _targets(path: Path) -> tuple[Path, Path]:
    """Return header and data file for the path that the caller gave."""
    suffix = path.suffix.lower()
    if suffix == ".hdr":
        stem = path.with_suffix("")
        named = stem.suffix.lower() in DATA_SUFFIXES[1:]
        return path, stem if named else stem.with_name(stem.name + _DEFAULT_SUFFIX)
    if suffix in DATA_SUFFIXES[1:]:
        return path.with_suffix(".hdr"), path
    return path.with_name(path.name + ".hdr"), path.with_name(path.name + _DEFAULT_SUFFIX)


def _named(data: Path) -> Interleave:
    named: dict[str, Interleave] = {".bil": "bil", ".bsq": "bsq"}
    return named.get(data.suffix.lower(), "bip")


def _check_free(header: Path, data: Path, *, overwrite: bool) -> None:
    if not header.parent.is_dir():
        raise OutputError(f"{header}: the folder {header.parent} does not exist; create it first")
    there = [path.name for path in (header, data) if path.exists()]
    if there and not overwrite:
        raise OutputExists(f"{header}: {' and '.join(there)} exist; choose another name, or ask for overwriting")
    stem = header.name[: -len(".hdr")]
    others = [path.name for path in siblings(header.parent, stem, DATA_SUFFIXES) if path not in (header, data)]
    if others:
        raise OutputExists(
            f"{header}: {', '.join(others)} in the same folder would be taken for its data too; choose "
            "another name, or move that away"
        )
