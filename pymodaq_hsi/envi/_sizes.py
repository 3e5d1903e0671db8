"""What the size of a data file says of the lines that are in it, and of what it is when it does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.envi._layout import DATA_TYPES
from pymodaq_hsi.errors import EnviError

if TYPE_CHECKING:
    from pathlib import Path

    from pymodaq_hsi.envi.header import EnviHeader

__all__ = ["lines_on_disk"]

_OTHER_FORMATS = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x89HDF": "HDF5",
    b"\x0e\x03\x13\x01": "HDF4",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",
}
"""How files begin that are no plain samples; asked only when the size does not fit."""

_PACKED = ("gzip", "zip", "bzip2", "xz", "zstd")


def lines_on_disk(header: EnviHeader, header_path: Path, data_path: Path, size: int) -> tuple[int, str]:
    """Return the lines to read and a remark, or raise when header and size contradict each other."""
    shape = f"{header.lines} x {header.samples} x {header.bands} {header.data_type.name}"
    available = size - header.header_offset
    whole, rest = divmod(max(available, 0), header.line_bytes)

    def contradiction(why: str, what_to_do: str) -> EnviError:
        other = _other_format(data_path)
        if other:
            why += f", and it begins as {other} does"
            what_to_do = "unpack it first" if other in _PACKED else f"open it with a reader of {other}"
        return EnviError(
            f"{header_path}: the header ({shape}, offset {header.header_offset}) asks for {header.data_bytes} bytes, "
            f"{data_path.name} has {size}: {why}; {what_to_do}",
            path=str(header_path),
        )

    if available <= 0 and header.header_offset:
        raise contradiction("'header offset' lies beyond the data", "correct 'header offset'")
    if not whole:
        raise contradiction(
            f"not even one line of {header.line_bytes} bytes",
            "correct 'samples', 'bands' or 'data type', or find the right data file",
        )
    if header.lines == 0:
        if rest and header.interleave == "bsq":
            raise contradiction("'lines' is 0 and the size is no whole number of lines", "correct the header")
        remark = f"{data_path}: 'lines' is 0, its size says {whole}"
        return whole, remark + (f" and {rest} bytes of an unfinished one" if rest else "")
    if size == header.data_bytes:
        return header.lines, ""
    other = _fitting_types(header, available)
    if other and (size > header.data_bytes or not _from_a_camera(header.data_type)):
        raise contradiction(
            f"exactly the size for 'data type' {other}", "correct 'data type', or 'lines' (0: as many as there are)"
        )
    if size > header.data_bytes:
        return (
            header.lines,
            f"{data_path}: {size - header.data_bytes} bytes after the header's {header.lines} lines: ignored",
        )
    if header.interleave == "bsq":
        raise contradiction(
            "bands are missing, and a BSQ file that was cut off has no complete line",
            "correct the header, or record again as BIL or BIP",
        )
    remark = f"{data_path}: the header says {header.lines} lines, the file ends after {whole} whole ones: read those"
    return whole, remark + (f"; its size would also fit 'data type' {other}" if other else "")


def _other_format(data_path: Path) -> str:
    with data_path.open("rb") as file:
        beginning = file.read(8)
    return next((name for magic, name in _OTHER_FORMATS.items() if beginning.startswith(magic)), "")


def _fitting_types(header: EnviHeader, available: int) -> str:
    """Name the data types of another size with which header and file would agree."""
    per_type = header.lines * header.samples * header.bands
    return " or ".join(
        f"{code} ({np.dtype(name)})"
        for code, name in DATA_TYPES.items()
        if np.dtype(name).itemsize != header.data_type.itemsize and per_type * np.dtype(name).itemsize == available
    )


def _from_a_camera(data_type: np.dtype[Any]) -> bool:
    # A half-length file of camera counts is far more often an aborted recording than one of the wrong type;
    # floating-point cubes are computed, and not cut off at exactly a half.
    return data_type.kind in "iu" and data_type.itemsize <= 2
