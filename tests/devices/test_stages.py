"""Stages and other actuators."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from pymodaq_hsi.errors import DeviceTimeout, ParameterError

if TYPE_CHECKING:
    from conftest import Gadgets


@pytest.fixture(scope="module")
def stage(gadget_room: Gadgets) -> Any:
    return gadget_room.connect("Stage").primary_device()


def test_it_moves_and_is_there_when_the_call_returns(stage: Any) -> None:
    stage.set_parameter("Speed", 200)
    for target in (10.0, -10.0, 0.0):
        assert stage.move_to(target, timeout=5.0) == target
        assert stage.position == target
        assert not stage.moving


def test_without_a_timeout_it_returns_at_once_and_can_be_stopped(stage: Any) -> None:
    stage.move_to(0.0)
    stage.set_parameter("Speed", 1)
    start = time.monotonic()
    assert stage.move_to(40.0, timeout=None) < 20
    assert time.monotonic() - start < 20
    assert stage.moving
    stage.stop()
    assert not stage.moving
    assert 0 <= stage.position < 20
    stage.set_parameter("Speed", 1000)
    stage.move_to(0.0)


def test_a_position_outside_of_the_limits_is_refused_and_nothing_moves(stage: Any) -> None:
    before = stage.position
    for position in (-10.5, 50.1, float("nan")):
        with pytest.raises(ParameterError, match="is refused: it takes a number from -10 to 50 mm"):
            stage.move_to(position)
    assert stage.position == before
    assert stage.parameter_list()["Position"].unit == "mm"


def test_a_movement_that_takes_too_long_is_stopped_and_says_where(stage: Any, gadget_room: Gadgets) -> None:
    stage.set_parameter("Speed", 5)
    with pytest.raises(
        DeviceTimeout, match=r"Stage was still moving to 30 after 0\.1 s, at -?[0-9.]+; it was told to stop"
    ):
        stage.move_to(30.0, timeout=0.1)
    assert not stage.moving
    assert gadget_room.log()[-1] == "halt"
    stage.set_parameter("Speed", 1000)


def test_a_stage_is_halted_when_it_is_disconnected(gadgets: Gadgets) -> None:
    stage = gadgets.connect("Stage").primary_device()
    stage.set_parameter("Speed", 1)
    stage.move_to(20, timeout=None)
    stage.group.close()
    assert gadgets.log() == ["halt"]
