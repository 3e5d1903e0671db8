"""Exporting what is chosen in the browser: format, place, progress; nothing is written over without a tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from pathlib import Path

    from PyQt5.QtGui import QShowEvent

    from h5modules.exporting import Exported, Format
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["ExportForm"]


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
        self._dialog: QFileDialog | None = None
        self._formats: dict[str, Format] = {}
        self.what = QLabel()
        self.what.setWordWrap(True)
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
        self.button = QPushButton("Export")
        self.button.setProperty("primary", True)
        self.bar = QProgressBar()
        self.bar.hide()
        place = QHBoxLayout()
        place.addWidget(self.target)
        place.addWidget(self.browse)
        form = QFormLayout()
        form.addRow("What", self.node)
        form.addRow("Format", self.format)
        form.addRow("To", place)
        form.addRow("", self.overwrite)
        form.addRow("", self.button)
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

        def work() -> list[tuple[Format, str]]:
            from h5modules.exporting import formats  # loads HDF5, which the window does not wait for

            return [(each, each.missing()) for each in formats()]

        self._link.run_here(work, self._offer, self._notices.fail, lane="export")

    def _offer(self, found: list[tuple[Format, str]]) -> None:
        if self._formats:
            return
        self._formats = {each.name: each for each, _ in found}
        for each, missing in found:
            self.format.addItem(f"{each.description} ({each.suffixes[0]})", each.name)
            if missing:
                index = self.format.count() - 1
                self.format.setItemText(index, f"{each.description}: needs pip install {missing}")
                self.format.model().item(index).setEnabled(False)

    def _chosen(self) -> Format | None:
        return self._formats.get(self.format.currentData())

    def _propose(self) -> None:
        kind = self._chosen()
        if self._file is not None and not self._typed and kind is not None:
            self.target.setText(str(self._file.with_suffix(kind.suffixes[0])))

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Export to", self.target.text())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.fileSelected.connect(self._take_target)
        self._dialog = dialog
        dialog.open()

    def _take_target(self, path: str) -> None:
        self._typed = True
        self.target.setText(path)

    def _export(self) -> None:
        chosen = self._chosen()
        if self._file is None or chosen is None:
            return
        source, node, target = self._file, self.node.text().strip() or "/", self.target.text().strip()
        kind, overwrite = chosen.name, self.overwrite.isChecked()
        self.button.setEnabled(False)
        self.bar.setRange(0, 0)
        self.bar.show()

        def work() -> Exported:
            from h5modules.exporting import export

            return export(source, node, target or None, to=kind, overwrite=overwrite, progress=self._progress.tell)

        self._link.run_here(work, self._done, self._failed, lane="export")

    def _show_progress(self, done: int) -> None:
        self.bar.setRange(0, 1000)
        self.bar.setValue(done)

    def _done(self, exported: Exported) -> None:
        self._end()
        files = ", ".join(str(path) for path in exported.files)
        skipped = "".join(f"; {path} was left out: {why}" for path, why in exported.skipped.items())
        self._notices.tell(f"Exported to {files}{skipped}")

    def _failed(self, error: Exception) -> None:
        self._end()
        self._notices.fail(error)

    def _end(self) -> None:
        self.button.setEnabled(True)
        self.bar.hide()
