"""Commands for exposures, named positions, plans that are looked at, and questions before a scan."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from h5modules.data_saving import DataLoader
from h5modules.saving import H5SaverLowLevel
from pymodaq_hsi.errors import (
    CalibrationError,
    OutputError,
    ParameterError,
    PlanInvalid,
    PositionError,
    PositionNotFound,
    StationError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pymodaq_hsi.station import Station

STAGE: dict[str, Any] = {"target": "stage.Position", "values": {"start": 0, "stop": 4, "points": 5}}
READING = {"device": "stage", "parameters": ["Position"]}
PLAN: dict[str, Any] = {"kind": "step_scan", "name": "few", "axes": [STAGE], "detectors": [READING]}


@pytest.mark.parametrize("before", [0.05, 200.0])
def test_an_exposure_is_found_from_below_and_from_saturation(station: Station, before: float) -> None:
    station.set("camera", "ExposureTime", before)
    station.start_live("camera")
    found = station.auto_exposure("camera", 0.7, watch=0.2)
    frame = station.frame("camera")
    assert (found["reached"], found["before"], found["problem"]) == (True, before, "")
    assert np.percentile(frame.data, 99.5) / frame.header["saturation"] == pytest.approx(0.7, abs=0.03)
    assert station.get("camera", "ExposureTime") == found["exposure"]
    assert station.undo()["after"] == before


def test_what_moves_past_is_exposed_for_its_bright_parts(station: Station) -> None:
    station.move("stage", 0.0)
    station.set("stage", "Velocity", 8.0)
    job = station.begin("move", device="stage", position=40.0)  # dark, bright, dark, ... beginning with dark
    found = station.auto_exposure("camera", 0.7, watch=0.8)
    assert found["reached"]
    station.stop_move("stage")
    with suppress(StationError):  # it was cancelled, if it was moving still
        station.wait(job, 20)
    station.set("stage", "Velocity", 1000.0)
    station.move("stage", 5.0)
    station.start_live("camera")
    frame = station.frame("camera")
    assert 0.5 < np.percentile(frame.data, 99.5) / frame.header["saturation"] < 0.95


def test_an_exposure_that_cannot_be_reached_says_why_and_a_cancelled_one_is_put_back(station: Station) -> None:
    station.set("camera", "ExposureTime", 1.0)
    found = station.auto_exposure("camera", 0.9, watch=0.2, longest=1.5)
    assert (found["reached"], found["exposure"]) == (False, 1.5)
    assert "with the longest exposure" in found["problem"]
    station.set("camera", "ExposureTime", 1.0)
    with pytest.raises(CalibrationError, match="between 0 and 1"):
        station.auto_exposure("camera", 80)
    with pytest.raises(ParameterError, match="no number 'Shutter'"):
        station.auto_exposure("camera", parameter="Shutter")
    job = station.begin("auto_exposure", device="camera", level=0.9, frames=100)
    with pytest.raises(StationError, match="in use by the search for an exposure"):
        station.set("camera", "Gain", 2.0)
    station.cancel(job)
    with pytest.raises(StationError, match="cancelled"):
        station.wait(job, 20)
    assert station.get("camera", "ExposureTime") == 1.0


def test_positions_are_saved_gone_to_told_of_and_forgotten(station: Station, tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    station.move("stage", 3.0)
    with station.events() as feed:
        assert station.save_position("leaf", path=path) == {"stage.Position": 3.0}
        while (event := feed.get(10))["event"] != "positions":
            continue
    assert event["positions"] == {"leaf": {"stage.Position": 3.0}}
    station.save_position("bright", ["stage.Position", "light.Intensity"], path=path)
    station.save_position("beyond", values={"stage.Position": 1e9, "light.Intensity": 50}, path=path)
    station.move("stage", 0.5)
    station.set("light", "Intensity", 20)
    assert station.go_to_position("bright", path=path) == {"stage.Position": 3.0, "light.Intensity": 100.0}
    assert (station.get("stage", "Position"), station.get("light", "Intensity")) == (3.0, 100.0)
    with pytest.raises(ParameterError, match="refused"):
        station.go_to_position("beyond", path=path)
    assert station.get("light", "Intensity") == 100.0, "all are checked before one moves"
    with pytest.raises(PositionError, match="already"):
        station.save_position("leaf", path=path)
    with pytest.raises(PositionError, match="no number"):
        station.save_position("odd", ["camera.OverflowPolicy"], path=path)
    station.rename_position("leaf", "oak", path=path)
    station.remove_position("bright", path=path)
    assert list(station.positions(path)) == ["oak", "beyond"]
    with pytest.raises(PositionNotFound, match="'oak'"):
        station.go_to_position("leaf", path=path)


def test_a_stage_on_its_way_to_a_position_stops_when_that_is_cancelled(station: Station, tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    station.save_position("far", values={"stage.Position": 90.0}, path=path)
    station.move("stage", 0.0)
    station.set("stage", "Velocity", 1.0)
    with station.events() as feed:
        job = station.begin("go_to_position", name="far", path=str(path))
        while "stage.Position" not in feed.get(10).get("progress", {}):
            continue
        station.cancel(job)
        with pytest.raises(StationError, match="cancelled"):
            station.wait(job, 20)
    station.set("stage", "Velocity", 1000.0)
    assert station.get("stage", "Position") < 45


def test_named_positions_in_plans_are_those_of_the_user(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_config_dir", lambda *_, **__: str(tmp_path / "new"))
    station.save_position("panel", values={"stage.Position": 2.5})
    plan = PLAN | {
        "axes": [{"target": "stage.Position", "values": ["panel", 1.0]}],
        "after": [{"do": "move", "to": "panel"}],
    }
    assert station.preview_plan(plan)["values"] == {"stage.Position": [2.5, 1.0]}
    with pytest.raises(PositionNotFound, match="'pannel'"):
        station.check_plan(PLAN | {"after": [{"do": "move", "to": "pannel"}]})


def test_plans_are_previewed_without_moving(station: Station) -> None:
    fine = STAGE | {"values": {"start": 0, "stop": 10_000, "points": 11}, "units": "um"}
    light = {"target": "light.Intensity", "values": [25, 50]}
    found = station.preview_plan(PLAN | {"axes": [light, fine], "order": "snake"})
    assert (found["points"], found["shape"], found["every"]) == (22, [2, 11], 1)
    assert found["units"] == {"light.Intensity": "%", "stage.Position": "mm"}
    assert found["values"]["stage.Position"] == pytest.approx([*range(11), *range(10, -1, -1)])
    assert found["values"]["light.Intensity"] == [25] * 11 + [50] * 11
    many = station.preview_plan(PLAN | {"axes": [STAGE | {"values": {"start": 0, "stop": 1, "points": 10**6}}]}, most=7)
    assert (many["points"], len(many["values"]["stage.Position"])) == (10**6, 7)
    absent = station.preview_plan(PLAN | {"axes": [STAGE | {"target": "robot.Arm", "units": "deg"}]})
    assert absent["units"] == {"robot.Arm": "deg"}
    series = {"kind": "time_series", "interval": 0.5, "count": 4, "detectors": [READING]}
    assert station.preview_plan(series)["values"] == {"time": [0.0, 0.5, 1.0, 1.5]}
    adaptive = {"kind": "adaptive_scan", "points": 9, "detectors": [READING]}
    adaptive["axes"] = [{"target": "stage.Position", "low": 1, "high": 3}]
    assert station.preview_plan(adaptive)["bounds"] == {"stage.Position": [1, 3]}
    moving = {"kind": "recording", "detectors": [{"device": "camera"}], "movement": {"target": "stage.Position"}}
    moving["movement"] |= {"start": 2, "stop": 8}
    assert station.preview_plan(moving)["values"] == {"stage.Position": [2, 8]}
    endless = {"kind": "log", "detectors": [READING]}
    assert station.preview_plan(endless)["points"] is None


def test_the_plan_of_a_file_can_be_changed_and_carried_out_again(station: Station, tmp_path: Path) -> None:
    station.start_scan(PLAN, tmp_path / "a.h5", metadata={"sample": "oak"})
    assert station.wait_scan(20)["state"] == "finished"
    found = station.read_plan(tmp_path / "a.h5")
    assert (found["complete"], found["scans"]) == (True, [found["node"]])
    assert found["settings"]["stage"]["parameters"]["Velocity"] == 1000
    assert found["plan"]["metadata"] == {"sample": "oak"}
    station.start_scan(found["plan"] | {"repeats": 2}, tmp_path / "b.h5")
    assert station.wait_scan(20)["done"] == 10
    with pytest.raises(OutputError, match="folder"):
        station.read_plan(tmp_path)


def test_a_repeat_and_a_resume_have_devices_and_references_as_they_were(station: Station, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.h5", tmp_path / "cut.h5"
    plan = PLAN | {"detectors": [{"device": "camera", "value": "reflectance"}, READING]}
    station.set("camera", "ExposureTime", 2.0)
    station.set("light", "Intensity", 80)
    for reference in ("DarkReference", "WhiteReference"):
        station.take_reference("camera", reference, 3)
    station.start_scan(plan, whole)
    assert station.wait_scan(20)["state"] == "finished"
    with station.events() as feed:
        slow = STAGE | {"settle": 0.1}
        station.start_scan(plan | {"axes": [slow]}, cut)
        while feed.get(10).get("what") != "point":
            continue
        station.stop_scan()
    assert station.wait_scan(20)["state"] == "stopped"
    station.set("camera", "ExposureTime", 1.0)
    station.set("light", "Intensity", 30)  # is not in the plan, but the data depend on it
    for reference in ("DarkReference", "WhiteReference"):
        station.clear_reference("camera", reference)
    station.resume_file(cut)
    assert (station.wait_scan(20)["state"], station.get("light", "Intensity")) == ("finished", 80.0)
    station.set("camera", "ExposureTime", 1.0)
    station.repeat_scan(whole, output=tmp_path / "again.h5")
    assert (station.wait_scan(20)["state"], station.get("camera", "ExposureTime")) == ("finished", 2.0)
    frames = {}
    for path in (whole, cut, tmp_path / "again.h5"):
        with DataLoader(path) as loader:
            loaded = loader.load_all("/RawData/Scan000/Detector000", lazy=False)
        frames[path.stem] = next(np.asarray(each[0]) for each in loaded if each.origin == "camera")
    np.testing.assert_array_equal(frames["cut"], frames["whole"])
    np.testing.assert_array_equal(frames["again"], frames["whole"])


def test_what_a_plan_says_of_its_devices_is_set(station: Station, tmp_path: Path) -> None:
    choice = {"driver": "VirtualHyperCamera", "parameters": {"Gain": 3.0}}
    plan = PLAN | {"detectors": [{"device": "camera"}], "devices": {"camera": choice}}
    station.start_scan(plan, tmp_path / "a.h5")
    assert station.wait_scan(20)["state"] == "finished"
    assert station.get("camera", "Gain") == 3.0
    station.set("camera", "Gain", 1.0)
    with pytest.raises(ParameterError, match="Gain = 1000000"):
        station.start_scan(plan | {"devices": {"camera": choice | {"parameters": {"Gain": 1e6}}}}, tmp_path / "b.h5")
    assert station.state()["in_use"] == {}


def test_what_a_plan_asks_is_answered_before_anything_moves(station: Station, tmp_path: Path) -> None:
    prompts = [
        {"name": "sample", "question": "Which sample?"},
        {"name": "bench", "choices": ["left", "right"], "default": "left"},
        {"name": "remark", "required": False},
    ]
    plan = PLAN | {"prompts": prompts}
    station.move("stage", 7.0)
    with pytest.raises(PlanInvalid, match="'sample' is asked for"):
        station.start_scan(plan, tmp_path / "refused.h5")
    with pytest.raises(PlanInvalid, match="none of its choices"):
        station.start_scan(plan, tmp_path / "refused.h5", metadata={"sample": "oak", "bench": "top"})
    with station.events() as feed:
        station.start_scan(plan, tmp_path / "a.h5", ask=True)
        while (event := feed.get(10)).get("what") != "prompt":
            continue
    assert [prompt["name"] for prompt in event["prompt"]] == ["sample", "bench", "remark"]
    assert station.state()["scan"]["prompts"] == event["prompt"]
    assert station.get("stage", "Position") == 7.0
    with pytest.raises(PlanInvalid, match="'sample'"):
        station.answer_prompt({"bench": "right"})
    station.answer_prompt({"sample": "oak", "count": 3})
    scan = station.wait_scan(20)
    assert (scan["state"], scan["prompts"]) == ("finished", [])
    with H5SaverLowLevel.from_file(tmp_path / "a.h5", mode="r") as h5:
        attributes = h5.get_node(scan["node"]).attrs
        assert [attributes[name] for name in ("sample", "bench", "count")] == ["oak", "left", 3]
    station.repeat_scan(tmp_path / "a.h5", output=tmp_path / "b.h5")
    assert station.wait_scan(20)["state"] == "finished", "the answers are in the plan of the file"
    with pytest.raises(StationError, match="nothing is asked"):
        station.answer_prompt({"sample": "ash"})
    with DataLoader(tmp_path / "b.h5") as loader:
        assert loader.load_all("/RawData/Scan000/Detector000")


def test_a_scan_that_waits_for_answers_can_be_stopped(station: Station, tmp_path: Path) -> None:
    plan = PLAN | {"prompts": [{"name": "sample"}]}
    station.start_scan(plan, tmp_path / "a.h5", ask=True)
    threading.Timer(0.1, station.stop_scan).start()
    scan = station.wait_scan(20)
    assert (scan["state"], scan["done"], scan["path"]) == ("stopped", 0, "")
    assert not (tmp_path / "a.h5").exists()
