"""From a camera's picture to what is shown of it: axes, reflectance, marks, sharpness. No Qt."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.station.feeds import Picture

__all__ = ["FrameView", "ReferencePictures", "composite", "nearest_bands", "reference_array", "sharpness"]

Array = npt.NDArray[Any]

TRUE_COLOUR_NM = (610.0, 550.0, 465.0)
"""Bands that look about true when they are taken as red, green and blue."""

DARK_SHARE = 0.02
"""A frame whose brightest samples stay below this share of the range is called dark."""


@dataclass(frozen=True, eq=False)
class FrameView:
    """One picture, as pixels by bands, wavelengths ascending.

    Attributes
    ----------
    frame : ndarray
        ``(pixels, bands)``, in counts; thinned out by `steps`.
    pixels : ndarray
        Indexes of the pixels that are shown, ``(pixels,)``.
    bands : ndarray
        Wavelengths in nm, or indexes where they are not known, ``(bands,)``.
    steps : tuple of int
        Every how many pixels and bands are shown.
    header : dict
        Of the picture.
    reversed : bool
        Whether the camera has its wavelengths falling.
    """

    frame: Array
    pixels: Array
    bands: Array
    steps: tuple[int, int]
    header: Message
    reversed: bool

    @classmethod
    def of(cls, picture: Picture) -> FrameView:
        """Return the view of a picture, whatever way round the camera has it."""
        header, data = picture.header, picture.data
        axis = header["dispersion_axis"]
        steps = list(header["step"])
        if data.ndim == 1:
            data, steps, axis = data[None, :], [1, *steps], 1
        elif data.ndim == 3:  # of a camera that sees planes the line in the middle
            data, steps = data[data.shape[0] // 2], steps[1:]
            axis = None if axis is None else max(0, axis - 1)
        if axis == 0:
            data, steps = data.T, steps[::-1]
        known = header["wavelengths"]
        bands = np.asarray(known, float) if known is not None else np.arange(data.shape[1], dtype=float) * steps[1]
        falling = len(bands) > 1 and bands[0] > bands[-1]
        if falling:
            data, bands = data[:, ::-1], bands[::-1]
        pixels = np.arange(data.shape[0]) * steps[0]
        return cls(data, pixels, bands, (steps[0], steps[1]), header, falling)

    @property
    def spectral(self) -> bool:
        """Whether the bands are wavelengths."""
        return self.header["wavelengths"] is not None

    @property
    def ceiling(self) -> float:
        """The value of a saturated sample, or the largest that the type holds."""
        found = self.header["saturation"]
        if found:
            return float(found)
        return float(np.iinfo(self.frame.dtype).max) if self.frame.dtype.kind in "iu" else float(np.nanmax(self.frame))

    def saturated(self) -> Array:
        """Return which samples are saturated, ``(pixels, bands)`` bool."""
        found = self.header["saturation"]
        return self.frame >= found if found else np.zeros(self.frame.shape, bool)

    def marks(self) -> tuple[int, float, str]:
        """Return how many of the shown samples are saturated, how far the range is used, and a word: what to do."""
        count = int(np.count_nonzero(self.saturated()))
        share = float(np.percentile(self.frame, 99.9)) / self.ceiling if self.frame.size else 0.0
        if count:
            return count, share, "saturated: less exposure or light"
        return count, share, "dark: more exposure or light" if share < DARK_SHARE else ""

    def rows(self, first: float, last: float) -> slice:
        """Return the rows of the pixels from first to last, at least one."""
        low = int(np.clip(round(first / self.steps[0]), 0, len(self.pixels) - 1))
        return slice(low, int(np.clip(round(last / self.steps[0]), low + 1, len(self.pixels))))


class ReferencePictures:
    """White and dark of a camera, thinned out as its pictures are.

    Parameters
    ----------
    dark, white : ndarray or None
        ``(pixels, bands)``.
    panel : ndarray or float
        Reflectivity of the white panel, ``(bands,)`` or one number.
    """

    def __init__(self, dark: Array | None, white: Array | None, panel: Array | float = 1.0) -> None:
        self.dark = dark
        self.white = white
        self.panel = panel

    def fits(self, view: FrameView) -> bool:
        """Whether they are of frames like this one."""
        known = [each for each in (self.dark, self.white) if each is not None]
        return bool(known) and all(each.shape == view.frame.shape for each in known)

    def reflectance(self, view: FrameView) -> Array | None:
        """Return reflectance ``(pixels, bands)`` float32, NaN where the white gives nothing; None without a white.

        ``R = R0 (I - D) / (W - D)``, for looking at; what is saved is calibrated by the station.
        """
        if self.white is None or not self.fits(view):
            return None
        dark = 0.0 if self.dark is None else self.dark
        difference = self.white - dark
        floor = DARK_SHARE * float(np.nanmax(difference))
        result = np.full(view.frame.shape, np.nan, np.float32)
        np.divide((view.frame - dark) * self.panel, difference, out=result, where=difference > floor, casting="unsafe")
        return result


def reference_array(message: Message) -> Array:
    """Return the array that the station's command ``reference_data`` describes."""
    return np.frombuffer(base64.b64decode(message["data"]), np.dtype(message["dtype"])).reshape(message["shape"])


def nearest_bands(bands: Array, wanted: tuple[float, ...]) -> tuple[int, ...]:
    """Return the indexes of the bands that are nearest to some wavelengths."""
    return tuple(int(np.argmin(np.abs(bands - each))) for each in wanted)


def composite(lines: Array, low: Array | float, high: Array | float) -> npt.NDArray[np.uint8]:
    """Return lines of a waterfall as a picture.

    Parameters
    ----------
    lines : ndarray
        ``(n, pixels, 1 or 3)``.
    low, high : ndarray or float
        Black and white, for all or ``(pixels, 1 or 3)``; the response of the eye is put on top.

    Returns
    -------
    ndarray
        uint8, ``(n, pixels, 3)``.
    """
    span = np.maximum(np.asarray(high, np.float32) - np.asarray(low, np.float32), 1e-6)
    share = np.clip((lines.astype(np.float32) - low) / span, 0.0, 1.0)
    grey = np.nan_to_num(255.0 * np.sqrt(share)).astype(np.uint8)
    return np.repeat(grey, 3, axis=2) if grey.shape[2] == 1 else grey


def sharpness(frame: Array) -> float:
    """Return how sharp a frame is along its pixels: mean square of the steps of its profile, by its mean square.

    A figure without a unit that is largest in focus, whatever the exposure (a normalised Brenner gradient).
    """
    if frame.shape[0] < 3:
        return float("nan")
    values = frame.astype(np.float32)
    values = values.mean(axis=1)
    steps = values[2:] - values[:-2]
    power = float(np.mean(values**2))
    return float(np.mean(steps**2)) / power if power > 0 else float("nan")
