"""The command group, and what becomes of errors: one readable line, an exit code, a traceback when asked for.

Exit codes: 0 done; 1 it could not be done; 2 the command line is wrong; 130 stopped by Ctrl-C; 143 by SIGTERM.
"""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from typing import TYPE_CHECKING, NoReturn

import click

import pymodaq_hsi
from pymodaq_hsi.cli.dashboard import dashboard
from pymodaq_hsi.cli.demo import demo
from pymodaq_hsi.cli.devices import devices
from pymodaq_hsi.cli.export import export
from pymodaq_hsi.cli.log import log
from pymodaq_hsi.cli.new_driver import new_driver
from pymodaq_hsi.cli.output import INTERRUPTED, Told
from pymodaq_hsi.cli.plans import plans
from pymodaq_hsi.cli.plugins import plugins
from pymodaq_hsi.cli.presets import presets
from pymodaq_hsi.cli.record import record
from pymodaq_hsi.cli.reference import reference
from pymodaq_hsi.cli.repeat import repeat, resume
from pymodaq_hsi.cli.scan import scan
from pymodaq_hsi.cli.show import show
from pymodaq_hsi.cli.station import station
from pymodaq_hsi.cli.tree import tree

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "main"]

FAILED = 1
TERMINATED = 143


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(pymodaq_hsi.__version__, prog_name="pymodaq-hsi")
@click.option("--debug", is_flag=True, help="Show tracebacks and what drivers print.")
def app(debug: bool) -> None:
    """Record hyperspectral cubes, and look at what was recorded."""
    logging.basicConfig(level=logging.INFO if debug else logging.WARNING, format="%(levelname)s: %(message)s")
    if not debug:
        logging.getLogger("pymodaq_hsi.envi").setLevel(logging.ERROR)  # commands print what is odd about a cube, once


for _command in (
    demo,
    dashboard,
    devices,
    export,
    record,
    scan,
    log,
    repeat,
    resume,
    reference,
    presets,
    plans,
    show,
    station,
    tree,
    new_driver,
    plugins,
):
    app.add_command(_command)


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
