"""References, calibration, recording contexts."""

from __future__ import annotations

from pymodaq_hsi.processing.calibration import Validity
from pymodaq_hsi.processing.contexts import RecordingContext, RecordingResultInfo, ValueType
from pymodaq_hsi.processing.measuring import measure_reference
from pymodaq_hsi.processing.panel import Panel, read_panel
from pymodaq_hsi.processing.reference_files import export_reference, import_reference, read_reference
from pymodaq_hsi.processing.references import InstrumentParameters, Reference, ReferenceImportFlag

__all__ = [
    "InstrumentParameters",
    "Panel",
    "RecordingContext",
    "RecordingResultInfo",
    "Reference",
    "ReferenceImportFlag",
    "Validity",
    "ValueType",
    "export_reference",
    "import_reference",
    "measure_reference",
    "read_panel",
    "read_reference",
]
