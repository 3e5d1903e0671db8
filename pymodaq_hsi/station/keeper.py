"""One connected device as a station keeps it: what is known of it can be told without asking it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices import LightControlDevice
from pymodaq_hsi.drivers import ParameterListType
from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.station.failures import error_message

if TYPE_CHECKING:
    from pymodaq_hsi.devices import Device, DeviceGroup
    from pymodaq_hsi.drivers import ParameterSpec
    from pymodaq_hsi.errors import DeviceLost
    from pymodaq_hsi.station.hub import EventHub, Message

__all__ = ["Keeper"]

_NOT_OFTENER = 0.1
"""Seconds from one look at all values to the next, at least: a scan may change them a thousand times a second."""
_STATUS_EVERY = 2.0
"""Seconds between two looks at the Status list, which devices do not tell of by themselves."""


class Keeper:
    """Keeps values and specs of a device, in a thread of its own, so that one that hangs keeps nobody else waiting.

    Parameters
    ----------
    name : str
        Of the device in the station.
    device : Device
    hub : EventHub
        Is told of all changes.

    Attributes
    ----------
    busy : threading.RLock
        Held while somebody sets something: what comes from several sides happens one after the other.
    """

    def __init__(self, name: str, device: Device, hub: EventHub) -> None:
        self.name = name
        self.device = device
        self.busy = threading.RLock()
        self._hub = hub
        self._values: dict[str, Any] = {}
        self._problem = ""
        self._changed: set[str] = set()
        self._wake = threading.Condition()
        self._dirty = True
        self._ended = False
        self._ends = [device.on_parameters_changed(self._take_specs)]
        if device is device.group.devices()[0]:
            self._ends.append(device.group.on_lost(self._take_loss))
        self._read_all(tell=False)
        self._thread = threading.Thread(target=self._keep, name=f"station {name}", daemon=True)
        self._thread.start()

    @property
    def group(self) -> DeviceGroup:
        """The group of the device."""
        return self.device.group

    @property
    def status(self) -> str:
        """``connected``, ``not answering`` or ``lost``."""
        if not self.device.connected:
            return "lost"
        return "not answering" if self._problem else "connected"

    def to_message(self, *, specs: bool = True) -> Message:
        """Return what is known, as JSON data, without asking the device."""
        device = self.device
        info = device.all_parameters()
        message: Message = {
            "name": self.name,
            "driver": device.name,
            "type": device.type.name,
            "identity": device.identity,
            "display_name": device.display_name,
            "manufacturer": device.manufacturer,
            "model": device.model,
            "serial_number": device.serial_number,
            "connected": device.connected,
            "status": self.status,
            "problem": self._problem,
            "values": dict(self._values),
        }
        if isinstance(device, LightControlDevice):
            message["light"] = device.state.name
        if specs:
            message["lists"] = {
                str(category): [spec.to_message() for spec in info.of_category(category).parameters()]
                for category in ParameterListType
            }
        return message

    def look_again(self) -> None:
        """Have all values read soon."""
        with self._wake:
            self._dirty = True
            self._wake.notify_all()

    def take_value(self, name: str, value: Any) -> None:
        """Take a value that somebody has just read or set, and tell if it is another one."""
        if self._values.get(name) != value:
            self._values = self._values | {name: value}
            self._hub.publish("parameters", device=self.name, values={name: value}, specs=[])

    def tell_state(self, event: str, **more: Any) -> None:
        """Tell what has become of the device."""
        self._hub.publish(event, device=self.name, state=self.to_message(specs=event == "reconnected"), **more)

    def close(self) -> None:
        """Keep it no longer."""
        for end in self._ends:
            end()
        with self._wake:
            self._ended = True
            self._wake.notify_all()

    def _take_specs(self, specs: list[ParameterSpec]) -> None:
        self._changed |= {spec.name for spec in specs}
        self.look_again()

    def _take_loss(self, error: DeviceLost) -> None:
        self.tell_state("lost", error=error_message(error))

    def _keep(self) -> None:
        looked = time.monotonic()
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._dirty or self._ended, _STATUS_EVERY)
                if self._ended:
                    return
                dirty, self._dirty = self._dirty, False
            if not self.device.connected:
                continue
            if dirty:
                pause = looked + _NOT_OFTENER - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
                looked = time.monotonic()
            self._read_all() if dirty else self._read_status()

    def _read_all(self, *, tell: bool = True) -> None:
        with self.busy:  # what somebody sets meanwhile is told after this, not before
            self._read_values(tell=tell)

    def _read_values(self, *, tell: bool) -> None:
        changed, self._changed = self._changed, set()
        try:
            values = self.device.values()
        except HsiError as error:
            self._take_problem(error)
            return
        self._answered()
        before, self._values = self._values, values
        news = {name: value for name, value in values.items() if name not in before or before[name] != value}
        gone = [name for name in before if name not in values]
        info = self.device.all_parameters()
        specs = [info[name].to_message() for name in sorted(changed) if name in info]
        if tell and (news or specs or gone):
            self._hub.publish("parameters", device=self.name, values=news, gone=gone, specs=specs)

    def _read_status(self) -> None:
        news = {}
        try:
            for spec in self.device.all_parameters().of_category(ParameterListType.Status).parameters():
                if spec.access.readable and spec.name in self._values:
                    value = self.device.get_parameter(spec.name)
                    if value != self._values[spec.name]:
                        news[spec.name] = value
        except HsiError as error:
            self._take_problem(error)
            return
        self._answered()
        if news:
            self._values = self._values | news
            self._hub.publish("parameters", device=self.name, values=news, specs=[])

    def _take_problem(self, error: HsiError) -> None:
        if not self.device.connected:
            return  # its loss was told
        first, self._problem = not self._problem, str(error)
        if first:
            self.tell_state("device", error=error_message(error))

    def _answered(self) -> None:
        if self._problem:
            self._problem = ""
            self.tell_state("device")
