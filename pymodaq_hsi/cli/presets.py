"""``pymodaq-hsi presets``: devices with their settings and references, kept under a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from pymodaq_hsi.cli.output import Report, Told, parse_assignments
from pymodaq_hsi.cli.plan_options import FILE
from pymodaq_hsi.cli.wanted import ReferenceOption, Wanted
from pymodaq_hsi.cli.would_set import DRY_RUN_ENDS, would_set
from pymodaq_hsi.devices import ActuatorDevice, InstrumentDevice, enumerate_devices
from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.errors import ParameterError
from pymodaq_hsi.processing import (
    InstrumentParameters,
    Reference,
    ReferenceImportFlag,
    import_reference,
    measure_reference,
)
from pymodaq_hsi.scans.connecting import connect_choices
from pymodaq_hsi.scans.parts import DeviceChoice
from pymodaq_hsi.scans.presets import PresetFolder, connect_preset, preset_of
from pymodaq_hsi.scans.settling import POSITION, apply_settings, settable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pymodaq_hsi.devices import Device

__all__ = ["presets"]

_FOLDER = click.option("--folder", type=FILE, help="Where presets are; by default your own folder.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Connect and look; set, move, take and write nothing.")


@click.group()
def presets() -> None:
    """Keep devices with their settings and references under a name, and bring them back into that state."""


@presets.command()
@click.argument("name")
@click.option(
    "--device",
    "words",
    multiple=True,
    metavar="NAME=IDENTITY",
    help="A device, and the name that plans have for it; by default all that are found, by their drivers' names.",
)
@click.option("--connect", "connection", multiple=True, metavar="NAME.PARAMETER=VALUE", help="Connection parameter.")
@click.option("--set", "settings", multiple=True, metavar="NAME.PARAMETER=VALUE", help="Set it before it is kept.")
@click.option("--white", type=ReferenceOption(cameras=True), multiple=True, help="Kept with it: a file, or frames.")
@click.option("--dark", type=ReferenceOption(cameras=True), multiple=True, help="The same; lights are off for it.")
@click.option("--description", default="", help="For people.")
@click.option("--overwrite", is_flag=True, help="Replace the preset if it is there.")
@_FOLDER
@_DRY_RUN
@_JSON
def save(
    name: str,
    words: tuple[str, ...],
    connection: tuple[str, ...],
    settings: tuple[str, ...],
    white: tuple[Wanted, ...],
    dark: tuple[Wanted, ...],
    description: str,
    overwrite: bool,
    folder: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Keep devices as they are: identity, connection, settings, state of lights, references."""
    report = Report(as_json=as_json)
    kept = PresetFolder(folder)
    kept.check_free(name, overwrite=overwrite)
    choices = _choices(words, connection)
    values = _by_device(settings, "--set")
    for device in values:
        if device not in choices:
            raise click.UsageError(f"--set: there is no device {device}; there are: {', '.join(choices)}")
    with connect_choices(choices) as devices:
        if dry_run:
            later = [text for device, given in values.items() for text in would_set(device, devices[device], given)]
            _tell_dry_run(name, devices, later, report)
            return
        for device, parameters in values.items():
            refused = apply_settings(device, devices[device], parameters)
            if refused:
                raise ParameterError("; ".join(map(str, refused)), device=devices[device].name)
        references = _references(devices, white, dark, report)
        preset = preset_of(name, devices, description)
        file = kept.save(preset, references, overwrite=overwrite)
    report.say(f"{name}: {', '.join(f'{each} ({entry.identity})' for each, entry in preset.devices.items())}")
    report.say(f"file: {file.absolute()}")
    report.result({"name": name, "file": str(file.absolute()), "devices": preset.model_dump(mode="json")["devices"]})


@presets.command()
@click.argument("name")
@click.option("--move", is_flag=True, help="Move stages to where they were.")
@click.option("--ignore-mismatch", is_flag=True, help="Take references although settings differ from theirs.")
@_FOLDER
@_DRY_RUN
@_JSON
def load(name: str, move: bool, ignore_mismatch: bool, folder: Path | None, dry_run: bool, as_json: bool) -> None:
    """Connect the devices of a preset and bring them into its state; say what could not be done, and why.

    Devices keep what they were set to as long as they have power; a scan uses a preset with 'scan --preset NAME'.
    """
    report = Report(as_json=as_json)
    kept = PresetFolder(folder)
    preset = kept.load(name)
    if dry_run:
        missing: list[str] = []
        with connect_choices(
            dict(preset.devices), set_parameters=False, optional=lambda _, error: missing.append(str(error))
        ) as there:
            later = [
                text
                for each, found in there.items()
                for text in would_set(each, found, _known_of(found, preset.devices[each].parameters, move=move))
            ]
            _tell_dry_run(name, there, later, report, missing)
        return
    flags = ReferenceImportFlag.IgnoreParameterMismatch if ignore_mismatch else ReferenceImportFlag.NONE
    with connect_preset(preset, kept.path, move=move, flags=flags) as restored:
        devices = {each: device.identity for each, device in restored.devices.items()}
        references = {
            camera: [
                str(each.name) for each in (found.white_reference, found.dark_reference) if isinstance(each, Reference)
            ]
            for camera, found in restored.references.items()
        }
    for each, identity in devices.items():
        beside = f", {' and '.join(references[each])}" if each in references else ""
        report.say(f"{each}: {identity}{beside}")
    for text in restored.left:
        report.say(f"{text} (--move moves it)")
    for problem in (*restored.problems, *map(str, restored.not_set)):
        report.warn(problem)
    report.result(
        {
            "name": name,
            "devices": devices,
            "references": references,
            "not_set": [problem.to_message() for problem in restored.not_set],
            "problems": restored.problems,
            "left": restored.left,
            "complete": restored.complete,
        }
    )
    if not restored.complete:
        raise Told(1)


