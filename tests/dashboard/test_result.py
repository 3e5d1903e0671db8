"""The panel of results: what it draws is what is in the file, while it is written and after."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PyQt5.QtCore import Qt

from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import DataLoader, DataToExportTimedSaver
from h5modules.errors import FileUnreadable
from h5modules.glimpsing import Glimpse
from pymodaq_hsi.dashboard.panels.result import ResultPanel
from pymodaq_hsi.dashboard.scan_points import Layout, ResultAxis, ScanPoints

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.window import DashboardWindow
    from pymodaq_hsi.station import Station

CAMERA = [{"device": "camera"}]
NODE = "/RawData/Scan000/Detector000"
MAP = {
    "kind": "step_scan",
    "name": "map",
    "axes": [
        {"target": "stage.Position", "values": {"start": 0, "stop": 2, "points": 3}},
        {"target": "light.Intensity", "values": [20, 50, 100, 30]},
    ],
    "order": "snake",
    "detectors": [*CAMERA, {"device": "light", "parameters": ["Intensity"]}],
}


@pytest.fixture
def panel(one_window: DashboardWindow, station: Station, qtbot: QtBot) -> ResultPanel:
    """The panel, in front of a window that knows the devices."""
    qtbot.waitUntil(lambda: len(one_window.mirror.devices) == 3, timeout=30_000)
    one_window.show_panel("result")
    found = one_window.panels["result"]
    assert isinstance(found, ResultPanel)
    return found


def saved(path: Path, node: str = "Data2D/CH00/Data00") -> np.ndarray[Any, Any]:
    """Return an array of the scan in a file."""
    with DataLoader(path) as loader:
        return np.asarray(loader.load_data(f"{NODE}/{node}")[0])


def whole(panel: ResultPanel) -> bool:
    """Whether everything is drawn that the scan has."""
    return not panel.live and panel.file is not None and bool(panel.described.frames)


def test_a_map_its_bands_and_the_spectrum_under_the_cursor_are_those_of_the_file(
    panel: ResultPanel, station: Station, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "map.h5"
    station.start_scan(MAP, path)
    qtbot.waitUntil(lambda: panel.points is not None and panel.points.count == 12, timeout=30_000)
    qtbot.waitUntil(lambda: whole(panel), timeout=30_000)
    frames = saved(path)
    points = panel.points
    assert points is not None
    np.testing.assert_allclose(points.grid("camera"), frames.mean(axis=(2, 3)))
    assert points.grid("light.Intensity").tolist() == [[20, 50, 100, 30]] * 3
    assert [axis.caption for axis in points.axes] == ["stage.Position (mm)", "light.Intensity (%)"]
    panel.drawing.draw()
    np.testing.assert_allclose(panel.navigator.image.image, frames.mean(axis=(2, 3)), rtol=1e-6)
    panel.navigator.pointed.emit(2.2, 0.9)  # light is uneven: its samples lie at their numbers
    assert panel.drawing.cursor == (1, 2)
    qtbot.waitUntil(lambda: panel.where.text() == "stage.Position = 1 mm, light.Intensity = 100 %", timeout=30_000)
    x, y = panel.spectrum.curve.getData()
    np.testing.assert_allclose(y, frames[1, 2].mean(axis=0))
    assert (x[0], len(x)) == (400, 24)
    panel.spectrum.bandChosen.emit(7)
    wanted = frames[..., 7].mean(axis=2)
    qtbot.waitUntil(lambda: np.allclose(panel.navigator.image.image, wanted, rtol=1e-5), timeout=30_000)


def test_a_curve_and_the_frame_of_its_last_point(
    panel: ResultPanel, station: Station, qtbot: QtBot, tmp_path: Path
) -> None:
    axis = {"target": "light.Intensity", "values": {"start": 100, "stop": 20, "points": 5}}
    station.start_scan({"kind": "step_scan", "axes": [axis], "detectors": CAMERA}, tmp_path / "curve.h5")
    qtbot.waitUntil(lambda: panel.points is not None and panel.points.count == 5, timeout=30_000)
    qtbot.waitUntil(lambda: whole(panel), timeout=30_000)
    panel.linked.show_value("frame")
    panel.linked.chosen.emit("frame")
    frames = saved(tmp_path / "curve.h5")
    panel.drawing.draw()
    x, y = panel.navigator.curve.getData()
    assert x.tolist() == [20, 40, 60, 80, 100]
    np.testing.assert_allclose(y, frames.mean(axis=(1, 2))[::-1])
    qtbot.waitUntil(lambda: panel.spectrum.picture.image is not None, timeout=30_000)
    np.testing.assert_allclose(panel.spectrum.picture.image, frames[-1])
    panel.linked.show_value("spectrum")


def test_a_recording_grows_as_it_is_written_and_has_its_spectra(
    panel: ResultPanel, station: Station, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "cube.h5"
    grown: set[int] = set()

    def is_whole() -> bool:
        grown.add(len(panel.drawing.lines.picture))
        return not panel.live and len(panel.drawing.lines.picture) == 300

    station.start_scan({"kind": "recording", "lines": 300, "detectors": CAMERA}, path)
    qtbot.waitUntil(is_whole, timeout=40_000)
    assert len(grown) > 1, "it was drawn once only, at its end"
    cube = saved(path, "DataND/CH00/EnlData00")
    np.testing.assert_array_equal(panel.drawing.lines.picture[..., 0], cube[..., panel.drawing.band])
    panel.navigator.pointed.emit(10.5, 99.2)
    qtbot.waitUntil(lambda: panel.where.text() == "line 99, pixel 10", timeout=30_000)
    qtbot.waitUntil(lambda: np.array_equal(panel.spectrum.curve.getData()[1], cube[99, 10]), timeout=30_000)
    panel.what.show_value("colour")
    panel.drawing.choose()
    qtbot.waitUntil(lambda: panel.drawing.lines.picture.shape == (300, 48, 3), timeout=30_000)
    assert panel.navigator.image.image.shape == (300, 48, 3)


def test_an_adaptive_scan_and_a_series_show_each_point(
    panel: ResultPanel, station: Station, qtbot: QtBot, tmp_path: Path
) -> None:
    axes = [{"target": "light.Intensity", "low": 10, "high": 100}, {"target": "stage.Position", "low": 0, "high": 1}]
    plan = {"kind": "adaptive_scan", "axes": axes, "points": 6, "detectors": CAMERA}
    station.start_scan(plan, tmp_path / "adaptive.h5")
    qtbot.waitUntil(lambda: panel.points is not None and panel.points.layout is Layout.SCATTER, timeout=30_000)
    qtbot.waitUntil(lambda: whole(panel) and panel.points is not None and panel.points.count == 6, timeout=30_000)
    told = station.scan_points()
    where = [(point["wanted"]["stage.Position"], point["wanted"]["light.Intensity"]) for point in told]
    panel.drawing.draw()
    assert list(zip(*panel.navigator.scatter.getData(), strict=True)) == where
    live = panel.points
    panel.show_scan(station.past_scans()[-1])  # the same from the file
    qtbot.waitUntil(lambda: panel.points is not live and whole(panel), timeout=30_000)
    qtbot.waitUntil(lambda: panel.points is not None and panel.points.count == 6, timeout=30_000)
    assert panel.points is not None
    from_file, means = panel.points.columns("camera")
    np.testing.assert_allclose(from_file[1], [place[0] for place in where])
    np.testing.assert_allclose(means, [point["means"]["camera"] for point in told])


def test_a_series_is_drawn_over_its_time_live_and_from_its_file(
    panel: ResultPanel, station: Station, qtbot: QtBot, tmp_path: Path
) -> None:
    plan = {"kind": "time_series", "interval": 0.05, "count": 5, "detectors": CAMERA}
    station.start_scan(plan, tmp_path / "series.h5")
    qtbot.waitUntil(lambda: whole(panel) and panel.points is not None and panel.points.count == 5, timeout=30_000)
    panel.drawing.draw()
    live = panel.navigator.curve.getData()[0]
    assert live[0] == 0
    assert 0.15 < live[-1] < 5
    assert panel.navigator.getAxis("bottom").labelText == "time since the start (s)"
    before = panel.points
    panel.show_scan(station.past_scans()[-1])
    qtbot.waitUntil(lambda: panel.points is not before and whole(panel), timeout=30_000)
    qtbot.waitUntil(lambda: panel.points is not None and panel.points.count == 5, timeout=30_000)
    panel.drawing.draw()
    series = panel.navigator.curve.getData()[0]
    assert (len(series), series[0]) == (5, 0)
    # the first point is told when the file has been made for it
    np.testing.assert_allclose(series[1:] - series[1], live[1:] - live[1], atol=0.1)


def test_what_was_not_told_is_read_from_the_file_of_a_past_scan(
    panel: ResultPanel, station: Station, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "past.h5"
    station.start_scan(MAP | {"name": "past"}, path)
    station.wait_scan(20)
    past = station.past_scans()[-1]
    axis = {"target": "light.Intensity", "values": [1.0]}
    station.start_scan({"kind": "step_scan", "axes": [axis], "detectors": CAMERA}, tmp_path / "other.h5")
    qtbot.waitUntil(lambda: not panel.live and panel.done == 1, timeout=30_000)
    panel.show_scan(past)
    qtbot.waitUntil(lambda: panel.points is not None and panel.points.count == 12, timeout=30_000)
    assert panel.points is not None
    np.testing.assert_allclose(panel.points.grid("camera"), saved(path).mean(axis=(2, 3)))
    assert panel.points.grid("light.Intensity").tolist() == [[20, 50, 100, 30]] * 3
    assert panel.heading.text().startswith("past: finished, 12 of 12 points")


def test_a_past_scan_is_looked_at_while_another_runs_and_back(
    panel: ResultPanel, one_window: DashboardWindow, station: Station, qtbot: QtBot, tmp_path: Path
) -> None:
    axis = {"target": "light.Intensity", "values": [10.0, 20.0], "settle": 30.0}
    station.start_scan(MAP | {"name": "past"}, tmp_path / "past.h5")
    station.wait_scan(20)
    past = station.past_scans()[-1]
    station.start_scan({"kind": "step_scan", "name": "now", "axes": [axis], "detectors": CAMERA}, tmp_path / "now.h5")
    qtbot.waitUntil(lambda: panel.live and bool(one_window.mirror.scan["path"]), timeout=30_000)  # type: ignore[index]
    panel.show_scan(past)
    qtbot.waitUntil(lambda: not panel.live and panel.running.isVisible(), timeout=30_000)
    qtbot.mouseClick(panel.running, Qt.MouseButton.LeftButton)
    assert panel.live
    assert panel.heading.text().startswith("now: ")


def test_a_file_that_is_gone_is_told(panel: ResultPanel, one_window: DashboardWindow, qtbot: QtBot) -> None:
    panel.show_scan({"number": -1, "name": "gone", "path": "/nowhere/gone.h5", "node": "/RawData/Scan000"})
    qtbot.waitUntil(
        lambda: any("gone cannot be shown" in notice.text for notice in one_window.notices.kept), timeout=30_000
    )


def test_points_have_their_place_whatever_their_order_and_are_counted_once() -> None:
    points = ScanPoints(MAP, lambda _: "")
    told = [
        {"number": 1, "indexes": [0, 1], "wanted": {}, "measured": {}, "means": {"camera": 5.0}},
        {"number": 0, "indexes": [0, 0], "wanted": {}, "measured": {}, "means": {"camera": 4.0}},
        {"number": 9, "indexes": [7, 0], "wanted": {}, "measured": {}, "means": {"camera": 1.0}},
    ]
    assert points.take(told)
    assert not points.take(told[:2])
    assert points.count == 2
    assert points.grid("camera")[0, :2].tolist() == [4, 5]
    assert points.last == told[0]
    measured = np.zeros((3, 4), bool)
    measured[0] = True
    assert points.unknown(measured, 10) == [(0, 2), (0, 3)]
    assert points.unknown(measured, 1) == [(0, 2)]
    assert points.knows((0, 1))
    assert not points.knows((0, 2))


def test_samples_are_found_by_their_value_or_by_their_number() -> None:
    even = ResultAxis("x", "mm", np.array([10.0, 8.0, 6.0]))
    uneven = ResultAxis("x", "mm", np.array([1.0, 10.0, 100.0]))
    assert (even.even, uneven.even) == (True, False)
    assert (even.nearest(6.4, drawn=True), even.drawn(2)) == (2, 6)
    assert (uneven.nearest(1.2, drawn=True), uneven.nearest(80, drawn=False), uneven.drawn(1)) == (1, 2, 1)


def test_a_file_is_looked_into_while_its_writer_has_it_locked(tmp_path: Path) -> None:
    path = tmp_path / "series.h5"
    with DataToExportTimedSaver(path, new_file=True) as saver, Glimpse(timeout=20) as glimpse:
        for number in range(4):
            frame = DataRaw("frame", data=[np.full((3, 5), number, np.uint16)], units="counts", origin="camera")
            saver.add_data("/RawData", DataToExport("camera", data=[frame]))
            [array] = [each for each in glimpse.arrays(path, "/RawData") if each.name == "frame"]
            assert array.shape == (number + 1, 3, 5)
        assert (array.nav, array.units, array.origin) == (1, "counts", "camera")
        assert glimpse.means(path, array.path, [(3,), (0,)]).tolist() == [3, 0]
        assert glimpse.read(path, array.path, [2, [0, 2, None]]).tolist() == [[2] * 5] * 2
        assert glimpse.pick(path, array.path, (0, 4, 2), [1, 99]).tolist() == [[[0, 0]] * 3, [[2, 2]] * 3]
        with pytest.raises(FileUnreadable, match="EnlData77"):
            glimpse.read(path, "/RawData/EnlData77", [0])
        with pytest.raises(FileUnreadable, match="there is no file"):
            glimpse.arrays(tmp_path / "none.h5", "/")
        process = glimpse._running()
        os.kill(process.pid, signal.SIGTERM)
        process.wait(10)
        assert glimpse.means(path, array.path, [(1,)]).tolist() == [1]
    with pytest.raises(FileUnreadable, match="closed"):
        glimpse.arrays(path, "/")
