"""Standardised lines kept in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices.container import Container
from pymodaq_hsi.errors import AcquisitionError, FrameGeometryError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pymodaq_hsi.processing.contexts import RecordingContext

__all__ = ["LineContainer", "create_buffer_container_for_recording_context"]


class LineContainer(Container):
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
        super().__init__(count, context.shape, context.dtype, ring=ring, things="lines")
        self.context = context

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
        self._check_room()
        if line.shape != self._items.shape[1:] or line.dtype != self._items.dtype:
            raise FrameGeometryError(
                f"a line has shape {line.shape} and type {line.dtype}, the container takes {self._items.shape[1:]} and "
                f"{self._items.dtype}; make a new container for the new context"
            )
        self._put(line)


def create_buffer_container_for_recording_context(context: RecordingContext, count: int) -> LineContainer:
    """Return a container for up to `count` lines of a context."""
    return LineContainer(context, count)
