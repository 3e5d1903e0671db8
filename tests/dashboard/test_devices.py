"""Devices, lights and stages by clicks and keys, on real virtual devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QFileDialog, QPushButton

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.panels.controls import ControlsPanel
    from pymodaq_hsi.dashboard.panels.devices import DevicesPanel
    from pymodaq_hsi.dashboard.window import DashboardWindow
    from pymodaq_hsi.station import Station

LEFT = Qt.MouseButton.LeftButton


def devices_panel(window: DashboardWindow) -> DevicesPanel:
    return window.panels["devices"]  # type: ignore[return-value]


def controls_panel(window: DashboardWindow) -> ControlsPanel:
    window.show_panel("controls")
    return window.panels["controls"]  # type: ignore[return-value]


def choose(panel: DevicesPanel, text: str) -> None:
    for row in range(panel.list.topLevelItemCount()):
        item = panel.list.topLevelItem(row)
        if text in item.text(0):
            panel.list.setCurrentItem(item)
            return
    raise AssertionError(f"{text} is not in the list")


def rows(panel: DevicesPanel) -> dict[str, str]:
    items = [panel.list.topLevelItem(row) for row in range(panel.list.topLevelItemCount())]
    return {item.text(0).strip(): item.text(1) for item in items}


def editor(panel: DevicesPanel, name: str) -> Any:
    return panel.parameters.item(name)


def test_from_an_empty_window_to_a_connected_stage_and_back(
    bare_station: Station, bare_window: DashboardWindow, qtbot: QtBot
) -> None:
    panel = devices_panel(bare_window)
    qtbot.waitUntil(lambda: rows(panel).get("Virtual stage") == "found", timeout=30_000)  # it looks by itself at first
    choose(panel, "Virtual stage")
    panel.form.name.setText("slide")
    qtbot.mouseClick(panel.form.button, LEFT)
    qtbot.waitUntil(lambda: rows(panel).get("slide: Virtual stage") == "connected", timeout=30_000)
    assert "slide" in {device["name"] for device in bare_station.devices()}
    assert editor(panel, "Velocity").value() == 50.0  # it is selected, with its settings
    qtbot.mouseClick(panel.disconnect_it, LEFT)
    qtbot.waitUntil(lambda: rows(panel).get("Virtual stage") == "found", timeout=30_000)
    assert bare_station.devices() == []


def test_a_name_that_cannot_be_is_refused_in_words(
    bare_station: Station, bare_window: DashboardWindow, qtbot: QtBot
) -> None:
    panel = devices_panel(bare_window)
    qtbot.waitUntil(lambda: rows(panel).get("Virtual light") == "found", timeout=30_000)
    choose(panel, "Virtual light")
    panel.form.name.setText("my lamp!")
    qtbot.mouseClick(panel.form.button, LEFT)
    qtbot.waitUntil(lambda: bare_window.notice_bar.current is not None, timeout=30_000)
    assert "my lamp!" in bare_window.notice_bar.current.text
    assert rows(panel)["Virtual light"] == "found"


def test_settings_go_both_ways(station: Station, one_window: DashboardWindow, qtbot: QtBot) -> None:
    window = one_window
    panel = devices_panel(window)
    choose(panel, "camera")
    editor(panel, "ExposureTime").setValue(2.5)
    qtbot.waitUntil(lambda: station.get("camera", "ExposureTime") == 2.5, timeout=30_000)
    station.release_control()
    station.take_control(force=True)
    station.set("camera", "ExposureTime", 3.25)
    qtbot.waitUntil(lambda: editor(panel, "ExposureTime").value() == 3.25, timeout=30_000)


def test_a_setting_is_undone_with_ctrl_z_and_redone(
    station: Station, one_window: DashboardWindow, qtbot: QtBot
) -> None:
    window = one_window
    panel = devices_panel(window)
    choose(panel, "camera")
    before = station.get("camera", "Gain")
    editor(panel, "Gain").setValue(before + 1)
    qtbot.waitUntil(lambda: station.get("camera", "Gain") == before + 1, timeout=30_000)
    undo, redo = window.steps.undo, window.steps.redo
    qtbot.waitUntil(lambda: undo.toolTip() == f"Set Gain of camera back to {before} (Ctrl+Z)", timeout=30_000)
    assert not redo.isEnabled()
    undo.trigger()
    qtbot.waitUntil(lambda: station.get("camera", "Gain") == before, timeout=30_000)
    qtbot.waitUntil(lambda: editor(panel, "Gain").value() == before, timeout=30_000)
    qtbot.waitUntil(redo.isEnabled, timeout=30_000)
    QApplication.setActiveWindow(window)
    panel.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: editor(panel, "Gain").value() == before + 1, timeout=30_000)
    shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.waitUntil(lambda: undo.isEnabled() and not redo.isEnabled(), timeout=30_000)
    undo.trigger()
    qtbot.waitUntil(redo.isEnabled, timeout=30_000)
    qtbot.keyClick(window, Qt.Key.Key_Z, shift)
    qtbot.waitUntil(lambda: station.get("camera", "Gain") == before + 1, timeout=30_000)
    qtbot.waitUntil(lambda: not redo.isEnabled(), timeout=30_000)
    undo.trigger()
    qtbot.waitUntil(lambda: station.get("camera", "Gain") == before, timeout=30_000)


def test_a_refused_setting_is_told_and_shown_as_it_was(
    station: Station, one_window: DashboardWindow, qtbot: QtBot
) -> None:
    window = one_window
    panel = devices_panel(window)
    choose(panel, "camera")
    before = station.get("camera", "BandBinning")
    station.take_control(force=True, message="calibrating, back at noon")
    editor(panel, "BandBinning").setValue(before + 1)
    qtbot.waitUntil(lambda: window.notice_bar.current is not None, timeout=30_000)
    qtbot.waitUntil(lambda: editor(panel, "BandBinning").value() == before, timeout=30_000)
    assert station.get("camera", "BandBinning") == before
    take = next(b for b in window.notice_bar.findChildren(QPushButton) if b.text() == "Take control")
    qtbot.mouseClick(take, LEFT)
    qtbot.waitUntil(lambda: window.mirror.control is not None and window.mirror.control["client"] != 0, timeout=30_000)
    editor(panel, "Gain").setValue(4.0)
    qtbot.waitUntil(lambda: station.get("camera", "Gain") == 4.0, timeout=30_000)


def test_a_crashed_device_is_told_and_reconnected_by_the_button_of_the_notice(
    bare_station: Station, bare_window: DashboardWindow, qtbot: QtBot
) -> None:
    bare_station.connect("VirtualHyperCamera", {"Faults": "crash@3"}, settings={"PixelCount": 16, "BandCount": 12})
    bare_station.start_live("camera")
    bare_station.release_control()
    qtbot.waitUntil(
        lambda: bare_window.notice_bar.current is not None and bare_window.notice_bar.current.action == "Reconnect",
        timeout=30_000,
    )
    panel = devices_panel(bare_window)
    assert rows(panel)["camera: Virtual hyperspectral camera"] == "lost"
    told: list[dict[str, Any]] = []
    bare_window.link.eventCame.connect(told.append)
    button = next(b for b in bare_window.notice_bar.findChildren(QPushButton) if b.text() == "Reconnect")
    qtbot.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: "reconnected" in {event["event"] for event in told}, timeout=30_000)


def test_lights_are_forced_off_and_back_by_the_key(station: Station, one_window: DashboardWindow, qtbot: QtBot) -> None:
    window = one_window
    box = controls_panel(window).lights["light"]
    assert box.state.text() == "As set"
    window.lights.trigger()
    qtbot.waitUntil(lambda: box.state.text() == "Forced off", timeout=30_000)
    assert {device["light"] for device in station.devices() if "light" in device} == {"ForcedOff"}
    qtbot.waitUntil(lambda: window.lights.text() == "Lights back", timeout=30_000)
    qtbot.mouseClick(controls_panel(window).master, LEFT)
    qtbot.waitUntil(lambda: box.state.text() == "As set", timeout=30_000)


def test_intensity_is_typed(station: Station, one_window: DashboardWindow, qtbot: QtBot) -> None:
    window = one_window
    box = controls_panel(window).lights["light"]
    number = box.findChild(type(box._boxes["Intensity"]))
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, "37.5")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: station.get("light", "Intensity") == 37.5, timeout=30_000)


def test_a_stage_goes_jogs_and_finds_a_named_position(
    station: Station, one_window: DashboardWindow, qtbot: QtBot
) -> None:
    window = one_window
    box = controls_panel(window).stages["stage"]
    box.target.setFocus()
    box.target.selectAll()
    qtbot.keyClicks(box.target, "12.5")
    qtbot.keyClick(box.target, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: box.here.text() == "12.5000 mm", timeout=30_000)
    box.named.setEditText("sample one")
    qtbot.mouseClick(box.remember, LEFT)
    qtbot.waitUntil(lambda: box.named.findText("sample one") >= 0, timeout=30_000)
    qtbot.mouseClick(box.forth, LEFT)
    qtbot.waitUntil(lambda: box.here.text() == "13.5000 mm", timeout=30_000)
    box.named.setEditText("sample one")
    qtbot.mouseClick(box.remember, LEFT)
    qtbot.waitUntil(lambda: "already" in told(window), timeout=30_000)
    assert station.positions()["sample one"] == {"stage.Position": 12.5}
    assert window.notice_bar.current is not None
    assert window.notice_bar.current.action == "Replace it"
    qtbot.mouseClick(window.notice_bar._act, LEFT)
    qtbot.waitUntil(lambda: station.positions()["sample one"] == {"stage.Position": 13.5}, timeout=30_000)
    qtbot.mouseClick(box.back, LEFT)
    qtbot.waitUntil(lambda: box.here.text() == "12.5000 mm", timeout=30_000)
    qtbot.mouseClick(box.remember, LEFT)
    qtbot.waitUntil(lambda: told(window).endswith("overwrite=True"), timeout=30_000)
    qtbot.mouseClick(window.notice_bar._act, LEFT)
    qtbot.waitUntil(lambda: station.positions()["sample one"] == {"stage.Position": 12.5}, timeout=30_000)
    qtbot.mouseClick(box.forth, LEFT)
    qtbot.waitUntil(lambda: box.here.text() == "13.5000 mm", timeout=30_000)
    box.named.setEditText("sample one")
    qtbot.mouseClick(box.go_named, LEFT)
    qtbot.waitUntil(lambda: box.here.text() == "12.5000 mm", timeout=30_000)
    assert station.get("stage", "Position") == 12.5
    qtbot.mouseClick(box.forget, LEFT)
    qtbot.waitUntil(lambda: box.named.findText("sample one") < 0, timeout=30_000)


def test_a_preset_brings_settings_back(station: Station, one_window: DashboardWindow, qtbot: QtBot) -> None:
    window = one_window
    window.show_panel("presets")
    panel: Any = window.panels["presets"]
    station.take_control(force=True)
    station.set("camera", "ExposureTime", 4.5)
    station.release_control()
    panel.name.setText("morning")
    qtbot.mouseClick(panel.save, LEFT)
    qtbot.waitUntil(lambda: panel.list.count() == 1, timeout=30_000)
    station.set("camera", "ExposureTime", 1.5)
    station.release_control()
    panel.list.setCurrentRow(0)
    qtbot.mouseClick(panel.load, LEFT)
    qtbot.waitUntil(lambda: station.get("camera", "ExposureTime") == 4.5, timeout=30_000)
    qtbot.waitUntil(panel.load.isEnabled, timeout=30_000)
    qtbot.mouseClick(panel.remove, LEFT)
    assert panel.list.count() == 1  # the first click asks
    qtbot.mouseClick(panel.remove, LEFT)
    qtbot.waitUntil(lambda: panel.list.count() == 0, timeout=30_000)


def test_a_search_tells_of_broken_drivers_and_shows_what_the_others_found(
    bare_station: Station,
    open_window: Callable[[str], DashboardWindow],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "no_library.py").write_text("raise ImportError('libcam.so is not there')\n")
    information = tmp_path / "no_library-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: no-library\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[pymodaq_hsi.plugins]\nno_library = no_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    panel = devices_panel(open_window("bare"))
    assert "left at most" in panel.search.summary.text()  # it looks by itself at first
    qtbot.waitUntil(lambda: rows(panel).get("Virtual stage") == "found", timeout=30_000)
    assert "libcam.so is not there" in panel.search.words.text()
    assert panel.search.summary.text().endswith("3 devices found, 1 problem")
    qtbot.mouseClick(panel.search.copy, LEFT)
    assert "ImportError" in QApplication.clipboard().text()
    assert "Traceback" in QApplication.clipboard().text()


def type_into(panel: DevicesPanel, name: str, text: str, qtbot: QtBot) -> Any:
    """Select a row of the tree, as by a click, and type."""
    row = next(iter(panel.parameters.item(name).items))
    panel.parameters.tree.setCurrentItem(row)
    row.widget.selectAll()
    qtbot.keyClicks(row.widget, text)
    qtbot.keyClick(row.widget, Qt.Key.Key_Return)
    return row.widget


def test_a_number_is_typed_with_or_without_its_unit_and_refused_in_words(
    station: Station, one_window: DashboardWindow, qtbot: QtBot
) -> None:
    panel = devices_panel(one_window)
    one_window.show_panel("devices")
    choose(panel, "camera")
    station.set("camera", "ExposureTime", 2.0)
    station.release_control()
    qtbot.waitUntil(lambda: editor(panel, "ExposureTime").value() == 2.0, timeout=30_000)
    for text, taken in (("2.25", 2.25), ("1,5 ms", 1.5)):
        box = type_into(panel, "ExposureTime", text, qtbot)
        qtbot.waitUntil(lambda taken=taken: station.get("camera", "ExposureTime") == taken, timeout=30_000)
    for text in ("20000", "long"):
        type_into(panel, "ExposureTime", text, qtbot)
        qtbot.waitUntil(
            lambda text=text: f"'{text}'" in told(one_window) or f"{text}.0 is refused" in told(one_window),
            timeout=30_000,
        )
        assert "a number from 0.01 to 10000 ms" in told(one_window)
        qtbot.waitUntil(lambda: box.text() == "1.5 ms", timeout=30_000)
    QApplication.setActiveWindow(one_window)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)  # nothing is typed: the setting is undone
    qtbot.waitUntil(lambda: station.get("camera", "ExposureTime") == 2.25, timeout=30_000)


def told(window: DashboardWindow) -> str:
    """Return the last message."""
    return window.notices.kept[-1].text if window.notices.kept else ""


def test_a_file_is_chosen_in_a_dialog_that_holds_nothing_up(
    bare_station: Station, bare_window: DashboardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = devices_panel(bare_window)
    qtbot.waitUntil(lambda: rows(panel).get("Virtual hyperspectral camera") == "found", timeout=30_000)
    choose(panel, "Virtual hyperspectral camera")
    row = next(iter(panel.form.parameters.item("Cube").items))
    qtbot.mouseClick(row.choose, LEFT)
    dialog = panel.findChild(QFileDialog)
    assert dialog.isVisible()
    assert not dialog.isModal()
    cube = tmp_path / "none.hdr"
    dialog.fileSelected.emit(str(cube))
    dialog.close()
    qtbot.mouseClick(panel.form.button, LEFT)
    qtbot.waitUntil(lambda: "there is no such file" in told(bare_window), timeout=30_000)
    assert panel.form.values() == {"Cube": str(cube)}  # to be corrected, not typed again
