"""What all connected devices have in common."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.drivers import (
    DriverType,
    EnumerationEntry,
    ParameterInfo,
    ParameterListType,
    ParameterSpec,
    ParameterType,
    Value,
)
from pymodaq_hsi.drivers.specs import absolute_path
from pymodaq_hsi.errors import DeviceLost, DriverError, HsiError, ParameterError

if TYPE_CHECKING:
    from pymodaq_hsi.devices.connection import DeviceGroup
    from pymodaq_hsi.hosting.process import HostProcess

__all__ = ["Device", "plain_value"]

DEFAULT_TIMEOUT = 10.0

_log = logging.getLogger(__name__)

ParametersCallback = Callable[[list[ParameterSpec]], None]


class Device:
    """One connected device; made by `connect`, ended by its group.

    Attributes
    ----------
    name : str
        Of the driver.
    type : DriverType
    display_name, manufacturer, model, serial_number : str
    group : DeviceGroup
    timeout : float
        Seconds that it has to answer a request (10 by default); then `DeviceTimeout` is raised.
    """

    def __init__(self, group: DeviceGroup, host: HostProcess, index: int, description: dict[str, Any]) -> None:
        self.group = group
        self.name: str = description["name"]
        self.type = DriverType(description["type"])
        self.timeout = DEFAULT_TIMEOUT
        self._host = host
        self._index = index
        self._callbacks: list[ParametersCallback] = []
        self._wanted: dict[str, Value] = {}  # what the application has set, the last at the end
        self._info = ParameterInfo(device=self.name)
        self._lists = {category: ParameterInfo(device=self.name) for category in ParameterListType}
        self._describe(description)

    def __repr__(self) -> str:
        state = "connected" if self.connected else "not connected"
        return f"<{type(self).__name__} {self.display_name}, {state}>"

    @property
    def connected(self) -> bool:
        """Whether its driver is there and has it open."""
        return self._host.alive and self.group.connected

    @property
    def last_words(self) -> str:
        """The last lines that its driver has printed."""
        return self._host.last_words

    @property
    def identity(self) -> str:
        """Driver and serial number (the id where there is none), as enumeration says it: for presets and files."""
        known = self.serial_number or ("" if self._index else self.group.settings.id)
        return f"{self.name}:{known}" if known else self.name

    def parameter_list(self, category: ParameterListType = ParameterListType.Parameter) -> ParameterInfo:
        """Return one of the three lists; the object goes on to say what is true of the device."""
        return self._lists[ParameterListType(category)]

    def all_parameters(self) -> ParameterInfo:
        """Return the parameters of all three lists; the object goes on to say what is true of the device."""
        return self._info

    def get_parameter(self, name: str) -> Value:
        """Return a parameter's value as the device has it now.

        Raises
        ------
        UnknownParameter, ParameterError
            There is no such parameter, or it cannot be read now.
        DeviceLost, DriverError, DeviceTimeout
        """
        self._info[name]
        value: Value = self.request("get", name=name)
        return value

    def set_parameter(self, name: str, value: object) -> Value:
        """Set a parameter.

        Parameters
        ----------
        name : str
        value : object
            In the parameter's type, or a string that says it (``"On"``, ``"1.5e3"``, an entry's name).

        Returns
        -------
        bool, int, float or str
            What the device really took.

        Raises
        ------
        UnknownParameter, ParameterError
            With the parameter, the value and what it takes; nothing was changed.
        DeviceLost, DriverError, DeviceTimeout
        """
        plain = plain_value(name, value)
        if self._info[name].type is ParameterType.File and plain:
            plain = absolute_path(str(plain))  # the driver's process has a working directory of its own
        taken: Value = self.request("set", name=name, value=plain)
        self._wanted.pop(name, None)
        self._wanted[name] = plain
        return taken

    def execute(self, name: str, *, timeout: float | None = None) -> None:
        """Run a command parameter.

        Parameters
        ----------
        name : str
        timeout : float, optional
            Seconds; the device's `timeout` by default.

        Raises
        ------
        UnknownParameter, ParameterError
            There is no such parameter, it is not a command, or it cannot be executed now.
        DeviceLost, DriverError, DeviceTimeout
        """
        self._info[name]
        self.request("execute", timeout=timeout, name=name)

    def values(self) -> dict[str, Value]:
        """Return all values that can be read now, of all three lists."""
        values: dict[str, Value] = self.request("values")
        return values

    def settings(self) -> dict[str, Any]:
        """Return what a file should say of the device: who it is, how it was connected, its values with units.

        JSON data, of which the device can be connected and set again.
        """
        values = self.values()
        return {
            "driver": self.name,
            "type": self.type.name,
            "identity": self.identity,
            "connection": {
                name: plain_value(name, value) for name, value in self.group.settings.connection_parameters.items()
            },
            "display_name": self.display_name,
            "manufacturer": self.manufacturer,
            "model": self.model,
            "serial_number": self.serial_number,
            "parameters": values,
            "units": {name: self._info[name].unit for name in values if self._info[name].unit},
        }

    def on_parameters_changed(self, callback: ParametersCallback) -> Callable[[], None]:
        """Have `callback(specs)` called when values, limits or access change; returns a function that ends it.

        It is called in a thread of the connection: be quick, and do not call the device from it.
        """
        self._callbacks.append(callback)

        def end() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return end

    def request(self, operation: str, *, timeout: float | None = None, **arguments: Any) -> Any:
        """Ask the driver's process; for the classes of this package."""
        if self.group.closed:
            raise DeviceLost(f"{self.display_name} is not connected any more; connect it again", device=self.name)
        seconds = self.timeout if timeout is None else timeout
        host = self._host
        try:
            return host.request(operation, seconds, **self._addressed(arguments))
        except DeviceLost as error:
            self.group.take_loss(error, host)
            raise

    def tell(self, operation: str, **arguments: Any) -> None:
        """Tell the driver's process what needs no answer; for the classes of this package."""
        self._host.tell(operation, **self._addressed(arguments))

    def take_specs(self, messages: list[dict[str, Any]]) -> None:
        """Take news about parameters; called by the group."""
        specs = self._take_into_lists(messages)
        for callback in list(self._callbacks):
            try:
                callback(specs)
            except Exception:  # the application's own mistake; the others are told all the same
                _log.exception("%s: a callback for changed parameters failed", self.display_name)

    def take_connection(self, host: HostProcess, description: dict[str, Any]) -> None:
        """Go on with a new process of the driver; called by the group."""
        self._host = host
        self._describe(description)
        self.take_specs(description["parameters"])

    def restore(self) -> list[str]:
        """Bring the device into the state that the application had given it; called by the group.

        Returns
        -------
        list of str
            What could not be restored, and why.
        """
        left = self._to_restore()
        while left:
            refused: dict[str, HsiError] = {}
            for name, value in left.items():
                try:
                    self.request("set", name=name, value=value)
                except (ParameterError, DriverError) as error:  # another setting may have to come first
                    refused[name] = error
            if len(refused) == len(left):
                return [str(error) for error in refused.values()]
            left = {name: left[name] for name in refused}
        return []

    def before_close(self) -> None:
        """End what is going on; called by the group before the driver is told to close."""

    def after_death(self) -> None:
        """Put in order what the device has left behind elsewhere; called by the group when its process has died."""

    def _to_restore(self) -> dict[str, Value]:
        """Return the settings that a new process of the driver is given."""
        return dict(self._wanted)

    def _describe(self, description: dict[str, Any]) -> None:
        self.display_name: str = description["display_name"]
        self.manufacturer: str = description["manufacturer"]
        self.model: str = description["model"]
        self.serial_number: str = description["serial_number"]
        self._take_into_lists(description["parameters"])

    def _take_into_lists(self, messages: list[dict[str, Any]]) -> list[ParameterSpec]:
        specs = [ParameterSpec.from_message(message) for message in messages]
        for spec in specs:
            self._info.take(spec)
            self._lists[spec.category].take(spec)
        return specs

    def _addressed(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return arguments | {"device": self._index} if self._index else arguments


def plain_value(name: str, value: object) -> Value:
    """Return a value as JSON knows it: NumPy scalars, paths and entries of enumerations become plain.

    Raises
    ------
    ParameterError
        No parameter takes such an object.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if isinstance(value, EnumerationEntry):
        return value.name
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name
    if isinstance(value, (bool, int, float, str)):
        return value
    raise ParameterError(f"{name} = {value!r} is refused: give a number, a truth value, a string or a path")
