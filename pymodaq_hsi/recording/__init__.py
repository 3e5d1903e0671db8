"""Recording cubes to files."""

from __future__ import annotations

from pymodaq_hsi.recording.cube_file import CubeFile, check_writable
from pymodaq_hsi.recording.recorder import RecordingSummary, check_space, record_cube, set_up_buffers

__all__ = ["CubeFile", "RecordingSummary", "check_space", "check_writable", "record_cube", "set_up_buffers"]
