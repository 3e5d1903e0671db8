"""What an axis holds: label, units, and coordinates as an array or as a line."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from h5modules.data._checks import unmasked
from h5modules.data._linearity import scale_offset
from h5modules.data._pint import quantity
from h5modules.data._units import is_quantity
from h5modules.errors import AxisError, DataTypeError

__all__ = ["AxisContent"]


class AxisContent:
    """Coordinates along one dimension; `Axis` says what its parameters mean."""

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

    def copy(self) -> Self:
        """Copy everything."""
        new = object.__new__(type(self))
        new._label, new._units, new._index = self._label, self._units, self._index
        new._spread_order, new._size, new._linear = self._spread_order, self._size, self._linear
        new._scaling, new._offset = self._scaling, self._offset
        new._values = None if self._values is None else self._values.copy()
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
        if type(data) is not np.ndarray and is_quantity(data):
            self._units = f"{data.units:~}"  # type: ignore[attr-defined]
            data = data.magnitude  # type: ignore[attr-defined]
        self._values = _checked(data, self._label)
        self._size = self._values.size
        self._linear = None

    @property
    def holds_values(self) -> bool:
        """Whether the coordinates were given one by one, rather than as scaling, offset and size."""
        return self._values is not None

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
        self.make_line(scaling, offset)

    def make_line(self, scaling: float | None, offset: float | None) -> None:
        """Replace the coordinates by evenly spaced ones; None leaves it at 1 and 0."""
        self._linear, self._values, self._scaling, self._offset = True, None, scaling, offset

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


def _natural(value: int, name: str) -> int:
    if type(value) is not int and (not isinstance(value, Integral) or isinstance(value, bool)):
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
    return np.array(unmasked(data, label))
