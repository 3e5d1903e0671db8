"""Axes of a plan: a list in its order, and the chosen one to be edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QGroupBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
)

from pymodaq_hsi.dashboard.panels.scans_axis import AxisForm
from pymodaq_hsi.dashboard.panels.scans_fields import Choice, Problem, quiet
from pymodaq_hsi.dashboard.panels.scans_targets import first_values, targets, unit_of
from pymodaq_hsi.dashboard.plan_values import Mode, listed_text

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.panel import PanelContext
    from pymodaq_hsi.dashboard.plan_model import Place, PlanModel

__all__ = ["AxesEditor"]


class AxesEditor(QGroupBox):
    """The axes of a step scan or of an adaptive one.

    Attributes
    ----------
    edited : pyqtSignal()
        The model was changed.
    """

    edited = pyqtSignal()

    def __init__(self, context: PanelContext, model: PlanModel) -> None:
        super().__init__("Axes")
        self._context = context
        self._model = model
        self._showing = False
        self.picker = Choice("A numeric parameter that can be set, of any connected device: picking one adds an axis")
        self.picker.setObjectName("AxisPicker")
        self.list = QListWidget()
        self.list.setObjectName("AxisList")
        self.list.setToolTip("The outermost axis first, the fastest last; drag to change the order")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.list.setFixedHeight(4 * self.fontMetrics().height() + 12)
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.up = self._button("▲", "Move the axis outwards: it changes less often (Alt+Up)", "Alt+Up")
        self.down = self._button("▼", "Move the axis inwards: it changes more often (Alt+Down)", "Alt+Down")
        self.out = self._button("✕", "Take the axis out of the plan")
        self.out.setObjectName("AxisRemove")
        self.form = AxisForm(context, model)
        self.problem = Problem()
        self.empty = quiet("Add an axis: pick what is to be varied")
        buttons = QVBoxLayout()
        for button in (self.up, self.down, self.out):
            buttons.addWidget(button)
        row = QHBoxLayout()
        row.addWidget(self.list, 1)
        row.addLayout(buttons)
        add = QHBoxLayout()
        add.addWidget(quiet("Add"))
        add.addWidget(self.picker, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        column.addLayout(add)
        column.addLayout(row)
        for widget in (self.form, self.problem, self.empty):
            column.addWidget(widget)
        self.picker.chosen.connect(self._add)
        self.list.currentRowChanged.connect(lambda _: self._choose())
        moved = self.list.model()
        assert moved is not None
        moved.rowsMoved.connect(self._take_order)
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(1))
        self.out.clicked.connect(self._remove)
        self.form.edited.connect(self._take_edit)

    @property
    def current(self) -> int:
        """The index of the axis that is edited, -1 for none."""
        return self.list.currentRow()

    def show_devices(self) -> None:
        """Offer what the connected devices have."""
        found = targets(self._context.mirror)
        used = {axis.get("target") for axis in self._model.items("axes")}
        offers = {target: text for target, text in found.items() if target not in used}
        label = "pick a parameter ..." if offers else "connect a device first" if not found else "all are in the plan"
        self.picker.offer({"": label} | offers)
        self.picker.setCurrentIndex(0)
        self.form.show_devices()

    def show_plan(self, choose: int | None = None) -> None:
        """Show the axes of the model."""
        axes = self._model.items("axes")
        current = min(max(0, self.current if choose is None else choose), len(axes) - 1)
        self._showing = True
        self.list.clear()
        for number, axis in enumerate(axes):
            item = QListWidgetItem(self._line(axis, number))
            item.setData(Qt.ItemDataRole.UserRole, number)
            self.list.addItem(item)
        self.list.setCurrentRow(current)
        self._showing = False
        self.show_devices()
        self._choose()

    def tell(self, problems: list[tuple[Place, str]]) -> None:
        """Show problems with axes: red in the list, in words below the one that is edited."""
        colour = QColor(self._context.theme.colour("error"))
        about = {place.index for place, _ in problems}
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setData(Qt.ItemDataRole.ForegroundRole, colour if row in about else None)
            item.setToolTip("\n".join(text for place, text in problems if place.index == row))
        first = {place.index for place, _ in problems if place.index != self.current}
        own = [text for place, text in problems if place.index in (self.current, -1)]
        others = [text for place, text in problems if place.index in first and place.index >= 0]
        self.problem.tell(own or others)

    def _button(self, text: str, tip: str, key: str = "") -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setFixedWidth(30)
        button.setStyleSheet("padding: 1px")
        if key:
            button.setShortcut(key)
        return button

    def _line(self, axis: dict[str, Any], number: int) -> str:
        target = axis.get("target", "")
        unit = axis.get("units") or unit_of(self._context.mirror, target)
        if self._model.kind == "adaptive_scan":
            return f"{target}:  {_number(axis.get('low'))} … {_number(axis.get('high'))} {unit}"
        values = axis.get("values")
        if self._model.get("order") == "tabular" or values is None:
            return f"{target}  ({unit})" if unit else str(target)
        mode = self._model.mode(number)
        if mode in (Mode.LIST, Mode.RANDOM):
            given = values.get("values", []) if isinstance(values, dict) else values
            shown = listed_text(given[:3]) + (", …" if len(given) > 3 else "")
            return f"{target}:  {shown} {unit}  ({len(given)})"
        step = f"step {_number(values.get('step'))}" if mode is Mode.STEP else f"{_number(values.get('points'))} points"
        log = "log, " if mode is Mode.LOG else ""
        return f"{target}:  {_number(values.get('start'))} … {_number(values.get('stop'))} {unit},  {log}{step}"

    def _choose(self) -> None:
        if self._showing:
            return
        there = self.current >= 0
        self.form.setVisible(there)
        self.empty.setVisible(not there)
        self.out.setEnabled(there)
        self.up.setEnabled(self.current > 0)
        self.down.setEnabled(there and self.current < self.list.count() - 1)
        if there:
            self.form.show_axis(self.current)

    def _add(self, target: str) -> None:
        if not target:
            return
        values = first_values(self._context.mirror, target)
        if self._model.kind == "adaptive_scan":
            axis: dict[str, Any] = {"target": target, "low": values.get("start"), "high": values.get("stop")}
            axis = {key: value for key, value in axis.items() if value is not None}
        else:
            axis = {"target": target} | ({} if self._model.get("order") == "tabular" else {"values": values})
        self.show_plan(self._model.add("axes", axis))
        self.edited.emit()

    def _remove(self) -> None:
        self._model.remove("axes", self.current)
        self.show_plan()
        self.edited.emit()

    def _move(self, by: int) -> None:
        self.show_plan(self._model.move("axes", self.current, self.current + by))
        self.edited.emit()

    def _take_order(self) -> None:
        """Take the order over into which the lines were dragged."""
        order = [self.list.item(row).data(Qt.ItemDataRole.UserRole) for row in range(self.list.count())]
        axes = self._model.items("axes")
        self._model.put([axes[number] for number in order], "axes")
        for row in range(self.list.count()):
            self.list.item(row).setData(Qt.ItemDataRole.UserRole, row)
        self._choose()
        self.edited.emit()

    def _take_edit(self) -> None:
        axes = self._model.items("axes")
        item = self.list.item(self.current)
        if item is not None:
            item.setText(self._line(axes[self.current], self.current))
        self.edited.emit()


def _number(value: Any) -> str:
    return "?" if value is None else f"{value:g}" if isinstance(value, (int, float)) else str(value)
