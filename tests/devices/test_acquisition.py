"""Acquiring frames: numbers, drops, buffers, geometry, stopping and starting."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pymodaq_hsi.devices import AcquisitionParameters, BufferContainer
from pymodaq_hsi.errors import (
    AcquisitionError,
    BufferReturned,
    DeviceLost,
    DeviceTimeout,
    DriverCrashed,
    DriverError,
    FrameGeometryError,
)

if TYPE_CHECKING:
    from conftest import Gadgets


@pytest.fixture(scope="module")
def shared_camera(gadget_room: Gadgets) -> Any:
    return gadget_room.connect("Camera").primary_device()


@pytest.fixture
def camera(shared_camera: Any) -> Any:
    """A camera as it was when it was connected; several tests use the same one after the other."""
    assert shared_camera.connected
    shared_camera.stop_acquisition()
    for spec in shared_camera.parameter_list().parameters():
        if spec.default is not None:
            shared_camera.set_parameter(spec.name, spec.default)
    shared_camera.setup_internal_buffers(10)
    return shared_camera


@pytest.fixture
def own_camera(gadgets: Gadgets) -> Any:
    """A camera that only one test has."""
    return gadgets.connect("Camera").primary_device()


def configure(camera: Any, **values: object) -> Any:
    for name, value in values.items():
        camera.set_parameter(name, value)
    return camera


def take(camera: Any, count: int, numbers: list[int], **options: Any) -> None:
    """Acquire frames and note down their numbers as they come."""
    with camera.acquire(**options) as acquisition:
        numbers.extend(buffer.number for buffer in acquisition.buffers(count, timeout=20.0))


def test_the_plain_form(camera: Any) -> None:
    camera.setup_internal_buffers(7)
    assert camera.buffer_count == 7
    before = time.time()
    camera.start_acquisition(AcquisitionParameters(buffer_count=6))
    assert camera.acquiring
    for number in range(3):
        buffer = camera.retrieve_buffer(5.0)
        assert buffer.number == number
        assert (buffer.data == number).all()
        assert buffer.data.shape == (4, 6)
        assert buffer.data.dtype == np.uint16
        assert buffer.format.dispersion_axis == 1
        assert before <= buffer.timestamp <= time.time()
        assert buffer.timestamp == buffer.timestamp_ns / 1e9
        camera.return_buffer(buffer)
        camera.return_buffer(buffer)
        assert buffer.returned
    camera.stop_acquisition()
    camera.stop_acquisition()
    assert not camera.acquiring


def test_the_with_and_for_form_gives_every_buffer_back(camera: Any) -> None:
    seen = []
    with camera.acquire() as acquisition:
        for buffer in acquisition.buffers(20, timeout=20.0):
            seen.append(buffer)
            assert not buffer.returned
    assert all(buffer.returned for buffer in seen)
    assert not camera.acquiring
    with camera.acquire() as acquisition:
        for buffer in acquisition.buffers():
            if buffer.number > 3:
                break
    assert buffer.returned

    def fail() -> None:
        with camera.acquire() as acquisition:
            next(acquisition.buffers(5))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not camera.acquiring


def test_a_buffer_in_a_with_statement_is_given_back_at_its_end(camera: Any) -> None:
    with camera.acquire():
        with camera.retrieve_buffer(5.0) as buffer:
            view = buffer.data
        assert buffer.returned
        assert "given back" in repr(buffer)
        for use in (lambda: buffer.data, lambda: view.sum(), lambda: buffer.copy()):
            with pytest.raises(BufferReturned):
                use()


def test_a_slow_reader_loses_frames_and_every_loss_is_counted(camera: Any) -> None:
    configure(camera, FrameLimit=400, FrameRate=2000)
    numbers, dropped = [], []
    with camera.acquire(buffer_count=5) as acquisition:
        while (buffer := camera.retrieve_buffer(0.5)) is not None:
            time.sleep(0.002)
            assert (buffer.data == buffer.number).all()
            numbers.append(buffer.number)
            dropped.append(buffer.dropped_before)
            buffer.release()
        total = acquisition.dropped
    gaps = np.diff([-1, *numbers]) - 1
    assert list(gaps) == dropped
    assert sum(dropped) > 0
    assert total == sum(dropped) + (399 - numbers[-1])
    assert camera.dropped == total


def test_a_source_that_waits_loses_nothing(camera: Any) -> None:
    configure(camera, FrameLimit=300, WaitsForReader=True)
    numbers = []
    with camera.acquire(buffer_count=5) as acquisition:
        for buffer in acquisition.buffers(300, timeout=20.0):
            numbers.append(buffer.number)
            if buffer.number % 50 == 0:
                time.sleep(0.05)
        assert camera.retrieve_buffer(0.2) is None
        assert acquisition.dropped == 0
    assert numbers == list(range(300))


def test_gaps_in_the_instruments_own_numbers_are_lost_frames(camera: Any) -> None:
    configure(camera, FrameLimit=100, SkipEvery=10, WaitsForReader=True)
    with camera.acquire() as acquisition:
        buffers = [(b.number, b.dropped_before) for b in acquisition.buffers(100, timeout=20.0)]
        assert acquisition.dropped == 9
    assert [number for number, lost in buffers if lost] == [11 * n for n in range(1, 10)]
    assert sum(lost for _, lost in buffers) == 9


def test_sixteen_bit_ids_that_wrap_are_no_lost_frames_and_those_lost_at_the_wrap_are_counted(camera: Any) -> None:
    configure(camera, FirstId=65530, WaitsForReader=True)
    with camera.acquire(10) as acquisition:
        assert [(buffer.number, buffer.dropped_before) for buffer in acquisition.buffers(9, timeout=20.0)] == [
            (number, 0) for number in range(9)
        ]
        assert acquisition.dropped == 0
    configure(camera, SkipEvery=4)
    with camera.acquire(10) as acquisition:
        lost = {buffer.number: buffer.dropped_before for buffer in acquisition.buffers(10, timeout=20.0)}
    assert lost == {0: 0, 1: 0, 2: 0, 3: 0, 5: 1, 6: 0, 7: 0, 8: 0, 10: 1, 11: 0}


def test_no_frame_in_time_is_none_and_in_the_for_form_an_error_that_says_how_far_it_came(camera: Any) -> None:
    configure(camera, FrameLimit=2)
    with camera.acquire() as acquisition:
        assert camera.retrieve_buffer(5.0).number == 0
        start = time.monotonic()
        with pytest.raises(DeviceTimeout, match=r"Camera: no frame within 0\.2 s; 1 of 9 came before, 0 were dropped"):
            for _ in acquisition.buffers(9, timeout=0.2):
                pass
        assert camera.retrieve_buffer(0.1) is None
        assert camera.retrieve_buffer(0) is None
        assert 0.3 <= time.monotonic() - start < 20.0


def test_who_keeps_all_buffers_is_told_so(camera: Any) -> None:
    configure(camera, FrameRate=500)
    with camera.acquire(buffer_count=5) as acquisition:
        kept = [camera.retrieve_buffer(5.0) for _ in range(5)]
        assert camera.held == 5
        with pytest.raises(DeviceTimeout, match="all 5 buffers are held by the application; give some back"):
            next(acquisition.buffers(1, timeout=0.3))
        kept.pop().release()
        buffer = next(acquisition.buffers(1, timeout=20.0))
        assert buffer.dropped_before > 0


def test_buffers_may_be_given_back_in_any_order(camera: Any) -> None:
    configure(camera, FrameRate=2000)
    random = np.random.default_rng(1)
    held: list[Any] = []
    with camera.acquire(buffer_count=8) as acquisition:
        for buffer in (camera.retrieve_buffer(5.0) for _ in range(300)):
            held.append(buffer)
            if len(held) > 3:
                one = held.pop(int(random.integers(len(held))))
                assert (one.data == one.number).all()
                one.release()
        assert acquisition.dropped >= 0


def test_frames_in_hand_survive_stop_start_new_buffers_close_and_the_death_of_the_driver(gadgets: Gadgets) -> None:
    camera = gadgets.connect("Camera").primary_device()
    kept = []

    def keep() -> None:
        with camera.acquire() as acquisition:
            number = len(kept)
            for buffer in (camera.retrieve_buffer(5.0) for _ in range(number + 1)):
                if buffer.number == number:
                    kept.append((number, buffer, np.asarray(buffer.data)))
                else:
                    buffer.release()
            assert acquisition.dropped >= 0

    keep()
    keep()
    camera.setup_internal_buffers(9)
    configure(camera, Rows=300, Columns=300)
    keep()
    camera.set_parameter("CrashAt", 60)
    with pytest.raises(DriverCrashed):
        take(camera, 1000, [])
    assert not camera.connected
    for number, buffer, array in kept:
        assert (buffer.data == number).all()
        assert (array == number).all()
    camera.group.close()
    for number, buffer, array in kept:
        assert (buffer.data == number).all()
        buffer.release()
        assert (array == number).all()
    del array
    kept.clear()


def test_plain_arrays_of_a_returned_frame_never_show_another_frame(camera: Any) -> None:
    configure(camera, FrameRate=3000)
    arrays: list[tuple[int, Any]] = []
    with camera.acquire(buffer_count=9):
        for _ in range(400):
            buffer = camera.retrieve_buffer(5.0)
            arrays.append((buffer.number, np.asarray(buffer.data)[1:, ::2]))
            buffer.release()
            for number, array in arrays:
                assert array.min() == array.max() == number
            if len(arrays) > 4:
                del array
                arrays.pop(0)


@pytest.mark.parametrize("count", [4, 0, -1])
def test_too_few_buffers_are_refused(camera: Any, count: int) -> None:
    with pytest.raises(AcquisitionError, match=f"Camera: {count} buffers are too few; set up 5 or more"):
        camera.setup_internal_buffers(count)


@pytest.mark.parametrize("count", ["5", None, 5.5])
def test_a_number_of_buffers_that_is_none_is_refused(camera: Any, count: Any) -> None:
    with pytest.raises(AcquisitionError, match="is not a number of buffers; give an integer"):
        camera.setup_internal_buffers(count)
    with pytest.raises(AcquisitionError, match="is not a number of buffers; give an integer"):
        camera.start_acquisition(AcquisitionParameters(count))
    with pytest.raises(AcquisitionError, match="is not a number of frames; give an integer"):
        BufferContainer(camera, count)


def test_more_buffers_than_are_set_up_are_refused(camera: Any) -> None:
    camera.setup_internal_buffers(6)
    for count in (7, 0):
        with pytest.raises(AcquisitionError, match=f"{count} buffers were asked for, 6 are set up"):
            camera.start_acquisition(AcquisitionParameters(buffer_count=count))
    with camera.acquire(buffer_count=1) as acquisition:
        assert sum(1 for _ in acquisition.buffers(3, timeout=20.0)) == 3


def test_more_memory_than_there_is_is_refused_and_the_buffers_that_were_there_stay(camera: Any) -> None:
    camera.setup_internal_buffers(6)
    configure(camera, Rows=2000, Columns=2000)
    with pytest.raises(AcquisitionError, match=r"cannot reserve \d+ MiB of shared memory .* ask for fewer buffers"):
        camera.setup_internal_buffers(10_000_000)
    configure(camera, Rows=4)
    with camera.acquire() as acquisition:
        assert next(acquisition.buffers(1, timeout=20.0)).data.shape == (4, 2000)


def test_what_makes_no_sense_in_the_present_state_is_refused(camera: Any) -> None:
    with pytest.raises(AcquisitionError, match="Camera: no acquisition is running; start one"):
        camera.retrieve_buffer(0.1)
    with pytest.raises(AcquisitionError, match=r'no reference .Dark.; it is "WhiteReference", "DarkReference" or None'):
        camera.start_acquisition(AcquisitionParameters(reference_name="Dark"))
    with camera.acquire():
        with pytest.raises(
            AcquisitionError, match="cannot start another while an acquisition is running; stop it first"
        ):
            camera.start_acquisition()
        with pytest.raises(AcquisitionError, match="cannot set up buffers while an acquisition is running"):
            camera.setup_internal_buffers(5)


def test_the_driver_is_told_what_the_frames_are_for(own_camera: Any, gadgets: Gadgets) -> None:
    camera = own_camera
    for reference in ("WhiteReference", "DarkReference", None):
        with camera.acquire(reference_name=reference):
            pass
    assert [line for line in gadgets.log() if "st" in line] == [
        "start WhiteReference",
        "stop",
        "start DarkReference",
        "stop",
        "start None",
        "stop",
    ]


def test_buffers_grow_with_the_region_and_sample_type(camera: Any) -> None:
    camera.setup_internal_buffers(6)
    for values in ({"Rows": 500}, {"PixelFormat": "int64"}, {"Columns": 700}, {"Rows": 2, "PixelFormat": "float32"}):
        configure(camera, **values)
        shape = (camera.get_parameter("Rows"), camera.get_parameter("Columns"))
        with camera.acquire() as acquisition:
            for buffer in acquisition.buffers(3, timeout=20.0):
                assert buffer.data.shape == shape
                assert buffer.data.dtype == np.dtype(camera.get_parameter("PixelFormat"))
                assert (buffer.data == buffer.number).all()
        assert camera.buffer_count == 6


@pytest.mark.parametrize(
    ("shape", "other"), [((640, 224), (463, 463)), ((4, 6), (1, 6)), ((1, 6), (4, 6)), ((4, 6), (6, 4))]
)
def test_the_error_for_another_geometry_names_the_device_and_both_shapes(
    camera: Any, shape: tuple[int, int], other: tuple[int, int]
) -> None:
    configure(camera, Rows=shape[0], Columns=shape[1], OtherShapeAt=0, OtherRows=other[0], OtherColumns=other[1])
    with pytest.raises(FrameGeometryError) as failure, camera.acquire() as acquisition:
        next(acquisition.buffers(1, timeout=20.0))
    text = str(failure.value)
    assert text.startswith("Camera: the instrument delivered a frame of shape")
    assert str(shape) in text
    assert str(other) in text
    assert "uint8" in text
    assert "uint16" in text
    configure(camera, OtherShapeAt=-1)
    with camera.acquire() as acquisition:
        assert sum(buffer.data.shape == shape for buffer in acquisition.buffers(3, timeout=20.0)) == 3


def test_a_frame_of_another_size_in_mid_stream_is_an_error_with_both_after_the_frames_before_it(camera: Any) -> None:
    configure(camera, OtherShapeAt=7, Rows=640, Columns=224)
    numbers: list[int] = []
    with pytest.raises(FrameGeometryError, match=r"\(463, 463\) and type uint8; shape \(640, 224\) and type uint16"):
        take(camera, 20, numbers)
    assert numbers == list(range(7))
    configure(camera, OtherShapeAt=-1)
    with camera.acquire() as acquisition:
        assert next(acquisition.buffers(1, timeout=20.0)).number == 0


def test_a_driver_that_raises_ends_the_acquisition_after_its_last_frame_and_can_start_again(camera: Any) -> None:
    configure(camera, RaiseAt=5, StopError="it sticks")
    camera.start_acquisition()
    for number in range(5):
        assert camera.retrieve_buffer(5.0).number == number
    for _ in range(2):
        with pytest.raises(
            DriverError, match="Camera: grabbing a frame failed in the driver with RuntimeError: the sensor"
        ):
            camera.retrieve_buffer(5.0)
    camera.stop_acquisition()
    configure(camera, RaiseAt=-1, StopError="")
    with camera.acquire() as acquisition:
        assert sum(1 for _ in acquisition.buffers(5, timeout=20.0)) == 5


def test_a_driver_that_crashes_ends_the_acquisition_after_its_last_frame(own_camera: Any) -> None:
    camera = own_camera
    configure(camera, CrashAt=5)
    numbers: list[int] = []
    with pytest.raises(
        DriverCrashed,
        match=r"with exit code 9 while acquiring; connect it again .*reconnect.*. Its last words: the link is down",
    ):
        take(camera, 20, numbers)
    assert numbers == list(range(5))
    with pytest.raises(DriverCrashed):
        camera.start_acquisition()


def test_a_start_or_stop_that_fails_is_told_and_the_device_goes_on(own_camera: Any, gadgets: Gadgets) -> None:
    camera = own_camera
    configure(camera, StartError="no light")
    with pytest.raises(
        DriverError, match="Camera: starting an acquisition failed in the driver with OSError: no light"
    ):
        camera.start_acquisition()
    assert not camera.acquiring
    assert gadgets.log()[-1] == "stop"
    configure(camera, StartError="", StopError="it sticks")
    camera.start_acquisition()
    with pytest.raises(
        DriverError, match="Camera: stopping the acquisition failed in the driver with OSError: it sticks"
    ):
        camera.stop_acquisition()
    assert not camera.acquiring
    configure(camera, StopError="")
    with camera.acquire() as acquisition:
        assert next(acquisition.buffers(1, timeout=20.0)).number == 0


def test_start_and_stop_a_hundred_times(camera: Any) -> None:
    for turn in range(100):
        with camera.acquire(buffer_count=5 - turn % 2) as acquisition:
            for expected, buffer in enumerate(acquisition.buffers(turn % 4, timeout=20.0)):
                assert buffer.number == expected
                assert (buffer.data == expected).all()
    assert camera.connected


def test_one_thread_retrieves_another_sets_and_a_third_stops(camera: Any) -> None:
    configure(camera, FrameRate=1000)
    numbers: list[int] = []
    errors: list[BaseException] = []

    def read() -> None:
        try:
            while True:
                buffer = camera.retrieve_buffer(5.0)
                numbers.append(buffer.number)
                buffer.release()
        except AcquisitionError as error:
            errors.append(error)

    camera.start_acquisition()
    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for value in range(100):
        assert camera.set_parameter("SkipEvery", 0) == 0
        assert camera.get_parameter("Rows") == 4
        assert value >= 0
    start = time.monotonic()
    camera.stop_acquisition()
    for thread in threads:
        thread.join(20)
    assert time.monotonic() - start < 4.0
    assert [str(error) for error in errors] == ["Camera: no acquisition is running; start one"] * 2
    assert sorted(numbers) == sorted(set(numbers))


def test_closing_wakes_a_thread_that_waits_for_a_frame(own_camera: Any) -> None:
    camera = own_camera
    configure(camera, FrameLimit=1)
    camera.start_acquisition()
    camera.retrieve_buffer(5.0).release()
    errors: list[BaseException] = []

    def read() -> None:
        try:
            camera.retrieve_buffer(30.0)
        except DeviceLost as error:
            errors.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.05)
    start = time.monotonic()
    camera.group.close()
    thread.join(20)
    assert time.monotonic() - start < 20.0
    assert "was disconnected" in str(errors[0])


def test_containers_hold_copies(camera: Any) -> None:
    configure(camera, WaitsForReader=True)
    full, ring = BufferContainer(camera, 3), BufferContainer(camera, 3, ring=True)
    assert (full.count, full.capacity, full.full) == (0, 3, False)
    with camera.acquire() as acquisition:
        for buffer in acquisition.buffers(5, timeout=20.0):
            ring.add(buffer)
            if buffer.number < 3:
                full.add(buffer)
            else:
                with pytest.raises(AcquisitionError, match="holds 3 frames already; make a larger one, or a ring"):
                    full.add(buffer)
    assert full.data.shape == (3, 4, 6)
    assert list(full.numbers) == [0, 1, 2]
    assert list(ring.numbers) == [2, 3, 4]
    assert [int(frame[0, 0]) for frame in ring.data] == [2, 3, 4]
    assert (np.diff(ring.timestamps_ns) >= 0).all()
    assert full.settings == {"Rows": 4, "Columns": 6, "SerialNumber": ""}
    assert (len(full), ring.full) == (3, True)
    with pytest.raises(AcquisitionError, match="a container for 0 frames holds nothing"):
        BufferContainer(camera, 0)
    configure(camera, Rows=2)
    with camera.acquire():
        buffer = camera.retrieve_buffer(5.0)
        with pytest.raises(FrameGeometryError, match=r"shape \(2, 6\) and type uint16, the container takes \(4, 6\)"):
            ring.add(buffer)
        buffer.release()


def test_a_light_has_no_frames(gadgets: Gadgets) -> None:
    lamp = gadgets.connect("Lamp").primary_device()
    assert not hasattr(lamp, "start_acquisition")
    with pytest.raises(AcquisitionError, match="Lamp is not an instrument"):
        lamp.request("format")
