"""``pymodaq-hsi record``: references, and a cube."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from pymodaq_hsi.cli.moving import Ends, moving_plan
from pymodaq_hsi.cli.output import Report, check_output, parse_assignments
from pymodaq_hsi.cli.planned import Planned
from pymodaq_hsi.cli.session import Session, open_session
from pymodaq_hsi.cli.wanted import ReferenceOption, Wanted
from pymodaq_hsi.devices import InstrumentDevice
from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.envi import find_references, open_envi
from pymodaq_hsi.errors import EnviError, HsiError
from pymodaq_hsi.processing import (
    InstrumentParameters,
    RecordingContext,
    Reference,
    ValueType,
    import_reference,
    read_radiometry,
)
from pymodaq_hsi.processing.hsiref import is_hdf5
from pymodaq_hsi.processing.models import read_model
from pymodaq_hsi.processing.steps import read_steps
from pymodaq_hsi.recording import check_space, check_writable
from pymodaq_hsi.scans.connecting import completed
from pymodaq_hsi.scans.parts import Detector
from pymodaq_hsi.scans.plans import Recording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.processing import Radiometry, Standardisation
    from pymodaq_hsi.processing.models import Model
    from pymodaq_hsi.scans.planfiles import AnyPlan

__all__ = ["record"]

PLAYER = "VirtualHyperCamera"
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_Value = Literal["reflectance", "intensity", "radiance"]
_VALUES = {
    "reflectance": ValueType.Reflectance,
    "intensity": ValueType.Intensity,
    "radiance": ValueType.Radiance,
}


@click.command()
@click.option(
    "--cube", type=click.Path(path_type=Path), help="ENVI header of a cube to play through the virtual camera."
)
@click.option("--driver", help=f"Driver, display name or identity of the camera.  [default: {PLAYER}]")
@click.option(
    "--connect", "connection", multiple=True, metavar="NAME=VALUE", help="Connection parameter of the camera."
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Parameter of the camera.")
@click.option(
    "--lines", type=click.IntRange(min=1), help="How many; by default all that a played cube or the scene has."
)
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="End after this time.")
@click.option(
    "--stage", help="Driver, display name or identity of a stage that moves meanwhile; ends when it is there."
)
@click.option("--from", "start", type=float, help="Where the stage begins; by default where it is.")
@click.option("--to", "stop", type=float, help="Where the stage moves to.")
@click.option("--velocity", type=click.FloatRange(min=0, min_open=True), help="Of the stage; by default its own.")
@click.option(
    "--white",
    type=ReferenceOption(),
    help="White reference: a .hsiref file, an ENVI cube, or how many frames to take.",
)
@click.option("--dark", type=ReferenceOption(), help="Dark reference: the same; lights are forced off for it.")
@click.option(
    "--value",
    type=click.Choice(list(_VALUES)),
    help="By default radiance if there is a radiometry, else reflectance if there is a white reference.",
)
@click.option("--radiometry", type=_FILE, help="Radiometric calibration, for radiance; needs a dark reference.")
@click.option("--steps", "steps_file", type=_FILE, help="Steps of standardisation, TOML or JSON: crops, bins, ...")
@click.option("--model", "model_file", type=_FILE, help="Model for each line: ONNX, JSON, TOML or spectra as CSV.")
@click.option("--partial", is_flag=True, help="Play the whole lines of a cube that has fewer than its header says.")
@click.option("--pause", is_flag=True, help="Ask before each reference and before the recording.")
@click.option("--title", default="", help="Of the recording, in the file.")
@click.option("--output", type=click.Path(path_type=Path), required=True, help="The HDF5 file to write.")
@click.option("--overwrite", is_flag=True, help="Replace the output if it is there.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="To connect, in seconds."
)
@click.option("--dry-run", is_flag=True, help="Check only: print lines, duration and size.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def record(
    cube: Path | None,
    driver: str | None,
    connection: tuple[str, ...],
    settings: tuple[str, ...],
    lines: int | None,
    seconds: float | None,
    stage: str | None,
    start: float | None,
    stop: float | None,
    velocity: float | None,
    white: Wanted | None,
    dark: Wanted | None,
    value: str | None,
    radiometry: Path | None,
    steps_file: Path | None,
    model_file: Path | None,
    partial: bool,
    pause: bool,
    title: str,
    output: Path,
    overwrite: bool,
    timeout: float,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Record a hyperspectral cube into an HDF5 file.

    The camera is the virtual one unless --driver names another; with --cube it plays an ENVI cube. All lights that are
    found are connected, and forced off for the dark reference. Ctrl-C keeps the lines recorded so far.
    """
    report = Report(as_json=as_json)
    files = [cube, *(wanted.file for wanted in (white, dark) if wanted is not None)]
    inputs = [file for file in files if file is not None]
    others = [file for file in (radiometry, steps_file, model_file) if file is not None]
    check_output(output, overwrite=overwrite, inputs=inputs + others)
    check_writable(output, overwrite=overwrite)
    for file in inputs:
        if not is_hdf5(file):
            _check_cube(file, report, partial=partial)
    parameters: dict[str, object] = dict(parse_assignments(connection, "--connect"))
    if cube is not None:
        if driver not in (None, PLAYER):
            raise click.UsageError(f"--cube is played by {PLAYER}; leave --driver {driver} out")
        parameters["Cube"] = cube
        white, dark = _beside(cube, white, dark, value, report)
        for reference, wanted in ((ReferenceName.White, white), (ReferenceName.Dark, dark)):
            if wanted is not None and wanted.file is not None:
                if not is_hdf5(wanted.file):
                    parameters[f"{reference}Cube"] = wanted.file
            elif wanted is not None:
                option = "--white" if reference is ReferenceName.White else "--dark"
                raise HsiError(
                    f"{option} {wanted.frames}: a cube that is played has no frames to take; give {option} FILE"
                )
    processing = _Processing.read(steps_file, model_file, radiometry)
    value = _word(value, has_white=white is not None, has_radiometry=radiometry is not None)
    if value == "radiance" and (radiometry is None or dark is None):
        raise HsiError("radiance needs --radiometry FILE, and a dark reference: --dark FILE or --dark FRAMES")
    if radiometry is not None and value != "radiance":
        raise click.UsageError(f"--radiometry is for radiance; leave it out with --value {value}")
    if value == "reflectance" and white is None:
        raise HsiError("reflectance needs a white reference: give --white FILE or --white FRAMES, or --value intensity")
    if stage is None and (start, stop, velocity) != (None, None, None):
        raise click.UsageError("--from, --to and --velocity are of a stage; say which, with --stage")
    if seconds is not None or stage is not None or dry_run:
        all_lines = (lines, seconds, stage) == (None, None, None)
        plan = moving_plan(
            Ends(1 if all_lines else lines, seconds, stage, start, stop, velocity),
            driver or PLAYER,
            parameters,
            parse_assignments(settings, "--set"),
            title=title,
            detector=processing.detector(value),
            timeout=timeout,
        )
        Planned(
            plan,
            report,
            output=output,
            overwrite=overwrite,
            white=(white,) if white is not None else (),
            dark=(dark,) if dark is not None else (),
            pause=pause,
            lights=cube is None,
            dry_run=dry_run,
            prepare=_with_all_lines if all_lines else None,
        ).run()
        return
    with open_session(
        driver or PLAYER, parameters, parse_assignments(settings, "--set"), report, lights=cube is None, timeout=timeout
    ) as session:
        count = lines or _all_lines(session.camera)
        check_space(output, count * session.camera.frame_format().nbytes)
        references = InstrumentParameters(
            dark_reference=_reference(session, ReferenceName.Dark, dark, pause=pause),
            white_reference=_reference(session, ReferenceName.White, white, pause=pause),
            radiometry=processing.radiometry,
        )
        kind = _VALUES[value]
        context = RecordingContext(session.camera, references, kind, steps=processing.steps, model=processing.model)
        if processing.steps is not None:
            processing = replace(processing, steps=processing.steps.completed(session.camera))
        if pause:
            click.pause("Ready to record: press a key", err=True)
        recording = completed(
            Recording(name=title or "recording", lines=count, detectors=(processing.detector(value),)),
            {"camera": session.camera},
        )
        summary = session.record(
            context, output, count, overwrite=overwrite, title=title, plan=recording.model_dump_json()
        )
    rate = f", {summary.rate:.0f} lines/s" if summary.rate else ""
    pixels, bands = context.shape
    report.say(
        f"{kind.name}: {summary.lines} lines of {pixels} pixels and {bands} bands{rate}, {summary.dropped} dropped"
    )
    report.say(f"file: {output.absolute()}")
    report.result(summary.to_message())


