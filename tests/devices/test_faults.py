"""Whatever a driver does, at whatever stage: the application goes on, the others work, and nothing is left.

All ways of going wrong happen at once, beside a camera that must not lose its stream.
"""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from pymodaq_hsi.errors import ConnectionFailed, DeviceTimeout, DriverCrashed, DriverError, HsiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Gadgets

RAISES = {
    "raises": "ValueError: it fell over",
    "bad_str": "UnprintableError: (its message could not be made: RuntimeError)",
    "unpicklable": "UnpicklableError: it holds a lock",
    "system_exit": "SystemExit: leaving",
    "allocates": "MemoryError",
}
DIES = {
    "os_exit": "ended by itself with exit code 3",
    "sigkill": "was ended by SIGKILL",
    "segfault": "was ended by SIGSEGV",
    "closes_fds": "",
}
HANGS = ("loop", "sleep", "holds_gil", "blocks", "deadlock")
HARMLESS = ("floods", "child", "forks", "comes_back", "threads", "mutes")

PATIENCE = 0.6
HANGING_FOR = 3.0  # also for starting their processes, on a machine that may be busy
CLOSE_WITHIN = 1.7
AT_ONCE = 0.1


@dataclass
class Outcome:
    """How one misbehaviour ended."""

    kind: str
    error: BaseException | None
    seconds: float


@pytest.fixture
def pids(tmp_path: Path) -> Iterator[Path]:
    """A folder for the numbers of the processes that drivers start; they are gone when the devices are."""
    folder = tmp_path / "pids"
    folder.mkdir()
    yield folder
    deadline = time.monotonic() + 20
    while left := [int(path.name) for path in folder.iterdir() if psutil.pid_exists(int(path.name))]:
        assert time.monotonic() < deadline, f"the drivers' own processes {left} are left"
        time.sleep(0.02)


@pytest.fixture
def bystander(gadgets: Gadgets) -> Iterator[Any]:
    """A camera that streams all the while, and must neither stop nor stumble."""
    camera = gadgets.connect("Camera").primary_device()
    camera.set_parameter("FrameRate", 100)
    numbers: list[int] = []
    over = threading.Event()

    def stream() -> None:
        with camera.acquire() as acquisition:
            for buffer in acquisition.buffers(timeout=10.0):
                numbers.append(buffer.number)
                if over.is_set():
                    return

    thread = threading.Thread(target=stream)
    thread.start()
    yield camera
    over.set()
    thread.join(20)
    assert not thread.is_alive()
    assert len(numbers) > 20
    assert camera.get_parameter("Rows") == 4


def outcome(kind: str, action: Callable[[], object]) -> Outcome:
    start = time.monotonic()
    try:
        action()
    except HsiError as error:
        return Outcome(kind, error, time.monotonic() - start)
    return Outcome(kind, None, time.monotonic() - start)


def complaints(outcomes: list[Outcome], tried: str, *, raised: type[HsiError] = DriverError) -> list[str]:
    """Say which of them did not end as they must."""
    found = []
    for one in outcomes:
        text = str(one.error)
        if one.kind in RAISES:
            good = type(one.error) is raised and f"Faulty: {tried}" in text and RAISES[one.kind] in text
        elif one.kind in DIES:
            good = isinstance(one.error, DriverCrashed) and f"now: {one.kind}" in text and DIES[one.kind] in text
            good = good and "Faulty" in text and one.seconds < 20
        elif one.kind in (*HANGS, "spins"):
            good = isinstance(one.error, DeviceTimeout) and f"Faulty: {tried}" in text and f"now: {one.kind}" in text
            good = good and PATIENCE <= one.seconds < PATIENCE + 20
        else:
            good = one.error is None
        if not good:
            found.append(f"{one.kind}: {type(one.error).__name__} after {one.seconds:.2f} s: {text}")
    return found


