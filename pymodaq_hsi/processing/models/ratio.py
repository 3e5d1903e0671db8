"""Ratios of two bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import ModelError
from pymodaq_hsi.processing.models.base import LineFunction, Model

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BandRatio"]


class BandRatio(Model):
    """Ratio ``a / b`` of two bands, or their normalised difference ``(a - b) / (a + b)``.

    Parameters
    ----------
    numerator, denominator : float
        Wavelengths in nm.
    normalised : bool
        The difference, as in the vegetation index NDVI (``BandRatio(800, 670, normalised=True)``; Rouse et al. 1974,
        https://ntrs.nasa.gov/citations/19740022614).
    width : float
        nm: all bands within half of it on either side are averaged; the nearest band where there is none.

    Notes
    -----
    One sink, "Ratio", float32 ``(pixels,)``: NaN where the denominator is 0 or a band is not valid.
    """

    kind: ClassVar[str] = "band_ratio"

    def __init__(self, numerator: float, denominator: float, *, normalised: bool = False, width: float = 0.0) -> None:
        if width < 0:
            raise ModelError(f"a width of {width:g} nm; give 0 for the nearest band, or more")
        self.numerator = float(numerator)
        self.denominator = float(denominator)
        self.normalised = normalised
        self.width = float(width)

    @property
    def sinks(self) -> tuple[str, ...]:
        """One: "Ratio"."""
        return ("Ratio",)

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {"kind": self.kind} | {
            name: getattr(self, name) for name in ("numerator", "denominator", "normalised", "width")
        }

    def bind(self, pixels: int, wavelengths: npt.NDArray[np.float64]) -> LineFunction:
        """Find the bands; see `Model.bind`."""
        del pixels
        above, below = self._bands(self.numerator, wavelengths), self._bands(self.denominator, wavelengths)
        return lambda line: self._ratio(line[:, above], line[:, below])

    def apply(self, line: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """Refuse: without wavelengths nobody knows which bands are meant.

        Raises
        ------
        ModelError
        """
        raise ModelError(
            "BandRatio needs to know the wavelengths of a line: use what bind(pixels, wavelengths) returns"
        )

    def _bands(self, wanted: float, wavelengths: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        spacing = float(np.median(np.diff(wavelengths))) if len(wavelengths) > 1 else 0.0
        if not wavelengths[0] - spacing / 2 <= wanted <= wavelengths[-1] + spacing / 2:
            raise ModelError(
                f"a band ratio wants {wanted:g} nm, the camera sees {wavelengths[0]:g} to {wavelengths[-1]:g} nm; "
                "choose another band, or another region of the sensor"
            )
        within = np.flatnonzero(np.abs(wavelengths - wanted) <= self.width / 2)
        return within if within.size else np.array([np.argmin(np.abs(wavelengths - wanted))])

    def _ratio(self, above: npt.NDArray[Any], below: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        one, other = above.mean(axis=1, dtype=np.float64), below.mean(axis=1, dtype=np.float64)
        top, bottom = (one - other, one + other) if self.normalised else (one, other)
        ratio = np.full(one.shape, np.nan)
        np.divide(top, bottom, out=ratio, where=bottom != 0)
        return {"Ratio": ratio.astype(np.float32)}
