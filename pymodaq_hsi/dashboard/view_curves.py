"""Curves of data of one dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.theme import LINE_COLOURS

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.file_reader import Seen
    from pymodaq_hsi.dashboard.file_shapes import ViewShape

__all__ = ["CurvesPlot", "caption_of"]

_MARKED = 200
"""Points that get a mark of their own."""
_THIN = 20_000
"""Points from which on lines are thin: Qt draws wide ones slowly."""


class CurvesPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A curve for each channel, with its error bars."""

    def __init__(self) -> None:
        super().__init__(axisItems=fitted_axes())
        self.addLegend(offset=(-10, 10))

    def show_curves(self, view: ViewShape, seen: Seen) -> str:
        """Draw the curves of data of one dimension; return what is to be said of them."""
        self.clear()
        (dimension,) = view.dimensions
        self.setLabel("bottom", dimension.caption)
        self.setLabel("left", caption_of(view))
        for index, (name, values) in enumerate(zip(view.channels, seen.curves, strict=True)):
            if not np.isfinite(values).any():
                continue  # pyqtgraph has no place for it
            colour = LINE_COLOURS[index % len(LINE_COLOURS)]
            marks = {"symbol": "o", "symbolSize": 4, "symbolPen": None, "symbolBrush": colour}
            curve = self.plot(
                dimension.values,
                values,
                pen=pg.mkPen(colour, width=1 if len(values) > _THIN else 1.5),
                name=name,
                connect="finite",
                **(marks if len(values) <= _MARKED else {}),
            )
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
            if index < len(seen.bars):
                height = 2 * np.nan_to_num(np.abs(seen.bars[index]))
                pen = pg.mkPen(colour, width=1)
                self.addItem(pg.ErrorBarItem(x=dimension.values, y=np.nan_to_num(values), height=height, pen=pen))
        self.enableAutoRange()
        known = [values[np.isfinite(values)] for values in seen.curves]
        size = view.shape[0]
        if not any(len(each) for each in known):
            return f"{size:,} points, none of them a finite number"
        unit = f" {view.units}" if view.units else ""
        low, high = min(each.min() for each in known if len(each)), max(each.max() for each in known if len(each))
        return f"{size:,} points, from {low:.6g} to {high:.6g}{unit}"


def caption_of(view: ViewShape) -> str:
    """Return name and units of data."""
    return f"{view.name} ({view.units})" if view.units else view.name
