"""Errors on their way from a driver to the application."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymodaq_hsi import errors
from pymodaq_hsi.errors import ConnectionFailed, DriverError, HsiError, ParameterError
from pymodaq_hsi.hosting.failures import attempt, error_from_message, error_to_message

OURS = [getattr(errors, name) for name in errors.__all__ if name not in ("HsiError", "DeviceError", "DriverError")]


def travelled(error: BaseException, tried: str = "grabbing a frame") -> HsiError:
    return error_from_message("Camera", tried, json.loads(json.dumps(error_to_message(error))))


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_our_errors_arrive_in_their_own_class(kind: type[HsiError]) -> None:
    arrived = travelled(kind("no such thing"))
    assert type(arrived) is kind
    assert str(arrived) == "Camera: no such thing"
    assert str(travelled(kind("Camera has no such thing"))) == "Camera has no such thing"


def test_a_plugins_own_subclass_arrives_as_the_class_that_we_know() -> None:
    class NoLens(ConnectionFailed):
        pass

    assert type(travelled(NoLens("x"))) is ConnectionFailed


@given(st.text())
def test_other_errors_are_driver_errors_that_say_what_was_tried_and_why(text: str) -> None:
    arrived = travelled(OSError(text), "setting Gain to 3")
    assert type(arrived) is DriverError
    assert str(arrived).startswith("Camera: setting Gain to 3 failed in the driver with OSError")
    assert text in str(arrived)


class Unprintable(Exception):
    def __str__(self) -> str:
        raise SystemExit


@pytest.mark.parametrize(
    "error",
    [Unprintable(), SystemExit("x"), KeyboardInterrupt(), KeyError("x"), Exception(), OSError("no file \udcff.csv")],
)
def test_every_exception_can_travel_and_what_arrives_can_be_printed(error: BaseException) -> None:
    assert type(error).__name__ in str(travelled(error)).encode().decode()


def test_a_traceback_and_notes_travel_too_and_a_flood_is_cut() -> None:
    def fail(depth: int) -> None:
        if depth:
            fail(depth - 1)
        error = ValueError("x" * 10_000_000)
        raise error

    try:
        fail(20)
    except ValueError as error:
        error.add_note("while reading Temperature")
        message = error_to_message(error)
    assert len(json.dumps(message)) < 100_000
    assert "in fail" not in str(travelled(ParameterError("y")))
    assert "while reading Temperature" in error_to_message_text(ValueError("z"), "while reading Temperature")


def error_to_message_text(error: Exception, note: str) -> str:
    error.add_note(note)
    arrived: Any = travelled(error)
    assert "ValueError: z" in arrived.driver_traceback
    return str(arrived)


def test_attempts_are_said_in_words() -> None:
    assert attempt("set", {"name": "Gain", "value": 3}) == "setting Gain to 3"
    assert attempt("something else", {}) == "something else"
    assert len(attempt("set", {"name": "Label", "value": "x" * 10_000})) < 400
