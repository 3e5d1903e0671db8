"""Finding devices, connecting them, and acquiring from them."""

from __future__ import annotations

from pymodaq_hsi.devices.buffers import Buffer, BufferContainer
from pymodaq_hsi.devices.connection import ConnectionSettings, DeviceGroup, connect
from pymodaq_hsi.devices.device import Device
from pymodaq_hsi.devices.enumeration import enumerate_devices, find_devices, load_plugins
from pymodaq_hsi.devices.found import EnumeratedDevice, EnumeratedDriver, EnumerationMessage, EnumerationResult
from pymodaq_hsi.devices.instrument import Acquisition, AcquisitionParameters, InstrumentDevice
from pymodaq_hsi.devices.lights import LightControlDevice, force_lights_off
from pymodaq_hsi.devices.plugins import PluginEntry, installed_plugins
from pymodaq_hsi.devices.stages import ActuatorDevice

__all__ = [
    "Acquisition",
    "AcquisitionParameters",
    "ActuatorDevice",
    "Buffer",
    "BufferContainer",
    "ConnectionSettings",
    "Device",
    "DeviceGroup",
    "EnumeratedDevice",
    "EnumeratedDriver",
    "EnumerationMessage",
    "EnumerationResult",
    "InstrumentDevice",
    "LightControlDevice",
    "PluginEntry",
    "connect",
    "enumerate_devices",
    "find_devices",
    "force_lights_off",
    "installed_plugins",
    "load_plugins",
]
