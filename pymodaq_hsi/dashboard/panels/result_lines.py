"""The lines of a cube as a picture that grows: every line, or every second, fourth ... of a long one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from h5modules.glimpsing import GlimpsedArray
    from pymodaq_hsi.dashboard.panels.result_reader import ResultReader
    from pymodaq_hsi.dashboard.result_file import ResultFile

__all__ = ["LinesPicture"]

_MOST = 1_024
"""Lines of the picture; a screen has no more."""
_AT_ONCE = 256


class LinesPicture:
    """Reads bands of lines that are not in the picture yet.

    Attributes
    ----------
    picture : ndarray
        (lines, pixels, bands)
    step : int
        Every so-manieth line of the cube is in it.
    """

    def __init__(self, reader: ResultReader) -> None:
        self._reader = reader
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.picture: npt.NDArray[Any] = np.empty((0, 0, 1))
        self.step = 1
        self._what: tuple[Any, ...] = ()
        self._asked = False

    def ask(
        self,
        file: ResultFile,
        array: GlimpsedArray,
        done: int,
        total: int,
        bands: list[int],
        then: Callable[[], None],
    ) -> None:
        """Have lines read that are there and not in the picture.

        Parameters
        ----------
        done : int
            Lines that are in the file.
        total : int
            Lines that there will be; 0 if that is not known.
        then : callable
            Called when the picture has more.
        """
        step = 1
        while step * _MOST < max(done, total):
            step *= 2
        what = (file, array.path, step, tuple(bands))
        if what != self._what:
            self._change(what, step)
        start = len(self.picture) * step
        if self._asked or start >= done:
            return
        stop = min(done, start + _AT_ONCE * step)
        self._asked = True

        def take(lines: npt.NDArray[Any]) -> None:
            if what != self._what:
                return
            self._asked = False
            if len(lines):
                self.picture = lines if not len(self.picture) else np.concatenate([self.picture, lines])
                then()
                if len(lines) >= _AT_ONCE:  # else it has caught up: more is asked for at the panel's own pace
                    self.ask(file, array, done, total, bands, then)

        def failed(_: Exception) -> None:
            if what == self._what:
                self._asked = False

        self._reader.ask("lines", lambda: file.lines(array, (start, stop, step), bands), take, failed)

    def _change(self, what: tuple[Any, ...], step: int) -> None:
        """Begin anew; of the same cube with more lines keep those that are needed still."""
        before, kept, old = self._what, self.picture, self.step
        self.clear()
        self._what, self.step = what, step
        if before and (*before[:2], before[3]) == (*what[:2], what[3]) and step % old == 0:
            self.picture = kept[:: step // old]
