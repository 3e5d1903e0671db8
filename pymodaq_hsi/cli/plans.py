"""``pymodaq-hsi plans``: plans looked at and converted; no device is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pymodaq_hsi.cli.output import Report, check_output
from pymodaq_hsi.cli.plan_options import FILE
from pymodaq_hsi.scans.connecting import device_names
from pymodaq_hsi.scans.planfiles import dump_plan, load_plan, plan_schema

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["plans"]


@click.group()
def plans() -> None:
    """Look at plans and convert them; 'scan PLAN --dry-run' checks one against the devices."""


@plans.command()
@click.argument("plan", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(plan: Path, as_json: bool) -> None:
    """Say whether a PLAN can be understood, and what it is."""
    report = Report(as_json=as_json)
    loaded = load_plan(plan)
    names = device_names(loaded)
    shape = getattr(loaded, "scan_shape", None)
    report.say(f"{loaded.name}: {loaded.kind}" + (f", {' x '.join(map(str, shape))} points" if shape else ""))
    report.say(f"devices: {', '.join(names) or 'none'}")
    report.result({"name": loaded.name, "kind": loaded.kind, "shape": shape, "devices": names})


@plans.command()
@click.option("--output", type=FILE, help="File to write; by default it is printed.")
@click.option("--overwrite", is_flag=True, help="Replace the output if it is there.")
def schema(output: Path | None, overwrite: bool) -> None:
    """Print the JSON schema of plans, for editors."""
    text = json.dumps(plan_schema(), indent=2)
    if output is None:
        click.echo(text)
        return
    check_output(output, overwrite=overwrite)
    output.write_text(text + "\n", encoding="utf-8")


@plans.command()
@click.argument("plan", type=FILE)
@click.argument("output", type=FILE)
@click.option("--overwrite", is_flag=True, help="Replace the output if it is there.")
def convert(plan: Path, output: Path, overwrite: bool) -> None:
    """Write a PLAN as JSON (OUTPUT ends in .json) or TOML."""
    check_output(output, overwrite=overwrite, inputs=[plan])
    click.echo(f"file: {dump_plan(load_plan(plan), output, overwrite=overwrite).absolute()}")
