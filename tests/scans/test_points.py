"""Points come in the order that was asked for, each once, without ever being all there."""

from __future__ import annotations

import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from h5modules.errors import DataUnitError
from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans import Follow, Linear, ScanAxis, StepScan, Table

ORDERS = ["nested", "snake", "spiral", "random"]
SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=4)


def grid(shape: list[int] | tuple[int, ...], order: str = "nested", **fields: object) -> StepScan:
    axes = [
        ScanAxis(target=f"d{number}.X", values=Linear(start=10 * number, stop=10 * number + size - 1, points=size))
        for number, size in enumerate(shape)
    ]
    return StepScan(axes=axes, order=order, **fields)  # type: ignore[arg-type]


@settings(max_examples=50)
@given(SHAPES, st.sampled_from(ORDERS), st.integers(1, 3), st.integers(0, 2**40))
def test_each_place_of_the_grid_is_visited_once_with_its_values(
    shape: list[int], order: str, repeats: int, seed: int
) -> None:
    plan = grid(shape, order, repeats=repeats, seed=seed)
    points = plan.points()
    assert len(points) == math.prod(plan.scan_shape)
    assert sorted(point.indexes for point in points) == list(np.ndindex(plan.scan_shape))
    axes = plan.nav_axes()
    for number, point in enumerate(points):
        assert point.number == number
        assert point == points[number] == points[number - len(points)]
        wanted = {axis.label: axis.get_data()[index] for axis, index in zip(axes, point.indexes, strict=True)}
        assert point.repeat == wanted.pop("repeat", 0)
        assert point.values == wanted
    blocks = list(points.blocks())
    for target in plan.targets:
        columns = np.concatenate([block[target] for block in blocks])
        assert columns.tolist() == [point.values[target] for point in points]


@settings(max_examples=50)
@given(SHAPES, st.integers(1, 3))
def test_a_snake_makes_one_step_on_one_axis_at_a_time(shape: list[int], repeats: int) -> None:
    points = grid(shape, "snake", repeats=repeats).points()
    for before, after in itertools.pairwise(points):
        assert sum(abs(a - b) for a, b in zip(before.indexes, after.indexes, strict=True)) == 1


def test_nested_goes_through_the_last_axis_fastest() -> None:
    assert [point.indexes for point in grid((2, 2)).points()] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_a_spiral_goes_round_the_middle_ring_by_ring() -> None:
    places = np.array([point.indexes for point in grid((5, 7), "spiral").points()])
    rings = np.abs(places - (2, 3)).max(axis=1)
    assert places[0].tolist() == [2, 3]
    assert (np.diff(rings) >= 0).all()
    square = np.array([point.indexes for point in grid((5, 5), "spiral").points()])
    assert (np.abs(np.diff(square, axis=0)).max(axis=1) == 1).all(), "neighbours follow each other"


def test_a_spiral_of_one_axis_goes_outwards_and_of_three_stays_in_its_plane() -> None:
    assert [point.indexes[0] for point in grid((5,), "spiral").points()] == [2, 1, 3, 0, 4]
    points = grid((2, 3, 3), "spiral").points()
    assert [point.indexes[0] for point in points] == [0] * 9 + [1] * 9
    assert [point.indexes[1:] for point in points[:9]] == [point.indexes[1:] for point in points[9:]]


def test_random_is_the_same_for_a_seed_on_every_machine_and_another_each_repeat() -> None:
    def order(seed: int) -> list[int]:
        return [point.indexes[-1] for point in grid((6,), "random", seed=seed, repeats=2).points()]

    assert order(0) == order(0)
    assert order(0) == [0, 3, 5, 2, 1, 4, 5, 2, 3, 0, 1, 4]
    assert order(0)[:6] != order(0)[6:]
    assert len({tuple(order(seed)) for seed in range(50)}) > 45


def test_random_puts_every_place_first_about_equally_often() -> None:
    first = [grid((5,), "random", seed=seed).points()[0].indexes[0] for seed in range(500)]
    assert np.bincount(first, minlength=5).min() > 60


