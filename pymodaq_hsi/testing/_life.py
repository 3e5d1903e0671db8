"""Checks of starting and stopping over and over, of disconnecting, of a crash, and that nothing is left."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.drivers import DriverType
from pymodaq_hsi.errors import DeviceLost, DeviceTimeout, HsiError
from pymodaq_hsi.testing._check import Violation, check
from pymodaq_hsi.testing._rig import Shot, no_frame

if TYPE_CHECKING:
    from pymodaq_hsi.devices import DeviceGroup
    from pymodaq_hsi.testing._rig import Rig

__all__: list[str] = []

KNOWN_WITHIN = 1.0
CLOSED_WITHIN = 3.0
_MEBIBYTE = 2**20


@check("it can be started and stopped a hundred times, and needs no more of anything for it", DriverType.Instrument)
def starts_and_stops_100_times(rig: Rig) -> None:
    """Check each turn with a frame, where frames come fast enough; threads, files and memory must not grow."""
    group = rig.group()
    camera = group.primary_device()
    shots = rig.frames(camera, 3)
    period = (shots[-1].timestamp_ns - shots[0].timestamp_ns) / 1e9 / max(1, len(shots) - 1)
    before: dict[str, int] = {}
    for turn in range(100):
        try:
            with camera.acquire() as acquisition:
                if period < 0.03 or turn % 25 == 24:
                    shots = [Shot(buffer) for buffer in acquisition.buffers(1, rig.frame_timeout)]
        except DeviceTimeout as error:
            raise no_frame(error) from error
        except HsiError as error:
            raise Violation(
                f"start and stop number {turn + 1} failed: {error}",
                "undo in stop() what start() does, also when the acquisition ended with an error",
                method="start",
            ) from error
        if turn == 9:
            before = _use(group)
    _compare(before, _use(group), "between the 10th and the 100th start", "start")


@check("nothing grows while frames come", DriverType.Instrument)
def does_not_grow(rig: Rig) -> None:
    """Check memory, threads and files of the driver's process over some hundred frames."""
    group = rig.group()
    camera = group.primary_device()
    rig.frames(camera, 20, seconds=0.5)
    before = _use(group)
    rig.frames(camera, 300, seconds=1.0)
    _compare(before, _use(group), "while it delivered frames", "grab")


@check("it lets itself be disconnected at any time, and connected again")
def disconnects_at_any_time(rig: Rig) -> None:
    """Check closing in the middle of an acquisition, with a buffer in hand."""
    device = rig.primary()
    kept = None
    if rig.driver.type is DriverType.Instrument:
        device.start_acquisition()
        kept = device.retrieve_buffer(rig.frame_timeout)
    begun = time.monotonic()
    rig.drop()
    seconds = time.monotonic() - begun
    if seconds > CLOSED_WITHIN:
        raise Violation(
            f"disconnecting took {seconds:.1f} s; a driver that takes longer than "
            f"{CLOSED_WITHIN:g} s is ended by force",
            "let grab() return within its timeout, and stop(), make_safe() and close() not wait for the instrument",
            method="close",
        )
    if "Traceback" in device.last_words:
        last = device.last_words.strip().splitlines()[-1]
        raise Violation(
            f"it raised while it was being closed: {last}",
            "let stop(), make_safe() and close() work in any state, also during an acquisition",
            method="close",
        )
    if kept is not None:
        kept.release()


@check("connecting and disconnecting leaves nothing behind")
def leaves_nothing(rig: Rig) -> None:
    """Check processes, threads and files after a connection."""
    if not rig.connected_before:
        rig.group().primary_device().values()  # what an application makes once, it has made then
    rig.drop()
    own = _numbers(_process(os.getpid()))
    with rig.fresh() as group:
        group.primary_device().values()
        children = _process(group.pid).children(recursive=True)
    left = [child for child in children if child.is_running() and child.status() != "zombie"]
    if left:
        raise Violation(
            f"processes that it had started are still there: {', '.join(str(child.pid) for child in left)}",
            "end in close() what open() has started, and do not let it leave the process group",
            method="close",
        )
    _compare(own, _numbers(_process(os.getpid())), "in the application, over a connection", "close")


@check("when its process dies the application knows at once, and can connect it again")
def survives_a_crash(rig: Rig) -> None:
    """Check the end of its process by force, in the middle of an acquisition for instruments."""
    with rig.fresh() as group:
        device = group.primary_device()
        lost = threading.Event()
        group.on_lost(lambda _: lost.set())
        if rig.driver.type is DriverType.Instrument:
            device.start_acquisition()
            buffer = device.retrieve_buffer(rig.frame_timeout)
            if buffer is not None:
                buffer.release()
        _process(group.pid).kill()
        if not lost.wait(KNOWN_WITHIN + 4.0) or group.connected:
            raise Violation(
                "its process was ended by force, and nobody was told",
                "do not pass on the descriptors that the process was started with to processes of your own",
                method="open",
            )
        _refuses_now(device)
        try:
            group.reconnect(rig.options.timeout)
            device.values()
        except HsiError as error:
            raise Violation(
                f"after its process was ended by force it could not be connected again: {error}",
                "open() has to work when the last process did not get to close(): take over a lock "
                "file of a process that "
                "is gone, reset the device, leave no helper process behind",
                method="open",
            ) from error
        if rig.driver.type is DriverType.Instrument:
            try:
                rig.frames(device, 2)
            except DeviceTimeout as error:
                raise no_frame(error) from error


def _refuses_now(device: Any) -> None:
    try:
        device.values()
    except DeviceLost:
        return
    raise Violation("its process is gone, and its parameters are read all the same", "keep no copy of the process")


def _compare(before: dict[str, int], after: dict[str, int], when: str, method: str) -> None:
    allowed = {"threads": 3, "open files": 8, "processes": 0, "MiB of memory": 48}
    for what, most in allowed.items():
        if after.get(what, 0) - before.get(what, 0) > most:
            raise Violation(
                f"{what} rose from {before.get(what, 0)} to {after[what]} {when}",
                "make what is needed once in open() and let go of it in close(); what start() makes, stop() ends",
                method=method,
            )


def _use(group: DeviceGroup) -> dict[str, int]:
    process = _process(group.pid)
    return _numbers(process) | {
        "processes": len(process.children(recursive=True)),
        "MiB of memory": process.memory_info().rss // _MEBIBYTE,
    }


def _numbers(process: Any) -> dict[str, int]:
    files = process.num_handles() if hasattr(process, "num_handles") else process.num_fds()
    return {"threads": process.num_threads(), "open files": files}


def _process(pid: int) -> Any:
    try:
        import psutil  # type: ignore[import-untyped]
    except ImportError as error:
        raise ImportError("the conformance tests need psutil: pip install pymodaq-hsi[testing]") from error
    return psutil.Process(pid)
