"""Steps that move samples, and change none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import StepError
from pymodaq_hsi.processing.steps.base import Operation, Step, numbers, whole

if TYPE_CHECKING:
    from pymodaq_hsi.processing.steps.geometry import Geometry

__all__ = ["Crop", "Flip"]


class _Window(Operation):
    """A part of each line, in whatever direction."""

    def __init__(self, before: Geometry, pixels: slice, bands: slice, wavelengths: Any) -> None:
        self._window = (..., pixels, bands)
        flags = self.reach(before.validity)
        self.geometry = replace(
            before, pixels=flags.shape[0], bands=flags.shape[1], wavelengths=wavelengths, validity=flags
        )

    def dtype(self, given: np.dtype[Any]) -> np.dtype[Any]:
        return given

    def values(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return block[self._window]

    def variance(self, variance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return variance[self._window]

    def reach(self, flags: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return flags[self._window]


@dataclass(frozen=True)
class Flip(Step):
    """Mirror lines.

    Parameters
    ----------
    axis : {"pixels", "bands"}
        "pixels": left and right change places. "bands": samples change places and wavelengths stay, for a camera that
        says its wavelengths the wrong way round. (Bands that come by falling wavelength need no step: frames are
        brought to rising wavelengths before any.)
    """

    kind: ClassVar[str] = "flip"
    axis: Literal["pixels", "bands"] = "pixels"

    def __post_init__(self) -> None:
        if self.axis not in ("pixels", "bands"):
            raise StepError(f"lines are flipped along 'pixels' or 'bands', not along {self.axis!r:.60}")

    def bind(self, before: Geometry) -> Operation:
        """Return the operation; any line can be flipped."""
        back, as_it_is = slice(None, None, -1), slice(None)
        if self.axis == "pixels":
            return _Window(before, back, as_it_is, before.wavelengths)
        return _Window(before, as_it_is, back, before.wavelengths)


@dataclass(frozen=True)
class Crop(Step):
    """Keep a part of the pixels, and of the bands.

    Parameters
    ----------
    pixels, bands : (int, int), optional
        First, and first that is not kept; counted from 0.
    wavelengths : (float, float), optional
        nm, instead of `bands`: from and to, both included.
    """

    kind: ClassVar[str] = "crop"
    pixels: tuple[int, int] | None = None
    bands: tuple[int, int] | None = None
    wavelengths: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.bands is not None and self.wavelengths is not None:
            raise StepError("a crop has bands or wavelengths; both are given")
        if self.pixels is None and self.bands is None and self.wavelengths is None:
            raise StepError("a crop says what is kept: give pixels, bands or wavelengths")
        for name in ("pixels", "bands"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, _span(given, f"the crop's {name}"))
        if self.wavelengths is not None:
            low_high = numbers(self.wavelengths, "the crop's wavelengths", ndims=(1,))
            if len(low_high) != 2 or low_high[0] > low_high[1]:
                raise StepError(f"the crop's wavelengths are {low_high}; give two, (from, to), in nm")
            object.__setattr__(self, "wavelengths", low_high)

    def bind(self, before: Geometry) -> Operation:
        """Return the operation.

        Raises
        ------
        StepError
            Lines are smaller, or have no band at these wavelengths.
        """
        kept = before.wavelengths
        for name, there in (("pixels", before.pixels), ("bands", before.bands)):
            given = getattr(self, name)
            if given is not None and given[1] > there:
                raise StepError(f"a crop keeps {name} {given[0]} to {given[1]}, lines have {there}; keep fewer")
        pixels = slice(*self.pixels) if self.pixels is not None else slice(None)
        bands = slice(*self.bands) if self.bands is not None else slice(None)
        if self.wavelengths is not None:
            known = before.need_wavelengths("a crop by wavelength")
            low, high = self.wavelengths
            first, end = int(np.searchsorted(known, low, "left")), int(np.searchsorted(known, high, "right"))
            if first == end:
                raise StepError(
                    f"a crop keeps {low:g} to {high:g} nm, and no band is in it: lines have {known[0]:g} to "
                    f"{known[-1]:g} nm"
                )
            bands = slice(first, end)
        return _Window(before, pixels, bands, None if kept is None else kept[bands])


def _span(given: Any, what: str) -> tuple[int, int]:
    try:
        first, end = given
    except (TypeError, ValueError):
        raise StepError(f"{what} are {given!r:.60}; give two, (first, first that is not kept)") from None
    first, end = whole(first, what, least=0), whole(end, what, least=1)
    if first >= end:
        raise StepError(f"{what} {first} to {end} are none; the second number is the first that is not kept")
    return first, end
