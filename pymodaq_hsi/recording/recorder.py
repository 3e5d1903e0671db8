"""The loop that takes lines from a camera to a file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.errors import CalibrationError, OutputError
from pymodaq_hsi.recording.cube_file import CUBE_NODE, CubeFile, check_writable
from pymodaq_hsi.recording.interrupts import InterruptGate

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.devices import Buffer
    from pymodaq_hsi.processing import RecordingContext

__all__ = ["RecordingSummary", "record_cube"]

_SPARE = 64 * 2**20
DEFAULT_BUFFERS, MOST_BUFFERS = 100, 1000
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
    """

    path: Path
    wanted: int
    lines: int = 0
    dropped: int = 0
    saturated: int = 0
    seconds: float = 0.0
    complete: bool = False
    first_timestamp: float = 0.0

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
        By default those that the camera has set up, at least 100, and as many as 128 MiB hold up to 1000.
    timeout : float
        Seconds to wait for each line.
    title : str
        Of the scan, in the file.
    progress : callable
        Called with the summary when lines were written.

    Returns
    -------
    RecordingSummary

    Raises
    ------
    OutputExists, OutputError
        Before the camera is started.
    DeviceTimeout, DeviceLost, DriverError, OutputError
        In the middle; the file keeps what was recorded.
    """
    if lines < 1:
        raise CalibrationError(f"a recording of {lines} lines: give at least 1")
    path = Path(path)
    camera = context.device
    check_writable(path, overwrite=overwrite)
    _check_space(path, lines * (int(np.prod(context.shape)) * context.dtype.itemsize))
    if buffer_count is None:
        roomy = min(MOST_BUFFERS, BUFFER_BYTES // max(1, context.format.nbytes))
        buffer_count = max(camera.buffer_count, DEFAULT_BUFFERS, roomy)
    if camera.buffer_count < buffer_count:
        camera.setup_internal_buffers(buffer_count)
    summary = RecordingSummary(path, lines)
    with InterruptGate() as gate:
        cube = CubeFile(path, context, wanted=lines, title=title, overwrite=overwrite)
        try:
            with cube:
                _record(cube, context, summary, gate, buffer_count=buffer_count, timeout=timeout, progress=progress)
        finally:
            summary.lines = cube.lines
    return summary


def _record(
    cube: CubeFile,
    context: RecordingContext,
    summary: RecordingSummary,
    gate: InterruptGate,
    *,
    buffer_count: int,
    timeout: float,
    progress: Callable[[RecordingSummary], None],
) -> None:
    camera = context.device
    with camera.acquire(buffer_count) as acquisition:
        for number, buffer in enumerate(acquisition.buffers(summary.wanted, timeout), start=1):
            context.process(buffer, cube.place())
            with gate.closed():
                cube.add(buffer, saturated=context.saturated_count)
                summary.take(buffer, context.saturated_count)
                behind = camera.waiting > 0 and number < summary.wanted
                if cube.full or not behind:  # while lines wait, several are written at a time
                    cube.commit()
                    summary.lines = cube.lines
            if not cube.pending:
                progress(summary)
    summary.complete = True
    cube.finish(dropped=summary.dropped)


def _check_space(path: Path, needed: int) -> None:
    free = shutil.disk_usage(path.absolute().parent).free
    if needed + _SPARE > free:
        raise OutputError(
            f"{path} would need {needed / 1e9:.2f} GB, {path.absolute().parent} has {free / 1e9:.2f} GB free; "
            "record fewer lines, bin, or use another disk"
        )
