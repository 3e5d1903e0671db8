"""Reflectance from intensities: prepared once, then a few passes over each line, which stays in the processor's cache.

``R = R0 * (I - D) / (W - D)``, per pixel and band (the flat-field correction of line scanners; see for instance
Burger and Geladi, J. Chemometrics 19 (2005) 355, https://doi.org/10.1002/cem.938).
"""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.processing.panel import panel_values
from pymodaq_hsi.processing.validity import Validity

__all__ = ["Calibration", "Gain", "Validity", "panel_values"]

DEFAULT_SIGMAS = 3.0
_FRAMES = 2**8
"""So often samples of 16 bits can be added up without that float32 loses anything."""


def _frames_of(dark: npt.NDArray[np.float64]) -> int | None:
    """Return how many frames of whole numbers such means can be of, None where that is not seen.

    It is found in the numbers, so that a reference gives the same bits whichever file it came through.
    """
    known = dark[np.isfinite(dark)]
    few = known[:: max(1, known.size // 100)]
    possible = [n for n in range(2, _FRAMES + 1) if _are_means(few, n)]
    return next((n for n in possible if _are_means(known, n)), None)


def _are_means(numbers: npt.NDArray[np.float64], frames: int) -> bool:
    sums = np.rint(numbers * frames)
    return bool(np.all(sums / frames == numbers) and np.all(np.abs(sums) < 2**24))


class Gain:
    """Gives ``gain * (I - D)`` of lines.

    Parameters
    ----------
    gain, dark : ndarray
        float64, ``(pixels, bands)``.
    validity : ndarray
        uint8 of `Validity`, same shape: where it is not 0 there is no value.
    saturation : float or None
        From this value on a sample is saturated.
    """

    def __init__(
        self,
        gain: npt.NDArray[np.float64],
        dark: npt.NDArray[np.float64],
        validity: npt.NDArray[np.uint8],
        *,
        saturation: float | None,
    ) -> None:
        self.validity = validity
        gain = np.where(validity == 0, gain, np.nan)
        self._gain = gain
        self._dark = dark
        # float32 holds the dark value in two parts: subtracting both in turn loses nothing that float64 would keep
        self._gain_single = gain.astype(np.float32)
        self._dark_single = dark.astype(np.float32)
        rest = (dark - self._dark_single).astype(np.float32)
        self._dark_rest = rest if rest.any() else None
        self._dark_sum: npt.NDArray[np.float32] | None = None
        frames = _frames_of(dark) if self._dark_rest is not None else None
        if frames is not None:
            self._frames = np.float32(frames)
            self._dark_sum = np.rint(dark * frames).astype(np.float32)
            self._gain_of_sum = (gain / frames).astype(np.float32)
        self._saturation = saturation

    def _beside(self, out: npt.NDArray[np.float32]) -> Self:
        """Return one whose tables lie in memory as a line does, pixels beside pixels or bands beside bands.

        It gives the same numbers, and takes a third of the time.
        """
        if out.strides[0] >= out.strides[1]:
            return self
        same = vars(self).get("_turned")
        if same is None:
            same = copy.copy(self)
            for name, table in dict(vars(self)).items():  # another thread may be here too
                if isinstance(table, np.ndarray):
                    setattr(same, name, np.asarray(table, order="F"))
            self._turned = same
        return same

    def values(
        self, line: npt.NDArray[Any], out: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_] | None]:
        """Calibrate one line.

        Parameters
        ----------
        line : ndarray
            ``(pixels, bands)`` of any real type.
        out : ndarray
            float32, ``(pixels, bands)``: where the result goes; NaN where it would be invented.

        Returns
        -------
        out : ndarray
            Within 1e-6 of the formula in float64, relatively.
        saturated : ndarray of bool, or None
            Which samples are saturated; None when none is.
        """
        self._beside(out).apply(line, out)
        if self._saturation is None or line.max() < self._saturation:
            return out, None
        saturated: npt.NDArray[np.bool_] = line >= self._saturation
        out[saturated] = np.nan
        return out, saturated

    def apply(self, line: npt.NDArray[Any], out: npt.NDArray[np.float32]) -> None:
        """Calibrate one line without a look at how it lies in memory, and at saturation; see `values`."""
        if self._dark_sum is not None and line.dtype.itemsize <= 2 and line.dtype.kind in "ui":
            # frames * I - sum of D is made of whole numbers below 2**24, which float32 holds exactly
            np.copyto(out, line)
            np.multiply(out, self._frames, out=out)
            np.subtract(out, self._dark_sum, out=out)
            np.multiply(out, self._gain_of_sum, out=out)
        elif line.dtype.itemsize <= 2 or line.dtype.newbyteorder("=") == np.float32:
            np.copyto(out, line)  # converted once: NumPy takes longer where it converts while it subtracts
            np.subtract(out, self._dark_single, out=out)
            if self._dark_rest is not None:
                np.subtract(out, self._dark_rest, out=out)
            np.multiply(out, self._gain_single, out=out)
        else:
            np.multiply(line - self._dark, self._gain, out=out, casting="same_kind")


class Calibration(Gain):
    """Turns standardised intensities into reflectance.

    Parameters
    ----------
    white, dark : ndarray
        float64, ``(pixels, bands)``: the averaged references.
    noise : ndarray
        Standard error of ``white - dark``, same shape.
    panel : ndarray
        Reflectivity of the white panel, ``(bands,)``; NaN where it is not known.
    reference_saturated : ndarray
        bool, ``(pixels, bands)``.
    saturation : float or None
        From this value on a sample is saturated.
    sigmas : float
        ``white - dark`` has to be above this many times `noise`.

    Attributes
    ----------
    validity : ndarray
        uint8 of `Validity`, ``(pixels, bands)``: what the references alone say.
    """

    def __init__(
        self,
        white: npt.NDArray[np.float64],
        dark: npt.NDArray[np.float64],
        noise: npt.NDArray[np.float64],
        panel: npt.NDArray[np.float64],
        *,
        reference_saturated: npt.NDArray[np.bool_],
        saturation: float | None,
        sigmas: float = DEFAULT_SIGMAS,
    ) -> None:
        difference = white - dark
        enough = (difference > 0) & (difference > sigmas * noise) & np.isfinite(difference)
        validity: npt.NDArray[np.uint8] = np.zeros(white.shape, np.uint8)
        validity[~enough] |= np.uint8(Validity.LOW_SIGNAL)
        validity[reference_saturated] |= np.uint8(Validity.REFERENCE_SATURATED)
        validity[:, np.isnan(panel)] |= np.uint8(Validity.PANEL_UNKNOWN)
        gain = np.full(white.shape, np.nan)
        np.divide(np.broadcast_to(panel, white.shape), difference, out=gain, where=validity == 0)
        super().__init__(gain, dark, validity, saturation=saturation)

    reflectance = Gain.values
    """Calibrate one line; see `Gain.values`."""
