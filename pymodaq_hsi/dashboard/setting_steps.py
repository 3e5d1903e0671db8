"""Settings of devices set back and once more, from the bar of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QEvent, QObject
from PyQt5.QtGui import QKeyEvent, QKeySequence
from PyQt5.QtWidgets import QAbstractSpinBox, QAction, QLineEdit

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.link import StationLink
    from pymodaq_hsi.dashboard.mirror import Message, StationMirror
    from pymodaq_hsi.dashboard.notices import Notices

__all__ = ["SettingSteps", "UndoKeys"]


class SettingSteps(QObject):
    """The actions Undo and Redo: which setting each would set to what is said in its tooltip.

    Parameters
    ----------
    link : StationLink
    mirror : StationMirror
    notices : Notices
    """

    def __init__(
        self, link: StationLink, mirror: StationMirror, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._link, self._mirror, self._notices = link, mirror, notices
        self.undo = self._action("Undo", "undo", [QKeySequence(QKeySequence.StandardKey.Undo)])
        self.redo = self._action("Redo", "redo", [QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")])
        link.eventCame.connect(self._take)
        link.attachedChanged.connect(lambda attached, _: self.show_steps() if not attached else None)
        self.show_steps()

    def show_steps(self) -> None:
        """Show what there is to be set back, and once more."""
        there = self._link.attached
        for action, step, key, keys in (
            (self.undo, self._mirror.undo, "before", "Ctrl+Z"),
            (self.redo, self._mirror.redo, "after", "Ctrl+Y, Ctrl+Shift+Z"),
        ):
            action.setEnabled(there and step is not None)
            again = "back to" if key == "before" else "again to"
            what = "Nothing to set back" if key == "before" else "Nothing was set back"
            if step is not None:
                what = f"Set {step['parameter']} of {step['device']} {again} {step[key]}"
            action.setToolTip(f"{what} ({keys})")

    def _action(self, text: str, command: str, keys: list[QKeySequence]) -> QAction:
        action = QAction(text, self)
        action.setObjectName(text)
        action.setShortcuts(keys)

        def done(found: Message) -> None:
            self._notices.tell(f"{found['device']}: {found['parameter']} is {found['after']} again")

        action.triggered.connect(lambda: self._link.ask(command, done, self._notices.fail))
        return action

    def _take(self, event: Message) -> None:
        if event["event"] in ("snapshot", "missed", "undo"):
            self.show_steps()


class UndoKeys(QObject):
    """Leaves Ctrl+Z and Ctrl+Y to the window when nothing was typed that a field could take back.

    Parameters
    ----------
    field : QLineEdit or QAbstractSpinBox
        With a setting of a device.
    """

    def __init__(self, field: QLineEdit | QAbstractSpinBox) -> None:
        super().__init__(field)
        self._line = field.lineEdit() if isinstance(field, QAbstractSpinBox) else field
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  Qt's name
        """Let the key go on to the window."""
        if event is not None and self._line is not None and _is_undo(event, self._line):
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def _is_undo(event: QEvent, line: QLineEdit) -> bool:
    """Whether an event is the key for undo or redo, and a field has nothing of its own to do for it."""
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.ShortcutOverride:
        return False
    undo = event.matches(QKeySequence.StandardKey.Undo) and not line.isUndoAvailable()
    redo = event.matches(QKeySequence.StandardKey.Redo) and not line.isRedoAvailable()
    return undo or redo
