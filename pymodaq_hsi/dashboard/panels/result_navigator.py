"""Where something was measured and how much: a curve, a map, points, or the lines of a cube; the cursor chooses one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QRectF, Qt, pyqtSignal

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.theme import unscaled

if TYPE_CHECKING:
    import numpy.typing as npt

    from pymodaq_hsi.dashboard.scan_points import ResultAxis
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["Navigator"]

_TICKS = 8
_SHADES = 64
"""Colours of points: pyqtgraph draws a symbol for each colour that it meets, which takes long for thousands."""
_SCATTERED = 4_000
"""Points of a scatter that are drawn; of more every second, third, ... one."""
_MARKED = 400
"""Points of a curve that get a mark of their own."""
_SAMPLES = 20_000
"""Of larger pictures every second, third, ... sample says how bright it is."""


class Navigator(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot of a whole scan.

    Parameters
    ----------
    theme : Theme

    Attributes
    ----------
    pointed : pyqtSignal(float, float)
        Where the cursor is, in the coordinates of the plot.
    pinned : bool
        A click has fixed the cursor; another click frees it.
    """

    pointed = pyqtSignal(float, float)

    def __init__(self, theme: Theme) -> None:
        super().__init__(enableMenu=False, axisItems=fitted_axes())
        self._theme = theme
        self.setObjectName("ResultNavigator")
        self.setMinimumHeight(140)
        self.pinned = False
        self._levels = (0.0, 1.0)
        self.image = pg.ImageItem(axisOrder="row-major")
        self._colours = pg.colormap.get("viridis")
        self.image.setLookupTable(self._colours.getLookupTable(nPts=256))
        self._brushes = [pg.mkBrush(each) for each in self._colours.map(np.linspace(0, 1, _SHADES), mode="qcolor")]
        self.curve = pg.PlotDataItem(symbol="o", symbolSize=4, connect="finite")
        self.curve.setDownsampling(auto=True, method="peak")
        self.curve.setClipToView(True)
        self.scatter = pg.ScatterPlotItem(size=9, pxMode=True)
        self.now = pg.ScatterPlotItem(size=14, pxMode=True, symbol="o")
        self.across = pg.InfiniteLine(angle=0)
        self.up = pg.InfiniteLine(angle=90)
        self.bar = pg.ColorBarItem(interactive=False, width=12, colorMap=self._colours)
        for item in (self.image, self.curve, self.scatter, self.now, self.across, self.up):
            self.addItem(item)
        self.now.setZValue(10)
        self.getPlotItem().layout.addItem(self.bar, 2, 5)
        self.bar.setVisible(False)
        self.scene().sigMouseMoved.connect(self._follow)
        self.scene().sigMouseClicked.connect(self._click)
        theme.changed.connect(self._colour)
        self._colour()
        self.clear_all()

    def clear_all(self) -> None:
        """Show nothing."""
        self.image.clear()
        self.curve.setData([], [])
        self.scatter.setData([], [])
        self.show_now(None)
        self.pinned = False
        for line in (self.across, self.up):
            line.setVisible(False)
        self.bar.setVisible(False)

    def show_curve(self, axis: ResultAxis, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], label: str) -> None:
        """Draw values over one axis."""
        self._only(self.curve)
        known = np.isfinite(x) & np.isfinite(y)
        x, y = x[known], y[known]
        order = np.argsort(x, kind="stable")
        if (self.curve.opts["symbol"] is None) is (len(x) <= _MARKED):
            self.curve.setSymbol("o" if len(x) <= _MARKED else None)
        self.curve.setData(x[order], y[order])
        self._label(axis, None, label)

    def show_map(self, down: ResultAxis, right: ResultAxis, values: npt.NDArray[np.float64]) -> None:
        """Draw values over two axes, the first of them upwards; NaN is left out."""
        self._only(self.image)
        self._set_levels(values)
        self.image.setImage(np.asarray(values, np.float32), autoLevels=False, levels=self._levels)
        self.image.setRect(_rectangle(right, down))
        self._label(right, down, down.caption)

    def show_lines(self, picture: npt.NDArray[Any], step: int, unit: str) -> None:
        """Draw lines of a cube, the first at the top: one band in colours of a scale, or three as red, green and blue.

        Parameters
        ----------
        picture : ndarray
            (lines, pixels, 1 or 3)
        step : int
            Every so-manieth line is in it.
        """
        self._only(self.image)
        rect = QRectF(0, 0, picture.shape[1], picture.shape[0] * step)
        if picture.shape[2] == 1:
            self._set_levels(picture)
            self.image.setImage(picture[..., 0].astype(np.float32), autoLevels=False, levels=self._levels)
        else:
            self.bar.setVisible(False)
            self.image.setImage(_composite(picture), autoLevels=False, levels=(0, 255))
        self.image.setRect(rect)
        self.getPlotItem().getViewBox().invertY(True)
        self._axis_label("bottom", "pixel")
        self._axis_label("left", "line")
        self._even_ticks()

    def show_scatter(
        self, axes: list[ResultAxis], where: list[npt.NDArray[np.float64]], values: npt.NDArray[np.float64]
    ) -> None:
        """Draw points anywhere on the last two axes, their values as colours."""
        self._only(self.scatter)
        self._set_levels(values)
        low, high = self._levels
        some = slice(None, None, -(-len(values) // _SCATTERED) or 1)
        shares = np.clip((np.nan_to_num(values[some], nan=low) - low) / ((high - low) or 1.0), 0, 1)
        brushes = [self._brushes[shade] for shade in (shares * (_SHADES - 1)).astype(int).tolist()]
        self.scatter.setData(where[-1][some], where[-2][some], brush=brushes, pen=None)
        self._label(axes[-1], axes[-2], axes[-2].caption)

    def show_now(self, place: tuple[float, float] | None) -> None:
        """Mark where the scan is; None after its end."""
        self.now.setData(*(([], []) if place is None else ([place[0]], [place[1]])))

    def show_cursor(self, x: float | None, y: float | None) -> None:
        """Draw the cursor; None leaves a line out."""
        for line, value in ((self.up, x), (self.across, y)):
            line.setVisible(value is not None)
            if value is not None:
                line.setPos(value)

    def _only(self, shown: Any) -> None:
        changed = not shown.isVisible()
        for item in (self.image, self.curve, self.scatter):
            item.setVisible(item is shown)
        self.bar.setVisible(shown is not self.curve)
        self.getPlotItem().getViewBox().invertY(False)
        if changed:
            self.getPlotItem().enableAutoRange()

    def _set_levels(self, values: npt.NDArray[Any]) -> None:
        flat = values.reshape(-1)[:: max(1, values.size // _SAMPLES)].astype(float)
        flat = flat[np.isfinite(flat)]
        if flat.size:
            low, high = np.percentile(flat, (0.5, 99.5)) if flat.size > 500 else (flat.min(), flat.max())
            self._levels = (float(low), float(high) if high > low else float(low) + 1e-9 + abs(float(low)) * 1e-6)
        self.bar.setVisible(True)
        self.bar.setLevels(self._levels)

    def _label(self, right: ResultAxis, down: ResultAxis | None, label: str) -> None:
        self._axis_label("bottom", right.caption)
        self._axis_label("left", label)
        self._even_ticks()
        if self.image.isVisible():
            for side, axis in (("bottom", right), ("left", down)):
                if axis is not None and not axis.even and axis.values is not None:
                    every = max(1, len(axis.values) // _TICKS)
                    ticks = [(k, f"{axis.values[k]:.4g}") for k in range(0, len(axis.values), every)]
                    self.getAxis(side).setTicks([ticks])

    def _even_ticks(self) -> None:
        for side in ("bottom", "left"):
            self.getAxis(side).setTicks(None)

    def _axis_label(self, side: str, text: str) -> None:
        unscaled(self.getAxis(side))
        self.getAxis(side).setLabel(text)

    def _follow(self, position: Any) -> None:
        if not self.pinned and self.sceneBoundingRect().contains(position):
            self._point(position)

    def _click(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.pinned = not self.pinned
        if self.pinned:
            self._point(event.scenePos())

    def _point(self, position: Any) -> None:
        box = self.getPlotItem().getViewBox()
        if box.sceneBoundingRect().contains(position):
            found = box.mapSceneToView(position)
            self.pointed.emit(float(found.x()), float(found.y()))

    def _colour(self) -> None:
        colour = self._theme.colour
        self._theme.style_plot(self)
        self.curve.setPen(pg.mkPen(colour("accent"), width=1))
        self.curve.setSymbolBrush(pg.mkBrush(colour("accent")))
        self.curve.setSymbolPen(pg.mkPen(None))
        self.now.setPen(pg.mkPen(colour("error"), width=2))
        self.now.setBrush(pg.mkBrush(None))
        for line in (self.across, self.up):
            line.setPen(pg.mkPen(colour("warning"), width=1))
        self.bar.axis.setPen(pg.mkPen(colour("line")))
        self.bar.axis.setTextPen(pg.mkPen(colour("text")))


def _rectangle(right: ResultAxis, down: ResultAxis) -> QRectF:
    (x, width), (y, height) = _extent(right), _extent(down)
    return QRectF(x, y, width, height)


def _extent(axis: ResultAxis) -> tuple[float, float]:
    """Return where the first sample begins and how long all are; numbers of samples where they lie unevenly."""
    if axis.values is None or not axis.even:
        size = 1 if axis.values is None else len(axis.values)
        return -0.5, float(size)
    values = axis.values
    step = float(values[1] - values[0]) if len(values) > 1 else 1.0
    return float(values[0]) - step / 2, step * len(values)


def _composite(picture: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return three bands as a picture, each from its darkest to its brightest hundredth."""
    every = max(1, picture.shape[0] * picture.shape[1] // (_SAMPLES // 10))
    some = picture.reshape(-1, 3)[::every].astype(np.float32)
    some = some[np.isfinite(some).all(axis=1)]
    low, high = (np.percentile(some, (1, 99), axis=0)) if len(some) else (np.zeros(3), np.ones(3))
    scale = (255 / np.maximum(high - low, 1e-9)).astype(np.float32)
    scaled = (np.nan_to_num(picture.astype(np.float32)) - low.astype(np.float32)) * scale
    found: npt.NDArray[np.uint8] = np.clip(scaled, 0, 255).astype(np.uint8)
    return found
