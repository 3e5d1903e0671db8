"""When coordinates count as evenly spaced."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["scale_offset"]

RELATIVE = 1e-6
"""How far, in steps, a point may lie from the line."""
COARSEST = 1e-2
"""The same where the coordinates' own resolution is coarser than that."""


def scale_offset(values: npt.NDArray[Any]) -> tuple[float, float] | None:
    """Scaling and offset of the line through coordinates, or None if they are not evenly spaced.

    The tolerance follows the spacing, so an axis in metres with nanometre steps is judged as the same axis in nm. The
    rounding of the coordinates' own floating-point type is forgiven up to a hundredth of a step.

    Parameters
    ----------
    values : ndarray
        Real, shape (n,).

    Examples
    --------
    >>> scale_offset(np.array([400.0, 500.0, 600.0]))
    (100.0, 400.0)
    >>> scale_offset(np.array([0.0, 1e-9, 3e-9])) is None
    True
    """
    count = values.size
    if count == 0:
        return None
    first = float(values[0])
    if count == 1:
        return (1.0, first) if np.isfinite(first) else None
    step = (float(values[-1]) - first) / (count - 1)
    if step == 0.0 or not np.isfinite(step):
        return None
    line = first + step * np.arange(count)
    distance = float(np.abs(values - line).max())
    resolution = float(np.finfo(values.dtype).eps) if values.dtype.kind == "f" else 0.0
    rounding = 4.0 * resolution * max(abs(first), abs(float(values[-1])))
    tolerance = max(RELATIVE * abs(step), min(rounding, COARSEST * abs(step)))
    return (step, first) if distance <= tolerance else None  # a NaN distance is no line
