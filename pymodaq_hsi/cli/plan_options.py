"""Options that commands which carry out plans have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pymodaq_hsi.cli.wanted import ReferenceOption, Wanted
from pymodaq_hsi.scans.presets import PresetFolder

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.scans.presets import Preset

__all__ = ["FILE", "device_options", "load_preset", "metadata_options", "reference_options", "run_options"]

FILE = click.Path(path_type=Path)

_DEVICES = (
    click.option(
        "--device",
        "devices",
        multiple=True,
        metavar="NAME=IDENTITY",
        help="Which device a name in the plan is: driver and serial number as 'devices' prints them, or the driver.",
    ),
    click.option(
        "--set", "settings", multiple=True, metavar="NAME.PARAMETER=VALUE", help="Set a parameter after connecting."
    ),
    click.option(
        "--connect", "connection", multiple=True, metavar="NAME.PARAMETER=VALUE", help="Connection parameter."
    ),
)
_REFERENCES = (
    click.option(
        "--white",
        type=ReferenceOption(cameras=True),
        multiple=True,
        help="White reference: a .hsiref file, an ENVI cube, or how many frames to take.",
    ),
    click.option(
        "--dark",
        type=ReferenceOption(cameras=True),
        multiple=True,
        help="Dark reference: the same; lights are forced off for it.",
    ),
    click.option("--ignore-mismatch", is_flag=True, help="Take references although settings differ from theirs."),
    click.option("--pause", is_flag=True, help="Ask before each reference and before the scan."),
)
_METADATA = (
    click.option(
        "--metadata",
        multiple=True,
        metavar="NAME=VALUE",
        help="Kept with the scan: sample=oak. What the plan asks for and is not given here is asked in a terminal.",
    ),
)
_RUN = (
    click.option("--dry-run", is_flag=True, help="Only check: points, duration, size, problems. Nothing is touched."),
    click.option("--json", "as_json", is_flag=True, help="Print what happens as JSON, an object a line."),
)


def _with(options: tuple[Callable[..., Any], ...]) -> Callable[..., Any]:
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


device_options = _with(_DEVICES)
metadata_options = _with(_METADATA)
reference_options = _with(_REFERENCES)
run_options = _with(_RUN)


def load_preset(name: str | None, folder: Path | None) -> tuple[Preset | None, tuple[Wanted, ...], tuple[Wanted, ...]]:
    """Return a preset, and the white and dark references that it has.

    Parameters
    ----------
    name : str, optional
        None for none at all.
    folder : Path, optional
        Of the presets; the user's own by default.

    Raises
    ------
    PresetNotFound, PresetError
    """
    if name is None:
        return None, (), ()
    presets = PresetFolder(folder)
    preset = presets.load(name)
    found: dict[str, list[Wanted]] = {"WhiteReference": [], "DarkReference": []}
    for camera, entry in preset.devices.items():
        for kind, file in entry.references.items():
            found[kind].append(Wanted(file=presets.path / file, camera=camera))
    return preset, tuple(found["WhiteReference"]), tuple(found["DarkReference"])
