"""What the live view shows of instruments of every kind, and what the mouse does in it; two cameras of our own."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pyqtgraph as pg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication

from pymodaq_hsi.dashboard.frame_views import FrameView, ReferencePictures
from pymodaq_hsi.dashboard.link import StationLink
from pymodaq_hsi.dashboard.memory import WindowMemory
from pymodaq_hsi.dashboard.mirror import StationMirror
from pymodaq_hsi.dashboard.panels.live_frame import even_columns
from pymodaq_hsi.dashboard.panels.live_words import Rates
from pymodaq_hsi.dashboard.theme import Theme
from pymodaq_hsi.dashboard.window import DashboardWindow
from pymodaq_hsi.station import StationServer, attach
from pymodaq_hsi.station.feeds import Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.panels.live import LivePanel
    from pymodaq_hsi.station import Station

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture(scope="module")
def station(_folder: None, sights: None) -> Iterator[Station]:
    """A station with two cameras, "camera" and "camera2", which run to be looked at."""
    server = StationServer("sights")
    server.station.connect("Sight:0")
    server.station.connect("Sight:1")
    for name in ("camera", "camera2"):
        server.station.start_live(name)
    server.station.release_control()
    yield server.station
    server.close()


@pytest.fixture(scope="module")
def window(station: Station, qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardWindow]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYMODAQ_HSI_DASHBOARD", str(tmp_path_factory.mktemp("memory")))
        patch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", 0)  # a test moves the mouse faster than a hand
        window = DashboardWindow(StationLink(lambda: attach("sights"), StationMirror()), Theme("dark"), WindowMemory())
        window.show()
        window.show_panel("live")
        window.link.start()
        yield window
        window.leave()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def live(window: DashboardWindow, qtbot: QtBot) -> LivePanel:
    """The panel, with pictures of a slit's camera."""
    panel: LivePanel = window.panels["live"]  # type: ignore[assignment]
    qtbot.waitUntil(lambda: len(window.mirror.devices) == 2, timeout=30_000)
    show(panel, qtbot, "slit")
    return panel


def show(live: LivePanel, qtbot: QtBot, kind: str) -> FrameView:
    """Have the camera deliver frames of a kind; return the view of the first that is shown."""
    api = live.link.api
    assert api is not None
    if live.mirror.value("camera", "Kind") != kind:
        api.ask("set", device="camera", parameter="Kind", value=kind)
        api.ask("release_control")
        qtbot.waitUntil(lambda: live.mirror.value("camera", "Kind") == kind, timeout=30_000)
        qtbot.waitUntil(lambda: "camera" in live.mirror.live, timeout=30_000)
    before = live.pictures
    qtbot.waitUntil(lambda: live.pictures > before + 2, timeout=30_000)
    assert live.view is not None
    return live.view


def hosts() -> set[psutil.Process]:
    """Return the processes of devices."""
    found = set()
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if any("pymodaq_hsi.hosting.host" in word for word in child.cmdline()):
                found.add(child)
    return found


def place(live: LivePanel, across: float, down: float) -> QPoint:
    """Return where in the frame's widget some wavelength and pixel is."""
    found: QPoint = live.frame.area.mapFromScene(live.frame.plot.getViewBox().mapViewToScene(QPointF(across, down)))
    return found


def point_at(live: LivePanel, at: QPoint, buttons: Any = Qt.MouseButton.NoButton) -> None:
    """Move the mouse to a place of the frame's widget, dragging if buttons are down."""
    widget = live.frame.area.viewport()
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(at),
        QPointF(widget.mapToGlobal(at)),
        Qt.MouseButton.NoButton,
        Qt.MouseButtons(buttons),
        Qt.KeyboardModifiers(),
    )
    QApplication.sendEvent(widget, event)
    QApplication.processEvents()


