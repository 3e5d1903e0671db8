"""Named positions: where targets are to be, kept under a name in a file."""

from __future__ import annotations

import math
import re
import threading
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs
import tomli_w

from pymodaq_hsi.errors import OutputError, PositionError, PositionNotFound
from pymodaq_hsi.scans._files import locked, write_whole

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["PositionMemory"]

_TARGET = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.[^.\s](.*\S)?")
_LONGEST_NAME = 200


class PositionMemory:
    """Positions by name in a TOML file: a table for each name, ``"stage.Position" = 12.5`` in it.

    Every call reads the file, so that several programs can share it; every change is written whole or not at all.

    Parameters
    ----------
    path : path
        Need not be there yet.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     memory = PositionMemory(Path(folder) / "positions.toml")
    ...     memory.save("sample 1", {"stage.Position": 12.5})
    ...     memory.load("sample 1")
    {'stage.Position': 12.5}
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._changing = threading.Lock()

    def __repr__(self) -> str:
        return f"PositionMemory({str(self.path)!r})"

    @staticmethod
    def default() -> Path:
        """Return the file of the user's positions."""
        return Path(platformdirs.user_config_dir("pymodaq_hsi", appauthor=False)) / "positions.toml"

    def names(self) -> list[str]:
        """Return the names, in the order in which they were saved first."""
        return list(self._read())

    def positions(self) -> dict[str, dict[str, float]]:
        """Return all positions by name."""
        return self._read()

    def load(self, name: str) -> dict[str, float]:
        """Return a position: target to value, in the units of the parameters.

        Raises
        ------
        PositionNotFound
        """
        positions = self._read()
        self._need(name, positions)
        return positions[name]

    def value(self, name: str, target: str) -> float:
        """Return the value that a position has for one target.

        Raises
        ------
        PositionNotFound
            There is no such position, or it has no value for the target.
        """
        position = self.load(name)
        if target not in position:
            raise PositionNotFound(
                f"position {name!r} in {self.path} has no value for {target}; it has {', '.join(position)}"
            )
        return position[target]

    def save(self, name: str, position: Mapping[str, float], *, overwrite: bool = False) -> None:
        """Keep a position.

        Parameters
        ----------
        name : str
        position : mapping of str to float
            Target to value.
        overwrite : bool
            Replace the position that has this name.

        Raises
        ------
        PositionError
            The name is taken, or it or a value cannot be kept.
        OutputError
            The file could not be written; it is as it was.
        """
        _check_name(name)
        values = _checked(name, position)
        with self._changing, locked(self.path):
            positions = self._read()
            if name in positions and not overwrite:
                raise PositionError(
                    f"there is a position {name!r} in {self.path} already; choose another name, or ask for "
                    "overwrite=True"
                )
            self._write(positions | {name: values})

    def rename(self, name: str, new: str) -> None:
        """Give a position another name; its place in the list stays.

        Raises
        ------
        PositionNotFound
        PositionError
            The new name is taken.
        OutputError
        """
        _check_name(new)
        with self._changing, locked(self.path):
            positions = self._read()
            self._need(name, positions)
            if new in positions and new != name:
                raise PositionError(f"there is a position {new!r} in {self.path} already; delete it first")
            self._write({new if each == name else each: values for each, values in positions.items()})

    def delete(self, name: str) -> None:
        """Forget a position.

        Raises
        ------
        PositionNotFound
        OutputError
        """
        with self._changing, locked(self.path):
            positions = self._read()
            self._need(name, positions)
            del positions[name]
            self._write(positions)

    def _need(self, name: str, positions: Mapping[str, Any]) -> None:
        if name not in positions:
            known = ", ".join(map(repr, positions)) or "none"
            raise PositionNotFound(f"there is no position {name!r} in {self.path}; there are: {known}")

    def _read(self) -> dict[str, dict[str, float]]:
        try:
            content = tomllib.loads(self.path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise PositionError(f"positions cannot be read from {self.path}: {error}") from error
        found = {}
        for name, position in content.items():
            if not isinstance(position, dict):
                raise PositionError(
                    f"{name} = {position!r} in {self.path} is no position: a table of targets and values is needed"
                )
            try:
                found[name] = _checked(name, position)
            except PositionError as error:
                raise PositionError(f"{error}; correct {self.path}") from None
        return found

    def _write(self, positions: Mapping[str, Mapping[str, float]]) -> None:
        try:
            write_whole(self.path, tomli_w.dumps(positions))
        except OSError as error:
            raise OutputError(f"positions could not be written to {self.path}: {error}; it is as it was") from error


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise PositionError(f"a position cannot be called {name!r}; give a text that can be printed and is not blank")


def _checked(name: str, position: Mapping[str, Any]) -> dict[str, float]:
    if not position:
        raise PositionError(f"position {name!r} has no values; give a target and a value at least")
    found = {}
    for target, value in position.items():
        plain = value.item() if isinstance(value, np.generic) else value
        if not isinstance(target, str) or not _TARGET.fullmatch(target):
            raise PositionError(f'position {name!r}: {target!r} is not the name of a target, "device.Parameter"')
        if isinstance(plain, bool) or not isinstance(plain, (int, float)) or not math.isfinite(plain):
            raise PositionError(f"position {name!r}: {target} = {value!r} is refused; give a finite number")
        found[target] = float(plain)
    return found
