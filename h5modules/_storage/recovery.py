"""Putting a file right whose writer was killed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from h5modules._storage.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from h5modules._storage.opening import Mode


@dataclass(frozen=True)
class RecoveryReport:
    """What was found in a file whose writer had been killed, and what was done."""

    path: str


def open_recovered(path: Path, mode: Mode, **options: Any) -> tuple[Session, RecoveryReport | None]:
    """Open a file."""
    return Session.open(path, mode, **options), None
