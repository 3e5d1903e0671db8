"""Units of plans and of parameters."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from h5modules.data import Axis

__all__ = ["conversion"]


@lru_cache(maxsize=256)
def conversion(source: str, target: str) -> tuple[float, float]:
    """Return factor and shift with which ``value * factor + shift`` goes from one unit to another.

    Raises
    ------
    DataUnitError
        They measure different things.

    Examples
    --------
    >>> conversion("um", "mm")
    (0.001, 0.0)
    """
    if source == target:
        return 1.0, 0.0
    zero, one = Axis("", source, data=np.array([0.0, 1.0])).units_as(target, inplace=False).get_data()
    return float(one - zero), float(zero)
