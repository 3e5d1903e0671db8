"""What can be written as a cube, seen as blocks of whole lines."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import EnviError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pymodaq_hsi.envi.header import EnviHeader

__all__ = ["ArrayLike3D", "LineBlocks", "WritesLines", "line_blocks"]

_BLOCK_BYTES = 16 * 2**20


@runtime_checkable
class ArrayLike3D(Protocol):
    """An array in memory or in a file (ndarray, memmap, HDF5 dataset, Dask array)."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def __getitem__(self, key: slice, /) -> Any: ...


@runtime_checkable
class WritesLines(Protocol):
    """A cube that puts its samples into the file itself: from several threads or machines, in any order."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def __getitem__(self, key: slice, /) -> Any: ...
    def write_lines(self, path: Path, header: EnviHeader) -> None:
        """Fill the file at `path`, which is empty, with all lines, as the header says; `header.lines` is right."""


@dataclass(frozen=True)
class LineBlocks:
    """A cube to be written: `blocks()` gives arrays of shape (n, pixels, bands), once; `lines` is None if unknown."""

    dtype: np.dtype[Any]
    pixels: int
    bands: int
    lines: int | None
    blocks: Callable[[], Iterator[npt.NDArray[Any]]]


def line_blocks(data: ArrayLike3D | Iterable[npt.ArrayLike], path: str) -> LineBlocks:
    """See an array (lines, pixels, bands) or an iterable of lines (pixels, bands) as blocks.

    Raises
    ------
    EnviError
        When there is no line, or the shape is another one; `path` is for the message. While iterating: when a line
        differs from the first in shape or sample type.
    """
    if isinstance(data, ArrayLike3D):
        if len(data.shape) != 3 or 0 in data.shape:
            raise EnviError(
                f"{path}: data of shape {tuple(data.shape)} cannot be written; expected (lines, pixels, bands), "
                "each at least 1",
                path=path,
            )
        return _blocks_of_array(data)
    iterator = iter(data)
    first = next(iterator, None)
    if first is None:
        raise EnviError(f"{path}: there are no lines to write; nothing was written", path=path)
    return _blocks_of_lines(np.asarray(first), iterator, path)


def _blocks_of_array(data: ArrayLike3D) -> LineBlocks:
    lines, pixels, bands = data.shape
    dtype = np.dtype(data.dtype)
    step = max(1, _BLOCK_BYTES // (pixels * bands * dtype.itemsize))

    def blocks() -> Iterator[npt.NDArray[Any]]:
        for start in range(0, lines, step):
            yield np.asarray(data[start : start + step])

    return LineBlocks(dtype, pixels, bands, lines, blocks)


def _blocks_of_lines(first: npt.NDArray[Any], rest: Iterator[npt.ArrayLike], path: str) -> LineBlocks:
    if first.ndim != 2 or 0 in first.shape:
        raise EnviError(
            f"{path}: a line of shape {first.shape} cannot be written; expected (pixels, bands), each at least 1",
            path=path,
        )

    def blocks() -> Iterator[npt.NDArray[Any]]:
        for number, item in enumerate(itertools.chain([first], rest)):
            line = np.asarray(item)
            if line.shape != first.shape or line.dtype != first.dtype:
                raise EnviError(
                    f"{path}: line {number} has shape {line.shape} and type {line.dtype}, the first had {first.shape} "
                    f"and {first.dtype}; all lines of a cube must agree; nothing was written",
                    path=path,
                )
            yield line[np.newaxis]

    pixels, bands = first.shape
    return LineBlocks(first.dtype, pixels, bands, None, blocks)
