"""A vertical axis that stays as it is while what is drawn fits well: it does not tremble with the noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SteadyRange"]

_ROOM = 0.05
_SMALLEST = 0.7


class SteadyRange(pg.PlotCurveItem):  # type: ignore[misc]  # pyqtgraph has no types
    """What the automatic range of a plot goes by, instead of its curves; nothing of it is seen.

    Every change of a range has the ticks made anew, which takes longer than drawing the curves. Add the curves with
    ``ignoreBounds=True``.
    """

    def __init__(self) -> None:
        super().__init__(pen=None)
        self._kept: tuple[float, ...] = ()

    def hold(self, x: tuple[float, float], curves: Iterable[Any]) -> None:
        """Have all values of some curves in range; `x` are the ends of the horizontal axis."""
        low, high = np.inf, -np.inf
        for values in curves:
            found = values if values.dtype.kind in "iu" else values[np.isfinite(values)]
            if found.size:
                low, high = min(low, float(found.min())), max(high, float(found.max()))
        if low > high:
            return
        if self._kept and x == self._kept[:2]:
            bottom, top = self._kept[2:]
            if bottom <= low and high <= top and (high - low) >= _SMALLEST * (top - bottom):
                return
        room = _ROOM * (high - low)
        self._kept = (*x, low - room, high + room)
        self.setData(np.array(x), np.array([low - room, high + room]))

    def forget(self) -> None:
        """Begin anew with the next values."""
        self._kept = ()
