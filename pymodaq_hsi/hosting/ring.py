"""The ring of frame buffers in a segment: one process writes, another reads, nobody locks.

Layout (all numbers 64-bit, native order)::

    words 0..7     magic, slots, bytes per slot, offset of the first slot, ...
    word 8         frames published            (the writer's)
    word 16        frames dropped              (the writer's)
    word 24        failed: the acquisition ended by an error   (the writer's)
    word 32        the writer is waiting for a free slot       (the writer's)
    words 64..     the queue: slot of the n-th published frame at n modulo slots
    then           a header per slot, 16 words: number, timestamp, dropped before it, item count of the shape, shape
    then           a state byte per slot
    then, aligned to a page, the slots

Counters that different processes write are on cache lines of their own. A killed process leaves no lock behind: the
only things shared are single words and bytes. Each side rings the other through a `Bell`, which also tells the death
of the other side. Between a frame and the word that announces it stands a fence on both sides, because processors other
than x86 show stores to each other in any order.

A slot is free, being written, ready, or held. The writer makes ready slots of an earlier acquisition free when a new
one begins; a held slot stays held until its reader lets go of it, whatever happens to the acquisition or the writer.
"""

from __future__ import annotations

import math
import os
import threading
import weakref
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import AcquisitionError, FrameGeometryError
from pymodaq_hsi.hosting.fence import fence

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import FrameFormat
    from pymodaq_hsi.hosting.bell import Bell
    from pymodaq_hsi.hosting.segment import Segment

__all__ = ["Lease", "RingLayout", "RingReader", "RingWriter"]

_MAGIC = 0x315F495348515250
_SLOTS, _SLOT_BYTES, _FIRST = 1, 2, 3
_PUBLISHED, _DROPPED, _FAILED, _WAITING = 8, 16, 24, 32
_QUEUE = 64
_HEADER_WORDS = 16
_PAGE = 4096

_FREE, _WRITING, _READY, _HELD = 0, 1, 2, 3
_FREE_BYTE = bytes([_FREE])
_RECLAIM_EVERY = 0.05


@dataclass(frozen=True)
class RingLayout:
    """Where everything is in a segment of `slots` buffers of `slot_bytes` bytes."""

    slots: int
    slot_bytes: int

    @property
    def headers(self) -> int:
        """The word at which the slot headers begin."""
        return _QUEUE + math.ceil(self.slots / 8) * 8

    @property
    def states(self) -> int:
        """The byte at which the slot states begin."""
        return (self.headers + self.slots * _HEADER_WORDS) * 8

    @property
    def first(self) -> int:
        """The byte at which the first slot begins."""
        return math.ceil((self.states + self.slots) / _PAGE) * _PAGE

    @property
    def stride(self) -> int:
        """Bytes from one slot to the next."""
        return math.ceil(self.slot_bytes / 64) * 64

    @property
    def size(self) -> int:
        """Bytes of the whole segment."""
        return self.first + self.slots * self.stride

    def write(self, segment: Segment) -> None:
        """Put it into a new segment."""
        segment.words[_SLOTS], segment.words[_SLOT_BYTES] = self.slots, self.slot_bytes
        segment.words[_FIRST] = self.first
        segment.words[0] = _MAGIC

    @classmethod
    def read(cls, segment: Segment) -> RingLayout:
        """Read it from a segment.

        Raises
        ------
        AcquisitionError
            It is not a ring of this version.
        """
        if segment.words[0] != _MAGIC:
            raise AcquisitionError(f"segment {segment.name} does not hold a ring of this version of pymodaq_hsi")
        return cls(segment.words[_SLOTS], segment.words[_SLOT_BYTES])


class _Window:
    """A pointer into a segment that NumPy understands, and that keeps the segment mapped."""

    def __init__(self, segment: Segment, offset: int, shape: tuple[int, ...], dtype: str, *, read_only: bool) -> None:
        self._segment = segment
        self.__array_interface__: dict[str, Any] = {
            "version": 3,
            "shape": shape,
            "typestr": dtype,
            "data": (segment.address + offset, read_only),
        }


