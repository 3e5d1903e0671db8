"""The acquisition loop inside the driver's process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.drivers import Frame, FrameFormat, InstrumentDriver
from pymodaq_hsi.hosting.ring import RingWriter

if TYPE_CHECKING:
    import socket

    from pymodaq_hsi.hosting.segment import Segment

__all__ = ["Stream"]

GRAB_TIMEOUT = 0.1
"""Seconds that a driver may wait for a frame before the host looks after other things."""


class Stream:
    """Moves frames from one instrument into the ring."""

    def __init__(
        self, instrument: InstrumentDriver, segment: Segment, bell: socket.socket, format: FrameFormat, buffers: int
    ) -> None:
        self._instrument = instrument
        self._writer = RingWriter(segment, bell, format, buffers)
        self._scratch: npt.NDArray[Any] = np.empty(format.shape, format.dtype)
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
        if not self._instrument.grab(frame, GRAB_TIMEOUT):
            return
        frame.stamp()
        if self._begun and frame.number > self._next:
            self._lose(frame.number - self._next)  # the instrument's own numbers tell what it has lost
        self._begun = True
        self._next = frame.number + 1
        if slot is None:
            self._lose(1)
            return
        self._writer.publish(frame.number, frame.timestamp_ns, self._lost)
        self._lost = 0

    def fail(self) -> None:
        """Tell the reader that this was the last frame."""
        self._writer.fail()

    def close(self) -> None:
        """Let go of the buffers."""
        self._writer.close()

    def _lose(self, count: int) -> None:
        self._lost += count
        self._writer.drop(count)
