"""White and dark references: measured once, used for every line after."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from enum import IntFlag
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.drivers import FrameFormat, ReferenceName
from pymodaq_hsi.errors import CalibrationError, ReferenceMismatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pymodaq_hsi.devices import BufferContainer, InstrumentDevice

__all__ = ["InstrumentParameters", "Reference", "ReferenceImportFlag", "measure_reference"]

_log = logging.getLogger(__name__)

DEFAULT_FRAMES = 50

PanelReflectivity = float | npt.ArrayLike | tuple[npt.ArrayLike, npt.ArrayLike]


class ReferenceImportFlag(IntFlag):
    """What may be overlooked when a reference is used."""

    NONE = 0
    IgnoreParameterMismatch = 1


@dataclass(frozen=True, eq=False)
class Reference:
    """The average of some frames of a reference, in the instrument's own orientation.

    Attributes
    ----------
    name : ReferenceName
    mean : ndarray
        float64, shape of a raw frame, in the unit of the samples.
    std : ndarray
        Sample standard deviation of single frames (``ddof=1``), same shape; 0 where only one frame was averaged.
    count : int
        Frames averaged.
    saturated : ndarray
        bool, same shape: True where any of the frames was saturated.
    format : FrameFormat
        Of the raw frames.
    settings : dict
        The settings that it depends on, by parameter name, and the serial number.
    timestamp : float
        POSIX seconds of the last frame.
    """

    name: ReferenceName
    mean: npt.NDArray[np.float64]
    std: npt.NDArray[np.float64]
    count: int
    saturated: npt.NDArray[np.bool_]
    format: FrameFormat
    settings: Mapping[str, Any] = field(default_factory=dict)
    timestamp: float = 0.0

    @property
    def standard_error(self) -> npt.NDArray[np.float64]:
        """Standard deviation of the mean."""
        error: npt.NDArray[np.float64] = self.std / np.sqrt(self.count)
        return error

    @classmethod
    def from_frames(
        cls,
        name: ReferenceName | str,
        frames: Iterable[npt.NDArray[Any]],
        format: FrameFormat,
        settings: Mapping[str, Any] | None = None,
        timestamp: float | None = None,
    ) -> Reference:
        """Average frames (also the lines of a stored cube) as they come; one frame is held at a time.

        Raises
        ------
        CalibrationError
            There are none, or one has another shape; both shapes are named.
        """
        average = _Average(format)
        for frame in frames:
            average.add(frame)
        return average.reference(ReferenceName(name), settings or {}, time.time() if timestamp is None else timestamp)

    @classmethod
    def from_container(cls, name: ReferenceName | str, container: BufferContainer) -> Reference:
        """Average the frames of a container."""
        last = container.timestamps_ns
        timestamp = float(last[-1]) / 1e9 if len(last) else None
        return cls.from_frames(name, container.data, container.format, container.settings, timestamp)

    def differences(self, settings: Mapping[str, Any]) -> dict[str, tuple[object, object]]:
        """Return the settings in which this reference and `settings` differ: name to (its value, the other)."""
        names = [name for name in self.settings if name in settings]
        return {
            name: (self.settings[name], settings[name])
            for name in names
            if not _same(self.settings[name], settings[name])
        }


@dataclass
class InstrumentParameters:
    """What a context needs to know of the measurements before.

    Attributes
    ----------
    white_reference, dark_reference : Reference, BufferContainer or None
    panel_reflectivity : float, array or (wavelengths, reflectivities)
        Of the white panel, 1 where it is perfect: one number, one for each band in ascending wavelength, or a table
        over wavelengths in nm that is interpolated linearly and must cover the camera's.
    """

    white_reference: Reference | BufferContainer | None = None
    dark_reference: Reference | BufferContainer | None = None
    panel_reflectivity: PanelReflectivity = 1.0


def measure_reference(
    device: InstrumentDevice,
    name: ReferenceName | str,
    frames: int | None = None,
    *,
    timeout: float = 5.0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Reference:
    """Acquire frames of a reference and average them in float64.

    All connected lights are forced off for the time of a dark reference.

    Parameters
    ----------
    device : InstrumentDevice
    name : ReferenceName or str
        "WhiteReference" or "DarkReference".
    frames : int, optional
        How many to average; by default 50, or every line once where the device plays a recorded reference.
    timeout : float
        Seconds to wait for each frame.
    progress : callable
        Called with (frames done, frames wanted).

    Returns
    -------
    Reference

    Raises
    ------
    CalibrationError
        Fewer than one frame is wanted.
    DeviceTimeout, DeviceLost, DriverError
        The lights are as they were before.
    """
    reference = ReferenceName(name)
    wanted = _frames_to_take(device, reference) if frames is None else frames
    if wanted < 1:
        raise CalibrationError(f"{reference} of {wanted} frames: average at least 1, better {DEFAULT_FRAMES}")
    settings = device.reference_settings()
    average = _Average(device.frame_format())
    with device.acquire(reference_name=reference) as acquisition:
        for buffer in acquisition.buffers(wanted, timeout):
            average.add(buffer.data)
            timestamp = buffer.timestamp
            progress(average.count, wanted)
    taken = average.reference(reference, settings, timestamp)
    share = float(taken.saturated.mean())
    if share:
        _log.warning("%s: %.2g %% of the samples are saturated; shorten the exposure", reference, 100 * share)
    return taken


class _Average:
    """Mean and spread of frames; sums are of differences from the first frame, so that nothing cancels."""

    def __init__(self, format: FrameFormat) -> None:
        self.count = 0
        self._format = format
        self._first = np.zeros(format.shape)
        self._sum = np.zeros(format.shape)
        self._squares = np.zeros(format.shape)
        self._work = np.empty(format.shape)
        self._saturated = np.zeros(format.shape, np.bool_)

    def add(self, frame: npt.NDArray[Any]) -> None:
        if frame.shape != self._format.shape:
            raise CalibrationError(
                f"a reference frame has shape {frame.shape}, the camera delivers {self._format.shape}; "
                "use a reference that was taken with this geometry"
            )
        if self._format.saturation is not None:
            self._saturated |= frame >= self._format.saturation
        if self.count == 0:
            np.copyto(self._first, frame)
        else:
            np.subtract(frame, self._first, out=self._work)
            self._sum += self._work
            np.multiply(self._work, self._work, out=self._work)
            self._squares += self._work
        self.count += 1

    def reference(self, name: ReferenceName, settings: Mapping[str, Any], timestamp: float) -> Reference:
        if self.count == 0:
            raise CalibrationError(f"{name} of 0 frames: there is nothing to average")
        offset = self._sum / self.count
        spread = np.zeros_like(offset)
        if self.count > 1:
            spread = (self._squares - self._sum * offset) / (self.count - 1)
        return Reference(
            name=name,
            mean=self._first + offset,
            std=np.sqrt(np.maximum(spread, 0)),
            count=self.count,
            saturated=self._saturated,
            format=self._format,
            settings=dict(settings),
            timestamp=timestamp,
        )


def _frames_to_take(device: InstrumentDevice, name: ReferenceName) -> int:
    """Return how many lines a player of recordings has (its parameter ``WhiteReferenceLines``), else the default."""
    parameter = f"{name}Lines"
    lines = int(device.get_parameter(parameter)) if parameter in device.all_parameters() else 0
    return lines or DEFAULT_FRAMES


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return bool(np.isclose(one, other, rtol=1e-9, atol=0))
    return one == other


def check_settings(
    references: Sequence[Reference], settings: Mapping[str, Any], flags: ReferenceImportFlag = ReferenceImportFlag.NONE
) -> None:
    """Refuse references that were taken under other settings.

    Raises
    ------
    ReferenceMismatch
        With every difference and both values, unless the flags say to ignore it.
    """
    if flags & ReferenceImportFlag.IgnoreParameterMismatch:
        return
    for reference in references:
        differences = reference.differences(settings)
        if differences:
            listed = ", ".join(f"{name} was {then!r} and is {now!r}" for name, (then, now) in differences.items())
            raise ReferenceMismatch(
                f"the {reference.name} was taken under other settings: {listed}; take it again, set these back, "
                "or pass ReferenceImportFlag.IgnoreParameterMismatch",
                differences,
            )
