"""How long a plan takes, and how much it writes and needs."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.devices import ActuatorDevice, InstrumentDevice
from pymodaq_hsi.drivers import ParameterType
from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.scans.parts import Wait
from pymodaq_hsi.scans.plans import AdaptiveScan, Log, Recording, TimeSeries
from pymodaq_hsi.scans.stepping import StepScan
from pymodaq_hsi.scans.units import conversion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.drivers import FrameFormat
    from pymodaq_hsi.scans.parts import Detector
    from pymodaq_hsi.scans.plans import Plan

__all__ = ["Estimate", "estimate", "physical_memory"]

_READING_S = 0.0005
"""One reading, or setting, of a device in a process of its own."""
_POINT_BYTES = 64
_RING_FRAMES = 5
_MOST_LOOKED_AT = 1 << 18
"""Points whose ways are added up; longer scans are taken to go on likewise."""
_VELOCITIES = ("Velocity", "Speed")


@dataclass(frozen=True)
class Estimate:
    """What a plan will take.

    Attributes
    ----------
    points : int or None
        None where it goes on until it is stopped, or something is reached.
    seconds : float or None
    bytes : int or None
        Of the data in the file, not compressed.
    memory : int
        Bytes that are needed at once, frames and orders of points.
    """

    points: int | None
    seconds: float | None
    bytes: int | None
    memory: int


def estimate(plan: Plan, devices: Mapping[str, Device], units: Mapping[str, str]) -> Estimate:
    """Return what a plan that has no problems will take.

    Parameters
    ----------
    plan : Plan
    devices : mapping of str to Device
    units : mapping of str to str
        Of each target.
    """
    instruments = {name: device for name, device in devices.items() if isinstance(device, InstrumentDevice)}
    formats = {
        detector.device: instruments[detector.device].frame_format()
        for detector in plan.detectors
        if detector.is_frame and detector.device in instruments
    }
    size = sum(_stored(detector, formats) for detector in plan.detectors) + _POINT_BYTES + 8 * len(plan.targets)
    frames = sum(format.nbytes * _RING_FRAMES + 3 * 8 * math.prod(format.shape) for format in formats.values())
    extra = sum(action.seconds for action in (*plan.before, *plan.after) if isinstance(action, Wait))
    points, seconds, order = _course(plan, devices, units)
    return Estimate(
        points,
        None if seconds is None else seconds + extra,
        None if points is None else points * size,
        frames + order,
    )


def _course(
    plan: Plan, devices: Mapping[str, Device], units: Mapping[str, str]
) -> tuple[int | None, float | None, int]:
    """Return points, seconds, and bytes for the order of points."""
    measuring = max((_measuring(detector, devices, plan, units) for detector in plan.detectors), default=0.0)
    match plan:
        case StepScan():
            points = math.prod(plan.scan_shape)
            order = {"random": 24, "spiral": 24, "tabular": 16 + 8 * len(plan.axes)}.get(plan.order, 0) * points
            order += sum(16 * axis.values.count for axis in plan.axes if axis.values is not None)
            return points, points * measuring + _moving(plan, devices, units), order // plan.repeats
        case AdaptiveScan():
            each = measuring + max(axis.settle for axis in plan.axes) + _READING_S
            for axis in plan.axes:
                velocity = _velocity(axis.target, devices)
                if velocity:
                    factor = abs(conversion(axis.units, units[axis.target])[0]) if axis.units else 1.0
                    each += (axis.high - axis.low) * factor / 3 / velocity  # the mean way between two random points
            return plan.points, None if plan.points is None else plan.points * each, 0
        case TimeSeries():
            shape = plan.scan_shape
            if shape is None:
                return int((plan.duration or 0.0) / measuring) if measuring else None, plan.duration, 0
            return shape[0], max((shape[0] - 1) * plan.interval + measuring, shape[0] * measuring), 0
        case Log():
            period = max(plan.interval or 0.0, measuring)
            count = int(plan.duration / period) + 1 if plan.duration is not None and period else None
            return count, plan.duration, 0
        case Recording():
            return (*_recording(plan, devices, units), 0)


def _recording(
    plan: Recording, devices: Mapping[str, Device], units: Mapping[str, str]
) -> tuple[int | None, float | None]:
    detector = plan.detectors[0]
    line = _period(devices[detector.device])
    ends = [] if plan.seconds is None else [plan.seconds]
    if plan.lines is not None:
        ends.append(plan.lines * line)
    movement, preparing = plan.movement, 0.0
    if movement is not None:
        device, _, parameter = movement.target.partition(".")
        factor, shift = conversion(movement.units, units[movement.target]) if movement.units else (1.0, 0.0)
        stop, here = movement.stop * factor + shift, float(devices[device].get_parameter(parameter))
        start = here if movement.start is None else movement.start * factor + shift
        own = _velocity(movement.target, devices)
        velocity = movement.velocity or own
        preparing = abs(start - here) / own if own else 0.0
        if velocity:
            ends.append(abs(stop - start) / velocity)
    seconds = min(ends, default=None)
    points = plan.lines
    if seconds is not None and line:
        fitting = math.ceil(seconds / line - 1e-6)
        points = fitting if plan.lines is None else min(fitting, plan.lines)
    return points, None if seconds is None else seconds + preparing


def _moving(plan: StepScan, devices: Mapping[str, Device], units: Mapping[str, str]) -> float:
    """Return the seconds that all ways and settling take, each point's slowest target counting."""
    points = plan.points(units)
    some = points[:_MOST_LOOKED_AT]
    settling: dict[str, float] = {}
    for target, settle in [(a.target, a.settle) for a in plan.axes] + [(f.target, f.settle) for f in plan.follows]:
        settling[target] = max(settle, settling.get(target, 0.0))
    velocities = {target: _velocity(target, devices) for target in settling}
    total = 0.0
    last: dict[str, float] = {}
    for target, velocity in velocities.items():
        if velocity:
            name, _, parameter = target.partition(".")
            last[target] = float(devices[name].get_parameter(parameter))
    for columns in some.blocks():
        ways, settled = np.zeros(1), np.zeros(1)
        for target, values in columns.items():
            way = np.abs(np.diff(values, prepend=last.get(target, np.nan)))
            last[target] = float(values[-1])
            moves = ~(way == 0)
            velocity = velocities.get(target)
            taken = np.nan_to_num(way) / velocity if velocity else moves * _READING_S
            ways = np.maximum(ways, taken)
            settled = np.maximum(settled, moves * settling.get(target, 0.0))
        total += float(ways.sum() + settled.sum())
    return total * len(points) / max(1, len(some))


