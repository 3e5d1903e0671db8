"""Units as text: read, compared, converted and combined.

A unit is a product of symbols with exponents. The SI, what laboratories use beside it, and their prefixes are known;
everything else ('a.u.', 'DN', 'reflectance') is a unit of its own that equals only itself, so that no label is lost.
Factors are those of the SI brochure (9th edition, BIPM 2019, https://www.bipm.org/en/publications/si-brochure).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from h5modules.data._unit_symbols import NUMBER, find_symbol
from h5modules.errors import DataUnitError

__all__ = [
    "Unit",
    "base_units",
    "conversion",
    "convert",
    "is_dimensionless",
    "is_quantity",
    "parse",
    "power",
    "product",
    "same_units",
]

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
TOKEN = re.compile(
    r"\s*(?:(?P<number>" + NUMBER.pattern + r")|(?P<power>\*\*|\^)|(?P<operator>[*·/()])"
    r"|(?P<name>[^\W\d⁰¹²³⁴⁵⁶⁷⁸⁹]+|%|°[CF]?)|(?P<up>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)|(?P<sign>[+-]))"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of symbols.

    Attributes
    ----------
    terms : tuple of (str, Fraction)
        Symbols with their exponents, in the order in which they were met.
    scale, shift : float
        A value in this unit is ``value * scale + shift`` in SI base units.
    dimensions : tuple of (str, Fraction)
        Base dimensions with their exponents, sorted; empty for a pure number.
    """

    terms: tuple[tuple[str, Fraction], ...]
    scale: float
    shift: float
    dimensions: tuple[tuple[str, Fraction], ...]

    @property
    def text(self) -> str:
        """As pint abbreviates it: ``V ** 2 / s``."""
        above = [_term(name, exponent) for name, exponent in self.terms if exponent > 0]
        below = [_term(name, -exponent) for name, exponent in self.terms if exponent < 0]
        return " / ".join([" * ".join(above) or ("1" if below else ""), *below])


def _term(name: str, exponent: Fraction) -> str:
    if exponent == 1:
        return name
    return f"{name} ** {exponent.numerator if exponent.denominator == 1 else float(exponent)}"


def _unit(terms: dict[str, Fraction]) -> Unit:
    kept = {name: exponent for name, exponent in terms.items() if exponent}
    scale = 1.0
    dimensions: dict[str, Fraction] = {}
    try:
        for name, exponent in kept.items():
            symbol = find_symbol(name)
            scale *= symbol.scale ** float(exponent)
            for dimension, rank in symbol.dimensions:
                dimensions[dimension] = dimensions.get(dimension, Fraction(0)) + rank * exponent
    except (OverflowError, ZeroDivisionError):
        scale = math.inf
    if not 0.0 < scale < math.inf:
        raise DataUnitError(f"units {' * '.join(map(str, kept.items()))} are too large or too small for a number")
    shift = find_symbol(next(iter(kept))).shift if list(kept.values()) == [1] else 0.0
    return Unit(tuple(kept.items()), scale, shift, tuple(sorted((d, r) for d, r in dimensions.items() if r)))


@lru_cache(maxsize=1024)
def parse(text: str) -> Unit:
    """Read the unit that a text names; a text that cannot be read as a unit is a unit of its own.

    Examples
    --------
    >>> parse("kg*m**2/s").dimensions == parse("J s").dimensions
    True
    """
    text = text.strip()
    if text in ("", "1", "dimensionless"):
        return _unit({})
    try:
        return _unit(_Reader(text).read())
    except (_UnreadableUnit, DataUnitError):
        return Unit(((text, Fraction(1)),), 1.0, 0.0, ((text, Fraction(1)),))


LONGEST = 120
"""Characters; a longer text is no unit, and would only nest deeper than Python follows."""
LARGEST_EXPONENT = 99


class _UnreadableUnit(Exception):
    """The text is no product of symbols."""


