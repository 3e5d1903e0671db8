"""Connecting: from an enumerated device to a group of devices that can be used."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices.bench import bench
from pymodaq_hsi.devices.device import Device, plain_value
from pymodaq_hsi.devices.enumeration import (
    EnumeratedDevice,
    EnumeratedDriver,
    enumerate_plugin,
    find_devices,
    find_driver,
    seen_device,
)
from pymodaq_hsi.devices.instrument import InstrumentDevice
from pymodaq_hsi.devices.lights import LightControlDevice
from pymodaq_hsi.devices.settings import ConnectionSettings
from pymodaq_hsi.devices.stages import ActuatorDevice
from pymodaq_hsi.devices.timeouts import as_seconds
from pymodaq_hsi.drivers import DriverType
from pymodaq_hsi.errors import ConnectionFailed, DriverError, ParameterError
from pymodaq_hsi.hosting.inline import Hosting, host_class
from pymodaq_hsi.hosting.running import STOP_GRACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.drivers import Value
    from pymodaq_hsi.errors import DeviceLost
    from pymodaq_hsi.hosting.process import HostProcess
    from pymodaq_hsi.hosting.wire import Message

__all__ = ["ConnectionSettings", "DeviceGroup", "connect"]

CLEAN_UP = 1.0
"""Seconds that a driver which could not connect has to let go of what it had opened."""

LOOK_FOR = 5.0
"""Seconds of the timeout that are spent on finding a device by its name."""

FIND_AGAIN = 15.0
"""Seconds of the timeout that are spent at most on finding a lost device by its identity."""

_log = logging.getLogger(__name__)
_numbers = itertools.count(1)  # a device may be connected twice, where its driver allows

_DEVICE_TYPES: dict[DriverType, type[Device]] = {
    DriverType.Instrument: InstrumentDevice,
    DriverType.Actuator: ActuatorDevice,
    DriverType.LightControl: LightControlDevice,
}


class DeviceGroup:
    """A connected device with its sub-devices; a context manager that disconnects.

    Parameters
    ----------
    settings : ConnectionSettings
    driver : EnumeratedDriver, optional
        Where enumeration found it; looked up by name otherwise.
    known : mapping, optional
        What enumeration told of the device: display_name, manufacturer, model, serial_number. By default what it told
        last of this id, if this process has enumerated.
    hosting : {"process", "inline"}
        As in `connect`.

    Raises
    ------
    ParameterError
        A connection parameter is unknown, refused or missing.
    ConnectionFailed, DriverCrashed, DeviceTimeout
        The driver could not open the device; its process is gone again.
    DriverNotFound
    """

    def __init__(
        self,
        settings: ConnectionSettings,
        driver: EnumeratedDriver | None = None,
        known: Mapping[str, str] | None = None,
        hosting: Hosting = "process",
    ) -> None:
        deadline = time.monotonic() + as_seconds(settings.timeout)
        self.settings = settings
        self.closed = False
        self._closing = threading.RLock()
        self._devices: list[Device] = []
        self._callbacks: list[Callable[[DeviceLost], None]] = []
        self._lost = False
        self._loss: DeviceLost | None = None
        self._values = self._connection_values()
        self._known = dict(seen_device(settings.driver_name, settings.id) if known is None else known)
        self._host_class = host_class(hosting)
        if driver is None:
            driver = find_driver(settings.driver_name, settings.driver_type, min(settings.timeout, 10.0))
        self.driver = driver
        self._number = next(_numbers)
        self._host = self._start_host()
        self._open(deadline)

    def __enter__(self) -> DeviceGroup:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<DeviceGroup {self.driver.name}, {'closed' if self.closed else self._devices}>"

    @property
    def connected(self) -> bool:
        """Whether the driver's process is there, has the device open, and has not said that the device is gone."""
        return self._host.alive and not self.closed and not self._lost

    @property
    def loss(self) -> DeviceLost | None:
        """How the device was lost; None as long as it is there, and when it was closed."""
        if self._loss is None and not self.closed and not self._host.alive:
            return self._host.crash()
        return self._loss

    @property
    def pid(self) -> int:
        """The number of the process that the driver runs in."""
        return self._host.pid

    def devices(self) -> list[Device]:
        """Return the primary device and its sub-devices."""
        return list(self._devices)

    def primary_device(self) -> Any:
        """Return the device that was connected: an `InstrumentDevice`, `LightControlDevice` or `ActuatorDevice`."""
        return self._devices[0]

    def close(self, timeout: float = STOP_GRACE) -> None:
        """Disconnect; frames that are still held stay valid. Does nothing the second time, and never raises.

        Parameters
        ----------
        timeout : float
            Seconds that the driver has to make the device safe and let go of it; then its process is ended.
        """
        with self._closing:
            if self.closed:
                return
            try:
                for device in self._devices:
                    device.before_close()
            finally:
                self.closed = True
                bench.leave(self)
                self._host.close(timeout)

    def reconnect(self, timeout: float | None = None) -> None:
        """Connect the device again, after its loss or after `close`, in a new process; other groups go on.

        The device objects stay the same: those who hold them, contexts and references among them, use them further.
        A device with a serial number is looked for first and found wherever it is now. What the application has set
        is set again, in the same order; buffers are set up again and lights brought into the state that they were
        in. A stage does not move, and no acquisition is started, by itself. Frames in hand stay valid.

        Parameters
        ----------
        timeout : float, optional
            Seconds for connecting; that of the settings by default. A driver that hangs is ended before, which takes
            some seconds of its own.

        Raises
        ------
        ConnectionFailed, DriverCrashed, DeviceTimeout
            The device cannot be opened, or it is another one. The group is closed; try again when the cause is gone.
        ParameterError
            The device is connected, but does not take the settings that the message names.
        """
        with self._closing:
            values = self._connection_values()
            self.close()
            deadline = time.monotonic() + as_seconds(self.settings.timeout if timeout is None else timeout)
            self._values = values
            self.settings.id = self._present_id(deadline)
            self._host = self._start_host()
            self.closed = self._lost = False
            self._loss = None
            self._open(deadline)
            refused = [text for device in self._devices for text in device.restore()]
        if refused:
            raise ParameterError(
                f"{self.driver.name} is connected again, but not as it was: {'; '.join(refused)}. Set these yourself; "
                "references that depend on them do not fit until then",
                device=self.driver.name,
            )

    def on_lost(self, callback: Callable[[DeviceLost], None]) -> Callable[[], None]:
        """Have `callback(error)` called when the device is lost; returns a function that ends it.

        It is called once for each loss, at once, in a thread of the connection: be quick. The device is lost when its
        driver's process has died (the error says how, and has its last words) or its driver says so (`DeviceLost`).
        Closing is no loss.
        """
        self._callbacks.append(callback)

        def end() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return end

    def tell_surroundings(self, name: str, state: Mapping[str, Any] | None) -> None:
        """Pass on what another device has published; called by the bench."""
        self._host.tell("surroundings", name=name, state=None if state is None else dict(state))

    def _start_host(self) -> HostProcess:
        return self._host_class(
            self.driver.name,
            self.driver.plugin.host_config(),
            on_event=self._take_event,
            on_death=self._take_death,
            advice="connect it again (its group can: reconnect())",
        )

    def _open(self, deadline: float) -> None:
        try:
            descriptions = self._host.request(
                "open",
                max(0.01, deadline - time.monotonic()),
                driver=self.driver.name,
                device_id=self.settings.id,
                settings=self._values,
                known=self._known,
            )
            self._take_descriptions(descriptions)
            bench.enter(self)
        except BaseException as error:
            self._abandon()
            if isinstance(error, DriverError):
                raise ConnectionFailed(str(error), device=self.driver.name) from error
            raise

    def _take_descriptions(self, descriptions: list[dict[str, Any]]) -> None:
        """Make the devices; when it is connected again, give those that there are their new process."""
        if not self._devices:
            for index, description in enumerate(descriptions):
                kind = _DEVICE_TYPES.get(DriverType(description["type"]), Device)
                self._devices.append(kind(self, self._host, index, description))
            return
        before = [(device.name, int(device.type), device.serial_number) for device in self._devices]
        now = [(each["name"], each["type"], each["serial_number"]) for each in descriptions]
        if before != now:
            raise ConnectionFailed(
                f"{self.driver.name}: another device answers at {self.settings.id!r}: {_named(now)} instead of "
                f"{_named(before)}; plug the old one in again, or connect the new one with connect()",
                device=self.driver.name,
            )
        for device, description in zip(self._devices, descriptions, strict=True):
            device.take_connection(self._host, description)

    def _present_id(self, deadline: float) -> str:
        """Return the id that the device has now: it may have come back at another place."""
        identity = self._devices[0].identity if self._devices and self._devices[0].serial_number else ""
        if not identity:
            return self.settings.id
        seconds = min(FIND_AGAIN, (deadline - time.monotonic()) / 2)
        found = enumerate_plugin(self.driver.plugin, self.driver.type, seconds)
        return next((device.id for device in found.devices if device.identity == identity), self.settings.id)

    def _abandon(self) -> None:
        """Let a driver that could not connect, or not in time, let go of what it has opened."""
        self.closed = True
        bench.leave(self)
        self._host.dismiss(CLEAN_UP, patience=0.0)

    def _take_event(self, message: Message) -> None:
        if self.closed:
            return  # what a device says while it is being closed must not bring it back to the bench
        index = message.get("device", 0)
        match message.get("event"):
            case "published":
                name = f"{self.driver.name}:{self.settings.id}/{index}#{self._number}"
                bench.publish(self, name, message["state"])
            case "parameters" if index < len(self._devices):
                self._devices[index].take_specs(message["specs"])
            case "failed" if self._devices and isinstance(self._devices[0], InstrumentDevice):
                self._devices[0].take_failure(message["tried"], message["error"])

    def take_loss(self, error: DeviceLost, host: HostProcess | None = None) -> None:
        """Take that the driver (in the process `host`) has lost its device; called by the devices."""
        if not self.connected or host not in (None, self._host):
            return  # it is known, or it was meant, or it is connected again meanwhile
        self._lost = True
        self._tell_loss(error)

    def _take_death(self) -> None:
        if not self._lost:
            self._lost = True
            self._tell_loss(self._host.crash())

    def _tell_loss(self, error: DeviceLost) -> None:
        self._loss = error
        bench.leave(self)
        for device in self._devices:
            device.after_death()
        for callback in list(self._callbacks):
            try:
                callback(error)
            except Exception:  # the application's own mistake; the others are told all the same
                _log.exception("%s: a callback for its loss failed", self.driver.name)

    def _connection_values(self) -> dict[str, Value]:
        return {name: plain_value(name, value) for name, value in self.settings.connection_parameters.items()}


