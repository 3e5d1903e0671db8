"""Plots of data by their dimensions: a number, curves, a picture, a cube with a navigator and linked spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.map_axes import extent, place_of, ticks
from pymodaq_hsi.dashboard.map_colours import levels_of
from pymodaq_hsi.dashboard.theme import LINE_COLOURS
from pymodaq_hsi.dashboard.view_curves import CurvesPlot, caption_of
from pymodaq_hsi.dashboard.view_sliders import DimensionSliders
from pymodaq_hsi.dashboard.view_spectrum import MapSpectrum, region_words
from pymodaq_hsi.dashboard.words_label import WordsLabel

if TYPE_CHECKING:
    from PyQt5.QtGui import QResizeEvent

    from pymodaq_hsi.dashboard.file_reader import Seen
    from pymodaq_hsi.dashboard.file_shapes import RegionStatistics, ViewShape
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["ViewPlot"]

_WIDE = 1.6
"""Width by height, above which map and spectrum are side by side."""

_MAPS = ("Mean of all bands", "Band", "True colour")


class ViewPlot(QWidget):
    """Shows what one node has.

    Parameters
    ----------
    theme : Theme

    Attributes
    ----------
    cube_wanted : pyqtSignal(tuple, dict, int)
        Pair of dimensions, indexes of the others and channel that are to be shown; `show_cube` takes them.
    cut_wanted : pyqtSignal(int, dict, int)
        Dimension, indexes of the others and channel of a curve; `show_cut` takes it.
    colours_wanted : pyqtSignal(object, object)
        A cube and its wavelengths; `show_colours` takes it in true colour.
    region_wanted : pyqtSignal(tuple, object, object, dict, int)
        Pair, rows and columns as slices, indexes of the others and channel; `show_region` takes its statistics.
    """

    cube_wanted = pyqtSignal(tuple, dict, int)
    cut_wanted = pyqtSignal(int, dict, int)
    colours_wanted = pyqtSignal(object, object)
    region_wanted = pyqtSignal(tuple, object, object, dict, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._view: ViewShape | None = None
        self._pair = (0, 0)
        self._place = (0.0, 0.0, 1.0, 1.0)
        self._cube: Any = None
        self._mean: Any = None
        self._colours: Any = None
        self._cursor = (0, 0)
        self._at_words = ""
        self.channel = QComboBox()
        self.channel.setToolTip("Which of the arrays of this node")
        self.pair = QComboBox()
        self.pair.setToolTip("Which two dimensions the map has")
        self.colouring = QComboBox()
        self.colouring.addItems(_MAPS)
        self.colouring.setToolTip("What the map shows: the mean, the band at the line in the spectrum, or colours")
        self.region = QPushButton("Region")
        self.region.setCheckable(True)
        self.region.setEnabled(False)
        self.region.setToolTip("Mark a rectangle: its mean spectrum, deviation and extremes are shown")
        row = QHBoxLayout()
        for widget in (self.channel, self.pair, self.colouring, self.region):
            row.addWidget(widget)
        row.addStretch(1)
        self.number = QLabel()
        self.number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.curves = CurvesPlot()
        self.map = pg.PlotWidget(axisItems=fitted_axes())
        self.image = pg.ImageItem(axisOrder="row-major")
        self.map.addItem(self.image)
        self.bar = pg.ColorBarItem(colorMap=pg.colormap.get("viridis"), width=12, interactive=True)
        self.bar.setImageItem(self.image, insert_in=self.map.getPlotItem())
        self.cross = [pg.InfiniteLine(angle=angle, pen=pg.mkPen("#E05260", width=1)) for angle in (90, 0)]
        for line in self.cross:
            self.map.addItem(line, ignoreBounds=True)
        self.box = pg.RectROI([0, 0], [1, 1], pen=pg.mkPen(LINE_COLOURS[1], width=2))
        self.box.hide()
        self.map.addItem(self.box)
        spectrum = self.spectrum = MapSpectrum()
        self.band, self.at_cursor, self.of_region = spectrum.band, spectrum.at_cursor, spectrum.of_region
        self.words = WordsLabel()
        self.words.setObjectName("ViewWords")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sliders = DimensionSliders()
        self.both = both = QSplitter(Qt.Orientation.Vertical)
        both.addWidget(self.map)
        both.addWidget(self.spectrum)
        both.setSizes([300, 260])
        both.setChildrenCollapsible(False)
        self.pages = QStackedWidget()
        self.text = QPlainTextEdit()
        self.text.setObjectName("ViewText")
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        for page in (self.number, self.curves, both, self.text):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.sliders)
        column.addWidget(self.pages, 1)
        column.addWidget(self.words)
        self.sliders.changed.connect(self._ask)
        self.channel.currentIndexChanged.connect(lambda _: self._ask())
        self.pair.currentIndexChanged.connect(lambda _: self._take_pair())
        self.colouring.currentIndexChanged.connect(lambda _: self._paint())
        self.band.sigPositionChanged.connect(lambda _: self._paint() if self.colouring.currentIndex() == 1 else None)
        self.band.sigDragged.connect(lambda _: self.colouring.setCurrentIndex(1))
        self.region.toggled.connect(self._toggle_region)
        self.box.sigRegionChangeFinished.connect(lambda _: self._ask_region())
        self.map.scene().sigMouseClicked.connect(self._clicked)
        theme.changed.connect(self._colour)
        self._colour()
        self.clear()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802  Qt's name
        """Put map and spectrum side by side where there is little height for both."""
        super().resizeEvent(event)
        wide = self.pages.width() > _WIDE * self.pages.height()
        self.both.setOrientation(Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical)

    def clear(self, words: str = "") -> None:
        """Show nothing but words."""
        self._view, self._cube, self._at_words = None, None, ""
        self.number.setText(words or "Choose data in the tree to see it here.")
        self.pages.setCurrentIndex(0)
        self.words.setText("")
        self._offer(channels=[], pairs=[])

    def show_seen(self, seen: Seen) -> None:
        """Show data; what it takes to do so is asked for by the signals. Or a text."""
        again = _is_same(self._view, seen.view)
        view = self._view = seen.view
        self._cube = self._mean = self._colours = None
        self.words.setText("")
        if view is None:
            self._offer(channels=[], pairs=[])
            self.text.setPlainText(seen.text)
            self.pages.setCurrentIndex(3)
            return
        pairs = [f"{view.dimensions[a].label} x {view.dimensions[b].label}" for a, b in view.map_axes()]
        self._offer(view.channels if len(view.shape) > 1 else [], pairs, again=again)
        if not again:
            self.region.setChecked(False)
            self.region.setEnabled(False)  # until there is a map to draw it in
        if not view.shape:
            unit = f" {view.units}" if view.units else ""
            values = [f"{name}: {value}{unit}" for name, value in zip(view.channels, seen.values, strict=True)]
            self.number.setText("\n".join(values))
            self.pages.setCurrentIndex(0)
        elif len(view.shape) == 1:
            self.pages.setCurrentIndex(1)
            self.words.setText(self.curves.show_curves(view, seen))
        else:
            self.pages.setCurrentIndex(2)
            self._take_pair(again=again)

    def show_cube(self, cube: Any, mean: Any) -> None:
        """Take what was asked for by `cube_wanted`, and its mean along the spectrum."""
        if self._view is None or len(self._view.shape) < 2:
            return
        fresh = self._cube is None or self._cube.shape != cube.shape
        self._cube, self._mean, self._colours = cube, mean, None
        self.region.setEnabled(True)
        rows, columns = (self._view.dimensions[axis] for axis in self._pair)
        for side, dimension in (("left", rows), ("bottom", columns)):
            self.map.setLabel(side, dimension.caption)
            self.map.getAxis(side).setTicks(ticks(dimension.values))
        self.map.getPlotItem().invertY(not rows.navigation or rows.label.startswith("time"))  # lines come from above
        (x, width), (y, height) = extent(columns.values), extent(rows.values)
        self._place = (x, y, width, height)
        self._paint()
        if fresh:
            self.map.autoRange()
            self._cursor = (cube.shape[0] // 2, cube.shape[1] // 2)
        self._point()
        self._ask_region()

    def show_colours(self, cube: Any, picture: Any) -> None:
        """Take what was asked for by `colours_wanted`."""
        if cube is self._cube:
            self._colours = picture
            self._paint()

    def show_cut(self, values: Any) -> None:
        """Take the curve that was asked for by `cut_wanted`."""
        if self._view is not None and len(self._view.shape) > 1:
            values = np.asarray(values, np.float64)
            self.at_cursor.setData(self._along().values, values, connect="finite")
            known = values[np.isfinite(values)]
            row, column = self._index()
            rows, columns = (self._view.dimensions[axis] for axis in self._pair)
            unit = f" {self._view.units}" if self._view.units else ""
            what = f"mean {known.mean():.6g}{unit}" if known.size else "nothing measured"
            if self._view.spectrum_axis is None:
                what = f"{values[column]:.6g}{unit}"
            self._at_words = (
                (
                    f"{rows.label} {rows.values[row]:.6g} {rows.units}, "
                    f"{columns.label} {columns.values[column]:.6g} {columns.units}: {what}"
                )
                .replace(" ,", ",")
                .replace(" :", ":")
            )
            if not self.region.isChecked():
                self.words.setText(self._at_words)

    def show_region(self, found: RegionStatistics) -> None:
        """Take the statistics that were asked for by `region_wanted`."""
        if self._view is None:
            return
        if len(found.mean) > 1:
            self.spectrum.show_region(self._along().values, found)
        self.words.setText(region_words(found, self._view.units))

    # how it comes to be

    def _offer(self, channels: list[str], pairs: list[str], *, again: bool = False) -> None:
        for box, texts in ((self.channel, channels), (self.pair, pairs)):
            chosen = box.currentIndex() if again else 0
            box.blockSignals(True)
            box.clear()
            box.addItems(texts)
            box.setCurrentIndex(min(max(0, chosen), len(texts) - 1))
            box.setVisible(len(texts) > 1)
            box.blockSignals(False)
        cube = bool(pairs) and self._view is not None and self._view.spectrum_axis is not None
        self.colouring.setVisible(cube)
        self.region.setVisible(bool(pairs))
        self.band.setVisible(cube)
        if not pairs:
            self.sliders.offer({}, {})

    def _take_pair(self, *, again: bool = False) -> None:
        """Show the map of the chosen dimensions; of data that were shown before at the same place."""
        if self._view is None or not self._view.map_axes():
            return
        self._pair = self._view.map_axes()[max(0, self.pair.currentIndex())]
        self.sliders.offer(
            {axis: self._view.dimensions[axis] for axis in self._others()}, self.sliders.at() if again else {}
        )
        along = self._along()
        self.spectrum.setLabel("bottom", along.caption)
        self.spectrum.setLabel("left", caption_of(self._view))
        if not again:
            self.band.setValue(float(along.values[len(along.values) // 2]))
        self._ask()

    def _others(self) -> list[int]:
        assert self._view is not None
        return [i for i in range(len(self._view.shape)) if i not in self._pair and i != self._view.spectrum_axis]

    def _along(self) -> Any:
        """Return the dimension of the curve below a map: the spectrum, or of a picture its columns."""
        assert self._view is not None
        axis = self._view.spectrum_axis
        return self._view.dimensions[self._pair[1] if axis is None else axis]

    def _ask(self) -> None:
        if self._view is None:
            return
        if len(self._view.shape) > 1:
            self.cube_wanted.emit(self._pair, self.sliders.at(), max(0, self.channel.currentIndex()))

    def _paint(self) -> None:
        if self._view is None or self._cube is None:
            return
        cube, spectrum = self._cube, self._view.spectrum_axis
        kind = self.colouring.currentIndex() if spectrum is not None else 0
        if kind == 2 and spectrum is not None:
            if self._colours is not None:
                self.bar.hide()
                self.image.setImage(self._colours, levels=(0, 255), autoLevels=False)
                self.image.setRect(*self._place)
                return
            self.colours_wanted.emit(cube, self._view.dimensions[spectrum].values)  # until they come the mean is shown
        self.bar.show()
        picture = self._mean
        if kind == 1 and spectrum is not None:
            wanted = self._view.dimensions[spectrum].values
            picture = np.asarray(cube[:, :, int(np.argmin(np.abs(wanted - self.band.value())))], np.float32)
        levels = levels_of(picture)
        self.image.setImage(picture, autoLevels=False, levels=levels)
        self.image.setRect(*self._place)
        self.bar.setLevels(levels)

    def _clicked(self, event: Any) -> None:
        if self._view is None or self._cube is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if not self.map.getPlotItem().vb.sceneBoundingRect().contains(event.scenePos()):
            return
        point = self.image.mapFromScene(event.scenePos())
        row, column = int(np.floor(point.y())), int(np.floor(point.x()))
        self._cursor = (
            min(max(row, 0), self._cube.shape[0] - 1),
            min(max(column, 0), self._cube.shape[1] - 1),
        )
        self._point()

    def _index(self) -> tuple[int, int]:
        """Return the indexes of the cursor in the data."""
        assert self._view is not None
        row, column = (
            position * step for position, step in zip(self._cursor, self._view.steps(self._pair), strict=True)
        )
        return row, column

    def _point(self) -> None:
        """Show the curve at the cursor."""
        assert self._view is not None
        index = self._index()
        rows, columns = (self._view.dimensions[axis] for axis in self._pair)
        self.cross[0].setValue(place_of(columns.values, index[1]))
        self.cross[1].setValue(place_of(rows.values, index[0]))
        at = self.sliders.at() | dict(zip(self._pair, index, strict=True))
        axis = self._view.spectrum_axis
        self.cut_wanted.emit(self._pair[1] if axis is None else axis, at, max(0, self.channel.currentIndex()))

    def _toggle_region(self, on: bool) -> None:
        self.box.setVisible(on)
        self.spectrum.forget_region()
        if not on or self._view is None:
            self.words.setText(self._at_words)
            return
        rectangle = self.image.mapRectToParent(self.image.boundingRect())
        self.box.blockSignals(True)
        self.box.setPos(rectangle.x() + rectangle.width() / 3, rectangle.y() + rectangle.height() / 3)
        self.box.setSize([rectangle.width() / 3, rectangle.height() / 3])
        self.box.blockSignals(False)
        self._ask_region()

    def _ask_region(self) -> None:
        if self._view is None or self._cube is None or not self.region.isChecked():
            return
        place = self.image.mapRectFromParent(self.box.parentBounds())
        steps = self._view.steps(self._pair)
        sizes = self._view.shape[self._pair[0]], self._view.shape[self._pair[1]]
        rows = _span(place.top() * steps[0], place.bottom() * steps[0], sizes[0])
        columns = _span(place.left() * steps[1], place.right() * steps[1], sizes[1])
        self.region_wanted.emit(self._pair, rows, columns, self.sliders.at(), max(0, self.channel.currentIndex()))

    def _colour(self) -> None:
        for plot in (self.curves, self.map, self.spectrum):
            self._theme.style_plot(plot)
        self._theme.style_axis(self.bar.axis)


def _is_same(before: ViewShape | None, now: ViewShape | None) -> bool:
    """Whether data are those that were shown before, perhaps more of them."""
    if before is None or now is None or before.path != now.path:
        return False
    return [each.caption for each in before.dimensions] == [each.caption for each in now.dimensions]


def _span(first: float, last: float, size: int) -> slice:
    low = int(np.clip(np.floor(first), 0, size - 1))
    return slice(low, int(np.clip(np.ceil(last), low + 1, size)))
