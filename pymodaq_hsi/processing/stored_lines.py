"""Lines of cubes on disk, read in blocks by whoever has the path: another thread, process or machine.

Nothing is mapped: a limit on the address space is no limit on the cube.
"""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from h5modules.exporting import CubeView, StoredLoader
from pymodaq_hsi.errors import CubeError

if TYPE_CHECKING:
    from pymodaq_hsi.envi.header import Interleave

__all__ = ["HDF5_LOCK", "EnviLines", "Hdf5Lines", "LineReader", "close_files", "empty_lines", "view_of"]

HDF5_LOCK = threading.RLock()
"""HDF5 as PyTables has it is not thread-safe, whichever files are read or written."""

_OPEN_AT_MOST = 8
_opened: OrderedDict[tuple[str, str, int], tuple[StoredLoader, CubeView]] = OrderedDict()

_AXES = {"bip": (0, 1, 2), "bil": (0, 2, 1), "bsq": (2, 0, 1)}
"""Of the file: which dimension of (lines, pixels, bands) is first, second, third."""


class LineReader(Protocol):
    """Reads blocks of a cube; small when it is pickled."""

    @property
    def path(self) -> str:
        """The file with the samples."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Lines, pixels, bands."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the samples, in native byte order."""

    @property
    def interleave(self) -> Interleave:
        """How blocks lie in memory, and samples in the file."""

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return lines ``[start:stop]``, ``(n, pixels, bands)``."""

    def aligned(self, lines: int) -> int:
        """Return a number of lines, about as many, of which blocks read nothing twice."""


def view_of(stored: npt.NDArray[Any], interleave: Interleave) -> npt.NDArray[Any]:
    """Return an array that lies as the file does as ``(lines, pixels, bands)``."""
    axes = _AXES[interleave]
    return stored.transpose([axes.index(axis) for axis in range(3)])


def empty_lines(shape: tuple[int, int, int], dtype: np.dtype[Any], interleave: Interleave) -> npt.NDArray[Any]:
    """Return an array ``(lines, pixels, bands)`` that lies in memory as the interleave says."""
    return view_of(np.empty([shape[axis] for axis in _AXES[interleave]], dtype), interleave)


@dataclass(frozen=True)
class EnviLines:
    """Lines of an ENVI file's data; see `LineReader`.

    Attributes
    ----------
    stored : str
        Sample type in the file, with its byte order.
    offset : int
        Bytes before the first sample.
    """

    path: str
    shape: tuple[int, int, int]
    stored: str
    interleave: Interleave
    offset: int = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """In native byte order."""
        return np.dtype(self.stored).newbyteorder("=")

    @property
    def ndim(self) -> int:
        """Three."""
        return 3

    def aligned(self, lines: int) -> int:
        """Return `lines`: any number will do."""
        return lines

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Return a part, by slices: what Dask asks for."""
        keys = key if isinstance(key, tuple) else (key,)
        start, stop, step = keys[0].indices(self.shape[0])
        return self.read(start, max(start, stop))[(slice(None, None, step), *keys[1:])]

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return lines ``[start:stop]``, ``(n, pixels, bands)``.

        Raises
        ------
        CubeError
            The file is gone, or shorter than it was.
        """
        lines, pixels, bands = self.shape
        block = empty_lines((stop - start, pixels, bands), np.dtype(self.stored), self.interleave)
        row = pixels * block.itemsize
        try:
            with open(self.path, "rb", buffering=0) as file:
                if self.interleave == "bsq":
                    for band in range(bands):
                        self._fill(file, self.offset + (band * lines + start) * row, block[:, :, band])
                else:
                    whole = block if self.interleave == "bip" else block.transpose(0, 2, 1)
                    self._fill(file, self.offset + start * bands * row, whole)
        except OSError as error:
            raise CubeError(
                f"{self.path}: lines {start} to {stop - 1} cannot be read ({error.strerror or error}); was the file "
                "moved? Other computers need the same path to it (a shared folder)"
            ) from error
        return block.astype(self.dtype, copy=False)

    def _fill(self, file: Any, position: int, part: npt.NDArray[Any]) -> None:
        rest = part.reshape(-1).view(np.uint8).data
        file.seek(position)
        while rest:
            count = file.readinto(rest)
            if not count:
                raise CubeError(
                    f"{self.path} ends at byte {file.tell()}, before its last line: it was changed meanwhile"
                )
            rest = rest[count:]


@dataclass(frozen=True)
class Hdf5Lines:
    """Lines of an array in an HDF5 file, whatever the order of its dimensions; see `LineReader`.

    Attributes
    ----------
    node : str
        Path of the array in the file.
    """

    path: str
    node: str
    shape: tuple[int, int, int]
    stored: str

    @property
    def interleave(self) -> Interleave:
        """Blocks have bands beside bands."""
        return "bip"

    @property
    def dtype(self) -> np.dtype[Any]:
        """In native byte order."""
        return np.dtype(self.stored).newbyteorder("=")

    def aligned(self, lines: int) -> int:
        """Return whole chunks of the file."""
        with HDF5_LOCK:
            view = self._view()
            if len(view.line_dims) != 1:
                return lines
            size = lines * self.shape[1] * self.shape[2] * self.dtype.itemsize
            found = view.array.block_shape(size)[view.line_dims[0]]
        return max(1, found) if found <= lines else lines

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return lines ``[start:stop]``, ``(n, pixels, bands)``.

        Raises
        ------
        CubeError
            The file is gone, or another one.
        """
        with HDF5_LOCK:
            try:
                block = self._view()[start:stop]
            except (OSError, RuntimeError, LookupError) as error:
                raise CubeError(
                    f"{self.path}: lines {start} to {stop - 1} of {self.node} cannot be read: {error}. Other computers "
                    "need the same path to the file (a shared folder)"
                ) from error
        return block.astype(self.dtype, copy=False)

    def _view(self) -> CubeView:
        key = (self.path, self.node, Path(self.path).stat().st_mtime_ns)
        found = _opened.pop(key, None)
        if found is None:
            loader = StoredLoader(self.path)
            try:
                data = loader.stored(self.node)[0]
            except BaseException:
                loader.close_file()
                raise
            found = (loader, CubeView.of(data))
        _opened[key] = found
        while len(_opened) > _OPEN_AT_MOST:
            _opened.popitem(last=False)[1][0].close_file()
        return found[1]


def close_files() -> None:
    """Close the HDF5 files that were left open for the next block."""
    with HDF5_LOCK:
        while _opened:
            _opened.popitem()[1][0].close_file()


atexit.register(close_files)  # PyTables warns of files that are open in the end
