"""Data of a file as it is looked at: axes, cuts, maps and spectra, read as far as they are shown. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pathlib import Path

    from h5modules.data_saving import DataLoader

__all__ = ["DataView", "Dimension", "RegionStatistics", "open_view"]

_SHOWN = 24_000_000
"""Samples of a cube that are kept for looking at: what is more is thinned out along the map."""
_EXACT = 64_000_000
"""Samples of a region up to which its statistics are those of all its points."""

_LONG_AGO = 1e8
"""Seconds that are a date, and no duration: shown from the first."""

Floats = npt.NDArray[Any]


@dataclass(frozen=True)
class Dimension:
    """One dimension of data.

    Attributes
    ----------
    label, units : str
    values : ndarray
        ``(n,)``, where the points are.
    navigation : bool
        Whether it was scanned over.
    """

    label: str
    units: str
    values: Floats
    navigation: bool

    @property
    def caption(self) -> str:
        """The label with the units."""
        return f"{self.label} ({self.units})" if self.units else self.label

    @property
    def spectral(self) -> bool:
        """Whether it is the dispersion axis."""
        return self.units in ("nm", "um", "µm", "1/cm", "cm-1") or self.label.lower() in ("wavelength", "band")


@dataclass(frozen=True)
class RegionStatistics:
    """What a region of a map is like, point by point of the spectrum.

    Attributes
    ----------
    mean, deviation, low, high : ndarray
        ``(n,)``; of a map without spectra ``(1,)``. NaN where nothing was measured.
    count : int
        Points in the region.
    exact : bool
        False when the region was too large, and every n-th point was taken.
    """

    mean: Floats
    deviation: Floats
    low: Floats
    high: Floats
    count: int
    exact: bool


class DataView:
    """Data of one node, with the dimensions of more than one point.

    Attributes
    ----------
    path : str
    name, units : str
    channels : list of str
        Labels of its arrays.
    dimensions : list of Dimension
        Navigation first.
    shape : tuple of int
    background : bool
        Whether it has a background that can be subtracted.
    """

    def __init__(self, path: str, data: Any, *, background: bool) -> None:
        self.path = path
        self.name = str(data.name)
        self.units = str(data.units)
        self.channels = [str(label) for label in data.labels]
        self.background = background
        kept = [index for index, size in enumerate(data.shape) if size > 1]
        order = [i for i in kept if i in data.nav_indexes] + [i for i in kept if i not in data.nav_indexes]
        self._arrays = [_moved(array, order) for array in data.data]
        self.dimensions = [_dimension(data, index) for index in order]
        self.shape = tuple(int(n) for n in self._arrays[0].shape)

    @property
    def spectrum_axis(self) -> int | None:
        """The dimension that spectra are along; None for a picture, which has none."""
        if len(self.shape) in (0, 2):
            return None
        spectral = [index for index, dimension in enumerate(self.dimensions) if dimension.spectral]
        return spectral[-1] if spectral else len(self.shape) - 1

    def map_axes(self) -> list[tuple[int, int]]:
        """Return the pairs of dimensions that can be shown as a map, the most telling first."""
        others = [index for index in range(len(self.shape)) if index != self.spectrum_axis]
        if len(others) < 2:
            return []
        pairs = [(a, b) for position, a in enumerate(others) for b in others[position + 1 :]]
        return sorted(pairs, key=lambda pair: -sum(self.dimensions[axis].navigation for axis in pair))

    def value(self, channel: int = 0) -> float:
        """Return the only value of data without dimensions."""
        return float(np.asarray(self._arrays[channel]).reshape(-1)[0])

    def curve(self, channel: int = 0) -> Floats:
        """Return data of one dimension."""
        return np.asarray(self._arrays[channel])

    def cut(self, axis: int, at: dict[int, int], channel: int = 0) -> Floats:
        """Return the curve along a dimension, at the given index of all others."""
        picked = tuple(slice(None) if index == axis else at.get(index, 0) for index in range(len(self.shape)))
        return np.asarray(self._arrays[channel][picked])

    def steps(self, pair: tuple[int, int]) -> tuple[int, int]:
        """Return every how many points of a map are shown."""
        spectrum = self.spectrum_axis
        depth = self.shape[spectrum] if spectrum is not None else 1
        rows, columns = (self.shape[axis] for axis in pair)
        factor = math.sqrt(max(1.0, rows * columns * depth / _SHOWN))
        return (min(rows, math.ceil(factor)), min(columns, math.ceil(factor)))

    def cube(self, pair: tuple[int, int], at: dict[int, int], channel: int = 0) -> Floats:
        """Return what is shown of a map: ``(rows, columns, spectrum)``, thinned out by `steps`.

        Parameters
        ----------
        pair : tuple of int
            The dimensions of the rows and the columns.
        at : dict of int to int
            Indexes of the dimensions that are neither in the map nor the spectrum.
        channel : int
        """
        spectrum = self.spectrum_axis
        steps = dict(zip(pair, self.steps(pair), strict=True))
        picked = [
            slice(None, None, steps.get(index, 1)) if index in (*pair, spectrum) else at.get(index, 0)
            for index in range(len(self.shape))
        ]
        found = np.asarray(self._arrays[channel][tuple(picked)])
        left = [index for index in range(len(self.shape)) if index in (*pair, spectrum)]
        order = [left.index(axis) for axis in (*pair, *([] if spectrum is None else [spectrum]))]
        found = found.transpose(order)
        return found if spectrum is not None else found[:, :, None]

    def statistics(
        self,
        pair: tuple[int, int],
        rows: slice,
        columns: slice,
        at: dict[int, int],
        channel: int = 0,
    ) -> RegionStatistics:
        """Return mean, deviation and extremes of a rectangle of a map, for each point of the spectrum.

        What was not measured (NaN) is left out.
        """
        spectrum = self.spectrum_axis
        spans = dict(zip(pair, (rows, columns), strict=True))
        picked: list[Any] = []
        depth = self.shape[spectrum] if spectrum is not None else 1
        count = len(range(*rows.indices(self.shape[pair[0]]))) * len(range(*columns.indices(self.shape[pair[1]])))
        step = math.ceil(math.sqrt(max(1.0, count * depth / _EXACT)))
        for index in range(len(self.shape)):
            if index in spans:
                picked.append(slice(spans[index].start, spans[index].stop, step))
            else:
                picked.append(slice(None) if index == spectrum else at.get(index, 0))
        found = np.asarray(self._arrays[channel][tuple(picked)], np.float64)
        left = [index for index in range(len(self.shape)) if index in (*pair, spectrum)]
        points = np.moveaxis(found, left.index(spectrum), -1) if spectrum is not None else found[..., None]
        points = points.reshape(-1, points.shape[-1])
        known = np.isfinite(points).any(axis=0) if len(points) else np.zeros(points.shape[-1], bool)
        results = [np.full(points.shape[-1], np.nan) for _ in range(4)]
        if known.any():
            measured = np.where(np.isfinite(points[:, known]), points[:, known], np.nan)
            functions: tuple[Any, ...] = (np.nanmean, np.nanstd, np.nanmin, np.nanmax)
            for result, function in zip(results, functions, strict=True):
                result[known] = function(measured, axis=0)
        mean, deviation, low, high = results
        return RegionStatistics(mean, deviation, low, high, count=count, exact=step == 1)


def open_view(path: Path | str, node: str, *, with_background: bool = False) -> DataView:
    """Open data of a file to look at; nothing of it is read before it is shown.

    Parameters
    ----------
    path : path
    node : str
        A data array or a channel.
    with_background : bool
        Subtract the background, where there is one.

    Raises
    ------
    H5Error
        It cannot be opened, or is no data.
    """
    from h5modules.data_saving import DataLoader  # HDF5 takes half a second to load: the window does not wait for it

    with DataLoader(path) as loader:
        background = has_background(loader, node)
        data = loader.load_data(node, with_bkg=with_background and background, lazy=True)
    return DataView(node, data, background=background)


def has_background(loader: DataLoader, node: str) -> bool:
    """Return whether a channel has a background beside its data."""
    from h5modules.backends import GROUP

    channel = node if not _is_array(loader, node) else node.rpartition("/")[0]
    group = loader.get_node(channel)
    return isinstance(group, GROUP) and any(name.startswith("Bkg") for name in group.children_name())


def _is_array(loader: DataLoader, node: str) -> bool:
    return getattr(loader.get_node(node), "shape", None) is not None


def _moved(array: Any, order: list[int]) -> Any:
    flat = array[tuple(slice(None) if index in order else 0 for index in range(len(array.shape)))]
    kept = sorted(order)
    return flat.transpose([kept.index(index) for index in order])


def _dimension(data: Any, index: int) -> Dimension:
    navigation = index in data.nav_indexes
    for axis in data.get_axis_from_index(index):
        if axis is not None:
            values = np.asarray(axis.get_data(), np.float64)
            if values.shape == (data.shape[index],):
                label, units = str(axis.label), str(axis.units)
                if units == "s" and values[0] > _LONG_AGO:
                    return Dimension(f"{label} since the start", units, values - values[0], navigation)
                return Dimension(label, units, values, navigation)
    return Dimension(f"Dimension {index}", "", np.arange(float(data.shape[index])), navigation)
