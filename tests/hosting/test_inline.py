"""A driver in a thread of this process behaves as one in a process of its own."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pymodaq_hsi.devices import BufferContainer, ConnectionSettings, DeviceGroup, connect, enumerate_devices
from pymodaq_hsi.drivers import AccessMode, DriverType, LightState
from pymodaq_hsi.errors import (
    AcquisitionError,
    BufferReturned,
    ConnectionFailed,
    DeviceLost,
    DriverError,
    ParameterError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Gadgets

Connect = Any


@pytest.fixture(params=["process", "inline"])
def join(request: pytest.FixtureRequest, gadgets: Gadgets) -> Iterator[Connect]:
    """Connect a driver of tests/fault_plugins in the one way or the other."""

    def connect_it(name: str, **parameters: object) -> Any:
        kind = {"Lamp": DriverType.LightControl, "Stage": DriverType.Actuator}.get(name, DriverType.Instrument)
        settings = ConnectionSettings(name, kind, "0", {"Log": str(gadgets.log_file)} | parameters)
        group = DeviceGroup(settings, known={}, hosting=request.param)
        gadgets.groups.append(group)
        assert (group.pid == os.getpid()) == (request.param == "inline")
        return group.primary_device()

    threads = set(threading.enumerate())
    yield connect_it
    gadgets.close()
    assert not {thread.name for thread in set(threading.enumerate()) - threads if thread.name.endswith("driver")}


def test_frames_come_in_order_and_views_end_with_their_buffers(join: Connect, gadgets: Gadgets) -> None:
    camera = join("Camera")
    camera.set_parameter("WaitsForReader", True)
    with camera.acquire() as acquisition:
        for expected, buffer in enumerate(acquisition.buffers(20, timeout=20.0)):
            view = buffer.data
            assert (buffer.number, int(view[0, 0])) == (expected, expected)
    with pytest.raises(BufferReturned):
        view.sum()
    camera.group.close()
    assert gadgets.log() == ["open", "start None", "stop", "make_safe", "close"]


def test_frames_that_nobody_takes_are_counted(join: Connect) -> None:
    camera = join("Camera")
    camera.set_parameter("FrameLimit", 12)
    with camera.acquire(buffer_count=5) as acquisition:
        waited = threading.Event()
        while camera.dropped < 7:
            waited.wait(0.01)
        assert [buffer.number for buffer in acquisition.buffers(5, timeout=20.0)] == [0, 1, 2, 3, 4]
        assert camera.dropped == 7


def test_parameters_limits_and_notifications(join: Connect, gadgets: Gadgets) -> None:
    key = gadgets.log_file.with_name("key")
    key.write_text("")
    zoo = join("Zoo", Key=str(key))
    told: list[str] = []
    zoo.on_parameters_changed(lambda specs: told.extend(spec.name for spec in specs))
    assert zoo.set_parameter("ExposureTime", 20.1) == 20.0
    assert zoo.parameter_list()["Rate"].maximum == pytest.approx(1000 / 20.1)
    zoo.set_parameter("Mode", "Slow")
    assert zoo.parameter_list()["Count"].access is AccessMode.ReadOnly
    assert {"ExposureTime", "Rate", "Count"} <= set(told)
    with pytest.raises(ParameterError, match="Zoo: ExposureTime = 5000 is refused: it takes a number from"):
        zoo.set_parameter("ExposureTime", 5000)
    zoo.execute("Zero")
    assert zoo.get_parameter("Label") == "zeroed äöü 漢字 \U0001f52c"


def test_faults_are_the_same_exceptions(join: Connect) -> None:
    with pytest.raises(ConnectionFailed, match="Faulty: connecting device '0' failed in the driver with ValueError"):
        join("Faulty", Stage="open", Kind="raises")
    camera = join("Faulty", Stage="grab", Kind="system_exit")
    with camera.acquire() as acquisition:
        frames = acquisition.buffers(10, timeout=20.0)
        with pytest.raises(
            DriverError, match="grabbing a frame failed in the driver with SystemExit: leaving"
        ) as raised:
            list(frames)
    assert "faults.py" in raised.value.driver_traceback
    assert camera.connected
    with pytest.raises(AcquisitionError, match="too few"):
        camera.setup_internal_buffers(1)
    camera.group.close()
    with pytest.raises(DeviceLost):
        camera.values()


def test_a_changed_geometry_ends_the_acquisition_with_both_shapes(join: Connect) -> None:
    camera = join("Camera")
    camera.set_parameter("OtherShapeAt", 2)
    with pytest.raises(ValueError, match=r"\(463, 463\).*\(4, 6\)"), camera.acquire() as acquisition:
        for _ in acquisition.buffers(10, timeout=20.0):
            pass


def test_dark_references_and_what_devices_tell_each_other(join: Connect) -> None:
    lamp, camera = join("Lamp"), join("Camera")
    assert '"light": 100.0' in camera.get_parameter("Surroundings")
    container = BufferContainer(camera, 3)
    with camera.acquire(reference_name="DarkReference") as acquisition:
        assert lamp.state is LightState.ForcedOff
        assert '"light": 0.0' in camera.get_parameter("Surroundings")
        for buffer in acquisition.buffers(3, timeout=20.0):
            container.add(buffer)
    assert lamp.state is LightState.Parametrized
    np.testing.assert_array_equal(container.data[:, 0, 0], [0, 1, 2])


def test_a_stage_moves_and_is_stopped(join: Connect) -> None:
    stage = join("Stage")
    assert stage.move_to(5.0) == 5.0
    stage.set_parameter("Speed", 1.0)
    stage.move_to(50.0, timeout=None)
    stage.stop()
    assert not stage.moving
    assert stage.position < 50.0


def test_it_is_connected_again(join: Connect) -> None:
    camera = join("Camera")
    camera.set_parameter("Rows", 7)
    camera.group.close()
    camera.group.reconnect()
    with camera.acquire() as acquisition:
        assert next(acquisition.buffers(1, timeout=20.0)).data.shape == (7, 6)


def test_enumeration_finds_the_same(gadget_room: Gadgets) -> None:
    one, other = (enumerate_devices(hosting=way, timeout=10.0) for way in ("process", "inline"))  # type: ignore[arg-type]
    assert [device.identity for device in one.devices] == [device.identity for device in other.devices]
    assert one.devices
    assert not other.errors


def test_a_loop_without_end_is_interrupted_and_the_device_closed(gadgets: Gadgets) -> None:
    settings = ConnectionSettings(
        "Faulty", DriverType.Instrument, "0", {"Stage": "set", "Kind": "loop", "Log": str(gadgets.log_file)}
    )
    group = connect(settings, hosting="inline")
    device = group.primary_device()
    device.timeout = 0.1
    with pytest.raises(TimeoutError, match="setting Value to 1 was not finished within"):
        device.set_parameter("Value", 1)
    group.close()
    assert gadgets.log()[-2:] == ["make_safe", "close"]
    assert not any(thread.name == "Faulty driver" for thread in threading.enumerate())


def test_a_way_of_hosting_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match='there is no hosting \'thread\'; it is "process" or "inline"'):
        enumerate_devices(hosting="thread")  # type: ignore[arg-type]
