"""What plans of every kind are made of: devices, detectors, actions, output."""

from __future__ import annotations

import string
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from pymodaq_hsi.processing.steps import Corrections, Standardisation
from pymodaq_hsi.scans._model import Count, DeviceName, Number, ParameterValue, Part, Seconds, Target
from pymodaq_hsi.scans._names import file_name, is_text

__all__ = [
    "Action",
    "Detector",
    "DeviceChoice",
    "Execute",
    "LightsOff",
    "Move",
    "Output",
    "SetParameter",
    "Wait",
]

_PLACES = frozenset({"name", "number", "date", "time"})


class DeviceChoice(Part):
    """Which device a name in the plan stands for, and how it is connected.

    Attributes
    ----------
    driver : str
        Name of the driver: any device that it finds, if there is nothing more.
    identity : str
        Driver and serial number as `Device.identity` says them, for one device and no other.
    connection : dict
        Connection parameters.
    parameters : dict
        Set after connecting, in this order.
    timeout : float
        Seconds for connecting.
    """

    driver: str = ""
    identity: str = ""
    connection: dict[str, ParameterValue] = Field(default_factory=dict)
    parameters: dict[str, ParameterValue] = Field(default_factory=dict)
    timeout: Annotated[Number, Field(gt=0)] = 60.0

    @model_validator(mode="after")
    def _check(self) -> DeviceChoice:
        if not self.driver and not self.identity:
            raise ValueError("neither a driver nor an identity is given; give one, to say which device it is")
        return self


class Detector(Part):
    """What is measured at each point: a frame of an instrument, or readings of any device.

    Attributes
    ----------
    device : str
        Its name in the plan.
    value : {"intensity", "reflectance", "radiance"}
        Of a frame; reflectance needs references, radiance a dark one and a radiometry.
    parameters : list of str
        Readable parameters that are read; with any given no frame is taken.
    average : int
        Frames, or readings, that are averaged.
    steps : list of dict
        What is done to the lines of a pushbroom camera before they are calibrated, as `Standardisation` has it;
        ``{"kind": "corrections"}`` is replaced by the steps that the camera's driver knows.
    model : str
        File of a model that is applied to each line.
    radiometry : str
        File of the radiometric calibration.
    """

    device: DeviceName
    value: Literal["intensity", "reflectance", "radiance"] = "intensity"
    parameters: tuple[str, ...] = ()
    average: Count = 1
    steps: tuple[dict[str, Any], ...] = ()
    model: str = ""
    radiometry: str = ""

    @property
    def is_frame(self) -> bool:
        """Whether a frame is measured, rather than parameters read."""
        return not self.parameters

    @property
    def asks_for_corrections(self) -> bool:
        """Whether the camera is asked for steps that its driver knows."""
        return any(step.get("kind") == Corrections.kind for step in self.steps)

    @field_validator("steps", mode="before")
    @classmethod
    def _check_steps(cls, steps: Any) -> Any:
        return Standardisation.from_plain(steps).to_plain()["steps"]

    @model_validator(mode="after")
    def _check(self) -> Detector:
        if self.parameters and self.value != "intensity":
            raise ValueError(f"{self.value} is of a frame; {self.device} is to read {', '.join(self.parameters)}")
        if self.parameters and (self.steps or self.model):
            raise ValueError(f"steps and models are for frames; {self.device} is to read {', '.join(self.parameters)}")
        if self.radiometry and self.value != "radiance":
            raise ValueError(f"a radiometry is for radiance; {self.device} is to give {self.value}")
        if len(set(self.parameters)) < len(self.parameters):
            raise ValueError(f"a parameter is to be read twice: {', '.join(self.parameters)}")
        return self


class SetParameter(Part):
    """Set a parameter of a device."""

    do: Literal["set"] = "set"
    target: Target
    value: ParameterValue


class Execute(Part):
    """Execute a command of a device."""

    do: Literal["execute"] = "execute"
    target: Target


class Move(Part):
    """Bring targets to values and wait until they are there.

    Attributes
    ----------
    to : dict of str to float, or str
        Target to value; or the name of a position.
    """

    do: Literal["move"] = "move"
    to: dict[Target, Number] | str = Field(min_length=1)


class Wait(Part):
    """Wait for some seconds."""

    do: Literal["wait"] = "wait"
    seconds: Seconds


class LightsOff(Part):
    """Force lights off.

    Attributes
    ----------
    devices : list of str
        Names in the plan; all connected lights if there are none.
    """

    do: Literal["lights_off"] = "lights_off"
    devices: tuple[DeviceName, ...] = ()


Action = Annotated[SetParameter | Execute | Move | Wait | LightsOff, Field(discriminator="do")]
"""Something that is done before or after a scan."""


class Output(Part):
    """Where the data go.

    Attributes
    ----------
    folder : str
        Made if it is not there; relative to where the scan is started.
    file : str
        Name of the file, with ``{name}`` (the plan's), ``{number}`` (counted up in the folder), ``{date}`` and
        ``{time}``; without a number where many scans go to one file.
    scans : {"one", "many"}
        Scans a file: with "one" a file that is there is never touched, with "many" the next scan is added to it.
    compression : {"none", "zlib", "blosc2"}
    """

    folder: str = "."
    file: str = "{name}_{number:04d}.h5"
    scans: Literal["one", "many"] = "one"
    compression: Literal["none", "zlib", "blosc2"] = "none"

    @model_validator(mode="before")
    @classmethod
    def _one_name_for_many(cls, fields: Any) -> Any:
        if isinstance(fields, dict) and fields.get("scans") == "many" and "file" not in fields:
            return fields | {"file": "{name}.h5"}
        return fields

    @model_validator(mode="after")
    def _check(self) -> Output:
        if self.scans == "many" and self.numbered:
            raise ValueError(
                f"many scans are to go to one file, and its name {self.file!r} has a number that each scan counts up; "
                "take {number} out of it, or have one scan in a file"
            )
        return self

    @field_validator("file")
    @classmethod
    def _check_file(cls, file: str) -> str:
        try:
            places = {name for _, name, _, _ in string.Formatter().parse(file) if name is not None}
            unknown = sorted(places - _PLACES)
            if not unknown:
                file.format(name="a", number=1, date="2000-01-01", time="00-00-00")
        except (ValueError, IndexError, KeyError) as error:
            raise ValueError(f"{file!r} cannot be filled in: {error}") from None
        if unknown:
            known = ", ".join(f"{{{place}}}" for place in sorted(_PLACES))
            raise ValueError(f"{file!r} has {{{unknown[0]}}}, which is not known; there are {known}")
        if not file or Path(file).name != file or "\\" in file:
            raise ValueError(f"{file!r} is not the name of a file; put folders into 'folder'")
        return file

    @field_validator("file", "folder")
    @classmethod
    def _check_characters(cls, text: str) -> str:
        if not is_text(text):
            raise ValueError(f"{text!r} has a character that no file system takes; leave it out")
        return text

    @property
    def numbered(self) -> bool:
        """Whether the name of the file has a number."""
        return any(name == "number" for _, name, _, _ in string.Formatter().parse(self.file))

    def path(self, name: str, number: int = 0, when: datetime | None = None) -> Path:
        """Return the path of the file.

        Parameters
        ----------
        name : str
            Of the plan; what file systems do not take in it becomes "_".
        number : int
        when : datetime, optional
            Now by default.
        """
        when = when or datetime.now().astimezone()
        filled = self.file.format(name=file_name(name), number=number, date=f"{when:%Y-%m-%d}", time=f"{when:%H-%M-%S}")
        return Path(self.folder).expanduser() / filled
