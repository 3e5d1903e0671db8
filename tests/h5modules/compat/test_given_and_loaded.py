"""What a script gave to a saver is what it gets from the loader: attributes, origins, channels, axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import (
    DataLoader,
    DataSaverLoader,
    DataToExportEnlargeableSaver,
    DataToExportExtendedSaver,
    DataToExportSaver,
    DataToExportTimedSaver,
)
from h5modules.errors import ArrayMismatch

if TYPE_CHECKING:
    from pathlib import Path


def test_averages_and_extra_attributes_come_back(tmp_path: Path) -> None:
    one = DataRaw("d", data=[np.array([1.0, 2.0])], gain=2, x=[1, 2])
    with DataSaverLoader(tmp_path / "a.h5") as saver:
        saver.add_data("/RawData", one.average(one, 3), run=7)
    with DataLoader(tmp_path / "a.h5") as loader:
        loaded = loader.load_data("/RawData/Data00")
    assert (loaded.averaged, loaded.n_averaged, loaded.gain, loaded.x, loaded.run) == (True, 4, 2, [1, 2], 7)
    assert sorted(loaded.extra_attributes) == ["averaged", "gain", "n_averaged", "run", "x"]


def test_attributes_of_a_file_neither_replace_methods_nor_get_lost(tmp_path: Path) -> None:
    names = ["mean", "axes", "x_axis", "_data", "_averaged", "inav", "mean_"]
    with DataSaverLoader(tmp_path / "a.h5") as saver:
        saver.add_data("/RawData", DataRaw("d", data=[np.array([1.0, 3.0])]), **{name: name for name in names})
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file["/RawData/Data00"].attrs["n_averaged"] = "many"
    with DataLoader(tmp_path / "a.h5") as loader:
        loaded = loader.load_data("/RawData/Data00")
    given = {name: getattr(loaded, name) for name in loaded.extra_attributes}
    assert sorted(given.values()) == sorted([*names, "many"])
    assert loaded.mean()[0] == [2.0]
    assert loaded.n_averaged == 0
    assert loaded.inav[:].shape == (2,)


def channels(path: Path) -> list[tuple[str, str, str, float]]:
    with DataLoader(path) as loader:
        return [(dwa.path, dwa.name, dwa.origin, float(dwa[0].ravel()[0])) for dwa in loader.load_all("/RawData")]


def of_one_name() -> DataToExport:
    """Data that only its dimensionality and its place tell apart."""
    data = [DataRaw("a", data=[np.full(shape, float(n))]) for n, shape in enumerate([(3,), (1,), (1,), (2, 2)])]
    return DataToExport("det", data=[*data, DataRaw("a", data=[np.full(1, 9.0)], origin="other")])


@pytest.mark.parametrize("kind", ["whole", "timed", "enlargeable", "extended"])
def test_data_of_one_name_each_have_a_channel(tmp_path: Path, kind: str) -> None:
    for turn in range(2):
        if kind == "whole":
            with DataToExportSaver(tmp_path / "a.h5") as saver:
                saver.add_data("/RawData", of_one_name())
        elif kind == "timed":
            with DataToExportTimedSaver(tmp_path / "a.h5") as saver:
                saver.add_data("/RawData", of_one_name())
        elif kind == "enlargeable":
            with DataToExportEnlargeableSaver(tmp_path / "a.h5", ["x"], [""]) as saver:
                saver.add_data("/RawData", of_one_name(), axis_values=[turn])
        else:
            with DataToExportExtendedSaver(tmp_path / "a.h5", (2,)) as saver:
                saver.add_data("/RawData", of_one_name(), [turn])
    array = "Data00" if kind in ("whole", "extended") else "EnlData00"
    assert sorted(channels(tmp_path / "a.h5")) == [
        (f"/RawData/Data0D/CH00/{array}", "a", "det", 1.0),
        (f"/RawData/Data0D/CH01/{array}", "a", "det", 2.0),
        (f"/RawData/Data0D/CH02/{array}", "a", "other", 9.0),
        (f"/RawData/Data1D/CH00/{array}", "a", "det", 0.0),
        (f"/RawData/Data2D/CH00/{array}", "a", "det", 3.0),
    ]


def test_backgrounds_of_another_set_find_their_data_by_name(tmp_path: Path) -> None:
    data = DataToExport("frames", data=[DataRaw(name, data=[np.full(3, 5.0)]) for name in ("a", "b")])
    dark = DataToExport("darks", data=[DataRaw(name, data=[np.full(3, n)]) for name, n in (("b", 1.0), ("a", 2.0))])
    with DataToExportSaver(tmp_path / "a.h5") as saver:
        saver.add_data("/RawData", data)
        saver.add_bkg("/RawData", dark)
        stranger = DataToExport("darks", data=[DataRaw("c", data=[np.zeros(3)])])
        with pytest.raises(ArrayMismatch, match="is of no data in /RawData"):
            saver.add_bkg("/RawData", stranger)
    with DataLoader(tmp_path / "a.h5") as loader:
        values = {dwa.name: dwa[0][0] for dwa in loader.load_all("/RawData", with_bkg=True)}
    assert values == {"a": 3.0, "b": 4.0}


def test_everything_is_loaded_into_a_set_that_is_there_already(tmp_path: Path) -> None:
    with DataToExportSaver(tmp_path / "a.h5") as saver:
        for detector in (saver.add_det_group(saver.raw_group) for _ in range(2)):
            saver.add_data(detector, DataToExport("det", data=[DataRaw("a", data=[np.ones(3)])]))
    mine = DataToExport("mine", data=[DataRaw("before", data=[np.zeros(1)])])
    with DataLoader(tmp_path / "a.h5") as loader:
        assert loader.load_all("/", mine) is mine
    assert mine.get_full_names() == ["mine/before", "det/a", "det/a"]


def test_dimensions_without_an_axis_in_the_file_have_one_when_they_are_loaded(tmp_path: Path) -> None:
    axes = [Axis("x", "mm", np.array([4.0, 5.0, 7.0]), index=1)]
    with DataSaverLoader(tmp_path / "a.h5") as saver:
        saver.add_data("/RawData", DataRaw("d", data=[np.zeros((2, 3))], axes=axes))
    with DataLoader(tmp_path / "a.h5") as loader:
        loaded = loader.load_data("/RawData/Data00", lazy=True)
    first, second = (loaded.get_axis_from_index(index)[0] for index in range(2))
    np.testing.assert_array_equal(first.get_data(), [0.0, 1.0])
    assert (first.label, second.label) == ("", "x")
