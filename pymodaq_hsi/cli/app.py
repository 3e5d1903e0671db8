"""The command group, and what becomes of errors: one readable line, an exit code, a traceback when asked for.

Exit codes: 0 done; 1 it could not be done; 2 the command line is wrong; 130 stopped by Ctrl-C; 143 by SIGTERM.
"""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

import pymodaq_hsi
from pymodaq_hsi.cli.output import INTERRUPTED, Told

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "main"]

FAILED = 1
TERMINATED = 143

COMMANDS = {
    "calibrate": ("calibrate", "Calibrate stored cubes of any size: raw samples and references to reflectance."),
    "dashboard": ("dashboard", "Open the dashboard."),
    "demo": ("demo", "Do the main job on the virtual camera."),
    "devices": ("devices", "List the drivers and the devices that they find."),
    "export": ("export", "Write data of HDF5 files, and ENVI cubes, in another format."),
    "log": ("log", "Write down what devices say, for hours: frames and readings with the time of each."),
    "new-driver": (
        "new_driver",
        "Write a plugin package with a driver that passes its tests, to put your hardware in.",
    ),
    "plans": ("plans", "Look at plans and convert them; 'scan PLAN --dry-run' checks one against the devices."),
    "plugins": ("plugins", "List the installed plugins with their drivers, without looking for devices."),
    "presets": (
        "presets",
        "Keep devices with their settings and references under a name, and bring them back into that state.",
    ),
    "record": ("record", "Record a hyperspectral cube into an HDF5 file."),
    "reference": ("reference", "Take white and dark references, look at them, and use them another day."),
    "repeat": ("repeat", "Carry out the plan of a FILE's scan again, into another file."),
    "resume": ("repeat", "Go on with a FILE's scan that was stopped, failed or was killed, in the same file."),
    "scan": ("scan", "Carry out a PLAN: a scan, a recording, a series or a log, in a TOML or JSON file."),
    "show": ("show", "Print the tree of an HDF5 file; with --picture also render its cube."),
    "station": ("station", "Run a station until Ctrl-C."),
    "tree": ("tree", "Print the tree of HDF5 files: groups, arrays with their shapes, types, units and sizes."),
}
"""Each command's module in this package, where it has the command's name, and its first line of help."""


class Commands(click.Group):
    """Imports a command when it is called for: `--help` and a station need not wait for all the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        command = getattr(import_module(f"pymodaq_hsi.cli.{COMMANDS[cmd_name][0]}"), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        room = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=text).get_short_help_str(room))
                    for name, (_, text) in COMMANDS.items()
                ]
            )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(pymodaq_hsi.__version__, prog_name="pymodaq-hsi")
@click.option("--debug", is_flag=True, help="Show tracebacks and what drivers print.")
def app(debug: bool) -> None:
    """Record hyperspectral cubes, and look at what was recorded."""
    logging.basicConfig(level=logging.INFO if debug else logging.WARNING, format="%(levelname)s: %(message)s")
    if not debug:
        logging.getLogger("pymodaq_hsi.envi").setLevel(logging.ERROR)  # commands print what is odd about a cube, once


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    if debug:
        arguments = ["--debug", *(word for word in arguments if word != "--debug")]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        app(arguments, prog_name="pymodaq-hsi", standalone_mode=False)
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        hint = f" ('{context.command_path} --help' tells more)" if context is not None else ""
        click.echo(f"error: {' '.join(error.format_message().split())}{hint}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(INTERRUPTED)
    except Told as told:
        sys.exit(told.exit_code)
    except Exception as error:  # the last place where anything can be said
        if debug:
            traceback.print_exc()
        click.echo(f"error: {_one_line(error)}", err=True)
        sys.exit(FAILED)
    sys.exit(0)


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, (RuntimeError, ValueError, OSError, LookupError)) and text:
        return text
    return f"{type(error).__name__}: {text or 'no message'} (run again with --debug for the traceback)"
