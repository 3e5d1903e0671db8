"""Options of commands that a cluster can work for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["on_a_cluster"]

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class _Size(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.4
    """A number of bytes: 500MB, 2GB, 1.5GiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return bytes."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", str(value), re.IGNORECASE)
        if match is None or float(match[1]) <= 0:
            self.fail(f"{value!r} is no size of memory; write 500MB or 2GB", param, ctx)
        return int(float(match[1]) * _UNITS[match[2].lower()])


MEMORY = _Size()


def on_a_cluster(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of commands that a cluster can work for."""
    for option in reversed(
        (
            click.option(
                "--scheduler",
                metavar="ADDRESS",
                help="Have a Dask cluster do it: tcp://host:8786. Its workers need the same paths to the files.",
            ),
            click.option(
                "--workers",
                type=click.IntRange(min=1),
                help="Threads of this process; with --scheduler, how many workers to wait for.",
            ),
            click.option(
                "--memory",
                type=MEMORY,
                default="512MB",
                show_default=True,
                help="What blocks on their way may take, about.",
            ),
        )
    ):
        command = option(command)
    return command