def in_a_chain(gadgets: Gadgets, pids: Path, kind: str) -> list[str]:
    """Let a device go wrong in one way at each stage, connected again in between, at the last when it is closed.

    Whatever it was: the device is as good as new. Returns the complaints.
    """
    stages = [stage for stage in USES if kind != "spins" or stage == "grab"]  # each takes a core for a second
    group = gadgets.connect("Faulty", Stage=stages[0], Kind=kind, Pids=str(pids))
    device = group.primary_device()
    found = []
    for stage, following in zip(stages, [*stages[1:], "close"], strict=True):
        tried, use = USES[stage]
        device.timeout = PATIENCE
        how = outcome(kind, lambda use=use: use(device))
        found += [f"{stage}, {text}" for text in complaints([how], tried)]
        group.close(timeout=CLOSE_WITHIN if stage == "set" else AT_ONCE)
        group.settings.connection_parameters["Stage"] = following
        group.reconnect()
    device.timeout = 10.0
    for stage, (_, use) in USES.items():
        use(device)
        if stage == "start":
            device.stop_acquisition()
    begin = time.monotonic()
    group.close(timeout=CLOSE_WITHIN)
    if time.monotonic() - begin >= CLOSE_WITHIN + 10:
        found.append(f"close, {kind}: it took {time.monotonic() - begin:.2f} s")
    return found


def one_after_the_other(gadgets: Gadgets, pids: Path, kinds: list[str]) -> list[str]:
    """Use one device for all kinds at all stages: after each it must be as good as before. Returns the complaints."""
    device = gadgets.connect("Faulty", Pids=str(pids)).primary_device()
    found = []
    for stage, (tried, use) in USES.items():
        device.set_parameter("NextStage", stage)
        outcomes = []
        for kind in kinds:
            device.set_parameter("NextKind", kind)
            outcomes.append(outcome(kind, lambda use=use: use(device)))
            if device.acquiring:
                device.stop_acquisition()
        found += [f"{stage}, {text}" for text in complaints(outcomes, tried)]
    device.group.close()
    return found


def start(device: Any) -> None:
    device.start_acquisition()


def grab(device: Any) -> None:
    """Acquire some frames; a driver that hangs gives none."""
    device.start_acquisition()
    for _ in range(10):
        buffer = device.retrieve_buffer(device.timeout)
        if buffer is None:
            raise DeviceTimeout("Faulty: grabbing a frame: none came" + device._host._words.sentence())
        buffer.release()
    device.stop_acquisition()


def stop(device: Any) -> None:
    device.start_acquisition()
    device.stop_acquisition()


USES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "set": ("setting Value to 1", lambda device: device.set_parameter("Value", 1)),
    "start": ("starting an acquisition", start),
    "grab": ("grabbing a frame", grab),
    "stop": ("stopping the acquisition", stop),
}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks are POSIX")


def test_a_driver_that_raises_in_use_or_does_more_than_it_should(gadgets: Gadgets, bystander: Any, pids: Path) -> None:
    assert one_after_the_other(gadgets, pids, [*RAISES, *HARMLESS]) == []
    assert gadgets.log().count("close") == 1  # copies of its process have not closed it too


def test_a_driver_that_dies_or_hangs_in_use_or_when_it_is_disconnected(
    gadgets: Gadgets, bystander: Any, pids: Path
) -> None:
    kinds = [*DIES, *HANGS, "spins"]
    with ThreadPoolExecutor(len(kinds)) as pool:
        found = list(pool.map(lambda kind: in_a_chain(gadgets, pids, kind), kinds))
    assert not list(chain.from_iterable(found))


def test_a_driver_that_goes_wrong_when_it_is_connected(gadgets: Gadgets, bystander: Any, pids: Path) -> None:
    def connect(kind: str, timeout: float) -> Outcome:
        arguments = {"Stage": "open", "Kind": kind, "Pids": str(pids)}
        return outcome(kind, lambda: gadgets.connect("Faulty", timeout=timeout, **arguments).close(CLOSE_WITHIN))

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(lambda kind: connect(kind, 30.0), [*RAISES, *DIES, *HARMLESS, "no_hooks"]))
        hanging = list(pool.map(lambda kind: connect(kind, HANGING_FOR), HANGS))
    for one in hanging:
        one.seconds -= HANGING_FOR - PATIENCE
    assert complaints(outcomes + hanging, "connecting device '0'", raised=ConnectionFailed) == []
    assert gadgets.log().count("close") >= len([*RAISES, *HARMLESS, "no_hooks"])  # not only ended: closed
    assert gadgets.connect("Faulty").connected


