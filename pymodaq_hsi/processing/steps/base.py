"""What a step is, and what it becomes when it knows the lines that it is for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.processing.steps.geometry import Geometry

__all__ = ["Operation", "Step", "float_type", "numbers", "plain", "whole"]

_MOST_NUMBERS = 1 << 24


class Operation(ABC):
    """A step bound to the lines that it is for: a linear map of each line.

    Blocks are ``(pixels, bands)`` or ``(lines, pixels, bands)``; every value of the result is computed in the same way,
    in the same order of additions, however many lines there are in a block.

    Attributes
    ----------
    geometry : Geometry
        Of what comes out.
    """

    geometry: Geometry

    @abstractmethod
    def dtype(self, given: np.dtype[Any]) -> np.dtype[Any]:
        """Return the sample type that becomes of another."""

    @abstractmethod
    def values(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the values, of `dtype`; NaN where there are none."""

    @abstractmethod
    def variance(self, variance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the variance of values whose samples have these variances, and err independently."""

    @abstractmethod
    def reach(self, flags: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return, for each value, the flags (bool or uint8) of all samples that it is made of, together."""


@dataclass(frozen=True)
class Step(ABC):
    """One thing that is done to lines: plain data, checked when it is made."""

    kind: ClassVar[str]

    @abstractmethod
    def bind(self, before: Geometry) -> Operation:
        """Return the operation on such lines.

        Raises
        ------
        StepError
            It does not fit them.
        """

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON and TOML know it: its kind, and what is not as by default."""
        said: dict[str, Any] = {"kind": self.kind}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.default is MISSING or value != each.default:
                said[each.name] = plain(value)
        return said

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Self:
        """Make it of what `to_plain` gave.

        Raises
        ------
        StepError
            A field is not known, missing, or has a value that makes no sense.
        """
        known = [each.name for each in fields(cls)]
        unknown = sorted(set(data) - {"kind", *known})
        if unknown:
            raise StepError(f"the step {cls.kind} has no {unknown[0]!r}; it has {', '.join(known) or 'nothing to say'}")
        missing = [each.name for each in fields(cls) if each.default is MISSING and each.name not in data]
        if missing:
            raise StepError(f"the step {cls.kind} needs {missing[0]!r}")
        return cls(**{name: data[name] for name in known if name in data})


def float_type(given: np.dtype[Any]) -> np.dtype[Any]:
    """Return float32 for samples that it holds exactly, else float64."""
    return np.dtype(np.float32 if given.itemsize <= 2 or given == np.float32 else np.float64)


def plain(value: Any) -> Any:
    """Return a value with lists in place of tuples."""
    return [plain(each) for each in value] if isinstance(value, tuple) else value


def whole(value: Any, what: str, *, least: int) -> int:
    """Return a whole number.

    Raises
    ------
    StepError
        It is none, or less than `least`.
    """
    if isinstance(value, bool | str) or not isinstance(value, int | np.integer) or value < least:
        raise StepError(f"{what} is {value!r:.60}; give a whole number of at least {least}")
    return int(value)


def numbers(value: Any, what: str, *, ndims: tuple[int, ...]) -> Any:
    """Return finite numbers as a float, or as tuples of floats.

    Raises
    ------
    StepError
        Some are none, there are none, or they have another number of dimensions.
    """
    shapes = " or ".join(("one number", "a list", "a list of lists")[ndim] for ndim in ndims)
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "iuf":
            raise TypeError
        array = array.astype(float)
    except (TypeError, ValueError):
        raise StepError(f"{what} is {value!r:.80}; give {shapes} of numbers") from None
    if array.ndim not in ndims or not array.size or array.size > _MOST_NUMBERS:
        raise StepError(f"{what} has the shape {array.shape}; give {shapes}")
    if not np.isfinite(array).all():
        raise StepError(f"{what} has values that are no finite numbers; give numbers only")
    return _tuples(array.tolist())


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(each) for each in value)
    return value
