"""What can be known of a detector by asking it: its name, the shape of what it will give, its axes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.data import Axis
from h5modules.errors import DataError
from pymodaq_hsi.errors import StorageError
from pymodaq_hsi.storage._series import checked_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["axes_of", "checked_axes", "key_of", "name_of", "shape_of"]

_LONGEST = 80


def _asked(detector: object, name: str) -> Any:
    try:
        found = getattr(detector, name, None)
        return found() if callable(found) else found
    except Exception as error:  # a detector is somebody else's code, and it is asked in a slot
        raise StorageError(f"{name} of {type(detector).__name__} failed: {type(error).__name__}: {error}") from error


def key_of(detector: object) -> object:
    """Return what a detector is known by: itself, if that is possible."""
    try:
        hash(detector)
    except TypeError:
        return f"{detector!r:.80}"
    return detector


def name_of(detector: object) -> str:
    """Return what a detector is called: itself if it is a text, else its `objectName`, its `name`, or its class."""
    if isinstance(detector, str):
        return detector[:_LONGEST] or "detector"
    for name in ("objectName", "name"):
        with contextlib.suppress(StorageError):  # its class has a name too
            found = _asked(detector, name)
            if isinstance(found, str) and found:
                return found[:_LONGEST]
    return type(detector).__name__


def shape_of(detector: object) -> tuple[int, ...] | None:
    """Return the shape of all the data that a detector will give; None if it does not say.

    It is `dataShape`, or `indexShape` and `frameShape` together, or `shape`; attributes or methods.

    Raises
    ------
    StorageError
        What it says is no shape.
    """
    whole = _asked(detector, "dataShape")
    if whole is None:
        index, frame = _asked(detector, "indexShape"), _asked(detector, "frameShape")
        whole = _asked(detector, "shape") if index is None or frame is None else (*index, *frame)
    return None if whole is None else checked_shape(whole)


def axes_of(detector: object) -> Any:
    """Return the axes that a detector has, an attribute or a method; None if it has none."""
    return _asked(detector, "axes")


def checked_axes(axes: Sequence[Any], shape: tuple[int, ...]) -> list[Axis]:
    """Return axes as they go to a file.

    Parameters
    ----------
    axes : sequence
        For each dimension an array of coordinates, an `Axis`, or None; there may be fewer than dimensions.
    shape : tuple of int
        Of the data.

    Raises
    ------
    StorageError
        One does not fit the data, or is no array of finite numbers.
    """
    try:
        given = list(axes)
    except TypeError:
        raise StorageError(f"axes are {axes!r:.80}; give a sequence of arrays, one for each dimension") from None
    if len(given) > len(shape):
        raise StorageError(f"{len(given)} axes were given for data of shape {shape}; give one for each dimension")
    found = []
    for dimension, axis in enumerate(given):
        if axis is None or (not isinstance(axis, Axis) and np.size(axis) == 0):
            continue
        if not isinstance(axis, Axis):
            axis = _axis(axis, dimension)
        if axis.size != shape[dimension]:
            raise StorageError(
                f"axis {dimension} has {axis.size} coordinates, and the data of shape {shape} needs {shape[dimension]} "
                f"there; nothing was saved yet"
            )
        placed = axis.copy()
        placed.index = dimension
        found.append(placed)
    return found


def _axis(values: object, dimension: int) -> Axis:
    try:
        numbers = np.asarray(values)
        if numbers.ndim != 1 or numbers.dtype.kind not in "biuf" or not np.isfinite(numbers).all():
            raise StorageError(
                f"axis {dimension} is an array of shape {numbers.shape} and type {numbers.dtype}; give one dimension "
                f"of finite numbers"
            )
        return Axis(f"axis {dimension}", data=numbers.astype(np.float64), index=dimension)
    except (TypeError, ValueError, DataError) as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(f"axis {dimension} is no array of coordinates: {error}") from error
