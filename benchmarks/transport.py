"""Frames from a driver's process to the application, beside the limit and the usual ways, in one run.

    python benchmarks/transport.py [--frames N] [--repeats N]

640x256 uint16. Everything is measured in turn, several times; the medians count, so that a busy machine slows all of
them alike. Nothing has to be installed: the benchmark's camera is in benchmarks/transport_plugin.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "transport_plugin"))

from hsi_bench_transport import BANDS, PIXELS

from pymodaq_hsi.devices import ConnectionSettings, InstrumentDevice, connect, installed_plugins
from pymodaq_hsi.devices.plugins import BLOCKED
from pymodaq_hsi.drivers import DriverType

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

BUFFERS = 20
LATENCY_RATE = 1000.0
WARM_UP = 200


def a_frame() -> np.ndarray[Any, np.dtype[np.uint16]]:
    return np.random.default_rng(0).integers(0, 4096, (PIXELS, BANDS)).astype(np.uint16)


def memcpy(frames: int) -> float:
    """Frames/s of the copy that every way needs at least once, in one process."""
    source, target = a_frame(), np.empty((PIXELS, BANDS), np.uint16)
    start = time.perf_counter()
    for _ in range(frames):
        np.copyto(target, source)
    return frames / (time.perf_counter() - start)


def ring(camera: InstrumentDevice, frames: int, *, copied: bool) -> float:
    """Frames/s through the ring of shared memory; a frame that is lost ends the benchmark."""
    target = np.empty((PIXELS, BANDS), np.uint16)
    with camera.acquire(BUFFERS) as acquisition:
        for _ in acquisition.buffers(WARM_UP, timeout=10.0):
            pass
        start = time.perf_counter()
        for buffer in acquisition.buffers(frames, timeout=10.0):
            if copied:
                np.copyto(target, buffer.data)
            elif buffer.data.shape != target.shape or buffer.dropped_before:
                raise SystemExit(f"frame {buffer.number} has shape {buffer.data.shape}, {buffer.dropped_before} lost")
        return frames / (time.perf_counter() - start)


def latencies(camera: InstrumentDevice, frames: int) -> list[float]:
    """Microseconds from the moment a frame is complete to the moment in which the reader has it."""
    camera.set_parameter("FrameRate", LATENCY_RATE)
    with camera.acquire(BUFFERS) as acquisition:
        taken = [(time.time_ns() - buffer.timestamp_ns) / 1e3 for buffer in acquisition.buffers(frames, timeout=10.0)]
    camera.set_parameter("FrameRate", 0)
    return taken


def put_frames(queue: Any, frames: int) -> None:
    frame = a_frame()
    for _ in range(frames):
        queue.put(frame)


def send_frames(pipe: Connection, frames: int) -> None:
    frame = a_frame()
    for _ in range(frames):
        pipe.send_bytes(frame)


def queue(frames: int) -> float:
    """Frames/s through a `multiprocessing.Queue`, which pickles."""
    context = multiprocessing.get_context("spawn")
    channel = context.Queue(BUFFERS)
    process = context.Process(target=put_frames, args=(channel, frames + WARM_UP))
    process.start()
    for _ in range(WARM_UP):
        channel.get(timeout=60)
    start = time.perf_counter()
    for _ in range(frames):
        channel.get(timeout=60)
    rate = frames / (time.perf_counter() - start)
    process.join()
    channel.close()
    return rate


def pipe(frames: int) -> float:
    """Frames/s of raw bytes through a `multiprocessing.Pipe`."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=send_frames, args=(theirs, frames + WARM_UP))
    process.start()
    theirs.close()
    target = np.empty((PIXELS, BANDS), np.uint16)
    view = memoryview(target).cast("B")
    for _ in range(WARM_UP):
        ours.recv_bytes_into(view)
    start = time.perf_counter()
    for _ in range(frames):
        ours.recv_bytes_into(view)
    rate = frames / (time.perf_counter() - start)
    process.join()
    ours.close()
    return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=20_000, help="frames in a measurement (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="measurements of each (default: %(default)s)")
    options = parser.parse_args()
    frames, slow = options.frames, max(500, options.frames // 10)
    others = [plugin.name for plugin in installed_plugins() if plugin.name != "bench_transport"]
    os.environ[BLOCKED] = ",".join(others)  # the time of other drivers is not measured here
    with connect(ConnectionSettings("BenchCamera", DriverType.Instrument, "0")) as group:
        camera: InstrumentDevice = group.primary_device()
        camera.setup_internal_buffers(BUFFERS)
        ways: dict[str, Callable[[], float]] = {
            "np.copyto in one process (memcpy)": lambda: memcpy(frames),
            "shared-memory ring, zero-copy view": lambda: ring(camera, frames, copied=False),
            "shared-memory ring, copied out": lambda: ring(camera, frames, copied=True),
            "Pipe.send_bytes": lambda: pipe(slow),
            "multiprocessing.Queue": lambda: queue(slow),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.repeats):
            for name, measure in ways.items():
                rates[name].append(measure())
        late = sorted(latencies(camera, 3000))
    report(rates, late)


def report(rates: dict[str, list[float]], late: list[float]) -> None:
    """Print the table."""
    median = {name: statistics.median(values) for name, values in rates.items()}
    limit, slowest = next(iter(median.values())), median["multiprocessing.Queue"]
    size = PIXELS * BANDS * 2
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    print(f"frames of {PIXELS}x{BANDS} uint16 ({size} bytes), {BUFFERS} buffers, {os.cpu_count()} processors, ", end="")
    print(f"load {load}, Python {platform.python_version()}\n")
    print(f"{'':38}{'frames/s':>10}{'lowest':>10}{'highest':>10}{'GB/s':>8}{'of memcpy':>11}{'of Queue':>10}")
    for name, rate in median.items():
        low, high = min(rates[name]), max(rates[name])
        print(f"{name:38}{rate:>10,.0f}{low:>10,.0f}{high:>10,.0f}{rate * size / 1e9:>8.2f}", end="")
        print(f"{rate / limit:>10.2f}x{rate / slowest:>9.1f}x")
    p50, p99 = late[len(late) // 2], late[len(late) * 99 // 100]
    print(f"\nframe complete to frame in hand at {LATENCY_RATE:,.0f} frames/s: p50 {p50:.0f} us, p99 {p99:.0f} us")


if __name__ == "__main__":
    main()
