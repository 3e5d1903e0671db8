"""The loader finds what belongs to data wherever it is in the file, and reads no more than it is asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import (
    AxisSaverLoader,
    BkgSaver,
    DataEnlargeableSaver,
    DataExtendedSaver,
    DataLoader,
    DataSaverLoader,
    DataToExportExtendedSaver,
    DataToExportTimedSaver,
)
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from pathlib import Path


def spectrum(n: int, dtype: str = "uint16") -> DataRaw:
    return DataRaw("spectrum", data=[np.full(6, n, dtype)], axes=[Axis("w", "nm", np.arange(6.0) ** 2, index=0)])


def test_several_detectors_and_scans_have_each_their_own_axes(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with H5SaverLowLevel() as h5:
        h5.init_file(path)
        for number in range(2):
            scan = h5.add_scan_group(title=f"scan {number}")
            saver = DataToExportExtendedSaver(h5, (3,))
            saver.add_nav_axes(scan, [Axis(f"x{number}", "mm", np.arange(3.0) + number, index=0)])
            for title in ("left", "right"):
                detector = h5.add_det_group(scan, title=title)
                for k in range(3):
                    saver.add_data(detector, DataToExport("set", data=[spectrum(10 * number + k)]), (k,))
    with DataLoader(path) as loader:
        found = loader.load_all("/")
        assert len(found.data) == 4
        for data in found:
            number = int("Scan001" in data.path)
            (axis,) = data.get_nav_axes()
            assert (axis.label, axis.get_data().tolist()) == (f"x{number}", [number, 1 + number, 2 + number])
            assert data[0][:, 0].tolist() == [10 * number, 10 * number + 1, 10 * number + 2]


@pytest.mark.parametrize("name", ["NavAxes", "navaxes", "Nav_axes"])
def test_navigation_axes_are_those_of_the_nearest_group_above(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file.h5"
    with H5SaverLowLevel() as h5:
        h5.init_file(path)
        scan = h5.add_scan_group(title="scan")
        detector = h5.add_det_group(scan, title="camera")
        for where, label in ((scan, "far"), (detector, "near")):
            group = h5.get_set_group(where, name if where is detector else "NavAxes")
            AxisSaverLoader(h5).add_axis(group, Axis(label, "mm", np.arange(4.0), index=0))
        saver = DataExtendedSaver(h5, (4,))
        channel = h5.add_ch_group(h5.add_data_group(detector, "Data1D"), "spectrum")
        for k in range(4):
            saver.add_data(channel, spectrum(k), (k,))
    with DataLoader(path) as loader:
        (axis,) = loader.load_data("/RawData/Scan000/Detector000/Data1D/CH00/Data00"
                                   ).get_nav_axes()  # fmt: skip
        assert axis.label == ("near" if name.lower() == "navaxes" else "far")


def test_a_background_is_subtracted_at_every_point_without_wrapping(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with H5SaverLowLevel() as h5:
        h5.init_file(path)
        saver = DataExtendedSaver(h5, (2, 3))
        for point in np.ndindex(2, 3):
            saver.add_data("/RawData", spectrum(3), point)
        BkgSaver(h5).add_data("/RawData", spectrum(5))
    with DataLoader(path) as loader:
        for lazy in (False, True):
            data = loader.load_data("/RawData/Data00", with_bkg=True, lazy=lazy)
            assert np.all(np.asarray(data[0]) == -2)
            assert np.asarray(data[0]).shape == (2, 3, 6)
        assert np.all(loader.load_data("/RawData/Data00")[0] == 3)


def test_data_without_a_background_is_loaded_as_it_is_when_one_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with DataSaverLoader(path) as saver:
        saver.add_data("/RawData", spectrum(3))
    with DataLoader(path) as loader:
        assert np.all(loader.load_data("/RawData/Data00", with_bkg=True)[0] == 3)


@pytest.mark.parametrize("compression", ["none", "zlib", "blosc2"])
def test_savers_go_on_after_the_file_was_closed(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "file.h5"
    for turn in range(3):
        with H5SaverLowLevel(compression=compression) as h5:
            h5.init_file(path)
            for name in ("rows", "points", "times"):
                h5.get_set_group("/RawData", name)
            DataEnlargeableSaver(h5, ["x"], ["mm"]).add_data("/RawData/rows", spectrum(turn), [float(turn)])
            DataExtendedSaver(h5, (3,)).add_data("/RawData/points", spectrum(turn), (turn,))
            data = DataToExport("set", data=[spectrum(turn)])
            data.timestamp = 100.0 + turn
            DataToExportTimedSaver(h5).add_data("/RawData/times", data)
    with DataLoader(path) as loader:
        for where in ("/RawData/rows/EnlData00", "/RawData/points/Data00", "/RawData/times/Data1D/CH00/EnlData00"):
            assert loader.load_data(where)[0][:, 0].tolist() == [0, 1, 2]
        times = loader.load_data("/RawData/times/Data1D/CH00/EnlData00").get_nav_axes()[0]
        assert times.get_data().tolist() == [100, 101, 102]


def test_lazy_data_is_read_by_several_threads_and_after_the_loader_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with DataEnlargeableSaver(path) as saver:
        for n in range(50):
            saver.add_data("/RawData", DataRaw("frame", data=[np.full((64, 64), n, "uint16")]))
    with DataLoader(path) as loader:
        array = loader.load_data("/RawData/EnlData00", lazy=True)[0]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: int(np.asarray(array[n, 3, 4])), range(50))) == list(range(50))


def test_lazy_data_that_was_computed_leaves_the_file_to_who_writes_or_replaces_it(tmp_path: Path) -> None:
    path, other = tmp_path / "file.h5", tmp_path / "other.h5"

    def add(path: Path, value: int) -> None:
        with DataSaverLoader(path) as saver:
            saver.add_data("/RawData", DataRaw("frame", data=[np.full((4, 3), value)]))

    def computed() -> int:
        with DataLoader(path) as loader:
            array = loader.load_data("/RawData/Data00", lazy=True)[0]
        return int(np.asarray(array).max())

    add(path, 1)
    assert computed() == 1
    add(path, 2)
    add(other, 5)
    other.replace(path)
    assert computed() == 5


@pytest.mark.parametrize("suffix", [".h5", ".hdf5", ".hdf"])
def test_a_name_that_ends_as_hdf5_files_do_is_kept(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    with DataSaverLoader(path) as saver:
        saver.add_data("/RawData", spectrum(3))
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    with DataLoader(path) as loader:
        assert np.all(loader.load_data("/RawData/Data00")[0] == 3)
