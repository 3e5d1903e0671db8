"""Dimensions of arrays by their number, counted from either end."""

from __future__ import annotations

import numpy as np

from h5modules.errors import DataIndexError

__all__ = ["dimension", "dimensions"]


def dimension(index: int, shape: tuple[int, ...], name: str) -> int:
    """Return a dimension as a number from 0 on.

    Raises
    ------
    DataIndexError
        If arrays of this shape have no such dimension.
    """
    if not isinstance(index, (int, np.integer)) or not -len(shape) <= index < len(shape):
        raise DataIndexError(
            f"{name!r} of shape {shape} has no dimension {index!r}: use 0 to {len(shape) - 1}", data_name=name
        )
    return int(index) % len(shape)


def dimensions(axis: int | tuple[int, ...] | None, shape: tuple[int, ...], name: str) -> tuple[int, ...]:
    """Return several dimensions, or all for None, in order."""
    if axis is None:
        return tuple(range(len(shape)))
    axes = axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted({dimension(index, shape, name) for index in axes}))
