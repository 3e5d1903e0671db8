"""The browser with files that are anybody's: whatever is in them is shown or told in words, and the window goes on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pyqtgraph as pg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PyQt5.QtCore import QTimer

from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import DataSaverLoader, DataToExportTimedSaver
from h5modules.errors import FileUnreadable
from h5modules.saving import H5SaverLowLevel
from pymodaq_hsi.dashboard.file_arrays import thinned
from pymodaq_hsi.dashboard.file_reader import FileReader
from pymodaq_hsi.dashboard.file_tree import FileNode, first_data

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.panels.files import FilesPanel
    from pymodaq_hsi.dashboard.window import DashboardWindow

NUMBER, CURVES, MAP, TEXT = range(4)


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of h5py's with all kinds of things in it."""
    path = tmp_path_factory.mktemp("foreign") / "strangers.h5"
    ramp = np.arange(12.0)
    with h5py.File(path, "w") as file:
        file["string"] = "hello"
        file["strings"] = np.array(["a", "bb"], h5py.string_dtype())
        file["fixed"] = np.array([b"abc", b"de"])
        file["complex"] = np.array([3 + 4j, 1j])
        file["bool"] = np.array([[True, False], [True, True]])
        file["table"] = np.array([(1.5, 2)], [("x", "f8"), ("n", "i4")])
        file["enum"] = np.array([0, 1], h5py.enum_dtype({"R": 0, "G": 1}, "u1"))
        file["nan"] = np.full((3, 4), np.nan)
        file["nan1"] = np.full(3, np.nan)
        file["empty"] = np.zeros((0, 5))
        file["null"] = h5py.Empty("f8")
        file["scalar"] = np.int64(2**60 + 1)
        file["d5"] = np.arange(3.0 * 4 * 5 * 6 * 7).reshape(3, 4, 5, 6, 7)
        file["image"] = ramp.reshape(3, 4)
        file["wavelength"] = np.linspace(400, 700, 4)
        file["wavelength"].make_scale()
        file["wavelength"].attrs["units"] = "nm"
        file["image"].dims[1].attach_scale(file["wavelength"])
        file["ref"] = np.array([file["image"].ref], h5py.ref_dtype)
        file["long"] = np.where(np.arange(300_000) == 123_456, 7.0, 0.0)
        file["link"], file["nowhere"] = h5py.SoftLink("/enum"), h5py.SoftLink("/not/there")
        file["with blanks/ü"] = ramp
        group = file
        for depth in range(100):
            group = group.create_group(f"g{depth}")
        group["deep"] = ramp
        entry = file.create_group("entry")
        entry.attrs["axes"] = ["y", "x"]
        entry["y"], entry["x"], entry["signal"] = [1.0, 2, 4], [0.0, 1, 2, 3], ramp.reshape(3, 4)
    return path


@pytest.fixture
def panel(lone_window: DashboardWindow) -> FilesPanel:
    """The panel, in front, with no message waiting."""
    lone_window.show_panel("files")
    while lone_window.notice_bar.current is not None:
        lone_window.notice_bar.dismiss()
    return lone_window.panels["files"]  # type: ignore[return-value]


def shown(panel: FilesPanel, node: str, qtbot: QtBot) -> tuple[int, str]:
    """Choose a node and return which page shows it, and in which words."""
    panel.plot.pages.setCurrentIndex(NUMBER)
    panel.plot.number.setText("waiting")
    panel.plot.words.setText("")
    panel.tree.choose("/")
    panel.tree.choose(node)
    words = (panel.plot.number.text, panel.plot.words.text, panel.plot.words.text, panel.plot.text.toPlainText)

    def text() -> str:
        return words[panel.plot.pages.currentIndex()]()

    qtbot.waitUntil(lambda: text() not in ("", "waiting") and not text().startswith("This group"), timeout=30_000)
    return panel.plot.pages.currentIndex(), text()


def opened(panel: FilesPanel, window: DashboardWindow, path: Path, qtbot: QtBot) -> None:
    """Open a file and wait until all of it is in the tree."""
    window.selection.open_file(str(path))
    qtbot.waitUntil(lambda: panel.path == path and panel.reload.isEnabled(), timeout=30_000)


