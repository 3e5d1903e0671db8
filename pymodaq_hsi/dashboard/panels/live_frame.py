"""The frame of a camera: wavelengths across, pixels down, levels with a histogram, marks, regions of pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.theme import LINE_COLOURS

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.frame_views import FrameView
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["FramePlot"]

_RED = (229, 40, 60, 255)
_MOST_REGIONS = 5


class FramePlot(QWidget):
    """A picture with a histogram beside it.

    Parameters
    ----------
    theme : Theme

    Attributes
    ----------
    row_moved, regions_moved : pyqtSignal()
        Other pixels are to be shown as spectra.
    """

    row_moved = pyqtSignal()
    regions_moved = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._unit = ""
        self._extent: tuple[float, ...] = ()
        self._regions: list[pg.LinearRegionItem] = []
        self.area = pg.GraphicsLayoutWidget()
        self.plot = self.area.addPlot()
        self.plot.setMenuEnabled(False)
        self.plot.getViewBox().invertY(True)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.plot.addItem(self.image)
        self.over = pg.ImageItem(axisOrder="row-major")
        self.over.setZValue(5)
        self.plot.addItem(self.over)
        self.line = pg.InfiniteLine(angle=0, movable=True, pen=pg.mkPen("#E05260", width=1.5))
        self.line.setZValue(10)
        self.plot.addItem(self.line, ignoreBounds=True)
        self.histogram = pg.HistogramLUTItem(self.image)
        self.histogram.gradient.setColorMap(pg.colormap.get("viridis"))
        self.histogram.gradient.hide()
        self.histogram.vb.setMaximumWidth(40)
        self.histogram.vb.setMinimumWidth(24)
        self.image.setLookupTable(pg.colormap.get("viridis").getLookupTable(nPts=256))
        self.area.addItem(self.histogram)
        self.image.sigImageChanged.disconnect(self.histogram.imageChanged)  # a histogram of each picture costs too much
        self._pictures = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.area)
        self.line.sigPositionChanged.connect(lambda _: self.row_moved.emit())
        theme.changed.connect(self._colour)
        self._colour()

    def show_axes(self, view: FrameView) -> None:
        """Lay out for frames of another size or other wavelengths."""
        bands, pixels = view.bands, view.pixels
        width = (bands[-1] - bands[0]) / max(1, len(bands) - 1) or 1.0
        height = view.steps[0]
        self._extent = (bands[0] - width / 2, -height / 2, width * len(bands), height * len(pixels))
        self.plot.setLabel("bottom", "Wavelength (nm)" if view.spectral else "Band")
        self.plot.setLabel("left", "Pixel")
        self.plot.setRange(xRange=(bands[0], bands[-1]), yRange=(0, pixels[-1] + height), padding=0.01)
        self.line.setBounds((0, int(pixels[-1])))
        if not 0 < self.line.value() <= pixels[-1]:
            self.line.setValue(int(pixels[len(pixels) // 2]))
        self._unit = ""
        for region in self._regions:
            region.setBounds((0, int(pixels[-1]) + height))

    def show_frame(self, shown: Any, view: FrameView, *, marks: bool, unit: str) -> None:
        """Show values; levels stay as they were set, until another quantity is shown."""
        fresh = unit != self._unit
        picture = np.ascontiguousarray(shown)
        self.image.setImage(picture, autoLevels=False)
        self.image.setRect(*self._extent)
        if fresh:
            self._unit = unit
            self.levels_for(view, unit)
        if self._pictures % 5 == 0 or fresh:
            self.histogram.imageChanged(autoLevel=False)
        self._pictures += 1
        saturated = view.saturated() if marks else None
        if saturated is not None and bool(saturated.any()):
            mask = np.zeros((*saturated.shape, 4), np.uint8)
            mask[saturated] = _RED
            self.over.setImage(mask, autoLevels=False, levels=(0, 255))
            self.over.setRect(*self._extent)
            self.over.show()
        else:
            self.over.hide()

    def levels_for(self, view: FrameView, unit: str) -> None:
        """Set black and white: the whole range of the camera, or reflectance from 0 to 1."""
        high = 1.0 if unit == "reflectance" else view.ceiling
        self.histogram.setLevels(0.0, high)
        self.histogram.setHistogramRange(-0.02 * high, 1.05 * high)

    def row(self, view: FrameView) -> int:
        """Return which of the shown rows is at the line."""
        return int(np.clip(round(self.line.value() / view.steps[0]), 0, len(view.pixels) - 1))

    def regions(self) -> list[tuple[str, tuple[float, float]]]:
        """Return the regions: colour, and the pixels from first to last."""
        return [
            (LINE_COLOURS[index % len(LINE_COLOURS)], tuple(region.getRegion()))
            for index, region in enumerate(self._regions)
        ]

    def change_regions(self, change: int, view: FrameView) -> None:
        """Add a region of pixels (1), or take the last away (-1)."""
        if change < 0 and self._regions:
            self.plot.removeItem(self._regions.pop())
        elif change > 0 and len(self._regions) < _MOST_REGIONS:
            colour = pg.mkColor(LINE_COLOURS[len(self._regions) % len(LINE_COLOURS)])
            fill = pg.mkColor(colour)
            fill.setAlpha(50)
            count = int(view.pixels[-1]) + view.steps[0]
            middle = count * (0.25 + 0.15 * len(self._regions))
            region = pg.LinearRegionItem(
                (middle, middle + 0.1 * count), "horizontal", pg.mkBrush(fill), pg.mkPen(colour), bounds=(0, count)
            )
            region.setZValue(8)
            region.sigRegionChanged.connect(lambda _: self.regions_moved.emit())
            self.plot.addItem(region, ignoreBounds=True)
            self._regions.append(region)

    def _colour(self) -> None:
        self.area.setBackground(self._theme.colour("base"))
        self._theme.style_plot(self.plot)
        self._theme.style_axis(self.histogram.axis)
