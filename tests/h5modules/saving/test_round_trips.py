"""What a saver was given comes back from the loader; what it returned from survives; PyMoDAQ sees the same."""

from __future__ import annotations

import contextlib
import os
import pickle
import random
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from h5modules.data import Axis, DataRaw, DataToExport, DataWithAxes
from h5modules.data_saving import (
    BkgSaver,
    DataLoader,
    DataSaverLoader,
    DataToExportEnlargeableSaver,
    DataToExportExtendedSaver,
    DataToExportSaver,
    DataToExportTimedSaver,
)
from h5modules.errors import ArrayMismatch, FileExists, FileUnreadable, H5ModulesError, NoSuchFile
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from pathlib import Path

WAVELENGTHS = np.linspace(400, 900, 7) ** 1.01


def frame(seed: int = 0, dtype: str = "uint16") -> DataRaw:
    data = np.random.default_rng(seed).integers(0, 1000, (5, 7)).astype(dtype)
    axes = [Axis("x", "mm", np.arange(5.0), index=0), Axis("wavelength", "nm", WAVELENGTHS, index=1)]
    return DataRaw("frame", data=[data], errors=[data / 10], axes=axes, labels=["counts"], units="V", operator="me")


def a_file(path: Path, **options: object) -> H5SaverLowLevel:
    h5 = H5SaverLowLevel(**options)  # type: ignore[arg-type]
    h5.init_file(path, new_file=True)
    return h5


def same(loaded: DataWithAxes, expected: list[np.ndarray], errors: list[np.ndarray]) -> None:
    np.testing.assert_array_equal(loaded[0], expected)
    assert loaded[0].dtype == expected[0].dtype
    assert loaded.errors is not None
    np.testing.assert_allclose(loaded.errors[0], errors)
    assert loaded.units == "V"
    assert loaded.operator == "me"
    axis = next(axis for axis in loaded.axes if axis.label == "wavelength")
    np.testing.assert_array_equal(axis.get_data(), WAVELENGTHS)
    assert axis.units == "nm"


def test_whole_data_come_back_with_units_errors_axes_and_extra_attributes(tmp_path: Path) -> None:
    with a_file(tmp_path / "a.h5") as h5:
        group = h5.get_set_group("/RawData", "Here")
        DataSaverLoader(h5).add_data(group, frame())
    with DataLoader(tmp_path / "a.h5") as loader:
        loaded = loader.load_data("/RawData/Here/Data00")
    np.testing.assert_array_equal(loaded[0], frame()[0])
    assert loaded.errors is not None
    np.testing.assert_allclose(loaded.errors[0], frame()[0] / 10)
    assert (loaded.units, loaded.labels, loaded.operator) == ("V", ["counts"], "me")


def test_backgrounds_and_error_bars_of_one_array_leave_the_others_alone(tmp_path: Path) -> None:
    data = DataRaw("d", units="V", data=[np.array([3, 4], "u1"), np.array([5, 6], "u1")])
    background = DataRaw("d", units="mV", data=[np.array([1000.0, 2000.0])], errors=[np.array([500.0, 500.0])])
    with DataToExportSaver(tmp_path / "x.h5") as saver:
        saver.add_data("/RawData", data.as_dte())
        saver.add_bkg("/RawData", background.as_dte())
    with DataLoader(tmp_path / "x.h5") as loader:
        for lazy in (False, True):
            both = loader.load_data("/RawData/Data1D/CH00", with_bkg=True, lazy=lazy).compute()
            assert [array.tolist() for array in both] == [[2.0, 2.0], [5, 6]]
            np.testing.assert_array_equal(both.errors, [[0.5, 0.5], [np.nan, np.nan]])
        assert loader.load_data("/RawData/Data1D/CH00/Data01", with_bkg=True).errors is None
        stored = loader.load_data("/RawData/Data1D/CH00/Bkg00")
        assert (stored.units, stored[0].tolist()) == (
            "V",
            [1.0, 2.0],
        )  # PyMoDAQ subtracts numbers, whatever their units


