"""A plan is checked against the devices that are there, before anything moves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

import pymodaq_hsi as hsi
from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans import (
    AdaptiveAxis,
    AdaptiveScan,
    Detector,
    DeviceChoice,
    Execute,
    Follow,
    LightsOff,
    Linear,
    Log,
    Move,
    Movement,
    Output,
    Recording,
    ScanAxis,
    SetParameter,
    StepScan,
    Table,
    TimeSeries,
    Wait,
    check_plan,
    target_units,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymodaq_hsi.devices import Device

CAMERA = Detector(device="camera", average=4)
A_STAGE = hsi.ConnectionSettings("VirtualStage", hsi.DriverType.Actuator, "0")
STAGE = ScanAxis(target="stage.Position", values=[0.0, 100.0])


@pytest.fixture(scope="module")
def devices() -> Iterator[dict[str, Device]]:
    with (
        hsi.connect(hsi.ConnectionSettings("VirtualHyperCamera", hsi.DriverType.Instrument, "0")) as cameras,
        hsi.connect(A_STAGE) as stages,
        hsi.connect(hsi.ConnectionSettings("VirtualLight", hsi.DriverType.LightControl, "0")) as lights,
    ):
        yield {name: group.primary_device() for name, group in
               {"camera": cameras, "stage": stages, "light": lights}.items()}  # fmt: skip


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def axis(target: str, *values: float, **fields: Any) -> ScanAxis:
    return ScanAxis(target=target, values=list(values), **fields)


def test_a_good_plan_has_no_problems_and_nothing_is_touched(devices: dict[str, Device], tmp_path: Path) -> None:
    plan = StepScan(
        axes=[
            ScanAxis(target="stage.Position", values=Linear(start=0, stop=20_000, points=11), units="um"),
            axis("light.Intensity", 10, 50, 100),
            axis("camera.ExposureTime", 0.001, 0.008, units="s"),
        ],
        detectors=[CAMERA],
        order="snake",
    )
    before = {name: device.values() for name, device in devices.items()}
    check = check_plan(plan, devices)
    assert check.ok
    assert (check.problems, check.warnings, check.points) == ((), (), 66)
    assert check.units == {"stage.Position": "mm", "light.Intensity": "%", "camera.ExposureTime": "ms"}
    assert check.bytes is not None
    height, width = devices["camera"].frame_format().shape  # type: ignore[attr-defined]
    assert 66 * height * width * 4 <= check.bytes < 1.01 * 66 * height * width * 4
    assert target_units(plan, devices) == check.units
    check.raise_if_invalid()
    assert {name: device.values() for name, device in devices.items()} == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("axes", "problem"),
    [
        ([axis("stag.Position", 1)], "axis 1 (stag.Position): there is no device 'stag'. Did you mean stage?"),
        ([axis("stage.Positon", 1)], "axis 1 (stage.Positon): VirtualStage has no parameter 'Positon'. Did you mean"),
        ([STAGE, axis("camera.CubeLines", 1)], "axis 2 (camera.CubeLines): camera.CubeLines cannot be set now"),
        ([axis("camera.Noise", 1)], "camera.Noise is of type Boolean"),
        ([axis("camera.OverflowPolicy", 1)], "of type Enumeration, which takes one of Drop, Wait; only numbers"),
        ([axis("stage.Stop", 1)], "stage.Stop is a command, which has no value"),
        (
            [axis("stage.Position", -1, 5, 200.5)],
            "axis 1 (stage.Position): 2 of its 3 values are refused, the first -1: Position takes a number from 0 to "
            "200 mm",
        ),
        ([axis("stage.Position", 100, units="nm")], ""),
        ([axis("stage.Position", 1, units="m")], "value 1000 is refused"),
        ([axis("stage.Position", 1, units="s")], "units = 's' are refused: stage.Position is in mm"),
        ([axis("camera.Gain", 1, units="dB")], "units = 'dB' are refused: camera.Gain has no units"),
        ([axis("camera.Seed", 1, 2.5)], "such as 2.5: Seed takes an integer from 0 to 2147483647"),
    ],
)
def test_what_an_axis_cannot_be_is_said_by_its_name(
    devices: dict[str, Device], axes: list[ScanAxis], problem: str
) -> None:
    check = check_plan(StepScan(axes=axes, detectors=[CAMERA]), devices)
    assert len(check.problems) == (1 if problem else 0)
    assert problem in "".join(check.problems)


def test_limits_are_those_of_now(devices: dict[str, Device]) -> None:
    plan = StepScan(axes=[axis("camera.FrameRate", 20, 150)], detectors=[CAMERA])
    camera = devices["camera"]
    assert check_plan(plan, devices).ok
    camera.set_parameter("ExposureTime", 20.0)
    try:
        (problem,) = check_plan(plan, devices).problems
        assert "1 of its 2 values are refused, the first 150: FrameRate takes a number from 0.1 to 50 Hz" in problem
        first = SetParameter(target="camera.ExposureTime", value=5)
        check = check_plan(plan.model_copy(update={"before": (first,)}), devices)
        assert check.ok
        assert "an action before the scan may change that" in check.warnings[0]
    finally:
        camera.set_parameter("ExposureTime", 5.0)
        camera.set_parameter("FrameRate", 100.0)


def test_all_problems_are_in_one_error(devices: dict[str, Device]) -> None:
    plan = StepScan(
        name="wrong",
        devices={"mirror": DeviceChoice(driver="Mirror")},
        axes=[axis("stage.Position", 500), axis("lamp.Intensity", 1)],
        detectors=[
            Detector(device="light"),
            Detector(device="camera", parameters=["OverflowPolicy", "Nothing"]),
            CAMERA,
            CAMERA,
        ],
        before=[
            SetParameter(target="light.Intensity", value=400),
            SetParameter(target="light.Enabled", value="perhaps"),
            Execute(target="stage.Position"),
            Move(to={"stage.Position": 1e9}),
            Move(to="home"),
        ],
        after=[LightsOff(devices=["camera"])],
    )
    with pytest.raises(PlanInvalid) as caught:
        check_plan(plan, devices).raise_if_invalid()
    expected = [
        "device mirror (Mirror) is not connected",
        "position 'home' was not looked up",
        "axis 1 (stage.Position): value 500 is refused",
        "axis 2 (lamp.Intensity): there is no device 'lamp'",
        "detector camera is given twice",
        "detector 1 (light): Virtual light has no frames",
        "detector 2 (camera): OverflowPolicy is of type Enumeration; only numbers can be recorded",
        "detector 2 (camera): VirtualHyperCamera has no parameter 'Nothing'",
        "action before 1 (set): Intensity = 400 is refused: it takes a number from 0 to 100 %",
        "action before 2 (set): Enabled = 'perhaps' is refused",
        "action before 3 (execute): stage.Position is of type Float, not a command",
        "action before 4 (move), stage.Position: value 1000000000 is refused",
        "action after 1 (lights_off): camera (Virtual hyperspectral camera) is no light",
    ]
    problems = caught.value.problems
    assert [text for text in expected if not any(text in problem for problem in problems)] == []
    assert len(problems) == len(expected)


def test_one_parameter_under_two_names_is_refused_and_dependent_ones_are_told(devices: dict[str, Device]) -> None:
    twice = StepScan(axes=[STAGE, axis("table.Position", 1)], detectors=[CAMERA])
    (problem,) = check_plan(twice, devices | {"table": devices["stage"]}).problems
    assert problem == "stage.Position and table.Position are the same parameter of one device; leave one"
    both = StepScan(axes=[axis("camera.ExposureTime", 1, 5), axis("camera.FrameRate", 50, 100)], detectors=[CAMERA])
    (warning,) = check_plan(both, devices).warnings
    assert "the limits of camera.FrameRate depend on camera.ExposureTime" in warning
    (warning, *_) = check_plan(StepScan(axes=[axis("camera.PixelBinning", 1, 2)], detectors=[CAMERA]), devices).warnings
    assert "camera.PixelBinning may change what the frames of camera look like" in warning


def test_what_follows_is_checked_at_every_point(devices: dict[str, Device]) -> None:
    def problems(follow: Follow, points: int = 200_001) -> tuple[str, ...]:
        far = ScanAxis(target="stage.Position", values=Linear(start=0, stop=200, points=points))
        reading = Detector(device="stage", parameters=["Position"])
        return check_plan(StepScan(axes=[far], follows=[follow], detectors=[reading]), devices).problems

    assert problems(Follow(target="light.Intensity", expression="stage.Position / 2")) == ()
    (problem,) = problems(Follow(target="light.Intensity", expression="stage.Position / 1.999"))
    assert problem.startswith(
        "following target light.Intensity: at point 199901 (stage.Position = 199.901) it is 100.0005003, which is "
        "refused: it takes a number from 0 to 100 %"
    )
    (problem,) = problems(Follow(target="light.Intensity", expression="log(stage.Position)"))
    assert "at point 0 (stage.Position = 0) it has no value" in problem
    table = Table(of="stage.Position", points=[(0, 10), (100, 50)])
    (problem,) = problems(Follow(target="light.Intensity", table=table), points=5)
    assert "at point 3 (stage.Position = 150) it has no value, its table goes from 0 to 100" in problem
    assert problems(Follow(target="light.Intensity", table=table.model_copy(update={"outside": "clamp"}))) == ()
    (problem,) = problems(Follow(target="light.Intensit", expression="1"))
    assert "following target light.Intensit: VirtualLight has no parameter" in problem
    (problem,) = problems(Follow(target="light.Intensity", expression="1", units="V"))
    assert "units = 'V' are refused" in problem


def test_a_correction_is_checked_with_what_it_is_added_to(devices: dict[str, Device]) -> None:
    plan = StepScan(
        axes=[axis("stage.Position", 0, 201)],
        follows=[Follow(target="stage.Position", expression="-1 if stage.Position > 100 else 0", added=True)],
        detectors=[CAMERA],
    )
    assert check_plan(plan, devices).ok


def test_time_is_estimated_from_settling_velocity_and_frames(devices: dict[str, Device]) -> None:
    devices["stage"].set_parameter("Velocity", 50.0)
    stage = axis("stage.Position", 0, 100, 0, 100, settle=0.25)
    plan = StepScan(axes=[stage], before=[Wait(seconds=2.0)])
    assert check_plan(plan, devices).seconds == pytest.approx(2.0 + 3 * (2.0 + 0.25), abs=0.01)
    seconds = check_plan(plan.model_copy(update={"detectors": (CAMERA,)}), devices).seconds
    assert seconds is not None
    assert seconds == pytest.approx(2.0 + 3 * 2.25 + 4 * 4.5 * 0.01, abs=0.01)
    assert check_plan(TimeSeries(interval=1.0, count=11, detectors=[CAMERA]), devices).seconds == pytest.approx(
        10.045, abs=0.01
    )
    assert check_plan(Log(detectors=[CAMERA]), devices).seconds is None
    movement = Movement(target="stage.Position", start=0.0, stop=50.0, velocity=10.0)
    recording = check_plan(Recording(detectors=[Detector(device="camera")], movement=movement), devices)
    assert (recording.points, recording.seconds) == (500, pytest.approx(5.0))
    assert check_plan(Recording(detectors=[Detector(device="camera")], lines=50), devices).seconds == pytest.approx(0.5)


def test_a_recording_moves_a_stage_within_its_limits(devices: dict[str, Device]) -> None:
    movement = Movement(target="stage.Position", start=-1, stop=500, velocity=1e6)
    problems = check_plan(Recording(detectors=[Detector(device="camera")], movement=movement), devices).problems
    assert "movement (stage.Position): 2 of its 2 values are refused" in problems[0]
    assert "movement (stage.Position): velocity: value 1000000 is refused" in problems[1]
    light = Movement(target="light.Intensity", stop=50)
    (problem,) = check_plan(Recording(detectors=[Detector(device="camera")], movement=light), devices).problems
    assert "light.Intensity does not move by itself" in problem


def test_bounds_and_steps_of_an_adaptive_scan_are_checked(devices: dict[str, Device]) -> None:
    axes = [
        AdaptiveAxis(target="stage.Position", low=0, high=250),
        AdaptiveAxis(target="camera.Seed", low=0, high=9),
        AdaptiveAxis(target="light.Intensity", low=0, high=90),
    ]
    plan = AdaptiveScan(axes=axes, points=10, detectors=[CAMERA])
    first, second = check_plan(plan, devices).problems
    assert first == "axis 1 (stage.Position): value 250 is refused: Position takes a number from 0 to 200 mm"
    assert "camera.Seed takes steps of 1; give the axis a step" in second
    good = AdaptiveScan(axes=axes[2:], points=10, detectors=[CAMERA])
    assert check_plan(good, devices).ok
    follow = Follow(target="stage.Position", expression="3 * light.Intensity")
    (problem,) = check_plan(good.model_copy(update={"follows": (follow,)}), devices).problems
    assert "following target stage.Position: at point" in problem


def test_what_does_not_fit_on_the_disk_is_refused(devices: dict[str, Device]) -> None:
    plan = StepScan(
        axes=[ScanAxis(target="stage.Position", values=Linear(start=0, stop=200, points=10**7))], detectors=[CAMERA]
    )
    (problem,) = check_plan(plan, devices).problems
    assert "TB are to be written, and" in problem
    packed = check_plan(plan.model_copy(update={"output": Output(compression="zlib")}), devices)
    assert packed.ok
    assert "only if they are compressed well" in packed.warnings[0]


def test_a_file_that_is_there_is_never_written_over(devices: dict[str, Device], tmp_path: Path) -> None:
    (tmp_path / "leaf.h5").touch()
    plan = TimeSeries(name="leaf", interval=1.0, count=1, detectors=[CAMERA], output=Output(file="{name}.h5"))
    (problem,) = check_plan(plan, devices).problems
    assert "leaf.h5 is there already and is not overwritten" in problem
    assert check_plan(plan, devices, resume=True).ok
    assert check_plan(plan.model_copy(update={"output": Output(scans="many")}), devices).ok
    long = plan.model_copy(update={"output": Output(file="ä" * 130 + ".h5")})
    (problem,) = check_plan(long, devices).problems
    assert "has 263 bytes, and file systems take names of 255" in problem
    cube = Recording(lines=1, detectors=[Detector(device="camera")], output=Output(file="cube.raw"))
    (problem,) = check_plan(cube, devices).problems
    assert "cube.raw is to be an HDF5 file" in problem
    (tmp_path / "file").touch()
    inside = plan.model_copy(update={"output": Output(folder=os.path.join("file", "deeper"))})
    (problem,) = check_plan(inside, devices).problems
    assert "cannot be written; choose another folder" in problem


def test_a_device_that_is_another_one_is_told(devices: dict[str, Device]) -> None:
    choices = {"stage": DeviceChoice(identity="VirtualStage:VS-9"), "light": DeviceChoice(driver="Halogen")}
    plan = StepScan(axes=[STAGE], detectors=[CAMERA], devices=choices)
    assert check_plan(plan, devices).warnings == (
        "device stage is VirtualStage:VS-0; the plan was made for VirtualStage:VS-9",
        "device light is a VirtualLight; the plan was made for a Halogen",
    )


def test_a_device_that_is_gone_is_a_problem(devices: dict[str, Device]) -> None:
    with hsi.connect(A_STAGE) as group:
        stage = group.primary_device()
    (problem,) = check_plan(StepScan(axes=[STAGE], detectors=[CAMERA]), devices | {"stage": stage}).problems
    assert "stage (Virtual stage) is not connected; connect it again" in problem
