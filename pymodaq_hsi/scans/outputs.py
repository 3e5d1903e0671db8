"""Which file a scan goes to."""

from __future__ import annotations

import re
import string
from datetime import datetime
from typing import TYPE_CHECKING

from pymodaq_hsi.errors import OutputError, OutputExists
from pymodaq_hsi.numbering import next_number

if TYPE_CHECKING:
    from pathlib import Path

    from pymodaq_hsi.scans.parts import Output

__all__ = ["output_path"]


def output_path(output: Output, name: str) -> tuple[Path, bool]:
    """Return the file for the next scan of a plan, and whether to add the scan to a file that is there.

    The folder is made if it is not there. A number is taken for good: two programs never get the same one.

    Parameters
    ----------
    output : Output
    name : str
        Of the plan.

    Raises
    ------
    OutputExists
        The name has no number, and there is such a file, which is to have one scan.
    OutputError
        The folder cannot be made or written.
    """
    when = datetime.now().astimezone()
    path = output.path(name, 0, when)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {path.parent} cannot be made: {error}; choose another") from error
    many = output.scans == "many"
    if many and output.numbered:
        raise OutputError(
            f"scans are to be added to one file, and its name {output.file!r} has a number that each scan counts up; "
            "take {number} out of it, or have one scan in a file"
        )
    while output.numbered:
        number = next_number(path.parent, *_counted(output, name))
        path = output.path(name, number, when)
        if not path.exists():
            break
    if path.exists() and not many:
        raise OutputExists(f"{path} exists already; put {{number}} into its name, or choose another")
    return path, many and path.exists()


def _counted(output: Output, name: str) -> tuple[str, re.Pattern[str]]:
    """Return by what numbers are counted, and the pattern of files that have one."""
    safe = output.model_copy(update={"file": "{name}"}).path(name).name
    pattern = key = ""
    for text, place, _, _ in string.Formatter().parse(output.file):
        pattern += re.escape(text)
        key += text
        if place == "number":
            pattern += r"(\d+)"
            key += "#"
        elif place == "name":
            pattern += re.escape(safe)
            key += safe
        elif place is not None:
            pattern += ".+"
            key += "*"
    return key, re.compile(pattern)
