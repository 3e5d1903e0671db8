"""A scan that is in a file, to be repeated or gone on with: its plan, its devices, their settings and references."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.backends import GROUP, StringARRAY
from h5modules.data_saving import DataLoader
from h5modules.errors import H5ModulesError
from h5modules.saving import H5SaverLowLevel
from pymodaq_hsi.devices import InstrumentDevice
from pymodaq_hsi.drivers import ParameterListType, ParameterType, ReferenceName
from pymodaq_hsi.errors import CalibrationError, OutputError
from pymodaq_hsi.processing import InstrumentParameters, Panel, Reference
from pymodaq_hsi.processing.calibration import Validity
from pymodaq_hsi.processing.reference_nodes import SATURATED
from pymodaq_hsi.processing.standardise import Standardiser
from pymodaq_hsi.scans.connecting import choices_of
from pymodaq_hsi.scans.parts import DeviceChoice
from pymodaq_hsi.scans.planfiles import load_plan
from pymodaq_hsi.scans.saving import SETTINGS, read_plan
from pymodaq_hsi.scans.settling import NotSet, apply_settings

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.scans.planfiles import AnyPlan

__all__ = ["StoredScan", "read_scan"]


@dataclass(frozen=True)
class StoredScan:
    """What a file says of a scan in it.

    Attributes
    ----------
    path : Path
    node : str
        The scan's group.
    plan : Plan
    complete : bool
    settings : dict of str to dict
        Of the devices of the plan, by their names in it, as they were when the scan began.
    others : dict of str to dict
        Of the devices that were connected beside them, by a name that the plan does not have: a lamp, say.
    """

    path: Path
    node: str
    plan: AnyPlan
    complete: bool = False
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    others: dict[str, dict[str, Any]] = field(default_factory=dict)

    def choices(self) -> dict[str, DeviceChoice | None]:
        """Return how the devices of the plan are found again: by driver and serial number, connected as they were."""
        return {
            name: choice if choice is not None and choice.identity else _choice(self.settings.get(name), choice)
            for name, choice in choices_of(self.plan).items()
        }

    def other_choices(self) -> dict[str, DeviceChoice | None]:
        """Return how the devices beside them are found again."""
        return {name: _choice(said, None) for name, said in self.others.items()}

    def apply(
        self,
        devices: Mapping[str, Device],
        *,
        move: bool = True,
        leave_out: Mapping[str, Collection[str]] | None = None,
    ) -> list[NotSet]:
        """Bring devices into the state in which they were when the scan began.

        Parameters
        ----------
        devices : mapping of str to Device
            By their names in the plan, or among `others`.
        move : bool
            Whether actuators go to where they were.
        leave_out : mapping of str to collection of str, optional
            Parameters, by device, that have been given other values on purpose.

        Returns
        -------
        list of NotSet
            What a device that can be set did not take.
        """
        refused: list[NotSet] = []
        for name, device in devices.items():
            said = self.settings.get(name) or self.others.get(name) or {}
            given = (leave_out or {}).get(name, ())
            known = device.parameter_list(ParameterListType.Parameter)
            values = {
                parameter: value
                for parameter, value in said.get("parameters", {}).items()
                if parameter in known and parameter not in given
                if known[parameter].type is not ParameterType.Command
            }
            problems = apply_settings(name, device, values, move=move)
            refused += [problem for problem in problems if known[problem.parameter].access.writable]
        return refused

    def references(self, devices: Mapping[str, Device]) -> dict[str, InstrumentParameters]:
        """Return the references that the scan was calibrated with, by the name of the camera.

        Parameters
        ----------
        devices : mapping of str to Device
            By their names in the plan; set as they were.

        Raises
        ------
        CalibrationError
            They do not fit a camera as it is.
        OutputError
            The file cannot be read.
        """
        cameras = [
            (detector.device, device)
            for detector in self.plan.detectors
            if detector.is_frame and isinstance(device := devices.get(detector.device), InstrumentDevice)
            if len(device.frame_format().shape) == 2 and device.frame_format().dispersion_axis is not None
        ]
        found = {}
        try:
            with H5SaverLowLevel.from_file(self.path, mode="r") as h5:
                for number, (name, camera) in enumerate(cameras):
                    where = f"{self.node}/Camera{number:03d}" if len(cameras) > 1 else self.node
                    white = _reference(h5, where, ReferenceName.White, camera)
                    dark = _reference(h5, where, ReferenceName.Dark, camera)
                    if white is not None or dark is not None:
                        found[name] = InstrumentParameters(white_reference=white, dark_reference=dark)
        except (OSError, H5ModulesError) as error:
            raise OutputError(f"the references in {self.path} cannot be read: {error}") from error
        return found


def read_scan(path: str | os.PathLike[str], node: str = "") -> StoredScan:
    """Read what a file says of a scan in it: of the last one, unless a node is named.

    Raises
    ------
    ScanNotFound, OutputError
        There is no such scan, or none with a plan; or the file cannot be read.
    PlanInvalid
        Its plan is damaged, or of another version.
    """
    file = Path(path)
    text, node = read_plan(file, node)
    plan = load_plan(text)
    try:
        with H5SaverLowLevel.from_file(file, mode="r") as h5:
            scan = h5.get_node(node)
            assert isinstance(scan, GROUP)
            complete = bool(scan.attrs.get("scan_done", False))
            said = scan.get_child(SETTINGS) if SETTINGS in scan else None
            settings = json.loads("".join(said.read())) if isinstance(said, StringARRAY) else {}
    except (OSError, ValueError, H5ModulesError) as error:
        raise OutputError(f"the settings in {node} of {file} cannot be read: {error}") from error
    own, others = _named(settings.get("devices", {}), plan)
    for label, entry in settings.get("others", {}).items():
        others[_free(label, others)] = entry
    return StoredScan(file, node, plan, complete, own, others)


def _named(said: Any, plan: AnyPlan) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Give the devices of a recording, which has a list of them, the names that the plan has for them."""
    if isinstance(said, dict):
        return said, {}
    own: dict[str, dict[str, Any]] = {}
    others: dict[str, dict[str, Any]] = {}
    for entry in said:
        names = [name for name, choice in choices_of(plan).items() if name not in own and _is(entry, name, choice)]
        if names:
            own[names[0]] = entry
        else:
            others[_free(entry["driver"], others)] = entry
    return own, others


