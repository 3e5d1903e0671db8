"""Telling at a glance that a set of data is made like the ones before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from h5modules.data import DataDim, DataToExport
    from h5modules.data_saving._export import Key

__all__ = ["Target", "UsualSet"]


class Target(Protocol):
    """An array in a file that takes rows."""

    @property
    def row_shape(self) -> tuple[int, ...]:
        """Shape of the data that it takes as a row."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the data."""


class UsualSet:
    """What the sets of data of a group are made of, in the order in which they come.

    A detector gives the same kind of set again and again. One look at each of its data is enough then; whatever is
    different in any way is left to those who look closely, and say what is wrong with it.
    """

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[tuple[str, str, DataDim, str, int, Sequence[Target]]] = []

    def remember(self, data: DataToExport, keys: Sequence[Key], targets: Mapping[Key, Sequence[Target]]) -> None:
        """Remember what a set without navigation dimensions was made of, if it has the order of its arrays."""
        if list(keys) == list(targets):
            kinds = [(dwa.name, data.origin_of(dwa), dwa.dim, dwa.units, len(dwa)) for dwa in data]
            self._parts = [(*kind, targets[key]) for kind, key in zip(kinds, keys, strict=True)]

    def rows(self, data: DataToExport) -> list[npt.NDArray[Any]] | None:
        """Return the arrays of a set that is made like the one remembered, None if it has to be looked at closely."""
        given, parts = data.data, self._parts
        if len(given) != len(parts):
            return None
        rows = []
        for dwa, (name, origin, dim, units, count, targets) in zip(given, parts, strict=True):
            if dwa.name != name or (dwa.origin or data.name) != origin or dwa.nav_indexes or dwa.dim is not dim:
                return None
            if dwa.units != units or len(dwa.data) != count:
                return None
            arrays = dwa.data if dwa.errors is None else [*dwa.data, *dwa.errors]
            if len(arrays) != len(targets):
                return None
            for array, target in zip(arrays, targets, strict=True):
                if array.shape != target.row_shape or array.dtype is not target.dtype or not array.flags.c_contiguous:
                    return None
                rows.append(array)
        return rows
