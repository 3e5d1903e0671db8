"""Connecting the devices that a plan names."""

from __future__ import annotations

import logging
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from pymodaq_hsi.devices import DeviceGroup, EnumeratedDevice, EnumerationResult, connect, find_devices
from pymodaq_hsi.errors import ConnectionFailed, DeviceNotFound, HsiError, ParameterError
from pymodaq_hsi.scans._base import BasePlan
from pymodaq_hsi.scans.parts import DeviceChoice, Execute, LightsOff, Move, SetParameter
from pymodaq_hsi.scans.rig import split
from pymodaq_hsi.scans.settling import apply_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pymodaq_hsi.devices import Device

__all__ = ["choices_of", "completed", "connect_choices", "connect_plan", "device_names"]

_log = logging.getLogger(__name__)
_FIND_WITHIN = 5.0

AnyPlan = TypeVar("AnyPlan", bound=BasePlan)


def device_names(plan: BasePlan) -> list[str]:
    """Return the names of all devices that a plan speaks of, each once."""
    names = [*plan.devices, *(detector.device for detector in plan.detectors)]
    names += [split(target)[0] for target in plan.targets]
    for action in (*plan.before, *plan.after):
        match action:
            case SetParameter(target=target) | Execute(target=target):
                names.append(split(target)[0])
            case Move(to=to) if not isinstance(to, str):
                names += [split(target)[0] for target in to]
            case LightsOff(devices=lights):
                names += lights
    return list(dict.fromkeys(names))


def choices_of(plan: BasePlan) -> dict[str, DeviceChoice | None]:
    """Return how each device of a plan is to be found; None for one that the plan only names."""
    return {name: plan.devices.get(name) for name in device_names(plan)}


@contextmanager
def connect_plan(plan: BasePlan, *, set_parameters: bool = True) -> Iterator[dict[str, Device]]:
    """Connect the devices of a plan; they are disconnected at the end of the ``with`` block.

    A device without an entry in the plan's ``devices`` is the one whose driver has its name.

    Parameters
    ----------
    plan : Plan
    set_parameters : bool
        Set the parameters that the plan gives for its devices; what depends on each other may be in any order.

    Yields
    ------
    dict of str to Device
        By the names in the plan, as `ScanEngine` and `check_plan` take them.

    Raises
    ------
    DeviceNotFound
        Some are not there, or are several; all of them are named, with what was found instead.
    ConnectionFailed
        One could not be connected; the others are released.
    ParameterError
        A parameter of the plan was refused.
    """
    with connect_choices(choices_of(plan), set_parameters=set_parameters) as devices:
        yield devices


@contextmanager
def connect_choices(
    choices: Mapping[str, DeviceChoice | None],
    *,
    set_parameters: bool = True,
    optional: Callable[[str, HsiError], None] | None = None,
) -> Iterator[dict[str, Device]]:
    """Connect devices, side by side; they are disconnected at the end of the ``with`` block.

    Parameters
    ----------
    choices : mapping of str to DeviceChoice or None
        By name; None for the device whose driver has this name. Two names may stand for one device.
    set_parameters : bool
    optional : callable, optional
        Called with the name of each device that is not there or cannot be connected, and why, instead of raising.

    Yields
    ------
    dict of str to Device

    Raises
    ------
    DeviceNotFound, ConnectionFailed, ParameterError
    """
    found = find_devices(_wanted(choices), _FIND_WITHIN) if choices else EnumerationResult()
    primaries, missing = _find(choices, found)
    connector = _Connector(choices, primaries)
    try:
        connector.run()
        failed: dict[str, HsiError] = dict(connector.failed)
        devices = {
            name: connector.groups[_key(choices[name], device)].primary_device()
            for name, device in primaries.items()
            if _key(choices[name], device) in connector.groups
        }
        for name, not_found in missing.items():
            part = _part(name, choices[name], connector.groups.values())
            if part is None:
                failed[name] = not_found
            else:
                devices[name] = part
        if failed and optional is None:
            raise _failure(failed)
        for name, error in failed.items():
            assert optional is not None
            optional(name, error)
        if set_parameters:
            _set_parameters(choices, devices)
        yield {name: devices[name] for name in choices if name in devices}
    finally:
        connector.close()


