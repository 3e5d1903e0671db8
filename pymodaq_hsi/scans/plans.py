"""The kinds of plans; step scans are in `stepping`."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans._base import BasePlan
from pymodaq_hsi.scans._followers import problems_of_follows
from pymodaq_hsi.scans._model import Count, Number, Part, Positive, Seconds, Target
from pymodaq_hsi.scans.following import Follow
from pymodaq_hsi.scans.parts import Detector
from pymodaq_hsi.scans.stepping import StepScan

__all__ = ["AdaptiveAxis", "AdaptiveScan", "Log", "Movement", "Plan", "Recording", "TimeSeries"]


class Movement(Part):
    """A stage that moves while lines are recorded.

    Attributes
    ----------
    target : str
        Position of a stage.
    start, stop : float
        It is moved to `start` first, if that is given.
    velocity : float, optional
        Set for the movement, and set back after it; the device's own if not given.
    velocity_parameter : str
    units : str
        Of `start` and `stop`; those of the parameter if empty.
    """

    target: Target
    start: Number | None = None
    stop: Number
    velocity: Positive | None = None
    velocity_parameter: str = "Velocity"
    units: str = ""


class Recording(BasePlan):
    """A pushbroom camera's cube, line by line; it ends with the first of the ends that are given.

    Attributes
    ----------
    lines : int, optional
        End after so many.
    seconds : float, optional
        End after this time.
    movement : Movement, optional
        Move a stage meanwhile; end when it is there.
    return_to_start : bool
        Move the stage back at the end.
    """

    kind: Literal["recording"] = "recording"
    lines: Count | None = None
    seconds: Positive | None = None
    movement: Movement | None = None
    return_to_start: bool = False

    @model_validator(mode="after")
    def _check(self) -> Recording:
        if self.lines is None and self.seconds is None and self.movement is None:
            raise ValueError("a recording needs an end: give lines, seconds or a movement")
        if len(self.detectors) != 1 or not self.detectors[0].is_frame:
            raise ValueError("a recording has one detector, an instrument whose frames are the lines")
        if self.detectors[0].average > 1:
            raise ValueError(
                f"each frame is a line of a recording; average = {self.detectors[0].average} is for scans and series: "
                "leave it out, or use a longer exposure"
            )
        movement = self.movement
        if movement is not None and movement.start == movement.stop:
            raise ValueError(f"{movement.target} is to move from {movement.stop:g} to where it is; change one end")
        return self

    @property
    def targets(self) -> list[str]:
        """What is varied."""
        return [self.movement.target] if self.movement else []


class TimeSeries(BasePlan):
    """A measurement every so many seconds.

    Attributes
    ----------
    interval : float
        Seconds from one to the next; 0 for as fast as it goes.
    count : int, optional
        How many.
    duration : float, optional
        Seconds, instead of `count`: the last is measured no later.
    """

    kind: Literal["time_series"] = "time_series"
    detectors: tuple[Detector, ...] = Field(min_length=1)
    interval: Seconds
    count: Count | None = None
    duration: Seconds | None = None

    @model_validator(mode="after")
    def _check(self) -> TimeSeries:
        if (self.count is None) == (self.duration is None):
            both = "both are given" if self.count is not None else "neither is given"
            raise ValueError(f"a time series has a count or a duration; {both}")
        return self

    @property
    def scan_shape(self) -> tuple[int, ...] | None:
        """How many measurements; None if that is not known before."""
        if self.count is not None:
            return (self.count,)
        if not self.interval:
            return None
        assert self.duration is not None
        return (math.floor(self.duration / self.interval + 1e-6) + 1,)


class AdaptiveAxis(Part):
    """Something that is varied between bounds.

    Attributes
    ----------
    target : str
    low, high : float
    step : float, optional
        Values are whole numbers of steps from `low`.
    units, settle, tolerance
        As of a `ScanAxis`.
    """

    target: Target
    low: Number
    high: Number
    step: Positive | None = None
    units: str = ""
    settle: Seconds = 0.0
    tolerance: Seconds | None = None

    @model_validator(mode="after")
    def _check(self) -> AdaptiveAxis:
        if not self.low < self.high:
            raise ValueError(f"low = {self.low:g} is not below high = {self.high:g}; change one")
        return self


class AdaptiveScan(BasePlan):
    """Each point is where what was measured before says that it tells most.

    Attributes
    ----------
    axes : list of AdaptiveAxis
    points : int, optional
        The most points.
    loss : float, optional
        End when the learner's loss is no more than this.
    learner : {"builtin", "adaptive"}
        Ours, or that of the package adaptive (``pip install pymodaq-hsi[adaptive]``).
    signal : str
        What it looks at: a detector's device for the mean of its frame, ``"device.Parameter"`` for a reading; the
        first detector if empty.
    follows, return_to_start
        As of a `StepScan`.
    """

    kind: Literal["adaptive_scan"] = "adaptive_scan"
    detectors: tuple[Detector, ...] = Field(min_length=1)
    axes: tuple[AdaptiveAxis, ...] = Field(min_length=1)
    points: Count | None = None
    loss: Positive | None = None
    learner: Literal["builtin", "adaptive"] = "builtin"
    signal: str = ""
    follows: tuple[Follow, ...] = ()
    return_to_start: bool = False

    @model_validator(mode="after")
    def _check(self) -> AdaptiveScan:
        targets = [axis.target for axis in self.axes]
        problems = [
            f"{target} is given as an axis {targets.count(target)} times; leave one"
            for target in dict.fromkeys(targets)
            if targets.count(target) > 1
        ]
        problems += problems_of_follows(self.follows, targets)
        if self.points is None and self.loss is None:
            problems.append("an adaptive scan needs an end: give points, loss or both")
        signals = [detector.device for detector in self.detectors if detector.is_frame]
        signals += [f"{detector.device}.{name}" for detector in self.detectors for name in detector.parameters]
        if self.signal and self.signal not in signals:
            problems.append(f"signal = {self.signal!r} is not measured; there are {', '.join(signals)}")
        if problems:
            raise PlanInvalid(problems, self.name)
        return self

    @property
    def targets(self) -> list[str]:
        """What is varied, then what follows."""
        own = [axis.target for axis in self.axes]
        return own + [follow.target for follow in self.follows if follow.target not in own]


class Log(BasePlan):
    """Whatever devices say, written down as time passes.

    Attributes
    ----------
    interval : float, optional
        Seconds from one record to the next; as fast as they come if not given.
    duration : float, optional
        Seconds; until it is stopped if not given.
    """

    kind: Literal["log"] = "log"
    detectors: tuple[Detector, ...] = Field(min_length=1)
    interval: Positive | None = None
    duration: Positive | None = None


Plan = Annotated[Recording | StepScan | TimeSeries | AdaptiveScan | Log, Field(discriminator="kind")]
"""Any plan."""
