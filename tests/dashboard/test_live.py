"""Live pictures and references by clicks, on a real virtual camera."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PyQt5.QtCore import Qt

from pymodaq_hsi.dashboard.frame_views import FrameView, ReferencePictures, composite, sharpness
from pymodaq_hsi.station.feeds import Picture

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.panels.live import LivePanel
    from pymodaq_hsi.dashboard.panels.references import ReferencesPanel
    from pymodaq_hsi.dashboard.window import DashboardWindow
    from pymodaq_hsi.station import Station

LEFT = Qt.MouseButton.LeftButton


def live_panel(window: DashboardWindow) -> LivePanel:
    window.show_panel("live")
    return window.panels["live"]  # type: ignore[return-value]


def references_panel(window: DashboardWindow) -> ReferencesPanel:
    window.show_panel("references")
    return window.panels["references"]  # type: ignore[return-value]


def test_references_are_taken_step_by_step_and_the_live_view_shows_reflectance(
    station: Station, one_window: DashboardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = one_window
    panel, live = references_panel(window), live_panel(window)
    panel.frames.setValue(5)
    assert panel.dark.state.text() == "None in use"
    qtbot.mouseClick(panel.dark.take, LEFT)
    qtbot.waitUntil(lambda: panel.dark.state.text().startswith("In use"), timeout=30_000)
    panel.panel.setText("0.5")
    qtbot.mouseClick(panel.white.take, LEFT)
    qtbot.waitUntil(lambda: panel.white.state.text().startswith("In use"), timeout=30_000)
    assert "5 frames" in panel.white.state.text()
    assert "panel 0.5" in panel.white.state.text()
    assert "dark" in window.statusBar().references.text()  # type: ignore[union-attr]
    live.run.setFocus()
    qtbot.keyClick(live.run, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: live.pictures > 3, timeout=30_000)
    live.values.setCurrentIndex(2)
    qtbot.waitUntil(lambda: live._values_of(live.view)[1] == "reflectance", timeout=30_000)  # type: ignore[arg-type]
    shown = live._values_of(live.view)[0]  # type: ignore[arg-type]
    assert 0 < np.nanmean(shown) < 0.5  # the frame of the chart reflects a little, half of it on such a panel
    qtbot.waitUntil(lambda: live.waterfall.count > 20, timeout=30_000)
    # another exposure: the references hold no longer, and that is said
    station.take_control(force=True)
    station.set("camera", "ExposureTime", station.get("camera", "ExposureTime") + 0.5)
    station.release_control()
    qtbot.waitUntil(lambda: "ExposureTime is" in panel.white.warnings.text(), timeout=30_000)
    panel.export_file("WhiteReference", str(tmp_path / "white.hsiref"))
    qtbot.waitUntil((tmp_path / "white.hsiref").exists, timeout=30_000)
    qtbot.mouseClick(panel.white.clear, LEFT)
    qtbot.waitUntil(lambda: panel.white.state.text() == "None in use", timeout=30_000)
    panel.import_file("WhiteReference", str(tmp_path / "white.hsiref"))
    qtbot.waitUntil(lambda: any("ExposureTime" in n.text for n in window.notices.kept), timeout=30_000)
    panel.any_settings.setChecked(True)
    panel.import_file("WhiteReference", str(tmp_path / "white.hsiref"))
    qtbot.waitUntil(lambda: panel.white.state.text().startswith("In use"), timeout=30_000)
    qtbot.mouseClick(live.run, LEFT)
    qtbot.waitUntil(lambda: live.run.text() == "Start live", timeout=30_000)


def test_exposure_is_found_and_saturation_is_said(station: Station, one_window: DashboardWindow, qtbot: QtBot) -> None:
    window = one_window
    window.notices.kept.clear()
    live = live_panel(window)
    station.take_control(force=True)
    station.set("camera", "Gain", 16.0)
    station.set("camera", "ExposureTime", 50.0)
    station.release_control()
    qtbot.mouseClick(live.run, LEFT)
    qtbot.waitUntil(lambda: "saturated" in live.warning.text(), timeout=30_000)
    assert live.frame.over.isVisible()
    marked, whole = (item.mapRectToParent(item.boundingRect()) for item in (live.frame.over, live.frame.image))
    assert marked == whole
    qtbot.mouseClick(live.expose, LEFT)
    told = r"camera: exposure \d.* ms \(was 50\), brightest samples at (7[7-9]|8[0-3]) % of the range"
    qtbot.waitUntil(lambda: any(re.search(told, n.text) for n in window.notices.kept), timeout=30_000)
    qtbot.waitUntil(lambda: "saturated" not in live.warning.text(), timeout=30_000)
    assert station.get("camera", "ExposureTime") < 50.0
    qtbot.mouseClick(live.run, LEFT)


@st.composite
def pictures(draw: st.DrawFn) -> tuple[Picture, np.ndarray]:
    """A picture as a camera may have it, and the same as (pixels, bands) with wavelengths ascending."""
    pixels, bands = draw(st.integers(1, 6)), draw(st.integers(2, 6))
    frame = np.arange(pixels * bands, dtype=np.uint16).reshape(pixels, bands)
    wavelengths = np.linspace(400, 900, bands)
    data, known = (frame[:, ::-1], wavelengths[::-1]) if draw(st.booleans()) else (frame, wavelengths)
    axis = draw(st.sampled_from([0, 1]))
    data = data.T if axis == 0 else data
    header: dict[str, Any] = {"dispersion_axis": axis, "step": [1, 1], "wavelengths": list(known), "saturation": None}
    return Picture(header | {"frame_shape": list(data.shape)}, data, np.empty((0, 0, 0))), frame


@given(pictures())
def test_frames_are_shown_as_pixels_by_rising_wavelengths(case: tuple[Picture, np.ndarray]) -> None:
    picture, frame = case
    view = FrameView.of(picture)
    np.testing.assert_array_equal(view.frame, frame)
    assert list(view.bands) == sorted(view.bands)


@settings(max_examples=30)
@given(
    counts=st.lists(st.floats(0, 4000), min_size=4, max_size=4),
    panel=st.floats(0.05, 1.0),
)
def test_reflectance_is_that_of_the_formula_and_nan_without_light(counts: list[float], panel: float) -> None:
    header: dict[str, Any] = {"dispersion_axis": 1, "step": [1, 1], "wavelengths": None, "saturation": 4095}
    view = FrameView.of(Picture(header, np.array([counts]), np.empty((0, 0, 0))))
    dark, white = np.full((1, 4), 100.0), np.array([[3100.0, 2100.0, 1100.0, 101.0]])
    found = ReferencePictures(dark, white, panel).reflectance(view)
    assert found is not None
    np.testing.assert_allclose(found[0, :3], (np.array(counts[:3]) - 100) * panel / [3000, 2000, 1000], rtol=1e-5)
    assert np.isnan(found[0, 3])  # the white gives almost nothing there
    assert ReferencePictures(dark, None).reflectance(view) is None


def test_a_sharp_edge_is_sharper_than_a_soft_one_at_any_exposure() -> None:
    x = np.linspace(-5, 5, 100)[:, None] * np.ones((1, 8))
    sharp, soft = 1 / (1 + np.exp(-4 * x)), 1 / (1 + np.exp(-x))
    assert sharpness(sharp) > 2 * sharpness(soft)
    np.testing.assert_allclose(sharpness(1000 * soft), sharpness(soft), rtol=1e-4)


def test_a_composite_is_black_at_dark_and_white_at_white() -> None:
    lines = np.array([[[100.0, 100.0, 100.0], [200.0, 300.0, 400.0]]])
    low, high = np.full((2, 3), 100.0), np.array([[150.0] * 3, [200.0, 300.0, 400.0]])
    np.testing.assert_array_equal(composite(lines, low, high), [[[0, 0, 0], [255, 255, 255]]])
    assert composite(lines[..., :1], 0.0, 400.0).shape == (1, 2, 3)
