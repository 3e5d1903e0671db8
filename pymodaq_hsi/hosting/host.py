"""The host process: one plugin, at most one device, and the end of it when the application is gone."""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import sys
import threading
from importlib.metadata import EntryPoint
from typing import Any

import pluggy

from pymodaq_hsi.drivers import ENTRY_POINT_GROUP, PROJECT_NAME, Driver
from pymodaq_hsi.drivers import hookspecs as driver_hookspecs
from pymodaq_hsi.errors import DriverNotFound, PluginError
from pymodaq_hsi.hosting.failures import error_to_message
from pymodaq_hsi.hosting.server import DeviceServer
from pymodaq_hsi.hosting.spawn import inherited_sockets
from pymodaq_hsi.hosting.wire import Message, MessageSocket

__all__ = ["Host", "main"]

ORPHAN_GRACE = 3.0
"""Seconds that a driver has to make its device safe once the application is gone."""

STUCK_AFTER = 20.0
"""Seconds without any Python code running, in a process whose application may be gone, after which it is ended."""


def main(config: dict[str, Any]) -> None:
    """Run a host until it is told to quit or the application is gone.

    Parameters
    ----------
    config : dict
        ``plugin`` (name of the entry point), ``value`` (what it points to), and what `spawn` adds.
    """
    faulthandler.enable()
    control, bell = inherited_sockets(config)
    host = Host(config, MessageSocket(control), DeviceServer(bell))
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: host.inbox.put(None))
    signal.signal(signal.SIGTERM, lambda *_: host.inbox.put(None))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    host.run()


class Host:
    """Reads requests in one thread, does them in the main thread, which is the driver's own."""

    def __init__(self, config: dict[str, Any], control: MessageSocket, server: DeviceServer) -> None:
        self._plugin = EntryPoint(config["plugin"], config["value"], ENTRY_POINT_GROUP)
        self._control = control
        self._server = server
        self._drivers: dict[str, type[Driver]] = {}
        self._done = threading.Event()
        self.inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        server.emit = self._emit

    def run(self) -> None:
        """Serve until the end, then make the device safe and close it."""
        threading.Thread(target=self._read, name="control", daemon=True).start()
        threading.Thread(target=self._tick, name="watchdog", daemon=True).start()
        try:
            while (message := self._next()) is not None:
                self._serve(message)
        finally:
            threading.Thread(target=self._end_in_time, name="end", daemon=True).start()
            self._server.shut_down()
            self._done.set()
            faulthandler.cancel_dump_traceback_later()
            self._control.close()

    def _next(self) -> Message | None:
        """Return the next request; frames are grabbed while there is none."""
        while self._server.streaming and self.inbox.empty():
            self._server.stream_once()
        return self.inbox.get()

    def _serve(self, message: Message) -> None:
        operation = str(message.pop("op"))
        number = message.pop("id", None)
        try:
            action = self._operations().get(operation)
            if action is None:
                raise PluginError(f"a host does not know the request {operation!r}")
            answer: Message = {"result": action(**message)}
        except BaseException as error:  # strangers' code: also SystemExit must not end the process unexplained
            answer = {"error": error_to_message(error)}
        if number is not None:
            self._send({"id": number} | answer)
        elif "error" in answer:
            print(answer["error"]["traceback"], file=sys.stderr, flush=True)

    def _operations(self) -> dict[str, Any]:
        return {
            "load": self._load,
            "enumerate": self._enumerate,
            "open": self._open,
        } | self._server.operations()

    def _load(self) -> list[dict[str, Any]]:
        manager = pluggy.PluginManager(PROJECT_NAME)
        manager.add_hookspecs(driver_hookspecs)
        manager.register(self._plugin.load(), name=self._plugin.name)
        for drivers in manager.hook.pymodaq_hsi_drivers():
            for driver in drivers:
                if not (isinstance(driver, type) and issubclass(driver, Driver) and driver.name):
                    raise PluginError(
                        f"plugin {self._plugin.name} offers {driver!r}, which is not a driver class with a name",
                        plugin=self._plugin.name,
                    )
                self._drivers[driver.name] = driver
        if not self._drivers:
            raise PluginError(
                f"plugin {self._plugin.name} offers no driver: {self._plugin.value} has no "
                "@hookimpl pymodaq_hsi_drivers that returns driver classes",
                plugin=self._plugin.name,
            )
        return [
            {
                "name": driver.name,
                "type": int(driver.driver_type),
                "description": driver.description,
                "version": driver.version,
            }
            for driver in self._drivers.values()
        ]

    def _driver(self, name: str) -> type[Driver]:
        if not self._drivers:
            self._load()
        try:
            return self._drivers[name]
        except KeyError:
            raise DriverNotFound(
                f"plugin {self._plugin.name} has no driver {name}; it offers {', '.join(self._drivers)}",
                plugin=self._plugin.name,
            ) from None

    def _enumerate(self, driver: str) -> list[dict[str, Any]]:
        kind = self._driver(driver)
        connection = [spec.to_message() for spec in kind.connection_info().parameters()]
        return [
            {
                "id": found.id,
                "display_name": found.display_name,
                "manufacturer": found.manufacturer,
                "model": found.model,
                "serial_number": found.serial_number,
                "connection_parameters": connection,
            }
            for found in kind.enumerate()
        ]

    def _open(self, driver: str, device_id: str, settings: dict[str, object]) -> list[dict[str, Any]]:
        return self._server.open(self._driver(driver), device_id, settings)

    def _emit(self, message: Message) -> None:
        self._send(message)

    def _send(self, message: Message) -> None:
        try:
            self._control.send(message)
        except OSError:
            self.inbox.put(None)

    def _read(self) -> None:
        while True:
            message = self._control.receive()
            if message is None or message.get("op") == "quit":
                break
            self.inbox.put(message)
        self.inbox.put(None)
        self._end_in_time()

    def _end_in_time(self) -> None:
        """End the process even if the driver does not come back."""
        if not self._done.wait(ORPHAN_GRACE):
            print(f"the driver did not close its device within {ORPHAN_GRACE:g} s", file=sys.stderr, flush=True)
            os._exit(70)

    def _tick(self) -> None:
        """Keep a watchdog in C from firing: it does when a driver blocks the interpreter itself.

        Then no Python code could notice that the application is gone.
        """
        while not self._done.wait(STUCK_AFTER / 4):
            faulthandler.dump_traceback_later(STUCK_AFTER, exit=True)
