"""The processes of drivers that there are: none outlives the application, and none belongs to a copy of it."""

from __future__ import annotations

import atexit
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymodaq_hsi.hosting.process import HostProcess

__all__ = ["STOP_GRACE", "running"]

STOP_GRACE = 5.0
"""Seconds that a driver has to make its device safe and to close it."""

running: set[HostProcess] = set()


def _forget_all() -> None:
    for host in running.copy():
        host.forget()
    running.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


@atexit.register
def _close_all() -> None:
    """Leave no process behind when the application ends without closing its devices."""
    left = running.copy()
    try:
        for host in left:
            host.ask_to_end()
        deadline = time.monotonic() + STOP_GRACE
        for host in left:
            host.close(max(0.1, deadline - time.monotonic()))
    except KeyboardInterrupt:  # who presses Ctrl-C once more will not wait
        for host in left:
            host.kill()