def completed(plan: AnyPlan, devices: Mapping[str, Device]) -> AnyPlan:
    """Return a plan that says of each of its devices which one it was, and how it was connected.

    Such a plan, from a file, can be carried out again in a process that knows nothing.
    """
    entries = dict(plan.devices)
    for name, device in devices.items():
        before = entries.get(name)
        said = device.settings()
        entries[name] = DeviceChoice(
            driver=said["driver"],
            identity=said["identity"],
            connection=said["connection"],
            parameters=before.parameters if before is not None else {},
            timeout=before.timeout if before is not None else 60.0,
        )
    return plan.model_copy(update={"devices": entries})


class _Connector:
    """Connects side by side; what is connected after `close` is released at once."""

    def __init__(self, choices: Mapping[str, DeviceChoice | None], primaries: Mapping[str, EnumeratedDevice]) -> None:
        self.groups: dict[str, DeviceGroup] = {}
        self.failed: dict[str, HsiError] = {}
        self._wanted: dict[str, tuple[str, EnumeratedDevice, DeviceChoice]] = {}
        for name, device in primaries.items():
            choice = choices[name] or DeviceChoice(driver=device.driver.name)
            self._wanted.setdefault(_key(choices[name], device), (name, device, choice))
        self._lock = threading.Lock()
        self._closed = False

    def run(self) -> None:
        """Connect all, and wait for it."""
        threads = [threading.Thread(target=self._connect, args=(key,), daemon=True) for key in self._wanted]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _connect(self, key: str) -> None:
        name, device, choice = self._wanted[key]
        try:
            group = connect(device, choice.connection, timeout=choice.timeout)
        except HsiError as error:
            self.failed[name] = error
            return
        with self._lock:
            if not self._closed:
                self.groups[key] = group
                return
        group.close()

    def close(self) -> None:
        """Release all, side by side."""
        with self._lock:
            self._closed = True
            groups = list(self.groups.values())
        threads = [threading.Thread(target=group.close, daemon=True) for group in groups]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _key(choice: DeviceChoice | None, device: EnumeratedDevice) -> str:
    return f"{device.identity} {sorted(choice.connection.items()) if choice is not None else []}"


def _wanted(choices: Mapping[str, DeviceChoice | None]) -> list[str]:
    """Return by what each is looked for."""
    return [(choice.identity or choice.driver) if choice else name for name, choice in choices.items()]


def _find(
    choices: Mapping[str, DeviceChoice | None], found: EnumerationResult
) -> tuple[dict[str, EnumeratedDevice], dict[str, DeviceNotFound]]:
    primaries, missing = {}, {}
    for name, choice in choices.items():
        try:
            primaries[name] = found.device(_wanted({name: choice})[0] if choice else _named(name, found))
        except DeviceNotFound as error:
            missing[name] = DeviceNotFound(_explained(name, choice, error), device=name)
    return primaries, missing


def _named(name: str, found: EnumerationResult) -> str:
    """Return the identity that a name in a plan stands for where it is one but for its punctuation, or the name."""
    same = [device.identity for device in found.devices if re.sub(r"\W", "_", device.identity) == name]
    return same[0] if len(same) == 1 else name


def _explained(name: str, choice: DeviceChoice | None, error: DeviceNotFound) -> str:
    if choice is None:
        return f"the plan does not say which device {name} is, and no driver has this name ({error})"
    return f"{name}: {error}"


def _part(name: str, choice: DeviceChoice | None, groups: Iterable[DeviceGroup]) -> Device | None:
    """Return the sub-device of what is connected that is meant, if there is one."""
    (wanted,) = _wanted({name: choice})
    parts = [device for group in groups for device in group.devices()[1:]]
    same = [device for device in parts if wanted in (device.identity, device.name, device.display_name)]
    return same[0] if len(same) == 1 else None


def _failure(failed: Mapping[str, HsiError]) -> HsiError:
    text = "; ".join(str(error) for error in failed.values())
    if all(isinstance(error, DeviceNotFound) for error in failed.values()):
        return DeviceNotFound(text, device=next(iter(failed)))
    if len(failed) == 1:
        return next(iter(failed.values()))
    return ConnectionFailed(f"{', '.join(failed)} could not be connected: {text}", device=next(iter(failed)))


def _set_parameters(choices: Mapping[str, DeviceChoice | None], devices: Mapping[str, Device]) -> None:
    for name, device in devices.items():
        choice = choices[name]
        if choice is not None and choice.parameters:
            refused = apply_settings(name, device, choice.parameters, timeout=choice.timeout)
            if refused:
                raise ParameterError("; ".join(map(str, refused)), device=device.name)
