"""The errors of pymodaq_hsi, one tree.

::

    HsiError (RuntimeError)
    ├── PluginError                    a plugin could not be loaded
    │   └── DriverNotFound (LookupError)
    ├── DeviceError                    carries .device
    │   ├── DeviceNotFound (LookupError)
    │   ├── ConnectionFailed (ConnectionError)
    │   ├── DeviceTimeout (TimeoutError)
    │   ├── DeviceLost (ConnectionError)
    │   │   └── DriverCrashed          its process is gone; .exit_code, .last_words
    │   ├── DriverError                the driver raised; .driver_traceback
    │   ├── ParameterError (ValueError)
    │   │   └── UnknownParameter (KeyError)
    │   ├── AcquisitionError           asked for at the wrong time, or with buffers that are not there
    │   ├── FrameGeometryError (ValueError)
    │   ├── PositionMissed             a scan's target is not where it was to be
    │   └── BufferReturned (ValueError)  a view was used after its buffer had been given back
    ├── CalibrationError (ValueError)
    │   ├── ReferenceMismatch          taken under other settings; .differences
    │   ├── ReferenceMissing
    │   ├── PanelNotFound (FileNotFoundError)
    │   ├── RadiometryNotFound (FileNotFoundError)
    │   └── ReferenceFileError         not a file with a reference, or a damaged one; .path
    │       └── ReferenceFileNotFound (FileNotFoundError)
    ├── StepError (ValueError)         a step of standardisation that is none, or does not fit the lines it is for
    ├── ModelError (ValueError)        a model does not fit what it is to be applied to, or its file is not one
    ├── CubeError (ValueError)         a stored cube that cannot be read, or is not what was asked for
    ├── ClusterError                   computers that work together, or their scheduler, cannot be used
    ├── EnviError (ValueError)         an ENVI header or its data; .path
    │   └── EnviNotFound (FileNotFoundError)  no header, or no data beside it
    ├── ScanNotFound (LookupError)     no such scan in a file, or none with a plan
    ├── PlanInvalid (ValueError)       a plan that cannot be carried out; .problems lists all that is wrong with it
    ├── PositionError (ValueError)     named positions that cannot be read, or not kept under that name
    │   └── PositionNotFound (LookupError)
    ├── PresetError (ValueError)       a preset that cannot be read, or not kept under that name
    │   └── PresetNotFound (LookupError)
    ├── StationError                   a station cannot do what it was asked for now
    │   ├── CommandInvalid (ValueError)  no such command, or not with these arguments
    │   ├── ControlHeld (PermissionError)  somebody else has control; .holder
    │   ├── StationLost (ConnectionError)  the station, or the connection to it, is gone
    │   ├── StationNotFound (LookupError)
    │   └── StationTimeout (TimeoutError)
    ├── StorageError (ValueError)      a name, shape or axes that a DataStorage cannot use
    ├── OutputExists (FileExistsError)
    └── OutputError (OSError)          the file could not be written

Every message says what was tried, on what, the value seen, the value expected and what to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "AcquisitionError",
    "BufferReturned",
    "CalibrationError",
    "ClusterError",
    "CommandInvalid",
    "ConnectionFailed",
    "ControlHeld",
    "CubeError",
    "DeviceError",
    "DeviceLost",
    "DeviceNotFound",
    "DeviceTimeout",
    "DriverCrashed",
    "DriverError",
    "DriverNotFound",
    "EnviError",
    "EnviNotFound",
    "FrameGeometryError",
    "HsiError",
    "ModelError",
    "OutputError",
    "OutputExists",
    "PanelNotFound",
    "ParameterError",
    "PluginError",
    "PositionMissed",
    "PresetError",
    "PresetNotFound",
    "RadiometryNotFound",
    "ReferenceFileError",
    "ReferenceFileNotFound",
    "ReferenceMismatch",
    "ReferenceMissing",
    "ScanNotFound",
    "StationError",
    "StationLost",
    "StationNotFound",
    "StationTimeout",
    "StepError",
    "StorageError",
    "UnknownParameter",
]


class HsiError(RuntimeError):
    """Root of all errors that this package raises on purpose."""

    def __str__(self) -> str:  # KeyError would show its message as a repr
        return str(self.args[0]) if self.args else ""


class PluginError(HsiError):
    """A plugin could not be loaded; `plugin` is its entry point's name."""

    def __init__(self, message: str, *, plugin: str = "") -> None:
        super().__init__(message)
        self.plugin = plugin


class DriverNotFound(PluginError, LookupError):
    """No installed plugin offers the driver that was asked for."""


class DeviceError(HsiError):
    """Something about one device; `device` is its name."""

    def __init__(self, message: str, *, device: str = "") -> None:
        super().__init__(message)
        self.device = device


class DeviceNotFound(DeviceError, LookupError):
    """Enumeration did not find the device that was asked for."""


class ConnectionFailed(DeviceError, ConnectionError):
    """The device could not be connected; the message carries the driver's reason."""


class DeviceTimeout(DeviceError, TimeoutError):
    """The device did not answer in time; the message says what was awaited and how long."""


class DeviceLost(DeviceError, ConnectionError):
    """The device is no longer connected."""


