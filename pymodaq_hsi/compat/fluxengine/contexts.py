"""Processing contexts: recording, models, preview."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.compat.fluxengine.buffers import Buffer, BufferContainer
from pymodaq_hsi.compat.fluxengine.devices import InstrumentDevice
from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.errors import AcquisitionError, CalibrationError, ModelError
from pymodaq_hsi.processing import InstrumentParameters as OurParameters
from pymodaq_hsi.processing import PreviewContext, RecordingContext, RecordingResultInfo, Reference, ValueType
from pymodaq_hsi.processing import ProcessingContext as OurContext

if TYPE_CHECKING:
    from pymodaq_hsi.processing.panel import PanelReflectivity

__all__ = ["HSIRecordingResultInfo", "InstrumentParameters", "ProcessingContext"]

_SPELLINGS = {
    "device": "device",
    "instrument": "device",
    "camera": "device",
    "instrumentDevice": "device",
    "instrumentParameters": "parameters",
    "parameters": "parameters",
    "valueType": "value_type",
}


class _ContextType(IntEnum):
    InstrumentHSIRecording = 0
    InstrumentProcessing = 1
    InstrumentPreview = 2


class InstrumentParameters:
    """The measurements before; an attribute that is not one of these is refused.

    Attributes
    ----------
    whiteReference, darkReference : BufferContainer or None
        Also a `pymodaq_hsi.Reference`.
    panelReflectivity : float, array, (wavelengths, reflectivities), Panel or None
        See `pymodaq_hsi.InstrumentParameters`.
    """

    __slots__ = ("darkReference", "panelReflectivity", "whiteReference")

    def __init__(self) -> None:
        self.whiteReference: BufferContainer | Reference | None = None
        self.darkReference: BufferContainer | Reference | None = None
        self.panelReflectivity: PanelReflectivity | None = None

    def to_ours(self) -> OurParameters:
        """Return them as `pymodaq_hsi.InstrumentParameters`."""
        white, dark = (
            given.as_reference(name) if isinstance(given, BufferContainer) else given
            for name, given in ((ReferenceName.White, self.whiteReference), (ReferenceName.Dark, self.darkReference))
        )
        return OurParameters(white, dark, self.panelReflectivity)


class HSIRecordingResultInfo:
    """What a recording context's lines look like.

    Attributes
    ----------
    wavelengths : list of float
        nm, ascending.
    whiteReference, darkReference : ndarray or None
        Standardised, ``(1, pixels, bands)``, in the context's own sample type.
    """

    def __init__(self, info: RecordingResultInfo) -> None:
        self.wavelengths = [float(wavelength) for wavelength in info.wavelengths]
        self.whiteReference = info.white_reference
        self.darkReference = info.dark_reference


class ProcessingContext:
    """Standardises, calibrates and processes an instrument's buffers.

    Parameters
    ----------
    model : Model or None
        None for a recording or a preview.
    contextType : int
        `InstrumentHSIRecording`, `InstrumentProcessing` or `InstrumentPreview`.
    *arguments, **named
        ``device, instrumentParameters, valueType``, by position or by name.

    Raises
    ------
    TypeError
        An argument is missing, twice there or unknown.
    ModelError
        A model is missing, not wanted, or does not fit the camera.
    ReferenceMissing, ReferenceMismatch, CalibrationError
    """

    ContextType = _ContextType
    InstrumentHSIRecording = _ContextType.InstrumentHSIRecording
    InstrumentProcessing = _ContextType.InstrumentProcessing
    InstrumentPreview = _ContextType.InstrumentPreview

    def __init__(self, model: Any, contextType: int, *arguments: Any, **named: Any) -> None:
        try:
            kind = _ContextType(contextType)
        except ValueError:
            known = ", ".join(each.name for each in _ContextType)
            raise CalibrationError(f"there is no context type {contextType!r}; it is one of {known}") from None
        device, parameters, value_type = _sorted_out(arguments, named)
        if kind is not _ContextType.InstrumentProcessing and model is not None:
            raise ModelError(f"{kind.name} takes no model; give None, or InstrumentProcessing")
        given = (parameters or InstrumentParameters()).to_ours()
        self._context: RecordingContext | OurContext | PreviewContext
        if kind is _ContextType.InstrumentProcessing:
            self._context = OurContext(device.ours, model, given, value_type)
        elif kind is _ContextType.InstrumentPreview:
            self._context = PreviewContext(device.ours, given)
        else:
            default = ValueType.Intensity if given.white_reference is None else ValueType.Reflectance
            self._context = RecordingContext(device.ours, given, default if value_type is None else value_type)
        self.contextType = kind
        self._source: npt.NDArray[Any] | Buffer | None = None
        self._results: list[npt.NDArray[Any]] = []
        self._names: tuple[str, ...] = ()

    @property
    def ours(self) -> RecordingContext | OurContext | PreviewContext:
        """The context of pymodaq_hsi."""
        return self._context

    @property
    def recording(self) -> RecordingContext:
        """The recording context.

        Raises
        ------
        CalibrationError
            It is of another type.
        """
        if not isinstance(self._context, RecordingContext):
            raise CalibrationError(
                f"a context of type {self.contextType.name} records no lines; make InstrumentHSIRecording"
            )
        return self._context

    def hsiRecordingResultInfo(self) -> HSIRecordingResultInfo:
        """Return wavelengths and standardised references of a recording context.

        Raises
        ------
        CalibrationError
            It is of another type.
        """
        return HSIRecordingResultInfo(self.recording.result_info())

    def setSourceData(self, buffer: Buffer | npt.NDArray[Any]) -> None:
        """Say which frame is processed next."""
        self._source = buffer

    def processNext(self) -> None:
        """Process it; the results before are gone.

        Raises
        ------
        AcquisitionError
            No frame was given since the last time.
        BufferReturned
            The buffer was given back already.
        """
        source, self._source = self._source, None
        if source is None:
            raise AcquisitionError("there is nothing to process: call setSourceData(buffer) before each processNext()")
        frame = source.getData() if isinstance(source, Buffer) else np.asarray(source)
        if isinstance(self._context, OurContext):
            answers = self._context.process(frame)
            self._names, self._results = tuple(answers), list(answers.values())
        else:
            self._names, self._results = ("Result",), [self._context.process(frame)]

    def outputSinkData(self, sink: int | str = 0) -> npt.NDArray[Any]:
        """Return a result: the line ``(pixels, bands)`` of a recording or preview, or a sink of the model.

        Parameters
        ----------
        sink : int or str
            Its number, or its name.

        Raises
        ------
        AcquisitionError
            Nothing was processed yet.
        IndexError
            There is no such sink; those that there are are named.
        """
        if not self._results:
            raise AcquisitionError("there is no result yet: call setSourceData(buffer) and processNext() first")
        index = self._names.index(sink) if isinstance(sink, str) and sink in self._names else sink
        if not isinstance(index, int) or not 0 <= index < len(self._results):
            listed = ", ".join(f"{number} ({name})" for number, name in enumerate(self._names))
            raise IndexError(f"there is no output sink {sink!r}; there are {listed}")
        return self._results[index]

    def addLastResultTo(self, container: BufferContainer) -> None:
        """Copy the last result into a container for lines."""
        container.addLastResult(self)


def _sorted_out(arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[InstrumentDevice, Any, ValueType | None]:
    given = dict(zip(("device", "parameters", "value_type"), arguments, strict=False))
    if len(arguments) > 3:
        raise TypeError(f"ProcessingContext takes 5 arguments, {len(arguments) + 2} were given")
    for name, value in named.items():
        if name not in _SPELLINGS:
            raise TypeError(
                f"ProcessingContext has no argument {name!r}; it has device, instrumentParameters, valueType"
            )
        if _SPELLINGS[name] in given:
            raise TypeError(f"ProcessingContext was given {name!r} twice")
        given[_SPELLINGS[name]] = value
    device = given.get("device")
    if not isinstance(device, InstrumentDevice):
        raise TypeError(f"ProcessingContext needs device=..., an InstrumentDevice, not {type(device).__name__}")
    parameters = given.get("parameters")
    if not isinstance(parameters, InstrumentParameters | None):
        raise TypeError(f"instrumentParameters is {type(parameters).__name__}; give fluxEngine.InstrumentParameters()")
    value_type = given.get("value_type")
    return device, parameters, None if value_type is None else ValueType(value_type)
