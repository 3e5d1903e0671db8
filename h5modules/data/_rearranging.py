"""NumPy functions that move the elements of data objects about, with their errors and, where they move, their axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.data._dimensions import dimension, dimensions
from h5modules.data._functions import Register
from h5modules.data._units import convert
from h5modules.data.enums import DataSource
from h5modules.errors import AxisError, DataDimError, DataTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from h5modules.data._content import DataContent
    from h5modules.data.axis import Axis

__all__ = ["REARRANGING", "pad", "rot90", "squeeze", "transpose"]

REARRANGING = Register()


def _everywhere(data: DataContent, move: Callable[[Any], Any]) -> tuple[list[Any], list[Any] | None]:
    errors = None if data.errors is None else [move(error) for error in data.errors]
    return [move(array) for array in data.data], errors


def _in_place(data: DataContent, move: Callable[[Any], Any], name: str | None = None) -> Any:
    """Move elements; axes stay where they are."""
    return data.with_arrays(*_everywhere(data, move), name=name, source=DataSource.calculated)


@REARRANGING.implements(np.roll)
def roll(a: DataContent, shift: Any, axis: Any = None) -> Any:
    """Elements shifted around; axes stay."""
    return _in_place(a, lambda array: np.roll(array, shift, axis), f"{a.name}_roll")


@REARRANGING.implements(np.flip)
def flip(m: DataContent, axis: Any = None) -> Any:
    """Elements in reverse order; axes stay."""
    return _in_place(m, lambda array: np.flip(array, axis))


@REARRANGING.implements(np.flipud)
def flipud(m: DataContent) -> Any:
    """Elements in reverse order along dimension 0; axes stay."""
    return _in_place(m, np.flipud)


@REARRANGING.implements(np.fliplr)
def fliplr(m: DataContent) -> Any:
    """Elements in reverse order along dimension 1; axes stay."""
    return _in_place(m, np.fliplr)


@REARRANGING.implements(np.transpose)
def transpose(a: DataContent, axes: Sequence[int] | None = None) -> Any:
    """Dimensions in another order, with their axes."""
    ndim = len(a.shape)
    dims = list(range(ndim))[::-1] if axes is None else [dimension(index, a.shape, a.name) for index in axes]
    if sorted(dims) != list(range(ndim)):
        raise DataDimError(f"transpose of {a.name!r} of shape {a.shape} to {axes}: name each dimension once")
    return a.with_arrays(
        *_everywhere(a, lambda array: np.transpose(array, dims)), source=DataSource.calculated, dims=dims
    )


@REARRANGING.implements(np.swapaxes)
def swapaxes(a: DataContent, axis1: int, axis2: int) -> Any:
    """Two dimensions exchanged, with their axes."""
    dims = [*range(len(a.shape))]
    first, second = dimension(axis1, a.shape, a.name), dimension(axis2, a.shape, a.name)
    dims[first], dims[second] = dims[second], dims[first]
    return transpose(a, dims)


@REARRANGING.implements(np.moveaxis)
def moveaxis(a: DataContent, source: int, destination: int) -> Any:
    """One dimension moved, with its axis."""
    dims = [*range(len(a.shape))]
    old, new = dimension(source, a.shape, a.name), dimension(destination, a.shape, a.name)
    dims.insert(new, dims.pop(old))
    return transpose(a, dims)


@REARRANGING.implements(np.rot90)
def rot90(m: DataContent, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """Turn by `k` quarters from the first of two dimensions towards the second, with their axes."""
    ndim = len(m.shape)
    first, second = (dimension(index, m.shape, m.name) for index in axes)
    dims = [*range(ndim)]
    if k % 2:
        dims[first], dims[second] = second, first
    new = m.with_arrays(*_everywhere(m, lambda array: np.rot90(array, k, axes)), dims=dims)
    backwards = {1: (first,), 2: (first, second), 3: (second,)}.get(k % 4, ())
    for axis in _axes(new):  # copies, since `dims` was given
        if axis.index in backwards:
            axis.flip()
    return new


@REARRANGING.implements(np.squeeze)
def squeeze(a: DataContent, axis: int | tuple[int, ...] | None = None) -> Any:
    """Dimensions of one point left out, with their axes; one dimension stays."""
    gone = set(dimensions(axis, a.shape, a.name))
    if axis is None:
        gone = {index for index in gone if a.shape[index] == 1}
    if any(a.shape[index] != 1 for index in gone):
        raise DataDimError(
            f"squeeze of {a.name!r} of shape {a.shape} along {axis}: only dimensions of one point can go"
        )
    dims = [index for index in range(len(a.shape)) if index not in gone]
    shape = tuple(a.shape[index] for index in dims) or (1,)
    return a.with_arrays(*_everywhere(a, lambda array: np.reshape(array, shape)), dims=dims)


@REARRANGING.implements(np.pad)
def pad(array: DataContent, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    """Elements added around; evenly spaced axes grow with them."""
    widths = np.broadcast_to(pad_width, (len(array.shape), 2))
    return array.with_arrays(
        [np.pad(values, pad_width, mode, **options) for values in array.data],
        None if array.errors is None else [np.pad(error, pad_width, mode, **options) for error in array.errors],
        name=f"{array.name}_pad",
        source=DataSource.calculated,
        axes=[_padded(axis, *(int(n) for n in widths[axis.index])) for axis in _axes(array)],
    )


def _padded(axis: Axis, before: int, after: int) -> Axis:
    if not before and not after:
        return axis
    if axis.scaling is None or axis.offset is None:
        raise AxisError(
            f"axis {axis.label!r} is not evenly spaced: what its coordinates are outside is not known; "
            "leave it out before padding",
            data_name=axis.label,
        )
    new = axis.copy()
    new.data = axis.offset + axis.scaling * np.arange(-before, axis.size + after)
    return new


@REARRANGING.implements(np.concatenate)
def concatenate(arrays: Sequence[DataContent], axis: int = 0) -> Any:
    """Join data objects along a dimension, in the units of the first; its axes grow if all have them.

    Where only some have errors, those of the others are NaN: not known.
    """
    first, *others = arrays
    if not all(hasattr(data, "with_arrays") and data.length == first.length for data in arrays):
        raise DataTypeError(f"concatenate of {arrays}: data objects with as many arrays each were expected")
    along = dimension(axis, first.shape, first.name)
    parts = [first, *(data.units_as(first.units, inplace=False) for data in others)]
    errors = None
    if any(part.errors is not None for part in parts):
        errors = [
            np.concatenate([np.full(p.shape, np.nan) if p.errors is None else p.errors[i] for p in parts], along)
            for i in range(first.length)
        ]
    return first.with_arrays(
        [np.concatenate([part.data[index] for part in parts], along) for index in range(first.length)],
        errors,
        source=DataSource.calculated,
        axes=[joined for axis in _axes(first) for joined in _joined(axis, parts, along)],
    )


def _joined(axis: Axis, parts: Sequence[DataContent], along: int) -> list[Axis]:
    if axis.index != along:
        return [axis]
    twins = [
        next((a for a in _axes(part) if (a.index, a.spread_order) == (axis.index, axis.spread_order)), None)
        for part in parts
    ]
    coordinates = [convert(twin.get_data(), twin.units, axis.units) for twin in twins if twin is not None]
    if len(coordinates) < len(parts):
        return []
    new = axis.copy()
    new.data = np.concatenate(coordinates)
    return [new]


def _axes(data: DataContent) -> list[Axis]:
    return getattr(data, "axes", [])
