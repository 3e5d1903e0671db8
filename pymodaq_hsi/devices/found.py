"""What enumeration finds: drivers, devices, and what was wrong."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pymodaq_hsi.errors import DeviceNotFound

if TYPE_CHECKING:
    from pymodaq_hsi.devices.plugins import PluginEntry
    from pymodaq_hsi.drivers import DriverState, DriverType, ParameterInfo

__all__ = [
    "EnumeratedDevice",
    "EnumeratedDriver",
    "EnumerationMessage",
    "EnumerationResult",
    "same_identities",
    "same_names",
]


@dataclass
class EnumeratedDriver:
    """A driver, also one that failed; a plugin that failed before it named its drivers stands under its own name."""

    name: str
    type: DriverType
    description: str
    version: str
    state: DriverState
    plugin: PluginEntry


@dataclass
class EnumeratedDevice:
    """A device that can be connected now.

    Attributes
    ----------
    id : str
        Opaque; may change when the machine restarts or the device is plugged in again.
    identity : str
        Stays the same as long as the device has a serial number: what presets remember.
    parameter_info : ParameterInfo
        The connection parameters.
    """

    id: str
    display_name: str
    driver: EnumeratedDriver
    parameter_info: ParameterInfo
    manufacturer: str = ""
    model: str = ""
    serial_number: str = ""

    @property
    def identity(self) -> str:
        """Driver and serial number; the id where there is no serial number."""
        return f"{self.driver.name}:{self.serial_number or self.id}"

    def known(self) -> dict[str, str]:
        """Return what is known of it before it is connected."""
        return {
            "display_name": self.display_name,
            "manufacturer": self.manufacturer,
            "model": self.model,
            "serial_number": self.serial_number,
        }


@dataclass(frozen=True)
class EnumerationMessage:
    """A warning or an error; `driver` is whom it concerns."""

    message: str
    driver: str = ""
    details: str = ""

    def __str__(self) -> str:
        return self.message


@dataclass
class EnumerationResult:
    """What `enumerate_devices` found."""

    drivers: list[EnumeratedDriver] = field(default_factory=list)
    devices: list[EnumeratedDevice] = field(default_factory=list)
    warnings: list[EnumerationMessage] = field(default_factory=list)
    errors: list[EnumerationMessage] = field(default_factory=list)

    def device(self, name: str) -> EnumeratedDevice:
        """Return the device with this driver name, display name, identity or id.

        Raises
        ------
        DeviceNotFound
            None, or several of them; the message lists what was found.
        """
        found = self._called(name)
        if len(found) == 1:
            return found[0]
        if found:
            word = "identity" if len({device.identity for device in found}) == len(found) else "id"
            listed = ", ".join(f"{device.display_name} ({getattr(device, word)})" for device in found)
            raise DeviceNotFound(f"{name!r} means {len(found)} devices; give one {word} of: {listed}", device=name)
        raise DeviceNotFound(self._not_found(name), device=name)

    def has(self, name: str) -> bool:
        """Whether one device or several have this driver name, display name, identity or id."""
        return bool(self._called(name))

    def _called(self, name: str) -> list[EnumeratedDevice]:
        return [
            device
            for device in self.devices
            if name in (device.identity, device.display_name, device.driver.name, device.id)
        ]

    def _not_found(self, name: str) -> str:
        if not self.drivers:
            return (
                f"no device {name!r}: no driver plugin is installed; install one, for example with "
                "'pip install pymodaq-hsi-virtual'"
            )
        of_driver = [str(error) for error in self.errors if error.driver == name]
        if of_driver:
            return f"no device {name!r}: {'; '.join(of_driver)}"
        names = sorted(
            {n for d in self.devices for n in (d.driver.name, d.display_name)} | {d.name for d in self.drivers}
        )
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        problems = f" Errors: {'; '.join(map(str, self.errors))}." if self.errors else ""
        listed = ", ".join(dict.fromkeys(d.driver.name for d in self.devices)) or "none"
        return f"no device {name!r} was found.{hint} Devices found: {listed}.{problems}"


def same_names(drivers: list[EnumeratedDriver]) -> list[EnumerationMessage]:
    """Return a warning for each driver whose name another plugin's has too."""
    first: dict[str, EnumeratedDriver] = {}
    warnings = []
    for driver in drivers:
        other = first.setdefault(driver.name, driver)
        if other is not driver:
            warnings.append(
                EnumerationMessage(
                    f"two plugins offer a driver {driver.name}: {other.plugin.name} ({other.plugin.distribution}) and "
                    f"{driver.plugin.name} ({driver.plugin.distribution}); uninstall one of them",
                    driver.name,
                )
            )
    return warnings


def same_identities(devices: list[EnumeratedDevice]) -> list[EnumerationMessage]:
    """Return a warning for each identity that several devices have."""
    found: dict[tuple[str, str], list[EnumeratedDevice]] = {}
    for device in devices:
        found.setdefault((device.driver.plugin.name, device.identity), []).append(device)
    return [
        EnumerationMessage(
            f"driver {first.driver.name} finds {1 + len(others)} devices that are {identity} (ids "
            f"{', '.join(repr(device.id) for device in (first, *others[:8]))}): presets and reconnecting cannot tell "
            "them apart; each needs a serial number of its own",
            first.driver.name,
        )
        for (_, identity), (first, *others) in found.items()
        if others
    ]
