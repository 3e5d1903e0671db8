"""Contexts beside recording: a model's answers, and a view for the eye."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.devices import Buffer, InstrumentDevice
from pymodaq_hsi.errors import CalibrationError, ModelError
from pymodaq_hsi.processing.contexts import RecordingContext, ValueType
from pymodaq_hsi.processing.references import InstrumentParameters, ReferenceImportFlag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.processing.models import Model
    from pymodaq_hsi.processing.steps import Standardisation

__all__ = ["PreviewContext", "ProcessingContext"]

_log = logging.getLogger(__name__)


class ProcessingContext:
    """Standardises and calibrates what a camera delivers, and applies a model to each line.

    Parameters
    ----------
    device : InstrumentDevice
    model : Model
    parameters : InstrumentParameters, optional
    value_type : ValueType, optional
        What the model takes: by default reflectance where there is a white reference, else intensity.
    steps : Standardisation, optional
    flags, sigmas
        See `RecordingContext`.

    Attributes
    ----------
    lines : RecordingContext
        What makes the lines, with `wavelengths`, `mask`, `warnings`.
    sinks : tuple of str

    Raises
    ------
    ModelError
        There is no model, or it takes another number of bands, or other wavelengths, than the camera delivers.
    ReferenceMissing, ReferenceMismatch, CalibrationError
        See `RecordingContext`.
    """

    def __init__(
        self,
        device: InstrumentDevice,
        model: Model,
        parameters: InstrumentParameters | None = None,
        value_type: ValueType | None = None,
        *,
        steps: Standardisation | None = None,
        flags: ReferenceImportFlag = ReferenceImportFlag.NONE,
        **options: float,
    ) -> None:
        if model is None:
            raise ModelError("processing needs a model, not None; give one of pymodaq_hsi.processing.models")
        given = parameters or InstrumentParameters()
        if value_type is None:
            value_type = ValueType.Intensity if given.white_reference is None else ValueType.Reflectance
        self.lines = RecordingContext(device, given, value_type, steps=steps, model=model, flags=flags, **options)
        self.model = model
        self.sinks = tuple(model.sinks)

    def process(self, buffer: Buffer | npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """Return the model's answers to a raw frame: an array for each sink, in the order of `sinks`."""
        self.lines.process(buffer)
        return self.lines.answers


class PreviewContext:
    """What a live view shows: cheap, for any instrument, and never refused because of a reference.

    Parameters
    ----------
    device : InstrumentDevice
    parameters : InstrumentParameters, optional
        References that do not fit are left out, with a warning.

    Attributes
    ----------
    wavelengths : ndarray or None
        nm, ``(bands,)``; None for an instrument without spectral axis.
    value_type : ValueType
        Reflectance where a white reference fits, else Intensity.
    warnings : tuple of str
        Why references were left out, and what is wrong with the others.
    """

    def __init__(self, device: InstrumentDevice, parameters: InstrumentParameters | None = None) -> None:
        self.device = device
        self.format = device.frame_format()
        self.wavelengths: npt.NDArray[np.float64] | None = None
        self.value_type = ValueType.Intensity
        self.warnings: tuple[str, ...] = ()
        self._lines: RecordingContext | None = None
        if len(self.format.shape) == 2 and self.format.dispersion_axis is not None:
            self._lines = self._context(parameters or InstrumentParameters())
            self.wavelengths = self._lines.wavelengths
            self.value_type = self._lines.value_type
        elif self.format.wavelengths is not None:
            self.wavelengths = np.sort(np.array(self.format.wavelengths))

    def process(self, buffer: Buffer | npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return what to show, float32: reflectance, or a share of the full scale where the camera states it.

        Returns
        -------
        ndarray
            ``(pixels, bands)`` of a pushbroom camera, ``(bands,)`` of a spectrometer, the frame as it is of others.
        """
        frame = np.asarray(buffer.data if isinstance(buffer, Buffer) else buffer)
        if self._lines is not None:
            line = self._lines.process(frame)
            if self.value_type is ValueType.Reflectance:
                return line
        else:
            line = self._rising(frame)
        shown = line.astype(np.float32)
        if self.format.saturation:
            shown /= np.float32(self.format.saturation)
        return shown

    def _rising(self, frame: npt.NDArray[Any]) -> npt.NDArray[Any]:
        axis, known = self.format.dispersion_axis, self.format.wavelengths
        if frame.shape != self.format.shape:
            raise CalibrationError(
                f"a frame has shape {frame.shape}, the preview was made for {self.format.shape}; make it anew"
            )
        return frame if axis is None or known is None else np.take(frame, np.argsort(known, kind="stable"), axis)

    def _context(self, parameters: InstrumentParameters) -> RecordingContext:
        try:
            kind = ValueType.Intensity if parameters.white_reference is None else ValueType.Reflectance
            context = RecordingContext(self.device, parameters, kind)
        except CalibrationError as error:
            message = f"the preview does without references: {error}"
            _log.warning(message)
            self.warnings = (message,)
            return RecordingContext(self.device)
        self.warnings = context.warnings
        return context