def drag(live: LivePanel, qtbot: QtBot, start: QPoint, end: QPoint) -> None:
    widget = live.frame.area.viewport()
    point_at(live, start)
    qtbot.mousePress(widget, LEFT, pos=start)
    for step in range(1, 9):
        point_at(live, start + (end - start) * step / 8, LEFT)
    qtbot.mouseRelease(widget, LEFT, pos=end)


@pytest.mark.parametrize("kind", ["slit", "shifted", "turned", "uneven"])
def test_a_sample_is_drawn_at_its_wavelength_and_pixel(live: LivePanel, qtbot: QtBot, kind: str) -> None:
    view = show(live, qtbot, kind)
    np.testing.assert_allclose(view.frame, np.rint(10 * view.pixels[:, None] + view.bands - 0.5), atol=1)
    box, image = live.frame.plot.getViewBox(), live.frame.image
    low, high = box.viewRange()[0]
    assert low < view.bands[0] < view.bands[-1] < high
    box.setRange(xRange=(view.bands[5], view.bands[20]), yRange=(3, 17), padding=0)  # zoomed in, as by the wheel
    for pixel, band in ((4, 6), (10, 13), (16, 19)):
        drawn = image.mapFromScene(box.mapViewToScene(QPointF(view.bands[band], pixel)))
        assert image.image[int(drawn.y()), int(drawn.x())] == view.frame[pixel, band]


@pytest.mark.parametrize("kind", ["plain", "colour"])
def test_a_camera_without_wavelengths_is_shown_by_rows_and_columns(live: LivePanel, qtbot: QtBot, kind: str) -> None:
    view = show(live, qtbot, kind)
    assert view.frame.shape == (40, 50)
    axes = live.frame.plot.axes
    assert (axes["bottom"]["item"].labelText, axes["left"]["item"].labelText) == ("Column", "Row")
    assert "No waterfall" in live.waterfall.empty.text
    assert live.spectrum.label.text() == "Profile of row"


def test_a_spectrometer_has_its_spectrum_and_a_waterfall_of_spectra(live: LivePanel, qtbot: QtBot) -> None:
    for kind, across in (("spectrometer", "Wavelength (nm)"), ("one pixel", "Wavelength (nm)"), ("line", "Pixel")):
        view = show(live, qtbot, kind)
        assert view.single
        assert not live.frame.area.isVisible()
        assert not live.focus.isVisible()
        x, y = live.spectrum.at_line.getData()
        np.testing.assert_allclose(y, x)  # each sample is its wavelength, or pixel
        qtbot.waitUntil(lambda: live.waterfall.count > 3, timeout=30_000)
        assert live.waterfall.plot.getPlotItem().axes["bottom"]["item"].labelText == across
        assert live.waterfall.image.image.shape[1] == len(view.bands)
    show(live, qtbot, "slit")
    assert live.frame.area.isVisible()


def test_frames_of_any_type_and_number_of_axes_are_shown(live: LivePanel, qtbot: QtBot) -> None:
    for kind in ("holes", "nothing", "complex", "yes or no", "snapshot", "planes", "volume", "bands"):
        view = show(live, qtbot, kind)
        assert view.frame.shape == (40, 30)
        assert "frames/s" in live.words.text()
        if kind in ("snapshot", "planes", "volume"):
            np.testing.assert_allclose(view.frame, 10 * view.pixels[:, None] + view.bands)
        if kind in ("holes", "nothing"):
            assert "samples are no numbers" in live.warning.text()
        if kind == "bands":
            assert live.frame.levels()[1] < 1400  # nobody knows the range: that of pictures


