"""The names of the fluxEngine documents over our devices and contexts.

>>> import pymodaq_hsi.compat.fluxengine as fluxEngine
>>> h = fluxEngine.Handle()
>>> result = fluxEngine.enumerateDevices(h, -1, 4000)  # doctest: +SKIP

Names are in camelCase and timeouts in milliseconds, as in those documents; the rest is ours: errors are those of
`pymodaq_hsi.errors` (`Error` is their root), drivers are installed packages, models are ONNX files or subclasses of
`pymodaq_hsi.processing.models.Model`.

Where the documents are damaged or silent, several spellings work:

==============================================  =============================================================
``device.displayName``                          also ``device.displayName()``; likewise ``container.count``,
                                                ``.capacity`` and ``measurements.count``
``settings.timeout``                            milliseconds; also ``DeviceGroup(h, settings, timeout)``
``container.add(buffer)``                       also ``addBuffer``, ``append``
``recordingData.addLastResult(ctx)``            also ``addLastResult()``, ``add(ctx)``
``ProcessingContext(model, type, device=...)``  positions, or ``device``/``instrument``/``camera``,
                                                ``instrumentParameters``/``parameters``, ``valueType``
``measurements.data(index)``                    index 0 by default; ``hasReference`` and ``referenceData`` take the
                                                name, or index and name
``light.setState(state)``                       also ``light.state = state``; ``LightControlDevice.ForcedOff``,
                                                ``LightControlDevice.State.ForcedOff``
==============================================  =============================================================
"""

from __future__ import annotations

import pymodaq_hsi
from pymodaq_hsi.compat.fluxengine.buffers import (
    Buffer,
    BufferContainer,
    createBufferContainerForRecordingContext,
    createRingBufferContainer,
)
from pymodaq_hsi.compat.fluxengine.contexts import HSIRecordingResultInfo, InstrumentParameters, ProcessingContext
from pymodaq_hsi.compat.fluxengine.devices import (
    ActuatorDevice,
    Device,
    DeviceGroup,
    InstrumentDevice,
    LightControlDevice,
)
from pymodaq_hsi.compat.fluxengine.enumeration import (
    ConnectionSettings,
    EnumeratedDevice,
    EnumerationResult,
    Handle,
    enumerateDevices,
)
from pymodaq_hsi.compat.fluxengine.measurements import (
    MeasurementList,
    createMeasurementList,
    loadMeasurementList,
    saveMeasurementList,
)
from pymodaq_hsi.compat.fluxengine.models import Model
from pymodaq_hsi.compat.fluxengine.parameters import EnumerationEntry, Parameter, ParameterInfo
from pymodaq_hsi.compat.fluxengine.references import exportReference, importReference
from pymodaq_hsi.devices import EnumeratedDriver, EnumerationMessage
from pymodaq_hsi.drivers import DriverState, DriverType
from pymodaq_hsi.errors import (
    AcquisitionError,
    BufferReturned,
    CalibrationError,
    ConnectionFailed,
    DeviceError,
    DeviceLost,
    DeviceNotFound,
    DeviceTimeout,
    DriverCrashed,
    DriverError,
    DriverNotFound,
    EnviError,
    EnviNotFound,
    FrameGeometryError,
    ModelError,
    OutputError,
    ParameterError,
    PluginError,
    ReferenceFileError,
    ReferenceFileNotFound,
    ReferenceMismatch,
    ReferenceMissing,
    UnknownParameter,
)
from pymodaq_hsi.errors import HsiError as Error
from pymodaq_hsi.processing import ReferenceImportFlag, ValueType

__all__ = [
    "AcquisitionError",
    "ActuatorDevice",
    "Buffer",
    "BufferContainer",
    "BufferReturned",
    "CalibrationError",
    "ConnectionFailed",
    "ConnectionSettings",
    "Device",
    "DeviceError",
    "DeviceGroup",
    "DeviceLost",
    "DeviceNotFound",
    "DeviceTimeout",
    "DriverCrashed",
    "DriverError",
    "DriverNotFound",
    "DriverState",
    "DriverType",
    "EnumeratedDevice",
    "EnumeratedDriver",
    "EnumerationEntry",
    "EnumerationMessage",
    "EnumerationResult",
    "EnviError",
    "EnviNotFound",
    "Error",
    "FrameGeometryError",
    "HSIRecordingResultInfo",
    "Handle",
    "InstrumentDevice",
    "InstrumentParameters",
    "LightControlDevice",
    "MeasurementList",
    "Model",
    "ModelError",
    "OutputError",
    "Parameter",
    "ParameterError",
    "ParameterInfo",
    "PluginError",
    "ProcessingContext",
    "ReferenceFileError",
    "ReferenceFileNotFound",
    "ReferenceImportFlag",
    "ReferenceMismatch",
    "ReferenceMissing",
    "UnknownParameter",
    "ValueType",
    "createBufferContainerForRecordingContext",
    "createMeasurementList",
    "createRingBufferContainer",
    "enumerateDevices",
    "exportReference",
    "importReference",
    "loadMeasurementList",
    "saveMeasurementList",
    "versionMajor",
    "versionMinor",
    "versionString",
]


def versionString() -> str:
    """Return the version of pymodaq_hsi."""
    return pymodaq_hsi.__version__


def versionMajor() -> int:
    """Return its first number."""
    return int(pymodaq_hsi.__version__.split(".")[0])


def versionMinor() -> int:
    """Return its second number."""
    return int(pymodaq_hsi.__version__.split(".")[1])
