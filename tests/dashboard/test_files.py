"""The browser of files: what a person sees of files that were really written, and of one that is being written."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog

from h5modules.browsing import walk
from h5modules.data import Axis, DataRaw
from h5modules.data_saving import BkgSaver, DataSaverLoader
from h5modules.saving import H5SaverLowLevel
from pymodaq_hsi.dashboard.file_tree import FileNode, first_data
from pymodaq_hsi.dashboard.file_views import open_view

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from pymodaq_hsi.dashboard.file_views import DataView
    from pymodaq_hsi.dashboard.panels.files import FilesPanel
    from pymodaq_hsi.dashboard.window import DashboardWindow

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def cube_file(tmp_path: Path) -> Path:
    """A cube of 6 x 5 points with 8 bands and a background, a curve of two arrays, a number."""
    path = tmp_path / "cube.h5"
    values = np.arange(6 * 5 * 8, dtype=np.float32).reshape(6, 5, 8)
    axes = [
        Axis("x", "mm", np.linspace(0, 10, 6), index=0),
        Axis("y", "mm", np.linspace(0, 2, 5), index=1),
        Axis("Wavelength", "nm", np.linspace(400, 750, 8), index=2),
    ]
    with H5SaverLowLevel.from_file(path) as file, DataSaverLoader(file) as saver:
        for group in ("Cube", "Curve", "Number"):
            file.get_set_group("/RawData", group)
        cube = DataRaw("leaf", data=[values], units="counts", axes=axes, nav_indexes=(0, 1), labels=["leaf"])
        saver.add_data("/RawData/Cube", cube)
        curve = DataRaw("curve", data=[np.arange(7.0), np.arange(7.0) ** 2], labels=["a", "b"], units="V")
        saver.add_data("/RawData/Curve", curve)
        saver.add_data("/RawData/Number", DataRaw("temperature", data=[np.array([21.5])], units="C"))
    return path


def files_panel(window: DashboardWindow) -> FilesPanel:
    """The panel in front, with nothing chosen and no message waiting."""
    window.show_panel("files")
    while window.notice_bar.current is not None:
        window.notice_bar.dismiss()
    panel: FilesPanel = window.panels["files"]  # type: ignore[assignment]
    panel.plot.image.clear()
    panel.follow.setChecked(False)
    return panel


def wait_for(panel: FilesPanel, path: Path, qtbot: QtBot) -> None:
    """Wait until the map of a file is shown."""
    qtbot.waitUntil(
        lambda: panel.path == path and panel.shown is not None and panel.plot.image.image is not None, timeout=30_000
    )


def opened(window: DashboardWindow, path: Path, qtbot: QtBot) -> FilesPanel:
    """The panel in front, with a file in it that another panel has asked for."""
    panel = files_panel(window)
    window.selection.open_file(str(path))
    wait_for(panel, path, qtbot)
    return panel


def choose(panel: FilesPanel, ending: str) -> None:
    panel.tree.choose(next(path for path in panel.tree.paths() if path.endswith(ending)))


def test_a_cube_is_shown_as_a_map_with_a_spectrum_and_statistics_of_a_region(
    cube_file: Path, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    panel = files_panel(lone_window)
    panel.file.setEditText(str(cube_file))
    qtbot.keyClick(panel.file.lineEdit(), Qt.Key.Key_Return)
    wait_for(panel, cube_file, qtbot)
    np.testing.assert_allclose(panel.plot.image.image[2, 3], np.mean(np.arange(8) + 8 * (2 * 5 + 3)))
    panel.plot.colouring.setCurrentIndex(1)
    panel.plot.band.setValue(751)
    assert panel.plot.image.image[0, 0] == 7
    qtbot.waitUntil(lambda: panel.plot.at_cursor.yData is not None, timeout=30_000)
    assert panel.plot.at_cursor.yData[1] - panel.plot.at_cursor.yData[0] == 1
    qtbot.mouseClick(panel.plot.region, LEFT)
    qtbot.waitUntil(lambda: panel.plot.words.text().startswith("Region: "), timeout=30_000)
    assert "counts" in panel.plot.words.text()


def test_a_cube_that_comes_while_true_colour_is_chosen_is_in_its_place(
    cube_file: Path, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    panel = opened(lone_window, cube_file, qtbot)
    image = panel.plot.image
    place = image.mapRectToParent(image.boundingRect())
    panel.plot.colouring.setCurrentText("True colour")
    choose(panel, "/Curve")
    qtbot.waitUntil(lambda: len(panel.plot.curves.listDataItems()) == 2, timeout=30_000)
    image.clear()
    choose(panel, "/Cube/Data00")
    qtbot.waitUntil(lambda: image.image is not None and image.image.ndim == 3, timeout=30_000)
    assert image.mapRectToParent(image.boundingRect()) == place
    panel.plot.colouring.setCurrentIndex(0)


def test_curves_numbers_and_attributes(cube_file: Path, lone_window: DashboardWindow, qtbot: QtBot) -> None:
    panel = opened(lone_window, cube_file, qtbot)
    choose(panel, "/Curve")
    qtbot.waitUntil(lambda: len(panel.plot.curves.listDataItems()) == 2, timeout=30_000)
    choose(panel, "/Number/Data00")
    qtbot.waitUntil(lambda: "21.5 C" in panel.plot.number.text(), timeout=30_000)
    qtbot.waitUntil(lambda: "data_type: data" in panel.attributes.toPlainText(), timeout=30_000)


def test_a_file_that_is_none_is_told_in_words_and_the_one_before_stays(
    cube_file: Path, tmp_path: Path, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    panel = opened(lone_window, cube_file, qtbot)
    (tmp_path / "text.h5").write_text("no HDF5")
    lone_window.selection.open_file(str(tmp_path / "text.h5"))
    qtbot.waitUntil(lambda: lone_window.notice_bar.current is not None, timeout=30_000)
    assert "not an HDF5 file" in lone_window.notice_bar.current.text
    assert panel.path == cube_file


def test_the_chosen_node_is_exported_and_nothing_is_written_over(
    cube_file: Path, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    panel = opened(lone_window, cube_file, qtbot)
    form = panel.export
    panel.tabs.setCurrentWidget(form)
    qtbot.waitUntil(lambda: form.format.findData("npz") >= 0, timeout=30_000)
    form.format.setCurrentIndex(form.format.findData("npz"))
    target = cube_file.with_suffix(".npz")
    qtbot.mouseClick(form.button, LEFT)
    qtbot.waitUntil(lambda: target.exists() and form.button.isEnabled(), timeout=30_000)
    before = target.read_bytes()
    qtbot.mouseClick(form.button, LEFT)
    qtbot.waitUntil(
        lambda: lone_window.notice_bar.current is not None and "npz" in lone_window.notice_bar.current.text,
        timeout=30_000,
    )
    qtbot.waitUntil(form.button.isEnabled, timeout=30_000)
    assert target.read_bytes() == before


def test_choosing_a_file_blocks_nothing_else(cube_file: Path, lone_window: DashboardWindow, qtbot: QtBot) -> None:
    panel = files_panel(lone_window)
    for button in (panel.open, panel.export.browse):
        button.click()
        [dialog] = [each for each in panel.findChildren(QFileDialog) if each.isVisible()]
        assert not dialog.isModal()
        if button is panel.open:
            dialog.fileSelected.emit(str(cube_file))
            qtbot.waitUntil(lambda: panel.path == cube_file, timeout=30_000)
        dialog.close()


def test_an_export_tells_how_far_it_is_and_is_cancelled_without_a_trace(
    cube_file: Path, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    with DataSaverLoader(cube_file.with_name("large.h5")) as saver:
        saver.add_data("/RawData", DataRaw("large", data=[np.zeros((400, 100, 40))]))
    panel = files_panel(lone_window)
    lone_window.selection.open_file(str(cube_file.with_name("large.h5")))
    qtbot.waitUntil(lambda: panel.shown is not None and panel.shown.shape == (400, 100, 40), timeout=30_000)
    form = panel.export
    panel.tabs.setCurrentWidget(form)
    qtbot.waitUntil(lambda: form.format.findData("csv") >= 0, timeout=30_000)
    form.format.setCurrentIndex(form.format.findData("hdf5"))
    assert form.target.text().endswith("large_export.h5"), "not the file itself"
    form.format.setCurrentIndex(form.format.findData("csv"))
    there = sorted(cube_file.parent.iterdir())
    qtbot.mouseClick(form.button, LEFT)
    qtbot.waitUntil(lambda: form.bar.isVisible() and form.bar.value() > 0, timeout=30_000)
    qtbot.mouseClick(form.cancel, LEFT)
    qtbot.waitUntil(form.button.isEnabled, timeout=30_000)
    assert sorted(cube_file.parent.iterdir()) == there
    assert "cancelled" in lone_window.notice_bar.current.text


WRITER = """
import sys
import numpy as np
from h5modules.data import DataToExport, DataRaw, Axis
from h5modules.data_saving import DataToExportTimedSaver
from h5modules.saving import H5SaverLowLevel
with H5SaverLowLevel.from_file(sys.argv[1]) as file, DataToExportTimedSaver(file) as saver:
    file.get_set_group("/RawData", "Detector000")
    print("ready", flush=True)
    for k, _ in enumerate(sys.stdin):
        frame = DataRaw("frame", data=[np.full((4, 3), float(k))], origin="camera", units="counts")
        saver.add_data("/RawData/Detector000", DataToExport("frames", data=[frame]))
        print(k, flush=True)
