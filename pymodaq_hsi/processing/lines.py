"""Standardised lines kept in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import AcquisitionError, FrameGeometryError

if TYPE_CHECKING:
    from pymodaq_hsi.processing.contexts import RecordingContext

__all__ = ["LineContainer", "create_buffer_container_for_recording_context"]


class LineContainer:
    """Copies of a recording context's lines: a cube that grows up to its capacity.

    Parameters
    ----------
    context : RecordingContext
        Says what the lines look like.
    count : int
        How many fit in.
    ring : bool
        When full, forget the oldest instead of refusing the next.
    """

    def __init__(self, context: RecordingContext, count: int, *, ring: bool = False) -> None:
        if count < 1:
            raise AcquisitionError(f"a container for {count} lines holds nothing; give at least 1")
        self.context = context
        self.ring = ring
        self._lines = np.empty((count, *context.shape), context.dtype)
        self._added = 0

    def __len__(self) -> int:
        return self.count

    @property
    def capacity(self) -> int:
        """How many lines fit in."""
        return len(self._lines)

    @property
    def count(self) -> int:
        """How many lines are in."""
        return min(self._added, self.capacity)

    @property
    def full(self) -> bool:
        """Whether the next would be refused (or forget the oldest)."""
        return self._added >= self.capacity

    @property
    def data(self) -> npt.NDArray[Any]:
        """The cube, ``(lines, pixels, bands)``, in the order in which the lines came."""
        if self._added <= self.capacity:
            return self._lines[: self._added]
        return np.roll(self._lines, -(self._added % self.capacity), axis=0)

    @property
    def wavelengths(self) -> npt.NDArray[np.float64]:
        """Nm, ascending, ``(bands,)``."""
        return self.context.wavelengths

    def add_last_result(self, context: RecordingContext | None = None) -> None:
        """Copy in what the context processed last.

        Parameters
        ----------
        context : RecordingContext, optional
            Another one of the same kind of lines; its own by default.

        Raises
        ------
        AcquisitionError
            Nothing was processed yet, or the container is full.
        FrameGeometryError
            The line is not of the container's shape and type.
        """
        source = context or self.context
        if source.last_line is None:
            raise AcquisitionError("the context has processed nothing yet; process a buffer first")
        self.add(source.last_line)

    def add(self, line: npt.NDArray[Any]) -> None:
        """Copy a line in, ``(pixels, bands)``.

        Raises
        ------
        AcquisitionError, FrameGeometryError
            As `add_last_result`.
        """
        if self.full and not self.ring:
            raise AcquisitionError(f"the container holds {self.capacity} lines already; make a larger one, or a ring")
        if line.shape != self._lines.shape[1:] or line.dtype != self._lines.dtype:
            raise FrameGeometryError(
                f"a line has shape {line.shape} and type {line.dtype}, the container takes {self._lines.shape[1:]} and "
                f"{self._lines.dtype}; make a new container for the new context"
            )
        self._lines[self._added % self.capacity] = line
        self._added += 1


def create_buffer_container_for_recording_context(context: RecordingContext, count: int) -> LineContainer:
    """Return a container for up to `count` lines of a context."""
    return LineContainer(context, count)
