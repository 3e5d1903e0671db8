"""Values on their way to a parameter: typed ones and strings, limits, steps, choices, files."""

from __future__ import annotations

import json
import math
import os
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pymodaq_hsi.devices.device import plain_value
from pymodaq_hsi.drivers import (
    AccessMode,
    BooleanParameter,
    EnumerationEntry,
    EnumerationParameter,
    FileParameter,
    FloatParameter,
    IntegerParameter,
    ParameterInfo,
    ParameterListType,
    ParameterSpec,
    ParameterType,
    StringParameter,
)
from pymodaq_hsi.errors import ParameterError, UnknownParameter

finite = st.floats(allow_nan=False, allow_infinity=False)
anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.integers()), st.just(...)
)


@st.composite
def number_specs(draw: st.DrawFn) -> ParameterSpec:
    kind = draw(st.sampled_from([ParameterType.Integer, ParameterType.Float]))
    limit = st.none() | (st.integers(-1000, 1000) if kind is ParameterType.Integer else st.floats(-1e6, 1e6))
    low, high = draw(limit), draw(limit)
    if low is not None and high is not None and low > high:
        low, high = high, low
    step = draw(st.none() | (st.integers(1, 50) if kind is ParameterType.Integer else st.floats(1e-3, 1e3)))
    return ParameterSpec("X", kind, minimum=low, maximum=high, increment=step)


@given(number_specs(), anything)
def test_a_number_is_taken_within_its_limits_or_refused(spec: ParameterSpec, value: object) -> None:
    try:
        taken = spec.check(value)
    except ParameterError:
        return
    assert type(taken) is (int if spec.type is ParameterType.Integer else float)
    assert math.isfinite(taken)
    assert spec.minimum is None or taken >= spec.minimum
    assert spec.maximum is None or taken <= spec.maximum


@given(number_specs(), st.integers(-2000, 2000), st.sampled_from([str, repr, lambda n: f"  {n} ", float, np.int64]))
def test_a_string_or_a_numpy_number_means_what_the_number_means(spec: ParameterSpec, value: int, form: object) -> None:
    def outcome(given: object) -> object:
        try:
            return spec.check(plain_value("X", given))
        except ParameterError as error:
            return type(error)

    assert outcome(form(value)) == outcome(value)  # type: ignore[operator]


@given(finite)
def test_a_float_survives_as_a_string(value: float) -> None:
    assert FloatParameter("X").spec.check(repr(value)) == value


@given(st.floats(-100, 100), st.floats(1e-3, 10), st.integers(0, 1000))
def test_every_step_is_taken_and_what_lies_between_is_refused(low: float, step: float, count: int) -> None:
    spec = ParameterSpec("X", ParameterType.Float, minimum=low, maximum=low + 1001 * step, increment=step)
    assert spec.check(low + count * step) == low + count * step
    with pytest.raises(ParameterError, match="steps of"):
        spec.check(low + (count + 0.4) * step)


@given(st.integers(0, 100), st.integers(1, 30), st.integers(0, 200), st.data())
def test_the_nearest_step_that_a_refusal_names_is_taken(low: int, step: int, reach: int, data: st.DataObject) -> None:
    spec = ParameterSpec("X", ParameterType.Integer, minimum=low, maximum=low + reach, increment=step)
    value = data.draw(st.integers(low, low + reach))
    try:
        spec.check(value)
    except ParameterError as error:
        nearest = int(str(error).rsplit(" ", 1)[1])
        assert spec.check(nearest) == nearest
        assert abs(nearest - value) <= step


def test_small_steps_of_large_numbers_are_still_steps() -> None:
    spec = FloatParameter("X", default=0, maximum=1e7, increment=1e-3).spec
    assert spec.check(1234567.891) == 1234567.891
    with pytest.raises(ParameterError, match="nearest"):
        spec.check(1234567.8914)


@pytest.mark.parametrize("word", ["True", "on", "YES", "1", 1, True, " On "])
def test_words_for_true(word: object) -> None:
    assert BooleanParameter("B").spec.check(word) is True


@pytest.mark.parametrize("word", ["false", "Off", "no", "0", 0, False])
def test_words_for_false(word: object) -> None:
    assert BooleanParameter("B").spec.check(word) is False


@pytest.mark.parametrize("word", ["", "maybe", 2, 1.5, None, b"on"])
def test_other_words_are_no_truth_values(word: object) -> None:
    with pytest.raises(ParameterError, match="true or false"):
        BooleanParameter("B").spec.check(word)


def test_of_entries_with_the_same_value_the_first_is_the_canonical_one() -> None:
    spec = EnumerationParameter("M", [EnumerationEntry("Fast", 1, "Fast one"), EnumerationEntry("Quick", 1)]).spec
    assert spec.check("Quick") == "Quick"
    assert spec.check(1) == "Fast"
    assert [entry.effective_display_name() for entry in spec.entries] == ["Fast one", "Quick"]
    with pytest.raises(ParameterError, match="M = 'Slow' is refused: it takes one of Fast, Quick"):
        spec.check("Slow")
    with pytest.raises(ParameterError):
        spec.check(True)


def test_entries_can_be_given_by_number_or_by_mapping() -> None:
    assert [e.value for e in EnumerationParameter("M", ["a", "b"]).spec.entries] == [0, 1]
    assert EnumerationParameter("M", {"a": 5, "b": 7}).spec.check(7) == "b"


