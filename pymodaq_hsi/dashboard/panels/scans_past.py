"""The scans of the station: what has become of them, and what can be done with them again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["PastScans"]

_ROLES = {"finished": "good", "failed": "error", "interrupted": "warning", "aborted": "warning", "stopped": "warning"}
_MORE = ("interrupted", "stopped", "aborted", "failed")
"""How a scan has ended that can be gone on with."""


class PastScans(QWidget):
    """A list, the last scan first; show its file, repeat it, go on with it, edit its plan.

    Attributes
    ----------
    resultWanted : pyqtSignal(dict)
        A scan is to be shown.
    planWanted : pyqtSignal(dict)
        Its plan is to be edited.
    """

    resultWanted = pyqtSignal(dict)  # noqa: N815  Qt's own style
    planWanted = pyqtSignal(dict)  # noqa: N815

    def __init__(self, context: PanelContext) -> None:
        super().__init__()
        self._context = context
        self.list = QTreeWidget()
        self.list.setObjectName("PastScans")
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAlternatingRowColors(True)
        self.list.setHeaderLabels(["Began", "Name", "State", "Points"])
        header = self.list.header()
        assert header is not None
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.hint = QLabel("No scans yet: make a plan and press Run")
        self.hint.setProperty("quiet", True)
        self.files = self._button("Show in files", "Open the file of the scan in the browser of files (double click)")
        self.result = self._button("Show result", "Show the data of the scan as after its end")
        self.repeat = self._button("Repeat", "Carry the same plan out again, into another file")
        self.resume = self._button("Resume", "Go on with a scan that did not end: the points that are missing")
        self.edit = self._button("Edit plan", "Take the plan out of the file into the editor")
        first, second = QHBoxLayout(), QHBoxLayout()
        for button in (self.files, self.result):
            first.addWidget(button, 1)
        for button in (self.repeat, self.resume, self.edit):
            second.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addWidget(self.hint)
        column.addWidget(self.list, 1)
        column.addLayout(first)
        column.addLayout(second)
        self.list.itemSelectionChanged.connect(self._enable)
        self.list.itemDoubleClicked.connect(lambda *_: self._show_file())
        self.files.clicked.connect(self._show_file)
        self.result.clicked.connect(lambda: self.resultWanted.emit(self.current or {}))
        self.edit.clicked.connect(lambda: self.planWanted.emit(self.current or {}))
        self.repeat.clicked.connect(lambda: self._again("repeat_scan"))
        self.resume.clicked.connect(lambda: self._again("resume_file"))
        self.show_scans()

    @property
    def current(self) -> Message | None:
        """The scan that is chosen."""
        items = self.list.selectedItems()
        found: Message | None = items[0].data(0, Qt.ItemDataRole.UserRole) if items else None
        return found

    def choose(self, row: int) -> None:
        """Choose a scan, 0 for the last."""
        item = self.list.topLevelItem(row)
        if item is not None:
            self.list.setCurrentItem(item)

    def show_scans(self) -> None:
        """Show the scans of the station."""
        number = (self.current or {}).get("number")
        self.list.clear()
        theme = self._context.theme
        for scan in reversed(self._context.mirror.past_scans):
            total = scan.get("total")
            known = scan.get("done") or scan.get("state") != "interrupted"  # else nobody was left to note how many
            done = f"{scan.get('done', 0):,}" if known else "?"
            points = f"{done} of {total:,}" if total else done
            began = time.strftime("%d %b %H:%M", time.localtime(scan["started"]))
            path = scan.get("path", "")
            item = QTreeWidgetItem([began, scan["name"], scan["state"], points])
            item.setData(0, Qt.ItemDataRole.UserRole, scan)
            item.setForeground(2, QColor(theme.colour(_ROLES.get(scan["state"], "text"))))
            item.setToolTip(2, scan.get("reason") or scan["state"])
            item.setToolTip(1, f"{path} {scan.get('node', '')}".strip())
            self.list.addTopLevelItem(item)
            if scan["number"] == number:
                self.list.setCurrentItem(item)
        self.hint.setVisible(not self._context.mirror.past_scans)
        self._enable()

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName("Past" + text.title().replace(" ", ""))
        button.setToolTip(tip)
        return button

    def _enable(self) -> None:
        scan, idle = self.current, not self._context.mirror.scanning
        there = scan is not None and bool(scan.get("path"))
        for button in (self.files, self.result, self.edit):
            button.setEnabled(there)
        self.repeat.setEnabled(there and idle)
        more = scan is not None and scan["state"] in _MORE and scan.get("plan") != "recording"
        self.resume.setEnabled(there and idle and more)

    def _show_file(self) -> None:
        if self.current is not None and self.current.get("path"):
            self._context.selection.open_file(self.current["path"])
            self._context.show_panel("files")

    def _again(self, command: str) -> None:
        scan = self.current
        if scan is None:
            return
        self._context.link.ask(command, None, self._context.notices.fail, path=scan["path"], node=scan.get("node", ""))
        self._context.show_panel("result")
