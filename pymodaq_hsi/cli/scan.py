"""``pymodaq-hsi scan``: carries out a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pymodaq_hsi.cli.choosing import with_choices
from pymodaq_hsi.cli.output import Report
from pymodaq_hsi.cli.plan_options import (
    FILE,
    device_options,
    load_preset,
    metadata_options,
    reference_options,
    run_options,
)
from pymodaq_hsi.cli.planned import Planned
from pymodaq_hsi.scans.planfiles import load_plan

if TYPE_CHECKING:
    from pathlib import Path

    from pymodaq_hsi.cli.wanted import Wanted

__all__ = ["scan"]


@click.command()
@click.argument("plan", type=FILE)
@click.option("--output", type=FILE, help="The HDF5 file to write; by default as the plan says.")
@device_options
@click.option("--preset", metavar="NAME", help="Devices, their settings and references, as 'presets save' kept them.")
@click.option("--preset-folder", type=FILE, help="Where the preset is, if not in your own folder.")
@click.option("--positions", type=FILE, help="File of named positions that the plan speaks of; by default your own.")
@metadata_options
@reference_options
@run_options
def scan(
    plan: Path,
    output: Path | None,
    devices: tuple[str, ...],
    settings: tuple[str, ...],
    connection: tuple[str, ...],
    preset: str | None,
    preset_folder: Path | None,
    positions: Path | None,
    metadata: tuple[str, ...],
    white: tuple[Wanted, ...],
    dark: tuple[Wanted, ...],
    ignore_mismatch: bool,
    pause: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Carry out a PLAN: a scan, a recording, a series or a log, in a TOML or JSON file.

    All is checked before anything moves. The first Ctrl-C ends it after the point that is being measured, the second at
    once; what was measured is in the file, and 'resume' goes on with it.
    """
    kept, whites, darks = load_preset(preset, preset_folder)
    loaded = with_choices(
        load_plan(plan), devices=devices, settings=settings, connection=connection, positions=positions, preset=kept
    )
    cameras = {detector.device for detector in loaded.detectors if detector.is_frame}
    Planned(
        loaded,
        Report(as_json=as_json),
        output=output,
        white=white or tuple(each for each in whites if each.camera in cameras),
        dark=dark or tuple(each for each in darks if each.camera in cameras),
        metadata=metadata,
        ignore_mismatch=ignore_mismatch,
        pause=pause,
        dry_run=dry_run,
    ).run()
