"""What a scan costs beside its devices: the engine's own time per point, and whether it stays flat.

    python benchmarks/scans.py              1,000 points of a light's intensity and of a camera's exposure
    python benchmarks/scans.py --long       100,000 points besides
    python benchmarks/scans.py --points N

The device time is what the same calls to the devices take in a bare loop, in the same run. Files go to a temporary
folder.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

import pymodaq_hsi as hsi
from pymodaq_hsi.scans import Detector, Linear, ScanAxis, StepScan
from pymodaq_hsi.scans.engine import ScanEngine

if TYPE_CHECKING:
    from pymodaq_hsi.devices import Device


def bare(light: Device, count: int) -> float:
    """Return ms per point of setting and reading alone."""
    begun = time.perf_counter()
    for index in range(count):
        light.set_parameter("Intensity", 1 + index % 99)
        light.get_parameter("Intensity")
    return 1e3 * (time.perf_counter() - begun) / count


def scanned(plan: StepScan, devices: dict[str, Device], folder: Path) -> tuple[float, list[float]]:
    """Return ms per point, and the memory in MB at each tenth of the scan."""
    process, memory = psutil.Process(), []
    tenth = max(1, plan.scan_shape[0] // 10)
    times: list[float] = []

    def tell(event: Any) -> None:
        if event.kind == "point":
            times.append(time.perf_counter()) if event.number in (0, plan.scan_shape[0] - 1) else None
            if event.number % tenth == tenth - 1:
                memory.append(process.memory_info().rss / 2**20)

    ScanEngine(plan, devices, path=folder / "scan.h5", on_event=tell).run()
    (folder / "scan.h5").unlink()
    return 1e3 * (times[-1] - times[0]) / (plan.scan_shape[0] - 1), memory


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
        for count in [chosen.points, *([100_000] if chosen.long else [])]:
            plan = StepScan(
                axes=[ScanAxis(target="light.Intensity", values=Linear(start=1, stop=100, points=count))],
                detectors=reading,
            )
            device = bare(light, min(count, 5000))
            ours, memory = scanned(plan, devices, folder)
            print(
                f"{count:,} points of a light: {ours:.3f} ms a point, devices alone {device:.3f}, overhead "
                f"{ours - device:.3f}; memory {memory[0]:.0f} to {memory[-1]:.0f} MB"
            )
        camera.set_parameter("FrameRate", 200)
        plan = StepScan(
            axes=[ScanAxis(target="light.Intensity", values=Linear(start=1, stop=100, points=200))],
            detectors=[Detector(device="camera")],
        )
        ours, _ = scanned(plan, devices, folder)
        print(f"200 points of a light, a frame of 640x224 each, camera at 200 Hz (5 ms a frame): {ours:.2f} ms a point")


if __name__ == "__main__":
    main()
