"""The window by itself: notices, themes, layout, closing, panels of strangers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton

from pymodaq_hsi.dashboard.leaving import QuitQuestion
from pymodaq_hsi.devices import installed_plugins
from pymodaq_hsi.devices.plugins import BLOCKED
from pymodaq_hsi.station import attach

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PyQt5.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.window import DashboardWindow
    from pymodaq_hsi.station import Station


@pytest.fixture
def no_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No plugins: a window without devices looks for some by itself, in processes of which no test here needs any."""
    monkeypatch.setenv(BLOCKED, ",".join(plugin.name for plugin in installed_plugins()))


pytestmark = pytest.mark.usefixtures("no_drivers")


def test_an_empty_window_says_which_station_it_shows(bare_window: DashboardWindow) -> None:
    assert bare_window.windowTitle() == "pymodaq_hsi: bare"
    assert bare_window.statusBar().findChild(QLabel, "StationState").text() == "station bare: 0 devices"


def test_a_notice_waits_until_it_is_read_and_can_be_copied(bare_window: DashboardWindow, qtbot: QtBot) -> None:
    bare_window.notices.fail("the lamp is hot: let it cool for ten minutes")
    bare_window.notices.fail("the disk is full: delete something")
    assert bare_window.notice_bar.isVisible()
    copy = next(b for b in bare_window.notice_bar.findChildren(QPushButton) if b.text() == "Copy")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "the disk is full: delete something"
    qtbot.keyClick(bare_window, Qt.Key.Key_Escape)
    assert bare_window.notice_bar.current.text.startswith("the lamp is hot")
    qtbot.keyClick(bare_window, Qt.Key.Key_Escape)
    assert not bare_window.notice_bar.isVisible()


