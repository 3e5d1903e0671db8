"""``pymodaq-hsi repeat`` and ``resume``: a scan that is in a file, once more or gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pymodaq_hsi.cli.choosing import with_choices
from pymodaq_hsi.cli.output import Report
from pymodaq_hsi.cli.plan_options import FILE, device_options, metadata_options, reference_options, run_options
from pymodaq_hsi.cli.planned import Planned
from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.scans.plans import Recording
from pymodaq_hsi.scans.stored import StoredScan, read_scan

if TYPE_CHECKING:
    from pathlib import Path

    from pymodaq_hsi.cli.wanted import Wanted

__all__ = ["repeat", "resume"]

_NODE = click.option("--scan", "node", default="", metavar="NODE", help="Which scan of the file; by default the last.")


@click.command()
@click.argument("file", type=FILE)
@_NODE
@click.option("--output", type=FILE, help="The HDF5 file to write; by default the next that its plan gives.")
@device_options
@metadata_options
@reference_options
@run_options
def repeat(
    file: Path,
    node: str,
    output: Path | None,
    devices: tuple[str, ...],
    settings: tuple[str, ...],
    connection: tuple[str, ...],
    metadata: tuple[str, ...],
    white: tuple[Wanted, ...],
    dark: tuple[Wanted, ...],
    ignore_mismatch: bool,
    pause: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Carry out the plan of a FILE's scan again, into another file.

    Devices are found by driver and serial number, and set as they were when the scan began; stages go to where they
    were. References are those in the file, unless others are given.
    """
    stored = _read(file, node)
    plan = with_choices(_named(stored).plan, devices=devices, settings=settings, connection=connection)
    Planned(
        plan,
        Report(as_json=as_json),
        output=output,
        stored=stored,
        white=white,
        dark=dark,
        metadata=metadata,
        ignore_mismatch=ignore_mismatch,
        pause=pause,
        dry_run=dry_run,
    ).run()


@click.command()
@click.argument("file", type=FILE)
@_NODE
@device_options
@run_options
def resume(
    file: Path,
    node: str,
    devices: tuple[str, ...],
    settings: tuple[str, ...],
    connection: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Go on with a FILE's scan that was stopped, failed or was killed, in the same file.

    Devices are found and set as they were when it began; points that are in the file are not measured again.
    """
    report = Report(as_json=as_json)
    stored = _read(file, node)
    if isinstance(stored.plan, Recording):
        raise HsiError(
            f"{stored.node} of {file} is a recording, which is made in one go and cannot be gone on with; 'repeat' "
            "records it again into another file"
        )
    if stored.complete:
        report.say(f"{stored.node} of {file} is complete; there is nothing to go on with")
        report.event({"event": "complete", "path": str(file.absolute()), "node": stored.node})
        return
    plan = with_choices(_named(stored).plan, devices=devices, settings=settings, connection=connection)
    Planned(plan, report, output=file, resume=stored.node, stored=stored, dry_run=dry_run).run()


def _read(file: Path, node: str) -> StoredScan:
    if not file.is_file():
        raise HsiError(f"{file} is a folder; give a file" if file.is_dir() else f"there is no file {file}")
    return read_scan(file, node)


def _named(stored: StoredScan) -> StoredScan:
    """Return the scan with what the file knows of its devices in its plan, so that options can change it."""
    entries = {name: choice for name, choice in stored.choices().items() if choice is not None}
    return StoredScan(
        stored.path,
        stored.node,
        stored.plan.model_copy(update={"devices": entries}),
        stored.complete,
        stored.settings,
        stored.others,
    )
