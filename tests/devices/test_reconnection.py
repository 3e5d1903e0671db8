"""A device that was lost is connected again without a restart: the same objects, the same settings."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from pymodaq_hsi.devices import BufferContainer, connect, enumerate_devices
from pymodaq_hsi.drivers import LightState
from pymodaq_hsi.errors import ConnectionFailed, DeviceLost, DeviceTimeout, DriverCrashed, HsiError, ParameterError

if TYPE_CHECKING:
    from conftest import Gadgets, PluginSite

BUS = """
import json
from pathlib import Path
from pymodaq_hsi.drivers import *
BUS = Path(__file__).with_name("bus.json")

class Driver(ActuatorDriver):
    name = "Plugged"
    gain = FloatParameter("Gain", default=1.0, minimum=0.0, maximum=10.0, affects_reference=True)
    @classmethod
    def enumerate(cls):
        devices = json.loads(BUS.read_text())
        return [DeviceInfo(id, "Plugged", serial_number=serial) for id, (serial, _) in devices.items()]
    def open(self, device_id, settings):
        devices = json.loads(BUS.read_text())
        if device_id not in devices:
            raise LookupError(f"nothing at {device_id}")
        serial, most = devices[device_id]
        self.info = DeviceInfo(device_id, "Plugged", serial_number=serial)
        self.parameters.update("Gain", maximum=most)
    def read_position(self): return 0.0

