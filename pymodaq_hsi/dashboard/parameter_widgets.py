"""Editors of parameters: numbers with units, choices, files. What is typed is judged by the device, in its words."""

from __future__ import annotations

import re
from typing import Any

from PyQt5.QtCore import QTimer, pyqtSignal
from PyQt5.QtGui import QValidator
from PyQt5.QtWidgets import QAbstractSpinBox, QFileDialog, QLineEdit, QToolButton, QWidget
from pyqtgraph.parametertree import Parameter, registerParameterType
from pyqtgraph.parametertree.parameterTypes import ListParameter, ListParameterItem, WidgetParameterItem

from pymodaq_hsi.dashboard.setting_steps import UndoKeys

__all__ = ["CHOICE", "FILE", "NUMBER", "TEXT", "NumberBox"]

NUMBER, TEXT, FILE, CHOICE = "hsi number", "hsi text", "hsi file", "hsi choice"
_STEPS_TOGETHER_MS = 150
_UNKNOWN = "\N{EM DASH}"


class NumberBox(QAbstractSpinBox):
    """A number with its unit.

    Limits hold for steps; a number that is typed beyond them, or a text that is none, is given on as it is, so that
    whoever judges it can say what is wrong.

    Attributes
    ----------
    sigChanged : pyqtSignal()
        The user has typed or stepped to another value.
    """

    sigChanged = pyqtSignal()  # noqa: N815  as pyqtgraph's parameter items want it

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value: int | float | str | None = None
        self._unit = ""
        self._low: float | None = None
        self._high: float | None = None
        self._step: float = 1.0
        self._whole = False
        self._told = QTimer(self)
        self._told.setSingleShot(True)
        self._told.setInterval(_STEPS_TOGETHER_MS)
        self._told.timeout.connect(self.sigChanged)
        self.setFrame(False)
        self.setKeyboardTracking(False)
        UndoKeys(self)
        self.editingFinished.connect(self._take_text)

    def set_format(self, *, unit: str, low: float | None, high: float | None, step: float, whole: bool) -> None:
        """Set the unit, the limits of steps (None for none), their size, and whether it is an integer."""
        self._unit, self._low, self._high, self._step, self._whole = unit, low, high, step, whole
        self._show()

    def value(self) -> int | float | str | None:
        """Return the number; the text, if it is none; None if it is not known."""
        return self._value

    def setValue(self, value: float | str | None) -> None:  # noqa: N802  as pyqtgraph's parameter items want it
        """Show a number; None for one that is not known."""
        self._value = value
        self._show()

    def stepBy(self, steps: int) -> None:  # noqa: N802  Qt's name
        """Step up or down, to a limit at most; several steps in a row are told together."""
        self._take_text(tell=False)
        if not isinstance(self._value, int | float):
            return
        value = self._value + steps * self._step
        value = value if self._low is None else max(value, self._low)
        value = value if self._high is None else min(value, self._high)
        self._value = round(value) if self._whole else float(f"{value:.12g}")
        self._show()
        self._told.start()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabled:  # noqa: N802  Qt's name
        """Say which way it can be stepped: not beyond the limits."""
        enabled = QAbstractSpinBox.StepEnabled(QAbstractSpinBox.StepEnabledFlag.StepNone)
        value = self._value
        if self.isReadOnly() or not isinstance(value, int | float):
            return enabled
        if self._high is None or value < self._high:
            enabled |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        if self._low is None or value > self._low:
            enabled |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return enabled

    def validate(self, text: str | None, position: int) -> tuple[QValidator.State, str, int]:
        """Let everything be typed."""
        return QValidator.State.Acceptable, text or "", position

    def _take_text(self, *, tell: bool = True) -> None:
        if self._told.isActive() and tell:
            self._told.stop()
            self.sigChanged.emit()
        text = self.lineEdit().text().strip()
        if text == self._text() or (not text and self._value is None):
            return
        if self._unit:
            text = text.removesuffix(self._unit).strip()
        before, self._value = self._value, _number(text, whole=self._whole)
        self._show()
        if tell and self._value != before:
            self.sigChanged.emit()

    def _text(self) -> str:
        value = self._value
        if value is None:
            return _UNKNOWN
        if isinstance(value, str):
            return value
        number = str(value) if isinstance(value, int) else f"{value:.7g}"
        return f"{number} {self._unit}" if self._unit else number

    def _show(self) -> None:
        if self.lineEdit().text() != self._text():
            self.lineEdit().setText(self._text())
            if self.hasFocus():
                self.selectAll()  # so that the next number is typed over it


