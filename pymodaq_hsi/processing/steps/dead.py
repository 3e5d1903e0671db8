"""Dead pixels: replaced by what their neighbours in the spectrum say, and flagged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import StepError
from pymodaq_hsi.processing.steps.base import Operation, Step, float_type, numbers, whole
from pymodaq_hsi.processing.validity import NO_NUMBER, Validity

if TYPE_CHECKING:
    from pymodaq_hsi.processing.steps.geometry import Geometry

__all__ = ["DeadPixels"]


@dataclass(frozen=True)
class DeadPixels(Step):
    """Replace dead samples of the sensor.

    A dead sample is interpolated linearly, over the wavelength, between the next good ones of the same pixel, and
    flagged `Validity.REPLACED`; one that has no good sample on both sides is NaN, and flagged `Validity.DEAD`.

    Parameters
    ----------
    positions : sequence of (int, int)
        (pixel, band) of each, counted as lines are where the step is: the first step sees bands by rising wavelength.
    detect : float, optional
        Find more of them in the references, when these are known: samples that are farther from their neighbours than
        this many robust standard deviations (see `find_dead_pixels`). Only for a step before which nothing changes
        pixels or bands.

    See Also
    --------
    find_dead_pixels, read_dead_pixels
    """

    kind: ClassVar[str] = "dead_pixels"
    positions: tuple[tuple[int, int], ...] = ()
    detect: float | None = None

    def __post_init__(self) -> None:
        try:
            pairs = [tuple(pair) for pair in np.asarray(self.positions).tolist()]
        except (TypeError, ValueError):
            pairs = [()]
        if any(len(pair) != 2 for pair in pairs):
            raise StepError(f"dead pixels are {self.positions!r:.60}; give pairs of numbers, (pixel, band)")
        checked = {(whole(a, "a dead pixel", least=0), whole(b, "a dead pixel's band", least=0)) for a, b in pairs}
        object.__setattr__(self, "positions", tuple(sorted(checked)))
        if self.detect is not None:
            sigmas = numbers(self.detect, "the dead pixels' detect", ndims=(0,))
            if sigmas <= 0:
                raise StepError(f"dead pixels are detected from {sigmas:g} standard deviations on; give more than 0")
            object.__setattr__(self, "detect", sigmas)

    def bind(self, before: Geometry) -> Operation:
        """Return the operation.

        Raises
        ------
        StepError
            A position is not on such lines, or dead pixels are still to be detected.
        """
        if self.detect is not None:
            raise StepError(
                "dead pixels are to be detected in references, and there are none; give a white or a dark reference, "
                "or positions"
            )
        for pixel, band in self.positions:
            if pixel >= before.pixels or band >= before.bands:
                raise StepError(
                    f"the dead pixel {pixel}, band {band}, is not on lines of {before.shape} (pixels, bands); give the "
                    "positions as lines are where the step is"
                )
        return _Replaced(before, np.array(self.positions, np.intp).reshape(-1, 2))


class _Replaced(Operation):
    def __init__(self, before: Geometry, positions: npt.NDArray[np.intp]) -> None:
        dead = np.zeros(before.shape, bool)
        dead[positions[:, 0], positions[:, 1]] = True
        usable = ~dead & ((before.validity & NO_NUMBER) == 0)
        flags = np.where(dead, np.uint8(0), before.validity)
        places, left, right, shares = [], [], [], []
        for pixel, band in positions:
            good = np.flatnonzero(usable[pixel])
            after = int(np.searchsorted(good, band))
            if after in (0, len(good)):
                flags[pixel, band] |= np.uint8(Validity.DEAD)
                continue
            one, other = good[after - 1], good[after]
            gap = before.axis[other] - before.axis[one]
            places.append((pixel, band))
            left.append(one)
            right.append(other)
            shares.append((before.axis[band] - before.axis[one]) / gap if gap > 0 else 0.5)
        self._places = np.array(places, np.intp).reshape(-1, 2).T
        self._left, self._right = np.array(left, np.intp), np.array(right, np.intp)
        self._shares = np.array(shares)
        for pixel, band, one, other in zip(*self._places, left, right, strict=True):
            flags[pixel, band] = before.validity[pixel, one] | before.validity[pixel, other] | Validity.REPLACED
        self.geometry = replace(before, validity=flags)
        self._dead: tuple[Any, ...] = np.nonzero(dead)
        self._nothing: tuple[Any, ...] = np.nonzero(dead & ((flags & Validity.DEAD) != 0))

    def dtype(self, given: np.dtype[Any]) -> np.dtype[Any]:
        return float_type(given)

    def values(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        result = block.astype(self.dtype(block.dtype))
        pixels, bands = self._places
        shares = self._shares.astype(result.dtype)
        between = result[..., pixels, self._left] * (1 - shares) + result[..., pixels, self._right] * shares
        result[..., pixels, bands] = between
        result[(..., *self._nothing)] = np.nan
        return result

    def variance(self, variance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        result = variance.copy()
        pixels, bands = self._places
        one, other = result[..., pixels, self._left], result[..., pixels, self._right]
        result[..., pixels, bands] = one * (1 - self._shares) ** 2 + other * self._shares**2
        return result

    def reach(self, flags: npt.NDArray[Any]) -> npt.NDArray[Any]:
        result = flags.copy()
        pixels, bands = self._places
        both = result[..., pixels, self._left] | result[..., pixels, self._right]
        result[(..., *self._dead)] = 0
        result[..., pixels, bands] = both
        return result
