"""Each fault that can be asked for, and what the application sees of it."""

from __future__ import annotations

import functools
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

import pymodaq_hsi as hsi
from pymodaq_hsi.errors import (
    DeviceLost,
    DeviceTimeout,
    DriverCrashed,
    FrameGeometryError,
    HsiError,
    ParameterError,
)
from pymodaq_hsi_virtual.faults import ENVIRONMENT, FRAME_KINDS, KINDS, Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


look = functools.cache(hsi.enumerate_devices)


def connect_virtual(name: str, parameters: dict[str, object] | None = None) -> hsi.DeviceGroup:
    """Connect a virtual device; they are looked for once."""
    return hsi.connect(look().device(name), parameters)


@pytest.fixture
def camera_with() -> Iterator[Callable[[str], Any]]:
    """Connects a camera with faults; small frames, 200 of them a second."""
    groups = []

    def connect(faults: str) -> Any:
        group = connect_virtual("VirtualHyperCamera", {"Faults": faults})
        groups.append(group)
        camera = group.primary_device()
        camera.set_parameter("PixelCount", 40)
        camera.set_parameter("FrameRate", 200)
        camera.setup_internal_buffers(50)
        return camera

    yield connect
    for group in groups:
        group.close()


def numbers_until_the_end(camera: Any, timeout: float = 20.0) -> tuple[list[int], HsiError]:
    """Acquire until an error ends it."""
    numbers: list[int] = []

    def acquire() -> None:
        with camera.acquire() as acquisition:
            numbers.extend(buffer.number for buffer in acquisition.buffers(100, timeout))

    with pytest.raises(HsiError) as end:
        acquire()
    return numbers, end.value


def test_frames_that_are_dropped_late_or_saturated(camera_with: Callable[[str], Any]) -> None:
    camera = camera_with("drop@5=3, late@20=0.4, saturate@12")
    with camera.acquire() as acquisition:
        buffers = list(hold(acquisition, 30))
    numbers, lost, times, brightest, darkest = zip(*buffers, strict=True)
    assert numbers == (*range(5), *range(8, 33))
    assert [number for number, count in zip(numbers, lost, strict=True) if count] == [8]
    assert sum(lost) == camera.dropped == 3
    pauses = {number: later - earlier for number, earlier, later in zip(numbers[1:], times, times[1:], strict=False)}
    assert max(pauses, key=pauses.__getitem__) == 20
    assert pauses[20] >= 0.35
    assert [number for number, dark in zip(numbers, darkest, strict=True) if dark == 4095] == [12]
    assert max(brightest) == 4095


def hold(acquisition: Any, count: int) -> Iterator[tuple[int, int, float, int, int]]:
    """Yield what a test looks at of each frame."""
    for buffer in acquisition.buffers(count, timeout=20.0):
        yield buffer.number, buffer.dropped_before, buffer.timestamp, int(buffer.data.max()), int(buffer.data.min())


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("geometry@4", FrameGeometryError, r"^Virtual.*frame of shape \(21, 113\) and type uint16; shape \(40, 224\)"),
        ("dtype@4", FrameGeometryError, r"^Virtual.*type float32; shape \(40, 224\) and type uint16 were announced"),
        ("disconnect@4", DeviceLost, "VirtualHyperCamera does not answer: it was disconnected on request"),
        ("crash@4", DriverCrashed, r"(was ended by SIGABRT|exit code).*crashes on request"),
    ],
)
def test_what_ends_an_acquisition_does_so_at_its_frame_and_says_why(
    camera_with: Callable[[str], Any], fault: str, kind: type[HsiError], said: str
) -> None:
    camera = camera_with(fault)
    losses: list[HsiError] = []
    camera.group.on_lost(losses.append)
    numbers, error = numbers_until_the_end(camera)
    assert numbers == [0, 1, 2, 3]
    assert type(error) is kind
    assert re.search(said, str(error)), str(error)
    gone = kind in (DeviceLost, DriverCrashed)
    assert camera.connected is not gone
    if gone:
        with pytest.raises(DeviceLost):
            camera.set_parameter("FrameRate", 100)
        camera.group.settings.connection_parameters["Faults"] = ""
        camera.group.reconnect()
        assert [type(loss) for loss in losses] == [kind]
        with camera.acquire() as acquisition:
            assert [buffer.number for buffer in acquisition.buffers(8, timeout=20.0)] == list(range(8))


def test_a_camera_that_hangs_gives_no_more_frames_and_its_last_words(camera_with: Callable[[str], Any]) -> None:
    camera = camera_with("hang@4")
    camera.timeout = 1.0
    numbers, error = numbers_until_the_end(camera, timeout=2.0)
    assert numbers == [0, 1, 2, 3]
    assert type(error) is DeviceTimeout
    assert "hangs on request" in str(error)


def test_a_chance_strikes_the_same_frames_each_time(camera_with: Callable[[str], Any]) -> None:
    camera = camera_with("drop%20")
    runs = []
    for _ in range(2):
        with camera.acquire() as acquisition:
            runs.append([buffer.number for buffer in acquisition.buffers(40, timeout=20.0)])
    assert runs[0] == runs[1]
    assert 40 < runs[0][-1] < 70


def test_a_slow_connection_is_slow_or_given_up() -> None:
    start = time.monotonic()
    with connect_virtual("VirtualLight", {"Faults": "slow_connect=0.5"}):
        assert time.monotonic() - start > 0.5
    with pytest.raises(DeviceTimeout, match="connecting device '0' was not finished"):
        hsi.connect(hsi.ConnectionSettings("VirtualLight", 2, "0", {"Faults": "slow_connect=60"}, timeout=1.5))


def test_a_light_and_a_stage_count_commands_and_the_environment_speaks_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "disconnect@2, drop@3")
    with connect_virtual("VirtualLight") as lights, connect_virtual("VirtualStage") as stages:
        light, stage = lights.primary_device(), stages.primary_device()
        for device, name in ((light, "Intensity"), (stage, "Position")):
            device.set_parameter(name, 1)
            device.set_parameter(name, 2)
            with pytest.raises(DeviceLost, match=f"{device.name} does not answer"):
                device.set_parameter(name, 3)
            assert not device.connected


@pytest.mark.parametrize("text", ["drop@", "late@x", "burn", "hang@3=", "drop@1.2.3s", "crash%%3"])
def test_what_is_no_fault_is_refused_with_those_that_there_are(text: str) -> None:
    with pytest.raises(
        ParameterError, match=r"Camera: Faults has .*(write a kind \(slow_connect, .*saturate|no number)"
    ):
        Faults(text, "Camera", {**KINDS, **FRAME_KINDS})


def test_a_light_has_no_frames_to_drop() -> None:
    with pytest.raises(ParameterError, match="VirtualLight: Faults has 'drop@3'; write a kind"):
        connect_virtual("VirtualLight", {"Faults": "drop@3"})
