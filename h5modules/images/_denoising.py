"""Noise taken out of images by total variation: flat areas become flat, edges stay.

The image ``u`` with the least ``sum |grad u| + sum (u - image)**2 / (2 weight)``, by the projections of A. Chambolle,
"An algorithm for total variation minimization and applications", J. Math. Imaging and Vision 20 (2004) 89,
https://doi.org/10.1023/B:JMIV.0000011325.36760.1e (its formula 9, with a step of 1/4).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from h5modules.images.errors import ImageDataError

__all__ = ["total_variation"]

Floats = npt.NDArray[np.float64]
_STEP = 0.25
_ENOUGH = 2e-4
"""Change of the sum in one round, relative to the first, below which no more rounds are made."""
_ROUNDS = 200


def total_variation(image: npt.ArrayLike, weight: float = 2.0) -> Floats:
    """Return an image without its noise.

    Parameters
    ----------
    image : array_like
        ``(lines, pixels)`` of numbers; of a cube ``(lines, pixels, bands)`` each band for itself.
    weight : float
        In units of the image: the larger, the more is taken for noise.

    Returns
    -------
    ndarray of float64, of the same shape

    Raises
    ------
    ImageDataError
        It has another number of dimensions, or is not all finite real numbers; or the weight is not above 0.
    """
    given = np.asarray(image)
    if given.ndim not in (2, 3) or given.dtype.kind not in "buif":
        raise ImageDataError(
            f"noise is taken out of real numbers (lines, pixels) or (lines, pixels, bands), and these are "
            f"{given.dtype} of shape {given.shape}"
        )
    if not weight > 0:
        raise ImageDataError(f"the weight is {weight!r}, and has to be above 0")
    if not np.all(np.isfinite(given)):
        raise ImageDataError(
            f"{np.count_nonzero(~np.isfinite(given))} of {given.size} values are not finite: noise cannot be told "
            f"from the image around them; replace them first"
        )
    values = given.astype(np.float64)
    if values.ndim == 2:
        return _smoothed(values, float(weight))
    return np.stack([_smoothed(values[:, :, band], float(weight)) for band in range(values.shape[2])], axis=2)


def _smoothed(image: Floats, weight: float) -> Floats:
    flow = np.zeros((2, *image.shape))
    slope = np.zeros_like(flow)
    found, first, before = image, 0.0, np.inf
    for turn in range(_ROUNDS):
        if turn:
            found = image + _divergence(flow)
        slope[0, :-1] = np.diff(found, axis=0)
        slope[1, :, :-1] = np.diff(found, axis=1)
        steepness = np.hypot(slope[0], slope[1])
        now = float(np.sum((found - image) ** 2) + weight * np.sum(steepness))
        if turn == 0:
            first = now
        elif abs(before - now) <= _ENOUGH * first:
            break
        before = now
        flow += _STEP * slope
        flow /= 1.0 + _STEP / weight * steepness
    return found


def _divergence(flow: Floats) -> Floats:
    """Return the divergence of a flow, the adjoint of the slope with the sign turned."""
    total: Floats = flow[0] + flow[1]
    total[1:] -= flow[0, :-1]
    total[:, 1:] -= flow[1, :, :-1]
    return total
