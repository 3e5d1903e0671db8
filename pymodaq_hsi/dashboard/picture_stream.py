"""Pictures of a camera in the event loop: the latest only, fetched by a thread when the window is ready for one."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.station.feeds import Picture

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.link import StationLink
    from pymodaq_hsi.station.feeds import Feed

__all__ = ["PictureStream"]

_log = logging.getLogger(__name__)
_MOST_LINES = 4_000
_REST = 2.0
"""Times as long as drawing a picture took, nothing else is drawn after it."""

_LONGEST_REST = 0.5


class PictureStream(QObject):
    """The pictures of one camera after the other.

    A picture is fetched when the one before was taken by `take`, and not before the window has had time for other
    things (`spent`): a busy window, or a busy machine, gets fewer, and nothing piles up. The lines of a waterfall are
    of all frames in between.

    Attributes
    ----------
    ready : pyqtSignal()
        `take` has a picture.
    failed : pyqtSignal(str)
        There are no pictures of that camera, and why.
    """

    ready = pyqtSignal()
    failed = pyqtSignal(str)

    def __init__(self, link: StationLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._wake = threading.Condition()
        self._device = ""
        self._bands: tuple[int, ...] = ()
        self._rate, self._longest = 20.0, 640
        self._turn = 0
        self._picture: Picture | None = None
        self._not_before = 0.0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="dashboard pictures", daemon=True)
        self._thread.start()

    def watch(self, device: str, *, rate: float = 20.0, longest: int = 640, bands: tuple[int, ...] = ()) -> None:
        """Look at a camera from now on; '' for none."""
        with self._wake:
            self._device, self._rate, self._longest, self._bands = device, rate, longest, bands
            self._turn += 1
            self._picture = None
            self._wake.notify_all()

    def change_bands(self, bands: tuple[int, ...]) -> None:
        """Keep other bands of each frame for the waterfall; the pictures go on."""
        with self._wake:
            self._bands = bands
            self._wake.notify_all()

    def take(self) -> Picture | None:
        """Return the picture that is ready, None if there is none any more."""
        with self._wake:
            picture, self._picture = self._picture, None
            self._not_before = time.monotonic() + _LONGEST_REST  # until it is `spent`
            self._wake.notify_all()
        return picture

    def spent(self, seconds: float) -> None:
        """Take that the picture that was taken last has kept the event loop busy for so long."""
        with self._wake:
            self._not_before = time.monotonic() + min(_LONGEST_REST, _REST * seconds)
            self._wake.notify_all()

    def close(self) -> None:
        """End the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        self._thread.join(3.0)

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or bool(self._device))
                if self._closed:
                    return
                turn, device, rate, longest, bands = self._turn, self._device, self._rate, self._longest, self._bands
            api = self._link.api
            try:
                if api is None:
                    raise HsiError("the station is not there")
                with api.frames(device, rate=rate, longest=longest, bands=bands) as feed:
                    self._follow(feed, turn, bands)
            except (HsiError, OSError) as error:
                if turn == self._turn and not self._closed:
                    self._tell(str(error))
            with self._wake:  # the camera is gone, or the station: until something is said anew, or for a while
                self._wake.wait_for(partial(self._changed, turn), 1.0)

    def _changed(self, turn: int) -> bool:
        return self._closed or self._turn != turn

    def _follow(self, feed: Feed, turn: int, bands: tuple[int, ...]) -> None:
        while not self._closed and self._turn == turn and not feed.ended:
            wanted = self._bands
            if wanted != bands:
                bands = wanted
                feed.change(bands=bands)
            picture = feed.get(0.3)
            if picture is None:
                continue
            with self._wake:
                if self._turn != turn:
                    return
                self._picture = picture
                while not self._closed and self._turn == turn and (rest := self._not_before - time.monotonic()) > 0:
                    self._wake.wait(rest)
            self._take_later(feed)
            self.ready.emit()
            while self._picture is not None and self._turn == turn and not self._closed:
                with self._wake:
                    self._wake.wait_for(lambda: self._picture is None or self._closed or self._turn != turn, 0.5)
                self._take_later(feed)

    def _take_later(self, feed: Feed) -> None:
        later = feed.get(0.0) if self._picture is not None else None
        if later is not None:
            self._merge(later)

    def _merge(self, later: Picture) -> None:
        """Put a later picture in the place of one that the window has not taken yet, with the lines of both."""
        with self._wake:
            before = self._picture
            if (
                before is None
                or before.lines.shape[1:] != later.lines.shape[1:]
                or before.lines.dtype != later.lines.dtype
                or before.header["bands"] != later.header["bands"]
            ):
                lines = later.lines
            else:
                lines = np.concatenate([before.lines, later.lines])[-_MOST_LINES:]
            self._picture = Picture(later.header, later.data, lines)

    def _tell(self, words: str) -> None:
        try:
            self.failed.emit(words)
        except RuntimeError:  # the window is gone
            _log.debug("no window to tell: %s", words)
