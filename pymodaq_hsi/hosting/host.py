"""The host process: one plugin, at most one device, and the end of it when the application is gone."""

from __future__ import annotations

import _thread
import atexit
import contextlib
import faulthandler
import os
import queue
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.hosting.bell import Bell
from pymodaq_hsi.hosting.failures import attempt, error_to_message, say
from pymodaq_hsi.hosting.orphan import end_copy, end_with, mute_output
from pymodaq_hsi.hosting.plugin import Plugin
from pymodaq_hsi.hosting.server import ComeBack, DeviceServer
from pymodaq_hsi.hosting.spawn import inherit
from pymodaq_hsi.hosting.wire import Message, MessageSocket

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

__all__ = ["Host", "main"]

COME_BACK = 1.0
"""Seconds that a driver has to return from what it is doing when the end has come; then it is interrupted."""

SHUT_DOWN = 3.0
"""Seconds that it has then to make its device safe and to close it."""

FINISH = 1.0
"""Seconds for the threads and exit handlers that it leaves behind."""


def main(config: dict[str, Any]) -> None:
    """Run a host until it is told to quit or the application is gone.

    Parameters
    ----------
    config : dict
        ``plugin`` (name of the entry point), ``value`` (what it points to), and what `spawn` adds.
    """
    faulthandler.enable()
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the thread that connected us may have blocked some
    inherited = inherit(config)
    control, bell = MessageSocket(inherited.control), Bell(inherited.bell)
    if hasattr(os, "register_at_fork"):  # a process that the driver forks must not keep our sockets open
        os.register_at_fork(after_in_child=control.abandon)
        os.register_at_fork(after_in_child=bell.abandon)
    end_with(inherited.lifeline)
    host = Host(Plugin(config["plugin"], config["value"]), control, DeviceServer(bell))
    atexit.register(host.finish)
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: host.end())
    signal.signal(signal.SIGINT, host.take_interrupt)
    host.run()


class Host:
    """Reads requests in one thread, does them in the main thread, which is the driver's own.

    Parameters
    ----------
    plugin : Plugin
    control : MessageSocket
    server : DeviceServer
    """

    def __init__(self, plugin: Plugin, control: MessageSocket, server: DeviceServer) -> None:
        self._plugin = plugin
        self._control = control
        self._server = server
        self._inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._patience = COME_BACK
        self._orphaned = False
        self._ending = False
        self._in_driver = False
        self._shutting_down = threading.Event()
        self._done = threading.Event()
        server.emit = self._send
        self._operations: dict[str, Callable[..., Any]] = {
            "load": plugin.load,
            "enumerate": plugin.enumerate,
            "open": lambda driver, **arguments: server.open(plugin.driver(driver), **arguments),
            **server.operations(),
        }

    def run(self) -> None:
        """Serve until the end, then make the device safe and close it."""
        threading.Thread(target=self._read, name="control", daemon=True).start()
        try:
            while (message := self._next()) is not None:
                self._serve(message)
        except ComeBack:
            say("the driver was interrupted: the application is gone or has closed it")
        finally:
            self._shutting_down.set()
            self.end()
            if not self._control.intact:
                say("the driver has closed file descriptors that it did not open")
            self._server.shut_down()
            self._done.set()

    def end(self) -> None:
        """Have the main thread come to its end, in time; callable in any thread and in a signal handler."""
        first, self._ending = not self._ending, True
        self._inbox.put(None)
        if first:
            with contextlib.suppress(RuntimeError):  # no more threads: a driver that does not come back is killed
                threading.Thread(target=self._end_in_time, name="end", daemon=True).start()

    def take_interrupt(self, signal_number: int, frame: FrameType | None) -> None:
        """Leave the driver's code; as a handler of SIGINT, which at any other time is not meant for us."""
        if self._ending and self._in_driver:
            raise ComeBack

    def finish(self) -> None:
        """End what the driver has started and the application cannot end any more; the last thing of all."""
        if self._orphaned and sys.platform != "win32" and os.getpgrp() == os.getpid():
            os.killpg(os.getpgrp(), signal.SIGKILL)

    def _next(self) -> Message | None:
        """Return the next request; frames are grabbed while there is none."""
        while self._server.streaming and self._inbox.empty():
            self._in_driver = True
            self._server.stream_once()
            self._in_driver = False
        message = self._inbox.get()
        return None if self._ending else message

    def _serve(self, message: Message) -> None:
        operation = str(message.pop("op"))
        number = message.pop("id", None)
        self._in_driver = True
        try:
            try:
                answer: Message = {"result": self._operations[operation](**message)}
            finally:
                self._server.tell_changes()
        except ComeBack:
            raise
        except BaseException as error:  # strangers' code: also SystemExit must not end the process unexplained
            answer = {"error": error_to_message(error)}
        end_copy(self._server.process)
        self._in_driver = False
        if number is None:
            if "error" in answer:
                say(answer["error"]["traceback"])
            return
        try:
            self._send({"id": number} | answer)
        except (TypeError, ValueError) as error:
            problem = TypeError(f"{attempt(operation, message)}: what the driver returned cannot be sent: {error}")
            self._send({"id": number, "error": error_to_message(problem)})

    def _send(self, message: Message) -> None:
        try:
            self._control.send(message)
        except OSError:
            self.end()

    def _read(self) -> None:
        while (message := self._control.receive()) is not None:
            if message.get("op") == "quit":
                self._patience = float(message.get("patience", COME_BACK))
                break
            self._inbox.put(message)
        else:
            self._orphaned = self._control.intact  # else the driver has closed it, and the application may be there
            if self._orphaned:
                self._take_orphanhood()
        self.end()

    def _take_orphanhood(self) -> None:
        mute_output()

    def _end_in_time(self) -> None:
        """End the process even if the driver does not come back."""
        if not self._shutting_down.wait(self._patience):
            _interrupt_main_thread()
        if not self._done.wait(COME_BACK + SHUT_DOWN):
            say(f"the driver did not close its device within {SHUT_DOWN:g} s")
            self.finish()
            os._exit(70)
        threading.Event().wait(FINISH)
        self.finish()
        os._exit(0)


def _interrupt_main_thread() -> None:
    if sys.platform == "win32":
        _thread.interrupt_main()
        return
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    signal.pthread_kill(main_thread, signal.SIGINT)  # wakes it from a system call too
