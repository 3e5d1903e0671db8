"""Files: tree, attributes, plots by dimension, statistics of regions, export; also of a file that is being written."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QShortcut,
    QSplitter,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from pymodaq_hsi.dashboard.export_form import ExportForm
from pymodaq_hsi.dashboard.file_tree import describe, first_data, has_data, read_attributes, read_content
from pymodaq_hsi.dashboard.file_views import open_view
from pymodaq_hsi.dashboard.panel import Area, Panel
from pymodaq_hsi.dashboard.view_plot import ViewPlot

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.file_tree import FileContent
    from pymodaq_hsi.dashboard.file_views import DataView
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["FilesPanel"]

_RECENT = 12
_LOOK_EVERY_MS = 1_000
_NODE = Qt.ItemDataRole.UserRole
_LANE = "files"


class FilesPanel(Panel):
    """A browser of HDF5 files."""

    title = "Files"
    area = Area.Centre
    order = 30

    def __init__(self, context: PanelContext) -> None:
        super().__init__(context)
        self.path: Path | None = None
        self._view: DataView | None = None
        self._content: FileContent | None = None
        self._wanted = ""
        self._turn = itertools.count()
        self._latest: dict[str, int] = {}
        self._dialog: QFileDialog | None = None
        self.file = QComboBox()
        self.file.setEditable(True)
        self.file.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.file.lineEdit().setPlaceholderText("path of an HDF5 file")
        self.file.setToolTip("The file that is shown; the last ones are in the list")
        self.open = QPushButton("Open ...")
        self.open.setToolTip("Choose a file (Ctrl+O)")
        self.reload = QPushButton("Reload")
        self.reload.setToolTip("Read the file again (F5)")
        self.follow = QCheckBox("Follow")
        self.follow.setToolTip("Read the file again whenever it has grown, as while it is being written")
        self.background = QCheckBox("Background off")
        self.background.setToolTip("Subtract the background that is stored beside the data")
        row = QHBoxLayout()
        row.addWidget(self.file, 1)
        for widget in (self.open, self.reload, self.follow):
            row.addWidget(widget)
        self.tree = QTreeWidget()
        self.tree.setObjectName("FileTree")
        self.tree.setHeaderLabels(["Node", "Content", "Size"])
        header = self.tree.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(False)
        self.plot = ViewPlot(context.theme)
        self.attributes = QPlainTextEdit()
        self.attributes.setReadOnly(True)
        self.attributes.setPlaceholderText("Choose a node in the tree to see its attributes")
        self.export = ExportForm(context)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.plot, "Plot")
        self.tabs.addTab(self.attributes, "Attributes")
        self.tabs.addTab(self.export, "Export")
        self.tabs.setCornerWidget(self.background, Qt.Corner.TopRightCorner)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.tree)
        split.addWidget(self.tabs)
        split.setSizes([180, 480])
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addLayout(row)
        column.addWidget(split, 1)
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_EVERY_MS)
        self._clock.timeout.connect(self._look)
        self.file.lineEdit().returnPressed.connect(lambda: self.show_file(self.file.currentText()))
        self.file.activated.connect(lambda _: self.show_file(self.file.currentText()))
        self.open.clicked.connect(self._choose)
        self.reload.clicked.connect(self.read_again)
        self.follow.toggled.connect(lambda on: self._clock.start() if on else self._clock.stop())
        self.background.toggled.connect(lambda _: self._show_node(self._wanted))
        self.tree.currentItemChanged.connect(lambda item, _: self._take_item(item))
        self.plot.cube_wanted.connect(self._read_cube)
        self.plot.cut_wanted.connect(self._read_cut)
        self.plot.region_wanted.connect(self._read_region)
        context.selection.fileChanged.connect(self.show_file)
        QShortcut(QKeySequence("Ctrl+O"), self, self._choose, context=Qt.ShortcutContext.WindowShortcut)
        QShortcut(QKeySequence("F5"), self, self.read_again, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.background.setEnabled(False)

    def show_file(self, path: str) -> None:
        """Open a file, and show the data that is most worth a look."""
        if not path.strip():
            return
        wanted = Path(path).expanduser()
        if wanted != self.path:
            self._wanted = ""
        self._read(wanted)

    def read_again(self) -> None:
        """Read the file that is shown once more."""
        if self.path is not None:
            self._read(self.path)

    def save_state(self) -> dict[str, Any]:
        """Keep the last files."""
        return {"recent": [self.file.itemText(index) for index in range(self.file.count())]}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Offer the last files."""
        self.file.addItems([path for path in state.get("recent", []) if isinstance(path, str)])
        self.file.setEditText("")

    def shut(self) -> None:
        """Look no more."""
        self._clock.stop()

    # reading, in a thread; of several readings of a kind only the last is shown

    def _in_turn(self, kind: str, work: Any, then: Any) -> None:
        turn = self._latest[kind] = next(self._turn)

        def show(found: Any) -> None:
            if self._latest[kind] == turn:
                then(found)

        def fail(error: Exception) -> None:
            if self._latest[kind] == turn:
                if kind in ("content", "view"):
                    self.follow.setChecked(False)
                self.notices.fail(error)

        self.link.run_here(work, show, fail, lane=_LANE)

    def _read(self, path: Path) -> None:
        self._in_turn("content", lambda: read_content(path), self._show_content)

    def _show_content(self, content: FileContent) -> None:
        new = self.path != content.path
        self.path, self._content = content.path, content
        text = str(content.path)
        others = [each for each in (self.file.itemText(i) for i in range(self.file.count())) if each != text]
        self.file.clear()
        self.file.addItems([text, *others[: _RECENT - 1]])
        self._fill_tree(content)
        wanted = self._wanted if any(node.path == self._wanted for node in content.nodes) else first_data(content)
        if new:
            self.export.show_node(content.path, wanted or "/")
        if wanted:
            self._select(wanted)
            self._show_node(wanted)
        else:
            self._forget_view()
            self.plot.clear("There is no data in this file.")

    def _fill_tree(self, content: FileContent) -> None:
        open_before = {item.data(0, _NODE) for item in self._items() if item.isExpanded()}
        first = not self.tree.topLevelItemCount() or self.tree.topLevelItem(0).toolTip(0) != str(content.path)
        self.tree.blockSignals(True)
        self.tree.clear()
        items: dict[str, QTreeWidgetItem] = {}
        for node in content.nodes:
            what, size = describe(node)
            name = content.path.name if node.path == "/" else node.name
            title = f"  {node.title}" if node.title and node.title != node.name and node.path != "/" else ""
            item = QTreeWidgetItem([name + title, what, size])
            item.setData(0, _NODE, node.path)
            item.setToolTip(0, str(content.path) if node.path == "/" else node.path)
            item.setTextAlignment(2, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
            items[node.path] = item
            parent = items.get(node.path.rpartition("/")[0] or "/")
            if node.path == "/" or parent is None:
                self.tree.addTopLevelItem(item)
            else:
                parent.addChild(item)
        for path, item in items.items():
            item.setExpanded(path.count("/") <= 2 if first else path in open_before)
        self.tree.blockSignals(False)

    def _items(self) -> list[QTreeWidgetItem]:
        found = []
        waiting = [self.tree.topLevelItem(index) for index in range(self.tree.topLevelItemCount())]
        while waiting:
            item = waiting.pop()
            if item is not None:
                found.append(item)
                waiting += [item.child(index) for index in range(item.childCount())]
        return found

    def _select(self, node: str) -> None:
        self.tree.blockSignals(True)
        for item in self._items():
            if item.data(0, _NODE) == node:
                self.tree.setCurrentItem(item)
                self.tree.scrollToItem(item)
        self.tree.blockSignals(False)

    def _take_item(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self._show_node(item.data(0, _NODE))

    def _show_node(self, node: str) -> None:
        if self.path is None or self._content is None or not node:
            return
        self._wanted = node
        path, with_background = self.path, self.background.isChecked()
        self.export.show_node(path, node)
        self._in_turn("attributes", lambda: read_attributes(path, node), self._show_attributes)
        if not has_data(self._content, node):
            self._forget_view()
            self.plot.clear("This node has no data to plot; choose one that has.")
            return
        self._in_turn("view", lambda: open_view(path, node, with_background=with_background), self._show_view)

    def _forget_view(self) -> None:
        """Show no data any more, also none that is being read; the file is let go."""
        self._latest["view"] = next(self._turn)
        self._view = None
        self.background.setEnabled(False)

    def _show_view(self, view: DataView) -> None:
        self._view = view
        self.background.setEnabled(view.background)
        self.plot.show_view(view)

    def _show_attributes(self, found: dict[str, Any]) -> None:
        lines = [f"{name}: {_text(value)}" for name, value in found.items()]
        self.attributes.setPlainText("\n".join(lines) or "This node has no attributes.")

    def _read_cube(self, pair: tuple[int, int], at: dict[int, int], channel: int) -> None:
        if (view := self._view) is not None:
            self._in_turn("cube", lambda: view.cube(pair, at, channel), self.plot.show_cube)

    def _read_cut(self, axis: int, at: dict[int, int], channel: int) -> None:
        if (view := self._view) is not None:
            self._in_turn("cut", lambda: view.cut(axis, at, channel), self.plot.show_cut)

    def _read_region(
        self, pair: tuple[int, int], rows: slice, columns: slice, at: dict[int, int], channel: int
    ) -> None:
        if (view := self._view) is not None:
            self._in_turn("region", lambda: view.statistics(pair, rows, columns, at, channel), self.plot.show_region)

    def _look(self) -> None:
        """Read the file again if it has changed."""
        if self.path is None or self._content is None:
            return
        try:
            status = self.path.stat()
        except OSError as error:
            self.follow.setChecked(False)
            self.notices.warn(f"{self.path} is followed no longer: {error.strerror or error}")
            return
        if (status.st_size, status.st_mtime) != (self._content.bytes, self._content.changed):
            self.read_again()

    def _choose(self) -> None:
        dialog = QFileDialog(self, "Open a file", str(self.path.parent if self.path else Path.cwd()))
        dialog.setNameFilters(["HDF5 files (*.h5 *.hdf5 *.hdf *.nxs)", "All files (*)"])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.context.selection.open_file)
        self._dialog = dialog
        dialog.open()


def _text(value: Any) -> str:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.dumps(json.loads(value), indent=2)
        except ValueError:
            return value
    return str(value)
