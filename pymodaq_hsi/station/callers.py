"""Who gives commands to a station."""

from __future__ import annotations

import getpass
import os
import platform
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymodaq_hsi.station.hub import Message

__all__ = ["Caller", "this_caller"]


@dataclass(frozen=True)
class Caller:
    """Who gives commands.

    Attributes
    ----------
    number : int
        Of the client; 0 for the program that the station runs in.
    who, where : str
        For others to see: the user, and the program with its process.
    since : float
        POSIX seconds.
    """

    number: int
    who: str
    where: str
    since: float = field(default_factory=time.time)

    def to_message(self) -> Message:
        """Return it as JSON data."""
        return {"client": self.number, "who": self.who, "where": self.where, "since": self.since}


def this_caller(number: int) -> Caller:
    """Return who this program is, for others to see."""
    try:
        who = getpass.getuser()
    except (KeyError, OSError, ImportError):
        who = "somebody"
    program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] not in ("", "-", "-c") else "python"
    return Caller(number, who, f"{program}, process {os.getpid()} on {platform.node()}")