def _is(entry: Mapping[str, Any], name: str, choice: DeviceChoice | None) -> bool:
    if choice is None:
        return bool(entry["driver"] == name)
    return choice.identity == entry.get("identity") if choice.identity else choice.driver == entry["driver"]


def _free(label: str, taken: Mapping[str, Any]) -> str:
    """Return a name for a device beside the plan's; no plan can have it, because of its blank."""
    name, number = f"other {label}", 1
    while name in taken:
        number += 1
        name = f"other {label} {number}"
    return name


def _choice(said: Mapping[str, Any] | None, before: DeviceChoice | None) -> DeviceChoice | None:
    if said is None:
        return before
    serial = said.get("serial_number", "")
    identity = said.get("identity") or (f"{said['driver']}:{serial}" if serial else "")
    connection = dict(said.get("connection", before.connection if before is not None else {}))
    return DeviceChoice(driver=said["driver"], identity=identity, connection=connection)


def _reference(h5: H5SaverLowLevel, where: str, name: ReferenceName, camera: InstrumentDevice) -> Reference | None:
    group = h5.get_node(where)
    if not isinstance(group, GROUP) or name.value not in group:
        return None
    loader = DataLoader(h5)
    data: Any = loader.load_all(group.get_child(name.value), lazy=False)[0]
    standardise = Standardiser(camera.frame_format())
    if data[0].shape != standardise.shape or not data.errors:
        raise CalibrationError(
            f"the {name} in {h5.path} has {data[0].shape} pixels and bands, {camera.display_name} has "
            f"{standardise.shape}: set it as it was, or take new references"
        )
    saturated = np.zeros(standardise.shape, bool)
    own = group.get_child(name.value)
    if isinstance(own, GROUP) and SATURATED in own:
        saturated = np.asarray(loader.load_all(own.get_child(SATURATED), lazy=False)[0][0]) != 0
    elif name is ReferenceName.White and "Validity" in group:
        validity = np.asarray(loader.load_all(group.get_child("Validity"), lazy=False)[0][0])
        if validity.shape == saturated.shape:  # after steps it is of other pixels and bands
            saturated = (validity.astype(np.uint8) & Validity.REFERENCE_SATURATED) != 0
    panel = json.loads(getattr(data, "reference_panel", "null"))
    return Reference(
        name=name,
        mean=standardise.undo(np.asarray(data[0], float)),
        std=standardise.undo(np.asarray(data.errors[0], float)),
        count=int(data.frames_averaged),
        saturated=standardise.undo(saturated),
        format=camera.frame_format(),
        settings=json.loads(data.reference_settings),
        timestamp=float(data.timestamp),
        panel=Panel.from_message(panel) if isinstance(panel, dict) else panel,
    )
