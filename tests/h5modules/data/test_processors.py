"""Processors make one number of a signal, or of a region of it, at each navigation point."""

from __future__ import annotations

import numpy as np
import pytest

from h5modules.data import Axis, DataDimError, DataIndexError, DataNotFound, DataRaw
from h5modules.data.processors import PROCESSORS, DataProcessorFactory, Processor, process

X = np.linspace(400.0, 800.0, 401)
CENTRES = np.array([[500.0, 600.0, 650.0], [450.0, 700.0, 555.0]])


@pytest.fixture
def peaks() -> DataRaw:
    """Gaussian peaks of width 10 nm at `CENTRES`, (2, 3|401)."""
    array = np.exp(-0.5 * ((X - CENTRES[..., np.newaxis]) / 10.0) ** 2)
    axes = [
        Axis("x", "mm", np.array([1.0, 3.0]), index=0),
        Axis("y", "mm", np.array([0.0, 1.0, 5.0]), index=1),
        Axis("wavelength", "nm", X, index=2),
    ]
    return DataRaw("p", data=[array], errors=[array * 0 + 0.1], axes=axes, nav_indexes=(0, 1), units="V", labels=["L"])


@pytest.mark.parametrize("name", ["mean", "std", "sum", "max", "min", "median"])
def test_signals_are_reduced_at_each_navigation_point(name: str, peaks: DataRaw) -> None:
    result = process(name, peaks)
    assert result[0] == pytest.approx(getattr(np, name)(peaks[0], axis=2))
    assert (result.shape, result.nav_indexes, result.units, result.name, result.labels) == (
        (2, 3), (0, 1), "V", "p", ["L"],
    )  # fmt: skip
    assert [axis.label for axis in result.axes] == ["x", "y"]
    assert (result.errors is None) == (name == "median")


def test_extrema_and_moments_are_coordinates(peaks: DataRaw) -> None:
    assert process("argmax", peaks)[0].tolist() == CENTRES.tolist()
    assert process("argmax", peaks).units == "nm"
    assert process("argmean", peaks)[0] == pytest.approx(CENTRES, abs=0.01)
    assert process("argstd", peaks)[0] == pytest.approx(np.full((2, 3), 10.0), abs=0.1)
    assert process("argmin", peaks)[0].shape == (2, 3)


def test_planes_have_a_coordinate_for_each_dimension() -> None:
    array = np.zeros((3, 4))
    array[2, 1] = 5.0
    axes = [Axis("a", "mm", np.array([1.0, 2.0, 4.0]), index=0), Axis("b", "um", np.arange(4.0) * 10, index=1)]
    data = DataRaw("d", data=[array], axes=axes)
    found = process("argmax", data)
    assert ([one.tolist() for one in found], found.labels, found.units) == ([[4.0], [10.0]], ["CH00 a", "CH00 b"], "")
    assert [one.tolist() for one in process("argmax", DataRaw("d", data=[array]))] == [[2.0], [1.0]]
    with pytest.raises(DataDimError, match="at most 1"):
        process("argmean", data)


def test_a_region_is_given_by_value(peaks: DataRaw) -> None:
    inside = process("sum", peaks, region=slice(490.0, 510.0))
    assert inside[0] == pytest.approx(peaks[0][..., 90:110].sum(axis=2))
    assert process("argmax", peaks, region=slice(600.0, 620.0))[0][0, 0] == 600.0
    assert process("mean", peaks, region=500.0)[0] == pytest.approx(peaks[0][..., 100])
    assert process("max", peaks.inav[0, 0], region=slice(450.0, 520.0))[0].tolist() == [1.0]
    with pytest.raises(DataIndexError, match="no point lies there"):
        process("mean", peaks, region=slice(900.0, 950.0))


def test_navigation_may_be_anywhere(peaks: DataRaw) -> None:
    moved = np.moveaxis(peaks, 2, 0)
    assert moved.nav_indexes == (1, 2)
    for name in ("max", "argmax", "argmean"):
        assert process(name, moved)[0] == pytest.approx(process(name, peaks)[0])


def test_a_signal_without_navigation_gives_one_value(peaks: DataRaw) -> None:
    one = peaks.inav[0, 1]
    for name in PROCESSORS:
        assert process(name, one).shape == (1,)
    with pytest.raises(DataDimError, match="0 signal dimensions"):
        process("mean", process("mean", peaks))


def test_the_factory_hands_them_out_by_name(peaks: DataRaw) -> None:
    factory = DataProcessorFactory()
    assert factory.functions == list(PROCESSORS)
    assert "argmean" in factory.functions_filtered("Data1D")
    assert "argmean" not in factory.functions_filtered("Data2D")
    assert factory.get("max")(peaks) == factory.get("max").process(peaks) == process("max", peaks)
    with pytest.raises(DataNotFound, match="mean, std, sum"):
        factory.get("nobody")


def test_others_can_be_added(peaks: DataRaw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROCESSORS, "range", Processor("range", lambda data: np.ptp(data, axis=data.sig_indexes)))
    assert process("range", peaks)[0] == pytest.approx(np.ptp(peaks[0], axis=2))


def test_moments_of_small_integers_do_not_wrap() -> None:
    spectrum = DataRaw("d", data=[np.array([200, 200], "u1")], axes=[Axis("x", "nm", np.array([700, 900], "i2"))])
    assert (process("argmean", spectrum)[0].tolist(), process("argstd", spectrum)[0].tolist()) == ([800.0], [100.0])
