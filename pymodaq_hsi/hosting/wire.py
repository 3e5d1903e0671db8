"""Messages on a socket: JSON objects, each after its length in four bytes.

Nothing is pickled: what comes from a driver's process can only ever be plain data.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import threading
import time
from typing import Any

import numpy as np

__all__ = ["NO_SIGNAL", "Message", "MessageSocket"]

NO_SIGNAL: int = getattr(socket, "MSG_NOSIGNAL", 0)
"""For sending to somebody who may be gone, in a process that may have given SIGPIPE back its deadly meaning."""

Message = dict[str, Any]

_LENGTH = struct.Struct("!I")
_LONGEST = 64 * 2**20


class MessageSocket:
    """A socket that carries messages; sending is safe from several threads, receiving belongs to one.

    Parameters
    ----------
    connection : socket.socket
        A connected stream socket; closed by `close`.
    send_timeout : float
        Seconds after which a peer that does not read counts as gone.
    """

    def __init__(self, connection: socket.socket, *, send_timeout: float = 5.0) -> None:
        self._socket = connection
        self._socket.settimeout(None)
        self._sending = threading.Lock()
        self._send_timeout = send_timeout

    def fileno(self) -> int:
        """Return the descriptor, for waiting on it."""
        return self._socket.fileno()

    @property
    def intact(self) -> bool:
        """Whether the descriptor is still a socket: others in this process may have closed it, and opened a file."""
        try:
            self._socket.getsockname()
        except OSError:
            return False
        return True

    def send(self, message: Message, payload: bytes | memoryview = b"") -> None:
        """Send one message; NumPy's numbers and arrays in it become plain.

        Parameters
        ----------
        message : dict
        payload : bytes
            Sent right after it, as it is; the message has to say how long it is, for `receive_payload`.

        Raises
        ------
        TypeError, ValueError
            It is not JSON data, or too long; nothing was sent.
        OSError
            The other side is gone (also `TimeoutError`: it has not read for too long, nothing more can be sent).
        """
        body = json.dumps(message, separators=(",", ":"), default=_plain).encode()
        if len(body) > _LONGEST:
            raise ValueError(f"a message of {len(body) / 2**20:.0f} MiB is too long; at most {_LONGEST / 2**20:.0f}")
        with self._sending:
            _send_all(self._socket, _LENGTH.pack(len(body)) + body, self._send_timeout)
            if len(payload):
                _send_all(self._socket, payload, self._send_timeout)

    def receive(self) -> Message | None:
        """Wait for one message; None when the other side has closed, or sends what is not a message."""
        head = self._read(_LENGTH.size)
        if head is None:
            return None
        (length,) = _LENGTH.unpack(head)
        body = self._read(length) if length <= _LONGEST else None
        if body is None:
            return None
        try:
            message = json.loads(body)
        except ValueError:
            return None
        return message if isinstance(message, dict) else None

    def receive_payload(self, length: int) -> bytes | None:
        """Wait for the bytes after a message; None when the other side has closed."""
        return self._read(length)

    def hang_up(self) -> None:
        """End a `receive` in another thread, after what has come already; whoever still holds the other end."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was quicker

    def close(self) -> None:
        """Close it; a `receive` in another thread returns None."""
        self.hang_up()
        self._socket.close()

    def abandon(self) -> None:
        """Let go of a copy, in a forked process, without disturbing those who use it."""
        self._socket.close()

    def _read(self, count: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < count:
            try:
                part = self._socket.recv(min(count - len(parts), 2**20))
            except OSError:
                return None
            if not part:
                return None
            parts += part
        return bytes(parts)


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{value!r} ({type(value).__name__}) is not JSON data: give numbers, strings, lists and dicts")


def _send_all(connection: socket.socket, data: bytes | memoryview, timeout: float) -> None:
    """Send on a blocking socket without waiting longer than `timeout` for the reader.

    `socket.settimeout` would also bind the receiving thread, so the wait is one for writability.
    """
    view = memoryview(data)
    deadline = time.monotonic() + timeout
    while view:
        left = deadline - time.monotonic()
        if left <= 0 or not _writable(connection, left):
            raise TimeoutError(f"the other side has read nothing for {timeout:g} s")
        try:
            sent = _send_some(connection, view)
        except BlockingIOError:
            continue
        view = view[sent:]
        deadline = time.monotonic() + timeout


def _writable(connection: socket.socket, timeout: float) -> bool:
    if connection.fileno() < 0:
        raise OSError("the connection was closed")
    if sys.platform == "win32":
        return bool(select.select([], [connection], [], timeout)[1])
    poll = select.poll()
    poll.register(connection, select.POLLOUT)
    return bool(poll.poll(timeout * 1000))


def _send_some(connection: socket.socket, view: memoryview) -> int:
    if sys.platform == "win32":
        return connection.send(view[:4096])  # no MSG_DONTWAIT there; a writable socket takes so much at once
    return connection.send(view, socket.MSG_DONTWAIT | NO_SIGNAL)
