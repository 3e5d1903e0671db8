"""Messages on a socket: JSON objects, each after its length in four bytes.

Nothing is pickled: what comes from a driver's process can only ever be plain data.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from typing import Any

__all__ = ["Message", "MessageSocket"]

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

    def send(self, message: Message) -> None:
        """Send one message.

        Raises
        ------
        OSError
            The other side is gone (also `TimeoutError`: it has not read for too long).
        """
        body = json.dumps(message, separators=(",", ":")).encode()
        with self._sending:
            sent_all = _send_all(self._socket, _LENGTH.pack(len(body)) + body, self._send_timeout)
        if not sent_all:
            raise TimeoutError(f"the other side has read nothing for {self._send_timeout} s")

    def receive(self) -> Message | None:
        """Wait for one message; None when the other side has closed."""
        head = self._read(_LENGTH.size)
        if head is None:
            return None
        (length,) = _LENGTH.unpack(head)
        if length > _LONGEST:
            return None  # not our protocol: as good as closed
        body = self._read(length)
        if body is None:
            return None
        message = json.loads(body)
        return message if isinstance(message, dict) else None

    def close(self) -> None:
        """Close it; a `receive` in another thread returns None."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            self._socket.close()  # never connected, or closed by the other side already
            return
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


def _send_all(connection: socket.socket, data: bytes, timeout: float) -> bool:
    """Send on a blocking socket without waiting longer than `timeout` for the reader.

    `socket.settimeout` would also bind the receiving thread, so the wait is a `select` on writability.
    """
    import select

    view = memoryview(data)
    while view:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(connection, select.POLLOUT)
            ready = bool(poll.poll(timeout * 1000))
        else:
            ready = bool(select.select([], [connection], [], timeout)[1])
        if not ready:
            return False
        # MSG_DONTWAIT exists where poll does; elsewhere a writable socket takes a control message whole
        sent = connection.send(view, getattr(socket, "MSG_DONTWAIT", 0))
        view = view[sent:]
    return True
