"""The frame of a camera: wavelengths across, pixels down, levels with a histogram, marks, regions of pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QEvent, Qt, pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.levels import LevelsItem
from pymodaq_hsi.dashboard.map_colours import levels_of
from pymodaq_hsi.dashboard.panels.live_regions import PixelRegion, free_colour

if TYPE_CHECKING:
    from PyQt5.QtCore import QObject

    from pymodaq_hsi.dashboard.frame_views import FrameView
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["FramePlot", "even_columns"]

_MARKS = np.array([[0, 0, 0, 0], [60, 130, 255, 110], [255, 30, 40, 255]], np.uint8)
"""Of samples that are well, that have next to no light, that are saturated."""

_CURSOR_HZ = 30
_ANY_HEIGHT = 16_777_215
_MOST_REGIONS = 5


def even_columns(bands: Any) -> Any:
    """Return which bands to draw side by side so that an even axis is true for them; None if they are even already.

    Parameters
    ----------
    bands : ndarray
        Ascending.

    Returns
    -------
    ndarray of int or None
        At evenly spaced places from the first to the last band, the index of the nearest one.
    """
    if len(bands) < 3:
        return None
    even = np.linspace(bands[0], bands[-1], len(bands))
    pitch = even[1] - even[0]
    if not pitch > 0 or float(np.max(np.abs(bands - even))) <= 0.5 * pitch:
        return None
    finest = max(float(np.min(np.diff(bands))), pitch / 4)
    places = np.linspace(bands[0], bands[-1], int(np.ceil((bands[-1] - bands[0]) / finest)) + 1)
    return np.searchsorted((bands[1:] + bands[:-1]) / 2, places)


class FramePlot(QWidget):
    """A picture with a histogram beside it.

    Parameters
    ----------
    theme : Theme

    Attributes
    ----------
    under : tuple of int or None
        Row and column of `FrameView.frame` under the mouse.
    row_moved, regions_moved, cursor_moved : pyqtSignal()
        Other pixels are to be shown as spectra.
    """

    row_moved = pyqtSignal()
    regions_moved = pyqtSignal()
    cursor_moved = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._quantity: tuple[Any, ...] = ()
        self._levels: dict[tuple[Any, ...], tuple[float, float]] = {}
        self._extent: tuple[float, ...] = ()
        self._placed: dict[Any, tuple[Any, ...]] = {}
        self._columns: Any = None
        self._shown: Any = None
        self._view: FrameView | None = None
        self._regions: list[PixelRegion] = []
        self.under: tuple[int, int] | None = None
        label = QLabel("Frame")
        label.setProperty("quiet", True)
        self.auto, self.full = QToolButton(), QToolButton()
        self.auto.setText("Auto")
        self.auto.setToolTip("Set black and white to the darkest and brightest 0.5 % of what is shown now (A)")
        self.full.setText("Full")
        self.full.setToolTip(
            "Set black to 0 and white to saturation (reflectance: to 1); or drag them in the histogram"
        )
        self.readout = QLabel()
        self.readout.setProperty("quiet", True)
        self.readout.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.readout.setToolTip("Place and value of the sample under the mouse")
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (label, self.auto, self.full):
            row.addWidget(widget)
        row.addWidget(self.readout, 1)
        self.area = pg.GraphicsLayoutWidget()
        self.area.ci.layout.setContentsMargins(2, 2, 2, 2)
        self.area.ci.layout.setSpacing(2)
        self.plot = self.area.addPlot(enableMenu=False, axisItems=fitted_axes())
        self.plot.getViewBox().invertY(True)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.plot.addItem(self.image)
        self.over = pg.ImageItem(axisOrder="row-major")
        self.over.setZValue(5)
        self.over.setLookupTable(_MARKS)
        self.plot.addItem(self.over)
        self.line = pg.InfiniteLine(angle=0, movable=True, pen=pg.mkPen("#E05260", width=1.5))
        self.line.setZValue(10)
        self.plot.addItem(self.line, ignoreBounds=True)
        self.histogram = LevelsItem(self.image, pg.colormap.get("viridis"))
        self.area.addItem(self.histogram)
        self._pictures = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.area, 1)
        self.auto.clicked.connect(self.auto_levels)
        self.full.clicked.connect(self.full_levels)
        self.histogram.levels_changed.connect(self._keep_levels)
        self.line.sigPositionChanged.connect(lambda _: self.row_moved.emit())
        scene = self.plot.scene()
        scene.sigMouseClicked.connect(self._clicked)
        self._mouse = pg.SignalProxy(
            scene.sigMouseMoved, rateLimit=_CURSOR_HZ, slot=lambda found: self._moved(found[0])
        )
        self.area.viewport().installEventFilter(self)
        theme.changed.connect(self._colour)
        self._colour()

    # what is shown

    def show_axes(self, view: FrameView) -> None:
        """Lay out for frames of another size or other wavelengths."""
        bands, pixels = view.bands, view.pixels
        self._columns = even_columns(bands)
        count = len(bands) if self._columns is None else len(self._columns)
        width = (bands[-1] - bands[0]) / max(1, count - 1) or 1.0
        height = view.steps[0]
        self._extent = (bands[0] - width / 2, -height / 2, width * count, height * len(pixels))
        self.plot.setLabel("bottom", view.across)
        self.plot.setLabel("left", view.down)
        left, top, wide, high = self._extent
        self.plot.setRange(xRange=(left, left + wide), yRange=(top, top + high), padding=0.01)
        last = int(pixels[-1])
        self.line.setBounds((0, last))
        if not 0 < self.line.value() <= last:
            self.line.setValue(int(pixels[len(pixels) // 2]))
        for region in self._regions:
            region.setBounds((0, last))

    def show_frame(
        self, shown: Any, view: FrameView, quantity: tuple[Any, ...], *, marks: bool, dark: Any = None
    ) -> None:
        """Show values; levels stay as they were set for that quantity.

        Parameters
        ----------
        shown : ndarray
            ``(pixels, bands)``.
        view : FrameView
            The picture they are of.
        quantity : tuple
            What they are: each has levels of its own, the unit comes last.
        marks : bool
            Whether saturated and dark samples are marked.
        dark : ndarray, optional
            Above which samples have to be.
        """
        self._shown, self._view = shown, view
        picture = np.ascontiguousarray(shown if self._columns is None else shown[:, self._columns])
        self.image.setImage(picture, autoLevels=False)
        self._place_image(self.image, picture)
        fresh = quantity != self._quantity
        if fresh:
            self._quantity = quantity
            if (known := self._levels.get(quantity)) is not None:
                self.histogram.set_levels(*known)
            else:
                self.full_levels()
        if (self._pictures % 5 == 0 or fresh) and (picture.dtype.kind != "f" or np.isfinite(picture).any()):
            self.histogram.show_histogram()
        self._pictures += 1
        self._mark(view, dark, marks=marks)
        self._read()

    def clear(self) -> None:
        """Show nothing: there is no picture of this camera yet."""
        self._shown = self._view = None
        self._quantity = ()
        self.image.clear()
        self.over.hide()
        self._read()

    def show_picture(self, *, shown: bool) -> None:
        """Show the picture, or only the buttons above it: of one pixel its spectrum says all."""
        self.area.setVisible(shown)
        self.setMaximumHeight(_ANY_HEIGHT if shown else self.auto.sizeHint().height())

    def auto_levels(self) -> None:
        """Set black and white by what is shown now."""
        if self._shown is not None:
            self.histogram.set_levels(*levels_of(self._shown))

    def full_levels(self) -> None:
        """Set black and white: the whole range of the camera, where it is known, or reflectance from 0 to 1."""
        if self._view is None:
            return
        if self._quantity[-1] == "reflectance":
            self.histogram.set_levels(0.0, 1.0)
        elif self._view.saturation is not None:
            self.histogram.set_levels(0.0, self._view.saturation)
        else:
            self.auto_levels()

    def levels(self) -> tuple[float, float]:
        """Return black and white."""
        return self.histogram.levels()

    # what is asked of a frame

    def row(self, view: FrameView) -> int:
        """Return which of the shown rows is at the line."""
        return int(np.clip(round(self.line.value() / view.steps[0]), 0, len(view.pixels) - 1))

    def regions(self) -> list[tuple[str, tuple[float, float]]]:
        """Return the regions: colour, and the pixels from first to last."""
        return [(region.colour, tuple(region.getRegion())) for region in self._regions]

    def change_regions(self, change: int, view: FrameView) -> None:
        """Add a region of pixels (1), or take the last away (-1)."""
        if change < 0 and self._regions:
            self._remove(self._regions[-1])
        elif change > 0 and len(self._regions) < _MOST_REGIONS:
            last = int(view.pixels[-1])
            start = last * (0.25 + 0.15 * len(self._regions))
            region = PixelRegion(free_colour([each.colour for each in self._regions]), start, start + 0.1 * last, last)
            region.sigRegionChanged.connect(lambda _: self.regions_moved.emit())
            region.unwanted.connect(self._remove)
            self.plot.addItem(region, ignoreBounds=True)
            self._regions.append(region)

    def _remove(self, region: PixelRegion) -> None:
        self._regions.remove(region)
        self.plot.removeItem(region)
        self.regions_moved.emit()

    # levels and marks

    def _keep_levels(self) -> None:
        if self._quantity:
            self._levels[self._quantity] = self.levels()

    def _mark(self, view: FrameView, dark: Any, *, marks: bool) -> None:
        codes = view.low(dark).view(np.uint8) if marks else None
        if codes is not None and view.saturated.any():
            codes = np.maximum(codes, 2 * view.saturated.view(np.uint8))
        if codes is None or not codes.any():
            self.over.hide()
            return
        codes = codes if self._columns is None else codes[:, self._columns]
        self.over.setImage(np.ascontiguousarray(codes), autoLevels=False, levels=(0, len(_MARKS)))
        self._place_image(self.over, codes)
        self.over.show()

    def _place_image(self, item: Any, samples: Any) -> None:
        """Lay an image over the whole frame; where it lies already, pyqtgraph need not look at all again."""
        place = (self._extent, samples.shape)
        if self._placed.get(item) != place:
            self._placed[item] = place
            item.setRect(*self._extent)

    # the mouse

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Forget the place under the mouse when it leaves."""
        if event is not None and event.type() == QEvent.Type.Leave and self.under is not None:
            self._place(None)
        return super().eventFilter(watched, event)

    def _sample_at(self, scene_point: Any) -> tuple[int, int] | None:
        """Return row and column of the sample at a place of the scene; None beside the frame."""
        box, view = self.plot.getViewBox(), self._view
        if view is None or not box.sceneBoundingRect().contains(scene_point):
            return None
        point = box.mapSceneToView(scene_point)
        left, top, wide, high = self._extent
        if not (left <= point.x() < left + wide and top <= point.y() < top + high):
            return None
        row = int(np.clip(round(point.y() / view.steps[0]), 0, len(view.pixels) - 1))
        return row, int(np.argmin(np.abs(view.bands - point.x())))

    def _moved(self, scene_point: Any) -> None:
        self._place(self._sample_at(scene_point))

    def _place(self, cursor: tuple[int, int] | None) -> None:
        if cursor != self.under:
            self.under = cursor
            self._read()
            self.cursor_moved.emit()

    def _clicked(self, event: Any) -> None:
        found = self._sample_at(event.scenePos())
        if found is not None and self._view is not None and event.button() == Qt.MouseButton.LeftButton:
            self.line.setValue(int(self._view.pixels[found[0]]))

    def _read(self) -> None:
        view = self._view
        if view is None or self.under is None or self._shown is None:
            self.readout.setText("")
            return
        row, column = (min(at, n - 1) for at, n in zip(self.under, self._shown.shape, strict=True))
        across = f"{view.bands[column]:.1f} nm" if view.spectral else f"{view.across.lower()} {view.bands[column]:g}"
        down = view.down.split()[0].lower()
        self.readout.setText(f"{down} {view.pixels[row]}, {across}: {self._shown[row, column]:.4g}")

    def _colour(self) -> None:
        self.area.setBackground(self._theme.colour("base"))
        self._theme.style_plot(self.plot)
        self.histogram.style(self._theme)
