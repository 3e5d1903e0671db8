"""A plugin inside its own process: loading it, and asking its drivers for their devices."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import asdict
from importlib import import_module
from typing import Any

import pluggy

from pymodaq_hsi.drivers import PROJECT_NAME, DeviceInfo, Driver
from pymodaq_hsi.drivers import hookspecs as driver_hookspecs
from pymodaq_hsi.errors import DriverNotFound, PluginError

__all__ = ["Plugin"]


class Plugin:
    """One plugin.

    Parameters
    ----------
    name, value : str
        Of its entry point: its name, and the ``package.module`` (or ``package.module:attribute``) that it points to.
    """

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.value = value
        self._drivers: dict[str, type[Driver]] = {}

    def load(self) -> list[dict[str, Any]]:
        """Import it and describe its drivers (JSON data).

        Raises
        ------
        PluginError
            It offers no driver, or something else than drivers. Whatever its import raises passes through.
        """
        manager = pluggy.PluginManager(PROJECT_NAME)
        manager.add_hookspecs(driver_hookspecs)
        manager.register(self._import(), name=self.name)
        for offered in manager.hook.pymodaq_hsi_drivers():
            for driver in self._checked(offered):
                if driver.name in self._drivers and self._drivers[driver.name] is not driver:
                    raise self._error(f"offers two drivers with the name {driver.name}; give each its own")
                self._drivers[driver.name] = driver
        if not self._drivers:
            raise self._error(f"offers no driver: {self.value} has no @hookimpl pymodaq_hsi_drivers that returns any")
        return [
            {
                "name": driver.name,
                "type": int(driver.driver_type),
                "description": str(driver.description or ""),
                "version": str(driver.version or ""),
            }
            for driver in self._drivers.values()
        ]

    def driver(self, name: str) -> type[Driver]:
        """Return one driver class.

        Raises
        ------
        DriverNotFound
            With those that there are.
        """
        if not self._drivers:
            self.load()
        try:
            return self._drivers[name]
        except KeyError:
            raise DriverNotFound(
                f"plugin {self.name} has no driver {name!r}; it offers {', '.join(self._drivers)}", plugin=self.name
            ) from None

    def enumerate(self, driver: str) -> list[dict[str, Any]]:
        """Return the devices that a driver sees (JSON data)."""
        kind = self.driver(driver)
        if not isinstance(inspect.getattr_static(kind, "enumerate"), (classmethod, staticmethod)):
            raise self._error(
                f"driver {driver} has an enumerate() that is not a classmethod; put @classmethod above it"
            )
        connection = [spec.to_message() for spec in kind.connection_info().parameters()]
        devices = []
        answer: object = kind.enumerate()
        if not isinstance(answer, Iterable):
            raise self._error(f"driver {driver} enumerates {answer!r}; enumerate() returns a list of DeviceInfo")
        for found in answer:
            if not isinstance(found, DeviceInfo):
                raise self._error(f"driver {driver} enumerates {found!r}, which is not a DeviceInfo")
            described = {name: str(value) for name, value in asdict(found).items()}
            devices.append(described | {"connection_parameters": connection})
        return devices

    def _import(self) -> object:
        module, _, attributes = self.value.partition("[")[0].partition(":")
        found: object = import_module(module.strip())
        for attribute in filter(None, attributes.strip().split(".")):
            found = getattr(found, attribute)
        return found

    def _checked(self, offered: object) -> list[type[Driver]]:
        drivers: list[type[Driver]] = []
        for driver in offered if isinstance(offered, Iterable) else [offered]:
            if not (isinstance(driver, type) and issubclass(driver, Driver)):
                raise self._error(
                    f"offers {driver!r}, which is not a driver; pymodaq_hsi_drivers returns a list of subclasses of "
                    "InstrumentDriver, LightControlDriver or ActuatorDriver"
                )
            if not (isinstance(driver.name, str) and driver.name):
                raise self._error(f"offers driver {driver.__name__}, which has no name; set the class attribute `name`")
            drivers.append(driver)
        return drivers

    def _error(self, problem: str) -> PluginError:
        return PluginError(f"plugin {self.name} {problem}", plugin=self.name)
