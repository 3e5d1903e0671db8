"""The dashboard while a fast camera is recorded: frames lost, delays of the event loop, memory, start-up.

``python benchmarks/dashboard.py [--seconds 60] [--rate 670]``. A station in a process of its own records 640x224
samples from the virtual camera; a window (drawn offscreen) shows the live frame, spectra and waterfall meanwhile.
Run it when nothing else runs: it is about two cores.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START = """
import sys, time
begun = float(sys.argv[1])
from PyQt5.QtWidgets import QApplication
application = QApplication([])
from pymodaq_hsi.dashboard.app import connect_demo, make_window
window = make_window("benchmark")
connect_demo(window)
window.show()
application.processEvents()
print(f"first window after {time.time() - begun:.2f} s", flush=True)
while len(window.mirror.devices) < 3 and time.time() - begun < 60:
    application.processEvents()
    time.sleep(0.005)
print(f"demo devices connected after {time.time() - begun:.2f} s", flush=True)
window.leave()
"""


def start_up() -> None:
    """Print how long a window takes to be there, from the start of its process, and the demo devices in it."""
    subprocess.run([sys.executable, "-c", START, str(time.time())], check=True, timeout=120)


def record(seconds: float, rate: float, folder: Path) -> None:
    """Record with the live view on, and print what came of it."""
    import psutil
    from PyQt5.QtCore import QTimer
    from PyQt5.QtWidgets import QApplication

    application = QApplication([])
    from pymodaq_hsi.dashboard.app import make_window

    window = make_window("benchmark")
    window.resize(1280, 800)
    window.show()
    lines = int(rate * seconds)
    plan = {
        "kind": "recording",
        "name": "benchmark",
        "lines": lines,
        "detectors": [{"device": "camera"}],
    }
    state: dict[str, object] = {}

    def until(condition: object, most: float) -> None:
        deadline = time.monotonic() + most
        while not condition():  # type: ignore[operator]
            application.processEvents()
            time.sleep(0.001)
            if time.monotonic() > deadline:
                raise SystemExit(f"waited {most:g} s in vain: {[n.text for n in window.notices.kept]}")

    until(lambda: "camera" in window.mirror.devices, 30)
    for parameter, value in {"ExposureTime": 0.8, "FrameRate": rate, "Noise": False}.items():
        window.link.ask(
            "set", None, lambda error: sys.exit(str(error)), device="camera", parameter=parameter, value=value
        )
    until(lambda: window.mirror.value("camera", "FrameRate") == rate, 10)
    window.show_panel("live")
    live = window.panels["live"]
    window.link.ask(
        "start_scan",
        lambda found: state.update(found),
        lambda error: sys.exit(str(error)),
        plan=plan,
        path=str(folder / "recorded.h5"),
    )
    until(lambda: window.mirror.scan is not None and window.mirror.scan.get("done", 0) > rate, 60)
    process = psutil.Process()
    memory = process.memory_info().rss
    ticks: list[float] = []
    due = [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        ticks.append(max(0.0, now - due[0]))
        due[0] = now + 0.005

    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(tick)
    timer.start()
    shown = live.pictures  # type: ignore[attr-defined]
    drawn = live.waterfall.count  # type: ignore[attr-defined]
    cpu, begun = process.cpu_times(), time.monotonic()
    sizes: list[int] = []
    weigh = QTimer()
    weigh.timeout.connect(lambda: sizes.append(process.memory_info().rss))
    weigh.start(1000)
    stop = QTimer()
    stop.timeout.connect(lambda: application.quit() if window.mirror.scan and window.mirror.scan.get("over") else None)
    stop.start(100)
    application.exec()
    spent = time.monotonic() - begun
    used = sum(process.cpu_times()[:2]) - sum(cpu[:2])
    scan = window.mirror.scan or {}
    # a stall holds up all that falls due in it, not one tick alone: each of them counts with what it had to wait
    late = sorted(wait - 0.005 * missed for wait in ticks for missed in range(int(wait / 0.005) + 1))
    p50, p99 = late[len(late) // 2], late[int(0.99 * len(late))]
    dropped = _dropped(folder / "recorded.h5")
    print(f"{scan.get('state')}: {scan.get('done')} of {lines} lines at {rate:g}/s in the file, {dropped} dropped")
    print(f"event loop late by p50 {1e3 * p50:.1f} ms, p99 {1e3 * p99:.1f} ms, most {1e3 * late[-1]:.1f} ms")
    pictures, rows = live.pictures - shown, live.waterfall.count - drawn  # type: ignore[attr-defined]
    share = f"{100 * used / spent:.0f} % of a core"
    print(f"{pictures / spent:.1f} pictures/s, {rows / spent:.0f} lines/s in the waterfall, {share}")
    late_half = (sizes[-1] - sizes[len(sizes) // 2]) / 2**20 if sizes else 0.0
    grown = (process.memory_info().rss - memory) / 2**20
    print(f"memory of the window {grown:+.1f} MiB in {spent:.0f} s, {late_half:+.1f} MiB in the second half of them")
    window.leave()


def _print_load(when: str) -> None:
    if hasattr(os, "getloadavg"):
        print(f"load of the machine {when}: {os.getloadavg()[0]:.1f}", flush=True)


def _dropped(path: Path) -> int:
    from h5modules.data_saving import DataLoader

    with DataLoader(path) as loader:
        found = loader.load_data("/RawData/Scan000/Detector000/DataND/CH02/EnlData00")
    return int(found.data[0].sum())


def main() -> None:
    """Run it with a station, a layout and files of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=670.0)
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYMODAQ_HSI_STATIONS"] = str(Path(folder) / "stations")
        os.environ["PYMODAQ_HSI_DASHBOARD"] = str(Path(folder) / "window")
        _print_load("before")
        try:
            start_up()
            record(arguments.seconds, arguments.rate, Path(folder))
            _print_load("after")
        finally:
            from pymodaq_hsi.station import attach

            with attach("benchmark") as client:
                client.take_control(force=True)
                client.shut_down()
            time.sleep(1.0)


if __name__ == "__main__":
    main()