def test_the_spectrum_under_the_mouse_and_at_the_line_follow(live: LivePanel, qtbot: QtBot) -> None:
    widget = live.frame.area.viewport()
    point_at(live, place(live, 600.0, 12))
    qtbot.waitUntil(lambda: live.frame.readout.text() == "pixel 12, 600.0 nm: 720", timeout=30_000)
    assert live.spectrum.at_cursor.getData()[1][10] == 720
    QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))
    assert live.frame.readout.text() == ""
    assert live.spectrum.at_cursor.getData()[1] is None
    qtbot.mouseClick(widget, LEFT, pos=place(live, 500.0, 30))
    qtbot.waitUntil(lambda: live.spectrum.pixel.value() == 30, timeout=30_000)
    live.spectrum.pixel.setValue(7)
    assert live.frame.line.value() == 7
    assert live.spectrum.at_line.getData()[1][0] == 470


def test_regions_are_added_dragged_resized_and_removed_one_by_one(live: LivePanel, qtbot: QtBot) -> None:
    live.spectrum.pixel.setValue(38)  # out of the way
    for _ in range(3):
        qtbot.mouseClick(live.spectrum.more, LEFT)
    colours = [colour for colour, _ in live.frame.regions()]
    (first, last) = live.frame.regions()[0][1]
    drag(live, qtbot, place(live, 700, (first + last) / 2), place(live, 700, (first + last) / 2 - 6))
    moved = live.frame.regions()[0][1]
    np.testing.assert_allclose(moved, (first - 6, last - 6), atol=1.0)
    drag(live, qtbot, place(live, 900, moved[1]), place(live, 900, moved[1] + 5))
    np.testing.assert_allclose(live.frame.regions()[0][1], (moved[0], moved[1] + 5), atol=1.0)
    view = live.view
    assert view is not None
    rows = view.rows(*live.frame.regions()[0][1])
    shown = live.spectrum._of_regions[0].getData()[1]
    np.testing.assert_allclose(shown, view.frame[rows].mean(axis=0))
    assert f"pixels {rows.start} to {rows.stop - 1}" in [label.text for _, label in live.spectrum.legend.items]
    middle = sum(live.frame.regions()[1][1]) / 2
    qtbot.mouseClick(live.frame.area.viewport(), RIGHT, pos=place(live, 700, middle))
    qtbot.waitUntil(lambda: [colour for colour, _ in live.frame.regions()] == colours[::2], timeout=30_000)
    qtbot.mouseClick(live.spectrum.less, LEFT)
    qtbot.mouseClick(live.spectrum.less, LEFT)
    assert live.frame.regions() == []
    assert live.spectrum._of_regions == []


def test_levels_are_set_by_the_picture_by_hand_and_kept_for_each_quantity(live: LivePanel, qtbot: QtBot) -> None:
    assert live.frame.levels() == (0.0, 4095.0)
    histogram = live.frame.histogram
    at = [
        live.frame.area.mapFromScene(histogram.vb.mapViewToScene(QPointF(histogram.vb.viewRect().center().x(), level)))
        for level in (4095.0, 2000.0)
    ]
    drag(live, qtbot, *at)
    low, high = live.frame.levels()
    assert low == 0
    assert 1800 < high < 2200
    qtbot.mouseClick(live.frame.auto, LEFT)
    low, high = live.frame.levels()
    assert 400 <= low < high <= 1370
    show(live, qtbot, "holes")
    show(live, qtbot, "slit")
    assert live.frame.levels() == (low, high)
    qtbot.mouseClick(live.frame.full, LEFT)
    assert live.frame.levels() == (0.0, 4095.0)


def test_views_without_references_say_what_is_missing(live: LivePanel, qtbot: QtBot) -> None:
    api = live.link.api
    assert api is not None
    live.values.setCurrentText("Reflectance")
    assert live.warning.text() == "take a dark and a white reference to see this"
    for name in ("DarkReference", "WhiteReference"):
        api.finish("take_reference", device="camera", reference=name, frames=2)
    api.ask("release_control")
    live.values.setCurrentText("White reference")
    doubted = "white reference with warnings: see References"  # it is as bright as the dark one
    qtbot.waitUntil(lambda: live.warning.text() == doubted, timeout=30_000)
    np.testing.assert_allclose(live.frame.image.image[5], live.frame._view.bands + 50)  # type: ignore[union-attr]
    show(live, qtbot, "spectrometer")
    assert live.warning.text().endswith("the white reference is of frames of another size: take it anew")
    live.values.setCurrentText("Counts")


