"""Recording contexts: from an instrument's buffers to standardised, calibrated lines."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.devices import Buffer, InstrumentDevice
from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.errors import CalibrationError, ReferenceMissing
from pymodaq_hsi.processing.calibration import DEFAULT_SIGMAS, Calibration, Validity
from pymodaq_hsi.processing.panel import panel_values
from pymodaq_hsi.processing.quality import age_warning, pair_warnings
from pymodaq_hsi.processing.references import (
    InstrumentParameters,
    Reference,
    ReferenceImportFlag,
    check_settings,
    to_reference,
)
from pymodaq_hsi.processing.standardise import Standardiser

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import FrameFormat
    from pymodaq_hsi.processing.panel import PanelReflectivity

__all__ = ["RecordingContext", "RecordingResultInfo", "ValueType"]

_log = logging.getLogger(__name__)


class ValueType(IntEnum):
    """What the values of a recording are: raw counts, or reflectance (1 is the perfect white)."""

    Intensity = 0
    Reflectance = 1


@dataclass(frozen=True, eq=False)
class RecordingResultInfo:
    """What a context's lines look like.

    Attributes
    ----------
    wavelengths : ndarray
        nm, ascending, ``(bands,)``.
    white_reference, dark_reference : ndarray or None
        The averaged references as cubes of one line, ``(1, pixels, bands)``, in the context's own sample type.
    """

    wavelengths: npt.NDArray[np.float64]
    white_reference: npt.NDArray[Any] | None
    dark_reference: npt.NDArray[Any] | None


class RecordingContext:
    """Standardises and calibrates what a pushbroom camera delivers.

    Parameters
    ----------
    device : InstrumentDevice
    parameters : InstrumentParameters, optional
        The references; a white one is needed for reflectance.
    value_type : ValueType
        Intensity keeps the samples bit for bit; Reflectance is float32.
    flags : ReferenceImportFlag
        Whether references taken under other settings are accepted.
    sigmas : float
        How far white has to be above dark, in units of the noise of their difference.

    Attributes
    ----------
    wavelengths : ndarray
        nm, ascending, ``(bands,)``.
    shape : tuple of int
        Of a line: ``(pixels, bands)``.
    dtype : dtype
        Of a line.
    validity : ndarray
        uint8 of `Validity`, ``(pixels, bands)``: what the references say of each value.
    warnings : tuple of str
        What is wrong with the references: saturated, too weak, too bright, old. Logged as well.
    last_line : ndarray or None
        What `process` returned last.

    Raises
    ------
    ReferenceMissing
        Reflectance without a white reference.
    ReferenceMismatch
        A reference was taken under other settings; each difference is named.
    CalibrationError
        A reference has another shape, or the camera is not a pushbroom camera.
    """

    def __init__(
        self,
        device: InstrumentDevice,
        parameters: InstrumentParameters | None = None,
        value_type: ValueType = ValueType.Intensity,
        *,
        flags: ReferenceImportFlag = ReferenceImportFlag.NONE,
        sigmas: float = DEFAULT_SIGMAS,
    ) -> None:
        parameters = parameters or InstrumentParameters()
        self.device = device
        self.value_type = ValueType(value_type)
        self.format: FrameFormat = device.frame_format()
        self.standardise = Standardiser(self.format)
        self.wavelengths = self.standardise.wavelengths
        self.shape = self.standardise.shape
        self.white = to_reference(ReferenceName.White, parameters.white_reference)
        self.dark = to_reference(ReferenceName.Dark, parameters.dark_reference)
        self.panel_reflectivity = panel_values(_panel(parameters, self.white), self.wavelengths)
        self._flags = flags
        self.check_settings()
        self.warnings = self._warn(parameters)
        reflectance = self.value_type is ValueType.Reflectance
        self.dtype = np.dtype(np.float32) if reflectance else np.dtype(self.format.dtype)
        self._calibration = self._calibrate(sigmas) if reflectance else None
        self._saturated: npt.NDArray[np.bool_] | None = None
        self.last_line: npt.NDArray[Any] | None = None
        self.validity: npt.NDArray[np.uint8] = (
            self._calibration.validity if self._calibration is not None else np.zeros(self.shape, np.uint8)
        )

    def check_settings(self) -> None:
        """Check that the device still is as it was for the references and for this context.

        Raises
        ------
        CalibrationError
            Its frames have another geometry now.
        ReferenceMismatch
            Settings that the references depend on were changed; each difference is named.
        """
        now = self.device.frame_format()
        if now != self.format:
            raise CalibrationError(
                f"{self.device.display_name} delivers frames of shape {now.shape} and type {now.dtype} now, the "
                f"context was made for {self.format.shape} and {self.format.dtype}; make a new context"
            )
        given = [reference for reference in (self.white, self.dark) if reference is not None]
        for reference in given:
            self._check_shape(reference)
        check_settings(given, self.device.reference_settings(), self._flags)

    @property
    def unit(self) -> str:
        """Of a value: that of the samples, or '' for reflectance."""
        return self.format.unit if self.value_type is ValueType.Intensity else ""

    @property
    def mask(self) -> npt.NDArray[np.uint8]:
        """Validity of the last line, uint8 of `Validity`, ``(pixels, bands)``; 0 is good."""
        if self._saturated is None:
            return self.validity
        flags: npt.NDArray[np.uint8] = self.validity | (self._saturated * np.uint8(Validity.SATURATED))
        return flags

    @property
    def saturated_count(self) -> int:
        """Saturated samples in the last line."""
        return 0 if self._saturated is None else int(np.count_nonzero(self._saturated))

    def result_info(self) -> RecordingResultInfo:
        """Return wavelengths and standardised references."""
        return RecordingResultInfo(
            wavelengths=self.wavelengths,
            white_reference=self._as_cube(self.white),
            dark_reference=self._as_cube(self.dark),
        )

    hsi_recording_result_info = result_info
    """The documents' name for it."""

    def process(self, buffer: Buffer | npt.NDArray[Any], out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """Return a line.

        Parameters
        ----------
        buffer : Buffer or ndarray
            A raw frame.
        out : ndarray, optional
            Where the line goes, of `shape` and `dtype`; a new array by default.

        Returns
        -------
        ndarray
            ``(pixels, bands)`` of `dtype`; it does not depend on the buffer any more. Reflectance is NaN where it
            would be invented; `mask` says why.
        """
        frame = np.asarray(buffer.data if isinstance(buffer, Buffer) else buffer)
        line = self.standardise(frame)
        if out is None:
            out = np.empty(self.shape, self.dtype)
        self.last_line = out
        if self._calibration is None:
            np.copyto(out, line, casting="equiv")
            self._saturated = _saturated(line, self.format.saturation)
            return out
        result, self._saturated = self._calibration.reflectance(line, out)
        return result

    def _warn(self, parameters: InstrumentParameters) -> tuple[str, ...]:
        given = [reference for reference in (self.white, self.dark) if reference is not None]
        found = [text for each in given for text in (*each.warnings, *age_warning(each, parameters.oldest))]
        if self.white is not None and self.dark is not None:
            found += pair_warnings(self.white, self.dark)
        for message in found:
            _log.warning(message)
        return tuple(found)

    def _calibrate(self, sigmas: float) -> Calibration:
        if self.white is None:
            raise ReferenceMissing(
                "reflectance needs a white reference: measure one (measure_reference(camera, 'WhiteReference')), "
                "or record ValueType.Intensity"
            )
        white = self.standardise(self.white.mean)
        variance = self.standardise(self.white.standard_error) ** 2
        saturated = self.standardise(self.white.saturated)
        if self.dark is None:
            _log.warning("no dark reference: the dark signal counts as 0, and reflectance is too high where it is not")
            dark = np.zeros(self.shape)
        else:
            dark = self.standardise(self.dark.mean)
            variance = variance + self.standardise(self.dark.standard_error) ** 2
            saturated = saturated | self.standardise(self.dark.saturated)
        return Calibration(
            np.ascontiguousarray(white),
            np.ascontiguousarray(dark),
            np.sqrt(variance),
            self.panel_reflectivity,
            reference_saturated=saturated,
            saturation=self.format.saturation,
            sigmas=sigmas,
        )

    def _check_shape(self, reference: Reference) -> None:
        if reference.mean.shape != self.format.shape:
            raise CalibrationError(
                f"the {reference.name} has frames of shape {reference.mean.shape}, {self.device.display_name} delivers "
                f"{self.format.shape}; take the reference with the present region and binning"
            )

    def _as_cube(self, reference: Reference | None) -> npt.NDArray[Any] | None:
        if reference is None:
            return None
        line = self.standardise(reference.mean)
        if self.dtype.kind in "iu":
            line = np.rint(line)
        return line.astype(self.dtype)[np.newaxis]


def _panel(parameters: InstrumentParameters, white: Reference | None) -> PanelReflectivity:
    """Return the panel's reflectivity: as it was given, else as the white reference says, else 1."""
    if parameters.panel_reflectivity is not None:
        return parameters.panel_reflectivity
    return 1.0 if white is None or white.panel is None else white.panel


def _saturated(line: npt.NDArray[Any], saturation: float | None) -> npt.NDArray[np.bool_] | None:
    if saturation is None or line.max() < saturation:
        return None
    flags: npt.NDArray[np.bool_] = line >= saturation
    return flags
