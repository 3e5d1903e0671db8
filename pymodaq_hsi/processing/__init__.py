"""References, calibration, recording contexts; stored cubes calibrated.

Names are imported when they are first used: whoever reads a reference loads no cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi._lazy import lazy_names

if TYPE_CHECKING:
    from pymodaq_hsi.processing.applying import PreviewContext, ProcessingContext
    from pymodaq_hsi.processing.calibrating import Calibrated, calibrate_cube
    from pymodaq_hsi.processing.calibration import Validity
    from pymodaq_hsi.processing.contexts import RecordingContext, RecordingResultInfo, ValueType
    from pymodaq_hsi.processing.cube_calibration import CubeCalibration
    from pymodaq_hsi.processing.lines import LineContainer, create_buffer_container_for_recording_context
    from pymodaq_hsi.processing.measuring import measure_reference
    from pymodaq_hsi.processing.panel import Panel, read_panel
    from pymodaq_hsi.processing.radiance import Radiometry, read_radiometry, write_radiometry
    from pymodaq_hsi.processing.reference_files import export_reference, import_reference, read_reference
    from pymodaq_hsi.processing.references import InstrumentParameters, Reference, ReferenceImportFlag
    from pymodaq_hsi.processing.steps import Standardisation
    from pymodaq_hsi.processing.stored_cubes import StoredCube, open_cube

__all__ = [
    "Calibrated",
    "CubeCalibration",
    "InstrumentParameters",
    "LineContainer",
    "Panel",
    "PreviewContext",
    "ProcessingContext",
    "Radiometry",
    "RecordingContext",
    "RecordingResultInfo",
    "Reference",
    "ReferenceImportFlag",
    "Standardisation",
    "StoredCube",
    "Validity",
    "ValueType",
    "calibrate_cube",
    "create_buffer_container_for_recording_context",
    "export_reference",
    "import_reference",
    "measure_reference",
    "open_cube",
    "read_panel",
    "read_radiometry",
    "read_reference",
    "write_radiometry",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "applying": (
            "PreviewContext",
            "ProcessingContext",
        ),
        "calibrating": ("Calibrated", "calibrate_cube"),
        "cube_calibration": ("CubeCalibration",),
        "calibration": ("Validity",),
        "contexts": (
            "RecordingContext",
            "RecordingResultInfo",
            "ValueType",
        ),
        "lines": (
            "LineContainer",
            "create_buffer_container_for_recording_context",
        ),
        "measuring": ("measure_reference",),
        "panel": (
            "Panel",
            "read_panel",
        ),
        "radiance": (
            "Radiometry",
            "read_radiometry",
            "write_radiometry",
        ),
        "reference_files": (
            "export_reference",
            "import_reference",
            "read_reference",
        ),
        "references": (
            "InstrumentParameters",
            "Reference",
            "ReferenceImportFlag",
        ),
        "steps": ("Standardisation",),
        "stored_cubes": (
            "StoredCube",
            "open_cube",
        ),
    },
)
