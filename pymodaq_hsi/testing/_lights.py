"""Checks of lights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi.drivers import DriverType, LightState, ParameterListType, ParameterType
from pymodaq_hsi.errors import HsiError, ParameterError
from pymodaq_hsi.testing._check import Violation, check

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import Value
    from pymodaq_hsi.testing._rig import Rig

__all__: list[str] = []

LONGEST_SETTLE_MS = 120_000.0


@check("it is forced off and comes back, and the user's settings stay as they were", DriverType.LightControl)
def goes_dark_and_back(rig: Rig) -> None:
    """Check both states, and what is set in the dark."""
    light = rig.primary()
    settle = float(light.get_parameter("SettleTime"))
    if settle > LONGEST_SETTLE_MS:
        raise Violation(
            f"SettleTime is {settle / 1000:g} s by default: every dark reference would wait for it twice",
            "declare it in ms",
            parameter="SettleTime",
        )
    before = _users(light.values(), rig)
    light.set_state(LightState.ForcedOff, settle=False)
    try:
        _compare(before, _users(light.values(), rig), "forced off")
    finally:
        light.set_state(LightState.Parametrized, settle=False)
    _compare(before, _users(light.values(), rig), "forced off and brought back")


@check("what the user sets in the dark is kept for later", DriverType.LightControl)
def settings_in_the_dark_are_kept(rig: Rig) -> None:
    """Check that parameters can be set while it is forced off, and rule afterwards."""
    light = rig.primary()
    light.set_state(LightState.ForcedOff, settle=False)
    for spec in rig.allowed(light):
        if spec.type is not ParameterType.Float or not spec.access.writable or spec.name == "SettleTime":
            continue
        before = light.get_parameter(spec.name) if spec.access.readable else spec.default
        wanted = spec.minimum if before != spec.minimum else spec.maximum
        if wanted is None:
            continue
        try:
            taken = light.set_parameter(spec.name, wanted)
            light.set_state(LightState.Parametrized, settle=False)
            after = light.get_parameter(spec.name) if spec.access.readable else taken
        except HsiError as error:
            raise Violation(
                f"{spec.name} = {wanted!r} while the light is forced off: {error}",
                "keep what is set in the dark, and apply it when the state is Parametrized again",
                method="apply",
            ) from error
        if after != taken:
            raise Violation(
                f"{spec.name} was set to {taken!r} while the light was forced off, and is {after!r} when it is back",
                "keep what is set in the dark, and apply it when the state is Parametrized again",
                method="apply",
            )
        light.set_state(LightState.ForcedOff, settle=False)
        if before is not None:
            light.set_parameter(spec.name, before)
    light.set_state(LightState.Parametrized, settle=False)


@check("it can be switched a hundred times", DriverType.LightControl)
def switches_100_times(rig: Rig) -> None:
    """Check that switching does not wear out."""
    light = rig.primary()
    for turn in range(50):
        for state in (LightState.ForcedOff, LightState.Parametrized):
            try:
                light.set_state(state, settle=False)
            except HsiError as error:
                raise Violation(
                    f"switch {2 * turn + 1 + (state is LightState.Parametrized)} of 100, to "
                    f"{state.name}, failed: {error}",
                    "open in open() what apply() needs, once, and use it each time",
                    method="apply",
                ) from error


@check("a state that fails tells so", DriverType.LightControl)
def refuses_unknown_states(rig: Rig) -> None:
    """Check a state that there is not."""
    light = rig.primary()
    try:
        light.set_state(99)
    except (ValueError, ParameterError, HsiError):
        return
    raise Violation("it was brought into state 99, which there is not", "do not replace switch()", method="switch")


def _users(values: dict[str, Value], rig: Rig) -> dict[str, Value]:
    known = rig.primary().parameter_list(ParameterListType.Parameter)
    return {name: value for name, value in values.items() if name in known}


def _compare(before: dict[str, Value], after: dict[str, Value], when: str) -> None:
    for name, value in before.items():
        if after.get(name) != value:
            raise Violation(
                f"{name} was {value!r}, and is {after.get(name)!r} after the light was {when}",
                "let apply(state) switch the device and leave the user's parameters: they say what "
                "the light gives when "
                "the state is Parametrized",
                method="apply",
            )
