"""Commands: which devices there are, connecting them, losing them, connecting them again."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices import DeviceGroup, EnumeratedDevice, EnumerationResult, connect, enumerate_devices
from pymodaq_hsi.devices.device import plain_value
from pymodaq_hsi.drivers import DriverType
from pymodaq_hsi.errors import CommandInvalid, HsiError, StationError
from pymodaq_hsi.station.core import Right, command
from pymodaq_hsi.station.hub import Message
from pymodaq_hsi.station.keeper import Keeper

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.station.core import Core
    from pymodaq_hsi.station.jobs import Job
    from pymodaq_hsi.station.live import LiveViews

__all__ = ["Connecting"]

_NAMES = {DriverType.Instrument: "camera", DriverType.Actuator: "stage", DriverType.LightControl: "light"}
_CLOSE_WITHIN = 10.0


class Connecting:
    """Finds, connects and disconnects devices."""

    def __init__(self, core: Core, live: LiveViews, forget: Callable[[str], None]) -> None:
        self._core = core
        self._live = live
        self._forget = forget
        self._found: EnumerationResult | None = None
        self._looking = threading.Lock()
        self._closed = False

    @command(Right.READ)
    def enumerate(self, type: str = "all", timeout: float = 5.0) -> Message:
        """Look for devices; a job, whose result has ``drivers``, ``devices``, ``warnings`` and ``errors``."""
        if type != "all" and type not in DriverType.__members__:
            known = ", ".join(["all", *(name for name in DriverType.__members__ if name != "Unknown")])
            raise CommandInvalid(f"there is no type of devices {type!r}; it is one of {known}")
        wanted = None if type == "all" else DriverType[type]

        def work(job: Job) -> Message:
            found = enumerate_devices(wanted, timeout)
            if wanted is None:
                self._found = found
            return _found_message(found)

        return self._core.jobs.start("enumerate", work)

    @command(Right.WRITE)
    def connect(
        self,
        device: str,
        parameters: dict[str, Any] | None = None,
        name: str = "",
        settings: dict[str, Any] | None = None,
        timeout: float = 60.0,
    ) -> Message:
        """Connect a device; a job, whose result is the list of names that it and its sub-devices have in the station.

        `device` is an identity, a driver's name, a display name or an id from enumeration; `parameters` are those of
        the connection, `settings` are set right after, in this order. Without a `name` the station gives one: camera,
        stage, light, camera2 and so on.
        """
        if name and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name):
            raise CommandInvalid(f"a device cannot be called {name!r}: letters, digits, _ and -, a letter first")
        if name in self._core.keepers:
            raise CommandInvalid(f"there is a device {name!r} already; choose another name, or disconnect it")

        def work(job: Job) -> list[str]:
            return self.bring(device, parameters or {}, name, settings or {}, timeout, job)

        return self._core.jobs.start("connect", work, device=device)

    def bring(
        self,
        device: str,
        parameters: Mapping[str, Any],
        name: str,
        settings: Mapping[str, Any],
        timeout: float,
        job: Job,
    ) -> list[str]:
        """Connect a device for a job; return the names that it and its sub-devices have got."""
        deadline = time.monotonic() + timeout
        known = self._known(device)
        if known is None:
            job.tell(doing="looking for it")
            known = self._look_for(device, min(5.0, timeout))
        job.tell(doing="connecting")
        group = connect(known, parameters, timeout=max(0.1, deadline - time.monotonic()))
        try:
            primary: Device = group.primary_device()
            for parameter, value in settings.items():
                primary.set_parameter(parameter, plain_value(parameter, value))
            job.check()
            return self._take(group, name)
        except BaseException:
            group.close()
            raise

    @command(Right.WRITE)
    def disconnect(self, device: str, timeout: float = 10.0) -> Message:
        """Disconnect a device and its sub-devices; a job."""
        keeper = self._core.keeper(device)
        for each in self._together(keeper.group):
            self._core.refuse_in_use(each.name, "disconnecting")

        def work(job: Job) -> None:
            self._leave(keeper.group, timeout)

        return self._core.jobs.start("disconnect", work, device=keeper.name)

    @command(Right.WRITE)
    def reconnect(self, device: str, timeout: float = 60.0) -> Message:
        """Connect a device again that was lost, as it was set; a job, with the names of those that are back."""
        keeper = self._core.keeper(device)
        together = self._together(keeper.group)
        for each in together:
            self._core.refuse_in_use(each.name, "reconnecting")

        def work(job: Job) -> list[str]:
            with keeper.busy, self._live.interrupted([each.name for each in together]):
                try:
                    keeper.group.reconnect(timeout)
                finally:
                    for each in together:
                        if each.device.connected:
                            each.look_again()
                            each.tell_state("reconnected")
            names = [each.name for each in together]
            self._live.take_connected(names)
            return names

        return self._core.jobs.start("reconnect", work, device=keeper.name)

    @command(Right.READ)
    def devices(self, specs: bool = True) -> list[Message]:
        """Return the state of all connected devices, as the station knows it; no device is asked."""
        return [keeper.to_message(specs=specs) for keeper in list(self._core.keepers.values())]

    def close(self) -> None:
        """Disconnect all, side by side."""
        self._closed = True
        groups = list({id(keeper.group): keeper.group for keeper in self._core.keepers.values()}.values())
        threads = [threading.Thread(target=self._leave, args=(group, 3.0), daemon=True) for group in groups]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + _CLOSE_WITHIN
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _known(self, device: str) -> EnumeratedDevice | None:
        if self._found is None:
            return None
        try:
            return self._found.device(device)
        except HsiError:
            return None

    def _look_for(self, device: str, timeout: float) -> EnumeratedDevice:
        with self._looking:  # of several that are connected at once, one looks for all
            known = self._known(device)
            if known is None:
                self._found = enumerate_devices(timeout=timeout)
                known = self._found.device(device)
            return known

    def _take(self, group: DeviceGroup, name: str) -> list[str]:
        names: list[str] = []
        with self._core.lock:
            if self._closed:
                raise StationError("the station is being closed; it connects nothing any more")
            for device in group.devices():
                wanted = name if device is group.primary_device() and name else _NAMES.get(device.type, "device")
                names.append(self._free_name(wanted, names))
        for each, device in zip(names, group.devices(), strict=True):
            self._core.keepers[each] = Keeper(each, device, self._core.hub)
        for each in names:
            self._core.hub.publish("connected", device=each, state=self._core.keepers[each].to_message())
        self._live.take_connected(names)
        return names

    def _free_name(self, wanted: str, taken: list[str]) -> str:
        number, name = 1, wanted
        while name in self._core.keepers or name in taken:
            number += 1
            name = f"{wanted}{number}"
        return name

    def _together(self, group: DeviceGroup) -> list[Keeper]:
        return [keeper for keeper in list(self._core.keepers.values()) if keeper.group is group]

    def _leave(self, group: DeviceGroup, timeout: float) -> None:
        together = self._together(group)
        self._live.forget([keeper.name for keeper in together])
        for keeper in together:
            keeper.close()
        group.close(timeout)
        for keeper in together:
            if self._core.keepers.pop(keeper.name, None) is not None:
                self._forget(keeper.name)
                self._core.hub.publish("disconnected", device=keeper.name)


def _found_message(found: EnumerationResult) -> Message:
    return {
        "drivers": [
            {
                "name": driver.name,
                "type": driver.type.name,
                "description": driver.description,
                "version": driver.version,
                "state": driver.state.name,
            }
            for driver in found.drivers
        ],
        "devices": [
            {
                "id": device.id,
                "identity": device.identity,
                "display_name": device.display_name,
                "driver": device.driver.name,
                "type": device.driver.type.name,
                "manufacturer": device.manufacturer,
                "model": device.model,
                "serial_number": device.serial_number,
                "parameters": [spec.to_message() for spec in device.parameter_info.parameters()],
            }
            for device in found.devices
        ],
        "warnings": [{"message": str(each), "driver": each.driver} for each in found.warnings],
        "errors": [{"message": str(each), "driver": each.driver, "details": each.details} for each in found.errors],
    }
