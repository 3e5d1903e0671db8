"""Cubes in and out: measurement lists of ENVI files, exporting, and formats that need what this package knows.

The formats (ENVI, pictures, reports) are registered as entry points, so that `h5modules.exporting.export` and
``pymodaq-hsi export`` find them. Names are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi._lazy import lazy_names

if TYPE_CHECKING:
    from pymodaq_hsi.io.envi import ENVI
    from pymodaq_hsi.io.exporting import export
    from pymodaq_hsi.io.far import export_far
    from pymodaq_hsi.io.measurements import (
        Measurement,
        MeasurementList,
        load_measurement_list,
        save_measurement_list,
    )
    from pymodaq_hsi.io.picture import PNG
    from pymodaq_hsi.io.report import HTML

__all__ = [
    "ENVI",
    "HTML",
    "PNG",
    "Measurement",
    "MeasurementList",
    "export",
    "export_far",
    "load_measurement_list",
    "save_measurement_list",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "envi": ("ENVI",),
        "exporting": ("export",),
        "far": ("export_far",),
        "measurements": ("Measurement", "MeasurementList", "load_measurement_list", "save_measurement_list"),
        "picture": ("PNG",),
        "report": ("HTML",),
    },
)
