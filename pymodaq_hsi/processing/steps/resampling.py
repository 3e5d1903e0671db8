"""Bands at other wavelengths."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import StepError
from pymodaq_hsi.processing.steps._taps import BandTaps, between
from pymodaq_hsi.processing.steps.base import Operation, Step, numbers, plain
from pymodaq_hsi.processing.validity import Validity

if TYPE_CHECKING:
    from pymodaq_hsi.processing.steps.geometry import Geometry

__all__ = ["Resample"]

LEAST_COVERED = 0.95
"""Share of a Gaussian band that has to lie in what the camera sees."""

_WIDEST = 1.5  # FWHM on either side of a band's centre: all but 4e-4 of a Gaussian
_FOUR_LN_2 = 4 * math.log(2)


@dataclass(frozen=True)
class Resample(Step):
    """Bring lines to other wavelengths.

    Parameters
    ----------
    wavelengths : sequence of float
        nm, rising: where the new bands are.
    method : {"linear", "gaussian"}
        Interpolated between two bands; or averaged with the response of a Gaussian band, as when a spectrum is
        brought to another sensor's bands. A Gaussian of full width at half maximum F weighs the band at a distance d
        with ``exp(-4 ln 2 (d / F)**2)`` times the width of that band.
    fwhm : float or sequence of float, optional
        nm, of the Gaussian: one, or one for each new band.

    Notes
    -----
    A wavelength that the camera does not see has no value (`Validity.OUTSIDE`). The same holds for a Gaussian band of
    which less than 95 % lie in what the camera sees.
    """

    kind: ClassVar[str] = "resample"
    wavelengths: tuple[float, ...]
    method: Literal["linear", "gaussian"] = "linear"
    fwhm: Any = None

    def __post_init__(self) -> None:
        wanted = numbers(self.wavelengths, "the new wavelengths", ndims=(1,))
        object.__setattr__(self, "wavelengths", wanted)
        if any(after <= before for before, after in pairwise(wanted)):
            raise StepError("the new wavelengths do not rise; give each once, in order, in nm")
        if self.method not in ("linear", "gaussian"):
            raise StepError(f"lines are resampled by 'linear' or 'gaussian', not by {self.method!r:.60}")
        if (self.fwhm is None) != (self.method == "linear"):
            given = "is given" if self.fwhm is not None else "is missing"
            raise StepError(f"resampling by {self.method}: fwhm {given}; it belongs to 'gaussian', in nm")
        if self.fwhm is not None:
            widths = numbers(self.fwhm, "the fwhm", ndims=(0, 1))
            object.__setattr__(self, "fwhm", widths)
            listed = widths if isinstance(widths, tuple) else (widths,)
            if min(listed) <= 0 or len(listed) not in (1, len(wanted)):
                raise StepError(
                    f"a fwhm of {plain(listed)!r:.60} nm for {len(wanted)} bands; give one above 0, or one for each"
                )

    def bind(self, before: Geometry) -> Operation:
        """Return the operation.

        Raises
        ------
        StepError
            The wavelengths are not known, or a Gaussian is narrower than the distance of the camera's bands.
        """
        known = before.need_wavelengths("resampling")
        wanted = np.array(self.wavelengths)
        if self.method == "linear":
            index, weights, outside = between(known, wanted)
        else:
            index, weights, outside = _gaussian(known, wanted, np.broadcast_to(np.array(self.fwhm), wanted.shape))
        flags = np.broadcast_to(outside * np.uint8(Validity.OUTSIDE), (before.pixels, len(wanted)))
        after = replace(before, bands=len(wanted), wavelengths=wanted, validity=flags)
        return BandTaps(before, after, index, weights)


def _gaussian(
    known: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64], fwhm: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return index and weights, ``(taps, wanted)``, and which bands are not covered."""
    edges = _edges(known)
    widths = np.diff(edges)
    nearest = np.abs(known[:, np.newaxis] - wanted).argmin(axis=0)
    narrow = np.flatnonzero(fwhm < widths[nearest] * (1 - 1e-9))
    if narrow.size:
        band = narrow[0]
        raise StepError(
            f"a Gaussian of {fwhm[band]:g} nm at {wanted[band]:g} nm is narrower than the camera's bands, which are "
            f"{widths[nearest[band]]:g} nm apart there; give a wider fwhm, or resample linearly"
        )
    first = np.searchsorted(known, wanted - _WIDEST * fwhm, "left")
    end = np.maximum(np.searchsorted(known, wanted + _WIDEST * fwhm, "right"), first + 1)
    taps = np.arange(int((end - first).max()))[:, np.newaxis]
    index = np.clip(first + taps, 0, len(known) - 1)
    response = np.exp(-_FOUR_LN_2 * ((known[index] - wanted) / fwhm) ** 2) * widths[index]
    response[first + taps >= end] = 0
    total = response.sum(axis=0)
    weights = np.divide(response, total, out=np.zeros_like(response), where=total > 0)
    scale = 2 * math.sqrt(math.log(2)) / fwhm
    low, high = (_erf((edge - wanted) * scale) for edge in (edges[0], edges[-1]))
    return index, weights, (high - low) / 2 < LEAST_COVERED


def _edges(known: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return where bands begin and end, ``(bands + 1,)``: halfway between their centres."""
    if len(known) < 2:
        raise StepError(f"a line of one band, at {known[0]:g} nm, has no width to average over; resample linearly")
    middle = (known[1:] + known[:-1]) / 2
    return np.concatenate([[2 * known[0] - middle[0]], middle, [2 * known[-1] - middle[-1]]])


def _erf(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.array([math.erf(value) for value in values])
