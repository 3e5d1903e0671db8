"""What callers give as a timeout."""

from __future__ import annotations

import math
from numbers import Real

__all__ = ["as_seconds"]

LONGEST = 1e6
"""Seconds that stand for ever: the system's calls overflow at some number above."""


def as_seconds(timeout: object, what: str = "timeout") -> float:
    """Return a timeout as a number that can be waited for; infinity is eleven days.

    Raises
    ------
    TypeError, ValueError
        It is no number.
    """
    if isinstance(timeout, bool) or not isinstance(timeout, Real):
        raise TypeError(f"{what} is a number of seconds, not {timeout!r}")
    seconds = float(timeout)
    if math.isnan(seconds):
        raise ValueError(f"{what} is a number of seconds, not nan")
    return min(seconds, LONGEST)
