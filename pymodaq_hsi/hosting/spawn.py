"""Starting a host process and handing it its two sockets.

A new interpreter is started (never a fork), without importing the application's main module: scripts need no
``if __name__ == "__main__"``, and the process loads nothing but the host and one plugin. The sockets are pairs made
here: there is no address that anybody else could connect to.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

__all__ = ["Spawned", "inherited_sockets", "spawn"]

_BOOT = (
    "import json, sys; config = json.loads(sys.argv[1]); sys.path[:] = config['sys_path']; "
    "from pymodaq_hsi.hosting.host import main; main(config)"
)
_WINDOWS = sys.platform == "win32"


@dataclass
class Spawned:
    """A new process and our ends of its sockets."""

    process: subprocess.Popen[str]
    control: socket.socket
    bell: socket.socket


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
    control, their_control = socket.socketpair()
    bell, their_bell = socket.socketpair()
    theirs = [their_control, their_bell]
    config = config | {"sys_path": [os.path.abspath(entry) if entry == "" else entry for entry in sys.path]}
    options: dict[str, Any] = {}
    if _WINDOWS:
        options["creationflags"] = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        options["stdin"] = subprocess.PIPE
    else:
        config["sockets"] = [end.fileno() for end in theirs]
        options["pass_fds"] = config["sockets"]
        options["start_new_session"] = True  # Ctrl-C is the application's to handle
        options["stdin"] = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, json.dumps(config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            bufsize=1,
            env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
            **options,
        )
        if _WINDOWS:
            _share_sockets(process, theirs)
    except BaseException:
        control.close()
        bell.close()
        raise
    finally:
        for end in theirs:
            end.close()
    return Spawned(process, control, bell)


def inherited_sockets(config: dict[str, Any]) -> list[socket.socket]:
    """Return, in the new process, the control and the bell socket."""
    if _WINDOWS:
        print(os.getpid(), flush=True)
        return [socket.fromshare(base64.b64decode(line)) for line in json.loads(sys.stdin.readline())]  # type: ignore[attr-defined,unused-ignore]
    return [socket.socket(fileno=descriptor) for descriptor in config["sockets"]]


def _share_sockets(process: subprocess.Popen[str], sockets: list[socket.socket]) -> None:
    """Send socket duplicates to a process that has told its number (a virtual environment's launcher has another)."""
    assert process.stdin is not None
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    shared = [base64.b64encode(end.share(pid)).decode() for end in sockets]  # type: ignore[attr-defined,unused-ignore]
    process.stdin.write(json.dumps(shared) + "\n")
    process.stdin.flush()