def test_a_file_is_there_and_its_path_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cube.hdr").touch()
    monkeypatch.chdir(tmp_path)
    spec = FileParameter("Cube", file_filter="*.hdr").spec
    assert spec.check("cube.hdr") == str(tmp_path / "cube.hdr")
    assert spec.check(Path("cube.hdr")) == str(tmp_path / "cube.hdr")
    assert spec.check("") == ""
    with pytest.raises(ParameterError) as refusal:
        spec.check("other.hdr")
    assert str(tmp_path / "other.hdr") in str(refusal.value)
    assert "there is no such file" in str(refusal.value)
    with pytest.raises(ParameterError, match="that is a folder"):
        spec.check(tmp_path)


def test_a_required_file_has_no_empty_path() -> None:
    with pytest.raises(ParameterError):
        FileParameter("Cube", required=True).spec.check("")


def test_large_limits_are_written_as_people_write_them() -> None:
    with pytest.raises(ParameterError, match=r"it takes an integer from 1 to 16777216$"):
        IntegerParameter("X", default=1, minimum=1, maximum=16777216).spec.check(16777217)
    with pytest.raises(ParameterError, match=r"a number of at least 0\.001 ms"):
        FloatParameter("X", minimum=1e-3, unit="ms").spec.check(0)


def test_a_declaration_that_contradicts_itself_is_refused() -> None:
    for wrong in (
        lambda: FloatParameter("X", default=3, maximum=2),
        lambda: IntegerParameter("X", minimum=3, maximum=2),
        lambda: IntegerParameter("X", increment=0),
        lambda: EnumerationParameter("X", []),
        lambda: EnumerationParameter("X", ["a"], default="b"),
        lambda: StringParameter(""),
    ):
        with pytest.raises(ParameterError):
            wrong()


def test_a_number_without_a_default_begins_at_the_limit_nearest_to_zero() -> None:
    assert FloatParameter("X", minimum=0.5).spec.default == 0.5
    assert IntegerParameter("X", maximum=-3).spec.default == -3
    assert FloatParameter("X", minimum=-1).spec.default == 0.0


@given(
    st.builds(
        ParameterSpec,
        st.text(min_size=1),
        st.sampled_from(ParameterType),
        access=st.sampled_from(AccessMode),
        category=st.sampled_from(ParameterListType),
        display_name=st.text(),
        description=st.text(),
        unit=st.text(),
        default=st.none() | st.booleans() | st.integers() | finite | st.text(),
        entries=st.lists(
            st.builds(EnumerationEntry, st.text(), st.integers(), st.text()), unique_by=lambda entry: entry.name
        ).map(tuple),
        affects=st.lists(st.text()).map(tuple),
        file_filter=st.text(),
    )
)
def test_a_spec_is_the_same_after_its_way_to_another_process(spec: ParameterSpec) -> None:
    assert ParameterSpec.from_message(json.loads(json.dumps(spec.to_message()))) == spec


@given(anything)
def test_plain_values_are_json_or_refused(value: object) -> None:
    try:
        plain = plain_value("X", value)
    except ParameterError:
        return
    assume(plain == plain)
    assert json.loads(json.dumps(plain)) == plain


def test_enumerations_and_entries_are_values_too() -> None:
    class Mode(Enum):
        Fast = 3

    assert plain_value("X", Mode.Fast) == "Fast"
    assert plain_value("X", EnumerationEntry("Fast", 3)) == "Fast"
    assert plain_value("X", ParameterType.Float) == "Float"
    assert plain_value("X", Path("a")) == os.path.join("a")
    assert plain_value("X", np.float32(0.5)) == 0.5


INFO = ParameterInfo(
    [
        FloatParameter("ExposureTime", default=5.0, unit="ms").spec,
        FileParameter("Cube", required=True).spec,
        StringParameter("Model", category=ParameterListType.MetaInfo).spec,
    ],
    device="Camera",
)


@pytest.mark.parametrize("typo", ["ExposureTme", "exposuretime", "EXPOSURETIME", "exposure"])
def test_an_unknown_name_is_answered_with_the_nearest(typo: str) -> None:
    with pytest.raises(UnknownParameter) as refusal:
        INFO[typo]
    assert f"Camera has no parameter {typo!r}. Did you mean ExposureTime?" in str(refusal.value)
    assert "Its parameters: ExposureTime, Cube, Model." in str(refusal.value)


def test_an_unknown_name_among_thousands_does_not_list_them_all() -> None:
    info = ParameterInfo([IntegerParameter(f"Register{n}").spec for n in range(5000)])
    with pytest.raises(UnknownParameter, match=r"and 4960 more\.$"):
        info["Gamma"]


def test_a_parameter_list_is_a_mapping_with_the_three_lists_apart() -> None:
    assert list(INFO) == INFO.parameter_names() == [spec.name for spec in INFO.parameters()]
    assert "Cube" in INFO
    assert "cube" not in INFO
    assert list(INFO.of_category(ParameterListType.MetaInfo)) == ["Model"]


def test_connection_values_are_checked_and_completed(tmp_path: Path) -> None:
    (tmp_path / "a.hdr").touch()
    checked = INFO.check_values({"Cube": str(tmp_path / "a.hdr"), "ExposureTime": "1.5e1"})
    assert checked == {"ExposureTime": 15.0, "Cube": str(tmp_path / "a.hdr"), "Model": ""}
    with pytest.raises(ParameterError, match="Camera needs Cube: give the path of a file that is there"):
        INFO.check_values({})
    with pytest.raises(UnknownParameter, match="Did you mean Cube"):
        INFO.check_values({"cub": "x"})
