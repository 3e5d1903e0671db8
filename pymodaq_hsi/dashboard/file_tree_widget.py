"""The tree of a file on the screen: filled while it is read, brought up to date when it is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from pymodaq_hsi.dashboard.file_tree import describe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymodaq_hsi.dashboard.file_tree import FileNode

__all__ = ["FileTree"]

_NODE = Qt.ItemDataRole.UserRole
_OPEN_AT_FIRST = 2
"""Levels that are shown at once."""
_MOST_OPENED = 50
"""Nodes of a group; one with more is opened by the user."""


class FileTree(QTreeWidget):
    """Nodes with what they are and how large.

    Attributes
    ----------
    chosen : pyqtSignal(str)
        The user has chosen a node; its path.
    """

    chosen = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("FileTree")
        self.setHeaderLabels(["Node", "Content", "Size"])
        self.setUniformRowHeights(True)
        header = self.header()
        header.setResizeContentsPrecision(0)  # of ten thousand rows those that are seen
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(False)
        self._by_path: dict[str, QTreeWidgetItem] = {}
        self._met: set[str] = set()
        self._words: dict[str, str] = {}
        self._hidden: set[str] = set()
        self._filter = ""
        self.currentItemChanged.connect(self._take_current)

    @property
    def current(self) -> str:
        """The path of the node that is chosen, '' for none."""
        item = self.currentItem()
        return "" if item is None else str(item.data(0, _NODE))

    def paths(self) -> list[str]:
        """Return the paths of all nodes."""
        return list(self._by_path)

    def begin(self, *, new: bool) -> None:
        """Expect the nodes of another file, or of the same once more."""
        self._met.clear()
        if new:
            self.blockSignals(True)
            for kept in (self._by_path, self._words, self._hidden):
                kept.clear()
            self.clear()
            self.blockSignals(False)

    def add(self, nodes: Iterable[FileNode], file: str) -> None:
        """Show nodes, parents before their children; those that are there are brought up to date."""
        for node in nodes:
            self._met.add(node.path)
            what, size = describe(node)
            title = f"  {node.title}" if node.title and node.title != node.name and node.path != "/" else ""
            texts = (file if node.path == "/" else node.name + title, what, size)
            item = self._by_path.get(node.path)
            self._words[node.path] = f"{texts[0]} {what}".lower()
            if item is None:
                self._put(node, QTreeWidgetItem(list(texts)))
                continue
            for column, text in enumerate(texts):
                if item.text(column) != text:
                    item.setText(column, text)

    def finish(self) -> None:
        """Forget the nodes that were not read again."""
        gone = [path for path in self._by_path if path not in self._met]
        for path in reversed(gone):
            item = self._by_path.pop(path)
            self._hidden.discard(path)
            (item.parent() or self.invisibleRootItem()).removeChild(item)

    def select(self, path: str) -> None:
        """Choose a node without telling it."""
        item = self._by_path.get(path)
        if item is not None and item is not self.currentItem():
            self.blockSignals(True)
            self.setCurrentItem(item)
            self.blockSignals(False)
            self.scrollToItem(item)

    def choose(self, path: str) -> None:
        """Choose a node as a click on it does."""
        item = self._by_path.get(path)
        if item is not None:
            self.setCurrentItem(item)
            self.scrollToItem(item)

    def show_only(self, text: str) -> int:
        """Show the nodes with a text in name, title or content, and what they are in; return how many there are."""
        self._filter = text.strip().lower()
        fitting = [path for path in self._by_path if self._filter in self._words[path]]
        wanted: set[str] = set()
        for path in fitting:
            while path not in wanted:
                wanted.add(path)
                path = path.rpartition("/")[0] or "/"
        self.setUpdatesEnabled(False)
        for path in wanted & self._hidden:
            self._by_path[path].setHidden(False)
        hidden = self._by_path.keys() - wanted
        for path in hidden - self._hidden:
            self._by_path[path].setHidden(True)
        self._hidden = hidden
        if self._filter:
            self._open(wanted)
        self.setUpdatesEnabled(True)
        return len(fitting)

    def _open(self, wanted: set[str]) -> None:
        for path in wanted:
            item = self._by_path.get(path)
            if item is not None and item.childCount() and not item.isExpanded():
                item.setExpanded(True)

    def _put(self, node: FileNode, item: QTreeWidgetItem) -> None:
        path = node.path
        item.setData(0, _NODE, path)
        item.setToolTip(0, path)
        item.setTextAlignment(2, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
        parent = self._by_path.get(path.rpartition("/")[0] or "/") if path != "/" else None
        self._by_path[path] = item
        if parent is None:
            self.addTopLevelItem(item)
        else:
            parent.addChild(item)
        if path == "/" or (path.count("/") <= _OPEN_AT_FIRST and node.children <= _MOST_OPENED):
            item.setExpanded(True)
        if self._filter and self._filter not in self._words[path]:
            item.setHidden(True)
            self._hidden.add(path)

    def _take_current(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(str(item.data(0, _NODE)))
