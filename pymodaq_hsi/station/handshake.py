"""Proof that both ends of a connection know the station's secret, which is never sent.

::

    station -> client   MAGIC, nonce of the station (32 bytes)
    client -> station   nonce of the client (32), HMAC-SHA256(secret, "client" + both nonces)
    station -> client   HMAC-SHA256(secret, "station" + both nonces)

All lengths are fixed and all waits have an end, so that somebody without the secret gets nothing out of it: no memory,
no thread for long, no command.
"""

from __future__ import annotations

import hmac
import os
import time
from typing import TYPE_CHECKING

from pymodaq_hsi.errors import StationError, StationLost

if TYPE_CHECKING:
    import socket

__all__ = ["prove_to_station", "welcome"]

_MAGIC = b"pymodaq_hsi station 1\n"
_NONCE = 32
_WITHIN = 5.0


def welcome(connection: socket.socket, secret: str) -> bool:
    """Let a client prove itself, and prove oneself to it; return whether it did."""
    deadline = time.monotonic() + _WITHIN
    nonce = os.urandom(_NONCE)
    try:
        connection.settimeout(_WITHIN)
        connection.sendall(_MAGIC + nonce)
        theirs = _receive(connection, _NONCE, deadline)
        proof = _receive(connection, 32, deadline)
        if not hmac.compare_digest(proof, _sign(secret, b"client", nonce, theirs)):
            return False
        connection.sendall(_sign(secret, b"station", nonce, theirs))
    except OSError:
        return False
    return True


def prove_to_station(connection: socket.socket, secret: str, name: str) -> None:
    """Prove to a station that its secret is known, and see that it knows it too.

    Raises
    ------
    StationError
        Whoever answers is not the station, or does not believe.
    """
    deadline = time.monotonic() + _WITHIN
    try:
        connection.settimeout(_WITHIN)
        greeting = _receive(connection, len(_MAGIC) + _NONCE, deadline)
        if not greeting.startswith(_MAGIC):
            raise StationError(f"what answers for the station {name} is no station of this version; start it again")
        theirs, nonce = greeting[len(_MAGIC) :], os.urandom(_NONCE)
        connection.sendall(nonce + _sign(secret, b"client", theirs, nonce))
        proof = _receive(connection, 32, deadline)
    except OSError as error:
        raise StationLost(f"the station {name} did not let this program attach: {error}") from error
    if not hmac.compare_digest(proof, _sign(secret, b"station", theirs, nonce)):
        raise StationError(f"what answers for the station {name} does not know its secret, and is not trusted")


def _sign(secret: str, role: bytes, station: bytes, client: bytes) -> bytes:
    return hmac.digest(bytes.fromhex(secret), role + station + client, "sha256")


def _receive(connection: socket.socket, count: int, deadline: float) -> bytes:
    parts = b""
    while len(parts) < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long to say who it is")
        connection.settimeout(left)
        part = connection.recv(count - len(parts))
        if not part:
            raise ConnectionError("the connection was closed")
        parts += part
    return parts
