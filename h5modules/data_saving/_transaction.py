"""Appends of several arrays that count together or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules._storage.index import INDEX_NAME, FrameIndex
from h5modules.errors import ArrayMismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from h5modules._storage.arrays import GridArray, RowArray
    from h5modules._storage.session import Session
    from h5modules.backends import GROUP
    from h5modules.data import DataWithAxes

__all__ = ["RowSet", "check_kind", "fits"]

Array = npt.NDArray[Any]


def check_kind(data: DataWithAxes, arrays: Sequence[RowArray | GridArray]) -> None:
    """Raise if data has not the channels, error bars and units of the arrays that it is to go to.

    Arrays whose file does not say units (those of PyMoDAQ's savers) take any.

    Raises
    ------
    ArrayMismatch
    """
    bars = sum(array.is_error for array in arrays)
    if (len(data), len(data.errors or ())) != (len(arrays) - bars, bars):
        raise ArrayMismatch(
            f"{data.name!r} has {len(data)} arrays and {len(data.errors or ())} error bars, and the file has "
            f"{len(arrays) - bars} and {bars} for it, which the first one set; nothing was saved",
            node=arrays[0].path,
        )
    units = arrays[0].units
    if units and data.units != units:
        raise ArrayMismatch(
            f"{data.name!r} is in {data.units!r}, and {arrays[0].path} in {units!r}, which the first one set; nothing "
            f"was saved. Convert it with units_as({units!r}), or save it in another group",
            node=arrays[0].path,
        )


def fits(array: Array, shape: tuple[int, ...], dtype: np.dtype[Any], *, what: str, node: str) -> Array:
    """Return an array as it goes to rows of that shape and type.

    Raises
    ------
    ArrayMismatch
        Its shape is another, or its type holds numbers that the rows' type does not.
    """
    if array.shape != shape:
        raise ArrayMismatch(
            f"{what} has shape {array.shape}, and the rows of {node} have shape {shape}, which the first one set; "
            f"nothing was saved. Save data of another shape in another group",
            node=node,
        )
    if array.dtype != dtype:
        if not np.can_cast(array.dtype, dtype, "safe"):
            raise ArrayMismatch(
                f"{what} is of type {array.dtype}, and {node} of type {dtype}, which the first one set and which does "
                f"not hold all {array.dtype} numbers; nothing was saved. Convert it with astype, or begin in another "
                f"group",
                node=node,
            )
        array = array.astype(dtype)
    return np.ascontiguousarray(array)


class RowSet:
    """Enlargeable arrays that get their rows together: navigation axes, data, error bars, and their index.

    Parameters
    ----------
    session : Session
        The file.
    group : GROUP
        Where the index is.
    axes, arrays : sequence of RowArray
        Navigation axes, and all else.
    """

    def __init__(self, session: Session, group: GROUP, axes: Sequence[RowArray], arrays: Sequence[RowArray]) -> None:
        self.session = session
        self.axes = list(axes)
        self.arrays = list(arrays)
        self._all = [*self.axes, *self.arrays]
        rows = {array.path: array.rows for array in self._all}
        if len(set(rows.values())) > 1:
            raise ArrayMismatch(
                f"arrays that are to grow together have different numbers of rows: "
                f"{', '.join(f'{path}: {count}' for path, count in rows.items())}; go on in another group",
                path=session.path,
                node=group.path,
            )
        prefix = group.path.rstrip("/") + "/"
        paths = [array.path.removeprefix(prefix) for array in self._all]
        if INDEX_NAME in group:
            self._index = FrameIndex.open(group.get_child(INDEX_NAME).node, session)
        else:
            self._index = FrameIndex.create(group.node, session, paths)
        self._columns = self._index.columns_of(paths)
        self._bytes_per_append = sum(array.bytes_per_append for array in self._all)
        session.commit(force=True)

    @property
    def rows(self) -> int:
        """Rows that all arrays have."""
        return self.arrays[0].rows

    def append(self, axis_values: Sequence[Array], rows: Sequence[Array]) -> None:
        """Append one row to each array; what is given has been checked.

        Raises
        ------
        WriteFailed
            Nothing of it counts; what was appended before does.
        """
        self._room(1)
        self._append(axis_values, rows)
        self.session.commit()

    def append_block(self, axis_values: Sequence[Array], blocks: Sequence[Array]) -> None:
        """Append several rows to each array, and flush once."""
        count = len(blocks[0])
        self._room(count)
        for k in range(count):
            self._append([values[k : k + 1].reshape(()) for values in axis_values], [block[k] for block in blocks])
        self.session.commit()

    def _room(self, count: int) -> None:
        self.session.check_writable()
        self.session.mark(self._index.path)
        self.session.need(count * self._bytes_per_append + self._index.bytes_per_append)

    def _append(self, axis_values: Sequence[Array], rows: Sequence[Array]) -> None:
        position = self.rows
        stored = []
        try:
            # axes first: a reader cuts an axis that is longer than its data, and refuses one that is shorter
            for array, row in zip(self._all, (*axis_values, *rows), strict=True):
                stored.append(array.append(row))
            self._index.append(position, [stored[k] for k in self._columns])
        except BaseException:
            for array in self._all:
                if array.rows > position:
                    array.truncate(position)
            raise
