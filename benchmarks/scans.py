"""What a scan costs beside its devices: the engine's own time per point, and whether it stays flat.

    python benchmarks/scans.py              1,000 points of a light's intensity and of a camera's exposure
    python benchmarks/scans.py --long       1,000,000 points besides (some minutes)
    python benchmarks/scans.py --points N

Beside it, where `pymodaq_data` is installed, the same loop with PyMoDAQ's own saver. The device time is what the same
calls to the devices take in a bare loop, in the same run. Files go to a temporary folder.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

import pymodaq_hsi as hsi
from pymodaq_hsi.scans import Detector, Linear, ScanAxis, StepScan
from pymodaq_hsi.scans.engine import ScanEngine

if TYPE_CHECKING:
    from pymodaq_hsi.devices import Device

_MOST_OF_PEER = 10_000


def bare(light: Device, count: int) -> float:
    """Return ms per point of setting and reading alone."""
    begun = time.perf_counter()
    for index in range(count):
        light.set_parameter("Intensity", 1 + index % 99)
        light.get_parameter("Intensity")
    return 1e3 * (time.perf_counter() - begun) / count


def scanned(plan: StepScan, devices: dict[str, Device], folder: Path) -> tuple[float, list[float], list[float]]:
    """Return ms per point, and at each tenth of the scan ms per point and the memory in MB."""
    process, memory, count = psutil.Process(), [], plan.scan_shape[0]
    tenth = max(1, count // 10)
    times: list[float] = []

    def tell(event: Any) -> None:
        if event.kind == "point" and event.number % tenth == 0:
            times.append(time.perf_counter())
            memory.append(process.memory_info().rss / 2**20)

    ScanEngine(plan, devices, path=folder / "scan.h5", on_event=tell).run()
    (folder / "scan.h5").unlink()
    each = [1e3 * (after - before) / tenth for before, after in itertools.pairwise(times)]
    return sum(each) / len(each), each, memory


def pymodaq(light: Device, count: int, folder: Path) -> float:
    """Return ms per point of the same scan with `pymodaq_data` saving each point as PyMoDAQ's scans do."""
    from pymodaq_data.data import Axis, DataRaw, DataToExport
    from pymodaq_data.h5modules.data_saving import DataToExportExtendedSaver
    from pymodaq_data.h5modules.saving import H5SaverLowLevel

    values = np.linspace(1, 100, count)
    h5 = H5SaverLowLevel(save_type="scan")
    h5.init_file(folder / "pymodaq.h5", new_file=True)
    scan = h5.get_set_group(h5.raw_group, "Scan000")
    detector = h5.get_set_group(scan, "Detector000")
    saver = DataToExportExtendedSaver(h5, extended_shape=(count,))
    saver.add_nav_axes(detector, [Axis("Intensity", "%", data=values, index=0)])
    begun = time.perf_counter()
    for index, value in enumerate(values):
        light.set_parameter("Intensity", float(value))
        read = np.array([light.get_parameter("Intensity")])
        parts = [
            DataRaw(name, data=[data], labels=[name], origin=origin)
            for name, data, origin in (
                ("Intensity", read, "light"),
                ("Intensity", read, "positions"),
                ("Timestamp", np.array([time.time()]), "scan"),
            )
        ]
        saver.add_data(detector, DataToExport("point", data=parts), indexes=(index,))
    spent = time.perf_counter() - begun
    h5.close_file()
    (folder / "pymodaq.h5").unlink()
    return 1e3 * spent / count


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--long", action="store_true")
    chosen = parser.parse_args()
    found = hsi.enumerate_devices()
    with (
        tempfile.TemporaryDirectory() as name,
        hsi.connect(found.device("VirtualLight")) as lights,
        hsi.connect(found.device("VirtualHyperCamera")) as cameras,
    ):
        folder = Path(name)
        light, camera = lights.primary_device(), cameras.primary_device()
        devices: dict[str, Device] = {"light": light, "camera": camera}
        reading = [Detector(device="light", parameters=["Intensity"])]
        for count in [chosen.points, *([1_000_000] if chosen.long else [])]:
            plan = StepScan(
                axes=[ScanAxis(target="light.Intensity", values=Linear(start=1, stop=100, points=count))],
                detectors=reading,
            )
            device = bare(light, min(count, 5000))
            ours, each, memory = scanned(plan, devices, folder)
            print(
                f"{count:,} points of a light: {ours:.3f} ms a point, devices alone {device:.3f}, overhead "
                f"{ours - device:.3f} (limit 1)",
                flush=True,
            )
            print(f"  a point, tenth by tenth (ms): {', '.join(f'{one:.3f}' for one in each)}")
            print(f"  memory (MB): {', '.join(f'{one:.0f}' for one in memory)}", flush=True)
            if importlib.util.find_spec("pymodaq_data") and count <= _MOST_OF_PEER:
                peer = pymodaq(light, count, folder)
                print(f"  the same points saved by pymodaq_data: {peer:.3f} ms a point, overhead {peer - device:.3f}")
        camera.set_parameter("FrameRate", 200)
        plan = StepScan(
            axes=[ScanAxis(target="light.Intensity", values=Linear(start=1, stop=100, points=200))],
            detectors=[Detector(device="camera")],
        )
        ours, _, _ = scanned(plan, devices, folder)
        print(f"200 points of a light, a frame of 640x224 each, camera at 200 Hz (5 ms a frame): {ours:.2f} ms a point")


if __name__ == "__main__":
    main()
