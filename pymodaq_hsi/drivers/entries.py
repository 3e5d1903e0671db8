"""The choices of an enumeration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral

from pymodaq_hsi.errors import ParameterError

__all__ = ["Entries", "EnumerationEntry", "entries_of"]


@dataclass(frozen=True, slots=True)
class EnumerationEntry:
    """One choice of an enumeration; of several entries with one value the first is the canonical one."""

    name: str
    value: int
    display_name: str = ""

    def effective_display_name(self) -> str:
        """Return what to show: the display name, or the name where there is none."""
        return self.display_name or self.name


Entries = Iterable[str | EnumerationEntry] | Mapping[str, int]
"""How a driver may give them: names, which are numbered from 0, names with values, or entries."""


def entries_of(parameter: str, given: Entries) -> tuple[EnumerationEntry, ...]:
    """Return the entries of a parameter.

    Raises
    ------
    ParameterError
        A name is no string or is there twice, or a value is no integer.
    """
    if isinstance(given, Mapping):
        entries = tuple(EnumerationEntry(name, value) for name, value in given.items())
    else:
        numbered = enumerate(given)
        entries = tuple(e if isinstance(e, EnumerationEntry) else EnumerationEntry(e, n) for n, e in numbered)
    names = [entry.name for entry in entries]
    for entry in entries:
        if not isinstance(entry.name, str) or names.count(entry.name) > 1:
            raise ParameterError(
                f"{parameter}: an entry has the name {entry.name!r} of {names}; the names are strings, each another, "
                "and may be given with their values: {'2x2': 2}"
            )
        if isinstance(entry.value, bool) or not isinstance(entry.value, Integral):
            raise ParameterError(f"{parameter}: entry {entry.name} has the value {entry.value!r}; it is an integer")
    return entries
