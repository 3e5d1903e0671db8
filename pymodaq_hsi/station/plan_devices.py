"""Which connected devices a plan means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymodaq_hsi.drivers import DriverType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.scans import Plan
    from pymodaq_hsi.scans.parts import DeviceChoice
    from pymodaq_hsi.station.keeper import Keeper

__all__ = ["devices_of"]


def devices_of(plan: Plan, keepers: Mapping[str, Keeper]) -> tuple[dict[str, Device], list[str]]:
    """Return the devices that take part in a plan, by their names in it, and their names in the station.

    A plan that says which devices its names stand for gets those: by identity, else the one of that driver, else the
    one that the station calls so. Any other name is that of the station. A name that nothing is found for is left out:
    the check of the plan says so. An action that switches all lights off takes all lights in.
    """
    found: dict[str, str] = {}
    for name in _names(plan):
        choice = plan.devices.get(name)
        station_name = _chosen(name, choice, keepers)
        if station_name:
            found[name] = station_name
    devices = {name: keepers[station_name].device for name, station_name in found.items()}
    if any(action.do == "lights_off" and not action.devices for action in (*plan.before, *plan.after)):
        taken = set(found.values())
        for station_name, keeper in keepers.items():
            if keeper.device.type is DriverType.LightControl and station_name not in taken:
                name = station_name if station_name not in devices else f"{station_name}_"
                devices[name] = keeper.device
                found[name] = station_name
    return devices, list(dict.fromkeys(found.values()))


def _names(plan: Plan) -> list[str]:
    """Return all names of devices in a plan, wherever they are."""
    names = dict.fromkeys(plan.devices)
    names |= dict.fromkeys(detector.device for detector in plan.detectors)
    targets = list(plan.targets)
    for action in (*plan.before, *plan.after):
        part: Any = action
        targets += [part.target] if hasattr(part, "target") else []
        targets += list(part.to) if isinstance(getattr(part, "to", None), dict) else []
        names |= dict.fromkeys(getattr(part, "devices", ()))
    names |= dict.fromkeys(target.partition(".")[0] for target in targets)
    return list(names)


def _chosen(name: str, choice: DeviceChoice | None, keepers: Mapping[str, Keeper]) -> str:
    if choice is None:
        return name if name in keepers else ""
    fitting = [
        station_name
        for station_name, keeper in keepers.items()
        if (keeper.device.identity == choice.identity if choice.identity else keeper.device.name == choice.driver)
    ]
    if name in fitting:
        return name
    return fitting[0] if len(fitting) == 1 else ""
