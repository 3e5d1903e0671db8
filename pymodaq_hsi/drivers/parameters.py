"""How a driver declares its parameters: as attributes of its class.

>>> from pymodaq_hsi.drivers import FloatParameter, InstrumentDriver
>>> class Camera(InstrumentDriver):
...     exposure = FloatParameter("ExposureTime", default=10.0, minimum=0.1, maximum=1000.0, unit="ms")
...
...     @exposure.on_set
...     def _write_exposure(self, milliseconds: float) -> None:
...         self.sdk_exposure = milliseconds * 1000

Inside the driver ``self.exposure`` is the present value, and assigning it says what the device really does
(a rounded exposure, a new temperature) without writing to the device again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from pymodaq_hsi.drivers.entries import Entries, entries_of
from pymodaq_hsi.drivers.enums import AccessMode, ParameterListType, ParameterType
from pymodaq_hsi.drivers.specs import ParameterSpec, Value
from pymodaq_hsi.errors import ParameterError

if TYPE_CHECKING:
    from pymodaq_hsi.drivers.base import Driver

__all__ = [
    "BooleanParameter",
    "CommandParameter",
    "EnumerationParameter",
    "FileParameter",
    "FloatParameter",
    "IntegerParameter",
    "Parameter",
    "StringParameter",
]

T = TypeVar("T", bound=Value)
Setter = Callable[[Any, Any], Any]
Getter = Callable[[Any], Any]


class Parameter(Generic[T]):
    """What all declarations share; use the typed ones below.

    Parameters
    ----------
    spec : ParameterSpec
        What the application is told of it.
    """

    def __init__(self, spec: ParameterSpec) -> None:
        self.spec = spec
        self.setter: Setter | None = None
        self.getter: Getter | None = None

    @property
    def name(self) -> str:
        """The parameter's name as the application sees it."""
        return self.spec.name

    def on_set(self, function: Setter) -> Setter:
        """Let `function(driver, value)` write the checked value to the device.

        What it returns, unless None, is the value that the device really took.
        """
        self.setter = function
        return function

    def on_get(self, function: Getter) -> Getter:
        """Let `function(driver)` read the value from the device."""
        self.getter = function
        return function

    @overload
    def __get__(self, driver: None, owner: type) -> Parameter[T]: ...
    @overload
    def __get__(self, driver: Driver, owner: type) -> T: ...
    def __get__(self, driver: Driver | None, owner: type) -> Parameter[T] | T:
        if driver is None:
            return self
        return driver.parameters.get(self.name)  # type: ignore[return-value]

    def __set__(self, driver: Driver, value: T) -> None:
        driver.parameters.report(self.name, value)


def _spec(
    name: str,
    kind: ParameterType,
    *,
    default: Value | None,
    unit: str = "",
    access: AccessMode = AccessMode.ReadWrite,
    category: ParameterListType = ParameterListType.Parameter,
    display_name: str = "",
    description: str = "",
    affects: Iterable[str] = (),
    affects_reference: bool = False,
    locked_while_acquiring: bool = False,
    **more: Any,
) -> ParameterSpec:
    return ParameterSpec(
        name=name,
        type=kind,
        default=default,
        unit=unit,
        access=access,
        category=category,
        display_name=display_name,
        description=description,
        affects=(affects,) if isinstance(affects, str) else tuple(affects),
        affects_reference=affects_reference,
        locked_while_acquiring=locked_while_acquiring,
        **more,
    )


def _number(
    name: str, kind: ParameterType, default: float | None, limits: dict[str, Any], common: Any
) -> ParameterSpec:
    """Make the spec of a number, whose default has to be a value that may be set."""
    spec = _spec(name, kind, default=default, **limits, **common)
    low, high = spec.minimum, spec.maximum
    nearest_to_zero = min(max(0, low if low is not None else 0), high if high is not None else math.inf)
    return _with_default(spec, nearest_to_zero if default is None else default)