@pytest.mark.parametrize("odd", [{"units": "m"}, {"units": "V", "data": [np.ones(3)]}])
def test_what_cannot_be_of_the_data_is_refused_before_anything_is_written(tmp_path: Path, odd: dict) -> None:
    with DataToExportSaver(tmp_path / "x.h5") as saver:
        for name in ("a", "b"):
            saver.add_data("/RawData", DataRaw(name, units="V", data=[np.ones(2)]).as_dte())
        good = DataRaw("a", units="V", data=[np.ones(2)])
        for add in (saver.add_bkg, saver.add_error):
            with pytest.raises(ArrayMismatch, match=r"'V'|\(2,\)"):
                add("/RawData", DataToExport("x", data=[good, DataRaw("b", **{"data": [np.ones(2)], **odd})]))
        assert saver.h5saver.get_node("/RawData/Data1D/CH00").children_name() == ["Data00"]


def test_complex_values_grow_like_any_other(tmp_path: Path) -> None:
    for start in (0, 2):  # the second opens the file again
        with DataToExportEnlargeableSaver(tmp_path / "x.h5", axis_name="n") as saver:
            for number in (start, start + 1):
                value = DataRaw("d", data=[np.array([number + 1j])], errors=[np.array([0.5])])
                saver.add_data("/RawData", value.as_dte(), axis_value=float(number))
    with DataLoader(tmp_path / "x.h5") as loader:
        data = loader.load_data("/RawData/Data0D/CH00")
        assert (data[0].tolist(), data.errors[0].tolist()) == ([1j, 1 + 1j, 2 + 1j, 3 + 1j], [0.5] * 4)
        assert loader.load_data("/RawData/Data0D/CH00", lazy=True).shape == (4,)


def test_a_background_is_subtracted_without_wrapping(tmp_path: Path) -> None:
    low, high = DataRaw("d", data=[np.array([3, 9], "uint16")]), DataRaw("b", data=[np.array([5, 4], "uint16")])
    with a_file(tmp_path / "a.h5") as h5:
        group = h5.get_set_group("/RawData", "Here")
        DataSaverLoader(h5).add_data(group, low)
        BkgSaver(h5).add_data(group, high)
    with DataLoader(tmp_path / "a.h5") as loader:
        np.testing.assert_array_equal(loader.load_data("/RawData/Here/Data00", with_bkg=True)[0], [-2, 5])
        np.testing.assert_array_equal(loader.load_data("/RawData/Here/Data00")[0], [3, 9])


@pytest.mark.parametrize("compression", ["none", "zlib"])
@pytest.mark.parametrize("kind", ["timed", "enlargeable", "extended"])
def test_sets_of_data_come_back_from_every_saver_and_from_plain_h5py(
    tmp_path: Path, kind: str, compression: str
) -> None:
    frames = [frame(seed) for seed in range(6)]
    sets = [
        DataToExport("set", data=[data, DataRaw("scalar", data=[np.array([float(i)])])])
        for i, data in enumerate(frames)
    ]
    with a_file(tmp_path / "a.h5", compression=compression) as h5:
        where = h5.add_det_group(h5.add_scan_group())
        if kind == "timed":
            timed = DataToExportTimedSaver(h5)
            for data in sets:
                timed.add_data(where, data)
        elif kind == "enlargeable":
            growing = DataToExportEnlargeableSaver(h5, ["position"], ["mm"])
            for index, data in enumerate(sets):
                growing.add_data(where, data, axis_values=[index * 0.5])
        else:
            extended = DataToExportExtendedSaver(h5, (2, 3))
            extended.add_nav_axes(
                where, [Axis("row", "mm", np.arange(2.0), index=0), Axis("column", "mm", np.arange(3.0), index=1)]
            )
            for index, data in enumerate(sets):
                extended.add_data(where, data, indexes=divmod(index, 3))
    name = "Data00" if kind == "extended" else "EnlData00"
    node = f"/RawData/Scan000/Detector000/Data2D/CH00/{name}"
    shape = (2, 3, 5, 7) if kind == "extended" else (6, 5, 7)
    expected = np.array([data[0] for data in frames]).reshape(shape)
    with DataLoader(tmp_path / "a.h5") as loader:
        loaded = loader.load_data(node)
        same(loaded, [*expected], [*(expected / 10)])
        assert loaded.shape == shape
        labels = {axis.label for axis in loaded.axes}
    assert labels >= {"timed": {"time"}, "enlargeable": {"position"}, "extended": {"row", "column"}}[kind]
    with h5py.File(tmp_path / "a.h5") as plain:
        np.testing.assert_array_equal(plain[node][()], expected)


