"""Numbers for files that nobody gets twice: not after a deletion, and not from two programs at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from pymodaq_hsi.errors import OutputError

if TYPE_CHECKING:
    import re
    from pathlib import Path

__all__ = ["COUNTERS", "next_number"]

COUNTERS = ".scan_numbers.sqlite"
"""File in a folder that has the last number given of each name."""
_PATIENCE = 30.0


def next_number(folder: Path, name: str, pattern: re.Pattern[str]) -> int:
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

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    matches = [pattern.fullmatch(path.name) for path in folder.iterdir()]
    there = max((int(match[1]) for match in matches if match), default=0)
    try:
        with closing(sqlite3.connect(folder / COUNTERS, timeout=_PATIENCE, isolation_level=None)) as counters:
            counters.execute("CREATE TABLE IF NOT EXISTS last (name TEXT PRIMARY KEY, number INTEGER NOT NULL)")
            counters.execute("BEGIN IMMEDIATE")
            row = counters.execute("SELECT number FROM last WHERE name = ?", (name,)).fetchone()
            number = max(there, row[0] if row else 0) + 1
            counters.execute("INSERT OR REPLACE INTO last VALUES (?, ?)", (name, number))
            counters.execute("COMMIT")
    except sqlite3.Error as error:
        raise OutputError(
            f"no number could be taken for {name} in {folder}: {error}; see to it that the folder can be written, or "
            f"remove {COUNTERS} in it if that is damaged"
        ) from error
    return number
