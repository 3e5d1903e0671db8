"""Integer arithmetic that does not wrap: 3 - 5 is -2 in uint16 too."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["widened"]

SUMS = (np.add, np.subtract, np.negative, np.absolute)
PRODUCTS = (np.multiply, np.square)
SIGNED = ((16, np.int16), (32, np.int32), (64, np.int64))


def widened(ufunc: np.ufunc, operands: list[Any]) -> list[Any]:
    """Operands in a type that holds every result of adding, subtracting, multiplying them, or of their powers.

    Only integers (and booleans) are touched: the result is the smallest signed integer that is wide enough, float64
    where one operand is uint64 or no integer is wide enough. What is signed and of 64 bits already stays so unless
    these numbers would wrap.

    Examples
    --------
    >>> a, b = widened(np.subtract, [np.array([3], np.uint16), np.array([5], np.uint16)])
    >>> a - b
    array([-2], dtype=int32)
    """
    if ufunc not in SUMS and ufunc not in PRODUCTS and ufunc is not np.power:
        return operands
    types = [_type(operand) for operand in operands]
    if any(dtype is None or dtype.kind not in "iub" for dtype in types):
        return operands
    wide = _wide_enough(ufunc, operands, [dtype for dtype in types if dtype is not None])
    if wide is None:
        return operands
    return [np.asarray(operand).astype(wide) if np.ndim(operand) == 0 else operand.astype(wide) for operand in operands]


def _wide_enough(ufunc: np.ufunc, operands: list[Any], types: list[np.dtype[Any]]) -> Any:
    """Find the type to compute in, None for that of the operands."""
    if ufunc is np.power:
        return _wide_enough_for_power(operands[0], operands[1], types[0])
    signed = [dtype.kind == "i" for dtype in types]
    bits = [8 * dtype.itemsize for dtype in types]
    if ufunc is np.absolute and not any(signed):
        return None
    if ufunc in SUMS:
        needed = max(bits) + 2 - all(signed)
    else:
        bits = bits * 2 if ufunc is np.square else bits
        needed = sum(bits) + (not any(signed))
    wide = _signed(needed)
    if wide is None and ufunc in PRODUCTS and not any(signed) and sum(bits) <= 64:
        return np.uint64
    if wide is None and (np.dtype(np.uint64) in types or _wraps(ufunc, operands)):
        return np.float64
    return wide


def _wide_enough_for_power(base: Any, exponent: Any, dtype: np.dtype[Any]) -> Any:
    if not _is_known(exponent):
        return None
    if _smallest(exponent) < 0:
        return np.float64
    highest = _largest(exponent)
    if highest <= 1:
        return None
    wide = _signed(8 * dtype.itemsize * highest + (dtype.kind != "i"))
    if wide is not None or not _is_known(base):
        return wide
    return np.int64 if _largest_size(base) ** min(highest, 64) < 2**63 else np.float64


def _signed(bits: int) -> Any:
    return next((dtype for width, dtype in SIGNED if bits <= width), None)


def _wraps(ufunc: np.ufunc, operands: list[Any]) -> bool:
    """Whether numbers of 64 bits may be too large for the result."""
    if not all(_is_known(operand) for operand in operands):
        return False
    sizes = [_largest_size(operand) for operand in operands]
    if ufunc in SUMS:
        return sum(sizes) >= 2**63
    return sizes[0] * sizes[-1] >= 2**63


def _is_known(values: Any) -> bool:
    """Tell whether the numbers are at hand; those of lazy arrays are not."""
    return isinstance(values, (np.ndarray, np.generic, int))


def _largest_size(values: Any) -> int:
    return max(_largest(values), -_smallest(values))


def _largest(values: Any) -> int:
    return int(np.max(values)) if np.size(values) else 0


def _smallest(values: Any) -> int:
    return int(np.min(values)) if np.size(values) else 0


def _type(operand: Any) -> np.dtype[Any] | None:
    """Find the smallest type that holds a number, the type of an array; None for what is no integer."""
    if isinstance(operand, (bool, int)):
        return np.min_scalar_type(operand) if -(2**63) <= operand < 2**64 else None
    return getattr(operand, "dtype", None)
