"""Slicers of data: navigation or signal dimensions, by index or by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from h5modules.data._content import DataContent
from h5modules.data._slicing import checked_selection, in_units, index_of, within
from h5modules.data._units import convert
from h5modules.data.enums import DataDistribution, DataSource
from h5modules.errors import AxisError, DataIndexError, DataLengthError

if TYPE_CHECKING:
    import numpy.typing as npt

    from h5modules.data.with_axes import DataWithAxes

__all__ = ["DataSlicer"]

D = TypeVar("D", bound="DataWithAxes")


class DataSlicer(Generic[D]):
    """Selects points along the navigation or the signal dimensions: ``data.isig[10:20, :]``.

    What is selected keeps units, errors, extra attributes and timestamp; its source is calculated. Dimensions of which
    a single point is selected, by whatever means, are left out; if none remains, the arrays have shape (1,). Missing
    selections, or an Ellipsis, select everything.

    By value, a number stands for the point nearest to it, and a slice goes from the point nearest to its start up to,
    without it, the point nearest to its stop; a stop past the last point takes that in. The navigation points of spread
    data are selected in coordinates that need no order: numbers, one for each axis, select the one point nearest to
    them (distances as fractions of each axis' width); slices select all points with ``start <= coordinate < stop``.

    Assigning writes into new arrays: ``data.isig[0] = 0.0`` leaves those that the data was made from alone.

    Parameters
    ----------
    data : DataWithAxes
    navigation : bool
        Along the navigation dimensions, rather than the signal ones.
    by_value : bool
        In units of the axes, rather than by index.
    squeeze : bool
        Leave out dimensions of which a single point is selected.
    """

    __slots__ = ("_by_value", "_data", "_navigation", "_squeeze")

    def __init__(self, data: D, navigation: bool, by_value: bool, squeeze: bool = True) -> None:
        self._data = data
        self._navigation = navigation
        self._by_value = by_value
        self._squeeze = squeeze

    def __getitem__(self, item: Any) -> D:
        data = self._data
        selections = self._selections(item)
        selection = _full(selections, len(data.shape))
        taken = {index for index, chosen in selections.items() if _count(chosen, data.shape[index]) == 1}
        if not self._squeeze:
            taken = set()
        dims = [index for index in range(len(data.shape)) if index not in taken]
        shape = tuple(_count(selections.get(index, slice(None)), data.shape[index]) for index in dims) or (1,)
        axes = []
        for axis in data.axes:
            if axis.index not in taken:
                new = axis.copy()
                if axis.index in selections:
                    new.data = np.atleast_1d(axis.get_data()[selections[axis.index]])
                new.index = dims.index(axis.index)
                axes.append(new)
        return data.with_arrays(
            [np.reshape(_select(array, selection), shape) for array in data.data],
            None if data.errors is None else [np.reshape(_select(error, selection), shape) for error in data.errors],
            source=DataSource.calculated,
            dims=dims,
            axes=axes,
        )

    def __setitem__(self, item: Any, value: DataContent | npt.ArrayLike) -> None:
        data = self._data
        selection = _full(self._selections(item), len(data.shape))
        values: list[Any] = [value] * data.length
        if isinstance(value, DataContent):
            if value.length != data.length:
                raise DataLengthError(
                    f"{value.name!r} of {value.length} arrays cannot be written into {data.name!r} of {data.length}",
                    data_name=data.name,
                )
            values = [convert(array, value.units, data.units) for array in value.data]
        arrays = [array.copy() for array in data.data]
        for array, new in zip(arrays, values, strict=True):
            array[selection] = np.reshape(new, array[selection].shape) if np.size(new) > 1 else new
        data.data = arrays

    def __len__(self) -> int:
        return len(self._dimensions)

    @property
    def _dimensions(self) -> tuple[int, ...]:
        return self._data.nav_indexes if self._navigation else self._data.sig_indexes

    def _selections(self, item: Any) -> dict[int, Any]:
        """Dimension to what selects points of it by index."""
        data, dimensions = self._data, self._dimensions
        kind = "navigation" if self._navigation else "signal"
        items = item if isinstance(item, tuple) else (item,)
        if self._navigation and data.distribution is DataDistribution.spread:
            if self._by_value:
                return {dimensions[0]: _spread_points(data, dimensions[0], items)}
            items = _same_for_each_axis(items)
        items = _spelled_out(items, len(dimensions))
        while len(items) > len(dimensions) and _takes_all(items[-1]):
            items = items[:-1]
        if len(items) > len(dimensions):
            raise DataIndexError(
                f"{data.name!r} {data.axes_manager} has {len(dimensions)} {kind} dimensions, and {item} selects along "
                f"{len(items)}",
                data_name=data.name,
            )
        selections = {}
        for index, one in zip(dimensions, items, strict=False):
            if one is not Ellipsis:
                axis = data.get_axis_from_index_create(index)[0]
                one = index_of(axis, one) if self._by_value else one
                name = f"{data.name!r}, {kind} dimension {index}"
                selections[index] = checked_selection(one, data.shape[index], name)
        return selections


def _spelled_out(items: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    """Spell out an Ellipsis among selections."""
    places = [place for place, item in enumerate(items) if item is Ellipsis]
    if len(places) != 1:
        return items
    (place,) = places
    return (*items[:place], *(Ellipsis,) * (count - len(items) + 1), *items[place + 1 :])


def _takes_all(item: Any) -> bool:
    return item is Ellipsis or (isinstance(item, slice) and item == slice(None))


def _same_for_each_axis(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """One index for the navigation dimension of spread data, which may be given once for each of its axes."""
    if len(items) > 1 and all(isinstance(item, (int, np.integer)) and item == items[0] for item in items):
        return items[:1]
    return items


def _spread_points(data: DataWithAxes, index: int, items: tuple[Any, ...]) -> Any:
    """Points of spread data selected by their coordinates, as indexes."""
    axes = data.get_axis_from_index_create(index)
    items = _spelled_out(items, len(axes))
    if len(items) > len(axes):
        raise DataIndexError(
            f"{data.name!r} has {len(axes)} coordinates for each point, and {items} selects along {len(items)}",
            data_name=data.name,
        )
    pairs = [(axis, item) for axis, item in zip(axes, items, strict=False) if item is not Ellipsis]
    if not pairs:
        return slice(None)
    if all(isinstance(item, slice) for _, item in pairs):
        inside = np.ones(data.shape[index], dtype=bool)
        for axis, item in pairs:
            inside &= within(axis, item.start, item.stop)
        return checked_selection(inside, data.shape[index], f"{data.name!r}, points within {items}")
    if any(isinstance(item, slice) for _, item in pairs) or len(pairs) < len(axes):
        raise DataIndexError(
            f"{data.name!r}: {items} neither names one point nor a region; give a number for each of the axes "
            f"{[axis.label for axis in axes]}, or slices",
            data_name=data.name,
        )
    distance = np.zeros(data.shape[index])
    for axis, item in pairs:
        values = axis.get_data()
        known = values[np.isfinite(values)]
        width = float(np.ptp(known)) if known.size else 0.0
        distance += ((values - in_units(item, axis.units)) / (width or 1.0)) ** 2
    if np.isnan(distance).all():
        raise AxisError(
            f"{data.name!r}: no point is nearest to {items}, since none has all its coordinates", data_name=data.name
        )
    return int(np.nanargmin(distance))


def _full(selections: dict[int, Any], ndim: int) -> tuple[Any, ...]:
    return tuple(selections.get(index, slice(None)) for index in range(ndim))


def _select(array: Any, selection: tuple[Any, ...]) -> Any:
    """Select along each dimension for itself; several lists of indexes at once would be paired."""
    lists = [index for index, chosen in enumerate(selection) if isinstance(chosen, np.ndarray)]
    array = array[tuple(slice(None) if index in lists else chosen for index, chosen in enumerate(_kept(selection)))]
    for index in lists:
        array = np.take(array, selection[index], axis=index)
    return array


def _kept(selection: tuple[Any, ...]) -> tuple[Any, ...]:
    """Indexes as slices of one point, so that the dimensions stay where they are."""
    return tuple(slice(chosen, chosen + 1) if isinstance(chosen, int) else chosen for chosen in selection)


def _count(chosen: Any, size: int) -> int:
    if isinstance(chosen, slice):
        return len(range(*chosen.indices(size)))
    return 1 if isinstance(chosen, int) else len(chosen)
