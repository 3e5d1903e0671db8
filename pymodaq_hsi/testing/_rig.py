"""A driver under examination: its device, connected when a check wants it."""

from __future__ import annotations

import contextlib
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices import ActuatorDevice, connect
from pymodaq_hsi.devices.enumeration import enumerate_plugin
from pymodaq_hsi.drivers import AccessMode, ParameterType
from pymodaq_hsi.errors import ParameterError
from pymodaq_hsi.testing._check import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pymodaq_hsi.devices import (
        Buffer,
        Device,
        DeviceGroup,
        EnumeratedDevice,
        EnumeratedDriver,
        EnumerationResult,
        InstrumentDevice,
    )
    from pymodaq_hsi.drivers import ParameterSpec, Value
    from pymodaq_hsi.errors import DeviceTimeout

__all__ = ["Options", "Rig"]


@dataclass(frozen=True)
class Options:
    """How a plugin is examined; see `pymodaq_hsi.testing.conformance`."""

    parameters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)
    leave_alone: frozenset[str] = frozenset()
    timeout: float = 30.0


class Rig:
    """One driver and one of its devices.

    What it found when its plugin was loaded may be given, so that it is not asked again. Checks share a connection, as
    connecting a real device takes long; one that fails, or that leaves the device in a state of its own, ends it.

    Attributes
    ----------
    spoiled : bool
        The next check is to have a connection of its own: the device is not as it was.
    connected_before : bool
        A connection was made and used.
    """

    def __init__(self, driver: EnumeratedDriver, options: Options, first: EnumerationResult | None = None) -> None:
        self.driver = driver
        self.options = options
        self._first = first
        self._found: EnumeratedDevice | None = None
        self._group: DeviceGroup | None = None
        self.spoiled = self.connected_before = False

    def enumerate(self) -> EnumerationResult:
        """Ask this driver's plugin alone."""
        return enumerate_plugin(self.driver.plugin, self.driver.type, self.options.timeout)

    @property
    def first_enumeration(self) -> EnumerationResult:
        """What it found when it was asked for the first time."""
        if self._first is None:
            self._first = self.enumerate()
        return self._first

    def forget(self) -> None:
        """Ask anew."""
        self._first = self._found = None

    def mine(self, result: EnumerationResult) -> list[EnumeratedDevice]:
        """Return the devices of this driver."""
        return [device for device in result.devices if device.driver.name == self.driver.name]

    @property
    def found(self) -> EnumeratedDevice:
        """The device that is examined."""
        if self._found is None:
            result = self.first_enumeration
            devices = self.mine(result)
            wanted = self.options.devices.get(self.driver.name)
            if wanted is not None:
                devices = [d for d in devices if wanted in (d.id, d.identity, d.serial_number, d.display_name)]
            if not devices:
                errors = "; ".join(map(str, result.errors))
                raise Violation(
                    f"it found no device{f' {wanted!r}' if wanted else ''} to examine{'. ' + errors if errors else ''}",
                    "connect and switch on a device, or let enumerate() return a simulated one for the tests",
                    method="enumerate",
                )
            self._found = devices[0]
        return self._found

    @property
    def connection_parameters(self) -> dict[str, object]:
        """What is given when it is connected."""
        return dict(self.options.parameters.get(self.driver.name, {}))

    def group(self) -> DeviceGroup:
        """Return the shared connection."""
        if self._group is None or not self._group.connected or self.spoiled:
            self.drop()
            self._group = connect(self.found, self.connection_parameters, timeout=self.options.timeout)
        return self._group

    def drop(self) -> None:
        """End the shared connection."""
        self.spoiled = False
        group, self._group = self._group, None
        if group is not None:
            self.connected_before = True
            group.close()

    @contextmanager
    def fresh(self, parameters: Mapping[str, object] | None = None) -> Iterator[DeviceGroup]:
        """Connect for one check alone; the shared connection is ended before, a device may be connected only once."""
        self.drop()
        given = self.connection_parameters if parameters is None else parameters
        with connect(self.found, given, timeout=self.options.timeout) as group:
            yield group

    def settings(self) -> dict[tuple[str, str], tuple[ParameterSpec, Value | None]]:
        """Return what the parameters of the shared connection are set to, and what they take now."""
        return {
            (device.identity, spec.name): (spec, device.get_parameter(spec.name) if spec.access.readable else None)
            for device in self.group().devices()
            for spec in device.parameter_list().parameters()
            if spec.type is not ParameterType.Command and not _is_place(device, spec)
        }

    @contextmanager
    def restoring(self) -> Iterator[None]:
        """Put back what is changed meanwhile; if that cannot be done the next check has a connection of its own."""
        before = self.settings()
        yield
        if self.spoiled:
            return
        for device in self.group().devices():
            for spec in device.parameter_list().parameters():
                _, value = before.get((device.identity, spec.name), (spec, None))
                if value is None or spec.access is not AccessMode.ReadWrite or device.get_parameter(spec.name) == value:
                    continue
                with contextlib.suppress(ParameterError):  # it takes other values now: `spoiled` says so
                    device.set_parameter(spec.name, value)
        self.spoiled = self.settings() != before

    def primary(self) -> Any:
        """Return the shared device."""
        return self.group().primary_device()

    def allowed(self, device: Device) -> list[ParameterSpec]:
        """Return the parameters that the examination may touch."""
        return [spec for spec in device.all_parameters().parameters() if spec.name not in self.options.leave_alone]

    def frames(self, camera: InstrumentDevice, count: int, *, seconds: float = 4.0, **how: Any) -> list[Shot]:
        """Acquire frames, fewer when they come slowly, at least 2."""
        shots: list[Shot] = []
        deadline = time.monotonic() + seconds
        with camera.acquire(**how) as acquisition:
            while len(shots) < count and (len(shots) < 2 or time.monotonic() < deadline):
                shots.extend(Shot(buffer) for buffer in acquisition.buffers(1, self.frame_timeout))
        return shots

    @property
    def frame_timeout(self) -> float:
        """Seconds that a frame may take."""
        return min(10.0, self.options.timeout)


def _is_place(device: Device, spec: ParameterSpec) -> bool:
    """Return whether setting a parameter moves something."""
    return isinstance(device, ActuatorDevice) and spec.name == "Position"


class Shot:
    """What is kept of a frame.

    Attributes
    ----------
    number, timestamp_ns, dropped_before : int
    shape : tuple of int
    dtype : numpy.dtype
    level : float
        The mean of its samples.
    """

    def __init__(self, buffer: Buffer) -> None:
        self.number = buffer.number
        self.timestamp_ns = buffer.timestamp_ns
        self.dropped_before = buffer.dropped_before
        self.shape = buffer.data.shape
        self.dtype = buffer.data.dtype
        self.level = float(buffer.data.mean())


def no_frame(error: DeviceTimeout) -> Violation:
    """Say that a frame did not come."""
    return Violation(
        f"it was started and delivered no frame: {error}",
        "grab() returns True as soon as it has filled frame.data; if the instrument waits for a "
        "trigger, let its default "
        "be to run freely",
        method="grab",
    )
