"""A physical axis: label, units and the coordinates of the points along one dimension."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.data._linearity import scale_offset
from h5modules.data._pint import converted, quantity
from h5modules.data._slicing import AxisSlicer, in_units, nearest_index
from h5modules.data._units import convert, is_quantity, same_units
from h5modules.errors import AxisError, DataTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from h5modules.data.with_axes import DataWithAxes

__all__ = ["Axis", "NavAxis"]


class Axis:
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

    __slots__ = (
        "__weakref__",
        "_index",
        "_label",
        "_linear",
        "_offset",
        "_scaling",
        "_size",
        "_spread_order",
        "_units",
        "_values",
    )

    def __init__(
        self,
        label: str = "",
        units: str = "",
        data: npt.NDArray[Any] | None = None,
        index: int = 0,
        scaling: float | None = None,
        offset: float | None = None,
        size: int | None = None,
        spread_order: int = 0,
    ) -> None:
        self.label = label
        self.units = units
        self.index = index
        self.spread_order = spread_order
        # _linear: None while nobody has asked whether _values are evenly spaced
        self._values: npt.NDArray[Any] | None = None
        self._linear: bool | None = True
        self._scaling: float | None = None if scaling is None else float(scaling)
        self._offset: float | None = None if offset is None else float(offset)
        self._size = 0
        if data is not None:
            self.data = data
            if size is not None and size != self._size:
                raise AxisError(
                    f"axis {label!r}: size={size} contradicts its data of {self._size} points; leave size out",
                    data_name=label,
                )
        elif size is not None:
            self.size = size

    @classmethod
    def from_quantity(cls, quantity: Any, label: str = "axis", index: int = 0) -> Axis:
        """Axis whose data and units are those of a pint quantity."""
        return cls(label, data=quantity, index=index)

    def copy(self) -> Axis:
        """Independent copy."""
        new = object.__new__(type(self))
        for name in Axis.__slots__[1:]:
            object.__setattr__(new, name, getattr(self, name))
        if self._values is not None:
            new._values = self._values.copy()
        return new

    @property
    def label(self) -> str:
        """Name of the axis."""
        return self._label

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise DataTypeError(f"the label of an axis is a str, not {label!r} ({type(label).__name__})")
        self._label = label

    @property
    def units(self) -> str:
        """Units of the coordinates; setting them converts nothing."""
        return self._units

    @units.setter
    def units(self, units: str) -> None:
        if not isinstance(units, str):
            raise DataTypeError(f"the units of an axis are a str, not {units!r} ({type(units).__name__})")
        self._units = units

    @property
    def index(self) -> int:
        """The dimension of the data that this axis belongs to."""
        return self._index

    @index.setter
    def index(self, index: int) -> None:
        self._index = _natural(index, "index")

    @property
    def spread_order(self) -> int:
        """Rank among the navigation axes of spread data."""
        return self._spread_order

    @spread_order.setter
    def spread_order(self, spread_order: int) -> None:
        self._spread_order = _natural(spread_order, "spread_order")

    @property
    def data(self) -> npt.NDArray[Any] | None:
        """The coordinates, shape (size,); None if they are evenly spaced (`get_data` gives them always)."""
        if self._values is None or self.is_axis_linear():
            return None
        return self._values

    @data.setter
    def data(self, data: npt.NDArray[Any]) -> None:
        if is_quantity(data):
            self._units = f"{data.units:~}"  # type: ignore[attr-defined]
            data = data.magnitude  # type: ignore[attr-defined]
        self._values = _checked(data, self._label)
        self._size = self._values.size
        self._linear = None

    def get_data(self) -> npt.NDArray[Any]:
        """Coordinates as a new array, shape (size,), evenly spaced or not."""
        if self._values is not None:
            return self._values.copy()
        offset = 0.0 if self._offset is None else self._offset
        scaling = 1.0 if self._scaling is None else self._scaling
        values: npt.NDArray[Any] = offset + scaling * np.arange(self._size)
        return values

    def get_data_at(self, indexes: Any) -> Any:
        """Coordinates at an index, a slice, or several indexes."""
        return self.get_data()[indexes]

    def get_quantity(self) -> Any:
        """Coordinates as a pint quantity."""
        return quantity(self.get_data(), self._units)

    def get_scale_offset_from_data(self, data: npt.NDArray[Any] | None = None) -> tuple[float, float] | None:
        """Scaling and offset of evenly spaced coordinates (by default the axis' own); None if they are not."""
        if data is None:
            self.is_axis_linear()
            return None if self._scaling is None or self._offset is None else (self._scaling, self._offset)
        return scale_offset(data)

    def is_axis_linear(self, data: npt.NDArray[Any] | None = None) -> bool:
        """Tell whether coordinates (by default the axis' own) are evenly spaced, relative to their spacing."""
        if data is not None:
            return scale_offset(data) is not None
        if self._linear is None:
            found = scale_offset(self._values)  # type: ignore[arg-type]
            self._linear = found is not None
            self._scaling, self._offset = (None, None) if found is None else found
        return self._linear

    @property
    def has_nan(self) -> bool:
        """Whether a coordinate is missing: such an axis cannot be sorted, sliced by value or saved as coordinates."""
        return self._values is not None and bool(np.isnan(self._values).any())

    @property
    def scaling(self) -> float | None:
        """Spacing of evenly spaced coordinates, in `units`; None if they are not."""
        self.is_axis_linear()
        return 1.0 if self._scaling is None and self._linear and self._size else self._scaling

    @scaling.setter
    def scaling(self, scaling: float) -> None:
        self._set_line(float(scaling), self.offset)

    @property
    def offset(self) -> float | None:
        """First of evenly spaced coordinates, in `units`; None if they are not."""
        self.is_axis_linear()
        return 0.0 if self._offset is None and self._linear and self._size else self._offset

    @offset.setter
    def offset(self, offset: float) -> None:
        self._set_line(self.scaling, float(offset))

    def _set_line(self, scaling: float | None, offset: float | None) -> None:
        if not self.is_axis_linear():
            raise AxisError(
                f"axis {self._label!r} is not evenly spaced, so it has no scaling and offset: set its data, "
                "or make it a line first with create_linear_data(size)",
                data_name=self._label,
            )
        self._values, self._scaling, self._offset = None, scaling, offset

    @property
    def size(self) -> int:
        """Number of points; it can be set on an evenly spaced axis."""
        return self._size

    @size.setter
    def size(self, size: int) -> None:
        size = _natural(size, "size")
        if self._values is not None and size != self._size:
            self._set_line(self.scaling, self.offset)
        self._size = size

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
        return nearest_index(self.get_data(), in_units(threshold, self._units), self._label)

    def find_indexes(self, thresholds: Iterable[float]) -> list[int]:
        """Indexes of the points nearest to some values."""
        return [self.find_index(threshold) for threshold in thresholds]

    def create_linear_data(self, nsteps: int) -> None:
        """Make the axis a line of `nsteps` points with its scaling and offset (1 and 0 if it was not a line)."""
        if not self.is_axis_linear():
            self._linear, self._values = True, None
        self.size = nsteps

    @staticmethod
    def create_simple_linear_data(nsteps: int) -> npt.NDArray[np.float64]:
        """Coordinates 0, 1, 2, ..., shape (nsteps,)."""
        return np.arange(float(nsteps))

    def force_units(self, units: str) -> None:
        """Set the units without converting anything."""
        self.units = units

    def units_as(self, units: str, inplace: bool = True, context: str | None = None, **context_kwargs: Any) -> Axis:
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
        values = converted(self.get_data(), self._units, units, context, context_kwargs)
        axis = self if inplace else self.copy()
        axis.data = values
        axis.units = units
        return axis

    def as_dwa(self, set_itself_as_axis: bool = False) -> DataWithAxes:
        """Coordinates as one-dimensional data, with this axis as its axis if so wished."""
        from h5modules.data.with_axes import DataRaw

        axes = []
        if set_itself_as_axis:
            axes = [self.copy()]
            axes[0].index = 0
        return DataRaw(self._label, data=[self.get_data()], units=self._units, labels=[self._label], axes=axes)

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
        return self._size

    def __repr__(self) -> str:
        return f"{type(self).__name__}: <label: {self._label}> - <units: {self._units}> - <index: {self._index}>"

    def _moved(self, data: npt.NDArray[Any]) -> Axis:
        axis = self.copy()
        axis.data = data
        return axis

    def __mul__(self, scale: float) -> Axis:
        if not isinstance(scale, Real):
            return NotImplemented
        return self._moved(self.get_data() * scale)

    __rmul__ = __mul__

    def __truediv__(self, scale: float) -> Axis:
        if not isinstance(scale, Real):
            return NotImplemented
        return self._moved(self.get_data() / scale)

    def __add__(self, offset: float) -> Axis:
        if not isinstance(offset, Real):
            return NotImplemented
        return self._moved(self.get_data() + offset)

    __radd__ = __add__

    def __sub__(self, offset: float) -> Axis:
        if not isinstance(offset, Real):
            return NotImplemented
        return self._moved(self.get_data() - offset)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Axis):
            return NotImplemented
        return (
            self._label == other._label
            and self._index == other._index
            and self._spread_order == other._spread_order
            and self._size == other._size
            and same_units(self._units, other._units)
            and _close(self.get_data(), convert(other.get_data(), other._units, self._units))
        )

    __hash__ = None  # type: ignore[assignment]


