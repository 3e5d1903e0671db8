"""Several data objects under one name, on their way to a file or to somebody else."""

from __future__ import annotations

import copy
import operator
from numbers import Number
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from h5modules.data._doors import way_to
from h5modules.data._selection import Selection
from h5modules.data._xarray import dte_from_xarray, dte_to_xarray
from h5modules.data.enums import DataDim, enum_checker
from h5modules.data.with_axes import DataWithAxes
from h5modules.errors import DataIndexError, DataLengthError, DataShapeError, DataTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["DataToExport"]


class DataToExport(Selection):
    """Data objects that belong together: what the detectors gave at one moment, with what was computed from it.

    Parameters
    ----------
    name : str
    data : list of DataWithAxes
        Held, not copied. One without origin gets `name` as its origin, which tells it from data of the same name that
        is from elsewhere.
    **kwargs
        Extra attributes. `timestamp` is what it says.

    Raises
    ------
    DataTypeError
        For anything else than data with axes.

    Notes
    -----
    Arithmetic works on each data object; of two DataToExport of one length, on those in the same place.

    Examples
    --------
    >>> import numpy as np
    >>> from h5modules.data import DataRaw
    >>> DataToExport("camera", data=[DataRaw("frame", data=[np.zeros((256, 640))])]).get_full_names()
    ['camera/frame']
    """

    def __init__(self, name: str, data: Sequence[DataWithAxes] = (), **kwargs: Any) -> None:
        super().__init__(name)
        self.data = data
        if kwargs:
            self.timestamp = kwargs.pop("timestamp", self.timestamp)
            self.add_extra_attribute(**kwargs)

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            raise AttributeError(way_to(name, self))

    @property
    def data(self) -> list[DataWithAxes]:
        """The data objects."""
        return self._data

    @data.setter
    def data(self, data: Sequence[DataWithAxes]) -> None:
        if not isinstance(data, (list, tuple)):
            raise DataTypeError(
                f"the data of {self.name!r} is {data!r}: a list of DataWithAxes was expected; wrap it as [data]",
                data_name=self.name,
            )
        self._data = [self._checked(dwa) for dwa in data]
        self.affect_name_to_origin_if_none()

    def _checked(self, dwa: DataWithAxes) -> DataWithAxes:
        if not isinstance(dwa, DataWithAxes):
            raise DataTypeError(
                f"{self.name!r} was given {dwa!r} ({type(dwa).__name__}): DataWithAxes objects were expected",
                data_name=self.name,
            )
        return dwa

    def affect_name_to_origin_if_none(self) -> None:
        """Give the name of this object as origin to data that has none."""
        for dwa in self._data:
            if not dwa.origin:
                dwa.origin = self.name

    def append(self, data: DataWithAxes | DataToExport | Iterable[DataWithAxes]) -> None:
        """Add data; what has the same name and origin is replaced."""
        if isinstance(data, DataToExport):
            data.affect_name_to_origin_if_none()
        if isinstance(data, DataWithAxes):
            data = [data]
        elif not isinstance(data, (list, tuple, DataToExport)):
            raise DataTypeError(f"{data!r} cannot be appended to {self.name!r}: data objects were expected")
        for dwa in [self._checked(dwa) for dwa in data]:
            full_name = self.full_name_of(dwa)
            self._data = [*(present for present in self._data if self.full_name_of(present) != full_name), dwa]

    def pop(self, index: int) -> DataWithAxes:
        """Remove and return the data at an index."""
        return self._data.pop(self._place(index))

    def remove(self, dwa: DataWithAxes) -> DataWithAxes:
        """Remove and return the data that has this name and equals this.

        Raises
        ------
        DataNotFound
        """
        return self._data.pop(self.index(dwa))

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[DataWithAxes]:
        return iter(self._data)

    def __contains__(self, data: object) -> bool:
        return any(dwa is data or (dwa.name == getattr(data, "name", None) and dwa == data) for dwa in self._data)

    @overload
    def __getitem__(self, item: int) -> DataWithAxes: ...
    @overload
    def __getitem__(self, item: slice) -> Self: ...
    def __getitem__(self, item: int | slice) -> DataWithAxes | Self:
        """Return a data object, or a DataToExport of several for a slice."""
        if isinstance(item, slice):
            return self.of(self._data[item])
        return self._data[self._place(item)]

    def __setitem__(self, key: int, value: DataWithAxes) -> None:
        self._data[self._place(key)] = self._checked(value)

    def _place(self, index: int) -> int:
        if not isinstance(index, (int, np.integer)) or not -len(self._data) <= index < len(self._data):
            raise DataIndexError(
                f"{self.name!r} has no data {index!r}: it holds {len(self._data)}; use an integer, or "
                "get_data_from_name() for a name",
                data_name=self.name,
            )
        return int(index) % len(self._data)

    def deepcopy(self) -> Self:
        """Copy everything, with the arrays."""
        return copy.deepcopy(self)

    def merge_as_dwa(self, dim: DataDim | str, name: str | None = None) -> DataWithAxes | None:
        """Put all arrays of one dimensionality into one data object.

        Parameters
        ----------
        dim : DataDim or str
        name : str, optional
            Of the result; that of this object by default.

        Returns
        -------
        DataWithAxes or None
            With the axes, units and extra attributes of the first; None if there is nothing of that dimensionality.

        Raises
        ------
        DataShapeError
            If their shapes differ.
        """
        found = self._with_dim(enum_checker(DataDim, dim))
        if not found:
            return None
        shapes = {dwa.shape for dwa in found}
        if len(shapes) > 1:
            raise DataShapeError(
                f"{self.name!r}: {[dwa.name for dwa in found]} of shapes {sorted(shapes)} cannot be merged into one; "
                "select those of one shape first",
                data_name=self.name,
            )
        merged = found[0].with_arrays(found[0].data, found[0].errors, name=self.name if name is None else name)
        for dwa in found[1:]:
            merged.append(dwa)
        return merged

    def average(self, other: DataToExport, weight: int) -> Self:
        """Average each data object with that in the same place of `other`, as `DataBase.average`."""
        return self._paired(other, lambda mine, theirs: mine.average(theirs, weight))

    def _paired(self, other: DataToExport, function: Callable[[DataWithAxes, DataWithAxes], Any]) -> Self:
        if len(self) != len(other):
            raise DataLengthError(
                f"{self.name!r} holds {len(self)} data objects and {other.name!r} {len(other)}: as many in each were "
                "expected",
                data_name=self.name,
            )
        return self.of(function(mine, theirs) for mine, theirs in zip(self._data, other.data, strict=True))

    def _combined(self, other: object, function: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, DataToExport):
            return self._paired(other, function)
        if isinstance(other, (Number, np.bool_)):
            return self.of(function(dwa, other) for dwa in self._data)
        return NotImplemented

    def __add__(self, other: object) -> Self:
        return self._combined(other, operator.add)  # type: ignore[no-any-return]

    def __radd__(self, other: object) -> Self:
        return self._combined(other, lambda mine, theirs: theirs + mine)  # type: ignore[no-any-return]

    def __sub__(self, other: object) -> Self:
        return self._combined(other, operator.sub)  # type: ignore[no-any-return]

    def __rsub__(self, other: object) -> Self:
        return self._combined(other, lambda mine, theirs: theirs - mine)  # type: ignore[no-any-return]

    def __mul__(self, other: object) -> Self:
        return self._combined(other, operator.mul)  # type: ignore[no-any-return]

    def __rmul__(self, other: object) -> Self:
        return self._combined(other, lambda mine, theirs: theirs * mine)  # type: ignore[no-any-return]

    def __truediv__(self, other: object) -> Self:
        return self._combined(other, operator.truediv)  # type: ignore[no-any-return]

    def __rtruediv__(self, other: object) -> Self:
        return self._combined(other, lambda mine, theirs: theirs / mine)  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DataToExport):
            return NotImplemented
        return len(self) == len(other) and all(
            mine == theirs for mine, theirs in zip(self._data, other.data, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def to_xarray(self) -> Any:
        """Convert to an `xarray.DataTree`, a node for each data object; needs xarray."""
        return dte_to_xarray(self)

    @classmethod
    def from_xarray(cls, dt: Any, name: str | None = None) -> Self:
        """Make of an `xarray.DataTree`, or of a mapping of names to datasets, what it was made from.

        Parameters
        ----------
        dt : xarray.DataTree or mapping of str to xarray.Dataset
        name : str, optional
            Of the result; that in the tree by default.
        """
        return dte_from_xarray(cls, dt, name)

    def __repr__(self) -> str:
        lines = "".join(f"\n    * {dwa!r}" for dwa in self._data)
        return f"{type(self).__name__}: {self.name} <len:{len(self)}>{lines}"
