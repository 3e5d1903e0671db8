"""The symbols and names of units, and what they are in SI base units."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

__all__ = ["NUMBER", "Symbol", "find_symbol"]

NUMBER = re.compile(r"[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol; a value in it is ``value * scale + shift`` in SI base units."""

    scale: float
    dimensions: tuple[tuple[str, Fraction], ...] = ()
    shift: float = 0.0


def _symbol(scale: float, dimensions: str = "", shift: float = 0.0) -> Symbol:
    ranks = []
    for part in dimensions.split():
        name = part.rstrip("-0123456789")
        ranks.append((name, Fraction(part[len(name) :] or 1)))
    return Symbol(scale, tuple(sorted(ranks)), shift)


PREFIXES = {
    "Q": 1e30, "R": 1e27, "Y": 1e24, "Z": 1e21, "E": 1e18, "P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3,
    "h": 1e2, "da": 1e1, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9, "p": 1e-12,
    "f": 1e-15, "a": 1e-18, "z": 1e-21, "y": 1e-24, "r": 1e-27, "q": 1e-30,
}  # fmt: skip
LONG_PREFIXES = {
    "giga": 1e9, "mega": 1e6, "kilo": 1e3, "hecto": 1e2, "deci": 1e-1, "centi": 1e-2, "milli": 1e-3, "micro": 1e-6,
    "nano": 1e-9, "pico": 1e-12, "femto": 1e-15, "atto": 1e-18, "tera": 1e12,
}  # fmt: skip

# symbol, name in full, scale, dimensions: these take prefixes
PREFIXED = (
    ("m", "meter metre", 1.0, "m"),
    ("g", "gram gramme", 1e-3, "kg"),
    ("s", "second sec", 1.0, "s"),
    ("A", "ampere amp", 1.0, "A"),
    ("K", "kelvin", 1.0, "K"),
    ("mol", "mole", 1.0, "mol"),
    ("cd", "candela", 1.0, "cd"),
    ("rad", "radian", 1.0, ""),
    ("sr", "steradian", 1.0, ""),
    ("Hz", "hertz", 1.0, "s-1"),
    ("N", "newton", 1.0, "kg m s-2"),
    ("Pa", "pascal", 1.0, "kg m-1 s-2"),
    ("J", "joule", 1.0, "kg m2 s-2"),
    ("W", "watt", 1.0, "kg m2 s-3"),
    ("C", "coulomb", 1.0, "A s"),
    ("V", "volt", 1.0, "kg m2 s-3 A-1"),
    ("F", "farad", 1.0, "kg-1 m-2 s4 A2"),
    ("Ω", "ohm", 1.0, "kg m2 s-3 A-2"),
    ("S", "siemens", 1.0, "kg-1 m-2 s3 A2"),
    ("Wb", "weber", 1.0, "kg m2 s-2 A-1"),
    ("T", "tesla", 1.0, "kg s-2 A-1"),
    ("H", "henry", 1.0, "kg m2 s-2 A-2"),
    ("lm", "lumen", 1.0, "cd"),
    ("lx", "lux", 1.0, "cd m-2"),
    ("Bq", "becquerel", 1.0, "s-1"),
    ("Gy", "gray", 1.0, "m2 s-2"),
    ("Sv", "sievert", 1.0, "m2 s-2"),
    ("eV", "electronvolt", 1.602176634e-19, "kg m2 s-2"),
    ("L", "liter litre", 1e-3, "m3"),
    ("l", "", 1e-3, "m3"),
    ("bar", "", 1e5, "kg m-1 s-2"),
    ("Torr", "torr", 101325.0 / 760.0, "kg m-1 s-2"),
    ("G", "gauss", 1e-4, "kg s-2 A-1"),
    ("cal", "calorie", 4.184, "kg m2 s-2"),
    ("B", "byte", 8.0, "bit"),
    ("bit", "", 1.0, "bit"),
    ("px", "pixel", 1.0, "pixel"),
    ("count", "", 1.0, ""),
    ("cts", "", 1.0, ""),
)
PLAIN = {
    "%": _symbol(1e-2),
    "percent": _symbol(1e-2),
    "ppm": _symbol(1e-6),
    "ppb": _symbol(1e-9),
    "deg": _symbol(math.pi / 180.0),
    "degree": _symbol(math.pi / 180.0),
    "°": _symbol(math.pi / 180.0),
    "arcmin": _symbol(math.pi / 10800.0),
    "arcsec": _symbol(math.pi / 648000.0),
    "turn": _symbol(2.0 * math.pi),
    "min": _symbol(60.0, "s"),
    "minute": _symbol(60.0, "s"),
    "h": _symbol(3600.0, "s"),
    "hr": _symbol(3600.0, "s"),
    "hour": _symbol(3600.0, "s"),
    "d": _symbol(86400.0, "s"),
    "day": _symbol(86400.0, "s"),
    "Å": _symbol(1e-10, "m"),
    "angstrom": _symbol(1e-10, "m"),
    "inch": _symbol(0.0254, "m"),
    "atm": _symbol(101325.0, "kg m-1 s-2"),
    "rpm": _symbol(2.0 * math.pi / 60.0, "s-1"),
    "degC": _symbol(1.0, "K", 273.15),
    "°C": _symbol(1.0, "K", 273.15),
    "celsius": _symbol(1.0, "K", 273.15),
    "degF": _symbol(5.0 / 9.0, "K", 459.67 * 5.0 / 9.0),
    "°F": _symbol(5.0 / 9.0, "K", 459.67 * 5.0 / 9.0),
    "t": _symbol(1e3, "kg"),
}
SHORT = {symbol: _symbol(scale, dimensions) for symbol, _, scale, dimensions in PREFIXED}
LONG = {name: _symbol(scale, dimensions) for _, names, scale, dimensions in PREFIXED for name in names.split()}


@lru_cache(maxsize=1024)
def find_symbol(name: str) -> Symbol:
    """Find what a symbol or a name means; one that is not known is a dimension of its own."""
    if NUMBER.fullmatch(name):
        return Symbol(float(name))
    return (
        PLAIN.get(name)
        or SHORT.get(name)
        or _prefixed(name, PREFIXES, SHORT)
        or _spelled_out(name.lower())
        or Symbol(1.0, ((name, Fraction(1)),))
    )


def _spelled_out(name: str) -> Symbol | None:
    for candidate in (name, name.removesuffix("s")):
        found = LONG.get(candidate) or PLAIN.get(candidate) or SHORT.get(candidate if len(candidate) > 2 else "")
        found = found or _prefixed(candidate, LONG_PREFIXES, LONG)
        if found is not None:
            return found
    return None


def _prefixed(name: str, prefixes: dict[str, float], symbols: dict[str, Symbol]) -> Symbol | None:
    for length in (1, 2, 4, 5):
        factor, symbol = prefixes.get(name[:length]), symbols.get(name[length:])
        if factor is not None and symbol is not None:
            return Symbol(factor * symbol.scale, symbol.dimensions)
    return None