"""


def test_a_file_is_followed_while_another_process_writes_it(
    tmp_path: Path, lone_window: DashboardWindow, qtbot: QtBot
) -> None:
    path = tmp_path / "growing.h5"
    panel = files_panel(lone_window)
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdin is not None

        def write(frames: int) -> None:
            for _ in range(frames):
                writer.stdin.write("\n")  # type: ignore[union-attr]
                writer.stdin.flush()  # type: ignore[union-attr]
                writer.stdout.readline()  # type: ignore[union-attr]

        writer.stdout.readline()
        write(5)
        lone_window.selection.open_file(str(path))
        qtbot.waitUntil(lambda: panel.shown is not None and panel.shown.shape == (5, 4, 3), timeout=30_000)
        qtbot.mouseClick(panel.follow, LEFT)
        assert panel.follow.isChecked()
        write(2)
        qtbot.waitUntil(lambda: panel.shown is not None and panel.shown.shape == (7, 4, 3), timeout=30_000)
        writer.stdin.close()
        assert writer.wait(20) == 0, "whoever looks at a file keeps its writer from nothing"


@settings(max_examples=25)
@given(
    data=st.data(),
    shape=st.lists(st.integers(1, 5), min_size=0, max_size=4),
)
def test_cuts_and_maps_are_those_of_the_array(
    data: st.DataObject, shape: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("views") / "any.h5"
    values = np.arange(float(np.prod(shape, dtype=int))).reshape(shape or (1,))
    navigation = tuple(range(data.draw(st.integers(0, max(0, len(shape) - 1)))))
    with DataSaverLoader(path) as saver:
        saver.add_data("/RawData", DataRaw("any", data=[values], nav_indexes=navigation))
    with open_view(path, first_data(FileNode.of(node.to_dict()) for node in walk(path))) as view:
        check(view, values, data)


def check(view: DataView, values: np.ndarray[Any, Any], data: st.DataObject) -> None:
    """Compare a view with the array that was saved."""
    squeezed = values.squeeze()
    assert view.shape == squeezed.shape
    if not view.shape:
        assert view.value() == values.reshape(-1)[0]
    elif len(view.shape) == 1:
        np.testing.assert_array_equal(view.curve(), squeezed)
    else:
        pair = data.draw(st.sampled_from(view.map_axes()))
        others = [axis for axis in range(len(view.shape)) if axis not in (*pair, view.spectrum_axis)]
        at = {axis: data.draw(st.integers(0, view.shape[axis] - 1)) for axis in others}
        index = tuple(at.get(axis, slice(None)) for axis in range(len(view.shape)))
        expected = squeezed[index] if view.spectrum_axis is not None else squeezed[index][..., None]
        np.testing.assert_array_equal(view.cube(pair, at), expected)
        found = view.statistics(pair, slice(0, 1), slice(0, None), at)
        np.testing.assert_allclose(found.mean, expected[:1].mean(axis=(0, 1)))
        assert found.count == expected.shape[1]


def test_the_background_is_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "with_background.h5"
    with DataSaverLoader(path) as saver:
        saver.add_data("/RawData", DataRaw("a", data=[np.full(4, 10.0)]))
    with BkgSaver(path) as saver:
        saver.add_data("/RawData", DataRaw("bkg", data=[np.full(4, 3.0)]))
    node = "/RawData/Data00"
    with open_view(path, node) as view:
        assert view.background
    with open_view(path, node, with_background=True) as view:
        np.testing.assert_array_equal(view.curve(), np.full(4, 7.0))
