"""What a host does with an open driver: parameters, light state, streaming."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.drivers import (
    DeviceInfo,
    Driver,
    FrameFormat,
    InstrumentDriver,
    LightControlDriver,
    LightState,
    ReferenceName,
)
from pymodaq_hsi.errors import AcquisitionError, DriverError
from pymodaq_hsi.hosting.failures import attempt, error_to_message, say_traceback
from pymodaq_hsi.hosting.orphan import end_copy
from pymodaq_hsi.hosting.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.hosting.bell import Bell
    from pymodaq_hsi.hosting.segment import Segment
    from pymodaq_hsi.hosting.wire import Message

__all__ = ["ComeBack", "DeviceServer"]

TELL_EVERY = 0.1
"""Seconds between two notifications of what a driver changes while it streams."""


class ComeBack(BaseException):
    """Raised inside of the driver's code when the host has to end; not an Exception, so that few drivers swallow it."""


class DeviceServer:
    """One connected device with its sub-devices; all methods run in the driver's thread.

    Attributes
    ----------
    emit : callable
        Sends an event to the application.
    process : int
        The number of the process in which this is.
    """

    def __init__(self, bell: Bell) -> None:
        self.emit: Callable[[Message], None] = lambda _: None
        self.process = os.getpid()
        self._bell = bell
        self._devices: list[Driver] = []
        self._segment: Segment | None = None
        self._stream: Stream | None = None
        self._told = 0.0

    @property
    def streaming(self) -> bool:
        """Whether frames are being grabbed."""
        return self._stream is not None

    def operations(self) -> dict[str, Callable[..., Any]]:
        """Return what can be requested, by name."""
        return {
            "get": lambda name, device=0: self._devices[device].parameters.read(name),
            "set": lambda name, value, device=0: self._devices[device].parameters.write(name, value),
            "execute": lambda name, device=0: self._devices[device].parameters.execute(name),
            "values": self._values,
            "format": lambda: _format(self._instrument()).to_message(),
            "corrections": lambda: _corrections(self._instrument()),
            "attach": self._attach,
            "start": self._start,
            "stop": self._stop,
            "light": self._switch_light,
            "surroundings": self._surroundings,
        }

    def open(
        self, driver: type[Driver], device_id: str, settings: dict[str, object], known: dict[str, str]
    ) -> list[dict[str, Any]]:
        """Connect the device and describe it and its sub-devices.

        Parameters
        ----------
        driver : type
        device_id : str
        settings : dict
            Connection parameters, not checked yet.
        known : dict
            What enumeration told of the device, as `DeviceInfo` has it; the driver may know more when it is open.
        """
        checked = driver.connection_info().check_values(settings)
        primary = driver()
        _check_made(primary)
        primary.info = DeviceInfo(**({"id": device_id} | known))
        self._devices = [primary]
        self._connect_events(primary, 0)
        try:
            primary.open(device_id, checked)
        finally:  # also those that it has made before it failed are switched off and closed
            usable, others = _sub_devices(primary)
            for index, device in enumerate(usable, start=1):
                self._devices.append(device)
                self._connect_events(device, index)
        if others:
            raise TypeError(
                f"{primary.name}.sub_devices has {others[0]!r}; it is a list of other drivers, each made once by open()"
            )
        for device in self._devices:
            device.parameters.take_changes()  # all that they did up to here is in the description
        return [self._describe(device) for device in self._devices]

    def stream_once(self) -> None:
        """Grab one frame; an error ends the acquisition, not the process."""
        stream = self._stream
        assert stream is not None
        try:
            stream.step()
            if time.monotonic() - self._told > TELL_EVERY:
                self.tell_changes()
        except ComeBack:
            raise
        except BaseException as error:  # strangers' code
            end_copy(self.process)
            self._fail(stream, error)

    def tell_changes(self) -> None:
        """Tell the application which parameters have changed their value, limits or access."""
        for index, device in enumerate(self._devices):
            if device.parameters.changed:
                names = device.parameters.take_changes()
                known = device.parameters.info()
                specs = [known[name].to_message() for name in names]
                self.emit({"event": "parameters", "device": index, "specs": specs})
        self._told = time.monotonic()

    def shut_down(self) -> None:
        """Make every device safe, stop, close: each step even if the one before failed.

        Lights and stages come first, lest a camera that hangs keeps a light on.
        """
        later = [device for device in self._devices if isinstance(device, InstrumentDriver)]
        first = [device for device in self._devices if device not in later]
        steps: list[Callable[[], object]] = [device.make_safe for device in first]
        steps += [self._stop]
        steps += [device.make_safe for device in later]
        steps += [device.close for device in reversed(self._devices)]
        for step in steps:
            try:
                step()
            except BaseException as error:  # strangers' code; the others must be closed all the same
                say_traceback(error)
            end_copy(self.process)
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

    def _values(self, device: int = 0) -> dict[str, object]:
        parameters = self._devices[device].parameters
        values: dict[str, object] = {}
        for name in parameters.readable():
            try:
                values[name] = parameters.read(name)
            except Exception as error:
                error.add_note(f"while reading parameter {name}")
                raise
        return values

    def _instrument(self) -> InstrumentDriver:
        primary = self._devices[0] if self._devices else None
        if not isinstance(primary, InstrumentDriver):
            raise AcquisitionError(f"{primary.name if primary else 'the host'} is not an instrument: it has no frames")
        return primary

    def _attach(self, segment: str) -> None:
        from pymodaq_hsi.hosting.segment import Segment  # only a camera that acquires needs what this loads

        self._segment = Segment.attach(segment)

    def _start(self, buffer_count: int, reference: str | None = None) -> dict[str, Any]:
        instrument = self._instrument()
        if self._stream is not None or self._segment is None:
            raise AcquisitionError(
                f"{instrument.name}: {'an acquisition is running' if self._stream else 'there are no buffers'}; "
                f"{'stop it' if self._stream else 'set them up'} first"
            )
        name = ReferenceName(reference) if reference else None
        frame_format = _format(instrument)
        stream = Stream(instrument, self._segment, self._bell, frame_format, buffer_count)
        try:
            instrument.start(name)
        except BaseException:
            self._end(stream, instrument.stop)
            raise
        instrument.parameters.acquiring = True
        self._stream = stream
        return frame_format.to_message()

    def _stop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            instrument = self._instrument()
            instrument.parameters.acquiring = False
            stream.close()
            instrument.stop()

    def _fail(self, stream: Stream, error: BaseException) -> None:
        self.emit({"event": "failed", "tried": attempt("grab", {}), "error": error_to_message(error)})
        stream.fail()
        self._end(stream, self._stop)

    def _end(self, stream: Stream, stop: Callable[[], None]) -> None:
        try:
            stop()
        except ComeBack:
            raise
        except BaseException as error:  # the first error is the one that counts; this one goes to the last words
            say_traceback(error)
        finally:
            stream.close()

    def _switch_light(self, state: int, device: int = 0) -> float:
        light = self._devices[device]
        if not isinstance(light, LightControlDriver):
            raise DriverError(f"{light.name} is not a light: it cannot be switched")
        light.switch(LightState(state))
        return float(light.settle_time)

    def _surroundings(self, name: str, state: dict[str, Any] | None) -> None:
        for device in self._devices:
            device.take_surroundings(name, state)


