"""Recording cubes to files."""

from __future__ import annotations

from pymodaq_hsi.recording.cube_file import CubeFile
from pymodaq_hsi.recording.recorder import RecordingSummary, record_cube

__all__ = ["CubeFile", "RecordingSummary", "record_cube"]
