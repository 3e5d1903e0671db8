"""Several data objects under one name, on their way to a file or to somebody else."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from h5modules.data._content import DataLowLevel
from h5modules.data.with_axes import DataWithAxes
from h5modules.errors import DataIndexError, DataTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["DataToExport"]


class DataToExport(DataLowLevel):
    """Data objects that belong together: what the detectors gave at one moment, with what was computed from it.

    Parameters
    ----------
    name : str
    data : list of DataWithAxes
        One without origin is held as a copy whose origin is `name`; the arrays are shared.
    **kwargs
        Extra attributes. `timestamp` is what it says.

    Examples
    --------
    >>> import numpy as np
    >>> from h5modules.data import DataRaw
    >>> DataToExport("camera", data=[DataRaw("frame", data=[np.zeros((256, 640))])]).get_full_names()
    ['camera/frame']
    """

    def __init__(self, name: str, data: Sequence[DataWithAxes] = (), **kwargs: Any) -> None:
        super().__init__(name)
        if not isinstance(data, (list, tuple)):
            raise DataTypeError(
                f"the data of {name!r} is {data!r}: a list of DataWithAxes objects was expected; wrap it as [data]",
                data_name=name,
            )
        self._data = [self._taken(dwa) for dwa in data]
        if kwargs:
            self.timestamp = kwargs.pop("timestamp", self.timestamp)
            self.add_extra_attribute(**kwargs)

    def _taken(self, dwa: DataWithAxes) -> DataWithAxes:
        if not isinstance(dwa, DataWithAxes):
            raise DataTypeError(
                f"{self.name!r} was given {dwa!r} ({type(dwa).__name__}): DataWithAxes objects were expected",
                data_name=self.name,
            )
        if dwa.origin:
            return dwa
        dwa = dwa.with_arrays(dwa.data, dwa.errors)
        dwa.origin = self.name
        return dwa

    @property
    def data(self) -> list[DataWithAxes]:
        """The data objects."""
        return self._data

    @data.setter
    def data(self, data: Sequence[DataWithAxes]) -> None:
        self._data = [self._taken(dwa) for dwa in data]

    def append(self, data: DataWithAxes | DataToExport | Iterable[DataWithAxes]) -> None:
        """Add data; one of the same name and origin is replaced."""
        if isinstance(data, DataWithAxes):
            self._put(data)
        elif isinstance(data, (list, tuple, DataToExport)):
            for dwa in data:
                self._put(dwa)
        else:
            raise DataTypeError(f"{data!r} cannot be appended to {self.name!r}: data objects were expected")

    def _put(self, dwa: DataWithAxes) -> None:
        dwa = self._taken(dwa)
        for place, present in enumerate(self._data):
            if present.name == dwa.name and present.origin == dwa.origin:
                del self._data[place]
                break
        self._data.append(dwa)

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[DataWithAxes]:
        return iter(self._data)

    @overload
    def __getitem__(self, item: int) -> DataWithAxes: ...
    @overload
    def __getitem__(self, item: slice) -> DataToExport: ...
    def __getitem__(self, item: int | slice) -> DataWithAxes | DataToExport:
        """Return a data object, or a DataToExport of several for a slice."""
        if isinstance(item, slice):
            return self._of(self._data[item])
        return self._data[self._place(item)]

    def __setitem__(self, key: int, value: DataWithAxes) -> None:
        self._data[self._place(key)] = self._taken(value)

    def _place(self, index: int) -> int:
        if not isinstance(index, (int, np.integer)) or not -len(self._data) <= index < len(self._data):
            raise DataIndexError(
                f"{self.name!r} has no data {index!r}: it holds {len(self._data)}; use an integer, or "
                "get_data_from_name() for a name",
                data_name=self.name,
            )
        return int(index) % len(self._data)

    def _of(self, data: Iterable[DataWithAxes]) -> DataToExport:
        """Make a selection of this data, otherwise the same."""
        new = copy.copy(self)
        new.extra_attributes = list(self.extra_attributes)
        vars(new).update(_data=list(data))
        return new
