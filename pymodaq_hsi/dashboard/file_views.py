"""Data of a file as it is looked at: axes, cuts, maps and spectra, read as far as they are shown. No Qt."""

from __future__ import annotations

import contextlib
import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from pymodaq_hsi.dashboard.file_arrays import Picked, channels_of
from pymodaq_hsi.dashboard.file_plain import is_plain, plain_parts
from pymodaq_hsi.dashboard.file_shapes import Dimension, RegionStatistics, ViewShape

if TYPE_CHECKING:
    from pathlib import Path

    from h5modules.data_saving import DataLoader
    from pymodaq_hsi.dashboard.file_shapes import Floats

__all__ = ["DataView", "Dimension", "RegionStatistics", "ViewShape", "has_background", "open_view"]

_EXACT = 64_000_000
"""Samples of a region up to which its statistics are those of all its points."""

_LONG_AGO = 1e8
"""Seconds that are a date, and no duration: shown from the first."""


class DataView(ViewShape):
    """Data of one node of an open file, read as far as they are asked for; a context manager that closes the file.

    Parameters
    ----------
    shape : ViewShape
    arrays : list
        One for each channel: indexed as the dimensions are.
    errors : list
        Error bars of each channel; empty where there are none.
    loader : DataLoader
        Of the file; closed with the view.
    """

    def __init__(self, shape: ViewShape, arrays: list[Any], errors: list[Any], loader: DataLoader) -> None:
        super().__init__(**{field.name: getattr(shape, field.name) for field in fields(ViewShape)})
        object.__setattr__(self, "_arrays", arrays)
        object.__setattr__(self, "_errors", errors)
        object.__setattr__(self, "_loader", loader)

    _arrays: list[Any]
    _errors: list[Any]
    _loader: DataLoader

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._loader.__exit__(None, None, None)

    def value(self, channel: int = 0) -> float | int:
        """Return the only value of data without dimensions."""
        found: float | int = self._arrays[channel][()].reshape(-1)[0].item()
        return found

    def curve(self, channel: int = 0) -> Floats:
        """Return data of one dimension."""
        return np.asarray(self._arrays[channel][(slice(None),)])

    def bars(self) -> list[Floats]:
        """Return the error bars of data of one dimension, one for each channel; none if it has none."""
        return [np.asarray(each[(slice(None),)], np.float64) for each in self._errors]

    def cut(self, axis: int, at: dict[int, int], channel: int = 0) -> Floats:
        """Return the curve along a dimension, at the given index of all others."""
        picked = tuple(slice(None) if index == axis else at.get(index, 0) for index in range(len(self.shape)))
        return np.asarray(self._arrays[channel][picked])

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
        A data array or a channel; or any array of numbers, whoever wrote it.
    with_background : bool
        Subtract the background, where there is one.

    Returns
    -------
    DataView
        Closes the file when it is closed.

    Raises
    ------
    H5Error
        It cannot be opened, or has no numbers.
    """
    from h5modules.data_saving import DataLoader  # HDF5 takes half a second to load: the window does not wait for it

    with contextlib.ExitStack() as stack:
        loader = stack.enter_context(DataLoader(path))
        if is_plain(loader.get_node(node)):
            shape, arrays = plain_parts(loader, node)
            errors: list[Any] = []
        else:
            shape, arrays, errors = _data_parts(loader, node, with_background=with_background)
        view = DataView(shape, arrays, errors, loader)
        stack.pop_all()
    return view


def has_background(loader: DataLoader, node: str) -> bool:
    """Return whether a channel has a background beside its data."""
    from h5modules.backends import GROUP

    found = loader.get_node(node)
    group = found if isinstance(found, GROUP) else found.parent_node
    return isinstance(group, GROUP) and any(name.startswith("Bkg") for name in group.children_name())


def _data_parts(loader: DataLoader, node: str, *, with_background: bool) -> tuple[ViewShape, list[Any], list[Any]]:
    background = has_background(loader, node)
    data = loader.load_data(node, with_bkg=with_background and background, lazy=True)
    kept = [index for index, size in enumerate(data.shape) if size > 1]
    order = [i for i in kept if i in data.nav_indexes] + [i for i in kept if i not in data.nav_indexes]
    channels, arrays = channels_of([str(label) for label in data.labels], list(data.data), order)
    shape = ViewShape(
        node,
        str(data.name),
        str(data.units),
        channels,
        [_dimension(data, index) for index in order],
        tuple(int(data.shape[index]) for index in order),
        background,
    )
    bars = list(data.errors or []) if len(channels) == len(data.data) else []  # those of complex data are of neither
    return shape, arrays, [Picked(bar, order) for bar in bars]


def _dimension(data: Any, index: int) -> Dimension:
    navigation = index in data.nav_indexes
    there = [axis for axis in data.get_axis_from_index(index) if axis is not None]
    if len(there) > 1:  # points anywhere between several axes: their order is what they have in common
        return Dimension("point", "", np.arange(float(data.shape[index])), navigation)
    for axis in there:
        values = np.asarray(axis.get_data(), np.float64)
        if values.shape == (data.shape[index],):
            label, units = str(axis.label) or f"Dimension {index}", str(axis.units)
            if units == "s" and values[0] > _LONG_AGO:
                return Dimension(f"{label} since the start", units, values - values[0], navigation)
            return Dimension(label, units, values, navigation)
    return Dimension(f"Dimension {index}", "", np.arange(float(data.shape[index])), navigation)
