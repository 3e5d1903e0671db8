"""What later data is of is told apart from what the first said: channels from error bars, units from units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import (
    DataEnlargeableSaver,
    DataExtendedSaver,
    DataLoader,
    DataToExportExtendedSaver,
    DataToExportTimedSaver,
)
from h5modules.errors import ArrayMismatch, PointOutside

if TYPE_CHECKING:
    from pathlib import Path

VALUES = np.arange(4.0)
SAVERS = ["Enlargeable", "Extended", "Timed", "DataToExportExtended"]


def add(saver: Any, data: DataRaw, number: int) -> None:
    match saver:
        case DataEnlargeableSaver():
            saver.add_data("/RawData", data, [float(number)])
        case DataExtendedSaver():
            saver.add_data("/RawData", data, (number,))
        case DataToExportTimedSaver():
            saver.add_data("/RawData", DataToExport("set", data=[data]))
        case _:
            saver.add_data("/RawData", DataToExport("set", data=[data]), (number,))


def opened(kind: str, path: Path) -> Any:
    match kind:
        case "Enlargeable":
            return DataEnlargeableSaver(path, ["x"], ["mm"])
        case "Extended":
            return DataExtendedSaver(path, (6,))
        case "Timed":
            return DataToExportTimedSaver(path)
        case _:
            return DataToExportExtendedSaver(path, (6,))


def two_channels() -> DataRaw:
    return DataRaw("signal", data=[VALUES, VALUES + 10], units="V")


def with_error_bars() -> DataRaw:
    return DataRaw("signal", data=[VALUES], errors=[VALUES + 10], units="V")


def in_millivolts() -> DataRaw:
    return DataRaw("signal", data=[VALUES * 1000, VALUES], units="mV")


@pytest.mark.parametrize("reopened", [False, True])
@pytest.mark.parametrize(
    ("first", "other"),
    [(two_channels, with_error_bars), (with_error_bars, two_channels), (two_channels, in_millivolts)],
    ids=["error bars for a channel", "a channel for error bars", "other units"],
)
@pytest.mark.parametrize("kind", SAVERS)
def test_data_of_another_kind_is_refused_and_the_saver_goes_on(
    tmp_path: Path, kind: str, first: Any, other: Any, reopened: bool
) -> None:
    path = tmp_path / "kinds.h5"
    saver = opened(kind, path)
    for number in range(2):
        add(saver, first(), number)
    if reopened:
        saver.close()
        saver = opened(kind, path)
    with saver:
        with pytest.raises(ArrayMismatch, match="the first one set; nothing was saved"):
            add(saver, other(), 2)
        add(saver, first(), 2)
    with DataLoader(path) as loader:
        node = next(node for node in loader.walk_nodes("/RawData") if node.name in ("Data00", "EnlData00"))
        loaded = loader.load_data(node, load_all=True)
    assert loaded.units == "V"
    assert len(loaded) == len(first())
    np.testing.assert_array_equal(loaded.data[0][:3], [VALUES] * 3)
    assert (loaded.errors is None) == (first().errors is None)


def test_data_converted_to_the_first_units_is_taken(tmp_path: Path) -> None:
    with DataToExportTimedSaver(tmp_path / "units.h5") as saver:
        add(saver, two_channels(), 0)
        add(saver, in_millivolts().units_as("V", inplace=False), 1)
    with DataLoader(tmp_path / "units.h5") as loader:
        loaded = loader.load_data("/RawData/Data1D/CH00/EnlData00")
    np.testing.assert_allclose(loaded.data[0], [VALUES] * 2)


@pytest.mark.parametrize("shape", [(2.5,), "ab", 7, None, (3, "4")])
@pytest.mark.parametrize("saver", [DataExtendedSaver, DataToExportExtendedSaver])
def test_shapes_of_scans_are_integers(tmp_path: Path, saver: Any, shape: Any) -> None:
    with pytest.raises(PointOutside, match="give a sequence of integers"):
        saver(tmp_path / "scan.h5", shape)
    assert not (tmp_path / "scan.h5").exists()
