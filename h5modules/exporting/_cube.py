"""Arrays seen as cubes of lines, pixels and bands, wherever their spectral dimension is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from h5modules.data import Axis
    from h5modules.exporting._arrays import StoredArray
    from h5modules.exporting._stored import StoredData

__all__ = ["CubeView", "cubes_first", "why_no_cube"]

_BLOCK = 16 << 20
_NANOMETRES = {
    "nm": 1.0,
    "nanometer": 1.0,
    "nanometers": 1.0,
    "nanometre": 1.0,
    "nanometres": 1.0,
    "um": 1e3,
    "µm": 1e3,
    "μm": 1e3,
    "micron": 1e3,
    "microns": 1e3,
    "micrometer": 1e3,
    "micrometers": 1e3,
    "micrometre": 1e3,
    "micrometres": 1e3,
    "m": 1e9,
}
_SPECTRAL = ("wavelength", "wave length", "lambda", "λ", "band", "channel", "spectr", "wavenumber", "energy")
_SAYS_LENGTH = ("wavelength", "wave length", "lambda", "λ")


def why_no_cube(data: StoredData) -> str:
    """Return why an array cannot be seen as a cube; "" if it can."""
    if len(data.shape) < 2:
        return f"its shape is {data.shape}, and an image or a cube (lines, pixels, bands) is needed"
    return ""


def cubes_first(data: StoredData) -> int:
    """Rank cubes before images."""
    return int(len(data.shape) >= 3)


def _is_spectral(axis: Axis) -> bool:
    label = axis.label.lower()
    length = axis.units.lower() in _NANOMETRES and axis.units != "m"
    return any(word in label for word in _SPECTRAL) or (length and "position" not in label)


def _names(data: StoredData, dim: int) -> tuple[str, ...]:
    said = getattr(data.described, "band_names", None)
    names = tuple(said) if isinstance(said, list | tuple) and all(isinstance(name, str) for name in said) else ()
    return names if len(names) == data.shape[dim] else ()


@dataclass(frozen=True)
class CubeView:
    """An array of a file as ``(lines, pixels, bands)``, read line by line.

    The spectral dimension is the one whose axis says so (its label, or a unit of wavelengths), else the last of three
    or more; an image without one has a single band. Dimensions before the last two that remain are counted as lines.

    Attributes
    ----------
    array : StoredArray
    band_dim : int or None
        Which dimension of the array has the bands.
    axis : Axis or None
        Along the bands.
    spectral : bool
        Whether the axis says that it is spectral; otherwise the last dimension is taken for it.
    names : tuple of str
        Of the bands, where the data has an attribute `band_names` that fits them.
    """

    array: StoredArray
    band_dim: int | None
    axis: Axis | None
    spectral: bool = False
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: StoredData, number: int = 0) -> CubeView:
        """Return the view of one of the arrays of some data."""
        dims = range(len(data.shape))
        spectral = [(dim, axis) for dim in dims for axis in data.axes_at(dim)[:1] if _is_spectral(axis)]
        if spectral:
            # a length is more telling than a word; of equals the last
            dim, axis = max(spectral, key=lambda item: (any(w in item[1].label.lower() for w in _SAYS_LENGTH), item[0]))
            return cls(data.arrays[number], dim, axis, spectral=True, names=_names(data, dim))
        if len(data.shape) >= 3:
            last = len(data.shape) - 1
            axes = data.axes_at(last)
            return cls(data.arrays[number], last, axes[0] if axes else None, names=_names(data, last))
        return cls(data.arrays[number], None, None)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Sample type, in native byte order; truth values are bytes."""
        dtype = self.array.dtype
        return np.dtype(np.uint8) if dtype.kind == "b" else dtype.newbyteorder("=")

    @property
    def _others(self) -> list[int]:
        return [dim for dim in range(self.array.ndim) if dim != self.band_dim]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Lines, pixels, bands."""
        others = [self.array.shape[dim] for dim in self._others]
        bands = 1 if self.band_dim is None else self.array.shape[self.band_dim]
        return math.prod(others[:-1]), others[-1], bands

    @property
    def line_dims(self) -> list[int]:
        """Dimensions of the array that are counted as lines."""
        return self._others[:-1]

    @property
    def pixel_dim(self) -> int:
        """Dimension of the array that has the pixels of a line."""
        return self._others[-1]

    @property
    def ndim(self) -> int:
        """Three."""
        return 3

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Return lines ``[start:stop]``, and parts of them."""
        keys = key if isinstance(key, tuple) else (key,)
        if Ellipsis in keys:
            place = keys.index(Ellipsis)
            keys = (*keys[:place], *([slice(None)] * (4 - len(keys))), *keys[place + 1 :])
        keys = (*keys, *([slice(None)] * (3 - len(keys))))
        first, rest = keys[0], keys[1:]
        if not isinstance(first, slice):
            single: npt.NDArray[Any] = self._lines(int(first), int(first) + 1)[(0, *rest)]
            return single
        start, stop, step = first.indices(self.shape[0])
        part: npt.NDArray[Any] = self._lines(start, max(start, stop))[(slice(None, None, step), *rest)]
        return part

    def _lines(self, start: int, stop: int) -> npt.NDArray[Any]:
        pixels, bands = self.shape[1:]
        if not self.line_dims:
            part = self._moved(self.array[...])[start:stop]
        elif len(self.line_dims) == 1:
            selection: list[slice] = [slice(None)] * self.array.ndim
            selection[self.line_dims[0]] = slice(start, stop)
            part = self._moved(self.array[tuple(selection)])
        else:
            inner = self.array.shape[self.line_dims[-1]]
            parts = []
            line = start
            while line < stop:
                outer, offset = divmod(line, inner)
                end = min(inner, offset + stop - line)
                parts.append(self._moved(self.array[self._selection(outer, offset, end)]))
                line += end - offset
            part = np.concatenate(parts) if parts else np.empty((0, pixels, bands), self.array.dtype)
        return np.ascontiguousarray(part, dtype=self.dtype)

    def _selection(self, outer: int, start: int, stop: int) -> tuple[slice, ...]:
        """Return where lines are that share all but the last of the line dimensions."""
        selection: list[slice] = [slice(None)] * self.array.ndim
        selection[self.line_dims[-1]] = slice(start, stop)
        sizes = [self.array.shape[dim] for dim in self.line_dims[:-1]]
        for dim, index in zip(self.line_dims[:-1], np.unravel_index(outer, sizes), strict=True):
            selection[dim] = slice(int(index), int(index) + 1)
        return tuple(selection)

    def _moved(self, part: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Bring a part of the array into the order of a cube."""
        part = part[..., np.newaxis] if self.band_dim is None else np.moveaxis(part, self.band_dim, -1)
        return part.reshape(-1, part.shape[-2], part.shape[-1])

    def blocks(self) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """Iterate over blocks of lines, each with the number of its first line."""
        lines, pixels, bands = self.shape
        step = max(1, _BLOCK // max(1, pixels * bands * self.dtype.itemsize))
        for start in range(0, lines, step):
            yield start, self[start : start + step]

    @property
    def wavelengths(self) -> npt.NDArray[np.float64] | None:
        """Of the bands, in nm; None when the axis is none of wavelengths."""
        if self.axis is None:
            return None
        factor = _NANOMETRES.get(self.axis.units.lower())
        values = np.asarray(self.axis.get_data(), np.float64)
        if factor is None or not (np.isfinite(values).all() and (values > 0).all()):
            return None
        return values * factor

    @property
    def band_names(self) -> list[str]:
        """A name for each band: what the data calls it, or its place on the axis, with the unit."""
        if self.names:
            return list(self.names)
        if self.axis is None:
            return [f"Band {number + 1}" for number in range(self.shape[2])]
        values = np.asarray(self.axis.get_data())
        units = f" {self.axis.units}" if self.axis.units else ""
        label = "" if self.axis.units else f"{self.axis.label or 'Band'} "
        return [f"{label}{value:.6g}{units}" for value in values.tolist()]
