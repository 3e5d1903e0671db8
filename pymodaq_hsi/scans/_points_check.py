"""Checking axes and what follows them: units, limits, steps, and what cannot be varied together."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.drivers import ParameterType
from pymodaq_hsi.drivers.specs import plain_number
from pymodaq_hsi.scans._followers import Followers
from pymodaq_hsi.scans._targets import first_refused, is_same
from pymodaq_hsi.scans.parts import SetParameter
from pymodaq_hsi.scans.points import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.drivers import ParameterSpec
    from pymodaq_hsi.scans._base import BasePlan
    from pymodaq_hsi.scans._targets import Findings, Parameters
    from pymodaq_hsi.scans.following import Follow
    from pymodaq_hsi.scans.plans import AdaptiveScan
    from pymodaq_hsi.scans.stepping import StepScan

__all__ = ["check_adaptive", "check_steps"]

Columns = dict[str, "npt.NDArray[np.float64]"]
_LATTICE = 4096
"""Points at which functions of an adaptive scan's axes are tried."""


def check_steps(
    plan: StepScan, devices: Mapping[str, Device], parameters: Parameters, findings: Findings
) -> dict[str, str]:
    """Check the axes of a step scan, what follows them, and each of their values.

    Returns
    -------
    dict of str to str
        The unit of each target that is there.
    """
    places = {axis.target: f"axis {number} ({axis.target})" for number, axis in enumerate(plan.axes, 1)}
    units = {axis.target: axis.units for axis in plan.axes}
    specs = _specs(places, units, plan.follows, parameters)
    _together(plan, specs, devices, findings)
    if plan.named_points:
        return {target: spec.unit for target, spec in specs.items()}
    loose = _changed_before(plan, devices)
    corrected = {follow.target for follow in plan.follows if follow.added}
    rows = np.array(plan.rows, float) if plan.rows is not None else None
    for number, axis in enumerate(plan.axes):
        spec = specs.get(axis.target)
        scale = parameters.scale(places[axis.target], axis.target, axis.units, spec) if spec else None
        if spec is None or scale is None or axis.target in corrected:
            continue
        values = rows[:, number] if rows is not None else axis.values.array() if axis.values else np.empty(0)
        values = values * scale[0] + scale[1]
        parameters.values(places[axis.target], spec, values, strict=axis.target not in loose)
    if plan.follows and not findings.problems:
        blocks = plan.points({target: spec.unit for target, spec in specs.items()}).blocks()
        _check_follows(plan.follows, specs, blocks, loose, findings)
    return {target: spec.unit for target, spec in specs.items()}


