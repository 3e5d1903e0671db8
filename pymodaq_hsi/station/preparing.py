"""Bringing devices into the state that a plan, or the file of a scan, says before a scan begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pymodaq_hsi.errors import ParameterError
from pymodaq_hsi.scans.settling import apply_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.scans import Plan
    from pymodaq_hsi.scans.stored import StoredScan
    from pymodaq_hsi.station.keeper import Keeper

__all__ = ["Preparation"]


@dataclass(frozen=True)
class Preparation:
    """What is to be set for a scan.

    Attributes
    ----------
    plan : Plan
        Its ``devices`` have parameters.
    devices : dict of str to Device
        By their names in the plan.
    stored : StoredScan, optional
        The scan in a file whose devices are to be as they were.
    others : dict of str to Keeper
        Devices that were connected beside those of the plan, by their names in `stored`.
    """

    plan: Plan
    devices: Mapping[str, Device]
    stored: StoredScan | None = None
    others: dict[str, Keeper] = field(default_factory=dict)

    @classmethod
    def of(
        cls, plan: Plan, devices: Mapping[str, Device], stored: StoredScan | None, keepers: Mapping[str, Keeper]
    ) -> Preparation:
        """Find the devices beside the plan, by identity; those that are not connected are left out."""
        others = {}
        for label, said in (stored.others if stored is not None else {}).items():
            for keeper in keepers.values():
                if keeper.device.identity == said.get("identity") and keeper.device not in devices.values():
                    others[label] = keeper
        return cls(plan, devices, stored, others)

    @property
    def needed(self) -> bool:
        """Whether there is anything to set."""
        return self.stored is not None or any(choice.parameters for choice in self.plan.devices.values())

    def set(self, *, move: bool) -> list[str]:
        """Set all; return what a device did not take of the state in a file.

        Parameters
        ----------
        move : bool
            Whether stages go to their positions too, which takes its time.

        Raises
        ------
        ParameterError
            A device did not take what the plan itself says of it.
        DeviceLost, DeviceTimeout
        """
        problems = []
        if self.stored is not None:
            given = {name: choice.parameters for name, choice in self.plan.devices.items()}
            together = {**self.devices, **{label: keeper.device for label, keeper in self.others.items()}}
            problems = [str(each) for each in self.stored.apply(together, move=move, leave_out=given)]
        refused = []
        for name, choice in self.plan.devices.items():
            if choice.parameters and name in self.devices:
                refused += apply_settings(name, self.devices[name], choice.parameters, move=move)
        if refused:
            raise ParameterError("; ".join(map(str, refused)), device=self.devices[refused[0].device].name)
        return problems
