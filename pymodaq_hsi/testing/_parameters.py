"""Checks of what a device says of its parameters, of reading them and of its commands."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from pymodaq_hsi.drivers import DriverType, ParameterListType, ParameterType
from pymodaq_hsi.errors import HsiError, ParameterError
from pymodaq_hsi.testing._check import Violation, check

if TYPE_CHECKING:
    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.drivers import ParameterSpec
    from pymodaq_hsi.testing._rig import Rig

__all__ = ["outside"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NEEDS_UNIT = re.compile(r"(Time|Rate|Temperature|Wavelength|Frequency|Position|Velocity|Speed|Delay|Current|Voltage)$")
_REFERENCE = re.compile(r"^(Exposure|Integration|Gain|AnalogGain|DigitalGain|PixelFormat)|Binning")
_TYPES = {
    ParameterType.Boolean: bool,
    ParameterType.Integer: int,
    ParameterType.Float: float,
    ParameterType.Enumeration: str,
    ParameterType.String: str,
    ParameterType.File: str,
}


@check("its parameters are declared so that people and programs understand them")
def declares_parameters(rig: Rig) -> None:
    """Check names, units, entries, lists and what depends on what."""
    for device in rig.group().devices():
        known = device.all_parameters()
        for spec in known.parameters():
            _check_declaration(spec, device)
            for name in spec.affects:
                if name not in known:
                    raise Violation(
                        f"{spec.name} says that it affects {name!r}, which {device.name} does not have",
                        f"name one of {', '.join(known)} in affects=, or leave it out",
                        parameter=spec.name,
                    )


def _check_declaration(spec: ParameterSpec, device: Device) -> None:
    if not _NAME.fullmatch(spec.name):
        raise Violation(
            f"a parameter of {device.name} is called {spec.name!r}",
            "use letters, digits and underscores, beginning with a letter (ExposureTime); texts for people go to "
            "display_name",
            parameter=spec.name,
        )
    if spec.type is ParameterType.Enumeration:
        names = [entry.name for entry in spec.entries]
        if not names or len(set(names)) < len(names):
            raise Violation(
                f"enumeration {spec.name} has the entries {names}",
                "give it at least one entry, and each a name of its own",
                parameter=spec.name,
            )
    if spec.type is ParameterType.Float and _NEEDS_UNIT.search(spec.name) and not spec.unit:
        raise Violation(
            f"{spec.name} has no unit",
            'give it one, such as unit="ms": scans, files and people need to know what its numbers are',
            parameter=spec.name,
        )
    if spec.category is not ParameterListType.Parameter and spec.access.writable:
        raise Violation(
            f"{spec.name} is in the list {spec.category.name} and can be set",
            "what is set belongs to the list Parameter; give the others access=AccessMode.ReadOnly",
            parameter=spec.name,
        )


@check("every parameter that can be read is read, in its type and within its limits")
def reads_parameters(rig: Rig) -> None:
    """Check each readable parameter of the three lists, one by one and all at once."""
    for device in rig.group().devices():
        for spec in device.all_parameters().parameters():
            if spec.type is ParameterType.Command or not spec.access.readable:
                continue
            try:
                value = device.get_parameter(spec.name)
            except HsiError as error:
                raise Violation(
                    f"reading {spec.name} failed: {error}",
                    "give it a default, assign it in open(), or let its @on_get return a value; a "
                    "parameter that cannot be "
                    "read now has the access NotAvailable or WriteOnly",
                    parameter=spec.name,
                ) from error
            now = device.all_parameters()[spec.name]
            if type(value) is not _TYPES[spec.type] or outside(now, value):
                raise Violation(
                    f"{spec.name} is {value!r}; it takes {now.expectation()}",
                    "assign a value within the limits in open(), or correct the limits there with "
                    f'self.parameters.update("{spec.name}", ...)',
                    parameter=spec.name,
                )
        missing = {s.name for s in device.all_parameters().parameters() if s.access.readable} - set(device.values())
        commands = {s.name for s in device.all_parameters().parameters() if s.type is ParameterType.Command}
        if missing - commands:
            raise Violation(
                f"values() leaves out {', '.join(sorted(missing - commands))}",
                "a parameter that can be read always has a value: give it a default",
                parameter=min(missing - commands),
            )


def outside(spec: ParameterSpec, value: object) -> bool:
    """Return whether a value is not one that its parameter may have; a status may be NaN."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return spec.type is ParameterType.Enumeration and value not in {entry.name for entry in spec.entries}
    if math.isnan(value):
        return spec.category is not ParameterListType.Status
    slack = 1e-6 * max(abs(spec.minimum or 0), abs(spec.maximum or 0))
    low = spec.minimum is not None and value < spec.minimum - slack
    return low or (spec.maximum is not None and value > spec.maximum + slack)


@check("what may not be set, and names that are not there, are refused")
def refuses_what_cannot_be_set(rig: Rig) -> None:
    """Check parameters that can only be read, values for commands, and unknown names."""
    for device in rig.group().devices():
        for spec in device.all_parameters().parameters():
            if spec.type is not ParameterType.Command and spec.access.writable:
                continue
            try:
                device.set_parameter(spec.name, 1 if spec.default is None else spec.default)
            except ParameterError:
                continue
            raise Violation(
                f"{spec.name} was set, though its access is {spec.access.name} and its type {spec.type}",
                "do not replace ParameterStore.write; declare the access that the parameter has",
                parameter=spec.name,
            )
        try:
            device.get_parameter("NoSuchParameter")
        except ParameterError:
            continue
        raise Violation("it has a parameter NoSuchParameter", "answer for declared parameters only")


@check("every command is executed, and the device is there afterwards")
def executes_commands(rig: Rig) -> None:
    """Check the commands that are available."""
    for device in rig.group().devices():
        for spec in rig.allowed(device):
            if spec.type is not ParameterType.Command or not device.all_parameters()[spec.name].access.writable:
                continue
            rig.spoiled = True  # whatever it did
            try:
                device.execute(spec.name)
                device.values()
            except HsiError as error:
                raise Violation(
                    f"executing {spec.name} failed: {error}",
                    "say with @<command>.on_execute what it does; one that takes longer than 10 s is "
                    "started there and its "
                    "state told by a Status parameter. One that must not be tried: conformance(..., leave_alone=[...])",
                    parameter=spec.name,
                ) from error


@check("references know the settings that they depend on", DriverType.Instrument)
def references_depend_on_settings(rig: Rig) -> None:
    """Check that what changes the counts is compared when a reference is used."""
    for spec in rig.primary().parameter_list().parameters():
        if _REFERENCE.search(spec.name) and spec.access.writable and not spec.affects_reference:
            raise Violation(
                f"{spec.name} does not say affects_reference=True",
                "add it: without, a white reference taken under another value is used without a word, and the "
                "reflectances are wrong",
                parameter=spec.name,
            )
