"""Frames, and containers that hold their data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.compat.fluxengine.words import Number
from pymodaq_hsi.devices import BufferContainer as OurContainer
from pymodaq_hsi.devices import InstrumentDevice as OurInstrument
from pymodaq_hsi.errors import AcquisitionError
from pymodaq_hsi.processing import LineContainer
from pymodaq_hsi.processing.hsiref import StoredReference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.compat.fluxengine.contexts import ProcessingContext
    from pymodaq_hsi.compat.fluxengine.devices import InstrumentDevice
    from pymodaq_hsi.devices import Buffer as OurBuffer
    from pymodaq_hsi.drivers import ReferenceName
    from pymodaq_hsi.processing import Reference

__all__ = ["Buffer", "BufferContainer", "createBufferContainerForRecordingContext", "createRingBufferContainer"]


class Buffer:
    """One frame, until it is given back.

    Attributes
    ----------
    number : int
        Counted from the start of the acquisition.
    timestamp : float
        POSIX seconds.
    droppedBefore : int
        Frames lost between the one before and this one.
    """

    def __init__(self, buffer: OurBuffer) -> None:
        self.ours = buffer
        self.number = buffer.number
        self.timestamp = buffer.timestamp
        self.droppedBefore = buffer.dropped_before

    def __repr__(self) -> str:
        return repr(self.ours)

    @property
    def data(self) -> npt.NDArray[Any]:
        """As `getData`."""
        return self.ours.data

    def getData(self) -> npt.NDArray[Any]:
        """Return the raw frame: a read-only view that raises `BufferReturned` once the buffer was given back."""
        return self.ours.data


class BufferContainer:
    """Copies of frames, or of a recording context's lines.

    Parameters
    ----------
    device : InstrumentDevice
        Says what the frames look like.
    count : int
        How many fit in; more are refused.
    ring : bool
        Forget the oldest instead.

    Attributes
    ----------
    ours : pymodaq_hsi.BufferContainer, LineContainer or StoredReference
        What holds the data.
    accepted : dict
        Settings whose difference was overlooked when it was imported.
    """

    def __init__(self, device: InstrumentDevice, count: int, ring: bool = False) -> None:
        ours = getattr(device, "ours", None)
        if not isinstance(ours, OurInstrument):
            raise TypeError(f"a BufferContainer is made for an InstrumentDevice, not for {device!r}")
        self.ours: OurContainer | LineContainer | StoredReference = OurContainer(ours, count, ring=ring)
        self.accepted: Mapping[str, Any] = {}

    @classmethod
    def of(
        cls, holds: OurContainer | LineContainer | StoredReference, accepted: Mapping[str, Any] | None = None
    ) -> BufferContainer:
        """Make it of what was imported, or for a recording context."""
        container = cls.__new__(cls)
        container.ours = holds
        container.accepted = dict(accepted or {})
        return container

    def __len__(self) -> int:
        return self.count

    @property
    def count(self) -> Number:
        """How many frames or lines are in."""
        return Number(self.ours.count)

    @property
    def capacity(self) -> Number:
        """How many fit in."""
        return Number(self.ours.count if isinstance(self.ours, StoredReference) else self.ours.capacity)

    @property
    def data(self) -> npt.NDArray[Any]:
        """As `getData`."""
        return self.getData()

    def getData(self) -> npt.NDArray[Any]:
        """Return all frames, ``(count, *frame)``, or lines, ``(lines, pixels, bands)``, in the order they came.

        Of an imported reference whose frames were not kept: their mean, as one frame.
        """
        if isinstance(self.ours, StoredReference):
            return self.ours.mean[np.newaxis] if self.ours.frames is None else self.ours.frames
        return self.ours.data

    def add(self, buffer: Buffer | ProcessingContext) -> None:
        """Copy in a frame's data, or a context's last result.

        Raises
        ------
        AcquisitionError
            It is full, or does not hold such data.
        FrameGeometryError
        """
        if not isinstance(buffer, Buffer):
            self.addLastResult(buffer)
        elif isinstance(self.ours, OurContainer):
            self.ours.add(buffer.ours)
        else:
            raise AcquisitionError(
                "this container holds standardised lines, not raw frames: add the last result of its context "
                "(addLastResult), or make a BufferContainer(device, count)"
            )

    addBuffer = add
    append = add

    def addLastResult(self, context: ProcessingContext | None = None) -> None:
        """Copy in what a recording context processed last; its own context's by default.

        Raises
        ------
        AcquisitionError, FrameGeometryError
        """
        if not isinstance(self.ours, LineContainer):
            raise AcquisitionError(
                "this container holds raw frames; make one for lines with createBufferContainerForRecordingContext"
            )
        self.ours.add_last_result(None if context is None else context.recording)

    def as_reference(self, name: ReferenceName) -> Reference | OurContainer:
        """Return it as a context takes it.

        Raises
        ------
        CalibrationError
            It is the other reference.
        AcquisitionError
            It holds lines.
        """
        if isinstance(self.ours, LineContainer):
            raise AcquisitionError(f"a container of recorded lines is no {name}; give raw frames (BufferContainer)")
        return self.ours.reference(name, self.accepted) if isinstance(self.ours, StoredReference) else self.ours


def createRingBufferContainer(device: InstrumentDevice, count: int) -> BufferContainer:
    """Return a container that keeps the last `count` frames."""
    return BufferContainer(device, count, ring=True)


def createBufferContainerForRecordingContext(context: ProcessingContext, count: int) -> BufferContainer:
    """Return a container for up to `count` lines of a recording context."""
    recording = getattr(context, "recording", None)
    if recording is None:
        raise TypeError(f"a container for lines is made for a recording context, not for {context!r}")
    return BufferContainer.of(LineContainer(recording, count))
