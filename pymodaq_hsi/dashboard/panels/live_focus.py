"""How sharp the picture is, over time: turn the lens until the curve is at its highest."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.frame_views import sharpness

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.frame_views import FrameView
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["FocusPlot"]

_KEPT = 400
_SPANS_S = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)


class FocusPlot(QWidget):
    """A curve of sharpness, as a share of the best value since it began.

    Parameters
    ----------
    theme : Theme
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._span = 0.0
        self.words = QLabel("Focus")
        self.words.setProperty("quiet", True)
        self.words.setToolTip(
            "How much neighbouring pixels differ, whatever the exposure: turn the lens until it is at its highest"
        )
        clear = QToolButton()
        clear.setText("\N{MULTIPLICATION X}")
        clear.setToolTip("Forget the best value")
        clear.clicked.connect(self.clear)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.words, 1)
        row.addWidget(clear)
        self.plot = pg.PlotWidget(enableMenu=False, axisItems=fitted_axes())
        self.plot.setLabel("bottom", "Time (s)")
        self.plot.setLabel("left", "%")
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.setYRange(0, 118, padding=0)
        self._show_span(0.0)
        self.curve = self.plot.plot([], [], pen=pg.mkPen("#4C9BE8", width=1.5))
        self.best = pg.InfiniteLine(angle=0, pen=pg.mkPen("#52B788", width=1))
        self.plot.addItem(self.best, ignoreBounds=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.plot, 1)
        theme.changed.connect(lambda: theme.style_plot(self.plot))
        theme.style_plot(self.plot)

    def add(self, view: FrameView) -> None:
        """Take the sharpness of a picture in."""
        value = sharpness(view.frame, dispersed=view.dispersed)
        if not np.isfinite(value):
            return
        self._points.append((time.monotonic(), value))
        times, values = np.array(self._points).T
        best = float(values.max())
        shown = 100 * values / best if best > 0 else np.zeros(len(values))
        self.curve.setData(times - times[-1], shown)
        self._show_span(float(times[-1] - times[0]))
        self.best.setValue(100.0)
        self.words.setText(f"Focus {shown[-1]:.0f} % of the best")

    def _show_span(self, seconds: float) -> None:
        """Show some time by a few steps: an axis that moves with each picture is hard to read, and slow to draw."""
        span = next((each for each in _SPANS_S if each >= seconds), seconds)
        if span != self._span:
            self._span = span
            self.plot.setXRange(-span, 0.0, padding=0.02)

    def clear(self) -> None:
        """Begin anew."""
        self._points.clear()
        self.curve.setData([], [])
        self.words.setText("Focus")
