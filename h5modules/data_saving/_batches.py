"""Many points of a scan saved at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from h5modules.data import DataDistribution
from h5modules.data_saving._management import FileUser

if TYPE_CHECKING:
    from collections.abc import Iterable

    from h5modules.backends import Node

__all__ = ["PointBatches"]

T = TypeVar("T")


class PointBatches(FileUser, Generic[T]):
    """What the savers of scans share: `add_points`, by their own `add_data`."""

    if TYPE_CHECKING:

        def add_data(  # for type checkers: each saver has its own
            self,
            where: Node | str,
            data: T,
            indexes: Iterable[int],
            distribution: DataDistribution | str = DataDistribution.uniform,
            **kwargs: Any,
        ) -> None: ...

    def add_points(
        self,
        where: Node | str,
        data: Iterable[T],
        indexes: Iterable[Iterable[int]],
        distribution: DataDistribution | str = DataDistribution.uniform,
        **kwargs: Any,
    ) -> int:
        """Save data at several points of the scan, with one flush for all of them.

        Parameters
        ----------
        where : Node or str
        data : iterable
            What `add_data` takes, one for each point.
        indexes : iterable of iterable of int
            The points.
        distribution, **kwargs
            See `add_data`.

        Returns
        -------
        int
            How many points were saved: all.

        Raises
        ------
        PointOutside, PointTaken, ArrayMismatch, ...
            As `add_data`; the points before the one that is refused are in the file.
        """
        done = 0
        with self._session.one_commit():
            for part, point in zip(data, indexes, strict=True):
                self.add_data(where, part, point, distribution, **kwargs)
                done += 1
        return done
