"""Stations in processes of their own: attached to, left, killed, ended. Real processes, real files."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest
from click.testing import CliRunner

from h5modules.data_saving import DataLoader
from pymodaq_hsi.cli.app import app
from pymodaq_hsi.errors import (
    CommandInvalid,
    ControlHeld,
    DeviceTimeout,
    StationError,
    StationLost,
    StationNotFound,
    StationTimeout,
)
from pymodaq_hsi.station import StationClient, StationServer, attach, ensure_station, records
from pymodaq_hsi.station.folder import FOLDER, find_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Gadgets

DETECTOR = "/RawData/Scan000/Detector000"
PLAN: dict[str, Any] = {
    "kind": "step_scan",
    "name": "positions",
    "axes": [{"target": "stage.Position", "values": {"start": 0, "stop": 20, "points": 60}, "settle": 0.01}],
    "detectors": [{"device": "stage", "parameters": ["Position"]}],
}


def start(name: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "pymodaq_hsi.cli", "station", "--name", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    assert "listens at" in (line := process.stdout.readline()), line
    return process


def wait_until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def client_script(name: str, *lines: str) -> subprocess.Popen[str]:
    """Start a program that attaches, does something, says so, and stays."""
    program = [
        "from pymodaq_hsi.station import attach",
        f"client = attach({name!r})",
        *lines,
        "print('ready', flush=True)",
        "import time; time.sleep(600)",
    ]
    process = subprocess.Popen([sys.executable, "-c", "\n".join(program)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill_now(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    found = tmp_path_factory.mktemp("stations")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER, str(found))
        yield found


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[str]:
    process = start("lab")
    try:
        with attach("lab") as client:
            client.connect("VirtualHyperCamera", settings={"PixelCount": 16, "BandCount": 12, "FrameRate": 200})
            client.connect("VirtualStage", settings={"Velocity": 1000})
            client.connect("VirtualLight")
        yield "lab"
        listed = CliRunner().invoke(app, ["station", "--list", "--json"])
        assert [each["pid"] for each in json.loads(listed.stdout)["stations"]] == [process.pid]
        stopped = CliRunner().invoke(app, ["station", "--name", "lab", "--stop", "--force"])
        assert "lab has ended" in stopped.stdout
        assert "lights off" in process.communicate(timeout=30)[0]
        assert process.returncode == 0
        assert not list(folder.glob("lab.*.json"))
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def client(lab: str) -> Iterator[StationClient]:
    with attach(lab) as found:
        yield found


def positions(path: Path) -> np.ndarray:
    with DataLoader(path) as loader:
        loaded = {dwa.name: dwa for dwa in loader.load_all(DETECTOR) if dwa.origin == "stage"}
    return np.asarray(loaded["Position"][0])


def test_a_client_does_what_the_station_itself_would(client: StationClient, tmp_path: Path) -> None:
    assert client.set("camera", "ExposureTime", 2.0) == 2.0
    assert client.undo()["after"] == 5.0
    with pytest.raises(CommandInvalid, match="did you mean 'connect'"):
        client.ask("conect")
    with pytest.raises(StationTimeout, match="goes on"):
        client.wait(client.begin("enumerate"), timeout=0)
    assert client.take_reference("camera", "DarkReference", 5)["frames"] == 5
    with client.events() as feed:
        number = client.start_scan(PLAN | {"detectors": [{"device": "camera"}]}, tmp_path / "a.h5")
        told = []
        while "over" not in told:
            event = next(feed)
            told += [event["what"]] if event["event"] == "scan" else []
    assert told.count("point") == 60
    assert client.wait_scan()["number"] == number
    assert [point["number"] for point in client.scan_points(since=57)] == [58, 59]


def test_pictures_come_as_they_were_taken_and_a_slow_viewer_gets_the_latest(client: StationClient) -> None:
    client.start_live("camera")
    whole = client.frame("camera")
    assert (whole.data.shape, whole.data.dtype) == ((16, 12), np.uint16)
    with client.frames("camera", rate=100, bands=(2, 7)) as feed:
        first = feed.get(10)
        wait_until(lambda: first.header["number"] + 40 < client.frame("camera").header["number"], "no more frames")
        late = [feed.get(10) for _ in range(4)]
    assert late[-1].header["number"] > first.header["number"] + 40
    frames = sum(picture.header["frames"] for picture in late)
    assert sum(len(picture.lines) for picture in late) == frames
    began, ended = (each.header["number"] - each.header["dropped"] for each in (first, late[-1]))
    assert frames == ended - began, "each line once, none left out but those that the camera itself has dropped"
    with pytest.raises(CommandInvalid, match="no device 'cam'"):
        client.frames("cam")
    client.stop_live("camera")


def test_pictures_can_be_changed_while_they_come_and_before(client: StationClient) -> None:
    with client.frames("camera", rate=100, bands=(2, 7)) as feed:
        feed.change(longest=4)
        assert feed.get(0.3) is None, "nobody acquires"
        feed.change(bands=(1, 2, 3))
        client.start_live("camera")
        picture = feed.get(10)
        assert (picture.data.shape, picture.lines.shape[1:]) == ((4, 4), (16, 3))
        feed.change(longest=0, bands=())
        while picture.header["longest"]:
            picture = feed.get(10)
        assert (picture.data.shape, picture.lines.size) == ((16, 12), 0)
        with pytest.raises(CommandInvalid, match="up to 100 a second"):
            feed.change(rate=1000)
        with client.events() as events, pytest.raises(CommandInvalid, match="feed of events"):
            events.change(rate=1)
    client.stop_live("camera")


def test_relative_paths_are_those_of_the_client(
    client: StationClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    few = PLAN | {"axes": [{"target": "stage.Position", "values": [1.0, 2.0]}], "output": {"folder": "mine"}}
    client.start_scan(few)
    assert client.wait_scan()["path"] == str(tmp_path / "mine" / "positions_0001.h5")
    client.start_scan(few, "own.h5")
    assert client.wait_scan()["path"] == str(tmp_path / "own.h5")
    client.repeat_scan("own.h5", output="again.h5")
    assert client.wait_scan()["state"] == "finished"
    np.testing.assert_array_equal(positions(Path("again.h5")), [1.0, 2.0])
    client.take_reference("camera", "DarkReference", 2)
    client.export_reference("camera", "DarkReference", "dark")
    assert Path("dark.hsiref").is_file()


def test_control_is_seen_refused_taken_by_force_and_given_up_by_death(client: StationClient) -> None:
    other = client_script("lab", "client.set('light', 'Intensity', 80)")
    try:
        with pytest.raises(ControlHeld, match=f"process {other.pid}") as refused:
            client.set("light", "Intensity", 90)
        assert refused.value.holder["where"] == client.state()["control"]["where"]
        with client.events() as feed:
            client.take_control(force=True, message="lunch is over")
            while (event := feed.get(10))["event"] != "control":
                continue
        assert (event["message"], event["holder"]["client"]) == ("lunch is over", client.number)
        assert event["taken_from"]["where"] == refused.value.holder["where"]
        assert client.set("light", "Intensity", 100) == 100.0
        client.release_control()
    finally:
        kill(other)
    again = client_script("lab", "client.take_control()")
    assert client.state()["control"] is not None
    kill(again)
    wait_until(lambda: client.state()["control"] is None, "a dead client has control")
    assert [each["client"] for each in client.state()["clients"]] == [client.number]


def test_a_scan_goes_on_when_the_client_that_began_it_is_killed(lab: str, tmp_path: Path) -> None:
    path = tmp_path / "killed client.h5"
    kill(client_script(lab, f"client.start_scan({PLAN!r}, {str(path)!r})"))
    with attach(lab) as client:
        assert client.state()["scan"]["name"] == "positions"
        assert client.state()["in_use"] == {"stage": "the scan positions"}
        scan = client.wait_scan(30)
        assert (scan["state"], scan["done"], scan["path"]) == ("finished", 60, str(path))
        assert len(client.scan_points()) == 60
        assert client.past_scans()[-1]["number"] == scan["number"]


def test_a_client_that_does_not_read_holds_nobody_up(client: StationClient) -> None:
    frozen = client_script("lab", "feed = client.events()")
    try:
        os.kill(frozen.pid, signal.SIGSTOP)
        with client.events() as feed:
            for value in range(300):
                client.set("light", "Intensity", value / 3)
            seen = [feed.get(10) for _ in range(300)]
        assert [event["sequence"] for event in seen] == list(range(seen[0]["sequence"], seen[0]["sequence"] + 300))
    finally:
        kill(frozen)
    client.set("light", "Intensity", 100)


def test_nobody_gets_in_without_the_secret(lab: str, folder: Path) -> None:
    record = find_record(lab)
    (note,) = folder.glob("lab.*.json")
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(Path(record.address).parent.stat().st_mode) == 0o700
    assert record.secret not in repr(record)
    for said in (b"", b"GET / HTTP/1.1\r\n\r\n" * 8, b"\xff" * 64, os.urandom(200)):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.settimeout(20)
            stranger.connect(record.address)
            greeting = stranger.recv(4096)
            stranger.sendall(said)
            with contextlib.suppress(ConnectionResetError):  # it has not even read all
                stranger.shutdown(socket.SHUT_WR)
                assert stranger.recv(4096) == b""
        assert len(greeting) == len(b"pymodaq_hsi station 1\n") + 32
    wrong = type(record)(**(vars(record) | {"secret": "00" * 32}))
    with pytest.raises(StationLost, match="did not let this program attach"):
        StationClient(wrong)
    with attach(lab) as client:
        assert client.ask("ping") == lab


def test_a_second_station_of_a_name_is_refused(lab: str) -> None:
    with pytest.raises(StationError, match="running already"):
        StationServer(lab)
    with pytest.raises(StationError, match="cannot be called"):
        StationServer("../lab")
    with pytest.raises(StationNotFound, match="running: lab"):
        attach("elsewhere")


def test_a_port_of_this_machine_does_where_there_are_no_unix_sockets(folder: Path) -> None:
    with StationServer("tcp", kind="tcp"):
        assert find_record("tcp").kind == "tcp"
        with attach("tcp") as client, client.events() as feed:
            assert client.ask("ping") == "tcp"
            assert feed.get(10)["event"] == "snapshot"
    assert "tcp" not in [record.name for record in records()]
    with pytest.raises(StationNotFound):
        attach("tcp")


def test_a_killed_station_leaves_dark_lights_a_whole_file_and_a_scan_to_resume(
    folder: Path, gadgets: Gadgets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, log = tmp_path / "interrupted.h5", str(gadgets.log_file)
    plan = PLAN | {"axes": [PLAN["axes"][0] | {"target": "stage.Position"}]}
    monkeypatch.setenv("PYTHONPATH", str(gadgets.folder))

    def connect(client: StationClient) -> None:
        client.connect("Stage", {"Log": log}, name="stage")
        client.connect("Lamp", {"Log": log}, name="lamp")

    starter = "from pymodaq_hsi.station import ensure_station; print(ensure_station('fragile').state()['pid'])"
    said = subprocess.run([sys.executable, "-c", starter], capture_output=True, text=True, check=True).stdout
    station = psutil.Process(int(said))  # it outlives who started it
    try:
        with attach("fragile") as client, client.events() as feed:
            connect(client)
            client.start_scan(plan, path)
            while (event := next(feed)).get("what") != "point" or event["point"]["number"] < 15:
                continue
            hosts = station.children(recursive=True)
            station.kill()
            with pytest.raises(StationLost):
                client.get("lamp", "Intensity")
            points = [event["point"]["number"]]
            points += [event["point"]["number"] for event in feed if event.get("what") == "point"]
        _, alive = psutil.wait_procs(hosts, 20)
        assert hosts
        assert not alive
        assert [line for line in gadgets.log() if line.startswith("lamp ")][-2:] == ["lamp 0", "lamp closed"]
        assert np.count_nonzero(~np.isnan(positions(path))) >= points[-1] + 1
        assert "fragile" not in [record.name for record in records()]
    finally:
        kill_now(station)
    with ensure_station("fragile") as client:
        station = psutil.Process(client.state()["pid"])
        try:
            past = client.past_scans()[-1]
            assert (past["state"], past["path"]) == ("interrupted", str(path))
            connect(client)
            client.resume_file(past["path"], past["node"])
            scan = client.wait_scan(30)
            assert (scan["state"], scan["done"]) == ("finished", 60)
            client.start_scan(plan, tmp_path / "whole.h5")
            assert client.wait_scan(30)["state"] == "finished"
            client.start_scan(plan, tmp_path / "ended.h5")
            wait_until(client.scan_points, "no point")
            station.send_signal(signal.SIGINT)
            wait_until(lambda: not station.is_running(), "the station is still there")
        finally:
            kill_now(station)
    assert "Traceback" not in (folder / "fragile.log").read_text()
    np.testing.assert_array_equal(positions(path), positions(tmp_path / "whole.h5"))
    assert positions(tmp_path / "ended.h5").shape == (60,), "Ctrl-C stops the scan with what there is kept"
    assert [line for line in gadgets.log() if line.startswith("lamp ")][-2:] == ["lamp 0", "lamp closed"]


def test_pictures_go_on_when_their_camera_is_connected_again(folder: Path, gadgets: Gadgets) -> None:
    settings = {"FrameRate": 200, "CrashAt": 30}
    with StationServer("eyes"), attach("eyes") as client:
        client.connect("First camera", {"Log": str(gadgets.log_file)}, name="eye", settings=settings)
        with client.frames("eye", rate=100) as feed, client.events() as events:
            client.start_live("eye")
            assert feed.get(10) is not None
            while next(events)["event"] != "lost":
                continue
            assert feed.get(0.5) is None or feed.get(0.5) is None
            client.reconnect("eye")
            assert feed.get(10) is not None, "the live view goes on as it was"
            client.disconnect("eye")
            while feed.get(0.2) is not None:
                continue
            client.connect("First camera", {"Log": str(gadgets.log_file)}, name="eye", settings={"FrameRate": 200})
            assert client.state()["live"] == [], "it was disconnected on purpose"
            client.start_live("eye")
            assert feed.get(10) is not None


def test_answers_about_other_devices_do_not_wait_for_one_that_hangs(
    folder: Path, gadgets: Gadgets, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.touch()
    with StationServer("patient") as server, attach("patient") as client:
        client.connect("Zoo", {"Key": str(key)}, name="zoo")
        client.connect("Lamp", {"Log": str(gadgets.log_file)}, name="lamp")
        server.station.core.keeper("zoo").device.timeout = 1.0
        order: list[str] = []

        def hang() -> None:
            with pytest.raises(DeviceTimeout):
                client.set("zoo", "Label", "sleep")
            order.append("zoo")

        thread = threading.Thread(target=hang)
        thread.start()
        assert client.set("lamp", "Intensity", 30) == 30.0
        assert client.lights_off() == []
        order.append("lamp")
        thread.join(20)
    assert order == ["lamp", "zoo"]
    assert gadgets.log()[-2:] == ["lamp 0", "lamp closed"]


def test_a_program_that_only_attaches_loads_no_device_no_file_format_and_no_plan() -> None:
    program = "import sys; from pymodaq_hsi.station import attach, ensure_station; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"tables", "pydantic", "pymodaq_hsi.devices", "pymodaq_hsi.scans"} & set(done.stdout.split())
