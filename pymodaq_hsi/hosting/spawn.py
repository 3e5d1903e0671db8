"""Starting a host process and handing it its sockets.

A new interpreter is started (never a fork), without importing the application's main module: scripts need no
``if __name__ == "__main__"``, and the process loads nothing but the host and one plugin. The sockets are pairs made
here: there is no address that anybody else could connect to.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

__all__ = ["Inherited", "Spawned", "inherit", "spawn"]

_BOOT = (
    "import gc, json, sys; config = json.loads(sys.argv[1]); sys.path[:] = config['sys_path']; gc.disable(); "
    "from pymodaq_hsi.hosting.host import main; gc.freeze(); gc.enable(); main(config)"
)  # what is loaded for good is not garbage to look through: a fifth of the time that a process takes to come and go
_DEFAULTS = {"OPENBLAS_NUM_THREADS": "1"}  # NumPy's linear algebra starts a thread per core in every process otherwise
_HELLO = b"pymodaq_hsi host "


@dataclass
class Spawned:
    """A new process and our ends of what connects us.

    Attributes
    ----------
    process : subprocess.Popen
    control, bell : socket.socket
    lifeline : int or None
        A descriptor whose closing, in any way, tells the process that we are gone.
    """

    process: subprocess.Popen[bytes]
    control: socket.socket
    bell: socket.socket
    lifeline: int | None


@dataclass
class Inherited:
    """The new process's ends."""

    control: socket.socket
    bell: socket.socket
    lifeline: int | None


def spawn(config: dict[str, Any]) -> Spawned:
    """Start a host.

    Parameters
    ----------
    config : dict
        JSON data for `pymodaq_hsi.hosting.host.main`; the search path and the sockets are added to it.

    Raises
    ------
    OSError
        The system cannot start another process.
    """
    if not sys.executable or getattr(sys, "frozen", False):
        raise OSError(
            f"drivers run in a Python interpreter of their own, and this application has none to start "
            f"(sys.executable is {sys.executable!r}{', it is frozen' if getattr(sys, 'frozen', False) else ''})"
        )
    import subprocess  # a host, which imports this module too, starts none

    control, their_control = socket.socketpair()
    bell, their_bell = socket.socketpair()
    theirs = [their_control, their_bell]
    their_lifeline, lifeline = os.pipe() if sys.platform != "win32" else (None, None)
    config = config | {"sys_path": [os.path.abspath(entry) if entry == "" else entry for entry in sys.path]}
    options: dict[str, Any] = {}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
        options["stdin"] = subprocess.PIPE
    else:
        config["sockets"] = [end.fileno() for end in theirs]
        config["lifeline"] = their_lifeline
        options["pass_fds"] = [*config["sockets"], their_lifeline]
        options["start_new_session"] = True  # Ctrl-C is the application's to handle
        options["stdin"] = subprocess.DEVNULL
    process = None
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, json.dumps(config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            env=_DEFAULTS | os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"},
            **options,
        )
        if sys.platform == "win32":
            _share_sockets(process, theirs)
    except BaseException:
        if process is not None:
            process.kill()
        control.close()
        bell.close()
        if lifeline is not None:
            os.close(lifeline)
        raise
    finally:
        for end in theirs:
            end.close()
        if their_lifeline is not None:
            os.close(their_lifeline)
    return Spawned(process, control, bell, lifeline)


def inherit(config: dict[str, Any]) -> Inherited:
    """Return, in the new process, what it was given; processes that a driver starts do not inherit it further."""
    if sys.platform == "win32":
        sys.stdout.buffer.write(_HELLO + b"%d\n" % os.getpid())
        sys.stdout.flush()
        shares = json.loads(sys.stdin.buffer.readline())
        control, bell = (socket.fromshare(base64.b64decode(share)) for share in shares)
        return Inherited(control, bell, None)
    control, bell = (socket.socket(fileno=descriptor) for descriptor in config["sockets"])
    lifeline: int = config["lifeline"]
    for descriptor in (control.fileno(), bell.fileno(), lifeline):
        os.set_inheritable(descriptor, False)
    return Inherited(control, bell, lifeline)


def _share_sockets(process: subprocess.Popen[bytes], sockets: list[socket.socket]) -> None:
    """Send socket duplicates to a process that has told its number (a virtual environment's launcher has another)."""
    if sys.platform == "win32":
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        while not line.startswith(_HELLO):
            if not line:
                raise OSError(f"{sys.executable} ended before it had said anything")
            line = process.stdout.readline()
        pid = int(line[len(_HELLO) :])
        shared = [base64.b64encode(end.share(pid)).decode() for end in sockets]
        process.stdin.write(json.dumps(shared).encode() + b"\n")
        process.stdin.close()
