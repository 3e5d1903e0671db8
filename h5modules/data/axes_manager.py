"""Which axis belongs to which dimension, and which dimensions are navigation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from h5modules.data.axis import Axis
from h5modules.data.enums import DataDistribution
from h5modules.errors import AxisError, AxisNotFound, DataIndexError, DataShapeError, DataTypeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["AxesManagerSpread", "AxesManagerUniform", "manage_axes"]


class AxesManagerUniform:
    """The axes of arrays on a grid: at most one axis for each dimension.

    Parameters
    ----------
    data_shape : tuple of int
    axes : sequence of Axis
        In any order; a dimension may be without. They are held, not copied, and never changed: one without size is
        replaced by a copy that has the size of its dimension.
    nav_indexes : sequence of int
        The navigation dimensions; the others are signal.

    Raises
    ------
    AxisError, DataShapeError, DataIndexError
        If an axis, or a navigation index, does not fit the shape.
    """

    __slots__ = ("_axes", "_nav_indexes", "_shape")

    distribution = DataDistribution.uniform

    def __init__(self, data_shape: tuple[int, ...], axes: Sequence[Axis] = (), nav_indexes: Sequence[int] = ()) -> None:
        self._shape = data_shape
        self._nav_indexes = () if nav_indexes == () else checked_nav_indexes(nav_indexes, data_shape)
        self._axes: list[Axis] = self._checked(axes)

    def copy(self) -> Self:
        """Return a manager of its own for the same axes."""
        new = object.__new__(type(self))
        new._shape, new._axes, new._nav_indexes = self._shape, list(self._axes), self._nav_indexes
        return new

    def _checked(self, axes: Sequence[Axis]) -> list[Axis]:
        if isinstance(axes, Axis):
            raise DataTypeError("axes is a single Axis: pass a list, axes=[axis]")
        checked = [self._fitted(axis) for axis in axes]
        self._check_together(checked)
        return checked

    def _fitted(self, axis: Axis) -> Axis:
        if not isinstance(axis, Axis):
            raise DataTypeError(f"axes holds a {type(axis).__name__}: every axis has to be an Axis")
        index, shape = axis.index, self._shape
        if index >= len(shape):
            raise DataIndexError(
                f"axis {axis.label!r} has index {index}: data of shape {shape} has dimensions 0 to {len(shape) - 1}",
                data_name=axis.label,
            )
        if axis.size == shape[index]:
            return axis
        if axis.size or axis.holds_values:
            raise DataShapeError(
                f"axis {axis.label!r} has {axis.size} points, but dimension {index} of data of shape {shape} has "
                f"{shape[index]}; give it as many points, or the index of another dimension",
                data_name=axis.label,
            )
        axis = axis.copy()
        axis.size = shape[index]
        return axis

    def _check_together(self, axes: list[Axis]) -> None:
        if len({axis.index for axis in axes}) == len(axes):
            return
        seen: dict[int, Axis] = {}
        for axis in axes:
            if axis.index in seen:
                raise AxisError(
                    f"axes {seen[axis.index].label!r} and {axis.label!r} both have index {axis.index}: on a grid a "
                    "dimension has one axis; give one of them another index, or make the data spread",
                    data_name=axis.label,
                )
            seen[axis.index] = axis

    @property
    def axes(self) -> list[Axis]:
        """The axes that there are, in the order in which they were given."""
        return self._axes

    @axes.setter
    def axes(self, axes: Sequence[Axis]) -> None:
        self._axes = self._checked(axes)

    def append_axis(self, axis: Axis) -> None:
        """Add an axis for a dimension that has none."""
        self._axes = self._checked([*self._axes, axis])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the data."""
        return self._shape

    @property
    def nav_indexes(self) -> tuple[int, ...]:
        """The navigation dimensions, in the order in which slicers take them."""
        return self._nav_indexes

    @nav_indexes.setter
    def nav_indexes(self, nav_indexes: Sequence[int]) -> None:
        self._nav_indexes = checked_nav_indexes(nav_indexes, self._shape)

    @property
    def sig_indexes(self) -> tuple[int, ...]:
        """The signal dimensions: all that are not navigation."""
        return tuple(index for index in range(len(self._shape)) if index not in self._nav_indexes)

    @property
    def nav_shape(self) -> tuple[int, ...]:
        """Number of points along each of `nav_indexes`."""
        return tuple(self._shape[index] for index in self._nav_indexes)

    @property
    def sig_shape(self) -> tuple[int, ...]:
        """Number of points along each of `sig_indexes`."""
        return tuple(self._shape[index] for index in self.sig_indexes)

    def get_shape_from_index(self, index: int) -> int:
        """Return the number of points along a dimension."""
        self._check_dimension(index)
        return self._shape[index]

    def is_axis_signal(self, axis: Axis) -> bool:
        """Whether an axis belongs to a signal dimension."""
        return axis.index not in self._nav_indexes

    def is_axis_navigation(self, axis: Axis) -> bool:
        """Whether an axis belongs to a navigation dimension."""
        return axis.index in self._nav_indexes

    def get_axes_index(self) -> list[int]:
        """Index of each axis, in the order of `axes`."""
        return [axis.index for axis in self._axes]

    def get_nav_axes(self) -> list[Axis]:
        """Axes of the navigation dimensions, in the order of `nav_indexes`, then of `spread_order`."""
        return [axis for index in self._nav_indexes for axis in self._at(index)]

    def get_signal_axes(self) -> list[Axis]:
        """Axes of the signal dimensions, by index."""
        return [axis for index in self.sig_indexes for axis in self._at(index)]

    def _at(self, index: int) -> list[Axis]:
        return sorted((axis for axis in self._axes if axis.index == index), key=lambda axis: axis.spread_order)

    def _check_dimension(self, index: int) -> None:
        if not 0 <= index < len(self._shape):
            raise DataIndexError(
                f"there is no dimension {index}: data of shape {self._shape} has 0 to {len(self._shape) - 1}"
            )

    def get_axis_from_index(self, index: int, create: bool = False) -> list[Axis | None]:
        """Axes of a dimension: several for the navigation dimension of spread data.

        Parameters
        ----------
        index : int
        create : bool
            For a dimension without: True gives a list of one axis of points 0, 1, 2, ..., which is not added to the
            data; False gives ``[None]``.
        """
        self._check_dimension(index)
        found: list[Axis | None] = [*self._at(index)]
        if not found:
            found = [Axis(index=index, size=self._shape[index]) if create else None]
        return found

    def get_axis_from_index_spread(self, index: int, spread: int) -> Axis | None:
        """Return the axis of a dimension with a spread order, None if there is none."""
        return next((axis for axis in self._at(index) if axis.spread_order == spread), None)

    def get_sorted_index(
        self, axis_index: int = 0, spread_index: int = 0
    ) -> tuple[npt.NDArray[np.intp], tuple[Any, ...]]:
        """Order that sorts an axis, and the slices that apply it to the data.

        Returns
        -------
        order : ndarray
            Shape (size of the axis,).
        slices : tuple
            One for each dimension up to `axis_index`.
        """
        self._check_dimension(axis_index)
        axis = self.get_axis_from_index_spread(axis_index, spread_index)
        if axis is None:
            raise AxisNotFound(
                f"dimension {axis_index} has no axis with spread order {spread_index} to sort by among {self._axes}"
            )
        order = np.argsort(axis.get_data(), kind="stable")
        return order, (*(slice(None),) * axis_index, order)

    def __repr__(self) -> str:
        navigation, signal = (", ".join(map(str, shape)) for shape in (self.nav_shape, self.sig_shape))
        return f"({navigation}|{signal})"


