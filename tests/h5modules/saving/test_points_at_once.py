"""Several points of a scan saved with one flush."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import DataExtendedSaver, DataLoader, DataToExportExtendedSaver
from h5modules.errors import PointOutside, PointTaken

if TYPE_CHECKING:
    from pathlib import Path


def spectrum(number: int) -> DataRaw:
    return DataRaw("spectrum", data=[np.full(7, float(number))])


@pytest.mark.parametrize("sets", [False, True])
def test_points_at_once_are_those_that_would_have_been_saved_one_by_one(tmp_path: Path, sets: bool) -> None:
    points = list(np.ndindex(3, 4))
    kind = DataToExportExtendedSaver if sets else DataExtendedSaver
    with kind(tmp_path / "a.h5", (3, 4), new_file=True) as saver:
        data = [DataToExport("s", data=[spectrum(k)]) if sets else spectrum(k) for k in range(12)]
        assert saver.add_points("/RawData", data[:5], points[:5]) == 5
        with pytest.raises(PointTaken):
            saver.add_points("/RawData", data[5:9], [*points[5:7], points[0], points[7]])
        assert saver.add_points("/RawData", (d for d in data[7:]), iter(points[7:])) == 5
    with DataLoader(tmp_path / "a.h5") as loader:
        loaded = loader.load_data(f"/RawData/{'Data1D/CH00/' if sets else ''}Data00")
    np.testing.assert_array_equal(loaded[0][..., 0], np.arange(12.0).reshape(3, 4))


def test_a_scan_that_no_memory_holds_is_refused_before_a_file_is_made(tmp_path: Path) -> None:
    for kind in (DataExtendedSaver, DataToExportExtendedSaver):
        with pytest.raises(PointOutside, match="at most"):
            kind(tmp_path / "a.h5", (10**9, 10**9), new_file=True)
    assert not (tmp_path / "a.h5").exists()
