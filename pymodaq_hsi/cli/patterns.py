"""Patterns for files on the command line, where the shell left them as they are (Windows' does)."""

from __future__ import annotations

import glob
from pathlib import Path

from pymodaq_hsi.errors import HsiError

__all__ = ["expanded"]


def expanded(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return files, those that a pattern stands for in its place, each once.

    Raises
    ------
    HsiError
        A pattern that no file matches.
    """
    found: list[Path] = []
    for file in files:
        if file.exists() or not glob.has_magic(str(file)):
            found.append(file)
            continue
        matches = sorted(Path(path) for path in glob.glob(str(file), recursive=True))
        if not matches:
            raise HsiError(f"no file is called {file}")
        found += matches
    return tuple(dict.fromkeys(found))
