"""The panel of scans as a person uses it: picking, typing, clicking; nothing moves until it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QWidget

from h5modules.data_saving import DataLoader
from pymodaq_hsi.dashboard.plan_model import PlanModel
from pymodaq_hsi.dashboard.plan_values import Mode
from pymodaq_hsi.dashboard.scan_folder import first_folder
from pymodaq_hsi.scans import StepScan, dump_plan, load_plan

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.panels.scans import ScansPanel
    from pymodaq_hsi.dashboard.window import DashboardWindow
    from pymodaq_hsi.station import Station

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(one_window: DashboardWindow, station: Station, qtbot: QtBot) -> DashboardWindow:
    """The window of the module, once it knows the devices."""
    qtbot.waitUntil(lambda: len(one_window.mirror.devices) == 3, timeout=30_000)
    return one_window


@pytest.fixture
def panel(window: DashboardWindow, tmp_path: Path, qtbot: QtBot) -> ScansPanel:
    """The panel, in front, with an empty plan whose scans go to a folder of the test."""
    window.show_panel("scans")
    found: ScansPanel = window.panels["scans"]  # type: ignore[assignment]
    found.restore_state({"plan": PlanModel().data()})
    type_into(found, "OutputFolder", str(tmp_path), qtbot)
    return found


def type_into(panel: QWidget, name: str, text: str, qtbot: QtBot) -> None:
    """Replace what is in a field, key by key; a long text is pasted."""
    field = panel.findChild(QLineEdit, name)
    field.setFocus()
    field.selectAll()
    if len(text) > 20:
        QApplication.clipboard().setText(text)  # type: ignore[union-attr]
        field.paste()
    elif text:
        qtbot.keyClicks(field, text)
    else:
        qtbot.keyClick(field, Qt.Key.Key_Delete)
    field.clearFocus()


def pick(panel: QWidget, name: str, value: object) -> None:
    """Choose from a list, as a click on its line does."""
    box = panel.findChild(QComboBox, name)
    index = box.findData(value)
    assert index >= 0, [box.itemData(k) for k in range(box.count())]
    box.setCurrentIndex(index)
    box.activated.emit(index)


def click(panel: QWidget, name: str, qtbot: QtBot) -> None:
    """Click a button that can be clicked."""
    button = panel.findChild(QPushButton, name)
    qtbot.waitUntil(button.isEnabled, timeout=30_000)
    qtbot.mouseClick(button, LEFT)


def make_map(panel: ScansPanel, qtbot: QtBot) -> None:
    """Plan a scan of three positions and two intensities."""
    pick(panel, "AxisPicker", "light.Intensity")
    pick(panel, "Axis_mode", Mode.LIST)
    type_into(panel, "Axis_list", "50, 100", qtbot)
    pick(panel, "AxisPicker", "stage.Position")
    type_into(panel, "Axis_start", "1", qtbot)
    type_into(panel, "Axis_stop", "2", qtbot)
    type_into(panel, "Axis_points", "3", qtbot)
    pick(panel, "DetectorPicker", "camera")
    type_into(panel, "PlanName", "leaf", qtbot)


def test_from_picking_axes_to_a_saved_scan_in_the_list(
    panel: ScansPanel, window: DashboardWindow, station: Station, qtbot: QtBot, tmp_path: Path
) -> None:
    before = station.get("stage", "Position")
    make_map(panel, qtbot)
    pick(panel, "Plan_order", "snake")
    qtbot.waitUntil(lambda: panel.run_bar.summary.text().startswith("Ready: 6 points"), timeout=30_000)
    assert station.get("stage", "Position") == before
    panel.tabs.setCurrentIndex(1)
    assert panel.preview.path.getData()[0].tolist() == [1, 1.5, 2, 2, 1.5, 1]
    assert panel.preview.start.getData()[1].tolist() == [50]
    click(panel, "RunPlan", qtbot)
    path = str(tmp_path / "leaf_0001.h5")
    qtbot.waitUntil(lambda: (window.mirror.scan or {}).get("path") == path, timeout=30_000)
    qtbot.waitUntil(lambda: not window.mirror.scanning, timeout=30_000)
    panel.past.choose(0)
    scan = panel.past.current
    assert scan is not None
    assert (scan["name"], scan["state"], scan["done"]) == ("leaf", "finished", 6)
    click(panel, "PastShowInFiles", qtbot)
    assert window.selection.file == path
    with DataLoader(path) as loader:
        data = loader.load_data("/RawData/Scan000/Detector000/Data2D/CH00/Data00")
        assert data.shape == (2, 3, 48, 24)


def test_what_a_device_refuses_is_told_at_its_axis_and_cannot_be_run(panel: ScansPanel, qtbot: QtBot) -> None:
    make_map(panel, qtbot)
    type_into(panel, "Axis_stop", "900", qtbot)
    problem = panel.editor.axes.problem
    qtbot.waitUntil(lambda: "Position takes a number from 0 to 200 mm" in problem.text(), timeout=30_000)
    assert problem.isVisible()
    assert not panel.run_bar.run.isEnabled()
    type_into(panel, "Axis_stop", "", qtbot)
    qtbot.waitUntil(lambda: "stop is missing" in problem.text(), timeout=30_000)
    type_into(panel, "Axis_stop", "20x", qtbot)
    qtbot.waitUntil(lambda: "stop = '20x': a number is needed" in problem.text(), timeout=30_000)
    assert not panel.run_bar.run.isEnabled()
    type_into(panel, "Axis_stop", "20", qtbot)
    qtbot.waitUntil(panel.run_bar.run.isEnabled, timeout=30_000)
    assert not problem.isVisible()


def test_axes_change_their_order_by_button_and_by_dragging(panel: ScansPanel, qtbot: QtBot) -> None:
    make_map(panel, qtbot)
    assert panel.model.plan().targets == ["light.Intensity", "stage.Position"]
    qtbot.mouseClick(panel.editor.axes.up, LEFT)
    assert panel.model.plan().targets == ["stage.Position", "light.Intensity"]
    lines = panel.editor.axes.list
    model = lines.model()
    assert model is not None
    assert model.moveRow(lines.rootIndex(), 0, lines.rootIndex(), 2)  # what dropping a line does
    assert panel.model.plan().targets == ["light.Intensity", "stage.Position"]
    lines.setCurrentRow(0)
    qtbot.mouseClick(panel.editor.axes.out, LEFT)
    assert panel.model.plan().targets == ["stage.Position"]


def test_a_plan_is_saved_loaded_and_edited_as_text(panel: ScansPanel, qtbot: QtBot, tmp_path: Path) -> None:
    make_map(panel, qtbot)
    panel.save_file(str(tmp_path / "plan.toml"))
    assert load_plan(tmp_path / "plan.toml") == panel.model.plan()
    other = StepScan(name="other", axes=[{"target": "camera.Gain", "values": [1.0, 2.0]}], metadata={"sample": "oak"})
    panel.load_file(str(dump_plan(other, tmp_path / "other.json")))
    qtbot.waitUntil(lambda: panel.model.get("name") == "other", timeout=30_000)
    assert panel.model.plan() == other
    assert panel.editor.metadata.table.item(0, 1).text() == "oak"
    panel.tabs.setCurrentIndex(2)
    panel.text.setFocus()
    panel.text.setPlainText(panel.text.toPlainText().replace('"other"', '"oak 2"'))
    assert panel.editor.name.text() == "oak 2"
    panel.text.setPlainText("kind = 3")
    assert "kind" in panel.text_problem.text()
    assert panel.model.get("name") == "oak 2"


def test_a_scan_is_paused_stopped_resumed_from_the_list_and_repeated(
    panel: ScansPanel, window: DashboardWindow, station: Station, qtbot: QtBot, tmp_path: Path
) -> None:
    pick(panel, "AxisPicker", "light.Intensity")
    for name, text in (("start", "10"), ("stop", "50"), ("points", "9"), ("settle", "0.1")):
        type_into(panel, f"Axis_{name}", text, qtbot)
    pick(panel, "DetectorPicker", "light")
    click(panel, "RunPlan", qtbot)
    qtbot.waitUntil(lambda: window.mirror.scanning and window.mirror.scan["done"] >= 1, timeout=30_000)  # type: ignore[index]
    click(panel, "PauseScan", qtbot)
    qtbot.waitUntil(lambda: window.mirror.scan["state"] == "paused", timeout=30_000)  # type: ignore[index]
    assert panel.run_bar.pause.text() == "Resume"
    click(panel, "StopRunning", qtbot)
    qtbot.waitUntil(lambda: not window.mirror.scanning, timeout=30_000)
    assert 1 <= window.mirror.scan["done"] < 9  # type: ignore[index]
    panel.past.choose(0)
    click(panel, "PastResume", qtbot)
    qtbot.waitUntil(lambda: window.mirror.scan["state"] == "finished", timeout=30_000)  # type: ignore[index]
    assert window.mirror.scan["done"] == 9  # type: ignore[index]
    qtbot.waitUntil(lambda: not window.mirror.scanning, timeout=30_000)
    panel.past.choose(0)
    click(panel, "PastRepeat", qtbot)
    qtbot.waitUntil(lambda: window.mirror.scanning and window.mirror.scan["done"] >= 1, timeout=30_000)  # type: ignore[index]
    click(panel, "AbortScan", qtbot)
    qtbot.waitUntil(lambda: not window.mirror.scanning, timeout=30_000)
    assert window.mirror.scan["path"] == str(tmp_path / "scan_0002.h5")  # type: ignore[index]


def test_actions_detectors_and_ends_of_a_recording(panel: ScansPanel, qtbot: QtBot) -> None:
    pick(panel, "PlanKind", "recording")
    pick(panel, "DetectorPicker", "camera")
    pick(panel, "DetectorWhat0", "reflectance")
    type_into(panel, "Plan_lines", "", qtbot)
    pick(panel, "Plan_movement.target", "stage.Position")
    type_into(panel, "Plan_movement.stop", "3", qtbot)
    click(panel, "AddAction_before", qtbot)
    pick(panel, "ActionDo_before0", "move")
    pick(panel, "ActionTarget_before0", "stage.Position")
    type_into(panel, "ActionNumber_before0", "0.5", qtbot)
    click(panel, "AddAction_after", qtbot)
    plan = panel.model.plan().model_dump(mode="json", exclude_defaults=True)
    assert plan["movement"] == {"target": "stage.Position", "start": 0.0, "stop": 3.0}
    assert plan["detectors"] == [{"device": "camera", "value": "reflectance"}]
    assert plan["before"] == [{"do": "move", "to": {"stage.Position": 0.5}}]
    assert plan["after"] == [{"do": "lights_off"}]
    problem = panel.editor.detectors.problem
    qtbot.waitUntil(lambda: "needs a white reference, and none is in use" in problem.text(), timeout=30_000)
    assert not panel.run_bar.run.isEnabled()
    pick(panel, "DetectorWhat0", "intensity")
    qtbot.waitUntil(lambda: "lines" in panel.run_bar.summary.text(), timeout=30_000)
    assert not problem.isVisible()


def test_a_plan_without_an_end_is_told_beside_the_fields_that_give_it_one(panel: ScansPanel, qtbot: QtBot) -> None:
    pick(panel, "PlanKind", "time_series")
    pick(panel, "DetectorPicker", "camera")
    type_into(panel, "Plan_count", "", qtbot)
    problem = panel.editor.kind_form.problem
    qtbot.waitUntil(lambda: "has a count or a duration; neither is given" in problem.text(), timeout=30_000)
    assert not panel.editor.problem.isVisible()


def test_a_scan_whose_device_dies_is_told_in_a_message_and_can_be_gone_on_with(
    panel: ScansPanel, window: DashboardWindow, station: Station, qtbot: QtBot
) -> None:
    [name] = station.connect("VirtualLight", {"Faults": "crash@3"}, name="frail")
    station.release_control()
    try:
        qtbot.waitUntil(lambda: name in window.mirror.devices, timeout=30_000)
        pick(panel, "AxisPicker", f"{name}.Intensity")
        type_into(panel, "Axis_points", "30", qtbot)
        pick(panel, "DetectorPicker", "stage")
        type_into(panel, "PlanName", "doomed", qtbot)
        click(panel, "RunPlan", qtbot)
        qtbot.waitUntil(lambda: (window.mirror.scan or {}).get("name") == "doomed", timeout=30_000)
        qtbot.waitUntil(lambda: not window.mirror.scanning, timeout=30_000)
        assert (window.mirror.scan or {})["state"] == "failed", window.mirror.scan
        qtbot.waitUntil(
            lambda: any(each.text.startswith("The scan doomed has failed: ") for each in window.notices.kept),
            timeout=30_000,
        )
        [told] = [each.text for each in window.notices.kept if each.text.startswith("The scan doomed")]
        assert "Crash" in told or "ended" in told, told
        panel.past.choose(0)
        assert panel.past.resume.isEnabled()
    finally:
        station.take_control(force=True)
        station.disconnect(name)


def test_the_plan_is_found_again_in_the_next_window(panel: ScansPanel, qtbot: QtBot) -> None:
    make_map(panel, qtbot)
    kept = panel.save_state()
    pick(panel, "PlanKind", "log")
    panel.restore_state(kept)
    assert panel.model.plan().targets == ["light.Intensity", "stage.Position"]
    panel.restore_state({"plan": {"kind": "of another version"}})
    assert panel.model.plan().targets == ["light.Intensity", "stage.Position"]


def test_what_a_plan_asks_is_answered_in_the_panel_before_anything_moves(
    panel: ScansPanel, window: DashboardWindow, station: Station, qtbot: QtBot, tmp_path: Path
) -> None:
    before = station.get("stage", "Position")
    plan = {
        "kind": "step_scan",
        "name": "asked",
        "axes": [{"target": "stage.Position", "values": {"start": 3, "stop": 4, "points": 2}}],
        "detectors": [{"device": "camera"}],
        "prompts": [
            {"name": "sample", "question": "Which sample?"},
            {"name": "side", "choices": ["upper", "lower"], "default": "lower"},
        ],
        "output": {"folder": str(tmp_path)},
    }
    panel.restore_state({"plan": plan})
    click(panel, "RunPlan", qtbot)
    box = panel.run_bar.prompts
    qtbot.waitUntil(box.isVisible, timeout=30_000)
    assert station.get("stage", "Position") == before
    type_into(panel, "Prompt_sample", "oak", qtbot)
    click(panel, "AnswerPrompts", qtbot)
    qtbot.waitUntil(lambda: not window.mirror.scanning, timeout=30_000)
    assert not box.isVisible()
    scan = window.mirror.scan
    assert scan is not None
    assert scan["state"] == "finished", scan
    assert station.read_plan(scan["path"])["plan"]["metadata"] == {"sample": "oak", "side": "lower"}


def test_a_plan_without_a_folder_goes_where_the_last_one_went_and_says_so(
    panel: ScansPanel, window: DashboardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "first").mkdir()
    data = {"kind": "time_series", "name": "dark", "interval": 0.01, "count": 2, "detectors": [{"device": "camera"}]}
    panel.restore_state({"plan": data | {"output": {"folder": str(tmp_path / "first")}}})
    run(panel, window, qtbot)
    assert panel.save_state()["folder"] == str(tmp_path / "first")
    panel.restore_state({"plan": data | {"output": {}}, "folder": str(tmp_path / "gone")})  # a disk that was taken out
    field = panel.findChild(QLineEdit, "OutputFolder")
    assert (field.text(), field.placeholderText()) == ("", str(tmp_path / "first"))
    run(panel, window, qtbot)
    assert sorted(path.name for path in (tmp_path / "first").glob("*.h5")) == ["dark_0001.h5", "dark_0002.h5"]


def run(panel: ScansPanel, window: DashboardWindow, qtbot: QtBot) -> None:
    """Click Run, and wait for the end."""
    before = (window.mirror.scan or {}).get("number")
    window.show_panel("scans")
    qtbot.waitUntil(panel.run_bar.run.isEnabled, timeout=30_000)
    qtbot.mouseClick(panel.run_bar.run, LEFT)
    qtbot.waitUntil(lambda: (window.mirror.scan or {}).get("number") != before, timeout=30_000)
    qtbot.waitUntil(lambda: not window.mirror.scanning, timeout=30_000)


def test_scans_first_go_where_the_window_was_started_unless_that_is_no_place_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.chdir(tmp_path)
    assert first_folder() == tmp_path
    for started_in in (home, tmp_path.anchor):  # as from a desktop
        monkeypatch.chdir(started_in)
        assert first_folder() == home / "scans"
