"""The whole way of an operator, click by click: from an empty window to a reflectance scan and its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton

from h5modules.data_saving import DataLoader

if TYPE_CHECKING:
    from pathlib import Path

    from PyQt5.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.window import DashboardWindow
    from pymodaq_hsi.station import Station

LEFT = Qt.MouseButton.LeftButton


def fill(panel: QWidget, name: str, text: str) -> None:
    """Paste a text into a field."""
    field = panel.findChild(QLineEdit, name)
    field.setFocus()
    field.selectAll()
    QApplication.clipboard().setText(text)
    field.paste()
    field.clearFocus()


def pick(panel: QWidget, name: str, value: str) -> None:
    """Choose from a list."""
    box = panel.findChild(QComboBox, name)
    index = box.findData(value)
    box.setCurrentIndex(index)
    box.activated.emit(index)


def test_from_an_empty_window_to_a_reflectance_scan_and_its_picture(
    bare_station: Station, bare_window: DashboardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window: Any = bare_window
    devices, references = window.panels["devices"], window.panels["references"]
    scans, files = window.panels["scans"], window.panels["files"]

    def rows() -> dict[str, Any]:
        items = [devices.list.topLevelItem(row) for row in range(devices.list.topLevelItemCount())]
        return {item.text(0).strip(): item for item in items}

    for found, connected in (
        ("Virtual hyperspectral camera", "camera"),
        ("Virtual light", "light"),
        ("Virtual stage", "stage"),
    ):
        qtbot.waitUntil(lambda found=found: found in rows(), timeout=30_000)
        devices.list.setCurrentItem(rows()[found])
        qtbot.mouseClick(devices.connect_it, LEFT)
        qtbot.waitUntil(lambda name=connected: name in window.mirror.devices, timeout=30_000)
    devices.list.setCurrentItem(rows()["camera: Virtual hyperspectral camera"])
    for parameter, value in {"PixelCount": 48, "BandCount": 64, "FrameRate": 200.0, "Noise": False}.items():
        devices.parameters.item(parameter).setValue(value)
        qtbot.waitUntil(lambda p=parameter, v=value: window.mirror.value("camera", p) == v, timeout=30_000)

    window.show_panel("references")
    references.frames.setValue(4)
    for box in (references.dark, references.white):
        qtbot.mouseClick(box.take, LEFT)
        qtbot.waitUntil(lambda box=box: box.state.text().startswith("In use"), timeout=30_000)

    window.show_panel("scans")
    pick(scans, "AxisPicker", "stage.Position")
    for name, text in {"Axis_start": "2", "Axis_stop": "8", "Axis_points": "7", "PlanName": "chart"}.items():
        fill(scans, name, text)
    pick(scans, "DetectorPicker", "camera")
    pick(scans, "DetectorWhat0", "reflectance")
    fill(scans, "OutputFolder", str(tmp_path))
    run = scans.findChild(QPushButton, "RunPlan")
    qtbot.waitUntil(run.isEnabled, timeout=30_000)
    qtbot.mouseClick(run, LEFT)
    qtbot.waitUntil(lambda: window.mirror.scan is not None and window.mirror.scan.get("over"), timeout=30_000)
    assert window.mirror.scan["state"] == "finished", window.mirror.scan
    path = window.mirror.scan["path"]

    qtbot.waitUntil(lambda: len(window.mirror.past_scans) == 1, timeout=30_000)
    scans.past.choose(0)
    qtbot.mouseClick(scans.findChild(QPushButton, "PastShowInFiles"), LEFT)
    qtbot.waitUntil(lambda: files.plot.image.image is not None, timeout=30_000)
    with DataLoader(path) as loader:
        cube = loader.load_data("/RawData/Scan000/Detector000/Data2D/CH00/Data00").data[0]
    assert cube.shape == (7, 48, 64)
    np.testing.assert_allclose(files.plot.image.image, np.nanmean(cube, axis=2), rtol=1e-5)
    files.plot.colouring.setCurrentIndex(2)
    qtbot.waitUntil(lambda: files.plot.image.image.shape == (7, 48, 3), timeout=30_000)
    assert np.unique(files.plot.image.image.reshape(-1, 3), axis=0).shape[0] > 3  # the patches have colours