class AxesManagerSpread(AxesManagerUniform):
    """Axes of data at points that lie on no grid: several for the one navigation dimension.

    Navigation axes none of which was given a `spread_order` get theirs from the order in which they come.
    """

    __slots__ = ()

    distribution = DataDistribution.spread

    def _check_together(self, axes: list[Axis]) -> None:
        if len(self._nav_indexes) != 1:
            raise AxisError(
                f"nav_indexes={self._nav_indexes} of spread data: its points share one navigation dimension; give that"
            )
        navigation = self._nav_indexes[0]
        super()._check_together([axis for axis in axes if axis.index != navigation])
        points = [place for place, axis in enumerate(axes) if axis.index == navigation]
        if len(points) > 1 and not any(axes[place].spread_order for place in points):
            for order, place in enumerate(points[1:], start=1):
                axes[place] = axes[place].copy()
                axes[place].spread_order = order


def checked_nav_indexes(nav_indexes: Sequence[int], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Navigation indexes as a tuple of different dimensions of data of this shape."""
    if isinstance(nav_indexes, (int, str)):
        raise DataTypeError(f"nav_indexes={nav_indexes!r}: a tuple of integers was expected, such as (0,)")
    checked = tuple(int(index) for index in nav_indexes)
    if len(set(checked)) != len(checked) or any(not 0 <= index < len(shape) for index in checked):
        raise DataIndexError(
            f"nav_indexes={checked}: data of shape {shape} has dimensions 0 to {len(shape) - 1}; name each "
            "navigation dimension once"
        )
    return checked


def manage_axes(
    distribution: DataDistribution, shape: tuple[int, ...], axes: Sequence[Axis], nav_indexes: Sequence[int]
) -> AxesManagerUniform:
    """Make the manager for data of this distribution; without a navigation dimension, nothing is spread."""
    if distribution is DataDistribution.spread and nav_indexes:
        return AxesManagerSpread(shape, axes, nav_indexes)
    return AxesManagerUniform(shape, axes, nav_indexes)
