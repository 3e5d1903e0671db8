"""Checks of actuators."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pymodaq_hsi.drivers import DriverType
from pymodaq_hsi.errors import DeviceTimeout, ParameterError
from pymodaq_hsi.testing._check import Violation, check

if TYPE_CHECKING:
    from pymodaq_hsi.devices import ActuatorDevice
    from pymodaq_hsi.testing._rig import Rig

__all__: list[str] = []

_SPEEDS = ("Velocity", "Speed")
_LONGEST = 5.0


@check("it says how far it goes, and where it is", DriverType.Actuator)
def declares_its_travel(rig: Rig) -> None:
    """Check the limits and unit of Position."""
    stage = rig.primary()
    spec = stage.all_parameters()["Position"]
    if spec.minimum is None or spec.maximum is None or not spec.unit:
        raise Violation(
            f"Position has the limits {spec.minimum} to {spec.maximum} and the unit {spec.unit!r}",
            'say so in open(): self.parameters.update("Position", minimum=0.0, maximum=100.0, unit="mm")',
            method="open",
        )
    if not spec.minimum - _tolerance(stage) <= stage.position <= spec.maximum + _tolerance(stage):
        raise Violation(
            f"it is at {stage.position:g} {spec.unit}, outside of its limits {spec.minimum:g} to {spec.maximum:g}",
            "let read_position() answer in the unit of Position",
            method="read_position",
        )


@check("it moves to where it is told, says when it is there, and where that is", DriverType.Actuator)
def moves(rig: Rig) -> None:
    """Check a small movement there and back, and the limits if it reaches them within seconds."""
    stage = rig.primary()
    low, high = _limits(stage)
    home = stage.position
    step = (high - low) / 20 * (1 if home + (high - low) / 20 <= high else -1)
    with rig.restoring():
        _hurry(rig, stage)
        begun = time.monotonic()
        for target in (home + step, home):
            _move(rig, stage, target)
        seconds = (time.monotonic() - begun) / 2
        if seconds * (high - low) / abs(step) < _LONGEST:
            for target in (low, high, home):
                _move(rig, stage, target)


@check("a position beyond its limits is refused, and nothing moves", DriverType.Actuator)
def refuses_positions_beyond_its_limits(rig: Rig) -> None:
    """Check positions outside of the travel."""
    stage = rig.primary()
    low, high = _limits(stage)
    before = _at_rest(rig, stage)
    for target in (low - 1, high + 1, high * 1000 + 1):
        try:
            stage.move_to(target, timeout=None)
        except ParameterError:
            continue
        raise Violation(
            f"it was sent to {target:g}, and its limits are {low:g} to {high:g}",
            'declare the limits: self.parameters.update("Position", minimum=..., maximum=...)',
            method="move_to",
        )
    if stage.moving or abs(stage.position - before) > _tolerance(stage):
        raise Violation(
            f"it moved from {before:g} to {stage.position:g} after positions that were refused",
            "move in move_to() only",
            method="move_to",
        )


@check("it stops in the middle of a movement", DriverType.Actuator)
def stops_in_mid_move(rig: Rig) -> None:
    """Check Stop during a movement that takes some seconds, if it can be made to take so long."""
    stage = rig.primary()
    with rig.restoring():
        target = _begin_long_move(rig, stage)
        begun = time.monotonic()
        stage.stop()
        deadline = time.monotonic() + 3.0
        while stage.moving and time.monotonic() < deadline:
            time.sleep(0.01)
        if stage.moving:
            raise Violation(
                f"it is still moving {time.monotonic() - begun:.1f} s after Stop, at {stage.position:g}",
                "define halt() so that it ends a movement, and is_moving() so that it says so",
                method="halt",
            )
        there = stage.position
        time.sleep(0.3)
        if abs(stage.position - there) > _tolerance(stage):
            raise Violation(
                f"after Stop it went on from {there:g} to {stage.position:g} (it had been sent to {target:g})",
                "let halt() stop the device itself, not only what is_moving() says",
                method="halt",
            )


@check("it is told to stop when it is disconnected in a movement", DriverType.Actuator)
def halts_when_disconnected(rig: Rig) -> None:
    """Check that a stage does not go on without anybody who watches it."""
    stage = rig.primary()
    _begin_long_move(rig, stage)
    rig.drop()
    stage = rig.primary()
    if stage.moving:
        raise Violation(
            "it was disconnected in a movement, and is still moving when it is connected again",
            "let make_safe() stop it; the inherited one calls halt()",
            method="make_safe",
        )


def _at_rest(rig: Rig, stage: ActuatorDevice) -> float:
    """Return where it is when it has come to rest: it may go to its home when it is connected."""
    deadline = time.monotonic() + rig.options.timeout
    while stage.moving:
        if time.monotonic() > deadline:
            raise Violation(
                f"it is moving, at {stage.position:g}, {rig.options.timeout:g} s after it was connected or had arrived",
                "let is_moving() return False when it has arrived",
                method="is_moving",
            )
        time.sleep(0.02)
    return stage.position


def _move(rig: Rig, stage: ActuatorDevice, target: float) -> None:
    try:
        arrived = stage.move_to(target, timeout=rig.options.timeout)
    except DeviceTimeout as error:
        raise Violation(
            f"{error}",
            "let is_moving() return False when it is there; a slow stage needs conformance(..., timeout=...)",
            method="is_moving",
        ) from error
    if abs(arrived - target) > _tolerance(stage):
        raise Violation(
            f"it was sent to {target:g} and says that it has arrived at {arrived:g}",
            "start the movement in move_to(), let is_moving() be True until it is there, and read_position() tell the "
            "place in the unit of Position",
            method="move_to",
        )


def _limits(stage: ActuatorDevice) -> tuple[float, float]:
    spec = stage.all_parameters()["Position"]
    if spec.minimum is None or spec.maximum is None:
        raise Violation(
            "Position has no limits",
            'say so in open(): self.parameters.update("Position", minimum=0.0, maximum=100.0, unit="mm")',
            method="open",
        )
    return spec.minimum, spec.maximum


def _tolerance(stage: ActuatorDevice) -> float:
    spec = stage.all_parameters()["Position"]
    return max(spec.increment or 0.0, 0.002 * ((spec.maximum or 0.0) - (spec.minimum or 0.0)))


def _hurry(rig: Rig, stage: ActuatorDevice, speed: float | None = None) -> None:
    """Set its speed, to the highest where none is given; a stage without such a parameter moves as it does."""
    for name in _SPEEDS:
        if name not in stage.all_parameters() or name in rig.options.leave_alone:
            continue
        spec = stage.all_parameters()[name]
        wanted = spec.maximum if speed is None else speed
        if spec.access.writable and wanted is not None:
            at_least = wanted if spec.minimum is None else max(wanted, spec.minimum)
            stage.set_parameter(name, at_least if spec.maximum is None else min(at_least, spec.maximum))


def _begin_long_move(rig: Rig, stage: ActuatorDevice) -> float:
    """Start towards the farther limit, slowly enough to be stopped on the way."""
    low, high = _limits(stage)
    _hurry(rig, stage, (high - low) / 10)
    target = high if high - stage.position >= stage.position - low else low
    stage.move_to(target, timeout=None)
    time.sleep(0.2)
    return target