def test_closing_with_devices_asks_once_and_leaves_them_connected(
    bare_station: Station,
    open_window: Callable[[str], DashboardWindow],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(BLOCKED)
    bare_station.connect("VirtualLight")
    bare_station.connect("VirtualStage")
    window = open_window("bare")
    window.close()
    assert window.isVisible()
    question = window.findChild(QuitQuestion, "QuitQuestion")
    leave = next(b for b in question.buttons() if b.text() == "Leave running")
    qtbot.mouseClick(leave, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=30_000)
    assert {device["name"] for device in bare_station.devices()} == {"stage", "light"}


def test_layout_and_theme_are_found_again(
    bare_station: Station, open_window: Callable[[str], DashboardWindow], qtbot: QtBot
) -> None:
    first = open_window("bare")
    first.theme.use("light")
    first.desk.docks["log"].hide()
    first.resize(1111, 777)
    first.close()
    second = open_window("bare")
    assert second.theme.name == "light"
    assert second.desk.docks["log"].isHidden()
    assert (second.width(), second.height()) == (1111, 777)


STRANGERS = """
from PyQt5.QtWidgets import QLabel, QVBoxLayout
from pymodaq_hsi.dashboard import Area, Panel

class Weather(Panel):
    title = "Weather"
    area = Area.Bottom

    def __init__(self, context):
        super().__init__(context)
        self.label = QLabel("no station yet")
        QVBoxLayout(self).addWidget(self.label)

    def on_snapshot(self, event):
        self.label.setText(f"station {self.mirror.name}")

    def on_clients(self, event):
        raise ValueError("rain")

class Broken(Panel):
    def __init__(self, context):
        super().__init__(context)
        raise RuntimeError("no barometer")

class NoPanel:
    pass
"""


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a panel that works, one that cannot be made, one that is none, and two that cannot be loaded."""
    (tmp_path / "strangers_panels.py").write_text(STRANGERS)
    information = tmp_path / "strangers_panels-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers-panels\nVersion: 1.0\n")
    names = ("Weather", "Broken", "NoPanel", "Missing")
    entries = "".join(f"{name.lower()} = strangers_panels:{name}\n" for name in names)
    (tmp_path / "unlicensed_panel.py").write_text("import sys\nsys.exit('no licence')\n")
    entries += "unlicensed = unlicensed_panel:Panel\n"
    (information / "entry_points.txt").write_text(f"[pymodaq_hsi.panels]\n{entries}")
    monkeypatch.syspath_prepend(tmp_path)


def test_panels_of_strangers_are_shown_and_broken_ones_cost_nobody_else(
    strangers: None, bare_window: DashboardWindow, qtbot: QtBot
) -> None:
    weather = bare_window.panels["weather"]
    qtbot.waitUntil(lambda: weather.label.text() == "station bare", timeout=30_000)  # type: ignore[attr-defined]
    bare_window.show_panel("weather")
    told = " | ".join(notice.text for notice in bare_window.notices.kept)
    assert "'broken' cannot be shown: RuntimeError: no barometer" in told
    assert "'nopanel' (strangers_panels:NoPanel of strangers-panels) is no panel" in told
    assert "'missing' (strangers_panels:Missing of strangers-panels) cannot be loaded" in told
    assert "(unlicensed_panel:Panel of strangers-panels) cannot be loaded: SystemExit: no licence" in told
    assert {"devices", "log"} <= set(bare_window.panels)
    with attach("bare"):  # a client comes, on which the panel fails
        qtbot.waitUntil(
            lambda: any("Weather cannot show clients: ValueError: rain" in n.text for n in bare_window.notices.kept),
            timeout=30_000,
        )
    assert bare_window.isVisible()


def test_a_window_attaches_again_when_its_station_comes_back(
    bare_station: Station, bare_window: DashboardWindow, qtbot: QtBot
) -> None:
    bare_station.ending.set()
    bare_station.close()
    qtbot.waitUntil(
        lambda: bare_window.windowTitle() == "pymodaq_hsi: no station" and not bare_window.link.attached,
        timeout=30_000,
    )
    bare_window.lights.trigger()  # says that nobody is there, and does not hang
    qtbot.waitUntil(lambda: "the station is not there" in bare_window.notices.kept[-1].text, timeout=30_000)


def test_messages_that_come_and_go_leave_the_panels_as_they_lie(lone_window: DashboardWindow, qtbot: QtBot) -> None:
    log = lone_window.panels["log"]
    before = height_at_rest(log, qtbot)
    assert abs(before - 0.17 * lone_window.height()) < 60
    for number in range(6):
        lone_window.notices.fail(f"message {number}")
        qtbot.waitUntil(
            lambda: lone_window.notice_bar.isVisible() and lone_window.notice_bar.height() > 20, timeout=30_000
        )
        lone_window.notice_bar.dismiss()
        qtbot.waitUntil(lambda: not lone_window.notice_bar.isVisible(), timeout=30_000)
        qtbot.waitUntil(lambda: abs(log.height() - before) <= 6, timeout=30_000)
    size = lone_window.size()
    for pause in range(0, 48, 5):  # a change that comes while the panels still follow the one before
        lone_window.resize(size.width(), size.height() + 60)
        qtbot.wait(pause)
        lone_window.resize(size)
        assert abs(height_at_rest(log, qtbot) - before) <= 6, f"{pause} ms"


def height_at_rest(widget: QWidget, qtbot: QtBot) -> int:
    """Return how high something is when it has been so for a while."""
    heights: list[int] = []

    def rests() -> bool:
        heights.append(widget.height())
        return len(heights) > 15 and len(set(heights[-15:])) == 1

    qtbot.waitUntil(rests, timeout=30_000)
    return heights[-1]


def test_a_memory_that_makes_no_sense_keeps_no_window_away(
    bare_station: Station, open_window: Callable[[str], DashboardWindow], tmp_path: Path
) -> None:
    panels = {"references": {"frames": "many"}, "log": {"level": 99}, "controls": 3}
    kept = {"layout": "AAAA", "geometry": "AAAA", "theme": 5, "docks": 3, "panels": panels}
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "dashboard.json").write_text(json.dumps(kept))
    window = open_window("bare")
    assert window.theme.name == "dark"
    assert window.panels["log"].level.currentText() == "Information and above"  # type: ignore[attr-defined]
