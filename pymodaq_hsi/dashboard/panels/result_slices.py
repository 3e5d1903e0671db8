"""Which of the outer axes' values are shown, where a scan has more axes than a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QCheckBox, QGridLayout, QLabel, QSlider, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymodaq_hsi.dashboard.scan_points import ResultAxis

__all__ = ["Slices"]


class Slices(QWidget):
    """A slider for each outer axis; they follow the scan until one is moved.

    Attributes
    ----------
    changed : pyqtSignal()
        Another part is to be shown.
    """

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._axes: list[ResultAxis] = []
        self.sliders: list[QSlider] = []
        self._labels: list[QLabel] = []
        self.follow = QCheckBox("follow the scan")
        self.follow.setToolTip("Show the part that is being measured")
        self.follow.setChecked(True)
        self.follow.toggled.connect(lambda _: self.changed.emit())
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self.hide()

    def show_axes(self, axes: Sequence[ResultAxis]) -> None:
        """Have a slider for each of these axes."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = None if item is None else item.widget()
            if widget is not None and widget is not self.follow:
                widget.deleteLater()
        self._axes = list(axes)
        self.sliders, self._labels = [], []
        for row, axis in enumerate(self._axes):
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setObjectName(f"Slice{row}")
            slider.setRange(0, 0 if axis.values is None else len(axis.values) - 1)
            slider.setToolTip(f"Which value of {axis.label} is shown")
            slider.valueChanged.connect(lambda _: self._say())
            slider.sliderMoved.connect(lambda _: self._moved())
            slider.actionTriggered.connect(lambda _: self._moved())
            label = QLabel()
            self._grid.addWidget(QLabel(axis.label), row, 0)
            self._grid.addWidget(slider, row, 1)
            self._grid.addWidget(label, row, 2)
            self.sliders.append(slider)
            self._labels.append(label)
        self._grid.addWidget(self.follow, len(self._axes), 1)
        self.setVisible(bool(self._axes))
        self._say()

    def indexes(self) -> tuple[int, ...]:
        """Return what is shown of each outer axis."""
        return tuple(slider.value() for slider in self.sliders)

    def go_to(self, indexes: Sequence[int]) -> None:
        """Show the part with the point that was measured, if the scan is followed."""
        if self.follow.isChecked():
            for slider, index in zip(self.sliders, indexes, strict=False):
                slider.setValue(int(index))

    def _moved(self) -> None:
        self.follow.setChecked(False)

    def _say(self) -> None:
        for axis, slider, label in zip(self._axes, self.sliders, self._labels, strict=True):
            value = 0.0 if axis.values is None else axis.values[slider.value()]
            label.setText(f"{value:.5g} {axis.unit}".strip())
        self.changed.emit()
