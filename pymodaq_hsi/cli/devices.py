"""``pymodaq-hsi devices``: what is connected, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pymodaq_hsi.cli.output import Report, Told
from pymodaq_hsi.devices import enumerate_devices
from pymodaq_hsi.drivers import DriverType

if TYPE_CHECKING:
    from pymodaq_hsi.devices import EnumeratedDevice, EnumeratedDriver, EnumerationResult

_TYPES = {
    "all": None,
    "instrument": DriverType.Instrument,
    "actuator": DriverType.Actuator,
    "light": DriverType.LightControl,
}


@click.command()
@click.option("--type", "kind", type=click.Choice(list(_TYPES)), default="all", show_default=True)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=5.0, show_default=True, help="Seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def devices(kind: str, timeout: float, as_json: bool) -> None:
    """List the drivers and the devices that they find."""
    report = Report(as_json=as_json)
    found = enumerate_devices(_TYPES[kind], timeout)
    report.result(
        {
            "drivers": [_driver(driver) for driver in found.drivers],
            "devices": [_device(device) for device in found.devices],
            "warnings": [str(message) for message in found.warnings],
            "errors": [str(message) for message in found.errors],
        }
    )
    _tell(found, report)
    if found.errors:
        raise Told(1)


def _tell(found: EnumerationResult, report: Report) -> None:
    if not found.drivers:
        report.say("No driver plugin is installed. The virtual devices are in the package pymodaq-hsi-virtual.")
    for driver in found.drivers:
        report.say(f"{driver.name} {driver.version}  [{driver.type.name}, {driver.state.name}]  {driver.description}")
        for device in found.devices:
            if device.driver is driver:
                maker = " ".join(word for word in (device.manufacturer, device.model) if word)
                report.say(f"    {device.identity}  {device.display_name}{f' ({maker})' if maker else ''}")
                for spec in device.parameter_info.parameters():
                    report.say(f"        {spec.name}: {spec.expectation()}{'' if spec.required else ', optional'}")
    for warning in found.warnings:
        report.warn(str(warning))
    for error in found.errors:
        click.echo(f"error: {' '.join(str(error).split())}", err=True)


def _driver(driver: EnumeratedDriver) -> dict[str, Any]:
    return {
        "name": driver.name,
        "type": driver.type.name,
        "description": driver.description,
        "version": driver.version,
        "state": driver.state.name,
        "package": driver.plugin.distribution,
    }


def _device(device: EnumeratedDevice) -> dict[str, Any]:
    return {
        "identity": device.identity,
        "id": device.id,
        "display_name": device.display_name,
        "driver": device.driver.name,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "serial_number": device.serial_number,
        "connection_parameters": [spec.to_message() for spec in device.parameter_info.parameters()],
    }
