"""Learners ask where it tells most, and know when there is nothing left to ask."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans import AdaptiveAxis, AdaptiveScan, Bisection, Detector, Follow, learner_of

if TYPE_CHECKING:
    from collections.abc import Callable

CAMERA = Detector(device="camera")


def scan(axes: int = 1, **fields: Any) -> AdaptiveScan:
    each = {"low": -1.0, "high": 3.0} | fields.pop("axis", {})
    found = [AdaptiveAxis(target=f"d{number}.X", **each) for number in range(axes)]
    return AdaptiveScan(axes=found, detectors=[CAMERA], **({"points": 100} | fields))


def measured(plan: AdaptiveScan, signal: Callable[[np.ndarray], float], **options: Any) -> tuple[np.ndarray, Any]:
    learner = learner_of(plan, **options)
    points: list[list[float]] = []
    while not learner.done(len(points)):
        values = learner.ask()
        points.append(list(values.values()))
        learner.tell(values, signal(np.array(points[-1])))
    return np.array(points), learner


def edge(point: np.ndarray) -> float:
    return math.tanh((point[0] - 0.7) * 50)


@pytest.mark.parametrize("learner", ["builtin", "adaptive"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_points_lie_within_the_bounds_each_once_and_more_of_them_where_it_changes(learner: Any, axes: int) -> None:
    points, found = measured(scan(axes, learner=learner), edge)
    assert points.shape == (100, axes)
    assert points.min() >= -1
    assert points.max() <= 3
    assert len(np.unique(points, axis=0)) == 100
    near = np.abs(points[:, 0] - 0.7) < 0.2
    assert near.mean() > {1: 0.2, 2: 0.15, 3: 0.12}[axes], "even spacing would have a tenth of the points there"
    assert found.loss() < 1.0


def test_the_ends_are_measured_first_and_no_gap_is_left() -> None:
    points, _ = measured(scan(points=65), lambda point: float(point[0] > 0.123))
    values = np.sort(points[:, 0])
    assert points[:2, 0].tolist() == [-1.0, 3.0]
    assert np.diff(values).max() <= 4 / 8
    assert np.diff(values).min() < 4 / 1000


def test_without_a_change_points_are_spread_evenly() -> None:
    points, _ = measured(scan(points=33), lambda _: 5.0)
    np.testing.assert_allclose(np.sort(points[:, 0]), np.linspace(-1, 3, 33))


def test_the_loss_ends_it() -> None:
    points, found = measured(scan(points=None, loss=0.1), edge)
    assert found.loss() <= 0.1
    assert 10 < len(points) < 200


@pytest.mark.parametrize("learner", ["builtin", "adaptive"])
def test_values_are_whole_steps_and_it_ends_when_all_of_them_were_measured(learner: Any) -> None:
    points, _ = measured(scan(axis={"step": 0.5}, learner=learner, points=1000), edge)
    assert np.sort(points[:, 0]).tolist() == np.arange(-1, 3.5, 0.5).tolist()


@pytest.mark.parametrize("learner", ["builtin", "adaptive"])
@pytest.mark.parametrize("nothing", [math.nan, math.inf])
def test_where_nothing_could_be_measured_it_goes_on_and_does_not_ask_again(learner: Any, nothing: float) -> None:
    points, _ = measured(
        scan(2, learner=learner, points=40), lambda point: nothing if point[0] > 1 else float(point.sum())
    )
    assert len(np.unique(points, axis=0)) == 40


def test_a_learner_that_is_told_what_was_measured_before_asks_for_the_rest() -> None:
    plan = scan(points=40)
    points, whole = measured(plan, edge)
    again = learner_of(plan)
    for point in points[:17]:
        again.tell({"d0.X": float(point[0])}, edge(point))
    rest = []
    while not again.done(17 + len(rest)):
        values = again.ask()
        rest.append(values["d0.X"])
        again.tell(values, edge(np.array([rest[-1]])))
    assert sorted(rest) == sorted(points[17:, 0].tolist())
    assert again.loss() == whole.loss()


def test_values_are_in_the_units_of_the_devices_with_what_follows() -> None:
    plan = scan(
        axis={"low": 0.0, "high": 1000.0, "units": "um"},
        points=20,
        follows=[Follow(target="focus.Z", units="mm", expression="d0.X / 1000")],
    )
    learner = learner_of(plan, {"d0.X": "mm", "focus.Z": "um"})
    seen = []
    for _ in range(5):
        values = learner.ask()
        seen.append(values["d0.X"])
        assert values["focus.Z"] == pytest.approx(1000 * values["d0.X"])
        learner.tell(values, 1.0)
    assert seen == [0.0, 1.0, 0.5, 0.25, 0.75]


def test_an_object_of_ones_own_decides() -> None:
    class Alternating:
        def __init__(self) -> None:
            self.told: list[tuple[tuple[float, ...], float]] = []

        def ask(self, n: int) -> list[tuple[float, ...]]:
            return [(float(len(self.told)),)] if len(self.told) < 3 else []

        def tell(self, point: tuple[float, ...], value: float) -> None:
            self.told.append((point, value))

        def loss(self) -> float:
            return math.inf

    own = Alternating()
    points, learner = measured(scan(), lambda point: 2 * point[0], ask_tell=own)
    assert points[:, 0].tolist() == [0.0, 1.0, 2.0]
    assert own.told == [((0.0,), 0.0), ((1.0,), 2.0), ((2.0,), 4.0)]
    with pytest.raises(PlanInvalid, match="every value that its axes can have was measured"):
        learner.ask()


@given(st.integers(1, 4), st.lists(st.integers(1, 7), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_bisection_answers_any_number_of_questions_without_asking_twice(
    axes: int, questions: list[int], random: Any
) -> None:
    learner = Bisection([(0.0, 1.0)] * axes)
    asked: list[tuple[float, ...]] = []
    for count in questions:
        points = learner.ask(count)
        assert points or len(asked) == 2**axes or count <= 2**axes
        asked += points
        for point in points:
            learner.tell(point, random.choice([0.0, 1.0, math.nan]))
    assert len(set(asked)) == len(asked)
    assert learner.loss() > 0


@pytest.mark.parametrize("asked", [(math.nan, 0.0), (1.0,), "ab", None, {"d0.X": 1.0, "d1.X": 2.0}, 5.0])
def test_an_object_that_asks_for_no_point_is_told_what_a_point_is(asked: Any) -> None:
    class Mine:
        def ask(self, n: int) -> list[Any]:
            return [asked]

        def tell(self, point: tuple[float, ...], value: float) -> None:
            raise AssertionError

        def loss(self) -> float:
            return math.inf

    with pytest.raises(PlanInvalid, match=r"asked for .*; a point is a finite number for each of d0\.X, d1\.X"):
        learner_of(scan(2), ask_tell=Mine()).done(0)


def test_bisection_has_one_axis_to_eight() -> None:
    for bounds in ([], [(0.0, 1.0)] * 9):
        with pytest.raises(ValueError, match="1 to 8 axes can be halved"):
            Bisection(bounds)


def test_without_the_package_adaptive_a_plan_says_how_to_get_it() -> None:
    program = """
import json, sys
sys.modules["adaptive"] = None
from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans import AdaptiveAxis, AdaptiveScan, Detector, learner_of
plan = AdaptiveScan(axes=[AdaptiveAxis(target="a.X", low=0, high=1)], points=3, detectors=[Detector(device="c")],
                    learner="adaptive")
try:
    learner_of(plan)
except PlanInvalid as error:
    print(json.dumps(error.problems))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    (problem,) = json.loads(done.stdout)
    assert "pip install 'pymodaq-hsi[adaptive]'" in problem
