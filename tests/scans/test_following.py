"""Targets that follow others: tables, expressions, what is refused of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans import Follow, ScanAxis, StepScan, Table
from pymodaq_hsi.scans.expressions import Expression
from pymodaq_hsi.scans.interpolation import Interpolation


def scan(*follows: Follow, values: tuple[float, ...] = (0.0, 1.0, 2.0)) -> StepScan:
    return StepScan(axes=[ScanAxis(target="stage.X", values=list(values))], follows=follows)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 * stage.X + 1", 7.0),
        ("-stage.X ** 2", -9.0),
        ("(stage.X - 1) / 4 // 1 + 7 % 4", 3.0),
        ("sqrt(stage.X * 3) + hypot(3, 4)", 8.0),
        ("min(stage.X, 2, 5) + max(1, stage.X)", 5.0),
        ("clip(stage.X, 0, 2.5)", 2.5),
        ("10 if stage.X > 2 else 20", 10.0),
        ("(stage.X >= 3) + (stage.X == 3) + (stage.X < 3)", 2.0),
        ("degrees(pi) + log(e) + log10(100) + atan2(0, 1)", 183.0),
        ("round(2.6) + floor(2.6) + ceil(2.2) + sign(-4) + abs(-1)", 8.0),
        ("  stage.X  ", 3.0),
    ],
)
def test_arithmetic_is_computed_for_one_point_and_for_many_alike(text: str, value: float) -> None:
    expression = Expression(text)
    assert float(expression({"stage.X": 3.0})) == pytest.approx(value)
    many = np.broadcast_to(expression({"stage.X": np.array([3.0, 3.0])}), 2)
    np.testing.assert_allclose(many, [value, value])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("__import__('os').system('true')", "no function of it"),
        ("open('x')", "no function of it"),
        ("stage.X.real", "is no target"),
        ("stage", "stage is no target"),
        ("stage.X[0]", "is not arithmetic"),
        ("lambda: 1", "is not arithmetic"),
        ("[1 for _ in stage.X]", "is not arithmetic"),
        ("'a' * 3", "is not arithmetic"),
        ("True", "is not arithmetic"),
        ("1 < stage.X < 2", "is not arithmetic"),
        ("stage.X and 1", "is not arithmetic"),
        ("(x := 2)", "is not arithmetic"),
        ("f'{stage.X}'", "is not arithmetic"),
        ("sqrt(1, 2)", "sqrt has 2 values; it takes 1"),
        ("min()", "min has 0 values; it takes at least 1"),
        ("sqrt(x=1)", "no function of it"),
        ("max(*stage.X)", "is not arithmetic"),
        ("2 +", "invalid syntax"),
        ("1; 2", "invalid syntax"),
        ("\x00", "null"),
        ("1" + "0" * 400, "too large"),
        ("(" * 500 + "1" + ")" * 500, "nested"),
        ("-" * 1900 + "1", "nested too deeply"),
        ("1+" * 400 + "1", "nested too deeply"),
        ("1+" * 1500 + "1", "it has 3001 characters; 2000 are allowed"),
    ],
)
def test_what_is_not_arithmetic_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(PlanInvalid, match=r"the expression .* is refused") as caught:
        Expression(text)
    assert reason in str(caught.value)


@given(st.text(alphabet="stageX.()+-*/0123456789 ,[]{}'\"_:=<>lambdif", max_size=40))
def test_any_text_is_arithmetic_or_refused(text: str) -> None:
    try:
        expression = Expression(text)
    except PlanInvalid:
        return
    value = np.asarray(expression(dict.fromkeys(expression.needs, 1.5)), float)
    assert value.shape == ()


def test_a_huge_power_costs_nothing() -> None:
    assert math.isinf(float(Expression("9 ** 9 ** 9 ** 9")({})))
    assert math.isnan(float(Expression("sqrt(-1)")({})))


def test_as_many_operations_as_are_allowed_are_computed() -> None:
    assert float(Expression("1+" * 90 + "stage.X")({"stage.X": 10.0})) == 100.0


def test_targets_may_have_other_names() -> None:
    expression = Expression("2 * x", {"x": "stage.My Position"})
    assert expression.needs == {"stage.My Position"}
    assert float(expression({"stage.My Position": 4.0})) == 8.0


@pytest.mark.parametrize(
    ("kind", "wanted"), [("linear", [0.0, 5.0, 25.0]), ("nearest", [0.0, 0.0, 40.0]), ("cubic", [0.0, 3.5, 22.0])]
)
def test_tables_are_interpolated(kind: Any, wanted: list[float]) -> None:
    table = Table(of="a.X", points=[(2, 40), (0, 0), (1, 10), (3, 90)], interpolation=kind)
    found = Interpolation(table)(
        np.array([0.0, 0.49 if kind == "nearest" else 0.5, 1.51 if kind == "nearest" else 1.5])
    )
    np.testing.assert_allclose(found, wanted, atol=1e-9)
    np.testing.assert_allclose(Interpolation(table)([0, 1, 2, 3]), [0, 10, 40, 90], atol=1e-9)


@pytest.mark.parametrize("kind", ["linear", "nearest", "cubic"])
def test_beyond_its_ends_a_table_has_no_value_or_that_of_its_end(kind: Any) -> None:
    points = [(0, 5), (1, 6), (2, 8), (3, 7)]
    refusing = Interpolation(Table(of="a.X", points=points, interpolation=kind))
    clamping = Interpolation(Table(of="a.X", points=points, interpolation=kind, outside="clamp"))
    assert np.isnan(refusing([-0.1, 3.1])).all()
    np.testing.assert_allclose(clamping([-9, 99]), [5, 7])
    assert Interpolation(Table(of="a.X", points=[(1, 4)], outside="clamp"))([0])[0] == 4


def test_a_chain_is_computed_in_the_order_of_its_needs() -> None:
    plan = scan(
        Follow(target="c.Z", expression="b.Y + stage.X"),
        Follow(target="b.Y", expression="10 * stage.X"),
    )
    assert [point.values["c.Z"] for point in plan.points()] == [0.0, 11.0, 22.0]


def test_a_correction_is_added_to_its_axis_and_others_see_the_corrected_value() -> None:
    plan = scan(
        Follow(target="stage.X", expression="0.1 * stage.X", added=True), Follow(target="b.Y", expression="stage.X")
    )
    assert [point.values["stage.X"] for point in plan.points()] == pytest.approx([0.0, 1.1, 2.2])
    assert [point.values["b.Y"] for point in plan.points()] == pytest.approx([0.0, 1.1, 2.2])
    np.testing.assert_array_equal(plan.nav_axes()[0].get_data(), [0, 1, 2])


@pytest.mark.parametrize(
    ("follows", "problem"),
    [
        (
            [Follow(target="a.A", expression="b.B"), Follow(target="b.B", expression="c.C + stage.X"),
             Follow(target="c.C", expression="a.A")],
            "targets follow each other in a circle: a.A -> b.B -> c.C -> a.A; break it",
        ),
        ([Follow(target="a.A", expression="a.A + 1")], "in a circle: a.A -> a.A; break it"),
        ([Follow(target="a.A", expression="q.Q")], "is a function of q.Q, which neither is an axis nor follows one"),
        ([Follow(target="stage.X", expression="1")], "stage.X is an axis and follows other targets"),
        ([Follow(target="a.A", expression="stage.X", added=True)], "is to be added to an axis, but no axis has that"),
        ([Follow(target="a.A", expression="1")] * 2, "following target a.A is given twice"),
    ],
)  # fmt: skip
def test_circles_and_unknown_targets_are_refused_by_name(follows: list[Follow], problem: str) -> None:
    with pytest.raises(PlanInvalid) as caught:
        scan(*follows)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "a following target has a table or an expression; neither is given"),
        ({"expression": "1", "table": {"of": "b.B", "points": [(0, 0)]}}, "both a table and an expression are given"),
        ({"table": {"of": "b.B", "points": [(0, 0), (0, 1)]}}, "more than one value at b.B = 0"),
        ({"table": {"of": "b.B", "points": []}}, "table.points = []: at least 1 of them are needed"),
        ({"table": {"of": "b.B", "points": [(0, 0)], "interpolation": "cubic"}}, "needs at least 4 points, not 1"),
        ({"expression": "import os"}, "invalid syntax"),
    ],
)
def test_tables_and_expressions_that_are_none_are_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(PlanInvalid) as caught:
        Follow(target="a.A", **fields)
    assert problem in str(caught.value)
