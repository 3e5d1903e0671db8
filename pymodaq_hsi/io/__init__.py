"""Cubes to ENVI, pictures, and reports: formats of `h5modules.exporting` that need what this package knows.

They are registered as entry points, so that `h5modules.exporting.export` and ``pymodaq-hsi export`` find them.
"""

from __future__ import annotations

from pymodaq_hsi.io.envi import ENVI
from pymodaq_hsi.io.far import export_far
from pymodaq_hsi.io.picture import PNG
from pymodaq_hsi.io.report import HTML

__all__ = ["ENVI", "HTML", "PNG", "export_far"]
