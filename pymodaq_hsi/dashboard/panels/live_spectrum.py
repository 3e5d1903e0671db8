"""Spectra of a frame: at the line, of regions, of the references; and the bands of the waterfall to be picked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QToolButton, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.frame_views import TRUE_COLOUR_NM
from pymodaq_hsi.dashboard.steady_range import SteadyRange

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
    pixel_wanted : pyqtSignal(int)
        The line is to be at another pixel of the frame.
    """

    regions_changed = pyqtSignal(int)
    bands_changed = pyqtSignal()
    pixel_wanted = pyqtSignal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.plot = pg.PlotWidget(enableMenu=False, axisItems=fitted_axes())
        self.legend = self.plot.addLegend(offset=(-5, 5), labelTextSize="8pt", verSpacing=-6)
        self.range = SteadyRange()
        self.plot.addItem(self.range)
        self.at_line = self._curve("#E05260", 1.5, name="at the line")
        self.at_cursor = self._curve("#8E7CC3", 1)
        self.dark = self._curve("#7A8594", 1)
        self.white = self._curve("#C9B458", 1)
        self._unit = ""
        self._named: dict[Any, str] = {}
        self._of_regions: list[Any] = []
        self.bands = [pg.InfiniteLine(angle=90, movable=True, pen=pg.mkPen(c, width=2)) for c in _BAND_COLOURS]
        for line in self.bands:
            line.setZValue(10)
            line.hide()
            self.plot.addItem(line, ignoreBounds=True)
            line.sigPositionChangeFinished.connect(lambda _: self.bands_changed.emit())
        more, less = QToolButton(), QToolButton()
        more.setText("+")
        more.setToolTip("Add a region of pixels, drawn in the frame: drag it and its edges; its mean is shown")
        less.setText("\N{MINUS SIGN}")
        less.setToolTip("Take the last region away; a click with the right button removes any of them")
        more.clicked.connect(lambda: self.regions_changed.emit(1))
        less.clicked.connect(lambda: self.regions_changed.emit(-1))
        self.more, self.less = more, less
        self.pixel = QSpinBox()
        self.pixel.setKeyboardTracking(False)
        self.pixel.setToolTip("Pixel of the red line in the frame, counted from 0; a click in the frame moves it too")
        self.pixel.valueChanged.connect(self.pixel_wanted)
        self._regions = QLabel("Regions")
        self._regions.setProperty("quiet", True)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        self.label = label = QLabel("Spectra at pixel")
        label.setProperty("quiet", True)
        label.setToolTip("Of the pixel at the red line and the one under the mouse, of regions, of the references")
        for widget in (label, self.pixel, self._regions, more, less):
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
        self.plot.setLabel("bottom", view.across)
        self.plot.setXRange(view.bands[0], view.bands[-1], padding=0.01)
        if view.single:
            self.label.setText("Spectrum" if view.dispersed else "Profile")
        else:
            self.label.setText("Spectra at pixel" if view.dispersed else "Profile of row")
        self.pixel.setMaximum(int(view.pixels[-1]))
        self.pixel.setSingleStep(view.steps[0])
        for widget in (self.pixel, self._regions, self.more, self.less):
            widget.setVisible(not view.single)
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

    def show_pixel(self, pixel: int) -> None:
        """Show where the line is."""
        self.pixel.blockSignals(True)
        self.pixel.setValue(pixel)
        self.pixel.blockSignals(False)

    def show_curves(
        self,
        bands: Any,
        at_line: Any,
        at_cursor: tuple[str, Any] | None,
        regions: list[tuple[str, str, Any]],
        references: dict[str, Any],
        unit: str,
    ) -> None:
        """Show spectra over `bands`.

        Parameters
        ----------
        bands : ndarray
        at_line : ndarray
        at_cursor : tuple or None
            Name and values of what is under the mouse.
        regions : list of tuple
            Colour, name and values.
        references : dict
            Of "dark" and "white" those that are to be shown; None is not shown.
        unit : str
        """
        if unit != self._unit:
            self._unit = unit
            self.plot.setLabel("left", unit)
            self.range.forget()
        self.at_line.setData(bands, np.asarray(at_line, np.float32), connect="finite")
        for name, curve in (("dark", self.dark), ("white", self.white)):
            values = references.get(name)
            curve.setData(bands if values is not None else [], values if values is not None else [])
            self._name(curve, name if values is not None else "")
        name, values_at_cursor = at_cursor or ("", None)
        found = ([], []) if values_at_cursor is None else (bands, np.asarray(values_at_cursor, np.float32))
        self.at_cursor.setData(*found)
        self._name(self.at_cursor, name)
        while len(self._of_regions) > len(regions):
            gone = self._of_regions.pop()
            self._name(gone, "")
            self.plot.removeItem(gone)
        while len(self._of_regions) < len(regions):
            self._of_regions.append(self._curve(regions[len(self._of_regions)][0], 1.5))
        for curve, (colour, name, values) in zip(self._of_regions, regions, strict=True):
            if curve.opts["pen"].color() != pg.mkColor(colour):
                curve.setPen(pg.mkPen(colour, width=1.5))
                self._name(curve, "")  # its sample in the legend is drawn anew
            curve.setData(bands, np.asarray(values, np.float32), connect="finite")
            self._name(curve, name)
        if len(bands):
            shown = [at_line, *([] if values_at_cursor is None else [values_at_cursor]), *(each[2] for each in regions)]
            shown += [each for each in references.values() if each is not None]
            self.range.hold((float(bands[0]), float(bands[-1])), (np.asarray(each) for each in shown))
        else:
            self.range.forget()

    def clear(self) -> None:
        """Show nothing: there is no picture of this camera yet."""
        self.show_curves([], [], None, [], {}, "")

    def _curve(self, colour: str, width: float, name: str | None = None) -> Any:
        curve = pg.PlotDataItem([], [], pen=pg.mkPen(colour, width=width), name=name)
        self.plot.addItem(curve, ignoreBounds=True)
        return curve

    def _name(self, curve: Any, name: str) -> None:
        """Have a curve in the legend under a name; '' for not at all."""
        known = self._named.get(curve, "")
        if name == known:
            return
        if known and name:
            self.legend.getLabel(curve).setText(name)
        elif known:
            self.legend.removeItem(curve)
        else:
            self.legend.addItem(curve, name)
        self._named[curve] = name
        if not name:
            del self._named[curve]

    def _colour(self) -> None:
        self._theme.style_plot(self.plot)
        ground = pg.mkColor(self._theme.colour("base"))
        ground.setAlpha(170)
        self.legend.setBrush(pg.mkBrush(ground))
