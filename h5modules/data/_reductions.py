"""NumPy's reductions on data objects: what remains of the axes, the units and the uncertainties.

Uncertainties follow the first-order law for independent elements (JCGM 100:2008, 5.1.2); the largest and the smallest
element keep their own. Medians, percentiles and counts have none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.data._dimensions import dimensions
from h5modules.data._functions import Register
from h5modules.data._integers import widened
from h5modules.data._units import power
from h5modules.data.enums import DataSource
from h5modules.errors import DataTypeError

if TYPE_CHECKING:
    import numpy.typing as npt

    from h5modules.data._content import DataContent

__all__ = ["REDUCING", "reduced"]

REDUCING = Register()

ErrorRule = Callable[["npt.NDArray[Any]", "npt.NDArray[Any]", tuple[int, ...], dict[str, Any]], Any]
"""``rule(array, errors, axes, options)``: uncertainty of the result, with the reduced dimensions kept."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """How one reduction treats units and uncertainties."""

    units: Callable[[str, int], str]
    errors: ErrorRule | None = None


def _same(units: str, count: int) -> str:
    return units


def _none(units: str, count: int) -> str:
    return ""


def _root_of_squares(values: Any, axes: tuple[int, ...]) -> Any:
    return np.sqrt(np.sum(np.square(values), axis=axes, keepdims=True))


def _sum_error(array: Any, errors: Any, axes: tuple[int, ...], options: dict[str, Any]) -> Any:
    return _root_of_squares(errors.astype(np.float64), axes)


def _mean_error(array: Any, errors: Any, axes: tuple[int, ...], options: dict[str, Any]) -> Any:
    return _sum_error(array, errors, axes, options) / _count(array, axes)


def _nan_sum_error(array: Any, errors: Any, axes: tuple[int, ...], options: dict[str, Any]) -> Any:
    return _root_of_squares(np.where(np.isnan(array), 0.0, errors), axes)


def _nan_mean_error(array: Any, errors: Any, axes: tuple[int, ...], options: dict[str, Any]) -> Any:
    return _nan_sum_error(array, errors, axes, options) / np.sum(~np.isnan(array), axis=axes, keepdims=True)


def _var_error(array: Any, errors: Any, axes: tuple[int, ...], options: dict[str, Any]) -> Any:
    distance = np.abs(array - np.mean(array, axis=axes, keepdims=True))
    return 2.0 * _root_of_squares(distance * errors, axes) / (_count(array, axes) - options.get("ddof", 0))


def _std_error(array: Any, errors: Any, axes: tuple[int, ...], options: dict[str, Any]) -> Any:
    spread = np.std(array, axis=axes, keepdims=True, ddof=options.get("ddof", 0))
    return _var_error(array, errors, axes, options) / (2.0 * spread)


def _product_error(array: Any, errors: Any, axes: tuple[int, ...], options: dict[str, Any]) -> Any:
    return np.abs(np.prod(array, axis=axes, keepdims=True)) * _root_of_squares(errors / array, axes)


def _error_at(position: Callable[..., Any]) -> ErrorRule:
    """Uncertainty of the element that `position` (argmax or argmin) finds."""

    def rule(array: Any, errors: Any, axes: tuple[int, ...], options: dict[str, Any]) -> Any:
        last = tuple(range(-len(axes), 0))
        kept = tuple(1 if index in axes else n for index, n in enumerate(array.shape))
        flat = (*(n for index, n in enumerate(array.shape) if index not in axes), -1)
        values, bars = (np.moveaxis(a, axes, last).reshape(flat) for a in (array, errors))
        return np.take_along_axis(bars, position(values, axis=-1)[..., np.newaxis], axis=-1).reshape(kept)

    return rule


def _range_error(array: Any, errors: Any, axes: tuple[int, ...], options: dict[str, Any]) -> Any:
    return np.hypot(MAXIMUM(array, errors, axes, options), MINIMUM(array, errors, axes, options))


def _range(array: Any, **options: Any) -> Any:
    """Do as `numpy.ptp`, which wraps in small integers."""
    return np.subtract(*widened(np.subtract, [np.max(array, **options), np.min(array, **options)]))


def _count(array: Any, axes: tuple[int, ...]) -> int:
    return int(np.prod([array.shape[axis] for axis in axes], dtype=np.int64))


MAXIMUM, MINIMUM = _error_at(np.argmax), _error_at(np.argmin)

REDUCTIONS: dict[Any, Reduction] = {
    np.mean: Reduction(_same, _mean_error),
    np.sum: Reduction(_same, _sum_error),
    np.std: Reduction(_same, _std_error),
    np.var: Reduction(lambda units, count: power(units, 2), _var_error),
    np.prod: Reduction(power, _product_error),
    np.max: Reduction(_same, MAXIMUM),
    np.min: Reduction(_same, MINIMUM),
    np.ptp: Reduction(_same, _range_error),
    np.nanmean: Reduction(_same, _nan_mean_error),
    np.nansum: Reduction(_same, _nan_sum_error),
    np.nanmax: Reduction(_same, _error_at(np.nanargmax)),
    np.nanmin: Reduction(_same, _error_at(np.nanargmin)),
    np.nanstd: Reduction(_same),
    np.median: Reduction(_same),
    np.nanmedian: Reduction(_same),
    np.percentile: Reduction(_same),
    np.quantile: Reduction(_same),
    np.argmax: Reduction(_none),
    np.argmin: Reduction(_none),
    np.count_nonzero: Reduction(_none),
    np.all: Reduction(_none),
    np.any: Reduction(_none),
}


def reduced(
    function: Any,
    data: DataContent,
    *arguments: Any,
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    name: str | None = None,
    **options: Any,
) -> DataContent:
    """Reduce each array of a data object along one or several dimensions.

    Parameters
    ----------
    function : NumPy function
        One of `REDUCTIONS`.
    data : DataBase
    *arguments
        What the function takes between the array and the axis, such as the percentile.
    axis : int or tuple of int, optional
        All dimensions by default, which leaves arrays of shape (1,).
    keepdims : bool
        Keep the reduced dimensions, with one point and without axis.
    name : str, optional
        Of the result; ``<name>_<function>`` by default.
    **options
        As the function takes them.
    """
    if options.get("out") is not None:
        raise DataTypeError(f"{function.__name__} of {data.name!r} with out=: not possible; assign the result instead")
    axes = dimensions(axis, data.shape, data.name)
    rule = REDUCTIONS[function]
    operate = _range if function is np.ptp else function
    arrays = [operate(array, *arguments, axis=axis, keepdims=keepdims, **options) for array in data.data]
    errors = None
    if data.errors is not None and rule.errors is not None and "where" not in options:
        with np.errstate(all="ignore"):
            bars = [rule.errors(a, e, axes, options) for a, e in zip(data.data, data.errors, strict=True)]
        errors = [bar.reshape(np.shape(array) or (1,)) for bar, array in zip(bars, arrays, strict=True)]
    dims = [index if index not in axes else None for index in range(len(data.shape))]
    return data.with_arrays(
        [array if np.ndim(array) else np.reshape(array, (1,)) for array in arrays],
        errors,
        name=f"{data.name}_{function.__name__}" if name is None else name,
        units=rule.units(data.units, _count(data.data[0], axes)),
        source=DataSource.calculated,
        dims=dims if keepdims else [index for index in dims if index is not None],
    )


def _register(function: Any) -> None:
    if function in (np.percentile, np.quantile):

        def implementation(a: DataContent, q: float, axis: Any = None, **options: Any) -> DataContent:
            return reduced(function, a, q, axis=axis, **options)
    else:

        def implementation(a: DataContent, axis: Any = None, **options: Any) -> DataContent:  # type: ignore[misc]
            return reduced(function, a, axis=axis, **options)

    REDUCING[function] = implementation


for _function in REDUCTIONS:
    _register(_function)


@REDUCING.implements(np.linalg.norm)
def norm(x: DataContent, ord: Any = None, axis: Any = None, keepdims: bool = False) -> DataContent:
    """Return the Euclidean norm of each array, or of its vectors along dimensions."""
    if ord not in (None, 2, "fro"):
        raise DataTypeError(f"norm of {x.name!r} with ord={ord!r}: only the Euclidean norm is known for data objects")
    squares = x.with_arrays(
        [np.square(np.abs(array).astype(np.float64)) for array in x.data],
        None if x.errors is None else [2.0 * np.abs(a) * e for a, e in zip(x.data, x.errors, strict=True)],
    )
    total = reduced(np.sum, squares, axis=axis, keepdims=keepdims, name=f"{x.name}_norm")
    arrays = [np.sqrt(array) for array in total.data]
    errors = None
    if total.errors is not None:
        with np.errstate(all="ignore"):
            errors = [bar / (2.0 * array) for array, bar in zip(arrays, total.errors, strict=True)]
    return total.with_arrays(arrays, errors)
