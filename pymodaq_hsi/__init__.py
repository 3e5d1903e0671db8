"""Hyperspectral acquisition: devices, references, calibration, recording.

>>> import pymodaq_hsi as hsi
>>> found = hsi.enumerate_devices(timeout=5.0)  # doctest: +SKIP
>>> with hsi.connect(found.device("VirtualHyperCamera")) as group:  # doctest: +SKIP
...     camera = group.primary_device()

Names are imported when they are first used: a driver's process, which imports this package too, loads no more than
`pymodaq_hsi.drivers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi._lazy import lazy_names

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pymodaq_hsi.devices import (
        Acquisition,
        AcquisitionParameters,
        ActuatorDevice,
        Buffer,
        BufferContainer,
        ConnectionSettings,
        Device,
        DeviceGroup,
        EnumerationResult,
        InstrumentDevice,
        LightControlDevice,
        connect,
        enumerate_devices,
        force_lights_off,
        installed_plugins,
    )
    from pymodaq_hsi.drivers import DriverState, DriverType, LightState, ParameterListType, ReferenceName
    from pymodaq_hsi.errors import HsiError, ReferenceMismatch
    from pymodaq_hsi.io import load_measurement_list, save_measurement_list
    from pymodaq_hsi.processing import (
        InstrumentParameters,
        LineContainer,
        Panel,
        PreviewContext,
        ProcessingContext,
        Radiometry,
        RecordingContext,
        Reference,
        ReferenceImportFlag,
        Standardisation,
        Validity,
        ValueType,
        create_buffer_container_for_recording_context,
        export_reference,
        import_reference,
        measure_reference,
        read_panel,
        read_radiometry,
        read_reference,
        write_radiometry,
    )
    from pymodaq_hsi.recording import CubeFile, RecordingSummary, record_cube

__all__ = [
    "Acquisition",
    "AcquisitionParameters",
    "ActuatorDevice",
    "Buffer",
    "BufferContainer",
    "ConnectionSettings",
    "CubeFile",
    "Device",
    "DeviceGroup",
    "DriverState",
    "DriverType",
    "EnumerationResult",
    "HsiError",
    "InstrumentDevice",
    "InstrumentParameters",
    "LightControlDevice",
    "LightState",
    "LineContainer",
    "Panel",
    "ParameterListType",
    "PreviewContext",
    "ProcessingContext",
    "Radiometry",
    "RecordingContext",
    "RecordingSummary",
    "Reference",
    "ReferenceImportFlag",
    "ReferenceMismatch",
    "ReferenceName",
    "Standardisation",
    "Validity",
    "ValueType",
    "connect",
    "create_buffer_container_for_recording_context",
    "enumerate_devices",
    "export_reference",
    "force_lights_off",
    "import_reference",
    "installed_plugins",
    "load_measurement_list",
    "measure_reference",
    "read_panel",
    "read_radiometry",
    "read_reference",
    "record_cube",
    "save_measurement_list",
    "write_radiometry",
]


__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "devices": (
            "Acquisition",
            "AcquisitionParameters",
            "ActuatorDevice",
            "Buffer",
            "BufferContainer",
            "ConnectionSettings",
            "Device",
            "DeviceGroup",
            "EnumerationResult",
            "InstrumentDevice",
            "LightControlDevice",
            "connect",
            "enumerate_devices",
            "force_lights_off",
            "installed_plugins",
        ),
        "drivers": ("DriverState", "DriverType", "LightState", "ParameterListType", "ReferenceName"),
        "errors": ("HsiError", "ReferenceMismatch"),
        "io": ("load_measurement_list", "save_measurement_list"),
        "processing": (
            "InstrumentParameters",
            "LineContainer",
            "Panel",
            "PreviewContext",
            "ProcessingContext",
            "Radiometry",
            "RecordingContext",
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
        ),
        "recording": ("CubeFile", "RecordingSummary", "record_cube"),
    },
)
