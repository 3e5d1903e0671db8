"""The values that an axis takes."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, model_validator

from pymodaq_hsi.scans._model import Count, Number, Part, Positive

__all__ = ["AxisValues", "Linear", "Listed", "Logarithmic"]

_ON_THE_GRID = 1e-6
"""Of a step: `stop` is taken to be on the grid if it is no farther from it."""


class Linear(Part):
    """Evenly spaced values from `start` to `stop`.

    Attributes
    ----------
    start, stop : float
    points : int, optional
        How many, both ends included; with 1 only `start`.
    step : float, optional
        Instead of `points`: the distance from one to the next, above 0 in either direction. `stop` is among them if it
        is a whole number of steps away.
    """

    spacing: Literal["linear"] = "linear"
    start: Number
    stop: Number
    points: Count | None = None
    step: Positive | None = None

    @model_validator(mode="after")
    def _check(self) -> Linear:
        if (self.points is None) == (self.step is None):
            both = "both points and step are given" if self.points is not None else "neither points nor step is given"
            raise ValueError(f"{both} for values from {self.start:g} to {self.stop:g}; give one of them")
        distance = abs(self.stop - self.start)
        if not math.isfinite(distance) or not math.isfinite(distance / (self.step or 1.0)):
            steps = f" in steps of {self.step:g}" if self.step else ""
            raise ValueError(f"values from {self.start:g} to {self.stop:g}{steps} cannot be counted; correct them")
        return self

    @property
    def count(self) -> int:
        """How many values there are."""
        if self.points is not None:
            return self.points
        assert self.step is not None
        return math.floor(abs(self.stop - self.start) / self.step + _ON_THE_GRID) + 1

    @property
    def increment(self) -> float:
        """From one value to the next."""
        if self.step is not None:
            return math.copysign(self.step, self.stop - self.start)
        return (self.stop - self.start) / (self.count - 1) if self.count > 1 else 0.0

    def at(self, index: int) -> float:
        """Return one value."""
        if index and index == self.count - 1 and self._ends_at_stop:
            return self.stop
        return self.start + index * self.increment

    def array(self) -> npt.NDArray[np.float64]:
        """Return all values."""
        found: npt.NDArray[np.float64] = self.start + np.arange(self.count, dtype=np.float64) * self.increment
        if self.count > 1 and self._ends_at_stop:
            found[-1] = self.stop
        return found

    @property
    def _ends_at_stop(self) -> bool:
        last = self.start + (self.count - 1) * self.increment
        return abs(last - self.stop) <= _ON_THE_GRID * abs(self.increment)


class Logarithmic(Part):
    """Values each of which is the one before times a factor.

    Attributes
    ----------
    start, stop : float
        Both above 0, or both below.
    points : int
        How many, both ends included; with 1 only `start`.
    """

    spacing: Literal["log"] = "log"
    start: Number
    stop: Number
    points: Count

    @model_validator(mode="after")
    def _check(self) -> Logarithmic:
        same_side = (self.start > 0) == (self.stop > 0) and self.start and self.stop
        if not same_side or not 0 < self.stop / self.start < math.inf:
            raise ValueError(
                f"log spacing from {self.start:g} to {self.stop:g} is not possible: both ends must be above 0, or both "
                "below" + (", and not so far apart" if same_side else "")
            )
        return self

    @property
    def count(self) -> int:
        """How many values there are."""
        return self.points

    def at(self, index: int) -> float:
        """Return one value."""
        if index in (0, self.points - 1):
            return self.stop if index else self.start
        return self.start * math.pow(self.stop / self.start, index / (self.points - 1))

    def array(self) -> npt.NDArray[np.float64]:
        """Return all values."""
        return np.array([self.at(index) for index in range(self.points)])


class Listed(Part):
    """Values one by one, in any order; a text is the name of a position that is to be looked up.

    Attributes
    ----------
    values : list of float or str
    """

    spacing: Literal["listed"] = "listed"
    values: tuple[Number | str, ...] = Field(min_length=1)

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.values)

    @property
    def names(self) -> list[str]:
        """Positions that are to be looked up."""
        return [value for value in self.values if isinstance(value, str)]

    def at(self, index: int) -> float:
        """Return one value.

        Raises
        ------
        ValueError
            It is a name still.
        """
        value = self.values[index]
        if isinstance(value, str):
            raise ValueError(f"position {value!r} was not looked up; use with_positions(memory) on the plan first")
        return value

    def array(self) -> npt.NDArray[np.float64]:
        """Return all values."""
        return np.array([self.at(index) for index in range(self.count)])


def _shorthand(value: Any) -> Any:
    """Take a bare list for `Listed`, and a table without `spacing` for `Linear`, or `Listed` if it has values."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return {"spacing": "listed", "values": list(value)}
    if isinstance(value, dict) and "spacing" not in value:
        return {"spacing": "listed" if "values" in value else "linear"} | value
    return value


AxisValues = Annotated[
    Annotated[Linear | Logarithmic | Listed, Field(discriminator="spacing")],
    BeforeValidator(_shorthand, json_schema_input_type=Linear | Logarithmic | Listed | list[float | str]),
]
"""Linear, log, or a list; a bare list is taken for a list of values, a table without ``spacing`` for linear."""