@presets.command("list")
@_FOLDER
@_JSON
def list_(folder: Path | None, as_json: bool) -> None:
    """List presets."""
    report = Report(as_json=as_json)
    kept = PresetFolder(folder)
    found = {}
    for name in kept.names():
        try:
            preset = kept.load(name)
        except ValueError as error:
            report.warn(str(error))
            continue
        found[name] = {"description": preset.description, "saved": preset.saved, "devices": list(preset.devices)}
        about = f": {preset.description}" if preset.description else ""
        report.say(f"{name}{about} ({', '.join(preset.devices)}; {preset.saved})")
    if not found:
        report.say(f"there are no presets in {kept.path.absolute()}")
    report.result({"folder": str(kept.path.absolute()), "presets": found})


@presets.command()
@click.argument("name")
@_FOLDER
@_JSON
def show(name: str, folder: Path | None, as_json: bool) -> None:
    """Print a preset."""
    report = Report(as_json=as_json)
    kept = PresetFolder(folder)
    preset = kept.load(name)
    report.say(kept.file(name).read_text(encoding="utf-8").rstrip())
    report.result(preset.model_dump(mode="json"))


@presets.command()
@click.argument("name")
@_FOLDER
def remove(name: str, folder: Path | None) -> None:
    """Remove a preset, and the references beside it."""
    PresetFolder(folder).remove(name)
    click.echo(f"removed: {name}")


def _known_of(device: Device, parameters: Mapping[str, object], *, move: bool) -> dict[str, object]:
    there = settable(device)
    stays = {POSITION} if isinstance(device, ActuatorDevice) and not move else set()
    return {
        parameter: value for parameter, value in parameters.items() if parameter in there and parameter not in stays
    }


def _tell_dry_run(
    name: str, devices: Mapping[str, Device], later: list[str], report: Report, missing: Sequence[str] = ()
) -> None:
    for each, device in devices.items():
        report.say(f"{each}: {device.identity}")
    for text in later:
        report.say(f"would be set: {text}")
    for text in missing:
        report.warn(text)
    report.say(DRY_RUN_ENDS)
    report.result(
        {
            "name": name,
            "devices": {each: device.identity for each, device in devices.items()},
            "would_set": later,
            "problems": list(missing),
            "dry_run": True,
        }
    )
    if missing:
        raise Told(1)


def _choices(words: tuple[str, ...], connection: tuple[str, ...]) -> dict[str, DeviceChoice]:
    values = _by_device(connection, "--connect")
    named = parse_assignments(words, "--device")
    if not named:
        found = enumerate_devices().devices
        for device in found:
            several = sum(other.driver.name == device.driver.name for other in found) > 1
            name = f"{device.driver.name}_{device.serial_number or device.id}" if several else device.driver.name
            named[re.sub(r"^(?=\d)|[^A-Za-z0-9_]", "_", name)] = device.identity
    for name in values:
        if name not in named:
            raise click.UsageError(f"--connect: there is no device {name}; there are: {', '.join(named)}")
    return {
        name: DeviceChoice(
            driver="" if ":" in what else what,
            identity=what if ":" in what else "",
            connection=dict(values.get(name, {})),
        )
        for name, what in named.items()
    }


def _by_device(words: tuple[str, ...], option: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for target, value in parse_assignments(words, option).items():
        name, _, parameter = target.partition(".")
        if not parameter:
            raise click.UsageError(f"{option} {target}={value}: write it as NAME.PARAMETER=VALUE")
        found.setdefault(name, {})[parameter] = value
    return found


def _references(
    devices: Mapping[str, Device], white: tuple[Wanted, ...], dark: tuple[Wanted, ...], report: Report
) -> dict[str, InstrumentParameters]:
    cameras = {name: device for name, device in devices.items() if isinstance(device, InstrumentDevice)}
    found: dict[str, dict[ReferenceName, Reference]] = {}
    for kind, all_wanted in ((ReferenceName.Dark, dark), (ReferenceName.White, white)):
        for wanted in all_wanted:
            if wanted.camera not in cameras and (wanted.camera or len(cameras) != 1):
                raise click.UsageError(
                    f"say whose the {kind} is, as CAMERA=FILE; the cameras are: {', '.join(cameras) or 'none'}"
                )
            name = wanted.camera or next(iter(cameras))
            if wanted.file is not None:
                taken = import_reference(cameras[name], wanted.file, name=kind)
            else:
                report.note(f"taking the {kind} of {name}")
                taken = measure_reference(cameras[name], kind, wanted.frames)
            found.setdefault(name, {})[kind] = taken
    return {
        name: InstrumentParameters(
            white_reference=taken.get(ReferenceName.White), dark_reference=taken.get(ReferenceName.Dark)
        )
        for name, taken in found.items()
    }
