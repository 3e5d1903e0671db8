"""What a plan measures at each point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import (
    QAction,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pymodaq_hsi.dashboard.panels.scans_fields import Choice, NumberField, Problem, quiet
from pymodaq_hsi.dashboard.panels.scans_targets import readable

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.panel import PanelContext
    from pymodaq_hsi.dashboard.plan_model import Place, PlanModel

__all__ = ["DetectorsEditor"]

_FRAME = {"intensity": "raw counts", "reflectance": "reflectance", "radiance": "radiance"}
_READ = {"parameters": "parameters"}
_LETTERS = 36
"""What the names of parameters may take of the width; more are counted."""


class DetectorsEditor(QGroupBox):
    """A line for each detector: device, what of it, how many are averaged.

    Attributes
    ----------
    edited : pyqtSignal()
        The model was changed.
    """

    edited = pyqtSignal()

    def __init__(self, context: PanelContext, model: PlanModel) -> None:
        super().__init__("Detectors")
        self._context = context
        self._model = model
        self.rows: list[_Row] = []
        self.picker = Choice("A device that is measured at each point: picking one adds it")
        self.picker.setObjectName("DetectorPicker")
        self.problem = Problem()
        self.hint = quiet("Add what is measured at each point")
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        add = QHBoxLayout()
        add.addWidget(quiet("Add"))
        add.addWidget(self.picker, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        column.addLayout(add)
        column.addLayout(self._lines)
        column.addWidget(self.hint)
        column.addWidget(self.problem)
        self.picker.chosen.connect(self._add)

    def show_devices(self) -> None:
        """Offer the connected devices, cameras first."""
        devices = self._context.mirror.devices
        cameras = [name for name, device in devices.items() if device["type"] == "Instrument"]
        names = cameras + [name for name in devices if name not in cameras]
        label = "pick a device ..." if names else "connect a device first"
        self.picker.offer({"": label} | {name: f"{name} ({devices[name]['display_name']})" for name in names})
        self.picker.setCurrentIndex(0)
        for row in self.rows:
            row.show_devices()

    def show_plan(self) -> None:
        """Show the detectors of the model."""
        for row in self.rows:
            row.setParent(None)
            row.deleteLater()
        self.rows = []
        for number in range(len(self._model.items("detectors"))):
            row = _Row(self._context, self._model, number)
            row.edited.connect(self.edited)
            row.removed.connect(self._remove)
            self._lines.addWidget(row)
            self.rows.append(row)
        self.hint.setVisible(not self.rows)
        self.show_devices()

    def tell(self, problems: list[tuple[Place, str]]) -> None:
        """Show what is wrong with detectors."""
        self.problem.tell([text for _, text in problems])

    def _add(self, device: str) -> None:
        if not device:
            return
        item: dict[str, Any] = {"device": device}
        known = self._context.mirror.devices.get(device, {})
        if known.get("type") != "Instrument":
            item["parameters"] = list(readable(self._context.mirror, device))[:1]
        self._model.add("detectors", item)
        self.show_plan()
        self.edited.emit()

    def _remove(self, number: int) -> None:
        self._model.remove("detectors", number)
        self.show_plan()
        self.edited.emit()


class _Row(QWidget):
    """One detector."""

    edited = pyqtSignal()
    removed = pyqtSignal(int)

    def __init__(self, context: PanelContext, model: PlanModel, number: int) -> None:
        super().__init__()
        self._context = context
        self._model = model
        self._number = number
        self.name = QLabel()
        self.what = Choice(
            "Raw counts, reflectance (needs references), radiance (needs a radiometry file, see Text), or readings"
        )
        self.what.setObjectName(f"DetectorWhat{number}")
        self.average = NumberField(
            "How many frames, or readings, are averaged at each point", whole=True, hint="1", width=56
        )
        self.average.setObjectName(f"DetectorAverage{number}")
        self.parameters = QToolButton()
        self.parameters.setObjectName(f"DetectorParameters{number}")
        self.parameters.setToolTip("Which parameters are read at each point")
        self.parameters.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self.parameters.setMenu(self._menu)
        out = QPushButton("✕")
        out.setToolTip("Measure this no longer")
        out.setFixedWidth(30)
        out.setStyleSheet("padding: 1px")
        out.clicked.connect(lambda: self.removed.emit(self._number))
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.name)
        row.addWidget(self.what, 1)
        row.addWidget(QLabel("average"))
        row.addWidget(self.average)
        row.addWidget(out)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.parameters)
        self.what.chosen.connect(self._choose)
        self.average.edited.connect(lambda value: self._put(value, "average"))
        self.show_devices()

    def show_devices(self) -> None:
        """Show the detector, with what its device can give."""
        item = self._model.get("detectors", self._number, default={})
        device = item.get("device", "")
        known = self._context.mirror.devices.get(device)
        self.name.setText(device)
        self.name.setToolTip(known["display_name"] if known is not None else f"{device} is not connected")
        frames = _FRAME if known is None or known["type"] == "Instrument" else {}
        self.what.offer(frames | _READ)
        names = item.get("parameters", [])
        self.what.show_value("parameters" if names else item.get("value", "intensity"))
        self.average.show_value(item.get("average"))
        self.parameters.setVisible(bool(names))
        shown = ", ".join(names)
        self.parameters.setText(shown if len(shown) <= _LETTERS else f"{names[0]} and {len(names) - 1} more")
        self.parameters.setToolTip(f"Which parameters are read at each point: {shown}")
        self._menu.clear()
        offers = readable(self._context.mirror, device)
        for name, text in (offers | {name: name for name in names if name not in offers}).items():
            action = QAction(text, self._menu)
            self._menu.addAction(action)
            action.setCheckable(True)
            action.setChecked(name in names)
            action.triggered.connect(lambda checked, name=name: self._toggle(name, checked))

    def _choose(self, what: str) -> None:
        device = self._model.get("detectors", self._number, "device")
        if what == "parameters":
            first = list(readable(self._context.mirror, device))[:1]
            self._model.put(None, "detectors", self._number, "value")
            self._model.put(first, "detectors", self._number, "parameters")
        else:
            self._model.put(None, "detectors", self._number, "parameters")
            self._model.put(None if what == "intensity" else what, "detectors", self._number, "value")
        self.show_devices()
        self.edited.emit()

    def _toggle(self, name: str, checked: bool) -> None:
        names = self._model.get("detectors", self._number, "parameters", default=[])
        names = [*names, name] if checked else [each for each in names if each != name]
        if names:  # without any it would be a detector of frames
            self._put(names, "parameters")
        self.show_devices()

    def _put(self, value: Any, field: str) -> None:
        self._model.put(value, "detectors", self._number, field)
        self.edited.emit()
