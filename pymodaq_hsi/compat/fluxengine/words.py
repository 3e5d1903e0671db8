"""Values that may be called as well, where the documents leave open whether they are attributes or methods."""

from __future__ import annotations

__all__ = ["Number", "Text", "seconds"]


class Text(str):
    """A string that gives itself when it is called."""

    __slots__ = ()

    def __call__(self) -> str:
        """Return it as a plain string."""
        return str(self)


class Number(int):
    """A number that gives itself when it is called."""

    __slots__ = ()

    def __call__(self) -> int:
        """Return it as a plain number."""
        return int(self)


def seconds(milliseconds: float) -> float:
    """Return a timeout of the documents in our unit."""
    return float(milliseconds) / 1000