@given(st.integers(-30, 30), st.integers(-30, 30), st.sampled_from([1, 2, -1, -3]))
def test_a_slice_has_the_points_that_a_list_of_them_would_have(start: int, stop: int, step: int) -> None:
    points = grid((4, 5), "random").points()
    assert list(points[start:stop:step]) == list(points)[start:stop:step]


def test_a_point_that_is_not_there_is_refused() -> None:
    with pytest.raises(IndexError, match="there is no point 20; there are 20"):
        grid((4, 5)).points()[20]


def test_rows_are_spread_points_with_repeats_one_after_the_other() -> None:
    plan = StepScan(
        axes=[ScanAxis(target="a.X", units="mm"), ScanAxis(target="b.Y")],
        rows=[(1.0, 2.0), (3.0, 4.0), (1.0, 9.0)],
        order="tabular",
        repeats=2,
    )
    assert (plan.distribution, plan.scan_shape) == ("spread", (6,))
    assert [list(point.values.values()) for point in plan.points()] == [[1, 2], [3, 4], [1, 9]] * 2
    assert [(point.indexes, point.repeat) for point in plan.points()] == [((n,), n // 3) for n in range(6)]
    axes = plan.nav_axes()
    assert [(axis.label, axis.index, axis.spread_order) for axis in axes] == [
        ("a.X", 0, 0),
        ("b.Y", 0, 1),
        ("repeat", 0, 2),
    ]
    assert [axis.size for axis in axes] == [6, 6, 6]


def test_axes_of_a_grid_have_an_index_each_with_repeats_around() -> None:
    axes = grid((2, 3), "random", repeats=4).nav_axes()
    assert [(axis.label, axis.index, axis.size) for axis in axes] == [("repeat", 0, 4), ("d0.X", 1, 2), ("d1.X", 2, 3)]


def test_values_come_in_the_units_that_are_asked_for() -> None:
    plan = StepScan(
        axes=[ScanAxis(target="stage.Position", values=[0.0, 250.0], units="um")],
        follows=[Follow(target="focus.Position", units="mm", expression="stage.Position / 100")],
    )
    units = {"stage.Position": "mm", "focus.Position": "um"}
    assert [point.values for point in plan.points(units)] == [
        {"stage.Position": 0.0, "focus.Position": 0.0},
        {"stage.Position": 0.25, "focus.Position": 2500.0},
    ]
    assert plan.points()[1].values == {"stage.Position": 250.0, "focus.Position": 2.5}
    (axis,) = plan.nav_axes(units)
    assert (axis.units, axis.get_data().tolist()) == ("mm", [0.0, 0.25])
    with pytest.raises(DataUnitError):
        plan.points({"stage.Position": "s"})


@pytest.mark.parametrize("order", ORDERS)
def test_a_million_points_take_no_more_memory_than_one_array_of_integers(order: str) -> None:
    plan = grid((1000, 1000), order)
    tracemalloc.start()
    try:
        points = plan.points()
        points[0]
        resting = tracemalloc.get_traced_memory()[0]
        for number in range(0, len(points), 5003):
            points[number]
        list(points[999_990:])
        grown = tracemalloc.get_traced_memory()[0] - resting
    finally:
        tracemalloc.stop()
    assert resting < 8.5e6
    assert grown < 1e5


def test_names_of_positions_must_be_looked_up_first() -> None:
    plan = StepScan(axes=[ScanAxis(target="stage.Position", values=[1.0, "home"])])
    assert plan.position_names == ["home"]
    for use in (plan.points, plan.nav_axes):
        with pytest.raises(PlanInvalid, match="position 'home' was not looked up"):
            use()


def test_a_table_that_follows_is_in_every_point() -> None:
    table = Table(of="d0.X", points=[(0, 0), (4, 8)])
    plan = grid((5,), follows=[Follow(target="focus.Z", table=table)])
    assert plan.targets == ["d0.X", "focus.Z"]
    assert [point.values["focus.Z"] for point in plan.points()] == [0, 2, 4, 6, 8]