def test_a_camera_without_an_exposure_is_refused_one_in_words(live: LivePanel, qtbot: QtBot) -> None:
    qtbot.mouseClick(live.expose, LEFT)
    told = "has no exposure that can be set"
    qtbot.waitUntil(lambda: any(told in notice.text for notice in live.notices.kept), timeout=30_000)
    qtbot.waitUntil(live.expose.isEnabled, timeout=30_000)


def test_the_focus_aid_falls_when_the_lens_is_turned_away(live: LivePanel, qtbot: QtBot) -> None:
    api = live.link.api
    assert api is not None
    live.focus.clear()
    qtbot.waitUntil(lambda: live.focus.words.text() == "Focus 100 % of the best", timeout=30_000)
    api.ask("set", device="camera", parameter="Defocus", value=4.0)
    qtbot.waitUntil(lambda: int(live.focus.words.text().split()[1]) < 20, timeout=30_000)
    api.ask("set", device="camera", parameter="Defocus", value=0.0)
    api.ask("release_control")
    qtbot.waitUntil(lambda: live.focus.words.text() == "Focus 100 % of the best", timeout=30_000)


def test_another_camera_shows_nothing_of_the_one_before(live: LivePanel, qtbot: QtBot) -> None:
    show(live, qtbot, "plain")
    live.camera.setCurrentText("camera2")
    live.camera.activated.emit(live.camera.currentIndex())
    assert live.frame.image.image is None
    assert live.words.text() == "camera2: waiting for its first picture"
    qtbot.waitUntil(lambda: live.view is not None and live.view.frame.shape == (40, 30), timeout=30_000)
    live.camera.setCurrentText("camera")
    live.camera.activated.emit(live.camera.currentIndex())
    qtbot.waitUntil(lambda: live.view is not None and live.view.frame.shape == (40, 50), timeout=30_000)


def test_a_stopped_and_a_lost_camera_are_said_and_pictures_go_on_after_it_is_back(
    sights: None, bare_station: Station, bare_window: DashboardWindow, qtbot: QtBot
) -> None:
    before_it = hosts()
    bare_station.connect("Sight:0")
    bare_station.release_control()
    live: LivePanel = bare_window.panels["live"]  # type: ignore[assignment]
    bare_window.show_panel("live")
    qtbot.waitUntil(lambda: live.words.text().startswith("camera: start live"), timeout=30_000)
    qtbot.mouseClick(live.run, LEFT)
    qtbot.waitUntil(lambda: "frames/s" in live.words.text(), timeout=30_000)
    qtbot.mouseClick(live.run, LEFT)
    qtbot.waitUntil(lambda: live.words.text() == "camera is stopped; this is its last picture", timeout=30_000)
    qtbot.mouseClick(live.run, LEFT)
    qtbot.waitUntil(lambda: "frames/s" in live.words.text(), timeout=30_000)
    live.link.ask(
        "set", device="camera", parameter="Fails", value=True
    )  # it ends the live view, and is there all the same
    qtbot.waitUntil(lambda: any("too warm" in notice.text for notice in live.notices.kept), timeout=30_000)
    qtbot.waitUntil(lambda: live.words.text() == "camera is stopped; this is its last picture", timeout=30_000)
    live.link.ask("set", device="camera", parameter="Fails", value=False)  # not when it is back either
    qtbot.mouseClick(live.run, LEFT)
    qtbot.waitUntil(lambda: "frames/s" in live.words.text(), timeout=30_000)
    for process in hosts() - before_it:
        process.kill()
    gone = "camera is not there: reconnect it; this is its last picture"
    qtbot.waitUntil(lambda: live.words.text() == gone, timeout=30_000)
    assert not live.run.isEnabled()
    live.link.begin("reconnect", None, live.notices.fail, device="camera")
    before = live.pictures
    qtbot.waitUntil(lambda: live.pictures > before + 2 and "frames/s" in live.words.text(), timeout=30_000)


