"""Parameters that cannot be are refused where they are declared, with what to write instead."""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pymodaq_hsi.drivers import (
    AccessMode,
    BooleanParameter,
    CommandParameter,
    EnumerationEntry,
    EnumerationParameter,
    FileParameter,
    FloatParameter,
    InstrumentDriver,
    IntegerParameter,
    ParameterListType,
    StringParameter,
)
from pymodaq_hsi.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable


class Colour(enum.Enum):
    Red = 0
    Blue = 1


@pytest.mark.parametrize("kind", [FloatParameter, IntegerParameter])
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"maximum": math.nan}, "its maximum is nan; give a finite number, or None"),
        ({"minimum": math.nan}, "its minimum is nan"),
        ({"minimum": math.inf}, "its minimum is inf"),
        ({"increment": math.inf}, "its increment is inf"),
        ({"increment": -1}, "its increment is -1; give one above 0"),
        ({"maximum": "3"}, "its maximum is '3'"),
        ({"default": math.nan}, "declared default: X = nan is refused"),
        ({"access": "Sometimes"}, "access='Sometimes'; it is one of AccessMode.NotAvailable"),
        ({"category": 7}, "category=7; it is one of ParameterListType.Parameter"),
    ],
)
def test_a_number_that_cannot_be_is_refused(kind: Any, arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        kind("X", **arguments)


@pytest.mark.parametrize(
    ("declare", "problem"),
    [
        (lambda: FloatParameter(3), "a parameter needs a name, a string, not 3"),  # type: ignore[arg-type]
        (lambda: EnumerationParameter("E", [1, 2, 4]), "the names are strings.*{'2x2': 2}"),  # type: ignore[list-item]
        (lambda: EnumerationParameter("E", Colour), "the names are strings"),  # type: ignore[arg-type]
        (lambda: EnumerationParameter("E", ["a", "b", "a"]), "has the name 'a'"),
        (lambda: EnumerationParameter("E", []), "give it at least one entry"),
        (lambda: EnumerationParameter("E", {"a": 1.5}), "entry a has the value 1.5; it is an integer"),  # type: ignore[dict-item]
        (lambda: BooleanParameter("B", default="maybe"), "B = 'maybe' is refused"),  # type: ignore[arg-type]
        (lambda: StringParameter("S", default=5), "S = 5 is refused: it takes a string"),  # type: ignore[arg-type]
        (lambda: FileParameter("F", default="x.csv"), "F: default='x.csv' cannot be given"),
        (lambda: CommandParameter("C", default=1), "C: default=1 cannot be given; a command has no value"),
    ],
)
def test_others_that_cannot_be_are_refused(declare: Callable[[], object], problem: str) -> None:
    with pytest.raises(ParameterError, match=problem):
        declare()


def test_what_is_meant_is_understood() -> None:
    number = FloatParameter("X", minimum=-math.inf, maximum=np.float32(8), access=1, affects="Gain", unit=None).spec
    assert (number.minimum, number.maximum, type(number.maximum), number.unit) == (None, 8.0, float, "")
    assert (number.access, number.affects) == (AccessMode.ReadOnly, ("Gain",))
    assert FloatParameter("X", category="Status", access="ReadOnly").spec.category is ParameterListType.Status
    assert BooleanParameter("B", default="off").spec.default is False  # type: ignore[arg-type]


@pytest.mark.parametrize("declare", [FloatParameter, IntegerParameter])
def test_a_number_that_no_file_can_hold_is_refused_when_the_driver_gives_it(declare: Any) -> None:
    for value in (10**400, -(10**400)):
        with pytest.raises(ParameterError, match="is refused"):
            declare("X").spec.convert(value)
    assert declare("X").spec.convert(np.int64(-7)) == -7


def test_entries_change_in_all_forms_in_which_they_are_declared() -> None:
    class Camera(InstrumentDriver):
        mode = EnumerationParameter("Mode", ["Fast", "Slow"], default="Slow")

    parameters = Camera().parameters
    forms: list[Any] = [["Slow", "Slower"], {"Slow": 0, "Slower": 1}, [EnumerationEntry("Slow", 0), "Slower"]]
    for form in forms:
        parameters.update("Mode", entries=form)
        assert parameters.info()["Mode"].entries == (EnumerationEntry("Slow", 0), EnumerationEntry("Slower", 1))
        assert parameters.get("Mode") == "Slow"
    with pytest.raises(ParameterError, match="has the name 'Slow' of"):
        parameters.update("Mode", entries=["Slow", "Slow"])
    with pytest.raises(ParameterError, match="give a finite number"):
        parameters.update("Mode", maximum=math.nan)
