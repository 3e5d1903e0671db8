"""Where panels lie: docks that can be moved, tabbed, floated and closed, and are found again where they were."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from PyQt5.QtCore import QByteArray, QEvent, Qt, QTimer
from PyQt5.QtWidgets import QApplication, QDockWidget, QMainWindow, QScrollArea, QTabWidget, QWidget

from pymodaq_hsi.dashboard.panel import Area

if TYPE_CHECKING:
    from PyQt5.QtCore import QObject
    from PyQt5.QtGui import QResizeEvent, QShowEvent
    from PyQt5.QtWidgets import QAction

    from pymodaq_hsi.dashboard.panel import Panel

__all__ = ["Desk"]

_LAYOUT_VERSION = 1
_ACROSS = {Area.Left: 0.24, Area.Centre: 0.44, Area.Right: 0.32}
_BOTTOM = 0.17
_FOLLOWS_MS = 20
"""After a change of the window's size: until then docks are resized by Qt, and not by the user."""


class Desk(QMainWindow):
    """The docks of all panels; a part of the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Widget)
        self.setObjectName("Desk")
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.docks: dict[str, QDockWidget] = {}
        self._areas: dict[str, Area] = {}
        self._shared = self._again = False
        self._bottom = self._tall = 0
        self._following = QTimer(self)
        self._following.setSingleShot(True)
        self._following.setInterval(_FOLLOWS_MS)
        self._following.timeout.connect(self._keep_bottom)

    def add(self, name: str, panel: Panel) -> None:
        """Take a panel; `arrange` puts it somewhere."""
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes from control to control
        scroll.setWidget(panel)
        dock = QDockWidget(panel.title or name, self)
        dock.setObjectName(f"dock {name}")
        dock.setWidget(scroll)
        dock.installEventFilter(self)
        dock.visibilityChanged.connect(lambda seen: QTimer.singleShot(0, panel.come_in_sight) if seen else None)
        self.docks[name] = dock
        self._areas[name] = panel.area

    def take_font(self) -> None:
        """Have the titles in the font that the application has now."""
        for dock in self.docks.values():
            dock.setFont(QApplication.font())

    def bring(self, name: str) -> None:
        """Bring a panel to the front; one that is not there is passed over."""
        dock = self.docks.get(name)
        if dock is not None:
            dock.show()
            dock.raise_()

    def toggles(self) -> dict[str, QAction]:
        """Return the actions that show and hide each panel, by its name."""
        return {name: action for name, dock in self.docks.items() if (action := dock.toggleViewAction()) is not None}

    def arrange(self) -> None:
        """Put all docks where they are at the first start: devices left, pictures in the middle, work on the right."""
        groups = self._groups()
        for dock in self.docks.values():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        columns = [docks[0] for area in _ACROSS if (docks := groups[area])]
        for left, dock in zip([None, *columns], columns, strict=False):
            if left is None:
                self.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
            else:
                self.splitDockWidget(left, dock, Qt.Orientation.Horizontal)
        if groups[Area.Bottom]:
            self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, groups[Area.Bottom][0])
        for docks in groups.values():
            for dock in docks[1:]:
                self.tabifyDockWidget(docks[0], dock)
            for dock in docks:
                dock.show()
            if docks:
                docks[0].raise_()
        self._share_out(groups, columns)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802  Qt's name
        """Share the room out when there is some: before, a window does not know how large it is."""
        super().showEvent(event)
        if not self._shared:
            self._shared = True
            QTimer.singleShot(0, self._share_again)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  Qt's name
        """Remember how high the bottom is when it was made so, and has not just followed the window."""
        if event is not None and event.type() == QEvent.Type.Resize and not self._following.isActive():
            if isinstance(watched, QDockWidget) and self._tall == self.height() and watched in self._at_bottom():
                self._bottom = watched.height()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802  Qt's name
        """Leave the bottom as high as it is: Qt gives it all the room that a message gives back when it goes."""
        super().resizeEvent(event)
        self._tall = self.height()  # the docks have been resized before this is told
        self._again = self._following.signalsBlocked()  # they were, while they were put right for the size before
        self._following.start()

    def _keep_bottom(self) -> None:
        docks = self._at_bottom()
        if docks and not self._bottom:
            self._bottom = docks[0].height()  # as it was restored
        elif docks and self._shared:
            self._following.start()  # what follows from this is no wish either
            self._following.blockSignals(True)
            above = [dock for dock in self.docks.values() if dock.isVisible() and not dock.isFloating()]
            above = [dock for dock in above if dock not in docks][:1]  # Qt moves the border between two only
            heights = [self.height() - self._bottom, self._bottom]
            self.resizeDocks([*above, docks[0]], heights[-1 - len(above) :], Qt.Orientation.Vertical)
            QTimer.singleShot(_FOLLOWS_MS, self._rest)

    def _rest(self) -> None:
        self._following.blockSignals(False)
        if self._again:
            self._again = False
            self._following.start()
        else:
            self._following.stop()

    def _at_bottom(self) -> list[QDockWidget]:
        bottom = Qt.DockWidgetArea.BottomDockWidgetArea
        return [
            dock
            for dock in self.docks.values()
            if dock.isVisible() and not dock.isFloating() and self.dockWidgetArea(dock) == bottom
        ]

    def _share_again(self) -> None:
        groups = self._groups()
        self._share_out(groups, [docks[0] for area in _ACROSS if (docks := groups[area])])

    def _groups(self) -> dict[Area, list[QDockWidget]]:
        groups: dict[Area, list[QDockWidget]] = {area: [] for area in Area}
        for name, dock in self.docks.items():
            groups[self._areas[name]].append(dock)
        return groups

    def _share_out(self, groups: dict[Area, list[QDockWidget]], columns: list[QDockWidget]) -> None:
        sizes = [int(self.width() * share) for area, share in _ACROSS.items() if groups[area]]
        self.resizeDocks(columns, sizes, Qt.Orientation.Horizontal)
        if groups[Area.Bottom] and columns:
            heights = [int(self.height() * (1 - _BOTTOM)), int(self.height() * _BOTTOM)]
            self.resizeDocks([columns[0], groups[Area.Bottom][0]], heights, Qt.Orientation.Vertical)

    def kept(self) -> str:
        """Return where everything is, as text."""
        return base64.b64encode(bytes(self.saveState(_LAYOUT_VERSION))).decode()

    def restore(self, kept: str, known: list[str]) -> bool:
        """Put everything where it was; return whether that could be done.

        Parameters
        ----------
        kept : str
            What `kept` returned.
        known : list of str
            The panels that there were then; new ones are put into a tab with another of their area.
        """
        self._shared = self.restoreState(QByteArray(base64.b64decode(kept)), _LAYOUT_VERSION)
        if self._shared:
            for docks in self._groups().values():
                old = [dock for dock in docks if dock.objectName().removeprefix("dock ") in known]
                for dock in docks:
                    if old and dock not in old:
                        self.tabifyDockWidget(old[0], dock)
        return self._shared
