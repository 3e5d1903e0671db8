"""A point that was noted and not stored when its writer was killed was not accepted, and is free."""

from __future__ import annotations

import json
import struct
import zlib
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from h5modules.data import DataRaw
from h5modules.data_saving import DataExtendedSaver, DataLoader
from h5modules.errors import PointTaken
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from pathlib import Path

SCAN = (4, 5)


def spectrum(n: int) -> DataRaw:
    return DataRaw("spectrum", data=[np.full(300, float(n))])


def noted_only(path: Path, *, point: int, marked: bool) -> None:
    """Leave a file as a writer does that is killed between its index and its flush, of a point in a new chunk."""
    with h5py.File(path, "r+") as file:
        index = file["RawData/FrameIndex"]
        rows = int(np.count_nonzero(index[:, 0]))
        width = index.shape[1]
        words = [rows + 1, 1, point, 0, 0, (300 * 8) << 32 | 12345, *(0 for _ in range(width - 6))]
        row = struct.pack(f"={width}Q", *words)
        words[3] = zlib.crc32(row[32:], zlib.crc32(row[:24]))
        index[rows] = words
        if marked:
            file["RawData/Measured"][np.unravel_index(point, SCAN)] = 1
    with H5SaverLowLevel() as h5:
        h5.open_file(path, "r+")
        h5.set_attr("/", "h5modules_writing", json.dumps(["/RawData/FrameIndex"]))


@pytest.mark.parametrize("marked", [False, True])
@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_a_point_that_was_noted_and_not_stored_can_be_saved(tmp_path: Path, compression: str, marked: bool) -> None:
    path = tmp_path / "file.h5"
    with H5SaverLowLevel(compression=compression) as h5:
        h5.init_file(path)
        saver = DataExtendedSaver(h5, SCAN)
        saver.add_data("/RawData", spectrum(1), (0, 0))
        saver.add_data("/RawData", spectrum(2), (0, 1))
    noted_only(path, point=11, marked=marked)
    with DataLoader(path) as loader:
        recovery = loader.recovery
        assert recovery is not None
        assert (recovery.action, recovery.lost, recovery.accepted) == ("mended", [], {"/RawData/FrameIndex": 2})
    with H5SaverLowLevel(compression=compression) as h5:
        h5.init_file(path)
        assert h5.recovery is None
        saver = DataExtendedSaver(h5, SCAN)
        saver.add_data("/RawData", spectrum(3), (2, 1))
        with pytest.raises(PointTaken):
            saver.add_data("/RawData", spectrum(4), (0, 1))
    with DataLoader(path) as loader:
        values = loader.load_data("/RawData/Data00")[0][..., 7]
        assert [values[0, 0], values[0, 1], values[2, 1]] == [1, 2, 3]
        assert np.isnan(values).sum() == 17
        assert int(np.sum(loader.get_node("/RawData/Measured").read())) == 3