class Lease(_Window):
    """A reader's hold on one frame; the slot can be free again when the last array made of it is gone.

    Attributes
    ----------
    number, timestamp_ns, dropped_before : int
    reader : RingReader
    returned : bool
        The buffer was given back: views of it refuse.
    """

    def __init__(self, reader: RingReader, slot: int) -> None:
        layout, words = reader.layout, reader.segment.words
        base = layout.headers + slot * _HEADER_WORDS
        self.number = words[base]
        self.timestamp_ns = words[base + 1]
        self.dropped_before = words[base + 2]
        self.reader = reader
        self.returned = False
        offset = layout.first + slot * layout.stride
        super().__init__(reader.segment, offset, reader.format.shape, reader.format.dtype, read_only=True)


class _Held(weakref.ref["Lease"]):
    """What tells the reader that a lease is gone."""

    slot: int


class RingReader:
    """The application's side; `take` and `wait` belong to one thread at a time.

    Parameters
    ----------
    segment : Segment
    bell : Bell
    format : FrameFormat
        Of the frames of the present acquisition.
    """

    def __init__(self, segment: Segment, bell: Bell, format: FrameFormat) -> None:
        self.segment = segment
        self.layout = RingLayout.read(segment)
        if self.layout.size > segment.size:
            raise _damaged(f"it claims {self.layout.size} bytes of {segment.size}")
        self._format = format
        self._bell = bell
        self._owner = os.getpid()
        self._read = 0
        self._books = threading.RLock()
        self._held: dict[int, _Held] = {}
        self._gone: deque[_Held] = deque()

    @property
    def format(self) -> FrameFormat:
        """What the frames of the present acquisition look like."""
        return self._format

    @format.setter
    def format(self, format: FrameFormat) -> None:
        if format.nbytes > self.layout.slot_bytes:
            raise FrameGeometryError(
                f"frames of shape {format.shape} and type {format.dtype} were announced, {format.nbytes} bytes for "
                f"buffers of {self.layout.slot_bytes}; set the buffers up again"
            )
        self._format = format

    def begin(self) -> None:
        """Make ready for a new acquisition, before the writer is told to start."""
        self._read = 0
        self._bell.drain()
        self.reclaim()
        self._reclaim_lost()

    @property
    def dropped(self) -> int:
        """Frames lost up to now: no buffer was free, or the instrument's own numbers have a gap."""
        return int(self.segment.words[_DROPPED])

    @property
    def waiting(self) -> int:
        """Frames in the ring that have not been retrieved yet."""
        return max(0, int(self.segment.words[_PUBLISHED]) - self._read)

    @property
    def held(self) -> int:
        """Buffers that are with the reader."""
        self.reclaim()
        return len(self._held)

    @property
    def failed(self) -> bool:
        """Whether the driver ended the acquisition by an error."""
        failed = bool(self.segment.words[_FAILED])
        fence()  # what was published before it has to be seen by the `take` that follows
        return failed

    def take(self) -> Lease | None:
        """Return the next frame if there is one.

        Raises
        ------
        AcquisitionError
            The driver has written over the ring.
        """
        self.reclaim()
        words = self.segment.words
        if words[_PUBLISHED] <= self._read:
            return None
        fence()
        slot = words[_QUEUE + self._read % self.layout.slots]
        if slot >= self.layout.slots:
            raise _damaged(f"it announces a frame in slot {slot} of {self.layout.slots}")
        # in this order a Ctrl-C in between costs at most a frame: `_reclaim_lost` finds the slot
        self.segment.bytes[self.layout.states + slot] = _HELD
        self._read += 1
        with self._books:
            lease = Lease(self, slot)
            held = _Held(lease, self._gone.append)
            held.slot = slot
            self._held[slot] = held
        return lease

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for news, less while there is something to reclaim; False when none came.

        Raises
        ------
        ConnectionResetError
            The writer is gone.
        """
        self._reclaim_lost()
        return self._bell.wait(min(timeout, _RECLAIM_EVERY) if self._held else timeout)

    def reclaim(self) -> None:
        """Give the slots back to the writer of which nobody has an array any more; safe in any thread.

        That the last array is gone is noted down by the interpreter itself, which then runs no code of ours: a
        Ctrl-C that came in a finalizer would be lost.
        """
        if not self._gone or os.getpid() != self._owner:
            return  # nothing to do; or a copy in a forked process, which holds nothing
        with self._books:
            while self._gone:
                held = self._gone.popleft()
                if self._held.get(held.slot) is held:
                    del self._held[held.slot]
                    self._free(held.slot)

    def _reclaim_lost(self) -> None:
        """Give those back too whose reclaiming, or whose taking, was interrupted by a Ctrl-C."""
        states = self.segment.bytes[self.layout.states : self.layout.states + self.layout.slots]
        if bytes(states).count(_HELD) <= sum(held() is not None for held in list(self._held.values())):
            return
        with self._books:
            for slot in range(self.layout.slots):
                held = self._held.get(slot)
                if states[slot] == _HELD and (held is None or held() is None):
                    self._held.pop(slot, None)
                    self._free(slot)

    def _free(self, slot: int) -> None:
        fence()
        self.segment.bytes[self.layout.states + slot] = _FREE
        if self.segment.words[_WAITING]:
            self._bell.ring()


class RingWriter:
    """The driver process's side; one for each acquisition.

    Parameters
    ----------
    segment : Segment
    bell : Bell
    format : FrameFormat
    buffer_count : int
        How many of the slots may be used.
    """

    def __init__(self, segment: Segment, bell: Bell, format: FrameFormat, buffer_count: int) -> None:
        self.layout = RingLayout.read(segment)
        if format.nbytes > self.layout.slot_bytes:
            raise FrameGeometryError(
                f"frames of shape {format.shape} and type {format.dtype} ({format.nbytes} bytes) do not fit buffers "
                f"of {self.layout.slot_bytes} bytes; set the buffers up again"
            )
        self._segment = segment
        self._bell = bell
        self._published = 0
        self._dropped = 0
        self._begin()
        first = self.layout.states
        self._states = segment.bytes[first : first + buffer_count]
        self._slot = -1
        self._frames: list[npt.NDArray[Any]] = []
        for slot in range(buffer_count):
            offset = self.layout.first + slot * self.layout.stride
            self._frames.append(np.asarray(_Window(segment, offset, format.shape, format.dtype, read_only=False)))

    def acquire(self) -> npt.NDArray[Any] | None:
        """Return the array of a free slot; None when the reader has them all.

        The lowest free slot is taken, so that a fast reader and the writer stay in the processor's cache.
        """
        if self._slot < 0:
            slot = bytes(self._states).find(_FREE_BYTE)
            if slot < 0:
                return None
            fence()
            self._states[slot] = _WRITING
            self._slot = slot
        return self._frames[self._slot]

    def publish(self, number: int, timestamp_ns: int, dropped_before: int) -> None:
        """Hand the slot of the last `acquire` to the reader."""
        words, slot = self._segment.words, self._slot
        base = self.layout.headers + slot * _HEADER_WORDS
        words[base], words[base + 1], words[base + 2] = number, timestamp_ns, dropped_before
        self._states[slot] = _READY
        words[_QUEUE + self._published % self.layout.slots] = slot
        self._published += 1
        fence()
        words[_PUBLISHED] = self._published
        self._slot = -1
        self._bell.ring()

    def drop(self, count: int = 1) -> None:
        """Count frames that were lost."""
        self._dropped += count
        self._segment.words[_DROPPED] = self._dropped

    def wait_for_free(self, timeout: float) -> bool:
        """Wait until a slot may be free; False after `timeout` seconds, or when the reader is gone."""
        words = self._segment.words
        words[_WAITING] = 1
        try:
            fence()
            return _FREE_BYTE in bytes(self._states) or self._bell.wait(timeout)
        except OSError:
            threading.Event().wait(timeout)  # the end of the host is on its way; do not spin until it is there
            return False
        finally:
            words[_WAITING] = 0

    def fail(self) -> None:
        """Tell the reader that no more frames will come."""
        fence()
        self._segment.words[_FAILED] = 1
        self._bell.ring()

    def close(self) -> None:
        """Let go of the memory, and wake a reader that waits; a second time does nothing."""
        self._frames.clear()
        self._states.release()
        self._bell.ring()

    def _begin(self) -> None:
        """Begin to count anew. The writer does it: it alone knows that nothing of the last acquisition still runs."""
        words, states = self._segment.words, self._segment.bytes
        for word in (_PUBLISHED, _DROPPED, _FAILED, _WAITING):
            words[word] = 0
        for slot in range(self.layout.states, self.layout.states + self.layout.slots):
            if states[slot] != _HELD:
                states[slot] = _FREE


def _damaged(how: str) -> AcquisitionError:
    return AcquisitionError(
        f"the driver has written over the ring of buffers: {how}. Disconnect it, and tell its author: code of the "
        "driver writes outside of the frame that it was given"
    )
