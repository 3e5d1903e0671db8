"""What every data object holds: arrays, labels, units, errors, and whatever else is known about them."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from h5modules.data._checks import checked_arrays, checked_errors, checked_labels
from h5modules.data._pint import converted, quantity
from h5modules.data._units import base_units, conversion, convert, is_quantity
from h5modules.data._warnings import DataDimWarning
from h5modules.data.enums import Averaging, DataDim, DataDistribution, DataSource, enum_checker
from h5modules.errors import DataError, DataTypeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from h5modules.data.axis import Axis

__all__ = ["DataContent", "DataLowLevel"]

RENAMED = {
    "x_axis": "axes=[Axis(..., index=...)]",
    "y_axis": "axes=[Axis(..., index=...)]",
    "nav_x_axis": "axes=[Axis(..., index=...)]",
    "nav_y_axis": "axes=[Axis(..., index=...)]",
    "nav_axes": "nav_indexes=(...)",
}
"""Arguments of long ago, which would otherwise pass for extra attributes."""


class DataLowLevel:
    """What has a name and the time at which it was made.

    Parameters
    ----------
    name : str

    Attributes
    ----------
    name : str
    timestamp : float
        POSIX seconds.
    extra_attributes : list of str
        Names of the attributes that were added.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.timestamp = time.time()
        self.extra_attributes: list[str] = []

    def add_extra_attribute(self, **kwargs: Any) -> None:
        """Add attributes, or change them; `extra_attributes` has their names.

        Raises
        ------
        DataError
            If a name is taken by the data itself.
        """
        for name, value in kwargs.items():
            if name not in self.extra_attributes:
                if hasattr(self, name) or name in RENAMED:
                    advice = f"pass {RENAMED[name]}" if name in RENAMED else "choose another name"
                    raise DataError(
                        f"{self.name!r} cannot have an extra attribute {name!r}, which has a meaning of its own: "
                        f"{advice}",
                        data_name=self.name,
                    )
                self.extra_attributes.append(name)
            setattr(self, name, value)


