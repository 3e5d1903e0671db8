"""``pymodaq-hsi dashboard``: the window."""

from __future__ import annotations

import sys

import click

__all__ = ["dashboard"]


@click.command()
@click.option(
    "--station", default=None, help="The station to show; it is started if it does not run.  [default: station]"
)
@click.option("--demo", is_flag=True, help="Connect the virtual camera, stage and light, in a station called demo.")
@click.option("--theme", type=click.Choice(["dark", "light"]), help="By default the one that was used last.")
def dashboard(station: str | None, demo: bool, theme: str | None) -> None:
    """Open the dashboard.

    The window shows a station that runs in a process of its own and goes on when the window is closed, hangs or is
    killed; opened again, it shows what the station does.
    """
    try:
        from pymodaq_hsi.dashboard.app import run_dashboard
    except ImportError as error:
        raise click.ClickException(str(error)) from error
    sys.exit(run_dashboard(station or ("demo" if demo else "station"), demo=demo, theme=theme or ""))