class DriverCrashed(DeviceLost):
    """The driver's process ended by itself.

    Attributes
    ----------
    exit_code : int or None
        As `subprocess.Popen.returncode`: negative for a signal.
    last_words : str
        The last lines that the driver wrote to stdout or stderr.
    """

    def __init__(self, message: str, *, device: str = "", exit_code: int | None = None, last_words: str = "") -> None:
        super().__init__(message, device=device)
        self.exit_code = exit_code
        self.last_words = last_words


class DriverError(DeviceError):
    """The driver raised an exception; `driver_traceback` is its text."""

    def __init__(self, message: str, *, device: str = "", driver_traceback: str = "") -> None:
        super().__init__(message, device=device)
        self.driver_traceback = driver_traceback


class ParameterError(DeviceError, ValueError):
    """A value that a parameter does not take, or an access that it does not allow."""


class UnknownParameter(ParameterError, KeyError):
    """A name that the device has no parameter for."""


class AcquisitionError(DeviceError):
    """An acquisition was asked for something that it cannot do in its state."""


class FrameGeometryError(DeviceError, ValueError):
    """A frame's shape or sample type is not the one that was announced; the message has both."""


class PositionMissed(DeviceError):
    """A target of a scan is farther from where it was to be than the plan tolerates."""


class BufferReturned(DeviceError, ValueError):
    """A buffer, or a view of its data, was used after it had been given back."""


class CalibrationError(HsiError, ValueError):
    """References and data cannot be brought together."""


class ReferenceMismatch(CalibrationError):
    """A reference was taken under other settings.

    Attributes
    ----------
    differences : dict of str to tuple
        Setting name to (value stored with the reference, value of the device now).
    """

    def __init__(self, message: str, differences: dict[str, tuple[object, object]] | None = None) -> None:
        super().__init__(message)
        self.differences = differences or {}


class ReferenceMissing(CalibrationError):
    """Reflectance was asked for without a white or a dark reference."""


class PanelNotFound(CalibrationError, FileNotFoundError):
    """There is no file with a panel's reflectivity where one was asked for."""


class RadiometryNotFound(CalibrationError, FileNotFoundError):
    """There is no file with a radiometric calibration where one was asked for."""


class ReferenceFileError(CalibrationError):
    """A file that holds no reference, or a damaged one; `path` is the file."""

    def __init__(self, message: str, *, path: object = "") -> None:
        super().__init__(message)
        self.path = str(path)


class ReferenceFileNotFound(ReferenceFileError, FileNotFoundError):
    """There is no file where a reference was asked for."""


class StepError(HsiError, ValueError):
    """A step of standardisation makes no sense, or does not fit the lines that it is to be applied to."""


class ModelError(HsiError, ValueError):
    """A model and what it is to be applied to do not fit, or its file cannot be used."""


class CubeError(HsiError, ValueError):
    """A stored cube that cannot be read, or that cannot be used for what was asked."""


class ClusterError(HsiError):
    """A Dask cluster that cannot be reached, has no workers left, or whose workers are not fit for the work."""


class EnviError(HsiError, ValueError):
    """An ENVI header that cannot be understood, or that contradicts its data; `path` is the file."""

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class EnviNotFound(EnviError, FileNotFoundError):
    """No ENVI header where one was asked for, or no data file beside it."""


class PlanInvalid(HsiError, ValueError):
    """A plan that cannot be understood or carried out; nothing has been moved or set.

    Attributes
    ----------
    problems : list of str
        All that is wrong with it, each in words, with the axis or field and its value.
    """

    def __init__(self, problems: Sequence[str], plan: str = "") -> None:
        self.problems = list(problems)
        self.plan = plan
        named = f"the plan {plan}".rstrip()
        listed = "; ".join(self.problems) if len(self.problems) < 2 else "".join(f"\n- {p}" for p in self.problems)
        super().__init__(f"{named} cannot be carried out: {listed}")


class PositionError(HsiError, ValueError):
    """Named positions that cannot be read or written, or a name or value that cannot be kept."""


class PositionNotFound(PositionError, LookupError):
    """No position has that name; the message lists those that there are."""


class PresetError(HsiError, ValueError):
    """A preset that cannot be read, or a name that none can have."""


class PresetNotFound(PresetError, LookupError):
    """No preset has that name; the message lists those that there are."""


class OutputExists(HsiError, FileExistsError):
    """The output is there already and overwriting was not asked for."""


class OutputError(HsiError, OSError):
    """The output could not be written; what was accepted before is in the file."""


class StorageError(HsiError, ValueError):
    """A name, a shape or axes that a DataStorage cannot use; nothing was changed."""


class ScanNotFound(HsiError, LookupError):
    """A file has no such scan, or none that has a plan."""


class StationError(HsiError):
    """A station cannot do what it was asked for, in the state that it is in."""


class CommandInvalid(StationError, ValueError):
    """A command that a station does not know, or arguments that it does not take."""


class ControlHeld(StationError, PermissionError):
    """Another client has control of the station; `holder` says who, where and since when."""

    def __init__(self, message: str, *, holder: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.holder = holder or {}


class StationLost(StationError, ConnectionError):
    """The station has ended, or the connection to it."""


class StationNotFound(StationError, LookupError):
    """No station of that name is running here."""


class StationTimeout(StationError, TimeoutError):
    """A station did not answer, or what was waited for did not happen, in time."""
