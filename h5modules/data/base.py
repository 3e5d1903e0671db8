"""Arrays of one shape that belong together: a list of them, and one operand."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from h5modules.data._content import DataLowLevel
from h5modules.data._integers import widened
from h5modules.data._operators import Operators
from h5modules.data.enums import DataSource
from h5modules.errors import DataError, DataIndexError, DataShapeError, DataTypeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from h5modules.data.export import DataToExport

__all__ = ["DataBase", "DataLowLevel"]


class DataBase(Operators):
    """Arrays of one shape that belong together, such as the channels of an instrument.

    Parameters
    ----------
    name : str
    source : DataSource or str
        'raw' or 'calculated'.
    dim : DataDim or str, optional
        Found from the shape; another one is replaced with a `DataDimWarning`.
    distribution : DataDistribution or str
    data : list of ndarray
        Numbers, all of one shape; a single value is an array of shape (1,). Held, not copied. Lazy (dask) arrays will
        do. The units of pint quantities win over `units`. What is masked in masked arrays becomes NaN.
    labels : list of str, optional
        One for each array; CH00, CH01, ... for those not given.
    origin : str
        What the data comes from, such as the name of a detector.
    units : str
        Any text; it is read as a unit when something has to be converted.
    **kwargs
        Extra attributes. `timestamp` and `path` are what they say.

    Attributes
    ----------
    origin : str
    path : str
        Where in a file the data was loaded from; '' if from none.

    Raises
    ------
    DataTypeError, DataShapeError, DataLengthError, UnknownMember
        Before anything is made, if what is given does not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> data = DataBase("counts", source="raw", data=[np.arange(3.0), np.ones(3)], labels=["signal"], gain=2)
    >>> data.dim, data.shape, data.length, data.labels, data.gain
    (<DataDim.Data1D: 1>, (3,), 2, ['signal', 'CH01'], 2)
    """

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        return iter(self._data)

    def __getitem__(self, item: int | slice) -> Any:
        """Return an array, or a list of arrays for a slice."""
        if isinstance(item, slice):
            return self._data[item]
        return self._data[self._place(item)]

    def __setitem__(self, key: int, value: npt.NDArray[Any]) -> None:
        place = self._place(key)
        if not isinstance(value, np.ndarray) or value.shape != self.shape:
            raise DataShapeError(
                f"array {place} of {self.name!r} was given {value!r}: an array of shape {self.shape} was expected",
                data_name=self.name,
            )
        self.data = [*self._data[:place], value, *self._data[place + 1 :]]

    def _place(self, index: int) -> int:
        if not isinstance(index, (int, np.integer)) or not -len(self._data) <= index < len(self._data):
            raise DataIndexError(
                f"{self.name!r} has no array {index!r}: it has {len(self._data)}, with labels {self._labels}; "
                "use an integer",
                data_name=self.name,
            )
        return int(index) % len(self._data)

    def get_data_index(self, index: int = 0) -> npt.NDArray[Any]:
        """Return the array at an index."""
        return self._data[self._place(index)]

    def append(self, data: DataBase) -> None:
        """Add the arrays, labels and errors of other data, converted to these units.

        Where only one of both has errors, those of the other are NaN: not known.

        Raises
        ------
        DataShapeError
            If the shapes differ.
        DataUnitError
        """
        if not isinstance(data, DataBase):
            raise DataTypeError(f"{data!r} cannot be appended to {self.name!r}: a data object was expected")
        if data.shape != self.shape:
            raise DataShapeError(
                f"{data.name!r} of shape {data.shape} cannot be appended to {self.name!r} of shape {self.shape}: "
                "the same was expected; put both into a DataToExport instead",
                data_name=self.name,
            )
        new = data.units_as(self._units, inplace=False)
        if self._errors is not None or new.errors is not None:
            self._errors = [*_known_errors(self), *_known_errors(new)]
        self._data = [*self._data, *new.data]
        self._labels = [*self._labels, *new.labels]

    def pop(self, index: int) -> Self:
        """Return the array at an index as data of its own; this object keeps it."""
        place = self._place(index)
        errors = None if self._errors is None else [self._errors[place]]
        new = self.with_arrays([self._data[place]], errors)
        new.labels = [self._labels[place]]
        return new

    def get_data_as_dwa(self, index: int = 0) -> Self:
        """Do as `pop`."""
        return self.pop(index)

    def stack_as_array(self, axis: int = 0, dtype: Any = None) -> npt.NDArray[Any]:
        """Put all arrays into one, along a new axis.

        Parameters
        ----------
        axis : int
            Place of the new axis in the result.
        dtype : dtype-like, optional
        """
        return np.stack(self._data, axis=axis, dtype=dtype, casting="unsafe" if dtype is not None else "same_kind")

    def to_dict(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays by label; of several with one label the last."""
        return dict(zip(self._labels, self._data, strict=True))

    def __copy__(self) -> Self:
        return self.with_arrays(list(self._data), self._errors)

    def deepcopy(self) -> Self:
        """Copy everything."""
        return copy.deepcopy(self)

    def as_dte(self, name: str = "mydte") -> DataToExport:
        """Put the data alone into a DataToExport."""
        from h5modules.data.export import DataToExport

        return DataToExport(name, data=[self])  # type: ignore[list-item]

    def split_as_dte(self, name: str = "mydte") -> DataToExport:
        """Put each array as data of its own, named by its label, into a DataToExport."""
        from h5modules.data.export import DataToExport

        parts = [self.pop(index) for index in range(len(self))]
        for part in parts:
            part.name = part.labels[0]
        return DataToExport(name, data=parts)  # type: ignore[arg-type]

    @property
    def averaged(self) -> bool:
        """Whether this is an average."""
        return bool(self.__dict__.get("_averaged", False))

    @averaged.setter
    def averaged(self, averaged: bool) -> None:
        self._set_history("averaged", bool(averaged))

    @property
    def n_averaged(self) -> int:
        """How many acquisitions this is the average of; 0 if it is no average."""
        return int(self.__dict__.get("_n_averaged", 0))

    @n_averaged.setter
    def n_averaged(self, n_averaged: int) -> None:
        self._set_history("n_averaged", int(n_averaged))

    def _set_history(self, name: str, value: int) -> None:
        self.__dict__[f"_{name}"] = value
        if name not in self.extra_attributes:
            self.extra_attributes.append(name)

    def average(self, other: DataBase, weight: int) -> Self:
        """Average this (once) with `other` (`weight` times): a new frame with the mean of earlier ones.

        Parameters
        ----------
        other : DataBase
            As many arrays of the same shape, in units that can be converted to these.
        weight : int
            Above or equal to 0.

        Returns
        -------
        Self
            ``(self + weight * other) / (weight + 1)`` in floating point, with errors if both have some.
        """
        if weight < 0:
            raise DataError(
                f"{self.name!r} averaged with weight={weight}: 0 or more was expected, how often {other.name!r} counts"
            )
        new: Self = (self + other * float(weight)) / (weight + 1.0)
        new.name = self.name
        new.averaged, new.n_averaged = True, weight + 1
        return new

    def equal_to(self, other: DataBase, epsilon: float) -> bool:
        """Tell whether no element differs by more than `epsilon`, in the units of this object."""
        arrays = other.units_as(self._units, inplace=False).data
        return len(arrays) == len(self._data) and all(
            mine.shape == theirs.shape
            and bool(np.all(np.abs(np.subtract(*widened(np.subtract, [mine, theirs]))) <= epsilon))
            for mine, theirs in zip(self._data, arrays, strict=True)
        )

    def to_dB(self) -> Self:  # noqa: N802
        """Convert to decibels below the maximum of each array: ``10 * log10(array / max(array))``."""
        data = [10.0 * np.log10(array / np.max(array)) for array in self._data]
        return self.with_arrays(data, name=f"{self.name}_dB", units="", source=DataSource.calculated)

    def __repr__(self) -> str:
        return f"{type(self).__name__} <{self.name}> <u: {self.units}> <{self.dim}> <{self.source}> <{self.shape}>"


def _known_errors(data: DataBase) -> list[npt.NDArray[Any]]:
    if data.errors is not None:
        return data.errors
    return [np.full(data.shape, np.nan) for _ in data]
