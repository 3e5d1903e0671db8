"""What a host does with an open driver: parameters, light state, streaming."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.drivers import Driver, InstrumentDriver, LightControlDriver, LightState, ReferenceName
from pymodaq_hsi.errors import AcquisitionError
from pymodaq_hsi.hosting.failures import error_to_message
from pymodaq_hsi.hosting.segment import Segment
from pymodaq_hsi.hosting.stream import Stream

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from pymodaq_hsi.hosting.wire import Message

__all__ = ["DeviceServer"]


class DeviceServer:
    """One connected device with its sub-devices; all methods run in the driver's thread.

    Attributes
    ----------
    emit : callable
        Sends an event to the application.
    """

    def __init__(self, bell: socket.socket) -> None:
        self.emit: Callable[[Message], None] = lambda _: None
        self._bell = bell
        self._devices: list[Driver] = []
        self._segment: Segment | None = None
        self._stream: Stream | None = None

    @property
    def streaming(self) -> bool:
        """Whether frames are being grabbed."""
        return self._stream is not None

    def operations(self) -> dict[str, Callable[..., Any]]:
        """Return what can be requested, by name."""
        return {
            "get": lambda name, device=0: self._devices[device].parameters.read(name),
            "set": self._set,
            "execute": self._execute,
            "values": self._values,
            "format": lambda: self._instrument().frame_format().to_message(),
            "attach": self._attach,
            "start": self._start,
            "stop": self._stop,
            "light": self._switch_light,
            "surroundings": self._surroundings,
        }

    def open(self, driver: type[Driver], device_id: str, settings: dict[str, object]) -> list[dict[str, Any]]:
        """Connect the device and describe it and its sub-devices."""
        checked = driver.connection_info().check_values(settings)
        primary = driver()
        self._devices = [primary]
        self._connect_events(primary, 0)
        primary.open(device_id, checked)
        for index, device in enumerate(primary.sub_devices, start=1):
            self._devices.append(device)
            self._connect_events(device, index)
        return [self._describe(device) for device in self._devices]

    def stream_once(self) -> None:
        """Grab one frame; an error ends the acquisition, not the process."""
        stream = self._stream
        assert stream is not None
        try:
            stream.step()
        except BaseException as error:  # strangers' code
            self._fail(stream, error)

    def shut_down(self) -> None:
        """Stop, make every device safe, close: each step even if the one before failed."""
        steps: list[Callable[[], object]] = [self._stop]
        steps += [device.make_safe for device in self._devices]
        steps += [device.close for device in reversed(self._devices)]
        for step in steps:
            try:
                step()
            except BaseException:  # strangers' code; the others must be closed all the same
                traceback.print_exc(file=sys.stderr)
        self._devices = []
        self._segment = None

    def _describe(self, device: Driver) -> dict[str, Any]:
        info = device.info
        return {
            "name": device.name,
            "type": int(device.driver_type),
            "display_name": info.display_name or device.name,
            "manufacturer": info.manufacturer,
            "model": info.model,
            "serial_number": info.serial_number,
            "parameters": [spec.to_message() for spec in device.parameters.info().parameters()],
        }

    def _connect_events(self, device: Driver, index: int) -> None:
        def publish(state: dict[str, Any]) -> None:
            self.emit({"event": "published", "device": index, "state": {"driver": device.name} | state})

        device.on_publish = publish

    def _tell_changes(self, index: int) -> None:
        device = self._devices[index]
        names = device.parameters.take_changes()
        if names:
            known = device.parameters.info()
            specs = [known[name].to_message() for name in names]
            self.emit({"event": "parameters", "device": index, "specs": specs})

    def _set(self, name: str, value: object, device: int = 0) -> object:
        try:
            return self._devices[device].parameters.write(name, value)
        finally:
            self._tell_changes(device)

    def _execute(self, name: str, device: int = 0) -> None:
        try:
            self._devices[device].parameters.execute(name)
        finally:
            self._tell_changes(device)

    def _values(self, device: int = 0) -> dict[str, object]:
        parameters = self._devices[device].parameters
        readable = [spec.name for spec in parameters.info().parameters() if spec.access.readable]
        return {name: parameters.read(name) for name in readable}

    def _instrument(self) -> InstrumentDriver:
        primary = self._devices[0] if self._devices else None
        if not isinstance(primary, InstrumentDriver):
            raise AcquisitionError(f"{primary.name if primary else 'the host'} is not an instrument: it has no frames")
        return primary

    def _attach(self, segment: str) -> None:
        self._segment = Segment.attach(segment)

    def _start(self, buffer_count: int, reference: str | None = None) -> dict[str, Any]:
        instrument = self._instrument()
        if self._stream is not None or self._segment is None:
            raise AcquisitionError(f"{instrument.name}: an acquisition is running, or there are no buffers")
        name = ReferenceName(reference) if reference else None
        frame_format = instrument.frame_format()
        stream = Stream(instrument, self._segment, self._bell, frame_format, buffer_count)
        try:
            instrument.start(name)
        except BaseException:
            stream.close()
            raise
        instrument.parameters.acquiring = True
        self._stream = stream
        self._tell_changes(0)
        return frame_format.to_message()

    def _stop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is None:
            return
        instrument = self._instrument()
        instrument.parameters.acquiring = False
        stream.close()
        instrument.stop()
        self._tell_changes(0)

    def _fail(self, stream: Stream, error: BaseException) -> None:
        self.emit({"event": "failed", "error": error_to_message(error)})
        stream.fail()
        try:
            self._stop()
        except BaseException:  # the first error is the one that counts; this one goes to the last words
            traceback.print_exc(file=sys.stderr)

    def _switch_light(self, state: int, device: int = 0) -> float:
        light = self._devices[device]
        if not isinstance(light, LightControlDriver):
            raise AcquisitionError(f"{light.name} is not a light: it cannot be switched")
        light.switch(LightState(state))
        self._tell_changes(device)
        return float(light.settle_time)

    def _surroundings(self, name: str, state: dict[str, Any] | None) -> None:
        for device in self._devices:
            device.take_surroundings(name, state)
        for index in range(len(self._devices)):
            self._tell_changes(index)
