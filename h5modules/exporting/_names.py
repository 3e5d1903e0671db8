"""Names for files and for what is in them, made of what the data is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Names", "told_apart", "word"]

_LONGEST = 80
_USUAL = re.compile(r"Data(0D|1D|2D|ND)|CH\d+")


def word(text: str, otherwise: str) -> str:
    """Return `text` as one word of letters, digits, ``_``, ``-`` and ``.``, fit for a file name on any system.

    >>> word("Dark reference/2", "data")
    'Dark_reference_2'
    """
    return re.sub(r"[^\w\-.]+", "_", text, flags=re.ASCII).strip("_.")[:_LONGEST] or otherwise


class Names:
    """Gives each name once: a second one of the same is numbered; upper and lower case count as the same."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def new(self, wanted: str, otherwise: str = "data") -> str:
        """Return `wanted` (`otherwise` when it is empty), numbered if it was given before."""
        stem = wanted or otherwise
        name, count = stem, 1
        while name.lower() in self._given:
            count += 1
            name = f"{stem}_{count}"
        self._given.add(name.lower())
        return name


def told_apart(data: Sequence[tuple[str, str]]) -> list[str]:
    """Return names of data, with the groups in front where some have the same one.

    Parameters
    ----------
    data : sequence of (str, str)
        Path and name of each.

    Examples
    --------
    >>> told_apart([("/RawData/Scan000/Detector000/Data1D/CH00/Data00", "spectrum")])
    ['spectrum']
    >>> told_apart([("/RawData/Scan000/Data1D/CH00/Data00", "d"), ("/RawData/Scan001/Data1D/CH00/Data00", "d")])
    ['Scan000_d', 'Scan001_d']
    """
    names = [name for _, name in data]
    return names if len(set(names)) == len(names) else [f"{_whereabouts(path)}{name}" for path, name in data]


def _whereabouts(path: str) -> str:
    """Return the names of the groups that data is in, those apart that only say what kind it is."""
    groups = path.split("/")[2:-1]
    return "".join(f"{group}_" for group in groups if not _USUAL.fullmatch(group))