@hookimpl
def pymodaq_hsi_drivers(): return [Driver]
"""


class Bus:
    """Devices that can be plugged in and out: port to serial number and highest gain."""

    def __init__(self, site: PluginSite) -> None:
        site.install("plugged", BUS)
        self._file = site.folder / "bus.json"

    def has(self, **devices: tuple[str, float]) -> None:
        self._file.write_text(json.dumps(devices))


@pytest.fixture
def bus(site: PluginSite) -> Bus:
    return Bus(site)


def kill(device: Any) -> None:
    process = psutil.Process(device._host.pid)
    process.kill()
    with pytest.raises(
        DriverCrashed, match=r"was ended by SIGKILL .*; connect it again \(its group can: reconnect\(\)"
    ):
        device.get_parameter(device.all_parameters().parameter_names()[0])
    assert not device.connected


def test_a_lost_camera_is_connected_again_as_it_was_and_the_others_go_on(gadgets: Gadgets) -> None:
    other = gadgets.connect("Camera").primary_device()
    other.set_parameter("FrameRate", 200)
    camera = gadgets.connect("Camera").primary_device()
    parameters = camera.parameter_list()
    camera.set_parameter("Rows", 7)
    camera.set_parameter("PixelFormat", "uint8")
    camera.setup_internal_buffers(12)
    before, stored = camera.settings(), camera.reference_settings()
    told: list[set[str]] = []
    camera.on_parameters_changed(lambda specs: told.append({spec.name for spec in specs}))
    other.setup_internal_buffers(2000)
    with other.acquire() as undisturbed:
        camera.start_acquisition()
        kept = camera.retrieve_buffer(5.0)
        kill(camera)
        camera.group.reconnect()
        numbers = [buffer.number for buffer in undisturbed.buffers(20, timeout=20.0)]
    assert numbers == list(range(20))
    assert camera.connected
    assert not camera.acquiring
    assert camera.group.primary_device() is camera
    assert camera.parameter_list() is parameters
    assert camera.settings() == before
    assert camera.reference_settings() == stored
    assert camera.buffer_count == 12
    assert any("Rows" in names for names in told)
    assert kept.data.shape == (7, 6)
    container = BufferContainer(camera, 3)
    with camera.acquire(12) as acquisition:
        for buffer in acquisition.buffers(3, timeout=20.0):
            container.add(buffer)
    assert (container.data.shape, container.data.dtype) == ((3, 7, 6), "uint8")
    kept.release()


def test_settings_that_limit_each_other_come_back_in_an_order_that_the_device_takes(
    gadgets: Gadgets, tmp_path: Any
) -> None:
    (tmp_path / "key").touch()
    zoo = gadgets.connect("Zoo", Key=tmp_path / "key").primary_device()
    for name, value in {"Secret": "x", "ExposureTime": 5, "Rate": 150, "Mode": "Quick"}.items():
        zoo.set_parameter(name, value)
    zoo.set_parameter("ExposureTime", 6)  # now the last; on a new device it has to come before the rate
    before = zoo.values()
    kill(zoo)
    zoo.group.reconnect()
    assert zoo.values() == before
    assert zoo.get_parameter("Rate") == 150.0


def test_a_device_that_has_come_back_at_another_place_is_found_by_its_identity(bus: Bus) -> None:
    bus.has(usb1=("A", 10.0), usb2=("B", 10.0))
    with connect(enumerate_devices(timeout=30).device("Plugged:A")) as group:
        device = group.primary_device()
        device.set_parameter("Gain", 3.5)
        kill(device)
        bus.has(usb1=("B", 10.0), usb7=("A", 10.0))
        group.reconnect()
        assert (device.serial_number, group.settings.id) == ("A", "usb7")
        assert device.get_parameter("Gain") == 3.5
        assert device.identity == "Plugged:A"
    assert enumerate_devices(timeout=30).device("Plugged:A").id == "usb7"


def test_another_device_in_the_place_of_the_lost_one_is_refused_until_that_is_back(bus: Bus) -> None:
    bus.has(usb1=("A", 10.0))
    with connect(enumerate_devices(timeout=30).device("Plugged")) as group:
        device = group.primary_device()
        device.set_parameter("Gain", 2)
        bus.has(usb1=("B", 10.0))
        with pytest.raises(ConnectionFailed, match=r"another device answers at 'usb1': Plugged B instead of Plugged A"):
            group.reconnect()
        bus.has()
        with pytest.raises(ConnectionFailed, match="nothing at usb1"):
            group.reconnect()
        assert not group.connected
        with pytest.raises(DeviceLost, match="is not connected any more"):
            device.get_parameter("Gain")
        bus.has(usb3=("A", 10.0))
        group.reconnect()
        assert device.get_parameter("Gain") == 2.0


def test_settings_that_the_device_does_not_take_any_more_are_named_and_the_rest_is_set(bus: Bus) -> None:
    bus.has(usb1=("A", 10.0))
    with connect(enumerate_devices(timeout=30).device("Plugged")) as group:
        device = group.primary_device()
        device.set_parameter("Gain", 8)
        bus.has(usb1=("A", 4.0))
        with pytest.raises(ParameterError, match=r"connected again, but not as it was: Plugged: Gain = 8 .* to 4"):
            group.reconnect()
        assert group.connected
        assert device.get_parameter("Gain") == 1.0


def test_a_light_is_as_dark_and_as_dimmed_as_before_and_its_user_is_asked_nothing(gadgets: Gadgets) -> None:
    lamp = gadgets.connect("Lamp", Name="hall").primary_device()
    lamp.set_parameter("Intensity", 30)
    lamp.set_state(LightState.ForcedOff)
    kill(lamp)
    lamp.group.reconnect()
    assert lamp.state is LightState.ForcedOff
    lamp.set_state(LightState.Parametrized)
    assert gadgets.log()[-4:] == ["hall 100", "hall 0", "hall 0", "hall 30"]


def test_a_light_that_was_lost_in_the_dark_is_lit_again_when_the_dark_is_over(gadgets: Gadgets) -> None:
    lamp = gadgets.connect("Lamp", Name="hall").primary_device()
    lamp.hold_dark()
    kill(lamp)
    lamp.release_dark()
    lamp.group.reconnect()
    assert lamp.state is LightState.Parametrized
    assert gadgets.log()[-1] == "hall 100"


def test_a_stage_does_not_move_by_itself(gadgets: Gadgets) -> None:
    stage = gadgets.connect("Stage").primary_device()
    stage.set_parameter("Speed", 5000)
    stage.move_to(20.0)
    kill(stage)
    stage.group.reconnect()
    assert stage.position == 0.0
    assert stage.get_parameter("Speed") == 5000.0


def test_a_camera_with_a_light_of_its_own_comes_back_whole(gadgets: Gadgets) -> None:
    camera, light = gadgets.connect("Combo").devices()
    light.set_parameter("Intensity", 40)
    kill(light)
    assert not camera.connected
    camera.group.reconnect()
    assert camera.group.devices() == [camera, light]
    assert light.get_parameter("Intensity") == 40.0


def test_a_driver_that_hangs_and_a_group_that_was_closed_can_be_connected_again(gadgets: Gadgets) -> None:
    hanging = gadgets.connect("Faulty", Stage="set", Kind="sleep").primary_device()
    hanging.timeout = 0.3
    with pytest.raises(DeviceTimeout, match="setting Value to 1"):
        hanging.set_parameter("Value", 1)
    hanging.group.reconnect()
    assert hanging.get_parameter("Value") == 0
    hanging.group.close()
    hanging.group.reconnect()
    assert hanging.connected


def test_a_device_that_cannot_be_opened_again_in_time_leaves_the_group_closed(gadgets: Gadgets) -> None:
    group = gadgets.connect("Camera")
    camera = group.primary_device()
    group.settings.id = "9"
    camera.serial_number = ""
    with pytest.raises(ConnectionFailed, match="there is no camera 9"):
        group.reconnect(timeout=20)
    assert not camera.connected
    group.settings.id = "0"
    group.reconnect(timeout=20)
    assert camera.connected


def test_who_wants_to_know_is_told_of_a_loss_at_once_and_once_and_closing_is_no_loss(gadgets: Gadgets) -> None:
    group = gadgets.connect("Faulty", Stage="set", Kind="os_exit")
    device = group.primary_device()
    reasons: list[HsiError] = []
    told = threading.Event()

    def mistaken(error: DeviceLost) -> None:
        raise ZeroDivisionError

    group.on_lost(mistaken)
    end = group.on_lost(lambda error: (reasons.append(error), told.set()))
    with pytest.raises(DriverCrashed):
        device.set_parameter("Value", 1)
    assert told.wait(20.0)
    (reason,) = reasons
    assert "Faulty ended by itself with exit code 3" in str(reason)
    assert "now: os_exit" in str(reason)
    group.reconnect()
    end()
    group.close()
    assert len(reasons) == 1


def test_several_are_lost_and_connected_again_at_the_same_time(gadgets: Gadgets) -> None:
    cameras = [gadgets.connect("Camera").primary_device() for _ in range(4)]
    for rows, camera in enumerate(cameras, start=1):
        camera.set_parameter("Rows", rows)
        psutil.Process(camera._host.pid).kill()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda camera: camera.group.reconnect(), cameras))
    assert [camera.get_parameter("Rows") for camera in cameras] == [1, 2, 3, 4]
