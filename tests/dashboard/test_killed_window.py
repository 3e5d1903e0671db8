"""A window that is killed in mid-scan costs nothing: the scan goes on, and the next window shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from h5modules.data_saving import DataLoader
from pymodaq_hsi.dashboard.panels.result import ResultPanel
from pymodaq_hsi.station import ensure_station

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.window import DashboardWindow
    from pymodaq_hsi.station import StationClient

POINTS = 60
WINDOW = """
import sys
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication
from pymodaq_hsi.dashboard.app import make_window

application = QApplication([])
window = make_window("lab")
scans = window.panels["scans"]
scans.load_file(sys.argv[1])

def tell(event):
    if event["event"] == "scan" and event["what"] == "point":
        print("measured", event["point"]["number"], flush=True)

def run_when_ready():
    if scans.model.get("name") == "long" and scans.run_bar.run.isEnabled():
        clock.stop()
        QTest.mouseClick(scans.run_bar.run, Qt.MouseButton.LeftButton)

clock = QTimer()
clock.timeout.connect(run_when_ready)
clock.start(50)
window.link.eventCame.connect(tell)
window.show()
application.exec()
"""
PLAN = """
kind = "step_scan"
name = "long"
detectors = [{device = "camera"}]
axes = [{target = "light.Intensity", settle = 0.02, values = {start = 10, stop = 69, points = 60}}]
output = {folder = "FOLDER", file = "long.h5"}
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StationClient]:
    """A station in a process of its own, with a camera and a light."""
    monkeypatch.setenv("PYMODAQ_HSI_STATIONS", str(tmp_path / "stations"))
    with ensure_station("lab") as client:
        client.connect("VirtualHyperCamera", settings={"PixelCount": 48, "BandCount": 24, "FrameRate": 200})
        client.connect("VirtualLight")
        yield client
        client.shut_down()


def test_a_scan_outlives_its_window_and_the_next_window_shows_all_of_it(
    lab: StationClient, open_window: Callable[[str], DashboardWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    lab.release_control()
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN.replace("FOLDER", tmp_path.as_posix()))
    killed = subprocess.Popen([sys.executable, "-c", WINDOW, plan], stdout=subprocess.PIPE, text=True, env=os.environ)
    assert killed.stdout is not None
    try:
        seen = next(line for line in killed.stdout if line.startswith("measured"))
        assert int(seen.split()[1]) < POINTS - 1
    finally:
        killed.kill()  # SIGKILL: it can do nothing any more
        killed.wait(10)
        killed.stdout.close()
    window = open_window("lab")
    panel = window.panels["result"]
    assert isinstance(panel, ResultPanel)
    window.show_panel("result")
    scan = window.mirror.scan
    assert scan is not None
    assert scan["name"] == "long"
    assert window.mirror.control is None  # of the one that was killed
    qtbot.waitUntil(lambda: not window.mirror.scanning, timeout=30_000)
    assert window.mirror.scan["state"] == "finished"  # type: ignore[index]
    qtbot.waitUntil(lambda: panel.points is not None and panel.points.count == POINTS, timeout=30_000)
    with DataLoader(tmp_path / "long.h5") as loader:
        frames = np.asarray(loader.load_data("/RawData/Scan000/Detector000/Data2D/CH00/Data00")[0])
    assert len(frames) == POINTS
    panel.drawing.draw()
    x, y = panel.navigator.curve.getData()
    np.testing.assert_allclose(x, np.arange(10, 70))
    np.testing.assert_allclose(y, frames.mean(axis=(1, 2)))
