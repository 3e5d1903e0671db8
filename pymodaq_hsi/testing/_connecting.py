"""Checks of enumeration and of connecting."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pymodaq_hsi.devices import ConnectionSettings, DeviceGroup, connect
from pymodaq_hsi.drivers import DriverState, ParameterType
from pymodaq_hsi.errors import ConnectionFailed, HsiError, ParameterError
from pymodaq_hsi.testing._check import Violation, check

if TYPE_CHECKING:
    from pymodaq_hsi.devices import EnumerationResult
    from pymodaq_hsi.drivers import ParameterSpec
    from pymodaq_hsi.testing._rig import Rig

__all__ = ["wrong_values"]

MOST_SECONDS = 5.0
"""What applications wait for devices by default."""


@check("it finds its devices in time, and says who they are")
def enumerates(rig: Rig) -> None:
    """Check one enumeration."""
    rig.forget()
    begun = time.monotonic()
    result = rig.first_enumeration
    seconds = time.monotonic() - begun
    for driver in result.drivers:
        if driver.name == rig.driver.name and driver.state is not DriverState.OK:
            raise Violation(
                f"enumerating ended as {driver.state.name}: {'; '.join(map(str, result.errors))}",
                "enumerate() returns a DeviceInfo for each device and an empty list when there is none; it raises only "
                "when it cannot look for devices at all",
                method="enumerate",
            )
    if seconds > MOST_SECONDS:
        raise Violation(
            f"enumerating took {seconds:.1f} s; applications wait {MOST_SECONDS:g} s",
            "give the search a timeout of its own, and do not open the devices to look at them",
            method="enumerate",
        )
    devices = rig.mine(result)
    for device in devices:
        if not device.id:
            raise Violation(
                f"{device.display_name} has an empty id",
                "give DeviceInfo an id with which open() finds the device again",
                method="enumerate",
            )
    for what, names in (("id", [d.id for d in devices]), ("identity", [d.identity for d in devices])):
        if len(set(names)) < len(names):
            raise Violation(
                f"two devices have the same {what}: {names}",
                "give each device an id of its own, and its serial number where it has one",
                method="enumerate",
            )
    assert rig.found  # says that there is a device to examine


@check("it refuses a device that is not there")
def refuses_an_unknown_device(rig: Rig) -> None:
    """Check an id that enumeration never gave."""
    rig.drop()
    settings = ConnectionSettings(
        rig.driver.name,
        rig.driver.type,
        "no such device",
        rig.found.parameter_info.check_values(rig.connection_parameters),
        rig.options.timeout,
    )
    try:
        DeviceGroup(settings, rig.driver).close()
    except (ConnectionFailed, ParameterError):
        return
    except HsiError as error:
        raise Violation(
            f"asked for the device 'no such device' it failed with {type(error).__name__}: {error}",
            "raise LookupError in open(), in time, when the id is not that of a device",
            method="open",
        ) from None
    raise Violation(
        "asked for the device 'no such device' it connected one all the same",
        "compare device_id in open() with the devices that there are, and raise LookupError: the "
        "user may have unplugged "
        "one of two cameras, and would get the frames of the other",
        method="open",
    )


@check("a device has the same id and identity each time, also while it is in use")
def identities_are_stable(rig: Rig) -> None:
    """Check several enumerations, one of them while the device is connected."""
    first = _ids(rig, rig.first_enumeration)
    try:
        primary = rig.primary()
    except HsiError:
        _same_again(rig, first)  # where the device has another id each time, it cannot be connected either
        raise
    in_use = rig.enumerate()
    others = _ids(rig, in_use)
    states = [driver.state for driver in in_use.drivers if driver.name == rig.driver.name]
    if states != [DriverState.OK] or others != first:
        rig.drop()
        _same_again(rig, first)
    if primary.identity != rig.found.identity:
        raise Violation(
            f"enumerated as {rig.found.identity}, the connected device says that it is {primary.identity}",
            "let enumerate() give the same serial_number as self.info when the device is open, or neither give one",
            method="open",
        )
    if states != [DriverState.OK] or not others.items() <= first.items():
        raise Violation(
            f"enumerated while it is connected, it finds {others} instead of {first}"
            f"{'; ' + '; '.join(map(str, in_use.errors)) if in_use.errors else ''}",
            "a device in use may be left out, but looking for devices must not fail or disturb it",
            method="enumerate",
        )


def _ids(rig: Rig, result: EnumerationResult) -> dict[str, str]:
    return {device.identity: device.id for device in rig.mine(result)}


def _same_again(rig: Rig, first: dict[str, str]) -> None:
    """Check another enumeration while the device is not in use."""
    again = _ids(rig, rig.enumerate())
    if first != again:
        raise Violation(
            f"enumerated twice, it finds {first} and then {again} (identity: id)",
            "make id and serial_number from what the device itself says, not from counters, times or "
            "addresses in memory",
            method="enumerate",
        )


@check("its connection parameters can be understood, and wrong ones are refused by name")
def refuses_wrong_connection_parameters(rig: Rig) -> None:
    """Check the declarations, an unknown name, and a wrong value of each parameter."""
    info = rig.found.parameter_info
    for spec in info.parameters():
        if spec.type is ParameterType.Command:
            raise Violation(
                f"connection parameter {spec.name} is a command",
                "only values can be given when a device is connected; make it a BooleanParameter, or "
                "a command of the device",
            )
    for name, value in [("NoSuchParameter", 1), *((s.name, v) for s in info.parameters() for v in wrong_values(s))]:
        try:
            connect(rig.found, rig.connection_parameters | {name: value}, timeout=rig.options.timeout).close()
        except ParameterError as error:
            if name in str(error):
                continue
            raise Violation(
                f"{name} = {value!r} was refused without its name: {error}",
                "let the message name the parameter, the value and what it takes",
                method="open",
            ) from None
        raise Violation(
            f"it was connected with {name} = {value!r}",
            "declare the parameter with the limits and type that open() expects",
            method="open",
        )


@check("it connects, and describes the device")
def connects(rig: Rig) -> None:
    """Check a connection with the given parameters."""
    group = rig.group()
    for device in group.devices():
        if not device.name:
            raise Violation(
                f"sub-device {device.display_name!r} has no name",
                "set the class attribute `name` of its driver class",
                method="open",
            )
    names = [device.identity for device in group.devices()]
    if len(set(names)) < len(names):
        raise Violation(
            f"devices of one connection have the same identity: {names}",
            "give each sub-device an info with an id or serial number of its own",
            method="open",
        )


def wrong_values(spec: ParameterSpec) -> list[object]:
    """Return values that a parameter must refuse."""
    values: list[object] = []
    match spec.type:
        case ParameterType.Float | ParameterType.Integer:
            values += ["many", float("nan")]
            values += [spec.minimum - (abs(spec.minimum) + 1)] if spec.minimum is not None else []
            values += [spec.maximum + (abs(spec.maximum) + 1)] if spec.maximum is not None else []
        case ParameterType.Boolean:
            values += ["perhaps", 7]
        case ParameterType.Enumeration:
            values += ["no such entry", ""] if "" not in {e.name for e in spec.entries} else ["no such entry"]
        case ParameterType.String:
            values += [7]
        case ParameterType.File:
            values += ["no-such-folder/no-such-file"]
        case ParameterType.Command:
            values += [1]
    return values
