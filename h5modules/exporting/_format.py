"""What a format is: a name, endings, what it can hold, and a function that writes."""

from __future__ import annotations

import enum
import importlib.util
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from h5modules.errors import MissingLibrary
from h5modules.exporting._names import Names, told_apart, word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from h5modules.exporting._arrays import StoredArray
    from h5modules.exporting._stored import StoredData, StoredLoader

__all__ = ["Format", "Job", "Per"]


class Per(enum.Enum):
    """What one file of a format holds."""

    EXPORT = "all data that is exported"
    DATA = "one data object: arrays that share their axes"
    ARRAY = "one array"


def _anything(data: StoredData) -> str:
    del data
    return ""


def _equally(data: StoredData) -> int:
    del data
    return 0


def _only_the_file(target: Path) -> list[Path]:
    return [target]


@dataclass(frozen=True)
class Format:
    """A format that data can be exported to.

    A package offers its own under the entry-point group `pymodaq_hsi.exporters`.

    Attributes
    ----------
    name : str
        What users ask for: "netcdf".
    suffixes : tuple of str
        Endings of its files, with the dot, the usual one first.
    description : str
        A few words for people: "NetCDF-4".
    write : callable
        Takes a `Job` and writes its file.
    per : Per
        What goes into one file.
    libraries : tuple of str
        Packages that must be installed, by the names that they are imported under.
    packages : tuple of str
        The same as pip knows them, if others.
    extra : str
        The extra of pymodaq-hsi that brings them.
    accepts : callable
        Takes a `StoredData` and returns why it cannot be written, "" if it can.
    prefers : callable
        Takes a `StoredData` and returns a rank: of a group's data only those of the highest rank are exported.
    files : callable
        Takes the path of a file and returns all that are written with it, itself first.
    options : tuple of str
        Names of the further arguments of `export` that it knows.
    also : tuple of str
        Other names that users know it by, in small letters.
    error_bars : bool
        Whether error bars are in its files too; if not, the user is told what was left out.
    plain : bool
        Whether its files are about as large as the data (without the option `compress`): room for them is looked for.
    verbatim : bool
        Whether it copies nodes of the file as they are.
    """

    name: str
    suffixes: tuple[str, ...]
    description: str
    write: Callable[[Job], None]
    per: Per = Per.EXPORT
    libraries: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    extra: str = "export"
    accepts: Callable[[StoredData], str] = _anything
    prefers: Callable[[StoredData], int] = _equally
    files: Callable[[Path], list[Path]] = _only_the_file
    options: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    error_bars: bool = True
    plain: bool = False
    verbatim: bool = False

    def missing(self) -> str:
        """Return the package to install before this format can be written, "" if there is none."""
        packages = self.packages or self.libraries
        for library, package in zip(self.libraries, packages, strict=True):
            if importlib.util.find_spec(library) is None:
                return package
        return ""

    def need_libraries(self) -> None:
        """Raise MissingLibrary if a package is missing, with the command that installs it."""
        package = self.missing()
        if package:
            raise MissingLibrary(
                f"exporting to {self.name} needs {package}, which is not installed: "
                f'pip install {package}  (or all formats: pip install "pymodaq-hsi[{self.extra}]")',
                library=package,
            )


@dataclass
class Job:
    """One file to write.

    Attributes
    ----------
    data : tuple of StoredData
        What goes into it; for formats with a file per data exactly one, for those with a file per array with one array.
    target : Path
        Where to write. It is not there yet, in a folder of its own: whatever is written beside it is moved with it.
    final : Path
        Where the file is moved when it is complete.
    loader : StoredLoader
        The open file, for what else is in it.
    where : str
        The node that was asked for.
    options : mapping
        Those of the format that were given.
    advance : callable
        To be called with the number of bytes that were dealt with since the last call.
    notes : list of str
        What the user should know about the result.
    taken_along : list of str
        Paths of other data that was written beside it: it is not told as left out then.
    """

    data: tuple[StoredData, ...]
    target: Path
    final: Path
    loader: StoredLoader
    where: str
    options: Mapping[str, Any] = field(default_factory=dict)
    advance: Callable[[int], None] = lambda count: None
    notes: list[str] = field(default_factory=list)
    taken_along: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """A name for each data object, all different, of letters and digits: for groups and folders."""
        names = Names()
        told = told_apart([(data.path, data.name) for data in self.data])
        return [names.new(word(name, "data")) for name in told]

    @property
    def source(self) -> Path:
        """The file that is exported from."""
        return self.loader.source

    def copy(self, array: StoredArray, target: Any) -> None:
        """Copy an array block by block to anything that takes ``target[slices] = block``."""
        for selection, block in array.blocks():
            target[selection] = block
            self.advance(block.nbytes)
