"""Integer arithmetic that does not wrap: 3 - 5 is -2 in uint16 too."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["widened"]

SUMS = (np.add, np.subtract, np.negative)
PRODUCTS = (np.multiply, np.square)
SIGNED = ((16, np.int16), (32, np.int32), (64, np.int64))


def widened(ufunc: np.ufunc, operands: list[Any]) -> list[Any]:
    """Operands in a type that holds every result of adding, subtracting or multiplying them.

    Only integers (and booleans) are touched: the result is the smallest signed integer that is wide enough, float64
    where one operand is uint64. What is signed and of 64 bits already is left to NumPy.

    Examples
    --------
    >>> a, b = widened(np.subtract, [np.array([3], np.uint16), np.array([5], np.uint16)])
    >>> a - b
    array([-2], dtype=int32)
    """
    if ufunc not in SUMS and ufunc not in PRODUCTS:
        return operands
    types = [_type(operand) for operand in operands]
    if any(dtype is None or dtype.kind not in "iub" for dtype in types):
        return operands
    signed = [dtype.kind == "i" for dtype in types if dtype is not None]
    bits = [8 * dtype.itemsize for dtype in types if dtype is not None]
    if ufunc in SUMS:
        needed = max(bits) + 2 - all(signed)
    else:
        bits = bits * 2 if ufunc is np.square else bits
        needed = sum(bits) + (not any(signed))
    wide: Any = next((dtype for width, dtype in SIGNED if needed <= width), None)
    if wide is None and ufunc in PRODUCTS and not any(signed) and sum(bits) <= 64:
        wide = np.uint64
    elif wide is None:
        if np.dtype(np.uint64) not in types:
            return operands
        wide = np.float64
    return [np.asarray(operand).astype(wide) if np.ndim(operand) == 0 else operand.astype(wide) for operand in operands]


def _type(operand: Any) -> np.dtype[Any] | None:
    """Find the smallest type that holds a number, the type of an array; None for what is no integer."""
    if isinstance(operand, (bool, int)):
        return np.min_scalar_type(operand) if -(2**63) <= operand < 2**64 else None
    return getattr(operand, "dtype", None)
