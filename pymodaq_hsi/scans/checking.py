"""Checking a plan against the devices that are there, before anything moves."""

from __future__ import annotations

import itertools
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.devices import ActuatorDevice, InstrumentDevice, LightControlDevice
from pymodaq_hsi.drivers import ParameterType
from pymodaq_hsi.errors import HsiError, ParameterError, PlanInvalid
from pymodaq_hsi.processing import Standardisation, read_radiometry
from pymodaq_hsi.processing.models import BoundModel, read_model
from pymodaq_hsi.scans._estimates import Estimate, estimate, physical_memory
from pymodaq_hsi.scans._names import LONGEST_FILE_NAME
from pymodaq_hsi.scans._points_check import check_adaptive, check_steps
from pymodaq_hsi.scans._targets import Findings, Parameters
from pymodaq_hsi.scans.parts import Execute, LightsOff, Move, SetParameter
from pymodaq_hsi.scans.plans import AdaptiveScan, Recording
from pymodaq_hsi.scans.stepping import StepScan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.scans.parts import Action, Detector
    from pymodaq_hsi.scans.plans import Movement, Plan

__all__ = ["PlanCheck", "check_plan", "target_units"]

_ROOM_LEFT = 1 << 20
"""Bytes that are to be free on a disk after the scan."""


