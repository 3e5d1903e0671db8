"""All that a driver author imports.

A driver is a subclass of `InstrumentDriver`, `LightControlDriver` or `ActuatorDriver` whose parameters are attributes
of the class; a package offers its drivers through the hook `pymodaq_hsi_drivers` under the entry-point group
``pymodaq_hsi.plugins``. A driver that plays recordings finds `open_envi` here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymodaq_hsi.drivers.actuator import ActuatorDriver
from pymodaq_hsi.drivers.base import DeviceInfo, Driver
from pymodaq_hsi.drivers.enums import (
    AccessMode,
    DriverState,
    DriverType,
    LightState,
    ParameterListType,
    ParameterType,
    ReferenceName,
)
from pymodaq_hsi.drivers.frame_ids import FrameIds
from pymodaq_hsi.drivers.hookspecs import ENTRY_POINT_GROUP, PROJECT_NAME, hookimpl, hookspec
from pymodaq_hsi.drivers.instrument import Frame, FrameFormat, InstrumentDriver
from pymodaq_hsi.drivers.light import LightControlDriver
from pymodaq_hsi.drivers.parameters import (
    BooleanParameter,
    CommandParameter,
    EnumerationParameter,
    FileParameter,
    FloatParameter,
    IntegerParameter,
    Parameter,
    StringParameter,
)
from pymodaq_hsi.drivers.specs import EnumerationEntry, ParameterInfo, ParameterSpec, Value

if TYPE_CHECKING:
    from pymodaq_hsi.envi import EnviCube, open_envi

__all__ = [
    "ENTRY_POINT_GROUP",
    "PROJECT_NAME",
    "AccessMode",
    "ActuatorDriver",
    "BooleanParameter",
    "CommandParameter",
    "DeviceInfo",
    "Driver",
    "DriverState",
    "DriverType",
    "EnumerationEntry",
    "EnumerationParameter",
    "EnviCube",
    "FileParameter",
    "FloatParameter",
    "Frame",
    "FrameFormat",
    "FrameIds",
    "InstrumentDriver",
    "IntegerParameter",
    "LightControlDriver",
    "LightState",
    "Parameter",
    "ParameterInfo",
    "ParameterListType",
    "ParameterSpec",
    "ParameterType",
    "ReferenceName",
    "StringParameter",
    "Value",
    "hookimpl",
    "hookspec",
    "open_envi",
]


def __getattr__(name: str) -> Any:
    if name in ("EnviCube", "open_envi"):  # few drivers play recordings: the others start faster without
        from pymodaq_hsi import envi

        return getattr(envi, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