@pytest.mark.parametrize("stage", ["make_safe", "close"])
def test_a_driver_that_goes_wrong_when_it_is_disconnected(
    gadgets: Gadgets, bystander: Any, pids: Path, stage: str
) -> None:
    kinds = ["raises", "system_exit", "forks"] if stage == "close" else ["raises", "bad_str", "sleep"]

    def disconnect(kind: str) -> float:
        group = gadgets.connect("Faulty", Stage=stage, Kind=kind, Pids=str(pids))
        begin = time.monotonic()
        group.close(timeout=CLOSE_WITHIN)
        return time.monotonic() - begin

    with ThreadPoolExecutor(len(kinds)) as pool:
        seconds = list(pool.map(disconnect, kinds))
    assert max(seconds) < CLOSE_WITHIN + 10
    if stage == "make_safe":
        assert gadgets.log().count("close") >= 2  # it was closed though it could not be made safe


def test_a_death_is_known_within_a_second_by_all_who_wait(gadgets: Gadgets) -> None:
    camera = gadgets.connect("Camera").primary_device()
    camera.set_parameter("FrameLimit", 3)
    zoo = gadgets.connect("Faulty", Stage="set", Kind="sleep").primary_device()
    waits: list[tuple[Any, Callable[[], object]]] = [
        (camera, lambda: camera.retrieve_buffer(30.0)),
        (zoo, lambda: zoo.set_parameter("Value", 1)),
        (zoo, lambda: zoo.get_parameter("Value")),
    ]
    camera.start_acquisition()
    for _ in range(3):
        camera.retrieve_buffer(5.0).release()
    killed: dict[Any, float] = {}
    known: list[float] = []

    def wait(device: Any, action: Callable[[], object]) -> None:
        with pytest.raises(DriverCrashed, match="was ended by SIGKILL"):
            action()
        known.append(time.monotonic() - killed[device])

    threads = [threading.Thread(target=wait, args=each) for each in waits]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    for device in (camera, zoo):
        killed[device] = time.monotonic()
        psutil.Process(device._host.pid).kill()
    for thread in threads:
        thread.join(10)
    assert len(known) == 3
    assert max(known) < 15.0  # tens of milliseconds on a machine that has nothing else to do
    assert not camera.connected
    assert not zoo.connected
    too_late = r"^setting Value to 2 is not possible any more: the process of Faulty was ended by SIGKILL "
    with pytest.raises(DriverCrashed, match=too_late):
        zoo.set_parameter("Value", 2)


def test_a_driver_that_hangs_is_interrupted_so_that_it_can_make_its_device_safe(gadgets: Gadgets) -> None:
    for kind in ("loop", "sleep"):
        device = gadgets.connect("Faulty", Stage="grab", Kind=kind).primary_device()
        device.start_acquisition()
        assert device.retrieve_buffer(5.0).number == 0
        time.sleep(0.05)
        device.group.close()
    assert gadgets.log() == ["open", "make_safe", "close"] * 2


def test_a_process_that_a_driver_starts_does_not_outlive_it(gadgets: Gadgets, pids: Path) -> None:
    for kind in ("child", "forks"):
        device = gadgets.connect("Faulty", Stage="set", Kind=kind, Pids=str(pids)).primary_device()
        device.set_parameter("Value", 1)
        assert device.get_parameter("Value") == 1
        start = time.monotonic()
        psutil.Process(device._host.pid).kill()
        with pytest.raises(DriverCrashed):
            device.request("values", timeout=20)
        assert time.monotonic() - start < 15.0
    assert len(list(pids.iterdir())) == 2
