"""What a spectrograph bends: smile along the wavelengths, keystone along the slit.

Both are corrected by linear interpolation, of each line by itself. Where there is nothing to interpolate between, there
is no value (`Validity.OUTSIDE`): nothing is extrapolated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import StepError
from pymodaq_hsi.processing.steps._taps import NearTaps, between
from pymodaq_hsi.processing.steps.base import Operation, Step, numbers
from pymodaq_hsi.processing.validity import Validity

if TYPE_CHECKING:
    from pymodaq_hsi.processing.steps.geometry import Geometry

__all__ = ["Keystone", "Smile"]


@dataclass(frozen=True)
class Smile(Step):
    """Bring the bands of all pixels to the same wavelengths.

    The band b of pixel x sees the wavelength of the band plus a shift. Give the shift in one of two ways.

    Parameters
    ----------
    polynomial : sequence of float, optional
        Shift in nm as a polynomial of the pixel's number x, lowest power first: ``c0 + c1 x + c2 x**2 ...``.
    shifts : array_like, optional
        Shift in nm, ``(pixels,)`` or ``(pixels, bands)``.
    """

    kind: ClassVar[str] = "smile"
    polynomial: tuple[float, ...] | None = None
    shifts: tuple[Any, ...] | None = None

    def __post_init__(self) -> None:
        _check(self, "nm")

    def bind(self, before: Geometry) -> Operation:
        """Return the operation.

        Raises
        ------
        StepError
            The wavelengths are not known, the shifts are of other lines, or so large that wavelengths do not rise.
        """
        wavelengths = before.need_wavelengths("the correction of smile")
        shifts = _shifts(self, before, before.pixels)
        seen = wavelengths + (shifts[:, np.newaxis] if shifts.ndim == 1 else shifts)
        falling = np.flatnonzero((np.diff(seen, axis=1) < 0).any(axis=1))
        if falling.size:
            raise StepError(
                f"with its shifts, the smile's wavelengths of pixel {falling[0]} do not rise; check the map's unit (nm)"
            )
        rows = np.arange(before.pixels, dtype=np.intp)
        found = [between(places, wavelengths) for places in seen]
        index = np.stack([each[0] for each in found], axis=1) + (rows * before.bands)[np.newaxis, :, np.newaxis]
        weights = np.stack([each[1] for each in found], axis=1)
        outside = np.stack([each[2] for each in found])
        return NearTaps(before, _with_flags(before, outside), index, weights)


@dataclass(frozen=True)
class Keystone(Step):
    """Bring all bands of a pixel to the same place along the slit.

    The band b of pixel x sees the place x plus a shift. Give the shift in one of two ways.

    Parameters
    ----------
    polynomial : sequence of float, optional
        Shift in pixels as a polynomial of the band's number b, lowest power first: ``c0 + c1 b + c2 b**2 ...``.
    shifts : array_like, optional
        Shift in pixels, ``(bands,)`` or ``(pixels, bands)``.
    """

    kind: ClassVar[str] = "keystone"
    polynomial: tuple[float, ...] | None = None
    shifts: tuple[Any, ...] | None = None

    def __post_init__(self) -> None:
        _check(self, "pixels")

    def bind(self, before: Geometry) -> Operation:
        """Return the operation.

        Raises
        ------
        StepError
            The shifts are of other lines, or so large that pixels change places.
        """
        shifts = _shifts(self, before, before.bands)
        wanted = np.arange(before.pixels, dtype=float)
        seen = wanted[:, np.newaxis] + shifts
        falling = np.flatnonzero((np.diff(seen, axis=0) < 0).any(axis=0))
        if falling.size:
            raise StepError(
                f"with its shifts, the keystone's pixels of band {falling[0]} change places; check the map's unit "
                "(pixels)"
            )
        found = [between(places, wanted) for places in seen.T]
        columns = np.arange(before.bands, dtype=np.intp)
        index = np.stack([each[0] for each in found], axis=2) * before.bands + columns
        weights = np.stack([each[1] for each in found], axis=2)
        outside = np.stack([each[2] for each in found], axis=1)
        return NearTaps(before, _with_flags(before, outside), index, weights)


def _check(step: Smile | Keystone, unit: str) -> None:
    if (step.polynomial is None) == (step.shifts is None):
        both = "both are given" if step.shifts is not None else "neither is given"
        raise StepError(f"{step.kind} has a polynomial or shifts, in {unit}; {both}")
    for name, ndims in (("polynomial", (1,)), ("shifts", (1, 2))):
        given = getattr(step, name)
        if given is not None:
            object.__setattr__(step, name, numbers(given, f"the {step.kind}'s {name}", ndims=ndims))


def _shifts(step: Smile | Keystone, before: Geometry, count: int) -> npt.NDArray[np.float64]:
    """Return shifts, ``(count,)`` or ``(pixels, bands)``."""
    if step.polynomial is not None:
        return np.asarray(np.polynomial.polynomial.polyval(np.arange(count, dtype=float), np.array(step.polynomial)))
    shifts = np.array(step.shifts, float)
    if shifts.shape not in ((count,), before.shape):
        raise StepError(
            f"the {step.kind}'s shifts have the shape {shifts.shape}, lines are {before.shape} (pixels, bands); give "
            f"{(count,)} or {before.shape}, as lines are where the step is"
        )
    return shifts


def _with_flags(before: Geometry, outside: npt.NDArray[np.bool_]) -> Geometry:
    return replace(before, validity=outside * np.uint8(Validity.OUTSIDE))
