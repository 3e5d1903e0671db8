"""A physical axis: label, units and the coordinates of the points along one dimension."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from h5modules.data._axis_content import AxisContent
from h5modules.data._pint import converted
from h5modules.data._slicing import AxisSlicer, in_units, nearest_index
from h5modules.data._units import base_units, convert, same_units

if TYPE_CHECKING:
    from collections.abc import Iterable

    from h5modules.data.with_axes import DataRaw

__all__ = ["Axis", "NavAxis"]


class Axis(AxisContent):
    """Coordinates along one dimension of some data.

    Parameters
    ----------
    label : str
    units : str
        Any text; it is read as a unit when something has to be converted.
    data : ndarray, optional
        Real, shape (n,). Copied: what happens to the array afterwards does not change the axis.
    index : int
        The dimension of the data that this axis belongs to.
    scaling, offset : float, optional
        Without `data`: the coordinate of point ``i`` is ``offset + i * scaling``. With `data`, they come from it.
    size : int, optional
        Number of points. An axis without `data` and `size` takes the size of the data that it is given to.
    spread_order : int
        Rank among the navigation axes of spread data, which share their index.

    Notes
    -----
    Coordinates given as `data` are kept bit for bit. Whether they are evenly spaced is found out when it is asked for,
    with a tolerance relative to the spacing. A NaN among them is allowed in memory; `has_nan` tells.

    Examples
    --------
    >>> import numpy as np
    >>> axis = Axis("wavelength", units="nm", data=np.linspace(400, 900, 6), index=1)
    >>> axis
    Axis: <label: wavelength> - <units: nm> - <index: 1>
    >>> axis.scaling, axis.offset, axis.size
    (100.0, 400.0, 6)
    """

    __slots__ = ()

    @classmethod
    def from_quantity(cls, quantity: Any, label: str = "axis", index: int = 0) -> Self:
        """Axis whose data and units are those of a pint quantity."""
        return cls(label, data=quantity, index=index)

    @property
    def iaxis(self) -> AxisSlicer:
        """Slicer by index: ``axis.iaxis[2:5]`` is an axis of three points."""
        return AxisSlicer(self, by_value=False)

    @property
    def vaxis(self) -> AxisSlicer:
        """Slicer by value: ``axis.vaxis[450.0:500.0]`` goes from the point nearest 450 up to that nearest 500."""
        return AxisSlicer(self, by_value=True)

    def find_index(self, threshold: float) -> int:
        """Index of the point nearest to a value in `units` (or to a quantity)."""
        return nearest_index(self.get_data(), in_units(threshold, self.units), self.label)

    def find_indexes(self, thresholds: Iterable[float]) -> list[int]:
        """Indexes of the points nearest to some values."""
        return [self.find_index(threshold) for threshold in thresholds]

    def create_linear_data(self, nsteps: int) -> None:
        """Make the axis a line of `nsteps` points with its scaling and offset (1 and 0 if it was not a line)."""
        if not self.is_axis_linear():
            self.make_line(1.0, 0.0)
        self.size = nsteps

    @staticmethod
    def create_simple_linear_data(nsteps: int) -> npt.NDArray[np.float64]:
        """Coordinates 0, 1, 2, ..., shape (nsteps,)."""
        return np.arange(float(nsteps))

    def force_units(self, units: str) -> None:
        """Set the units without converting anything."""
        self.units = units

    def units_as(self, units: str, inplace: bool = True, context: str | None = None, **context_kwargs: Any) -> Self:
        """Convert to other units.

        Parameters
        ----------
        units : str
        inplace : bool
            False: leave this axis alone and return another.
        context : str, optional
            A pint context, such as 'spectroscopy' for nm to eV; needs pint.

        Raises
        ------
        DataUnitError
            If the axis measures something else.
        """
        values = converted(self.get_data(), self.units, units, context, context_kwargs)
        axis = self if inplace else self.copy()
        axis.data = values
        axis.units = units
        return axis

    def to_base_units(self, inplace: bool = False) -> Self:
        """Convert to SI base units, as another axis unless `inplace`."""
        return self.units_as(base_units(self.units), inplace=inplace)

    def as_dwa(self, set_itself_as_axis: bool = False) -> DataRaw:
        """Coordinates as one-dimensional data, with this axis as its axis if so wished."""
        from h5modules.data.with_axes import DataRaw

        axes = []
        if set_itself_as_axis:
            axes = [self.copy()]
            axes[0].index = 0
        return DataRaw(self.label, data=[self.get_data()], units=self.units, labels=[self.label], axes=axes)

    def min(self) -> float:
        """Lowest coordinate."""
        return float(self.get_data().min())

    def max(self) -> float:
        """Highest coordinate."""
        return float(self.get_data().max())

    def mean(self) -> float:
        """Mean of the coordinates."""
        return float(self.get_data().mean())

    @property
    def axis_width(self) -> float:
        """Highest minus lowest coordinate, in `units`."""
        return self.max() - self.min()

    def flip(self) -> None:
        """Reverse the order of the coordinates, in place."""
        self.data = self.get_data()[::-1]

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        return f"{type(self).__name__}: <label: {self.label}> - <units: {self.units}> - <index: {self.index}>"

    def _moved(self, data: npt.NDArray[Any]) -> Self:
        axis = self.copy()
        axis.data = data
        return axis

    def __mul__(self, scale: float) -> Self:
        if not isinstance(scale, Real):
            return NotImplemented
        return self._moved(self.get_data() * scale)

    __rmul__ = __mul__

    def __truediv__(self, scale: float) -> Self:
        if not isinstance(scale, Real):
            return NotImplemented
        return self._moved(self.get_data() / scale)

    def __add__(self, offset: float) -> Self:
        if not isinstance(offset, Real):
            return NotImplemented
        return self._moved(self.get_data() + offset)

    __radd__ = __add__

    def __sub__(self, offset: float) -> Self:
        if not isinstance(offset, Real):
            return NotImplemented
        return self._moved(self.get_data() - offset)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Axis):
            return NotImplemented
        return (
            self.label == other.label
            and self.index == other.index
            and self.spread_order == other.spread_order
            and self.size == other.size
            and same_units(self.units, other.units)
            and _close(self.get_data(), convert(other.get_data(), other.units, self.units))
        )

    __hash__ = None  # type: ignore[assignment]


class NavAxis(Axis):
    """A navigation axis; what makes it one is the `nav_indexes` of its data."""

    __slots__ = ()


def _close(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> bool:
    if not first.size:
        return True
    tolerance = 1e-9 * float(np.nanmax(np.abs(first), initial=0.0))
    return bool(np.allclose(first, second, rtol=1e-9, atol=tolerance, equal_nan=True))
