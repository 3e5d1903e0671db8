"""The positions of a plan, drawn before anything moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.panels.scans_fields import Choice
from pymodaq_hsi.dashboard.theme import unscaled
from pymodaq_hsi.dashboard.words_label import WordsLabel

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.plan_preview import Preview
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["PreviewPlot"]

_MOST_MARKED = 5_000
"""Points that get a mark of their own; of more the path alone can be told apart."""


class PreviewPlot(QWidget):
    """Of one axis its values in the order of measurement, of two the path; the start is marked.

    Parameters
    ----------
    theme : Theme
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._preview: Preview | None = None
        self.plot = pg.PlotWidget(enableMenu=False, axisItems=fitted_axes())
        self.plot.setObjectName("PreviewPlot")
        self.plot.setMinimumHeight(160)
        self.path = pg.PlotDataItem(autoDownsample=False, clipToView=False)
        self.points = pg.ScatterPlotItem(size=5, pxMode=True)
        self.start = pg.ScatterPlotItem(size=13, pxMode=True, symbol="o")
        self.end = pg.ScatterPlotItem(size=11, pxMode=True, symbol="s")
        self.area = pg.PlotDataItem()
        for item in (self.area, self.path, self.points, self.start, self.end):
            self.plot.addItem(item)
        self.across = Choice("What is drawn across")
        self.along = Choice("What is drawn upwards")
        self.choices = QWidget()
        row = QHBoxLayout(self.choices)
        row.setContentsMargins(0, 0, 0, 0)
        for text, choice in (("Across", self.across), ("Up", self.along)):
            row.addWidget(QLabel(text))
            row.addWidget(choice, 1)
        self.note = WordsLabel()
        self.note.setObjectName("PreviewNote")
        self.note.setProperty("quiet", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addWidget(self.choices)
        column.addWidget(self.plot, 1)
        column.addWidget(self.note)
        self.across.chosen.connect(lambda _: self._draw())
        self.along.chosen.connect(lambda _: self._draw())
        theme.changed.connect(self._colour)
        self._colour()

    def show_preview(self, preview: Preview) -> None:
        """Draw where a plan goes."""
        before = self._preview
        self._preview = preview
        names = dict(enumerate(preview.labels))
        if before is None or before.labels != preview.labels:
            for choice in (self.across, self.along):
                choice.blockSignals(True)
                choice.clear()
                choice.offer(names)
                choice.blockSignals(False)
            last = len(names) - 1
            self.across.show_value(last)
            self.along.show_value(max(0, last - 1))
        self.choices.setVisible(len(names) > 2)
        self._draw()

    def show_nothing(self, why: str) -> None:
        """Say why there is nothing to be drawn."""
        self._preview = None
        for item in (self.path, self.points, self.start, self.end, self.area):
            item.setData([], [])
        self.note.setText(why)

    def _draw(self) -> None:
        preview = self._preview
        if preview is None:
            return
        count = preview.columns.shape[1] if preview.columns.ndim == 2 else 0
        words = [] if preview.total is None else [f"{preview.total:,} points"]
        if count > 1:
            words.append("● start  ■ end")
        self.note.setText(".  ".join([*words, *([preview.note] if preview.note else [])]))
        lines = preview.labels
        if not lines:
            self.show_nothing(self.note.text())
            self._preview = preview
            return
        across, along = self._axes()
        if len(lines) == 1:
            x, y = np.arange(1, count + 1, dtype=float), preview.columns[0]
            self._label("bottom", "point", "")
            self._label("left", lines[0], preview.units[0])
        else:
            x, y = preview.columns[across], preview.columns[along]
            self._label("bottom", lines[across], preview.units[across])
            self._label("left", lines[along], preview.units[along])
        marked = slice(None) if count <= _MOST_MARKED else slice(0, 0)
        self.path.setData(x, y)
        self.points.setData(x[marked], y[marked])
        self.start.setData(x[:1], y[:1])
        self.end.setData(x[-1:] if count > 1 else [], y[-1:] if count > 1 else [])
        self._draw_bounds(across, along)
        self.plot.autoRange(padding=0.08)

    def _draw_bounds(self, across: int, along: int) -> None:
        bounds = None if self._preview is None else self._preview.bounds
        if bounds is None:
            self.area.setData([], [])
            return
        low, high = bounds[:, 0], bounds[:, 1]
        if len(bounds) == 1:
            self.area.setData([0, 0, 1, 1, 0], [low[0], high[0], high[0], low[0], low[0]])
        else:
            x, y = (low[across], high[across]), (low[along], high[along])
            self.area.setData([x[0], x[0], x[1], x[1], x[0]], [y[0], y[1], y[1], y[0], y[0]])

    def _axes(self) -> tuple[int, int]:
        across, along = self.across.currentData(), self.along.currentData()
        return (across if across is not None else 0), (along if along is not None else 0)

    def _label(self, side: str, label: str, unit: str) -> None:
        # units stay as they are: pyqtgraph would make "kmm" of large ones
        unscaled(self.plot.getAxis(side))
        self.plot.setLabel(side, f"{label} ({unit})" if unit else label)

    def _colour(self) -> None:
        colour = self._theme.colour
        self._theme.style_plot(self.plot)
        self.path.setPen(pg.mkPen(colour("quiet"), width=1))
        self.area.setPen(pg.mkPen(colour("accent"), width=1, style=Qt.PenStyle.DashLine))
        self.points.setBrush(pg.mkBrush(colour("accent")))
        self.points.setPen(pg.mkPen(None))
        for mark, role in ((self.start, "good"), (self.end, "error")):
            mark.setBrush(pg.mkBrush(colour(role)))
            mark.setPen(pg.mkPen(colour("text")))
