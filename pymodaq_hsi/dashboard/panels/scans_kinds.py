"""What only one kind of plan has: its order, its ends, its movement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QCheckBox, QGridLayout, QGroupBox, QLabel, QPlainTextEdit, QWidget

from pymodaq_hsi.dashboard.panels.scans_fields import Choice, NumberField, Problem
from pymodaq_hsi.dashboard.panels.scans_targets import targets
from pymodaq_hsi.dashboard.plan_values import parse_rows, rows_text

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.panel import PanelContext
    from pymodaq_hsi.dashboard.plan_model import Place, PlanModel

__all__ = ["KindForm"]

_ORDERS = {
    "nested": "Line by line",
    "snake": "Snake (forth and back)",
    "spiral": "Spiral (from the middle)",
    "random": "Random",
    "tabular": "Points from a table",
}
_TITLES = {
    "step_scan": "Order",
    "recording": "Recording",
    "adaptive_scan": "Ends",
    "time_series": "Times",
    "log": "Times",
}
_ROWS = {
    "step_scan": ("order", "seed", "rows", "repeats", "return_to_start"),
    "recording": (
        "lines",
        "seconds",
        "movement.target",
        "movement.start",
        "movement.stop",
        "movement.velocity",
        "return_to_start",
    ),
    "adaptive_scan": ("points", "loss", "learner", "return_to_start"),
    "time_series": ("interval", "count", "duration"),
    "log": ("interval", "duration"),
}
_LABELS = {
    "order": "Pattern",
    "seed": "Seed",
    "rows": "Points",
    "repeats": "Repeats",
    "return_to_start": "",
    "lines": "Lines",
    "seconds": "Seconds",
    "movement.target": "Move",
    "movement.start": "From",
    "movement.stop": "To",
    "movement.velocity": "Velocity",
    "points": "Most points",
    "loss": "Loss",
    "learner": "Learner",
    "interval": "Every (s)",
    "count": "Count",
    "duration": "Duration (s)",
}


class KindForm(QGroupBox):
    """Fields of the plan's kind.

    Attributes
    ----------
    edited : pyqtSignal()
        The model was changed.
    orderChanged : pyqtSignal()
        The axes are to be shown anew.
    """

    edited = pyqtSignal()
    orderChanged = pyqtSignal()  # noqa: N815  Qt's own style

    def __init__(self, context: PanelContext, model: PlanModel) -> None:
        super().__init__()
        self._context = context
        self._model = model
        self.fields: dict[str, QWidget] = {
            "order": Choice("In which order the points are measured", _ORDERS),
            "seed": NumberField("The same seed gives the same order again", whole=True, hint="0"),
            "rows": QPlainTextEdit(),
            "repeats": NumberField(
                "The whole scan so many times: an axis of its own, the outermost", whole=True, hint="1"
            ),
            "return_to_start": QCheckBox("Return to start at the end"),
            "lines": NumberField("The recording ends after so many lines", whole=True, hint="no limit"),
            "seconds": NumberField("The recording ends after so many seconds", hint="no limit"),
            "movement.target": Choice("A stage that moves meanwhile; the recording ends when it is there"),
            "movement.start": NumberField("It is moved there first, in its own unit", hint="where it is"),
            "movement.stop": NumberField("Where it moves to, in its own unit"),
            "movement.velocity": NumberField("Set for the movement, in the stage's own unit", hint="as it is set"),
            "points": NumberField("The most points that are measured", whole=True, hint="no limit"),
            "loss": NumberField("It ends when the learner's loss is no more than this", hint="no limit"),
            "learner": Choice(
                "What decides where to measure next: built in, or the package adaptive",
                {"builtin": "built in", "adaptive": "adaptive"},
            ),
            "interval": NumberField(
                "Seconds from one measurement to the next; empty: as fast as it goes", hint="fastest"
            ),
            "count": NumberField("How many measurements; instead of a duration", whole=True),
            "duration": NumberField("How long, in seconds; instead of a count"),
        }
        self.rows = self.fields["rows"]
        assert isinstance(self.rows, QPlainTextEdit)
        self.rows.setToolTip('A point in each line: a value for each axis, or the name of a position in quotes: "leaf"')
        self.rows.setPlaceholderText("0, 100\n12.5, 50")
        self.rows.setFixedHeight(90)
        self.fields["return_to_start"].setToolTip("Bring everything that was varied back to where it was before")
        self.labels = {name: QLabel(_LABELS[name]) for name in self.fields}
        self.problem = Problem()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(6, 6, 6, 6)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        for name, field in self.fields.items():
            field.setObjectName(f"Plan_{name}")
            self.labels[name].setBuddy(field)
            self.labels[name].setToolTip(field.toolTip())
            self._connect(name, field)

    def show_devices(self) -> None:
        """Offer the stages that are connected."""
        stages = {
            target: text
            for target, text in targets(self._context.mirror).items()
            if target.endswith(".Position")
            and self._context.mirror.devices[target.partition(".")[0]]["type"] == "Actuator"
        }
        choice = self.fields["movement.target"]
        assert isinstance(choice, Choice)
        choice.offer({"": "nothing"} | stages)
        choice.show_value(self._model.get("movement", "target", default=""))

    def show_plan(self) -> None:
        """Show the fields of the model's kind."""
        self.setTitle(_TITLES[self._model.kind])
        shown = dict.fromkeys(_ROWS[self._model.kind])
        order = self._model.get("order", default="nested")
        hidden = {"seed"} if order != "random" else set()
        hidden |= {"rows"} if order != "tabular" else set()
        if self._model.kind == "recording" and self._model.get("movement") is None:
            hidden |= {"movement.start", "movement.stop", "movement.velocity", "return_to_start"}
        self._place([name for name in shown if name not in hidden])
        for name, field in self.fields.items():
            value = self._model.get(*name.split("."))
            if isinstance(field, NumberField):
                field.show_value(value)
            elif isinstance(field, QCheckBox):
                field.setChecked(bool(value))
            elif isinstance(field, Choice) and name != "movement.target":
                field.show_value(value or next(iter(_ORDERS if name == "order" else {"builtin": 0})))
            elif isinstance(field, QPlainTextEdit) and not field.hasFocus():
                field.blockSignals(True)
                field.setPlainText(rows_text(value))
                field.blockSignals(False)
        self.show_devices()

    def tell(self, problems: list[tuple[Place, str]]) -> None:
        """Show what is wrong with these fields."""
        self.problem.tell([text for _, text in problems])

    def _place(self, names: list[str]) -> None:
        """Put the fields that are needed into the grid, and nothing where the others were."""
        for name, field in self.fields.items():
            for widget in (self.labels[name], field):
                self._grid.removeWidget(widget)
                widget.setVisible(name in names)
        self._grid.removeWidget(self.problem)
        for row, name in enumerate(names):
            self._grid.addWidget(self.labels[name], row, 0)
            self._grid.addWidget(self.fields[name], row, 1)
        self._grid.addWidget(self.problem, len(names), 0, 1, 2)

    def _connect(self, name: str, field: QWidget) -> None:
        path = name.split(".")
        if isinstance(field, NumberField):
            field.edited.connect(lambda value: self._put(value, *path))
        elif isinstance(field, QCheckBox):
            field.clicked.connect(lambda checked: self._put(checked or None, *path))
        elif isinstance(field, Choice):
            field.chosen.connect(lambda value: self._choose(name, value))
        elif isinstance(field, QPlainTextEdit):
            field.textChanged.connect(self._take_rows)

    def _put(self, value: Any, *path: str) -> None:
        if path == ("interval",) and not value:
            value = None if self._model.kind == "log" else 0.0  # how either says "as fast as it goes"
        self._model.put(value, *path)
        self.edited.emit()

    def _choose(self, name: str, value: Any) -> None:
        if name == "order":
            self._model.use_rows(value == "tabular")
            if value != "tabular":
                self._model.put(None if value == "nested" else value, "order")
            self.orderChanged.emit()
        elif name == "movement.target":
            self._model.put(value or None, "movement", *(["target"] if value else []))
            if value:
                self._first_movement(value)
        else:
            self._model.put(value, name)
        self.show_plan()
        self.edited.emit()

    def _first_movement(self, target: str) -> None:
        """Have a movement begin with the whole way of the stage."""
        spec = self._context.mirror.spec(*target.split(".", 1))
        if spec is not None and self._model.get("movement", "stop") is None:
            for name, end in (("start", spec["minimum"]), ("stop", spec["maximum"])):
                self._model.put(None if end is None else float(end), "movement", name)

    def _take_rows(self) -> None:
        assert isinstance(self.rows, QPlainTextEdit)
        try:
            rows = parse_rows(self.rows.toPlainText())
        except ValueError as error:
            self.problem.tell([str(error)])
            return
        self._put(rows, "rows")
