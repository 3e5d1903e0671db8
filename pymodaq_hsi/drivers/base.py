"""What all drivers have in common."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from pymodaq_hsi.drivers.enums import DriverType
from pymodaq_hsi.drivers.parameters import Parameter
from pymodaq_hsi.drivers.specs import ParameterInfo, Value
from pymodaq_hsi.drivers.store import ParameterStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["DeviceInfo", "Driver"]


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device that a driver found.

    Attributes
    ----------
    id : str
        What `Driver.open` needs to find it again; it may change when the machine restarts.
    display_name, manufacturer, model, serial_number : str
        Empty where not known. What a device's library gives as a number or as bytes becomes text.
    """

    id: str
    display_name: str = ""
    manufacturer: str = ""
    model: str = ""
    serial_number: str = ""

    def __post_init__(self) -> None:
        for field_ in fields(self):
            object.__setattr__(self, field_.name, _text(getattr(self, field_.name)))


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


@dataclass(slots=True)
class _Surroundings:
    """What other devices of the same application have published, by device name."""

    states: dict[str, dict[str, Any]] = field(default_factory=dict)


class Driver:
    """Base of `InstrumentDriver`, `LightControlDriver` and `ActuatorDriver`; subclass one of those.

    All methods of a driver are called in one thread of a process that the driver has for itself, never two at a
    time. Whatever it raises reaches the application as an error that names the driver; whatever it prints is kept.
    """

    driver_type: ClassVar[DriverType] = DriverType.Unknown
    name: ClassVar[str] = ""
    description: ClassVar[str] = ""
    version: ClassVar[str] = ""
    connection_parameters: ClassVar[Sequence[Parameter[Any]]] = ()

    def __init__(self) -> None:
        self.parameters = ParameterStore(self)
        self.info = DeviceInfo("")
        self.sub_devices: Sequence[Driver] = ()
        self.on_publish: Callable[[dict[str, Any]], None] | None = None
        self._surroundings = _Surroundings()

    @classmethod
    def enumerate(cls) -> Iterable[DeviceInfo]:
        """Return the devices that can be connected now."""
        raise TypeError(f"driver {cls.__name__} does not say how to enumerate its devices: define enumerate()")

    @classmethod
    def connection_info(cls) -> ParameterInfo:
        """Return what may be given when a device of this driver is connected."""
        given: object = cls.connection_parameters
        if not isinstance(given, Iterable) or not all(isinstance(each, Parameter) for each in given):
            raise TypeError(
                f"{cls.__name__}.connection_parameters is {given!r}; it is a tuple of parameters, such as "
                '(StringParameter("Host"),)'
            )
        return ParameterInfo((p.spec for p in cls.connection_parameters), device=cls.name)

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        """Connect the device; `settings` has a checked value for each connection parameter."""

    def close(self) -> None:
        """Let go of the device. Called once, also after an error, also when `open` failed half-way."""

    def make_safe(self) -> None:
        """Bring the device into the state in which it may be left alone; called before `close`."""

    def parameter_changed(self, name: str) -> None:
        """React to a parameter that the application has just set."""

    def publish(self, **state: Any) -> None:
        """Tell the other devices of the application something about this one (plain JSON data)."""
        if self.on_publish is not None:
            self.on_publish(state)

    def surroundings_changed(self, device: str) -> None:
        """React to what another device has published; see `surroundings`."""

    @property
    def surroundings(self) -> Mapping[str, Mapping[str, Any]]:
        """What the other connected devices have published, by device name; gone when they are gone.

        Each state has ``driver`` (the other driver's name) beside what it published.
        """
        return MappingProxyType(self._surroundings.states)

    def take_surroundings(self, device: str, state: Mapping[str, Any] | None) -> None:
        """Take what a device has published, or (None) that it is gone; called by the host."""
        if state is None:
            self._surroundings.states.pop(device, None)
        else:
            self._surroundings.states[device] = dict(state)
        self.surroundings_changed(device)
