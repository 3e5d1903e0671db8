"""Where scans go when nobody has said where."""

from __future__ import annotations

import tempfile
from pathlib import Path

__all__ = ["first_folder", "is_writable"]


def first_folder() -> Path:
    """Return where the window was started, or ``scans`` in the user's home if that is no place for files.

    A window that is started from a desktop begins in the home itself, in the root of a disk, or where programs are.
    """
    home = Path.home()
    try:
        here = Path.cwd()
    except OSError:  # it was removed since
        return home / "scans"
    usable = here not in (home, Path(here.anchor)) and is_writable(here)
    return here if usable else home / "scans"


def is_writable(folder: Path) -> bool:
    """Whether a file can be made in a folder; tried, because rights do not tell it on every system."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
