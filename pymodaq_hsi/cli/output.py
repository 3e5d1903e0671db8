"""What commands have in common in what they print: progress, JSON, values on the command line."""

from __future__ import annotations

import json
import math
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from pymodaq_hsi._same_file import is_same_file
from pymodaq_hsi.errors import OutputError, OutputExists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from pymodaq_hsi.scans.prompts import Prompt

__all__ = ["INTERRUPTED", "Report", "Told", "ask_for", "check_output", "parse_assignments"]

INTERRUPTED = 130


class Told(Exception):
    """Ends a command with an exit code after it has printed why."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class _Rate(ProgressColumn):
    """Steps per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")


class Report:
    """Where a command's words go: text for people, or one JSON object for programs.

    Parameters
    ----------
    as_json : bool
        Print nothing but the object, at the end.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._console = Console(stderr=True)
        self._mute = False

    @property
    def console(self) -> Console:
        """Where bars are drawn."""
        return self._console

    def say(self, text: str = "") -> None:
        """Print a line for people."""
        if not self.as_json:
            self._print(text)

    def note(self, text: str) -> None:
        """Print a line for people beside the output, to stderr."""
        click.echo(text, err=True)

    def warn(self, text: str) -> None:
        """Print a warning, also where JSON is wanted (it goes to stderr)."""
        click.echo(f"warning: {text}", err=True)

    def result(self, value: dict[str, Any]) -> None:
        """Print the result for programs."""
        if self.as_json:
            self._print(json.dumps(value, indent=2, default=str))

    def event(self, value: dict[str, Any]) -> None:
        """Print something that happened, for programs: an object in a line; NaN, which JSON has not, is null."""
        if self.as_json:
            try:
                self._print(json.dumps(value, default=str, allow_nan=False))
            except ValueError:
                self._print(json.dumps(_finite(value), default=str))

    def _print(self, text: str) -> None:
        """Print, unless nobody can take it: a closed pipe or a full disk behind stdout must not end a recording."""
        if self._mute:
            return
        try:
            click.echo(text)
            sys.stdout.flush()
        except OSError as error:
            self._mute = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if not isinstance(error, BrokenPipeError):
                self.warn(f"nothing more is printed: stdout cannot be written ({error.strerror})")

    @contextmanager
    def progress(self, title: str, total: int | None) -> Iterator[Callable[..., None]]:
        """Show a bar with count, rate and time left while the block runs.

        Yields a function that takes the count, and the total where that becomes known later.
        """
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
        )
        shown = not self.as_json and sys.stderr.isatty()
        with Progress(*columns, console=self._console, disable=not shown, refresh_per_second=8) as bar:
            task = bar.add_task(title, total=total)
            yield lambda done, of=None: bar.update(task, completed=done, total=of)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def ask_for(prompt: Prompt) -> Any:
    """Ask a person in the terminal for what a plan wants to know."""
    kind = click.Choice(prompt.choices) if prompt.choices else None
    default = prompt.default if prompt.default is not None or prompt.required else ""
    return click.prompt(prompt.text, default=default, type=kind, show_default=bool(default), err=True)


def parse_assignments(words: tuple[str, ...], option: str) -> dict[str, str]:
    """Return NAME=VALUE words as a mapping."""
    values: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name.strip():
            raise click.UsageError(f"{option} {word!r}: write it as NAME=VALUE, for example {option} ExposureTime=5")
        values[name.strip()] = value.strip()
    return values


def check_output(path: Path, *, overwrite: bool, inputs: Iterable[Path] = ()) -> None:
    """Refuse an output that cannot be written, before anything is done for it.

    Raises
    ------
    OutputExists
        It is there, and overwriting was not asked for.
    OutputError
        There is no such folder, it is a folder itself, or one of the files that are read.
    """
    for read in inputs:
        if is_same_file(path, read):
            raise OutputError(f"{path} is read and cannot be the output too; give another name")
    if path.is_dir():
        raise OutputError(f"{path} is a folder; give the name of a file in it")
    if path.exists() and not overwrite:
        raise OutputExists(f"{path} exists already; give another name, or --overwrite")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"there is no folder {path.absolute().parent} for {path.name}; make it first")
