"""Recording contexts: from an instrument's buffers to standardised, calibrated lines."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy import ma

from pymodaq_hsi.devices import Buffer, InstrumentDevice
from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.errors import CalibrationError
from pymodaq_hsi.processing.calibration import DEFAULT_SIGMAS
from pymodaq_hsi.processing.chain import Chain, ValueType
from pymodaq_hsi.processing.models.binding import BoundModel
from pymodaq_hsi.processing.quality import age_warning, pair_warnings
from pymodaq_hsi.processing.radiance import exposure_ms_of
from pymodaq_hsi.processing.references import (
    InstrumentParameters,
    Reference,
    ReferenceImportFlag,
    check_settings,
    to_reference,
)
from pymodaq_hsi.processing.standardise import Standardiser
from pymodaq_hsi.processing.validity import NO_NUMBER

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import FrameFormat
    from pymodaq_hsi.processing.models import Model
    from pymodaq_hsi.processing.steps import Standardisation

__all__ = ["RecordingContext", "RecordingResultInfo", "ValueType"]

_log = logging.getLogger(__name__)


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

    Frames are oriented to (pixels, bands) by rising wavelength; the steps of standardisation follow, then reflectance
    or radiance, then the model. References are those of the camera's own geometry: they go through the same steps.

    Parameters
    ----------
    device : InstrumentDevice
    parameters : InstrumentParameters, optional
        The references; a white one is needed for reflectance, a dark one and `radiometry` for radiance.
    value_type : ValueType
        Intensity keeps the samples bit for bit where no step computes with them; Reflectance and Radiance are float32.
    steps : Standardisation, optional
        What is done to lines before they are calibrated.
    model : Model, optional
        Applied to each line; see `answers`.
    flags : ReferenceImportFlag
        Whether references taken under other settings are accepted.
    sigmas : float
        How far white has to be above dark, in units of the noise of their difference.

    Attributes
    ----------
    chain : Chain
        What is done to frames, which needs no device.
    wavelengths : ndarray
        nm, ascending, ``(bands,)``.
    shape : tuple of int
        Of a line: ``(pixels, bands)``.
    dtype : dtype
        Of a line.
    validity : ndarray
        uint8 of `Validity`, ``(pixels, bands)``: what steps and references say of each value.
    warnings : tuple of str
        What is wrong with the references: saturated, too weak, too bright, old. Logged as well.
    last_line : ndarray or None
        What `process` returned last.
    model : BoundModel or None
    answers : dict of str to ndarray
        What the model says of the last line, by sink; empty without a model.
    exposure_ms : float or None
        Integration time that radiance was calculated with.

    Raises
    ------
    ReferenceMissing
        Reflectance without a white reference, radiance without a dark one.
    ReferenceMismatch
        A reference, or the radiometric calibration, was taken under other settings; each difference is named.
    CalibrationError
        A reference has another shape, the camera is not a pushbroom camera, or radiance lacks its calibration or the
        integration time.
    StepError
        A step does not fit the camera's lines.
    ModelError
        The model does not fit them.
    """

    def __init__(
        self,
        device: InstrumentDevice,
        parameters: InstrumentParameters | None = None,
        value_type: ValueType = ValueType.Intensity,
        *,
        steps: Standardisation | None = None,
        model: Model | None = None,
        flags: ReferenceImportFlag = ReferenceImportFlag.NONE,
        sigmas: float = DEFAULT_SIGMAS,
    ) -> None:
        parameters = parameters or InstrumentParameters()
        self.device = device
        self.value_type = ValueType(value_type)
        self.format: FrameFormat = device.frame_format()
        self.standardise = Standardiser(self.format)
        self.white = to_reference(ReferenceName.White, parameters.white_reference)
        self.dark = to_reference(ReferenceName.Dark, parameters.dark_reference)
        self.exposure_ms: float | None = None
        self._flags = flags
        self.radiometry = parameters.radiometry if self.value_type is ValueType.Radiance else None
        self.check_settings()
        if self.radiometry is not None:
            self.exposure_ms = exposure_ms_of(device)
        self.chain = Chain(
            self.format,
            self.value_type,
            white=self.white,
            dark=self.dark,
            panel=parameters.panel_reflectivity,
            steps=None if steps is None else steps.completed(device),
            radiometry=parameters.radiometry,
            exposure_ms=self.exposure_ms,
            sigmas=sigmas,
        )
        self.wavelengths = self.chain.wavelengths
        self.shape = self.chain.shape
        self.dtype = self.chain.dtype
        self.validity: npt.NDArray[np.uint8] = self.chain.validity
        self.panel_reflectivity = self.chain.panel
        self.model = None if model is None else BoundModel(model, *self.shape, self.wavelengths, self.dtype)
        self.answers: dict[str, npt.NDArray[Any]] = {}
        self._saturated: npt.NDArray[np.bool_] | None = None
        self.last_line: npt.NDArray[Any] | None = None
        self.warnings = self._warn(parameters)

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
        check_settings(given, self.device.reference_settings(), self._flags, radiometry=self.radiometry)
        if self.exposure_ms is not None and not math.isclose(exposure_ms_of(self.device), self.exposure_ms):
            raise CalibrationError(
                f"{self.device.display_name} exposes for {exposure_ms_of(self.device):g} ms now, the context calculates"
                f" radiance for {self.exposure_ms:g} ms; make a new context"
            )

    @property
    def unit(self) -> str:
        """Of a value: that of the samples, '' for reflectance, W/(m**2*sr*nm) for radiance."""
        return self.chain.unit

    @property
    def steps(self) -> Standardisation:
        """What is done to lines before they are calibrated; dead pixels that were to be found are in it."""
        return self.chain.steps.standardisation

    @property
    def mask(self) -> npt.NDArray[np.uint8]:
        """Validity of the last line, uint8 of `Validity`, ``(pixels, bands)``; 0 is good."""
        line = self.last_line
        return self.validity if line is None else self.chain.flags(self._saturated, line)

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

        Raises
        ------
        CalibrationError
            The frame has another shape than announced, or is a masked array.
        ModelError
            The model failed.
        """
        if isinstance(buffer, ma.MaskedArray):
            raise CalibrationError(
                "a masked array was given as a frame, and its mask would be lost: give frame.filled(numpy.nan), or put "
                "lines through steps.bind(format).apply(frame), which knows masks"
            )
        frame = np.asarray(buffer.data if isinstance(buffer, Buffer) else buffer)
        if out is None:
            out = np.empty(self.shape, self.dtype)
        self._saturated = self.chain.line(frame, out)
        self.last_line = out
        if self.model is not None:
            flags = self.chain.flags(self._saturated, out) if self.value_type is ValueType.Intensity else None
            self.answers = self.model.answer(out, flags)
        return out

    def _warn(self, parameters: InstrumentParameters) -> tuple[str, ...]:
        given = [reference for reference in (self.white, self.dark) if reference is not None]
        found = [text for each in given for text in (*each.warnings, *age_warning(each, parameters.oldest))]
        if self.white is not None and self.dark is not None:
            found += pair_warnings(self.white, self.dark)
        if self.white is not None and self.dark is None and self.value_type is ValueType.Reflectance:
            _log.warning("no dark reference: the dark signal counts as 0, and reflectance is too high where it is not")
        nothing = ((self.validity & NO_NUMBER) != 0).all(axis=0)
        if self.model is not None and nothing.any():
            found.append(
                f"{np.count_nonzero(nothing)} of {len(nothing)} bands have no value in any pixel, the first at "
                f"{self.wavelengths[nothing.argmax()]:g}: a model that uses them says nothing at all; crop the lines"
            )
        for message in found:
            _log.warning(message)
        return tuple(found)

    def _check_shape(self, reference: Reference) -> None:
        if reference.mean.shape != self.format.shape:
            raise CalibrationError(
                f"the {reference.name} has frames of shape {reference.mean.shape}, {self.device.display_name} delivers "
                f"{self.format.shape}; take the reference with the present region and binning"
            )

    def _as_cube(self, reference: Reference | None) -> npt.NDArray[Any] | None:
        if reference is None:
            return None
        line = self.chain.steps.values(reference.mean)
        if self.dtype.kind in "iu":
            line = np.rint(line)
        return line.astype(self.dtype)[np.newaxis]
