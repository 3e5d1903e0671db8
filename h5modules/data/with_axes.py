"""Data whose dimensions have axes, and the kinds of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from h5modules.data._data_and_axes import DataAndAxes
from h5modules.data._data_slicing import DataSlicer
from h5modules.data._doors import way_to
from h5modules.data._rearranging import pad, rot90, squeeze, transpose
from h5modules.data._reductions import norm, reduced
from h5modules.data._xarray import dwa_from_xarray, dwa_to_xarray
from h5modules.data.enums import DataDim, DataDistribution, DataSource
from h5modules.errors import DataDimError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from h5modules.data.axis import Axis

__all__ = ["DataCalculated", "DataFromPlugins", "DataFromRoi", "DataRaw", "DataWithAxes"]


class DataWithAxes(DataAndAxes):
    """Data whose dimensions have axes, some of them navigation.

    Parameters
    ----------
    name, source, dim, distribution, data, labels, origin, units
        As in `DataBase`.
    axes : list of Axis
        At most one for each dimension of data on a grid. Dimensions may be without. Held, not copied, never changed.
    nav_indexes : tuple of int
        The navigation dimensions, in the order in which slicers take them; the others are signal.
    errors : list of ndarray, optional
        Standard uncertainties, one array for each of the data and of its shape.
    **kwargs
        Extra attributes. `timestamp` and `path` are what they say.

    Raises
    ------
    DataTypeError, DataShapeError, DataLengthError, DataIndexError, AxisError, UnknownMember
        Before anything is made, if what is given does not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> from h5modules.data import Axis
    >>> cube = DataRaw(
    ...     "cube",
    ...     data=[np.zeros((50, 640, 224))],
    ...     axes=[Axis("x", "mm", np.arange(50.0), index=0), Axis("band", size=224, index=2)],
    ...     nav_indexes=(0, 1),
    ... )
    >>> cube
    <DataRaw: cube <u: > <len:1> (50, 640|224)>
    >>> cube.inav[3, 100]
    <DataRaw: cube <u: > <len:1> (|224)>
    """

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            raise AttributeError(way_to(name, self))

    @property
    def inav(self) -> DataSlicer[Self]:
        """Slicer of the navigation dimensions by index."""
        return DataSlicer(self, navigation=True, by_value=False)

    @property
    def isig(self) -> DataSlicer[Self]:
        """Slicer of the signal dimensions by index."""
        return DataSlicer(self, navigation=False, by_value=False)

    @property
    def vnav(self) -> DataSlicer[Self]:
        """Slicer of the navigation dimensions by value, in the units of their axes."""
        return DataSlicer(self, navigation=True, by_value=True)

    @property
    def vsig(self) -> DataSlicer[Self]:
        """Slicer of the signal dimensions by value, in the units of their axes."""
        return DataSlicer(self, navigation=False, by_value=True)

    def crop_at_along(self, coordinates_tuple: Sequence[tuple[float, float] | float]) -> Self:
        """Crop the signal dimensions by value.

        Parameters
        ----------
        coordinates_tuple : sequence of (float, float) or float
            For each signal dimension where to start and to stop, as in ``vsig[start:stop]``, or a single coordinate.
        """
        return self.vsig[tuple(slice(*c) if isinstance(c, (tuple, list)) else c for c in coordinates_tuple)]

    def mean(self, axis: int | tuple[int, ...] = 0) -> Self:
        """Mean along dimensions."""
        return self._reduced(np.mean, axis)

    def sum(self, axis: int | tuple[int, ...] = 0) -> Self:
        """Sum along dimensions."""
        return self._reduced(np.sum, axis)

    def std(self, axis: int | tuple[int, ...] = 0, ddof: int = 0) -> Self:
        """Return the standard deviation along dimensions, divided by N - `ddof`."""
        return self._reduced(np.std, axis, ddof=ddof)

    def var(self, axis: int | tuple[int, ...] = 0, ddof: int = 0) -> Self:
        """Variance along dimensions, divided by N - `ddof`."""
        return self._reduced(np.var, axis, ddof=ddof)

    def max(self, axis: int | tuple[int, ...] = 0) -> Self:
        """Largest element along dimensions."""
        return self._reduced(np.max, axis)

    def min(self, axis: int | tuple[int, ...] = 0) -> Self:
        """Smallest element along dimensions."""
        return self._reduced(np.min, axis)

    def median(self, axis: int | tuple[int, ...] = 0) -> Self:
        """Median along dimensions."""
        return self._reduced(np.median, axis)

    def argmax(self, axis: int = 0) -> Self:
        """Index of the largest element along a dimension."""
        return self._reduced(np.argmax, axis)

    def argmin(self, axis: int = 0) -> Self:
        """Index of the smallest element along a dimension."""
        return self._reduced(np.argmin, axis)

    def norm(self, axis: int | tuple[int, ...] | None = None) -> Self:
        """Euclidean norm along dimensions, of all elements by default."""
        return cast("Self", norm(self, axis=axis))

    def _reduced(self, function: Any, axis: int | tuple[int, ...], **options: Any) -> Self:
        return cast("Self", reduced(function, self, axis=axis, name=self.name, **options))

    def moment(self) -> tuple[DataCalculated, DataCalculated]:
        """Centre and width of one-dimensional data: mean and standard deviation of the axis, weighted by the data.

        Raises
        ------
        DataDimError
            For data of another dimensionality.
        """
        if self.dim is not DataDim.Data1D:
            raise DataDimError(f"moments of {self.name!r}, which is {self.dim.name}: only those of Data1D are defined")
        axis = self.get_axis_from_index_create(0)[0]
        x = axis.get_data()
        means = [np.average(x, weights=array, keepdims=True) for array in self.data]
        widths = [np.sqrt(np.average((x - m) ** 2, weights=a, keepdims=True)) for m, a in zip(means, self, strict=True)]
        return (
            DataCalculated("mean", data=means, labels=self.labels, units=axis.units),
            DataCalculated("std", data=widths, labels=self.labels, units=axis.units),
        )

    def sort_data(self, axis_index: int = 0, spread_index: int = 0, inplace: bool = False) -> Self:
        """Sort along a dimension, by the coordinates of one of its axes.

        Parameters
        ----------
        axis_index : int
        spread_index : int
            Spread order of the axis to sort by, where a dimension has several.
        inplace : bool
            Sort this object and return it; its arrays are not written to.
        """
        order, slices = self.axes_manager.get_sorted_index(axis_index, spread_index)
        axes = []
        for axis in self.axes:
            if axis.index == axis_index:
                axis = axis.copy()
                axis.data = axis.get_data()[order]
            axes.append(axis)
        new = self.with_arrays(
            [array[slices] for array in self.data],
            None if self.errors is None else [error[slices] for error in self.errors],
            axes=axes,
        )
        if inplace:
            vars(self).update(vars(new))
            return self
        return new

    def transpose(self) -> None:
        """Exchange the dimensions of two-dimensional data in place, with their axes; `T` gives another object."""
        if len(self.shape) != 2:
            raise DataDimError(
                f"{self.name!r} of shape {self.shape} cannot be transposed in place: two dimensions were expected; "
                "use numpy.transpose(data, order) for the others"
            )
        source = self.source
        vars(self).update(vars(self.T))
        self.source = source

    @property
    def T(self) -> Self:  # noqa: N802
        """The same with its dimensions in reverse order."""
        return cast("Self", transpose(self))

    def squeeze(self) -> Self:
        """Leave out dimensions of one point."""
        return cast("Self", squeeze(self))

    def rot90(self, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Self:
        """Turn by `k` quarters from one dimension towards another, with their axes."""
        return cast("Self", rot90(self, k, axes))

    def pad(self, pad_width: Any, **kwargs: Any) -> Self:
        """Add elements around, as `numpy.pad`; evenly spaced axes grow with them."""
        return cast("Self", pad(self, pad_width, **kwargs))

    def to_xarray(self) -> Any:
        """Convert to an `xarray.Dataset` that loses nothing; needs xarray."""
        return dwa_to_xarray(self)

    @classmethod
    def from_xarray(cls, ds: Any) -> DataWithAxes:
        """Make of an `xarray.Dataset` or `xarray.DataArray` what it was made from.

        Any other works too if its variables share their dimensions: its one-dimensional numeric coordinates are axes
        (times in seconds), variables in other units than the first are converted to those, and its attributes become
        extra attributes.
        """
        kinds = (DataWithAxes, DataRaw, DataFromPlugins, DataCalculated, DataFromRoi)
        return dwa_from_xarray({kind.__name__: kind for kind in kinds}, cls, ds)

    def compute(self) -> Self:
        """Load lazy arrays into memory."""
        errors = None if self.errors is None else [np.asarray(error) for error in self.errors]
        return self.with_arrays([np.asarray(array) for array in self.data], errors)


class DataRaw(DataWithAxes):
    """Data from an instrument: `DataWithAxes` whose source is raw."""

    def __init__(
        self,
        name: str,
        dim: DataDim | str | None = None,
        distribution: DataDistribution | str = DataDistribution.uniform,
        data: Sequence[npt.NDArray[Any]] | None = None,
        labels: Sequence[str] | None = None,
        origin: str = "",
        units: str = "",
        axes: Sequence[Axis] = (),
        nav_indexes: Sequence[int] = (),
        errors: Iterable[npt.NDArray[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("source", None)
        super().__init__(
            name, DataSource.raw, dim, distribution, data, labels, origin, units, axes, nav_indexes, errors, **kwargs
        )


class DataFromPlugins(DataRaw):
    """Data that an instrument's plugin hands over.

    Parameters
    ----------
    *args, **kwargs
        As for `DataRaw`.
    do_plot, do_save : bool
        Extra attributes: whether those who receive the data should show and save it.
    """

    def __init__(self, *args: Any, do_plot: bool = True, do_save: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, do_plot=do_plot, do_save=do_save, **kwargs)


class DataCalculated(DataWithAxes):
    """Data from a computation: `DataWithAxes` whose source is calculated."""

    def __init__(
        self,
        name: str,
        dim: DataDim | str | None = None,
        distribution: DataDistribution | str = DataDistribution.uniform,
        data: Sequence[npt.NDArray[Any]] | None = None,
        labels: Sequence[str] | None = None,
        origin: str = "",
        units: str = "",
        axes: Sequence[Axis] = (),
        nav_indexes: Sequence[int] = (),
        errors: Iterable[npt.NDArray[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("source", None)
        super().__init__(
            name,
            DataSource.calculated,
            dim,
            distribution,
            data,
            labels,
            origin,
            units,
            axes,
            nav_indexes,
            errors,
            **kwargs,
        )


class DataFromRoi(DataCalculated):
    """Data computed from a region of interest."""
