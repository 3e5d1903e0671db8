"""Exporting what is chosen in the browser: format, place, progress; nothing is written over without a tick."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pymodaq_hsi.dashboard.file_reader import FileReader
from pymodaq_hsi.dashboard.words_label import WordsLabel

if TYPE_CHECKING:
    from pathlib import Path

    from PyQt5.QtGui import QShowEvent

    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["ExportForm"]

_PATIENCE_S = 3600.0
"""Seconds without progress after which an export is given up: some formats tell none before they are written."""
_LANE = "export"


class _Progress(QObject):
    told = pyqtSignal(int)  # per mille: bytes do not fit into Qt's integers

    def tell(self, done: int, total: int) -> None:
        self.told.emit(int(1000 * done / max(1, total)))


class ExportForm(QWidget):
    """A form for one node of one file.

    Parameters
    ----------
    context : PanelContext
    """

    def __init__(self, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link, self._notices = context.link, context.notices
        self._file: Path | None = None
        self._typed = False
        self._formats: dict[str, str] = {}
        self._going_on = True
        self._reader = FileReader(_PATIENCE_S)
        self.what = WordsLabel()
        self.node = QLineEdit("/")
        self.node.setToolTip("What is exported: an array, a channel, a detector, a scan, or / for the whole file")
        self.format = QComboBox()
        self.format.setToolTip("Grey formats need a package that is not installed")
        self.target = QLineEdit()
        self.target.setToolTip("The file to write, or a folder for it")
        self.browse = QToolButton()
        self.browse.setText("...")
        self.browse.setToolTip("Choose the file")
        self.overwrite = QCheckBox("Replace files that are there")
        self.overwrite.setToolTip("Without it an export that would write over a file is refused")
        self.button = QPushButton("Export")
        self.button.setProperty("primary", True)
        self.button.setToolTip("Write the file; it appears under its name when it is complete")
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop the export; nothing is left behind, a file that was there stays")
        self.cancel.setEnabled(False)
        self.bar = QProgressBar()
        self.bar.hide()
        buttons = QHBoxLayout()
        buttons.addWidget(self.button, 1)
        buttons.addWidget(self.cancel)
        place = QHBoxLayout()
        place.addWidget(self.target)
        place.addWidget(self.browse)
        form = QFormLayout()
        form.addRow("What", self.node)
        form.addRow("Format", self.format)
        form.addRow("To", place)
        form.addRow("", self.overwrite)
        form.addRow("", buttons)
        form.addRow("", self.bar)
        column = QVBoxLayout(self)
        column.addWidget(self.what)
        column.addLayout(form)
        column.addStretch(1)
        self._progress = _Progress()
        self._progress.told.connect(self._show_progress)
        self.format.currentIndexChanged.connect(lambda _: self._propose())
        self.target.textEdited.connect(lambda _: setattr(self, "_typed", True))
        self.browse.clicked.connect(self._browse)
        self.button.clicked.connect(self._export)
        self.cancel.clicked.connect(self._leave)

    def show_node(self, file: Path, node: str) -> None:
        """Offer a node of a file."""
        if file != self._file:
            self._typed = False
        self._file = file
        self.what.setText(f"From {file}")
        self.node.setText(node)
        self._propose()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802  Qt's name
        """Ask for the formats when they are wanted for the first time."""
        super().showEvent(event)
        self.ask_formats()

    def ask_formats(self) -> None:
        """Read which formats there are, once, in a thread."""
        if self._formats:
            return

        self._link.run_here(self._reader.formats, self._offer, self._notices.fail, lane=_LANE)

    def shut(self) -> None:
        """Leave what is being exported; the process ends when it has cleaned up."""
        self._going_on = False
        threading.Thread(target=self._reader.finish, name="dashboard export ends").start()

    def _offer(self, found: list[tuple[str, str, str, str]]) -> None:
        if self._formats:
            return
        self._formats = {name: suffix for name, _, suffix, _ in found}
        for name, description, suffix, missing in found:
            self.format.addItem(f"{description} ({suffix})", name)
            if missing:
                index = self.format.count() - 1
                self.format.setItemText(index, f"{description}: needs pip install {missing}")
                self.format.model().item(index).setEnabled(False)

    def _propose(self) -> None:
        suffix = self._formats.get(self.format.currentData())
        if self._file is not None and not self._typed and suffix is not None:
            target = self._file.with_suffix(suffix)
            if target == self._file:  # the data alone, beside the file that they are from
                target = self._file.with_name(f"{self._file.stem}_export{suffix}")
            self.target.setText(str(target))

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Export to", self.target.text())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.fileSelected.connect(self._take_target)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()  # not modal: a scan can be stopped meanwhile

    def _take_target(self, path: str) -> None:
        self._typed = True
        self.target.setText(path)

    def _export(self) -> None:
        kind = self.format.currentData()
        if self._file is None or kind is None:
            return
        source, node = self._file, self.node.text().strip() or "/"
        what = {"target": self.target.text().strip() or None, "to": kind, "overwrite": self.overwrite.isChecked()}
        self._going_on = True
        self.button.setEnabled(False)
        self.cancel.setEnabled(True)
        self.bar.setRange(0, 0)
        self.bar.show()

        def part(done: int, total: int) -> bool:
            self._progress.tell(done, total)
            return self._going_on

        self._link.run_here(lambda: self._reader.export(source, node, what, part), self._done, self._failed, lane=_LANE)

    def _leave(self) -> None:
        self._going_on = False
        self.cancel.setEnabled(False)

    def _show_progress(self, done: int) -> None:
        self.bar.setRange(0, 1000)
        self.bar.setValue(done)

    def _done(self, made: dict[str, Any]) -> None:
        self._end()
        if made.get("cancelled"):
            self._notices.tell("The export was cancelled; nothing was written")
            return
        words = [f"Exported to {', '.join(made['files'])}"]
        words += [f"{path} was left out: {why}" for path, why in made["skipped"].items()]
        self._notices.tell("; ".join([*words, *made["notes"]]))

    def _failed(self, error: Exception) -> None:
        self._end()
        self._notices.fail(error)

    def _end(self) -> None:
        self.button.setEnabled(True)
        self.cancel.setEnabled(False)
        self.bar.hide()
