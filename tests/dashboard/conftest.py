"""A window onto a real station in this process, with real virtual devices in theirs."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTEST_QT_API", "pyqt5")

from PyQt5.QtCore import QCoreApplication, QEvent
from PyQt5.QtTest import QTest

from pymodaq_hsi.dashboard.link import StationLink
from pymodaq_hsi.dashboard.memory import WindowMemory
from pymodaq_hsi.dashboard.mirror import StationMirror
from pymodaq_hsi.dashboard.theme import Theme
from pymodaq_hsi.dashboard.window import DashboardWindow
from pymodaq_hsi.errors import StationError
from pymodaq_hsi.station import StationServer, attach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from PyQt5.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.station import Station

SMALL = {"PixelCount": 48, "BandCount": 24, "FrameRate": 200, "Noise": False}


def put_away(window: DashboardWindow) -> None:
    """Leave a window and delete it now: each that is made later would style it once more."""
    if window.isVisible():
        window.leave()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="session")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYMODAQ_HSI_STATIONS", str(tmp_path_factory.mktemp("stations")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))  # presets and positions of the tests
        yield


@pytest.fixture(scope="module")
def bench(_folder: None) -> Iterator[Station]:
    """A station with a small camera, a stage and a light, for the tests of one module."""
    server = StationServer("bench")
    server.station.connect("VirtualHyperCamera", settings=SMALL)
    server.station.connect("VirtualStage", settings={"Velocity": 1000.0})
    server.station.connect("VirtualLight")
    server.station.release_control()
    yield server.station
    server.close()


@pytest.fixture
def station(bench: Station) -> Iterator[Station]:
    """The same, left as it was found: camera, stage, light."""
    yield bench
    with contextlib.suppress(StationError):
        bench.abort_scan()
    bench.wait_scan(20)
    bench.take_control(force=True)
    bench.stop_live("camera")
    bench.lights_back()
    bench.release_control()


@pytest.fixture
def bare_station(_folder: None) -> Iterator[Station]:
    """A station with nothing connected, for one test: what it connects is its own to break."""
    server = StationServer("bare")
    yield server.station
    server.close()


@pytest.fixture
def open_window(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], DashboardWindow]]:
    """Opens windows onto a station, which are closed after the test."""
    monkeypatch.setenv("PYMODAQ_HSI_DASHBOARD", str(tmp_path / "memory"))
    windows = []

    def open_one(name: str) -> DashboardWindow:
        memory = WindowMemory()
        link = StationLink(lambda: attach(name), StationMirror())
        window = DashboardWindow(link, Theme(str(memory.get("theme", "dark"))), memory)
        window.show()
        windows.append(window)
        link.start()
        qtbot.waitUntil(lambda: window.mirror.sequence >= 0, timeout=30_000)
        return window

    yield open_one
    for window in windows:
        put_away(window)


@pytest.fixture
def window(station: Station, open_window: Callable[[str], DashboardWindow]) -> DashboardWindow:
    """A window that has attached to the station with devices."""
    return open_window("bench")


@pytest.fixture
def bare_window(bare_station: Station, open_window: Callable[[str], DashboardWindow]) -> DashboardWindow:
    """A window that has attached to the station with nothing connected."""
    return open_window("bare")


@pytest.fixture(scope="module")
def one_window(
    bench: Station, qapp: QApplication, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DashboardWindow]:
    """One window for all tests of a module onto the station with devices: making one takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYMODAQ_HSI_DASHBOARD", str(tmp_path_factory.mktemp("memory")))
        window = DashboardWindow(StationLink(lambda: attach("bench"), StationMirror()), Theme("dark"), WindowMemory())
        window.show()
        window.link.start()
        deadline = time.monotonic() + 30.0
        while window.mirror.sequence < 0 and time.monotonic() < deadline:
            QTest.qWait(10)
        yield window
        put_away(window)


@pytest.fixture(scope="module")
def lone_window(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardWindow]:
    """One window for all tests of a module that need no station: it attaches to none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYMODAQ_HSI_DASHBOARD", str(tmp_path_factory.mktemp("memory")))
        window = DashboardWindow(StationLink(lambda: attach("none"), StationMirror()), Theme("dark"), WindowMemory())
        window.show()
        yield window
        put_away(window)
