"""Where the samples of a map are drawn: at their values, or one after the other where these lie unevenly. No Qt."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["extent", "is_even", "place_of", "ticks"]

_TICKS = 8


def is_even(values: npt.NDArray[Any]) -> bool:
    """Whether values have the same distance everywhere, so that a picture can be drawn over them."""
    if len(values) < 2:
        return bool(np.isfinite(values).all())
    steps = np.diff(values)
    return bool(np.isfinite(steps[0]) and steps[0] != 0 and np.allclose(steps, steps.mean(), rtol=0.05, atol=0))


def extent(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Return where the first sample begins and how long all are; by their numbers where they lie unevenly."""
    if not is_even(values):
        return -0.5, float(len(values))
    step = float(values[-1] - values[0]) / (len(values) - 1) if len(values) > 1 else 1.0
    return float(values[0]) - step / 2, step * len(values)


def place_of(values: npt.NDArray[Any], index: int) -> float:
    """Return where a sample is drawn."""
    return float(values[index]) if is_even(values) else float(index)


def ticks(values: npt.NDArray[Any]) -> list[list[tuple[float, str]]] | None:
    """Return what is written at the axis of samples that lie unevenly; None where the axis knows by itself."""
    if is_even(values):
        return None
    every = max(1, len(values) // _TICKS)
    return [[(float(k), f"{values[k]:.4g}") for k in range(0, len(values), every)]]
