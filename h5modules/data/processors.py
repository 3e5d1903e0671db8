"""From a signal, or a region of it, to one number for each navigation point.

>>> import numpy as np
>>> from h5modules.data import Axis, DataRaw
>>> from h5modules.data.processors import process
>>> axis = Axis("wavelength", "nm", np.array([400.0, 500.0, 600.0, 700.0]))
>>> spectrum = DataRaw("spectrum", data=[np.array([1.0, 5.0, 3.0, 2.0])], axes=[axis], units="V")
>>> process("max", spectrum)[0], process("argmax", spectrum)[0], process("mean", spectrum, region=slice(450, 650))[0]
(array([5.]), array([500.]), array([3.]))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.data._data_slicing import DataSlicer
from h5modules.data._reductions import reduced
from h5modules.data.enums import DataDim, DataSource, enum_checker
from h5modules.errors import DataDimError, DataNotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from h5modules.data.axis import Axis
    from h5modules.data.with_axes import DataWithAxes

__all__ = ["PROCESSORS", "DataProcessorFactory", "Processor", "process"]


@dataclass(frozen=True, slots=True)
class Processor:
    """One way to make a number of a signal.

    Attributes
    ----------
    name : str
    operate : callable
        Takes data and gives data whose signal dimensions are gone.
    max_sig_dims : int or None
        It takes signals of at most this many dimensions; None for any.
    """

    name: str
    operate: Callable[[DataWithAxes], DataWithAxes]
    max_sig_dims: int | None = None

    def process(self, data: DataWithAxes) -> DataWithAxes:
        """Process the signal of each navigation point.

        Returns
        -------
        DataWithAxes
            Of the shape of the navigation dimensions, with their axes; of shape (1,) if there are none.

        Raises
        ------
        DataDimError
            If the data has no signal dimensions, or too many for this processor.
        """
        count = len(data.sig_indexes)
        if not count or (self.max_sig_dims is not None and count > self.max_sig_dims):
            raise DataDimError(
                f"{self.name} of {data.name!r} {data.axes_manager}: it has {count} signal dimensions, and "
                f"{'at least one' if not count else f'at most {self.max_sig_dims}'} was expected",
                data_name=data.name,
            )
        return self.operate(data)

    def __call__(self, data: DataWithAxes) -> DataWithAxes:
        """Do as `process`."""
        return self.process(data)


def _reduction(function: Any) -> Callable[[DataWithAxes], DataWithAxes]:
    """Reduce the signal dimensions: units and errors are those of the reduction."""

    def operate(data: DataWithAxes) -> Any:
        return reduced(function, data, axis=data.sig_indexes, name=data.name)

    return operate


def _at_extremum(position: Callable[..., Any]) -> Callable[[DataWithAxes], DataWithAxes]:
    """Find the coordinates of the extremum: for each array one array of coordinates for each signal dimension."""

    def operate(data: DataWithAxes) -> DataWithAxes:
        axes = _signal_axes(data)
        shape = tuple(axis.size for axis in axes)
        found = []
        for array in data.data:
            places = np.unravel_index(position(_signals(data, array), axis=-1), shape)
            found += [axis.get_data()[place] for axis, place in zip(axes, places, strict=True)]
        return _coordinates(data, axes, found)

    return operate


def _weighted_mean(data: DataWithAxes) -> DataWithAxes:
    axes = _signal_axes(data)
    return _coordinates(data, axes, [_moments(axes[0], _signals(data, array))[0] for array in data.data])


def _weighted_std(data: DataWithAxes) -> DataWithAxes:
    axes = _signal_axes(data)
    return _coordinates(data, axes, [_moments(axes[0], _signals(data, array))[1] for array in data.data])


def _moments(axis: Axis, weights: npt.NDArray[Any]) -> tuple[Any, Any]:
    """Mean and standard deviation of the coordinates, weighted along the last dimension."""
    x = axis.get_data().astype(np.float64)  # a product of small integers would wrap
    with np.errstate(divide="ignore", invalid="ignore"):
        total = weights.sum(axis=-1)
        mean = (weights * x).sum(axis=-1) / total
        spread = np.sqrt((weights * (x - mean[..., np.newaxis]) ** 2).sum(axis=-1) / total)
    return mean, spread


def _signal_axes(data: DataWithAxes) -> list[Axis]:
    return [data.get_axis_from_index_create(index)[0] for index in data.sig_indexes]


def _signals(data: DataWithAxes, array: Any) -> npt.NDArray[Any]:
    """Array of shape (*navigation, signal elements); the navigation dimensions as in the array."""
    count = len(data.sig_indexes)
    moved = np.moveaxis(np.asarray(array), data.sig_indexes, tuple(range(-count, 0)))
    return moved.reshape((*moved.shape[: moved.ndim - count], -1))


def _coordinates(data: DataWithAxes, axes: list[Axis], found: list[Any]) -> DataWithAxes:
    units = {axis.units for axis in axes}
    labels = [
        f"{label} {axis.label}".strip() if len(data) * len(axes) > 1 else label
        for label in data.labels
        for axis in axes
    ]
    gone = data.with_arrays(
        [np.atleast_1d(array) for array in found],
        units=units.pop() if len(units) == 1 else "",
        source=DataSource.calculated,
        dims=[index for index in range(len(data.shape)) if index in data.nav_indexes],
    )
    gone.labels = labels
    return gone


PROCESSORS: dict[str, Processor] = {
    processor.name: processor
    for processor in (
        Processor("mean", _reduction(np.mean)),
        Processor("std", _reduction(np.std)),
        Processor("sum", _reduction(np.sum)),
        Processor("max", _reduction(np.max)),
        Processor("min", _reduction(np.min)),
        Processor("median", _reduction(np.median)),
        Processor("argmax", _at_extremum(np.argmax)),
        Processor("argmin", _at_extremum(np.argmin)),
        Processor("argmean", _weighted_mean, max_sig_dims=1),
        Processor("argstd", _weighted_std, max_sig_dims=1),
    )
}
"""By name. `argmax` and `argmin` give coordinates, `argmean` and `argstd` centre and width of a peak."""


class DataProcessorFactory:
    """Processors by name, as PyMoDAQ hands them out; ``PROCESSORS[name] = Processor(...)`` adds one."""

    @property
    def functions(self) -> list[str]:
        """Names of all processors."""
        return list(PROCESSORS)

    def functions_filtered(self, dim: DataDim | str) -> list[str]:
        """Return the names of those that take signals of a dimensionality."""
        count = enum_checker(DataDim, dim).dim_index
        return [name for name, one in PROCESSORS.items() if one.max_sig_dims is None or count <= one.max_sig_dims]

    def get(self, processor_name: str) -> Processor:
        """Return a processor.

        Raises
        ------
        DataNotFound
        """
        if processor_name not in PROCESSORS:
            raise DataNotFound(f"there is no processor {processor_name!r}: use one of {', '.join(PROCESSORS)}")
        return PROCESSORS[processor_name]


def process(processor_name: str, data: DataWithAxes, region: Any = None) -> DataWithAxes:
    """Make one number of the signal at each navigation point.

    Parameters
    ----------
    processor_name : str
        One of `PROCESSORS`.
    data : DataWithAxes
    region : optional
        Part of the signal by value, as ``data.vsig[region]`` takes it; all of it by default.

    Returns
    -------
    DataWithAxes
        Of the shape of the navigation dimensions, with their axes; of shape (1,) if there are none.

    Raises
    ------
    DataNotFound
        If there is no such processor.
    DataIndexError
        If nothing lies in the region.
    """
    processor = DataProcessorFactory().get(processor_name)
    if region is not None:
        data = DataSlicer(data, navigation=False, by_value=True, squeeze=False)[region]
    return processor.process(data)
