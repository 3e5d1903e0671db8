"""What a station promises, whoever asks it: here in the same process."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from h5modules.data_saving import DataLoader
from pymodaq_hsi.errors import (
    CommandInvalid,
    ControlHeld,
    DriverCrashed,
    ParameterError,
    PlanInvalid,
    ReferenceMissing,
    StationError,
    UnknownParameter,
)
from pymodaq_hsi.processing.quality import DEFAULT_OLDEST
from pymodaq_hsi.station import Station
from pymodaq_hsi.station.callers import Caller

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Gadgets
    from pymodaq_hsi.station import Feed


def positions(count: int, **more: Any) -> dict[str, Any]:
    axes = [{"target": "stage.Position", "values": {"start": 0, "stop": 10, "points": count}}]
    return {"kind": "step_scan", "name": "positions", "axes": axes, "detectors": [{"device": "camera"}]} | more


def until(feed: Feed, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while not found or not wanted(found[-1]):
        event = feed.get(20)
        assert event is not None, f"waited in vain after {found[-5:]}"
        found.append(event)
    return found


def test_commands_and_answers_are_plain_data(station: Station) -> None:
    message = json.loads('{"command": "set", "device": "camera", "parameter": "ExposureTime", "value": 2}')
    assert station.dispatch(message) == {"result": 2.0}
    assert station.dispatch({"command": "get", "device": "camera", "parameter": "ExposureTime"}) == {"result": 2.0}
    state = json.loads(json.dumps(station.state(), allow_nan=False))
    camera = state["devices"][0]
    assert (camera["name"], camera["identity"], camera["status"]) == ("camera", "VirtualHyperCamera:VHC-0", "connected")
    assert {"Parameter", "MetaInfo", "Status"} == set(camera["lists"])
    assert camera["values"]["ExposureTime"] == 2.0


@pytest.mark.parametrize(
    ("message", "error", "words"),
    [
        ({}, CommandInvalid, "there is no command None"),
        ({"command": "conect"}, CommandInvalid, "did you mean 'connect'"),
        ({"command": "__init__"}, CommandInvalid, "no command"),
        ({"command": "get", "device": "camera"}, CommandInvalid, "parameter: Missing"),
        ({"command": "get", "device": "camera", "parameter": "Gain", "x": 1}, CommandInvalid, "x: Unexpected"),
        ({"command": "get", "device": "cam", "parameter": "Gain"}, CommandInvalid, "Did you mean camera"),
        ({"command": "get", "device": "camera", "parameter": "Gian"}, UnknownParameter, "Gain"),
        ({"command": "set", "device": "camera", "parameter": "Gain", "value": 99}, ParameterError, "1 to 16"),
        ({"command": "set", "device": "camera", "parameter": "Gain", "value": [1]}, CommandInvalid, "value"),
        ({"command": "move", "device": "camera", "position": 1}, CommandInvalid, "not a stage"),
        ({"command": "light", "device": "light", "state": "On"}, CommandInvalid, "ForcedOff"),
        ({"command": "take_reference", "device": "camera", "reference": "Grey"}, CommandInvalid, "WhiteReference"),
        ({"command": "start_scan", "plan": {"kind": "step_scan"}}, PlanInvalid, "axes"),
        ({"command": "check_plan", "plan": "no plan"}, PlanInvalid, "no plan"),
        ({"command": "pause_scan"}, StationError, "no scan is running"),
        ({"command": "wait_job", "job": 10**9}, CommandInvalid, "no job"),
        ({"command": "export_reference", "device": "stage", "reference": "x", "path": "y"}, CommandInvalid, "Actuator"),
        ({"command": "connect", "device": "x", "name": "a b"}, CommandInvalid, "letters"),
        ({"command": "connect", "device": "x", "name": "camera"}, CommandInvalid, "already"),
    ],
)
def test_what_is_not_understood_is_an_answer_that_says_why(
    station: Station, message: dict[str, Any], error: type[Exception], words: str
) -> None:
    answer = station.dispatch(message)
    assert answer["error"]["class"] == error.__name__
    assert words in answer["error"]["message"]
    if "command" in message:
        with pytest.raises(error, match=r"(?s)."):
            station.ask(**message)


def test_settings_are_undone_one_after_the_other(station: Station) -> None:
    station.set("camera", "ExposureTime", 1.0)
    station.set("camera", "ExposureTime", 3.0)
    station.set("light", "Intensity", 50)
    assert station.state()["undo"] == {"device": "light", "parameter": "Intensity", "before": 100.0, "after": 50.0}
    station.undo()
    station.undo()
    assert (station.get("light", "Intensity"), station.get("camera", "ExposureTime")) == (100.0, 1.0)
    assert station.redo() == {"device": "camera", "parameter": "ExposureTime", "before": 1.0, "after": 3.0}
    assert station.state()["redo"]["parameter"] == "Intensity"
    station.undo()
    station.set("camera", "ExposureTime", 4.0)  # what was set back before is no longer in the way of anything
    with pytest.raises(StationError, match="no setting to redo"):
        station.redo()
    station.undo()
    assert station.get("camera", "ExposureTime") == 1.0


def test_a_setting_that_cannot_be_had_any_more_does_not_stand_in_the_way_of_those_before(station: Station) -> None:
    bands, offset = station.get("camera", "BandCount"), station.get("camera", "BandOffset")
    station.set("camera", "Gain", 3.0)
    station.set("camera", "BandOffset", 100)
    station.set("camera", "BandOffset", 50)
    keeper = station.core.keeper("camera")
    keeper.device.set_parameter(
        "BandCount", keeper.device.all_parameters()["BandCount"].maximum
    )  # by the device itself
    with pytest.raises(ParameterError):
        station.undo()
    station.undo()
    keeper.device.set_parameter("BandCount", bands)
    station.undo()
    assert station.get("camera", "Gain") == 1.0
    station.set("camera", "BandOffset", offset)


def test_references_are_too_old_when_the_user_says(station: Station) -> None:
    for seconds in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(CommandInvalid, match="above 0"):
            station.limit_reference_age(seconds)
    station.take_reference("camera", "DarkReference", 2)
    station.limit_reference_age(1e-6)
    assert "it was taken" in station.references()["camera"]["DarkReference"]["warnings"][-1]
    station.limit_reference_age(None)
    assert not station.references()["camera"]["DarkReference"]["warnings"]
    station.clear_reference("camera", "DarkReference")
    station.limit_reference_age(DEFAULT_OLDEST)


def test_events_are_numbered_without_gaps_and_start_with_all_that_is_true(station: Station) -> None:
    with station.events() as feed:
        station.set("camera", "Gain", 2.0)
        station.set("camera", "Gain", 1.0)
        events = until(feed, lambda event: event.get("values") == {"Gain": 1.0})
    first = events[0]["sequence"]
    assert events[0]["event"] == "snapshot"
    assert [device["name"] for device in events[0]["state"]["devices"]] == ["camera", "stage", "light"]
    assert [event["sequence"] for event in events] == list(range(first, first + len(events)))
    with station.events(since=events[1]["sequence"]) as again:
        assert until(again, lambda event: event["sequence"] == events[-1]["sequence"]) == events[2:]
    with station.events(since=10**9) as never_seen:
        assert never_seen.get(5)["event"] == "snapshot"


def test_limits_that_change_are_told_with_the_values(station: Station) -> None:
    with station.events() as feed:
        station.set("camera", "BandCount", 10)
        specs: dict[str, Any] = {}
        while "BandOffset" not in specs:
            specs |= {spec["name"]: spec for spec in feed.get(20).get("specs", ())}
        station.set("camera", "BandCount", 12)
    assert specs["BandOffset"]["maximum"] == 214


def test_a_slow_subscriber_is_told_how_many_it_missed_and_what_is_true_now(station: Station) -> None:
    subscription = station.hub.subscribe(most=3)
    try:
        begun = station.hub.sequence
        for gain in (1.5, 2.0, 2.5, 3.0, 1.0):
            station.set("camera", "Gain", gain)
        event = subscription.get(5)
        assert event is not None
        assert event["event"] == "missed"
        assert event["missed"] == event["sequence"] - begun + 1  # the first snapshot was not fetched either
        camera = next(each for each in event["state"]["devices"] if each["name"] == "camera")
        assert camera["values"]["Gain"] == 1.0
        station.set("camera", "Gain", 4.0)
        after = subscription.get(5)
        assert after is not None
        assert after["sequence"] == event["sequence"] + 1
    finally:
        subscription.close()
        station.set("camera", "Gain", 1.0)


def test_one_at_a_time_changes_things_and_all_see_who(station: Station) -> None:
    ann, bob = Caller(7, "ann", "window"), Caller(8, "bob", "script")
    brighter = {"command": "set", "device": "light", "parameter": "Intensity", "value": 60}
    assert station.dispatch(brighter, ann) == {"result": 60.0}
    refused = station.dispatch(brighter | {"value": 70}, bob)["error"]
    assert refused["class"] == ControlHeld.__name__
    assert refused["holder"]["who"] == "ann"
    assert "ann (window) has had control" in refused["message"]
    assert station.dispatch({"command": "get", "device": "light", "parameter": "Intensity"}, bob) == {"result": 60.0}
    assert station.state()["control"]["client"] == 7
    with station.events(since=station.hub.sequence) as feed:
        station.dispatch({"command": "take_control", "force": True, "message": "my turn"}, bob)
        event = feed.get(5)
    assert (event["holder"]["who"], event["taken_from"]["who"], event["message"]) == ("bob", "ann", "my turn")
    assert "error" in station.dispatch(brighter, ann)
    assert station.dispatch({"command": "lights_off"}, ann) == {"result": []}, "anybody may make it dark"
    assert station.dispatch({"command": "lights_back"}, bob) == {"result": []}
    station.dispatch({"command": "release_control"}, bob)
    station.set("light", "Intensity", 100)


def test_references_are_taken_kept_compared_and_exported(station: Station, tmp_path: Path) -> None:
    with pytest.raises(ReferenceMissing, match="has no DarkReference of camera"):
        station.export_reference("camera", "DarkReference", tmp_path / "dark")
    with station.events() as feed:
        dark = station.take_reference("camera", "DarkReference", 20)
        events = until(feed, lambda event: event["event"] == "reference")
    progress = [event["progress"]["done"] for event in events if event.get("progress", {}).get("total") == 20]
    assert progress == sorted(progress)
    assert progress
    white = station.take_reference("camera", "WhiteReference", 20, panel=0.5)
    assert (dark["frames"], white["panel"]) == (20, 0.5)
    assert white["mean"] > 3 * dark["mean"]
    assert station.references()["camera"]["WhiteReference"]["differences"] == {}
    station.set("camera", "ExposureTime", 9.0)
    assert station.references()["camera"]["WhiteReference"]["differences"] == {"ExposureTime": [1.0, 9.0]}
    station.set("camera", "ExposureTime", 1.0)
    path = station.export_reference("camera", "WhiteReference", tmp_path / "white")
    station.clear_reference("camera", "WhiteReference")
    assert "WhiteReference" not in station.state()["references"]["camera"]
    assert station.import_reference("camera", path)["mean"] == white["mean"]


def test_weak_white_references_come_with_a_warning(station: Station) -> None:
    station.set("light", "Intensity", 1)
    taken = station.take_reference("camera", "WhiteReference", 3)
    station.set("light", "Intensity", 100)
    assert any("full scale" in warning for warning in taken["warnings"])


def test_a_stage_goes_where_it_is_told_and_stops_when_anybody_says_so(station: Station) -> None:
    assert station.move("stage", 2) == 2.0
    assert station.jog("stage", -0.5) == 1.5
    station.set("stage", "Velocity", 1)
    with station.events() as feed:
        job = station.begin("move", device="stage", position=90)
        until(feed, lambda event: event.get("progress", {}).get("target") == 90)
        assert station.dispatch({"command": "stop_move", "device": "stage"}, Caller(9, "eve", "door"))["result"] is None
        with pytest.raises(StationError, match="move was cancelled"):
            station.wait(job, 20)
    assert 1.5 <= station.get("stage", "Position") < 90
    station.set("stage", "Velocity", 1000)
    with pytest.raises(ParameterError, match="is refused"):
        station.move("stage", 1e6)


def test_a_scan_is_told_of_saved_and_listed(station: Station, tmp_path: Path) -> None:
    station.start_live("camera")
    with station.events() as feed:
        number = station.start_scan(positions(5), tmp_path / "a.h5", metadata={"sample": "leaf"})
        events = until(feed, lambda event: event.get("what") == "over")
    told = [event["what"] for event in events if event["event"] == "scan"]
    assert told[:4] == ["accepted", "state", "started", "state"]
    assert told.count("point") == 5
    live = [event["running"] for event in events if event["event"] == "live"]
    assert live == [False, True], "the live view makes room for the scan and goes on after it"
    scan = station.wait_scan(20)
    assert (scan["number"], scan["state"], scan["done"], scan["total"]) == (number, "finished", 5, 5)
    assert [point["wanted"]["stage.Position"] for point in station.scan_points(since=2)] == [7.5, 10.0]
    assert station.past_scans()[-1]["path"] == str(tmp_path / "a.h5")
    with DataLoader(tmp_path / "a.h5") as loader:
        shapes = {dwa.origin: dwa.shape for dwa in loader.load_all(scan["node"] + "/Detector000")}
    assert shapes["camera"] == (5, 16, 12)


def test_devices_of_a_running_scan_are_left_alone(station: Station, tmp_path: Path) -> None:
    with station.events() as feed:
        station.start_scan(positions(500), tmp_path / "long.h5")
        until(feed, lambda event: event.get("what") == "point")
    with pytest.raises(StationError, match="in use by the scan positions"):
        station.set("camera", "Gain", 2)
    with pytest.raises(StationError, match="positions is running"):
        station.start_scan(positions(2), tmp_path / "other.h5")
    with pytest.raises(StationError, match="in use"):
        station.disconnect("stage")
    with station.events() as feed:
        station.pause_scan()
        until(feed, lambda event: event.get("what") == "state" and event["state"]["state"] == "paused")
    assert station.set("light", "Intensity", 90) == 90.0, "it does not take part"
    station.resume_scan()
    station.stop_scan()
    scan = station.wait_scan(20)
    assert scan["state"] == "stopped"
    assert 0 < scan["done"] < 500
    assert station.set("camera", "Gain", 1) == 1.0
    station.set("light", "Intensity", 100)
    station.resume_file(tmp_path / "long.h5")
    station.abort_scan()
    assert station.wait_scan(20)["state"] == "aborted"
    assert station.wait_scan(20)["done"] >= scan["done"]


def test_a_scan_says_which_devices_it_means_by_identity(station: Station, tmp_path: Path) -> None:
    plan = positions(2, devices={"stage": {"identity": "VirtualStage:VS-0"}, "eye": {"driver": "VirtualHyperCamera"}})
    plan["detectors"] = [{"device": "eye"}]
    assert station.check_plan(plan)["ok"]
    station.start_scan(json.dumps(plan), tmp_path / "b.h5")
    assert station.wait_scan(20)["devices"] == ["stage", "camera"]
    missing = station.check_plan(positions(2, devices={"eye": {"identity": "VirtualHyperCamera:gone"}}))
    assert not missing["ok"]
    assert "VirtualHyperCamera:gone" in missing["problems"][0]
    station.repeat_scan(tmp_path / "b.h5", output=tmp_path / "c.h5")
    assert station.wait_scan(20)["state"] == "finished"


def test_a_preset_brings_back_devices_settings_and_references(station: Station, tmp_path: Path) -> None:
    station.set("camera", "ExposureTime", 4.0)
    for reference in ("DarkReference", "WhiteReference"):
        station.take_reference("camera", reference, 3)
    station.light("light", "ForcedOff")
    station.move("stage", 5)
    station.save_preset("lab A", "as in May", folder=tmp_path)
    station.set("camera", "ExposureTime", 1.0)
    station.light("light", "Parametrized")
    assert station.presets(tmp_path) == ["lab A"]
    with Station() as other:
        other.connect("VirtualStage", name="table")
        restored = other.load_preset("lab A", folder=tmp_path)
        assert restored["devices"] == {"camera": "camera", "stage": "table", "light": "light"}
        assert (restored["not_set"], restored["problems"], len(restored["left"])) == ([], [], 1)
        assert (other.get("camera", "ExposureTime"), other.get("table", "Position")) == (4.0, 0.0)
        state = other.state()
        assert [each["frames"] for each in state["references"]["camera"].values()] == [3, 3]
        assert [each["light"] for each in state["devices"] if "light" in each] == ["ForcedOff"]


def test_whole_frames_and_lines_of_a_waterfall_come_from_whoever_acquires(station: Station) -> None:
    station.start_live("camera")
    assert station.frame("camera").data.shape == (16, 12)
    station.set("camera", "PixelCount", 20)  # not possible in an acquisition: the live view is interrupted for it
    assert station.frame("camera").data.shape == (20, 12)
    station.set("camera", "PixelCount", 16)
    station.set("camera", "OverflowPolicy", "Wait")  # a slow machine loses none
    with station.frames("camera", rate=20, longest=8, bands=(0, 11)) as feed:
        pictures = [feed.get(10) for _ in range(4)]
    assert all(picture.data.shape == (8, 6) for picture in pictures)
    assert [len(picture.header["wavelengths"]) for picture in pictures] == [6] * 4
    assert all(picture.lines.shape == (picture.header["frames"], 16, 2) for picture in pictures)
    station.set("camera", "OverflowPolicy", "Drop")
    came = [picture.header["number"] for picture in pictures]
    assert [picture.header["frames"] for picture in pictures[1:]] == [b - a for a, b in itertools.pairwise(came)]
    with pytest.raises(CommandInvalid, match="instrument"):
        station.frames("stage")


def test_a_device_that_is_lost_is_told_of_and_comes_back_as_it_was(gadgets: Gadgets, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.touch()
    with Station() as station:
        station.connect("Zoo", {"Key": str(key)}, name="zoo", settings={"Count": 25})
        with station.events() as feed:
            with pytest.raises(DriverCrashed, match="goodbye"):
                station.set("zoo", "Label", "exit")
            lost = until(feed, lambda event: event["event"] == "lost")[-1]
            assert (lost["device"], lost["state"]["status"]) == ("zoo", "lost")
            assert station.reconnect("zoo") == ["zoo"]
            back = until(feed, lambda event: event["event"] == "reconnected")[-1]
        assert back["state"]["connected"]
        assert station.get("zoo", "Count") == 25


def test_a_failed_scan_leaves_all_lights_off(gadgets: Gadgets, tmp_path: Path) -> None:
    log = str(gadgets.log_file)
    with Station() as station:
        station.connect("First camera", {"Log": log}, name="camera", settings={"CrashAt": 3, "FrameRate": 100})
        station.connect("Lamp", {"Log": log}, name="lamp")
        plan = {"kind": "time_series", "detectors": [{"device": "camera"}], "interval": 0.0, "count": 50}
        station.start_scan(plan, tmp_path / "x.h5")
        scan = station.wait_scan(20)
        assert (scan["state"], scan["error"]["error"]) == ("failed", "DriverCrashed")
        assert [device["light"] for device in station.devices() if device["name"] == "lamp"] == ["ForcedOff"]
        assert station.state()["master_off"]
        assert station.past_scans()[-1]["done"] == scan["done"]
        station.reconnect("camera")
        station.set("camera", "CrashAt", -1)
        station.start_scan(plan, tmp_path / "again.h5")
        assert station.wait_scan(20)["state"] == "finished"
        assert not station.state()["master_off"], "the next scan has its light"
        station.lights_off()
        assert "stay dark" in station.check_plan(plan, tmp_path / "third.h5")["warnings"][-1]
    with DataLoader(tmp_path / "x.h5") as loader:
        assert loader.load_all(scan["node"] + "/Detector000")
