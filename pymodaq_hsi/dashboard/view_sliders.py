"""Sliders for the dimensions of data that a map does not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import QGridLayout, QLabel, QSlider, QWidget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.dashboard.file_shapes import Dimension

__all__ = ["DimensionSliders"]

_AFTER_MS = 60


class DimensionSliders(QWidget):
    """One for each dimension, with where it is; hidden when there are none.

    Attributes
    ----------
    changed : pyqtSignal()
        Another place is to be shown; told when the slider rests.
    """

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self.sliders: dict[int, QSlider] = {}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_AFTER_MS)
        self._soon.timeout.connect(self.changed)
        self.hide()

    def offer(self, dimensions: Mapping[int, Dimension], at: Mapping[int, int]) -> None:
        """Have a slider for each of these dimensions, at the given places as far as there are any."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._soon.stop()
        self.sliders = {}
        for row, (axis, dimension) in enumerate(dimensions.items()):
            slider, where = QSlider(Qt.Orientation.Horizontal), QLabel()
            slider.setObjectName(f"ViewSlider{axis}")
            slider.setRange(0, len(dimension.values) - 1)
            slider.setValue(at.get(axis, 0))
            slider.setToolTip(f"Where along {dimension.caption}")

            def say(index: int, dimension: Dimension = dimension, where: QLabel = where) -> None:
                where.setText(f"{dimension.values[index]:.6g} {dimension.units}".strip())

            say(slider.value())
            slider.valueChanged.connect(say)
            slider.valueChanged.connect(lambda _: self._soon.start())
            for column, widget in enumerate((QLabel(dimension.label), slider, where)):
                self._grid.addWidget(widget, row, column)
            self.sliders[axis] = slider
        self.setVisible(bool(self.sliders))

    def at(self) -> dict[int, int]:
        """Return the index that is shown of each dimension."""
        return {axis: slider.value() for axis, slider in self.sliders.items()}
