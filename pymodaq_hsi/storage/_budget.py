"""Memory that has an end."""

from __future__ import annotations

import threading

__all__ = ["Budget"]


class Budget:
    """Memory for frames that could not be written, shared by all runs of a storage."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Take some bytes; return whether there were so many."""
        with self._lock:
            if self._used + count > self.limit:
                return False
            self._used += count
            return True

    def give(self, count: int) -> None:
        """Give bytes back."""
        with self._lock:
            self._used -= count
