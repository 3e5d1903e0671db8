"""DataStorage through Qt signals, beside a bare tofile loop in the same run.

    python benchmarks/storage.py                     500 MB of 256x640 uint16 at 1,000 frames/s, then as fast as it goes
    python benchmarks/storage.py --loop              frames go through the event loop, to update as a slot

A detector emits from a thread of its own, connected with DataStorage.connect, or, with --loop, by its signals to slots
in the event loop's thread. A timer of 1 ms in the event loop says how late it is served. Files go to a folder in the
current one, and are removed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt5.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from pymodaq_hsi.storage import DataStorage

SHAPE = (256, 640)
DATA = [np.random.default_rng(k).integers(0, 4096, SHAPE).astype(np.uint16) for k in range(8)]


class Detector(QObject):
    """Emits frames at a rate, or as fast as they are taken."""

    dataAcquired = pyqtSignal(dict)  # noqa: N815
    busyStateChanged = pyqtSignal(bool)  # noqa: N815

    def __init__(self, count: int, rate: float) -> None:
        super().__init__()
        self.count, self.rate = count, rate
        self.dataShape = (count, *SHAPE)
        self.began = self.ended = 0.0

    def measure(self) -> None:
        self.busyStateChanged.emit(True)
        began = self.began = time.perf_counter()
        for number in range(self.count):
            wait = began + number / self.rate - time.perf_counter() if self.rate else 0.0
            if wait > 0:
                time.sleep(wait)
            self.dataAcquired.emit({(number,): DATA[number % 8]})
        self.ended = time.perf_counter()
        self.busyStateChanged.emit(False)


def ours(
    application: QCoreApplication, folder: Path, count: int, rate: float, loop: bool
) -> tuple[float, float, float]:
    """Return frames/s, seconds from the last frame to the complete file, and the event loop's p99 in ms."""
    storage = DataStorage(base=str(folder), name="ours")
    detector = Detector(count, rate)
    if loop:
        detector.dataAcquired.connect(storage.update)
        detector.busyStateChanged.connect(lambda busy: storage.reserve(detector.dataShape) if busy else storage.save())
    else:
        storage.connect(detector)
    late: list[float] = []
    complete: list[float] = []
    last = [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        late.append(now - last[0] - 1e-3)
        last[0] = now

    def saving(begun: bool) -> None:
        if not begun:
            complete.append(time.perf_counter())
            application.quit()

    timer = QTimer()
    timer.setInterval(1)
    timer.timeout.connect(tick)
    storage.savingStateChanged.connect(saving)
    timer.start()
    worker = threading.Thread(target=detector.measure)
    worker.start()
    application.exec()
    timer.stop()
    worker.join()
    assert storage.state == "idle", storage.unsaved
    assert storage.progress == (count, count)
    assert storage.path is not None
    storage.close()
    storage.path.unlink()
    p99 = float(np.percentile(late, 99)) * 1e3
    return count / (complete[0] - detector.began), complete[0] - detector.ended, p99


def bare(folder: Path, count: int, rate: float) -> tuple[float, float]:
    """Return frames/s of an ndarray.tofile loop, and seconds from the last frame to the closed file."""
    path = folder / "bare.raw"
    began = time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for number in range(count):
            wait = began + number / rate - time.perf_counter() if rate else 0.0
            if wait > 0:
                time.sleep(wait)
            DATA[number % 8].tofile(file)
        ended = time.perf_counter()
    closed = time.perf_counter()
    path.unlink()
    return count / (ended - began), closed - ended


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--loop", action="store_true")
    arguments = parser.parse_args()
    count = round(arguments.megabytes * 1e6 / DATA[0].nbytes)
    application = QCoreApplication([])
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        print(f"{count} frames of {SHAPE[0]}x{SHAPE[1]} uint16, {arguments.repeat} times in turn, medians")
        print(f"{'':34}{'frames/s':>10}{'s to complete':>15}{'loop p99 ms':>13}")
        for title, rate in ((f"at {arguments.rate:.0f} frames/s", arguments.rate), ("as fast as it goes", 0.0)):
            found, limit = [], []
            for _ in range(arguments.repeat):
                limit.append(bare(folder, count, rate))
                found.append(ours(application, folder, count, rate, arguments.loop))
            mine = [statistics.median(column) for column in zip(*found, strict=True)]
            theirs = [statistics.median(column) for column in zip(*limit, strict=True)]
            print(f"{'bare tofile, ' + title:34}{theirs[0]:10.0f}{theirs[1]:15.4f}{'-':>13}")
            print(f"{'DataStorage, ' + title:34}{mine[0]:10.0f}{mine[1]:15.4f}{mine[2]:13.2f}")
            print(f"{'  ratio':34}{mine[0] / theirs[0]:10.2f}")


if __name__ == "__main__":
    main()
