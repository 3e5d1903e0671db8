"""Choosing among the data objects of a DataToExport."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from h5modules.data._content import DataLowLevel
from h5modules.data.enums import DataDim, DataSource, enum_checker
from h5modules.errors import DataNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from h5modules.data.with_axes import DataWithAxes

__all__ = ["Selection"]


class Selection(DataLowLevel):
    """Holds data objects and finds some of them; `DataToExport` is what is used.

    Selections are DataToExport objects of the same name, timestamp and extra attributes that hold the same data
    objects, or copies of them for ``deepcopy=True``, in the same order, or by name for ``sort_by_name=True``.
    """

    _data: list[DataWithAxes]

    @property
    def data(self) -> list[DataWithAxes]:
        """The data objects."""
        return self._data

    def of(self, data: Iterable[DataWithAxes]) -> Self:
        """Make the same with other data objects."""
        new = copy.copy(self)
        vars(new).update(_data=list(data), extra_attributes=list(self.extra_attributes))
        return new

    def _where(
        self, wanted: Callable[[DataWithAxes], bool], deepcopy: bool = False, sort_by_name: bool = False
    ) -> Self:
        found = [dwa for dwa in self._data if wanted(dwa)]
        if sort_by_name:
            found.sort(key=lambda dwa: dwa.name)
        return self.of(dwa.deepcopy() for dwa in found) if deepcopy else self.of(found)

    def _with_dim(self, dim: DataDim | str | None) -> list[DataWithAxes]:
        if dim is None:
            return self._data
        wanted = enum_checker(DataDim, dim)
        return [dwa for dwa in self._data if dwa.dim is wanted]

    def origin_of(self, dwa: DataWithAxes) -> str:
        """Return the origin of data that is held, for which the name of this object stands in where there is none."""
        return dwa.origin or self.name

    def full_name_of(self, dwa: DataWithAxes) -> str:
        """Return ``origin/name``."""
        return f"{self.origin_of(dwa)}/{dwa.name}"

    def get_names(self, dim: DataDim | str | None = None) -> list[str]:
        """Return the names, of one dimensionality if given."""
        return [dwa.name for dwa in self._with_dim(dim)]

    def get_full_names(self, dim: DataDim | str | None = None) -> list[str]:
        """Return ``origin/name`` of each, of one dimensionality if given."""
        return [self.full_name_of(dwa) for dwa in self._with_dim(dim)]

    def get_origins(self, dim: DataDim | str | None = None) -> list[str]:
        """Return the different origins, of one dimensionality if given."""
        return list(dict.fromkeys(self.origin_of(dwa) for dwa in self._with_dim(dim)))

    def get_dim_presents(self) -> list[str]:
        """Return the names of the dimensionalities that there are, in their order."""
        return [dim.name for dim in DataDim if any(dwa.dim is dim for dwa in self._data)]

    def get_data_from_full_name(self, full_name: str, deepcopy: bool = False) -> DataWithAxes | None:
        """Return the data with an ``origin/name``, None if there is none."""
        names = ((dwa, (self.full_name_of(dwa), dwa.get_full_name())) for dwa in self._data)
        found = next((dwa for dwa, full_names in names if full_name in full_names), None)
        return found.deepcopy() if deepcopy and found is not None else found

    def get_data_from_full_names(self, full_names: Iterable[str], deepcopy: bool = False) -> Self:
        """Select by ``origin/name``, in the order of the names.

        Raises
        ------
        DataNotFound
            If one of them is not there.
        """
        found = []
        for full_name in full_names:
            dwa = self.get_data_from_full_name(full_name, deepcopy)
            if dwa is None:
                raise self._not_found(f"full name {full_name!r}")
            found.append(dwa)
        return self.of(found)

    def _not_found(self, what: str) -> DataNotFound:
        return DataNotFound(
            f"{self.name!r} holds nothing with the {what}: it has {self.get_full_names()}", data_name=self.name
        )

    def get_data_from_source(
        self, source: DataSource | str, deepcopy: bool = False, sort_by_name: bool = False
    ) -> Self:
        """Select by source."""
        wanted = enum_checker(DataSource, source)
        return self._where(lambda dwa: dwa.source is wanted, deepcopy, sort_by_name)

    def get_data_from_missing_attribute(self, attribute: str, deepcopy: bool = False) -> Self:
        """Select what has no attribute of that name."""
        return self._where(lambda dwa: not hasattr(dwa, attribute), deepcopy)

    def get_data_from_attribute(
        self, attribute: str, attribute_value: Any, deepcopy: bool = False, sort_by_name: bool = False
    ) -> Self:
        """Select what has an attribute of that name and value."""
        return self._where(
            lambda dwa: hasattr(dwa, attribute) and bool(np.all(getattr(dwa, attribute) == attribute_value)),
            deepcopy,
            sort_by_name,
        )

    def get_data_from_dim(self, dim: DataDim | str, deepcopy: bool = False, sort_by_name: bool = False) -> Self:
        """Select by dimensionality."""
        return self.get_data_from_dims([dim], deepcopy, sort_by_name)

    def get_data_from_dims(
        self, dims: Iterable[DataDim | str], deepcopy: bool = False, sort_by_name: bool = False
    ) -> Self:
        """Select by one of several dimensionalities."""
        wanted = {enum_checker(DataDim, dim) for dim in dims}
        return self._where(lambda dwa: dwa.dim in wanted, deepcopy, sort_by_name)

    def get_data_from_sig_axes(self, Naxes: int, deepcopy: bool = False) -> Self:  # noqa: N803
        """Select by the number of signal dimensions."""
        return self._where(lambda dwa: len(dwa.sig_indexes) == Naxes, deepcopy)

    def get_data_from_Naxes(self, Naxes: int, deepcopy: bool = False) -> Self:  # noqa: N802, N803
        """Select by the number of dimensions."""
        return self._where(lambda dwa: len(dwa.shape) == Naxes, deepcopy)

    def get_data_with_naxes_lower_than(self, n_axes: int = 2, deepcopy: bool = False) -> Self:
        """Select what has at most `n_axes` axes; dimensions without an axis do not count."""
        return self._where(lambda dwa: dwa.n_axes <= n_axes, deepcopy)

    def get_data_from_name(self, name: str) -> DataWithAxes | None:
        """Return the first data with a name, None if there is none."""
        return next((dwa for dwa in self._data if dwa.name == name), None)

    def get_data_from_names(self, names: Iterable[str] | str) -> Self:
        """Select by name."""
        wanted = {names} if isinstance(names, str) else set(names)
        return self._where(lambda dwa: dwa.name in wanted)

    def get_data_from_origins(self, origins: Iterable[str] | str) -> Self:
        """Select by origin."""
        wanted = {origins} if isinstance(origins, str) else set(origins)
        return self._where(lambda dwa: self.origin_of(dwa) in wanted)

    def get_data_from_name_origin(self, name: str, origin: str = "") -> DataWithAxes | None:
        """Return the first data with a name, and an origin unless that is '', None if there is none."""
        return next((dwa for dwa in self._data if dwa.name == name and origin in ("", self.origin_of(dwa))), None)

    def index_from_name_origin(self, name: str, origin: str = "") -> int:
        """Return the place of the first data with a name, and an origin unless that is ''.

        Raises
        ------
        DataNotFound
        """
        for place, dwa in enumerate(self._data):
            if dwa.name == name and origin in ("", self.origin_of(dwa)):
                return place
        raise self._not_found(f"name {name!r} and origin {origin!r}")

    def index(self, data: DataWithAxes) -> int:
        """Return the place of the data that has this name and equals this.

        Raises
        ------
        DataNotFound
        """
        for place, dwa in enumerate(self._data):
            if dwa is data or (dwa.name == data.name and dwa == data):
                return place
        raise self._not_found(f"name and content of {data!r}")
