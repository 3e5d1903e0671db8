"""From an enumerated device, settings or a name to a connected device, and away from it again."""

from __future__ import annotations

import os
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pymodaq_hsi.devices import ConnectionSettings, EnumerationResult, InstrumentDevice, connect, enumerate_devices
from pymodaq_hsi.drivers import DriverType
from pymodaq_hsi.errors import (
    ConnectionFailed,
    DeviceLost,
    DeviceNotFound,
    DeviceTimeout,
    DriverCrashed,
    DriverNotFound,
    ParameterError,
    UnknownParameter,
)

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Gadgets


@pytest.fixture(scope="module")
def found(gadget_room: Gadgets) -> EnumerationResult:
    return enumerate_devices(DriverType.Instrument, timeout=30)


def test_connect_by_device_by_identity_and_by_settings(gadgets: Gadgets, found: EnumerationResult) -> None:
    first = found.device("Camera:S1")
    for group in (
        connect(first, {"Log": str(gadgets.log_file)}),
        connect("First camera", timeout=30),
        connect(ConnectionSettings("Camera", 0, "0"), {"Log": ""}),
    ):
        with group:
            camera = group.primary_device()
            assert isinstance(camera, InstrumentDevice)
            assert camera.connected
            assert group.connected
            assert camera.name == "Camera"
            assert camera.settings()["driver"] == "Camera"
        assert not camera.connected
    assert gadgets.log() == ["open", "make_safe", "close"]


def test_what_enumeration_knows_of_a_device_is_known_when_it_is_connected(found: EnumerationResult) -> None:
    device = found.device("First camera")
    with connect(device) as group:
        camera = group.primary_device()
        assert (camera.display_name, camera.manufacturer, camera.model) == ("First camera", "House", "C-1")
        assert camera.serial_number == "S1"
        assert camera.identity == device.identity == "Camera:S1"
        assert "First camera" in repr(camera)


def test_settings_and_parameters_may_be_given_together(gadgets: Gadgets) -> None:
    settings = ConnectionSettings("Camera", DriverType.Instrument, "0", {"Log": "/nowhere"})
    with connect(settings, {"Log": str(gadgets.log_file)}):
        assert gadgets.log() == ["open"]
    assert settings.connection_parameters == {"Log": "/nowhere"}


@pytest.mark.parametrize("by", ["device", "settings"])
def test_wrong_connection_parameters_are_refused_before_the_device_is_touched(
    gadgets: Gadgets, found: EnumerationResult, tmp_path: Path, by: str
) -> None:
    def attempt(name: str, parameters: dict[str, object]) -> object:
        if by == "device":
            device = next(d for d in found.devices if d.driver.name == name)
            return connect(device, {"Log": str(gadgets.log_file)} | parameters)
        return gadgets.connect(name, **parameters)

    with pytest.raises(UnknownParameter, match=r"Camera has no parameter 'Calibratoin'. Did you mean Calibration\?"):
        attempt("Camera", {"Calibratoin": "x"})
    with pytest.raises(ParameterError) as missing_file:
        attempt("Camera", {"Calibration": tmp_path / "none.txt"})
    assert str(tmp_path / "none.txt") in str(missing_file.value)
    assert "there is no such file" in str(missing_file.value)
    with pytest.raises(ParameterError, match=r"Calibration = .* is refused: give a number"):
        attempt("Camera", {"Calibration": ["x"]})
    assert gadgets.log() == []


def test_a_required_file_that_is_missing_is_named(gadgets: Gadgets, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="Zoo needs Key: give the path of a file that is there"):
        gadgets.connect("Zoo")
    (tmp_path / "key").touch()
    with pytest.raises(ParameterError, match="Port = 12 is refused: it takes an integer of at most 9"):
        gadgets.connect("Zoo", Key=tmp_path / "key", Port=12)
    gadgets.connect("Zoo", Key=str(tmp_path / "key"), Port="7")


