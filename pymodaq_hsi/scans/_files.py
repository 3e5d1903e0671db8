"""Small text files, whole or not at all."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from pymodaq_hsi.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["locked", "write_whole"]

_PATIENCE = 30.0


def write_whole(path: Path, text: str) -> None:
    """Write a file in such a way that it is either as it was or has all of the text, whatever happens meanwhile."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other programs that ask for the same from changing a file meanwhile.

    Notes
    -----
    The lock is that of an SQLite database beside the file, which every system has and which ends with its process.

    Raises
    ------
    OutputError
        The folder cannot be written, or another program has kept it for half a minute.
    """
    beside = path.with_name(f".{path.name}.lock")
    try:
        with closing(sqlite3.connect(beside, timeout=_PATIENCE, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            yield
    except sqlite3.Error as error:
        raise OutputError(f"{path} cannot be changed now: {error}; see to it that its folder can be written") from error
