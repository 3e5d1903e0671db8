"""Black and white of a picture: its histogram, two edges to drag, and the bar of colours between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QRectF, pyqtSignal
from PyQt5.QtWidgets import QGraphicsGridLayout

if TYPE_CHECKING:
    import numpy.typing as npt

    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["LevelsItem"]

_BAR_WIDTH = 14
_SHADES = 256


class LevelsItem(pg.GraphicsWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """The levels of an image, beside it.

    It has what the window needs of pyqtgraph's item for look-up tables, whose menus of colour maps cost a second at
    the start where Matplotlib is installed.

    Parameters
    ----------
    image : pyqtgraph.ImageItem
        Follows the levels; its histogram is drawn when it is asked for.
    colours : pyqtgraph.ColorMap

    Attributes
    ----------
    levels_changed : pyqtSignal()
        By whomever.
    """

    levels_changed = pyqtSignal()

    def __init__(self, image: pg.ImageItem, colours: pg.ColorMap) -> None:
        super().__init__()
        self._image = image
        image.setLookupTable(colours.getLookupTable(nPts=_SHADES))
        self.axis = pg.AxisItem("left")
        self.axis.setWidth(46)
        self.vb = pg.ViewBox(enableMenu=False)
        self.vb.setMouseEnabled(x=False, y=True)
        self.vb.setMinimumWidth(24)
        self.vb.setMaximumWidth(36)
        self.axis.linkToView(self.vb)
        self.curve = pg.PlotCurveItem(fillLevel="enclosed")
        self.vb.addItem(self.curve, ignoreBounds=True)
        self.region = pg.LinearRegionItem((0.0, 1.0), orientation="horizontal", swapMode="block")
        self.region.setZValue(10)
        self.vb.addItem(self.region, ignoreBounds=True)
        self._bar_box = pg.ViewBox(enableMenu=False, enableMouse=False)
        self._bar_box.setFixedWidth(_BAR_WIDTH)
        self._bar_box.setXRange(0, 1, padding=0)
        self._bar_box.setYLink(self.vb)
        self._bar = pg.ImageItem(np.arange(_SHADES)[:, None], axisOrder="row-major", levels=(0, _SHADES - 1))
        self._bar.setLookupTable(colours.getLookupTable(nPts=_SHADES))
        self._bar_box.addItem(self._bar, ignoreBounds=True)
        grid = QGraphicsGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        for column, item in enumerate((self.axis, self.vb, self._bar_box)):
            grid.addItem(item, 0, column)
        self.region.sigRegionChanged.connect(self._moved)
        self._moved()

    def levels(self) -> tuple[float, float]:
        """Return black and white."""
        low, high = self.region.getRegion()
        return float(low), float(high)

    def set_levels(self, low: float, high: float) -> None:
        """Set black and white, and look at what is between them."""
        self.region.setRegion((low, high))
        margin = 0.05 * (high - low)
        self.vb.setYRange(low - margin, high + margin, padding=0)

    def show_histogram(self) -> None:
        """Draw the histogram of the image as it is now; pictures come faster than it is worth."""
        levels, counts = self._image.getHistogram()
        if levels is None or len(levels) < 2:
            self.curve.setData([], [])
            return
        counts = np.asarray(counts, float)
        outline: npt.NDArray[Any] = np.concatenate(([0.0], counts, [0.0]))
        self.curve.setData(outline, np.concatenate(([levels[0]], levels, [levels[-1]])))
        self.vb.setXRange(0.0, counts.max() or 1.0, padding=0.02)

    def style(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        theme.style_axis(self.axis)
        accent = pg.mkColor(theme.colour("accent"))
        fill = pg.mkColor(accent)
        fill.setAlpha(50)
        self.curve.setPen(pg.mkPen(theme.colour("quiet")))
        self.curve.setBrush(pg.mkBrush(theme.colour("quiet")))
        self.region.setBrush(pg.mkBrush(fill))
        for line in self.region.lines:
            line.setPen(pg.mkPen(accent, width=2))
            line.setHoverPen(pg.mkPen(theme.colour("text"), width=3))

    def _moved(self) -> None:
        low, high = self.levels()
        self._image.setLevels((low, high))
        self._bar.setRect(QRectF(0.0, low, 1.0, high - low))
        self.levels_changed.emit()
