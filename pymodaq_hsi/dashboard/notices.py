"""Messages to the person at the window: they wait to be read, can be copied, and stop nothing."""

from __future__ import annotations

import enum
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from pymodaq_hsi.dashboard.words_label import WordsLabel

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Level", "Notice", "NoticeBar", "Notices"]

_KEPT = 500
_SHOWN_S = 6.0
_LONGEST = 600
_LONGEST_WORD = 80
"""Characters of a message that are shown; all of it is in the tooltip, the log and the clipboard."""


class Level(enum.Enum):
    """How much a notice matters; information goes away by itself."""

    Information = "information"
    Warning = "warning"
    Error = "error"


@dataclass(frozen=True)
class Notice:
    """One message.

    Attributes
    ----------
    level : Level
    text : str
        What happened, to what, and what to do next.
    action : str
        The label of a button, '' for none.
    act : callable or None
        What the button does.
    time : float
        POSIX seconds.
    about : str
        What it is about, for `Notices.withdraw`; '' for nothing that can be over.
    count : int
        How often it has come.
    """

    level: Level
    text: str
    action: str = ""
    act: Callable[[], None] | None = None
    time: float = field(default_factory=time.time)
    about: str = ""
    count: int = 1


class Notices(QObject):
    """Where panels put their messages.

    Attributes
    ----------
    posted : pyqtSignal(object)
        A `Notice` has come; its `count` is above 1 if the one before was the same.
    withdrawn : pyqtSignal(str)
        What is about this is over.
    harmless : tuple of type
        Errors that are no alarm.
    remedies : dict
        By the class of an error: the label of a button that is offered with it, and what it does.
    """

    posted = pyqtSignal(object)
    withdrawn = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.kept: deque[Notice] = deque(maxlen=_KEPT)
        self.harmless: tuple[type[Exception], ...] = ()
        self.remedies: dict[type[Exception], tuple[str, Callable[[], None]]] = {}

    def post(self, notice: Notice) -> None:
        """Show a notice."""
        last = self.kept[-1] if self.kept else None
        if last is not None and (last.text, last.level) == (notice.text, notice.level):
            self.kept.pop()
            notice = replace(notice, count=last.count + 1)
        self.kept.append(notice)
        self.posted.emit(notice)

    def withdraw(self, about: str) -> None:
        """Take back what is about something that is over: nobody has to read it any more."""
        self.withdrawn.emit(about)

    def tell(self, text: str, action: str = "", act: Callable[[], None] | None = None) -> None:
        """Say that something was done."""
        self.post(Notice(Level.Information, text, action, act))

    def warn(self, text: str, action: str = "", act: Callable[[], None] | None = None, *, about: str = "") -> None:
        """Say that something should be looked at."""
        self.post(Notice(Level.Warning, text, action, act, about=about))

    def fail(
        self, error: Exception | str, action: str = "", act: Callable[[], None] | None = None, *, about: str = ""
    ) -> None:
        """Say that something could not be done, and why."""
        text = str(error) or type(error).__name__
        if isinstance(error, self.harmless):
            self.tell(text)
            return
        for kind, (label, remedy) in self.remedies.items():
            if isinstance(error, kind) and act is None:
                action, act, about = label, remedy, about or kind.__name__
        self.post(Notice(Level.Error, text, action, act, about=about))


class NoticeBar(QFrame):
    """The last unread notice, above the panels; more wait behind it.

    Parameters
    ----------
    notices : Notices
    """

    def __init__(self, notices: Notices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("NoticeBar")
        self._waiting: list[Notice] = []
        self._text = WordsLabel()
        self._text.setObjectName("NoticeText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._more = QLabel()
        self._act = QPushButton()
        self._act.clicked.connect(self._carry_out)
        self._copy = QPushButton("Copy")
        self._copy.setToolTip("Copy the message to the clipboard")
        self._copy.clicked.connect(self._to_clipboard)
        self._all = QPushButton("All read")
        self._all.setToolTip("Take all messages as read (Shift+Esc); the log keeps them")
        self._all.clicked.connect(self.dismiss_all)
        self._close = QToolButton()
        self._close.setText("✕")
        self._close.setToolTip("Read; show the next one (Esc)")
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 6, 4)
        for widget in (self._text, self._more, self._act, self._copy, self._all, self._close):
            row.addWidget(widget)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        notices.posted.connect(self.take)
        notices.withdrawn.connect(self.withdraw)
        self.hide()

    @property
    def current(self) -> Notice | None:
        """The notice that is shown."""
        return self._waiting[-1] if self._waiting else None

    def take(self, notice: Notice) -> None:
        """Show a notice; one that is there already is counted; an error with a button that helps is not hidden."""
        same = next((each for each in self._waiting if each.text == notice.text), None)
        if same is not None:
            notice = replace(notice, count=same.count + 1)
        kept = [each for each in self._waiting if each.text != notice.text and each.level is not Level.Information]
        helps = bool(kept) and kept[-1].level is Level.Error and bool(kept[-1].action)
        under = helps and not notice.action and notice.level is not Level.Information
        self._waiting = [*kept[:-1], notice, kept[-1]] if under else [*kept, notice]
        self._waiting = self._waiting[-50:]
        self._show()

    def withdraw(self, about: str) -> None:
        """Take notices away that are about something that is over."""
        left = [each for each in self._waiting if not about or each.about != about]
        if len(left) < len(self._waiting):
            self._waiting = left
            self._show()

    def dismiss_all(self) -> None:
        """Take all notices as read."""
        self._waiting.clear()
        self._show()

    def dismiss(self) -> None:
        """Take the notice that is shown as read."""
        if self._waiting:
            self._waiting.pop()
        self._show()

    def _show(self) -> None:
        notice = self.current
        self._timer.stop()
        if notice is None:
            self.hide()
            return
        self.setProperty("level", notice.level.value)
        self.style().unpolish(self)
        self.style().polish(self)
        long = len(notice.text) > _LONGEST
        self._text.setText(f"{notice.text[:_LONGEST]} ..." if long else notice.text)
        cut = long or max(map(len, notice.text.split()), default=0) > _LONGEST_WORD
        self._text.setToolTip(notice.text if cut else "")
        often = [f"\N{MULTIPLICATION SIGN}{notice.count}"] if notice.count > 1 else []
        more = [f"+{len(self._waiting) - 1} more"] if len(self._waiting) > 1 else []
        self._more.setText(", ".join([*often, *more]))
        self._all.setVisible(len(self._waiting) > 1)
        self._act.setText(notice.action)
        self._act.setVisible(bool(notice.action))
        self.show()
        if notice.level is Level.Information:
            self._timer.start(int(_SHOWN_S * 1000))

    def _carry_out(self) -> None:
        notice = self.current
        self.dismiss()
        if notice is not None and notice.act is not None:
            notice.act()

    def _to_clipboard(self) -> None:
        if self.current is not None:
            QApplication.clipboard().setText(self.current.text)
