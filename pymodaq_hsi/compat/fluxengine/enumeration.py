"""The handle, finding devices, and what to connect."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pymodaq_hsi.compat.fluxengine.parameters import ParameterInfo
from pymodaq_hsi.compat.fluxengine.words import Text, seconds
from pymodaq_hsi.devices import ConnectionSettings as OurSettings
from pymodaq_hsi.devices import enumerate_devices
from pymodaq_hsi.drivers import DriverType
from pymodaq_hsi.errors import HsiError

if TYPE_CHECKING:
    import os

    from pymodaq_hsi.devices import EnumeratedDevice as OurDevice
    from pymodaq_hsi.devices import EnumeratedDriver, EnumerationMessage
    from pymodaq_hsi.devices import EnumerationResult as OurResult

__all__ = ["ConnectionSettings", "EnumeratedDevice", "EnumerationResult", "Handle", "check_handle", "enumerateDevices"]

_log = logging.getLogger(__name__)

SHORTEST = 5.0
"""Seconds that enumeration may take however short the timeout: the documents' 1000 ms are for libraries that are
loaded, here each driver is a process that is started. It is over as soon as all have answered."""


class Handle:
    """What the documents' functions are called with; there is nothing to license, so that it needs no argument.

    Parameters
    ----------
    *licenseData
        Accepted, and not looked at.
    """

    def __init__(self, *licenseData: object) -> None:
        del licenseData
        self.driverBaseDirectory: Path | None = None

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: what is connected belongs to its groups."""

    def setDriverBaseDirectory(self, path: str | os.PathLike[str]) -> None:
        """Say where drivers are, beside those that are installed as packages.

        Parameters
        ----------
        path : str or path-like
            A folder that ``pip install --target`` has put driver packages in. One that is not there is remembered and
            changes nothing (a warning is logged).
        """
        self.driverBaseDirectory = Path(path)
        if not self.driverBaseDirectory.is_dir():
            _log.warning("there is no folder %s; drivers are those that are installed as packages", path)
        elif str(self.driverBaseDirectory) not in sys.path:
            sys.path.append(str(self.driverBaseDirectory))


def check_handle(handle: object) -> None:
    """Refuse something else than a handle.

    Raises
    ------
    TypeError
    """
    if not isinstance(handle, Handle):
        raise TypeError(f"the first argument is {type(handle).__name__}; give a fluxEngine.Handle()")


class EnumeratedDevice:
    """A device that can be connected.

    Attributes
    ----------
    id : str
        Opaque; may change when the machine restarts.
    displayName : str
        Also as ``displayName()``.
    driver : EnumeratedDriver
    parameterInfo : ParameterInfo
        Its connection parameters.
    manufacturer, model, serialNumber, identity : str
        Where known; presets remember `identity`.
    """

    def __init__(self, device: OurDevice) -> None:
        self.id = device.id
        self.displayName = Text(device.display_name)
        self.driver: EnumeratedDriver = device.driver
        self.parameterInfo = ParameterInfo(device.parameter_info)
        self.manufacturer = device.manufacturer
        self.model = device.model
        self.serialNumber = device.serial_number
        self.identity = device.identity

    def __repr__(self) -> str:
        return f"<EnumeratedDevice {self.displayName}>"


class EnumerationResult:
    """What was found.

    Attributes
    ----------
    drivers : list of EnumeratedDriver
        With name, type, description, version, state; those that failed too.
    devices : list of EnumeratedDevice
    warnings, errors : list of EnumerationMessage
        Each with message, and driver: whom it concerns.
    """

    def __init__(self, result: OurResult) -> None:
        self.drivers: list[EnumeratedDriver] = result.drivers
        self.devices = [EnumeratedDevice(device) for device in result.devices]
        self.warnings: list[EnumerationMessage] = result.warnings
        self.errors: list[EnumerationMessage] = result.errors


def enumerateDevices(handle: Handle, driverType: DriverType | int, timeout: float) -> EnumerationResult:
    """Find drivers and devices; returns as soon as all drivers have answered.

    Parameters
    ----------
    handle : Handle
    driverType : DriverType or int
        -1 for all.
    timeout : float
        Milliseconds; less than 5000 count as 5000, because each driver is a process that has to start first.
    """
    check_handle(handle)
    if not seconds(timeout) > 0:
        raise HsiError(
            f"enumerating within {timeout:g} ms finds nothing; give 1000 and more, 4000 for GigE Vision cameras"
        )
    return EnumerationResult(enumerate_devices(driverType, timeout=max(SHORTEST, seconds(timeout))))


class ConnectionSettings:
    """Which device to connect, and how.

    Parameters
    ----------
    driverName : str
    driverType : DriverType or int
    id : str or bytes
        From enumeration.

    Attributes
    ----------
    connectionParameters : dict
        Values by name: strings (``"True"``, ``"1.5e3"``, an entry's name, a path) or typed.
    timeout : float
        Milliseconds; 60000 by default.
    """

    def __init__(self, driverName: str, driverType: DriverType | int, id: str | bytes) -> None:
        self.driverName = driverName
        self.driverType = DriverType(driverType)
        self.id = id
        self.connectionParameters: dict[str, object] = {}
        self.timeout: float = 60000

    def to_ours(self, timeout: float | None = None) -> OurSettings:
        """Return them as `pymodaq_hsi.ConnectionSettings`."""
        return OurSettings(
            self.driverName,
            self.driverType,
            self.id.decode() if isinstance(self.id, bytes) else self.id,
            self.connectionParameters,
            seconds(self.timeout if timeout is None else timeout),
        )
