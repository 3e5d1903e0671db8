"""A scan ends as it should, whatever happens in it, and its file has what was measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pymodaq_hsi as hsi
from h5modules.data_saving import DataLoader
from h5modules.saving import H5SaverLowLevel
from pymodaq_hsi.devices import InstrumentDevice
from pymodaq_hsi.drivers import LightState
from pymodaq_hsi.errors import (
    DeviceLost,
    DeviceTimeout,
    HsiError,
    OutputError,
    PlanInvalid,
    PositionMissed,
    ScanNotFound,
)
from pymodaq_hsi.scans import (
    AdaptiveAxis,
    AdaptiveScan,
    Detector,
    Linear,
    Log,
    Move,
    Movement,
    Output,
    Recording,
    ScanAxis,
    SetParameter,
    StepScan,
    TimeSeries,
)
from pymodaq_hsi.scans.engine import ScanEngine
from pymodaq_hsi.scans.events import PointMeasured, ScanState, Warned, event_from_message
from pymodaq_hsi.scans.saving import read_plan
from pymodaq_hsi.scans.stored import read_scan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymodaq_hsi.devices import Buffer, Device

DETECTOR = "/RawData/Scan000/Detector000"


def settings(driver: str, **parameters: str) -> hsi.ConnectionSettings:
    """Return how a device is connected that needs not be looked for, which takes a process for each plugin."""
    kinds = {"VirtualStage": hsi.DriverType.Actuator, "VirtualLight": hsi.DriverType.LightControl}
    return hsi.ConnectionSettings(driver, kinds.get(driver, hsi.DriverType.Instrument), "0", parameters)


def make_small(camera: Device) -> None:
    for name, value in {"PixelCount": 16, "BandCount": 12, "FrameRate": 200, "Noise": False}.items():
        camera.set_parameter(name, value)


@pytest.fixture(scope="module")
def connected() -> Iterator[dict[str, Device]]:
    with (
        hsi.connect(settings("VirtualHyperCamera")) as cameras,
        hsi.connect(settings("VirtualStage")) as stages,
        hsi.connect(settings("VirtualLight")) as lights,
    ):
        devices = {
            "camera": cameras.primary_device(),
            "stage": stages.primary_device(),
            "light": lights.primary_device(),
        }
        make_small(devices["camera"])
        yield devices


@pytest.fixture
def devices(connected: dict[str, Device]) -> dict[str, Device]:
    connected["stage"].set_parameter("Velocity", 1000)
    connected["light"].set_parameter("Intensity", 100)
    connected["camera"].set_parameter("ExposureTime", 1.0)
    return connected


def three_axes(**more: Any) -> StepScan:
    return StepScan(
        name="three axes",
        axes=[
            ScanAxis(target="stage.Position", values=Linear(start=10, stop=14, points=3), tolerance=0.1),
            ScanAxis(target="light.Intensity", values=[50.0, 100.0]),
            ScanAxis(target="camera.ExposureTime", values=Linear(start=1, stop=2, points=2)),
        ],
        order="snake",
        detectors=[Detector(device="camera", average=4), Detector(device="stage", parameters=["Position"])],
        **more,
    )


def positions(count: int, **more: Any) -> StepScan:
    return StepScan(
        name="positions",
        axes=[ScanAxis(target="stage.Position", values=Linear(start=0, stop=count - 1, points=count))],
        detectors=[Detector(device="stage", parameters=["Position"])],
        **more,
    )


def load(path: Path, node: str = "/RawData/Scan000") -> dict[str, Any]:
    with DataLoader(path) as loader:
        return {f"{dwa.origin}/{dwa.name}": dwa for dwa in loader.load_all(f"{node}/Detector000")}


def attributes(path: Path, node: str = "/RawData/Scan000") -> dict[str, Any]:
    with H5SaverLowLevel.from_file(path, mode="r") as h5:
        return h5.get_node(node).attrs.to_dict()


def test_a_scan_has_its_data_axes_and_measured_positions_in_the_file(
    devices: dict[str, Device], tmp_path: Path
) -> None:
    events: list[Any] = []
    result = ScanEngine(three_axes(), devices, path=tmp_path / "a.h5", on_event=events.append).run()
    assert (result.state, result.done, result.total) == (ScanState.finished, 12, 12)
    data = load(tmp_path / "a.h5")
    cube = data["camera/Intensity"]
    assert cube.shape == (3, 2, 2, 16, 12)
    axes = {axis.index: axis for axis in cube.axes}
    assert [(axes[k].label, axes[k].units) for k in range(5)] == [
        ("stage.Position", "mm"),
        ("light.Intensity", "%"),
        ("camera.ExposureTime", "ms"),
        ("Pixel", ""),
        ("Wavelength", "nm"),
    ]
    np.testing.assert_allclose(axes[0].get_data(), [10, 12, 14])
    light = cube[0].mean(axis=(3, 4))
    dark = 2 * light[:, 0, 0] - light[:, 1, 0]
    # twice the light, or twice the time, is twice the signal above the dark
    np.testing.assert_allclose(light[:, 1, 1] - dark, 4 * (light[:, 0, 0] - dark), rtol=0.05)
    np.testing.assert_allclose(data["positions/stage.Position"][0][..., 0, 0], [10, 12, 14], atol=0.1)
    np.testing.assert_allclose(data["stage/Position"][0], data["positions/stage.Position"][0])
    assert (np.diff(np.sort(data["scan/Timestamp"][0].ravel())) > 0).all()
    assert attributes(tmp_path / "a.h5")["scan_done"] is True
    messages = [json.loads(json.dumps(event.to_message())) for event in events]
    assert [event_from_message(message) for message in messages] == events
    kinds = [message["event"] for message in messages]
    assert kinds[:3] == ["state", "started", "state"]
    assert kinds[-1] == "finished"
    assert kinds.count("point") == 12
    text, node = read_plan(tmp_path / "a.h5")
    assert StepScan.model_validate_json(text) == three_axes()
    assert node == "/RawData/Scan000"


@pytest.mark.parametrize("backend", ["tables", "h5py"])
def test_pymodaq_loads_the_same_scan(devices: dict[str, Device], tmp_path: Path, backend: str) -> None:
    ScanEngine(three_axes(), devices, path=tmp_path / "a.h5").run()
    ours = load(tmp_path / "a.h5")["camera/Intensity"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pymodaq_data.h5modules.data_saving import DataLoader as PyMoDAQLoader
        from pymodaq_data.h5modules.saving import H5SaverLowLevel as PyMoDAQSaver

        h5 = PyMoDAQSaver(backend=backend)
        h5.open_file(tmp_path / "a.h5", "r")
        theirs = PyMoDAQLoader(h5).load_data(f"{DETECTOR}/Data2D/CH00/Data00")
    np.testing.assert_array_equal(theirs[0], ours[0])
    assert {axis.label: axis.index for axis in theirs.axes} == {axis.label: axis.index for axis in ours.axes}
    assert theirs.nav_indexes == ours.nav_indexes == (0, 1, 2)
    h5.close_file()


def test_pymodaq_loads_a_scan_of_lines_of_one_pixel(devices: dict[str, Device], tmp_path: Path) -> None:
    camera = devices["camera"]
    camera.set_parameter("PixelCount", 1)
    try:
        axes = [ScanAxis(target=target, values=[10.0, 20.0]) for target in ("stage.Position", "light.Intensity")]
        plan = StepScan(axes=axes, detectors=[Detector(device="camera", average=2)])
        ScanEngine(plan, devices, path=tmp_path / "a.h5").run()
    finally:
        camera.set_parameter("PixelCount", 16)
    ours = load(tmp_path / "a.h5")["camera/Intensity"]
    assert {axis.label: axis.index for axis in ours.axes} == {
        "stage.Position": 0,
        "light.Intensity": 1,
        "Wavelength": 2,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pymodaq_data.h5modules.data_saving import DataLoader as PyMoDAQLoader

        loader = PyMoDAQLoader(tmp_path / "a.h5")
        theirs = loader.load_data(f"{DETECTOR}/Data1D/CH00/Data00")
        loader.close_file()
    assert theirs.shape == ours.shape == (2, 2, 12)
    assert {axis.label: axis.index for axis in theirs.axes} == {axis.label: axis.index for axis in ours.axes}


PROGRAM = """
    import sys, time
    import pymodaq_hsi as hsi
    from pymodaq_hsi.scans import load_plan
    from pymodaq_hsi.scans.engine import ScanEngine
    def settings(driver, kind):
        return hsi.ConnectionSettings(driver, kind, "0")
    with (
        hsi.connect(settings("VirtualHyperCamera", hsi.DriverType.Instrument)) as cameras,
        hsi.connect(settings("VirtualStage", hsi.DriverType.Actuator)) as stages,
        hsi.connect(settings("VirtualLight", hsi.DriverType.LightControl)) as lights,
    ):
        camera = cameras.primary_device()
        for name, value in {"PixelCount": 16, "BandCount": 12, "FrameRate": 200, "Noise": False}.items():
            camera.set_parameter(name, value)
        stages.primary_device().set_parameter("Velocity", 1000)
        devices = {"camera": camera, "stage": stages.primary_device(), "light": lights.primary_device()}
        def tell(event):
            if event.kind == "point":
                print(event.number, flush=True)
        ScanEngine(load_plan(sys.argv[1]), devices, path=sys.argv[2], on_event=tell).run()
