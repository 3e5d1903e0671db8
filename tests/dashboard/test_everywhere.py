"""What holds for the whole window: messages, who has control, a station that dies, quitting, themes, keys."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QPushButton

from pymodaq_hsi.dashboard.app import make_window
from pymodaq_hsi.errors import DeviceLost
from pymodaq_hsi.station import attach
from pymodaq_hsi.station.folder import find_record

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.window import DashboardWindow
    from pymodaq_hsi.station import Station

LEFT = Qt.MouseButton.LeftButton


def button(window: DashboardWindow, text: str) -> QPushButton:
    """Return a button of the bar for notices."""
    return next(each for each in window.notice_bar.findChildren(QPushButton) if each.text() == text)


def label(window: DashboardWindow, name: str) -> str:
    """Return what a part of the line at the bottom says."""
    return window.findChild(QLabel, name).text()


def test_a_hundred_equal_messages_are_one_with_a_count(one_window: DashboardWindow, qtbot: QtBot) -> None:
    one_window.notice_bar.dismiss_all()
    log: Any = one_window.panels["log"]
    before = log.lines.topLevelItemCount()
    for _ in range(100):
        one_window.notices.fail("the disk is full: delete something")
    one_window.notices.warn("it is warm")
    assert log.lines.topLevelItemCount() == before + 2
    assert log.lines.topLevelItem(before).text(3) == "the disk is full: delete something (\N{MULTIPLICATION SIGN}100)"
    qtbot.keyClick(one_window.notice_bar, Qt.Key.Key_Escape)
    assert one_window.notice_bar.current.count == 100
    assert len(one_window.notices.kept) < 100
    one_window.notices.warn("it is hot")
    qtbot.mouseClick(button(one_window, "All read"), LEFT)
    assert not one_window.notice_bar.isVisible()


def test_a_message_that_is_over_goes_by_itself(one_window: DashboardWindow) -> None:
    one_window.notice_bar.dismiss_all()
    one_window.notices.fail("the stage was lost", about="lost stage")
    one_window.notices.fail(DeviceLost("it does not answer"))  # with the button that helps
    assert one_window.notice_bar.current.action == "Reconnect"
    one_window.notices.withdraw("lost stage")
    one_window.notices.withdraw("DeviceLost")
    assert one_window.notice_bar.current is None


def test_the_line_at_the_bottom_says_who_has_control(
    station: Station, one_window: DashboardWindow, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: label(one_window, "ControlState") == "control: nobody", timeout=5_000)
    one_window.take_control()
    qtbot.waitUntil(lambda: label(one_window, "ControlState") == "control: this window", timeout=5_000)
    with attach("bench") as other:
        other.take_control(force=True, message="I need the lamp")
        qtbot.waitUntil(lambda: "has taken your control: I need the lamp" in last(one_window), timeout=5_000)
        assert "process" in label(one_window, "ControlState")
    qtbot.waitUntil(lambda: label(one_window, "ControlState") == "control: nobody", timeout=5_000)


def last(window: DashboardWindow) -> str:
    """Return the last message."""
    return window.notices.kept[-1].text if window.notices.kept else ""


@pytest.fixture
def lab_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Any:
    """The window as the command makes it, onto a station that it has started."""
    monkeypatch.setenv("PYMODAQ_HSI_STATIONS", str(tmp_path / "stations"))
    monkeypatch.setenv("PYMODAQ_HSI_DASHBOARD", str(tmp_path / "memory"))
    window = make_window("lab")
    window.show()
    qtbot.waitUntil(lambda: window.mirror.sequence >= 0, timeout=20_000)
    yield window
    with attach("lab") as client:
        client.shut_down()
    window.leave()
    window.deleteLater()


def test_a_station_that_is_killed_is_told_and_started_again_on_demand(
    lab_window: DashboardWindow, qtbot: QtBot
) -> None:
    window = lab_window
    with attach("lab") as client:
        client.connect("VirtualStage")
    qtbot.waitUntil(lambda: "stage" in window.mirror.devices, timeout=5_000)
    stage: Any = window.panels["controls"].stages["stage"]  # type: ignore[attr-defined]
    assert stage.go.isEnabled()
    os.kill(find_record("lab").pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    qtbot.waitUntil(lambda: not window.link.attached, timeout=10_000)
    qtbot.waitUntil(lambda: window.notice_bar.isVisible(), timeout=5_000)
    assert "its process was killed or has crashed" in last(window)
    assert label(window, "StationState") == "no station; what is shown is old"
    assert not stage.go.isEnabled()
    qtbot.mouseClick(button(window, "Start the station"), LEFT)
    qtbot.waitUntil(lambda: label(window, "StationState") == "station lab: 0 devices", timeout=20_000)
    assert window.notice_bar.current is None or "killed" not in window.notice_bar.current.text
