"""Checking what a plan sets against the parameters that devices have now."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.errors import DataUnitError
from pymodaq_hsi.drivers import ParameterType
from pymodaq_hsi.drivers.specs import plain_number
from pymodaq_hsi.errors import ParameterError, UnknownParameter
from pymodaq_hsi.scans.units import conversion

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.drivers import ParameterSpec

__all__ = ["Findings", "Parameters", "first_refused"]

_MOST_TRIED = 1000


class Findings:
    """What is wrong with a plan, and what a person should know of it."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.warnings: list[str] = []

    def problem(self, text: str) -> None:
        """Note something that keeps the plan from being carried out; only once."""
        if text not in self.problems:
            self.problems.append(text)

    def warn(self, text: str) -> None:
        """Note something that does not; only once."""
        if text not in self.warnings:
            self.warnings.append(text)


class Parameters:
    """The parameters of the devices that a plan names.

    Parameters
    ----------
    devices : mapping of str to Device
    findings : Findings
        Takes what is wrong.
    """

    def __init__(self, devices: Mapping[str, Device], findings: Findings) -> None:
        self._devices = devices
        self._findings = findings

    def device(self, where: str, name: str) -> Device | None:
        """Return a device; None if it is not there or not connected, which is noted."""
        device = self._devices.get(name)
        if device is None:
            near = difflib.get_close_matches(name, list(self._devices), n=1, cutoff=0.6)
            hint = f" Did you mean {near[0]}?" if near else ""
            known = ", ".join(self._devices) or "none"
            self._findings.problem(f"{where}: there is no device {name!r}.{hint} There are: {known}")
        elif not device.connected:
            self._findings.problem(f"{where}: {name} ({device.display_name}) is not connected; connect it again")
            return None
        return device

    def spec(self, where: str, target: str) -> ParameterSpec | None:
        """Return a parameter as it is now; None if there is no such one, which is noted."""
        name, _, parameter = target.partition(".")
        device = self.device(where, name)
        if device is None:
            return None
        try:
            return device.all_parameters()[parameter]
        except UnknownParameter as error:
            self._findings.problem(f"{where}: {error}")
            return None

    def writable(self, where: str, target: str) -> ParameterSpec | None:
        """Return a parameter that can be set now; None if it cannot, which is noted."""
        spec = self.spec(where, target)
        if spec is None:
            return None
        if spec.type is ParameterType.Command:
            self._findings.problem(f"{where}: {target} is a command, which has no value; execute it instead")
        elif not spec.access.writable:
            self._findings.problem(f"{where}: {target} cannot be set now, it is {spec.access.name}; vary another one")
        else:
            return spec
        return None

    def numeric(self, where: str, target: str) -> ParameterSpec | None:
        """Return a parameter that can be set to numbers now; None if it cannot, which is noted."""
        spec = self.writable(where, target)
        if spec is None or spec.type in (ParameterType.Integer, ParameterType.Float):
            return spec
        self._findings.problem(
            f"{where}: {target} is of type {spec.type}, which takes {spec.expectation()}; only numbers can be varied"
        )
        return None

    def scale(self, where: str, target: str, units: str, spec: ParameterSpec) -> tuple[float, float] | None:
        """Return factor and shift from units of the plan to those of a parameter; None if there are none."""
        if not units or units == spec.unit:
            return 1.0, 0.0
        if spec.unit:
            try:
                return conversion(units, spec.unit)
            except DataUnitError:
                pass
        own = f"is in {spec.unit}" if spec.unit else "has no units"
        self._findings.problem(
            f"{where}: units = {units!r} are refused: {target} {own}; give units that can be converted to that, or none"
        )
        return None

    def values(self, where: str, spec: ParameterSpec, values: npt.NDArray[np.float64], *, strict: bool = True) -> None:
        """Check values, in the parameter's units; what is refused is a problem, or a warning if not `strict`."""
        refused = first_refused(spec, values)
        if refused is None:
            return
        count, first, reason = refused
        said = (
            f"{where}: value {plain_number(first)} is refused"
            if values.size == 1
            else (
                f"{where}: {count} of its {values.size} values are refused, the first {plain_number(first)}"
                if count
                else f"{where}: some of its {values.size} values are refused, such as {plain_number(first)}"
            )
        )
        if strict:
            self._findings.problem(f"{said}: {spec.name} takes {reason}")
        else:
            self._findings.warn(
                f"{said} as things are: {spec.name} takes {reason}; an action before the scan may change that"
            )


def first_refused(spec: ParameterSpec, values: npt.NDArray[np.float64]) -> tuple[int, float, str] | None:
    """Return what a parameter refuses of some values.

    Returns
    -------
    tuple of (int, float, str) or None
        How many are outside of the limits (0: it is the steps that they miss), the first refused, and what is taken;
        None if all are taken.
    """
    with np.errstate(invalid="ignore"):
        bad = ~np.isfinite(values)
        if spec.minimum is not None:
            bad |= values < spec.minimum
        if spec.maximum is not None:
            bad |= values > spec.maximum
    if bad.any():
        return int(bad.sum()), float(values[bad][0]), spec.expectation()
    step = spec.increment or (1.0 if spec.type is ParameterType.Integer else 0.0)
    if step:
        steps = (values - (spec.minimum or 0.0)) / step
        near = np.abs(steps - np.rint(steps)) <= 1e-7
        if spec.type is ParameterType.Integer:
            near &= values == np.rint(values)
        for value in np.unique(values[~near])[:_MOST_TRIED].tolist():
            try:
                spec.check(value)
            except ParameterError as error:
                return 0, value, str(error).partition(" is refused: it takes ")[2]
    return None


def is_same(devices: Mapping[str, Device], first: str, second: str) -> bool:
    """Tell whether two targets are one parameter of one device, under two names."""
    names: list[Any] = [target.partition(".") for target in (first, second)]
    return names[0][2] == names[1][2] and devices.get(names[0][0]) is devices.get(names[1][0])
