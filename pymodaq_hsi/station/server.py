"""A station that other programs of the same user attach to."""

from __future__ import annotations

import itertools
import logging
import os
import queue
import secrets
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pymodaq_hsi
from pymodaq_hsi.errors import HsiError, StationError
from pymodaq_hsi.hosting.wire import MessageSocket
from pymodaq_hsi.station.callers import Caller
from pymodaq_hsi.station.failures import error_message
from pymodaq_hsi.station.folder import Record, StationLock, history_path, remove_socket
from pymodaq_hsi.station.handshake import welcome
from pymodaq_hsi.station.station import Station

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.station.hub import Message
    from pymodaq_hsi.station.live import FrameTap

__all__ = ["StationServer"]

_log = logging.getLogger(__name__)

_PATIENCE = 120.0
"""Seconds that a client may read nothing before it counts as gone; a window that hangs may come back."""
_MOST_KNOCKING = 16


class StationServer:
    """Runs a station and lets programs of the same user attach to it; a context manager.

    Parameters
    ----------
    name : str
        By which it is found; there is one of a name on a machine.
    kind : {"unix", "tcp"}, optional
        A Unix socket where there are any, else a port of 127.0.0.1.

    Raises
    ------
    StationError
        A station of that name is running.
    """

    def __init__(self, name: str = "station", *, kind: str | None = None) -> None:
        self._lock = StationLock(name)
        if not self._lock.take(1.0):
            raise StationError(
                f"a station {name!r} is running already; attach to it (attach({name!r})), or give another name"
            )
        self._lock.clear()
        self._secret = secrets.token_hex(32)
        self._numbers = itertools.count(1)
        self._clients: set[_Client] = set()
        self._knocking = threading.BoundedSemaphore(_MOST_KNOCKING)
        self._closed = False
        try:
            self.station = Station(name, history=history_path(name))
            self._listener, self.address = _listen(kind or ("tcp" if sys.platform == "win32" else "unix"))
            family = "unix" if isinstance(self.address, Path) else "tcp"
            self._lock.publish(
                Record(
                    name=name,
                    pid=os.getpid(),
                    kind=family,
                    address=str(self.address),
                    secret=self._secret,
                    started=time.time(),
                    version=pymodaq_hsi.__version__,
                )
            )
        except BaseException:
            self._lock.release()
            raise
        self._thread = threading.Thread(target=self._accept, name=f"station {name} listens", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the station in good order: scan stopped, lights off, devices disconnected; then let clients go."""
        if self._closed:
            return
        self._closed = True
        if isinstance(self.address, Path):
            remove_socket(self.address)
        try:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts, where the system allows it
        except OSError:
            pass  # as on macOS and Windows, where closing wakes it
        self._listener.close()
        self.station.close()
        for client in list(self._clients):
            client.finish()
        self._lock.release()

    def drop(self, client: _Client) -> None:
        """Forget a client that is gone."""
        self._clients.discard(client)

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError as error:
                if not self._closed:
                    _log.warning("a program could not attach to the station: %s", error)
                    time.sleep(0.1)
                continue
            if not self._knocking.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._meet, args=(connection,), name="station door", daemon=True).start()

    def _meet(self, connection: socket.socket) -> None:
        try:
            known = welcome(connection, self._secret)
        finally:
            self._knocking.release()
        if not known:
            connection.close()
            return
        wire = MessageSocket(connection, send_timeout=_PATIENCE)
        hello = wire.receive()
        if hello is None or self._closed:
            wire.close()
        elif hello.get("role") == "frames":
            self._send_frames(wire, hello)
        elif hello.get("role") == "events":
            self._send_events(wire, hello.get("since"))
        else:
            caller = Caller(next(self._numbers), _text(hello.get("who")), _text(hello.get("where")))
            client = _Client(self, wire, caller)
            self._clients.add(client)
            client.serve()

    def _send_frames(self, wire: MessageSocket, wanted: Message) -> None:
        """Send a picture for each message that asks for one: the latest, however late it asks."""
        try:
            tap = self.station.tap(
                str(wanted.get("device")),
                float(wanted.get("rate", 20.0)),
                int(wanted.get("longest", 512)),
                tuple(int(band) for band in wanted.get("bands", ())),
            )
        except (HsiError, ValueError, TypeError) as error:
            _send(wire, {"error": error_message(error)})
            wire.close()
            return
        wanted_now = threading.Semaphore(0)

        def listen() -> None:
            while (asked := wire.receive()) is not None:
                if "change" in asked:
                    _change(tap, asked["change"])
                else:
                    wanted_now.release()
            tap.close()

        with tap:
            alive = _send(wire, {"result": None})
            threading.Thread(target=listen, name="station picture wishes", daemon=True).start()
            while alive and not tap.ended:
                if not wanted_now.acquire(timeout=0.2):
                    continue
                found = None
                while found is None and not tap.ended:
                    found = tap.get(1.0)
                if found is not None:
                    header, picture, lines = found
                    body = picture.tobytes() + lines.tobytes()
                    alive = _send(wire, header | {"bytes": len(body)}, body)
        wire.close()

    def _send_events(self, wire: MessageSocket, since: Any) -> None:
        with self.station.hub.subscribe(since if isinstance(since, int) else None) as subscription:
            ended = subscription.close
            threading.Thread(target=_until_gone, args=(wire, ended), name="station listener", daemon=True).start()
            alive = _send(wire, {"result": None})  # from here on it is told of all that happens
            while alive and not subscription.ended:
                event = subscription.get(1.0)
                if event is not None and not _send(wire, event):
                    break
        wire.close()


class _Client:
    """One attached program: its commands in, answers out."""

    def __init__(self, server: StationServer, wire: MessageSocket, caller: Caller) -> None:
        self._server = server
        self._station = server.station
        self._wire = wire
        self._caller = caller
        self._lanes: dict[str, _Lane] = {}
        self._station.enter(caller)

    def serve(self) -> None:
        """Take commands until the client is gone."""
        try:
            if _send(self._wire, {"hello": self._caller.to_message()}):
                while (message := self._wire.receive()) is not None:
                    self._take(message)
        finally:
            self._server.drop(self)
            self._station.leave(self._caller)
            for lane in self._lanes.values():
                lane.close()
            self._wire.close()

    def finish(self) -> None:
        """Hang up."""
        self._wire.hang_up()

    def _take(self, message: Message) -> None:
        """Have a command carried out: those to one device one after the other, all others at once."""
        number, device = message.pop("id", None), message.get("device")
        right = self._station.commands.get(str(message.get("command")), "")

        def work() -> None:
            answer = self._station.dispatch(message, self._caller)
            _send(self._wire, {"id": number} | answer)

        if right == "safety" or not isinstance(device, str):
            threading.Thread(target=work, name=f"station {message.get('command')}", daemon=True).start()
            return
        name = device if device in self._station.core.keepers else ""
        lane = self._lanes.get(name) or self._lanes.setdefault(name, _Lane())
        lane.put(work)


class _Lane:
    """Does things one after the other in a thread of its own."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="station lane", daemon=True).start()

    def put(self, work: Any) -> None:
        """Do something after all that was put before."""
        self._work.put(work)

    def close(self) -> None:
        """End, after all that was put."""
        self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()


def _listen(kind: str) -> tuple[socket.socket, Path | int]:
    if kind == "unix":
        path = Path(tempfile.mkdtemp(prefix="hsi_station_")) / "socket"  # short: a socket's path has 104 bytes at most
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        listener.listen(_MOST_KNOCKING)
        return listener, path
    listener = socket.create_server(("127.0.0.1", 0), backlog=_MOST_KNOCKING)
    return listener, int(listener.getsockname()[1])


def _send(wire: MessageSocket, message: Message, payload: bytes = b"") -> bool:
    """Send something; return whether there is still somebody who takes it."""
    try:
        wire.send(message, payload)
    except OSError:
        wire.hang_up()  # what was sent in part cannot be gone on with
        return False
    except (TypeError, ValueError) as error:
        _log.exception("a message of the station could not be sent")
        if "id" in message:
            return _send(wire, {"id": message["id"], "error": error_message(error)})
    return True


def _change(tap: FrameTap, settings: Any) -> None:
    """Change pictures as a client asks, which has looked at what it asks for."""
    try:
        bands = settings.get("bands")
        tap.change(settings.get("rate"), settings.get("longest"), None if bands is None else tuple(map(int, bands)))
    except (HsiError, TypeError, ValueError, AttributeError) as error:
        _log.warning("pictures could not be changed: %s", error)


def _until_gone(wire: MessageSocket, end: Callable[[], None]) -> None:
    while wire.receive() is not None:
        continue
    end()


def _text(value: object) -> str:
    return "".join(letter for letter in str(value or "somebody")[:200] if letter.isprintable())
