"""References, calibration, recording contexts."""

from __future__ import annotations

from pymodaq_hsi.processing.applying import PreviewContext, ProcessingContext
from pymodaq_hsi.processing.calibration import Validity
from pymodaq_hsi.processing.contexts import RecordingContext, RecordingResultInfo, ValueType
from pymodaq_hsi.processing.lines import LineContainer, create_buffer_container_for_recording_context
from pymodaq_hsi.processing.measuring import measure_reference
from pymodaq_hsi.processing.panel import Panel, read_panel
from pymodaq_hsi.processing.radiance import Radiometry, read_radiometry, write_radiometry
from pymodaq_hsi.processing.reference_files import export_reference, import_reference, read_reference
from pymodaq_hsi.processing.references import InstrumentParameters, Reference, ReferenceImportFlag
from pymodaq_hsi.processing.steps import Standardisation

__all__ = [
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
    "Validity",
    "ValueType",
    "create_buffer_container_for_recording_context",
    "export_reference",
    "import_reference",
    "measure_reference",
    "read_panel",
    "read_radiometry",
    "read_reference",
    "write_radiometry",
]
