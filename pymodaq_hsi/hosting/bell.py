"""The bell between the two sides of a ring: one byte says that there is news, its end that the other side is gone."""

from __future__ import annotations

import math
import select
import sys
import threading
from typing import TYPE_CHECKING

from pymodaq_hsi.hosting.wire import NO_SIGNAL

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

__all__ = ["Bell"]


class Bell:
    """One end of a socket pair; one thread at a time listens, any thread may ring.

    Parameters
    ----------
    connection : socket.socket
        Connected; belongs to the bell from now on.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._listening = threading.Lock()
        self._closed = False
        self._readable = _waiter(connection)

    def ring(self) -> None:
        """Wake the other side; never blocks, never raises, is safe in any thread and in a finalizer."""
        if self._closed:
            return
        try:
            self._socket.send(b"\0", NO_SIGNAL)
        except OSError:
            return  # full: the other side has rings enough to hear; or gone: its end is noticed elsewhere

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for a ring; False when none came.

        Raises
        ------
        ConnectionResetError
            The other side is gone, or the bell was closed.
        """
        with self._listening:
            if self._closed:
                raise ConnectionResetError("the bell was closed")
            return self._readable(max(0.0, timeout)) and self._hear()

    def drain(self) -> None:
        """Forget the rings that have not been heard yet."""
        try:
            while self._hear():
                pass
        except OSError:
            return  # `wait` will say that the other side is gone

    def hang_up(self) -> None:
        """Wake who waits here, with an error: the other side's process has ended, whoever still holds its end."""
        try:
            self._socket.shutdown(2)
        except OSError:
            return  # nobody was there any more

    def close(self) -> None:
        """Let go of it, after who waits here has woken up: another file may get its number."""
        self._closed = True
        self.hang_up()
        with self._listening:
            self._socket.close()

    def abandon(self) -> None:
        """Let go of a copy, in a forked process, without disturbing those who use it."""
        self._closed = True
        self._socket.close()

    def _hear(self) -> bool:
        try:
            heard = self._socket.recv(4096)
        except BlockingIOError:
            return False
        if not heard:
            raise ConnectionResetError("the other side of the bell is gone")
        return True


def _waiter(connection: socket.socket) -> Callable[[float], bool]:
    """Return what waits some seconds for something to read."""
    if sys.platform == "win32":
        return lambda timeout: bool(select.select([connection], [], [], timeout)[0])
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return lambda timeout: bool(poll.poll(math.ceil(timeout * 1000)))