def test_whatever_is_in_a_strangers_file_is_shown_or_told_in_words(
    strangers: Path, panel: FilesPanel, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    opened(panel, lone_window, strangers, qtbot)
    expected = {
        "/string": (TEXT, "hello"),
        "/strings": (TEXT, "a\nbb"),
        "/fixed": (TEXT, "abc\nde"),
        "/table": (TEXT, "x\tn\n1.5\t2"),
        "/empty": (TEXT, "This array is empty: 0 x 5."),
        "/scalar": (NUMBER, "scalar: 1152921504606846977"),
        "/nan1": (CURVES, "3 points, none of them a finite number"),
        "/enum": (CURVES, "2 points, from 0 to 1"),
        "/link": (CURVES, "2 points, from 0 to 1"),
        "/nowhere": (NUMBER, "A link to /not/there, which is not in this file."),
        "/with blanks/ü": (CURVES, "12 points, from 0 to 11"),
        "/bool": (MAP, "Dimension 0 1, Dimension 1 1: 1"),
        "/nan": (MAP, "Dimension 0 1, Dimension 1 2: nan"),
    }
    assert {node: shown(panel, node, qtbot) for node in expected} == expected
    assert shown(panel, "/ref", qtbot)[0] == TEXT
    assert not lone_window.notice_bar.isVisible()
    deep = next(path for path in panel.tree.paths() if path.endswith("/deep"))
    assert deep.count("/") == 101
    assert shown(panel, deep, qtbot)[0] == CURVES


def test_axes_that_a_stranger_names_are_those_of_the_plot(
    strangers: Path, panel: FilesPanel, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    opened(panel, lone_window, strangers, qtbot)
    assert shown(panel, "/image", qtbot) == (MAP, "Dimension 0 1, wavelength 600 nm: 6")
    assert shown(panel, "/entry/signal", qtbot) == (MAP, "y 2, x 2: 6")
    box = panel.plot.image.mapRectToParent(panel.plot.image.boundingRect())
    assert (box.left(), box.right()) == (-0.5, 3.5)
    assert (box.top(), box.bottom()) == (-0.5, 2.5), "1, 2, 4 lie unevenly: they are drawn by their numbers"


def test_more_dimensions_have_a_slider_each_and_complex_numbers_two_channels(
    strangers: Path, panel: FilesPanel, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    opened(panel, lone_window, strangers, qtbot)
    shown(panel, "/d5", qtbot)
    assert panel.plot.pair.count() == 6
    values = np.arange(3.0 * 4 * 5 * 6 * 7).reshape(3, 4, 5, 6, 7)
    np.testing.assert_allclose(panel.plot.image.image, values[:, :, 0, 0].mean(axis=-1))
    panel.plot.sliders.sliders[2].setValue(3)
    wanted = values[:, :, 3, 0].mean(axis=-1)
    qtbot.waitUntil(lambda: np.allclose(panel.plot.image.image, wanted), timeout=30_000)
    shown(panel, "/complex", qtbot)
    assert not panel.plot.sliders.isVisible()
    curves = {each.name(): each.yData.tolist() for each in panel.plot.curves.listDataItems()}
    assert curves == {
        "complex (magnitude)": [5, 1],
        "complex (phase in rad)": pytest.approx([0.92729522, np.pi / 2]),
    }


def test_a_long_curve_keeps_its_spikes(
    strangers: Path, panel: FilesPanel, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    opened(panel, lone_window, strangers, qtbot)
    assert shown(panel, "/long", qtbot) == (CURVES, "300,000 points, from 0 to 7")


def test_a_file_of_many_nodes_fills_the_tree_while_the_window_goes_on(
    tmp_path: Path, panel: FilesPanel, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    path, nodes = tmp_path / "many.h5", 2_500
    with h5py.File(path, "w") as file:
        for number in range(nodes):
            file[f"d{number:05d}"] = number
    partial: list[int] = []
    clock = QTimer()
    clock.setInterval(10)
    clock.timeout.connect(lambda: partial.append(len(panel.tree.paths())))
    clock.start()
    opened(panel, lone_window, path, qtbot)
    clock.stop()
    assert len(panel.tree.paths()) == nodes + 1
    assert len({count for count in partial if 0 < count < nodes}) > 1, "it was shown at once, at the end"
    panel.filter.setText("d0123")
    qtbot.waitUntil(lambda: panel.state.text() == "10 found", timeout=30_000)
    panel.filter.clear()
    qtbot.waitUntil(lambda: panel.state.text() == "", timeout=30_000)


def test_files_that_are_damaged_or_none_are_told_and_the_next_is_opened(
    strangers: Path, tmp_path: Path, panel: FilesPanel, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    content = strangers.read_bytes()
    (tmp_path / "cut.h5").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.h5").write_text("no HDF5")
    (tmp_path / "zero.h5").touch()
    cases = {"cut.h5": "is truncated", "text.h5": "is not an HDF5 file", "zero.h5": "is empty", "no.h5": "there is no"}
    for name, words in cases.items():
        lone_window.selection.open_file(str(tmp_path / name))
        qtbot.waitUntil(lambda words=words: words in panel_words(lone_window), timeout=30_000)
    lone_window.selection.open_file(str(tmp_path))
    qtbot.waitUntil(lambda: "is a folder" in panel_words(lone_window), timeout=30_000)
    opened(panel, lone_window, strangers, qtbot)


def panel_words(window: DashboardWindow) -> str:
    """Return the last message."""
    current = window.notice_bar.current
    return "" if current is None else current.text


def test_a_process_that_dies_of_a_file_is_told_and_there_is_another(
    strangers: Path, panel: FilesPanel, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    opened(panel, lone_window, strangers, qtbot)
    process = panel.reader._process
    assert process is not None
    process.kill()
    process.wait(10)
    assert shown(panel, "/enum", qtbot)[0] == CURVES
    reader = FileReader(timeout=0.0)
    with pytest.raises(FileUnreadable, match="process that reads it has ended"):
        reader.attributes(strangers, "/")
    reader.close()
    with pytest.raises(FileUnreadable, match="is being closed"):
        reader.attributes(strangers, "/")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_file_that_is_looked_at_is_neither_open_nor_locked(
    strangers: Path, panel: FilesPanel, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    opened(panel, lone_window, strangers, qtbot)
    shown(panel, "/d5", qtbot)
    process = panel.reader._process
    assert process is not None
    for number in (os.getpid(), process.pid):
        assert str(strangers) not in [os.path.realpath(each) for each in Path(f"/proc/{number}/fd").iterdir()]
    with h5py.File(strangers, "r+") as file:
        file["added"] = 1.0
    panel.read_again()
    qtbot.waitUntil(lambda: "/added" in panel.tree.paths(), timeout=30_000)
    assert panel.tree.current == "/d5", "what was chosen stays chosen"
    with h5py.File(strangers, "r+") as file:
        del file["added"]
    panel.read_again()
    qtbot.waitUntil(lambda: "/added" not in panel.tree.paths(), timeout=30_000)


def test_a_file_that_goes_while_it_is_followed_is_told(
    tmp_path: Path, panel: FilesPanel, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    path = tmp_path / "going.h5"
    with h5py.File(path, "w") as file:
        file["a"] = np.arange(3.0)
    opened(panel, lone_window, path, qtbot)
    panel.follow.setChecked(True)
    path.unlink()
    qtbot.waitUntil(lambda: not panel.follow.isChecked(), timeout=30_000)
    assert str(path) in panel_words(lone_window)


@given(
    values=st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1, max_size=200),
    most=st.integers(2, 50),
)
@settings(max_examples=60)
def test_a_thinned_curve_has_the_same_extremes_and_is_no_longer_than_asked(values: list[float], most: int) -> None:
    curve = np.array(values)
    x, (found,) = thinned(np.arange(len(curve)), [curve], most)
    assert len(x) == len(found) <= max(most, 2)
    known = curve[np.isfinite(curve)]
    if known.size:
        assert (np.nanmin(found), np.nanmax(found)) == (known.min(), known.max())


def test_the_data_that_are_worth_a_look_first_are_the_largest_of_the_last_scan() -> None:
    def node(path: str, size: int, kind: str = "data") -> FileNode:
        return FileNode(path, path.rpartition("/")[2], "array", type=kind, shape=(size,), dtype="float64", bytes=size)

    foreign = [node("/small", 3, ""), node("/large", 9, ""), node("/text", 99, "")]
    foreign[2] = FileNode("/text", "text", "array", shape=(99,), dtype="|S3", bytes=297)
    assert first_data(foreign) == "/large"
    ours = [node("/RawData/Scan000/a", 9), node("/RawData/Scan001/a", 3), node("/RawData/Scan001/b", 5)]
    assert first_data([*foreign, *ours]) == "/RawData/Scan001/b"
    assert first_data([]) == ""


def test_error_bars_times_and_points_of_a_spread_scan_are_shown_with_their_units(
    tmp_path: Path, panel: FilesPanel, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    path = tmp_path / "ours.h5"
    bands = Axis("Wavelength", "nm", np.linspace(400, 700, 4), index=0)
    with H5SaverLowLevel.from_file(path) as file:
        for group in ("Bars", "Spread", "Timed"):
            file.get_set_group("/RawData", group)
        with DataSaverLoader(file) as saver:
            data = DataRaw("spec", data=[np.arange(4.0)], errors=[np.full(4, 0.5)], units="counts", axes=[bands])
            saver.add_data("/RawData/Bars", data)
            where = [Axis(name, "mm", np.array([3.0, 1, 2]), index=0, spread_order=k) for k, name in enumerate("xy")]
            spread = DataRaw("found", data=[np.arange(3.0)], nav_indexes=(0,), distribution="spread", axes=where)
            saver.add_data("/RawData/Spread", spread)
        with DataToExportTimedSaver(file) as timed:
            for k in range(3):
                one = DataRaw("temperature", data=[np.array([20.0 + k])], units="C", origin="probe")
                timed.add_data("/RawData/Timed", DataToExport("probe", data=[one]))
    opened(panel, lone_window, path, qtbot)
    assert shown(panel, "/RawData/Bars", qtbot) == (CURVES, "4 points, from 0 to 3 counts")
    [bars] = [item for item in panel.plot.curves.getPlotItem().items if isinstance(item, pg.ErrorBarItem)]
    assert bars.opts["height"].tolist() == [1, 1, 1, 1]
    axes = panel.plot.curves.getAxis
    assert (axes("bottom").labelText, axes("left").labelText) == ("Wavelength (nm)", "spec (counts)")
    shown(panel, "/RawData/Spread/Data00", qtbot)
    assert axes("bottom").labelText == "point", "two positions each: neither alone says where"
    assert shown(panel, "/RawData/Timed/Data0D/CH00", qtbot) == (CURVES, "3 points, from 20 to 22 C")
    assert axes("bottom").labelText == "time since the start (s)"
