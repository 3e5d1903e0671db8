"""Lights and stages at hand: the master switch, intensities, jog, go, stop, named positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QPushButton, QVBoxLayout

from pymodaq_hsi.dashboard.light_row import LightBox
from pymodaq_hsi.dashboard.panel import Area, Panel
from pymodaq_hsi.dashboard.stage_row import StageBox

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["ControlsPanel"]


class ControlsPanel(Panel):
    """A box for each light and each stage that is connected."""

    title = "Lights and stages"
    area = Area.Left
    order = 20

    def __init__(self, context: PanelContext) -> None:
        super().__init__(context)
        self.lights: dict[str, LightBox] = {}
        self.stages: dict[str, StageBox] = {}
        self.master = QPushButton("All lights off")
        self.master.setObjectName("MasterOff")
        self.master.clicked.connect(self._switch_all)
        self.hint = QLabel("Connect a light or a stage\nto control it here.")
        self.hint.setProperty("quiet", True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(4, 4, 4, 4)
        self._column.addWidget(self.master)
        self._column.addWidget(self.hint)
        self._column.addStretch(1)
        self._show_all()

    def on_snapshot(self, event: Message) -> None:
        """Show everything anew."""
        self._forget(*self.lights, *self.stages)
        self._show_all()

    def on_connected(self, event: Message) -> None:
        """Add a box; what is typed in the others stays."""
        self._show_all()

    on_disconnected = on_connected

    def on_reconnected(self, event: Message) -> None:
        """Make a box anew."""
        self._forget(event["device"])
        self._show_all()

    def link_lost(self) -> None:
        """Lock everything."""
        self._lock()

    def on_lost(self, event: Message) -> None:
        """Lock what cannot be reached."""
        self._lock()

    def on_light(self, event: Message) -> None:
        """Show whether it is forced off."""
        if event["device"] in self.lights:
            self.lights[event["device"]].take_state()
        self._show_master()

    def on_lights(self, event: Message) -> None:
        """Show what the master switch does next."""
        self._show_master()

    def on_parameters(self, event: Message) -> None:
        """Show values and limits; make a box anew when there are other parameters."""
        name = event["device"]
        if name in self.stages:
            self.stages[name].take_values(event["values"])
            if event.get("specs"):
                self.stages[name].take_specs()
        elif name in self.lights:
            if (event.get("specs") or event.get("gone")) and not self.lights[name].take_specs():
                self._forget(name)
                self._show_all()
            else:
                self.lights[name].take_values(event["values"])

    def on_in_use(self, event: Message) -> None:
        """Lock what a scan uses."""
        self._lock()

    def on_positions(self, event: Message) -> None:
        """Show the named positions anew."""
        for box in self.stages.values():
            box.take_positions()

    def _show_all(self) -> None:
        lights, stages = self.mirror.of_type("LightControl"), self.mirror.of_type("Actuator")
        self._forget(*({*self.lights, *self.stages} - {*lights, *stages}))
        self.lights = {name: self.lights.get(name) or LightBox(name, self.context) for name in lights}
        self.stages = {name: self.stages.get(name) or StageBox(name, self.context) for name in stages}
        for index, box in enumerate((*self.lights.values(), *self.stages.values()), 1):
            if self._column.indexOf(box) != index:
                self._column.insertWidget(index, box)
        self.master.setVisible(bool(self.lights))
        self.hint.setVisible(not self.lights and not self.stages)
        self._show_master()
        self._lock()

    def _forget(self, *names: str) -> None:
        for name in names:
            box = self.lights.pop(name, None) or self.stages.pop(name, None)
            if box is not None:
                self._column.removeWidget(box)
                box.hide()
                box.deleteLater()

    def _show_master(self) -> None:
        off = self.mirror.dark
        self.master.setText("All lights back" if off else "All lights off")
        self.master.setToolTip(
            "Bring all lights back to what they were"
            if off
            else "Force all lights off at once, whoever has control (Ctrl+L)"
        )
        self.master.setProperty("danger", not off)
        self.master.style().unpolish(self.master)
        self.master.style().polish(self.master)

    def _lock(self) -> None:
        for name, box in (*self.lights.items(), *self.stages.items()):
            device = self.mirror.devices.get(name)
            use = self.mirror.in_use.get(name, "")
            usable = self.link.attached and device is not None and device["connected"] and not use
            box.set_usable(usable, f"In use by {use}" if use else "" if usable else "It is not connected")
        self.master.setEnabled(self.link.attached)

    def _switch_all(self) -> None:
        def told(problems: list[str] | None) -> None:
            for problem in problems or ():
                self.notices.fail(problem)

        self.link.ask("lights_back" if self.mirror.dark else "lights_off", told, self.notices.fail)
