"""What is wrong with one attribute or one axis of a file hides no data; what a file claims costs nothing to open."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from h5modules.browsing import tree
from h5modules.data import Axis, DataRaw
from h5modules.data_saving import DataExtendedSaver, DataLoader
from h5modules.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A scan of two by three spectra of five points."""
    path = tmp_path / "x.h5"
    with DataExtendedSaver(path, (2, 3)) as saver:
        for point in np.ndindex(2, 3):
            axis = Axis("w", "nm", np.arange(5.0) ** 2)
            saver.add_data("/RawData", DataRaw("d", data=[np.full(5, sum(point))], axes=[axis]), point)
    return path


def replaced(file: h5py.File, name: str, **how: Any) -> None:
    """Put another array in the place of one, with its attributes."""
    attributes = dict(file[name].attrs)
    del file[name]
    file.create_dataset(name, **how).attrs.update(attributes)


def told(kind: str, text: str) -> str:
    return json.dumps({"module": "builtins", "type": kind, "data": text})


@pytest.mark.parametrize(
    "change",
    [
        lambda data, file: data.attrs.create("TITLE", np.zeros((3, 3))),
        lambda data, file: data.attrs.create("nav_indexes", told("tuple", "(0, 1, 0)")),
        lambda data, file: data.attrs.create("distribution", told("str", "'spread'")),
        lambda data, file: data.attrs.create("timestamp", told("int", "9" * 4000)),
        lambda data, file: replaced(file, "/RawData/Axis00", data=np.array([b"a"] * 5)),
        lambda data, file: replaced(file, "/RawData/Axis00", data=np.zeros(5, complex)),
        lambda data, file: replaced(file, "/RawData/Axis00", shape=(10**14,), dtype="f8", chunks=(1000,)),
    ],
)
def test_data_is_there_whatever_is_wrong_beside_it(scan: Path, change: Callable) -> None:
    with h5py.File(scan, "r+") as file:
        change(file["/RawData/Data00"], file)
    with DataLoader(scan) as loader:
        data = loader.load_data("/RawData/Data00")
        assert (data.shape, data.nav_indexes, data.inav[1, 2][0].tolist()) == ((2, 3, 5), (0, 1), [3.0] * 5)
    assert "Data00" in str(tree(scan))


def test_booleans_that_h5py_stored_are_booleans(scan: Path) -> None:
    flags = np.arange(30).reshape(2, 3, 5) % 7 == 0
    with h5py.File(scan, "r+") as file:
        replaced(file, "/RawData/Data00", data=flags)
        file["/RawData/Data00"].attrs["dtype"] = told("str", "'bool'")
    with DataLoader(scan) as loader:
        for lazy in (False, True):
            array = loader.load_data("/RawData/Data00", lazy=lazy).compute()[0]
            assert array.dtype == bool
            np.testing.assert_array_equal(array, flags)


@pytest.mark.filterwarnings("ignore:The Leaf .* is exceeding")  # of PyTables, rightly
def test_an_absurd_shape_costs_nothing_until_it_is_read(scan: Path) -> None:
    with h5py.File(scan, "r+") as file:
        replaced(file, "/RawData/Data00", shape=(2, 3, 10**15), dtype="f8", chunks=(1, 1, 1000))
    start = time.monotonic()
    with DataLoader(scan) as loader:
        assert loader.load_data("/RawData/Data00", lazy=True).shape == (2, 3, 10**15)
        with pytest.raises(TooLarge, match="lazy=True"):
            loader.load_data("/RawData/Data00")
    assert time.monotonic() - start < 60  # a list of the blocks would never end


def test_an_array_of_any_name_and_of_no_elements_is_loaded_lazily(scan: Path) -> None:
    with h5py.File(scan, "r+") as file:
        replaced(file, "/RawData/Data00", shape=(2, 0, 5), dtype="f8")
        file.move("/RawData/Data00", "/RawData/other")
    with DataLoader(scan) as loader:
        assert loader.load_data("/RawData/other", lazy=True, load_all=True)[0].compute().shape == (2, 0, 5)


def test_maps_at_the_points_of_a_spread_scan_come_back(tmp_path: Path) -> None:
    with DataExtendedSaver(tmp_path / "x.h5", (4,)) as saver:
        for point in range(4):
            plane = DataRaw("m", data=[np.full((2, 3), point)], nav_indexes=(0,), axes=[Axis("y", data=np.arange(2.0))])
            saver.add_data("/RawData", plane, (point,), distribution="spread")
    with DataLoader(tmp_path / "x.h5") as loader:
        data = loader.load_data("/RawData/Data00")
    assert (data.shape, data.nav_indexes, data.distribution.name) == ((4, 2, 3), (0,), "spread")
    assert [axis.label for axis in data.axes if axis.index == 1] == ["y"]
    assert data.inav[3][0].tolist() == [[3.0] * 3] * 2
