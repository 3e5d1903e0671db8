"""pymodaq-hsi log, as a process: any devices, for as long as one likes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import psutil

from h5modules.data_saving import DataLoader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., tuple[str, str]]

DETECTORS = "/RawData/Scan000/Detector000"


def log(*words: object, cwd: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pymodaq_hsi.cli", "log", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd)


def test_a_log_has_frames_and_readings_of_any_devices_with_their_times(tmp_path: Path, command: Command) -> None:
    words = [
        "--device",
        "camera=VirtualHyperCamera:VHC-0",
        "--set",
        "camera.PixelCount=8",
        "--set",
        "camera.BandCount=6",
    ]
    detectors = ["camera", "VirtualStage", "VirtualLight:Intensity,Enabled"]
    words += [word for detector in detectors for word in ("--detector", detector)]
    said, _ = command("log", *words, "--interval", 0.1, "--duration", 0.5, "--json", cwd=tmp_path)
    events = [json.loads(line) for line in said.splitlines()]
    progress = [event for event in events if event["event"] == "progress"][-1]
    assert progress["file_bytes"] > 0
    assert progress["rate"] > 0
    with DataLoader(tmp_path / "log_0001.h5") as loader:
        data = {f"{dwa.origin}/{dwa.name}": dwa for dwa in loader.load_all(DETECTORS)}
        count = events[-1]["done"]
        assert 1 < count <= 6
        assert data["camera/Intensity"].shape == (count, 8, 6)
        for name in ("VirtualStage/Position", "VirtualLight/Intensity", "VirtualLight/Enabled"):
            assert data[name][0].shape[0] == count
        times = np.ravel(data["scan/Timestamp"][0])
    assert (np.diff(times) > 0.05).all()


def test_a_log_needs_no_more_memory_as_it_grows_and_keeps_all_at_sigterm(tmp_path: Path) -> None:
    with log("--detector", "VirtualStage:Position,Velocity", "--output", "a.h5", "--json", cwd=tmp_path) as process:
        assert process.stdout is not None
        told = 0
        memory = {}
        for line in process.stdout:
            message = json.loads(line)
            if message["event"] == "point":
                told = message["number"] + 1
                if told in (200, 600):
                    memory[told] = psutil.Process(process.pid).memory_info().rss
                if told == 600:
                    break
        process.send_signal(signal.SIGTERM)
        said, errors = process.communicate(timeout=60)
    assert process.returncode == 143, errors
    last = json.loads(said.splitlines()[-1])
    assert last["state"] == "stopped"
    assert "go on with" not in said
    assert str(tmp_path / "a.h5") in errors
    assert memory[600] - memory[200] < 12 * 2**20
    with DataLoader(tmp_path / "a.h5") as loader:
        rows = next(dwa for dwa in loader.load_all(DETECTORS) if dwa.name == "Position")[0].shape[0]
    assert rows == last["done"] >= told


def test_what_cannot_be_logged_is_refused_in_one_line(tmp_path: Path, command: Callable[..., tuple[str, str]]) -> None:
    for words, code, expected in (
        (["--detector", "VirtualStage:Stop"], 1, "only numbers can be recorded"),
        (["--detector", "Virtual stage"], 2, "NAME or NAME:PARAMETER"),
    ):
        said, errors = command("log", *words, "--duration", 1, cwd=tmp_path, code=code)
        assert said == ""
        assert expected in errors
        assert len(errors.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
