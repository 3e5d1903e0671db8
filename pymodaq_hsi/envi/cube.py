"""Opening cubes: samples on disk seen as (lines, pixels, bands)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.envi._numbers import parse_number
from pymodaq_hsi.envi._pairing import find_data, find_header
from pymodaq_hsi.envi._sizes import lines_on_disk
from pymodaq_hsi.envi.header import EnviHeader, interpret_header
from pymodaq_hsi.envi.scaling import ScaledSamples, scaled, valid_samples
from pymodaq_hsi.errors import EnviError, EnviNotFound

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import numpy.typing as npt

    from pymodaq_hsi.envi.scaling import Scaling

__all__ = ["EnviCube", "describe_envi", "open_envi", "read_header"]

_log = logging.getLogger(__name__)

_FILE_AXES = {  # of the data file; each with the transposition to (lines, pixels, bands)
    "bip": ("lines", "samples", "bands"),
    "bil": ("lines", "bands", "samples"),
    "bsq": ("bands", "lines", "samples"),
}


@dataclass(frozen=True, eq=False)
class EnviCube:
    """An opened cube.

    Attributes
    ----------
    header : EnviHeader
    data : ndarray
        Shape (lines, pixels, bands), read-only, in the file's own sample type and byte order, not scaled: a view of
        the mapped file whatever its interleave.
    header_path, data_path : pathlib.Path
    warnings : tuple of str
        What was odd in the header or about the size, and how it was read. Logged as well.
    """

    header: EnviHeader
    data: npt.NDArray[Any]
    header_path: Path
    data_path: Path
    warnings: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Lines that are there, pixels, bands."""
        lines, pixels, bands = self.data.shape
        return lines, pixels, bands

    @property
    def wavelengths(self) -> npt.NDArray[np.float64] | None:
        """In nm, shape (bands,), in the file's order; None where the header has none."""
        return self.header.wavelengths

    def line(self, index: int) -> npt.NDArray[Any]:
        """Return one line, shape (pixels, bands), as a view.

        Raises
        ------
        IndexError
            Naming the number of lines.
        """
        lines = self.data.shape[0]
        if not -lines <= index < lines:
            raise IndexError(f"{self.header_path}: no line {index}; there are {lines}, counted from 0")
        view: npt.NDArray[Any] = self.data[index]
        return view

    @property
    def dark_start_line(self) -> int | None:
        """Line (counted from 0) from which the shutter was closed, by Specim's `autodarkstartline`; else None."""
        start = parse_number(self.header.metadata.get("autodarkstartline", ""))
        return start if isinstance(start, int) and 0 < start < self.data.shape[0] else None

    @property
    def scene(self) -> npt.NDArray[Any]:
        """The lines of `data` before the dark ones; all, where there are none."""
        return self.data[: self.dark_start_line]

    @property
    def dark_frames(self) -> npt.NDArray[Any] | None:
        """The dark lines at the end of `data`, or None."""
        start = self.dark_start_line
        return None if start is None else self.data[start:]

    def scaled(
        self, by: Scaling | None = None, dtype: npt.DTypeLike | None = None, *, lines: slice = slice(None)
    ) -> ScaledSamples:
        """Return the values that the samples stand for, of which nothing is read or computed before it is indexed.

        Parameters
        ----------
        by : {'reflectance scale factor', 'data gain values', 'data reflectance gain values'}, optional
            Which entry of the header to follow: samples are divided by a scale factor; multiplied by the gain of
            their band and added to its offset (as GDAL's scale and offset). By default the only one there is; none:
            samples are values.
        dtype : dtype, optional
            By default float32, or what holds the samples (float64 of 32-bit integers).
        lines : slice
            Of which lines; by default all.

        Returns
        -------
        ScaledSamples
            Shape (lines, pixels, bands); NaN where a sample is the header's 'data ignore value'.

        Raises
        ------
        EnviError
            There are several and none is named, there is no such entry, or its numbers do not fit the bands.

        Examples
        --------
        >>> import tempfile
        >>> from pymodaq_hsi.envi import write_envi
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     gains = {"data gain values": [0.5, 2.0], "data offset values": [1.0, 0.0]}
        ...     header = write_envi(f"{folder}/leaf", np.full((3, 4, 2), 10, "int16"), metadata=gains)
        ...     values = open_envi(header, memory_map=False).scaled()
        >>> values.shape, values.by, values[0, 0].tolist()
        ((3, 4, 2), 'data gain values', [6.0, 20.0])
        """
        return scaled(self, self.data[lines], by, dtype)

    def valid(self, lines: slice = slice(None)) -> npt.NDArray[np.bool_]:
        """Return which samples of some lines are neither NaN nor the header's 'data ignore value'.

        Parameters
        ----------
        lines : slice
            By default all; one at a time for a cube that is larger than memory.

        Returns
        -------
        ndarray of bool
            Shape (lines, pixels, bands). Bad bands (`header.bbl`) are not looked at.
        """
        return valid_samples(self.data[lines], self.header)