class DataContent(DataLowLevel):
    """Arrays of one shape and what is known about them; `DataBase` says what they mean."""

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
        **kwargs: Any,
    ) -> None:
        super().__init__(name)
        self.origin = origin
        self.path = ""
        self._source = source if type(source) is DataSource else enum_checker(DataSource, source)
        self._distribution = (
            distribution if type(distribution) is DataDistribution else enum_checker(DataDistribution, distribution)
        )
        self.force_units(units)
        self._errors: list[npt.NDArray[Any]] | None = None
        self._data = self._taken(data)
        self._labels = checked_labels(labels, len(self._data), name)
        self._dim = DataDim.from_shape(self._data[0].shape)
        if dim is not None:
            self._check_dim(dim)
        if kwargs:
            self._take_extra(kwargs)

    def _taken(self, data: Any) -> list[npt.NDArray[Any]]:
        if isinstance(data, (list, tuple)) and data and is_quantity(data[0]):
            units = f"{data[0].units:~}"
            data = [converted(array.magnitude, f"{array.units:~}", units, None, {}) for array in data]
            self.force_units(units)
        return checked_arrays(data, self.name)

    def _check_dim(self, dim: DataDim | str) -> None:
        dim = enum_checker(DataDim, dim)
        if dim is not self._dim:
            warnings.warn(
                f"{self.name!r} was said to be {dim.name}, but its arrays have shape {self.shape}, which is "
                f"{self._dim.name}: that is taken; leave dim out, or reshape the arrays",
                DataDimWarning,
                stacklevel=4,
            )

    def _take_extra(self, extra: dict[str, Any]) -> None:
        self.timestamp = extra.pop("timestamp", self.timestamp)
        self.path = extra.pop("path", self.path)
        self.add_extra_attribute(**extra)

    def add_extra_attribute(self, **kwargs: Any) -> None:
        """Add attributes, or change them; `extra_attributes` has their names.

        Raises
        ------
        DataError
            If a name is taken by the data itself.
        """
        for averaging in Averaging:
            if averaging in kwargs:
                setattr(self, averaging, kwargs.pop(averaging))
        super().add_extra_attribute(**kwargs)

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
        """Return the same with other arrays: labels, units, origin, timestamp and extra attributes stay.

        Parameters
        ----------
        data : list of ndarray
            Held, not copied.
        errors : list of ndarray, optional
        name, units, source : optional
            Other ones.
        dims : sequence of int or None, optional
            For each dimension of the new arrays the one that it was before, or None if it is new; all stay by default.
        axes : sequence of Axis, optional
            Other ones; of no use to data without axes.
        """
        new = object.__new__(type(self))
        state = vars(new)
        state.update(vars(self))
        labels = self._labels[: len(data)]
        state.update(
            _data=data,
            _errors=errors,
            _labels=[*labels, *(f"CH{index:02d}" for index in range(len(labels), len(data)))],
            _dim=DataDim.from_shape(data[0].shape),
            extra_attributes=[*self.extra_attributes],
        )
        if name is not None:
            state["name"] = name
        if units is not None:
            state["_units"] = units
        if source is not None:
            state["_source"] = source
        return new

    @property
    def data(self) -> list[npt.NDArray[Any]]:
        """List of ndarray: the arrays, all of one shape."""
        return self._data

    @data.setter
    def data(self, data: Sequence[npt.NDArray[Any]]) -> None:
        arrays = self._taken(data)
        self._labels = checked_labels(self._labels[: len(arrays)], len(arrays), self.name)
        if len(arrays) != len(self._data) or arrays[0].shape != self.shape:
            self._errors = None  # they were those of the arrays before
        self._data = arrays
        self._dim = DataDim.from_shape(arrays[0].shape)

    @property
    def units(self) -> str:
        """Units of the arrays; setting them converts the arrays (`force_units` does not)."""
        return self._units

    @units.setter
    def units(self, units: str) -> None:
        self.units_as(units)

    def force_units(self, units: str) -> None:
        """Set the units without converting anything."""
        if not isinstance(units, str):
            raise DataTypeError(
                f"the units of {self.name!r} are {units!r} ({type(units).__name__}): a str was expected",
                data_name=self.name,
            )
        self._units = units

    def units_as(self, units: str, inplace: bool = True, context: str | None = None, **context_kwargs: Any) -> Self:
        """Convert arrays and errors to other units.

        Parameters
        ----------
        units : str
        inplace : bool
            False: leave this object alone and return another. The arrays themselves are never written to.
        context : str, optional
            A pint context, such as 'spectroscopy'; needs pint.

        Raises
        ------
        DataUnitError
            If the data measures something else.
        """
        data = [converted(array, self._units, units, context, context_kwargs) for array in self._data]
        errors = None
        if self._errors is not None and context is None:
            factor = abs(conversion(self._units, units)[0])
            errors = [error * factor for error in self._errors]
        new = self if inplace else self.with_arrays(data)
        vars(new).update(_data=data, _errors=errors, _units=units)
        return new

    def to_base_units(self) -> Self:
        """Convert to SI base units, as another object."""
        return self.units_as(base_units(self._units), inplace=False)

    @property
    def quantities(self) -> list[Any]:
        """The arrays as pint quantities; needs pint."""
        return [quantity(array, self._units) for array in self._data]

    def values(self, units: str | None = None) -> list[float]:
        """Return one number for each array: its value if it has one, else its mean; in `units` if given."""
        means = [float(np.mean(array)) for array in self._data]
        return means if units is None else [convert(mean, self._units, units) for mean in means]

    def value(self, units: str | None = None) -> float:
        """Return the first of `values`."""
        return self.values(units)[0]

    @property
    def labels(self) -> list[str]:
        """A label for each array."""
        return self._labels

    @labels.setter
    def labels(self, labels: Sequence[str]) -> None:
        self._labels = checked_labels(labels, len(self._data), self.name)

    @property
    def errors(self) -> list[npt.NDArray[Any]] | None:
        """List of ndarray or None: standard uncertainties, one array for each of the data and of its shape."""
        return self._errors

    @errors.setter
    def errors(self, errors: Sequence[npt.NDArray[Any]] | None) -> None:
        self._errors = checked_errors(errors, self._data, self.name)

    def get_error(self, index: int) -> npt.NDArray[Any] | None:
        """Return the uncertainties of the array at an index, None if there are none."""
        return None if self._errors is None else self._errors[index]

    @property
    def source(self) -> DataSource:
        """Whether an instrument gave the data, or a computation."""
        return self._source

    @source.setter
    def source(self, source: DataSource | str) -> None:
        self._source = enum_checker(DataSource, source)

    @property
    def distribution(self) -> DataDistribution:
        """Whether the navigation points lie on a grid."""
        return self._distribution

    @property
    def dim(self) -> DataDim:
        """Dimensionality."""
        return self._dim

    def set_dim(self, dim: DataDim | str) -> None:
        """Give the data another dimensionality than its shape says."""
        self._dim = enum_checker(DataDim, dim)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of each array."""
        return self._data[0].shape

    @property
    def size(self) -> int:
        """Number of elements of each array."""
        return int(self._data[0].size)

    @property
    def length(self) -> int:
        """Number of arrays."""
        return len(self._data)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type that holds the elements of all arrays; that of the arrays if they agree."""
        return np.result_type(*(array.dtype for array in self._data))

    def get_full_name(self) -> str:
        """Return ``origin/name``."""
        return f"{self.origin}/{self.name}"

    @staticmethod
    def get_origin_name_from_full_name(full_name: str) -> tuple[str, str]:
        """Split into origin and name; the origin is what precedes the first slash."""
        origin, _, name = full_name.partition("/")
        return origin, name
