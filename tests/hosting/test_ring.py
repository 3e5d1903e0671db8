"""The ring of frame buffers: order, counting, and that a frame in somebody's hands is never written over."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.errors import AcquisitionError, FrameGeometryError
from pymodaq_hsi.hosting.bell import Bell
from pymodaq_hsi.hosting.ring import Lease, RingLayout, RingReader, RingWriter
from pymodaq_hsi.hosting.segment import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = FrameFormat((3, 5), "uint32")


class Ring:
    """Both sides, each with a mapping of its own."""

    def __init__(self, slots: int = 5, frame_format: FrameFormat = FORMAT) -> None:
        self.format = frame_format
        layout = RingLayout(slots, frame_format.nbytes)
        segment = Segment.create(layout.size)
        try:
            layout.write(segment)
            self.theirs = Segment.attach(segment.name)
        finally:
            segment.unlink()
        ours, theirs = socket.socketpair()
        self.bells = Bell(ours), Bell(theirs)
        self.reader = RingReader(segment, self.bells[0], frame_format)
        self.begin(slots)

    def begin(self, buffers: int) -> None:
        self.reader.begin()
        self.writer = RingWriter(self.theirs, self.bells[1], self.format, buffers)

    def write(self, number: int, dropped_before: int = 0) -> bool:
        slot = self.writer.acquire()
        if slot is None:
            return False
        slot[...] = number
        self.writer.publish(number, 1000 + number, dropped_before)
        return True

    def close(self) -> None:
        self.writer.close()
        for bell in self.bells:
            bell.close()


@pytest.fixture
def ring() -> Iterator[Ring]:
    made = Ring()
    yield made
    made.close()


def pixels(lease: Lease) -> np.ndarray:
    return np.asarray(lease)


def test_frames_come_in_order_with_their_numbers_and_times(ring: Ring) -> None:
    for number in (4, 5, 9):
        assert ring.write(number, dropped_before=number - 4)
    assert ring.reader.waiting == 3
    leases = [ring.reader.take() for _ in range(3)]
    assert [(lease.number, lease.timestamp_ns, lease.dropped_before) for lease in leases if lease] == [
        (4, 1004, 0),
        (5, 1005, 1),
        (9, 1009, 5),
    ]
    assert [int(pixels(lease)[0, 0]) for lease in leases if lease] == [4, 5, 9]
    assert ring.reader.take() is None


def test_a_driver_that_writes_over_the_ring_is_an_error_and_no_crash_of_the_reader(ring: Ring) -> None:
    assert ring.write(0)
    ring.theirs.words[64] = 10**15
    with pytest.raises(AcquisitionError, match=r"written over the ring .* a frame in slot 1000000000000000 of 5"):
        ring.reader.take()
    ring.theirs.words[1] = 10**9
    with pytest.raises(AcquisitionError, match=r"claims \d+ bytes of \d+"):
        RingReader(ring.reader.segment, ring.bells[0], FORMAT)
    ring.theirs.words[1] = 5


def test_a_format_that_does_not_fit_the_buffers_is_refused_by_the_reader_too(ring: Ring) -> None:
    with pytest.raises(FrameGeometryError, match=r"\(3000, 5\).*60000 bytes for buffers of 60"):
        ring.reader.format = FrameFormat((3000, 5), "uint32")
    assert ring.reader.format == FORMAT


def test_a_slot_whose_reclaiming_was_interrupted_is_found_by_the_next_wait(ring: Ring) -> None:
    assert ring.write(0)
    lease = ring.reader.take()
    assert ring.reader.held == 1
    del lease
    gc.collect()
    ring.reader._gone.popleft()  # a Ctrl-C came between taking this note and acting on it
    ring.reader.wait(0.0)
    assert ring.reader.held == 0
    assert sum(ring.write(number) for number in range(1, 9)) == 5


def test_a_frame_is_the_same_memory_on_both_sides_and_read_only(ring: Ring) -> None:
    slot = ring.writer.acquire()
    assert slot is not None
    slot[...] = 1
    ring.writer.publish(0, 0, 0)
    lease = ring.reader.take()
    assert lease is not None
    view = pixels(lease)
    slot[1, 2] = 77  # what a driver must not do shows that nothing is copied
    assert view[1, 2] == 77
    assert not view.flags.writeable
    assert not view.flags.owndata


def test_when_no_slot_is_free_there_is_none(ring: Ring) -> None:
    assert [ring.write(number) for number in range(7)] == [True] * 5 + [False] * 2
    lease = ring.reader.take()
    assert not ring.write(7)
    del lease
    assert not ring.write(7)
    ring.reader.reclaim()
    assert ring.write(7)


def test_only_as_many_buffers_as_asked_for_are_used(ring: Ring) -> None:
    ring.writer.close()
    ring.begin(2)
    assert [ring.write(number) for number in range(3)] == [True, True, False]


def test_the_largest_numbers_fit(ring: Ring) -> None:
    slot = ring.writer.acquire()
    assert slot is not None
    ring.writer.publish(2**63 - 1, 2**63 - 1, 0)
    lease = ring.reader.take()
    assert lease is not None
    assert lease.number == 2**63 - 1


def test_a_frame_that_does_not_fit_is_refused_with_both_sizes(ring: Ring) -> None:
    with pytest.raises(FrameGeometryError, match=r"shape \(463, 463\) and type \|u1 \(214369 bytes\) .* of 60 bytes"):
        RingWriter(ring.theirs, ring.bells[1], FrameFormat((463, 463), "uint8"), 5)


def test_a_segment_without_a_ring_is_refused() -> None:
    segment = Segment.create(10_000)
    segment.unlink()
    with pytest.raises(AcquisitionError, match="does not hold a ring"):
        RingLayout.read(segment)


@pytest.mark.parametrize("slots", [1, 5, 8, 9, 500])
@pytest.mark.parametrize("size", [1, 63, 64, 65, 327_680])
def test_nothing_overlaps_in_the_layout(slots: int, size: int) -> None:
    layout = RingLayout(slots, size)
    assert layout.headers * 8 + slots * 128 <= layout.states
    assert layout.states + slots <= layout.first
    assert layout.stride >= size
    assert layout.first % 4096 == layout.stride % 64 == 0
    assert layout.size == layout.first + slots * layout.stride


def test_the_writer_waits_for_the_reader_and_is_woken_by_it(ring: Ring) -> None:
    for number in range(5):
        ring.write(number)
    assert not ring.writer.wait_for_free(0.01)
    lease = ring.reader.take()
    timer = threading.Timer(0.05, lambda: (leases.clear(), ring.reader.reclaim()))
    leases = [lease]
    del lease
    timer.start()
    start = time.monotonic()
    while not ring.writer.wait_for_free(20.0):
        pass
    assert time.monotonic() - start < 15
    timer.join()
    assert ring.write(5)


def test_the_reader_waits_for_the_writer_and_is_woken_by_it(ring: Ring) -> None:
    assert not ring.reader.wait(0.01)
    threading.Timer(0.05, ring.write, (0,)).start()
    start = time.monotonic()
    assert ring.reader.wait(20.0)
    assert time.monotonic() - start < 15
    assert ring.reader.take() is not None


def test_an_end_by_an_error_is_seen_after_the_last_frame(ring: Ring) -> None:
    ring.write(0)
    assert not ring.reader.failed
    ring.writer.fail()
    assert ring.reader.take() is not None
    assert ring.reader.failed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_forked_copy_of_a_reader_gives_nothing_back(ring: Ring) -> None:
    ring.write(0)
    lease = ring.reader.take()
    reader, writer_end = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # applications do fork with threads around
        pid = os.fork()
    if not pid:
        lease = None
        gc.collect()
        os.write(writer_end, b"%d" % ring.reader.held)
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(reader, 10) == b"1"
    assert ring.reader.held == 1
    os.close(reader)
    os.close(writer_end)
    del lease
    assert ring.reader.held == 0


class RingMachine(RuleBasedStateMachine):
    """A writer that always goes on, a reader that keeps frames for as long as it likes, in any way it likes."""

    held = Bundle("held")

    @initialize(slots=st.integers(5, 9))
    def set_up(self, slots: int) -> None:
        self.ring = Ring(slots)
        self.slots = self.buffers = slots
        self.next_number = 0
        self.lost = 0
        self.waiting: list[tuple[int, int]] = []
        self.kept: dict[int, np.ndarray] = {}
        self.keys = 0

    @rule(count=st.integers(1, 4))
    def frames_arrive(self, count: int) -> None:
        for _ in range(count):
            if self.ring.write(self.next_number, self.lost):
                self.waiting.append((self.next_number, self.lost))
                self.lost = 0
            else:
                self.ring.writer.drop()
                self.lost += 1
            self.next_number += 1

    @rule(target=held, form=st.sampled_from(["array", "slice", "memoryview"]))
    def a_frame_is_taken(self, form: str) -> object:
        lease = self.ring.reader.take()
        if lease is None:
            assert not self.waiting
            return multiple()
        expected = self.waiting.pop(0)
        assert (lease.number, lease.dropped_before) == expected
        array = pixels(lease)
        kept: object = {"array": array, "slice": array[1:, ::2], "memoryview": memoryview(array)}[form]
        return lease.number, kept

    @rule(one=consumes(held))
    def a_frame_is_given_back(self, one: object) -> None:
        del one

    @rule(one=held)
    def a_frame_in_hand_is_what_it_was(self, one: tuple[int, object]) -> None:
        number, kept = one
        assert (np.asarray(kept) == number).all()

    @rule(buffers=st.integers(1, 9))
    def the_acquisition_begins_anew(self, buffers: int) -> None:
        self.ring.writer.close()
        self.buffers = min(buffers, self.slots)
        self.ring.begin(self.buffers)
        self.waiting, self.lost = [], 0

    @invariant()
    def nothing_is_unaccounted_for(self) -> None:
        if hasattr(self, "ring"):
            assert self.ring.reader.waiting == len(self.waiting)
            assert self.ring.reader.held + len(self.waiting) <= self.slots

    def teardown(self) -> None:
        if hasattr(self, "ring"):
            self.ring.close()


TestRing = RingMachine.TestCase
TestRing.settings = settings(max_examples=60, stateful_step_count=40)


def test_a_fast_writer_and_a_slow_reader_in_two_threads_never_mix_frames() -> None:
    ring = Ring(6, FrameFormat((64, 64), "uint32"))
    stop = threading.Event()
    written = 0
    lost_at_the_end = 0

    def write() -> None:
        nonlocal written, lost_at_the_end
        while not stop.is_set():
            if ring.write(written, lost_at_the_end):
                lost_at_the_end = 0
            else:
                ring.writer.drop()
                lost_at_the_end += 1
            written += 1

    thread = threading.Thread(target=write)
    thread.start()
    random = np.random.default_rng(3)
    kept: list[tuple[int, np.ndarray]] = []
    expected, lost = 0, 0
    for _ in range(500):
        lease = ring.reader.take()
        if lease is None:
            ring.reader.wait(0.01)
            continue
        assert lease.number == expected + lease.dropped_before
        expected, lost = lease.number + 1, lost + lease.dropped_before
        kept.append((lease.number, pixels(lease)))
        if len(kept) > 3:
            number, array = kept.pop(int(random.integers(len(kept))))
            assert array.min() == array.max() == number
            del array
        del lease
    stop.set()
    thread.join()
    assert lost > 0
    while (lease := ring.reader.take()) is not None:
        lost += lease.dropped_before
    assert ring.reader.dropped == lost + lost_at_the_end
    ring.close()
