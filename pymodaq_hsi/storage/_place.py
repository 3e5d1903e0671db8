"""Where the next file goes: its folder, its name, its number."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pymodaq_hsi.errors import OutputError, OutputExists, StorageError
from pymodaq_hsi.numbering import coming_number, next_number

__all__ = ["Place", "checked_base", "checked_folder", "checked_name"]

_FORBIDDEN = '<>:"/\\|?*'
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
_LONGEST = 200
"""Bytes of a name: file systems take 255, and a number, an ending and the name of a journal come after it."""


def _problem(text: str) -> str:
    """Return what keeps a text from being the name of a file or a folder on any system; '' if nothing does."""
    if not text:
        return "it is empty"
    wrong = [c for c in text if c in _FORBIDDEN or not (c.isprintable() or c == " ")]
    if wrong:
        return f"{wrong[0]!r} cannot be in a name"
    if text[0] in ". " or text[-1] in ". ":
        return "a name neither begins nor ends with a dot or a space"
    if text.partition(".")[0].strip().lower() in _DEVICES:
        return "Windows has a device of that name"
    if len(text.encode()) > _LONGEST:
        return f"it has {len(text.encode())} bytes, and a name has at most {_LONGEST}"
    return ""


def _text(value: object, what: str) -> str:
    if not isinstance(value, str | os.PathLike):
        raise StorageError(f"{what} is {value!r:.80}, of type {type(value).__name__}; give a text")
    text = os.fspath(value)
    if not isinstance(text, str):
        raise StorageError(f"{what} is {value!r:.80}; give a text, not bytes")
    return text


def checked_name(value: object) -> str:
    """Return the name of files.

    Raises
    ------
    StorageError
    """
    text = _text(value, "name")
    problem = _problem(text)
    if problem:
        raise StorageError(f"name {text!r:.80} cannot be the name of a file: {problem}; the one before is kept")
    return text


def checked_folder(value: object) -> str:
    """Return a folder below the base, with "/" between its parts; '' is the base itself.

    Raises
    ------
    StorageError
    """
    text = _text(value, "folder").replace("\\", "/")
    for part in text.split("/") if text else []:
        problem = _problem(part)
        if problem:
            raise StorageError(
                f"folder {text!r:.80} cannot be a folder below the base: {part!r}: {problem}. Give a name, or names "
                f"with '/' between them; the one before is kept"
            )
    return text


def checked_base(value: object) -> str:
    """Return the base folder, as it was given.

    Raises
    ------
    StorageError
    """
    text = _text(value, "base")
    if not text or "\0" in text or ".." in Path(text).parts:
        raise StorageError(f"base {text!r:.80} cannot be used: give the path of a folder, without '..' in it")
    return text


@dataclass(frozen=True)
class Place:
    """Where the next file goes.

    Attributes
    ----------
    base, folder, name : str
    numbered : bool
        Whether each file has a number, counted up.
    """

    base: str
    folder: str
    name: str
    numbered: bool

    @property
    def directory(self) -> Path:
        """The folder that the file is in."""
        return (Path(self.base).expanduser() / self.folder).absolute()

    def path(self, number: int | None) -> Path:
        """Return the path of the file with that number."""
        return self.directory / (f"{self.name}.h5" if number is None else f"{self.name}_{number}.h5")

    @property
    def _key(self) -> str:
        return f"{self.name}_#.h5"

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.name) + r"_(\d+)\.(?:h5|npz)")

    def coming(self) -> int | None:
        """Return the number that the next file gets, None if it gets none.

        Raises
        ------
        OutputError
            The folder cannot be read.
        """
        if not self.numbered:
            return None
        number = coming_number(self.directory, self._key, self._pattern, look_again=False)
        if _taken(self.path(number)):  # somebody has put files there
            number = coming_number(self.directory, self._key, self._pattern)
        return number

    def claim(self) -> tuple[Path, int | None]:
        """Take the path of the next file, and its number, for good; the folder is made if it is not there.

        Raises
        ------
        OutputExists
            Files have no number, and there is such a file.
        OutputError
            The folder cannot be made or written.
        """
        directory = self.directory
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=directory):
                pass
        except OSError as error:
            raise OutputError(
                f"nothing can be written to the folder {directory}: {error.strerror or error}; choose another, or see "
                f"to it that this one can be written"
            ) from error
        if not self.numbered:
            path = self.path(None)
            if _taken(path):
                raise OutputExists(f"{path} is there already and is kept; have files numbered, or choose another name")
            return path, None
        number = next_number(directory, self._key, self._pattern, look_again=False)
        while _taken(self.path(number)):
            number = next_number(directory, self._key, self._pattern)
        return self.path(number), number


def _taken(path: Path) -> bool:
    return path.exists() or path.with_suffix(".npz").exists()
