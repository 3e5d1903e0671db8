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
    """The steps that turn a raw frame into a line; the same for data and references. Samples are not touched.

    Parameters
    ----------
    format : FrameFormat
        Of a pushbroom camera: two dimensions, one of them spectral.

    Attributes
    ----------
    wavelengths : ndarray
        float64, nm, ascending, shape ``(bands,)``: two detectors whose ranges overlap are sorted into each other.
        Band numbers where the camera does not know wavelengths.
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
        self._order: slice | npt.NDArray[np.intp] = slice(None)
        steps = np.diff(wavelengths)
        if not np.all(np.isfinite(wavelengths)):
            raise CalibrationError(
                f"some of the camera's {self.bands} wavelengths are no numbers; check its calibration"
            )
        if np.any(steps < 0):
            self._order = slice(None, None, -1) if np.all(steps <= 0) else np.argsort(wavelengths, kind="stable")
        self.wavelengths: npt.NDArray[np.float64] = wavelengths[self._order].copy()

    @property
    def shape(self) -> tuple[int, int]:
        """Of a line: (pixels, bands)."""
        return self.pixels, self.bands

    def __call__(self, frame: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a raw frame as (pixels, bands): a view, unless the bands lie in no order.

        Raises
        ------
        CalibrationError
            The frame has another shape than announced; both are named.
        """
        if frame.shape != self.format.shape:
            raise CalibrationError(f"a frame has shape {frame.shape}, the context was made for {self.format.shape}")
        return self.block(frame)

    def block(self, frames: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return raw frames, ``(..., *frame)``, as lines, ``(..., pixels, bands)``: a view, as for one."""
        lines = frames.swapaxes(-1, -2) if self._transposed else frames
        return lines[..., self._order]

    def describe(self) -> dict[str, Any]:
        """Return as JSON data what is done to frames."""
        falling = isinstance(self._order, slice) and self._order.step == -1
        order = "falling" if falling else "rising" if isinstance(self._order, slice) else "mixed"
        return {"dispersion_axis": self.format.dispersion_axis, "wavelengths": order}

    def undo(self, line: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a line, ``(pixels, bands)`` by rising wavelength, as the camera delivers it; a copy."""
        frame = np.empty(self.format.shape, line.dtype)
        view = frame.T if self._transposed else frame
        view[:, self._order] = line
        return frame
