"""A form made from the connection parameters of a device that was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QFormLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.parameter_tree import DeviceParameters
from pymodaq_hsi.dashboard.words_label import WordsLabel

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message

__all__ = ["ConnectionForm"]


class ConnectionForm(QWidget):
    """How a device is to be connected; what is left as it was is not sent, so that the driver's own defaults hold.

    Attributes
    ----------
    wanted : pyqtSignal(str, dict, str)
        The identity, the connection parameters that were set, and the name that the device shall have in the station,
        '' for one that the station gives.
    """

    wanted = pyqtSignal(str, dict, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._device: Message = {}
        self._given: dict[str, Any] = {}
        self.heading = WordsLabel()
        self.name = QLineEdit()
        self.name.setPlaceholderText("the station gives one")
        self.name.setToolTip("By which plans and commands call it: letters, digits, _ and -")
        self.parameters = DeviceParameters()
        self.button = QPushButton("Connect")
        self.button.setProperty("primary", True)
        self.button.setToolTip("Connect the device with these parameters; what is left as it is the driver decides")
        form = QFormLayout()
        form.addRow("Name", self.name)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.heading)
        column.addLayout(form)
        column.addWidget(self.parameters, 1)
        column.addWidget(self.button)
        self.parameters.edited.connect(lambda name, value: self._given.__setitem__(name, value))
        self.button.clicked.connect(lambda: self.wanted.emit(self._device["identity"], self.values(), self._name()))

    def show_device(self, device: Message) -> None:
        """Show the form of a device; the same device keeps what was typed."""
        if device["identity"] == self._device.get("identity"):
            return
        self._device, self._given = device, {}
        about = " ".join(part for part in (device["manufacturer"], device["model"], device["serial_number"]) if part)
        self.heading.setText(f"{device['display_name']}\n{about}")
        self.name.clear()
        specs = device["parameters"]
        defaults = {spec["name"]: spec["default"] for spec in specs}
        self.parameters.show_lists({"Parameter": specs}, defaults, {"Parameter": "Connection"})

    def values(self) -> dict[str, Any]:
        """Return the connection parameters that were set."""
        return {name: value for name, value in self._given.items() if value not in ("", None)}

    def _name(self) -> str:
        return self.name.text().strip()
