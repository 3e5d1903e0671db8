"""Attaching to a station that runs in another process."""

from __future__ import annotations

import contextlib
import itertools
import queue
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from pymodaq_hsi.errors import StationLost, StationNotFound, StationTimeout
from pymodaq_hsi.hosting.wire import MessageSocket
from pymodaq_hsi.station.api import StationApi
from pymodaq_hsi.station.callers import this_caller
from pymodaq_hsi.station.failures import error_from, error_message
from pymodaq_hsi.station.feeds import Feed, Picture, check_pictures
from pymodaq_hsi.station.folder import find_record
from pymodaq_hsi.station.handshake import prove_to_station

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.station.folder import Record
    from pymodaq_hsi.station.hub import Message

__all__ = ["StationClient", "attach"]

_ANSWER_WITHIN = 30.0
_WAITING = 100


class StationClient(StationApi):
    """A station at a distance; made by `attach`, a context manager that detaches.

    What it began goes on when it detaches or dies; control is released.

    Attributes
    ----------
    name : str
        Of the station.
    number : int
        Of this client, as ``clients`` and ``control`` say it.
    """

    def __init__(self, record: Record) -> None:
        self.name = record.name
        self._record = record
        caller = this_caller(0)
        self._wire = _connected(record, {"role": "client", "who": caller.who, "where": caller.where})
        hello = _first(self._wire)
        if hello is None:
            self._wire.close()
            raise StationLost(f"the station {self.name} is ending; start it again")
        self.number = int(hello["hello"]["client"])
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._pending: dict[int, queue.SimpleQueue[Message | None]] = {}
        self._lost = False
        self._thread = threading.Thread(target=self._read, name=f"station {self.name}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def attached(self) -> bool:
        """Whether the station is there."""
        return not self._lost

    def dispatch(self, message: Mapping[str, Any]) -> Message:
        """Carry a command out; see `StationApi.dispatch`."""
        try:
            return self._exchange(dict(message))
        except (StationLost, StationTimeout, TypeError, ValueError) as error:
            return {"error": error_message(error)}

    def events(self, since: int | None = None) -> Feed:
        """Return the events; see `StationApi.events`."""
        wire = _connected(self._record, {"role": "events", "since": since})
        if _first(wire) is None:
            wire.close()
            raise StationLost(f"the station {self.name} is gone; start it again")
        return _feed(wire)

    def frames(self, device: str, *, rate: float = 20.0, longest: int = 512, bands: tuple[int, ...] = ()) -> Feed:
        """Return pictures; see `StationApi.frames`."""
        wanted = {"device": device, "rate": rate, "longest": longest, "bands": list(bands)}
        wire = _connected(self._record, {"role": "frames"} | wanted)
        answer = _first(wire)
        if answer is None or "error" in answer:
            wire.close()
            raise StationLost(f"the station {self.name} is gone") if answer is None else error_from(answer["error"])
        return _picture_feed(wire)

    def close(self) -> None:
        """Detach."""
        self._wire.hang_up()
        self._thread.join(5.0)
        self._wire.close()

    def _exchange(self, message: Message) -> Message:
        number = next(self._numbers)
        answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        with self._lock:
            if self._lost:
                raise StationLost(f"the station {self.name} is gone, or this program has detached; attach again")
            self._pending[number] = answers
        try:
            given = message.get("timeout")
            seconds = _ANSWER_WITHIN + (float(given) if isinstance(given, int | float) else 0.0)
            try:
                self._wire.send({"id": number} | message)
            except OSError as error:
                raise StationLost(f"the station {self.name} cannot be reached any more: {error}") from error
            answer = answers.get(timeout=seconds)
        except queue.Empty:
            raise StationTimeout(
                f"the station {self.name} has not answered {message.get('command')!r} within {seconds:g} s"
            ) from None
        finally:
            with self._lock:
                self._pending.pop(number, None)
        if answer is None:
            raise StationLost(
                f"the station {self.name} has ended while it was asked for {message.get('command')!r}; start it again, "
                "and resume an interrupted scan from its file"
            )
        return answer

    def _read(self) -> None:
        while (message := self._wire.receive()) is not None:
            number = message.pop("id", None)
            with self._lock:
                answers = self._pending.get(number) if isinstance(number, int) else None
            if answers is not None:
                answers.put(message)
        with self._lock:
            self._lost = True
            waiting = list(self._pending.values())
        for answers in waiting:
            answers.put(None)


def attach(name: str = "station") -> StationClient:
    """Attach to a station of this user on this machine.

    Raises
    ------
    StationNotFound
        None of that name is running.
    StationLost, StationError
        It does not let this program attach.
    """
    return StationClient(find_record(name))


def _connected(record: Record, hello: Message) -> MessageSocket:
    connection = _socket_for(record)
    try:
        prove_to_station(connection, record.secret, record.name)
        wire = MessageSocket(connection, send_timeout=_ANSWER_WITHIN)
        wire.send(hello)
    except BaseException:
        connection.close()
        raise
    return wire


def _socket_for(record: Record) -> socket.socket:
    try:
        if record.kind == "tcp":
            return socket.create_connection(("127.0.0.1", int(record.address)), timeout=5.0)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(5.0)
            connection.connect(record.address)
        except OSError:
            connection.close()
            raise
    except OSError as error:
        raise StationNotFound(
            f"the station {record.name} (process {record.pid}) cannot be reached: {error}; it is starting or ending, "
            "try again"
        ) from error
    return connection


def _first(wire: MessageSocket) -> Message | None:
    """Wait for the first message, but not for ever."""
    impatience = threading.Timer(_ANSWER_WITHIN, wire.hang_up)
    impatience.daemon = True
    impatience.start()
    try:
        return wire.receive()
    finally:
        impatience.cancel()


def _picture_feed(wire: MessageSocket) -> Feed:
    """Return pictures, each asked for when it is wanted, so that it is the latest then."""
    found: queue.SimpleQueue[Picture] = queue.SimpleQueue()
    ended = threading.Event()
    asked = threading.Event()

    def read() -> None:
        try:
            while (header := wire.receive()) is not None and (picture := _picture(wire, header)) is not None:
                found.put(picture)
        finally:  # also when a picture makes no sense: whoever waits for the next one is not left waiting
            ended.set()

    def change(**settings: Any) -> None:
        check_pictures(settings["rate"], settings["longest"])
        with contextlib.suppress(OSError):  # the reader sees that it is gone
            wire.send({"change": settings})

    def get(timeout: float | None) -> Picture | None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            if not asked.is_set():
                asked.set()
                with contextlib.suppress(OSError):  # the reader sees that it is gone
                    wire.send({"next": 1})
            left = 0.2 if deadline is None else min(0.2, deadline - time.monotonic())
            try:
                picture = found.get(timeout=max(0.0, left))
            except queue.Empty:
                if ended.is_set() or (deadline is not None and time.monotonic() >= deadline):
                    return None
                continue
            asked.clear()
            return picture

    thread = threading.Thread(target=read, name="station pictures", daemon=True)
    thread.start()

    def close() -> None:
        ended.set()
        wire.hang_up()
        thread.join(5.0)
        wire.close()

    return Feed(get, lambda: ended.is_set() and found.empty(), close, change)


def _feed(wire: MessageSocket) -> Feed:
    """Return the events on a connection; when nobody takes them, the station is kept waiting, and leaves some out."""
    found: queue.Queue[Message] = queue.Queue(_WAITING)
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set() and (message := wire.receive()) is not None:
            while not ended.is_set():
                try:
                    found.put(message, timeout=0.2)
                    break
                except queue.Full:
                    continue
        ended.set()

    thread = threading.Thread(target=read, name="station feed", daemon=True)
    thread.start()

    def get(timeout: float | None) -> Any:
        step = 0.5 if timeout is None else timeout
        while True:
            try:
                return found.get(timeout=0.0 if ended.is_set() else max(0.0, step))
            except queue.Empty:
                if timeout is not None or ended.is_set():
                    return None

    def close() -> None:
        ended.set()
        wire.hang_up()
        thread.join(5.0)
        wire.close()

    return Feed(get, lambda: ended.is_set() and found.empty(), close)


def _picture(wire: MessageSocket, header: Message) -> Picture | None:
    body = wire.receive_payload(int(header["bytes"]))
    if body is None:
        return None
    dtype = np.dtype(header["dtype"])
    count = int(np.prod(header["shape"]))
    data = np.frombuffer(body, dtype, count).reshape(header["shape"])
    lines = np.frombuffer(body, dtype, offset=count * dtype.itemsize).reshape(header["lines"])
    return Picture(header, data, lines)
