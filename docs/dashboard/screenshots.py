"""Takes the pictures of the guide to the dashboard: ``python docs/dashboard/screenshots.py [folder]``.

A station with the virtual devices is started, a window does what a person would, and every panel is taken, at 1280x800
and at 3840x2160 (with the scaling that such a screen has). Nothing of it is drawn on a screen.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.dashboard.window import DashboardWindow

HERE = Path(__file__).parent
SCREENS = {"1280x800": (1280, 800, 1.0), "3840x2160": (1920, 1080, 2.0)}
"""Logical width and height, and the scaling."""
PLAN = {
    "kind": "step_scan",
    "name": "leaf",
    "axes": [
        {"target": "stage.Position", "values": {"start": 0, "stop": 24, "points": 17}},
        {"target": "light.Intensity", "values": {"start": 40, "stop": 100, "points": 7}},
    ],
    "order": "snake",
    "detectors": [{"device": "camera", "value": "reflectance"}],
    "output": {"file": "{name}_{number}.h5"},
}


def take_all(folder: Path, screen: str) -> None:
    """Take the pictures for one screen, in this process."""
    from PIL import Image
    from PyQt5.QtCore import QCoreApplication, Qt
    from PyQt5.QtWidgets import QApplication

    width, height, _ = SCREENS[screen]
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    application = QApplication([])
    font = application.font()
    font.setPointSizeF(9.5)
    application.setFont(font)
    from pymodaq_hsi.dashboard.app import connect_demo, make_window

    window = make_window("screenshots")
    connect_demo(window)
    window.resize(width, height)
    window.show()

    def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            application.processEvents()
            time.sleep(0.01)
            if time.monotonic() > deadline:
                raise SystemExit(f"waited {seconds:g} s in vain; notices: {[n.text for n in window.notices.kept]}")

    def wait(seconds: float) -> None:
        deadline = time.monotonic() + seconds
        until(lambda: time.monotonic() > deadline)

    def take(name: str) -> None:
        wait(0.3)
        picture = folder / f"{name}-{screen}.png"
        window.grab().save(str(picture))
        with Image.open(picture) as image:  # a palette says the same in a quarter of the room
            small = image.convert("RGB").quantize(255, dither=Image.Dither.NONE)
        small.save(picture, optimize=True)
        print(picture)

    try:
        go_through(window, until, wait, take, folder)
    finally:
        from pymodaq_hsi.station import attach

        window.leave()
        with attach("screenshots") as client:
            client.take_control(force=True)
            client.shut_down()


def go_through(
    window: DashboardWindow,
    until: Callable[..., None],
    wait: Callable[[float], None],
    take: Callable[[str], None],
    folder: Path,
) -> None:
    """Do what a person would, panel by panel."""
    mirror, link = window.mirror, window.link
    until(lambda: len(mirror.devices) == 3)
    links: list[object] = []

    def done(result: object) -> None:
        links.append(result)

    def command(name: str, **arguments: object) -> None:
        before = len(links)
        link.begin(name, done, lambda error: sys.exit(str(error)), **arguments)
        until(lambda: len(links) > before)

    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)  # so that the pictures show no folder of whoever takes them
        for reference in ("DarkReference", "WhiteReference"):
            command("take_reference", device="camera", reference=reference, frames=20)
        window.show_panel("live")
        window.show_panel("references")
        link.ask("set", None, window.notices.fail, device="stage", parameter="Velocity", value=5.0)
        link.ask("start_live", None, window.notices.fail, device="camera")
        link.begin("move", None, window.notices.fail, device="stage", position=60.0)
        wait(5.0)
        window.panels["live"].values.setCurrentText("Reflectance")  # type: ignore[attr-defined]
        window.panels["live"].spectrum.regions_changed.emit(1)  # type: ignore[attr-defined]
        live = window.panels["live"]
        until(lambda: live.view is not None and live.view.marks[1] > 0.4)  # type: ignore[attr-defined]
        wait(0.3)
        take("live")
        link.ask("stop_move", None, window.notices.fail, device="stage")
        link.ask("set", None, window.notices.fail, device="stage", parameter="Velocity", value=100.0)
        wait(0.3)
        window.notice_bar.dismiss()
        window.show_panel("controls")
        take("controls")
        window.show_panel("presets")
        take("presets")
        link.ask("stop_live", None, window.notices.fail, device="camera")
        window.show_panel("devices")
        window.show_panel("scans")
        window.show_panel("result")
        window.panels["scans"].restore_state({"plan": PLAN})
        wait(1.5)
        take("plan")
        link.ask("start_scan", done, lambda error: sys.exit(str(error)), plan=PLAN, path=str(Path(place) / "leaf.h5"))
        until(lambda: mirror.scan is not None and mirror.scan.get("done", 0) > 20)
        curve = window.panels["result"].spectrum.curve  # type: ignore[attr-defined]
        until(lambda: curve.yData is not None and len(curve.yData) > 0)
        wait(0.3)
        take("scan")
        until(lambda: mirror.scan is not None and mirror.scan.get("over"))
        wait(1.5)
        take("result")
        link.ask(
            "start_scan",
            done,
            lambda error: sys.exit(str(error)),
            plan={
                "kind": "recording",
                "name": "chart",
                "lines": 200,
                "detectors": [{"device": "camera", "value": "reflectance"}],
            },
            path=str(Path(place) / "chart.h5"),
        )
        until(lambda: mirror.scan is not None and mirror.scan["name"] == "chart" and mirror.scan.get("over"))
        window.selection.open_file("chart.h5")
        window.show_panel("files")
        plot = window.panels["files"].plot  # type: ignore[attr-defined]
        until(plot.region.isEnabled)
        plot.colouring.setCurrentText("True colour")
        until(lambda: plot.image.image is not None and plot.image.image.ndim == 3)
        plot.region.setChecked(True)
        until(lambda: plot.words.text().startswith("Region"))
        wait(1.0)
        take("files")
        window.theme.use("light")
        take("light-theme")
        window.theme.use("dark")
        window.notices.fail("camera: an example of a message that waits to be read, can be copied, and stops nothing")
        take("notice")
        os.chdir(folder)


def main() -> None:
    """Take all pictures, a process for each screen: the scaling is set before Qt is."""
    if len(sys.argv) == 3:
        take_all(Path(sys.argv[1]), sys.argv[2])
        return
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    with tempfile.TemporaryDirectory() as own:
        for screen, (_, _, scale) in SCREENS.items():
            environment = os.environ | {
                "QT_QPA_PLATFORM": "offscreen",
                "QT_SCALE_FACTOR": str(scale),
                "PYMODAQ_HSI_DASHBOARD": str(Path(own) / screen),
                "PYMODAQ_HSI_STATIONS": str(Path(own) / "stations"),
                "XDG_CONFIG_HOME": str(Path(own) / "config"),
            }
            subprocess.run([sys.executable, __file__, str(folder), screen], env=environment, check=True, timeout=300)


if __name__ == "__main__":
    main()
