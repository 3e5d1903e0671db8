"""Devices: finding them, connecting them, setting them, losing them and getting them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from pymodaq_hsi.dashboard.connection_form import ConnectionForm
from pymodaq_hsi.dashboard.device_search import SearchState
from pymodaq_hsi.dashboard.panel import Area, Panel
from pymodaq_hsi.dashboard.parameter_tree import DeviceParameters

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["DevicesPanel"]

_KINDS = {"Instrument": "Cameras and spectrometers", "LightControl": "Lights", "Actuator": "Stages"}
_LOOK_FOR_S = 5.0
_LIST_LINES = 6
_SETTLED_MS = 300
_NAME = Qt.ItemDataRole.UserRole
_FOUND = Qt.ItemDataRole.UserRole + 1


class DevicesPanel(Panel):
    """What is connected and what could be, with the parameters of the selected device below."""

    title = "Devices"
    area = Area.Left
    order = 10

    def __init__(self, context: PanelContext) -> None:
        super().__init__(context)
        self._found: list[Message] = []
        self._busy: dict[str, str] = {}
        self.find_them = QPushButton("Find devices")
        self.find_them.setToolTip(f"Ask all installed drivers what is there; {_LOOK_FOR_S:g} s at most")
        self.find_them.setProperty("primary", True)
        self.connect_it = QPushButton("Connect")
        self.connect_it.setToolTip("Connect the selected device (double click)")
        self.disconnect_it = QPushButton("Disconnect")
        self.disconnect_it.setToolTip("Disconnect the selected device and what belongs to it")
        buttons = QHBoxLayout()
        for button in (self.find_them, self.connect_it, self.disconnect_it):
            buttons.addWidget(button)
        self.search = SearchState()
        self.list = QTreeWidget()
        self.list.setObjectName("DeviceList")
        self.list.setHeaderLabels(["Device", "State"])
        self.list.setRootIsDecorated(False)
        self.list.setMinimumHeight(_LIST_LINES * (self.fontMetrics().height() + 4))
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.parameters = DeviceParameters()
        self.form = ConnectionForm()
        self.hint = QLabel("Find devices, select one and connect it.\nIts settings are shown here.")
        self.hint.setProperty("quiet", True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.below = QStackedWidget()
        for widget in (self.hint, self.form, self.parameters):
            self.below.addWidget(widget)
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(buttons)
        column.addWidget(self.list, 1)
        column.addWidget(self.search)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(above)
        split.addWidget(self.below)
        split.setStretchFactor(1, 1)
        split.setSizes([220, 420])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(4, 4, 4, 4)
        whole.addWidget(split)
        self.find_them.clicked.connect(self.look_for_devices)
        self.connect_it.clicked.connect(self._connect_selected)
        self.disconnect_it.clicked.connect(self._disconnect_selected)
        self.list.currentItemChanged.connect(lambda *_: self._select())
        self.list.itemDoubleClicked.connect(lambda *_: self._connect_selected())
        self.form.wanted.connect(self._connect)
        self.parameters.edited.connect(self._set)
        self.parameters.executed.connect(self._execute)
        context.theme.changed.connect(self._show_list)
        self._show_list()

    # events

    def on_snapshot(self, event: Message) -> None:
        """Show everything anew; look for devices when nothing is connected."""
        self._show_list()
        self._show_below()
        if not self.mirror.devices and not self._found:
            self.look_for_devices()

    def link_lost(self) -> None:
        """Show that nothing is known any more, and lock it."""
        self._busy.clear()
        self._end_looking()
        self._show_list()
        self._lock()

    def on_connected(self, event: Message) -> None:
        """Show the device, and select it if nothing else is."""
        self._show_list()
        if self._selected_name() is None:
            self._pick(event["device"])

    def on_disconnected(self, event: Message) -> None:
        """Show it as one that could be connected."""
        self._show_list()

    def on_device(self, event: Message) -> None:
        """Show what has become of it."""
        self._show_list()
        self._show_below()

    on_lost = on_reconnected = on_device

    def on_parameters(self, event: Message) -> None:
        """Show changed values and limits of the selected device."""
        if event["device"] != self._selected_name():
            return
        if event.get("gone") or not self.parameters.take_specs(event.get("specs", [])):
            self._show_below()
            return
        self.parameters.take_values(event["values"])

    def on_in_use(self, event: Message) -> None:
        """Lock the parameters of devices that are in use."""
        self._show_list()
        if self._selected_name() in event["devices"]:
            self._lock()

    def on_light(self, event: Message) -> None:
        """Show whether it shines."""
        self._show_list()

    # what the user does

    def look_for_devices(self) -> None:
        """Ask all drivers; the list shows what they say."""
        if self.search.busy:
            return
        self.find_them.setEnabled(False)
        self.find_them.setText("Looking ...")
        self.search.begin(_LOOK_FOR_S)
        self.link.begin("enumerate", self._take_found, self._not_found, timeout=_LOOK_FOR_S)

    def _take_found(self, found: Message) -> None:
        self._end_looking()
        self._found = found["devices"]
        self.search.show_found(found)
        self._show_list()
        if not self._found and not self.mirror.devices:
            self.hint.setText(
                "No driver has found a device.\nIs it switched on, and its driver installed?\n"
                "'pymodaq-hsi plugins' lists the installed ones."
            )

    def _not_found(self, error: Exception) -> None:
        self._end_looking()
        self.notices.fail(error)

    def _end_looking(self) -> None:
        self.find_them.setText("Find devices")
        self.search.end()
        self.find_them.setEnabled(self.link.attached)

    def _connect_selected(self) -> None:
        item = self.list.currentItem()
        found = None if item is None else item.data(0, _FOUND)
        name = self._selected_name()
        if found is not None:
            self._connect(found["identity"], self.form.values(), self.form.name.text().strip())
        elif name is not None and not self.mirror.devices[name]["connected"]:
            self._busy[name] = "connecting ..."
            self._show_list()
            self.link.begin(
                "reconnect", lambda _: self._ended(name), lambda error: self._ended(name, error), device=name
            )

    def _connect(self, identity: str, parameters: dict[str, Any], name: str) -> None:
        self._busy[identity] = "connecting ..."
        self._show_list()
        self.link.begin(
            "connect",
            lambda names: self._connected(identity, names),
            lambda error: self._ended(identity, error),
            device=identity,
            parameters=parameters,
            name=name,
        )

    def _connected(self, identity: str, names: list[str]) -> None:
        self._ended(identity)
        if names:
            self._pick(names[0])

    def _disconnect_selected(self) -> None:
        name = self._selected_name()
        if name is None:
            return
        self._busy[name] = "disconnecting ..."
        self._show_list()
        self.link.begin("disconnect", lambda _: self._ended(name), lambda error: self._ended(name, error), device=name)

    def _ended(self, key: str, error: Exception | None = None) -> None:
        self._busy.pop(key, None)
        self._show_list()
        if error is not None:
            self.notices.fail(error)

    def _set(self, parameter: str, value: Any) -> None:
        device = self._selected_name()
        if device is None:
            return

        def show_truth() -> None:
            if device == self._selected_name():
                self.parameters.take_values({parameter: self.mirror.value(device, parameter)})

        def refused(error: Exception) -> None:
            self.notices.fail(error)
            show_truth()

        def taken(_: Any) -> None:
            # the answer may be older than what somebody else has set since; events are in order, and may be on the way
            QTimer.singleShot(_SETTLED_MS, show_truth)

        self.link.ask("set", taken, refused, device=device, parameter=parameter, value=value)

    def _execute(self, parameter: str) -> None:
        device = self._selected_name()
        if device is not None:
            self.link.ask("execute", None, self.notices.fail, device=device, parameter=parameter)

    # what is shown

    def _selected_name(self) -> str | None:
        item = self.list.currentItem()
        name = None if item is None else item.data(0, _NAME)
        return name if name in self.mirror.devices else None

    def _pick(self, key: str) -> None:
        for item in self._items():
            if item.data(0, _NAME) == key:
                self.list.setCurrentItem(item)

    def _items(self) -> list[QTreeWidgetItem]:
        return [self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount())]  # type: ignore[misc]

    def _show_list(self) -> None:
        item = self.list.currentItem()
        before = None if item is None else (item.data(0, _NAME) or (item.data(0, _FOUND) or {}).get("identity"))
        self.list.blockSignals(True)
        self.list.clear()
        connected = {device["identity"] for device in self.mirror.devices.values()}
        for kind, title in _KINDS.items():
            names = self.mirror.of_type(kind)
            free = [each for each in self._found if each["type"] == kind and each["identity"] not in connected]
            if not names and not free:
                continue
            self._add_title(title)
            for name in names:
                self._add_connected(name)
            for each in free:
                self._add_found(each)
        self.list.blockSignals(False)
        for row in self._items():
            found = row.data(0, _FOUND) or {}
            if before is not None and before in (row.data(0, _NAME), found.get("identity")):
                self.list.setCurrentItem(row)
                break
        else:
            self._show_below()
        self._show_buttons()

    def _add_title(self, title: str) -> None:
        item = QTreeWidgetItem([title])
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        item.setForeground(0, QColor(self.context.theme.colour("quiet")))
        item.setData(0, _FOUND, None)
        self.list.addTopLevelItem(item)
        item.setFirstColumnSpanned(True)

    def _add_connected(self, name: str) -> None:
        device = self.mirror.devices[name]
        role, state, why = "good", device["status"], ""
        if not device["connected"] or device["problem"]:
            role = "error"
        elif use := self.mirror.in_use.get(name):
            role, state, why = "accent", "in use", f"In use by {use}"
        elif device.get("light") == "ForcedOff":
            role, state = "warning", "forced off"
        elif name in self.mirror.live:
            state = "live"
        if not self.link.attached:
            role, state = "quiet", "not known"
        item = QTreeWidgetItem([f"   {name}: {device['display_name']}", self._busy.get(name, state)])
        item.setData(0, _NAME, name)
        item.setForeground(1, QColor(self.context.theme.colour(role)))
        about = [device["identity"], f"{device['manufacturer']} {device['model']}", device["problem"]]
        item.setToolTip(0, "\n".join(each for each in about if each.strip()))
        item.setToolTip(1, device["problem"] or why or state)
        self.list.addTopLevelItem(item)

    def _add_found(self, found: Message) -> None:
        item = QTreeWidgetItem([f"   {found['display_name']}", self._busy.get(found["identity"], "found")])
        item.setData(0, _FOUND, found)
        item.setForeground(1, QColor(self.context.theme.colour("quiet")))
        item.setToolTip(0, f"{found['identity']}\n{found['manufacturer']} {found['model']}")
        self.list.addTopLevelItem(item)

    def _select(self) -> None:
        name = self._selected_name()
        if name is not None:
            self.context.selection.select_device(name)
            if self.mirror.devices[name]["type"] == "Instrument":
                self.context.selection.select_camera(name)
        self._show_below()
        self._show_buttons()

    def _show_buttons(self) -> None:
        item, name = self.list.currentItem(), self._selected_name()
        lost = name is not None and not self.mirror.devices[name]["connected"]
        found = item is not None and item.data(0, _FOUND) is not None
        self.connect_it.setText("Reconnect" if lost else "Connect")
        self.connect_it.setEnabled(self.link.attached and (lost or found))
        self.disconnect_it.setEnabled(self.link.attached and name is not None)
        self.find_them.setEnabled(self.link.attached and not self.search.busy)
        self.form.button.setEnabled(self.link.attached)

    def _show_below(self) -> None:
        item, name = self.list.currentItem(), self._selected_name()
        found = None if item is None else item.data(0, _FOUND)
        if name is not None:
            device = self.mirror.devices[name]
            self.parameters.show_lists(device["lists"], device["values"])
            self.below.setCurrentWidget(self.parameters)
            self._lock()
        elif found is not None:
            self.form.show_device(found)
            self.below.setCurrentWidget(self.form)
        else:
            self.below.setCurrentWidget(self.hint)

    def _lock(self) -> None:
        name = self._selected_name()
        if name is not None:
            free = name not in self.mirror.in_use and self.mirror.devices[name]["connected"] and self.link.attached
            self.parameters.set_editable(free)
