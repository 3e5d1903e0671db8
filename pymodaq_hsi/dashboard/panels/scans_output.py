"""Where the data of a plan go, and what is to be known of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from pymodaq_hsi.dashboard.panels.scans_fields import Choice, Problem

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.plan_model import Place, PlanModel

__all__ = ["MetadataEditor", "OutputEditor"]

_MANY = "{name}.h5"


class OutputEditor(QGroupBox):
    """Folder, name, one scan or many in a file, compression.

    Attributes
    ----------
    home : str
        The folder of a plan that names none.
    edited : pyqtSignal()
        The model was changed.
    """

    edited = pyqtSignal()

    def __init__(self, model: PlanModel) -> None:
        super().__init__("Output")
        self.home = ""
        self._model = model
        self.folder = QLineEdit()
        self.folder.setObjectName("OutputFolder")
        self.folder.setToolTip(
            "Folder of the files; it is made if it is not there. ~ is your home. Empty: the folder that is shown grey, "
            "where the last scan went"
        )
        self.browse = QPushButton("…")
        self.browse.setToolTip("Choose the folder")
        self.browse.setFixedWidth(30)
        self.browse.setStyleSheet("padding: 1px")
        self.file = QLineEdit()
        self.file.setObjectName("OutputFile")
        self.file.setPlaceholderText("{name}_{number:04d}.h5")
        self.file.setToolTip(
            "Name of the file; {name} is the plan's, {number} is counted up, {date} and {time} are those of the start"
        )
        self.scans = Choice("Whether each scan gets a file of its own", {"one": "one scan each", "many": "many scans"})
        self.scans.setObjectName("OutputScans")
        self.compression = Choice(
            "zlib is read by every HDF5 program; blosc2 is faster, and needs its plugin",
            {"none": "not compressed", "zlib": "zlib", "blosc2": "blosc2"},
        )
        self.compression.setObjectName("OutputCompression")
        self.problem = Problem()
        where = QHBoxLayout()
        where.addWidget(self.folder, 1)
        where.addWidget(self.browse)
        how = QHBoxLayout()
        how.addWidget(self.scans, 1)
        how.addWidget(self.compression, 1)
        form = QFormLayout(self)
        form.setContentsMargins(6, 6, 6, 6)
        form.setVerticalSpacing(4)
        form.addRow("Folder", where)
        form.addRow("File", self.file)
        form.addRow("With", how)
        form.addRow(self.problem)
        self.folder.textEdited.connect(lambda text: self._put(text.strip() or None, "folder"))
        self.file.textEdited.connect(lambda text: self._put(text.strip() or None, "file"))
        self.scans.chosen.connect(self._choose_scans)
        self.compression.chosen.connect(lambda value: self._put(None if value == "none" else value, "compression"))
        self.browse.clicked.connect(self._browse)

    def show_plan(self) -> None:
        """Show the output of the model."""
        output = self._model.get("output", default={})
        for field, text in ((self.folder, output.get("folder", "")), (self.file, output.get("file", ""))):
            if not field.hasFocus():
                field.setText(str(text))
        self.folder.setPlaceholderText(self.home)
        self.scans.show_value(output.get("scans", "one"))
        self.compression.show_value(output.get("compression", "none"))
        self.file.setPlaceholderText(_MANY if output.get("scans") == "many" else "{name}_{number:04d}.h5")

    def tell(self, problems: list[tuple[Place, str]]) -> None:
        """Show what is wrong with the output."""
        self.problem.tell([text.removeprefix("output: ") for _, text in problems])

    def _choose_scans(self, scans: str) -> None:
        """Many scans go to a file without a number in its name: take it out."""
        file = self._model.get("output", "file", default="")
        if scans == "many" and "{number" in file:
            self._model.put(None, "output", "file")
        self._put(None if scans == "one" else scans, "scans")
        self.show_plan()

    def _put(self, value: Any, field: str) -> None:
        self._model.put(value, "output", field)
        self.edited.emit()

    def _browse(self) -> None:
        dialog = QFileDialog(self.window(), "Folder for scans", self.folder.text() or self.home)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.fileSelected.connect(self._take_folder)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()  # not modal: a scan can be stopped meanwhile

    def _take_folder(self, folder: str) -> None:
        self.folder.setText(folder)
        self._put(folder, "folder")


class MetadataEditor(QGroupBox):
    """Names and values that are kept in the file; a number, true or a list is kept as what it is.

    Attributes
    ----------
    edited : pyqtSignal()
        The model was changed.
    """

    edited = pyqtSignal()

    def __init__(self, model: PlanModel) -> None:
        super().__init__("Metadata")
        self._model = model
        self._showing = False
        self.table = QTableWidget(0, 2)
        self.table.setObjectName("Metadata")
        self.table.setHorizontalHeaderLabels(["Name", "Value"])
        self.table.setToolTip(
            "Kept in the file as attributes of the scan: sample, operator, ... Empty a name to remove it"
        )
        header = self.table.horizontalHeader()
        rows = self.table.verticalHeader()
        assert header is not None
        assert rows is not None
        header.setStretchLastSection(True)
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.problem = Problem()
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(self.table)
        column.addWidget(self.problem)
        self.table.cellChanged.connect(self._take)

    def show_plan(self) -> None:
        """Show the metadata of the model, and an empty line for more."""
        self._showing = True
        found = self._model.get("metadata", default={})
        self.table.setRowCount(len(found) + 1)
        for row, (key, value) in enumerate([*found.items(), ("", "")]):
            for column, text in ((0, key), (1, value if isinstance(value, str) else json.dumps(value))):
                self.table.setItem(row, column, QTableWidgetItem(str(text)))
        height = (min(len(found), 6) + 1) * (self.fontMetrics().height() + 8)
        self.table.setFixedHeight(height + self.fontMetrics().height() + 14)
        self._showing = False

    def tell(self, problems: list[tuple[Place, str]]) -> None:
        """Show what is wrong with the metadata."""
        self.problem.tell([text for _, text in problems])

    def _take(self, row: int, column: int) -> None:
        if self._showing:
            return
        found = {}
        for number in range(self.table.rowCount()):
            key, value = (self.table.item(number, each) for each in (0, 1))
            if key is not None and key.text().strip():
                found[key.text().strip()] = _value(value.text() if value is not None else "")
        grown = self.table.item(self.table.rowCount() - 1, 0)
        self._model.put(found or None, "metadata")
        if grown is not None and grown.text().strip() and column == 1:
            self.show_plan()
            self.table.setCurrentCell(row + 1, 0)
        self.edited.emit()


def _value(text: str) -> Any:
    """Return what a text means: a number, true, false, or a list as JSON has it; else the text."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return text if found is None or isinstance(found, str) else found
