"""A waterfall: every frame is a line, the newest at the bottom; in one band, in three, or about true colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.frame_views import TRUE_COLOUR_NM, composite, nearest_bands

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.frame_views import FrameView, ReferencePictures
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["WaterfallPlot"]

_LINES = 400
_MODES = {"true": "True colour", "three": "Three bands", "one": "One band"}


class WaterfallPlot(QWidget):
    """The last 400 lines.

    Parameters
    ----------
    theme : Theme

    Attributes
    ----------
    bands : tuple of int
        Indexes of the bands that are wanted of each frame, as the camera counts them.
    mode : str
        "true", "three" or "one".
    bands_wanted : pyqtSignal()
        Another mode was chosen.
    """

    bands_wanted = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.bands: tuple[int, ...] = ()
        self._places: tuple[int, ...] = ()
        self._lines: Any = None
        self.count = 0
        self.colouring = QComboBox()
        for mode, text in _MODES.items():
            self.colouring.addItem(text, mode)
        self.colouring.setToolTip("True colour, or the bands at the lines in the spectrum, which can be moved")
        clear = QToolButton()
        clear.setText("Clear")
        clear.setToolTip("Begin the waterfall anew")
        clear.clicked.connect(self.clear)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        label = QLabel("Waterfall")
        label.setProperty("quiet", True)
        for widget in (label, self.colouring, clear):
            row.addWidget(widget)
        row.addStretch(1)
        self.plot = pg.PlotWidget()
        self.plot.getPlotItem().setMenuEnabled(False)
        self.plot.setLabel("bottom", "Pixel")
        self.plot.setLabel("left", "Lines ago")
        self.plot.getViewBox().invertY(True)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.plot.addItem(self.image)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.plot, 1)
        self.colouring.currentIndexChanged.connect(lambda _: self.bands_wanted.emit())
        theme.changed.connect(lambda: theme.style_plot(self.plot))
        theme.style_plot(self.plot)

    @property
    def mode(self) -> str:
        """How it is coloured."""
        return str(self.colouring.currentData())

    def save_state(self) -> dict[str, Any]:
        """Keep the mode."""
        return {"mode": self.mode}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Colour as before."""
        index = self.colouring.findData(state.get("mode"))
        if index >= 0:
            self.colouring.setCurrentIndex(index)

    def choose(self, view: FrameView, wanted: tuple[float, ...]) -> None:
        """Find the bands for the mode; `wanted` are the wavelengths of the lines in the spectrum."""
        if self.mode == "true" and view.spectral:
            low, high = float(view.bands[0]), float(view.bands[-1])
            inside = low <= TRUE_COLOUR_NM[2] and high >= TRUE_COLOUR_NM[0]
            wanted = TRUE_COLOUR_NM if inside else tuple(low + (high - low) * share for share in (0.75, 0.5, 0.25))
        elif self.mode == "one":
            wanted = (wanted[1],)
        places = nearest_bands(view.bands, wanted)
        axis = view.header["dispersion_axis"]
        count = view.header["frame_shape"][axis if axis is not None else -1]
        found = tuple(place * view.steps[1] for place in places)
        bands = tuple(count - 1 - index for index in found) if view.reversed else found
        if bands != self.bands:
            self.bands, self._places = bands, places
            self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._lines = None
        self.count = 0
        self.image.clear()

    def add(self, lines: Any, view: FrameView, references: ReferencePictures) -> None:
        """Add lines ``(n, pixels, bands)``, the oldest first."""
        if lines.shape[2] != len(self.bands):
            return  # of the bands that were chosen before
        low, high = self._levels(lines, view, references)
        fresh = composite(lines[-_LINES:], low, high)
        self.count += len(lines)
        if self._lines is None or self._lines.shape[1] != fresh.shape[1]:
            self._lines = np.zeros((_LINES, fresh.shape[1], 3), np.uint8)
            self.plot.setRange(xRange=(0, fresh.shape[1]), yRange=(0, _LINES), padding=0.01)
        self._lines = np.concatenate([self._lines[len(fresh) :], fresh])
        self.image.setImage(self._lines[::-1], autoLevels=False, levels=(0, 255))

    def _levels(self, lines: Any, view: FrameView, references: ReferencePictures) -> tuple[Any, Any]:
        """Return black and white: those of the references where there are any, else the range of the camera."""
        if references.white is not None and references.fits(view) and lines.shape[1] >= references.white.shape[0]:
            places = list(self._places)
            dark = np.zeros_like(references.white) if references.dark is None else references.dark
            levels = []
            for each in (dark, references.white):
                whole = np.repeat(each[:, places], view.steps[0], axis=0)[: lines.shape[1]]
                levels.append(np.pad(whole, ((0, lines.shape[1] - len(whole)), (0, 0)), mode="edge"))
            return levels[0], levels[1]
        return 0.0, view.ceiling
