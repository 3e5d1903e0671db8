"""Whether two paths lead to one file, which is then not to be read and written at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_same_file"]


def is_same_file(one: Path, other: Path) -> bool:
    """Return whether both are there and are the same file, by whatever names."""
    return one.exists() and other.exists() and one.samefile(other)
