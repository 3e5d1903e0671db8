"""Numbers for files that nobody gets twice: not after a deletion, and not from two programs at once."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from pymodaq_hsi.errors import OutputError

if TYPE_CHECKING:
    import re
    from pathlib import Path

__all__ = ["COUNTERS", "coming_number", "next_number"]

COUNTERS = ".scan_numbers.sqlite"
"""File in a folder that has the last number given of each name."""
_PATIENCE = 30.0
_LAST = "SELECT number FROM last WHERE name = ?"


def next_number(folder: Path, name: str, pattern: re.Pattern[str], *, look_again: bool = True) -> int:
    """Take the next number of a name in a folder, counting from 1.

    It is one more than the highest that was ever given there, and than those of files that are there.

    Parameters
    ----------
    folder : Path
        Is there, and can be written.
    name : str
        What is counted.
    pattern : Pattern
        Of the files' names; its first group is the number.
    look_again : bool
        Look through the folder each time. Without it only before the first number, which takes the same time however
        many files there are; files that others put there later have to be looked for by the caller.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    there = _highest(folder, pattern) if look_again else 0
    try:
        with closing(sqlite3.connect(folder / COUNTERS, timeout=_PATIENCE, isolation_level=None)) as counters:
            counters.execute("CREATE TABLE IF NOT EXISTS last (name TEXT PRIMARY KEY, number INTEGER NOT NULL)")
            counters.execute("BEGIN IMMEDIATE")
            row = counters.execute(_LAST, (name,)).fetchone()
            if row is None and not look_again:
                there = _highest(folder, pattern)
            number = max(there, row[0] if row else 0) + 1
            counters.execute("INSERT OR REPLACE INTO last VALUES (?, ?)", (name, number))
            counters.execute("COMMIT")
    except sqlite3.Error as error:
        raise OutputError(
            f"no number could be taken for {name} in {folder}: {error}; see to it that the folder can be written, or "
            f"remove {COUNTERS} in it if that is damaged"
        ) from error
    return number


def coming_number(folder: Path, name: str, pattern: re.Pattern[str], *, look_again: bool = True) -> int:
    """Return the number that `next_number` would take now, without taking it.

    Raises
    ------
    OutputError
        The counters, or the folder, are there and cannot be read.
    """
    row = None
    try:
        if (folder / COUNTERS).exists():
            with closing(sqlite3.connect(folder / COUNTERS, timeout=_PATIENCE)) as counters:
                known = counters.execute("SELECT 1 FROM sqlite_master WHERE name = 'last'").fetchone()
                row = counters.execute(_LAST, (name,)).fetchone() if known else None
        there = _highest(folder, pattern) if (look_again or row is None) and folder.exists() else 0
    except (sqlite3.Error, OSError) as error:
        raise OutputError(
            f"the last number of {name} in {folder} cannot be read: {error}; see to it that the folder can be read, or "
            f"remove {COUNTERS} in it if that is damaged"
        ) from error
    return max(there, row[0] if row else 0) + 1


def _highest(folder: Path, pattern: re.Pattern[str]) -> int:
    with os.scandir(folder) as entries:
        matches = [pattern.fullmatch(entry.name) for entry in entries]
    return max((int(match[1]) for match in matches if match), default=0)
