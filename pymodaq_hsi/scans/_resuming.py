"""What is not as it was when the first part of a scan was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices import ActuatorDevice
from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans.parts import SetParameter
from pymodaq_hsi.scans.settling import POSITION, settable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.scans._base import BasePlan
    from pymodaq_hsi.scans.stored import StoredScan

__all__ = ["changes_since", "check_same_plan"]

_SAME = ("kind", "axes", "order", "seed", "rows", "repeats", "follows", "detectors")
_FREE = frozenset({"settle", "tolerance", "model", "radiometry"})


def check_same_plan(stored: StoredScan, plan: BasePlan) -> None:
    """Refuse a plan that would put other points, or other data, beside those that are in the file.

    Raises
    ------
    PlanInvalid
        It names the fields that differ. Its end, and what is done before and after, may be another one.
    """
    before, now = stored.plan.model_dump(mode="json"), plan.model_dump(mode="json")
    differ = [name for name in _SAME if _essence(before.get(name)) != _essence(now.get(name))]
    if differ:
        raise PlanInvalid(
            [
                f"{' and '.join(differ)} are not those of the scan in {stored.path} that is to be gone on with; give "
                "its own plan, read_scan(path).plan, or another file"
            ],
            plan.name,
        )


def _essence(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _essence(each) for key, each in value.items() if key not in _FREE}
    return [_essence(each) for each in value] if isinstance(value, list | tuple) else value


def changes_since(stored: StoredScan, devices: Mapping[str, Device]) -> list[str]:
    """Return in words what differs from what the file says: other devices, other settings; not what the plan varies.

    Parameters
    ----------
    stored : StoredScan
        That is gone on with.
    devices : mapping of str to Device
        By their names in the plan.
    """
    plan = stored.plan
    set_by_plan = {action.target for action in (*plan.before, *plan.after) if isinstance(action, SetParameter)}
    left_out = set_by_plan | set(plan.targets)
    found = []
    for name, device in devices.items():
        said = stored.settings.get(name)
        if said is None:
            continue
        if said.get("identity", device.identity) != device.identity:
            found.append(f"{name} is {device.identity}, and was {said['identity']}")
        before = said.get("parameters", {})
        for parameter, value in settable(device).items():
            place = parameter == POSITION and isinstance(device, ActuatorDevice)
            if place or f"{name}.{parameter}" in left_out or parameter not in before:
                continue
            if not _same(value, before[parameter]):
                found.append(f"{name}.{parameter} is {value!r}, and was {before[parameter]!r}")
    return found


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-12)
    return one == other
