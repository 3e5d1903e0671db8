"""Frames in the hands of the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.devices.container import Container
from pymodaq_hsi.errors import BufferReturned, DeviceError, FrameGeometryError
from pymodaq_hsi.hosting.frame_view import view_of

if TYPE_CHECKING:
    from pymodaq_hsi.devices.instrument import InstrumentDevice
    from pymodaq_hsi.drivers import FrameFormat, ReferenceName
    from pymodaq_hsi.hosting.ring import Lease

__all__ = ["Buffer", "BufferContainer"]


class Buffer:
    """One frame in shared memory, until it is given back (`InstrumentDevice.return_buffer`, or `release`).

    Attributes
    ----------
    number : int
        Of the frame, counting from the start of the acquisition (or the instrument's own); gaps are lost frames.
    timestamp_ns : int
        POSIX time in ns at which the frame was complete.
    dropped_before : int
        Frames lost between the one retrieved before and this one.
    reference_name : ReferenceName or None
        The reference that the acquisition was started for.
    """

    __slots__ = ("_data", "_lease", "dropped_before", "format", "number", "reference_name", "timestamp_ns")

    def __init__(self, lease: Lease, format: FrameFormat, reference_name: ReferenceName | None = None) -> None:
        self.number = int(lease.number)
        self.timestamp_ns = int(lease.timestamp_ns)
        self.dropped_before = int(lease.dropped_before)
        self.format = format
        self.reference_name = reference_name
        self._lease: Lease | None = lease
        self._data: npt.NDArray[Any] | None = None

    def __enter__(self) -> Buffer:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<Buffer of frame {self.number}{', given back' if self.returned else ''}>"

    @property
    def data(self) -> npt.NDArray[Any]:
        """The frame as the instrument delivered it: a read-only view, without a copy.

        Raises
        ------
        BufferReturned
            The buffer was given back; views taken before raise it too when they are used.
        """
        if self._lease is None:
            raise BufferReturned(f"frame {self.number} was given back; take what you need before, or a copy()")
        if self._data is None:
            self._data = view_of(self._lease)
        return self._data

    @property
    def timestamp(self) -> float:
        """POSIX time in seconds."""
        return self.timestamp_ns / 1e9

    @property
    def returned(self) -> bool:
        """Whether it was given back."""
        return self._lease is None

    def copy(self) -> npt.NDArray[Any]:
        """Return the frame as an array of its own."""
        return np.array(self.data, subok=False)

    def release(self) -> None:
        """Give the buffer back; a second time does nothing."""
        if self._lease is not None:
            reader = self._lease.reader
            self._lease.returned = True
            self._data = None
            self._lease = None
            reader.reclaim()


class BufferContainer(Container):
    """Copies of frames, for references and short recordings.

    Parameters
    ----------
    device : InstrumentDevice
        Says what the frames look like.
    count : int
        How many fit in.
    ring : bool
        When full, forget the oldest instead of refusing the next.

    Attributes
    ----------
    settings : dict
        Those that a reference depends on, as they were when the first frame was added.
    """

    def __init__(self, device: InstrumentDevice, count: int, *, ring: bool = False) -> None:
        self.device = device
        self.format = device.frame_format()
        super().__init__(count, self.format.shape, self.format.dtype, ring=ring, things="frames", device=device.name)
        self.settings = device.reference_settings()
        self._numbers = np.zeros(count, np.int64)
        self._timestamps = np.zeros(count, np.int64)
        self._references: list[ReferenceName | None] = []

    @property
    def reference_name(self) -> ReferenceName | None:
        """The reference that all its frames were acquired for; None if there is no such."""
        return self._references[0] if len(self._references) == 1 else None

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """Frame numbers, shape ``(count,)``."""
        return self._ordered(self._numbers)

    @property
    def timestamps_ns(self) -> npt.NDArray[np.int64]:
        """POSIX times in ns, shape ``(count,)``."""
        return self._ordered(self._timestamps)

    def add(self, buffer: Buffer) -> None:
        """Copy a frame in.

        Raises
        ------
        AcquisitionError
            The container is full.
        FrameGeometryError
            The frame is not of the container's shape and sample type.
        """
        self._check_room()
        data = buffer.data
        if data.shape != self.format.shape or data.dtype != np.dtype(self.format.dtype):
            raise FrameGeometryError(
                f"frame {buffer.number} has shape {data.shape} and type {data.dtype}, the container takes "
                f"{self.format.shape} and {np.dtype(self.format.dtype)}; make a new container",
                device=self.device.name,
            )
        if not self._added:
            self._take_settings()
        if buffer.reference_name not in self._references:
            self._references.append(buffer.reference_name)
        place = self._put(data)
        self._numbers[place] = buffer.number
        self._timestamps[place] = buffer.timestamp_ns

    def _take_settings(self) -> None:
        try:
            self.settings = self.device.reference_settings()
        except DeviceError:
            return  # it is lost or busy: the frames in hand are kept with what was known when this was made
