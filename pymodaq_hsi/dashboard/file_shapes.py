"""What data of a file are like: dimensions, units, which maps can be made of them. No Qt, no file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

__all__ = ["Dimension", "RegionStatistics", "ViewShape"]

_SHOWN = 24_000_000
"""Samples of a cube that are kept for looking at: what is more is thinned out along the map."""
_PIXELS = 1_000_000
"""Points of a map; a screen has hardly more."""

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


@dataclass(frozen=True, eq=False)
class ViewShape:
    """What data are like, without the data.

    Attributes
    ----------
    path : str
    name, units : str
    channels : list of str
        Labels of its arrays; a complex one is two, its magnitude and its phase.
    dimensions : list of Dimension
        Those of more than one point, navigation first.
    shape : tuple of int
    background : bool
        Whether it has a background that can be subtracted.
    """

    path: str
    name: str
    units: str
    channels: list[str]
    dimensions: list[Dimension]
    shape: tuple[int, ...]
    background: bool

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

    def steps(self, pair: tuple[int, int]) -> tuple[int, int]:
        """Return every how many points of a map are shown."""
        spectrum = self.spectrum_axis
        depth = self.shape[spectrum] if spectrum is not None else 1
        rows, columns = (self.shape[axis] for axis in pair)
        factor = math.sqrt(max(1.0, rows * columns * depth / _SHOWN, rows * columns / _PIXELS))
        return (min(rows, math.ceil(factor)), min(columns, math.ceil(factor)))
