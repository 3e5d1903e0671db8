"""Checks of setting parameters."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pymodaq_hsi.devices import ActuatorDevice
from pymodaq_hsi.drivers import ParameterType
from pymodaq_hsi.errors import DeviceLost, HsiError, ParameterError
from pymodaq_hsi.testing._check import Violation, check
from pymodaq_hsi.testing._connecting import wrong_values
from pymodaq_hsi.testing._parameters import outside

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.drivers import ParameterSpec, Value
    from pymodaq_hsi.testing._rig import Rig

__all__: list[str] = []

_NUMBERS = (ParameterType.Float, ParameterType.Integer)
_LIMITS = ("its minimum", "its maximum", "its default", "a step above its minimum", "the middle of its range")


@check("every number can be set to its limits, its default and values between, and is read back as it was set")
def sets_numbers(rig: Rig) -> None:
    """Check each number; limits are looked at again before each value, as one parameter may change another's."""
    with rig.restoring():
        for device, name in list(_writable(rig, _NUMBERS)):
            before = _present(device, name)
            for label in _LIMITS:
                value = _number(device.all_parameters()[name], label)
                if value is not None and device.all_parameters()[name].access.writable:
                    _set_and_read(device, name, value, label)
            _put_back(device, name, before)


@check("every entry of every enumeration can be chosen")
def sets_choices(rig: Rig) -> None:
    """Check each entry by its name, and that of entries with the same value."""
    with rig.restoring():
        for device, name in _writable(rig, (ParameterType.Enumeration,)):
            before = _present(device, name)
            for entry in device.all_parameters()[name].entries:
                spec = device.all_parameters()[name]
                if spec.access.writable and entry in spec.entries:
                    _set_and_read(device, name, entry.name, "an entry")
            _put_back(device, name, before)


@check("switches, texts and files are taken and read back")
def sets_switches_and_texts(rig: Rig) -> None:
    """Check both positions of each switch, and that each text and file can be given as it is."""
    with rig.restoring():
        for device, name in _writable(rig, (ParameterType.Boolean, ParameterType.String, ParameterType.File)):
            before = _present(device, name)
            if device.all_parameters()[name].type is ParameterType.Boolean:
                values: list[Value] = [True, False, "on", "off"]
            else:
                values = [] if before is None else [before]
            for value in values:
                if device.all_parameters()[name].access.writable:
                    wanted = value == "on" if value in ("on", "off") else value
                    _set_and_read(device, name, value, "a value", wanted)
            _put_back(device, name, before)


@check("values beyond the limits and of other types are refused, and change nothing")
def refuses_wrong_values(rig: Rig) -> None:
    """Check what each parameter must not take."""
    for device, name in _writable(rig, tuple(ParameterType), positions=True):
        before = _present(device, name)
        spec = device.all_parameters()[name]
        for value in wrong_values(spec):
            try:
                taken = device.set_parameter(name, value)
            except ParameterError:
                continue
            raise Violation(
                f"{name} = {value!r} was taken (as {taken!r}), though it takes {spec.expectation()}",
                "declare the limits that the device has, and let the framework check them",
                parameter=name,
            )
        after = _present(device, name)
        if before != after and not _near(spec, before, after):
            raise Violation(
                f"{name} was {before!r} and is {after!r} after values that were refused",
                "change nothing before a value is accepted",
                parameter=name,
            )


def _writable(rig: Rig, types: tuple[ParameterType, ...], *, positions: bool = False) -> Iterable[tuple[Device, str]]:
    """Yield what may be set; a stage's position is left to the checks that move it."""
    for device in rig.group().devices():
        for spec in rig.allowed(device):
            moves = isinstance(device, ActuatorDevice) and spec.name == "Position" and not positions
            command = spec.type is ParameterType.Command
            if spec.type in types and not moves and not command and device.all_parameters()[spec.name].access.writable:
                yield device, spec.name


def _present(device: Device, name: str) -> Value | None:
    return device.get_parameter(name) if device.all_parameters()[name].access.readable else None


def _put_back(device: Device, name: str, value: Value | None) -> None:
    if value is None or not device.all_parameters()[name].access.writable:
        return
    with contextlib.suppress(ParameterError):  # its limits have moved meanwhile
        device.set_parameter(name, value)


def _number(spec: ParameterSpec, label: str) -> float | None:
    """Return the value of this label that the parameter takes now, if there is one."""
    low, high, step = spec.minimum, spec.maximum, spec.increment
    if label == "its minimum":
        value = low
    elif label == "its maximum":
        value = high if step is None or low is None or high is None else low + (high - low) // step * step
    elif label == "its default":
        value = spec.default if isinstance(spec.default, (int, float)) else None
    elif low is None:
        value = None
    elif label == "a step above its minimum":
        value = low + step if step is not None else None
    else:
        value = None if high is None else (low + high) / 2
        if value is not None and (step is not None or spec.type is ParameterType.Integer):
            unit = step or 1
            value = low + (value - low) // unit * unit
    if value is None:
        return None
    try:
        checked = spec.check(value)
    except ParameterError:
        return None
    return checked if isinstance(checked, (int, float)) else None


def _set_and_read(device: Device, name: str, value: Value, label: str, wanted: Value | None = None) -> None:
    wanted = value if wanted is None else wanted
    try:
        taken = device.set_parameter(name, value)
    except DeviceLost:
        raise
    except HsiError as error:
        raise Violation(
            f"{name} = {value!r}, {label}, was not taken: {error}",
            f"take every value that is declared, or declare what the device takes "
            f'(self.parameters.update("{name}", minimum=..., maximum=...) when it depends on other settings)',
            parameter=name,
        ) from error
    spec = device.all_parameters()[name]
    if outside(spec, taken) or not _near(spec, wanted, taken, slack=0.05):
        raise Violation(
            f"{name} was set to {value!r}, {label}, and the driver says that the device took {taken!r}",
            "return from @on_set what the device really took, in the parameter's own unit, or "
            "nothing if it took the value",
            parameter=name,
        )
    if not spec.access.readable:
        return
    read = device.get_parameter(name)
    if not _near(spec, taken, read):
        raise Violation(
            f"{name} was set to {value!r}, {label}, the device took {taken!r}, and then it reads {read!r}",
            "let @on_get read what @on_set writes, in the same unit; a measured value is a Status parameter of its own",
            parameter=name,
        )


def _near(spec: ParameterSpec, one: Value | None, other: Value | None, *, slack: float = 0.001) -> bool:
    """Return whether two values are the same but for the steps that a device has of its own."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one == other
    if not isinstance(one, (int, float)) or not isinstance(other, (int, float)):
        return one == other
    span = (spec.maximum - spec.minimum) if spec.minimum is not None and spec.maximum is not None else 0.0
    step = spec.increment or 0.0
    room = max(step, slack * min(span, 2 * abs(one) + step) if span else slack * abs(one), 2 * slack * abs(one))
    rounded = 0.005 * span if slack > 0.01 else 0.0
    return abs(one - other) <= max(room, rounded, 1e-9)
