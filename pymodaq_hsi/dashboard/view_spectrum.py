"""The curves beside a map: at the cursor, and of a region with its deviation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.theme import LINE_COLOURS

if TYPE_CHECKING:
    import numpy.typing as npt

    from pymodaq_hsi.dashboard.file_shapes import RegionStatistics

__all__ = ["MapSpectrum", "region_words"]


class MapSpectrum(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot with the two curves, and the line that picks the band of the map."""

    def __init__(self) -> None:
        super().__init__(axisItems=fitted_axes())
        self.legend = self.addLegend(offset=(-5, 5), labelTextSize="8pt", verSpacing=-6)
        self.legend.hide()  # of one curve there is nothing to tell apart
        self.band = pg.InfiniteLine(angle=90, movable=True, pen=pg.mkPen(LINE_COLOURS[2], width=2))
        self.addItem(self.band, ignoreBounds=True)
        self.at_cursor = self.plot([], [], pen=pg.mkPen("#E05260", width=1.5), name="at the cursor")
        self.of_region = self.plot([], [], pen=pg.mkPen(LINE_COLOURS[1], width=1.5), name="mean of the region")
        self._upper, self._lower = (pg.PlotCurveItem() for _ in range(2))
        colour = pg.mkColor(LINE_COLOURS[1])
        colour.setAlpha(60)
        self._spread = pg.FillBetweenItem(self._lower, self._upper, brush=pg.mkBrush(colour))
        self._spread.hide()
        self.addItem(self._spread)

    def show_region(self, x: npt.NDArray[Any], found: RegionStatistics) -> None:
        """Show the mean of a region over `x`, and its deviation."""
        self.of_region.setData(x, found.mean, connect="finite")
        known = np.isfinite(found.mean)
        self._upper.setData(x[known], (found.mean + found.deviation)[known])
        self._lower.setData(x[known], (found.mean - found.deviation)[known])
        self._spread.setVisible(bool(known.any()))
        self.legend.show()

    def forget_region(self) -> None:
        """Show the curve at the cursor only."""
        self.of_region.setData([], [])
        self._spread.hide()
        self.legend.hide()


def region_words(found: RegionStatistics, unit: str) -> str:
    """Return the figures of a region."""
    mean, low, high = (
        _overall(f, v) for f, v in ((np.nanmean, found.mean), (np.nanmin, found.low), (np.nanmax, found.high))
    )
    deviation = _overall(np.nanmean, found.deviation)
    less = "" if found.exact else " (every n-th point)"
    units = f" {unit}" if unit else ""
    return (
        f"Region: {found.count} points{less}, mean {mean:.6g}{units}, deviation {deviation:.3g}, "
        f"from {low:.6g} to {high:.6g}"
    )


def _overall(function: Any, values: Any) -> float:
    return float(function(values)) if np.isfinite(values).any() else float("nan")