def _number(text: str, *, whole: bool) -> int | float | str:
    """Return the number that was typed, with a point or a comma; the text if it is none."""
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    try:
        return int(plain) if whole and re.fullmatch(r"[+-]?\d+", plain) else float(plain)
    except ValueError:
        return text


class _TextBox(QLineEdit):
    """A line of text; the device hears of it when it is typed to the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrame(False)
        UndoKeys(self)
        self.sigChanged = self.editingFinished
        self.value = self.text
        self.setValue = lambda value: self.setText("" if value is None else str(value))


class _NumberItem(WidgetParameterItem):  # type: ignore[misc]
    """A `NumberBox` in a parameter tree; the option ``format`` has the arguments of `NumberBox.set_format`."""

    def makeWidget(self) -> QWidget:  # noqa: N802  pyqtgraph's name
        box = NumberBox()
        box.set_format(**self.param.opts["format"])
        return box

    def showEditor(self) -> None:  # noqa: N802  pyqtgraph's name
        super().showEditor()
        self.widget.selectAll()

    def updateDisplayLabel(self, value: Any = None) -> None:  # noqa: N802  pyqtgraph's name
        super().updateDisplayLabel(self.widget.lineEdit().text())

    def optsChanged(self, param: Parameter, opts: dict[str, Any]) -> None:  # noqa: N802  pyqtgraph's name
        super().optsChanged(param, opts)
        if "format" in opts:
            self.widget.set_format(**opts["format"])
        self.updateDisplayLabel()


class _TextItem(WidgetParameterItem):  # type: ignore[misc]
    def makeWidget(self) -> QWidget:  # noqa: N802  pyqtgraph's name
        return _TextBox()

    def updateDisplayLabel(self, value: Any = None) -> None:  # noqa: N802  pyqtgraph's name
        super().updateDisplayLabel(value)
        self.displayLabel.setToolTip(self.displayLabel.text())


class _FileItem(_TextItem):
    """A path that can be typed, pasted, or chosen in a dialog that keeps nothing else from being done."""

    def __init__(self, param: Parameter, depth: int) -> None:
        super().__init__(param, depth)
        self._dialog: QFileDialog | None = None
        self.choose = QToolButton()
        self.choose.setText("...")
        self.choose.setObjectName(f"Choose {param.name()}")
        self.choose.setToolTip("Choose a file")
        self.choose.clicked.connect(self._choose)
        self.layoutWidget.layout().insertWidget(2, self.choose)
        self.optsChanged(param, param.opts)

    def optsChanged(self, param: Parameter, opts: dict[str, Any]) -> None:  # noqa: N802  pyqtgraph's name
        super().optsChanged(param, opts)
        if hasattr(self, "choose"):
            self.choose.setEnabled(param.opts["enabled"] and not param.readonly())

    def _choose(self) -> None:
        dialog = QFileDialog(self.treeWidget(), self.param.title(), str(self.param.value() or ""))
        dialog.setNameFilter(self.param.opts["nameFilter"])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.param.setValue)
        self._dialog = dialog
        dialog.setModal(False)
        dialog.show()


class _ChoiceItem(ListParameterItem):  # type: ignore[misc]
    """A list of entries; when these change, the one that is set stays chosen."""

    def limitsChanged(self, param: Parameter, limits: Any) -> None:  # noqa: N802  pyqtgraph's name
        super().limitsChanged(param, limits)
        before = self.widget.blockSignals(True)
        self.setValue(param.value() if param.hasValue() else None)
        self.widget.blockSignals(before)
        if hasattr(self, "displayLabel"):
            self.updateDisplayLabel()


class _Number(Parameter):  # type: ignore[misc]
    itemClass = _NumberItem  # noqa: N815  pyqtgraph's name


class _Text(Parameter):  # type: ignore[misc]
    itemClass = _TextItem  # noqa: N815  pyqtgraph's name


class _File(Parameter):  # type: ignore[misc]
    itemClass = _FileItem  # noqa: N815  pyqtgraph's name


class _Choice(ListParameter):  # type: ignore[misc]
    itemClass = _ChoiceItem  # noqa: N815  pyqtgraph's name

    def setLimits(self, limits: Any) -> None:  # noqa: N802  pyqtgraph's name
        """Take other entries; what is set is the device's business, not that of the list."""
        self.forward, self.reverse = self.mapping(limits)
        Parameter.setLimits(self, limits)


for _name, _kind in ((NUMBER, _Number), (TEXT, _Text), (FILE, _File), (CHOICE, _Choice)):
    registerParameterType(_name, _kind, override=True)
