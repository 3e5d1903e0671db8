"""Frame numbers out of the ids that instruments send, which start again when their bits are used up."""

from __future__ import annotations

from pymodaq_hsi.errors import FrameGeometryError

__all__ = ["FrameIds"]


class FrameIds:
    """Counts on where an instrument's frame ids wrap; make one for each acquisition.

    GigE Vision 1 sends 16-bit block ids that go from 65535 to 1: 0 is no id (the ``block_id`` of
    its stream protocol). Counting their gaps plainly finds 65534 lost frames at each wrap, counting them modulo 65536
    finds one.

    Parameters
    ----------
    bits : int
        Of an id; 64 for GigE Vision 2 with extended ids and for USB3 Vision.
    skips_zero : bool
        Whether the id after the highest is 1. False for USB3 Vision, whose ids begin with 0.

    Examples
    --------
    >>> ids = FrameIds()
    >>> [ids.number(frame_id) for frame_id in (65533, 65535, 1, 3)]
    [0, 2, 3, 5]

    In a driver::

        def start(self, reference):
            self.ids = FrameIds()

        def grab(self, frame, timeout):
            ...
            frame.number = self.ids.number(block_id)  # the host counts what is missing in between as lost
    """

    def __init__(self, bits: int = 16, *, skips_zero: bool = True) -> None:
        if not 1 < bits <= 64:
            raise ValueError(f"frame ids of {bits} bits cannot be counted; give 2 to 64")
        self._lowest = 1 if skips_zero else 0
        self._highest = (1 << bits) - 1
        self._period = self._highest - self._lowest + 1
        self._last_id: int | None = None
        self._last_number = 0

    def number(self, frame_id: int) -> int:
        """Return the number of a frame, which does not wrap: 0 for the first.

        An id that is less than half of all ids ahead of the one before is taken as later, any other as that of a
        frame which comes late: its number is lower than the one before, and never below 0.

        Raises
        ------
        FrameGeometryError
            It is not an id: 0 where that is skipped, or more than the bits can hold.
        """
        if not self._lowest <= frame_id <= self._highest:
            raise FrameGeometryError(
                f"{frame_id} is not a frame id: they go from {self._lowest} to {self._highest}; the instrument counts "
                "in another way (FrameIds takes bits and skips_zero), or it does not count"
            )
        if self._last_id is None:
            self._last_id = frame_id
            return 0
        step = (frame_id - self._last_id) % self._period
        if 2 * step >= self._period:
            return max(0, self._last_number + step - self._period)
        self._last_id = frame_id
        self._last_number += step
        return self._last_number
