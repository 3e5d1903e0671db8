"""The whole road, from a camera's process to the file, beside the limit and a peer, in one run.

    python benchmarks/recording.py                   lines/s: ours, an ndarray.tofile loop, PyMoDAQ's Timed saver
    python benchmarks/recording.py --sustained       a 640x224 camera at 670 frames/s, 20,000 lines of reflectance

Frames of 640x256 uint16. Files go to the current folder, and are removed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

import pymodaq_hsi as hsi
from pymodaq_hsi.envi import write_envi

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = (640, 256)
SUSTAINED_HZ = 670.0

PYMODAQ = """
    import sys, time, warnings
    from pathlib import Path
    warnings.simplefilter("ignore")
    import numpy as np
    from pymodaq_data.data import Axis, DataRaw, DataToExport
    from pymodaq_data.h5modules.saving import H5SaverLowLevel
    from pymodaq_data.h5modules.data_saving import DataToExportTimedSaver
    path, backend, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    frame = np.random.default_rng(0).integers(0, 4096, (640, 256)).astype("uint16")
    h5 = H5SaverLowLevel(backend=backend)
    h5.init_file(Path(path), new_file=True)
    saver = DataToExportTimedSaver(h5)
    where = h5.add_det_group(h5.add_scan_group(), title="camera")
    begun = None
    for index in range(count + 1):
        if index == 1:
            begun = time.perf_counter()
        axes = [Axis("pixel", data=np.arange(640.0), index=0), Axis("nm", data=np.arange(256.0), index=1)]
        data = DataRaw("frame", data=[frame], axes=axes)
        saver.add_data(where, DataToExport("line", data=[data]))
        h5.flush()
    print(count / (time.perf_counter() - begun))
    h5.close_file()
"""


def ours(folder: Path, count: int) -> float:
    """Return lines/s from a camera that is as fast as its reader."""
    path = folder / "ours.h5"
    with hsi.connect("VirtualHyperCamera", {"Cube": folder / "source.hdr"}) as group:
        camera = group.primary_device()
        camera.set_parameter("FrameRate", 100_000)
        summary = hsi.record_cube(hsi.RecordingContext(camera), path, count, overwrite=True)
    assert summary.dropped == 0
    path.unlink()
    return summary.rate


def tofile(folder: Path, count: int) -> float:
    """Return frames/s of the barest loop there is."""
    frame = np.random.default_rng(0).integers(0, 4096, SHAPE).astype("uint16")
    path = folder / "raw.bin"
    begun = time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for _ in range(count):
            frame.tofile(file)
    rate = count / (time.perf_counter() - begun)
    path.unlink()
    return rate


def pymodaq(folder: Path, backend: str, count: int) -> float:
    """Return frames/s of PyMoDAQ's Timed saver, flushed each frame as the guarantee needs."""
    path = folder / "pymodaq.h5"
    command = [sys.executable, "-c", textwrap.dedent(PYMODAQ), str(path), backend, str(count)]
    environment = os.environ | {"HOME": str(folder), "USERPROFILE": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    path.unlink()
    return float(done.stdout.split()[-1])


def median(measure: Callable[[], float], repeats: int) -> float:
    """Return the median of some runs."""
    return statistics.median(measure() for _ in range(repeats))


def compare(folder: Path, lines: int, repeats: int) -> None:
    """Print the table."""
    source = np.random.default_rng(0).integers(0, 4096, (64, *SHAPE)).astype("uint16")
    write_envi(folder / "source.hdr", source)
    limit = median(lambda: tofile(folder, lines), repeats)
    road = median(lambda: ours(folder, lines), repeats)
    peers = {backend: median(lambda b=backend: pymodaq(folder, b, 200), repeats) for backend in ("tables", "h5py")}
    print(f"{'640x256 uint16, every line flushed':<42}{'lines/s':>10}{'ours is':>10}")
    print(f"{'ndarray.tofile loop (the limit)':<42}{limit:>10.0f}{road / limit:>9.2f}x")
    print(f"{'ours, camera process to HDF5 file':<42}{road:>10.0f}")
    for backend, rate in peers.items():
        print(f"{f'PyMoDAQ Timed saver alone, {backend}':<42}{rate:>10.0f}{road / rate:>9.1f}x")


def sustained(folder: Path, lines: int) -> None:
    """Record reflectance at an FX17's rate and print drops and memory."""
    process = psutil.Process()
    path = folder / "sustained.h5"
    memory: list[float] = []
    with hsi.connect("VirtualHyperCamera") as group:
        camera = group.primary_device()
        for name, value in {"ExposureTime": 1.4, "FrameRate": SUSTAINED_HZ}.items():
            camera.set_parameter(name, value)
        camera.setup_internal_buffers(200)
        dark = hsi.measure_reference(camera, "DarkReference")
        white = hsi.measure_reference(camera, "WhiteReference")
        context = hsi.RecordingContext(camera, hsi.InstrumentParameters(white, dark), hsi.ValueType.Reflectance)

        def watch(summary: hsi.RecordingSummary) -> None:
            if summary.lines % 2000 == 0 or summary.lines == 100:
                memory.append(process.memory_info().rss / 2**20)
                print(f"  {summary.lines:>6} lines, {summary.dropped} dropped, {memory[-1]:.0f} MiB, ", end="")
                print(f"{camera.waiting} waiting")

        begun = time.process_time()
        summary = hsi.record_cube(context, path, lines, overwrite=True, progress=watch)
    size = path.stat().st_size
    data = lines * int(np.prod(context.shape)) * 4
    print(f"{summary.lines} lines of reflectance at {summary.rate:.1f} lines/s, {summary.dropped} dropped")
    print(f"file {size / 1e9:.2f} GB, {100 * (size / data - 1):.2f} % over its data; our process used ", end="")
    print(
        f"{(time.process_time() - begun) / summary.seconds:.0%} of a core; memory grew {memory[-1] - memory[0]:.0f} MiB"
    )
    path.unlink()


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sustained", action="store_true")
    parser.add_argument("--lines", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path()) as name:
        if options.sustained:
            sustained(Path(name).absolute(), options.lines or 20_000)
        else:
            compare(Path(name).absolute(), options.lines or 3000, options.repeats)


if __name__ == "__main__":
    main()
