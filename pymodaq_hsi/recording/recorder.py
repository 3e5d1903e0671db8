"""The loop that takes lines from a camera to a file."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.errors import AcquisitionError, CalibrationError, OutputError
from pymodaq_hsi.processing import ValueType
from pymodaq_hsi.recording.cube_file import CUBE_NODE, CubeFile, check_writable
from pymodaq_hsi.recording.interrupts import InterruptGate

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.devices import Buffer, InstrumentDevice
    from pymodaq_hsi.processing import RecordingContext

__all__ = ["RecordingSummary", "check_space", "record_cube", "set_up_buffers"]

_SPARE = 64 * 2**20
FEWEST_BUFFERS, DEFAULT_BUFFERS, MOST_BUFFERS = 5, 100, 1000
BUFFER_BYTES = 128 * 2**20


@dataclass
class RecordingSummary:
    """What became of a recording; kept up to date while it runs.

    Attributes
    ----------
    path : Path
    lines : int
        In the file.
    wanted : int
    dropped : int
        Lines that the camera delivered and nobody could take; their numbers are missing in the file.
    saturated : int
        Samples that were saturated.
    seconds : float
        From the first line to the last.
    complete : bool
    first_timestamp : float
        Of the first line, POSIX s.
    line_shape : tuple of int
        (pixels, bands).
    value_type : ValueType
    """

    path: Path
    wanted: int
    lines: int = 0
    dropped: int = 0
    saturated: int = 0
    seconds: float = 0.0
    complete: bool = False
    first_timestamp: float = 0.0
    line_shape: tuple[int, int] = (0, 0)
    value_type: ValueType = ValueType.Intensity

    @property
    def node(self) -> str:
        """Where in the file the cube is."""
        return CUBE_NODE

    @property
    def rate(self) -> float:
        """Lines per second."""
        return (self.lines - 1) / self.seconds if self.lines > 1 and self.seconds > 0 else 0.0

    def take(self, buffer: Buffer, saturated: int) -> None:
        """Count a line in; `lines` follows when it is in the file."""
        self.first_timestamp = self.first_timestamp or buffer.timestamp
        self.seconds = buffer.timestamp - self.first_timestamp
        self.dropped += buffer.dropped_before
        self.saturated += saturated

    def to_message(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "file": str(self.path.absolute()),
            "lines": self.lines,
            "wanted": self.wanted,
            "dropped": self.dropped,
            "saturated_samples": self.saturated,
            "seconds": self.seconds,
            "lines_per_second": self.rate,
            "complete": self.complete,
            "node": self.node,
            "shape": [self.lines, *self.line_shape],
            "value": self.value_type.name,
        }


def record_cube(
    context: RecordingContext,
    path: str | Path,
    lines: int,
    *,
    overwrite: bool = False,
    buffer_count: int | None = None,
    timeout: float = 5.0,
    title: str = "",
    plan: str = "",
    progress: Callable[[RecordingSummary], None] = lambda _: None,
) -> RecordingSummary:
    """Record lines of a camera into a file.

    Whatever ends the recording early (Ctrl-C, a lost camera, a full disk), the lines up to there are in the file, which
    opens; it says that it is not complete, and why.

    Parameters
    ----------
    context : RecordingContext
    path : str or Path
        Of a new HDF5 file.
    lines : int
    overwrite : bool
        Replace a file that is there.
    buffer_count : int, optional
        By default those that the camera has set up, at least 100, and as many as 128 MiB hold up to 1000;
        fewer where the system has less shared memory.
    timeout : float
        Seconds to wait for each line.
    title : str
        Of the scan, in the file.
    plan : str
        What the recording is planned as, JSON, to be repeated from the file.
    progress : callable
        Called with the summary when lines were written.

    Returns
    -------
    RecordingSummary

    Raises
    ------
    OutputExists, OutputError, ReferenceMismatch, CalibrationError
        Before the camera is started: the file cannot be written, or settings have changed since the context was made.
    DeviceTimeout, DeviceLost, DriverError, OutputError
        In the middle; the file keeps what was recorded.
    """
    if lines < 1:
        raise CalibrationError(f"a recording of {lines} lines: give at least 1")
    path = Path(path)
    check_writable(path, overwrite=overwrite)
    context.check_settings()
    check_space(path, lines * int(np.prod(context.shape)) * context.dtype.itemsize)
    summary = RecordingSummary(path, lines, line_shape=context.shape, value_type=context.value_type)
    cube: CubeFile | None = None
    buffers = set_up_buffers(context.device, context.format.nbytes) if buffer_count is None else buffer_count
    try:
        with InterruptGate() as gate, context.device.acquire(buffers) as acquisition, ExitStack() as stack:
            for number, buffer in enumerate(acquisition.buffers(lines, timeout), start=1):
                if cube is None:  # nothing is written, and nothing overwritten, before there is a line
                    cube = CubeFile(path, context, wanted=lines, title=title, overwrite=overwrite, plan=plan)
                    stack.enter_context(cube)
                context.process(buffer, cube.place())
                with gate.closed():
                    cube.add(buffer, saturated=context.saturated_count)
                    summary.take(buffer, context.saturated_count)
                    behind = context.device.waiting > 0 and number < lines
                    if cube.full or not behind:  # while lines wait, several are written at a time
                        cube.commit()
                        summary.lines = cube.lines
                if not cube.pending:
                    progress(summary)
            if cube is not None:
                summary.complete = True
                cube.finish(dropped=summary.dropped)
    finally:
        if cube is not None:
            summary.lines = cube.lines  # closing it may have written lines that waited
    return summary


def check_space(path: Path, needed: int) -> None:
    """Refuse a recording that its disk has no room for.

    Parameters
    ----------
    path : Path
        Of the file.
    needed : int
        Bytes of its data.

    Raises
    ------
    OutputError
        With what is needed and what is free.
    """
    folder = path.absolute().parent
    free = shutil.disk_usage(folder).free
    if needed + _SPARE > free:
        raise OutputError(
            f"{path} needs {needed / 1e6:,.0f} MB, and {_SPARE / 1e6:.0f} MB are left free for the system; "
            f"{folder} has {free / 1e6:,.0f} MB free; record fewer lines, bin, or use another disk"
        )


def set_up_buffers(camera: InstrumentDevice, frame_bytes: int) -> int:
    """Set up as many buffers as are good for a recording, or as many as the shared memory holds; return how many.

    Parameters
    ----------
    camera : InstrumentDevice
    frame_bytes : int
        Of one frame as the camera delivers it.
    """
    count = max(camera.buffer_count, DEFAULT_BUFFERS, min(MOST_BUFFERS, BUFFER_BYTES // max(1, frame_bytes)))
    while camera.buffer_count < count:
        try:
            camera.setup_internal_buffers(count)
        except AcquisitionError:
            if count <= FEWEST_BUFFERS:
                raise
            count = max(FEWEST_BUFFERS, camera.buffer_count, count // 2)
    return count
