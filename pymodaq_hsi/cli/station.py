"""``pymodaq-hsi station``: devices, references and scans in a process that windows and scripts attach to."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING, NoReturn

import click

from pymodaq_hsi.cli.output import Report

if TYPE_CHECKING:
    from pymodaq_hsi.station import StationServer

__all__ = ["station"]


@click.command()
@click.option("--name", default="station", show_default=True, help="By which programs attach to it.")
@click.option("--list", "list_them", is_flag=True, help="Show the stations that are running, and end.")
@click.option("--stop", is_flag=True, help="End the running station of this name: scan stopped, lights off.")
@click.option("--force", is_flag=True, help="With --stop: also if another program has control.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def station(name: str, list_them: bool, stop: bool, force: bool, as_json: bool) -> None:
    """Run a station until Ctrl-C.

    A station has the connected devices, the references and the running scan. Programs of the same user on this machine
    attach to it and detach from it; a scan goes on whatever becomes of them. When it ends, it stops the scan with what
    there is kept, switches all lights off and disconnects.
    """
    report = Report(as_json=as_json)
    if list_them:
        _list(report)
    elif stop:
        _stop(name, force, report)
    else:
        _run(name, report)


def _run(name: str, report: Report) -> None:
    from pymodaq_hsi.station import StationServer

    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, _terminated)
    server = None
    try:
        server = StationServer(name)
        report.say(f"station {name} listens at {server.address}; Ctrl-C ends it")
        report.result({"name": name, "address": str(server.address)})
        while not server.station.ending.wait(0.5):
            continue
    except (KeyboardInterrupt, SystemExit):
        if server is None:
            raise
    finally:
        if server is not None:
            _close(server)
            report.say(f"station {name} has ended: lights off, devices disconnected")


def _close(server: StationServer) -> None:
    """Close it; a second Ctrl-C must not cut that short, which has its own end."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    server.close()


def _terminated(*_: object) -> NoReturn:
    sys.exit(0)


def _list(report: Report) -> None:
    from pymodaq_hsi.station import records

    running = records()
    report.result(
        {
            "stations": [
                {"name": each.name, "pid": each.pid, "started": each.started, "version": each.version}
                for each in running
            ]
        }
    )
    for each in running:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(each.started))
        report.say(f"{each.name}  process {each.pid}, since {since}, version {each.version}")
    if not running:
        report.say("no station is running")


def _stop(name: str, force: bool, report: Report) -> None:
    from pymodaq_hsi.station import attach, records

    with attach(name) as client:
        client.take_control(force=force, message="the station is being ended")
        client.shut_down()
    deadline = time.monotonic() + 60.0
    while any(each.name == name for each in records()):
        if time.monotonic() > deadline:
            raise click.ClickException(f"station {name} was asked to end and has not within 60 s")
        time.sleep(0.1)
    report.say(f"station {name} has ended")
    report.result({"name": name, "ended": True})
