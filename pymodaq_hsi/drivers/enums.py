"""The words that drivers and applications share."""

from __future__ import annotations

from enum import IntEnum, StrEnum

__all__ = [
    "AccessMode",
    "DriverState",
    "DriverType",
    "LightState",
    "ParameterListType",
    "ParameterType",
    "ReferenceName",
]


class DriverType(IntEnum):
    """What kind of device a driver drives."""

    Unknown = -1
    Instrument = 0
    Actuator = 1
    LightControl = 2


class DriverState(IntEnum):
    """How a driver came through enumeration (`OK` also when it found no device)."""

    Unknown = -1
    OK = 0
    LoadTimeout = 1
    LoadError = 2
    EnumerationError = 3
    Crashed = 4


class ParameterType(StrEnum):
    """The type of a parameter's values."""

    Boolean = "Boolean"
    Integer = "Integer"
    Float = "Float"
    Enumeration = "Enumeration"
    String = "String"
    File = "File"
    Command = "Command"


class AccessMode(IntEnum):
    """What may be done with a parameter now."""

    NotAvailable = 0
    ReadOnly = 1
    WriteOnly = 2
    ReadWrite = 3

    @property
    def readable(self) -> bool:
        """Whether the value can be read."""
        return self in (AccessMode.ReadOnly, AccessMode.ReadWrite)

    @property
    def writable(self) -> bool:
        """Whether the value can be set (or the command executed)."""
        return self in (AccessMode.WriteOnly, AccessMode.ReadWrite)


class ParameterListType(StrEnum):
    """The three lists of a device's parameters."""

    Parameter = "Parameter"
    MetaInfo = "MetaInfo"
    Status = "Status"


class LightState(IntEnum):
    """The application's say over a light; the user's own parameters are never touched.

    ``Parametrized``: the user's parameters (Enabled, Intensity) rule. ``ForcedOff``: no light, whatever they say.
    """

    Parametrized = 0
    ForcedOff = 1


class ReferenceName(StrEnum):
    """The references that an acquisition can be started for."""

    White = "WhiteReference"
    Dark = "DarkReference"
