"""Data that knows its axes: who they are, and how they follow the arrays."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from h5modules.data._checks import checked_arrays, checked_errors, checked_labels
from h5modules.data.axes_manager import manage_axes
from h5modules.data.base import DataBase
from h5modules.data.enums import DataDim, DataDistribution, DataSource, enum_checker

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from h5modules.data._content import DataContent
    from h5modules.data.axes_manager import AxesManagerUniform
    from h5modules.data.axis import Axis

__all__ = ["DataAndAxes"]


class DataAndAxes(DataBase):
    """Data and its axes; `DataWithAxes` says what they mean."""

    def __init__(
        self,
        name: str,
        source: DataSource | str | None = None,
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
        super().__init__(name, source, None, distribution, data, labels, origin, units)
        self.set_axes_manager(self.shape, axes, nav_indexes)
        if errors is not None:
            self._errors = checked_errors(errors, self._data, name)
        if dim is not None:
            self._check_dim(dim)
        if kwargs:
            self._take_extra(kwargs)

    def set_axes_manager(
        self, data_shape: tuple[int, ...], axes: Sequence[Axis], nav_indexes: Sequence[int], **_: Any
    ) -> None:
        """Give the data other axes and navigation indexes at once."""
        manager = manage_axes(self._distribution, data_shape, axes, nav_indexes)
        self._axes_manager = manager
        self._distribution = manager.distribution
        self._dim = DataDim.from_shape(data_shape, navigation=bool(manager.nav_indexes))

    def with_arrays(
        self,
        data: list[npt.NDArray[Any]],
        errors: list[npt.NDArray[Any]] | None = None,
        *,
        name: str | None = None,
        units: str | None = None,
        source: DataSource | None = None,
        dims: Sequence[int | None] | None = None,
        axes: Sequence[Axis] | None = None,
    ) -> Self:
        """Return the same with other arrays: axes, labels, units, origin, timestamp and extra attributes stay.

        Parameters
        ----------
        data : list of ndarray
            Held, not copied.
        errors : list of ndarray, optional
        name, units, source : optional
            Other ones.
        dims : sequence of int or None, optional
            For each dimension of the new arrays the one that it was before, or None if it is new; all stay by default.
            Axes and navigation indexes move with them.
        axes : sequence of Axis, optional
            Other ones, with the index that they have in the new arrays.

        Raises
        ------
        DataShapeError
            If an axis that stays does not fit the new arrays.
        """
        new = super().with_arrays(data, errors, name=name, units=units, source=source)
        if dims is None and axes is None and data[0].shape == self.shape:
            vars(new).update(_axes_manager=self._axes_manager.copy(), _dim=self._dim)
            return new
        moved, nav_indexes = self._moved(range(len(self.shape)) if dims is None else dims)
        new.set_axes_manager(data[0].shape, moved if axes is None else axes, nav_indexes)
        return new

    def _moved(self, dims: Sequence[int | None]) -> tuple[list[Axis], tuple[int, ...]]:
        """Copy the axes and navigation indexes of dimensions that change places."""
        places = {old: new for new, old in enumerate(dims) if old is not None}
        axes = []
        for axis in self.axes:
            if axis.index in places:
                axis = axis.copy()
                axis.index = places[axis.index]
                axes.append(axis)
        return axes, tuple(places[index] for index in self.nav_indexes if index in places)

    @property
    def data(self) -> list[npt.NDArray[Any]]:
        """List of ndarray: the arrays, all of one shape."""
        return self._data

    @data.setter
    def data(self, data: Sequence[npt.NDArray[Any]]) -> None:
        arrays = self._taken(data)
        labels = checked_labels(self._labels[: len(arrays)], len(arrays), self.name)
        if arrays[0].shape != self.shape:
            self.set_axes_manager(arrays[0].shape, self.axes, self.nav_indexes)
        if len(arrays) != len(self._data) or arrays[0].shape != self.shape:
            self._errors = None  # they were those of the arrays before
        self._data, self._labels = arrays, labels

    def deepcopy_with_new_data(
        self,
        data: list[npt.NDArray[Any]] | None = None,
        remove_axes_index: int | Iterable[int] | None = None,
        source: DataSource | str = DataSource.calculated,
        keep_dim: bool = False,
        errors: list[npt.NDArray[Any]] | None = None,
    ) -> Self:
        """Copy with other arrays, and without some dimensions.

        Parameters
        ----------
        data : list of ndarray
            Held, not copied.
        remove_axes_index : int or iterable of int, optional
            Dimensions that the new arrays no longer have; the axes of the others move up.
        source : DataSource or str
        keep_dim : bool
            Keep the dimensionality whatever the new shape.
        errors : list of ndarray, optional

        Raises
        ------
        DataShapeError
            If an axis that stays does not fit the new arrays.
        """
        arrays = checked_arrays(data, self.name)
        gone = {remove_axes_index} if isinstance(remove_axes_index, (int, np.integer)) else {*(remove_axes_index or ())}
        new = self.with_arrays(
            arrays,
            checked_errors(errors, arrays, self.name),
            source=enum_checker(DataSource, source),
            dims=[index for index in range(len(self.shape)) if index not in gone],
        )
        vars(new).update(copy.deepcopy({name: getattr(self, name) for name in self.extra_attributes}))
        if keep_dim:
            new.set_dim(self._dim)
        return new

    @property
    def axes_manager(self) -> AxesManagerUniform:
        """Which axis belongs to which dimension."""
        return self._axes_manager

    @property
    def axes(self) -> list[Axis]:
        """The axes that there are."""
        return self._axes_manager.axes

    @axes.setter
    def axes(self, axes: Sequence[Axis]) -> None:
        self.set_axes_manager(self.shape, axes, self.nav_indexes)

    @property
    def nav_indexes(self) -> tuple[int, ...]:
        """The navigation dimensions."""
        return self._axes_manager.nav_indexes

    @nav_indexes.setter
    def nav_indexes(self, nav_indexes: Sequence[int]) -> None:
        self.set_axes_manager(self.shape, self.axes, nav_indexes)

    @property
    def sig_indexes(self) -> tuple[int, ...]:
        """The signal dimensions."""
        return self._axes_manager.sig_indexes

    @property
    def n_axes(self) -> int:
        """Number of axes that there are."""
        return len(self.axes)

    def get_nav_axes(self) -> list[Axis]:
        """Return the navigation axes that there are, in the order of `nav_indexes`."""
        return self._axes_manager.get_nav_axes()

    def get_nav_axes_with_data(self) -> list[Axis]:
        """Return an axis for each navigation dimension, with points 0, 1, 2, ... where there is none."""
        return [axis for index in self.nav_indexes for axis in self.get_axis_from_index_create(index)]

    def get_sig_index(self) -> list[Axis]:
        """Return the signal axes that there are."""
        return self._axes_manager.get_signal_axes()

    def get_axis_indexes(self) -> list[int]:
        """Return the dimensions that have an axis, in order."""
        return sorted({axis.index for axis in self.axes})

    def get_axis_from_index(self, index: int, create: bool = False) -> list[Axis | None]:
        """Return the axes of a dimension (several if spread); without, ``[None]`` or one made up."""
        return self._axes_manager.get_axis_from_index(index, create)

    def get_axis_from_index_create(self, index: int) -> list[Axis]:
        """Return the axes of a dimension, one of points 0, 1, 2, ... if it has none; that is not added to the data."""
        return [axis for axis in self._axes_manager.get_axis_from_index(index, create=True) if axis is not None]

    def get_axis_from_index_spread(self, index: int, spread: int) -> Axis | None:
        """Return the axis of a dimension that has a spread order."""
        return self._axes_manager.get_axis_from_index_spread(index, spread)

    def get_axis_from_label(self, label: str) -> Axis | None:
        """Return the first axis with a label, None if there is none."""
        return next((axis for axis in self.axes if axis.label == label), None)

    def create_missing_axes(self) -> None:
        """Give each dimension of more than one point an axis, with points 0, 1, 2, ... where it has none."""
        present = set(self.get_axis_indexes())
        missing = [index for index, size in enumerate(self.shape) if size > 1 and index not in present]
        self.axes = [*self.axes, *(axis for index in missing for axis in self.get_axis_from_index_create(index))]

    def axes_limits(self, axes_indexes: Sequence[int] | None = None) -> list[tuple[float, float]]:
        """Return lowest and highest coordinate of the axes of some dimensions (all by default)."""
        wanted = self.get_axis_indexes() if axes_indexes is None else axes_indexes
        return [(axis.min(), axis.max()) for axis in self.axes if axis.index in wanted]

    def same_content(self, other: DataContent) -> bool:
        """Tell whether arrays, errors and axes are those of `other`, but for rounding and convertible units."""
        return (
            super().same_content(other)
            and isinstance(other, DataAndAxes)
            and self.nav_indexes == other.nav_indexes
            and self.distribution is other.distribution
            and _in_order(self.axes) == _in_order(other.axes)
        )

    def check_axes_linear(self, axes: Sequence[Axis] | None = None) -> bool:
        """Tell whether all axes are evenly spaced."""
        return all(axis.is_axis_linear() for axis in (self.axes if axes is None else axes))

    def get_dim_from_data_axes(self) -> DataDim:
        """Return the dimensionality that shape and navigation indexes give."""
        return DataDim.from_shape(self.shape, navigation=bool(self.nav_indexes))

    def get_data_dimension(self) -> str:
        """Return navigation and signal shape, as ``(50, 640|224)``."""
        return repr(self._axes_manager)

    def errors_as_dwa(self) -> Self | None:
        """Return the errors as data, None if there are none."""
        if self._errors is None:
            return None
        return self.with_arrays(self._errors, name=f"{self.name}_errors", source=DataSource.calculated)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.name} <u: {self.units}> <len:{self.length}> {self._axes_manager}>"


def _in_order(axes: Sequence[Axis]) -> list[Axis]:
    return sorted(axes, key=lambda axis: (axis.index, axis.spread_order))
