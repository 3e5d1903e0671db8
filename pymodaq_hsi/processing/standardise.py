"""From the sensor's orientation to ours: (pixels, bands), bands ascending in wavelength."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import CalibrationError

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import FrameFormat

__all__ = ["Standardiser"]


class Standardiser:
    """The steps that turn a raw frame into a line; the same for data and references. No sample is copied.

    Parameters
    ----------
    format : FrameFormat
        Of a pushbroom camera: two dimensions, one of them spectral.

    Attributes
    ----------
    wavelengths : ndarray
        float64, nm, ascending, shape ``(bands,)``; band numbers where the camera does not know wavelengths.
    has_wavelengths : bool
    pixels, bands : int

    Raises
    ------
    CalibrationError
        The frames are not those of a pushbroom camera.
    """

    def __init__(self, format: FrameFormat) -> None:
        if len(format.shape) != 2 or format.dispersion_axis is None:
            raise CalibrationError(
                f"frames of shape {format.shape} with dispersion axis {format.dispersion_axis} are not those of a "
                "pushbroom camera: two dimensions, one of them spectral, are needed"
            )
        self.format = format
        self._transposed = format.dispersion_axis == 0
        self.bands = format.shape[format.dispersion_axis]
        self.pixels = format.shape[1 - format.dispersion_axis]
        self.has_wavelengths = format.wavelengths is not None
        wavelengths = np.arange(self.bands, dtype=float) if format.wavelengths is None else np.array(format.wavelengths)
        self._flipped = self.bands > 1 and bool(wavelengths[0] > wavelengths[-1])
        self.wavelengths: npt.NDArray[np.float64] = wavelengths[::-1].copy() if self._flipped else wavelengths
        if not bool(np.all(np.diff(self.wavelengths) > 0)):
            raise CalibrationError(
                f"the camera's {self.bands} wavelengths neither rise nor fall all the way; check its calibration"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Of a line: (pixels, bands)."""
        return self.pixels, self.bands

    def __call__(self, frame: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a view of a raw frame as (pixels, bands).

        Raises
        ------
        CalibrationError
            The frame has another shape than announced; both are named.
        """
        if frame.shape != self.format.shape:
            raise CalibrationError(f"a frame has shape {frame.shape}, the context was made for {self.format.shape}")
        line = frame.T if self._transposed else frame
        return line[:, ::-1] if self._flipped else line
