"""A driver in a thread of the application, for debugging it: ``hosting="inline"``.

The requests, events, frames and errors go the same way as between two processes: over a socket pair and shared
memory, through the same server. What a process of its own gives is missing: a driver that crashes, calls
``os._exit`` or blocks the interpreter takes the application with it; one that hangs in a C call keeps its thread; what
it prints goes to the application's output and is not kept as last words; a plugin is imported once and not again.
"""

from __future__ import annotations

import ctypes
import io
import os
import socket
import threading
from typing import Any, Literal

from pymodaq_hsi.hosting.bell import Bell
from pymodaq_hsi.hosting.host import COME_BACK, SHUT_DOWN, Host
from pymodaq_hsi.hosting.plugin import Plugin
from pymodaq_hsi.hosting.process import HostProcess
from pymodaq_hsi.hosting.server import ComeBack, DeviceServer
from pymodaq_hsi.hosting.spawn import Spawned
from pymodaq_hsi.hosting.wire import MessageSocket

__all__ = ["HostThread", "Hosting", "host_class"]

Hosting = Literal["process", "inline"]


def host_class(hosting: Hosting) -> type[HostProcess]:
    """Return what runs a driver in this way.

    Raises
    ------
    ValueError
        There is no such way.
    """
    classes: dict[str, type[HostProcess]] = {"process": HostProcess, "inline": HostThread}
    if hosting not in classes:
        raise ValueError(f'there is no hosting {hosting!r}; it is "process" or "inline"')
    return classes[hosting]


class HostThread(HostProcess):
    """As `HostProcess`, with the driver in a thread of this process."""

    def _start(self, config: dict[str, Any]) -> Spawned:
        control, their_control = socket.socketpair()
        bell, their_bell = socket.socketpair()
        thread = _DriverThread(self.title, config, their_control, their_bell)
        self._driver = thread
        return Spawned(thread, control, bell, None)  # type: ignore[arg-type]

    def _read_words(self) -> None:
        """Have nothing to read: the driver prints to the application's own output."""

    def _wait_for_end(self) -> None:
        self._driver.wait()
        with self._lock:
            self._ended.set()
        self._control.hang_up()

    def _signal_group(self) -> None:
        """Ask the thread to end; a thread cannot be made to."""
        self._driver.kill()

    def kill(self) -> None:
        """End the driver; one that does not come back keeps its thread, and this no longer listens to it."""
        self.ask_to_end(patience=0.0)
        if not self._ended.wait(COME_BACK):
            self._signal_end()
            self._ended.wait(COME_BACK)
        self._driver.abandon()
        super().kill()


class _DriverThread:
    """What `subprocess.Popen` is for a process: the thread that a driver runs in."""

    def __init__(self, title: str, config: dict[str, Any], control: socket.socket, bell: socket.socket) -> None:
        self.pid = os.getpid()
        self.returncode: int | None = None
        self.stdout = io.BytesIO()
        self._ended = threading.Event()
        self._control, self._bell = MessageSocket(control), Bell(bell)
        self._host = _InlineHost(Plugin(config["plugin"], config["value"]), self._control, DeviceServer(self._bell))
        self._thread = threading.Thread(target=self._run, name=f"{title} driver", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            self._close()
            raise OSError(str(error)) from error

    def wait(self) -> None:
        """Wait for the end."""
        self._ended.wait()

    def kill(self) -> None:
        """Interrupt the driver's Python code."""
        self._host.interrupt()

    def abandon(self) -> None:
        """Count as ended: nobody waits for it any more."""
        self._ended.set()

    def _run(self) -> None:
        try:
            self._host.run()
        finally:
            self._close()
            self.returncode = 0
            self._ended.set()

    def _close(self) -> None:
        self._control.close()
        self._bell.close()


class _InlineHost(Host):
    """A host whose end is not the end of the process."""

    def run(self) -> None:
        self._driver_thread = threading.get_ident()
        super().run()

    def finish(self) -> None:
        """Leave alone what the driver has started: the application lives on, and its processes with it."""

    def interrupt(self) -> None:
        """Raise `ComeBack` in the driver, as soon as it runs Python code again."""
        if self._in_driver and not self._shutting_down.is_set():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._driver_thread), ctypes.py_object(ComeBack))

    def _take_orphanhood(self) -> None:
        """Keep the output: it is the application's."""

    def _end_in_time(self) -> None:
        if not self._shutting_down.wait(self._patience):
            self.interrupt()
        self._done.wait(COME_BACK + SHUT_DOWN)
