"""Mean and spread of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.envi.scaling import is_ignored
from pymodaq_hsi.errors import CalibrationError

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import FrameFormat

__all__ = ["FrameAverage"]


class FrameAverage:
    """Takes frames one by one; sums are of differences from the first frame, so that nothing cancels.

    Parameters
    ----------
    format : FrameFormat
        That the frames have to have.

    Attributes
    ----------
    count : int
        Frames taken.
    saturated : ndarray
        bool, shape of a frame: True where any of them was saturated.
    """

    def __init__(self, format: FrameFormat) -> None:
        self.count = 0
        self.format = format
        self.saturated: npt.NDArray[np.bool_] = np.zeros(format.shape, np.bool_)
        self._first = np.zeros(format.shape)
        self._sum = np.zeros(format.shape)
        self._squares = np.zeros(format.shape)
        self._work = np.empty(format.shape)

    def add(self, frame: npt.NDArray[Any]) -> None:
        """Take a frame.

        Raises
        ------
        CalibrationError
            It has another shape; both are named.
        """
        if frame.shape != self.format.shape:
            raise CalibrationError(
                f"a reference frame has shape {frame.shape}, the camera delivers {self.format.shape}; "
                "use a reference that was taken with this geometry"
            )
        if self.format.saturation is not None:
            self.saturated |= frame >= self.format.saturation
        if self.format.ignored is not None:
            frame = _without_ignored(frame, self.format.ignored)
        if self.count == 0:
            np.copyto(self._first, frame)
        else:
            np.subtract(frame, self._first, out=self._work)
            self._sum += self._work
            np.multiply(self._work, self._work, out=self._work)
            self._squares += self._work
        self.count += 1

    def mean(self) -> npt.NDArray[np.float64]:
        """Return the mean, float64: of whole numbers the nearest to their sum divided by their count."""
        count = max(1, self.count)
        mean: npt.NDArray[np.float64] = (self._first * count + self._sum) / count
        return mean

    def std(self) -> npt.NDArray[np.float64]:
        """Return the standard deviation of single frames (``ddof=1``), float64; 0 for one frame."""
        if self.count < 2:
            return np.zeros_like(self._sum)
        spread = (self._squares - self._sum * (self._sum / self.count)) / (self.count - 1)
        return np.sqrt(np.maximum(spread, 0))


def _without_ignored(frame: npt.NDArray[Any], ignored: float) -> npt.NDArray[Any]:
    """Return a frame with NaN where samples say nothing; as it is where all say something."""
    nothing = is_ignored(frame, ignored)
    return np.where(nothing, np.nan, frame) if nothing.any() else frame
