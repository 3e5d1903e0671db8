"""What a panel is, and what it is given."""

from __future__ import annotations

import enum
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.dashboard.link import StationLink
    from pymodaq_hsi.dashboard.mirror import Message, StationMirror
    from pymodaq_hsi.dashboard.notices import Notices
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["Area", "Panel", "PanelContext", "Selection"]


_log = logging.getLogger(__name__)


class Area(enum.Enum):
    """Where a panel is put at first; the user moves it wherever they like."""

    Left = "left"
    Centre = "centre"
    Right = "right"
    Bottom = "bottom"


class Selection(QObject):
    """What the user looks at, in all panels alike.

    Attributes
    ----------
    device : str
        Name of the selected device of the station, '' for none.
    camera : str
        Name of the selected camera, '' for none.
    file : str
        Path of the file that is shown, '' for none.
    deviceChanged, cameraChanged, fileChanged : pyqtSignal(str)
    """

    deviceChanged = pyqtSignal(str)  # noqa: N815  Qt's own style, which its users expect
    cameraChanged = pyqtSignal(str)  # noqa: N815
    fileChanged = pyqtSignal(str)  # noqa: N815

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.device = ""
        self.camera = ""
        self.file = ""

    def select_device(self, name: str) -> None:
        """Look at a device."""
        if name != self.device:
            self.device = name
            self.deviceChanged.emit(name)

    def select_camera(self, name: str) -> None:
        """Look at what a camera sees."""
        if name != self.camera:
            self.camera = name
            self.cameraChanged.emit(name)

    def open_file(self, path: str) -> None:
        """Look at a file; the same once more reads it again."""
        self.file = path
        self.fileChanged.emit(path)


@dataclass(frozen=True)
class PanelContext:
    """All that a panel may use.

    Attributes
    ----------
    link : StationLink
        Gives commands and tells events.
    mirror : StationMirror
        What is known of the station.
    selection : Selection
    notices : Notices
    theme : Theme
    show_panel : callable
        ``show_panel(name)`` brings another panel to the front, by the name of its entry point.
    """

    link: StationLink
    mirror: StationMirror
    selection: Selection
    notices: Notices
    theme: Theme
    show_panel: Callable[[str], None]


class Panel(QWidget):
    """A widget in the dashboard; subclass it and register the class under ``pymodaq_hsi.panels``.

    For each event of the station the method ``on_<event>(event)`` is called if there is one (``on_connected``,
    ``on_parameters``, ``on_scan`` ...), after the mirror has taken the event in. ``on_snapshot`` comes once at the
    beginning, each time that the link is there again, and when the window was too slow for all events: show everything
    anew.

    Attributes
    ----------
    title : str
        On its tab.
    area : Area
        Where it is put at first.
    order : int
        Among those of the same area, the smallest first.
    """

    title: ClassVar[str] = ""
    area: ClassVar[Area] = Area.Right
    order: ClassVar[int] = 100

    def __init__(self, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.link = context.link
        self.mirror = context.mirror
        self.notices = context.notices
        self.link.eventCame.connect(self._hand_on)

    def on_snapshot(self, event: Message) -> None:
        """Show everything anew; ``mirror`` has it."""

    def link_lost(self) -> None:
        """Show that what is shown is old: the station is gone."""

    @property
    def in_sight(self) -> bool:
        """Whether anything of it can be seen: what is in a tab behind another one is visible to Qt all the same."""
        return not self.visibleRegion().isEmpty()

    def come_in_sight(self) -> None:
        """Draw what was not worth drawing while nobody saw it."""

    def save_state(self) -> dict[str, Any]:
        """Return what the panel wants to be given at the next start, JSON data."""
        return {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take what `save_state` returned, perhaps by an older version; ignore what does not fit."""

    def shut(self) -> None:
        """End threads and feeds; the window is being closed."""

    def _hand_on(self, event: Message) -> None:
        kind = "snapshot" if event["event"] == "missed" else event["event"]
        take = getattr(self, f"on_{kind}", None)
        if take is None:
            return
        try:
            take(event)
        except Exception as error:  # a panel may be anybody's: its failure is told, and costs the others nothing
            _log.exception("the panel %s has failed on %s", self.title, event["event"])
            self.notices.fail(f"the panel {self.title} cannot show {event['event']}: {type(error).__name__}: {error}")
