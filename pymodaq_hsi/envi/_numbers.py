"""Lists of numbers as vendors write them: trailing commas, decimal commas, NumPy's brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

__all__ = ["NumberList", "parse_number", "parse_numbers"]

_FORTRAN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[dD][+-]?\d+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True)
class NumberList:
    """The numbers (float64) of a list, or None with the problem; a remark where the reading was not the plain one."""

    values: npt.NDArray[np.float64] | None
    problem: str = ""
    remark: str = ""


def parse_number(text: str) -> int | float | None:
    """Return the number that a word means, whole ones as int, or None.

    >>> parse_number("4095"), parse_number("1e4"), parse_number("1,5"), parse_number("x")
    (4095, 10000.0, 1.5, None)
    """
    word = text.strip().strip("{}[]").strip()
    if re.fullmatch(r"[+-]?\d{1,20}", word):  # more digits are no count, and no 64-bit sample
        return int(word)
    if "," in word and _DECIMAL_COMMA.fullmatch(word):
        word = word.replace(",", ".")
    if "_" in word:
        return None
    if _FORTRAN.fullmatch(word):
        word = re.sub("[dD]", "e", word)
    try:
        return float(word)
    except ValueError:
        return None


def parse_numbers(text: str, count: int) -> NumberList:
    """Return `count` numbers from a list in braces, in NumPy's brackets, or without any.

    A decimal comma is told from a separating one by the count: it is assumed only where the plain reading does not
    give `count` numbers and the reading with decimal commas does.
    """
    body = re.sub(r"[{}\[\]()\"']", " ", text).strip()
    plain = [word for word in re.split(r"[,;\s]+", body) if word]
    if len(plain) == count:
        return _all_floats(plain)
    wide = [word.rstrip(",") for word in re.split(r";|,\s+|\s+", body) if word.rstrip(",")]
    if len(wide) == count and "," in "".join(wide) and all(_DECIMAL_COMMA.fullmatch(word) for word in wide):
        return NumberList(_floats(word.replace(",", ".") for word in wide), remark="read with decimal commas")
    if len(plain) == 2 * count and all(word.isdecimal() for word in plain):
        values = _floats(f"{whole}.{part}" for whole, part in zip(plain[::2], plain[1::2], strict=True))
        steps = np.diff(values)
        if (steps > 0).all() or (steps < 0).all():
            return NumberList(values, remark="read with decimal commas")
    bad = _all_floats(plain).problem
    return NumberList(None, bad or f"has {len(plain)} {'number' if len(plain) == 1 else 'numbers'}")


def _all_floats(words: list[str]) -> NumberList:
    numbers = [parse_number(word) for word in words]
    for word, number in zip(words, numbers, strict=True):
        if number is None:
            return NumberList(None, f"holds {word[:40]!r}, which is not a number")
    return NumberList(np.array(numbers, dtype=np.float64))


def _floats(words: Iterable[str]) -> npt.NDArray[np.float64]:
    return np.array([float(word) for word in words], dtype=np.float64)
