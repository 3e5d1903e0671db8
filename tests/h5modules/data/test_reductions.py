"""Reductions and rearrangements take axes, errors and units with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from h5modules.data import (
    Axis,
    AxisError,
    DataDim,
    DataDimError,
    DataDistribution,
    DataIndexError,
    DataRaw,
    DataSource,
    DataTypeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

RNG = np.random.default_rng(3)
ARRAY = RNG.normal(10.0, 2.0, (2, 3, 4))
BARS = RNG.uniform(0.001, 0.01, (2, 3, 4))


def make(nav_indexes: tuple[int, ...] = (0,), **more: object) -> DataRaw:
    axes = [
        Axis(label, "mm", np.arange(float(n)) ** 2, index=i)
        for i, (label, n) in enumerate((("x", 2), ("y", 3), ("w", 4)))
    ]
    given = {"data": [ARRAY], "errors": [BARS], "units": "V", "axes": axes, "nav_indexes": nav_indexes, "gain": 3}
    return DataRaw("d", **{**given, **more})


FUNCTIONS = [
    np.mean,
    np.sum,
    np.std,
    np.var,
    np.prod,
    np.max,
    np.min,
    np.ptp,
    np.nanmean,
    np.nansum,
    np.nanmax,
    np.nanmin,
]


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_reductions_are_those_of_numpy_with_errors_as_drawn_elements_have(function: Callable, axis: object) -> None:
    result = function(make(), axis=axis)
    expected = np.atleast_1d(function(ARRAY, axis=axis))
    assert result[0] == pytest.approx(expected)
    shifted = None if axis is None else tuple(i % 3 + 1 for i in np.atleast_1d(axis))
    drawn = ARRAY + BARS * RNG.standard_normal((4000, 2, 3, 4))
    spread = function(drawn, axis=(1, 2, 3) if shifted is None else shifted).reshape(4000, *expected.shape).std(axis=0)
    assert result.errors[0].shape == expected.shape
    assert result.errors[0] == pytest.approx(spread, rel=0.1)


@pytest.mark.parametrize("function", [np.median, np.nanmedian, np.nanstd, np.argmax, np.argmin, np.count_nonzero])
def test_reductions_without_a_law_for_errors_give_none(function: Callable) -> None:
    result = function(make(), axis=1)
    assert result[0] == pytest.approx(function(ARRAY, axis=1))
    assert result.errors is None


def test_what_remains_of_the_axes_moves_up() -> None:
    result = make().mean(axis=1)
    assert (result.shape, result.nav_indexes, result.dim) == ((2, 4), (0,), DataDim.DataND)
    assert [(axis.label, axis.index) for axis in result.axes] == [("x", 0), ("w", 1)]
    assert (result.source, result.gain, result.units, result.name) == (DataSource.calculated, 3, "V", "d")
    assert make().sum(axis=0).nav_indexes == ()
    assert np.max(make(), axis=(0, 1)).axes[0].label == "w"
    everything = np.mean(make())
    assert (everything.shape, everything.axes, everything.name) == ((1,), [], "d_mean")
    kept = np.mean(make(), axis=2, keepdims=True)
    assert (kept.shape, [axis.label for axis in kept.axes], kept.nav_indexes) == ((2, 3, 1), ["x", "y"], (0,))
    assert kept.errors[0].shape == (2, 3, 1)


def test_methods_reduce_the_first_dimension_unless_told() -> None:
    data = make()
    for name in ("mean", "sum", "std", "var", "max", "min", "median", "argmax", "argmin"):
        assert getattr(data, name)()[0] == pytest.approx(getattr(np, name)(ARRAY, axis=0))
        assert getattr(data, name)(axis=2).shape == (2, 3)
    assert data.std(0, ddof=1)[0] == pytest.approx(ARRAY.std(axis=0, ddof=1))


def test_units_of_reductions() -> None:
    assert np.var(make()).units == "V ** 2"
    assert np.prod(make(), axis=1).units == "V ** 3"
    assert np.argmax(make()).units == ""
    assert np.all(make()).units == ""
    assert np.percentile(make(), 50, axis=0).units == "V"
    assert np.quantile(make(), 0.5)[0] == pytest.approx([np.median(ARRAY)])


def test_a_spread_scan_averaged_over_its_points_is_uniform() -> None:
    axes = [Axis("x", data=np.array([1.0, 5.0, 2.0])), Axis("y", data=np.array([1.0, 0.0, 2.0]), spread_order=1)]
    data = DataRaw("s", distribution="spread", data=[np.arange(12.0).reshape(3, 4)], nav_indexes=(0,), axes=axes)
    assert data.mean(0).distribution is DataDistribution.uniform
    assert data.mean(1).distribution is DataDistribution.spread
    assert len(data.mean(1).axes) == 2


def test_impossible_reductions_say_so() -> None:
    with pytest.raises(DataIndexError, match="no dimension 3"):
        make().mean(3)
    with pytest.raises(DataIndexError):
        np.sum(make(), axis=0.5)
    with pytest.raises(DataTypeError, match="out="):
        np.sum(make(), axis=0, out=np.zeros((3, 4)))
    with pytest.raises(DataTypeError, match="Euclidean"):
        np.linalg.norm(make(), ord=1)


def test_norm_is_euclidean_with_errors() -> None:
    data = DataRaw("d", data=[np.array([[3.0, 4.0], [6.0, 8.0]])], errors=[np.full((2, 2), 0.1)], units="V")
    assert data.norm(axis=1)[0].tolist() == [5.0, 10.0]
    assert (data.norm().units, data.norm().shape) == ("V", (1,))
    assert data.norm(axis=1).errors[0] == pytest.approx([0.1, 0.1])
    assert np.linalg.norm(DataRaw("u", data=[np.array([200, 200], np.uint8)]))[0] == pytest.approx([200 * 2**0.5])


def test_moments_are_those_of_the_axis() -> None:
    axis = Axis("w", "nm", np.array([1.0, 2.0, 3.0]))
    mean, width = DataRaw("d", data=[np.array([1.0, 2.0, 1.0])], axes=[axis]).moment()
    assert (mean.units, mean[0].tolist(), width[0][0]) == ("nm", [2.0], pytest.approx(0.5**0.5))
    with pytest.raises(DataDimError, match="Data1D"):
        make(()).moment()


@pytest.mark.parametrize(
    "move",
    [
        lambda a: np.roll(a, 1),
        lambda a: np.roll(a, 1, axis=1),
        lambda a: np.flip(a, 0),
        np.flip,
        np.flipud,
        np.fliplr,
        lambda a: np.clip(a, 9.0, 11.0),
        lambda a: np.round(a, 1),
        np.nan_to_num,
        np.copy,
    ],
)
def test_moved_elements_leave_the_axes_where_they_are(move: Callable) -> None:
    result = move(make())
    assert np.array_equal(result[0], move(ARRAY))
    assert result.errors[0].shape == ARRAY.shape
    assert [axis.get_data().tolist() for axis in result.axes] == [axis.get_data().tolist() for axis in make().axes]
    assert result.nav_indexes == (0,)


def test_errors_move_with_their_elements() -> None:
    for move in (np.flipud, lambda a: np.roll(a, 2, axis=1), lambda a: np.transpose(a, (2, 0, 1))):
        assert np.array_equal(move(make()).errors[0], move(BARS))


@pytest.mark.parametrize("order", [None, (2, 0, 1), (0, 2, 1), (-1, 0, 1)])
def test_transposing_takes_axes_and_navigation_along(order: tuple[int, ...] | None) -> None:
    result = np.transpose(make((0, 1)), order)
    expected = np.transpose(ARRAY, order)
    assert np.array_equal(result[0], expected)
    for axis in result.axes:
        assert axis.size == expected.shape[axis.index]
    places = [result.get_axis_from_label(label).index for label in ("x", "y")]
    assert result.nav_indexes == tuple(places)


def test_transposing_in_place_is_for_planes() -> None:
    axes = [Axis("x", data=np.array([1.0, 5.0]), index=0), Axis("y", data=np.array([2.0, 3.0, 9.0]), index=1)]
    data = DataRaw("d", data=[np.arange(6.0).reshape(2, 3)], axes=axes, errors=[np.arange(6.0).reshape(2, 3)])
    turned = data.T
    data.transpose()
    assert data == turned
    assert (data.shape, data.errors[0].shape, data.source) == ((3, 2), (3, 2), DataSource.raw)
    assert [axis.index for axis in data.axes] == [1, 0]
    assert [axis.index for axis in axes] == [0, 1]
    with pytest.raises(DataDimError, match="two dimensions"):
        make().transpose()
    with pytest.raises(DataDimError, match="once"):
        np.transpose(make(), (0, 0, 1))


def test_dimensions_swap_and_move() -> None:
    assert np.array_equal(np.swapaxes(make(), 0, -1)[0], np.swapaxes(ARRAY, 0, -1))
    assert np.array_equal(np.moveaxis(make(), 0, -1)[0], np.moveaxis(ARRAY, 0, -1))
    assert np.moveaxis(make(), 0, -1).get_axis_from_label("x").index == 2
    assert np.swapaxes(make(), 0, 2).nav_indexes == (2,)


@pytest.mark.parametrize("turns", [-1, 0, 1, 2, 3, 4])
def test_rotation_keeps_elements_at_their_coordinates(turns: int) -> None:
    axes = [Axis("x", data=np.array([1.0, 5.0]), index=0), Axis("y", data=np.array([2.0, 3.0, 9.0]), index=1)]
    data = DataRaw("d", data=[np.arange(6.0).reshape(2, 3)], axes=axes)
    turned = data.rot90(turns)
    assert np.array_equal(turned[0], np.rot90(data[0], turns))
    x, y = (turned.get_axis_from_label(label) for label in "xy")
    for place, value in np.ndenumerate(turned[0]):
        i, j = np.argwhere(data[0] == value)[0]
        assert x.get_data()[place[x.index]] == axes[0].get_data()[i]
        assert y.get_data()[place[y.index]] == axes[1].get_data()[j]


def test_squeezing_leaves_out_dimensions_of_one_point() -> None:
    data = DataRaw("d", data=[np.ones((1, 3, 1))], axes=[Axis("y", size=3, index=1)], nav_indexes=(0,))
    assert (data.squeeze().shape, data.squeeze().axes[0].index, data.squeeze().nav_indexes) == ((3,), 0, ())
    assert np.squeeze(data, axis=2).nav_indexes == (0,)
    assert DataRaw("d", data=[np.ones((1, 1))]).squeeze().shape == (1,)
    with pytest.raises(DataDimError, match="one point"):
        np.squeeze(data, axis=1)


def test_padding_extends_lines_and_refuses_the_rest() -> None:
    data = DataRaw("d", data=[np.ones((2, 3))], axes=[Axis("x", scaling=2.0, offset=1.0), Axis("y", index=1)])
    padded = data.pad(((1, 0), (0, 2)), constant_values=5.0)
    assert padded.shape == (3, 5)
    assert [axis.get_data().tolist() for axis in padded.axes] == [[-1.0, 1.0, 3.0], [0.0, 1.0, 2.0, 3.0, 4.0]]
    with pytest.raises(AxisError, match="not evenly spaced"):
        make().pad(1)


def test_joining_along_a_dimension_joins_axes_errors_and_units() -> None:
    first = DataRaw("a", data=[np.ones((2, 3))], units="V", axes=[Axis("t", "s", np.array([0.0, 1.0]))])
    second = DataRaw("b", data=[np.ones((1, 3))], units="mV", axes=[Axis("t", "ms", np.array([5000.0]))])
    second.errors = [np.ones((1, 3))]
    joined = np.concatenate([first, second])
    assert (joined.shape, joined.units, joined[0][2, 0]) == ((3, 3), "V", 0.001)
    assert joined.axes[0].get_data().tolist() == [0.0, 1.0, 5.0]
    assert np.isnan(joined.errors[0][:2]).all()
    assert joined.errors[0][2, 0] == 0.001
    second.axes = []
    assert np.concatenate([first, second]).axes == []
    with pytest.raises(DataTypeError, match="concatenate"):
        np.concatenate([first, np.ones((2, 3))])


def test_sorting_reorders_everything_along_a_dimension() -> None:
    axes = [Axis("x", data=np.array([3.0, 1.0, 2.0]), index=0), Axis("w", size=2, index=1)]
    data = DataRaw("d", data=[np.arange(6.0).reshape(3, 2)], axes=axes, errors=[np.arange(6.0).reshape(3, 2)])
    ordered = data.sort_data(0)
    assert ordered[0].tolist() == ordered.errors[0].tolist() == [[2.0, 3.0], [4.0, 5.0], [0.0, 1.0]]
    assert ordered.axes[0].get_data().tolist() == [1.0, 2.0, 3.0]
    assert data.axes[0].get_data().tolist() == [3.0, 1.0, 2.0]
    assert data.sort_data(0, inplace=True) is data
    assert data == ordered
    assert axes[0].get_data().tolist() == [3.0, 1.0, 2.0]
    with pytest.raises(AxisError, match="to sort by"):
        DataRaw("d", data=[np.zeros(3)]).sort_data()


def test_running_sums_and_choices() -> None:
    data = DataRaw("d", data=[np.array([3.0, 4.0])], errors=[np.array([3.0, 4.0])], units="V")
    assert (np.cumsum(data)[0].tolist(), np.cumsum(data).errors[0].tolist()) == ([3.0, 7.0], [3.0, 5.0])
    with pytest.raises(DataDimError, match="axis=0"):
        np.cumsum(make())
    chosen = np.where(np.greater(data, 3.5), data, data.units_as("mV", inplace=False) * 0)
    assert (chosen.units, chosen[0].tolist()) == ("V", [0.0, 4.0])


def test_shapes_and_templates() -> None:
    data = make()
    assert (np.shape(data), np.ndim(data), np.size(data)) == ((2, 3, 4), 3, 24)
    assert np.zeros_like(data)[0].sum() == 0.0
    assert np.ones_like(data, dtype=int)[0].sum() == 24
    assert np.full_like(data, 7.0)[0][0, 0, 0] == 7.0
    assert np.asarray(data).shape == (1, 2, 3, 4)
    assert np.array(data, dtype=np.float32).dtype == np.float32
    assert np.allclose(data, data + DataRaw("tiny", data=[np.full((2, 3, 4), 1e-6)], units="uV"))
    assert np.array_equal(data, data.deepcopy())
    assert not np.array_equal(data, ARRAY)
    assert np.isclose(data, ARRAY)[0].all()


def test_functions_that_are_not_known_are_refused_by_numpy() -> None:
    with pytest.raises(TypeError, match="no implementation found"):
        np.fft.fft(make())
