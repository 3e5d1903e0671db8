"""The ways in which strangers' code goes wrong."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

KINDS = (
    "raises",
    "bad_str",
    "unpicklable",
    "system_exit",
    "allocates",
    "os_exit",
    "sigkill",
    "segfault",
    "loop",
    "spins",
    "sleep",
    "holds_gil",
    "blocks",
    "deadlock",
    "closes_fds",
    "floods",
    "child",
    "forks",
    "comes_back",
    "no_hooks",
    "threads",
    "mutes",
)


class UnprintableError(Exception):
    """Cannot say what happened."""

    def __str__(self) -> str:
        raise RuntimeError("no words for it")


class UnpicklableError(Exception):
    """Holds what cannot leave its process."""

    def __init__(self) -> None:
        super().__init__("it holds a lock")
        self.lock = threading.Lock()
        self.call = lambda: self.lock


def allocate() -> None:
    """Ask for 10 GB under a limit, so that the machine survives it; the limit is gone afterwards."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, hard))
    try:
        bytearray(10 * 10**9)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def misbehave(kind: str, pid_folder: str = "") -> None:
    """Go wrong; the processes that it starts are noted down in `pid_folder`."""
    if kind and not sys.stdout.closed:
        print(f"now: {kind}")
    match kind:
        case "raises":
            raise ValueError("it fell over")
        case "bad_str":
            raise UnprintableError
        case "unpicklable":
            raise UnpicklableError
        case "allocates":
            allocate()
        case "system_exit":
            sys.exit("leaving")
        case "os_exit":
            os._exit(3)
        case "sigkill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "segfault":
            ctypes.string_at(0)
        case "loop":
            while True:  # as one that asks a device over and over whether it is ready
                time.sleep(0.001)
        case "spins":
            while True:
                pass
        case "sleep":
            time.sleep(600)
        case "holds_gil":
            ctypes.PyDLL(None).read(os.pipe()[0], ctypes.create_string_buffer(1), 1)
        case "blocks":
            ctypes.CDLL(None).read(os.pipe()[0], ctypes.create_string_buffer(1), 1)
        case "deadlock":
            lock = threading.Lock()
            with lock, lock:
                pass
        case "closes_fds":
            os.closerange(3, 256)
        case "floods":
            for _ in range(40):
                os.write(1, b"\xff\x00much " * 16384)
                os.write(2, b"and more\n" * 8192)
        case "threads":
            threading.Thread(target=time.sleep, args=(600,)).start()
        case "mutes":
            sys.stdout.close()
            sys.stderr.close()
        case "child":
            child = subprocess.Popen(["sleep", "600"])
            Path(pid_folder, str(child.pid)).touch()
        case "forks":
            pid = os.fork()
            if not pid:
                time.sleep(600)
                os._exit(0)
            Path(pid_folder, str(pid)).touch()
        case "comes_back":
            pid = os.fork()
            if pid:
                Path(pid_folder, str(pid)).touch()
        case "no_hooks":
            sys.excepthook = None  # without it no thread can be started