def test_falling_wavelengths_are_thinned_out_from_the_shortest(station: Station, live: LivePanel, qtbot: QtBot) -> None:
    show(live, qtbot, "turned")
    with station.frames("camera", longest=7, bands=(29, 0)) as feed:
        picture = feed.get(5.0)
    assert picture.header["step"] == [5, 6]
    assert picture.header["wavelengths"] == [900.0, 800.0, 700.0, 600.0, 500.0, 400.0]
    np.testing.assert_allclose(picture.data[:, 0], picture.header["wavelengths"])
    np.testing.assert_allclose(picture.lines[-1, 0], [400.0, 980.0])


def picture_of(data: np.ndarray, saturation: float | None, **header: Any) -> FrameView:
    known = {"dispersion_axis": 1, "step": [1, 1], "wavelengths": None, "frame_shape": list(data.shape)}
    return FrameView.of(Picture(known | {"saturation": saturation} | header, data, np.empty((0, 0, 0))))


def test_samples_with_too_much_and_next_to_no_light_are_marked() -> None:
    view = picture_of(np.array([[100, 181, 182, 999, 1000]], np.uint16), 1000.0)
    np.testing.assert_array_equal(view.saturated[0], [False] * 4 + [True])
    np.testing.assert_array_equal(view.low()[0], [False] * 5)
    dark = np.full((1, 5), 162.0)
    np.testing.assert_array_equal(view.low(dark)[0], [True, True, False, False, False])
    assert view.marks[0] == 1
    assert picture_of(np.zeros((2, 2), np.uint16), 1000.0, saturated=7).marks[0] == 7  # of those that are left out
    assert picture_of(np.full((2, 2), 9, np.uint16), 1000.0).marks[2] == "dark: more exposure or light"
    unknown = picture_of(np.full((2, 2), 9, np.uint16), None)
    assert not unknown.low().any()
    assert np.isnan(unknown.marks[1])


def test_what_references_lack_is_said_for_each() -> None:
    view = picture_of(np.ones((2, 3)), None)
    fitting, other = np.ones((2, 3)), np.ones((4, 3))
    assert ReferencePictures(fitting, fitting).lacking(view, ("dark", "white")) == ""
    assert "white reference is of" in ReferencePictures(fitting, other).lacking(view, ("dark", "white"))
    assert "take a white" in ReferencePictures(fitting, None).lacking(view, ("dark", "white"))


@given(st.lists(st.floats(300, 2500), min_size=2, max_size=20, unique_by=lambda nm: round(nm, 1)))
def test_every_place_of_an_even_axis_has_its_nearest_band(known: list[float]) -> None:
    bands = np.sort(np.array(known))
    columns = even_columns(bands)
    if columns is None:
        even = np.linspace(bands[0], bands[-1], len(bands))
        assert len(bands) < 3 or np.abs(bands - even).max() <= 0.5 * (even[1] - even[0])
        return
    places = np.linspace(bands[0], bands[-1], len(columns))
    nearest = np.abs(places[:, None] - bands).min(axis=1)
    np.testing.assert_allclose(np.abs(bands[columns] - places), nearest, atol=1e-9)
    assert len(columns) <= 4 * len(bands) + 1


def test_rates_begin_anew_with_another_acquisition() -> None:
    rates = Rates()
    for number in range(10):
        rates.add({"number": number, "timestamp_ns": number * 10_000_000})
    assert rates.frames == pytest.approx(100.0)
    rates.add({"number": 0, "timestamp_ns": 5_000_000_000})
    assert rates.frames == 0
    rates.add({"number": 5, "timestamp_ns": 5_100_000_000})
    assert rates.frames == pytest.approx(50.0)