def _check_made(driver: Driver) -> None:
    if not hasattr(driver, "parameters"):
        kind = type(driver).__name__
        raise TypeError(f"{kind}.__init__ has to call super().__init__() before it does anything else")


def _sub_devices(primary: Driver) -> tuple[list[Driver], list[object]]:
    """Return the drivers that a device has opened beside itself, and what else it calls so."""
    found: object = primary.sub_devices
    usable: list[Driver] = []
    others: list[object] = []
    for device in found if isinstance(found, Iterable) else [found]:
        if isinstance(device, Driver) and hasattr(device, "parameters") and device not in (primary, *usable):
            usable.append(device)
        else:
            others.append(device)
    return usable, others


def _format(instrument: InstrumentDriver) -> FrameFormat:
    found: object = instrument.frame_format()
    if not isinstance(found, FrameFormat):
        raise TypeError(f"frame_format() returned {found!r}; it returns a FrameFormat")
    return found


def _corrections(instrument: InstrumentDriver) -> list[dict[str, object]]:
    found: object = instrument.corrections()
    steps: list[dict[str, object]] = []
    for step in found if isinstance(found, Iterable) else [found]:
        if not isinstance(step, Mapping):
            raise TypeError(f'corrections() returned {found!r}; it returns a list of mappings, each with its "kind"')
        steps.append(dict(step))
    return steps
