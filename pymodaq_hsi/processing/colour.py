"""From spectra to colours on a screen.

CIE XYZ of each spectrum for the CIE 1931 standard observer (2 degrees) under illuminant D65 (CIE 15), then sRGB
(IEC 61966-2-1). Tables: `data/`, from 360 to 830 nm in steps of 5 nm, which is also the grid of the integrals.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import CalibrationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["NO_COLOUR", "Cube", "false_colour", "spectra_to_srgb", "visible_share"]

NO_COLOUR = (128, 128, 128)
"""Of pixels whose spectrum is not known, a grey that says nothing."""

_PRIMARIES = np.array([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]])  # x, y of sRGB's red, green, blue
_BLOCK_BYTES = 16 * 2**20
_UNKNOWN = 0.05  # the share of a colour's weight that may fall on bands without a value
_BRIGHT = 1.5  # in units of a white surface: brighter pictures are counts, not reflectance
_TOP_PERCENTILE = 99.5
_STRETCH = (2.0, 98.0)


class Cube(Protocol):
    """An array (lines, pixels, bands) in memory or in a file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        ...

    def __getitem__(self, key: Any, /) -> Any:
        """Return a part of it."""
        ...


def visible_share(wavelengths: npt.ArrayLike) -> float:
    """Return how much of the visible range a camera sees, 0 to 1.

    Parameters
    ----------
    wavelengths : array-like
        nm, shape (bands,), in any order.

    Returns
    -------
    float
        The share of the weights of X, Y or Z that lies between the first and the last band; the least of the three.

    Examples
    --------
    >>> visible_share([400, 550, 700]) > 0.95, visible_share([900, 1700])
    (True, 0.0)
    """
    seen = np.asarray(wavelengths, dtype=np.float64)
    grid, weights, _ = _tables()
    inside = (grid >= seen.min()) & (grid <= seen.max())
    return float((weights[inside].sum(axis=0) / weights.sum(axis=0)).min())


def spectra_to_srgb(
    cube: Cube,
    wavelengths: npt.ArrayLike,
    *,
    white: npt.ArrayLike | None = None,
    marker: tuple[int, int, int] = NO_COLOUR,
) -> npt.NDArray[np.uint8]:
    """Render spectra as a person would see the surface in daylight.

    Between bands the spectra are interpolated; beyond the first and the last band they go on as they are there, so
    that a neutral surface stays neutral for a camera that sees only part of the visible range. `visible_share` tells
    whether that is much; where it is small, `false_colour` is the more honest picture. Colours that a screen does not
    have are clipped.

    Parameters
    ----------
    cube : array-like
        Shape (lines, pixels, bands), reflectance or intensity, in memory or in a file: read block by block.
    wavelengths : array-like
        nm, shape (bands,), in any order.
    white : float or array-like, optional
        What a white surface gives: a number, a spectrum (bands,) or a line (pixels, bands), whose lamp and sensor are
        then divided out. By default 1, as for reflectance; where the picture is brighter than that, its brightest
        half per cent.
    marker : tuple of int
        sRGB of pixels where bands that matter are NaN or infinite. Single missing bands at the ends of the visible
        range do not matter.

    Returns
    -------
    ndarray
        uint8, shape (lines, pixels, 3).

    Raises
    ------
    CalibrationError
        Shapes that do not go together; both are named.

    Examples
    --------
    >>> spectra_to_srgb(np.full((1, 1, 3), 0.5), [420, 550, 700]).tolist()
    [[[188, 188, 188]]]
    """
    bands = _checked(cube, wavelengths)
    weights, to_linear_rgb = _band_weights(bands)
    scale = _scale(white, cube)
    linear = np.empty((*cube.shape[:2], 3), np.float32)
    known = np.empty(cube.shape[:2], np.bool_)
    for part, spectra in _blocks(cube):
        linear[part], known[part] = _integrate(spectra if scale is None else spectra / scale, weights)
    luminance = linear[..., 1]
    if white is None and known.any():
        top = float(np.percentile(luminance[known], _TOP_PERCENTILE))
        linear /= top if top > _BRIGHT else 1.0
    rgb = np.empty(linear.shape, np.uint8)
    for line, xyz in enumerate(linear):
        rgb[line] = _encode(xyz @ to_linear_rgb)
    rgb[~known] = marker
    return rgb


