"""Instruments: devices that deliver frames."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.drivers.base import Driver
from pymodaq_hsi.drivers.enums import DriverType, ReferenceName
from pymodaq_hsi.errors import FrameGeometryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Frame", "FrameFormat", "InstrumentDriver"]


@dataclass(frozen=True)
class FrameFormat:
    """What the frames look like as the instrument delivers them.

    Attributes
    ----------
    shape : tuple of int
        One to four dimensions. A pushbroom camera has two: pixels along the slit and bands, in either order.
    dtype : str
        A NumPy type such as ``"uint16"``.
    dispersion_axis : int or None
        The axis along which the wavelength changes; None for an instrument without spectral axis.
    wavelengths : tuple of float or None
        In nm, one for each index of the dispersion axis, ascending or descending.
    saturation : float or None
        The first value at which a sample says no more than "too much light".
    unit : str
        Of a sample.
    ignored : float or None
        A sample of this value says nothing (ENVI's 'data ignore value'): what is made of it is NaN.
    """

    shape: tuple[int, ...]
    dtype: str = "uint16"
    dispersion_axis: int | None = None
    wavelengths: tuple[float, ...] | None = None
    saturation: float | None = None
    unit: str = "counts"
    ignored: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _whole_numbers(self.shape))
        try:
            dtype = np.dtype(self.dtype)
        except TypeError as error:
            raise FrameGeometryError(f"a frame of {self.dtype!r}: {error}; give one such as 'uint16'") from None
        object.__setattr__(self, "dtype", dtype.str)
        if not 1 <= len(self.shape) <= 4 or min(self.shape) < 1:
            raise FrameGeometryError(f"a frame has 1 to 4 dimensions of at least 1, not the shape {self.shape}")
        if dtype.kind not in "biufc":
            raise FrameGeometryError(f"a frame is made of numbers, not of {dtype}")
        if not isinstance(self.unit, str):
            raise FrameGeometryError(f"the unit of a sample is a string, not {self.unit!r}")
        if self.saturation is not None:
            object.__setattr__(self, "saturation", _finite("saturation", [self.saturation])[0])
        if self.dispersion_axis is not None and not 0 <= self.dispersion_axis < len(self.shape):
            raise FrameGeometryError(
                f"dispersion axis {self.dispersion_axis} is not an axis of a frame of shape {self.shape}"
            )
        if self.wavelengths is not None:
            object.__setattr__(self, "wavelengths", _finite("wavelengths", self.wavelengths))
            if self.dispersion_axis is None or len(self.wavelengths) != self.shape[self.dispersion_axis]:
                raise FrameGeometryError(
                    f"{len(self.wavelengths)} wavelengths do not fit a frame of shape {self.shape} "
                    f"with dispersion axis {self.dispersion_axis}"
                )

    @property
    def nbytes(self) -> int:
        """Bytes of one frame."""
        return int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize

    def to_message(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return asdict(self)

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> FrameFormat:
        """Build it from what `to_message` gave."""
        fields = dict(message)
        fields["shape"] = tuple(fields["shape"])
        if fields["wavelengths"] is not None:
            fields["wavelengths"] = tuple(fields["wavelengths"])
        return cls(**fields)


def _whole_numbers(shape: Iterable[Any]) -> tuple[int, ...]:
    try:
        exact = tuple(float(n) for n in shape)
    except (TypeError, ValueError):
        raise FrameGeometryError(f"the shape of a frame is a tuple of integers, not {shape!r}") from None
    if not all(n.is_integer() for n in exact):
        raise FrameGeometryError(f"a frame has a whole number of samples along each axis, not the shape {shape}")
    return tuple(int(n) for n in exact)


def _finite(what: str, numbers: Iterable[Any]) -> tuple[float, ...]:
    """Return what has to be a number as one; text that says a number is none."""
    values = tuple(numbers)
    wrong = next((n for n in values if not isinstance(n, Real) or not math.isfinite(n)), None)
    if wrong is not None:
        raise FrameGeometryError(f"{what}: {wrong!r} is not a finite number")
    return tuple(float(n) for n in values)


class Frame:
    """The place that the next frame goes to.

    Attributes
    ----------
    data : ndarray
        Writable, of the announced shape and sample type: fill it in place. Assigning an array copies it (`put`).
    number : int
        Given by the host, counting from 0. An instrument that numbers its frames may set its own, so that what it
        loses is counted; ids that wrap go through `FrameIds`. A frame that comes late may have a lower number.
    timestamp_ns : int
        POSIX time in ns at which the frame was complete; the host fills it in where the driver does not.
    """

    __slots__ = ("_data", "number", "timestamp_ns")

    def __init__(self, data: npt.NDArray[Any], number: int) -> None:
        self._data = data
        self.number = number
        self.timestamp_ns = 0

    @property
    def data(self) -> npt.NDArray[Any]:
        """The memory that the reader will see."""
        return self._data

    @data.setter
    def data(self, array: npt.NDArray[Any]) -> None:
        self.put(array)

    def put(self, array: npt.NDArray[Any]) -> None:
        """Copy a frame that is elsewhere, after checking that it is what was announced.

        Raises
        ------
        FrameGeometryError
            With both shapes and sample types.
        """
        array = np.asarray(array)
        if array.shape != self._data.shape or array.dtype != self._data.dtype:
            raise FrameGeometryError(
                f"the instrument delivered a frame of shape {array.shape} and type {array.dtype}; shape "
                f"{self._data.shape} and type {self._data.dtype} were announced when the acquisition was started. "
                "Stop it, see to the camera's region, binning and pixel format, and start again"
            )
        np.copyto(self._data, array)

    def stamp(self) -> None:
        """Note the time now, unless the driver has set it."""
        if not self.timestamp_ns:
            self.timestamp_ns = time.time_ns()


class InstrumentDriver(Driver):
    """Base of cameras and spectrometers.

    A subclass defines `enumerate`, `frame_format` and `grab`, and what it needs of `open`, `start`, `stop`, `close`.
    """

    driver_type: ClassVar[DriverType] = DriverType.Instrument

    waits_for_reader: bool = False
    """What happens when no buffer is free: False, the frame is dropped and counted, as a camera that runs freely
    must; True, the source waits (a player of recordings can). May be changed before each start."""

    def frame_format(self) -> FrameFormat:
        """Return what the frames look like with the present settings."""
        raise TypeError(f"driver {type(self).__name__} does not describe its frames: define frame_format()")

    def corrections(self) -> Sequence[Mapping[str, object]]:
        """Return what the instrument's own calibration says has to be done to its lines; nothing by default.

        Returns
        -------
        sequence of mapping
            Steps as `pymodaq_hsi.Standardisation` knows them, each with its ``"kind"``: ``{"kind": "dead_pixels",
            "positions": [(pixel, band), ...]}``, ``{"kind": "smile", "polynomial": (nm, nm per pixel, ...)}``,
            ``{"kind": "keystone", "shifts": array}``; numbers, tuples, lists and arrays. Pixels and bands are counted
            with the present settings, bands by rising wavelength.
        """
        return ()

    def start(self, reference: ReferenceName | None) -> None:
        """Begin to deliver frames.

        Parameters
        ----------
        reference : ReferenceName or None
            What the frames are for: a camera may close its shutter for the dark reference.
        """

    def grab(self, frame: Frame, timeout: float) -> bool:
        """Wait for the next frame and fill it in; return False if none came within `timeout` seconds.

        The timeout is short (a fraction of a second): between two calls the host sees to parameters and to stopping.
        """
        raise TypeError(f"driver {type(self).__name__} delivers no frames: define grab()")

    def stop(self) -> None:
        """Stop delivering; called once for each `start`, also when that or `grab` has raised."""