@dataclass(frozen=True)
class _Processing:
    """What is done to lines, read from files before a camera is touched."""

    steps: Standardisation | None
    model: Model | None
    radiometry: Radiometry | None
    model_file: str
    radiometry_file: str

    @classmethod
    def read(cls, steps: Path | None, model: Path | None, radiometry: Path | None) -> _Processing:
        return cls(
            None if steps is None else read_steps(steps),
            None if model is None else read_model(model),
            None if radiometry is None else read_radiometry(radiometry),
            "" if model is None else str(model.absolute()),
            "" if radiometry is None else str(radiometry.absolute()),
        )

    def detector(self, value: _Value) -> Detector:
        """Return what a plan says of it."""
        steps = () if self.steps is None else tuple(self.steps.to_plain()["steps"])
        return Detector(
            device="camera", value=value, steps=steps, model=self.model_file, radiometry=self.radiometry_file
        )


def _word(value: str | None, *, has_white: bool, has_radiometry: bool) -> _Value:
    if value is None:
        return "radiance" if has_radiometry else "reflectance" if has_white else "intensity"
    return "reflectance" if value == "reflectance" else "radiance" if value == "radiance" else "intensity"


def _check_cube(path: Path, report: Report, *, partial: bool) -> None:
    """Tell what is wrong with a cube before anything is started."""
    opened = open_envi(path)
    said, there = opened.header.lines, opened.data.shape[0]
    if said > there and not partial:
        raise EnviError(
            f"{opened.header_path} says lines = {said}, {opened.data_path} holds {there} whole lines; get the whole "
            "file, correct the header, or play what is there with --partial",
            path=str(path),
        )
    for message in opened.warnings:
        report.warn(message)


