"""What the command line says of the devices of a plan, put into the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pymodaq_hsi.cli.output import parse_assignments
from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.scans.connecting import choices_of
from pymodaq_hsi.scans.planfiles import plan_from
from pymodaq_hsi.scans.positions import PositionMemory
from pymodaq_hsi.scans.settling import POSITION

if TYPE_CHECKING:
    from pathlib import Path

    from pymodaq_hsi.scans.planfiles import AnyPlan
    from pymodaq_hsi.scans.presets import Preset, PresetDevice

__all__ = ["with_choices"]


def with_choices(
    plan: AnyPlan,
    *,
    devices: tuple[str, ...] = (),
    settings: tuple[str, ...] = (),
    connection: tuple[str, ...] = (),
    positions: Path | None = None,
    preset: Preset | None = None,
) -> AnyPlan:
    """Return a plan with what the command line says of its devices.

    Parameters
    ----------
    preset : Preset, optional
        Its devices are those of the plan that have the same names; stages are not moved for it.
    devices : tuple of str
        ``NAME=IDENTITY`` words, or a driver's name after the sign.
    settings, connection : tuple of str
        ``NAME.PARAMETER=VALUE`` words.
    positions : Path, optional
        File of named positions; the user's own by default.

    Raises
    ------
    UsageError, PlanInvalid, PositionNotFound
    """
    entries: dict[str, dict[str, Any]] = {name: choice.model_dump() for name, choice in plan.devices.items()}
    names = list(choices_of(plan))
    for name in names:
        if preset is not None and name in preset.devices:
            entries[name] = _from_preset(preset.devices[name], entries.get(name, {}))
    for name, what in parse_assignments(devices, "--device").items():
        _need(name, names, "--device")
        key = "identity" if ":" in what else "driver"
        entries[name] = entries.get(name, {}) | {"driver": "", "identity": ""} | {key: what}
    for option, kind, words in (("--set", "parameters", settings), ("--connect", "connection", connection)):
        for target, value in parse_assignments(words, option).items():
            name, dot, parameter = target.partition(".")
            if not dot or not parameter:
                raise click.UsageError(f"{option} {target}={value}: write it as NAME.PARAMETER=VALUE")
            _need(name, names, option)
            entry = entries.setdefault(name, {"driver": name})
            entry[kind] = entry.get(kind, {}) | {parameter: value}
    if entries != {name: choice.model_dump() for name, choice in plan.devices.items()}:
        plan = plan_from(plan.model_dump(mode="json") | {"devices": entries})
    memory = PositionMemory(PositionMemory.default() if positions is None else positions)
    if plan.position_names and not memory.path.exists():
        named = ", ".join(plan.position_names)
        raise HsiError(f"the plan names positions ({named}), and there is no {memory.path}; give --positions FILE")
    return plan.with_positions(memory) if plan.position_names else plan


def _from_preset(entry: PresetDevice, before: dict[str, Any]) -> dict[str, Any]:
    """Return the device of a preset with what the plan itself sets on top."""
    said = entry.model_dump(include={"driver", "identity", "connection", "parameters", "timeout"})
    said["parameters"].pop(POSITION, None)
    for kind in ("connection", "parameters"):
        said[kind] |= before.get(kind, {})
    return said


def _need(name: str, names: list[str], option: str) -> None:
    if name not in names:
        raise click.UsageError(
            f"{option}: there is no device {name} in the plan; there are: {', '.join(names) or 'none'}"
        )
