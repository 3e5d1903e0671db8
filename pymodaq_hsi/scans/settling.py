"""Bringing devices to values that were noted before, in whatever order their limits allow it."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices import ActuatorDevice
from pymodaq_hsi.drivers import ParameterListType, ParameterType
from pymodaq_hsi.errors import DeviceTimeout, DriverError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.drivers import ParameterSpec, Value

__all__ = ["NotSet", "apply_settings", "settable"]

_log = logging.getLogger(__name__)
_NUMBERS = (ParameterType.Integer, ParameterType.Float)
POSITION = "Position"


@dataclass(frozen=True)
class NotSet:
    """A value that a device did not take.

    Attributes
    ----------
    device : str
        Its name in the plan or preset.
    parameter : str
    value : bool, int, float or str
        What it was to be.
    reason : str
        What the device says to it.
    """

    device: str
    parameter: str
    value: Value
    reason: str

    def __str__(self) -> str:
        return f"{self.device}.{self.parameter} = {self.value!r} could not be set: {self.reason}"

    def to_message(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {"device": self.device, "parameter": self.parameter, "value": self.value, "reason": self.reason}


def settable(device: Device) -> dict[str, Value]:
    """Return the values of all parameters of a device that can be read and set again."""
    specs = device.parameter_list(ParameterListType.Parameter)
    return {
        name: value
        for name, value in device.values().items()
        if name in specs and specs[name].access.writable and specs[name].type is not ParameterType.Command
    }


def apply_settings(
    name: str, device: Device, values: Mapping[str, Value], *, move: bool = True, timeout: float = 60.0
) -> list[NotSet]:
    """Set parameters of a device.

    The order does not matter: what is refused because of another setting is tried again after that one, and a setting
    that another one has changed on its way is set again. What has its value already is left alone.

    Parameters
    ----------
    name : str
        Of the device, for messages.
    device : Device
    values : mapping of str to value
        By parameter.
    move : bool
        Whether an actuator goes to its ``Position``, and is waited for; else that is left out.
    timeout : float
        Seconds that a movement may take.

    Returns
    -------
    list of NotSet
        What the device did not take, and why.

    Raises
    ------
    DeviceLost, DeviceTimeout
    """
    moves = isinstance(device, ActuatorDevice)
    wanted = {parameter: value for parameter, value in values.items() if not (moves and parameter == POSITION)}
    refused: dict[str, str] = {}
    seen: list[dict[str, Value | None]] = []
    due = _differing(device, wanted)
    while due and due not in seen and len(seen) < 2 * len(wanted) + 2:
        seen.append(due)
        refused = _set_all(device, {parameter: wanted[parameter] for parameter in due})
        due = _differing(device, wanted)
        if not refused.keys() & due.keys() and not any(_readable(device, parameter) for parameter in due):
            due = {}  # taken, and nothing can be read back
    problems = [
        NotSet(name, parameter, wanted[parameter], refused.get(parameter, f"the device has {present!r}"))
        for parameter, present in due.items()
    ]
    if isinstance(device, ActuatorDevice) and move and POSITION in values:
        problems += _move(name, device, values[POSITION], timeout)
    return problems


def _differing(device: Device, wanted: Mapping[str, Value]) -> dict[str, Value | None]:
    """Return what is not as wanted, with what the device has; None where that cannot be read."""
    present = device.values()
    known = device.all_parameters()
    return {
        parameter: present.get(parameter)
        for parameter, value in wanted.items()
        if parameter not in present or not _same(known[parameter], present[parameter], value)
    }


def _readable(device: Device, parameter: str) -> bool:
    known = device.all_parameters()
    return parameter not in known or known[parameter].access.readable


def _same(spec: ParameterSpec, present: Value, wanted: Value) -> bool:
    try:
        wanted = spec.convert(spec.check(wanted))
    except ParameterError as error:
        _log.debug("%s", error)  # its limits may not be those that it is to have in the end
    if spec.type in _NUMBERS and isinstance(present, int | float) and isinstance(wanted, int | float):
        return math.isclose(present, wanted, rel_tol=1e-6, abs_tol=(spec.increment or 0.0) / 2)
    return present == wanted


def _set_all(device: Device, due: Mapping[str, Value]) -> dict[str, str]:
    """Set what can be set now; return what was refused, and why."""
    refused = {}
    for parameter, value in due.items():
        try:
            device.set_parameter(parameter, value)
        except (ParameterError, DriverError) as error:  # another setting may have to come first
            refused[parameter] = str(error)
    return refused


def _move(name: str, device: ActuatorDevice, value: Value, timeout: float) -> list[NotSet]:
    try:
        device.move_to(float(value), timeout=timeout)
    except (ParameterError, DriverError, DeviceTimeout, ValueError) as error:
        return [NotSet(name, POSITION, value, str(error))]
    return []