def test_a_relative_path_is_relative_to_the_application(
    gadgets: Gadgets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gray.txt").touch()
    monkeypatch.chdir(tmp_path)
    gadgets.connect("Camera", Calibration="gray.txt")
    assert f"calibration {tmp_path / 'gray.txt'}" in gadgets.log()


def test_a_device_that_cannot_be_opened_is_closed_again_and_the_cause_is_told(gadgets: Gadgets) -> None:
    with pytest.raises(ConnectionFailed) as failure:
        gadgets.connect("Camera", device_id="9")
    assert str(failure.value) == (
        "Camera: connecting device '9' failed in the driver with LookupError: there is no camera 9; there are 0 and 1"
    )
    assert failure.value.device == "Camera"
    assert 'raise LookupError(f"there is no camera' in failure.value.__cause__.driver_traceback  # type: ignore[union-attr]
    assert gadgets.log() == ["open", "make_safe", "close"]


def test_an_unknown_driver_is_missed_with_those_that_there_are(gadgets: Gadgets) -> None:
    with pytest.raises(DriverNotFound, match="no driver 'Camra' is installed; there are: Camera, Zoo"):
        connect(ConnectionSettings("Camra", 0, "0"), timeout=20)
    with pytest.raises(DeviceNotFound, match=r"Did you mean Camera\?"):
        connect("Camra", timeout=20)


def test_a_connection_that_takes_too_long_is_given_up_and_the_driver_may_clean_up(gadgets: Gadgets) -> None:
    start = time.monotonic()
    with pytest.raises(DeviceTimeout, match=r"Faulty: connecting device '0' was not finished within .*now: sleep"):
        gadgets.connect("Faulty", timeout=1.5, Stage="open", Kind="sleep")
    assert time.monotonic() - start < 20
    assert gadgets.log() == ["open", "make_safe", "close"]


def test_closing_twice_and_using_a_closed_device(gadgets: Gadgets) -> None:
    group = gadgets.connect("Camera")
    camera = group.primary_device()
    group.close()
    group.close()
    assert gadgets.log() == ["open", "make_safe", "close"]
    for use in (
        lambda: camera.get_parameter("Rows"),
        lambda: camera.set_parameter("Rows", 3),
        lambda: camera.start_acquisition(),
        lambda: camera.retrieve_buffer(0.1),
        lambda: camera.values(),
        lambda: camera.setup_internal_buffers(5),
    ):
        with pytest.raises(DeviceLost, match=r"Camera (is not connected any more|was disconnected).*connect it again"):
            use()
    camera.stop_acquisition()
    assert "closed" in repr(group)


def test_a_device_can_be_connected_again_at_once_after_its_driver_has_died(gadgets: Gadgets) -> None:
    camera = gadgets.connect("Camera").primary_device()
    camera.set_parameter("CrashAt", 2)
    with pytest.raises(DriverCrashed), camera.acquire() as acquisition:
        for _ in acquisition.buffers(10, timeout=20.0):
            pass
    assert not camera.connected
    again = gadgets.connect("Camera").primary_device()
    assert again.connected
    with again.acquire() as acquisition:
        assert sum(1 for _ in acquisition.buffers(10, timeout=20.0)) == 10


def test_a_camera_with_a_light_of_its_own_is_a_group_of_two(gadgets: Gadgets) -> None:
    group = gadgets.connect("Combo")
    camera, light = group.devices()
    assert (camera.type, light.type) == (DriverType.Instrument, DriverType.LightControl)
    assert group.primary_device() is camera
    assert light.set_parameter("Intensity", 40) == 40.0
    assert camera.get_parameter("Rows") == 4
    group.close()
    assert not light.connected
    assert [line for line in gadgets.log() if line.startswith("own")] == ["own 100", "own 40", "own 0", "own closed"]


def test_several_devices_may_be_connected_side_by_side(gadgets: Gadgets) -> None:
    with ThreadPoolExecutor(4) as pool:
        cameras = [g.primary_device() for g in pool.map(lambda _: gadgets.connect("Camera"), range(4))]
    for rows, camera in enumerate(cameras, start=1):
        camera.set_parameter("Rows", rows)
    assert [camera.get_parameter("Rows") for camera in cameras] == [1, 2, 3, 4]
    with cameras[0].acquire() as one, cameras[1].acquire() as other:
        for first, second in zip(one.buffers(50, timeout=20.0), other.buffers(50, timeout=20.0), strict=True):
            assert first.data.shape == (1, 6)
            assert second.data.shape == (2, 6)


def test_a_group_is_closed_when_the_block_ends_by_an_error(gadgets: Gadgets) -> None:
    group = gadgets.connect("Camera")
    with pytest.raises(ZeroDivisionError), group:
        raise ZeroDivisionError
    assert not group.connected
    assert gadgets.log()[-1] == "close"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_forked_process_cannot_use_the_device_and_does_not_harm_it(gadgets: Gadgets) -> None:
    camera = gadgets.connect("Camera").primary_device()
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if not pid:
        try:
            camera.get_parameter("Rows")
        except DeviceLost as error:
            os.write(writer, str(error).encode())
        camera.group.close()
        os._exit(0)
    os.waitpid(pid, 0)
    text = os.read(reader, 1000).decode()
    assert f"was asked for in a forked process; the device belongs to process {os.getpid()}" in text
    os.close(reader)
    os.close(writer)
    assert camera.get_parameter("Rows") == 4
