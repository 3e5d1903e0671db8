"""From frames to values, without a device: the same for live lines and stored ones.

In this order: frames are oriented; steps of standardisation; reflectance or radiance. References and factors go through
the same steps, so that a crop of the data is a crop of them too.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.envi.scaling import is_ignored
from pymodaq_hsi.errors import CalibrationError, ReferenceMissing
from pymodaq_hsi.processing.calibration import DEFAULT_SIGMAS, Calibration, Gain
from pymodaq_hsi.processing.panel import panel_values
from pymodaq_hsi.processing.radiance import RADIANCE_UNIT
from pymodaq_hsi.processing.steps import DeadPixels, Standardisation
from pymodaq_hsi.processing.steps.detecting import find_dead_pixels
from pymodaq_hsi.processing.validity import NO_NUMBER, Validity

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import FrameFormat
    from pymodaq_hsi.processing.panel import PanelReflectivity
    from pymodaq_hsi.processing.radiance import Radiometry
    from pymodaq_hsi.processing.references import Reference
    from pymodaq_hsi.processing.steps import BoundSteps

__all__ = ["Chain", "ValueType"]


class ValueType(IntEnum):
    """What the values of a recording are."""

    Intensity = 0
    """Counts, as they are where no step computes with them."""
    Reflectance = 1
    """1 is the perfect white."""
    Radiance = 2
    """W m-2 sr-1 nm-1."""


class Chain:
    """Standardises and calibrates frames.

    Parameters
    ----------
    format : FrameFormat
        Of the frames.
    value_type : ValueType
    white, dark : Reference, optional
        In the frames' own orientation and geometry, before any step.
    panel : PanelReflectivity, optional
        As the white reference says by default, 1 where it does not.
    steps : Standardisation, optional
    radiometry : Radiometry, optional
        For radiance, with a dark reference and `exposure_ms`.
    exposure_ms : float, optional
        Integration time of the frames.
    sigmas : float
        See `Calibration`.

    Attributes
    ----------
    steps : BoundSteps
        With dead pixels that were to be detected found.
    shape : tuple of int
        Of a line: (pixels, bands).
    wavelengths : ndarray
        nm, rising, ``(bands,)``.
    dtype : dtype
        Of the values.
    unit : str
    validity : ndarray
        uint8 of `Validity`, ``(pixels, bands)``: what is known of each value before a line comes.
    panel : ndarray
        Reflectivity of the white panel, ``(bands,)``.

    Raises
    ------
    ReferenceMissing
        Reflectance without a white reference, radiance without a dark one.
    CalibrationError
        A reference has another shape, or radiance lacks its factor or its integration time.
    StepError
        A step does not fit.
    """

    def __init__(
        self,
        format: FrameFormat,
        value_type: ValueType = ValueType.Intensity,
        *,
        white: Reference | None = None,
        dark: Reference | None = None,
        panel: PanelReflectivity | None = None,
        steps: Standardisation | None = None,
        radiometry: Radiometry | None = None,
        exposure_ms: float | None = None,
        sigmas: float = DEFAULT_SIGMAS,
    ) -> None:
        self.format = format
        self.value_type = ValueType(value_type)
        self.white, self.dark = white, dark
        self._ignored = _as_sample(format.ignored, np.dtype(format.dtype))
        for reference in (white, dark):
            if reference is not None and reference.mean.shape != format.shape:
                raise CalibrationError(
                    f"the {reference.name} has frames of shape {reference.mean.shape}, those of the data have "
                    f"{format.shape}; take the reference with the present region and binning"
                )
        self.steps: BoundSteps = _with_dead_pixels(steps or Standardisation(), white, dark, format).bind(format)
        self.shape = self.steps.shape
        self.wavelengths = self.steps.wavelengths
        if panel is None:
            panel = 1.0 if white is None or white.panel is None else white.panel
        self.panel = panel_values(panel, self.wavelengths)
        self._plain = not len(self.steps.standardisation)
        calibration: Gain | None = None
        if self.value_type is ValueType.Reflectance:
            calibration = self._reflectance(sigmas)
        elif self.value_type is ValueType.Radiance:
            calibration = self._radiance(radiometry, exposure_ms)
        self._calibration = calibration
        self.dtype = self.steps.dtype(format.dtype) if calibration is None else np.dtype(np.float32)
        self.validity: npt.NDArray[np.uint8] = self.steps.validity.copy()
        if calibration is not None:
            # what steps say of a value is why references have none there; that they have none says nothing more
            known = (self.validity & NO_NUMBER) != 0
            self.validity |= np.where(known, np.uint8(0), calibration.validity)

    @property
    def unit(self) -> str:
        """Of a value: that of the samples, '' for reflectance, W/(m**2*sr*nm) for radiance."""
        if self.value_type is ValueType.Intensity:
            return self.format.unit
        return RADIANCE_UNIT if self.value_type is ValueType.Radiance else ""

    def line(
        self, frame: npt.NDArray[Any], out: npt.NDArray[Any], missing: npt.NDArray[np.bool_] | None = None
    ) -> npt.NDArray[np.bool_] | None:
        """Bring a raw frame to `out`, ``(pixels, bands)`` of `dtype`; return which values are saturated, None if none.

        Parameters
        ----------
        frame, out : ndarray
        missing : ndarray of bool, optional
            Which samples of the frame were not measured, and are numbers all the same: as those that the format says
            to ignore.

        Raises
        ------
        CalibrationError
            The frame has another shape than announced; both are named.
        """
        if frame.shape != self.format.shape:
            raise CalibrationError(f"a frame has shape {frame.shape}, the context was made for {self.format.shape}")
        saturated = self.steps.saturated(frame)
        nothing = self._nothing(frame, missing)
        line = self.steps.oriented(frame) if self._plain else self.steps.values(frame)
        if self._calibration is None:
            np.copyto(out, line, casting="equiv")
            if nothing is not None and out.dtype.kind == "f":
                out[nothing] = np.nan
            return saturated
        self._calibration.values(line, out)
        if frame.dtype.kind == "f":
            out[~np.isfinite(out)] = np.nan
        if saturated is not None:
            out[saturated] = np.nan
        if nothing is not None:
            out[nothing] = np.nan
        return saturated

    def _nothing(self, frame: npt.NDArray[Any], missing: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.bool_] | None:
        """Return which values have a sample in them that says nothing, None if none has."""
        if self._ignored is not None:
            ignored = is_ignored(frame, self._ignored)
            missing = ignored if missing is None else ignored | missing
        return self.steps.reach(missing) if missing is not None and missing.any() else None

    def block(self, frames: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
        """Return values and their validity for many frames.

        Parameters
        ----------
        frames : ndarray
            ``(lines, *frame)``.

        Returns
        -------
        values : ndarray
            ``(lines, pixels, bands)`` of `dtype`; each line is the same to the bit as `line` makes it.
        validity : ndarray
            uint8 of `Validity`, same shape.
        """
        values = np.empty((len(frames), *self.shape), self.dtype)
        flags = np.empty(values.shape, np.uint8)
        for number, frame in enumerate(frames):
            flags[number] = self.flags(self.line(frame, values[number]), values[number])
        return values, flags

    def flags(self, saturated: npt.NDArray[np.bool_] | None, line: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        """Return the validity of a line that `line` has made, with what it returned."""
        flags = self.validity
        if saturated is not None:
            flags = flags | (saturated * np.uint8(Validity.SATURATED))
        if line.dtype.kind != "f":
            if self._ignored is not None:  # no step has computed with samples that are whole numbers still
                flags = flags | (is_ignored(line, self._ignored) * np.uint8(Validity.NOT_A_NUMBER))
        elif np.dtype(self.format.dtype).kind == "f" or self._ignored is not None:
            nothing = ~np.isfinite(line) & (flags & (NO_NUMBER | Validity.SATURATED) == 0)
            flags = flags | (nothing * np.uint8(Validity.NOT_A_NUMBER))
        return flags

    def _reflectance(self, sigmas: float) -> Calibration:
        if self.white is None:
            raise ReferenceMissing(
                "reflectance needs a white reference: measure one (measure_reference(camera, 'WhiteReference')), "
                "or record ValueType.Intensity"
            )
        white, variance, saturated = self._carried(self.white)
        dark = np.zeros(self.shape)
        if self.dark is not None:
            dark, more, also = self._carried(self.dark)
            variance = variance + more
            saturated = saturated | also
        return Calibration(
            np.ascontiguousarray(white),
            np.ascontiguousarray(dark),
            np.sqrt(variance),
            self.panel,
            reference_saturated=saturated,
            saturation=None,
            sigmas=sigmas,
        )

    def _radiance(self, radiometry: Radiometry | None, exposure_ms: float | None) -> Gain:
        if radiometry is None:
            raise CalibrationError(
                "radiance needs a radiometric calibration: InstrumentParameters(radiometry=read_radiometry(file))"
            )
        if self.dark is None:
            raise ReferenceMissing(
                "radiance needs a dark reference: measure one (measure_reference(camera, 'DarkReference'))"
            )
        if exposure_ms is None:
            raise CalibrationError("radiance needs the integration time of the frames; give exposure_ms")
        dark, _, saturated = self._carried(self.dark)
        gain = radiometry.gain(self.steps, exposure_ms)
        flags = np.where(np.isnan(gain), np.uint8(Validity.PANEL_UNKNOWN), np.uint8(0))
        flags[saturated] |= np.uint8(Validity.REFERENCE_SATURATED)
        flags[~np.isfinite(dark)] |= np.uint8(Validity.LOW_SIGNAL)
        return Gain(gain, np.ascontiguousarray(dark), flags, saturation=None)

    def _carried(
        self, reference: Reference
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return mean, variance of the mean, and saturation of a reference after the steps."""
        return (
            self.steps.values(reference.mean),
            self.steps.variance(reference.standard_error**2),
            self.steps.reach(reference.saturated),
        )


def _as_sample(value: float | None, dtype: np.dtype[Any]) -> float | None:
    """Return a value as samples are, None where no sample can be it: others are slow to compare with."""
    if value is None or dtype.kind not in "iu":
        return value
    limits = np.iinfo(dtype)
    return int(value) if float(value).is_integer() and limits.min <= value <= limits.max else None


def _with_dead_pixels(
    steps: Standardisation, white: Reference | None, dark: Reference | None, format: FrameFormat
) -> Standardisation:
    """Return steps with the dead pixels that were to be found in the references."""
    if (white is None and dark is None) or not any(isinstance(s, DeadPixels) and s.detect is not None for s in steps):
        return steps
    found = []
    for number, step in enumerate(steps):
        if isinstance(step, DeadPixels) and step.detect is not None:
            before = Standardisation(steps.steps[:number]).bind(format)
            step = find_dead_pixels(white, dark, sigmas=step.detect, steps=before, also=step.positions)
        found.append(step)
    return Standardisation(found)
