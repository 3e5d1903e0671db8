"""What is said below the live view: rates, losses, buffers, and what is wrong. No Qt."""

from __future__ import annotations

import math
import time
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.frame_views import FrameView
    from pymodaq_hsi.dashboard.mirror import Message, StationMirror

__all__ = ["Rates", "no_picture", "picture_words"]

_PICTURES = 40
_SILENCE_S = 3.0


class Rates:
    """Frames a second of the camera, pictures a second of the window; of one acquisition."""

    def __init__(self) -> None:
        self._frames: deque[tuple[int, float]] = deque(maxlen=_PICTURES)
        self._shown: deque[float] = deque(maxlen=_PICTURES)

    def add(self, header: Message) -> None:
        """Count a picture."""
        if self._frames and header["number"] <= self._frames[-1][0]:  # of another acquisition
            self.clear()
        self._shown.append(time.monotonic())
        self._frames.append((header["number"], header["timestamp_ns"] / 1e9))

    def clear(self) -> None:
        """Begin anew."""
        self._frames.clear()
        self._shown.clear()

    @property
    def silence(self) -> float:
        """Seconds since the last picture, 0 without one."""
        return time.monotonic() - self._shown[-1] if self._shown else 0.0

    @property
    def overdue(self) -> bool:
        """Whether the next picture should have come long ago."""
        return self.silence > max(_SILENCE_S, 3 * self._longest())

    @property
    def frames(self) -> float:
        """Frames a second, lost ones as well; 0 as long as that is not known."""
        if len(self._frames) < 2:
            return 0.0
        (first, start), (last, end) = self._frames[0], self._frames[-1]
        return (last - first) / (end - start) if end > start else 0.0

    @property
    def pictures(self) -> float:
        """Pictures a second."""
        if len(self._shown) < 2:
            return 0.0
        return (len(self._shown) - 1) / max(1e-6, self._shown[-1] - self._shown[0])

    def _longest(self) -> float:
        times = list(self._shown)
        return max((b - a for a, b in pairwise(times)), default=0.0)


def picture_words(view: FrameView, rates: Rates, share: float) -> str:
    """Return the figures of a picture that has just come."""
    header = view.header
    brightest = view.brightest
    if not math.isnan(share):
        reached = f"{100 * share:.0f} %"
    else:
        reached = "unknown" if math.isnan(brightest) else f"{brightest:.4g} {header.get('unit') or 'counts'}"
    parts = [
        f"{rates.frames:.4g} frames/s",
        f"{header['dropped']} dropped",
        f"buffers {header['waiting']}/{header['buffers']}",
        f"shown {rates.pictures:.0f}/s",
        f"brightest {reached}",
    ]
    name = f"{header['reference']}: " if header.get("reference") else ""
    return name + "  ".join(parts)


def no_picture(mirror: StationMirror, camera: str, rates: Rates, *, shown: bool) -> str:
    """Return why there are no new pictures of a camera; '' where there is nothing to say.

    Parameters
    ----------
    mirror : StationMirror
    camera : str
    rates : Rates
    shown : bool
        Whether there is a picture of it already.
    """
    device = mirror.devices.get(camera)
    last = "; this is its last picture" if shown else ""
    if device is None:
        return "Connect a camera to see its picture"
    if not device["connected"]:
        return f"{camera} is not there: reconnect it{last}"
    running = camera in mirror.live
    if not running and camera not in mirror.in_use:
        return f"{camera} is stopped{last}" if shown else f"{camera}: start live to see its picture, or run a scan"
    if running and rates.overdue:
        return f"No picture from {camera} for {rates.silence:.0f} s: it waits for a trigger or for light, or it hangs"
    if not shown:
        return f"{camera}: waiting for its first picture"
    return ""
