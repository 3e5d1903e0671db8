"""A waterfall: every frame is a line, the newest on top; in one band, in three, or about true colour.

Of an instrument with one pixel, as a spectrometer, a line is the whole spectrum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.frame_views import TRUE_COLOUR_NM, composite, nearest_bands

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.frame_views import FrameView, ReferencePictures
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["WaterfallPlot"]

_DEPTHS = (400, 1000, 2000)
_MODES = {"true": "True colour", "three": "Three bands", "one": "One band"}


class WaterfallPlot(QWidget):
    """The last 400 lines, or more.

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
        self._filled = 0
        self._rect: tuple[float, ...] = ()
        self._across: tuple[float, float] | None = None
        self.count = 0
        self.colouring = QComboBox()
        for mode, text in _MODES.items():
            self.colouring.addItem(text, mode)
        self.colouring.setToolTip("True colour, or the bands at the lines in the spectrum, which can be dragged")
        self.kept = QComboBox()
        for lines in _DEPTHS:
            self.kept.addItem(str(lines), lines)
        self.kept.setToolTip("How many lines are kept in view")
        for box in (self.colouring, self.kept):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.wipe = QToolButton()
        self.wipe.setText("\N{MULTIPLICATION X}")
        self.wipe.setToolTip("Begin the waterfall anew")
        self.wipe.clicked.connect(self.clear)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        label = QLabel("Lines")
        label.setProperty("quiet", True)
        label.setToolTip("Waterfall: every frame is a line, the newest on top")
        row.addWidget(label)
        row.addStretch(1)
        for widget in (self.colouring, self.kept, self.wipe):
            row.addWidget(widget)
        self.plot = pg.PlotWidget(enableMenu=False, axisItems=fitted_axes())
        self.plot.setLabel("bottom", "Pixel")
        self.plot.setLabel("left", "Lines ago")
        self.plot.setMinimumWidth(60)
        self.plot.getViewBox().invertY(True)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.plot.addItem(self.image)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.plot, 1)
        self.empty = pg.LabelItem(justify="center")
        self.empty.setParentItem(self.plot.getViewBox())
        self.colouring.currentIndexChanged.connect(lambda _: self.bands_wanted.emit())
        self.kept.currentIndexChanged.connect(lambda _: self.clear())
        theme.changed.connect(lambda: theme.style_plot(self.plot))
        theme.style_plot(self.plot)

    @property
    def mode(self) -> str:
        """How it is coloured."""
        return str(self.colouring.currentData())

    @property
    def coloured(self) -> bool:
        """Whether its colours are those of bands that can be chosen."""
        return not self.colouring.isHidden()

    def save_state(self) -> dict[str, Any]:
        """Keep the mode and the depth."""
        return {"mode": self.mode, "lines": self.kept.currentData()}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Colour as before."""
        for box, key in ((self.colouring, "mode"), (self.kept, "lines")):
            index = box.findData(state.get(key))
            if index >= 0:
                box.setCurrentIndex(index)

    def choose(self, view: FrameView, wanted: tuple[float, ...]) -> None:
        """Find the bands for the mode; `wanted` are the wavelengths of the lines in the spectrum."""
        if view.single:
            places = tuple(range(len(view.bands)))
        elif not view.dispersed or len(view.header["frame_shape"]) > 2:
            places = ()
        else:
            if self.mode == "true" and view.spectral:
                low, high = float(view.bands[0]), float(view.bands[-1])
                inside = low <= TRUE_COLOUR_NM[2] and high >= TRUE_COLOUR_NM[0]
                wanted = TRUE_COLOUR_NM if inside else tuple(low + (high - low) * share for share in (0.75, 0.5, 0.25))
            elif self.mode == "one":
                wanted = (wanted[1],)
            places = nearest_bands(view.bands, wanted)
        self._tell(view, places)
        axis = view.header["dispersion_axis"]
        count = view.header["frame_shape"][axis if axis is not None else -1]
        found = tuple(place * view.steps[1] for place in places)
        bands = tuple(count - 1 - index for index in found) if view.reversed else found
        rect = (view.bands[0], float(np.ptp(view.bands))) if view.single else None
        if (bands, rect) != (self.bands, self._across):
            self.bands, self._places, self._across = bands, places, rect
            self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._lines = None
        self._filled = self.count = 0
        self.image.clear()

    def add(self, lines: Any, view: FrameView, references: ReferencePictures, levels: tuple[float, float]) -> None:
        """Add lines of a picture.

        Parameters
        ----------
        lines : ndarray
            ``(n, pixels, bands)``, the oldest first.
        view : FrameView
            The picture they came with.
        references : ReferencePictures
            Lines are drawn from black at the dark to white at the white, where there are both or the white.
        levels : tuple of float
            Black and white where there is no white reference.
        """
        if tuple(view.header["bands"]) != self.bands or lines.shape[2] != len(self.bands):
            return  # of the bands that were chosen before
        self.count += len(lines)
        depth = self.kept.currentData()
        lines = lines[-depth:]
        low, high = self._levels(lines, view, references, levels)
        if view.single:
            lines, low, high = lines.transpose(0, 2, 1), np.transpose(low), np.transpose(high)
        fresh = composite(lines, low, high)
        if self._lines is None or self._lines.shape[1] != fresh.shape[1]:
            self._lines, self._filled = np.zeros((depth, fresh.shape[1], 3), np.uint8), 0
            self._rect = ()
            left, wide = self._extent(fresh.shape[1])
            self.plot.setRange(xRange=(left, left + wide), yRange=(0, depth), padding=0.01)
        self._lines = np.concatenate([fresh[::-1], self._lines[: depth - len(fresh)]])
        self._filled = min(depth, self._filled + len(fresh))
        self.image.setImage(self._lines[: self._filled], autoLevels=False)  # of bytes: there is nothing to scale
        left, wide = self._extent(fresh.shape[1])
        if (rect := (left, 0.0, wide, float(self._filled))) != self._rect:
            self._rect = rect
            self.image.setRect(*rect)

    def _extent(self, count: int) -> tuple[float, float]:
        """Return left edge and width of the picture: its samples are centred at their pixel, or wavelength."""
        first, wide = (0.0, count - 1.0) if self._across is None else self._across
        pitch = wide / max(1, count - 1) or 1.0
        return first - pitch / 2, wide + pitch

    def _tell(self, view: FrameView, places: tuple[int, ...]) -> None:
        """Say which bands are shown, or why none are."""
        self.plot.setLabel("bottom", view.across if view.single else "Pixel")
        self.colouring.setVisible(not view.single and bool(places))
        self.empty.setText("" if places else "No waterfall: the frames of<br>this camera are no lines of bands")
        unit = " nm" if view.spectral else ""
        shown = ", ".join(f"{view.bands[place]:.0f}" for place in places[:3])
        how = "red, green and blue are" if len(places) == 3 else "brightness is"
        self.colouring.setToolTip(
            f"{self.colouring.currentText()}: {how} {'bands' if not unit else ''} {shown}{unit}; true colour, or the "
            "bands at the lines in the spectrum, which can be dragged".replace("  ", " ")
        )

    def _levels(
        self, lines: Any, view: FrameView, references: ReferencePictures, levels: tuple[float, float]
    ) -> tuple[Any, Any]:
        """Return black and white: those of the references where there are any."""
        white = references.white
        if white is None or not references.fits(view) or lines.shape[1] < white.shape[0]:
            return levels
        places = list(self._places)
        dark = np.zeros_like(white) if references.dark is None else references.dark
        found = []
        for each in (dark, white):
            whole = np.repeat(each[:, places], view.steps[0], axis=0)[: lines.shape[1]]
            found.append(np.pad(whole, ((0, lines.shape[1] - len(whole)), (0, 0)), mode="edge"))
        return found[0], found[1]