def false_colour(
    cube: Cube,
    wavelengths: npt.ArrayLike | None = None,
    bands: Sequence[int] | None = None,
    *,
    marker: tuple[int, int, int] = NO_COLOUR,
) -> npt.NDArray[np.uint8]:
    """Render three bands as red, green and blue, each from its 2nd to its 98th percentile.

    Parameters
    ----------
    cube : array-like
        Shape (lines, pixels, bands), in memory or in a file: read block by block.
    wavelengths : array-like, optional
        nm, shape (bands,). Without them the bands count as ascending.
    bands : sequence of int, optional
        One band (a grey picture) or three for red, green and blue, counted from 0. By default the bands nearest to
        5/6, 1/2 and 1/6 of the spectral range: long wavelengths are red, as in a rainbow.
    marker : tuple of int
        sRGB of pixels where one of the bands is NaN or infinite.

    Returns
    -------
    ndarray
        uint8, shape (lines, pixels, 3).

    Raises
    ------
    CalibrationError
        A band that is not there, or shapes that do not go together.

    Examples
    --------
    >>> false_colour(np.arange(8.0).reshape(2, 1, 4), bands=[3]).tolist()
    [[[0, 0, 0]], [[255, 255, 255]]]
    """
    count = cube.shape[-1]
    seen = _checked(cube, np.arange(1, count + 1) if wavelengths is None else wavelengths)
    chosen = _spread(seen) if bands is None else [int(band) for band in bands]
    if len(chosen) not in (1, 3) or not all(0 <= band < count for band in chosen):
        raise CalibrationError(f"bands are {tuple(chosen)}, expected one or three numbers from 0 to {count - 1}")
    levels = np.empty((*cube.shape[:2], len(chosen)), np.float32)
    for part, spectra in _blocks(cube):
        levels[part] = spectra[..., chosen]
    known = np.isfinite(levels).all(axis=-1)
    rgb = np.empty((*cube.shape[:2], 3), np.uint8)
    for channel in range(len(chosen)):
        level = levels[..., channel]
        low, high = np.percentile(level[known], _STRETCH) if known.any() else (0.0, 1.0)
        stretched = (np.where(known, level, low) - low) / (high - low if high > low else 1.0)
        rgb[..., channel] = np.rint(np.clip(stretched, 0, 1) * 255)
    if len(chosen) == 1:
        rgb[..., 1] = rgb[..., 2] = rgb[..., 0]
    rgb[~known] = marker
    return rgb


def _checked(cube: Cube, wavelengths: npt.ArrayLike) -> npt.NDArray[np.float64]:
    seen = np.asarray(wavelengths, dtype=np.float64)
    if len(cube.shape) != 3 or seen.shape != (cube.shape[-1],) or not seen.size:
        raise CalibrationError(
            f"a cube of shape {tuple(cube.shape)} and wavelengths of shape {seen.shape} make no picture; expected "
            "(lines, pixels, bands) and (bands,)"
        )
    if not np.isfinite(seen).all():
        raise CalibrationError("the wavelengths hold a value that is not finite; give one in nm for each band")
    return seen


def _scale(white: npt.ArrayLike | None, cube: Cube) -> npt.NDArray[np.float32] | None:
    if white is None:
        return None
    scale = np.asarray(white, dtype=np.float32)
    if scale.shape not in ((), cube.shape[-1:], cube.shape[1:]):
        raise CalibrationError(
            f"a white of shape {scale.shape} does not fit a cube of shape {tuple(cube.shape)}; expected a number, "
            f"{cube.shape[-1:]} or {cube.shape[1:]}"
        )
    return np.where(scale > 0, scale, np.float32(np.nan))


