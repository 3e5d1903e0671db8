"""Where a plan goes, to be drawn before anything moves. No Qt."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi import scans
from pymodaq_hsi.errors import PlanInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from pymodaq_hsi.scans import Plan, StepScan

__all__ = ["Preview", "preview"]

MOST = 20_000
"""Points that are drawn; more tell nothing more on a screen."""

_MOST_SORTED = 1_000_000
"""Of these orders all points are sorted for the first one to be known; the event loop does not wait for more."""


@dataclass(frozen=True)
class Preview:
    """The points of a plan in the order of measurement.

    Attributes
    ----------
    labels : list of str
        What varies, the outermost first; ``time`` for what has its moments only.
    units : list of str
    columns : ndarray
        Float64, (labels, points): the first `MOST` points.
    total : int or None
        How many points the plan has; None if that is not known before.
    bounds : ndarray or None
        Of an adaptive scan, (labels, 2): where it looks.
    note : str
        Why there is nothing to be drawn, or what is not.
    """

    labels: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    columns: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    total: int | None = None
    bounds: npt.NDArray[np.float64] | None = None
    note: str = ""


def preview(plan: Plan, units: Mapping[str, str] | None = None) -> Preview:
    """Return where a plan goes.

    Parameters
    ----------
    plan : Plan
    units : mapping of str to str, optional
        Of each target's parameter, for those whose units the plan does not say.
    """
    units = units or {}
    if isinstance(plan, scans.StepScan):
        return _steps(plan, units)
    if isinstance(plan, scans.AdaptiveScan):
        bounds = np.array([[axis.low, axis.high] for axis in plan.axes], np.float64)
        labels = [axis.target for axis in plan.axes]
        shown = [axis.units or units.get(axis.target, "") for axis in plan.axes]
        note = "Where it measures is decided on the way, between these bounds"
        return Preview(labels, shown, np.empty((len(labels), 0)), plan.points, bounds, note)
    if isinstance(plan, scans.TimeSeries):
        shape = plan.scan_shape
        if shape is None:
            return Preview(note="It measures as fast as it goes")
        times = np.asarray(np.arange(min(shape[0], MOST)) * plan.interval, np.float64)
        return Preview(["time"], ["s"], times[None], shape[0])
    if isinstance(plan, scans.Recording) and plan.movement is not None:
        movement = plan.movement
        unit = movement.units or units.get(movement.target, "")
        if movement.start is None:
            note = f"From where it is to {movement.stop:g} {unit}".rstrip()
            return Preview([movement.target], [unit], np.array([[movement.stop]]), plan.lines, None, note)
        return Preview([movement.target], [unit], np.array([[movement.start, movement.stop]]), plan.lines)
    return Preview(total=getattr(plan, "lines", None), note="Nothing is moved")


def _steps(plan: StepScan, units: Mapping[str, str]) -> Preview:
    own = {axis.target: axis.units for axis in plan.axes}
    labels = list(own)
    shown = [own[label] or units.get(label, "") for label in labels]
    if plan.order in ("spiral", "random") and math.prod(plan.scan_shape) > _MOST_SORTED:
        note = f"{math.prod(plan.scan_shape):,} points: too many for their order to be drawn"
        return Preview(labels, shown, np.empty((len(labels), 0)), math.prod(plan.scan_shape), note=note)
    try:
        points = plan.points()
    except PlanInvalid as error:
        return Preview(labels, shown, np.empty((len(labels), 0)), note="; ".join(error.problems))
    blocks = list(itertools.islice(points[:MOST].blocks(), 1 + MOST // 65536))
    columns = np.concatenate([np.array([block[label] for label in labels]) for block in blocks], axis=1)
    note = f"The first {MOST:,} of {len(points):,} points" if len(points) > MOST else ""
    return Preview(labels, shown, columns, len(points), None, note)
