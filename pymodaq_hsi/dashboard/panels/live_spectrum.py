"""Spectra of a frame: at the line, of regions, of the references; and the bands of the waterfall to be picked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.frame_views import TRUE_COLOUR_NM

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.frame_views import FrameView
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["SpectrumPlot"]

_BAND_COLOURS = ("#E05260", "#52B788", "#4C9BE8")


class SpectrumPlot(QWidget):
    """Curves over wavelength.

    Parameters
    ----------
    theme : Theme

    Attributes
    ----------
    regions_changed : pyqtSignal(int)
        A region of pixels is wanted (1), or the last one no longer (-1).
    bands_changed : pyqtSignal()
        Other bands were picked for the waterfall.
    """

    regions_changed = pyqtSignal(int)
    bands_changed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.plot = pg.PlotWidget()
        self.plot.getPlotItem().setMenuEnabled(False)
        self.legend = self.plot.addLegend(offset=(-5, 5), labelTextSize="8pt")
        self.at_line = self.plot.plot([], [], pen=pg.mkPen("#E05260", width=1.5), name="at the line")
        self.dark = self.plot.plot([], [], pen=pg.mkPen("#7A8594", width=1))
        self.white = self.plot.plot([], [], pen=pg.mkPen("#C9B458", width=1))
        self._named: set[str] = set()
        self._of_regions: list[Any] = []
        self.bands = [pg.InfiniteLine(angle=90, movable=True, pen=pg.mkPen(c, width=2)) for c in _BAND_COLOURS]
        for line in self.bands:
            line.setZValue(10)
            line.hide()
            self.plot.addItem(line, ignoreBounds=True)
            line.sigPositionChangeFinished.connect(lambda _: self.bands_changed.emit())
        more, less = QToolButton(), QToolButton()
        more.setText("+")
        more.setToolTip("Add a region of pixels, drawn in the frame: drag it and its edges")
        less.setText("-")
        less.setToolTip("Take the last region away")
        more.clicked.connect(lambda: self.regions_changed.emit(1))
        less.clicked.connect(lambda: self.regions_changed.emit(-1))
        self.more, self.less = more, less
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        label = QLabel("Spectra")
        label.setProperty("quiet", True)
        label.setToolTip("Of the pixels at the red line in the frame, of regions, of the references")
        for widget in (label, more, less):
            row.addWidget(widget)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.plot, 1)
        theme.changed.connect(self._colour)
        self._colour()

    def show_axes(self, view: FrameView) -> None:
        """Lay out for other wavelengths; the bands of the waterfall are about true colour, until they are moved."""
        self.plot.setLabel("bottom", "Wavelength (nm)" if view.spectral else "Band")
        self.plot.setXRange(view.bands[0], view.bands[-1], padding=0.01)
        low, high = float(view.bands[0]), float(view.bands[-1])
        visible = view.spectral and low <= TRUE_COLOUR_NM[2] and high >= TRUE_COLOUR_NM[0]
        wanted = TRUE_COLOUR_NM if visible else tuple(low + (high - low) * share for share in (0.75, 0.5, 0.25))
        for line, at in zip(self.bands, wanted, strict=True):
            line.setBounds((low, high))
            if not low < line.value() <= high:
                line.setValue(at)

    def chosen(self) -> tuple[float, ...]:
        """Return the wavelengths of the three lines."""
        return tuple(float(line.value()) for line in self.bands)

    def show_chosen(self, mode: str) -> None:
        """Show the lines that can be moved in a mode of the waterfall."""
        for index, line in enumerate(self.bands):
            line.setVisible(mode == "three" or (mode == "one" and index == 1))

    def show_curves(
        self, bands: Any, at_line: Any, regions: list[tuple[str, Any]], references: dict[str, Any], unit: str
    ) -> None:
        """Show spectra over `bands`; a reference that is None is not shown."""
        self.plot.setLabel("left", unit)
        self.at_line.setData(bands, np.asarray(at_line, np.float32), connect="finite")
        for name, curve in (("dark", self.dark), ("white", self.white)):
            values = references.get(name)
            curve.setData(bands if values is not None else [], values if values is not None else [])
            self._name(curve, name, shown=values is not None)
        while len(self._of_regions) > len(regions):
            self.plot.removeItem(self._of_regions.pop())
        while len(self._of_regions) < len(regions):
            colour = regions[len(self._of_regions)][0]
            name = f"region {len(self._of_regions) + 1}"
            self._of_regions.append(self.plot.plot([], [], pen=pg.mkPen(colour, width=1.5), name=name))
        for curve, (_, values) in zip(self._of_regions, regions, strict=True):
            curve.setData(bands, np.asarray(values, np.float32), connect="finite")

    def _name(self, curve: Any, name: str, *, shown: bool) -> None:
        if shown and name not in self._named:
            self.legend.addItem(curve, name)
            self._named.add(name)
        elif not shown and name in self._named:
            self.legend.removeItem(curve)
            self._named.discard(name)

    def _colour(self) -> None:
        self._theme.style_plot(self.plot)
