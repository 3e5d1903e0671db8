"""Arithmetic, comparisons and NumPy's functions on data objects."""

from __future__ import annotations

from numbers import Number, Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from h5modules.data._checks import is_array, unmasked
from h5modules.data._content import DataContent
from h5modules.data._elementwise import ELEMENTWISE
from h5modules.data._integers import widened
from h5modules.data._rearranging import REARRANGING
from h5modules.data._reductions import REDUCING
from h5modules.data._ufunc_rules import RULES, Rule, UnitPlan, plan_power, plan_pure
from h5modules.data._units import conversion, convert, is_quantity, same_units
from h5modules.errors import DataLengthError, DataShapeError, DataTypeError, DataUnitError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Operators"]

FUNCTIONS = {**ELEMENTWISE, **REARRANGING, **REDUCING}
UNKNOWN = Rule(plan_pure)
SUMS = (np.add, np.subtract)
EQUALITY = 1e-9
"""Relative to the largest absolute value; two ways to compute the same thing differ by less."""


class Operators(NDArrayOperatorsMixin, DataContent):
    """Makes a data object an operand.

    Other operands are data objects of the same shape (or of a single value) and number of arrays, numbers, quantities,
    and arrays that can be broadcast to the shape. Units are converted, or refused; uncertainties are propagated;
    integers do not wrap. Operands are never written to: ``a += b`` gives `a` new arrays.
    """

    __array_priority__ = 1000.0

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        if method != "__call__" or ufunc.nout != 1 or ufunc.signature is not None:
            return NotImplemented
        if any(not _is_operand(value) for value in inputs):
            return NotImplemented
        if "where" in kwargs:
            raise DataTypeError(f"{ufunc.__name__} with where=: elements left out have no value; use numpy.where(...)")
        result = _apply(ufunc, tuple(_plain(value, ufunc) for value in inputs), kwargs)
        if out is None:
            return result
        (target,) = out
        if not isinstance(target, Operators) or target.shape != result.shape:
            raise DataTypeError(f"out={target!r}: a data object of shape {result.shape} was expected")
        vars(target).update(_data=result.data, _errors=result.errors, _units=result.units, _labels=result.labels)
        return target

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        implementation = FUNCTIONS.get(func)
        return NotImplemented if implementation is None else implementation(*args, **kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.stack(self.data).astype(dtype if dtype is not None else self.dtype, copy=False)

    def _all(self, ufunc: np.ufunc, other: object) -> Any:
        """Whether a comparison holds for all elements."""
        if not _is_operand(other):
            return NotImplemented
        return all(bool(np.all(array)) for array in _apply(ufunc, (self, other), {}).data)

    def __lt__(self, other: object) -> bool:
        return self._all(np.less, other)  # type: ignore[no-any-return]

    def __le__(self, other: object) -> bool:
        return self._all(np.less_equal, other)  # type: ignore[no-any-return]

    def __gt__(self, other: object) -> bool:
        return self._all(np.greater, other)  # type: ignore[no-any-return]

    def __ge__(self, other: object) -> bool:
        return self._all(np.greater_equal, other)  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DataContent):
            return self.same_content(other)
        if not _is_operand(other):
            return NotImplemented
        try:
            return self._all(np.equal, other)  # type: ignore[no-any-return]
        except (DataUnitError, DataShapeError, DataLengthError):
            return False

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return all(bool(np.all(array)) for array in self.data)

    def same_content(self, other: DataContent) -> bool:
        """Tell whether arrays and errors are those of `other`, but for rounding and convertible units.

        Names, labels, origins, timestamps and extra attributes are not compared.
        """
        if self.length != other.length or self.shape != other.shape or not same_units(self.units, other.units):
            return False
        arrays = [convert(array, other.units, self.units) for array in other.data]
        factor = abs(conversion(other.units, self.units)[0])
        errors = None if other.errors is None else [error * factor for error in other.errors]
        return _all_close(self.data, arrays) and _all_close(self.errors, errors)

    def abs(self) -> Self:
        """Absolute values."""
        return np.absolute(self)  # type: ignore[return-value]

    def real(self) -> Self:
        """Real parts."""
        return np.real(self)  # type: ignore[return-value]

    def imag(self) -> Self:
        """Imaginary parts."""
        return np.imag(self)  # type: ignore[return-value]

    def angle(self) -> Self:
        """Phases, in radians."""
        return np.angle(self)  # type: ignore[return-value]

    def unwrap(self) -> Self:
        """Phases without the jumps of a period, along the last dimension."""
        return np.unwrap(self)  # type: ignore[return-value]

    def flipud(self) -> Self:
        """Elements in reverse order along dimension 0; axes stay."""
        return np.flipud(self)  # type: ignore[return-value]

    def fliplr(self) -> Self:
        """Elements in reverse order along dimension 1; axes stay."""
        return np.fliplr(self)  # type: ignore[return-value]


def _is_operand(value: object) -> bool:
    return isinstance(value, (Operators, Number, np.bool_)) or is_array(value) or is_quantity(value)


def _plain(value: Any, ufunc: np.ufunc) -> Any:
    """Make a float of a number that NumPy would put into an array of objects, a plain array of one that is masked."""
    if isinstance(value, np.ma.MaskedArray):
        return unmasked(value, ufunc.__name__)
    if not isinstance(value, Number) or isinstance(value, (float, complex, np.generic)):
        return value
    if isinstance(value, int) and -(2**63) <= value < 2**64:
        return value
    return float(value)  # type: ignore[arg-type]


