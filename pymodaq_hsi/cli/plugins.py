"""``pymodaq-hsi plugins``: the installed plugins, their drivers, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import click

from pymodaq_hsi.cli.output import Report, Told
from pymodaq_hsi.devices import EnumerationResult, PluginEntry, installed_plugins, load_plugins
from pymodaq_hsi.drivers import DriverState

__all__ = ["plugins"]


@click.command()
@click.option("--timeout", type=click.FloatRange(min=0.1), default=5.0, show_default=True, help="Seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plugins(timeout: float, as_json: bool) -> None:
    """List the installed plugins with their drivers, without looking for devices."""
    report = Report(as_json=as_json)
    entries = installed_plugins()
    found = load_plugins(timeout, entries)
    described = [_plugin(entry, found) for entry in entries]
    report.result({"plugins": described, "warnings": [str(warning) for warning in found.warnings]})
    if not entries:
        report.say("No plugin is installed. The virtual devices are in the package pymodaq-hsi-virtual.")
    for plugin in described:
        package = f"{plugin['distribution']} {plugin['version']}".strip() or "no package"
        report.say(f"{plugin['name']}  [{plugin['state']}]  {package}  ({plugin['module']})")
        for driver in plugin["drivers"]:
            report.say(f"    {driver['name']} {driver['version']}  [{driver['type']}]  {driver['description']}")
        for error in plugin["errors"]:
            click.echo(f"error: {' '.join(error.split())}", err=True)
    for warning in found.warnings:
        report.warn(str(warning))
    if found.errors:
        raise Told(1)


def _plugin(entry: PluginEntry, found: EnumerationResult) -> dict[str, Any]:
    drivers = [driver for driver in found.drivers if driver.plugin == entry]
    states = [driver.state for driver in drivers if driver.state is not DriverState.OK]
    return {
        "name": entry.name,
        "distribution": entry.distribution,
        "version": entry.version,
        "module": entry.value,
        "state": (states[0] if states else DriverState.OK).name,
        "drivers": [
            {
                "name": driver.name,
                "type": driver.type.name,
                "version": driver.version,
                "description": driver.description,
            }
            for driver in drivers
            if driver.state is DriverState.OK
        ],
        "errors": [str(error) for error in found.errors if states and error.driver == entry.name],
    }
