"""``pymodaq-hsi reference``: white and dark references taken, looked at, checked against a camera, and converted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from pymodaq_hsi.cli.output import Report, check_output, parse_assignments
from pymodaq_hsi.cli.session import open_session
from pymodaq_hsi.cli.would_set import DRY_RUN_ENDS, would_set
from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.envi import write_envi
from pymodaq_hsi.processing import (
    Panel,
    Reference,
    ReferenceImportFlag,
    export_reference,
    import_reference,
    read_panel,
    read_reference,
)
from pymodaq_hsi.processing.quality import as_duration
from pymodaq_hsi.processing.standardise import Standardiser

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.devices import InstrumentDevice

__all__ = ["reference"]

DEFAULT_DRIVER, DEFAULT_NAME = "VirtualHyperCamera", "camera"
_NAMES = {"white": ReferenceName.White, "dark": ReferenceName.Dark}

_FILE = click.Path(path_type=Path)
_CAMERA = (
    click.option("--driver", default=DEFAULT_DRIVER, show_default=True, help="Driver, display name or identity."),
    click.option("--connect", "connection", multiple=True, metavar="NAME=VALUE", help="Connection parameter."),
    click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Parameter of the camera."),
    click.option(
        "--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="To connect, in s."
    ),
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Look whether it can be done; set, take and write nothing.")


def _camera_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_CAMERA):
        command = option(command)
    return command


@click.group()
def reference() -> None:
    """Take white and dark references, look at them, and use them another day."""


@reference.command()
@click.argument("name", type=click.Choice(list(_NAMES)))
@_camera_options
@click.option("--frames", type=click.IntRange(min=1), help="To average.  [default: 50, or all that are played]")
@click.option("--panel", type=_FILE, help="Table of the white panel: wavelength in nm and reflectivity in each line.")
@click.option("--pause", is_flag=True, help="Ask before it is taken.")
@click.option("--output", type=_FILE, required=True, help="The .hsiref file to write.")
@click.option("--overwrite", is_flag=True, help="Replace the output if it is there.")
@_DRY_RUN
@_JSON
def take(
    name: str,
    driver: str,
    connection: tuple[str, ...],
    settings: tuple[str, ...],
    timeout: float,
    frames: int | None,
    panel: Path | None,
    pause: bool,
    output: Path,
    overwrite: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take a reference from a camera and write it to a file.

    All lights that are found are connected; they are forced off for a dark reference, and put back.
    """
    report = Report(as_json=as_json)
    check_output(output, overwrite=overwrite, inputs=[panel] if panel is not None else [])
    kind = _NAMES[name]
    if panel is not None and kind is ReferenceName.Dark:
        raise click.UsageError("--panel belongs to a white reference; leave it out")
    table = None if panel is None else read_panel(panel)
    parameters = parse_assignments(connection, "--connect")
    given = parse_assignments(settings, "--set")
    if dry_run:
        with open_session(driver, parameters, {}, report, lights=False, timeout=timeout) as session:
            _tell_what_would_be_taken(session.camera, kind, frames, given, output, report)
        return
    with open_session(driver, parameters, given, report, timeout=timeout) as session:
        if pause:
            click.pause(f"Prepare the {kind}, then press a key", err=True)
        taken = session.take_reference(kind, frames)
        written = export_reference(session.camera, taken, output, panel=table)
    report.say(f"file: {written.absolute()}")
    report.result(_described(taken) | {"file": str(written.absolute())})


@reference.command()
@click.argument("file", type=_FILE)
@_JSON
def show(file: Path, as_json: bool) -> None:
    """Say what is in a .hsiref file, and what is wrong with it."""
    report = Report(as_json=as_json)
    found = read_reference(file)
    _tell(found, report)
    report.result(_described(found) | {"file": str(file.absolute())})


