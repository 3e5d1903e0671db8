"""Order between stores that other processes look at."""

from __future__ import annotations

import platform
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["fence"]


def _lock_fence() -> None:
    """Keep what comes before in memory before what comes after, as other processes see it.

    Python has no name for it; releasing a lock and then taking one orders both ways on every processor.
    """
    lock = threading.Lock()
    lock.acquire()
    lock.release()
    lock.acquire()


def _no_fence() -> None:
    """Do nothing: this processor shows stores to others in the order in which they were made, and loads so too.

    It may let a load overtake an earlier store, which matters only in `RingWriter.wait_for_free`: a ring that is
    missed there costs the rest of its timeout.
    """


fence: Callable[[], None] = (
    _no_fence if platform.machine().lower() in {"x86_64", "amd64", "i686", "i386"} else _lock_fence
)
"""Call it between a frame and the word that announces it, on both sides."""
