"""Lights: dark for dark references and back again whatever happens, and what devices tell each other."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from pymodaq_hsi.devices import AcquisitionParameters, force_lights_off
from pymodaq_hsi.drivers import LightState
from pymodaq_hsi.errors import DeviceTimeout, DriverCrashed, DriverError

if TYPE_CHECKING:
    from conftest import Gadgets


def of(gadgets: Gadgets, lamp: str) -> list[str]:
    """Return what a lamp has noted down, its brightness after each change."""
    return [line.removeprefix(f"{lamp} ") for line in gadgets.log() if line.startswith(f"{lamp} ")]


def until(condition: Any, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def lamp(gadgets: Gadgets) -> Any:
    return gadgets.connect("Lamp").primary_device()


def test_the_users_parameters_and_the_applications_state(lamp: Any, gadgets: Gadgets) -> None:
    assert lamp.state is LightState.Parametrized
    lamp.set_parameter("Intensity", 30)
    lamp.set_state(LightState.ForcedOff)
    assert lamp.state is LightState.ForcedOff
    lamp.set_parameter("Intensity", 60)
    lamp.set_parameter("Enabled", True)
    lamp.set_state(LightState.Parametrized)
    lamp.set_parameter("Enabled", False)
    lamp.set_state(LightState.ForcedOff)
    lamp.set_state(LightState.Parametrized)
    assert lamp.get_parameter("Intensity") == 60
    lamp.group.close()
    assert of(gadgets, "lamp") == ["100", "30", "0", "0", "0", "60", "0", "0", "0", "0", "closed"]


def test_a_switch_waits_until_the_light_is_steady(lamp: Any) -> None:
    lamp.set_parameter("SettleTime", 150)
    start = time.monotonic()
    assert lamp.set_state(LightState.ForcedOff) == 0.15
    assert time.monotonic() - start >= 0.15
    lamp.set_parameter("SettleTime", 20_000)
    start = time.monotonic()
    assert lamp.set_state(LightState.Parametrized, settle=False) == 20.0
    assert time.monotonic() - start < 15
    lamp.set_parameter("SettleTime", 0)


def test_all_lights_are_dark_for_a_dark_reference_and_as_they_were_afterwards(gadgets: Gadgets) -> None:
    one, other = (gadgets.connect("Lamp", Name=name).primary_device() for name in ("one", "other"))
    other.set_parameter("Enabled", False)
    third = gadgets.connect("Lamp", Name="third").primary_device()
    third.set_state(LightState.ForcedOff)
    combo = gadgets.connect("Combo").primary_device()
    for reference in ("WhiteReference", None):
        with combo.acquire(reference_name=reference):
            assert one.state is LightState.Parametrized
    with combo.acquire(reference_name="DarkReference"):
        assert [lamp.state for lamp in (one, other, third)] == [LightState.ForcedOff] * 3
        assert combo.group.devices()[1].state is LightState.ForcedOff
        assert of(gadgets, "one")[-1] == of(gadgets, "own")[-1] == "0"
    assert [lamp.state for lamp in (one, other, third)] == [
        LightState.Parametrized,
        LightState.Parametrized,
        LightState.ForcedOff,
    ]
    assert (of(gadgets, "one")[-1], of(gadgets, "other")[-1], of(gadgets, "third")[-1]) == ("100", "0", "0")
    assert of(gadgets, "own")[-1] == "100"


@pytest.mark.parametrize("end", ["error", "start fails", "camera crashes", "camera is closed", "camera raises"])
def test_lights_are_put_back_however_the_dark_reference_ends(gadgets: Gadgets, lamp: Any, end: str) -> None:
    camera = gadgets.connect("Camera").primary_device()
    dark = AcquisitionParameters(reference_name="DarkReference")
    if end == "error":
        with pytest.raises(ZeroDivisionError), camera.acquire(reference_name="DarkReference"):
            raise ZeroDivisionError
    elif end == "start fails":
        camera.set_parameter("StartError", "no")
        with pytest.raises(DriverError):
            camera.start_acquisition(dark)
    elif end == "camera crashes":
        camera.start_acquisition(dark)
        assert of(gadgets, "lamp")[-1] == "0"
        psutil.Process(camera._host.pid).kill()
    elif end == "camera is closed":
        camera.start_acquisition(dark)
        camera.group.close()
    else:
        camera.set_parameter("RaiseAt", 2)
        with pytest.raises(DriverError), camera.acquire(reference_name="DarkReference") as acquisition:
            for _ in acquisition.buffers(5, timeout=20.0):
                pass
    until(lambda: lamp.state is LightState.Parametrized)
    assert of(gadgets, "lamp")[-1] == "100"


def test_a_start_that_hangs_puts_the_lights_back_and_does_not_start_later(gadgets: Gadgets, lamp: Any) -> None:
    camera = gadgets.connect("Faulty", Stage="start", Kind="sleep").primary_device()
    camera.timeout = 0.3
    with pytest.raises(DeviceTimeout, match=r"starting an acquisition was not finished within 0.3 s"):
        camera.start_acquisition(AcquisitionParameters(reference_name="DarkReference"))
    assert lamp.state is LightState.Parametrized
    assert not camera.acquiring


def test_a_light_that_cannot_be_switched_off_stops_the_dark_reference_and_the_others_are_put_back(
    gadgets: Gadgets, lamp: Any
) -> None:
    stuck = gadgets.connect("Lamp", Name="stuck", FailOn="ForcedOff").primary_device()
    camera = gadgets.connect("Camera").primary_device()
    with pytest.raises(
        DriverError, match="Lamp: switching the light failed in the driver with OSError: the relay sticks"
    ):
        camera.start_acquisition(AcquisitionParameters(reference_name="DarkReference"))
    assert not camera.acquiring
    assert stuck.state is lamp.state is LightState.Parametrized
    assert of(gadgets, "lamp")[-1] == "100"
    assert "start DarkReference" not in gadgets.log()


def test_a_light_that_dies_in_the_dark_does_not_hold_the_others_back(gadgets: Gadgets, lamp: Any) -> None:
    dying = gadgets.connect("Lamp", Name="dying").primary_device()
    camera = gadgets.connect("Camera").primary_device()
    with camera.acquire(reference_name="DarkReference"):
        psutil.Process(dying._host.pid).kill()
        until(lambda: not dying.connected)
    assert lamp.state is LightState.Parametrized
    with pytest.raises(
        DriverCrashed, match=r"was ended by SIGKILL \(by somebody, or by the system for lack of memory\)"
    ):
        dying.set_state(LightState.Parametrized)


def test_of_two_dark_references_at_once_the_last_to_end_puts_the_lights_back(gadgets: Gadgets, lamp: Any) -> None:
    first, second = (gadgets.connect("Camera").primary_device() for _ in range(2))
    first.start_acquisition(AcquisitionParameters(reference_name="DarkReference"))
    second.start_acquisition(AcquisitionParameters(reference_name="DarkReference"))
    first.stop_acquisition()
    assert lamp.state is LightState.ForcedOff
    second.stop_acquisition()
    assert lamp.state is LightState.Parametrized
    assert of(gadgets, "lamp") == ["100", "0", "100"]


def test_the_second_to_ask_for_the_dark_waits_for_it_too(lamp: Any) -> None:
    lamp.set_parameter("SettleTime", 300)
    start = time.monotonic()
    thread = threading.Thread(target=lambda: force_lights_off([lamp])())
    thread.start()
    until(lambda: lamp.state is LightState.ForcedOff)
    restore = force_lights_off([lamp])
    assert time.monotonic() - start >= 0.29
    restore()
    restore()
    thread.join()
    assert lamp.state is LightState.Parametrized


def test_devices_see_what_the_others_publish_while_they_are_there(gadgets: Gadgets) -> None:
    def seen(camera: Any) -> dict[str, Any]:
        return {s["driver"]: s for s in json.loads(camera.get_parameter("Surroundings")).values()}

    early = gadgets.connect("Lamp").primary_device()
    camera = gadgets.connect("Camera").primary_device()
    stage = gadgets.connect("Stage").primary_device()
    assert seen(camera) == {"Lamp": {"driver": "Lamp", "light": 100.0}}
    for level in range(50):
        early.set_parameter("Intensity", level)
        assert seen(camera)["Lamp"]["light"] == level
    stage.set_parameter("Position", 5)
    assert seen(camera)["Stage"]["target"] == 5
    early.group.close()
    assert seen(camera).keys() == {"Stage"}
    psutil.Process(stage._host.pid).kill()
    until(lambda: not seen(camera))


def test_a_light_that_is_closed_is_off(lamp: Any, gadgets: Gadgets) -> None:
    lamp.group.close()
    assert of(gadgets, "lamp") == ["100", "0", "closed"]