def read_header(path: str | os.PathLike[str]) -> EnviHeader:
    """Read the header of a cube.

    Parameters
    ----------
    path : str or path-like
        The header, or the data file beside it.

    Raises
    ------
    EnviNotFound
        No such file, or no header beside it.
    EnviError
        The header cannot be understood; the message has file, key and value.
    """
    header_path, _ = find_header(Path(path))
    header = interpret_header(header_path)
    for message in header.warnings:
        _log.warning(message)
    return header


def open_envi(
    path: str | os.PathLike[str], *, data: str | os.PathLike[str] | None = None, memory_map: bool = True
) -> EnviCube:
    """Open a cube.

    A BIL or BIP file that ends before the header's last line (an aborted recording) gives its whole lines, with a
    warning. Where the size tells that the sample type must be another one, it is an error.

    Parameters
    ----------
    path : str or path-like
        The header, or the data file beside it.
    data : str or path-like, optional
        The data file, where it is not beside the header or is not named like it.
    memory_map : bool
        Map the data file (nothing is read before it is touched), or read it into memory.

    Raises
    ------
    EnviNotFound
        No such file, no header, or no data file beside it.
    EnviError
        A header that cannot be understood, or that contradicts its data; more than one data file.

    Examples
    --------
    >>> import tempfile
    >>> from pymodaq_hsi.envi import write_envi
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     header = write_envi(f"{folder}/leaf.hdr", np.ones((3, 4, 2), "uint16"), wavelengths=[500, 600])
    ...     cube = open_envi(header, memory_map=False)
    >>> cube.shape, cube.data.dtype.name, cube.wavelengths.tolist()
    ((3, 4, 2), 'uint16', [500.0, 600.0])
    """

    def view(header: EnviHeader, data: Path, lines: int) -> npt.NDArray[Any]:
        return _view(header, data, lines, memory_map=memory_map)

    return _opened(Path(path), None if data is None else Path(data), view)


def describe_envi(path: str | os.PathLike[str], *, data: str | os.PathLike[str] | None = None) -> EnviCube:
    """Open a cube of any size for all but its samples, which are 0 in `data` and take no memory and no addresses.

    Parameters
    ----------
    path : str or path-like
        The header, or the data file beside it.
    data : str or path-like, optional
        As for `open_envi`.

    Raises
    ------
    EnviNotFound, EnviError
        As `open_envi` does.
    """

    def nothing(header: EnviHeader, data: Path, lines: int) -> npt.NDArray[Any]:
        del data
        return np.broadcast_to(np.zeros((), header.data_type), (lines, header.samples, header.bands))

    return _opened(Path(path), None if data is None else Path(data), nothing)


def _opened(path: Path, data_path: Path | None, view: Callable[[EnviHeader, Path, int], npt.NDArray[Any]]) -> EnviCube:
    header_path, named_data = find_header(path)
    header = interpret_header(header_path)
    if data_path is not None and not data_path.is_file():
        raise EnviNotFound(f"{data_path}: no such data file for {header_path}", path=str(data_path))
    data_path = data_path or named_data or find_data(header_path, header.data_bytes if header.lines else 0)
    try:
        size = data_path.stat().st_size
        lines, remark = lines_on_disk(header, header_path, data_path, size)
        data = view(header, data_path, lines)
    except OSError as error:
        raise EnviError(f"{data_path}: the data cannot be read ({error.strerror})", path=str(data_path)) from error
    warnings = (*header.warnings, remark) if remark else header.warnings
    for message in warnings:
        _log.warning(message)
    return EnviCube(header, data, header_path, data_path, warnings)


def _view(header: EnviHeader, data_path: Path, lines: int, *, memory_map: bool) -> npt.NDArray[Any]:
    axes = _FILE_AXES[header.interleave]
    counts = {"lines": lines, "samples": header.samples, "bands": header.bands}
    shape = tuple(counts[axis] for axis in axes)
    data: npt.NDArray[Any]
    if memory_map:
        data = np.memmap(data_path, header.data_type, "r", header.header_offset, shape)
    else:
        flat = np.fromfile(
            data_path, header.data_type, lines * header.samples * header.bands, offset=header.header_offset
        )
        data = flat.reshape(shape)
        data.flags.writeable = False
    return data.transpose([axes.index(axis) for axis in ("lines", "samples", "bands")])
