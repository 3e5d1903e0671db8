"""One light: on or off, and its intensities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QCheckBox, QDoubleSpinBox, QGridLayout, QLabel, QPushButton, QSlider, QWidget

from pymodaq_hsi.dashboard.parameter_items import caption, explanation, is_writable
from pymodaq_hsi.dashboard.setting_steps import UndoKeys
from pymodaq_hsi.dashboard.titled_box import TitledBox

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["LightBox"]

_STEPS = 1000


class LightBox(TitledBox):
    """Switches one light, and sets its switches and those of its parameters that have two limits and the unit %.

    Parameters
    ----------
    name : str
        In the station.
    context : PanelContext
    """

    def __init__(self, name: str, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._link, self._mirror, self._notices = context.link, context.mirror, context.notices
        self._showing = False
        self._sliders: dict[str, QSlider] = {}
        self._boxes: dict[str, QDoubleSpinBox] = {}
        self._ticks: dict[str, QCheckBox] = {}
        self.show_title(f"{name}: {self._mirror.devices[name]['display_name']}")
        self.state = QLabel()
        self.state.setObjectName("LightState")
        self.switch = QPushButton()
        self.switch.setObjectName("LightSwitch")
        self.switch.clicked.connect(self._switch)
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 4, 8, 8)
        grid.addWidget(self.state, 0, 0, 1, 2)
        grid.addWidget(self.switch, 0, 2)
        for row, spec in enumerate(self._switches(), 1):
            self._add_tick(grid, row, spec)
        for row, spec in enumerate(self._intensities(), 1 + len(self._ticks)):
            self._add(grid, row, spec)
        grid.setColumnStretch(1, 1)
        self.take_state()
        self.take_values(self._mirror.devices[name]["values"])

    def take_state(self) -> None:
        """Show whether its settings rule or it is forced off."""
        off = self._mirror.devices[self.name].get("light") == "ForcedOff"
        self.state.setText("Forced off" if off else "As set")
        self.state.setProperty("state", "warning" if off else "good")
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)
        self.switch.setText("Back to its settings" if off else "Force off")
        self.switch.setToolTip(
            "Let its own settings rule again" if off else "Dark at once, whatever its settings are; they are kept"
        )

    def take_values(self, values: Message) -> None:
        """Show intensities as the light has them."""
        self._showing = True
        try:
            for name, box in self._boxes.items():
                value = values.get(name)
                if isinstance(value, int | float) and not self._sliders[name].isSliderDown():
                    box.setValue(value)
                    low, high = box.minimum(), box.maximum()
                    self._sliders[name].setValue(round(_STEPS * (value - low) / (high - low)))
            for name, tick in self._ticks.items():
                if isinstance(values.get(name), bool):
                    tick.setChecked(values[name])
        finally:
            self._showing = False

    def take_specs(self) -> bool:
        """Take other limits over; return False when there are other parameters, and the box has to be made anew."""
        intensities = {spec["name"]: spec for spec in self._intensities()}
        if [*intensities] != [*self._boxes] or [spec["name"] for spec in self._switches()] != [*self._ticks]:
            return False
        self._showing = True
        for name, box in self._boxes.items():
            box.setRange(intensities[name]["minimum"], intensities[name]["maximum"])
        self._showing = False
        self.take_values(self._mirror.devices[self.name]["values"])
        return True

    def set_usable(self, usable: bool, why: str) -> None:
        """Lock or unlock it; forcing it off is always possible with the button of the window."""
        for widget in (self.switch, *self._ticks.values(), *self._sliders.values(), *self._boxes.values()):
            widget.setEnabled(usable)
        self.setToolTip(why or self.name_shown)

    def _switches(self) -> list[Message]:
        return [spec for spec in self._mirror.specs(self.name) if spec["type"] == "Boolean" and is_writable(spec)]

    def _add_tick(self, grid: QGridLayout, row: int, spec: Message) -> None:
        tick = QCheckBox(caption(spec))
        tick.setToolTip(explanation(spec))
        tick.toggled.connect(lambda on, name=spec["name"]: self._set(name, on))
        self._ticks[spec["name"]] = tick
        grid.addWidget(tick, row, 0, 1, 3)

    def _intensities(self) -> list[Message]:
        return [
            spec
            for spec in self._mirror.specs(self.name)
            if spec["type"] in ("Float", "Integer")
            and is_writable(spec)
            and spec["unit"] == "%"
            and spec["minimum"] is not None
            and spec["maximum"] is not None
            and spec["maximum"] > spec["minimum"]
        ]

    def _add(self, grid: QGridLayout, row: int, spec: Message) -> None:
        name = spec["name"]
        slider, box = QSlider(Qt.Orientation.Horizontal), QDoubleSpinBox()
        slider.setRange(0, _STEPS)
        slider.setPageStep(_STEPS // 10)
        box.setRange(spec["minimum"], spec["maximum"])
        box.setDecimals(0 if spec["type"] == "Integer" else 1)
        box.setSuffix(f" {spec['unit']}")
        box.setKeyboardTracking(False)
        for widget in (slider, box):
            widget.setToolTip(explanation(spec))
            widget.setAccessibleName(caption(spec))
        box.valueChanged.connect(lambda value: self._set(name, value))
        slider.valueChanged.connect(lambda step: self._slide(name, step))
        slider.sliderReleased.connect(lambda: self._set(name, box.value()))
        UndoKeys(box)
        self._sliders[name], self._boxes[name] = slider, box
        for column, widget in enumerate((QLabel(caption(spec)), slider, box)):
            grid.addWidget(widget, row, column)

    def _slide(self, name: str, step: int) -> None:
        if self._showing:
            return
        box = self._boxes[name]
        value = box.minimum() + (box.maximum() - box.minimum()) * step / _STEPS
        self._showing = True
        box.setValue(value)
        self._showing = False
        if not self._sliders[name].isSliderDown():
            self._set(name, box.value())

    def _set(self, name: str, value: float | bool) -> None:
        if self._showing:
            return
        spec = self._mirror.spec(self.name, name) or {}

        def refused(error: Exception) -> None:
            self._notices.fail(error)
            self.take_values(self._mirror.devices.get(self.name, {}).get("values", {}))

        wanted: Any = int(value) if spec.get("type") == "Integer" else value
        self._link.ask("set", None, refused, device=self.name, parameter=name, value=wanted)

    def _switch(self) -> None:
        off = self._mirror.devices[self.name].get("light") == "ForcedOff"
        state = "Parametrized" if off else "ForcedOff"
        self._link.ask("light", None, self._notices.fail, device=self.name, state=state)
