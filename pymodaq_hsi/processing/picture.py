"""Cubes as pictures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pymodaq_hsi.errors import CalibrationError, OutputError, OutputExists
from pymodaq_hsi.processing.colour import false_colour, spectra_to_srgb

if TYPE_CHECKING:
    from pymodaq_hsi.processing.colour import Cube

__all__ = ["band_picture", "save_picture", "true_colour"]

VISIBLE_NM = (430.0, 660.0)
"""What a camera has to see at least for a picture in true colour."""

STRETCH = (1.0, 99.0)
"""Percentiles of a band that are black and white."""


def true_colour(cube: Cube, wavelengths: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Render a cube as a person would see it; in false colour where the camera does not see the visible range.

    Parameters
    ----------
    cube : array
        ``(lines, pixels, bands)``: reflectance, or counts.
    wavelengths : ndarray
        nm, ``(bands,)``.

    Returns
    -------
    ndarray
        uint8, ``(lines, pixels, 3)``, sRGB.
    """
    if len(wavelengths) > 2 and wavelengths[0] <= VISIBLE_NM[0] and wavelengths[-1] >= VISIBLE_NM[1]:
        return spectra_to_srgb(cube, wavelengths)
    return false_colour(cube, wavelengths)


def band_picture(cube: Any, wavelengths: npt.NDArray[np.float64], wavelength: float) -> npt.NDArray[np.uint8]:
    """Render the band nearest to a wavelength in grey, from its 1st to its 99th percentile.

    Parameters
    ----------
    cube : array
        ``(lines, pixels, bands)``.
    wavelengths : ndarray
        nm (or band numbers), ascending, ``(bands,)``.
    wavelength : float

    Returns
    -------
    ndarray
        uint8, ``(lines, pixels)``; NaN is black.

    Raises
    ------
    CalibrationError
        The wavelength is outside the camera's range.
    """
    spacing = float(np.max(np.diff(wavelengths))) if len(wavelengths) > 1 else np.inf
    if not wavelengths[0] - spacing <= wavelength <= wavelengths[-1] + spacing:
        raise CalibrationError(
            f"there is no band at {wavelength:g}; the bands go from {wavelengths[0]:g} to {wavelengths[-1]:g}"
        )
    band = np.asarray(cube[:, :, int(np.argmin(np.abs(wavelengths - wavelength)))], float)
    good = band[np.isfinite(band)]
    low, high = np.percentile(good, STRETCH) if good.size else (0.0, 1.0)
    grey = np.clip((band - low) / (high - low if high > low else 1.0), 0, 1)
    rounded: npt.NDArray[np.uint8] = np.nan_to_num(np.rint(grey * 255)).astype(np.uint8)
    return rounded


def save_picture(path: str | Path, picture: npt.NDArray[np.uint8], *, overwrite: bool = False) -> None:
    """Write a picture as PNG; a file that is there is replaced only when the new one is complete.

    Raises
    ------
    OutputExists, OutputError
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise OutputExists(f"{path} exists already; give another name, or --overwrite")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        Image.fromarray(np.ascontiguousarray(picture)).save(part, "PNG")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"the picture {path} could not be written: {error}") from error
