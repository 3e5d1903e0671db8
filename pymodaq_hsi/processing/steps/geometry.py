"""What is known of lines before any of them comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import StepError

if TYPE_CHECKING:
    from pymodaq_hsi.processing.standardise import Standardiser

__all__ = ["Geometry"]


@dataclass(frozen=True, eq=False)
class Geometry:
    """Pixels and bands of lines, with what holds for every line of a camera.

    Parameters
    ----------
    pixels, bands : int
    wavelengths : array_like, optional
        nm, rising, ``(bands,)``; None where the camera does not know them.
    saturation : float, optional
        From this sample value on it says no more than "too much light".
    validity : ndarray, optional
        uint8 of `Validity`, ``(pixels, bands)``: what is known of each value before a line comes; all good by default.
    summed : int
        Of how many samples of the camera a value is the sum.

    Raises
    ------
    StepError
        The wavelengths do not fit, do not rise or are no numbers; the validity has another shape.
    """

    pixels: int
    bands: int
    wavelengths: Any = None
    saturation: float | None = None
    validity: Any = None
    summed: int = 1

    def __post_init__(self) -> None:
        if self.pixels < 1 or self.bands < 1:
            raise StepError(f"lines of {self.pixels} pixels and {self.bands} bands are none; give at least 1 of each")
        if self.wavelengths is not None:
            object.__setattr__(self, "wavelengths", _rising(self.wavelengths, self.bands))
        flags = np.zeros(self.shape, np.uint8) if self.validity is None else np.asarray(self.validity)
        if flags.shape != self.shape:
            raise StepError(f"a validity of shape {flags.shape} does not belong to lines of {self.shape}")
        object.__setattr__(self, "validity", flags.astype(np.uint8, copy=False))

    @property
    def shape(self) -> tuple[int, int]:
        """Of a line: (pixels, bands)."""
        return self.pixels, self.bands

    @property
    def axis(self) -> npt.NDArray[np.float64]:
        """Wavelengths in nm, or band numbers where they are not known, ``(bands,)``."""
        return np.arange(self.bands, dtype=float) if self.wavelengths is None else np.asarray(self.wavelengths)

    def need_wavelengths(self, what: str) -> npt.NDArray[np.float64]:
        """Return the wavelengths for a step that cannot do without.

        Raises
        ------
        StepError
            They are not known.
        """
        if self.wavelengths is None:
            raise StepError(
                f"{what} needs wavelengths, and the camera does not know those of its {self.bands} bands; give its "
                "wavelength calibration, or leave the step out"
            )
        return np.asarray(self.wavelengths)

    @classmethod
    def of(cls, standardiser: Standardiser) -> Geometry:
        """Return what is known of a camera's lines after they were oriented."""
        known = standardiser.wavelengths if standardiser.has_wavelengths else None
        return cls(standardiser.pixels, standardiser.bands, known, standardiser.format.saturation)


def _rising(given: Any, bands: int) -> npt.NDArray[np.float64]:
    try:
        wavelengths = np.array(given, float)
    except (TypeError, ValueError):
        raise StepError(f"wavelengths are numbers in nm, not {given!r:.80}") from None
    if wavelengths.shape != (bands,):
        raise StepError(f"{bands} bands have as many wavelengths; {wavelengths.shape} were given")
    if not np.isfinite(wavelengths).all() or np.any(np.diff(wavelengths) < 0):
        raise StepError(
            f"the wavelengths of lines rise; these go from {wavelengths[0]:g} to {wavelengths[-1]:g} nm and not all "
            "steps are upwards. Give a FrameFormat instead: its frames are brought into order"
        )
    wavelengths.flags.writeable = False
    return wavelengths
