"""The parameters of one open driver: their values, and what is known of them now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymodaq_hsi.drivers.enums import AccessMode, ParameterListType, ParameterType
from pymodaq_hsi.drivers.parameters import Parameter
from pymodaq_hsi.drivers.specs import ParameterInfo, ParameterSpec, Value, unknown_parameter
from pymodaq_hsi.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.drivers.base import Driver

__all__ = ["ParameterStore"]


class ParameterStore:
    """Values and specs of one driver instance; made from the declarations of its class.

    A driver reaches it as ``self.parameters``, mostly to change limits or access at run time (`update`) or to add
    parameters that are known only when the device is open (`add`).
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._declared: dict[str, Parameter[Any]] = {}
        self._specs: dict[str, ParameterSpec] = {}
        self._values: dict[str, Value] = {}
        self._changed: dict[str, None] = {}
        self.acquiring = False
        self.on_change: Callable[[], None] | None = None
        for parameter in declared_parameters(type(driver)):
            self.add(parameter)

    def add(self, parameter: Parameter[Any]) -> None:
        """Add a parameter; one of the same name is replaced."""
        self._declared[parameter.name] = parameter
        self._specs[parameter.name] = parameter.spec
        if parameter.spec.default is not None:
            self._values[parameter.name] = parameter.spec.default
        self._note(parameter.name)

    def info(self, category: ParameterListType | None = None) -> ParameterInfo:
        """Return what is known now, of one list or of all three."""
        info = ParameterInfo(self._specs.values(), device=self._driver.name)
        return info if category is None else info.of_category(category)

    def update(self, parameter: Parameter[Any] | str, **changes: Any) -> None:
        """Change limits, access, entries or texts of a parameter; the application is told.

        A number that falls outside new limits moves to the nearest limit, as cameras do.
        """
        name = parameter if isinstance(parameter, str) else parameter.name
        spec = self._known(name).with_changes(**changes)
        self._specs[name] = spec
        value = self._values.get(name)
        if spec.type in (ParameterType.Float, ParameterType.Integer) and isinstance(value, (int, float)):
            low = value if spec.minimum is None else max(value, spec.minimum)
            self._values[name] = type(value)(low if spec.maximum is None else min(low, spec.maximum))
        self._note(name)

    def get(self, name: str) -> Value:
        """Return the present value, read from the device where the driver has a reader for it."""
        spec = self._known(name)
        if spec.type is ParameterType.Command:
            raise ParameterError(f"{self._driver.name}: {name} is a command and has no value")
        getter = self._declared[name].getter
        if getter is not None:
            self._values[name] = getter(self._driver)
        return self._values[name]

    def read(self, name: str) -> Value:
        """Return the value for the application: `get` where its access allows."""
        spec = self._known(name)
        if not spec.access.readable:
            raise ParameterError(f"{self._driver.name}: {name} cannot be read now (access {spec.access.name})")
        return self.get(name)

    def write(self, name: str, value: object) -> Value:
        """Check a value from the application, hand it to the driver, return what the device took."""
        spec = self._known(name)
        if not spec.access.writable:
            raise ParameterError(
                f"{self._driver.name}: {name} cannot be set to {value!r} now (access {spec.access.name})"
            )
        self._refuse_while_acquiring(spec)
        checked = spec.check(value, device=self._driver.name)
        setter = self._declared[name].setter
        taken = setter(self._driver, checked) if setter is not None else None
        self._values[name] = checked if taken is None else taken
        self._note(name)
        self._driver.parameter_changed(name)
        return self._values[name]

    def execute(self, name: str) -> None:
        """Run a command."""
        spec = self._known(name)
        action = self._declared[name].getter
        if spec.type is not ParameterType.Command or action is None:
            raise ParameterError(f"{self._driver.name}: {name} is not a command (it is a {spec.type})")
        if spec.access is AccessMode.NotAvailable:
            raise ParameterError(f"{self._driver.name}: {name} is not available now")
        self._refuse_while_acquiring(spec)
        action(self._driver)

    def report(self, name: str, value: Value) -> None:
        """Take what the driver says the value is, without writing it to the device."""
        self._known(name)
        if self._values.get(name) != value:
            self._values[name] = value
            self._note(name)

    def take_changes(self) -> list[str]:
        """Return the names of the parameters that changed since the last call."""
        names, self._changed = list(self._changed), {}
        return names

    def _known(self, name: str) -> ParameterSpec:
        try:
            return self._specs[name]
        except KeyError:
            raise unknown_parameter(name, self._specs, self._driver.name) from None

    def _refuse_while_acquiring(self, spec: ParameterSpec) -> None:
        if spec.locked_while_acquiring and self.acquiring:
            raise ParameterError(
                f"{self._driver.name}: {spec.name} cannot be changed during an acquisition; stop it first"
            )

    def _note(self, name: str) -> None:
        self._changed[name] = None
        if self.on_change is not None:
            self.on_change()


def declared_parameters(driver: type[Driver]) -> list[Parameter[Any]]:
    """Return the parameters that a driver class and its bases declare, bases first."""
    found: dict[str, Parameter[Any]] = {}
    for owner in reversed(driver.__mro__):
        for attribute in vars(owner).values():
            if isinstance(attribute, Parameter):
                found[attribute.name] = attribute
    return list(found.values())
