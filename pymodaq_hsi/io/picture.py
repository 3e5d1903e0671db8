"""Export to PNG: what a cube looks like, in true colour where the camera sees the visible range; images in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from h5modules.exporting import CubeView, Format, Per, cubes_first
from pymodaq_hsi.processing.picture import band_picture, save_picture, true_colour

if TYPE_CHECKING:
    import numpy.typing as npt

    from h5modules.exporting import Job, StoredData

__all__ = ["PNG", "rendered"]

_MOST_PIXELS = 1 << 28


def rendered(data: StoredData, band: float | None = None) -> npt.NDArray[np.uint8]:
    """Return a picture of an image or a cube.

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
    cube = CubeView.of(data)
    bands = cube.shape[2]
    wavelengths = cube.wavelengths
    places = np.arange(bands, dtype=float) if wavelengths is None else wavelengths
    order = np.argsort(places)
    ascending = cube if (order == np.arange(bands)).all() else _Reordered(cube, order)
    if band is None and bands >= 3:
        return true_colour(ascending, places[order])
    return band_picture(ascending, places[order], float(places[order][bands // 2]) if band is None else band)


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
    save_picture(job.target, rendered(data, _band(job.options.get("band"))))
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
