"""What a plan does before its first point and after its last."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.panels.scans_fields import Choice, NumberField, Problem, quiet
from pymodaq_hsi.dashboard.panels.scans_targets import commands, settable, spec_of, targets

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.panel import PanelContext
    from pymodaq_hsi.dashboard.plan_model import Place, PlanModel

__all__ = ["ActionsEditor"]

_WHEN = {"before": "Before", "after": "After"}
_DO = {"set": "set", "move": "move", "execute": "execute", "wait": "wait (s)", "lights_off": "lights off"}


class ActionsEditor(QGroupBox):
    """A line for each action, in the order in which they are done.

    Attributes
    ----------
    edited : pyqtSignal()
        The model was changed.
    """

    edited = pyqtSignal()

    def __init__(self, context: PanelContext, model: PlanModel) -> None:
        super().__init__("Before and after")
        self._context = context
        self._model = model
        self.rows: list[_Row] = []
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        self.problem = Problem()
        buttons = QHBoxLayout()
        buttons.addWidget(quiet("Add"))
        for part, text, tip in (
            ("before", "before", "Add something that is done before the first point"),
            ("after", "after", "Add something that is done after the last point, however the scan ends"),
        ):
            button = QPushButton(text)
            button.setObjectName(f"AddAction_{part}")
            button.setToolTip(tip)
            button.clicked.connect(lambda _, part=part: self._add(part))
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        column.addLayout(self._lines)
        column.addLayout(buttons)
        column.addWidget(self.problem)

    def show_plan(self) -> None:
        """Show the actions of the model."""
        for row in self.rows:
            row.setParent(None)
            row.deleteLater()
        self.rows = []
        for part in _WHEN:
            for number in range(len(self._model.items(part))):
                row = _Row(self._context, self._model, part, number)
                row.edited.connect(self.edited)
                row.rebuilt.connect(self._rebuild)
                self._lines.addWidget(row)
                self.rows.append(row)

    def show_devices(self) -> None:
        """Offer what the connected devices have."""
        for row in self.rows:
            row.show_action()

    def tell(self, problems: list[tuple[Place, str]]) -> None:
        """Show what is wrong with actions."""
        self.problem.tell([text for _, text in problems])

    def _add(self, part: str) -> None:
        self._model.add(part, {"do": "lights_off"} if part == "after" else {"do": "wait", "seconds": 1.0})
        self._rebuild()

    def _rebuild(self) -> None:
        self.show_plan()
        self.edited.emit()


class _Row(QWidget):
    """One action."""

    edited = pyqtSignal()
    rebuilt = pyqtSignal()

    def __init__(self, context: PanelContext, model: PlanModel, part: str, number: int) -> None:
        super().__init__()
        self._context = context
        self._model = model
        self._part = part
        self._number = number
        self.when = QLabel(_WHEN[part])
        self.when.setFixedWidth(self.fontMetrics().horizontalAdvance("Before "))
        self.do = Choice("What is done", _DO)
        self.do.setObjectName(f"ActionDo_{part}{number}")
        self.target = Choice("With which parameter or command")
        self.target.setObjectName(f"ActionTarget_{part}{number}")
        self.value = QLineEdit()
        self.value.setObjectName(f"ActionValue_{part}{number}")
        self.number = NumberField("", width=90)
        self.number.setObjectName(f"ActionNumber_{part}{number}")
        self.whole = quiet()
        self.whole.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # long ones have a tooltip
        out = QPushButton("✕")
        out.setToolTip("Do this no longer")
        out.setFixedWidth(30)
        out.setStyleSheet("padding: 1px")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in (
            (self.when, 0),
            (self.do, 0),
            (self.target, 1),
            (self.value, 1),
            (self.number, 0),
            (self.whole, 1),
            (out, 0),
        ):
            row.addWidget(widget, stretch)
        self.do.chosen.connect(self._change)
        self.target.chosen.connect(self._choose_target)
        self.value.textEdited.connect(self._put_value)
        self.number.edited.connect(self._put_number)
        out.clicked.connect(self._remove)
        self.show_action()

    def show_action(self) -> None:
        """Show the action, with what the connected devices offer."""
        action = self._model.get(self._part, self._number, default={})
        do, to = action.get("do", ""), action.get("to")
        simple = not isinstance(to, str) and len(to or {}) < 2
        self.do.show_value(do)
        mirror = self._context.mirror
        offers = {"set": settable, "execute": commands, "move": targets}.get(do)
        self.target.setVisible(offers is not None and simple)
        if offers is not None and simple:
            self.target.offer(offers(mirror))
            self.target.show_value(next(iter(to or {}), None) if do == "move" else action.get("target"))
        self.value.setVisible(do == "set")
        if do == "set" and not self.value.hasFocus():
            self.value.setText(_text(action.get("value")))
        self.value.setToolTip(f"The value that it is set to{self._unit(action.get('target', ''))}")
        self.number.setVisible(do == "wait" or (do == "move" and simple))
        self.number.show_value(
            action.get("seconds") if do == "wait" else next(iter((to or {}).values()), None) if simple else None
        )
        moved = next(iter(to), "") if isinstance(to, dict) and simple else ""
        self.number.setToolTip("Seconds" if do == "wait" else f"Where it is moved to{self._unit(moved)}")
        self.whole.setVisible(do == "lights_off" or not simple)
        lights = ", ".join(action.get("devices", ())) or "all lights"
        self.whole.setText(lights if do == "lights_off" else _text(to))
        self.whole.setToolTip(self.whole.text())

    def _unit(self, target: str) -> str:
        spec = spec_of(self._context.mirror, target)
        return f", in {spec['unit']}" if spec is not None and spec["unit"] else ""

    def _change(self, do: str) -> None:
        fresh: dict[str, Any] = {"do": do}
        mirror = self._context.mirror
        if do == "wait":
            fresh["seconds"] = 1.0
        elif do == "execute":
            fresh["target"] = next(iter(commands(mirror)), "")
        elif do == "set":
            target = next(iter(settable(mirror)), "")
            fresh |= {"target": target, "value": mirror.value(*target.split(".", 1)) if target else 0}
        elif do == "move":
            target = next(iter(targets(mirror)), "")
            fresh["to"] = {target: float(mirror.value(*target.split(".", 1)) or 0.0)} if target else {}
        self._model.put(fresh, self._part, self._number)
        self.rebuilt.emit()

    def _choose_target(self, target: str) -> None:
        now = self._context.mirror.value(*target.split(".", 1))
        if self.do.currentData() == "move":
            self._model.put({target: float(now or 0.0)}, self._part, self._number, "to")
        else:
            self._model.put(target, self._part, self._number, "target")
            if self.do.currentData() == "set":
                self._model.put(now, self._part, self._number, "value")
        self.rebuilt.emit()

    def _put_value(self, text: str) -> None:
        spec = spec_of(self._context.mirror, self._model.get(self._part, self._number, "target", default=""))
        value: Any = text
        if spec is None or spec["type"] != "String":
            try:
                value = json.loads(text)
            except ValueError:
                value = text
        self._model.put(value if isinstance(value, (bool, int, float)) else text, self._part, self._number, "value")
        self.edited.emit()

    def _put_number(self, value: float | None) -> None:
        if self.do.currentData() == "wait":
            self._model.put(value, self._part, self._number, "seconds")
        elif self.target.currentData() and value is not None:
            self._model.put({self.target.currentData(): value}, self._part, self._number, "to")
        self.edited.emit()

    def _remove(self) -> None:
        self._model.remove(self._part, self._number)
        self.rebuilt.emit()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
