"""Finding the exposure at which a camera's brightest samples come to a wanted share of its range."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.drivers import ParameterType
from pymodaq_hsi.errors import CalibrationError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.devices import InstrumentDevice

__all__ = ["Exposure", "find_exposure"]

_NUMBERS = (ParameterType.Integer, ParameterType.Float)
_SATURATED, _NOT_YET = 0.98, 0.97
_MOST_STEPS = 16
_FARTHEST = 10.0
"""Times that an exposure grows or shrinks by in a step, at most: a camera is seldom linear over more."""
_EVEN = 0.1
"""Share of the brightest frame that the darkest may be below it, for a scene that looks the same all the time."""


@dataclass(frozen=True)
class Exposure:
    """What was found.

    Attributes
    ----------
    exposure, before : float
        In `unit`: as it is now, and as it was.
    unit : str
    level : float
        Share of the camera's range that the brightest samples have now.
    reached : bool
        Whether that is as near to what was wanted as was asked for.
    frames : int
        That were looked at.
    problem : str
        Why it was not reached.
    """

    exposure: float
    before: float
    unit: str
    level: float
    reached: bool
    frames: int
    problem: str = ""

    def to_message(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return dict(vars(self))


def find_exposure(
    camera: InstrumentDevice,
    level: float = 0.8,
    *,
    tolerance: float = 0.03,
    percentile: float = 99.5,
    frames: int = 2,
    watch: float = 2.0,
    longest: float = math.inf,
    parameter: str = "ExposureTime",
    timeout: float = 10.0,
    progress: Callable[[int, float, float], None] = lambda step, exposure, level: None,
    check: Callable[[], None] = lambda: None,
) -> Exposure:
    """Set a camera's exposure so that its brightest samples come to a share of its range.

    Steps on the line through the last two levels that were not saturated, which also allows for an offset. What moves
    past a camera is now bright and now dark: it is watched for a while, and its brightest frame counts.

    Parameters
    ----------
    camera : InstrumentDevice
        Connected, and not acquiring.
    level : float
        Wanted share of the value at which it saturates.
    tolerance : float
        How far from it is near enough.
    percentile : float
        Of the samples of a frame, that counts as the brightest: a few hot pixels are left out.
    frames : int
        Looked at in each step, at least.
    watch : float
        Seconds that the scene is looked at in each step, until it has turned out to be the same all the time.
    longest : float
        Exposure that is not exceeded, in the unit of the parameter.
    parameter : str
        The exposure time's.
    timeout : float
        Seconds to wait for each frame, beside its exposure.
    progress : callable
        Called with step, exposure and level.
    check : callable
        Called before each frame; what it raises ends the search.

    Returns
    -------
    Exposure
        It is set, also if the level could not be reached, as near as the camera's limits allow.

    Raises
    ------
    ParameterError, CalibrationError
        The camera has no such parameter, or does not say where it saturates; or the numbers make no sense.
    DeviceTimeout, DeviceLost, DriverError
        The exposure was put back, if the camera takes it.
    """
    _check(level, tolerance, percentile, frames, watch)
    known = camera.all_parameters()
    if parameter not in known or known[parameter].type not in _NUMBERS or not known[parameter].access.writable:
        raise ParameterError(
            f"{camera.display_name} has no exposure that can be set: there is no number {parameter!r} that can be "
            "written; name the parameter that it has for it",
            device=camera.name,
        )
    before = float(camera.get_parameter(parameter))
    top = camera.frame_format().saturation
    if not top:
        raise CalibrationError(
            f"{camera.display_name} does not say at which value it saturates, so no exposure can be found; set "
            f"{parameter} yourself"
        )
    search, looks = _Search(level, tolerance), _Looks()
    next_one: float | None = min(before, longest)
    seen = 0
    try:
        for step in range(_MOST_STEPS):
            if next_one is None:
                break
            exposure = float(camera.set_parameter(parameter, next_one))
            levels = _levels(camera, percentile, frames, watch, top, timeout, check)
            seen += len(levels)
            share = max(levels)
            if share < _SATURATED and share - min(levels) <= _EVEN * share:
                share, watch = float(np.mean(levels)), 0.0
            elif share < _SATURATED:
                share = looks.brightest(exposure, share)
            progress(step, exposure, share)
            next_one = search.take(exposure, share, *_limits(camera, parameter, longest))
    except BaseException:
        camera.set_parameter(parameter, before)
        raise
    unit = camera.all_parameters()[parameter].unit
    return Exposure(exposure, before, unit, share, search.reached, seen, search.problem)


class _Looks:
    """What was seen of a scene that is now bright and now dark."""

    def __init__(self) -> None:
        self._looks: list[tuple[float, float]] = []

    def brightest(self, exposure: float, share: float) -> float:
        """Take the share of a look; return that which the brightest of all looks would have with this exposure.

        Looks with an exposure that is far from it do not count, because of what a camera adds to what it sees.
        """
        self._looks.append((exposure, share))
        near = [each for each in self._looks if each[0] and 0.5 <= exposure / each[0] <= 2.0]
        best = max((seen * exposure / of for of, seen in near), default=share)
        return min(best, _NOT_YET)  # it was computed, none is known to be saturated


class _Search:
    """Says which exposure to try next."""

    def __init__(self, level: float, tolerance: float) -> None:
        self._level = level
        self._tolerance = tolerance
        self._last: tuple[float, float] | None = None
        self._too_much = math.inf
        self.reached = False
        self.problem = ""

    def take(self, exposure: float, share: float, low: float, high: float) -> float | None:
        """Take what an exposure gave; return the next, or None when there is none better."""
        self.problem = ""
        if abs(share - self._level) <= self._tolerance and share < max(_SATURATED, self._level):
            self.reached = True
            return None
        self.problem = f"it is at {share:.0%} of its range instead of {self._level:.0%}"
        if share >= _SATURATED:
            self._too_much = min(self._too_much, exposure)
            wanted = exposure / 4 if self._last is None else math.sqrt(exposure * self._last[0])
        else:
            wanted = self._aimed(exposure, share)
            self._last = exposure, share
            if wanted >= self._too_much:
                wanted = math.sqrt(exposure * self._too_much)
        wanted = min(max(wanted, low, exposure / _FARTHEST), high, exposure * _FARTHEST)
        if math.isclose(wanted, exposure, rel_tol=1e-4):
            limit = "longest" if share < self._level else "shortest"
            self.problem += f" with the {limit} exposure; change the light, the gain or the aperture"
            return None
        return wanted

    def _aimed(self, exposure: float, share: float) -> float:
        slope = share / exposure if exposure else 0.0
        if self._last is not None and exposure != self._last[0]:
            between = (share - self._last[1]) / (exposure - self._last[0])
            slope = between if between > 0 else slope
        return exposure + (self._level - share) / slope if slope > 0 else exposure * _FARTHEST


def _check(level: float, tolerance: float, percentile: float, frames: int, watch: float) -> None:
    if not (0 < level < 1 and 0 < tolerance < 1 and 0 < percentile <= 100 and frames >= 1 and 0 <= watch < math.inf):
        raise CalibrationError(
            f"level {level}, tolerance {tolerance}, percentile {percentile}, {frames} frames, watched for {watch} s: "
            "give a level and a tolerance between 0 and 1, a percentile up to 100, a frame at least, a time from 0 on"
        )


def _limits(camera: InstrumentDevice, parameter: str, longest: float) -> tuple[float, float]:
    spec = camera.all_parameters()[parameter]
    low = -math.inf if spec.minimum is None else float(spec.minimum)
    high = math.inf if spec.maximum is None else float(spec.maximum)
    return low, min(high, longest)


def _levels(
    camera: InstrumentDevice,
    percentile: float,
    frames: int,
    watch: float,
    top: float,
    timeout: float,
    check: Callable[[], None],
) -> list[float]:
    """Return the shares of the range that frames have: of some seconds, or until one is saturated."""
    levels: list[float] = []
    with camera.acquire() as acquisition:
        until = time.monotonic() + watch
        while len(levels) < frames or (time.monotonic() < until and max(levels) < _SATURATED):
            check()
            levels += [
                float(np.percentile(buffer.data, percentile)) / top for buffer in acquisition.buffers(1, timeout)
            ]
    return levels