@dataclass(frozen=True)
class PlanCheck:
    """What a plan is like for the devices that are there.

    Attributes
    ----------
    name : str
        Of the plan.
    problems : tuple of str
        What keeps it from being carried out.
    warnings : tuple of str
        What a person should know.
    points : int or None
        How many; None where that is not known before.
    seconds : float or None
        Estimated from settle times, velocities, exposures and averages.
    bytes : int or None
        Of the data, before they are compressed.
    memory : int or None
        Bytes that are needed at once.
    units : dict of str to str
        Of each target: those of the device's parameter.
    """

    name: str
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    points: int | None = None
    seconds: float | None = None
    bytes: int | None = None
    memory: int | None = None
    units: dict[str, str] | None = None

    @property
    def ok(self) -> bool:
        """Whether it can be carried out."""
        return not self.problems

    def raise_if_invalid(self) -> None:
        """Raise `PlanInvalid` with all problems, if there are any."""
        if self.problems:
            raise PlanInvalid(self.problems, self.name)

    def to_message(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return asdict(self) | {"ok": self.ok, "problems": list(self.problems), "warnings": list(self.warnings)}


def check_plan(
    plan: Plan, devices: Mapping[str, Device], *, path: str | os.PathLike[str] | None = None, resume: bool = False
) -> PlanCheck:
    """Check a plan against devices as they are now; nothing is set or moved.

    Parameters
    ----------
    plan : Plan
    devices : mapping of str to Device
        Connected, by their names in the plan.
    path : path, optional
        The file that is written, instead of what the plan says.
    resume : bool
        Whether a scan in a file that is there is gone on with.

    Returns
    -------
    PlanCheck
        With all problems, not only the first.

    Raises
    ------
    DeviceLost, DeviceTimeout, DriverError
        A device does not answer.
    """
    findings = Findings()
    parameters = Parameters(devices, findings)
    _check_devices(plan, devices, findings)
    for name in plan.position_names:
        findings.problem(f"position {name!r} was not looked up; use with_positions(memory) on the plan first")
    units = _check_targets(plan, devices, parameters, findings)
    _check_detectors(plan.detectors, devices, parameters, findings)
    for when, actions in (("before", plan.before), ("after", plan.after)):
        for number, action in enumerate(actions, 1):
            _check_action(f"action {when} {number} ({action.do})", action, devices, parameters, findings)
    if not plan.detectors:
        findings.warn("the plan has no detectors: only positions will be in the file")
    found = Estimate(None, None, None, 0)
    if not findings.problems:
        found = estimate(plan, devices, units)
        there = physical_memory()
        if there is not None and found.memory > there:
            findings.problem(
                f"{_size(found.memory)} of memory are needed at once, and this machine has {_size(there)}; take fewer "
                "points, or another order"
            )
    _check_output(plan, path, resume, found, findings)
    return PlanCheck(
        plan.name,
        tuple(findings.problems),
        tuple(findings.warnings),
        found.points,
        found.seconds,
        found.bytes,
        found.memory,
        units,
    )


def target_units(plan: Plan, devices: Mapping[str, Device]) -> dict[str, str]:
    """Return the unit of each target that a plan varies, as its device says it.

    Raises
    ------
    PlanInvalid
        A device or a parameter is not there.
    """
    findings = Findings()
    parameters = Parameters(devices, findings)
    specs = {target: parameters.spec(target, target) for target in plan.targets}
    if findings.problems:
        raise PlanInvalid(findings.problems, plan.name)
    return {target: spec.unit for target, spec in specs.items() if spec is not None}


def _check_devices(plan: Plan, devices: Mapping[str, Device], findings: Findings) -> None:
    for name, choice in plan.devices.items():
        device = devices.get(name)
        if device is None:
            findings.problem(f"device {name} ({choice.identity or choice.driver}) is not connected; connect it")
        elif choice.driver and device.name != choice.driver:
            findings.warn(f"device {name} is a {device.name}; the plan was made for a {choice.driver}")
        elif choice.identity and device.identity != choice.identity:
            findings.warn(f"device {name} is {device.identity}; the plan was made for {choice.identity}")


def _check_targets(
    plan: Plan, devices: Mapping[str, Device], parameters: Parameters, findings: Findings
) -> dict[str, str]:
    if isinstance(plan, StepScan):
        return check_steps(plan, devices, parameters, findings)
    if isinstance(plan, AdaptiveScan):
        return check_adaptive(plan, devices, parameters, findings)
    if isinstance(plan, Recording) and plan.movement is not None:
        return _check_movement(plan.movement, devices, parameters, findings)
    return {}


def _check_movement(
    movement: Movement, devices: Mapping[str, Device], parameters: Parameters, findings: Findings
) -> dict[str, str]:
    where = f"movement ({movement.target})"
    spec = parameters.numeric(where, movement.target)
    if spec is None:
        return {}
    name, _, parameter = movement.target.partition(".")
    if not isinstance(devices[name], ActuatorDevice) or parameter != "Position":
        findings.problem(f"{where}: {movement.target} does not move by itself; give the Position of a stage")
        return {}
    scale = parameters.scale(where, movement.target, movement.units, spec)
    if scale is not None:
        ends = [end for end in (movement.start, movement.stop) if end is not None]
        parameters.values(where, spec, np.array(ends) * scale[0] + scale[1])
    if movement.velocity is not None:
        target = f"{name}.{movement.velocity_parameter}"
        velocity = parameters.numeric(f"{where}: velocity", target)
        if velocity is not None:
            parameters.values(f"{where}: velocity", velocity, np.array([movement.velocity]))
    return {movement.target: spec.unit}


def _check_detectors(
    detectors: tuple[Detector, ...], devices: Mapping[str, Device], parameters: Parameters, findings: Findings
) -> None:
    for first, second in itertools.combinations(detectors, 2):
        if devices.get(first.device) is devices.get(second.device) and first.is_frame and second.is_frame:
            findings.problem(f"detector {first.device} is given twice with its frames; leave one")
    for number, detector in enumerate(detectors, 1):
        where = f"detector {number} ({detector.device})"
        device = parameters.device(where, detector.device)
        if device is None:
            continue
        if detector.is_frame:
            if not isinstance(device, InstrumentDevice):
                findings.problem(
                    f"{where}: {device.display_name} has no frames; say which of its parameters are to be read"
                )
            elif detector.value != "intensity" and device.frame_format().dispersion_axis is None:
                findings.problem(f"{where}: {detector.value} is of spectra, and its frames have no spectral axis")
            elif detector.steps or detector.model or detector.radiometry:
                _check_processing(where, detector, device, findings)
            continue
        for parameter in detector.parameters:
            spec = parameters.spec(where, f"{detector.device}.{parameter}")
            if spec is None:
                continue
            if spec.type not in (ParameterType.Integer, ParameterType.Float, ParameterType.Boolean):
                findings.problem(f"{where}: {parameter} is of type {spec.type}; only numbers can be recorded")
            elif not spec.access.readable:
                findings.problem(f"{where}: {parameter} cannot be read, it is {spec.access.name}")


def _check_processing(where: str, detector: Detector, device: InstrumentDevice, findings: Findings) -> None:
    try:
        if detector.asks_for_corrections and not len(Standardisation.of(device)):
            findings.warn(f"{where}: the driver of {device.display_name} knows no corrections, so none are made")
        known = Standardisation.from_plain(detector.steps).completed(device)
        steps = known.without_detection().bind(device.frame_format())
        if detector.model:
            BoundModel(read_model(detector.model), *steps.shape, steps.wavelengths, np.float32)
        if detector.radiometry:
            read_radiometry(detector.radiometry)
    except HsiError as error:
        findings.problem(f"{where}: {error}")


def _check_action(
    where: str, action: Action, devices: Mapping[str, Device], parameters: Parameters, findings: Findings
) -> None:
    match action:
        case SetParameter(target=target, value=value):
            spec = parameters.writable(where, target)
            if spec is not None:
                try:
                    spec.check(value)
                except ParameterError as error:
                    findings.problem(f"{where}: {error}")
        case Execute(target=target):
            spec = parameters.spec(where, target)
            if spec is not None and spec.type is not ParameterType.Command:
                findings.problem(f"{where}: {target} is of type {spec.type}, not a command; set it instead")
            elif spec is not None and not spec.access.writable:
                findings.problem(f"{where}: {target} cannot be executed now, it is {spec.access.name}")
        case Move(to=to) if not isinstance(to, str):
            for target, value in to.items():
                spec = parameters.numeric(where, target)
                if spec is not None:
                    parameters.values(f"{where}, {target}", spec, np.array([value]))
        case LightsOff(devices=names):
            for name in names:
                device = parameters.device(where, name)
                if device is not None and not isinstance(device, LightControlDevice):
                    findings.problem(f"{where}: {name} ({device.display_name}) is no light")


def _check_output(
    plan: Plan, path: str | os.PathLike[str] | None, resume: bool, found: Estimate, findings: Findings
) -> None:
    target = Path(path) if path is not None else plan.output.path(plan.name)
    if isinstance(plan, Recording) and "h5" not in target.suffix:
        findings.problem(f"output: {target.name} is to be an HDF5 file: give it a name that ends in .h5")
    size = len(target.name.encode(errors="surrogateescape"))
    if size > LONGEST_FILE_NAME:
        findings.problem(
            f"output: {target.name} has {size} bytes, and file systems take names of {LONGEST_FILE_NAME}; give a "
            "shorter one"
        )
        return
    fixed = path is not None or not plan.output.numbered
    if fixed and plan.output.scans == "one" and target.exists() and not resume:
        findings.problem(
            f"output: {target} is there already and is not overwritten; choose another name, put {{number}} into it, "
            'or say scans = "many"'
        )
    folder = next((each for each in target.absolute().parents if each.exists()), None)
    if folder is None or not folder.is_dir() or not os.access(folder, os.W_OK):
        findings.problem(f"output: {target.parent} cannot be written; choose another folder")
        return
    if found.bytes is None:
        return
    free = shutil.disk_usage(folder).free
    if found.bytes + _ROOM_LEFT > free:
        text = f"output: {_size(found.bytes)} are to be written, and {_size(free)} are free in {folder}"
        if plan.output.compression == "none":
            findings.problem(f"{text}; choose another folder, fewer points, or compression")
        else:
            findings.warn(f"{text}; that is enough only if they are compressed well")


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.4g} {unit}"
        count /= 1000
    return f"{count:.4g} TB"
