"""What NumPy's element-wise functions do to units and to standard uncertainties.

Uncertainties follow the first-order law for operands that are independent of each other: the squares of
``slope * uncertainty`` add up (Guide to the expression of uncertainty in measurement, JCGM 100:2008, 5.1.2,
https://www.bipm.org/en/committees/jc/jcgm/publications). Of ``x - x`` it says the same as of ``x - y``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from h5modules.data._units import is_dimensionless, power, product
from h5modules.errors import DataUnitError

__all__ = ["RULES", "Rule", "UnitPlan", "plan_power", "plan_pure"]

Units = Sequence[str | None]
"""Of each operand; None for a plain number or array."""
Slopes = Callable[..., tuple[Any, ...]]
"""``slopes(result, *operands)``: the derivative of the result for each operand."""


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """Units to convert the operands to, units of the result, and a factor for its numbers."""

    operands: tuple[str | None, ...]
    result: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Rule:
    """How one function treats units and uncertainties; without slopes the result has none of the latter."""

    units: Callable[[Units], UnitPlan]
    slopes: Slopes | None = None


def _alike(units: Units) -> UnitPlan:
    common = next((unit for unit in units if unit is not None), "")
    return UnitPlan((common,) * len(units), common)


def _compared(units: Units) -> UnitPlan:
    """Plain numbers are compared as if they had the units of the data."""
    common = _alike(units).result
    return UnitPlan(tuple(None if unit is None else common for unit in units), "")


def _kept(units: Units) -> UnitPlan:
    return UnitPlan(tuple(units), units[0] or "")


def _tested(units: Units) -> UnitPlan:
    return UnitPlan(tuple(units), "")


def _multiplied(units: Units) -> UnitPlan:
    result, factor = product(units[0] or "", units[1] or "")
    return UnitPlan(tuple(units), result, factor)


def _divided(units: Units) -> UnitPlan:
    result, factor = product(units[0] or "", units[1] or "", -1)
    return UnitPlan(tuple(units), result, factor)


def _whole(units: Units) -> UnitPlan:
    """Remainders and whole quotients: a plain divisor counts in the units of the dividend."""
    if units[1] is None:
        return UnitPlan(tuple(units), units[0] or "")
    return _alike(units)


def _quotient(units: Units) -> UnitPlan:
    if units[1] is None:
        return UnitPlan(tuple(units), units[0] or "")
    return UnitPlan(_alike(units).operands, "")


def _to_the(exponent: float) -> Callable[[Units], UnitPlan]:
    return lambda units: UnitPlan(tuple(units), power(units[0] or "", exponent))


def _pure(result: str = "") -> Callable[[Units], UnitPlan]:
    return lambda units: plan_pure(units, result)


def plan_pure(units: Units, result: str = "") -> UnitPlan:
    """Operands have to be pure numbers (per cent are brought to fractions, degrees to radians)."""
    return UnitPlan(tuple(None if unit is None else "" for unit in units), result)


def plan_power(units: Units, exponent: Any) -> UnitPlan:
    """Units of ``base ** exponent``; they are known for an exponent of one value only, or for a pure base."""
    base = units[0] or ""
    if is_dimensionless(base) and (base == "" or np.ndim(exponent)):
        return plan_pure(units)
    if np.ndim(exponent):
        raise DataUnitError(
            f"a base in {base!r} to the power of an array would have other units for each element: "
            "use one number as the exponent, or make the base a pure number"
        )
    return UnitPlan((base, "" if units[1] is not None else None), power(base, float(exponent)))


def _chosen(result: Any, a: Any, b: Any) -> tuple[Any, ...]:
    return np.equal(result, a), np.not_equal(result, a)


def _power_slopes(result: Any, a: Any, b: Any) -> tuple[Any, ...]:
    return b * np.power(a, b - 1.0), result * np.log(a)


def _one(result: Any, *operands: Any) -> tuple[Any, ...]:
    return (1.0,) * len(operands)


_ADD = Rule(_alike, _one)
_KEEP = Rule(_kept, _one)
_CHOOSE = Rule(_alike, _chosen)
_TEST = Rule(_tested)
_COMPARE = Rule(_compared)
_DIVIDE = Rule(_divided, lambda r, a, b: (1.0 / b, a / b**2))

RULES: dict[np.ufunc, Rule] = {
    np.add: _ADD,
    np.subtract: _ADD,
    np.maximum: _CHOOSE,
    np.minimum: _CHOOSE,
    np.fmax: _CHOOSE,
    np.fmin: _CHOOSE,
    np.hypot: Rule(_alike, lambda r, a, b: (a / r, b / r)),
    np.arctan2: Rule(
        lambda units: UnitPlan(_alike(units).operands, "rad"),
        lambda r, a, b: (b / (a**2 + b**2), a / (a**2 + b**2)),
    ),
    np.multiply: Rule(_multiplied, lambda r, a, b: (b, a)),
    np.divide: _DIVIDE,
    np.floor_divide: Rule(_quotient),
    np.remainder: Rule(_whole, lambda r, a, b: (1.0, -np.floor(a / b))),
    np.fmod: Rule(_whole, lambda r, a, b: (1.0, -np.trunc(a / b))),
    np.power: Rule(_kept, _power_slopes),
    np.float_power: Rule(_kept, _power_slopes),
    np.sqrt: Rule(_to_the(0.5), lambda r, a: (0.5 / r,)),
    np.cbrt: Rule(_to_the(1 / 3), lambda r, a: (1.0 / (3.0 * r**2),)),
    np.square: Rule(_to_the(2), lambda r, a: (2.0 * a,)),
    np.reciprocal: Rule(_to_the(-1), lambda r, a: (r**2,)),
    np.negative: _KEEP,
    np.positive: _KEEP,
    np.absolute: _KEEP,
    np.fabs: _KEEP,
    np.conjugate: _KEEP,
    np.rint: _KEEP,
    np.floor: _KEEP,
    np.ceil: _KEEP,
    np.trunc: _KEEP,
    np.exp: Rule(_pure(), lambda r, a: (r,)),
    np.exp2: Rule(_pure(), lambda r, a: (r * np.log(2.0),)),
    np.expm1: Rule(_pure(), lambda r, a: (r + 1.0,)),
    np.log: Rule(_pure(), lambda r, a: (1.0 / a,)),
    np.log2: Rule(_pure(), lambda r, a: (1.0 / (a * np.log(2.0)),)),
    np.log10: Rule(_pure(), lambda r, a: (1.0 / (a * np.log(10.0)),)),
    np.log1p: Rule(_pure(), lambda r, a: (1.0 / (1.0 + a),)),
    np.sin: Rule(_pure(), lambda r, a: (np.cos(a),)),
    np.cos: Rule(_pure(), lambda r, a: (np.sin(a),)),
    np.tan: Rule(_pure(), lambda r, a: (1.0 + r**2,)),
    np.arcsin: Rule(_pure("rad"), lambda r, a: (1.0 / np.sqrt(1.0 - a**2),)),
    np.arccos: Rule(_pure("rad"), lambda r, a: (1.0 / np.sqrt(1.0 - a**2),)),
    np.arctan: Rule(_pure("rad"), lambda r, a: (1.0 / (1.0 + a**2),)),
    np.sinh: Rule(_pure(), lambda r, a: (np.cosh(a),)),
    np.cosh: Rule(_pure(), lambda r, a: (np.sinh(a),)),
    np.tanh: Rule(_pure(), lambda r, a: (1.0 - r**2,)),
    np.arcsinh: Rule(_pure(), lambda r, a: (1.0 / np.sqrt(a**2 + 1.0),)),
    np.arccosh: Rule(_pure(), lambda r, a: (1.0 / np.sqrt(a**2 - 1.0),)),
    np.arctanh: Rule(_pure(), lambda r, a: (1.0 / (1.0 - a**2),)),
    np.deg2rad: Rule(lambda units: UnitPlan(("deg" if units[0] else None,), "rad"), lambda r, a: (np.pi / 180.0,)),
    np.radians: Rule(lambda units: UnitPlan(("deg" if units[0] else None,), "rad"), lambda r, a: (np.pi / 180.0,)),
    np.rad2deg: Rule(lambda units: UnitPlan(("rad" if units[0] else None,), "deg"), lambda r, a: (180.0 / np.pi,)),
    np.degrees: Rule(lambda units: UnitPlan(("rad" if units[0] else None,), "deg"), lambda r, a: (180.0 / np.pi,)),
    **dict.fromkeys((np.isnan, np.isfinite, np.isinf, np.signbit, np.sign, np.logical_not), _TEST),
    **dict.fromkeys((np.logical_and, np.logical_or, np.logical_xor), _TEST),
    **dict.fromkeys((np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal), _COMPARE),
    np.copysign: Rule(_kept, lambda r, a, b: (1.0, 0.0)),
    np.nextafter: Rule(_alike, lambda r, a, b: (1.0, 0.0)),
}
"""Functions that are not here take pure numbers only, and give no uncertainties."""
