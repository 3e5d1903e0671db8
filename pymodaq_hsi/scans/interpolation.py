"""Between the points of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.errors import PlanInvalid

if TYPE_CHECKING:
    import numpy.typing as npt

    from pymodaq_hsi.scans.following import Table

__all__ = ["Interpolation"]


class Interpolation:
    """A table as a function.

    Parameters
    ----------
    table : Table

    Raises
    ------
    PlanInvalid
        It is cubic, and scipy is not installed.
    """

    def __init__(self, table: Table) -> None:
        points = np.array(sorted(table.points), float)
        self._places, self._values = points[:, 0], points[:, 1]
        self._clamps = table.outside == "clamp"
        self._nearest = table.interpolation == "nearest"
        self._curve: Any = None
        if table.interpolation == "cubic":
            self._curve = _cubic(self._places, self._values, table.of)

    def __call__(self, places: Any) -> npt.NDArray[np.float64]:
        """Return the values at some places: NaN beyond the ends of a table that refuses them."""
        wanted = np.asarray(places, float)
        inside = np.clip(wanted, self._places[0], self._places[-1])
        if self._curve is not None:
            found = np.asarray(self._curve(inside), float)
        elif self._nearest:
            middles = (self._places[1:] + self._places[:-1]) / 2
            found = self._values[np.searchsorted(middles, inside)]
        else:
            found = np.asarray(np.interp(inside, self._places, self._values), float)
        return found if self._clamps else np.where(inside == wanted, found, np.nan)


def _cubic(places: npt.NDArray[np.float64], values: npt.NDArray[np.float64], of: str) -> Any:
    try:
        from scipy.interpolate import CubicSpline
    except ImportError:
        raise PlanInvalid(
            [f"the table of {of} is cubic, which needs scipy: pip install 'pymodaq-hsi[adaptive]', or take linear"]
        ) from None
    return CubicSpline(places, values, bc_type="natural")
