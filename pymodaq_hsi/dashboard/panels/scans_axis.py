"""One axis of a plan: what is varied, the values that it takes, how long and how exactly it settles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from pymodaq_hsi.dashboard.panels.scans_fields import Choice, NumberField, refresh_style
from pymodaq_hsi.dashboard.panels.scans_targets import spec_of, targets
from pymodaq_hsi.dashboard.plan_values import Mode, listed_text, parse_list

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.panel import PanelContext
    from pymodaq_hsi.dashboard.plan_model import PlanModel

__all__ = ["AxisForm"]

_SHOWN = {
    Mode.POINTS: ("start", "stop", "points"),
    Mode.STEP: ("start", "stop", "step"),
    Mode.LOG: ("start", "stop", "points"),
    Mode.LIST: ("list",),
    Mode.RANDOM: ("start", "stop", "points", "seed"),
}


class AxisForm(QWidget):
    """A form for an axis of the model.

    Attributes
    ----------
    edited : pyqtSignal()
        The model was changed.
    """

    edited = pyqtSignal()

    def __init__(self, context: PanelContext, model: PlanModel) -> None:
        super().__init__()
        self._context = context
        self._model = model
        self._axis = -1
        self.target = Choice("What is varied; picking another keeps the values")
        self.mode = Choice("How the values are given", {mode: mode.value for mode in Mode})
        self.start = NumberField("The first value; of random ones the lowest")
        self.stop = NumberField("The last value; of random ones the highest")
        self.points = NumberField("How many values, both ends included", whole=True)
        self.step = NumberField("From one value to the next, above 0 in either direction")
        self.seed = NumberField("The same seed gives the same values again", whole=True)
        self.low = NumberField("The lowest value that it may take")
        self.high = NumberField("The highest value that it may take")
        self.grid_step = NumberField("Values are whole numbers of steps from the lowest", hint="any")
        self.list = QLineEdit()
        self.list.setToolTip('Values, parted by commas or blanks; the name of a position in quotes: 0, 2.5, "leaf"')
        self.units = QLineEdit()
        self.units.setToolTip("Unit of the values; empty: that of the parameter. They are converted, or refused")
        self.settle = NumberField("Seconds to wait when it is there", hint="0 s")
        self.tolerance = NumberField("How far it may be from what was wanted, in the unit of the axis", hint="any")
        self._names = {name: QLabel(text) for name, text in _LABELS.items()}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 2, 0, 2)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)
        for name, label in self._names.items():
            field = getattr(self, name)
            label.setBuddy(field)
            label.setToolTip(field.toolTip())
            field.setObjectName(f"Axis_{name}")
        self._place(Mode.POINTS)
        self.target.chosen.connect(lambda target: self._put(target, "target"))
        self.mode.chosen.connect(self._change_mode)
        for name in ("start", "stop", "points", "step", "seed"):
            getattr(self, name).edited.connect(lambda value, name=name: self._put_value(name, value))
        for name, field_name in (("low", "low"), ("high", "high"), ("grid_step", "step")):
            getattr(self, name).edited.connect(lambda value, field=field_name: self._put(value, field))
        self.list.textEdited.connect(self._put_list)
        self.units.textEdited.connect(lambda text: self._put(text.strip() or None, "units"))
        self.settle.edited.connect(lambda value: self._put(value, "settle"))
        self.tolerance.edited.connect(lambda value: self._put(value, "tolerance"))

    def show_devices(self) -> None:
        """Offer what the connected devices have."""
        self.target.offer(targets(self._context.mirror))
        if self._axis >= 0:
            self.target.show_value(self._model.get("axes", self._axis, "target"))

    def show_axis(self, axis: int) -> None:
        """Show an axis of the model."""
        self._axis = axis
        get = self._model.get
        self.target.show_value(get("axes", axis, "target"))
        spec = spec_of(self._context.mirror, get("axes", axis, "target", default=""))
        self.units.setPlaceholderText(spec["unit"] if spec is not None else "")
        self.target.setToolTip(_limits(spec))
        for field, name in ((self.settle, "settle"), (self.tolerance, "tolerance")):
            field.show_value(get("axes", axis, name))
        _show_text(self.units, get("axes", axis, "units", default=""))
        if self._model.kind == "adaptive_scan":
            self._place(None)
            for field, name in ((self.low, "low"), (self.high, "high"), (self.grid_step, "step")):
                field.show_value(get("axes", axis, name))
            return
        if get("order") == "tabular":
            self._place(None, values=False)
            return
        mode = self._model.mode(axis)
        self.mode.show_value(mode)
        self._place(mode)
        values = get("axes", axis, "values")
        if mode is Mode.RANDOM:
            given = self._model.random(axis)
            values = {"start": given["low"], "stop": given["high"], "points": given["points"], "seed": given["seed"]}
        elif mode is Mode.LIST:
            _show_text(self.list, listed_text(values))
            return
        for name in ("start", "stop", "points", "step", "seed"):
            getattr(self, name).show_value((values or {}).get(name))

    def _place(self, mode: Mode | None, *, values: bool = True) -> None:
        """Put the fields that are needed into the grid, two in a row."""
        names = ["target"]
        if mode is not None:
            names += ["mode", *_SHOWN[mode]]
        elif values:
            names += ["low", "high", "grid_step"]
        names += ["units", "settle", "tolerance"]
        for name, label in self._names.items():
            for widget in (label, getattr(self, name)):
                self._grid.removeWidget(widget)
                widget.setVisible(name in names)
        row = column = 0
        for name in names:
            wide = name in ("target", "mode", "list")
            if wide and column:
                row, column = row + 1, 0
            self._grid.addWidget(self._names[name], row, 2 * column)
            self._grid.addWidget(getattr(self, name), row, 2 * column + 1, 1, 3 if wide else 1)
            row, column = (row + 1, 0) if wide or column else (row, 1)

    def _put(self, value: Any, field: str) -> None:
        self._model.put(value, "axes", self._axis, field)
        if field == "target":
            self.show_axis(self._axis)
        self.edited.emit()

    def _put_value(self, name: str, value: Any) -> None:
        if self._model.mode(self._axis) is not Mode.RANDOM:
            self._model.put(value, "axes", self._axis, "values", name)
            self.edited.emit()
            return
        given = self._model.random(self._axis) | {{"start": "low", "stop": "high"}.get(name, name): value}
        if all(isinstance(each, (int, float)) for each in given.values()) and given["points"] > 0 <= given["seed"]:
            self._model.put_random(self._axis, **given)
            self.edited.emit()

    def _change_mode(self, mode: Mode) -> None:
        self._model.change_mode(self._axis, mode)
        self.show_axis(self._axis)
        self.edited.emit()

    def _put_list(self, text: str) -> None:
        try:
            values = parse_list(text)
        except ValueError as error:
            self._mark_list(str(error))
            return
        self._mark_list("")
        self._put({"spacing": "listed", "values": values}, "values")

    def _mark_list(self, problem: str) -> None:
        tip = 'Values, parted by commas or blanks; the name of a position in quotes: 0, 2.5, "leaf"'
        self.list.setToolTip(problem or tip)
        self.list.setProperty("state", "error" if problem else "")
        refresh_style(self.list)


_LABELS = {
    "target": "Varies",
    "mode": "Values",
    "start": "Start",
    "stop": "Stop",
    "points": "Points",
    "step": "Step",
    "seed": "Seed",
    "list": "List",
    "low": "Lowest",
    "high": "Highest",
    "grid_step": "Step",
    "units": "Unit",
    "settle": "Settle (s)",
    "tolerance": "Tolerance",
}


def _limits(spec: dict[str, Any] | None) -> str:
    if spec is None:
        return "What is varied. Its device is not connected, or has no such parameter"
    ends = [spec["minimum"], spec["maximum"]]
    limits = f" Limits: {ends[0]:g} … {ends[1]:g} {spec['unit']}." if None not in ends else ""
    return f"What is varied; picking another keeps the values.{limits} {spec['description']}".rstrip()


def _show_text(field: QLineEdit, text: str) -> None:
    """Show a text, unless it is being typed into."""
    if not field.hasFocus():
        field.setText(text)
