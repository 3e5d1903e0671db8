"""Export to PNG: what a cube looks like, in true colour where the camera sees the visible range; images in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from h5modules.exporting import CubeView, Format, Per, cubes_first
from pymodaq_hsi.processing.picture import band_picture, save_picture, true_colour

if TYPE_CHECKING:
    import numpy.typing as npt

    from h5modules.exporting import Job, StoredData

__all__ = ["PNG", "image_at_middle", "rendered"]

_MOST_PIXELS = 1 << 28


def rendered(data: StoredData, band: float | None = None) -> npt.NDArray[np.uint8]:
    """Return a picture of an image or a cube; of many images the one in the middle.

    Parameters
    ----------
    data : StoredData
        Its first array is rendered.
    band : float, optional
        Show the band nearest to this wavelength (in nm) or band number, in grey.

    Returns
    -------
    ndarray
        uint8, ``(lines, pixels, 3)`` or ``(lines, pixels)``.
    """
    middle = image_at_middle(data) if band is None else None
    if middle is not None:
        image = np.asarray(data.arrays[0][middle])[..., np.newaxis]
        return band_picture(image, np.zeros(1), 0.0)
    cube = CubeView.of(data)
    bands = cube.shape[2]
    wavelengths = cube.wavelengths
    places = np.arange(bands, dtype=float) if wavelengths is None else wavelengths
    order = np.argsort(places)
    ascending = cube if (order == np.arange(bands)).all() else _Reordered(cube, order)
    if band is None and bands >= 3:
        return true_colour(ascending, places[order])
    return band_picture(ascending, places[order], float(places[order][bands // 2]) if band is None else band)


def image_at_middle(data: StoredData) -> tuple[int, ...] | None:
    """Return where the middle one of many images is, None for a cube.

    Images are two dimensions of signal of which the last is named and not spectral, at each point of navigation. Of a
    scan that was not finished it is the middle one of those that were measured.
    """
    last, navigation = len(data.shape) - 1, data.described.nav_indexes
    named = any(axis.label for axis in data.axes_at(last))
    found = CubeView.of(data)
    if last < 2 or navigation != tuple(range(last - 1)) or not named or found.spectral:
        return None
    if data.measured is not None and data.measured.ndim == len(navigation) and data.measured.any():
        points = np.argwhere(data.measured)
        return tuple(int(index) for index in points[len(points) // 2])
    return tuple(data.shape[dim] // 2 for dim in navigation)


class _Reordered:
    """A cube whose bands ascend."""

    def __init__(self, cube: CubeView, order: npt.NDArray[np.intp]) -> None:
        self._cube, self._order = cube, order
        self.shape, self.dtype = cube.shape, cube.dtype

    def __getitem__(self, key: slice) -> npt.NDArray[np.generic]:
        if isinstance(key, tuple):
            return np.asarray(self._cube[key[0]][..., self._order][(slice(None), *key[1:])])
        return np.asarray(self._cube[key][..., self._order])


def _write(job: Job) -> None:
    data = job.data[0]
    band = _band(job.options.get("band"))
    middle = image_at_middle(data) if band is None else None
    if middle is not None:
        job.notes.append(f"{data.path} has many images; the picture is that at point {middle}")
    save_picture(job.target, rendered(data, band))
    job.advance(data.nbytes)


def _band(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"band is {value!r}; give a wavelength in nm, or the number of a band")
    return float(value)


def _accepts(data: StoredData) -> str:
    if data.arrays[0].dtype.kind == "c":
        return "complex numbers have no picture"
    if len(data.shape) < 2:
        return f"its shape is {data.shape}, and an image or a cube is needed"
    lines, pixels, _ = CubeView.of(data).shape
    return "" if lines * pixels <= _MOST_PIXELS else f"a picture of {lines} x {pixels} points is too large"


PNG = Format("png", (".png",), "Picture", _write, Per.ARRAY, accepts=_accepts, prefers=cubes_first, options=("band",))
