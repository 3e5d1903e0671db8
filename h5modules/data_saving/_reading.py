"""Arrays of a file, read whole or lazily, and put together to data."""

from __future__ import annotations

import logging
import math
import os
from string import ascii_letters
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tables

from h5modules.backends import CARRAY, EARRAY, GROUP, VLARRAY
from h5modules.data import Averaging, Axis, DataDistribution, DataWithAxes
from h5modules.data._content import RENAMED
from h5modules.data._units import conversion, convert
from h5modules.data_saving import _metadata
from h5modules.errors import ArrayMismatch, DataUnitError, FileUnreadable, NodeKindError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from h5modules._storage.session import Session
    from h5modules.backends import Node

__all__ = ["assemble", "beside", "check_background", "read_array", "root_of_squares", "subtract"]

LAST = 1e15
"""Seconds since 1970; no clock says more."""

logger = logging.getLogger("h5modules")


def read_array(node: Node, session: Session, *, lazy: bool = False) -> Any:
    """Return the content of a data array.

    A channel of single values, which an enlargeable array has as rows of shape (1,), comes as one dimension.

    Parameters
    ----------
    lazy : bool
        Return a dask array that reads, chunk by chunk, what is computed.

    Raises
    ------
    NodeKindError
        It is no array of numbers.
    TooLarge
        It does not fit in memory.
    FileUnreadable
        The file is damaged there.
    """
    if not isinstance(node, CARRAY) or isinstance(node, VLARRAY) or node.dtype.kind not in "biufc":
        raise NodeKindError(f"{node.path} is not an array of numbers", path=session.path, node=node.path)
    rows = session.rows.get(node.path)
    shape = node.shape if rows is None else (min(rows, node.shape[0]), *node.shape[1:])
    if lazy:
        from h5modules._storage.lazy import lazy_array

        array = lazy_array(node.node, session, shape)
    else:
        array = _read_whole(node, session, shape, rows)
    if node.dtype == np.int8 and node.attrs.get("dtype") == "bool":  # an enumeration, as h5py stores booleans
        array = array.astype(bool)
    if _is_channel(node):
        return array.reshape(shape[0]) if not lazy else array[:, 0]
    return array.reshape(1) if not shape else array


def _is_channel(node: CARRAY) -> bool:
    kinds = ("data_enlargeable", "error")
    return isinstance(node, EARRAY) and node.shape[1:] == (1,) and str(node.attrs.get("data_type")) in kinds


def _read_whole(node: CARRAY, session: Session, shape: tuple[int, ...], rows: int | None) -> npt.NDArray[Any]:
    size = math.prod(shape) * node.dtype.itemsize
    if size > _memory():
        raise TooLarge(
            f"{node.path} of {session.path} has shape {shape}, {size / 2**30:.1f} GiB, which is more than this "
            f"machine's memory; load it with lazy=True, and only the part that you need",
            path=session.path,
            node=node.path,
        )
    try:
        array: npt.NDArray[Any] = node.node.read() if rows is None else node.node.read(0, rows)
    except (tables.HDF5ExtError, OSError) as exc:
        raise FileUnreadable(
            f"{node.path} of {session.path} cannot be read: the file is damaged there. Parts of it may still be "
            f"readable with lazy=True",
            path=session.path,
            node=node.path,
        ) from exc
    except MemoryError as exc:
        raise TooLarge(
            f"{node.path} of {session.path}, {size / 2**30:.1f} GiB, does not fit in memory; load it with lazy=True",
            path=session.path,
            node=node.path,
        ) from exc
    return array


