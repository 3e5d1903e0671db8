"""Slices keep what data is, lose only what was cut off, and never touch what they came from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from h5modules.data import Axis, AxisError, DataDistribution, DataIndexError, DataLengthError, DataRaw, DataSource

SHAPE = (3, 4, 5)
ARRAY = np.arange(60.0).reshape(SHAPE)


def make(nav_indexes: tuple[int, ...] = (0, 1)) -> DataRaw:
    return DataRaw(
        "cube",
        data=[ARRAY, ARRAY + 100],
        labels=["a", "b"],
        units="V",
        origin="camera",
        axes=[
            Axis("x", "mm", np.array([1.0, 2.0, 4.0]), index=0),
            Axis("y", "um", np.arange(4.0), index=1),
            Axis("w", "nm", np.linspace(400, 800, 5), index=2),
        ],
        nav_indexes=nav_indexes,
        errors=[ARRAY * 0.1, ARRAY * 0.2],
        gain=3,
        timestamp=12.0,
    )


def test_a_slice_keeps_everything_but_what_was_cut_off() -> None:
    cut = make().inav[1:3, 2]
    assert (cut.units, cut.origin, cut.labels, cut.gain, cut.timestamp) == ("V", "camera", ["a", "b"], 3, 12.0)
    assert (cut.extra_attributes, cut.nav_indexes, cut.sig_indexes) == (["gain"], (0,), (1,))
    assert cut.source is DataSource.calculated
    assert type(cut) is DataRaw
    assert np.array_equal(cut[1], ARRAY[1:3, 2] + 100)
    assert np.array_equal(cut.errors[1], ARRAY[1:3, 2] * 0.2)
    assert [(a.label, a.units, a.index, a.get_data().tolist()) for a in cut.axes] == [
        ("x", "mm", 0, [2.0, 4.0]),
        ("w", "nm", 1, [400.0, 500.0, 600.0, 700.0, 800.0]),
    ]


def test_missing_selections_take_everything() -> None:
    one = make().inav[1]
    assert one.shape == (4, 5)
    assert [(axis.label, axis.index) for axis in one.axes] == [("y", 0), ("w", 1)]
    assert one.axes[0].get_data().tolist() == [0.0, 1.0, 2.0, 3.0]
    assert make().inav[..., 1].shape == (3, 5)
    assert make(()).isig[..., 1].shape == (3, 4)
    assert make(()).isig[1, ...].shape == (4, 5)
    assert make().inav[...] == make()
    assert make().vsig[...] == make().vsig[:] == make()
    assert (len(make().inav), len(make().isig)) == (2, 1)
    assert make(()).inav[:] == make(())


def test_single_points_leave_their_dimension() -> None:
    assert make().inav[1:2, :].shape == (4, 5)
    assert make().inav[1, 1].isig[2].shape == (1,)
    assert make().inav[1, 1].isig[2][0].tolist() == [ARRAY[1, 1, 2]]
    untouched = DataRaw("d", data=[np.zeros((5, 1))], nav_indexes=(0,)).inav[0:2]
    assert (untouched.shape, untouched.nav_indexes) == ((2, 1), (0,))


def test_navigation_indexes_say_the_order_of_slices() -> None:
    data = make(nav_indexes=(2, 0))
    assert np.array_equal(data.inav[4, 1][0], ARRAY[1, :, 4])
    assert data.inav[4].nav_indexes == (0,)
    assert data.inav[:, 0:2].nav_indexes == (2, 0)


def test_lists_and_masks_select_along_each_dimension() -> None:
    data = make(())
    chosen = data.isig[[0, 2], :, np.array([True, False, True, False, True])]
    assert np.array_equal(chosen[0], ARRAY[np.ix_([0, 2], range(4), [0, 2, 4])])
    assert chosen.axes[0].get_data().tolist() == [1.0, 4.0]
    assert data.isig[[-1]].shape == (4, 5)


items = st.one_of(st.integers(-6, 6), st.slices(5), st.just(Ellipsis), st.lists(st.integers(-3, 2), max_size=3))


@given(st.lists(items, max_size=4))
def test_slicing_agrees_with_numpy_or_refuses(selection: list[object]) -> None:
    data = make(())
    try:
        cut = data.isig[tuple(selection)]
    except DataIndexError:
        return
    spelled = list(selection)
    if sum(item is Ellipsis for item in spelled) == 1:
        place = spelled.index(Ellipsis)
        spelled[place : place + 1] = [slice(None)] * (4 - len(spelled))
    spelled = [slice(None) if item is Ellipsis else item for item in spelled] + [slice(None)] * 3
    expected = ARRAY
    for dimension, item in enumerate(spelled[:3]):
        picked = [item] if isinstance(item, int) else item
        expected = expected[(slice(None),) * dimension + (picked,)]
    assert np.array_equal(cut[0].ravel(), expected.ravel())
    assert cut.errors[0].shape == cut.shape
    for axis in cut.axes:
        assert axis.size == cut.shape[axis.index]


def test_by_value_means_the_nearest_points_in_the_units_of_the_axis() -> None:
    data = make()
    assert np.array_equal(data.vnav[1.9, 2.2][0], ARRAY[1, 2])
    assert np.array_equal(data.vsig[510.0:690.0][0], ARRAY[..., 1:3])
    assert np.array_equal(data.vsig[600.0:][0], ARRAY[..., 2:])
    assert np.array_equal(data.vsig[:500.0][0], ARRAY[..., 0])
    without = DataRaw("d", data=[ARRAY])
    assert np.array_equal(without.vsig[1.0, 2.0:4.0, 3.0][0], ARRAY[1, 2:, 3])


def test_quantities_select_in_their_own_units() -> None:
    pint = pytest.importorskip("pint")
    cut = make().vsig[pint.Quantity(0.5, "um") : pint.Quantity(0.7, "um")]
    assert np.array_equal(cut[0], ARRAY[..., 1:3])


@pytest.mark.parametrize("item", [3, -4, (0, 0, 0), slice(2, 1), (0, 9), "x", 1.0, None, [], [7], np.zeros(3, bool)])
def test_what_selects_nothing_is_an_error(item: object) -> None:
    with pytest.raises(DataIndexError):
        make().inav[item]


def test_slicing_along_dimensions_that_are_not_there_is_an_error() -> None:
    with pytest.raises(DataIndexError, match="0 navigation dimensions"):
        make(()).inav[0]
    with pytest.raises(DataIndexError, match="no point lies there"):
        make().vsig[5000.0:6000.0]


def spread() -> DataRaw:
    return DataRaw(
        "points",
        distribution="spread",
        data=[np.arange(12.0).reshape(4, 3)],
        nav_indexes=(0,),
        axes=[
            Axis("x", "m", np.array([1.0, 5.0, 2.0, 4.0]), spread_order=0),
            Axis("y", "s", np.array([30.0, 10.0, 20.0, 70.0]), spread_order=1),
            Axis("w", "nm", np.arange(3.0), index=1),
        ],
        units="V",
    )


def test_spread_points_are_selected_by_index() -> None:
    assert spread().inav[2].distribution is DataDistribution.uniform
    cut = spread().inav[1:3]
    assert (cut.distribution, cut.shape) == (DataDistribution.spread, (2, 3))
    assert [axis.get_data().tolist() for axis in cut.get_nav_axes()] == [[5.0, 2.0], [10.0, 20.0]]
    assert spread().isig[1].shape == (4,)


def test_spread_points_are_selected_by_coordinates() -> None:
    assert spread().vnav[4.1, 68.0][0].tolist() == [9.0, 10.0, 11.0]
    region = spread().vnav[1.5:4.5, :]
    assert region.axes[0].get_data().tolist() == [2.0, 4.0]
    assert spread().vnav[1.5:, 5.0:25.0].axes[0].get_data().tolist() == [5.0, 2.0]
    assert spread().vnav[...].shape == (4, 3)


def test_points_without_coordinates_are_never_the_nearest() -> None:
    axes = [Axis("x", data=np.array([1.0, np.nan, 2.0])), Axis("y", data=np.array([np.nan, 1.0, 2.0]))]
    data = DataRaw("p", distribution="spread", data=[np.arange(3.0)], nav_indexes=(0,), axes=axes)
    assert data.vnav[1.0, 1.0][0].tolist() == [2.0]
    nowhere = Axis("x", data=np.full(3, np.nan))
    data = DataRaw("p", distribution="spread", data=[np.arange(3.0)], nav_indexes=(0,), axes=[nowhere])
    with pytest.raises(AxisError, match="none has all its coordinates"):
        data.vnav[1.0]


def test_a_logger_is_cut_by_time_even_if_its_clock_went_back() -> None:
    times = np.array([0.0, 1.0, 2.0, 1.5, 3.0])
    log = DataRaw("log", distribution="spread", data=[times * 10], nav_indexes=(0,), axes=[Axis("time", "s", times)])
    assert log.vnav[1.0:2.0][0].tolist() == [10.0, 15.0]
    assert log.vnav[2.9][0].tolist() == [30.0]


@pytest.mark.parametrize("item", [2.0, (slice(0.0, 1.0), 3.0), (1.0, 2.0, 3.0), (slice(8.0, 9.0), slice(None))])
def test_unclear_coordinates_of_spread_points_are_an_error(item: object) -> None:
    with pytest.raises(DataIndexError):
        spread().vnav[item]


def test_assignments_write_into_arrays_of_their_own() -> None:
    data = make(())
    data.isig[0, :, 1] = 7.0
    assert data[0][0, 2, 1] == data[1][0, 2, 1] == 7.0
    assert ARRAY[0, 2, 1] == 11.0
    data.isig[1] = DataRaw("new", data=[np.ones((4, 5)), np.zeros((4, 5))], units="mV")
    assert data[0][1, 0, 0] == pytest.approx(0.001)
    data.vsig[4.0, 3.0] = np.arange(5.0)
    assert data[1][2, 3].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    with pytest.raises(DataLengthError):
        data.isig[1] = DataRaw("new", data=[np.ones((4, 5))], units="V")


def test_slicing_changes_nothing() -> None:
    data, twin = make(), make()
    data.inav[1:2, ::2].isig[1:3]
    data.vnav[2.0, 1.0]
    data.sort_data(0)
    data.mean(0)
    assert data == twin
    assert [axis.index for axis in data.axes] == [0, 1, 2]


def test_cropping_is_slicing_signals_by_value() -> None:
    data = make(())
    cropped = data.crop_at_along([(1.0, 4.0), (1.0, 3.0), 600.0])
    assert np.array_equal(cropped[0], ARRAY[0:2, 1:3, 2])


@pytest.mark.parametrize("selection", [[1.0, 2.0], "1 nm", slice("a", None), slice(0.0, 9.0, 0.5), None])
def test_what_is_no_coordinate_is_refused(selection: object) -> None:
    spectrum = DataRaw("d", data=[np.arange(10.0)], axes=[Axis("x", "nm", np.arange(10.0))])
    with pytest.raises(DataIndexError, match=r"give a number in nm|an integer was expected"):
        spectrum.vsig[selection]
