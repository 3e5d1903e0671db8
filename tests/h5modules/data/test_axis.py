"""An axis keeps its coordinates bit for bit and says honestly whether they are evenly spaced."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from h5modules.data import Axis, AxisError, DataIndexError, DataTypeError, DataUnitError, NavAxis

FINITE = st.floats(-1e12, 1e12, allow_subnormal=False)


@given(hnp.arrays(st.sampled_from(["f8", "f4", "i4", "u2", "i8", "u1"]), st.integers(0, 30)))
def test_coordinates_come_back_bit_for_bit(values: np.ndarray) -> None:
    axis = Axis("x", "nm", values)
    assert axis.get_data().dtype == values.dtype
    assert axis.get_data().tobytes() == values.tobytes()
    assert axis.size == len(axis) == values.size


@given(FINITE, st.floats(1e-9, 1e9), st.sampled_from([1, -1]), st.integers(2, 300))
def test_a_line_is_found_linear_at_every_scale(offset: float, step: float, sign: int, size: int) -> None:
    values = offset + sign * step * np.arange(size)
    axis = Axis("x", data=values)
    if step * size > 1e-9 * abs(offset):  # otherwise the coordinates cannot hold the line
        assert axis.is_axis_linear()
        assert axis.data is None
        assert axis.scaling == pytest.approx(sign * step, rel=1e-4)
        assert axis.offset == values[0]


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e-15, 1e12])
def test_an_irregular_axis_stays_irregular_whatever_its_unit(unit: float) -> None:
    axis = Axis("x", data=np.array([0.0, 1.0, 3.0, 4.0]) * unit)
    assert not axis.is_axis_linear()
    assert axis.scaling is None
    assert axis.offset is None
    assert axis.data is not None


def test_float32_wavelengths_are_linear_within_their_own_rounding() -> None:
    axis = Axis("wavelength", "nm", np.linspace(400, 1000, 640, dtype=np.float32))
    assert axis.is_axis_linear()
    assert axis.get_data().dtype == np.float32


def test_lines_are_recognised_in_any_coordinates() -> None:
    axis = Axis("x", data=np.array([1.0, 3.0, 5.0]))
    assert axis.get_scale_offset_from_data() == (2.0, 1.0)
    assert axis.get_scale_offset_from_data(np.array([0.0, 1.0, 5.0])) is None
    assert axis.is_axis_linear(np.array([4.0, 3.0, 2.0]))
    assert not axis.is_axis_linear(np.array([4.0, 3.0, 1.0]))
    assert Axis.create_simple_linear_data(3).tolist() == [0.0, 1.0, 2.0]
    assert Axis("x", "km", np.array([1.0, 2.0, 4.0])).to_base_units().get_data().tolist() == [1000.0, 2000.0, 4000.0]


@pytest.mark.parametrize("values", [[5.0, 5.0, 5.0], [], [np.nan, 1.0, 2.0], [0.0, np.inf]])
def test_what_is_no_line_is_not_called_one(values: list[float]) -> None:
    axis = Axis("x", data=np.array(values))
    assert not axis.is_axis_linear()
    assert np.array_equal(axis.data, values, equal_nan=True)


def test_missing_coordinates_are_allowed_and_flagged() -> None:
    axis = Axis("x", data=np.array([1.0, np.nan, 3.0]))
    assert axis.has_nan
    assert not Axis("x", data=np.array([1.0, 2.0])).has_nan
    assert not Axis("x", size=3).has_nan
    assert axis.find_index(2.9) == 2
    with pytest.raises(AxisError, match="no point is nearest"):
        Axis("x", data=np.array([np.nan, np.nan])).find_index(1.0)
    with pytest.raises(AxisError, match="finite number"):
        axis.find_index(np.nan)


def test_the_array_that_an_axis_was_made_from_has_no_hold_on_it() -> None:
    values = np.array([1.0, 2.0, 4.0])
    axis = Axis("x", data=values)
    values[:] = 0.0
    axis.get_data()[:] = 7.0
    assert axis.get_data().tolist() == [1.0, 2.0, 4.0]


def test_scaling_offset_and_size_make_an_axis() -> None:
    axis = Axis("t", "s", scaling=0.5, offset=2.0, size=3)
    assert axis.get_data().tolist() == [2.0, 2.5, 3.0]
    assert Axis(size=3).get_data().tolist() == [0.0, 1.0, 2.0]
    assert (Axis(size=3).scaling, Axis(size=3).offset) == (1.0, 0.0)
    assert Axis().size == 0
    assert Axis().get_data().size == 0


def test_a_line_can_be_moved_and_resized() -> None:
    axis = Axis("x", data=np.arange(3.0))
    axis.scaling = 2.0
    axis.offset = 1.0
    axis.size = 4
    assert axis.get_data().tolist() == [1.0, 3.0, 5.0, 7.0]


def test_an_irregular_axis_is_not_moved_by_scaling() -> None:
    axis = Axis("x", data=np.array([1.0, 2.0, 4.0]))
    for name, value in (("scaling", 2.0), ("offset", 0.0), ("size", 5)):
        with pytest.raises(AxisError, match="not evenly spaced"):
            setattr(axis, name, value)
    axis.create_linear_data(4)
    assert axis.get_data().tolist() == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"label": 3}, DataTypeError, "label"),
        ({"units": None}, DataTypeError, "units"),
        ({"index": 1.0}, DataTypeError, "index"),
        ({"index": True}, DataTypeError, "index"),
        ({"index": -1}, AxisError, "0 or more"),
        ({"spread_order": -1}, AxisError, "spread_order"),
        ({"size": -1}, AxisError, "size"),
        ({"data": [1, 2]}, DataTypeError, "numpy.asarray"),
        ({"data": np.zeros((2, 2))}, AxisError, r"\(2, 2\)"),
        ({"data": np.array(["a"])}, DataTypeError, "real numbers"),
        ({"data": np.array([1j])}, DataTypeError, "complex"),
        ({"data": np.array([None])}, DataTypeError, "object"),
        ({"data": np.array([True])}, DataTypeError, "bool"),
        ({"data": np.arange(3), "size": 4}, AxisError, "contradicts"),
    ],
)
def test_bad_axes_are_refused_with_what_is_wrong(arguments: dict[str, object], error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        Axis(**arguments)


def test_slices_by_index() -> None:
    axis = Axis("x", "nm", np.array([1.0, 2.0, 4.0, 8.0]), index=2)
    assert axis.iaxis[1:3].get_data().tolist() == [2.0, 4.0]
    assert axis.iaxis[-1].get_data().tolist() == [8.0]
    assert axis.iaxis[[0, 3]].get_data().tolist() == [1.0, 8.0]
    assert axis.iaxis[np.array([True, False, False, True])].get_data().tolist() == [1.0, 8.0]
    assert axis.iaxis[...] == axis
    assert (axis.iaxis[:2].units, axis.iaxis[:2].index) == ("nm", 2)
    assert len(axis.iaxis) == 4


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (0.3, 0.6, [0.3, 0.4, 0.5]),  # a division would land beside 0.3 and 0.6
        (0.28, 0.62, [0.3, 0.4, 0.5]),
        (None, 0.2, [0.0, 0.1]),
        (0.7, None, [0.7, 0.8, 0.9]),
        (0.7, 5.0, [0.7, 0.8, 0.9]),
        (-3.0, 0.2, [0.0, 0.1]),
    ],
)
def test_slices_by_value_start_and_stop_at_the_nearest_points(start: float, stop: float, expected: list) -> None:
    axis = Axis("x", data=np.arange(10) * 0.1)
    assert axis.vaxis[start:stop].get_data() == pytest.approx(expected)
    falling = Axis("x", data=-np.arange(10) * 0.1)
    bounds = [None if bound is None else -bound for bound in (start, stop)]
    assert -falling.vaxis[bounds[0] : bounds[1]].get_data() == pytest.approx(expected)


def test_slices_by_value_of_an_unordered_axis_take_what_lies_between() -> None:
    axis = Axis("x", data=np.array([3.0, 1.0, np.nan, 2.0, 5.0]))
    assert axis.vaxis[1.5:5.0].get_data().tolist() == [3.0, 2.0]
    unsigned = Axis("x", data=np.array([3, 2, 1], np.uint8))
    assert unsigned.vaxis[3:1].get_data().tolist() == [3, 2]


@pytest.mark.parametrize("bounds", [slice(3.0, 1.0), slice(1.0, 1.2), slice(50.0, 60.0), slice(-9.0, -8.0)])
def test_slices_by_value_without_points_say_so(bounds: slice) -> None:
    with pytest.raises(DataIndexError):
        Axis("x", data=np.arange(5.0)).vaxis[bounds]


@pytest.mark.parametrize("item", [7, slice(3, 1), [9], [], "a", 1.5, np.zeros(5, bool)])
def test_slices_by_index_without_points_say_so(item: object) -> None:
    with pytest.raises(DataIndexError):
        Axis("x", data=np.arange(5.0)).iaxis[item]


def test_coordinates_can_be_written_through_slicers() -> None:
    axis = Axis("x", data=np.arange(4))
    axis.iaxis[1:3] = Axis(data=np.array([10.5, 20.5]))
    assert axis.get_data().tolist() == [0.0, 10.5, 20.5, 3.0]
    axis.vaxis[20.0] = -1.0
    assert axis.get_data().tolist() == [0.0, 10.5, -1.0, 3.0]


def test_units_are_converted_or_refused() -> None:
    axis = Axis("w", "nm", np.array([400.0, 500.0, 700.0]))
    assert axis.units_as("um", inplace=False).get_data() == pytest.approx([0.4, 0.5, 0.7], rel=1e-15)
    assert axis.units == "nm"
    axis.units_as("m")
    assert (axis.units, axis.max()) == ("m", pytest.approx(7e-7))
    with pytest.raises(DataUnitError, match="'s'"):
        axis.units_as("s")
    axis.force_units("s")
    assert (axis.units, axis.max()) == ("s", pytest.approx(7e-7))


def test_quantities_are_understood() -> None:
    pint = pytest.importorskip("pint")
    axis = Axis.from_quantity(pint.Quantity(np.array([1.0, 2.0, 4.0]), "micrometer"), "w")
    assert axis.units == "µm"
    assert axis.find_index(pint.Quantity(3900, "nm")) == 2
    assert axis.vaxis[pint.Quantity(900, "nm") : pint.Quantity(2100, "nm")].get_data().tolist() == [1.0]
    assert axis.get_quantity().to("nm").magnitude.tolist() == pytest.approx([1000.0, 2000.0, 4000.0])
    energies = Axis("w", "nm", np.array([1239.84, 619.92])).units_as("eV", inplace=False, context="spectroscopy")
    assert energies.get_data() == pytest.approx([1.0, 2.0], rel=1e-5)


def test_arithmetic_moves_coordinates() -> None:
    axis = Axis("x", "s", np.array([1.0, 2.0, 4.0]))
    assert (axis * 2).get_data().tolist() == (2 * axis).get_data().tolist() == [2.0, 4.0, 8.0]
    assert (axis / 2).get_data().tolist() == [0.5, 1.0, 2.0]
    assert (axis + 1).get_data().tolist() == (1 + axis).get_data().tolist() == [2.0, 3.0, 5.0]
    assert (axis - 1).get_data().tolist() == [0.0, 1.0, 3.0]
    assert (axis.min(), axis.max(), axis.mean(), axis.axis_width) == (1.0, 4.0, pytest.approx(7 / 3), 3.0)
    axis.flip()
    assert axis.get_data().tolist() == [4.0, 2.0, 1.0]
    with pytest.raises(TypeError):
        axis * "2"


def test_min_max_and_mean_of_a_line_are_those_of_its_points() -> None:
    axis = Axis("x", scaling=1.0, offset=1.0, size=5)
    assert (axis.min(), axis.max(), axis.mean()) == (1.0, 5.0, 3.0)


def test_equality_is_relative() -> None:
    tiny = Axis("x", "m", np.array([1e-9, 2e-9, 4e-9]))
    assert tiny != Axis("x", "m", np.array([1e-9, 2.1e-9, 4e-9]))
    assert tiny == Axis("x", "nm", np.array([1.0, 2.0, 4.0]))
    assert tiny != Axis("x", "s", np.array([1e-9, 2e-9, 4e-9]))
    assert tiny != Axis("x", "m", np.array([1e-9, 2e-9]))
    assert tiny != "x"
    with pytest.raises(TypeError):
        hash(tiny)


def test_copies_share_nothing() -> None:
    axis = NavAxis("x", "m", np.array([1.0, 2.0, 4.0]), index=1, spread_order=2)
    for twin in (axis.copy(), copy.copy(axis), copy.deepcopy(axis), pickle.loads(pickle.dumps(axis))):
        assert twin == axis
        assert type(twin) is NavAxis
    twin = axis.copy()
    twin.data[0] = 9.0
    assert axis.get_data()[0] == 1.0


def test_an_axis_as_data() -> None:
    axis = Axis("x", "m", np.array([1.0, 2.0, 4.0]), index=3)
    data = axis.as_dwa(set_itself_as_axis=True)
    assert (data.units, data.labels, data[0].tolist()) == ("m", ["x"], [1.0, 2.0, 4.0])
    assert data.axes[0].index == 0
    assert axis.index == 3
    assert axis.as_dwa().axes == []
    assert repr(axis) == "Axis: <label: x> - <units: m> - <index: 3>"
