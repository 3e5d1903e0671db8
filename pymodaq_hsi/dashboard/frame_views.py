"""From a camera's picture to what is shown of it: axes, reflectance, marks, sharpness. No Qt."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.station.feeds import Picture

__all__ = [
    "FrameView",
    "ReferencePictures",
    "composite",
    "mean_spectrum",
    "nearest_bands",
    "reference_array",
    "sharpness",
]

Array = npt.NDArray[Any]

TRUE_COLOUR_NM = (610.0, 550.0, 465.0)
"""Bands that look about true when they are taken as red, green and blue."""

DARK_SHARE = 0.02
"""Samples below this share of the range are called dark, and a frame whose brightest ones are."""

_COLOUR_CHANNELS = (3, 4)
_ENOUGH = 20_000


@dataclass(frozen=True, eq=False)
class FrameView:
    """One picture, as pixels by bands, wavelengths ascending; of a camera without wavelengths as rows by columns.

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
    dispersed : bool
        Whether light is spread along the second axis: it has bands, of known wavelengths or not.
    """

    frame: Array
    pixels: Array
    bands: Array
    steps: tuple[int, int]
    header: Message
    reversed: bool
    dispersed: bool = True

    @classmethod
    def of(cls, picture: Picture) -> FrameView:
        """Return the view of a picture, whatever way round the camera has it."""
        header = picture.header
        data, steps, axis = _plane(picture.data, list(header["step"]), header["dispersion_axis"])
        if axis == 0:
            data, steps = data.T, steps[::-1]
        known = header["wavelengths"]
        bands = np.asarray(known, float) if known is not None else np.arange(data.shape[1], dtype=float) * steps[1]
        falling = len(bands) > 1 and bands[0] > bands[-1]
        if falling:
            data, bands = data[:, ::-1], bands[::-1]
        pixels = np.arange(data.shape[0]) * steps[0]
        return cls(data, pixels, bands, (steps[0], steps[1]), header, falling, axis is not None)

    @property
    def spectral(self) -> bool:
        """Whether the bands are wavelengths."""
        return self.header["wavelengths"] is not None

    @property
    def single(self) -> bool:
        """Whether there is one pixel, as of a spectrometer, or one line of a camera without wavelengths."""
        return len(self.pixels) == 1

    @property
    def across(self) -> str:
        """What the second axis is called."""
        if self.dispersed:
            return "Wavelength (nm)" if self.spectral else "Band"
        return "Pixel" if self.single else "Column"

    @property
    def down(self) -> str:
        """What the first axis is called."""
        if not self.dispersed:
            return "Row"
        hidden = self.header.get("frame_shape", ())
        return "Pixel" if len(hidden) < 3 else "Pixel of the line in the middle"

    def laid_out_as(self, other: FrameView) -> bool:
        """Whether another picture has the same axes."""
        one, two = (
            (view.frame.shape, view.steps, view.dispersed, view.spectral, view.header["frame_shape"])
            for view in (self, other)
        )
        return one == two and bool(np.array_equal(self.bands, other.bands))

    @property
    def saturation(self) -> float | None:
        """The value of a saturated sample, None where it is not known."""
        found = self.header["saturation"]
        return float(found) if found else None

    @property
    def ceiling(self) -> float:
        """The value of a saturated sample, or the largest that the type holds, or that is there."""
        if self.saturation is not None:
            return self.saturation
        if self.frame.dtype.kind in "iu":
            return float(np.iinfo(self.frame.dtype).max)
        known = self.frame[np.isfinite(self.frame)]
        return float(known.max()) if known.size and known.max() > 0 else 1.0

    @cached_property
    def saturated(self) -> Array:
        """Which samples are saturated, ``(pixels, bands)`` bool; none where nobody knows."""
        found = self.saturation
        return np.zeros(self.frame.shape, bool) if found is None else self.frame >= found

    def low(self, dark: Array | None = None) -> Array:
        """Return which samples have next to no light above a dark frame (or 0), ``(pixels, bands)`` bool."""
        found = self.saturation
        if found is None:
            return np.zeros(self.frame.shape, bool)
        floor: Array | float = 0.0 if dark is None or dark.shape != self.frame.shape else dark
        return self.frame < floor + DARK_SHARE * found

    @cached_property
    def brightest(self) -> float:
        """The value that one sample in a thousand exceeds (of some ten thousand of them); NaN where there is none."""
        step = max(1, self.frame.size // _ENOUGH)
        while math.gcd(step, self.frame.shape[1]) > 1:  # of all bands
            step += 1
        values = self.frame.ravel()[::step]
        values = values if values.dtype.kind in "iu" else values[np.isfinite(values)]
        return float(np.percentile(values, 99.9)) if values.size else float("nan")

    @cached_property
    def marks(self) -> tuple[int, float, str]:
        """How many samples of the frame are saturated, how far the range is used, and a word: what to do.

        The share is NaN where the range is not known.
        """
        shown = int(np.count_nonzero(self.saturated))
        count = max(shown, int(self.header.get("saturated") or 0))
        share = float("nan") if self.saturation is None else self.brightest / self.saturation
        if count:
            return count, share, "saturated: less exposure or light"
        if self.frame.dtype.kind == "f" and (unknown := int(np.count_nonzero(~np.isfinite(self.frame)))):
            return 0, share, f"{unknown} samples are no numbers"
        return 0, share, "dark: more exposure or light" if share < DARK_SHARE else ""

    def rows(self, first: float, last: float) -> slice:
        """Return the rows of the pixels from first to last, at least one."""
        low = int(np.clip(np.ceil(first / self.steps[0]), 0, len(self.pixels) - 1))
        return slice(low, int(np.clip(np.floor(last / self.steps[0]) + 1, low + 1, len(self.pixels))))


def _plane(data: Array, steps: list[int], axis: int | None) -> tuple[Array, list[int], int | None]:
    """Return two axes of a frame of one to four: of a camera that sees planes the line in the middle."""
    if data.dtype.kind not in "iuf":
        data = np.abs(data).astype(np.float32)
    if data.ndim == 1:
        return data[None, :], [1, *steps], None if axis is None else 1
    if axis is None and data.ndim == 3 and data.shape[2] in _COLOUR_CHANNELS:
        return data.max(axis=2), steps[:2], None  # of a colour camera: saturated where one channel is
    while data.ndim > 2:
        hidden = 1 if axis == 0 else 0
        data = np.take(data, data.shape[hidden] // 2, axis=hidden)
        steps = [*steps[:hidden], *steps[hidden + 1 :]]
        axis = None if axis is None else axis - (hidden < axis)
    return data, steps, axis


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

    def dark_of(self, view: FrameView) -> Array | None:
        """Return the dark, None where there is none for frames like this one."""
        return self.dark if self.dark is not None and self.dark.shape == view.frame.shape else None

    def white_of(self, view: FrameView) -> Array | None:
        """Return the white, None where there is none for frames like this one."""
        return self.white if self.white is not None and self.white.shape == view.frame.shape else None

    def lacking(self, view: FrameView, names: tuple[str, ...]) -> str:
        """Return what is wrong with those of `names` ("dark", "white") for frames like this one; '' if nothing is."""
        known = {"dark": self.dark, "white": self.white}
        missing = [name for name in names if known[name] is None]
        if missing:
            return f"take a {' and a '.join(missing)} reference to see this"
        others = [name for name in names if known[name].shape != view.frame.shape]
        return f"the {' and '.join(others)} reference is of frames of another size: take it anew" if others else ""

    def values(self, kind: str, view: FrameView) -> tuple[Array, str]:
        """Return what is to be shown of a frame, and its unit.

        Parameters
        ----------
        kind : str
            "Counts less dark", "Reflectance", "Dark reference" or "White reference"; counts in every other case, and
            where references are missing for it.
        view : FrameView
        """
        counts = view.header.get("unit") or "counts"
        dark, white = self.dark_of(view), self.white_of(view)
        if kind == "Reflectance" and (found := self.reflectance(view)) is not None:
            return found, "reflectance"
        if kind == "Counts less dark" and dark is not None:
            return view.frame - dark, counts
        if kind == "Dark reference" and dark is not None:
            return dark, counts
        if kind == "White reference" and white is not None:
            return white, counts
        return view.frame, counts

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
    values = np.abs(lines) if lines.dtype.kind == "c" else lines
    share = values.astype(np.float32)
    share -= low
    share /= span
    np.fmax(share, 0.0, out=share)  # what is no number is black
    np.fmin(share, 1.0, out=share)
    np.sqrt(share, out=share)
    share *= 255.0
    grey = share.astype(np.uint8)
    return np.repeat(grey, 3, axis=2) if grey.shape[2] == 1 else grey


def mean_spectrum(rows: Array) -> Array:
    """Return the mean ``(bands,)`` of rows ``(pixels, bands)`` over the pixels with a value, NaN where none has."""
    known = np.isfinite(rows)
    count = known.sum(axis=0)
    total = np.where(known, rows, 0).sum(axis=0, dtype=np.float64)
    mean: Array = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return mean


def sharpness(frame: Array, *, dispersed: bool = True) -> float:
    """Return how sharp a frame is: mean square of the steps from pixel to pixel, by the mean square.

    A figure without a unit that is largest in focus, whatever the exposure (a normalised Brenner gradient). Of a frame
    ``(pixels, bands)`` its profile along the slit counts, of a picture without bands its rows and columns.
    """
    if frame.shape[0] < 3:
        return float("nan")
    values = frame if frame.dtype.kind in "biu" else np.nan_to_num(frame.astype(np.float32), posinf=0.0, neginf=0.0)
    values = values.mean(axis=1, keepdims=True, dtype=np.float32) if dispersed else values.astype(np.float32)
    steps = float(np.mean((values[2:] - values[:-2]) ** 2))
    if values.shape[1] > 2:
        steps += float(np.mean((values[:, 2:] - values[:, :-2]) ** 2))
    power = float(np.mean(values**2))
    return steps / power if power > 0 else float("nan")