KILLED = """
    import sys, time
    import numpy as np
    from h5modules.data import Axis, DataRaw, DataToExport
    from h5modules.data_saving import DataToExportTimedSaver
    from h5modules.saving import H5SaverLowLevel
    h5 = H5SaverLowLevel(compression=sys.argv[2])
    h5.init_file(sys.argv[1], new_file=True)
    where = h5.add_det_group(h5.add_scan_group())
    saver = DataToExportTimedSaver(h5)
    number = 0
    while True:
        frame = DataRaw("frame", data=[np.full((64, 32), number, "uint16")])
        data = [frame, DataRaw("n", data=[np.array([float(number)])])]
        saver.add_data(where, DataToExport("set", data=data))
        number += 1
        print(number, flush=True)
"""


@pytest.mark.parametrize("compression", ["none", "zlib"])
@pytest.mark.parametrize("seed", range(2))
def test_rows_accepted_before_sigkill_are_readable_by_us_and_by_h5py(
    tmp_path: Path, seed: int, compression: str
) -> None:
    path = tmp_path / "a.h5"
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(path), compression]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(random.Random(seed).uniform(0.01, 0.2))
    process.send_signal(signal.SIGKILL)
    accepted = [int(line) for line in process.communicate()[0].splitlines() if line.strip()][-1]
    with DataLoader(path) as loader:
        loaded = loader.load_data("/RawData/Scan000/Detector000/Data2D/CH00/EnlData00")
    assert accepted <= len(loaded[0]) <= accepted + 1
    np.testing.assert_array_equal(loaded[0][:, 0, 0], np.arange(len(loaded[0])))
    np.testing.assert_array_equal(loaded[0][:accepted, -1, -1], np.arange(accepted))
    with h5py.File(path) as plain:
        stored = plain["/RawData/Scan000/Detector000/Data2D/CH00/EnlData00"]
        np.testing.assert_array_equal(stored[accepted - 1], np.full((64, 32), accepted - 1))


def test_another_shape_or_type_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with a_file(tmp_path / "a.h5") as h5:
        where = h5.add_det_group(h5.add_scan_group())
        saver = DataToExportTimedSaver(h5)
        saver.add_data(where, DataToExport("set", data=[DataRaw("d", data=[np.zeros((2, 3), "uint8")])]))
        for wrong in (np.zeros((3, 2), "uint8"), np.full((2, 3), 1000.7)):
            with pytest.raises(ArrayMismatch):
                saver.add_data(where, DataToExport("set", data=[DataRaw("d", data=[wrong])]))
        saver.add_data(where, DataToExport("set", data=[DataRaw("d", data=[np.ones((2, 3), "uint8")])]))
    with DataLoader(tmp_path / "a.h5") as loader:
        loaded = loader.load_data("/RawData/Scan000/Detector000/Data2D/CH00/EnlData00")
    np.testing.assert_array_equal(loaded[0][:, 0, 0], [0, 1])


def test_files_that_are_there_not_there_or_no_hdf5_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(FileExists):
        H5SaverLowLevel().init_file(tmp_path / "text.h5", new_file=True)
    assert (tmp_path / "text.h5").read_text() == "no HDF5"
    with pytest.raises(FileUnreadable, match="not an HDF5 file"):
        DataLoader(tmp_path / "text.h5")
    with pytest.raises(NoSuchFile):
        DataLoader(tmp_path / "none.h5")


class Boom:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (os.environ["BOOM"],)


def test_nothing_in_a_file_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOM", str(tmp_path / "boom"))
    with a_file(tmp_path / "a.h5") as h5:
        DataToExportSaver(h5).add_data(h5.add_det_group(h5.add_scan_group()), DataToExport("set", data=[frame()]))
    node = "/RawData/Scan000/Detector000/Data2D/CH00/Data00"
    with h5py.File(tmp_path / "a.h5", "r+") as plain:
        plain[node].attrs["units"] = np.bytes_(pickle.dumps(Boom(), protocol=0))
        text = '{"module": "builtins", "type": "tuple", "data": "__import__(\'os\').mkdir(\'%s\')"}' % (
            tmp_path / "boom"
        )
        plain[node].attrs["extra"] = text
    with DataLoader(tmp_path / "a.h5") as loader, warnings.catch_warnings(), contextlib.suppress(H5ModulesError):
        warnings.simplefilter("ignore")  # what cannot be read as a literal is told
        loader.load_data(node)
    assert not (tmp_path / "boom").exists()
