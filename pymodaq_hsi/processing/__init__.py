"""References, calibration, recording contexts."""

from __future__ import annotations

from pymodaq_hsi.processing.calibration import Validity
from pymodaq_hsi.processing.contexts import RecordingContext, RecordingResultInfo, ValueType
from pymodaq_hsi.processing.references import InstrumentParameters, Reference, ReferenceImportFlag, measure_reference

__all__ = [
    "InstrumentParameters",
    "RecordingContext",
    "RecordingResultInfo",
    "Reference",
    "ReferenceImportFlag",
    "Validity",
    "ValueType",
    "measure_reference",
]
