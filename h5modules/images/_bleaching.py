"""Exponential decay of the intensity of a series, and what images are multiplied by to undo it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.errors import MissingLibrary
from h5modules.images.errors import BleachFitError, ImageShapeError, ImageWarning, MetaDataMissingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from h5modules.images.image import HSImage
    from h5modules.images.series import HSSeries

__all__ = ["BleachCorrection", "Progress", "fit_exponential", "fitted"]

Floats = npt.NDArray[np.float64]
_CONSTANT = 1e-9
"""Relative spread of intensities below which they are the same."""


class Progress:
    """Counters of somebody else, as ``multiprocessing.Value``."""

    def __init__(self, count: Any, max_count: Any) -> None:
        self._count = count
        self._max_count = max_count

    def expect(self, steps: int) -> None:
        """Say that so many steps are to come."""
        if self._max_count is not None:
            self._max_count.value += steps

    def step(self) -> None:
        """Say that one is done."""
        if self._count is not None:
            self._count.value += 1


class BleachCorrection(tuple[float, Floats, Floats, Floats]):
    """The tuple ``(bg, flint, decay, times)``.

    Attributes
    ----------
    bg : float
        Background that is subtracted from each image.
    flint : ndarray of float64, (images,)
        Intensity of each image.
    decay : ndarray of float64, (images,)
        The exponential at its time.
    times : ndarray of float64, (images,)
        Times of the images, in seconds.
    factors : ndarray of float64, (images,)
        What each image is multiplied by: ``decay[0] / decay``.
    """

    progress: Progress

    @property
    def bg(self) -> float:
        """Background that is subtracted from each image."""
        return self[0]

    @property
    def flint(self) -> Floats:
        """Intensity of each image."""
        return self[1]

    @property
    def decay(self) -> Floats:
        """The exponential at the time of each image."""
        return self[2]

    @property
    def times(self) -> Floats:
        """Times of the images, in seconds."""
        return self[3]

    @property
    def factors(self) -> Floats:
        """What each image is multiplied by."""
        found: Floats = np.ones(len(self.decay)) if not self.decay[0] else self.decay[0] / self.decay
        return found


def fitted(
    series: HSSeries, other: HSSeries, border_px: int, strip: tuple[slice | int, ...] | None, progress: Progress
) -> BleachCorrection:
    """Fit the decay of a series; see `HSSeries.bleach_correction`."""
    count = len(series)
    if not count:
        raise BleachFitError("the series has no images; a decay is fitted to three or more at different times")
    if len(other) != count:
        raise BleachFitError(f"flscorr has {len(other)} images, and the series that is fitted has {count}")
    times = np.array([_time_of(k, image) for k, image in enumerate(series)])
    if not np.all(np.isfinite(times)):
        raise BleachFitError(f"times of the images are not finite: {times}")
    progress.expect(3 * count)
    background = 0.0 if strip is not None else _background(series, border_px, progress)
    intensities = np.zeros(count)
    for k, image in enumerate(series):
        if strip is None:
            above = np.asarray(image.corrected, dtype=np.float64) - background
            intensities[k] = above[above > 0].sum()
        else:
            part = np.asarray(image.corrected[strip], dtype=np.float64)
            if not part.size:
                raise ImageShapeError(f"the strip {strip} of image {k}, of shape {image.shape}, has nothing in it")
            intensities[k] = part.mean()
        progress.step()
    if not np.all(np.isfinite(intensities)):
        raise BleachFitError(f"the intensities of the images are not finite: {intensities}")
    result = BleachCorrection(
        (background, intensities, fit_exponential(times, intensities, rising=strip is not None), times)
    )
    result.progress = progress
    return result


def _time_of(number: int, image: HSImage) -> float:
    try:
        return float(image["time"])
    except MetaDataMissingError:
        raise MetaDataMissingError(
            f"image {number} of the series ({image!r}) has no meta data 'time', and a decay is fitted to the intensity "
            f"over time: set it in seconds, series[{number}]['time'] = ...",
            key="time",
        ) from None


def _background(images: Iterable[HSImage], border_px: int, progress: Progress) -> float:
    if isinstance(border_px, bool) or not isinstance(border_px, int | np.integer) or border_px < 1:
        raise BleachFitError(f"border_px is {border_px!r}; it counts pixels, and is 1 or more")
    means = []
    for image in images:
        lines, pixels = image.shape[:2]
        border = np.ones((lines, pixels), bool)
        border[border_px:-border_px, border_px:-border_px] = False
        if border.all():
            warnings.warn(
                f"a border of {border_px} pixels is all of an image of {lines} lines and {pixels} pixels: its mean is "
                f"taken as the background; give a smaller border_px",
                ImageWarning,
                stacklevel=5,
            )
        means.append(float(np.mean(np.asarray(image.corrected)[border], dtype=np.float64)))
        progress.step()
    return float(np.mean(means))


def fit_exponential(times: Floats, intensities: Floats, *, rising: bool = False) -> Floats:
    """Return ``amplitude * exp(-rate * time) + offset`` at each time, fitted by least squares.

    Parameters
    ----------
    times : ndarray of float64, (images,)
    intensities : ndarray of float64, (images,)
    rising : bool
        Let the amplitude be negative, for a lamp that becomes brighter.

    Returns
    -------
    ndarray of float64, (images,)
        The intensities themselves where they are constant.

    Raises
    ------
    BleachFitError, MissingLibrary
    """
    low, high = float(intensities.min()), float(intensities.max())
    if high - low <= _CONSTANT * max(abs(low), abs(high)):
        return np.full(len(intensities), float(intensities[0]))
    if len(np.unique(times)) < 3:
        raise BleachFitError(
            f"a decay is fitted to three or more images at different times, and there are {len(np.unique(times))}: "
            f"{times}"
        )
    try:
        from scipy.optimize import curve_fit
    except ImportError as exc:
        raise MissingLibrary(
            "fitting a decay needs scipy, which is not installed: pip install scipy (or pymodaq-hsi[images])",
            library="scipy",
        ) from exc
    start, span, scale = float(times.min()), float(np.ptp(times)), max(abs(low), abs(high))
    x, y = (times - start) / span, intensities / scale
    step = float(y[np.argmin(x)] - y[np.argmax(x)])
    size = float(np.ptp(y))
    best: tuple[float, Any] | None = None
    for rate in (0.3, 3.0, 30.0):  # the sum of squares can have several minima
        guess = (size if step >= 0 or not rising else -size, rate, max(float(y.min()), 0.0))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of the covariance, which is not used
                found, _ = curve_fit(
                    _model, x, y, guess, bounds=([-np.inf if rising else 0.0, 0.0, 0.0], np.inf), maxfev=5000
                )
        except RuntimeError:
            continue
        rest = float(np.sum((_model(x, *found) - y) ** 2))
        if best is None or rest < best[0]:
            best = rest, found
    if best is None:
        raise BleachFitError(f"no exponential decay fits the intensities {intensities} at the times {times}")
    decay: Floats = _model(x, *best[1]) * scale
    if not np.all(decay > 0):
        raise BleachFitError(f"the decay that fits best reaches zero, so that nothing can be divided by it: {decay}")
    return decay


def _model(x: Floats, amplitude: float, rate: float, offset: float) -> Floats:
    return amplitude * np.exp(-rate * x) + offset
