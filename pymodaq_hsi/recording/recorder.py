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

    from pymodaq_hsi.processing import RecordingContext

__all__ = ["RecordingSummary", "record_cube"]

_SPARE = 64 * 2**20
DEFAULT_BUFFERS = 100


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
    """

    path: Path
    wanted: int
    lines: int = 0
    dropped: int = 0
    saturated: int = 0
    seconds: float = 0.0
    complete: bool = False

    @property
    def node(self) -> str:
        """Where in the file the cube is."""
        return CUBE_NODE

    @property
    def rate(self) -> float:
        """Lines per second."""
        return (self.lines - 1) / self.seconds if self.lines > 1 and self.seconds > 0 else 0.0

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
        By default those that the camera has set up, at least 100.
    timeout : float
        Seconds to wait for each line.
    title : str
        Of the scan, in the file.
    progress : callable
        Called with the summary after each line.

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
        buffer_count = max(camera.buffer_count, DEFAULT_BUFFERS)
    if camera.buffer_count < buffer_count:
        camera.setup_internal_buffers(buffer_count)
    summary = RecordingSummary(path, lines)
    out = np.empty(context.shape, context.dtype)
    first = 0.0
    with InterruptGate() as gate, CubeFile(path, context, wanted=lines, title=title, overwrite=overwrite) as cube:
        with camera.acquire(buffer_count) as acquisition:
            for buffer in acquisition.buffers(lines, timeout):
                line = context.process(buffer, out)
                with gate.closed():
                    cube.append(line, buffer, saturated=context.saturated_count)
                    first = first or buffer.timestamp
                    summary.lines += 1
                    summary.dropped += buffer.dropped_before
                    summary.saturated += context.saturated_count
                    summary.seconds = buffer.timestamp - first
                progress(summary)
        summary.complete = True
        cube.finish(dropped=summary.dropped)
    return summary


def _check_space(path: Path, needed: int) -> None:
    free = shutil.disk_usage(path.absolute().parent).free
    if needed + _SPARE > free:
        raise OutputError(
            f"{path} would need {needed / 1e9:.2f} GB, {path.absolute().parent} has {free / 1e9:.2f} GB free; "
            "record fewer lines, bin, or use another disk"
        )
