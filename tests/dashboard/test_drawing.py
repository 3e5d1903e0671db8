"""How pictures are drawn without holding the window up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QLabel, QVBoxLayout

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.frame_views import composite
from pymodaq_hsi.dashboard.parameter_tree import DeviceParameters
from pymodaq_hsi.dashboard.steady_range import SteadyRange
from pymodaq_hsi.dashboard.titled_box import TitledBox
from pymodaq_hsi.dashboard.turns import Turns
from pymodaq_hsi.dashboard.words_label import shortened

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.window import DashboardWindow


def test_parts_of_a_picture_are_drawn_in_turns_and_others_come_in_between(qtbot: QtBot) -> None:
    done: list[str] = []
    turns = Turns()
    turns.take(lambda: done.append("frame"), lambda: done.append("spectrum"), lambda: done.append("lines"))
    assert done == ["frame"]
    QTimer.singleShot(0, lambda: done.append("a click"))
    qtbot.waitUntil(lambda: len(done) == 4, timeout=30_000)
    assert done.index("a click") < done.index("lines")
    assert [each for each in done if each != "a click"] == ["frame", "spectrum", "lines"]
    turns.take(lambda: done.append("frame"), lambda: done.append("never"))
    turns.take(lambda: done.append("the next frame"))  # it came before the one before was through
    turns.take(lambda: done.append("of another camera"), lambda: done.append("never"))
    turns.clear()
    with qtbot.waitCallback(timeout=30_000) as later:
        QTimer.singleShot(20, later)
    assert done[4:] == ["frame", "the next frame", "of another camera"]


def test_an_axis_stays_while_curves_fit_and_follows_when_they_do_not(qtbot: QtBot) -> None:
    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    held = SteadyRange()
    plot.addItem(held)

    def seen(*curves: object) -> tuple[float, float]:
        held.hold((400.0, 900.0), (np.asarray(each) for each in curves))
        plot.getViewBox().updateAutoRange()
        low, high = plot.getViewBox().viewRange()[1]
        return low, high

    first = seen([0.0, 100.0])
    assert first[0] <= 0
    assert 100 <= first[1] < 130
    assert seen([1.0, 98.0], [2, 3]) == first
    assert seen([np.nan, 90.0], [np.inf, 5.0]) == first
    more = seen([0.0, 4000.0])
    assert 4000 <= more[1] < 5000
    less = seen([np.nan, 50.0], np.array([7, 40], np.uint16))
    assert less[0] <= 7
    assert 50 <= less[1] < 60
    assert seen([np.nan, np.nan]) == less


def test_lines_of_a_waterfall_are_coloured_between_black_and_white() -> None:
    lines = np.array([0, 25, 100, 400, 65535], np.uint16).reshape(1, 5, 1)
    assert composite(lines, 0.0, 100.0)[0, :, 1].tolist() == [0, 127, 255, 255, 255]
    numbers = np.array([np.nan, np.inf, -np.inf, 50.0]).reshape(1, 4, 1)
    assert composite(numbers, 0.0, 200.0)[0, :, 0].tolist() == [0, 255, 0, 127]
    black, white = np.array([[0.0] * 3, [np.nan] * 3]), np.array([[100.0] * 3, [200.0] * 3])
    three = composite(np.full((2, 2, 3), 100, np.uint8), black, white)
    assert three.dtype == np.uint8
    assert three[:, 0].tolist() == [[255] * 3] * 2
    assert three[:, 1].tolist() == [[0] * 3] * 2  # where the reference is no number


def test_a_panel_behind_another_one_is_not_in_sight_and_is_drawn_when_it_is(
    lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    live, files = lone_window.panels["live"], lone_window.panels["files"]
    lone_window.show_panel("files")
    qtbot.waitUntil(lambda: files.in_sight and not live.in_sight, timeout=30_000)
    seen: list[bool] = []
    live.come_in_sight = lambda: seen.append(live.in_sight)  # type: ignore[method-assign]
    lone_window.show_panel("live")
    qtbot.waitUntil(lambda: seen == [True], timeout=30_000)
    assert not files.in_sight


def test_names_of_any_length_leave_room_for_what_they_name(qtbot: QtBot) -> None:
    box = TitledBox()
    qtbot.addWidget(box)
    QVBoxLayout(box).addWidget(QLabel("5 mm"))
    name = "stage: Linearachse " + 20 * "mit langem Namen & "
    box.show_title(name)
    box.resize(200, 80)
    box.show()
    assert box.minimumSizeHint().width() < 200
    assert box.title().endswith("…")
    assert box.toolTip() == name.strip()
    spec = {"type": "Float", "unit": "mm", "access": 3, "category": "Parameter", "required": False, "increment": None}
    spec |= {"display_name": "", "description": "", "minimum": 0.0, "maximum": 1.0, "affects_reference": False}
    tree = DeviceParameters()
    qtbot.addWidget(tree)
    tree.resize(300, 200)
    tree.show()
    names = ["Gain", "G" + 200 * "a" + "in"]
    tree.show_lists({"Parameter": [spec | {"name": each, "locked_while_acquiring": False} for each in names]}, {})
    assert tree.tree.columnWidth(0) < 0.6 * tree.tree.viewport().width()
    assert tree.tree.columnWidth(1) > 100


def test_a_label_that_has_no_room_beside_its_axis_is_cut_and_comes_back(qtbot: QtBot) -> None:
    plot = pg.PlotWidget(axisItems=fitted_axes())
    qtbot.addWidget(plot)
    plot.resize(400, 700)
    plot.show()
    plot.setLabel("left", "stage.Position of sample <1> & more (mm)")
    axis = plot.getAxis("left")
    qtbot.waitUntil(lambda: axis.label.toPlainText().strip() == axis.labelText, timeout=5_000)
    plot.resize(400, 120)
    qtbot.waitUntil(lambda: "…" in axis.label.toPlainText(), timeout=5_000)
    assert axis.label.boundingRect().width() <= axis.height()
    assert axis.labelText == "stage.Position of sample <1> & more (mm)"
    plot.resize(400, 700)
    qtbot.waitUntil(lambda: "…" not in axis.label.toPlainText(), timeout=5_000)


def test_words_of_any_length_make_the_window_no_wider(lone_window: DashboardWindow, qtbot: QtBot) -> None:
    width = lone_window.width()
    long = "ä" * 200
    lone_window.notices.fail(f"the file {'x' * 2000} is not there")
    scan = {"number": 1, "name": long, "state": "failed", "reason": "y" * 500, "done": 0, "total": 3, "over": True}
    scan |= {"description": {"kind": "step_scan", "name": long, "axes": []}, "path": "", "plan": "step_scan"}
    lone_window.link.tell_here({"event": "scan", "what": "over", "scan": scan})
    qtbot.waitUntil(lambda: "failed" in lone_window.statusBar().scan.text(), timeout=5_000)  # type: ignore[union-attr]
    qtbot.waitUntil(lone_window.notice_bar.isVisible, timeout=5_000)
    assert lone_window.minimumSizeHint().width() < 800
    assert lone_window.width() == width
    assert lone_window.statusBar().scan.text().startswith("ä" * 19 + "…")  # type: ignore[union-attr]
    lone_window.notice_bar.dismiss_all()
    assert [shortened("camera"), shortened("abcdefghij", 5)] == ["camera", "ab…ij"]
