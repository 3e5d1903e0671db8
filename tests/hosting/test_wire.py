"""Messages between the processes."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pymodaq_hsi.hosting.wire import MessageSocket

if TYPE_CHECKING:
    from collections.abc import Iterator

json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def pair() -> Iterator[tuple[MessageSocket, MessageSocket]]:
    one, other = (MessageSocket(end, send_timeout=0.3) for end in socket.socketpair())
    yield one, other
    one.close()
    other.close()


@settings(max_examples=50)
@given(st.lists(st.dictionaries(st.text(), json_data, max_size=4), max_size=4))
def test_messages_arrive_as_they_were_in_order(messages: list[dict[str, object]]) -> None:
    one, other = (MessageSocket(end) for end in socket.socketpair())
    for message in messages:
        one.send(message)
    one.close()
    assert [other.receive() for _ in messages] == messages
    assert other.receive() is None
    other.close()


def test_a_long_message_arrives_while_the_other_side_reads(pair: tuple[MessageSocket, MessageSocket]) -> None:
    one, other = pair
    message = {"text": "ä" * 3_000_000}
    thread = threading.Thread(target=one.send, args=(message,))
    thread.start()
    assert other.receive() == message
    thread.join()


def test_several_threads_may_send(pair: tuple[MessageSocket, MessageSocket]) -> None:
    one, other = pair

    def send(name: int) -> None:
        for n in range(50):
            one.send({"name": name, "n": n, "fill": "x" * 5000})

    threads = [threading.Thread(target=send, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    received = [other.receive() for _ in range(200)]
    for thread in threads:
        thread.join()
    for name in range(4):
        assert [m["n"] for m in received if m and m["name"] == name] == list(range(50))


def test_numpy_values_become_plain_and_other_objects_are_refused_unsent(
    pair: tuple[MessageSocket, MessageSocket],
) -> None:
    one, other = pair
    with pytest.raises(TypeError, match="is not JSON data"):
        one.send({"x": object()})
    one.send({"a": np.float32(0.5), "b": np.arange(3), "c": np.bool_(True)})
    assert other.receive() == {"a": 0.5, "b": [0, 1, 2], "c": True}


def test_who_does_not_read_is_not_waited_for_for_ever(pair: tuple[MessageSocket, MessageSocket]) -> None:
    one, _ = pair
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        one.send({"text": "x" * 10_000_000})
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("junk", [b"\xff\xff\xff\xff....", b"\x00\x00\x00\x05hello", b"\x00\x00\x00\x02[]", b"\x00"])
def test_what_is_not_a_message_ends_the_connection(junk: bytes) -> None:
    ours, theirs = socket.socketpair()
    receiver = MessageSocket(ours)
    theirs.sendall(junk)
    theirs.close()
    assert receiver.receive() is None
    receiver.close()


def test_hanging_up_ends_a_receive_in_another_thread_after_what_has_come(
    pair: tuple[MessageSocket, MessageSocket],
) -> None:
    one, other = pair
    received: list[object] = []
    thread = threading.Thread(target=lambda: received.extend([other.receive(), other.receive()]))
    one.send({"n": 1})
    thread.start()
    time.sleep(0.05)
    other.hang_up()
    thread.join(20)
    assert received == [{"n": 1}, None]


def test_a_closed_connection_is_an_oserror_for_who_sends(pair: tuple[MessageSocket, MessageSocket]) -> None:
    one, other = pair
    other.close()
    with pytest.raises(BrokenPipeError):
        one.send({})
    one.close()
    with pytest.raises(OSError, match="the connection was closed"):
        one.send({})
