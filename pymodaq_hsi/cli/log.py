"""``pymodaq-hsi log``: whatever devices say, written down as time passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from pymodaq_hsi.cli.choosing import with_choices
from pymodaq_hsi.cli.output import Report
from pymodaq_hsi.cli.plan_options import FILE, device_options, metadata_options, reference_options, run_options
from pymodaq_hsi.cli.planned import Planned
from pymodaq_hsi.devices import ActuatorDevice, InstrumentDevice
from pymodaq_hsi.drivers import ParameterType
from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.scans.parts import Detector, Output
from pymodaq_hsi.scans.plans import Log
from pymodaq_hsi.scans.settling import POSITION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pymodaq_hsi.cli.wanted import Wanted
    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.scans.planfiles import AnyPlan

__all__ = ["log"]

_NUMBERS = (ParameterType.Integer, ParameterType.Float, ParameterType.Boolean)


class _DetectorOption(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.4
    name = "NAME[:PARAMETER,...]"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Detector:
        if isinstance(value, Detector):
            return value
        name, _, listed = str(value).partition(":")
        parameters = tuple(each.strip() for each in listed.split(",") if each.strip())
        try:
            return Detector(device=name.strip(), parameters=parameters)
        except ValueError as error:
            self.fail(
                f"{value}: write it as NAME or NAME:PARAMETER,PARAMETER, where NAME is a driver's, or a name that "
                f"--device NAME=IDENTITY gives ({' '.join(str(error).split())})",
                param,
                ctx,
            )


@click.command()
@click.option(
    "--detector",
    "detectors",
    type=_DetectorOption(),
    multiple=True,
    required=True,
    help="Frames of a camera, the position of a stage, all numbers of another device; or the parameters that are "
    "named. NAME is a driver's, or one that --device gives.",
)
@device_options
@click.option("--interval", type=click.FloatRange(min=0, min_open=True), help="Seconds; by default as fast as it goes.")
@click.option("--duration", type=click.FloatRange(min=0, min_open=True), help="Seconds; by default until Ctrl-C.")
@click.option("--average", type=click.IntRange(min=1), default=1, show_default=True, help="Frames, or readings.")
@click.option("--name", default="log", show_default=True, help="Of the log.")
@click.option(
    "--compression", type=click.Choice(["none", "zlib", "blosc2"]), default="none", show_default=True, help="Of frames."
)
@click.option("--output", type=FILE, help="The HDF5 file to write; by default NAME_0001.h5 and so on, here.")
@metadata_options
@reference_options
@run_options
def log(
    detectors: tuple[Detector, ...],
    devices: tuple[str, ...],
    settings: tuple[str, ...],
    connection: tuple[str, ...],
    interval: float | None,
    duration: float | None,
    average: int,
    name: str,
    compression: Literal["none", "zlib", "blosc2"],
    output: Path | None,
    metadata: tuple[str, ...],
    white: tuple[Wanted, ...],
    dark: tuple[Wanted, ...],
    ignore_mismatch: bool,
    pause: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write down what devices say, for hours: frames and readings with the time of each.

    Cameras give reflectance if there is a white reference. Ctrl-C ends the log; what was written stays, and 'resume'
    goes on with it.
    """
    averaged = tuple(detector.model_copy(update={"average": average}) for detector in detectors)
    plan = Log(
        name=name,
        detectors=averaged,
        interval=interval,
        duration=duration,
        output=Output(compression=compression),
    )

    def complete(plan: AnyPlan, connected: Mapping[str, Device]) -> AnyPlan:
        white_of = {wanted.camera for wanted in white}
        complete = tuple(_completed(each, connected[each.device], white_of) for each in plan.detectors)
        return plan.model_copy(update={"detectors": complete})

    Planned(
        with_choices(plan, devices=devices, settings=settings, connection=connection),
        Report(as_json=as_json),
        output=output,
        white=white,
        dark=dark,
        metadata=metadata,
        ignore_mismatch=ignore_mismatch,
        pause=pause,
        dry_run=dry_run,
        prepare=complete,
    ).run()


def _completed(detector: Detector, device: Device, white_of: set[str]) -> Detector:
    """Say what is logged of a device where the command line does not."""
    if detector.parameters:
        return detector
    if isinstance(device, InstrumentDevice):
        value = "reflectance" if white_of & {"", detector.device} else "intensity"
        return detector.model_copy(update={"value": value})
    if isinstance(device, ActuatorDevice):
        return detector.model_copy(update={"parameters": (POSITION,)})
    known = device.all_parameters()
    names = tuple(name for name in known if known[name].type in _NUMBERS and known[name].access.readable)
    if not names:
        raise HsiError(f"{detector.device}: {device.display_name} has no numbers that can be read, so nothing to log")
    return detector.model_copy(update={"parameters": names})
