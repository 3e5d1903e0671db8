"""How far a search for devices is, and what it came to: in words, under the list of devices."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pymodaq_hsi.dashboard.words_label import WordsLabel

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message

__all__ = ["SearchState", "search_problems"]

_TICK_MS = 100
_LINES = 4
"""Of what is wrong, that are in sight at once."""


def search_problems(found: Message) -> list[tuple[str, str]]:
    """Return what went wrong in an enumeration: what to tell, and its details ('' for none).

    Parameters
    ----------
    found : dict
        The result of the station's command ``enumerate``: errors, then warnings, then drivers that are not OK and that
        no message is about.
    """
    told = [*found["errors"], *found["warnings"]]
    named = {each["driver"] for each in told}
    problems = [(str(each["message"]), str(each.get("details") or "")) for each in told]
    problems += [
        (f"{driver['name']}: {driver['state']}", "")
        for driver in found["drivers"]
        if driver["state"] != "OK" and driver["name"] not in named
    ]
    return problems


class SearchState(QWidget):
    """A bar while drivers are asked, then how many have answered with what, and what is wrong with the others."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problems: list[tuple[str, str]] = []
        self._begun, self._seconds = 0.0, 0.0
        self.bar = QProgressBar()
        self.bar.setMaximumHeight(6)
        self.bar.setTextVisible(False)
        self.summary = WordsLabel()
        self.summary.setObjectName("EnumerationSummary")
        self.summary.setProperty("quiet", True)
        self.words = WordsLabel()
        self.words.setObjectName("EnumerationProblems")
        self.words.setProperty("state", "warning")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy = QToolButton()
        self.copy.setText("Copy")
        self.copy.setToolTip("Copy what is wrong, with all details, to the clipboard")
        self.copy.clicked.connect(self._to_clipboard)
        row = QHBoxLayout()
        row.addWidget(self.summary, 1)
        row.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.bar)
        column.addLayout(row)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.words)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setFixedHeight(_LINES * self.words.fontMetrics().lineSpacing())
        column.addWidget(self._scroll)
        self._clock = QTimer(self)
        self._clock.setInterval(_TICK_MS)
        self._clock.timeout.connect(self._tick)
        for widget in (self.bar, self.summary, self._scroll, self.copy):
            widget.hide()

    @property
    def busy(self) -> bool:
        """Whether drivers are being asked."""
        return self._clock.isActive()

    def begin(self, seconds: float) -> None:
        """Show that drivers are asked, for some seconds at the most."""
        self._begun, self._seconds = time.monotonic(), seconds
        self.bar.setRange(0, int(1000 * seconds))
        self.bar.show()
        self.summary.show()
        self._tick()
        self._clock.start()

    def end(self) -> None:
        """Show that nobody is asked any more."""
        self._clock.stop()
        self.bar.hide()
        self.summary.hide()

    def show_found(self, found: Message) -> None:
        """Say what it came to; the details of problems are in the tooltip."""
        self.end()
        drivers, devices = len(found["drivers"]), len(found["devices"])
        self._problems = search_problems(found)
        wrong = f", {_count(len(self._problems), 'problem')}" if self._problems else ""
        self.summary.setText(f"{_count(drivers, 'driver')} asked, {_count(devices, 'device')} found{wrong}")
        self.summary.show()
        self.words.setText("\n".join(f"⚠ {text}" for text, _ in self._problems))
        self.words.setToolTip("\n".join(details for _, details in self._problems if details)[-2000:])
        self._scroll.setVisible(bool(self._problems))
        self.copy.setVisible(bool(self._problems))

    def _tick(self) -> None:
        passed = time.monotonic() - self._begun
        self.bar.setValue(int(1000 * min(passed, self._seconds)))
        left = max(0.0, self._seconds - passed)
        self.summary.setText(f"Asking all installed drivers: {left:.0f} s left at most")

    def _to_clipboard(self) -> None:
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText("\n".join("\n".join(part for part in each if part) for each in self._problems))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
