"""Which samples of a sensor are dead: found in references, or read from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.envi import open_envi
from pymodaq_hsi.errors import CalibrationError, EnviError, StepError
from pymodaq_hsi.processing.columns import read_columns
from pymodaq_hsi.processing.steps.cropping import Flip
from pymodaq_hsi.processing.steps.dead import DeadPixels
from pymodaq_hsi.processing.steps.standardisation import Standardisation

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from pymodaq_hsi.processing.references import Reference
    from pymodaq_hsi.processing.steps.base import Step
    from pymodaq_hsi.processing.steps.standardisation import BoundSteps

__all__ = ["find_dead_pixels", "read_dead_pixels"]

DEFAULT_SIGMAS = 8.0
_NEIGHBOURS = 4
_MAD_TO_SIGMA = 1.4826
_LEAST_SHARE = 1e-3


def find_dead_pixels(
    white: Reference | None = None,
    dark: Reference | None = None,
    *,
    sigmas: float = DEFAULT_SIGMAS,
    steps: BoundSteps | None = None,
    also: Iterable[tuple[int, int]] = (),
) -> DeadPixels:
    """Find dead samples in references.

    In the dark reference, and in what the white one has above it, each sample is compared with the median of its
    neighbours along the slit (four on either side), where the scene of a reference is smooth. It is dead if it is
    farther from it than `sigmas` robust standard deviations: 1.4826 times the median absolute deviation of all samples
    of its band (Hampel's identifier; Davies and Gather, J. Am. Stat. Assoc. 88 (1993) 782,
    https://doi.org/10.1080/01621459.1993.10476339), but at least the standard error of the reference and 0.1 % of
    its level. Dead too are samples that are no numbers, that are saturated in the dark reference, and that did not
    change from frame to frame while half of the others did (stuck).

    Parameters
    ----------
    white, dark : Reference, optional
        One of them at least.
    sigmas : float
    steps : BoundSteps, optional
        What is done before; nothing but flips. By default none.
    also : iterable of (int, int)
        Other positions, which are added.

    Returns
    -------
    DeadPixels
        With positions as lines are after `steps`: bands by rising wavelength.

    Raises
    ------
    StepError
        There is no reference, or the steps before change pixels or bands.
    """
    given = white or dark
    if given is None:
        raise StepError("dead pixels are found in references; give a white or a dark one")
    if steps is None:
        steps = Standardisation().bind(given.format)
    changing: list[Step] = [step for step in steps.standardisation if not isinstance(step, Flip)]
    if changing:
        raise StepError(
            f"dead pixels are to be detected after the step {changing[0].kind}; put the step that detects them first"
        )
    dead = np.zeros(steps.shape, bool)
    images = []
    for reference in (white, dark):
        if reference is None:
            continue
        spread = steps.values(reference.std)
        stuck = (spread == 0) & (np.median(spread[np.isfinite(spread)]) > 0) if np.isfinite(spread).any() else False
        dead |= stuck | ~np.isfinite(steps.values(reference.mean))
    if dark is not None:
        dead |= steps.reach(dark.saturated)
        images.append((steps.values(dark.mean), steps.values(dark.standard_error)))
    if white is not None:
        mean, error = steps.values(white.mean), steps.values(white.standard_error)
        if dark is not None:
            mean, error = mean - steps.values(dark.mean), np.hypot(error, steps.values(dark.standard_error))
        images.append((mean, error))
    for image, error in images:
        dead |= _outliers(image, error, sigmas)
    positions = {(int(pixel), int(band)) for pixel, band in np.argwhere(dead)} | set(also)
    return DeadPixels(tuple(sorted(positions)))


def read_dead_pixels(path: str | os.PathLike[str]) -> DeadPixels:
    """Read dead pixels from a file.

    Parameters
    ----------
    path : str or path-like
        Text with a pixel and a band in each line, counted from 0; or a mask ``(pixels, bands)``, not 0 where a sample
        is dead: an ENVI cube of one line, or a NumPy file (``.npy``). Pixels and bands are as lines are: by rising
        wavelength.

    Raises
    ------
    StepError
        With the file and what is wrong with it.
    """
    file = Path(path)
    if not file.is_file():
        raise StepError(f"there is no file {file}; give one with dead pixels")
    try:
        if file.suffix.lower() == ".npy":
            return _of_mask(file, np.load(file, allow_pickle=False))
        if file.suffix.lower() in (".hdr", ".raw", ".img", ".dat", ".bil", ".bip", ".bsq"):
            cube = open_envi(file)
            if cube.shape[0] != 1:
                raise StepError(f"{file} has {cube.shape[0]} lines; a mask of dead pixels has one")
            order = slice(None) if cube.wavelengths is None else np.argsort(cube.wavelengths, kind="stable")
            return _of_mask(file, np.asarray(cube.data[0])[:, order])
        _, rows = read_columns(file, "a pixel and a band")
    except (OSError, ValueError, EnviError, CalibrationError) as error:
        if isinstance(error, StepError):
            raise
        raise StepError(f"the dead pixels cannot be read: {error}") from error
    broken = [row for row in rows if not all(number.is_integer() for number in row)]
    if broken:
        raise StepError(f"{file} has the dead pixel {broken[0]}; give whole numbers, counted from 0")
    return DeadPixels(tuple((int(pixel), int(band)) for pixel, band in rows))


def _of_mask(file: Path, mask: npt.NDArray[np.generic]) -> DeadPixels:
    if mask.ndim != 2 or mask.dtype.kind not in "biuf":
        raise StepError(f"{file} has a mask of shape {mask.shape} and type {mask.dtype}; it is to be (pixels, bands)")
    return DeadPixels(tuple((int(pixel), int(band)) for pixel, band in np.argwhere(mask)))


def _outliers(image: npt.NDArray[np.float64], error: npt.NDArray[np.float64], sigmas: float) -> npt.NDArray[np.bool_]:
    """Return which samples, ``(pixels, bands)``, are not like their neighbours along the pixels."""
    reach = min(_NEIGHBOURS, (len(image) - 1) // 2)
    known = np.isfinite(image)
    if reach < 1 or not known.any():
        return np.zeros(image.shape, bool)
    image, error = np.where(known, image, np.median(image[known])), np.where(np.isfinite(error), error, 0.0)
    padded = np.pad(image, ((reach, reach), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0)
    around = np.delete(windows, reach, axis=2)
    expected = np.median(around, axis=2)
    distance = np.abs(image - expected)
    robust = _MAD_TO_SIGMA * np.median(distance, axis=0, keepdims=True)
    least = np.maximum(np.median(error, axis=0, keepdims=True), _LEAST_SHARE * np.abs(expected))
    found: npt.NDArray[np.bool_] = distance > sigmas * np.maximum(robust, least)
    return found