@reference.command("import")
@click.argument("file", type=_FILE)
@_camera_options
@click.option("--name", type=click.Choice(list(_NAMES)), help="What it is; needed where the file does not say it.")
@click.option("--ignore-mismatch", is_flag=True, help="Take it although it was taken under other settings.")
@click.option("--output", type=_FILE, help="Write it to a .hsiref file: an ENVI cube becomes one.")
@click.option("--overwrite", is_flag=True, help="Replace the output if it is there.")
@click.option("--dry-run", is_flag=True, help="Check only: do not write the output.")
@_JSON
def import_(
    file: Path,
    driver: str,
    connection: tuple[str, ...],
    settings: tuple[str, ...],
    timeout: float,
    name: str | None,
    ignore_mismatch: bool,
    output: Path | None,
    overwrite: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Check a reference (.hsiref or ENVI cube) against a camera as it is set: each difference is named."""
    report = Report(as_json=as_json)
    if output is not None:
        check_output(output, overwrite=overwrite, inputs=[file])
        output = None if dry_run else output
    flags = ReferenceImportFlag.IgnoreParameterMismatch if ignore_mismatch else ReferenceImportFlag.NONE
    parameters = parse_assignments(connection, "--connect")
    given = parse_assignments(settings, "--set")
    with open_session(driver, parameters, given, report, lights=False, timeout=timeout) as session:
        found = import_reference(session.camera, file, flags, name=None if name is None else _NAMES[name])
        camera = session.camera.display_name
        if output is not None:
            output = export_reference(session.camera, found, output)
    _tell(found, report)
    overlooked = ", ".join(found.accepted)
    report.say(f"fits {camera}" + (f", but for {overlooked}" if overlooked else ""))
    if output is not None:
        report.say(f"file: {output.absolute()}")
    report.result(_described(found) | {"overlooked": list(found.accepted), "file": str((output or file).absolute())})


@reference.command()
@click.argument("file", type=_FILE)
@click.option("--output", type=_FILE, required=True, help="ENVI header to write, such as cube_White.hdr.")
@click.option("--overwrite", is_flag=True, help="Replace the output if it is there.")
@_JSON
def export(file: Path, output: Path, overwrite: bool, as_json: bool) -> None:
    """Write the mean of a .hsiref file as an ENVI cube of one line, for other programs."""
    report = Report(as_json=as_json)
    check_output(output, overwrite=overwrite, inputs=[file])
    found = read_reference(file)
    standardise = Standardiser(found.format)
    header = write_envi(
        output,
        standardise(found.mean)[np.newaxis],
        wavelengths=standardise.wavelengths if standardise.has_wavelengths else None,
        acquisition_time=_when(found),
        metadata={"description": f"{found.name}, mean of {found.count} frames"},
        overwrite=overwrite,
    )
    report.say(f"file: {header.absolute()}")
    report.result(_described(found) | {"file": str(header.absolute())})


def _tell_what_would_be_taken(
    camera: InstrumentDevice,
    kind: ReferenceName,
    frames: int | None,
    given: dict[str, str],
    output: Path,
    report: Report,
) -> None:
    settings = would_set(DEFAULT_NAME, camera, given)
    shape = camera.frame_format().shape
    many = f"{frames or 'the usual number of'} frames of {shape[0]} x {shape[1]}"
    report.say(f"{kind} of {camera.display_name}: {many}, to {output.absolute()}")
    if settings:
        report.say(f"before it are set: {'; '.join(settings)}")
    report.say(DRY_RUN_ENDS)
    report.result(
        {
            "reference": str(kind),
            "frames": frames,
            "shape": list(shape),
            "file": str(output.absolute()),
            "would_set": settings,
            "dry_run": True,
        }
    )


def _when(found: Reference) -> str | None:
    return dt.datetime.fromtimestamp(found.timestamp, dt.UTC).isoformat() if found.timestamp > 0 else None


def _described(found: Reference) -> dict[str, Any]:
    """Return a reference as JSON data, without its arrays."""
    age = found.age
    return {
        "reference": str(found.name),
        "frames": found.count,
        "shape": list(found.format.shape),
        "dtype": str(np.dtype(found.format.dtype)),
        "mean": float(found.mean.mean()),
        "standard_deviation": float(found.std.mean()),
        "saturated_samples": int(np.count_nonzero(found.saturated)),
        "taken": _when(found),
        "age_seconds": age if np.isfinite(age) else None,
        "settings": dict(found.settings),
        "instrument": dict(found.instrument),
        "panel_reflectivity": found.panel.to_message() if isinstance(found.panel, Panel) else found.panel,
        "warnings": list(found.warnings),
    }


def _tell(found: Reference, report: Report) -> None:
    unit = found.format.unit
    age = f"{_when(found)}, {as_duration(found.age)} ago" if np.isfinite(found.age) else "nobody knows when"
    report.say(
        f"{found.name}: {found.count} frames of {found.format.shape} {np.dtype(found.format.dtype)}, taken {age}"
    )
    report.say(f"mean {found.mean.mean():.1f} {unit}, standard deviation of a frame {found.std.mean():.2f} {unit}")
    if found.format.wavelengths is not None:
        known = found.format.wavelengths
        report.say(f"wavelengths {known[0]:g} to {known[-1]:g} nm")
    if found.panel is not None:
        what = f"table {found.panel.name}".strip() if isinstance(found.panel, Panel) else f"{found.panel:g}"
        report.say(f"panel reflectivity: {what}")
    named = {name: value for name, value in found.instrument.items() if name != "serial_number"}
    for name, value in {**named, **found.settings}.items():
        report.say(f"  {name} = {value}")
    for message in found.warnings:
        report.warn(message)
