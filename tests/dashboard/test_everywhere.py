"""What holds for the whole window: messages, who has control, a station that dies, quitting, themes, keys."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from PyQt5.QtCore import QCoreApplication, QEvent, Qt
from PyQt5.QtWidgets import QApplication, QLabel, QPushButton

from h5modules.data_saving import DataLoader
from pymodaq_hsi.dashboard.app import make_window
from pymodaq_hsi.dashboard.heartbeat import Heartbeat
from pymodaq_hsi.dashboard.leaving import QuitQuestion
from pymodaq_hsi.errors import DeviceLost, StationLost, StationNotFound
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
    qtbot.waitUntil(lambda: label(one_window, "ControlState") == "control: nobody", timeout=30_000)
    one_window.take_control()
    qtbot.waitUntil(lambda: label(one_window, "ControlState") == "control: this window", timeout=30_000)
    with attach("bench") as other:
        other.take_control(force=True, message="I need the lamp")
        qtbot.waitUntil(lambda: "has taken your control: I need the lamp" in last(one_window), timeout=30_000)
        assert "process" in label(one_window, "ControlState")
    qtbot.waitUntil(lambda: label(one_window, "ControlState") == "control: nobody", timeout=30_000)


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
    qtbot.waitUntil(lambda: window.mirror.sequence >= 0, timeout=30_000)
    yield window
    with contextlib.suppress(StationNotFound, StationLost), attach("lab") as client:
        client.shut_down()
    window.leave()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


READINGS = {
    "kind": "time_series",
    "name": "readings",
    "interval": 0.1,
    "count": 1000,
    "detectors": [{"device": "stage", "parameters": ["Position"]}],
}


def test_a_station_that_hangs_or_is_killed_is_told_and_started_again_on_demand(
    lab_window: DashboardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = lab_window
    with attach("lab") as client:
        client.connect("VirtualStage")
        client.start_scan(READINGS, tmp_path / "readings.h5")
    qtbot.waitUntil(lambda: "stage" in window.mirror.devices, timeout=30_000)
    stage: Any = window.panels["controls"].stages["stage"]  # type: ignore[attr-defined]
    scans: Any = window.panels["scans"]
    result: Any = window.panels["result"]
    qtbot.waitUntil(lambda: scans.run_bar.stop.isEnabled() and window.stop.isEnabled(), timeout=30_000)
    assert stage.stop.isEnabled()
    pid = find_record("lab").pid
    heart, silences = Heartbeat(window.link, window, patience_s=0.3), []
    heart.silent.connect(silences.append)
    heart.silent.connect(window._take_silence)
    psutil.Process(pid).suspend()
    qtbot.waitUntil(lambda: bool(silences), timeout=30_000)
    assert "has not answered for" in label(window, "StationState")
    assert "it is busy or hangs" in last(window)
    psutil.Process(pid).resume()
    qtbot.waitUntil(lambda: silences[-1] == 0.0, timeout=30_000)
    assert label(window, "StationState") == "station lab: 1 device"
    assert window.notice_bar.current is None
    os.kill(pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    qtbot.waitUntil(lambda: not window.link.attached, timeout=30_000)
    qtbot.waitUntil(lambda: window.notice_bar.isVisible(), timeout=30_000)
    assert "its process was killed or has crashed" in last(window)
    assert label(window, "StationState") == "no station; what is shown is old"
    assert not stage.go.isEnabled()
    for locked in (window.lights, window.stop, scans.run_bar.stop, scans.run_bar.abort, scans.run_bar.pause):
        assert not locked.isEnabled()
    assert "was running when the station ended" in scans.run_bar.state.text()
    assert "was running when the station ended" in result.heading.text()
    assert label(window, "ScanState") == "readings: was running"
    qtbot.mouseClick(button(window, "Start the station"), LEFT)
    qtbot.waitUntil(lambda: label(window, "StationState") == "station lab: 0 devices", timeout=30_000)
    assert window.notice_bar.current is None or "killed" not in window.notice_bar.current.text
    assert "interrupted" in result.heading.text()
    assert [scan["state"] for scan in window.mirror.past_scans] == ["interrupted"]


PLAN = {
    "kind": "step_scan",
    "name": "long",
    "axes": [{"target": "light.Intensity", "settle": 0.05, "values": {"start": 1, "stop": 90, "points": 4000}}],
    "detectors": [{"device": "camera"}],
}


def answer(window: DashboardWindow, text: str, qtbot: QtBot) -> str:
    """Close the window, and give an answer to its question; return what it said."""
    window.close()
    assert window.isVisible()
    question = window.findChild(QuitQuestion, "QuitQuestion")
    assert not question.isModal()  # lights can be switched off meanwhile
    said = question.text()
    qtbot.mouseClick(next(b for b in question.buttons() if b.text().replace("&", "") == text), LEFT)
    qtbot.waitUntil(lambda: window.findChild(QuitQuestion, "QuitQuestion") is None, timeout=30_000)
    return said


def test_quitting_in_a_scan_asks_and_does_what_is_answered(
    lab_window: DashboardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = lab_window
    with attach("lab") as client:
        client.connect("VirtualHyperCamera", settings={"PixelCount": 16, "BandCount": 12, "FrameRate": 200})
        client.connect("VirtualLight")
        client.start_scan(PLAN, str(tmp_path / "long.h5"))
    qtbot.waitUntil(lambda: len(window.mirror.points) > 2, timeout=30_000)
    assert answer(window, "Cancel", qtbot) == "The scan long is running. Connected: camera, light."
    assert window.isVisible()
    assert window.mirror.scanning
    pid = find_record("lab").pid
    answer(window, "Shut down", qtbot)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=30_000)
    qtbot.waitUntil(lambda: not psutil.pid_exists(pid), timeout=30_000)
    with DataLoader(tmp_path / "long.h5") as loader:
        frames = loader.load_data("/RawData/Scan000/Detector000/Data2D/CH00/Data00").data[0]
    assert 2 < frames.any(axis=(1, 2)).sum() < len(frames)  # what there was is kept


def test_a_scan_goes_on_when_the_window_is_left(
    station: Station, window: DashboardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    station.start_scan(PLAN, tmp_path / "long.h5")
    qtbot.waitUntil(lambda: window.mirror.scanning, timeout=30_000)
    answer(window, "Leave running", qtbot)
    assert not window.isVisible()
    assert station.state()["scan"]["state"] in ("preparing", "running")
    station.stop_scan()


def test_keys_do_what_the_table_says(
    station: Station, one_window: DashboardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = one_window
    QApplication.setActiveWindow(window)
    control = Qt.KeyboardModifier.ControlModifier
    window.show_panel("presets")
    qtbot.keyClick(window, Qt.Key.Key_1, control)  # the panels are numbered from left to right
    assert not window.panels["devices"].visibleRegion().isEmpty()
    before = window.theme.name
    qtbot.keyClick(window, Qt.Key.Key_D, control)
    assert window.theme.name != before
    qtbot.keyClick(window, Qt.Key.Key_D, control)
    assert window.theme.name == before
    button_font = window.panels["devices"].find_them.font().pointSizeF()  # type: ignore[attr-defined]
    qtbot.keyClick(window, Qt.Key.Key_Plus, control)
    assert window.panels["devices"].find_them.font().pointSizeF() == button_font + 1  # type: ignore[attr-defined]
    beneath = window.panels["live"].spectrum.plot.getAxis("bottom").label  # type: ignore[attr-defined]
    assert beneath.font().pointSizeF() == button_font + 1
    assert window.desk.docks["devices"].font().pointSizeF() == button_font + 1
    qtbot.keyClick(window, Qt.Key.Key_0, control)
    qtbot.keyClick(window, Qt.Key.Key_L, control)
    qtbot.waitUntil(lambda: window.mirror.dark, timeout=30_000)
    qtbot.keyClick(window, Qt.Key.Key_L, control)
    qtbot.waitUntil(lambda: not window.mirror.dark, timeout=30_000)
    window.link.ask("release_control")
    qtbot.waitUntil(lambda: window.mirror.control is None, timeout=30_000)
    station.start_scan(PLAN, tmp_path / "long.h5")
    qtbot.waitUntil(lambda: window.mirror.scanning and window.stop.isEnabled(), timeout=30_000)
    qtbot.keyClick(window, Qt.Key.Key_Period, control)
    qtbot.waitUntil(lambda: not window.mirror.scanning, timeout=30_000)
    assert window.mirror.scan is not None
    assert window.mirror.scan["state"] == "stopped"


def test_a_second_window_takes_control_and_the_first_is_told(
    station: Station, window: DashboardWindow, one_window: DashboardWindow, qtbot: QtBot
) -> None:
    window.take_control()
    qtbot.waitUntil(lambda: label(window, "ControlState") == "control: this window", timeout=30_000)
    qtbot.waitUntil(lambda: "process" in label(one_window, "ControlState"), timeout=30_000)
    devices: Any = one_window.panels["devices"]
    one_window.selection.select_device("camera")
    devices._pick("camera")
    devices.parameters.item("Gain").setValue(2.0)
    qtbot.waitUntil(lambda: "set is refused" in last(one_window), timeout=30_000)
    qtbot.mouseClick(button(one_window, "Take control"), LEFT)
    qtbot.waitUntil(lambda: label(one_window, "ControlState") == "control: this window", timeout=30_000)
    assert "has taken your control: taken from a dashboard" in last(window)
    assert window.notice_bar.current.action == "Take control"
