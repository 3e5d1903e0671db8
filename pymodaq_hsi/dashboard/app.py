"""Starting the dashboard: the station starts while the window loads."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from PyQt5.QtCore import QCoreApplication, Qt, QTimer
from PyQt5.QtWidgets import QApplication

from pymodaq_hsi.station.client import attach
from pymodaq_hsi.station.starting import ensure_station

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from pymodaq_hsi.dashboard.window import DashboardWindow
    from pymodaq_hsi.station.api import StationApi

__all__ = ["DEMO_DEVICES", "make_window", "run_dashboard"]

_log = logging.getLogger(__name__)

DEMO_DEVICES = ("VirtualHyperCamera", "VirtualStage", "VirtualLight")


def make_window(station: str = "station", theme: str = "", *, start: bool = True) -> DashboardWindow:
    """Return a window onto a station of this name, which is started if it does not run.

    Parameters
    ----------
    station : str
    theme : str
        "dark", "light", or '' for the one that was used last.
    start : bool
        Attach now; else whoever made the window calls ``window.link.start()``.
    """
    return _make(station, theme, start=start, ahead=start)


def _make(station: str, theme: str, *, start: bool, ahead: bool) -> DashboardWindow:
    environment = dict(os.environ)
    # the window only reads; so it can look at a file while the station, which does lock it, writes it
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")

    def begin() -> StationApi:
        return ensure_station(station, environment=environment)

    if ahead:
        begin = _begun(begin)
    # what takes longest to load, and the station needs nothing of it
    from pymodaq_hsi.dashboard.link import StationLink
    from pymodaq_hsi.dashboard.memory import WindowMemory
    from pymodaq_hsi.dashboard.mirror import StationMirror
    from pymodaq_hsi.dashboard.theme import Theme
    from pymodaq_hsi.dashboard.window import DashboardWindow

    memory = WindowMemory()
    link = StationLink(lambda: attach(station), StationMirror(), start=begin)
    text = memory.get("text", 0.0)
    look = Theme(theme or str(memory.get("theme", "dark")), float(text) if isinstance(text, int | float) else 0.0)
    window = DashboardWindow(link, look, memory)
    if start:
        link.start()
    return window


def _begun(begin: Callable[[], StationApi]) -> Callable[[], StationApi]:
    """Return `begin`, with its first call begun already, in a thread; that call waits for it."""
    first: list[Future[StationApi]] = [Future()]

    def work(answer: Future[StationApi]) -> None:
        try:
            answer.set_result(begin())
        except Exception as error:  # told where the answer is wanted
            answer.set_exception(error)

    threading.Thread(target=work, args=first, name="dashboard station", daemon=True).start()
    return lambda: first.pop().result() if first else begin()


def run_dashboard(station: str = "station", *, demo: bool = False, theme: str = "") -> int:
    """Show the window until it is closed; return the exit code.

    Parameters
    ----------
    station : str
        The name of the station; one that does not run is started, in a process of its own that outlives the window.
    demo : bool
        Connect the virtual camera, stage and light, if they are not connected yet.
    theme : str
        "dark" or "light"; by default the one that was used last.
    """
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("pymodaq_hsi")
    window = _make(station, theme, start=False, ahead=True)
    _tell_of_bugs(window)
    if demo:
        connect_demo(window)
    window.show()
    window.link.start()
    ticking = _end_with_signals(window)
    try:
        return int(application.exec())
    finally:
        ticking.stop()


def connect_demo(window: DashboardWindow) -> None:
    """Connect the virtual devices that are not connected, as soon as the station is there."""

    def connect(event: dict[str, object]) -> None:
        if event["event"] != "snapshot":
            return
        window.link.eventCame.disconnect(connect)
        connected = {device["driver"] for device in window.mirror.devices.values()}
        for driver in DEMO_DEVICES:
            if driver not in connected:
                window.link.begin("connect", None, window.notices.fail, device=driver)

    window.link.eventCame.connect(connect)


def _tell_of_bugs(window: DashboardWindow) -> None:
    """Show and log an error that nobody foresaw; without this Qt ends the program."""

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        _log.error("an unforeseen error", exc_info=(kind, error, trace))
        window.notices.fail(f"unforeseen, please report it: {kind.__name__}: {error} (the log has the details)")

    sys.excepthook = tell


def _end_with_signals(window: DashboardWindow) -> QTimer:
    """Let Ctrl-C and SIGTERM close the window; the station goes on."""

    def leave(*_: object) -> None:
        window.leave()

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, leave)
    ticking = QTimer()
    ticking.timeout.connect(lambda: None)  # lets Python look at signals
    ticking.start(200)
    return ticking