def _named(devices: list[tuple[str, int, str]]) -> str:
    return ", ".join(f"{name} {serial}".strip() for name, _, serial in devices) or "none"


def connect(
    device: EnumeratedDevice | ConnectionSettings | str,
    parameters: Mapping[str, object] | None = None,
    *,
    timeout: float = 60.0,
    hosting: Hosting = "process",
) -> DeviceGroup:
    """Connect a device.

    Parameters
    ----------
    device : EnumeratedDevice, ConnectionSettings or str
        A string is looked for (`find_devices`): a driver's name, a display name, or an identity.
    parameters : mapping, optional
        Connection parameters by name.
    timeout : float
        Seconds; that of `ConnectionSettings` rules where one is given.
    hosting : {"process", "inline"}
        "process" gives the driver a process of its own. "inline" runs it in this one, in a thread, for debugging it
        with breakpoints; all else is the same, but nothing is isolated: a crash ends the application.

    Returns
    -------
    DeviceGroup
        Use it in a ``with`` statement.

    Raises
    ------
    DeviceNotFound, ParameterError, ConnectionFailed, DriverCrashed, DeviceTimeout
    """
    if not isinstance(device, (EnumeratedDevice, ConnectionSettings, str)):
        raise TypeError(f"connect takes a device that was enumerated, its settings or its name, not {device!r}")
    if not isinstance(parameters or {}, Mapping):
        raise TypeError(f"connection parameters are values by name, {{'Cube': 'x.hdr'}}, not {parameters!r}")
    if isinstance(device, ConnectionSettings):
        settings = ConnectionSettings(
            device.driver_name,
            device.driver_type,
            device.id,
            device.connection_parameters | dict(parameters or {}),
            device.timeout,
        )
        return DeviceGroup(settings, hosting=hosting)
    deadline = time.monotonic() + as_seconds(timeout)
    if isinstance(device, str):
        device = find_devices([device], min(timeout, LOOK_FOR)).device(device)
    given = {name: plain_value(name, value) for name, value in (parameters or {}).items()}
    checked = device.parameter_info.check_values(given)
    left = max(0.01, deadline - time.monotonic())
    settings = ConnectionSettings(device.driver.name, device.driver.type, device.id, checked, left)
    return DeviceGroup(settings, device.driver, device.known(), hosting)