def _memory() -> int:
    """Return the bytes of memory that this machine has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return 1 << 62


def subtract(array: Any, background: Any, *, node: str) -> Any:
    """Return the difference, in a type that holds negative results.

    Raises
    ------
    ArrayMismatch
        The background does not fit the signal dimensions.
    """
    check_background(array.shape, background.shape, node=node)
    dtype = _signed(array.dtype, background.dtype)
    return array.astype(dtype) - background.astype(dtype)


def beside(
    node: CARRAY, group: Node, prefix: str, session: Session, *, lazy: bool = False, errors: bool = False
) -> Any:
    """Return the array of the same number and of that prefix, in the units of `node`; None if there is none.

    Parameters
    ----------
    errors : bool
        It has uncertainties, which a shift of units leaves alone; those of other quantities are left out.

    Raises
    ------
    ArrayMismatch
        Its units measure something else.
    """
    number = node.name.lstrip(ascii_letters)
    name = f"{prefix}{int(number):02d}" if number.isdecimal() else ""
    other = group.get_child(name) if isinstance(group, GROUP) and name in group else None
    if not isinstance(other, CARRAY):
        return None
    array = read_array(other, session, lazy=lazy)
    units, wanted = (str(one.attrs.get("units", "")) for one in (other, node))
    if units == wanted or not units or not wanted:
        return array
    try:
        return array * abs(conversion(units, wanted)[0]) if errors else convert(array, units, wanted)
    except DataUnitError as exc:
        if errors:
            logger.warning("%s in %r are left out: %s is in %r", other.path, units, node.path, wanted)
            return None
        raise ArrayMismatch(
            f"{other.path} is in {units!r} and {node.path} in {wanted!r}: {exc}; load without it, or save it again",
            path=session.path,
            node=other.path,
        ) from exc


def root_of_squares(first: Any, second: Any, shape: tuple[int, ...]) -> Any:
    """Return the uncertainty of a difference of independent quantities; None for those that have none."""
    if second is None:
        return first
    return np.broadcast_to(second, shape) if first is None else np.sqrt(first**2 + second**2)


def check_background(shape: tuple[int, ...], background: tuple[int, ...], *, node: str) -> None:
    """Raise ArrayMismatch if a background of that shape does not fit data of that shape."""
    if background != shape[len(shape) - len(background) :] and background != (1,):
        raise ArrayMismatch(
            f"the background of {node} has shape {background}, which does not fit data of shape {shape}; "
            f"load without with_bkg, or save a background of the shape of one frame",
            node=node,
        )


def _signed(first: np.dtype[Any], second: np.dtype[Any]) -> np.dtype[Any]:
    both = np.promote_types(first, second)
    if both.kind == "b":
        return np.dtype(np.int8)
    if both.kind == "u":
        return np.promote_types(both, np.int8)
    if both.kind == "i" and both.itemsize < 8:
        return np.dtype(f"i{2 * both.itemsize}")  # -128 - 127 takes more than 8 bits
    return both


def assemble(
    nodes: Sequence[CARRAY],
    arrays: Sequence[Any],
    errors: Sequence[Any],
    axes: Sequence[Axis],
) -> DataWithAxes:
    """Put arrays of one shape, their error bars and axes together.

    Parameters
    ----------
    nodes : sequence of CARRAY
        Where the arrays are; the first says what they have in common.
    errors : sequence of ndarray
        One for each array, or none at all.
    """
    first = nodes[0]
    attrs = first.attrs
    shape = arrays[0].shape
    same = [array.shape == shape for array in arrays]
    if not all(same):
        odd = nodes[same.index(False)]
        raise ArrayMismatch(
            f"{odd.path} has shape {arrays[same.index(False)].shape} and {first.path} has shape {shape}, so that they "
            f"cannot be loaded together; load them one by one with load_all=False",
            node=odd.path,
        )
    nav_indexes = _metadata.nav_indexes_of(first, len(shape))
    distribution = _metadata.distribution_of(first)
    if len(nav_indexes) > 1:  # spread points share one dimension
        distribution = DataDistribution.uniform
    timestamp = attrs.get("timestamp")
    data = DataWithAxes(
        first.title,
        source=_metadata.source_of(first),
        distribution=distribution,
        data=list(arrays),
        labels=[str(node.attrs.get("label", f"CH{number:02d}")) for number, node in enumerate(nodes)],
        origin=str(attrs.get("origin", "")),
        units=str(attrs.get("units", "")),
        axes=fitting(axes, shape, nav_indexes, distribution, first.path),
        nav_indexes=nav_indexes,
        errors=_matching(errors, shape, first.path),
        path=first.path,
    )
    if isinstance(timestamp, int | float) and abs(timestamp) < LAST:
        data.timestamp = float(timestamp)
    for name, value in _metadata.extra_attributes(first).items():
        _attach(data, name, value)
    return data


def _matching(errors: Sequence[Any], shape: tuple[int, ...], path: str) -> list[Any] | None:
    """Return error bars if there are some and all have the shape of the data."""
    odd = [error.shape for error in errors if error.shape != shape]
    if odd:
        logger.warning("%s: error bars of shape %s do not fit data of shape %s and are left out", path, odd[0], shape)
    return list(errors) if errors and not odd else None


def _attach(data: DataWithAxes, name: str, value: object) -> None:
    """Add an extra attribute, with an underscore behind its name where that has a meaning of its own in data."""
    if name in tuple(Averaging):
        if isinstance(value, bool | int):
            data.add_extra_attribute(**{name: value})
            return
        name += "_"
    while hasattr(data, name) or name in RENAMED or name.removeprefix("_") in tuple(Averaging):
        name += "_"
    data.add_extra_attribute(**{name: value})


def fitting(
    axes: Sequence[Axis],
    shape: tuple[int, ...],
    nav_indexes: tuple[int, ...],
    distribution: DataDistribution,
    path: str,
) -> list[Axis]:
    """Return those axes that belong to data of that shape, one for each place, as long as its dimension.

    A navigation axis may be longer or shorter than the data when its writer was killed: it is cut, or filled with NaN.
    """
    taken: dict[tuple[int, int], Axis] = {}
    for axis in axes:
        spread = distribution is DataDistribution.spread and axis.index in nav_indexes
        place = (axis.index, axis.spread_order if spread else 0)
        if axis.index >= len(shape) or place in taken:
            continue
        size = shape[axis.index]
        if axis.size != size:
            if axis.index not in nav_indexes:
                logger.warning(
                    "%s: axis %r has %d points for a dimension of %d and is left out", path, axis.label, axis.size, size
                )
                continue
            values = np.full(size, np.nan)
            values[: axis.size] = axis.get_data()[:size]
            axis = Axis(axis.label, axis.units, data=values, index=axis.index, spread_order=axis.spread_order)
        taken[place] = axis
    return list(taken.values())
