"""``pymodaq-hsi tree``: what is in a file."""

from __future__ import annotations

from pathlib import Path

import click

from h5modules.browsing import tree as tree_of
from h5modules.browsing import tree_text
from pymodaq_hsi.cli.output import Report
from pymodaq_hsi.errors import HsiError

__all__ = ["tree"]


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--where", default="/", show_default=True, metavar="NODE", help="Begin at this node.")
@click.option("--depth", type=click.IntRange(min=0), help="How many levels to go down; by default all.")
@click.option("--attributes", is_flag=True, help="Print the nodes' attributes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def tree(files: tuple[Path, ...], where: str, depth: int | None, attributes: bool, as_json: bool) -> None:
    """Print the tree of HDF5 files: groups, arrays with their shapes, types, units and sizes."""
    report = Report(as_json=as_json)
    for file in files:
        if not file.is_file():
            raise HsiError(f"{file} is a folder; give a file" if file.is_dir() else f"there is no file {file}")
    found = {}
    for number, file in enumerate(files):
        if as_json:
            found[str(file)] = tree_of(file, where, depth, attributes=attributes)
        else:
            if len(files) > 1:
                report.say(f"{chr(10) if number else ''}{file}")
            report.say(tree_text(file, where, depth, attributes=attributes))
    report.result(found[str(files[0])] if len(files) == 1 and as_json else {"files": found})