def _all_close(first: list[npt.NDArray[Any]] | None, second: list[npt.NDArray[Any]] | None) -> bool:
    if first is None or second is None:
        return first is second
    return all(_close(mine, theirs) for mine, theirs in zip(first, second, strict=True))


def _close(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> bool:
    if first is second or not first.size:
        return True
    if first.dtype.kind in "iub" and second.dtype.kind in "iub":
        return bool(np.all(first == second))
    size = np.abs(first)
    largest = float(np.max(np.where(np.isfinite(size), size, 0.0)))
    return bool(np.all(np.isclose(first, second, rtol=EQUALITY, atol=EQUALITY * largest, equal_nan=True)))


def _apply(ufunc: np.ufunc, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Apply a function element by element to each array, with units and uncertainties."""
    template = _template(ufunc, inputs)
    units = [_units(value) for value in inputs]
    if ufunc in SUMS:
        units = [template.units if _is_zero(value) else unit for value, unit in zip(inputs, units, strict=True)]
    rule = RULES.get(ufunc, UNKNOWN)
    if ufunc in (np.power, np.float_power):
        plan = plan_power(units, inputs[1].data[0] if isinstance(inputs[1], Operators) else inputs[1])
    else:
        plan = _plan(ufunc, rule, units, template)
    data, errors = [], []
    for index in range(template.length):
        operands = [
            _converted(value, index, source, target)
            for value, source, target in zip(inputs, units, plan.operands, strict=True)
        ]
        result = ufunc(*widened(ufunc, operands), **options)
        errors.append(_propagated(rule, plan, inputs, units, operands, result, index))
        data.append(result if plan.factor == 1.0 else result * plan.factor)
    known = None if any(error is None for error in errors) else errors
    return template.with_arrays(data, known, name=f"{template.name}_{ufunc.__name__}", units=plan.result)


def _plan(ufunc: np.ufunc, rule: Rule, units: list[str | None], template: Any) -> UnitPlan:
    try:
        plan = rule.units(units)
        for source, target in zip(units, plan.operands, strict=True):
            if target is not None:
                conversion(source or "", target)
    except DataUnitError as error:
        raise DataUnitError(
            f"{ufunc.__name__} of {template.name!r}, operands in {[unit or 'pure numbers' for unit in units]}: {error}",
            data_name=template.name,
        ) from error
    return plan


def _template(ufunc: np.ufunc, inputs: tuple[Any, ...]) -> Any:
    """Find the operand whose shape, axes and name the result has: the first of the largest."""
    objects = [value for value in inputs if isinstance(value, Operators)]
    template = max(objects, key=lambda value: value.size)
    for value in inputs:
        if isinstance(value, Operators):
            if value.length != template.length:
                raise DataLengthError(
                    f"{ufunc.__name__} of {template.name!r} with {template.length} arrays and {value.name!r} with "
                    f"{value.length}: as many in each were expected; take one with pop(index)",
                    data_name=template.name,
                )
            fits = value.shape == template.shape or (value.size == 1 and _fits(value.shape, template.shape))
        else:
            fits = _fits(np.shape(getattr(value, "magnitude", value)), template.shape)
        if not fits:
            raise DataShapeError(
                f"{ufunc.__name__} of {template.name!r} of shape {template.shape} and "
                f"{value.name if isinstance(value, Operators) else type(value).__name__} of shape {np.shape(value)}: "
                "the same shape, a single value, or an array that broadcasts to the shape was expected",
                data_name=template.name,
            )
    return template


def _fits(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    return len(shape) <= len(target) and all(n in (1, m) for n, m in zip(shape[::-1], target[::-1], strict=False))


def _is_zero(value: Any) -> bool:
    """Zero is zero in all units, which is what lets `sum` begin with it."""
    return isinstance(value, (int, float, complex, np.number)) and value == 0


def _units(value: Any) -> str | None:
    if isinstance(value, Operators):
        return value.units
    return f"{value.units:~}" if is_quantity(value) else None


def _converted(value: Any, index: int, source: str | None, target: str | None) -> Any:
    if isinstance(value, Operators):
        value = value.data[index]
    elif is_quantity(value):
        value = value.magnitude
    return value if target is None else convert(value, source or "", target)


def _propagated(
    rule: Rule,
    plan: UnitPlan,
    inputs: tuple[Any, ...],
    units: list[str | None],
    operands: list[Any],
    result: Any,
    index: int,
) -> npt.NDArray[np.float64] | None:
    """Uncertainty of the result, None if no operand has one or nothing is known about it."""
    uncertain = [isinstance(value, Operators) and value.errors is not None for value in inputs]
    if rule.slopes is None or not any(uncertain):
        return None
    with np.errstate(all="ignore"):
        slopes = rule.slopes(_floating(result), *(_floating(operand) for operand in operands))
        terms = []
        for place, (value, slope) in enumerate(zip(inputs, slopes, strict=True)):
            if uncertain[place]:
                source, target = units[place] or "", plan.operands[place]
                factor = 1.0 if target is None else abs(conversion(source, target)[0])
                terms.append(np.abs(slope) * value.errors[index] * (factor * plan.factor))
        total = terms[0] if len(terms) == 1 else np.sqrt(sum(term**2 for term in terms))
    return total if total.shape == result.shape else np.broadcast_to(total, result.shape).copy()


def _floating(value: Any) -> Any:
    if isinstance(value, Number):
        return np.asarray(value, np.float64 if isinstance(value, Real) else np.complex128)[()]
    return value.astype(np.float64) if getattr(value, "dtype", np.dtype(float)).kind in "iub" else value
