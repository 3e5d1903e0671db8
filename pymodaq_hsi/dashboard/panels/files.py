"""Files: tree, attributes, plots by dimension, statistics of regions, export; also of a file that is being written."""

from __future__ import annotations

import functools
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QShortcut,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
)

from pymodaq_hsi.dashboard.export_form import ExportForm
from pymodaq_hsi.dashboard.file_reader import FileReader
from pymodaq_hsi.dashboard.file_tree import FileContent, FileNode, first_data
from pymodaq_hsi.dashboard.file_tree_widget import FileTree
from pymodaq_hsi.dashboard.map_colours import mean_of_last, true_colour_of
from pymodaq_hsi.dashboard.panel import Area, Panel
from pymodaq_hsi.dashboard.view_plot import ViewPlot

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.file_reader import Seen
    from pymodaq_hsi.dashboard.file_shapes import ViewShape
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["FilesPanel"]

_RECENT = 12
_LOOK_EVERY_MS = 1_000
_FILTER_AFTER_MS = 150
_LONG_LIST = 60
_LANE = "files"


class FilesPanel(Panel):
    """A browser of HDF5 files."""

    title = "Files"
    area = Area.Centre
    order = 30
    _part = pyqtSignal(object, object)

    def __init__(self, context: PanelContext) -> None:
        super().__init__(context)
        self.path: Path | None = None
        self.reader = FileReader()
        self._view: ViewShape | None = None
        self._content: FileContent | None = None
        self._growing: FileContent | None = None
        self._reading = False
        self._found = 0
        self._wanted = ""
        self._turn = itertools.count()
        self._latest: dict[str, int] = {}
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
        self.filter = QLineEdit()
        self.filter.setObjectName("FileFilter")
        self.filter.setClearButtonEnabled(True)
        self.filter.setPlaceholderText("filter: part of a name, a title, a type or a unit")
        self.filter.setToolTip("Only nodes with this in their name, title, type, shape or unit are in the tree")
        self.state = QLabel()
        self.state.setProperty("quiet", True)
        narrow = QHBoxLayout()
        narrow.addWidget(self.filter, 1)
        narrow.addWidget(self.state)
        self.tree = FileTree()
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
        column.addLayout(narrow)
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
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_FILTER_AFTER_MS)
        self._soon.timeout.connect(self._filter)
        self.filter.textChanged.connect(lambda _: self._soon.start())
        self._part.connect(self._take_part)
        self.tree.chosen.connect(self._take_item)
        self.plot.colours_wanted.connect(self._colour)
        self.plot.cube_wanted.connect(self._read_cube)
        self.plot.cut_wanted.connect(self._read_cut)
        self.plot.region_wanted.connect(self._read_region)
        context.selection.fileChanged.connect(self.show_file)
        QShortcut(QKeySequence("Ctrl+O"), self, self._choose, context=Qt.ShortcutContext.WindowShortcut)
        QShortcut(QKeySequence("F5"), self, self.read_again, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.background.setEnabled(False)

    @property
    def shown(self) -> ViewShape | None:
        """The data that are shown; None for none."""
        return self._view

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
        """Look no more, and end the process that reads."""
        self._clock.stop()
        self.export.shut()
        self.reader.close()

    # reading, in a process that a thread asks; of several readings of a kind only the last is shown

    def _in_turn(self, kind: str, work: Any, then: Any) -> None:
        turn = self._latest[kind] = next(self._turn)

        def show(found: Any) -> None:
            if self._latest[kind] == turn:
                then(found)

        def fail(error: Exception) -> None:
            if self._latest[kind] != turn:
                return
            if kind == "view":
                self.follow.setChecked(False)
                self._forget_view()
                self.plot.clear(str(error))
            self.notices.fail(error)

        # what is no longer wanted when its turn comes is not read at all
        self.link.run_here(lambda: work() if self._latest[kind] == turn else None, show, fail, lane=_LANE)

    def _read(self, path: Path) -> None:
        content = FileContent(path)
        turn = next(self._turn)
        self._latest["content"] = turn
        self._reading = True
        self.reload.setEnabled(False)
        self.state.setText("reading ...")
        if path != self.path:
            self.file.setEditText(str(path))

        def part(told: list[dict[str, Any]]) -> bool:
            self._part.emit(content, [FileNode.of(each) for each in told])
            return self._latest["content"] == turn

        def work() -> FileContent:
            content.size, content.changed = self.reader.nodes(path, part)
            return content

        def show(found: FileContent) -> None:
            if self._latest["content"] == turn:
                self._show_content(found)

        def fail(error: Exception) -> None:
            if self._latest["content"] == turn:
                self._end_reading()
                self.follow.setChecked(False)
                self.notices.fail(error)
                if content is self._growing:
                    self._show_content(content)  # as far as it could be read

        self.link.run_here(work, show, fail, lane=_LANE)

    def _end_reading(self) -> None:
        self._reading = False
        self.reload.setEnabled(True)
        self._tell_state()

    def _take_part(self, content: FileContent, nodes: list[FileNode]) -> None:
        """Show nodes as they are read."""
        if not self._reading or not nodes:
            return
        if content is not self._growing:
            new = self.path != content.path
            self._growing = content
            self.tree.begin(new=new)
            self.path = content.path
            if new:
                self._content = None
                self._forget_view()
                self.plot.clear("Reading ...")
                self.attributes.clear()
                self._name_file()
        content.nodes |= {node.path: node for node in nodes}
        self.tree.add(nodes, content.path.name)
        self.state.setText(f"{len(content.nodes):,} nodes ...")

    def _name_file(self) -> None:
        text = str(self.path)
        others = [each for each in (self.file.itemText(i) for i in range(self.file.count())) if each != text]
        self.file.clear()
        self.file.addItems([text, *others[: _RECENT - 1]])

    def _show_content(self, content: FileContent) -> None:
        first = self._content is None
        self._content = content
        self._end_reading()
        self.tree.finish()
        if self.filter.text():
            self._filter()
        wanted = self._wanted if self._wanted in content.nodes else first_data(content.nodes.values())
        if first:
            self.export.show_node(content.path, wanted or "/")
        if wanted:
            self.tree.select(wanted)
            self._show_node(wanted)
        else:
            self._forget_view()
            self.plot.clear("There is no data in this file.")

    def _filter(self) -> None:
        self._found = self.tree.show_only(self.filter.text())
        self._tell_state()

    def _tell_state(self) -> None:
        if not self._reading:
            self.state.setText(f"{self._found:,} found" if self.filter.text().strip() else "")

    def _take_item(self, node: str) -> None:
        if self._content is None:
            self._wanted = node  # shown as soon as the whole file is known
        else:
            self._show_node(node)

    def _show_node(self, node: str) -> None:
        if self.path is None or self._content is None or not node:
            return
        self._wanted = node
        path, with_background = self.path, self.background.isChecked()
        target = self._content.target(node)
        self.export.show_node(path, target)
        why_not = self._content.why_not(target)
        if node in self._content.nodes and not self._content.nodes[target].problem:
            self._in_turn("attributes", lambda: self.reader.attributes(path, target), self._show_attributes)
        if why_not:
            self._forget_view()
            self.plot.clear(why_not)
            return
        read = functools.partial(self.reader.see, path, target, with_background=with_background)
        self.state.setText("reading ...")
        self._in_turn("view", read, self._show_seen)

    def _forget_view(self) -> None:
        """Show no data any more, also none that is being read."""
        self._latest["view"] = next(self._turn)
        self._view = None
        self._tell_state()
        self.background.setEnabled(False)

    def _show_seen(self, seen: Seen) -> None:
        self._view = seen.view
        self._tell_state()
        self.background.setEnabled(seen.view is not None and seen.view.background)
        self.plot.show_seen(seen)

    def _show_attributes(self, found: dict[str, Any]) -> None:
        lines = [f"{name}: {_text(value)}" for name, value in found.items()]
        self.attributes.setPlainText("\n".join(lines) or "This node has no attributes.")

    def _read_cube(self, pair: tuple[int, int], at: dict[int, int], channel: int) -> None:
        def read(path: Path, view: ViewShape, what: dict[str, Any]) -> tuple[Any, Any]:
            cube = self.reader.cube(path, view, what)
            return cube, mean_of_last(cube)

        self._ask("cube", read, {"pair": pair, "at": at, "channel": channel}, lambda both: self.plot.show_cube(*both))

    def _read_cut(self, axis: int, at: dict[int, int], channel: int) -> None:
        self._ask("cut", self.reader.cut, {"axis": axis, "at": at, "channel": channel}, self.plot.show_cut)

    def _read_region(
        self, pair: tuple[int, int], rows: slice, columns: slice, at: dict[int, int], channel: int
    ) -> None:
        spans = {"rows": [rows.start, rows.stop], "columns": [columns.start, columns.stop]}
        what = {"pair": pair, "at": at, "channel": channel} | spans
        self._ask("region", self.reader.statistics, what, self.plot.show_region)

    def _ask(self, kind: str, read: Any, what: dict[str, Any], then: Any) -> None:
        if (view := self._view) is None or (path := self.path) is None:
            return
        what["with_background"] = self.background.isChecked()
        self._in_turn(kind, lambda: read(path, view, what), lambda found: then(found) if view is self._view else None)

    def _colour(self, cube: Any, wavelengths: Any) -> None:
        self.link.run_here(
            lambda: true_colour_of(cube, wavelengths),
            lambda picture: self.plot.show_colours(cube, picture),
            self.notices.fail,
            lane="colours",
        )

    def _look(self) -> None:
        """Read the file again if it has changed."""
        if self.path is None or self._content is None or self._reading:
            return
        try:
            status = self.path.stat()
        except OSError as error:
            self.follow.setChecked(False)
            self.notices.warn(f"{self.path} is followed no longer: {error.strerror or error}")
            return
        if (status.st_size, status.st_mtime) != (self._content.size, self._content.changed):
            self.read_again()

    def _choose(self) -> None:
        dialog = QFileDialog(self, "Open a file", str(self.path.parent if self.path else Path.cwd()))
        dialog.setNameFilters(
            ["HDF5 files (*.h5 *.hdf5 *.hdf *.he5 *.nxs *.nc *.nc4 *.hspy *.hsiref)", "All files (*)"]
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.context.selection.open_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()  # not modal: a scan can be stopped meanwhile


def _text(value: Any) -> str:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.dumps(json.loads(value), indent=2)
        except ValueError:
            return value
    if isinstance(value, list) and len(value) > _LONG_LIST:
        shown = ", ".join(str(each) for each in value[:_LONG_LIST])
        return f"[{shown}, ... {len(value):,} in all]"
    return json.dumps(value, indent=2, ensure_ascii=False) if isinstance(value, dict) else str(value)
