"""What is done to a block of lines, wherever that is; and where it goes in a file that many write to."""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.processing.stored_lines import empty_lines

if TYPE_CHECKING:
    from pymodaq_hsi.envi.header import Interleave
    from pymodaq_hsi.processing.chain import Chain
    from pymodaq_hsi.processing.stored_lines import LineReader

__all__ = ["BlockKernel", "EnviRegions", "computed", "problem_with_file", "written"]


class BlockKernel:
    """Brings blocks of raw lines through a chain, line by line as a live recording does.

    Parameters
    ----------
    chain : Chain
        It is not changed; threads can share the kernel.
    missing : ndarray of bool, optional
        Which samples of the cube were not measured, ``(lines, pixels or 1, bands or 1)``.

    Attributes
    ----------
    shape : tuple of int
        Of a line that comes out: (pixels, bands).
    dtype : dtype
    """

    def __init__(self, chain: Chain, missing: npt.NDArray[np.bool_] | None = None) -> None:
        self._chain = copy.copy(chain)
        self._chain.white = self._chain.dark = None  # not needed for lines, and large for a network
        self.missing = missing
        self.shape = chain.shape
        self.dtype = np.dtype(chain.dtype)

    def __call__(self, block: npt.NDArray[Any], out: npt.NDArray[Any], first: int = 0) -> int:
        """Put ``(n, pixels, bands)`` through, lines of the cube from `first` on; return how many were saturated."""
        count = 0
        for number, (line, place) in enumerate(zip(block, out, strict=True), first):
            missing = None if self.missing is None else np.broadcast_to(self.missing[number], line.shape)
            saturated = self._chain.line(line, place, missing)
            if saturated is not None:
                count += int(np.count_nonzero(saturated))
        return count

    def array(self, block: npt.NDArray[Any], block_info: Any = None) -> npt.NDArray[Any]:
        """Return a block ``(n, pixels, bands)`` as it comes out, in memory as it came in; Dask says which it is."""
        out = np.empty((len(block), *self.shape), self.dtype)
        self(block, out, block_info[0]["array-location"][0][0] if block_info else 0)
        return out


@dataclass(frozen=True)
class EnviRegions:
    """The data file of a cube, whose size is known, open to be written block by block in any order.

    Attributes
    ----------
    path : str
    shape : tuple of int
        (lines, pixels, bands).
    stored : str
        Sample type in the file.
    """

    path: str
    shape: tuple[int, int, int]
    stored: str
    interleave: Interleave
    offset: int = 0

    def write(self, start: int, block: npt.NDArray[Any]) -> None:
        """Write lines ``(n, pixels, bands)`` from `start` on; writing them again does no harm."""
        lines, pixels, bands = self.shape
        block = block.astype(self.stored, copy=False)
        row = pixels * block.itemsize
        with open(self.path, "r+b", buffering=0) as file:
            if self.interleave == "bsq":
                for band in range(bands):
                    _put(file, self.offset + (band * lines + start) * row, block[:, :, band])
            else:
                whole = block if self.interleave == "bip" else block.transpose(0, 2, 1)
                _put(file, self.offset + start * bands * row, whole)


def _put(file: Any, position: int, part: npt.NDArray[Any]) -> None:
    rest = np.ascontiguousarray(part).reshape(-1).view(np.uint8).data
    file.seek(position)
    while rest:  # an unbuffered file may take less than it is given
        rest = rest[file.write(rest) :]


def computed(
    kernel: BlockKernel | None, reader: LineReader, start: int, stop: int, interleave: Interleave
) -> tuple[npt.NDArray[Any], int]:
    """Read a block, and return what becomes of it with the number of saturated samples; None leaves it as it is."""
    block = reader.read(start, stop)
    if kernel is None:
        return block, 0
    out = empty_lines((len(block), *kernel.shape), kernel.dtype, interleave)
    saturated = kernel(block, out, start)
    return out, saturated


def written(kernel: BlockKernel | None, reader: LineReader, start: int, stop: int, target: EnviRegions) -> int:
    """Read a block, and write what becomes of it; return the number of saturated samples."""
    block, saturated = computed(kernel, reader, start, stop, target.interleave)
    target.write(start, block)
    return saturated


def problem_with_file(path: str, size: int | None = None, *, writable: bool = False) -> str:
    """Return what is wrong with a file here, "" if it is the one that is meant and can be opened."""
    try:
        with open(path, "r+b" if writable else "rb"):
            found = os.stat(path).st_size
    except OSError as error:
        return str(error.strerror or error)
    return "" if size is None or found == size else f"it has {found} bytes there, and {size} here"
