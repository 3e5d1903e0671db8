"""The acquisition loop inside the driver's process."""

from __future__ import annotations

import operator
import os
import reprlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.drivers import Frame, FrameFormat, InstrumentDriver
from pymodaq_hsi.errors import FrameGeometryError
from pymodaq_hsi.hosting.orphan import end_copy
from pymodaq_hsi.hosting.ring import RingWriter

if TYPE_CHECKING:
    from pymodaq_hsi.hosting.bell import Bell
    from pymodaq_hsi.hosting.segment import Segment

__all__ = ["Stream"]

GRAB_TIMEOUT = 0.1
"""Seconds that a driver may wait for a frame before the host looks after other things."""

LATEST = 1000
"""Frames by which one may come late; a number that is lower still begins a new count."""

_LIMIT = 2**63


class Stream:
    """Moves frames from one instrument into the ring."""

    def __init__(
        self, instrument: InstrumentDriver, segment: Segment, bell: Bell, frame_format: FrameFormat, buffers: int
    ) -> None:
        self._process = os.getpid()
        self._instrument = instrument
        self._writer = RingWriter(segment, bell, frame_format, buffers)
        self._scratch: npt.NDArray[Any] = np.empty(frame_format.shape, frame_format.dtype)
        self._next = 0
        self._begun = False
        self._lost = 0

    def step(self) -> None:
        """Grab one frame, or find that there was none in time."""
        slot = self._writer.acquire()
        if slot is None and self._instrument.waits_for_reader:
            self._writer.wait_for_free(GRAB_TIMEOUT)
            return
        frame = Frame(self._scratch if slot is None else slot, self._next)
        came: object = self._instrument.grab(frame, GRAB_TIMEOUT)
        end_copy(self._process)
        if not isinstance(came, (bool, np.bool_, int)):
            raise TypeError(
                f"grab() returned {reprlib.repr(came)}; it fills frame.data and returns True, or False when no frame "
                "came in time"
            )
        if not came:
            return
        frame.stamp()
        number, timestamp_ns = self._checked(frame)
        if self._begun and number > self._next:
            self._lose(number - self._next)  # the instrument's own numbers tell what it has lost
        if number >= self._next - LATEST or not self._begun:
            self._next = max(self._next, number + 1)  # a frame that comes late was counted as lost already
        else:
            self._next = number + 1  # the instrument has begun to count anew
        self._begun = True
        if slot is None:
            self._lose(1)
            return
        self._writer.publish(number, timestamp_ns, self._lost)
        self._lost = 0

    def fail(self) -> None:
        """Tell the reader that this was the last frame."""
        self._writer.fail()

    def close(self) -> None:
        """Let go of the buffers; a second time does nothing."""
        self._writer.close()

    def _checked(self, frame: Frame) -> tuple[int, int]:
        """Return what the driver says of a frame as the numbers that they have to be."""
        try:
            number, timestamp_ns = operator.index(frame.number), operator.index(frame.timestamp_ns)
        except TypeError:
            number = timestamp_ns = -1
        if not (0 <= number < _LIMIT and 0 <= timestamp_ns < _LIMIT):
            raise FrameGeometryError(
                f"{self._instrument.name} gave its frame the number {frame.number!r} and the timestamp "
                f"{frame.timestamp_ns!r}; both are integers from 0, the timestamp POSIX time in ns"
            )
        return number, timestamp_ns

    def _lose(self, count: int) -> None:
        self._lost += count
        self._writer.drop(count)