def _with_default(spec: ParameterSpec, default: object) -> ParameterSpec:
    return spec.with_changes(default=spec.check(default, device="declared default"))


def _without_default(name: str, common: Mapping[str, Any], instead: str) -> None:
    if "default" in common:
        raise ParameterError(f"{name}: default={common['default']!r} cannot be given; {instead}")


class FloatParameter(Parameter[float]):
    """A number with limits in a unit; keyword arguments as `ParameterSpec`'s attributes.

    Parameters
    ----------
    default : float, optional
        0 where none is given, or the limit that is nearest to it.
    minimum, maximum, increment : float, optional
    """

    def __init__(
        self,
        name: str,
        *,
        default: float | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        increment: float | None = None,
        **common: Any,
    ) -> None:
        limits: dict[str, Any] = {"minimum": minimum, "maximum": maximum, "increment": increment}
        super().__init__(_number(name, ParameterType.Float, default, limits, common))


class IntegerParameter(Parameter[int]):
    """An integer with limits; keyword arguments as `ParameterSpec`'s attributes.

    Parameters
    ----------
    default : int, optional
        0 where none is given, or the limit that is nearest to it.
    minimum, maximum, increment : int, optional
    """

    def __init__(
        self,
        name: str,
        *,
        default: int | None = None,
        minimum: int | None = None,
        maximum: int | None = None,
        increment: int | None = None,
        **common: Any,
    ) -> None:
        limits: dict[str, Any] = {"minimum": minimum, "maximum": maximum, "increment": increment}
        super().__init__(_number(name, ParameterType.Integer, default, limits, common))


class BooleanParameter(Parameter[bool]):
    """True or false."""

    def __init__(self, name: str, *, default: bool = False, **common: Any) -> None:
        super().__init__(_with_default(_spec(name, ParameterType.Boolean, default=None, **common), default))


class EnumerationParameter(Parameter[str]):
    """One of several named choices; the value is the entry's name.

    Parameters
    ----------
    entries : iterable of str or EnumerationEntry, or mapping of name to value
        Plain names are numbered from 0. The default is the first entry.
    """

    def __init__(
        self,
        name: str,
        entries: Entries,
        *,
        default: str | None = None,
        **common: Any,
    ) -> None:
        choices = entries_of(name, entries)
        if not choices:
            raise ParameterError(f"enumeration {name}: give it at least one entry")
        spec = _spec(name, ParameterType.Enumeration, default=None, entries=choices, **common)
        super().__init__(_with_default(spec, default if default is not None else choices[0].name))


class StringParameter(Parameter[str]):
    """Free text."""

    def __init__(self, name: str, *, default: str = "", **common: Any) -> None:
        super().__init__(_with_default(_spec(name, ParameterType.String, default=None, **common), default))


class FileParameter(Parameter[str]):
    """The path of a file that is there; absolute when the driver sees it.

    Parameters
    ----------
    file_filter : str
        A glob pattern for file dialogs, such as ``*.hdr``.
    required : bool
        Connecting without it is refused. Otherwise it is ``""`` when not given.
    """

    def __init__(self, name: str, *, file_filter: str = "", required: bool = False, **common: Any) -> None:
        _without_default(name, common, 'a file that nobody gives is "", or has to be given (required=True)')
        default = None if required else ""
        more: dict[str, Any] = {"file_filter": file_filter, "required": required}
        super().__init__(_spec(name, ParameterType.File, default=default, **more, **common))


class CommandParameter(Parameter[str]):
    """Something to do; decorate the method that does it with `on_execute`."""

    def __init__(self, name: str, **common: Any) -> None:
        _without_default(name, common, "a command has no value")
        common.setdefault("access", AccessMode.WriteOnly)
        super().__init__(_spec(name, ParameterType.Command, default=None, **common))

    def on_execute(self, function: Getter) -> Getter:
        """Let `function(driver)` do it."""
        self.getter = function
        return function