def _measuring(detector: Detector, devices: Mapping[str, Device], plan: Plan, units: Mapping[str, str]) -> float:
    """Return the seconds that a detector takes for a point."""
    if not detector.is_frame:
        return detector.average * len(detector.parameters) * _READING_S
    exposure = None
    target = f"{detector.device}.ExposureTime"
    axis = next((axis for axis in plan.axes if axis.target == target), None) if isinstance(plan, StepScan) else None
    if axis is not None and axis.values is not None:
        factor, shift = conversion(axis.units, units[target]) if axis.units else (1.0, 0.0)
        exposure = float(axis.values.array().mean()) * factor + shift
    # a frame that had begun when all had settled is not taken
    return (detector.average + 0.5) * _period(devices[detector.device], exposure)


def _period(device: Device, exposure: float | None = None) -> float:
    """Return the seconds from one frame of an instrument to the next; 0 where it does not tell."""
    seconds = 0.0
    known = device.all_parameters()
    if "ExposureTime" in known and known["ExposureTime"].unit and known["ExposureTime"].access.readable:
        own = float(device.get_parameter("ExposureTime")) if exposure is None else exposure
        seconds = own * _in_seconds(known["ExposureTime"].unit)
    if "FrameRate" in known and known["FrameRate"].unit == "Hz" and known["FrameRate"].access.readable:
        rate = float(device.get_parameter("FrameRate"))
        seconds = max(seconds, 1 / rate if rate > 0 else 0.0)
    return seconds


def _in_seconds(unit: str) -> float:
    try:
        return conversion(unit, "s")[0]
    except ValueError:
        return 0.0


def _velocity(target: str, devices: Mapping[str, Device]) -> float | None:
    """Return how fast a position changes, in its own units per second; None if it is none, or not known."""
    name, _, parameter = target.partition(".")
    device = devices[name]
    if not isinstance(device, ActuatorDevice) or parameter != "Position":
        return None
    known = device.all_parameters()
    for each in _VELOCITIES:
        if each in known and known[each].type is ParameterType.Float and known[each].access.readable:
            try:
                velocity = abs(float(device.get_parameter(each)))
            except HsiError:
                return None
            return velocity or None
    return None


def _stored(detector: Detector, formats: Mapping[str, FrameFormat]) -> int:
    """Return the bytes that a detector's data of a point have in the file."""
    if detector.device not in formats or not detector.is_frame:
        return 8 * len(detector.parameters)
    frame = formats[detector.device]
    dtype = np.dtype(frame.dtype)
    if detector.value != "intensity" or detector.steps:
        item = 4
    elif detector.average > 1:
        item = 8 if dtype.itemsize > 2 and dtype != np.float32 else 4
    else:
        item = dtype.itemsize
    return item * math.prod(frame.shape)


def physical_memory() -> int | None:
    """Return the bytes of memory that the machine has; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
