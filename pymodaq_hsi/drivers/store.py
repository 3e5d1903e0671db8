"""The parameters of one open driver: their values, and what is known of them now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymodaq_hsi.drivers.enums import ParameterListType, ParameterType
from pymodaq_hsi.drivers.parameters import Parameter
from pymodaq_hsi.drivers.specs import ParameterInfo, ParameterSpec, Value, unknown_parameter
from pymodaq_hsi.errors import ParameterError

if TYPE_CHECKING:
    from pymodaq_hsi.drivers.base import Driver

__all__ = ["ParameterStore", "declared_parameters"]


class ParameterStore:
    """Values and specs of one driver instance; made from the declarations of its class.

    A driver reaches it as ``self.parameters``, mostly to change limits or access at run time (`update`) or to add
    parameters that are known only when the device is open (`add`).

    Attributes
    ----------
    acquiring : bool
        Parameters that are locked during an acquisition refuse to be set; the host's to say.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._declared: dict[str, Parameter[Any]] = {}
        self._specs: dict[str, ParameterSpec] = {}
        self._values: dict[str, Value] = {}
        self._changed: dict[str, None] = {}
        self.acquiring = False
        for parameter in declared_parameters(type(driver)):
            self.add(parameter)

    @property
    def changed(self) -> bool:
        """Whether `take_changes` has something to tell."""
        return bool(self._changed)

    def add(self, parameter: Parameter[Any]) -> None:
        """Add a parameter; one of the same name is replaced."""
        self._declared[parameter.name] = parameter
        self._specs[parameter.name] = parameter.spec
        if parameter.spec.default is not None:
            self._values[parameter.name] = parameter.spec.default
        self._changed[parameter.name] = None

    def info(self, category: ParameterListType | None = None) -> ParameterInfo:
        """Return what is known now, of one list or of all three."""
        info = ParameterInfo(self._specs.values(), device=self._driver.name)
        return info if category is None else info.of_category(category)

    def update(self, parameter: Parameter[Any] | str, **changes: Any) -> None:
        """Change limits, access, entries or texts of a parameter; the application is told.

        A number that falls outside new limits moves to the nearest limit, a choice that is no longer offered to the
        first that is, as cameras do.

        Raises
        ------
        UnknownParameter, ParameterError
            There is no such parameter, or the limits contradict each other.
        """
        name = parameter if isinstance(parameter, str) else parameter.name
        before = self._known(name)
        spec = before.with_changes(**changes)
        self._specs[name] = spec
        moved = name in self._values and self._store(name, _moved_into(spec, self._values[name]))
        if moved or spec != before:
            self._changed[name] = None

    def get(self, name: str) -> Value:
        """Return the present value, read from the device where the driver has a reader for it."""
        spec = self._known(name)
        if spec.type is ParameterType.Command:
            raise self._error(f"{name} is a command and has no value; execute it")
        getter = self._declared[name].getter
        if getter is not None:
            self._store(name, self._own(spec, getter(self._driver)))
        elif name not in self._values:
            raise self._error(f"{name} has no value yet; set it first")
        return self._values[name]

    def read(self, name: str) -> Value:
        """Return the value for the application: `get` where its access allows."""
        spec = self._known(name)
        if not spec.access.readable:
            raise self._error(f"{name} cannot be read now (its access is {spec.access.name})")
        return self.get(name)

    def readable(self) -> list[str]:
        """Return the names of the parameters that have a value which the application may read now."""
        return [
            name
            for name, spec in self._specs.items()
            if spec.access.readable
            and spec.type is not ParameterType.Command
            and (name in self._values or self._declared[name].getter is not None)
        ]

    def write(self, name: str, value: object) -> Value:
        """Check a value from the application, hand it to the driver, return what the device took."""
        spec = self._known(name)
        if spec.type is not ParameterType.Command and not spec.access.writable:
            raise self._error(f"{name} cannot be set to {value!r} now (its access is {spec.access.name})")
        self._refuse_while_acquiring(spec)
        checked = spec.check(value, device=self._driver.name)
        setter = self._declared[name].setter
        taken = setter(self._driver, checked) if setter is not None else None
        if self._store(name, checked if taken is None else self._own(spec, taken)):
            self._changed[name] = None
        self._driver.parameter_changed(name)
        return self._values[name]

    def execute(self, name: str) -> None:
        """Run a command."""
        spec = self._known(name)
        if spec.type is not ParameterType.Command:
            raise self._error(f"{name} is not a command but a parameter of type {spec.type}; set it instead")
        if not spec.access.writable:
            raise self._error(f"{name} cannot be executed now (its access is {spec.access.name})")
        self._refuse_while_acquiring(spec)
        action = self._declared[name].getter
        if action is None:
            raise self._error(f"the driver does not say what {name} does; it lacks @<parameter>.on_execute")
        action(self._driver)

    def report(self, name: str, value: object) -> None:
        """Take what the driver says the value is, without writing it to the device."""
        if self._store(name, self._own(self._known(name), value)):
            self._changed[name] = None

    def take_changes(self) -> list[str]:
        """Return the names of the parameters that changed since the last call."""
        names, self._changed = list(self._changed), {}
        return names

    def _store(self, name: str, value: Value) -> bool:
        """Keep a value; True if it is not the one that was there."""
        before = self._values.get(name)
        self._values[name] = value
        return before is None or before != value

    def _own(self, spec: ParameterSpec, value: object) -> Value:
        """Return what a driver gave in the parameter's own type; limits are the device's business here."""
        try:
            return spec.convert(value)
        except ParameterError:
            raise self._error(
                f"the driver gives {value!r} ({type(value).__name__}) as the value of {spec.name}, "
                f"which is of type {spec.type}"
            ) from None

    def _known(self, name: str) -> ParameterSpec:
        try:
            return self._specs[name]
        except KeyError:
            raise unknown_parameter(name, self._specs, self._driver.name) from None

    def _refuse_while_acquiring(self, spec: ParameterSpec) -> None:
        if spec.locked_while_acquiring and self.acquiring:
            what = "executed" if spec.type is ParameterType.Command else "changed"
            raise self._error(f"{spec.name} cannot be {what} during an acquisition; stop the acquisition first")

    def _error(self, message: str) -> ParameterError:
        return ParameterError(f"{self._driver.name}: {message}", device=self._driver.name)


def declared_parameters(driver: type[Driver]) -> list[Parameter[Any]]:
    """Return the parameters that a driver class and its bases declare, bases first."""
    found: dict[str, Parameter[Any]] = {}
    for owner in reversed(driver.__mro__):
        for attribute in vars(owner).values():
            if isinstance(attribute, Parameter):
                found[attribute.name] = attribute
    return list(found.values())


def _moved_into(spec: ParameterSpec, value: Value) -> Value:
    """Return the value that a device takes when its limits or choices change under it."""
    if spec.type is ParameterType.Enumeration:
        names = [entry.name for entry in spec.entries]
        return value if value in names or not names else names[0]
    if spec.type not in (ParameterType.Float, ParameterType.Integer) or isinstance(value, str):
        return value
    low = value if spec.minimum is None else max(value, spec.minimum)
    return type(value)(low if spec.maximum is None else min(low, spec.maximum))