def check_adaptive(
    plan: AdaptiveScan, devices: Mapping[str, Device], parameters: Parameters, findings: Findings
) -> dict[str, str]:
    """Check the axes of an adaptive scan at their bounds, and what follows them on a lattice between."""
    places = {axis.target: f"axis {number} ({axis.target})" for number, axis in enumerate(plan.axes, 1)}
    specs = _specs(places, {axis.target: axis.units for axis in plan.axes}, plan.follows, parameters)
    _together(plan, specs, devices, findings)
    loose = _changed_before(plan, devices)
    corrected = {follow.target for follow in plan.follows if follow.added}
    scales = {}
    for axis in plan.axes:
        spec, where = specs.get(axis.target), places[axis.target]
        scale = parameters.scale(where, axis.target, axis.units, spec) if spec else None
        if spec is None or scale is None:
            continue
        scales[axis.target] = scale
        whole = spec.increment or (1.0 if spec.type is ParameterType.Integer else None)
        if whole is not None and axis.step is None:
            findings.problem(
                f"{where}: {axis.target} takes steps of {plain_number(whole)} {spec.unit}".rstrip()
                + "; give the axis a step of that, or of a multiple"
            )
        elif axis.target not in corrected:
            ends = [axis.low, axis.high]
            if axis.step is not None:
                ends = [axis.low, axis.low + axis.step, axis.low + (axis.high - axis.low) // axis.step * axis.step]
            for end in dict.fromkeys(ends):
                value = np.array([end * scale[0] + scale[1]])
                parameters.values(where, spec, value, strict=axis.target not in loose)
    if plan.follows and not findings.problems:
        units = {follow.target: follow.units for follow in plan.follows}
        for follow in plan.follows:
            if follow.target in specs and follow.target not in scales:
                scale = parameters.scale(follow.target, follow.target, units[follow.target], specs[follow.target])
                scales[follow.target] = scale or (1.0, 0.0)
        each = max(2, int(_LATTICE ** (1 / len(plan.axes))))
        lattice = np.meshgrid(*(np.linspace(axis.low, axis.high, each) for axis in plan.axes), indexing="ij")
        columns = {axis.target: values.ravel() for axis, values in zip(plan.axes, lattice, strict=True)}
        Followers(plan.follows).follow(columns)
        for target, (factor, shift) in scales.items():
            columns[target] = columns[target] * factor + shift
        _check_follows(plan.follows, specs, iter([columns]), loose, findings)
    return {target: spec.unit for target, spec in specs.items()}


def _specs(
    places: Mapping[str, str], units: Mapping[str, str], follows: Sequence[Follow], parameters: Parameters
) -> dict[str, ParameterSpec]:
    found = {}
    following = {follow.target: (f"following target {follow.target}", follow.units) for follow in follows}
    for target, (where, unit) in (following | {target: (places[target], units[target]) for target in places}).items():
        spec = parameters.numeric(where, target)
        if spec is None:
            continue
        found[target] = spec
        if parameters.scale(where, target, unit, spec) is None:
            continue
    order = [*places, *(target for target in following if target not in places)]
    return {target: found[target] for target in order if target in found}


def _together(
    plan: BasePlan, specs: Mapping[str, ParameterSpec], devices: Mapping[str, Device], findings: Findings
) -> None:
    """Note which targets are one, and which change the limits of others."""
    targets = list(specs)
    frames = {detector.device for detector in plan.detectors if detector.is_frame}
    for first, second in itertools.combinations(targets, 2):
        if is_same(devices, first, second):
            findings.problem(f"{first} and {second} are the same parameter of one device; leave one")
    for target in targets:
        name = target.partition(".")[0]
        spec = specs[target]
        if name in frames and spec.affects_reference and spec.locked_while_acquiring:
            findings.warn(
                f"{target} may change what the frames of {name} look like, and all points of a scan must have frames "
                "of one size and one set of wavelengths"
            )
        for other in spec.affects:
            affected = f"{name}.{other}"
            if affected in specs and affected != target:
                findings.warn(
                    f"the limits of {affected} depend on {target}, and both are varied: its values were checked "
                    "against the limits as they are now"
                )


def _changed_before(plan: BasePlan, devices: Mapping[str, Device]) -> set[str]:
    """Return the targets whose limits an action before the scan may change."""
    found: set[str] = set()
    for action in plan.before:
        if isinstance(action, SetParameter):
            name, _, parameter = action.target.partition(".")
            device = devices.get(name)
            if device is not None and parameter in device.all_parameters():
                found.update(f"{name}.{other}" for other in device.all_parameters()[parameter].affects)
    return found


def _check_follows(
    follows: Iterable[Follow],
    specs: Mapping[str, ParameterSpec],
    blocks: Iterator[Columns],
    loose: set[str],
    findings: Findings,
) -> None:
    """Check what follows at every point; the first that is refused is named with what it is a function of."""
    left = {follow.target: follow for follow in follows if follow.target in specs}
    for number, columns in enumerate(blocks):
        for target, follow in list(left.items()):
            values = columns[target]
            refused = first_refused(specs[target], values)
            if refused is None:
                continue
            del left[target]
            _, value, reason = refused
            at = int(
                np.flatnonzero(values == value)[0] if np.isfinite(value) else np.flatnonzero(~np.isfinite(values))[0]
            )
            needed = ", ".join(f"{name} = {plain_number(float(columns[name][at]))}" for name in sorted(follow.needs))
            where = f"following target {target}: at point {number * BLOCK + at} ({needed})"
            if not np.isfinite(value):
                findings.problem(f"{where} it has no value, {_why_none(follow)}")
            elif target in loose:
                findings.warn(
                    f"{where} it is {plain_number(value)}, and {specs[target].name} takes {reason} as things are"
                )
            else:
                findings.problem(f"{where} it is {plain_number(value)}, which is refused: it takes {reason}")
        if not left:
            return


def _why_none(follow: Follow) -> str:
    if follow.table is None:
        return f"{follow.expression!r} cannot be computed there; change it, or the axes"
    places = [place for place, _ in follow.table.points]
    return (
        f"its table goes from {plain_number(min(places))} to {plain_number(max(places))} of {follow.table.of}; add "
        'points to it, or say outside = "clamp"'
    )