def _beside(
    cube: Path, white: Wanted | None, dark: Wanted | None, value: str | None, report: Report
) -> tuple[Wanted | None, Wanted | None]:
    """Use the references that lie beside a cube if reflectance is asked for; tell of them otherwise."""
    found = find_references(cube)
    if white is not None or found.white is None or value == "intensity":
        return white, dark
    if value is None:
        report.say(f"beside the cube lies {found.white.name}: --value reflectance uses it")
        return white, dark
    if dark is None and found.dark is not None:
        dark = Wanted(file=found.dark)
    return Wanted(file=found.white), dark


def _all_lines(camera: InstrumentDevice) -> int:
    known = int(camera.get_parameter("CubeLines")) if "CubeLines" in camera.all_parameters() else 0
    if not known:
        raise click.UsageError(f"--lines: say how many lines {camera.display_name} is to record")
    return known


def _with_all_lines(plan: AnyPlan, devices: Mapping[str, Device]) -> AnyPlan:
    camera = devices["camera"]
    assert isinstance(camera, InstrumentDevice)
    return plan.model_copy(update={"lines": _all_lines(camera)})


def _reference(session: Session, name: ReferenceName, wanted: Wanted | None, *, pause: bool) -> Reference | None:
    """Take a reference, or read it from a cube when the camera does not play it itself."""
    if wanted is None:
        return None
    played = f"{name}Lines" in session.camera.all_parameters() and bool(session.camera.get_parameter(f"{name}Lines"))
    if wanted.file is not None and (is_hdf5(wanted.file) or not played):
        return import_reference(session.camera, wanted.file, name=name)
    if pause:
        click.pause(f"Prepare the {name}, then press a key", err=True)
    return session.take_reference(name, wanted.frames)
