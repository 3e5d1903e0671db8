"""Slicers: an axis or data by index or by value."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.data._units import convert, is_quantity
from h5modules.errors import AxisError, DataIndexError

if TYPE_CHECKING:
    from h5modules.data.axis import Axis

__all__ = ["AxisSlicer", "index_of", "nearest_index"]


def in_units(value: Any, units: str) -> float:
    """Return a number as it is, a quantity converted to `units`."""
    if is_quantity(value):
        return float(convert(value.magnitude, f"{value.units:~}", units))
    if not isinstance(value, (Real, np.generic)):
        raise DataIndexError(
            f"{value!r} ({type(value).__name__}) is no coordinate: give a number in {units or 'the units of the axis'}"
            ", a quantity, or a slice of them"
        )
    return float(value)


def nearest_index(values: npt.NDArray[Any], value: float, label: str) -> int:
    """Index of the coordinate nearest to `value`; the first of several."""
    distances = np.abs(values - value)
    if not np.isfinite(value) or not distances.size or np.isnan(distances).all():
        raise AxisError(
            f"axis {label!r}: no point is nearest to {value} among {values.size} coordinates; "
            "ask for a finite number on an axis that has finite coordinates",
            data_name=label,
        )
    return int(np.nanargmin(distances))


def within(axis: Axis, start: Any, stop: Any) -> npt.NDArray[np.bool_]:
    """Tell which points have ``start <= coordinate < stop``, in whatever order they come; None is no bound."""
    values = axis.get_data()
    inside: npt.NDArray[np.bool_] = ~np.isnan(values)
    if start is not None:
        inside &= values >= in_units(start, axis.units)
    if stop is not None:
        inside &= values < in_units(stop, axis.units)
    return inside


def index_of(axis: Axis, item: Any) -> Any:
    """Translate what selects by value on an axis into what selects by index.

    A value is the point nearest to it. A slice goes from the point nearest to its start up to, without it, the point
    nearest to its stop; a stop past the last point (or none) takes the last point in. On an axis that neither rises nor
    falls all along, a slice takes all points with ``start <= coordinate < stop``.
    """
    if item is Ellipsis or (isinstance(item, slice) and item.start is item.stop is None):
        return item
    values = np.asarray(axis.get_data(), dtype=np.float64)
    if not isinstance(item, slice):
        return nearest_index(values, in_units(item, axis.units), axis.label)
    if item.step is not None and not isinstance(item.step, (int, np.integer)):
        raise DataIndexError(
            f"axis {axis.label!r}: step {item.step!r} of a slice by value counts points: an integer was expected",
            data_name=axis.label,
        )
    steps = np.diff(values)
    direction = 1.0 if np.all(steps > 0) else -1.0 if np.all(steps < 0) else None
    if direction is None:
        return np.flatnonzero(within(axis, item.start, item.stop))[:: item.step]
    return slice(*_bounds(axis, values * direction, item, direction), item.step)


def _bounds(axis: Axis, rising: npt.NDArray[Any], item: slice, direction: float) -> tuple[int | None, int | None]:
    """Find the indexes of start and stop on rising coordinates."""
    start = stop = None
    outside = False
    if item.start is not None:
        value = direction * in_units(item.start, axis.units)
        start = nearest_index(rising, value, axis.label)
        outside = rising.size > 1 and value - rising[-1] > (rising[-1] - rising[0]) / (rising.size - 1)
    if item.stop is not None:
        value = direction * in_units(item.stop, axis.units)
        stop = nearest_index(rising, value, axis.label)
        if stop == rising.size - 1 and value > rising[-1]:
            stop = None
    if outside or (start is not None and stop is not None and stop <= start):
        first, last = rising[0] * direction, rising[-1] * direction
        raise DataIndexError(
            f"axis {axis.label!r} from {item.start} to {item.stop} {axis.units}: no point lies there, since the axis "
            f"runs from {first} to {last}; give bounds within it, in its order, and at least one step apart",
            data_name=axis.label,
        )
    return start, stop


def checked_selection(item: Any, size: int, name: str) -> slice | int | npt.NDArray[Any]:
    """Check a selection along one dimension of `size` points.

    Raises
    ------
    DataIndexError
        For an index outside, a selection of nothing, or something that selects nothing.
    """
    if item is Ellipsis:
        return slice(None)
    if isinstance(item, slice):
        try:
            indices = range(*item.indices(size))
        except TypeError:
            indices = range(0)
        if size and not indices:
            raise DataIndexError(f"{name}: the slice {item} selects none of {size} points; use integers within them")
        return item
    if isinstance(item, (int, np.integer)) and not isinstance(item, bool):
        if not -size <= item < size:
            raise DataIndexError(f"{name}: there is no point {item} among {size}; use 0 to {size - 1}")
        return int(item) % size
    return _several(item, size, name)


def _several(item: Any, size: int, name: str) -> npt.NDArray[Any]:
    chosen = np.asarray(item)
    if chosen.ndim == 1 and chosen.size:
        if chosen.dtype.kind == "b" and chosen.size == size and chosen.any():
            return np.flatnonzero(chosen)
        if chosen.dtype.kind in "iu" and -size <= chosen.min() and chosen.max() < size:
            return chosen % size
    raise DataIndexError(
        f"{name}: {item!r} selects no points; use an integer from 0 to {size - 1}, a slice, a list of such integers, "
        f"or {size} booleans at least one of which is True"
    )


class AxisSlicer:
    """Selects points of an axis: ``axis.iaxis[2:5]`` by index, ``axis.vaxis[450.0:500.0]`` by value."""

    __slots__ = ("_axis", "_by_value")

    def __init__(self, axis: Axis, by_value: bool) -> None:
        self._axis = axis
        self._by_value = by_value

    def __getitem__(self, item: Any) -> Axis:
        axis = self._axis
        if self._by_value:
            item = index_of(axis, item)
        chosen = checked_selection(item, axis.size, f"axis {axis.label!r}")
        new = axis.copy()
        new.data = np.atleast_1d(axis.get_data()[chosen])
        return new

    def __setitem__(self, item: Any, value: Axis | npt.ArrayLike) -> None:
        axis = self._axis
        if self._by_value:
            item = index_of(axis, item)
        values = axis.get_data()
        new = np.asarray(value.get_data() if hasattr(value, "get_data") else value)
        values = values.astype(np.result_type(values, new))
        values[checked_selection(item, axis.size, f"axis {axis.label!r}")] = new
        axis.data = values

    def __len__(self) -> int:
        return self._axis.size
