"""The end of a host whose application is gone, also when its driver does not let any Python code run.

And that of a copy of a host, which its driver has made.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys

__all__ = ["end_copy", "end_with", "mute_output"]


def end_with(lifeline: int | None) -> None:
    """Have the system end this process some seconds after the other end of a pipe was closed, however it was.

    A host sees the end of its application on its control socket and ends in good order, unless a driver blocks the
    interpreter in a C call: then no thread of ours runs, and nothing in Python would help. So the pipe is made to
    send a signal when its other end closes, and the handler of that signal is the C library's own ``alarm``. Called
    as a handler it gets the signal's number, and takes it for seconds: 10 for Linux' SIGUSR1, 23 for macOS' SIGIO. A
    host that ends in good order is gone by then; any other is ended by SIGALRM.

    On Windows a blocked driver lives until its call returns.
    """
    if sys.platform == "win32":
        return
    import fcntl

    if lifeline is None:
        return
    number = signal.SIGUSR1 if sys.platform == "linux" else signal.SIGIO
    with contextlib.suppress(AttributeError, OSError):  # a C library or a system without it: only this net is missing
        library = ctypes.CDLL(None)
        library.signal.argtypes, library.signal.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
        library.signal(number, ctypes.cast(library.alarm, ctypes.c_void_p))
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        if sys.platform == "linux":
            fcntl.fcntl(lifeline, fcntl.F_SETSIG, number)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
        if select.select([lifeline], [], [], 0)[0]:
            signal.alarm(number)  # it was closed before we listened


def mute_output() -> None:
    """Let what the driver prints go nowhere: its reader is gone, and a print that fails must not keep a light on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def end_copy(host: int) -> None:
    """End this process if it is not the `host` but a copy: the driver has forked it and let it come back to us.

    It would go on with all that the host does: deliver frames into the same memory, and close the device.
    """
    if os.getpid() != host:
        os._exit(0)
