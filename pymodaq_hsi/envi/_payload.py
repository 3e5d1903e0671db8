"""The data file: blocks of lines into BIP, BIL or BSQ."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.envi._blocks import LineBlocks, line_blocks
from pymodaq_hsi.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

    import numpy.typing as npt

    from pymodaq_hsi.envi.header import Interleave

__all__ = ["failures_as_output_errors", "write_payload"]


@contextmanager
def failures_as_output_errors(target: Path, doing: str) -> Iterator[None]:
    """Turn what the operating system refuses into an `OutputError` that says how much room is left."""
    try:
        yield
    except OSError as error:
        room = ""
        if target.parent.is_dir():
            room = f"; {shutil.disk_usage(target.parent).free / 1e6:.0f} MB are free in {target.parent}"
        raise OutputError(
            f"{target}: {doing} failed ({error.strerror or error}){room}; nothing was left there, "
            "write to another place"
        ) from error


def write_payload(
    file: FileIO, source: LineBlocks, interleave: Interleave, dtype: np.dtype[Any], offset: int, target: Path
) -> int:
    """Write all blocks in the given order and type, and return the number of lines.

    BSQ needs the number of lines in advance: where it is unknown, the lines go to a second temporary file first.
    """
    if interleave == "bsq" and source.lines is None:
        return _spooled(file, source, dtype, offset, target)
    with failures_as_output_errors(target, "writing"):
        _write(file, np.zeros(offset, np.uint8))
    lines = 0
    for block in source.blocks():
        converted = block.astype(dtype, copy=False)
        with failures_as_output_errors(target, f"writing line {lines}"):
            if interleave == "bsq":
                _write_bands(file, converted, lines, source, offset)
            else:
                _write(file, converted if interleave == "bip" else converted.transpose(0, 2, 1))
        lines += len(block)
    return lines


def _write_bands(file: FileIO, block: npt.NDArray[Any], start: int, source: LineBlocks, offset: int) -> None:
    row = source.pixels * block.itemsize
    assert source.lines is not None
    for band in range(source.bands):
        file.seek(offset + (band * source.lines + start) * row)
        _write(file, block[:, :, band])


def _spooled(file: FileIO, source: LineBlocks, dtype: np.dtype[Any], offset: int, target: Path) -> int:
    spool = Path(f"{file.name!s}.bip")
    try:
        with failures_as_output_errors(target, "opening a temporary file"):
            lines_file = spool.open("xb", buffering=0)
        with lines_file:
            lines = write_payload(lines_file, source, "bip", dtype, 0, target)
        cube = np.memmap(spool, dtype, "r", 0, (lines, source.pixels, source.bands))
        return write_payload(file, line_blocks(cube, str(target)), "bsq", dtype, offset, target) if lines else 0
    finally:
        spool.unlink(missing_ok=True)


def _write(file: FileIO, array: npt.NDArray[Any]) -> None:
    rest = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    while rest:  # an unbuffered file may take less than it is given
        rest = rest[file.write(rest) :]