class _Reader:
    """Recursive descent over ``product := power (('*' | '/' | ' ') power)*``."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise _UnreadableUnit(text)
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text):
            match = TOKEN.match(text, position)
            if match is None:
                raise _UnreadableUnit(text)
            self._tokens.append((str(match.lastgroup), match.group(match.lastgroup or 0)))
            position = match.end()
        self._at = 0

    def read(self) -> dict[str, Fraction]:
        terms = self._product()
        if self._at != len(self._tokens):
            raise _UnreadableUnit
        return terms

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _product(self) -> dict[str, Fraction]:
        terms = self._power()
        while True:
            kind, value = self._peek()
            if kind == "operator" and value in "*·/":
                self._take()
            elif kind not in ("name", "number") and value != "(":
                return terms
            sign = -1 if value == "/" else 1
            for name, exponent in self._power().items():
                terms[name] = terms.get(name, Fraction(0)) + sign * exponent

    def _power(self) -> dict[str, Fraction]:
        kind, value = self._take()
        if value == "(":
            terms = self._product()
            if self._take()[1] != ")":
                raise _UnreadableUnit
        elif kind == "name":
            terms = {value: Fraction(1)}
        elif kind == "number":
            terms = {} if float(value) == 1.0 else {value: Fraction(1)}
        else:
            raise _UnreadableUnit
        exponent = self._exponent()
        return terms if exponent == 1 else {name: rank * exponent for name, rank in terms.items()}

    def _exponent(self) -> Fraction:
        kind, value = self._peek()
        if kind == "up":
            self._take()
            try:
                return Fraction(value.translate(SUPERSCRIPTS))
            except ValueError as error:
                raise _UnreadableUnit from error
        if kind == "power":
            self._take()
            return self._signed()
        if kind == "sign":  # the 'W m-2' of instrument manuals
            return self._signed()
        return Fraction(1)

    def _signed(self) -> Fraction:
        kind, value = self._take()
        sign = -1 if value == "-" else 1
        if kind == "sign":
            kind, value = self._take()
        if kind != "number" or float(value) > LARGEST_EXPONENT:
            raise _UnreadableUnit
        return sign * Fraction(value).limit_denominator(1000)


@lru_cache(maxsize=1024)
def conversion(source: str, target: str) -> tuple[float, float]:
    """Factor and shift with which ``value * factor + shift`` goes from units `source` to units `target`.

    Raises
    ------
    DataUnitError
        If they measure different things.

    Examples
    --------
    >>> conversion("nm", "um")
    (0.001, 0.0)
    """
    if source == target:
        return 1.0, 0.0
    old, new = parse(source), parse(target)
    if old.dimensions != new.dimensions:
        raise DataUnitError(
            f"units {source!r} cannot be converted to {target!r}: the first measures {_measure(old)}, the second "
            f"{_measure(new)}; convert one of them, or set its units without conversion with force_units()"
        )
    # a ratio rounded to 15 digits is what a person would write: 1e-9 / 1e-6 is 0.001
    return float(f"{old.scale / new.scale:.15g}"), (old.shift - new.shift) / new.scale


def _measure(unit: Unit) -> str:
    return " ".join(name if rank == 1 else f"{name}^{rank}" for name, rank in unit.dimensions) or "a pure number"


def convert(values: Any, source: str, target: str) -> Any:
    """Values (number or array) in units `source`, in units `target`; the same object if nothing changes."""
    factor, shift = conversion(source, target)
    if factor != 1.0:
        values = values * factor
    return values + shift if shift else values


def same_units(first: str, second: str) -> bool:
    """Whether values in both units can be added."""
    return first == second or parse(first).dimensions == parse(second).dimensions


def is_dimensionless(units: str) -> bool:
    """Whether values in these units are pure numbers (per cent, counts and radians are)."""
    return units == "" or not parse(units).dimensions


def product(first: str, second: str, exponent: int = 1) -> tuple[str, float]:
    """Units of ``first * second ** exponent``, and the factor that the numbers need with them.

    Symbols of one dimension are brought together (V * mV is V ** 2, with numbers divided by 1000).

    Examples
    --------
    >>> product("V", "mV"), product("V", "s", -1), product("m", "m", -1)
    (('V ** 2', 0.001), ('V / s', 1.0), ('', 1.0))
    """
    left, right = parse(first), parse(second)
    terms = dict(left.terms)
    for name, rank in right.terms:
        twin = _twin(name, terms)
        terms[twin] = terms.get(twin, Fraction(0)) + exponent * rank
    if not right.terms:
        return first, 1.0
    result = _unit(terms)
    return result.text, float(f"{left.scale * right.scale**exponent / result.scale:.15g}")


def _twin(name: str, terms: dict[str, Fraction]) -> str:
    """Find the symbol among `terms` that measures the same as `name` (with a dimension), or `name` itself."""
    if name in terms:
        return name
    dimensions = find_symbol(name).dimensions
    return next((other for other in terms if dimensions and find_symbol(other).dimensions == dimensions), name)


def power(units: str, exponent: float) -> str:
    """Units of ``units ** exponent``.

    Examples
    --------
    >>> power("V / s", 2), power("V ** 2", 0.5)
    ('V ** 2 / s ** 2', 'V')
    """
    rank = Fraction(exponent).limit_denominator(1000)
    return _unit({name: old * rank for name, old in parse(units).terms}).text


def base_units(units: str) -> str:
    """Return the product of SI base units that measures the same.

    Examples
    --------
    >>> base_units("nm"), base_units("mN")
    ('m', 'kg * m / s ** 2')
    """
    return _unit(dict(parse(units).dimensions)).text


def is_quantity(value: object) -> bool:
    """Whether a value carries its own units, as a pint quantity does."""
    return hasattr(value, "magnitude") and hasattr(value, "units")
