"""A plan is data: it goes through JSON and TOML unchanged, and says in words what is wrong with it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from pymodaq_hsi.errors import OutputExists, PlanInvalid
from pymodaq_hsi.scans import (
    AdaptiveAxis,
    AdaptiveScan,
    Detector,
    DeviceChoice,
    Execute,
    Follow,
    LightsOff,
    Linear,
    Listed,
    Log,
    Logarithmic,
    Move,
    Movement,
    Output,
    Recording,
    ScanAxis,
    SetParameter,
    StepScan,
    Table,
    TimeSeries,
    Wait,
    dump_plan,
    load_plan,
    plan_from,
    plan_schema,
    plan_text,
)

SCHEMA = Path(__file__).parents[2] / "docs" / "plan.schema.json"
CAMERA = Detector(device="camera", average=4)

PLANS = [
    Recording(
        name="leaf",
        detectors=[Detector(device="camera")],
        lines=100,
        movement=Movement(target="stage.Position", stop=20.0),
    ),
    TimeSeries(name="drift", detectors=[Detector(device="lamp", parameters=["Intensity"])], interval=0.5, count=10),
    AdaptiveScan(
        name="edge",
        detectors=[CAMERA],
        axes=[AdaptiveAxis(target="stage.Position", low=0.0, high=5.0, units="mm", step=0.1)],
        points=50,
        loss=0.01,
    ),
    Log(name="night", detectors=[Detector(device="lamp", parameters=["Intensity"])], interval=10.0),
    StepScan(
        name="Größe 1/2",
        description="all that there is",
        devices={
            "camera": DeviceChoice(driver="VirtualHyperCamera", connection={"Cube": ""}, parameters={"Gain": 2.0}),
            "stage": DeviceChoice(identity="VirtualStage:VS-0"),
        },
        detectors=[CAMERA, Detector(device="stage", parameters=["Position"])],
        before=[
            SetParameter(target="lamp.Enabled", value=True),
            Execute(target="stage.Stop"),
            Move(to={"stage.Position": 1.5}),
            Move(to="home"),
            Wait(seconds=0.5),
        ],
        after=[LightsOff(devices=["lamp"])],
        axes=[
            ScanAxis(target="stage.Position", values=Linear(start=0, stop=10, step=2.5), units="um", tolerance=0.1),
            ScanAxis(target="camera.ExposureTime", values=Logarithmic(start=1, stop=100, points=3), settle=0.01),
            ScanAxis(target="lamp.Intensity", values=[10, 30, 20.5]),
        ],
        follows=[
            Follow(target="focus.Position", expression="0.5 * x + 1", variables={"x": "stage.Position"}),
            Follow(target="lamp.Intensity", added=True, table=Table(of="focus.Position", points=[(0, 1), (10, 2)])),
        ],
        order="random",
        seed=7,
        repeats=2,
        return_to_start=True,
        output=Output(folder="data", file="{name}_{date}.h5", compression="zlib"),
        metadata={"sample": "leaf", "tags": ["a", 1, 2.5]},
    ),
    StepScan(
        axes=[ScanAxis(target="a.X"), ScanAxis(target="b.Y")], rows=[(1.0, 2.0), (3.0, 4.0), "home"], order="tabular"
    ),
]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.kind)
@pytest.mark.parametrize("form", ["json", "toml"])
def test_a_plan_comes_back_equal_from_a_file_and_from_text(plan: Any, form: str, tmp_path: Path) -> None:
    path = dump_plan(plan, tmp_path / f"plan.{form}")
    assert load_plan(path) == plan
    assert load_plan(plan_text(plan, form)) == plan
    assert plan_from(json.loads(plan.model_dump_json())) == plan


def test_a_plan_is_not_written_over_another_unless_asked(tmp_path: Path) -> None:
    path = dump_plan(PLANS[0], tmp_path / "plan.toml")
    with pytest.raises(OutputExists, match="is there already"):
        dump_plan(PLANS[1], path)
    assert load_plan(path) == PLANS[0]
    dump_plan(PLANS[1], path, overwrite=True)
    assert load_plan(path) == PLANS[1]
    assert [each.name for each in tmp_path.iterdir()] == ["plan.toml"]


def test_a_null_in_metadata_is_refused_by_toml_and_kept_by_json() -> None:
    plan = TimeSeries(detectors=[CAMERA], interval=1.0, count=2, metadata={"a": {"b": [None]}})
    assert load_plan(plan_text(plan)) == plan
    with pytest.raises(PlanInvalid, match="null, which TOML has not"):
        plan_text(plan, "toml")


def test_the_published_schema_is_that_of_the_models() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == plan_schema(), (
        "docs/plan.schema.json is stale: write json.dumps(plan_schema(), indent=1) to it"
    )


def problems_of(**fields: Any) -> list[str]:
    with pytest.raises(PlanInvalid) as caught:
        plan_from({"kind": "step_scan", "axes": [{"target": "stage.Position", "values": [1.0]}]} | fields)
    return caught.value.problems


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"axes": []}, "axes = []: at least 1 of them are needed, not 0"),
        (
            {"axes": [{"target": "stage.Position", "values": {"start": 1, "stop": "far", "points": 3}}]},
            "axis 1 (stage.Position): values.stop = 'far': a number is needed",
        ),
        (
            {"axes": [{"target": "a.X", "values": [1]}, {"target": "b.Y", "values": [1, math.nan]}]},
            "axis 2 (b.Y): values.values.2 = nan: a finite number is needed",
        ),
        (
            {"axes": [{"target": "a.X", "values": {"start": 0, "stop": 5}}]},
            "axis 1 (a.X): values: neither points nor step is given for values from 0 to 5; give one of them",
        ),
        (
            {"axes": [{"target": "a.X", "values": {"spacing": "log", "start": 0, "stop": 5, "points": 3}}]},
            "axis 1 (a.X): values: log spacing from 0 to 5 is not possible: both ends must be above 0, or both below",
        ),
        (
            {"axes": [{"target": "a.X", "values": {"spacing": "log", "start": 1e-200, "stop": 1e200, "points": 3}}]},
            "axis 1 (a.X): values: log spacing from 1e-200 to 1e+200 is not possible: both ends must be above 0, or "
            "both below, and not so far apart",
        ),
        (
            {"axes": [{"target": "a.X", "values": {"start": -1e308, "stop": 1e308, "points": 3}}]},
            "axis 1 (a.X): values: values from -1e+308 to 1e+308 cannot be counted; correct them",
        ),
        (
            {"axes": [{"target": "a.X", "values": {"start": 0, "stop": 1e10, "step": 1e-300}}]},
            "axis 1 (a.X): values: values from 0 to 1e+10 in steps of 1e-300 cannot be counted; correct them",
        ),
        (
            {"output": {"file": "a\0.h5"}},
            "output.file: 'a\\x00.h5' has a character that no file system takes; leave it out",
        ),
        (
            {"axes": [{"target": "a.X", "values": 5}]},
            "axis 1 (a.X): values = 5: a list of values, or a table with start, stop and points, is needed",
        ),
        ({"axes": [{"target": "a.X"}]}, "axis 1 (a.X): values is missing; give them"),
        (
            {"axes": [{"target": "a.X", "values": [1], "setle": 2}]},
            "axis 1 (a.X): there is no field setle (= 2); correct its name, or remove it",
        ),
        ({"axes": [{"target": "a.X", "values": [1]}] * 2}, "a.X is given as an axis 2 times; leave one"),
        ({"repeats": 0}, "repeats = 0: at least 1 is needed"),
        ({"repeats": 2.5}, "repeats = 2.5: a whole number is needed"),
        (
            {"order": "zigzag"},
            "order = 'zigzag': one of 'nested', 'snake', 'spiral', 'random' or 'tabular' is needed",
        ),
        ({"order": "tabular", "axes": [{"target": "a.X"}]}, "the order is tabular, but there are no rows; give them"),
        ({"rows": [[1.0]]}, "rows are for the order tabular; the order is nested"),
        (
            {"order": "tabular", "rows": [[1.0, 2.0]], "axes": [{"target": "a.X"}]},
            "row 1 has 2 values; there are 1 axes",
        ),
        ({"before": [{"do": "jump"}]}, "action before 1 (jump): do = 'jump' is not known; it is one of"),
        ({"before": [{}]}, "action before 1: do is missing; give it"),
        ({"after": [{"do": "wait", "seconds": -1}]}, "action after 1 (wait): seconds = -1: at least 0 is needed"),
        ({"devices": {"camera": {}}}, "device camera: neither a driver nor an identity is given"),
        ({"detectors": [{"device": "c", "average": 0}]}, "detector 1 (c): average = 0: at least 1 is needed"),
        ({"output": {"file": "{surname}.h5"}}, "output.file: '{surname}.h5' has {surname}, which is not known"),
        ({"output": {"file": "../x.h5"}}, "output.file: '../x.h5' is not the name of a file"),
        ({"output": {"scans": "many", "file": "{number}.h5"}}, "output: many scans are to go to one file"),
        (
            {"axes": [{"target": "a.X", "values": {"start": 0, "stop": 1, "step": 1e-12}}]},
            "1000000000001 points are too many; 100000000 are allowed",
        ),
        ({"axes": 3}, "axes = 3: a list is needed"),
        ({"axes": [7]}, "axis 1: it = 7: a table of fields is needed"),
    ],
)
def test_what_is_wrong_is_said_in_words_with_the_axis_the_field_and_the_value(
    fields: dict[str, Any], problem: str
) -> None:
    (found,) = problems_of(**fields)
    assert found.startswith(problem)


def test_all_problems_are_listed_and_the_plan_is_named() -> None:
    with pytest.raises(PlanInvalid) as caught:
        StepScan(
            name="coin",
            axes=[ScanAxis.model_construct(target="a.X", values=None)],
            order="snake",
            repeats=0,
            detectors=[{"device": "camera", "avrage": 4}],  # type: ignore[list-item]
        )
    assert len(caught.value.problems) == 2
    assert str(caught.value).startswith("the plan coin cannot be carried out")
    assert "detector 1 (camera): there is no field avrage (= 4)" in str(caught.value)


@pytest.mark.parametrize("value", [True, "5", None, [1], {"a": 1}])
def test_only_numbers_are_numbers(value: Any) -> None:
    with pytest.raises(PlanInvalid, match=r"start = .*a number is needed"):
        Linear(start=value, stop=1, points=2)


def test_numbers_of_numpy_are_numbers() -> None:
    values = Linear(start=np.float32(0.5), stop=np.int64(2), points=np.uint8(4))
    assert values == Linear(start=0.5, stop=2.0, points=4)
    assert ScanAxis(target="a.X", values=np.linspace(0, 1, 3)).values == Listed(values=[0.0, 0.5, 1.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("a = = 1", "is not TOML"),
        ("name = 'a'\n", "kind is missing; it is one of recording, step_scan, time_series, adaptive_scan, log"),
        ('{"kind": "dance"}', "kind = 'dance' is not known"),
        ("[" * 100_000 + "=", "is not TOML"),
    ],
)
def test_what_is_no_plan_is_refused(text: str, message: str) -> None:
    with pytest.raises(PlanInvalid, match=message):
        load_plan(text)


def test_a_file_that_is_not_there_or_not_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no plan at"):
        load_plan(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PlanInvalid, match="is not text in UTF-8"):
        load_plan(tmp_path / "bytes.toml")
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(PlanInvalid, match="a plan is a table of fields"):
        load_plan(tmp_path / "list.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    kind=st.sampled_from(["recording", "step_scan", "time_series", "adaptive_scan", "log"]),
    fields=st.dictionaries(
        st.sampled_from(["name", "axes", "detectors", "devices", "before", "order", "rows", "follows", "output", "x"]),
        JSON,
    ),
)
def test_any_data_are_a_plan_or_refused_in_words(kind: str, fields: dict[str, Any]) -> None:
    try:
        plan = plan_from({"kind": kind} | fields)
    except PlanInvalid as refused:
        words = refused
    else:
        assert plan_from(json.loads(plan_text(plan))) == plan
        return
    assert words.problems
    assert "pydantic" not in str(words)
    assert "validation error" not in str(words)


@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False) | st.text(min_size=1).map(str.strip).filter(bool), min_size=1
    ),
    st.sampled_from(["json", "toml"]),
)
def test_every_value_and_every_name_goes_through_a_file_unchanged(values: list[float | str], form: str) -> None:
    text = [value for value in values if not isinstance(value, str) or value.isprintable()] or [1.0]
    plan = StepScan(axes=[ScanAxis(target="a.X", values=Listed(values=text))])
    assert load_plan(plan_text(plan, form)) == plan


def test_a_plan_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        PLANS[0].name = "other"  # type: ignore[misc]


def test_steps_reach_the_stop_in_both_directions_if_it_is_on_the_grid() -> None:
    assert Linear(start=0, stop=1, step=0.1).array()[-1] == 1.0
    assert Linear(start=0, stop=1, step=0.1).count == 11
    np.testing.assert_allclose(Linear(start=1, stop=0, step=0.4).array(), [1.0, 0.6, 0.2])
    np.testing.assert_array_equal(Linear(start=3, stop=3, step=1).array(), [3.0])
    np.testing.assert_array_equal(Linear(start=3, stop=9, points=1).array(), [3.0])


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(1, 300))
def test_one_value_is_the_same_as_among_all_of_them(start: float, stop: float, points: int) -> None:
    axes: list[Linear | Logarithmic] = [Linear(start=start, stop=stop, points=points)]
    if min(start * stop, abs(start), abs(stop)) > 1e-150:
        axes.append(Logarithmic(start=start, stop=stop, points=points))
    for axis in axes:
        values = axis.array()
        assert [axis.at(index) for index in range(axis.count)] == values.tolist()
        assert values[0] == start
        assert points == 1 or values[-1] == stop


def test_log_spacing_has_a_constant_factor() -> None:
    np.testing.assert_allclose(Logarithmic(start=-1, stop=-1000, points=4).array(), [-1, -10, -100, -1000])


def test_the_output_fills_in_its_name() -> None:
    output = Output(folder="d", file="{name}_{number:03d}.h5")
    assert output.path("a/b:c", 7) == Path("d/a_b_c_007.h5")
    assert output.numbered
    assert Output(scans="many").path("leaf").name == "leaf.h5"


def test_toml_as_people_write_it_is_understood() -> None:
    plan = load_plan("""
