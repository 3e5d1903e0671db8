"""What a scan measures at a point: frames of instruments, and readings of any device."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from h5modules.data import Axis, DataRaw
from pymodaq_hsi.errors import DeviceTimeout, ParameterError
from pymodaq_hsi.processing import RecordingContext, ValueType
from pymodaq_hsi.processing.reference_nodes import line_axes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from pymodaq_hsi.devices import Buffer, Device, InstrumentDevice
    from pymodaq_hsi.processing import InstrumentParameters, Standardisation
    from pymodaq_hsi.processing.models import Model

__all__ = ["FrameSource", "ReadingSource", "Source"]

_SPARE_TIME, _SHORT_TIME = 5.0, 0.7


class Source(Protocol):
    """Something that is measured at each point."""

    name: str

    @property
    def device(self) -> Device:
        """What is measured with."""

    def prepare(self) -> None:
        """Get ready, before the first point."""

    def suspend(self) -> None:
        """Rest, until the next `measure`: nothing is measured for a while."""

    def before_move(self) -> None:
        """Get out of the way: settings of the device itself are about to change."""

    def measure(self, after_ns: int, cancelled: Callable[[], bool], *, changed: bool) -> list[DataRaw]:
        """Measure something that began after a time, POSIX ns; none if it was cancelled.

        Parameters
        ----------
        after_ns : int
        cancelled : callable
            Asked now and then.
        changed : bool
            Whether something was moved or set since the last measurement.
        """

    @property
    def dropped(self) -> int:
        """Frames lost that were wanted."""


class FrameSource:
    """Frames of an instrument, averaged; lines of a pushbroom camera are standardised, and calibrated if asked.

    Parameters
    ----------
    name : str
        Of the device in the plan.
    device : InstrumentDevice
    average : int
        Frames that are averaged at each point.
    value_type : ValueType
        Reflectance and radiance need `references`.
    references : InstrumentParameters, optional
    steps : Standardisation, optional
        What is done to lines before they are calibrated.
    model : Model, optional
        Applied to each line.
    restart : bool
        Whether to start an acquisition for each point, because the scan changes settings of the instrument itself.
    flags : ReferenceImportFlag, optional

    Attributes
    ----------
    context : RecordingContext or None
        Of a pushbroom camera, once it was prepared.
    steps : Standardisation or None
        Once it was prepared, with the corrections that the instrument knows, if they are among them.
    timeout : float
        Seconds after which an instrument that gives no frame is taken to be hanging.

    Notes
    -----
    The instrument runs freely between points, so that none has to wait for it to start. A frame counts if its exposure
    began after all had settled: if it was complete an exposure time after that (where the instrument has an
    ``ExposureTime``) and, after something was moved or set, if another frame was complete in between, because cameras
    expose the next frame while they read out the one before.

    Dimensions of one are left out of what is given, as PyMoDAQ leaves them out when it reads: a line of one pixel is a
    spectrum, a frame of one value a number.
    """

    def __init__(
        self,
        name: str,
        device: InstrumentDevice,
        *,
        average: int = 1,
        value_type: ValueType = ValueType.Intensity,
        references: InstrumentParameters | None = None,
        restart: bool = False,
        flags: Any = None,
        steps: Standardisation | None = None,
        model: Model | None = None,
    ) -> None:
        self.name = name
        self.device = device
        self.steps = steps
        self._model = model
        self._average = average
        self._value_type = value_type
        self._references = references
        self._restart = restart
        self._flags = flags
        self.context: RecordingContext | None = None
        self._axes: list[Axis] = []
        self._places: tuple[int, ...] = ()
        self._exposure_ns: int | None = None
        self.timeout = _SPARE_TIME

    @property
    def dropped(self) -> int:
        """Always 0: frames that come between two points are not wanted."""
        return 0

    def prepare(self) -> None:
        """Make the context and the axes, and check references against settings.

        Raises
        ------
        ReferenceMissing, ReferenceMismatch, CalibrationError
        """
        if self.steps is not None:
            self.steps = self.steps.completed(self.device)
        frame_format = self.device.frame_format()
        if len(frame_format.shape) == 2 and frame_format.dispersion_axis is not None:
            flags = {} if self._flags is None else {"flags": self._flags}
            self.context = RecordingContext(
                self.device, self._references, self._value_type, steps=self.steps, model=self._model, **flags
            )
            self._axes = line_axes(self.context)
        elif self._value_type is not ValueType.Intensity or self.steps or self._model:
            RecordingContext(self.device, self._references, self._value_type)  # raises: it is no pushbroom camera
        else:
            self._axes = _axes_of(frame_format.shape, frame_format.dispersion_axis, frame_format.wavelengths)
        shape = frame_format.shape if self.context is None else self.context.shape
        self._places = tuple(index for index, size in enumerate(shape) if size > 1)
        self._axes = [_moved(axis, self._places.index(axis.index)) for axis in self._axes if axis.index in self._places]
        self._unit = frame_format.unit if self.context is None else self.context.unit
        self._look_at_exposure()

    def suspend(self) -> None:
        """Stop the instrument."""
        self.device.stop_acquisition()

    def before_move(self) -> None:
        """Stop the instrument, if it is its own settings that change."""
        if self._restart:
            self.suspend()

    def measure(self, after_ns: int, cancelled: Callable[[], bool], *, changed: bool) -> list[DataRaw]:
        """Return the mean of as many frames as are averaged.

        Returns
        -------
        list of DataRaw
            One: samples as they are if one frame is taken, else float32 (float64 for samples of more than 16 bits).

        Raises
        ------
        DeviceTimeout, DeviceLost, DriverError
        """
        to_skip = 1 if changed or self._exposure_ns is None else 0
        if changed:
            # its answer also says that it has heard what the other devices have told it before
            self._look_at_exposure()
            if self.context is not None and self.context.exposure_ms is not None:
                self.context.check_settings()
            after_ns = time.time_ns()
        if not self.device.acquiring:
            self.device.start_acquisition()
            to_skip = 0
        total: npt.NDArray[Any] | None = None
        flags: npt.NDArray[np.uint8] | None = None
        taken = 0
        deadline = time.monotonic() + self.timeout * self._average
        while taken < self._average:
            buffer = self.device.retrieve_buffer(min(0.25, max(0.0, deadline - time.monotonic())))
            if buffer is None:
                if cancelled():
                    return []
                if time.monotonic() > deadline:
                    raise DeviceTimeout(
                        f"{self.device.display_name}: {taken} of {self._average} frames came within "
                        f"{self.timeout * self._average:.1f} s; see to its trigger, exposure and frame rate",
                        device=self.device.name,
                    )
                continue
            with buffer:
                if buffer.timestamp_ns - (self._exposure_ns or 0) < after_ns or to_skip:
                    to_skip -= bool(to_skip) and buffer.timestamp_ns >= after_ns
                    continue
                values = self._values(buffer)
            taken += 1
            if self._average == 1:
                return self._data(values, None if self.context is None else self.context.answers)
            if self.context is not None and self.context.model is not None:
                flags = self.context.mask if flags is None else flags | self.context.mask
            if total is None:
                total = np.zeros(values.shape, np.float64)
            total += values
        assert total is not None
        precise = values.dtype.itemsize > 2 and values.dtype != np.float32
        mean = (total / self._average).astype(np.float64 if precise else np.float32)
        if self.context is None or self.context.model is None:
            return self._data(mean)
        return self._data(mean, self.context.model.answer(mean, flags))

    def _look_at_exposure(self) -> None:
        try:
            info = self.device.all_parameters()["ExposureTime"]
            scale = {"s": 1e9, "ms": 1e6, "us": 1e3, "µs": 1e3}.get(info.unit)
            exposure = float(self.device.get_parameter("ExposureTime"))
        except ParameterError:
            self._exposure_ns = None
            self.device.frame_format()
            return
        exposure_ns = None if scale is None else int(exposure * scale)
        if exposure_ns is None or exposure_ns != self._exposure_ns:  # each question waits for a frame of the camera
            self._exposure_ns = exposure_ns
            self.timeout = self._patience() + 3 * (exposure_ns or 0) / 1e9

    def _patience(self) -> float:
        """Return how long a frame may take beside its exposure: little for an instrument that runs at a known rate."""
        try:
            info = self.device.all_parameters()["FrameRate"]
            rate = float(self.device.get_parameter("FrameRate"))
        except ParameterError:
            return _SPARE_TIME
        return min(_SPARE_TIME, _SHORT_TIME + 3 / rate) if info.unit == "Hz" and rate > 0 else _SPARE_TIME

    def _values(self, buffer: Buffer) -> npt.NDArray[Any]:
        return buffer.copy() if self.context is None else self.context.process(buffer)

    def _data(self, values: npt.NDArray[Any], answers: Mapping[str, npt.NDArray[Any]] | None = None) -> list[DataRaw]:
        name = self._value_type.name
        values = np.atleast_1d(np.squeeze(values))
        found = [DataRaw(name, origin=self.name, units=self._unit, data=[values], labels=[name], axes=self._axes)]
        for sink, array in (answers or {}).items():
            axes = self._axes[:1] if self._places[:1] == (0,) and len(array) == len(values) else []
            found.append(DataRaw(sink, origin=self.name, data=[array], labels=[sink], axes=axes))
        return found


class ReadingSource:
    """Parameters of any device, read and averaged.

    Parameters
    ----------
    name : str
        Of the device in the plan.
    device : Device
    parameters : sequence of str
        Numeric or boolean, and readable.
    average : int
        Readings that are averaged.
    """

    dropped = 0

    def __init__(self, name: str, device: Device, parameters: Sequence[str], *, average: int = 1) -> None:
        self.name = name
        self.device = device
        self._parameters = list(parameters)
        self._average = average

    def prepare(self) -> None:
        """Read once, to find out what cannot be read.

        Raises
        ------
        UnknownParameter, ParameterError
        """
        for parameter in self._parameters:
            self._read(parameter)

    def suspend(self) -> None:
        """Do nothing: a reading takes no time."""

    def before_move(self) -> None:
        """Do nothing: a reading is not disturbed."""

    def measure(self, after_ns: int, cancelled: Callable[[], bool], *, changed: bool) -> list[DataRaw]:
        """Read each parameter, as often as is averaged."""
        del after_ns, cancelled, changed
        found = []
        for parameter in self._parameters:
            mean = sum(self._read(parameter) for _ in range(self._average)) / self._average
            unit = self.device.all_parameters()[parameter].unit
            found.append(DataRaw(parameter, origin=self.name, units=unit, data=[np.array([mean])], labels=[parameter]))
        return found

    def _read(self, parameter: str) -> float:
        value = self.device.get_parameter(parameter)
        if isinstance(value, str):
            raise ParameterError(
                f"{self.name}.{parameter} is {value!r}, a text: a scan records numbers; choose another parameter",
                device=self.device.name,
            )
        return float(value)


def _moved(axis: Axis, index: int) -> Axis:
    found = axis.copy()
    found.index = index
    return found


def _axes_of(shape: tuple[int, ...], dispersion: int | None, wavelengths: tuple[float, ...] | None) -> list[Axis]:
    axes = []
    for index, size in enumerate(shape):
        if index == dispersion and wavelengths is not None:
            axes.append(Axis("Wavelength", "nm", np.array(wavelengths), index=index))
        else:
            label = "Band" if index == dispersion else "Pixel" if len(shape) < 3 else f"Pixel {index}"
            axes.append(Axis(label, "", np.arange(size, dtype=float), index=index))
    return axes
