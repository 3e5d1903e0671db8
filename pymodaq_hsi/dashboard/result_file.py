"""The file of a scan, read while it is written or after: what the events have not told, spectra, pictures. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.errors import FileUnreadable
from pymodaq_hsi.dashboard.scan_points import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from h5modules.glimpsing import Glimpse, GlimpsedArray, GlimpsedAxis
    from pymodaq_hsi.dashboard.mirror import Message

__all__ = ["Described", "ResultFile", "spectral_axis"]

_NOT_DETECTORS = ("positions", "scan")


@dataclass(frozen=True)
class Described:
    """What a file has of a scan.

    Attributes
    ----------
    frames : dict of str to GlimpsedArray
        By detector.
    readings : dict of str to GlimpsedArray
        By ``device.Parameter``.
    nav : list of GlimpsedAxis
        What was varied.
    measured : ndarray
        Bool: which points are there.
    """

    frames: dict[str, GlimpsedArray] = field(default_factory=dict)
    readings: dict[str, GlimpsedArray] = field(default_factory=dict)
    nav: list[GlimpsedAxis] = field(default_factory=list)
    measured: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))


class ResultFile:
    """A scan in a file.

    Parameters
    ----------
    glimpse : Glimpse
    path : str
    node : str
        The scan's group.
    frames : list of str
        Detectors whose frames are measured.
    """

    def __init__(self, glimpse: Glimpse, path: str, node: str, frames: Sequence[str]) -> None:
        self._glimpse = glimpse
        self.path = path
        self.node = node
        self._detectors = list(frames)

    def describe(self) -> Described:
        """Return what is in the file now.

        Raises
        ------
        FileUnreadable
            As all methods, when the file cannot be read at this moment.
        """
        frames, readings = {}, {}
        for array in self._glimpse.arrays(self.path, self.node):
            if "/Detector" not in array.path or array.origin in _NOT_DETECTORS:
                continue
            if array.origin == "Lines":
                if array.path.endswith("CH00/EnlData00") and self._detectors:
                    frames[self._detectors[0]] = array
            elif array.origin in self._detectors and len(array.shape) > array.nav:
                frames.setdefault(array.origin, array)
            else:
                readings[f"{array.origin}.{array.name}"] = array
        nav = self._glimpse.nav_axes(self.path, self.node)
        return Described(frames, readings, nav, self._measured([*frames.values(), *readings.values()]))

    def points(self, described: Described, places: Sequence[tuple[int, ...]], layout: Layout) -> list[Message]:
        """Return points as the station tells them, some of those asked for: all that can be read in a short time."""
        means: dict[str, npt.NDArray[Any]] = {}
        done = len(places)
        for name, array in described.frames.items():
            means[name] = self._glimpse.means(self.path, array.path, places)
            done = min(done, len(means[name]))
        for name, array in described.readings.items():
            whole = self._glimpse.read(self.path, array.path, [[None, None, None]])
            means[name] = np.array([_scalar(whole[place]) for place in places[:done]])
        columns = {} if layout is Layout.GRID else {axis.label: axis.values for axis in described.nav}
        return [
            {
                "number": k if layout is Layout.GRID else place[0],
                "indexes": list(place),
                "wanted": {
                    label: float(values[place[0]]) for label, values in columns.items() if place[0] < len(values)
                },
                "measured": {},
                "means": {name: float(values[k]) for name, values in means.items()},
            }
            for k, place in enumerate(places[:done])
        ]

    def band_means(self, array: GlimpsedArray, places: Sequence[tuple[int, ...]], band: int) -> npt.NDArray[np.float64]:
        """Return the means of a band at the first of some places: as many as can be read in a short time."""
        return self._glimpse.means(self.path, array.path, places, (band, band + 1))

    def frame(self, array: GlimpsedArray, place: Sequence[int]) -> npt.NDArray[Any]:
        """Return what was measured at a place: a frame, or of a cube's line and pixel a spectrum."""
        return self._glimpse.read(self.path, array.path, [int(index) for index in place])

    def lines(self, array: GlimpsedArray, rows: tuple[int, int, int], bands: Sequence[int]) -> npt.NDArray[Any]:
        """Return bands of the lines of a cube, (lines, pixels, bands)."""
        return self._glimpse.pick(self.path, array.path, rows, bands)

    def _measured(self, arrays: list[GlimpsedArray]) -> npt.NDArray[np.bool_]:
        if not arrays:
            return np.zeros(0, bool)
        detector = arrays[0].path.partition("/Data")[0]
        try:
            mask = self._glimpse.read(self.path, f"{detector}/Measured", [[None, None, None]])
        except FileUnreadable:  # of points that are appended all are there
            return np.ones(min(array.shape[0] for array in arrays), bool)
        return np.asarray(mask, bool)


def spectral_axis(array: GlimpsedArray) -> GlimpsedAxis | None:
    """Return the axis of wavelengths of what was measured at a point; None if there is none."""
    named = [axis for axis in array.axes if axis.units in ("nm", "um", "µm", "1/cm") or "wave" in axis.label.lower()]
    return named[0] if named else None


def _scalar(values: Any) -> float:
    flat = np.asarray(values, float).ravel()
    return float(flat.mean()) if flat.size else float("nan")
