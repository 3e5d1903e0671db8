"""What has happened: the log of the station, and the notices of this window."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from pymodaq_hsi.dashboard.panel import Area, Panel

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.notices import Notice
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["LogPanel"]

_MOST = 5_000
_TEXT = 3
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_ROLES = {"WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}


class LogPanel(Panel):
    """Lines with time, level, source and text; filtered by level and words, copied by the selection."""

    title = "Log"
    area = Area.Bottom
    order = 10

    def __init__(self, context: PanelContext) -> None:
        super().__init__(context)
        self.lines = QTreeWidget()
        self.lines.setObjectName("LogLines")
        self.lines.setColumnCount(_TEXT + 1)
        self.lines.setHeaderHidden(True)  # the room is wanted for lines
        self.lines.setRootIsDecorated(False)
        self.lines.setUniformRowHeights(True)
        self.lines.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.lines.setMinimumHeight(20)  # in a low window the lines scroll, not the panel
        header = self.lines.header()
        assert header is not None
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.level = QComboBox()
        self.level.addItems(["All", "Information and above", "Warnings and errors", "Errors"])
        self.level.setToolTip("Which lines are shown")
        self.level.setCurrentIndex(1)
        self.words = QLineEdit()
        self.words.setPlaceholderText("Show lines that have these words")
        self.words.setToolTip("Only lines that have all of these words, in whatever order")
        self.words.setClearButtonEnabled(True)
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy the selected lines; all that are shown, if none is selected")
        row = QHBoxLayout()
        for widget, stretch in ((self.level, 0), (self.words, 1), (self.copy, 0)):
            row.addWidget(widget, stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addLayout(row)
        column.addWidget(self.lines, 1)
        self.level.currentIndexChanged.connect(self._filter)
        self.words.textChanged.connect(self._filter)
        self.copy.clicked.connect(self._to_clipboard)
        context.notices.posted.connect(self._take_notice)
        context.theme.changed.connect(self._colour)

    def on_snapshot(self, event: Message) -> None:
        """Show the last lines of the station."""
        known = {item.data(0, Qt.ItemDataRole.UserRole) for item in self._items()}
        for line in self.mirror.log:
            if line["time"] not in known:
                self.on_log(line)

    def on_log(self, event: Message) -> None:
        """Add a line."""
        self._add(event["time"], event["level"], event["logger"].removeprefix("pymodaq_hsi."), event["message"])

    def save_state(self) -> dict[str, Any]:
        """Keep the filter."""
        return {"level": self.level.currentIndex()}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Filter as before."""
        level = int(state.get("level", 1))
        self.level.setCurrentIndex(level if 0 <= level < self.level.count() else 1)

    @property
    def _count(self) -> int:
        return self.lines.topLevelItemCount()

    def _take_notice(self, notice: Notice) -> None:
        level = {"information": "INFO", "warning": "WARNING", "error": "ERROR"}[notice.level.value]
        last = self.lines.topLevelItem(self._count - 1)
        if notice.count > 1 and last is not None and last.toolTip(_TEXT) == notice.text:
            last.setText(0, time.strftime("%H:%M:%S", time.localtime(notice.time)))
            last.setText(_TEXT, f"{_line(notice.text)} (\N{MULTIPLICATION SIGN}{notice.count})")
            return
        self._add(notice.time, level, "window", notice.text)

    def _add(self, when: float, level: str, source: str, text: str) -> None:
        stamp = time.strftime("%H:%M:%S", time.localtime(when))
        item = QTreeWidgetItem([stamp, level.lower(), source, _line(text)])
        item.setToolTip(_TEXT, text)
        item.setData(0, Qt.ItemDataRole.UserRole, when)
        item.setData(1, Qt.ItemDataRole.UserRole, level)
        bar = self.lines.verticalScrollBar()
        follow = bar is None or bar.value() >= bar.maximum() - 2
        self.lines.addTopLevelItem(item)
        self._colour_item(item)
        item.setHidden(not self._wanted(item))
        if self._count > _MOST:
            self.lines.takeTopLevelItem(0)
        if follow:
            self.lines.scrollToBottom()

    def _wanted(self, item: QTreeWidgetItem) -> bool:
        level = logging.getLevelName(item.data(1, Qt.ItemDataRole.UserRole))
        least = (0, logging.INFO, logging.WARNING, logging.ERROR)[self.level.currentIndex()]
        words = self.words.text().lower().split()
        text = f"{item.text(2)} {item.text(3)}".lower()
        return (not isinstance(level, int) or level >= least) and all(word in text for word in words)

    def _filter(self) -> None:
        for item in self._items():
            item.setHidden(not self._wanted(item))

    def _items(self) -> list[QTreeWidgetItem]:
        found = (self.lines.topLevelItem(row) for row in range(self._count))
        return [item for item in found if item is not None]

    def _colour(self) -> None:
        for item in self._items():
            self._colour_item(item)

    def _colour_item(self, item: QTreeWidgetItem) -> None:
        role = _ROLES.get(item.data(1, Qt.ItemDataRole.UserRole), "text")
        item.setForeground(1, QColor(self.context.theme.colour(role)))

    def _to_clipboard(self) -> None:
        chosen = self.lines.selectedItems() or [item for item in self._items() if not item.isHidden()]
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText("\n".join("\t".join(item.text(column) for column in range(4)) for item in chosen))


def _line(text: str) -> str:
    return " ".join(text.split())