"""


def test_a_scan_that_was_paused_and_killed_and_resumed_is_equal_to_an_uninterrupted_one(
    devices: dict[str, Device], tmp_path: Path
) -> None:
    ScanEngine(three_axes(), devices, path=tmp_path / "whole.h5").run()
    (tmp_path / "plan.json").write_text(three_axes().model_dump_json())
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(tmp_path / "plan.json"), str(tmp_path / "killed.h5")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    told = [child.stdout.readline() for _ in range(5)]
    os.kill(child.pid, signal.SIGKILL)
    told += [line for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    child.stdout.close()
    child.wait()
    assert "" not in told
    text, node = read_plan(tmp_path / "killed.h5")
    engine = ScanEngine(
        StepScan.model_validate_json(text), devices, path=tmp_path / "killed.h5", resume=node, on_event=lambda _: None
    )
    engine.start()
    engine.pause()
    assert engine.wait_for_state(ScanState.paused, timeout=30)
    assert engine.state is ScanState.paused
    engine.resume()
    result = engine.wait(60)
    assert result is not None
    assert (result.state, result.done) == (ScanState.finished, 12)
    whole, resumed = load(tmp_path / "whole.h5"), load(tmp_path / "killed.h5")
    assert whole.keys() == resumed.keys()
    for name in whole:
        if name != "scan/Timestamp":
            np.testing.assert_array_equal(resumed[name][0], whole[name][0], err_msg=name)


def test_stopping_and_aborting_keep_what_there_is(devices: dict[str, Device], tmp_path: Path) -> None:
    for name, ended in (("stop", ScanState.stopped), ("abort", ScanState.aborted)):
        engine = ScanEngine(positions(50, return_to_start=True), devices, path=tmp_path / f"{name}.h5")

        def tell(event: Any, engine: ScanEngine = engine, name: str = name) -> None:
            if isinstance(event, PointMeasured) and event.number == 3:
                getattr(engine, name)()

        engine._on_event = tell
        result = engine.run()
        assert (result.state, result.done) == (ended, 4)
        assert np.isfinite(load(tmp_path / f"{name}.h5")["stage/Position"][0]).sum() == 4
        assert attributes(tmp_path / f"{name}.h5")["state"] == ended.value
        with pytest.raises(RuntimeError, match="another"):
            engine.run()


def test_a_pause_lasts_until_it_is_ended_and_an_abort_ends_it(devices: dict[str, Device], tmp_path: Path) -> None:
    engine = ScanEngine(positions(20), devices, path=tmp_path / "a.h5")
    engine.pause()
    engine.start()
    assert engine.wait_for_state(ScanState.paused, timeout=30)
    assert engine.wait(0.2) is None
    engine.abort()
    result = engine.wait(30)
    assert result is not None
    assert result.state is ScanState.aborted


def test_nothing_is_moved_and_there_is_no_file_for_a_plan_that_cannot_be(
    devices: dict[str, Device], tmp_path: Path
) -> None:
    before = devices["stage"].get_parameter("Position")
    plan = StepScan(
        axes=[
            ScanAxis(target="stage.Position", values=[1.0, 500.0]),
            ScanAxis(target="light.Brightness", values=[1.0]),
        ],
        detectors=[Detector(device="camera")],
    )
    engine = ScanEngine(plan, devices, path=tmp_path / "a.h5")
    with pytest.raises(PlanInvalid, match=r"(?s)Brightness.*stage.Position.*500"):
        engine.run()
    assert engine.state is ScanState.failed
    assert devices["stage"].get_parameter("Position") == before
    assert not (tmp_path / "a.h5").exists()


def test_a_position_outside_the_tolerance_ends_the_scan_with_the_lights_off(
    devices: dict[str, Device], tmp_path: Path
) -> None:
    stage = devices["stage"]

    def stop_on_its_way(event: Any) -> None:
        if isinstance(event, PointMeasured):
            threading.Timer(0.1, stage.execute, ["Stop"]).start()

    plan = StepScan(
        axes=[ScanAxis(target="stage.Position", values=[1.0, 150.0], tolerance=0.01)],
        detectors=[Detector(device="camera")],
    )
    stage.set_parameter("Velocity", 20)
    with pytest.raises(PositionMissed, match="where 150 was wanted"):
        ScanEngine(plan, devices, path=tmp_path / "a.h5", on_event=stop_on_its_way).run()
    stage.set_parameter("Velocity", 1000)
    assert devices["light"].state is LightState.ForcedOff  # type: ignore[attr-defined]
    assert np.isfinite(load(tmp_path / "a.h5")["positions/stage.Position"][0]).sum() == 1
    after = ScanEngine(positions(3), devices, path=tmp_path / "b.h5").run()
    assert after.state is ScanState.finished
    assert devices["light"].state is LightState.Parametrized  # type: ignore[attr-defined]


def test_a_device_that_dies_ends_the_scan_in_a_defined_state_with_its_data_and_the_lights_off(tmp_path: Path) -> None:
    with (
        hsi.connect(settings("VirtualHyperCamera")) as cameras,
        hsi.connect(settings("VirtualStage")) as stages,
        hsi.connect(settings("VirtualLight")) as lights,
    ):
        groups = {"camera": cameras, "stage": stages, "light": lights}
        devices: dict[str, Device] = {name: group.primary_device() for name, group in groups.items()}
        make_small(devices["camera"])
        devices["stage"].set_parameter("Velocity", 1000)
        plan = StepScan(
            axes=[ScanAxis(target="stage.Position", values=Linear(start=0, stop=39, points=40))],
            detectors=[Detector(device="camera")],
        )
        for victim, group in groups.items():
            path = tmp_path / f"{victim}.h5"

            def tell(event: Any, group: hsi.DeviceGroup = group) -> None:
                if isinstance(event, PointMeasured) and event.number == 4:
                    os.kill(group.pid, signal.SIGKILL)

            engine = ScanEngine(plan, devices, path=path, on_event=tell)
            with pytest.raises(DeviceLost):
                engine.run()
            assert engine.result is not None, victim
            assert engine.result.state is ScanState.failed, victim
            assert engine.result.done >= 5, victim
            if victim != "light":
                assert devices["light"].state is LightState.ForcedOff, victim  # type: ignore[attr-defined]
            assert victim == "camera" or not devices["camera"].acquiring, victim  # type: ignore[attr-defined]
            places = load(path)["positions/stage.Position"][0]
            assert (places.shape[0], np.isfinite(places).sum()) == (40, engine.result.done), victim
            assert attributes(path)["ended_early"], victim
            group.reconnect()
            again = ScanEngine(plan, devices, path=path, resume="/RawData/Scan000").run()
            assert (again.state, again.done) == (ScanState.finished, 40), victim


CAMERA = [Detector(device="camera")]
KINDS: dict[str, Any] = {
    "time series": TimeSeries(interval=0.01, count=200, detectors=CAMERA),
    "log": Log(detectors=CAMERA, duration=20.0),
    "adaptive": AdaptiveScan(
        axes=[AdaptiveAxis(target="light.Intensity", low=0, high=100)], detectors=CAMERA, points=200
    ),
    "recording": Recording(lines=5000, detectors=CAMERA),
}


@pytest.mark.parametrize(("kind", "fault"), [*((kind, "crash@25") for kind in KINDS), ("recording", "hang@25")])
def test_any_kind_of_plan_ends_in_a_defined_state_when_its_camera_fails(
    devices: dict[str, Device], tmp_path: Path, kind: str, fault: str
) -> None:
    with hsi.connect(settings("VirtualHyperCamera", Faults=fault)) as cameras:
        devices = devices | {"camera": cameras.primary_device()}
        make_small(devices["camera"])
        engine = ScanEngine(KINDS[kind], devices, path=tmp_path / "a.h5")
        with pytest.raises((DeviceLost, DeviceTimeout)):
            engine.run()
        assert engine.result is not None
        assert engine.result.state is ScanState.failed
        assert engine.result.done > 0
        assert devices["light"].state is LightState.ForcedOff  # type: ignore[attr-defined]
        found_attributes = attributes(tmp_path / "a.h5")
        assert found_attributes["scan_done"] is False
        assert found_attributes["state"] == "failed"
        sizes = {dwa.shape[0] for dwa in load(tmp_path / "a.h5").values()}
        assert sizes == {engine.result.done}


def test_actions_are_done_before_and_after_and_all_goes_back_to_where_it_was(
    devices: dict[str, Device], tmp_path: Path
) -> None:
    devices["stage"].move_to(5.0)  # type: ignore[attr-defined]
    plan = positions(
        3,
        before=[SetParameter(target="light.Intensity", value=30.0)],
        after=[SetParameter(target="light.Intensity", value=70.0), Move(to={"stage.Position": 50.0})],
        return_to_start=True,
    )
    ScanEngine(plan, devices, path=tmp_path / "a.h5").run()
    assert devices["light"].get_parameter("Intensity") == 70.0
    assert devices["stage"].get_parameter("Position") == pytest.approx(5.0, abs=0.01)


def test_a_time_series_and_a_log_append_as_time_passes(devices: dict[str, Device], tmp_path: Path) -> None:
    detectors = [Detector(device="camera"), Detector(device="stage", parameters=["Position"])]
    series = TimeSeries(interval=0.02, count=6, detectors=detectors)
    result = ScanEngine(series, devices, path=tmp_path / "series.h5").run()
    assert (result.state, result.done, result.total) == (ScanState.finished, 6, 6)
    cube = load(tmp_path / "series.h5")["camera/Intensity"]
    assert cube.shape == (6, 16, 12)
    time_axis = cube.get_axis_from_index(0)[0]
    assert (time_axis.label, time_axis.units) == ("time", "s")
    assert (np.diff(time_axis.get_data()) > 0.005).all()

    engine = ScanEngine(Log(detectors=detectors), devices, path=tmp_path / "log.h5")
    engine._on_event = lambda event: engine.stop() if isinstance(event, PointMeasured) and event.number == 9 else None
    result = engine.run()
    assert (result.state, result.done, result.total) == (ScanState.stopped, 10, None)
    assert load(tmp_path / "log.h5")["stage/Position"].shape == (10,)


def test_what_is_gone_on_with_under_other_settings_says_so_and_another_plan_is_refused(
    devices: dict[str, Device], tmp_path: Path
) -> None:
    path, node = tmp_path / "a.h5", "/RawData/Scan000"
    engine = ScanEngine(positions(6), devices, path=path)
    engine._on_event = lambda event: engine.stop() if isinstance(event, PointMeasured) and event.number == 1 else None
    assert engine.run().done == 2
    with pytest.raises(PlanInvalid, match=r"axes are not those of the scan in .*a\.h5"):
        ScanEngine(positions(7), devices, path=path, resume=node).run()
    devices["stage"].set_parameter("Velocity", 500)
    events: list[Any] = []
    engine = ScanEngine(positions(6), devices, path=path, resume=node, on_event=events.append)
    assert engine.run().done == 6
    (warning,) = [event.message for event in events if isinstance(event, Warned)]
    assert warning.endswith("measured: stage.Velocity is 500.0, and was 1000.0")
    (noted,) = json.loads(attributes(path)["changes"])
    assert (noted["point"], noted["changes"]) == (2, ["stage.Velocity is 500.0, and was 1000.0"])


def test_an_adaptive_scan_measures_where_something_happens_and_can_be_gone_on_with(
    devices: dict[str, Device], tmp_path: Path
) -> None:
    plan = AdaptiveScan(
        axes=[AdaptiveAxis(target="light.Intensity", low=0, high=100)],
        detectors=[Detector(device="light", parameters=["Intensity"])],
        signal="light.Intensity",
        points=12,
    )
    engine = ScanEngine(plan, devices, path=tmp_path / "a.h5")
    engine._on_event = lambda event: engine.stop() if isinstance(event, PointMeasured) and event.number == 4 else None
    assert engine.run().done == 5
    result = ScanEngine(plan, devices, path=tmp_path / "a.h5", resume="/RawData/Scan000").run()
    assert (result.state, result.done) == (ScanState.finished, 12)
    reading = load(tmp_path / "a.h5")["light/Intensity"]
    values = reading.get_axis_from_index(0)[0].get_data()
    assert len(set(values.tolist())) == 12
    np.testing.assert_allclose(reading[0].ravel(), values)


def test_a_recording_that_is_held_up_for_many_frames_loses_none(devices: dict[str, Device], tmp_path: Path) -> None:
    camera = devices["camera"]
    assert isinstance(camera, InstrumentDevice)
    seen: list[int] = []

    def hold_up(buffer: Buffer) -> None:
        seen.append(buffer.number)
        if len(seen) == 10:
            time.sleep(0.25)  # 50 frames of this camera

    end = camera.watch(hold_up)
    try:
        plan = Recording(lines=80, detectors=[Detector(device="camera")])
        assert ScanEngine(plan, devices, path=tmp_path / "held_up.h5").run().done == 80
        seen.clear()  # held up while the stage comes to its end, and while the time runs out
        movement = Movement(target="stage.Position", start=0, stop=20, velocity=100)
        plan = Recording(movement=movement, detectors=[Detector(device="camera")])
        assert ScanEngine(plan, devices, path=tmp_path / "moved.h5").run().done >= 40
        seen.clear()
        plan = Recording(seconds=0.25, detectors=[Detector(device="camera")])
        assert ScanEngine(plan, devices, path=tmp_path / "time.h5").run().done >= 49
    finally:
        end()
    with DataLoader(tmp_path / "held_up.h5") as loader:
        dropped = loader.load_data(f"{DETECTOR}/DataND/CH02/EnlData00").data[0]
    assert not dropped.any()


def test_a_stage_rests_while_a_recording_is_paused(devices: dict[str, Device], tmp_path: Path) -> None:
    stage = devices["stage"]
    movement = Movement(target="stage.Position", start=0, stop=20, velocity=40)
    plan = Recording(movement=movement, detectors=[Detector(device="camera")])
    engine = ScanEngine(plan, devices, path=tmp_path / "a.h5")
    engine.start()
    assert engine.wait_for_state(ScanState.running, timeout=10)
    while engine.state is ScanState.running and float(stage.get_parameter("Position")) < 5:
        time.sleep(0.01)
    engine.pause()
    assert engine.wait_for_state(ScanState.paused, timeout=10)
    place = stage.get_parameter("Position")
    time.sleep(0.3)
    assert engine.state is ScanState.paused
    assert stage.get_parameter("Position") == place
    engine.resume()
    result = engine.wait(30)
    assert result is not None
    assert result.state is ScanState.finished
    places = np.ravel(load(tmp_path / "a.h5")["positions/stage.Position"][0])
    assert places[-1] > 15  # the last line lies as far before the end as a busy machine was late
    assert stage.get_parameter("Position") == pytest.approx(20, abs=0.1)
    assert np.abs(np.diff(places)).max() < 8, "there is no hole where it was paused"


def test_a_recording_ends_with_its_lines_its_time_or_its_movement(devices: dict[str, Device], tmp_path: Path) -> None:
    detectors = [Detector(device="camera")]
    by_lines = ScanEngine(Recording(lines=30, detectors=detectors), devices, path=tmp_path / "lines.h5").run()
    assert (by_lines.state, by_lines.done) == (ScanState.finished, 30)
    by_time = ScanEngine(Recording(seconds=0.2, detectors=detectors), devices, path=tmp_path / "time.h5").run()
    assert by_time.done > 2
    movement = Movement(target="stage.Position", start=0, stop=20, velocity=100)
    plan = Recording(movement=movement, detectors=detectors)
    by_movement = ScanEngine(plan, devices, path=tmp_path / "movement.h5").run()
    assert by_movement.state is ScanState.finished
    assert devices["stage"].get_parameter("Position") == pytest.approx(20, abs=0.1)
    assert devices["stage"].get_parameter("Velocity") == 1000, "the plan's velocity was for the movement"
    with DataLoader(tmp_path / "movement.h5") as loader:
        cube = loader.load_data(f"{DETECTOR}/DataND/CH00/EnlData00")
    assert cube.shape == (by_movement.done, 16, 12)
    places = np.ravel(load(tmp_path / "movement.h5")["positions/stage.Position"][0])
    times = cube.get_axis_from_label("time").get_data()
    assert len(places) == by_movement.done
    assert (np.diff(places) >= 0).all()
    assert np.polyfit(times, places, 1)[0] == pytest.approx(100, rel=0.5), "each line has the place of its own time"
    stored = read_scan(tmp_path / "movement.h5")
    assert stored.plan == plan.model_copy(update={"devices": stored.plan.devices})
    assert stored.plan.devices["stage"].identity == "VirtualStage:VS-0", "so that a repeat finds it"
    camera = devices["camera"]
    camera.set_parameter("PixelCount", 128)  # smaller lines are not compressed, in chunks of many
    packed = Recording(lines=3, detectors=detectors, output=Output(compression="zlib"))
    assert ScanEngine(packed, devices, path=tmp_path / "packed.h5").run().done == 3
    camera.set_parameter("PixelCount", 16)
    with H5SaverLowLevel.from_file(tmp_path / "packed.h5") as h5:
        assert h5.get_node(f"{DETECTOR}/DataND/CH00/EnlData00").node.filters.complib == "zlib"
    again = ScanEngine(Recording(lines=5, detectors=detectors), devices, path=tmp_path / "movement.h5", overwrite=True)
    assert again.run().done == 5
    with pytest.raises(OutputError, match="in one go"):
        ScanEngine(plan, devices, path=tmp_path / "movement.h5", resume="/RawData/Scan000").run()


def test_files_are_never_overwritten_and_numbers_never_given_twice(devices: dict[str, Device], tmp_path: Path) -> None:
    plan = positions(2, output=Output(folder=str(tmp_path / "new"), file="{name}_{number:03d}.h5"))
    paths = [ScanEngine(plan, devices).run().path for _ in range(2)]
    assert [path.name for path in paths if path] == ["positions_001.h5", "positions_002.h5"]
    (tmp_path / "new" / "positions_002.h5").unlink()
    third = ScanEngine(plan, devices).run().path
    assert third is not None
    assert third.name == "positions_003.h5"
    with pytest.raises(PlanInvalid, match="there already"):
        ScanEngine(positions(2, output=Output(folder=str(tmp_path / "new"), file=third.name)), devices).run()

    many = positions(2, output=Output(folder=str(tmp_path), file="day.h5", scans="many"))
    nodes = [ScanEngine(many, devices).run().node for _ in range(3)]
    assert nodes == ["/RawData/Scan000", "/RawData/Scan001", "/RawData/Scan002"]
    with H5SaverLowLevel.from_file(tmp_path / "day.h5") as h5:
        h5.get_node("/RawData/Scan002").node._f_remove(recursive=True)
    assert ScanEngine(many, devices).run().node == "/RawData/Scan003"
    assert load(tmp_path / "day.h5", "/RawData/Scan001")["stage/Position"].shape == (2,)
    with pytest.raises(ScanNotFound, match="Scan007"):
        read_plan(tmp_path / "day.h5", "Scan007")


def test_a_listener_that_fails_and_a_question_for_metadata(devices: dict[str, Device], tmp_path: Path) -> None:
    def tell(event: Any) -> None:
        raise ZeroDivisionError

    plan = positions(2, metadata={"sample": "leaf"})
    result = ScanEngine(
        plan, devices, path=tmp_path / "a.h5", on_event=tell, metadata=lambda _: {"operator": "me", "sample": "stone"}
    ).run()
    assert result.state is ScanState.finished
    found = attributes(tmp_path / "a.h5")
    assert (found["operator"], found["sample"]) == ("me", "stone")
    assert ScanEngine(plan, devices, path=tmp_path / "b.h5", metadata=lambda _: None).run().done == 2
    for name, said in {"state": "'state' is what a file itself says", "": "has no name"}.items():
        for more in ({"metadata": lambda _, name=name: {name: 1}}, {}):
            engine = ScanEngine(
                plan if more else positions(2, metadata={name: "x"}), devices, path=tmp_path / "c.h5", **more
            )
            with pytest.raises(PlanInvalid, match=said):
                engine.run()
    assert not (tmp_path / "c.h5").exists()


def test_a_scan_may_be_asked_from_several_threads_and_gives_one_end(devices: dict[str, Device], tmp_path: Path) -> None:
    engine = ScanEngine(positions(100), devices, path=tmp_path / "a.h5")
    engine.start()
    askers = [threading.Thread(target=ask) for ask in (engine.pause, engine.resume, engine.stop, engine.abort) * 3]
    for asker in askers:
        asker.start()
    result = engine.wait(30)
    assert result is not None
    assert result.state in (ScanState.stopped, ScanState.aborted)
    assert result.error is None or not isinstance(result.error, HsiError)
