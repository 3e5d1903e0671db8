"""Presets: devices with their settings and references, kept under a name.

::

    lab A.toml                              a preset
    lab A.references/camera_WhiteReference_5f0c....hsiref

A preset names each device by driver and serial number, has its connection parameters and the values of all parameters
that can be set, says whether a light was forced off, and where the references of a camera are, relative to its folder.
"""

from __future__ import annotations

import math
import secrets
import shutil
import time
import tomllib
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import platformdirs
import tomli_w
from pydantic import Field

from pymodaq_hsi.devices import ActuatorDevice, InstrumentDevice, LightControlDevice
from pymodaq_hsi.drivers import LightState, ReferenceName
from pymodaq_hsi.errors import HsiError, OutputError, OutputExists, PlanInvalid, PresetError, PresetNotFound
from pymodaq_hsi.processing import (
    InstrumentParameters,
    Panel,
    Reference,
    ReferenceImportFlag,
    export_reference,
    import_reference,
)
from pymodaq_hsi.scans._files import locked, write_whole
from pymodaq_hsi.scans._model import DeviceName, Part
from pymodaq_hsi.scans._names import forbidden_in
from pymodaq_hsi.scans.connecting import connect_choices
from pymodaq_hsi.scans.parts import DeviceChoice
from pymodaq_hsi.scans.settling import POSITION, NotSet, apply_settings, settable

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

    from pymodaq_hsi.devices import Device

__all__ = ["Preset", "PresetDevice", "PresetFolder", "Restored", "apply_preset", "connect_preset", "preset_of"]


class PresetDevice(DeviceChoice):
    """A device in a preset.

    Attributes
    ----------
    display_name : str
        What it is called, for people.
    light : {"", "Parametrized", "ForcedOff"}
        State of a light; "" for other devices.
    references : dict of str to str
        Files of a camera's references by name (WhiteReference, DarkReference), relative to the preset's folder.
    """

    display_name: str = ""
    light: Literal["", "Parametrized", "ForcedOff"] = ""
    references: dict[Literal["WhiteReference", "DarkReference"], str] = Field(default_factory=dict)


class Preset(Part):
    """Devices, as they were once.

    Attributes
    ----------
    format : int
        1.
    name, description : str
    saved : str
        When, in ISO 8601.
    devices : dict of str to PresetDevice
        By the names that plans know them by.
    """

    format: Literal[1] = 1
    name: str = Field(min_length=1)
    description: str = ""
    saved: str = ""
    devices: dict[DeviceName, PresetDevice] = Field(default_factory=dict)


