"""The points of a scan, written to several arrays that count together or not at all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules._storage.arrays import GridArray
from h5modules._storage.index import INDEX_NAME, MEASURED, FrameIndex
from h5modules._storage.layout import chunk_of_grid, create_array
from h5modules.errors import PointTaken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from h5modules._storage.session import Session
    from h5modules.backends import GROUP

__all__ = ["PointSet"]


class PointSet:
    """Arrays of a scan that get their points together, the mask of the points that they have, and their index.

    Parameters
    ----------
    session : Session
        The file.
    group : GROUP
        Where mask and index are.
    scan : tuple of int
        Shape of the scan.
    arrays : sequence of GridArray
        All of the arrays.
    replace : bool
        Let a point be written again.
    """

    def __init__(
        self,
        session: Session,
        group: GROUP,
        scan: tuple[int, ...],
        arrays: Sequence[GridArray],
        *,
        replace: bool,
    ) -> None:
        self.session = session
        self.arrays = list(arrays)
        self._scan = scan
        self._replace = replace
        fresh = MEASURED not in group
        if fresh:
            chunk = chunk_of_grid(scan, (), 1, compressed=False)
            mask = create_array(
                group.node, MEASURED, title="1 where the scan was measured", shape=scan, dtype=np.uint8, chunk=chunk
            )
            self._taken = np.zeros(math.prod(scan), np.uint8)
        else:
            mask = group.get_child(MEASURED).node
            self._taken = np.asarray(mask[...], np.uint8).reshape(math.prod(scan))
        self._mask = GridArray(mask, session, scan, fresh=fresh)
        self._all = [*self.arrays, self._mask]
        indexed = self.arrays
        prefix = group.path.rstrip("/") + "/"
        if INDEX_NAME in group:
            self._index = FrameIndex.open(group.get_child(INDEX_NAME).node, session)
            if MEASURED in self._index.arrays:
                indexed = self._all
            paths = [array.path.removeprefix(prefix) for array in indexed]
        else:
            paths = [array.path.removeprefix(prefix) for array in indexed]
            self._index = FrameIndex.create(group.node, session, paths)
        self._columns = self._index.columns_of(paths)
        self._bytes_per_point = sum(array.bytes_per_append for array in self._all) + self._index.bytes_per_append
        self._one = np.ones((), np.uint8)
        session.commit(force=True)

    def check_free(self, point: tuple[int, ...]) -> None:
        """Raise if the point is saved already.

        Raises
        ------
        PointTaken
        """
        if not self._replace and self._taken[self._position(point)]:
            raise PointTaken(
                f"point {point} of the scan at {self._index.path.rpartition('/')[0]} is saved already and is kept; "
                f"measure another point, or make the saver with replace=True",
                path=self.session.path,
                node=self._index.path,
            )

    def _position(self, point: tuple[int, ...]) -> int:
        position = 0
        for index, size in zip(point, self._scan, strict=True):
            position = position * size + index
        return position

    def write(self, point: tuple[int, ...], rows: Sequence[npt.NDArray[Any]]) -> None:
        """Write one point to each array; what is given has been checked.

        Raises
        ------
        WriteFailed
            The point does not count; those written before do.
        """
        session = self.session
        session.check_writable()
        session.mark(self._index.path)
        session.need(self._bytes_per_point)
        position = self._position(point)
        stored = [array.write(point, row) for array, row in zip(self._all, (*rows, self._one), strict=True)]
        self._index.append(position, [stored[k] for k in self._columns])
        session.commit()
        self._taken[position] = 1
