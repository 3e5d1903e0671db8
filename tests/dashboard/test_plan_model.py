"""Plans while they are edited: data in and out, values given in other ways, where a problem belongs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pymodaq_hsi.dashboard.plan_model import KINDS, Place, PlanModel, place_of
from pymodaq_hsi.dashboard.plan_preview import MOST, preview
from pymodaq_hsi.dashboard.plan_values import (
    Mode,
    listed_text,
    mode_of,
    parse_list,
    parse_rows,
    random_values,
    recast,
    rows_text,
)
from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans import StepScan, plan_from

numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 6))
counts = st.integers(1, 50)
words = st.text("abc XYZ_-äµ1", min_size=1, max_size=8).map(str.strip).filter(bool)
devices = st.sampled_from(["camera", "stage", "light2"])
TARGETS = ["stage.Position", "light.Intensity", "camera.ExposureTime", "stage.Velocity"]
linear = st.builds(lambda a, b, n: {"spacing": "linear", "start": a, "stop": b, "points": n}, numbers, numbers, counts)
stepped = st.builds(
    lambda a, n, s: {"spacing": "linear", "start": a, "stop": a + n * s, "step": s},
    numbers,
    st.integers(0, 9),
    st.floats(0.1, 9),
)
logs = st.builds(
    lambda a, b, n: {"spacing": "log", "start": a, "stop": b, "points": n},
    st.floats(0.1, 9),
    st.floats(0.1, 9),
    counts,
)
listed = st.builds(lambda v: {"spacing": "listed", "values": v}, st.lists(numbers, min_size=1, max_size=5))
values_ = st.one_of(linear, stepped, logs, listed)
detectors = st.lists(
    st.one_of(
        st.fixed_dictionaries({"device": devices}, optional={"value": st.just("reflectance"), "average": counts}),
        st.fixed_dictionaries({"device": devices, "parameters": st.just(["Position", "Moving"])}),
    ),
    min_size=1,
    max_size=3,
)
actions = st.lists(
    st.one_of(
        st.just({"do": "lights_off"}),
        st.fixed_dictionaries({"do": st.just("wait"), "seconds": st.floats(0, 9)}),
        st.fixed_dictionaries({"do": st.just("set"), "target": st.sampled_from(TARGETS), "value": numbers}),
        st.fixed_dictionaries({"do": st.just("move"), "to": st.just({"stage.Position": 4.0})}),
    ),
    max_size=2,
)
output = st.fixed_dictionaries({}, optional={"folder": words, "compression": st.just("zlib"), "scans": st.just("many")})
common: dict[str, Any] = {"name": words, "description": words, "before": actions, "after": actions, "output": output}
metadata = st.dictionaries(words, st.one_of(words, numbers, st.booleans(), st.lists(st.integers(-9, 9), max_size=3)))


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """Data of a plan of any kind, as a file may have it."""
    kind = draw(st.sampled_from(list(KINDS)))
    found = {"kind": kind, "detectors": draw(detectors), "metadata": draw(metadata)}
    found |= {name: draw(strategy) for name, strategy in common.items() if draw(st.booleans())}
    targets = draw(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=3, unique=True))
    if kind == "step_scan":
        found["axes"] = [{"target": target, "values": draw(values_)} for target in targets]
        found |= draw(st.sampled_from([{}, {"order": "snake"}, {"order": "random", "seed": 4}, {"repeats": 3}]))
        if draw(st.booleans()):
            found["axes"][0] |= {"units": "um", "settle": 0.5, "tolerance": 2.0}
    elif kind == "adaptive_scan":
        found["axes"] = [{"target": target, "low": 0.0, "high": draw(st.floats(0.5, 9))} for target in targets]
        found["points"] = draw(counts)
    elif kind == "recording":
        found["detectors"] = [{"device": draw(devices)}]
        found["lines"] = draw(counts)
        if draw(st.booleans()):
            found["movement"] = {"target": "stage.Position", "stop": draw(numbers)}
    elif kind == "time_series":
        found |= {"interval": draw(st.floats(0, 9)), "count": draw(counts)}
    return found


@given(plans())
@settings(max_examples=40)
def test_a_plan_comes_out_of_the_editor_as_it_went_in(data: dict[str, Any]) -> None:
    plan = plan_from(data)
    model = PlanModel(data)
    assert model.plan() == plan
    assert model.problems() == []
    for form in ("toml", "json"):
        again = PlanModel()
        again.load_text(model.text(form))
        assert again.plan() == plan


@given(plans(), st.sampled_from(list(KINDS)))
@settings(max_examples=40)
def test_the_way_to_another_kind_and_back_loses_nothing(data: dict[str, Any], other: str) -> None:
    model = PlanModel(data)
    before = model.plan()
    model.change_kind(other)
    assert model.kind == other
    assert model.get("detectors") == data["detectors"]
    model.change_kind(before.kind)
    assert model.plan() == before


def test_axes_go_along_to_an_adaptive_scan() -> None:
    model = PlanModel(
        {"kind": "step_scan", "axes": [{"target": "stage.Position", "values": [9, 3], "units": "um", "settle": 0.5}]}
    )
    model.change_kind("adaptive_scan")
    assert model.items("axes") == [{"target": "stage.Position", "units": "um", "settle": 0.5, "low": 3, "high": 9}]


@pytest.mark.parametrize("mode", [Mode.POINTS, Mode.STEP, Mode.LOG, Mode.LIST])
def test_values_given_in_another_way_have_the_same_ends_and_number(mode: Mode) -> None:
    model = PlanModel(
        {"kind": "step_scan", "axes": [{"target": "a.B", "values": {"start": 2, "stop": 10, "points": 5}}]}
    )
    model.change_mode(0, mode)
    assert model.mode(0) is mode
    found = model.plan()
    assert isinstance(found, StepScan)
    got = found.axes[0].values
    assert got is not None
    assert (got.at(0), got.at(got.count - 1), got.count) == (2, 10, 5)


def test_random_values_are_the_same_for_the_same_seed_and_are_a_list_in_the_plan() -> None:
    model = PlanModel(
        {"kind": "step_scan", "axes": [{"target": "a.B", "values": {"start": 2, "stop": 10, "points": 50}}]}
    )
    model.change_mode(0, Mode.RANDOM)
    assert model.mode(0) is Mode.RANDOM
    first = model.get("axes", 0, "values", "values")
    assert len(first) == 50
    assert 2 <= min(first) < max(first) <= 10
    model.put_random(0, low=2, high=10, points=50, seed=2)
    second = model.get("axes", 0, "values", "values")
    assert second != first
    model.put_random(0, low=2, high=10, points=50, seed=1)
    assert model.get("axes", 0, "values", "values") == first
    assert mode_of(model.plan().model_dump(mode="json")["axes"][0]["values"]) is Mode.LIST
    assert random_values(0, 1, 3, 7) == random_values(0, 1, 3, 7)


def test_what_is_no_number_is_told_and_does_not_survive_another_way_to_give_values() -> None:
    values = {"spacing": "linear", "start": 0.0, "stop": "2o", "points": -1}
    model = PlanModel({"kind": "step_scan", "axes": [{"target": "a.B", "values": values}]})
    assert place_of(model.problems()[0]) == Place("axes", 0, "values.stop")
    for mode in (Mode.LOG, Mode.LIST, Mode.RANDOM, Mode.STEP, Mode.POINTS):
        model.change_mode(0, mode)
        assert "2o" not in str(model.data())


def test_values_become_a_list_of_at_most_a_thousand() -> None:
    huge = {"spacing": "linear", "start": 0.0, "stop": 1.0, "points": 10**7}
    assert len(recast(huge, Mode.LIST)["values"]) == 1000


def test_the_order_of_axes_and_what_is_taken_out() -> None:
    model = PlanModel()
    for target in TARGETS[:3]:
        model.add("axes", {"target": target, "values": [1.0]})
    assert model.move("axes", 2, 0) == 0
    assert [axis["target"] for axis in model.items("axes")] == [TARGETS[2], TARGETS[0], TARGETS[1]]
    model.remove("axes", 1)
    assert model.plan().targets == [TARGETS[2], TARGETS[1]]
    assert model.move("axes", 0, 99) == 1


def test_points_in_rows_and_back_to_values() -> None:
    model = PlanModel({"kind": "step_scan", "axes": [{"target": "a.B", "values": [1.0, 2.0]}]})
    before = model.plan()
    model.use_rows(True)
    model.put(parse_rows("4\n\n5.5\n"), "rows")
    rows = model.plan()
    assert isinstance(rows, StepScan)
    assert rows.rows == ((4.0,), (5.5,))
    model.use_rows(False)
    assert model.plan() == before
    model.use_rows(True)
    assert model.get("rows") == [[4.0], [5.5]]


def test_what_is_incomplete_is_kept_and_told_at_its_field() -> None:
    model = PlanModel()
    model.add("axes", {"target": "stage.Position", "values": {"spacing": "linear", "start": 1.0, "points": 3}})
    [problem] = model.problems()
    assert place_of(problem) == Place("axes", 0, "values.stop")
    assert '"start": 1.0' in model.text("toml")
    model.put(4.0, "axes", 0, "values", "stop")
    assert model.problems() == []
    model.put(None, "axes", 0, "values", "stop")
    assert len(model.problems()) == 1


def test_a_field_that_is_taken_out_is_as_by_default() -> None:
    model = PlanModel()
    model.put("zlib", "output", "compression")
    model.put(None, "output", "compression")
    assert "output" not in model.data()
    model.put(None, "movement", "start")
    assert model.data() == {"kind": "step_scan", "name": "scan", "axes": []}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "cooking"},
        {"kind": "log", "detectors": 3},
        {"kind": "log", "after": [1]},
        {"kind": "log", "output": 1},
    ],
)
def test_what_is_no_plan_is_refused_and_nothing_is_lost(data: dict[str, Any]) -> None:
    model = PlanModel({"kind": "recording", "lines": 5})
    with pytest.raises(PlanInvalid):
        model.load(data)
    with pytest.raises(PlanInvalid):
        model.load_text("kind = ")
    assert model.data() == {"kind": "recording", "lines": 5}


def test_what_is_taken_out_of_a_model_is_a_copy() -> None:
    model = PlanModel({"kind": "recording", "detectors": [{"device": "camera"}]})
    model.data()["detectors"].clear()
    model.items("detectors")[0]["device"] = "other"
    assert model.get("detectors", 0, "device") == "camera"


@pytest.mark.parametrize(
    ("problem", "place"),
    [
        ("axis 2 (light.Intensity): units = 'mm' are refused: light.Intensity is in %", Place("axes", 1, "units")),
        ("axis 1 (stage.Positio): VirtualStage has no parameter 'Positio'", Place("axes", 0, "")),
        ("axis 1 (stage.Position): 2 of its 3 values are refused, the first 450", Place("axes", 0, "")),
        ("detector 3 (camera): reflectance is of spectra", Place("detectors", 2, "")),
        ("a recording needs an end: give lines, seconds or a movement", Place("lines")),
        ("a time series has a count or a duration; neither is given", Place("count")),
        ("an adaptive scan needs an end: give points, loss or both", Place("points")),
        ("1000000000 points are too many; 100000000 are allowed", Place("axes")),
        ("action after 1 (wait): seconds = -1: at least 0 is needed", Place("after", 0, "seconds")),
        ("action before 2 (move), stage.Position: 500 is beyond", Place("before", 1, "")),
        ("row 4 has 1 values; there are 2 axes", Place("rows", 3, "")),
        ("output: /data cannot be written; choose another folder", Place("output", -1, "")),
        ("output.file: 'a/b' is not the name of a file", Place("output", -1, "file")),
        ("movement (stage.Position): it does not move by itself", Place("movement", -1, "")),
        ("repeats = 0: at least 1 is needed", Place("repeats", -1, "")),
        ("lines is missing; give it", Place("lines", -1, "")),
        ("light.Intensity is given as an axis 2 times; leave one", Place()),
    ],
)
def test_a_problem_is_told_where_it_belongs(problem: str, place: Place) -> None:
    assert place_of(problem) == place


@given(st.lists(st.one_of(numbers, words.filter(lambda word: '"' not in word)), max_size=6))
def test_a_list_is_read_as_it_is_written(values: list[float | str]) -> None:
    assert parse_list(listed_text(values)) == [
        value if isinstance(value, str) else pytest.approx(value, rel=1e-11) for value in values
    ]


def test_lists_are_taken_however_they_are_parted_and_refused_in_words() -> None:
    assert parse_list(' 1, 2.5;3e2\t-4 "white panel" ') == [1, 2.5, 300, -4, "white panel"]
    with pytest.raises(ValueError, match="'two' is no number"):
        parse_list("1 two")
    with pytest.raises(ValueError, match="finite"):
        parse_list("1, inf")
    with pytest.raises(ValueError, match="line 2: 'x' is no number"):
        parse_rows("1\nx")
    with pytest.raises(ValueError, match="alone in its line"):
        parse_rows('1 "leaf"')
    assert rows_text(parse_rows('1, 2\n"leaf"\n3 4')) == '1, 2\n"leaf"\n3, 4'


@pytest.mark.parametrize("order", ["nested", "snake", "spiral", "random"])
def test_the_preview_is_the_way_that_the_scan_takes(order: str) -> None:
    plan = StepScan(
        axes=[{"target": "a.Y", "values": [1, 2, 4]}, {"target": "b.X", "values": [0, 5], "units": "um"}],
        order=order,
        repeats=2,
    )
    found = preview(plan, {"a.Y": "mm", "b.X": "mm"})
    assert (found.labels, found.units, found.total) == (["a.Y", "b.X"], ["mm", "um"], 12)
    assert found.columns.T.tolist() == [[point.values["a.Y"], point.values["b.X"]] for point in plan.points()]


def test_the_preview_of_a_huge_scan_has_its_first_points_and_says_so() -> None:
    plan = StepScan(axes=[{"target": "a.Y", "values": {"start": 0, "stop": 1, "points": 1_000_001}}])
    found = preview(plan)
    assert found.columns.shape == (1, MOST)
    assert found.total == 1_000_001
    assert "first 20,000 of 1,000,001" in found.note
    shuffled = preview(plan.model_copy(update={"order": "random"}))
    assert shuffled.columns.size == 0
    assert "too many" in shuffled.note


def test_the_preview_of_other_kinds() -> None:
    moving = {"target": "s.Position", "start": 1, "stop": 4}
    recording = preview(plan_from({"kind": "recording", "detectors": [{"device": "c"}], "movement": moving}))
    assert recording.columns.tolist() == [[1, 4]]
    series = preview(plan_from({"kind": "time_series", "detectors": [{"device": "c"}], "interval": 0.5, "count": 3}))
    assert series.columns.tolist() == [[0, 0.5, 1.0]]
    axes = [{"target": "s.Position", "low": 1, "high": 4}]
    adaptive = preview(plan_from({"kind": "adaptive_scan", "detectors": [{"device": "c"}], "axes": axes, "points": 9}))
    assert adaptive.bounds is not None
    assert adaptive.bounds.tolist() == [[1, 4]]
    named = preview(StepScan(axes=[{"target": "a.Y", "values": ["leaf", 2.0]}]))
    assert "leaf" in named.note


def test_what_has_no_field_in_the_editor_is_told_and_kept() -> None:
    plan = {
        "kind": "step_scan",
        "axes": [{"target": "stage.Position", "values": [1.0, 2.0]}],
        "follows": [{"target": "light.Intensity", "expression": "10 * stage.Position"}],
        "prompts": [{"name": "sample"}],
        "detectors": [{"device": "camera"}, {"device": "camera2", "model": "paint.onnx"}],
    }
    model = PlanModel(plan)
    assert model.unseen() == ["1 targets that follow", "1 questions", "model of detector 2"]
    model.put("other", "name")
    assert plan_from(model.data()).follows == plan_from(plan).follows
    assert PlanModel().unseen() == []
