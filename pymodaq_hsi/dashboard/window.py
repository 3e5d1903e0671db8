"""The window: panels on a desk, the bar for notices, and what is always in reach."""

from __future__ import annotations

import base64
import binascii
import logging
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QByteArray, Qt, pyqtSignal
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QMainWindow, QShortcut, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.desk import Desk
from pymodaq_hsi.dashboard.heartbeat import Heartbeat
from pymodaq_hsi.dashboard.leaving import QuitQuestion
from pymodaq_hsi.dashboard.link import Cancelled
from pymodaq_hsi.dashboard.loading import load_panels
from pymodaq_hsi.dashboard.notices import NoticeBar, Notices
from pymodaq_hsi.dashboard.panel import PanelContext, Selection
from pymodaq_hsi.dashboard.reference_watch import ReferenceWatch
from pymodaq_hsi.dashboard.setting_steps import SettingSteps
from pymodaq_hsi.dashboard.status import StatusLine
from pymodaq_hsi.errors import ControlHeld, DeviceLost, StationLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt5.QtGui import QCloseEvent

    from pymodaq_hsi.dashboard.link import StationLink
    from pymodaq_hsi.dashboard.memory import WindowMemory
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import Panel
    from pymodaq_hsi.dashboard.theme import Theme

__all__ = ["DashboardWindow"]

_log = logging.getLogger(__name__)
_FIRST_SIZE = (1280, 800)
_NO_STATION, _SILENT = "no station", "silent station"


