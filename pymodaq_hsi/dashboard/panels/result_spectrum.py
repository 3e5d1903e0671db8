"""The spectrum, or the picture, of the point that the cursor chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import pyqtSignal

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.theme import unscaled

if TYPE_CHECKING:
    import numpy.typing as npt

    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["SpectrumPlot"]


class SpectrumPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A spectrum with a line that chooses a band; or a picture of a frame.

    Attributes
    ----------
    bandChosen : pyqtSignal(int)
        The line was dragged to another band.
    """

    bandChosen = pyqtSignal(int)  # noqa: N815  Qt's own style

    def __init__(self, theme: Theme) -> None:
        super().__init__(enableMenu=False, axisItems=fitted_axes())
        self._theme = theme
        self.setObjectName("ResultSpectrum")
        self.setMinimumHeight(110)
        self._axis = np.zeros(0)
        self.curve = pg.PlotDataItem(connect="finite")
        self.curve.setDownsampling(auto=True, method="peak")
        self.curve.setClipToView(True)
        self.picture = pg.ImageItem(axisOrder="row-major")
        self.picture.setLookupTable(pg.colormap.get("viridis").getLookupTable(nPts=256))
        self.band = pg.InfiniteLine(angle=90, movable=True, label="", labelOpts={"position": 0.9})
        for item in (self.picture, self.curve, self.band):
            self.addItem(item)
        self.band.setVisible(False)
        self.band.sigPositionChangeFinished.connect(self._take_band)
        theme.changed.connect(self._colour)
        self._colour()

    def show_spectrum(self, axis: npt.NDArray[np.float64], values: npt.NDArray[Any], caption: str, unit: str) -> None:
        """Draw a spectrum.

        Parameters
        ----------
        axis : ndarray
            Float64, (bands,).
        values : ndarray
            (bands,)
        caption : str
            Of the axis.
        unit : str
            Of the values.
        """
        self.picture.setVisible(False)
        self.curve.setVisible(True)
        changed = len(axis) != len(self._axis) or not np.array_equal(axis, self._axis)
        self._axis = axis
        self.curve.setData(axis, np.asarray(values, float))
        self._labels(caption, unit)
        if changed:
            self.enableAutoRange()

    def show_picture(self, frame: npt.NDArray[Any], across: str, up: str) -> None:
        """Draw a frame, (rows, columns)."""
        self.curve.setVisible(False)
        self.band.setVisible(False)
        self.picture.setVisible(True)
        sample = np.asarray(frame[:: max(1, frame.shape[0] // 256), :: max(1, frame.shape[1] // 256)], float)
        sample = sample[np.isfinite(sample)]
        low, high = (float(sample.min()), float(sample.max())) if sample.size else (0.0, 1.0)
        levels = (low, high if high > low else low + 1)
        self.picture.setImage(np.asarray(frame, np.float32), autoLevels=False, levels=levels)
        self._labels(across, up)
        self._axis = np.zeros(0)
        self.enableAutoRange()

    def clear_all(self) -> None:
        """Show nothing."""
        self.curve.setData([], [])
        self.picture.clear()
        self.band.setVisible(False)
        self._axis = np.zeros(0)

    def show_band(self, band: int | None, axis: npt.NDArray[np.float64], unit: str) -> None:
        """Draw the band that the map is of; None if it is of all."""
        self.band.setVisible(band is not None and self.curve.isVisible())
        if band is not None and band < len(axis):
            self.band.blockSignals(True)
            self.band.setPos(float(axis[band]))
            self.band.blockSignals(False)
            self.band.label.setFormat(f"{axis[band]:.1f} {unit}".strip())

    def _take_band(self) -> None:
        if len(self._axis):
            self.bandChosen.emit(int(np.argmin(np.abs(self._axis - self.band.value()))))

    def _labels(self, across: str, up: str) -> None:
        for side, text in (("bottom", across), ("left", up)):
            unscaled(self.getAxis(side))
            self.getAxis(side).setLabel(text)

    def _colour(self) -> None:
        self._theme.style_plot(self)
        self.curve.setPen(pg.mkPen(self._theme.colour("accent"), width=1))
        self.band.setPen(pg.mkPen(self._theme.colour("warning"), width=2))
        self.band.label.setColor(self._theme.colour("warning"))