kind = "step_scan"
name = "leaf"
order = "snake"
detectors = [{device = "camera", average = 4}]

[[axes]]
target = "stage.Position"
units = "um"
values = {start = 0, stop = 20_000, points = 11}

[[axes]]
target = "light.Intensity"
values = [10, 50, 100]
""")
    assert isinstance(plan, StepScan)
    assert plan.scan_shape == (11, 3)


def test_toml_that_another_writer_made_is_understood() -> None:
    fields = {"kind": "time_series", "interval": 1, "duration": 10, "detectors": [{"device": "camera"}]}
    plan = load_plan(tomli_w.dumps(fields))
    assert isinstance(plan, TimeSeries)
    assert plan.scan_shape == (11,)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Recording(detectors=[CAMERA]), "a recording needs an end"),
        (lambda: Recording(lines=3), "a recording has one detector"),
        (lambda: TimeSeries(detectors=[CAMERA], interval=1.0), "a count or a duration; neither is given"),
        (lambda: TimeSeries(detectors=[CAMERA], interval=1.0, count=1, duration=2.0), "both are given"),
        (lambda: AdaptiveScan(detectors=[CAMERA], axes=PLANS[2].axes), "needs an end"),
        (lambda: AdaptiveScan(detectors=[CAMERA], axes=PLANS[2].axes, points=1, signal="x"), "'x' is not measured"),
        (lambda: AdaptiveAxis(target="a.X", low=2.0, high=2.0), "low = 2 is not below high = 2"),
        (lambda: Log(), "detectors is missing"),
        (lambda: Detector(device="c", value="reflectance", parameters=["X"]), "reflectance is of a frame"),
    ],
)
def test_plans_without_an_end_or_a_detector_are_refused(make: Any, message: str) -> None:
    with pytest.raises(PlanInvalid, match=message):
        make()


def test_those_who_do_not_scan_do_not_pay_for_it() -> None:
    program = (
        "import sys, pymodaq_hsi, pymodaq_hsi.recording; print([name for name in sys.modules if 'pydantic' in name])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Blätter", "Blätter_1.h5"),
        ("हिन्दी 葉", "हिन्दी 葉_1.h5"),
        ("e\u0301te\u0301", "\xe9t\xe9_1.h5"),
        ("a/b: c?", "a_b_ c__1.h5"),
        ("con", "_con_1.h5"),
        ("ä" * 150, "ä" * 100 + "_1.h5"),
    ],
)
def test_names_of_files_keep_letters_of_any_script(name: str, file: str) -> None:
    assert Output(file="{name}_{number}.h5").path(name, 1).name == file


def test_what_a_recording_would_not_do_is_refused_by_it() -> None:
    def problems(**fields: Any) -> str:
        with pytest.raises(PlanInvalid) as caught:
            Recording(**{"detectors": [Detector(device="camera")], "lines": 5} | fields)
        return " ".join(caught.value.problems)

    assert "average = 4 is for scans and series" in problems(detectors=[Detector(device="camera", average=4)])
    still = Movement(target="stage.Position", start=3, stop=3)
    assert "stage.Position is to move from 3 to where it is" in problems(movement=still)