class DashboardWindow(QMainWindow):
    """A window onto a station.

    Parameters
    ----------
    link : StationLink
        Started by whoever makes the window.
    theme : Theme
    memory : WindowMemory
        Where the layout is kept.

    Attributes
    ----------
    panels : dict of str to Panel
        By the name of their entry point.
    """

    quitted = pyqtSignal()

    def __init__(self, link: StationLink, theme: Theme, memory: WindowMemory) -> None:
        super().__init__()
        self.link = link
        self.mirror = link.mirror
        self.theme = theme
        self.memory = memory
        self.notices = Notices(self)
        self.notices.harmless = (Cancelled,)
        self.notices.remedies[ControlHeld] = ("Take control", self.take_control)
        self.notices.remedies[DeviceLost] = ("Reconnect", self._reconnect_lost)
        if link.can_start:
            self.notices.remedies[StationLost] = ("Start the station", link.start_station)
        self.selection = Selection(self)
        self.context = PanelContext(link, self.mirror, self.selection, self.notices, theme, self.show_panel)
        self.panels: dict[str, Panel] = {}
        self._question: QuitQuestion | None = None
        self._answered = False
        self.setObjectName("Dashboard")
        self.setWindowTitle("pymodaq_hsi")
        self.resize(*_FIRST_SIZE)
        self.desk = Desk()
        self.notice_bar = NoticeBar(self.notices)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notice_bar)
        column.addWidget(self.desk, 1)
        self.setCentralWidget(centre)
        self.desk.resize(*_FIRST_SIZE)
        self._make_actions()
        self.setStatusBar(StatusLine(self.context, self))
        ReferenceWatch(link, self.mirror, self)
        self._silent = False
        Heartbeat(link, self).silent.connect(self._take_silence)
        problems = self._add_panels()
        self._make_menus()
        self.desk.arrange()
        self.desk.take_font()
        theme.changed.connect(self.desk.take_font)
        self._restore()
        link.eventCame.connect(self._take_event)
        link.attachedChanged.connect(self._take_attached)
        for problem in problems:
            self.notices.warn(problem)

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front, by the name of its entry point."""
        self.desk.bring(name)

    def take_control(self, then: Callable[[], None] | None = None) -> None:
        """Take the right to change things from whoever has it; they are told."""
        self.link.ask(
            "take_control",
            lambda _: then() if then is not None else None,
            self.notices.fail,
            force=True,
            message="taken from a dashboard",
        )

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802  Qt's name
        """Ask once if anything is connected; what runs goes on meanwhile."""
        if event is None:
            return
        if self.link.attached and self.mirror.devices and not self._answered:
            event.ignore()
            self._ask()
            return
        self._keep()
        for name, panel in self.panels.items():
            try:
                panel.shut()
            except Exception:  # whatever a panel does at its end, the window closes
                _log.exception("the panel %s has failed as it was closed", name)
        self.link.close()
        event.accept()
        self.quitted.emit()

    def _ask(self) -> None:
        if self._question is None:
            self._question = QuitQuestion(self.mirror, self.leave, self._shut_down, self)
            self._question.finished.connect(lambda _: setattr(self, "_question", None))
        self._question.show()
        self._question.raise_()

    def leave(self) -> None:
        """Close the window without asking; the station goes on."""
        self._answered = True
        self.close()

    def _shut_down(self) -> None:
        def failed(error: Exception) -> None:
            self.notices.fail(error, "Take control, shut down", lambda: self.take_control(self._shut_down))

        self.link.ask("shut_down", lambda _: self.leave(), failed)

    def _make_actions(self) -> None:
        bar = self.addToolBar("Main")
        assert bar is not None
        bar.setObjectName("MainBar")
        bar.setMovable(False)
        self.lights = QAction("Lights off", self)
        self.lights.setObjectName("LightsOff")
        self.lights.setShortcut(QKeySequence("Ctrl+L"))
        self.lights.setToolTip("Force all lights off, whoever has control; again: as they were before (Ctrl+L)")
        self.lights.triggered.connect(self._switch_lights)
        self.stop = QAction("Stop scan", self)
        self.stop.setObjectName("StopScan")
        self.stop.setShortcut(QKeySequence("Ctrl+."))
        self.stop.setToolTip("End the scan after the point that is being measured; what there is is kept (Ctrl+.)")
        self.stop.triggered.connect(lambda: self.link.ask("stop_scan", None, self.notices.fail))
        self.steps = SettingSteps(self.link, self.mirror, self.notices, self)
        for action in (self.lights, self.stop, self.steps.undo, self.steps.redo):
            bar.addAction(action)
        self.stop.setEnabled(False)
        QShortcut(QKeySequence("Esc"), self, self.notice_bar.dismiss)
        QShortcut(QKeySequence("Shift+Esc"), self, self.notice_bar.dismiss_all)

    def _add_panels(self) -> list[str]:
        classes, problems = load_panels()
        for name, kind in classes.items():
            try:
                panel = kind(self.context)
            except (Exception, SystemExit) as error:  # a stranger's panel must not cost the window
                _log.exception("the panel %s cannot be made", name)
                problems.append(f"the panel {name!r} cannot be shown: {type(error).__name__}: {error}")
                continue
            panel.setObjectName(f"panel {name}")
            self.panels[name] = panel
            self.desk.add(name, panel)
        return problems

    def _make_menus(self) -> None:
        menus = self.menuBar()
        assert menus is not None
        file, view, station = (menus.addMenu(title) for title in ("&File", "&View", "&Station"))
        assert file is not None
        assert view is not None
        assert station is not None
        self.quit = _action(self, "&Quit", self.close, "Ctrl+Q")
        file.addAction(self.quit)
        for number, (name, action) in enumerate(self.desk.toggles().items(), 1):
            view.addAction(action)
            if number <= 9:
                action.setText(f"{action.text()}\tCtrl+{number}")
                QShortcut(QKeySequence(f"Ctrl+{number}"), self, lambda name=name: self.show_panel(name))
        view.addSeparator()
        dark = _action(self, "&Dark theme", lambda on: self.theme.use("dark" if on else "light"), "Ctrl+D")
        dark.setObjectName("DarkTheme")
        dark.setCheckable(True)
        dark.setChecked(self.theme.name == "dark")
        view.addAction(dark)
        for text, keys, points in (
            ("&Larger text", "Ctrl++", 1),
            ("&Smaller text", "Ctrl+-", -1),
            ("&Usual text", "Ctrl+0", 0),
        ):
            view.addAction(_action(self, text, lambda points=points: self._enlarge(points), keys))
        view.addAction(_action(self, "&Reset layout", self.desk.arrange))
        station.addAction(_action(self, "Take &control", self.take_control))
        release = _action(self, "&Release control", lambda: self.link.ask("release_control", None, self.notices.fail))
        self.start_it = _action(self, "Start the s&tation", self.link.start_station)
        self.start_it.setEnabled(False)
        station.addAction(self.start_it)
        abort = _action(self, "&Abort scan", lambda: self.link.ask("abort_scan", None, self.notices.fail))
        for action in (release, self.lights, self.stop, abort):
            station.addAction(action)

    def _restore(self) -> None:
        kept = self.memory.get("panels", {})
        for name, panel in self.panels.items():
            if isinstance(state := kept.get(name) if isinstance(kept, dict) else None, dict):
                try:
                    panel.restore_state(state)
                except Exception:  # what an older version kept must not keep the window away
                    _log.exception("the panel %s cannot take what it kept", name)
        try:
            if isinstance(geometry := self.memory.get("geometry"), str):
                self.restoreGeometry(QByteArray(base64.b64decode(geometry)))
            if isinstance(layout := self.memory.get("layout"), str):
                self.desk.restore(layout, list(kept) if isinstance(kept, dict) else [])
        except binascii.Error:
            _log.warning("the layout in %s is damaged, and is made anew", self.memory.path)

    def _keep(self) -> None:
        states = {}
        for name, panel in self.panels.items():
            try:
                states[name] = panel.save_state()
            except Exception:  # as above
                _log.exception("the panel %s cannot say what to keep", name)
        geometry = base64.b64encode(bytes(self.saveGeometry())).decode()
        self.memory.put(
            geometry=geometry, layout=self.desk.kept(), theme=self.theme.name, text=self.theme.text, panels=states
        )
        self.memory.save()

    def _take_attached(self, attached: bool, why: str) -> None:
        self.start_it.setEnabled(self.link.can_start and not attached)
        self.lights.setEnabled(attached)
        self.stop.setEnabled(attached and self.mirror.scanning)
        if attached:
            self.notices.withdraw(_NO_STATION)
            self.notices.withdraw(StationLost.__name__)
            return
        self.setWindowTitle("pymodaq_hsi: no station")
        for name, panel in self.panels.items():
            try:
                panel.link_lost()
            except Exception:  # of a stranger's panel: the others have to know too
                _log.exception("the panel %s has failed as the station was lost", name)
        if self.link.can_start:
            self.notices.fail(why, "Start the station", self.link.start_station, about=_NO_STATION)
        else:
            self.notices.fail(why, about=_NO_STATION)

    def _take_silence(self, seconds: float) -> None:
        line = self.statusBar()
        if isinstance(line, StatusLine):
            line.show_silence(seconds)
        if seconds and not self._silent:
            name = self.mirror.name
            self.notices.warn(
                f"the station {name} has not answered for {seconds:.0f} s: it is busy or hangs, and what is shown is "
                f"old. It may come back by itself; else end it with 'pymodaq-hsi station --name {name} --stop'",
                about=_SILENT,
            )
        elif not seconds:
            self.notices.withdraw(_SILENT)
        self._silent = bool(seconds)

    def _take_event(self, event: Message) -> None:
        kind = event["event"]
        if kind in ("snapshot", "missed"):
            self.setWindowTitle(f"pymodaq_hsi: {self.mirror.name}")
        if kind in ("snapshot", "missed", "lights", "light", "connected", "disconnected"):
            self.lights.setText("Lights back" if self.mirror.dark else "Lights off")
        if kind in ("snapshot", "missed", "connected", "disconnected"):
            self._select_what_is_there()
        if kind in ("snapshot", "missed", "scan"):
            self.stop.setEnabled(self.mirror.scanning)
        if kind == "lost":
            self._tell_loss(event)
        elif kind in ("reconnected", "disconnected"):
            self.notices.withdraw(f"lost {event['device']}")
            if all(device["connected"] for device in self.mirror.devices.values()):
                self.notices.withdraw(DeviceLost.__name__)
        elif kind == "control":
            self._take_control_event(event)

    def _take_control_event(self, event: Message) -> None:
        mine, before = self.link.number, event.get("taken_from")
        holder = event["holder"] or {}
        if not holder or holder.get("client") == mine:
            self.notices.withdraw(ControlHeld.__name__)
        if before and holder.get("client") != mine:
            whose = "your control" if before.get("client") == mine else f"the control of {before['who']}"
            message = event.get("message")
            said = f": {message}" if message else ""
            text = f"{holder.get('who', 'nobody')} ({holder.get('where', '')}) has taken {whose}{said}"
            self.notices.warn(text, "Take control", self.take_control, about=ControlHeld.__name__)

    def _select_what_is_there(self) -> None:
        if self.selection.camera not in self.mirror.devices:
            self.selection.select_camera(next(iter(self.mirror.of_type("Instrument")), ""))
        if self.selection.device not in self.mirror.devices:
            self.selection.select_device(next(iter(self.mirror.devices), ""))

    def _tell_loss(self, event: Message) -> None:
        device = event["device"]

        def reconnect() -> None:
            self.link.begin("reconnect", None, self.notices.fail, device=device)

        text = event.get("error", {}).get("message", "it does not answer any more")
        self.notices.fail(f"{device} was lost: {text}", "Reconnect", reconnect, about=f"lost {device}")

    def _reconnect_lost(self) -> None:
        for name, device in self.mirror.devices.items():
            if not device["connected"]:
                self.link.begin("reconnect", None, self.notices.fail, device=name)

    def _enlarge(self, points: int) -> None:
        self.theme.enlarge(self.theme.text + points if points else 0.0)

    def _switch_lights(self) -> None:
        def told(problems: list[str] | None) -> None:
            for problem in problems or ():
                self.notices.fail(problem)

        self.link.ask("lights_back" if self.mirror.dark else "lights_off", told, self.notices.fail)


def _action(window: QWidget, text: str, act: Callable[..., Any], shortcut: str = "") -> QAction:
    action = QAction(text, window)
    action.triggered.connect(act if "theme" in text else lambda _=False: act())
    if shortcut:
        action.setShortcut(QKeySequence(shortcut))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    return action