def _blocks(cube: Cube) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
    lines, pixels, bands = cube.shape
    step = max(1, _BLOCK_BYTES // max(1, pixels * bands * 4))
    for start in range(0, lines, step):
        part = slice(start, min(start + step, lines))
        yield part, np.asarray(cube[part]).astype(np.float32, copy=False)


def _integrate(
    spectra: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return X, Y and Z of spectra, and where they are known; bands without a value count as the mean of the others."""
    finite = np.isfinite(spectra)
    if finite.all():
        return spectra @ weights, np.ones(spectra.shape[:-1], np.bool_)
    total = weights.sum(axis=0)
    share = finite.astype(np.float32) @ (np.abs(weights) / np.abs(weights).sum(axis=0))
    known = (share >= 1 - _UNKNOWN).all(axis=-1)
    here = finite.astype(np.float32) @ weights
    xyz = np.where(finite, spectra, np.float32(0)) @ weights
    return np.where(known[..., np.newaxis], xyz * total / np.where(here != 0, here, 1), np.float32(0)), known


def _band_weights(wavelengths: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the weights (bands, 3) that turn a spectrum into X, Y, Z, and the matrix from those to linear sRGB."""
    grid, weights, to_linear_rgb = _tables()
    order = np.argsort(wavelengths, kind="stable")
    ascending, back = np.unique(wavelengths[order], return_index=True)
    per_wavelength = np.zeros((ascending.size, 3))
    right = np.clip(np.searchsorted(ascending, grid), 1, max(1, ascending.size - 1))
    if ascending.size == 1:
        per_wavelength[0] = weights.sum(axis=0)
    else:
        left = right - 1
        share = np.clip((grid - ascending[left]) / (ascending[right] - ascending[left]), 0, 1)[:, np.newaxis]
        np.add.at(per_wavelength, left, weights * (1 - share))
        np.add.at(per_wavelength, right, weights * share)
    band_weights = np.zeros((wavelengths.size, 3), np.float32)
    band_weights[order[back]] = per_wavelength
    return band_weights, to_linear_rgb


def _encode(linear: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    inside = np.clip(linear, 0, 1)
    encoded = np.where(inside <= 0.0031308, 12.92 * inside, 1.055 * inside ** (1 / 2.4) - 0.055)
    rounded: npt.NDArray[np.uint8] = np.rint(encoded * 255).astype(np.uint8)
    return rounded


def _spread(wavelengths: npt.NDArray[np.float64]) -> list[int]:
    low, high = float(wavelengths.min()), float(wavelengths.max())
    return [int(np.abs(wavelengths - (low + (high - low) * part)).argmin()) for part in (5 / 6, 1 / 2, 1 / 6)]


@cache
def _tables() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """Return the grid in nm, the weights of X, Y, Z under D65 (Y of white is 1), and (X, Y, Z) to linear sRGB."""
    grid, observer = _read("cie_1931_2deg.csv")
    _, light = _read("d65.csv")
    weights = observer * light
    weights /= weights[:, 1].sum()
    # The primaries' amounts are such that the white of these very tables is (1, 1, 1).
    columns = np.column_stack([_PRIMARIES, 1 - _PRIMARIES.sum(axis=1)])
    amounts = np.linalg.solve(columns.T, weights.sum(axis=0))
    return grid, weights, np.linalg.inv(columns * amounts[:, np.newaxis]).astype(np.float32)


def _read(name: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    text = (files("pymodaq_hsi.processing") / "data" / name).read_text(encoding="utf-8")
    rows = list(csv.reader(line for line in text.splitlines() if not line.startswith("#")))
    table = np.array(rows[1:], dtype=np.float64)
    return table[:, 0], table[:, 1:]
