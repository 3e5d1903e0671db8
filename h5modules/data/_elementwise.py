"""NumPy's element-wise functions that are no ufuncs, and those that only look at shapes, on data objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.data._functions import Register
from h5modules.data._units import conversion, convert
from h5modules.data.enums import DataSource
from h5modules.errors import DataDimError

if TYPE_CHECKING:
    from h5modules.data._content import DataContent

__all__ = ["ELEMENTWISE"]

ELEMENTWISE = Register()


def _calculated(data: DataContent, function: Any, arrays: list[Any], errors: Any, units: str | None = None) -> Any:
    name = f"{data.name}_{function.__name__}"
    return data.with_arrays(arrays, errors, name=name, units=units, source=DataSource.calculated)


def _real_errors(data: DataContent) -> Any:
    """Uncertainties of real data; those of complex data say nothing about its parts."""
    return None if data.dtype.kind == "c" else data.errors


@ELEMENTWISE.implements(np.real)
def real(val: DataContent) -> Any:
    """Real parts."""
    return _calculated(val, np.real, [array.real for array in val.data], _real_errors(val))


@ELEMENTWISE.implements(np.imag)
def imag(val: DataContent) -> Any:
    """Imaginary parts."""
    return _calculated(val, np.imag, [array.imag for array in val.data], None)


@ELEMENTWISE.implements(np.angle)
def angle(z: DataContent, deg: bool = False) -> Any:
    """Phases."""
    return _calculated(z, np.angle, [np.angle(array, deg) for array in z.data], None, "deg" if deg else "rad")


@ELEMENTWISE.implements(np.unwrap)
def unwrap(p: DataContent, *args: Any, **options: Any) -> Any:
    """Phases without jumps."""
    return _calculated(p, np.unwrap, [np.unwrap(array, *args, **options) for array in p.data], p.errors)


@ELEMENTWISE.implements(np.clip)
def clip(a: DataContent, a_min: Any = None, a_max: Any = None, **options: Any) -> Any:
    """Values limited to a range, given in the units of the data."""
    return _calculated(a, np.clip, [np.clip(array, a_min, a_max, **options) for array in a.data], a.errors)


@ELEMENTWISE.implements(np.round, np.around)
def rounded(a: DataContent, decimals: int = 0) -> Any:
    """Values rounded to decimals."""
    return _calculated(a, np.round, [np.round(array, decimals) for array in a.data], a.errors)


@ELEMENTWISE.implements(np.nan_to_num)
def nan_to_num(x: DataContent, *args: Any, **options: Any) -> Any:
    """NaN and infinity replaced by numbers."""
    arrays = [np.nan_to_num(array, *args, **{**options, "copy": True}) for array in x.data]
    return _calculated(x, np.nan_to_num, arrays, x.errors)


@ELEMENTWISE.implements(np.cumsum)
def cumsum(a: DataContent, axis: int | None = None, **options: Any) -> Any:
    """Return running sums along a dimension."""
    if axis is None:
        if len(a.shape) > 1:
            raise DataDimError(
                f"cumsum of {a.name!r} of shape {a.shape}: say along which dimension, axis=0 for instance"
            )
        axis = 0
    errors = None
    if a.errors is not None:
        errors = [np.sqrt(np.cumsum(np.square(error.astype(np.float64)), axis=axis)) for error in a.errors]
    return _calculated(a, np.cumsum, [np.cumsum(array, axis=axis, **options) for array in a.data], errors)


@ELEMENTWISE.implements(np.where)
def where(condition: Any, x: Any, y: Any) -> Any:
    """Elements of one or the other; `x` decides on the units."""
    template = next(value for value in (x, y, condition) if hasattr(value, "with_arrays"))
    units = "" if template is condition else template.units
    arrays = [
        np.where(_nth(condition, index, None), _nth(x, index, units), _nth(y, index, units))
        for index in range(template.length)
    ]
    errors = None
    if units is not None and any(getattr(value, "errors", None) is not None for value in (x, y)):
        errors = [
            np.where(_nth(condition, index, None), *(_error_of(value, index, template) for value in (x, y)))
            for index in range(template.length)
        ]
    return _calculated(template, np.where, arrays, errors, units)


def _error_of(value: Any, index: int, template: DataContent) -> Any:
    """Errors of an array in the units of `template`; what has none is exact."""
    if getattr(value, "errors", None) is None:
        return np.zeros((1,) * len(template.shape))
    return value.errors[index] * abs(conversion(value.units, template.units)[0])


def _nth(value: Any, index: int, units: str | None) -> Any:
    if not hasattr(value, "with_arrays"):
        return value
    array = value.data[index]
    return array if units is None else convert(array, value.units, units)


@ELEMENTWISE.implements(np.isclose)
def isclose(a: Any, b: Any, **options: Any) -> Any:
    """Which elements are close, in the units of the first data object."""
    template = a if hasattr(a, "with_arrays") else b
    pairs = [(_nth(a, index, template.units), _nth(b, index, template.units)) for index in range(template.length)]
    return _calculated(template, np.isclose, [np.isclose(*pair, **options) for pair in pairs], None, "")


@ELEMENTWISE.implements(np.allclose)
def allclose(a: Any, b: Any, **options: Any) -> bool:
    """Whether all elements are close."""
    return all(bool(np.all(array)) for array in isclose(a, b, **options).data)


@ELEMENTWISE.implements(np.array_equal)
def array_equal(a1: Any, a2: Any, **options: Any) -> bool:
    """Whether shapes and elements are equal, once in the same units."""
    if not (hasattr(a1, "with_arrays") and hasattr(a2, "with_arrays")) or a1.length != a2.length:
        return False
    conversion(a2.units, a1.units)
    return all(np.array_equal(a1.data[i], _nth(a2, i, a1.units), **options) for i in range(a1.length))


@ELEMENTWISE.implements(np.zeros_like)
def zeros_like(a: DataContent, dtype: Any = None) -> Any:
    """Zeros of the same shape."""
    return a.with_arrays([np.zeros_like(array, dtype=dtype) for array in a.data])


@ELEMENTWISE.implements(np.ones_like)
def ones_like(a: DataContent, dtype: Any = None) -> Any:
    """Ones of the same shape."""
    return a.with_arrays([np.ones_like(array, dtype=dtype) for array in a.data])


@ELEMENTWISE.implements(np.full_like)
def full_like(a: DataContent, fill_value: Any, dtype: Any = None) -> Any:
    """One value in the same shape."""
    return a.with_arrays([np.full_like(array, fill_value, dtype=dtype) for array in a.data])


@ELEMENTWISE.implements(np.copy)
def copied(a: DataContent) -> Any:
    """Copy the arrays too."""
    errors = None if a.errors is None else [error.copy() for error in a.errors]
    return a.with_arrays([array.copy() for array in a.data], errors)


@ELEMENTWISE.implements(np.shape)
def shape(a: DataContent) -> tuple[int, ...]:
    """Shape of each array."""
    return a.shape


@ELEMENTWISE.implements(np.ndim)
def ndim(a: DataContent) -> int:
    """Return the number of dimensions of each array."""
    return len(a.shape)


@ELEMENTWISE.implements(np.size)
def size(a: DataContent) -> int:
    """Return the number of elements of each array."""
    return a.size


@ELEMENTWISE.implements(np.iscomplexobj)
def iscomplexobj(x: DataContent) -> bool:
    """Whether the elements are complex numbers."""
    return x.dtype.kind == "c"