@dataclass
class Restored:
    """What has become of a preset that was loaded.

    Attributes
    ----------
    devices : dict of str to Device
        Those that are connected.
    references : dict of str to InstrumentParameters
        By the name of the camera.
    not_set : list of NotSet
        Values that a device did not take, and why.
    problems : list of str
        Devices that are not there, references that cannot be used, and why.
    left : list of str
        Actuators that were not moved.
    """

    devices: dict[str, Device] = field(default_factory=dict)
    references: dict[str, InstrumentParameters] = field(default_factory=dict)
    not_set: list[NotSet] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all is as the preset says."""
        return not self.not_set and not self.problems


def preset_of(name: str, devices: Mapping[str, Device], description: str = "") -> Preset:
    """Return a preset of connected devices as they are now; references are added by `PresetFolder.save`.

    Raises
    ------
    PlanInvalid
        A name cannot be that of a device.
    DeviceLost, DeviceTimeout, DriverError
        A device does not answer.
    """
    entries = {}
    for each, device in devices.items():
        said = device.settings()
        entries[each] = PresetDevice(
            driver=device.name,
            identity=device.identity,
            connection=said["connection"],
            parameters=settable(device),
            display_name=device.display_name,
            light=_state_of(device),
        )
    return Preset(name=name, description=description, saved=time.strftime("%Y-%m-%dT%H:%M:%S%z"), devices=entries)


@contextmanager
def connect_preset(
    preset: Preset,
    folder: str | os.PathLike[str] = ".",
    *,
    move: bool = False,
    flags: ReferenceImportFlag = ReferenceImportFlag.NONE,
) -> Iterator[Restored]:
    """Connect the devices of a preset, and bring them into the state that it has; disconnected at the end.

    Parameters
    ----------
    preset : Preset
    folder : path
        The preset's, where its references are.
    move, flags
        As of `apply_preset`.

    Yields
    ------
    Restored
        Also if some of it could not be done; see its `not_set` and `problems`.
    """
    problems: dict[str, HsiError] = {}
    choices: dict[str, DeviceChoice | None] = dict(preset.devices)
    with connect_choices(choices, set_parameters=False, optional=problems.__setitem__) as devices:
        restored = apply_preset(preset, devices, folder, move=move, flags=flags)
        restored.problems = [str(error) for error in problems.values()] + restored.problems
        yield restored


def apply_preset(
    preset: Preset,
    devices: Mapping[str, Device],
    folder: str | os.PathLike[str] = ".",
    *,
    move: bool = False,
    flags: ReferenceImportFlag = ReferenceImportFlag.NONE,
) -> Restored:
    """Bring connected devices into the state that a preset has; in whatever order their limits allow it.

    Parameters
    ----------
    preset : Preset
    devices : mapping of str to Device
        By the names in the preset; those that are not among them are left out.
    folder : path
    move : bool
        Whether stages go to where they were.
    flags : ReferenceImportFlag

    Raises
    ------
    DeviceLost, DeviceTimeout
    """
    restored = Restored(devices=dict(devices))
    for name, device in devices.items():
        entry = preset.devices[name]
        if isinstance(device, LightControlDevice) and entry.light == LightState.ForcedOff.name:
            device.set_state(LightState.ForcedOff, settle=False)
        restored.not_set += apply_settings(name, device, entry.parameters, move=move, timeout=entry.timeout)
        if isinstance(device, LightControlDevice) and entry.light == LightState.Parametrized.name:
            device.set_state(LightState.Parametrized)
        position = entry.parameters.get(POSITION)
        if isinstance(device, ActuatorDevice) and not move and isinstance(position, int | float):
            present = device.position
            if not math.isclose(present, position, rel_tol=1e-6, abs_tol=1e-9):
                restored.left.append(f"{name} stays at {present:g}; in the preset it is at {position:g}")
    for name, device in devices.items():
        found: dict[str, Reference] = {}
        for kind, file in preset.devices[name].references.items():
            try:
                if not isinstance(device, InstrumentDevice):
                    raise PresetError(f"{name} is no instrument and has no references")
                found[kind] = import_reference(device, Path(folder) / file, flags, name=kind)
            except HsiError as error:
                restored.problems.append(f"{kind} of {name}: {error}")
        if found:
            white, dark = (found.get(kind.value) for kind in (ReferenceName.White, ReferenceName.Dark))
            restored.references[name] = InstrumentParameters(white_reference=white, dark_reference=dark)
    return restored


class PresetFolder:
    """Presets in a folder, a TOML file each; several programs can share it.

    Parameters
    ----------
    path : path, optional
        That of the user by default (`default`); made when something is saved.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = self.default() if path is None else Path(path)

    def __repr__(self) -> str:
        return f"PresetFolder({str(self.path)!r})"

    @staticmethod
    def default() -> Path:
        """Return the folder of the user's presets."""
        return Path(platformdirs.user_config_dir("pymodaq_hsi", appauthor=False)) / "presets"

    def file(self, name: str) -> Path:
        """Return the file of a preset.

        Raises
        ------
        PresetError
            A preset cannot be called this.
        """
        if why := forbidden_in(name):
            raise PresetError(f"a preset cannot be called {name!r}: {why}; give another name")
        return self.path / f"{unicodedata.normalize('NFC', name)}.toml"

    def check_free(self, name: str, *, overwrite: bool = False) -> None:
        """Refuse a name that no preset can have, or that one has, unless that is to be overwritten.

        Raises
        ------
        PresetError, OutputExists
        """
        if self.file(name).exists() and not overwrite:
            raise OutputExists(
                f"there is a preset {name!r} in {self.path} already; choose another name, or overwrite it (--overwrite)"
            )

    def names(self) -> list[str]:
        """Return the names of all presets, sorted."""
        return sorted(file.stem for file in self.path.glob("*.toml") if not file.name.startswith("."))

    def load(self, name: str) -> Preset:
        """Read a preset.

        Raises
        ------
        PresetNotFound
            There is none; the message lists those that there are.
        PresetError
            Its file is damaged, or not a preset; the message says where.
        """
        file = self.file(name)
        try:
            fields = tomllib.loads(file.read_text(encoding="utf-8-sig"))
            return Preset(**fields)
        except FileNotFoundError:
            there = ", ".join(map(repr, self.names())) or "none"
            raise PresetNotFound(f"there is no preset {name!r} in {self.path}; there are: {there}") from None
        except PlanInvalid as error:
            raise PresetError(f"{file} is not a preset: {'; '.join(error.problems)}") from None
        except (OSError, ValueError, RecursionError, TypeError) as error:
            raise PresetError(f"preset {name!r} cannot be read from {file}: {error}") from error

    def save(
        self,
        preset: Preset,
        references: Mapping[str, InstrumentParameters] | None = None,
        *,
        overwrite: bool = False,
    ) -> Path:
        """Write a preset, whole or not at all.

        Parameters
        ----------
        preset : Preset
        references : mapping of str to InstrumentParameters, optional
            By the name of the camera in the preset; they are written beside it.
        overwrite : bool
            Replace the preset that has this name.

        Raises
        ------
        OutputExists
            There is one, and overwriting was not asked for.
        PresetError, OutputError
        """
        file = self.file(preset.name)
        beside = file.with_suffix(".references")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"the folder {self.path} cannot be made: {error}; choose another") from error
        with locked(file):
            self.check_free(preset.name, overwrite=overwrite)
            written: list[Path] = []
            try:
                complete = _with_references(preset, references or {}, beside, written)
                write_whole(
                    file, tomli_w.dumps(complete.model_dump(mode="json", exclude_defaults=True) | {"format": 1})
                )
            except BaseException as error:
                for path in written:
                    path.unlink(missing_ok=True)
                if isinstance(error, OSError) and not isinstance(error, HsiError):
                    raise OutputError(f"preset {preset.name!r} could not be written to {file}: {error}") from error
                raise
            kept = {self.path / named for entry in complete.devices.values() for named in entry.references.values()}
            for path in beside.glob("*.hsiref"):
                if path not in kept:
                    path.unlink(missing_ok=True)
        return file

    def remove(self, name: str) -> None:
        """Remove a preset, and its references.

        Raises
        ------
        PresetNotFound
        """
        file = self.file(name)
        if not file.exists():
            there = ", ".join(map(repr, self.names())) or "none"
            raise PresetNotFound(f"there is no preset {name!r} in {self.path}; there are: {there}")
        with locked(file):
            try:
                file.unlink()
                shutil.rmtree(file.with_suffix(".references"), ignore_errors=True)
            except OSError as error:
                raise OutputError(f"{file} cannot be removed: {error}") from error


def _state_of(device: Device) -> Literal["", "Parametrized", "ForcedOff"]:
    if not isinstance(device, LightControlDevice):
        return ""
    return "ForcedOff" if device.state is LightState.ForcedOff else "Parametrized"


def _with_references(
    preset: Preset, references: Mapping[str, InstrumentParameters], beside: Path, written: list[Path]
) -> Preset:
    """Write references, under names that are not there yet, and return the preset that has them."""
    entries = dict(preset.devices)
    for name, parameters in references.items():
        files = {}
        for reference in (parameters.white_reference, parameters.dark_reference):
            if isinstance(reference, Reference):
                beside.mkdir(exist_ok=True)
                path = beside / f"{name}_{reference.name}_{secrets.token_hex(4)}.hsiref"
                panel = parameters.panel_reflectivity
                own = panel if reference.name is ReferenceName.White and isinstance(panel, Panel | float) else None
                export_reference(None, reference, path, panel=own)
                written.append(path)
                files[str(reference.name)] = f"{beside.name}/{path.name}"
        entries[name] = entries[name].model_copy(update={"references": files})
    return preset.model_copy(update={"devices": entries})