class NavAxis(Axis):
    """A navigation axis; what makes it one is the `nav_indexes` of its data."""

    __slots__ = ()


def _natural(value: int, name: str) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise DataTypeError(f"{name} of an axis is an integer, not {value!r} ({type(value).__name__})")
    if value < 0:
        raise AxisError(f"{name}={value} of an axis: 0 or more was expected")
    return int(value)


def _checked(data: npt.NDArray[Any], label: str) -> npt.NDArray[Any]:
    if not isinstance(data, np.ndarray):
        raise DataTypeError(
            f"the data of axis {label!r} is a {type(data).__name__}: pass a 1-D array of numbers, "
            "for instance numpy.asarray(values)",
            data_name=label,
        )
    if data.dtype.kind not in "iuf":
        raise DataTypeError(
            f"the data of axis {label!r} has dtype {data.dtype}: real numbers were expected", data_name=label
        )
    if data.ndim != 1:
        raise AxisError(
            f"the data of axis {label!r} has shape {data.shape}: an array of shape (n,) was expected",
            data_name=label,
        )
    return data.copy()


def _close(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> bool:
    if not first.size:
        return True
    tolerance = 1e-9 * float(np.nanmax(np.abs(first), initial=0.0))
    return bool(np.allclose(first, second, rtol=1e-9, atol=tolerance, equal_nan=True))
