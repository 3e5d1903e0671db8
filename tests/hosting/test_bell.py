"""The bell: news, silence, and the end."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from pymodaq_hsi.hosting.bell import Bell


def pair() -> tuple[Bell, Bell]:
    one, other = socket.socketpair()
    return Bell(one), Bell(other)


def test_a_ring_is_heard_once_and_silence_is_false() -> None:
    one, other = pair()
    one.ring()
    assert other.wait(20.0)
    assert not other.wait(0.01)
    one.close()
    with pytest.raises(ConnectionResetError):
        other.wait(20.0)
    other.close()


def test_ringing_never_blocks_however_seldom_somebody_listens() -> None:
    one, other = pair()
    start = time.monotonic()
    for _ in range(100_000):
        one.ring()
    assert time.monotonic() - start < 5
    assert other.wait(0)
    other.drain()
    assert not other.wait(0)
    one.close()
    one.ring()
    other.close()
    other.ring()


@pytest.mark.parametrize("end", ["hang_up", "close"])
def test_who_waits_is_woken_by_the_end(end: str) -> None:
    one, other = pair()
    errors: list[BaseException] = []

    def listen() -> None:
        try:
            one.wait(20.0)
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=listen)
    thread.start()
    time.sleep(0.05)
    getattr(one, end)()
    thread.join(20)
    assert len(errors) == 1
    one.close()
    other.close()
