"""Names for files and for what is in them, made of what the data is called."""

from __future__ import annotations

import re

__all__ = ["Names", "word"]

_LONGEST = 80


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
