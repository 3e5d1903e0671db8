"""pymodaq-hsi scan, repeat and resume against the virtual devices, as processes where that matters."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pymodaq_hsi as hsi
from h5modules.data_saving import DataLoader
from h5modules.saving import H5SaverLowLevel
from pymodaq_hsi.scans import Detector, Linear, ScanAxis, StepScan, load_plan, plan_text
from pymodaq_hsi.scans.engine import ScanEngine
from pymodaq_hsi.scans.saving import read_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Command = Callable[..., tuple[str, str]]

EXAMPLES = Path(__file__).parents[2] / "examples" / "plans"
SCAN = "/RawData/Scan000"
STARTED: list[subprocess.Popen[str]] = []
SLOW = """
kind = "step_scan"
name = "slow"
order = "snake"
devices.camera = { driver = "VirtualHyperCamera", parameters = { PixelCount = 16, BandCount = 12, Noise = false } }
devices.stage = { driver = "VirtualStage", parameters = { Velocity = 1000.0 } }
devices.light = { driver = "VirtualLight", parameters = { Intensity = 60.0 } }
axes = [
    { target = "stage.Position", values = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0], settle = 0.2 },
    { target = "camera.ExposureTime", values = [1.0, 2.0, 3.0] },
]
detectors = [{ device = "camera" }, { device = "stage", parameters = ["Position"] }]
"""
LIGHT = 'devices.light = { driver = "VirtualLight", parameters = { Intensity = 60.0 } }\n'


def begin(*words: object, cwd: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a command in a process group of its own, as a terminal does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pymodaq_hsi.cli", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=os.environ | environment,
        start_new_session=True,
    )
    STARTED.append(process)
    return process


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    yield
    while STARTED:
        with STARTED.pop() as process:
            process.kill()


def end(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    said, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert "Traceback" not in errors
    return said, errors


def wait_for_points(process: subprocess.Popen[str], count: int) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        message = json.loads(line)
        if message["event"] == "point" and message["number"] >= count - 1:
            return
    pytest.fail(f"the scan ended before it had {count} points: {process.communicate()[1]}")


def load(path: Path) -> dict[str, Any]:
    with DataLoader(path) as loader:
        return {f"{dwa.origin}/{dwa.name}": dwa for dwa in loader.load_all(f"{SCAN}/Detector000")}


def settings(path: Path) -> dict[str, Any]:
    with H5SaverLowLevel.from_file(path, mode="r") as h5:
        found: dict[str, Any] = json.loads("".join(h5.get_node(f"{SCAN}/Settings").read()))
        return found


def state(path: Path) -> str:
    with H5SaverLowLevel.from_file(path, mode="r") as h5:
        assert h5.get_node(SCAN).attrs["scan_done"] == (h5.get_node(SCAN).attrs["state"] == "finished")
        return str(h5.get_node(SCAN).attrs["state"])


def test_a_dry_run_says_what_a_plan_takes_and_touches_nothing(tmp_path: Path, command: Command) -> None:
    plan = EXAMPLES / "three_axes.toml"
    said, warned = command("scan", plan, "--dry-run", "--json", "--output", "a.h5", cwd=tmp_path)
    (check,) = map(json.loads, said.splitlines())
    assert (check["event"], check["ok"], check["points"], check["problems"]) == ("check", True, 12, [])
    assert check["bytes"] > 12 * 640 * 224
    assert check["seconds"] > 0
    assert "camera.PixelCount = 64" in warned  # is not set, so the size is that of the camera as it is
    assert list(tmp_path.iterdir()) == []


def test_examples_run(tmp_path: Path, command: Command) -> None:
    axes, _ = command("scan", EXAMPLES / "three_axes.toml", "--json", "--metadata", "sample=oak leaf", cwd=tmp_path)
    events = [json.loads(line) for line in axes.splitlines()]
    pushbroom = ("scan", EXAMPLES / "pushbroom.toml", "--white", 5, "--dark", 5, "--output", "p.h5")
    said, _ = command(*pushbroom, cwd=tmp_path)
    command("scan", EXAMPLES / "log.toml", cwd=tmp_path)
    assert state(tmp_path / "log_0001.h5") == "finished"
    assert [event["number"] for event in events if event["event"] == "point"] == list(range(12))
    assert (events[-1]["event"], events[-1]["state"], events[-1]["done"]) == ("finished", "finished", 12)
    assert load(tmp_path / "three axes_0001.h5")["camera/Intensity"].shape == (3, 2, 2, 64, 56)
    with H5SaverLowLevel.from_file(tmp_path / "three axes_0001.h5", mode="r") as h5:
        assert h5.get_node(SCAN).attrs["sample"] == "oak leaf"
    assert str(tmp_path / "p.h5") in said
    assert state(tmp_path / "p.h5") == "finished"
    command("repeat", "p.h5", "--output", "again.h5", cwd=tmp_path)  # the references are in the file
    onto = command("repeat", "p.h5", "--output", "p.h5", cwd=tmp_path, code=1)
    assert "p.h5 is read and cannot be the output too" in onto[1]
    with DataLoader(tmp_path / "p.h5") as first, DataLoader(tmp_path / "again.h5") as second:
        node = f"{SCAN}/Detector000/DataND/CH00/EnlData00"
        cubes = [np.asarray(loader.load_data(node)[0]) for loader in (first, second)]
    assert cubes[0].shape[1:] == cubes[1].shape[1:] == (64, 56)
    assert abs(np.nanmean(cubes[0]) - np.nanmean(cubes[1])) < 0.05


def test_a_plan_that_asks_is_refused_where_nobody_answers(tmp_path: Path, command: Command) -> None:
    plan = tmp_path / "asks.toml"
    plan.write_text(f'prompts = [{{ name = "sample", choices = ["oak", "ash"] }}]\n{SLOW}', encoding="utf-8")
    _, refused = command("scan", plan, cwd=tmp_path, code=1)
    assert "'sample' is asked for" in refused
    assert "give --metadata" in refused
    _, wrong = command("scan", plan, "--metadata", "sample=elm", cwd=tmp_path, code=1)
    assert "none of its choices: oak, ash" in wrong


def test_wrong_plans_are_refused_in_one_line_each_and_leave_no_file(tmp_path: Path, command: Command) -> None:
    two = SLOW.replace(LIGHT, "")  # devices: each takes a process
    far = two.replace("15.0]", "5000.0]")
    plans = {
        "syntax": ("kind = ", [], "syntax.toml is not TOML"),
        "nobody": (two.replace('"VirtualStage"', '"VirtualStag"'), [], "stage: no device 'VirtualStag' was found"),
        "far": (far, [], "Position takes a number from 0 to 200 mm"),
        "there": (two, ["--output", "there.h5"], "there.h5 exists already"),
        "option": (two, ["--set", "stage.Velocity=fast"], "Velocity"),
    }
    (tmp_path / "there.h5").write_bytes(b"precious")
    for name, (text, words, expected) in plans.items():
        (tmp_path / f"{name}.toml").write_text(text)
        said, errors = command("scan", f"{name}.toml", *words, cwd=tmp_path, code=1)
        lines = errors.splitlines()
        assert len(lines) == 1, errors
        assert lines[0].startswith("error: ")
        assert expected in lines[0]
        assert said == ""
    assert (tmp_path / "there.h5").read_bytes() == b"precious"
    assert {path.suffix for path in tmp_path.iterdir()} == {".toml", ".h5"}
    assert list(tmp_path.glob("*.h5")) == [tmp_path / "there.h5"]


def test_scans_that_were_interrupted_or_killed_are_gone_on_with_until_they_equal_a_whole_one(
    tmp_path: Path, command: Command
) -> None:
    (tmp_path / "slow.toml").write_text(SLOW)
    running = {
        name: begin("scan", "slow.toml", "--output", f"{name}.h5", "--json", cwd=tmp_path)
        for name in ("stopped", "killed")
    }

    def at_three_points(name: str, number: signal.Signals, tell: Callable[[int, int], None]) -> None:
        wait_for_points(running[name], 3)
        tell(running[name].pid, number)

    with ThreadPoolExecutor(2) as watchers:  # each at its own time: neither is done before it is its turn
        stopping = watchers.submit(
            at_three_points, "stopped", signal.SIGINT, os.killpg
        )  # as Ctrl-C: to the drivers too
        killing = watchers.submit(at_three_points, "killed", signal.SIGKILL, os.kill)
    stopping.result()
    killing.result()
    said, errors = end(running["stopped"], 130)
    end(running["killed"], -signal.SIGKILL)
    last = json.loads(said.splitlines()[-1])
    assert (last["event"], last["state"]) == ("finished", "stopped")
    assert 3 <= last["done"] < 18
    assert f"stopped after {last['done']} of 18 points" in errors
    assert str(tmp_path / "stopped.h5") in errors
    resuming = begin("resume", "killed.h5", "--json", cwd=tmp_path)
    command("scan", "slow.toml", "--output", "whole.h5", cwd=tmp_path)
    whole = load(tmp_path / "whole.h5")
    told = {"stopped": command("resume", "stopped.h5", "--json", cwd=tmp_path)[0], "killed": end(resuming)[0]}
    for name in ("stopped", "killed"):
        events = [json.loads(line) for line in told[name].splitlines()]
        points = [event for event in events if event["event"] == "point"]
        assert 0 < len(points) < 16
        resumed = load(tmp_path / f"{name}.h5")
        for key in ("camera/Intensity", "stage/Position", "positions/stage.Position"):
            np.testing.assert_array_equal(resumed[key][0], whole[key][0])
        assert state(tmp_path / f"{name}.h5") == "finished"
    assert "is complete" in command("resume", "whole.h5", cwd=tmp_path)[0]


def test_a_scan_of_a_program_is_repeated_from_its_file_in_an_empty_process(tmp_path: Path) -> None:
    plan = StepScan(
        name="exposures",
        axes=[ScanAxis(target="camera.ExposureTime", values=Linear(start=1, stop=2, points=2))],
        detectors=[Detector(device="camera"), Detector(device="stage", parameters=["Position"])],
    )
    with hsi.connect("VirtualHyperCamera") as cameras, hsi.connect("VirtualStage") as stages:
        with hsi.connect("VirtualLight") as lights:  # not in the plan, but the data depend on it
            camera, stage = cameras.primary_device(), stages.primary_device()
            for name, value in {"PixelCount": 16, "PixelOffset": 500, "Noise": False, "Gain": 2.0}.items():
                camera.set_parameter(name, value)
            stage.move_to(12.5)
            lights.primary_device().set_parameter("Intensity", 35.0)
            ScanEngine(plan, {"camera": camera, "stage": stage}, path=tmp_path / "first.h5").run()
    end(begin("repeat", "first.h5", cwd=tmp_path))
    first, second = (settings(tmp_path / name) for name in ("first.h5", "exposures_0001.h5"))
    for name in ("camera", "stage"):
        assert second["devices"][name]["parameters"] == first["devices"][name]["parameters"]
    (lamp,) = [entry for entry in second["others"].values() if entry["driver"] == "VirtualLight"]
    assert lamp["parameters"]["Intensity"] == 35.0
    one, two = load(tmp_path / "first.h5"), load(tmp_path / "exposures_0001.h5")
    np.testing.assert_array_equal(one["camera/Intensity"][0], two["camera/Intensity"][0])
    np.testing.assert_array_equal(one["stage/Position"][0], two["stage/Position"][0])
    repeated = load_plan(read_plan(tmp_path / "exposures_0001.h5")[0])
    assert repeated.devices["stage"].identity == "VirtualStage:VS-0"
    assert plan_text(repeated.model_copy(update={"devices": {}})) == plan_text(plan)


def test_a_device_that_crashes_ends_a_scan_in_one_line_that_says_where_the_data_are(
    tmp_path: Path, command: Command
) -> None:
    (tmp_path / "slow.toml").write_text(SLOW.replace(LIGHT, ""))
    words = ("scan", "slow.toml", "--output", "a.h5", "--connect", "stage.Faults=crash@4")
    _, errors = command(*words, cwd=tmp_path, code=1)
    assert f"points are in {tmp_path / 'a.h5'}" in errors
    assert sum(line.startswith("error: ") for line in errors.splitlines()) == 1
    assert state(tmp_path / "a.h5") == "failed"
