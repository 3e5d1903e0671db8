"""The editor of a plan: all of its parts in a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.panels.scans_actions import ActionsEditor
from pymodaq_hsi.dashboard.panels.scans_axes import AxesEditor
from pymodaq_hsi.dashboard.panels.scans_detectors import DetectorsEditor
from pymodaq_hsi.dashboard.panels.scans_fields import Choice, Problem, quiet
from pymodaq_hsi.dashboard.panels.scans_kinds import KindForm
from pymodaq_hsi.dashboard.panels.scans_output import MetadataEditor, OutputEditor
from pymodaq_hsi.dashboard.plan_model import KINDS, Place, place_of

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.panel import PanelContext
    from pymodaq_hsi.dashboard.plan_model import PlanModel

__all__ = ["PlanEditor"]


class PlanEditor(QScrollArea):
    """Shows a `PlanModel` and writes what is edited into it.

    Attributes
    ----------
    edited : pyqtSignal()
        The model was changed.
    head : QHBoxLayout
        The line with the kind, for buttons beside it.
    """

    edited = pyqtSignal()

    def __init__(self, context: PanelContext, model: PlanModel) -> None:
        super().__init__()
        self._model = model
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.kind = Choice("What is done: each kind has its own fields; what they share is kept", KINDS)
        self.kind.setObjectName("PlanKind")
        self.name = QLineEdit()
        self.name.setObjectName("PlanName")
        self.name.setToolTip("Name of the scan, in its file and in the name of the file")
        self.description = QLineEdit()
        self.description.setObjectName("PlanDescription")
        self.description.setToolTip("What it is for; kept in the file")
        self.axes = AxesEditor(context, model)
        self.kind_form = KindForm(context, model)
        self.detectors = DetectorsEditor(context, model)
        self.actions_ = ActionsEditor(context, model)
        self.output = OutputEditor(model)
        self.metadata = MetadataEditor(model)
        self.problem = Problem()
        self.problem.setObjectName("PlanProblem")
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(6)
        head = QFormLayout()
        head.setVerticalSpacing(4)
        self.head = QHBoxLayout()
        self.head.setSpacing(4)
        self.head.addWidget(self.kind, 1)
        head.addRow("Kind", self.head)
        head.addRow("Name", self.name)
        head.addRow("Notes", self.description)
        column.addLayout(head)
        column.addWidget(self.problem)
        self.unseen = quiet()
        self.unseen.setObjectName("PlanUnseen")
        self.unseen.setWordWrap(True)
        self.unseen.setToolTip("Kept and carried out; to be edited in the tab Text")
        column.addWidget(self.unseen)
        self.sections = (self.axes, self.kind_form, self.detectors, self.actions_, self.output, self.metadata)
        for section in self.sections:
            column.addWidget(section)
            section.edited.connect(self.edited)
        column.addStretch(1)
        self.setWidget(body)
        self.kind.chosen.connect(self._change_kind)
        self.name.textEdited.connect(lambda text: self._put(text, "name"))
        self.description.textEdited.connect(lambda text: self._put(text or None, "description"))
        self.kind_form.orderChanged.connect(self.axes.show_plan)

    def show_plan(self) -> None:
        """Show the whole model."""
        self.kind.show_value(self._model.kind)
        for field, name in ((self.name, "name"), (self.description, "description")):
            if not field.hasFocus():
                field.setText(str(self._model.get(name, default="")))
        unseen = self._model.unseen()
        self.unseen.setText(f"Also in this plan, see Text: {', '.join(unseen)}")
        self.unseen.setVisible(bool(unseen))
        self.axes.setVisible(self._model.kind in ("step_scan", "adaptive_scan"))
        for section in self.sections:
            section.show_plan()

    def show_devices(self) -> None:
        """Offer what the connected devices have."""
        for section in (self.axes, self.kind_form, self.detectors, self.actions_):
            section.show_devices()

    def tell(self, problems: list[str]) -> None:
        """Show each problem next to what it concerns; on top what concerns all."""
        homes: dict[Any, list[tuple[Place, str]]] = {section: [] for section in self.sections}
        rest = []
        parts = {
            "axes": self.axes,
            "detectors": self.detectors,
            "before": self.actions_,
            "after": self.actions_,
            "output": self.output,
            "metadata": self.metadata,
        } | dict.fromkeys(("rows", "movement", *_OWN), self.kind_form)
        for text in problems:
            place = place_of(text)
            home = parts.get(place.part)
            if home is None:
                rest.append(text)
            else:
                homes[home].append((place, text))
        for section in self.sections:
            section.tell(homes[section])
        self.problem.tell(rest)

    def _change_kind(self, kind: str) -> None:
        self._model.change_kind(kind)
        self.show_plan()
        self.edited.emit()

    def _put(self, value: Any, name: str) -> None:
        self._model.put(value, name)
        self.edited.emit()


_OWN = (
    "order",
    "seed",
    "repeats",
    "return_to_start",
    "lines",
    "seconds",
    "points",
    "loss",
    "learner",
    "interval",
    "count",
    "duration",
)
