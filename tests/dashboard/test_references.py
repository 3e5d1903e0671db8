"""References by clicks: dark, then white, and every warning beside what it is about."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel

from pymodaq_hsi.processing.hsiref import read_hsiref, write_hsiref
from pymodaq_hsi.processing.quality import DEFAULT_OLDEST

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.window import DashboardWindow
    from pymodaq_hsi.station import Station

LEFT = Qt.MouseButton.LeftButton


def last(window: DashboardWindow) -> str:
    """Return the last message."""
    return window.notices.kept[-1].text if window.notices.kept else ""


def set_elsewhere(station: Station, **values: Any) -> None:
    """Set parameters of the camera as another program does."""
    station.take_control(force=True)
    for name, value in values.items():
        station.set("camera", name, value)
    station.release_control()


@pytest.fixture
def panel(station: Station, one_window: DashboardWindow, qtbot: QtBot) -> Any:
    """The panel, with nothing in use and the settings as they were."""
    found: Any = one_window.panels["references"]
    one_window.show_panel("references")
    for name in station.references().get("camera", {}):
        station.clear_reference("camera", name)
    set_elsewhere(station, ExposureTime=5.0, Gain=1.0)
    found.frames.setValue(2)
    found.panel.setText("1.0")
    found.any_settings.setChecked(False)
    qtbot.waitUntil(lambda: found.white.state.text() == found.dark.state.text() == "None in use", timeout=30_000)
    return found


def take(box: Any, qtbot: QtBot) -> None:
    """Click Take, and wait until another reference is in use."""
    before = box.state.text()
    qtbot.mouseClick(box.take, LEFT)
    qtbot.waitUntil(lambda: box.take.isVisible() and box.state.text() != before, timeout=30_000)


def in_use(window: DashboardWindow) -> str:
    """Return what the line at the bottom says of references."""
    return window.findChild(QLabel, "ReferencesInUse").text()


def test_dark_then_white_then_settings_that_no_longer_fit(
    panel: Any, station: Station, one_window: DashboardWindow, qtbot: QtBot
) -> None:
    assert in_use(one_window) == "No references"
    take(panel.dark, qtbot)
    take(panel.white, qtbot)
    assert panel.dark.warnings.isHidden()
    assert panel.white.warnings.isHidden()
    assert "⚠" not in in_use(one_window)
    qtbot.waitUntil(lambda: panel.curves["WhiteReference"].getData()[0] is not None, timeout=30_000)
    assert panel.plot.getPlotItem().getAxis("bottom").labelText == "Wavelength (nm)"
    set_elsewhere(station, ExposureTime=2.0)
    expected = "does not hold for the present settings: ExposureTime is 2.0, was 5.0"
    qtbot.waitUntil(lambda: expected in panel.white.warnings.text(), timeout=30_000)
    assert expected in panel.dark.warnings.text()
    assert in_use(one_window).count("⚠") == 2  # whichever panel is in front
    set_elsewhere(station, ExposureTime=5.0)
    qtbot.waitUntil(lambda: "⚠" not in in_use(one_window), timeout=30_000)
    qtbot.mouseClick(panel.white.clear, LEFT)
    qtbot.waitUntil(lambda: panel.white.state.text() == "None in use", timeout=30_000)


def test_a_white_one_without_light_and_a_saturated_one_say_what_to_do(
    panel: Any, station: Station, one_window: DashboardWindow, qtbot: QtBot
) -> None:
    one_window.lights.trigger()
    qtbot.waitUntil(lambda: one_window.mirror.master_off, timeout=30_000)
    take(panel.white, qtbot)
    assert "See that the light is on" in panel.white.warnings.text()
    take(panel.dark, qtbot)  # the two are alike, which is said though the dark one was taken last
    qtbot.waitUntil(lambda: "take both again" in panel.white.warnings.text(), timeout=30_000)
    one_window.lights.trigger()
    qtbot.waitUntil(lambda: not one_window.mirror.master_off, timeout=30_000)
    set_elsewhere(station, ExposureTime=200.0, Gain=16.0)
    take(panel.white, qtbot)
    assert "of the samples are saturated" in panel.white.warnings.text()
    assert "shorten the exposure" in panel.white.warnings.text()
    assert " % saturated" in panel.white.state.text()


def test_export_import_of_other_settings_and_age(
    panel: Any, station: Station, one_window: DashboardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    certificate = tmp_path / "panel.csv"
    certificate.write_text("350,0.5\n1100,0.6\n")
    panel.panel.setText(str(certificate))
    take(panel.white, qtbot)
    assert "panel panel.csv" in panel.white.state.text()
    path = tmp_path / "white.hsiref"
    panel.export_file("WhiteReference", str(path))
    qtbot.waitUntil(lambda: str(path) in last(one_window), timeout=30_000)

    old = tmp_path / "old.hsiref"
    write_hsiref(old, dataclasses.replace(read_hsiref(path), timestamp=time.time() - 9 * 3600))
    set_elsewhere(station, ExposureTime=4.0)
    panel.import_file("WhiteReference", str(old))
    qtbot.waitUntil(lambda: "ExposureTime was 5.0 and is 4.0" in last(one_window), timeout=30_000)
    assert one_window.notice_bar.current.action == "Import all the same"
    qtbot.mouseClick(one_window.notice_bar._act, LEFT)
    qtbot.waitUntil(lambda: "it was taken 9 h ago, more than 4 h" in panel.white.warnings.text(), timeout=30_000)
    assert "⚠" in in_use(one_window)
    set_elsewhere(station, ExposureTime=5.0)
    panel.oldest.setFocus()
    panel.oldest.selectAll()
    qtbot.keyClicks(panel.oldest, "12")
    qtbot.keyClick(panel.oldest, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "⚠" not in in_use(one_window), timeout=30_000)
    assert station.state()["reference_age"] == 12 * 3600
    assert panel.save_state()["oldest"] == 12.0
    station.limit_reference_age(3600.0)  # elsewhere
    qtbot.waitUntil(lambda: panel.oldest.value() == 1.0, timeout=30_000)
    qtbot.waitUntil(lambda: "more than 1 h" in panel.white.warnings.text(), timeout=30_000)
    panel.oldest.setValue(0.0)
    qtbot.waitUntil(lambda: station.state()["reference_age"] is None, timeout=30_000)
    assert panel.oldest.text() == "never"
    station.limit_reference_age(DEFAULT_OLDEST)


def test_a_panel_that_is_no_number_and_no_file_is_refused_in_words(
    panel: Any, one_window: DashboardWindow, qtbot: QtBot
) -> None:
    panel.panel.setText("spectralon")
    qtbot.mouseClick(panel.white.take, LEFT)
    qtbot.waitUntil(lambda: "there is no file spectralon" in last(one_window), timeout=30_000)
    assert panel.white.take.isVisible()
    assert panel.white.state.text() == "None in use"
