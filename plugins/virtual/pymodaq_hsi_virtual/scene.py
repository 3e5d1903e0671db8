"""What lies under the camera: a chart of 24 patches with measured reflectances, and a white panel beside it."""

from __future__ import annotations

import csv
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Patch", "Scene", "read_spectra"]

ROWS, COLUMNS = 4, 6
FRAME_REFLECTANCE = 0.04
"""Of the chart's black frame, at all wavelengths."""

_EDGE = 0.12
"""The share of a patch's cell that is frame, on each side."""
_MARGIN = 0.1
"""The share of a patch that is left out on each side to stay clear of its edges."""


@dataclass(frozen=True)
class Patch:
    """One patch of the chart.

    Attributes
    ----------
    name : str
    lines, pixels : slice
        Its interior, clear of its edges, on the unbinned sensor.
    reflectance : ndarray
        At the scene's wavelengths, ``(bands,)``.
    """

    name: str
    lines: slice
    pixels: slice
    reflectance: npt.NDArray[np.float64]


class Scene:
    """The chart as `lines` positions along the motion and `pixels` across.

    Parameters
    ----------
    wavelengths : ndarray
        nm, ``(bands,)``.
    pixels : int
    lines : int
        After the last one the scene begins again.
    """

    def __init__(self, wavelengths: npt.NDArray[np.float64], pixels: int, lines: int) -> None:
        self.wavelengths = wavelengths
        self.pixels = pixels
        self.lines = lines
        known, names, spectra = read_spectra("colorchecker_reflectance.csv")
        self._names = names
        self._spectra = np.array([np.interp(wavelengths, known, spectrum) for spectrum in spectra])

    def row_at(self, line: int) -> int:
        """Return which row of patches is at a line, or -1 for the frame between them."""
        return _cell(line % self.lines, self.lines, ROWS)

    def reflectance(self, row: int) -> npt.NDArray[np.float64]:
        """Return the reflectance along a line that crosses `row` (-1: the frame), ``(pixels, bands)``."""
        line = np.full((self.pixels, len(self.wavelengths)), FRAME_REFLECTANCE)
        if row >= 0:
            for pixel in range(self.pixels):
                column = _cell(pixel, self.pixels, COLUMNS)
                if column >= 0:
                    line[pixel] = self._spectra[row * COLUMNS + column]
        return line

    def patches(self) -> list[Patch]:
        """Return the 24 patches, row by row."""
        return [
            Patch(
                self._names[row * COLUMNS + column],
                _interior(row, self.lines, ROWS),
                _interior(column, self.pixels, COLUMNS),
                self._spectra[row * COLUMNS + column],
            )
            for row in range(ROWS)
            for column in range(COLUMNS)
        ]

    def description(self) -> dict[str, Any]:
        """Return what went in, as plain data: the truth that a recording can be compared with."""
        return {
            "wavelengths_nm": [round(float(w), 4) for w in self.wavelengths],
            "lines": self.lines,
            "pixels": self.pixels,
            "frame_reflectance": FRAME_REFLECTANCE,
            "patches": [
                {
                    "name": patch.name,
                    "lines": [patch.lines.start, patch.lines.stop],
                    "pixels": [patch.pixels.start, patch.pixels.stop],
                    "reflectance": [round(float(r), 6) for r in patch.reflectance],
                }
                for patch in self.patches()
            ],
        }


@cache
def read_spectra(name: str) -> tuple[npt.NDArray[np.float64], list[str], npt.NDArray[np.float64]]:
    """Return a table of spectra that comes with the package.

    Returns
    -------
    wavelengths : ndarray
        nm, ``(n,)``.
    names : list of str
    spectra : ndarray
        ``(names, n)``.
    """
    data = pkgutil.get_data("pymodaq_hsi_virtual", f"data/{name}") or b""
    rows = list(csv.reader(line for line in data.decode().splitlines() if not line.startswith("#")))
    table = np.array([[float(cell) for cell in row] for row in rows[1:]])
    return table[:, 0], rows[0][1:], table[:, 1:].T


def _cell(position: int, length: int, cells: int) -> int:
    """Return the cell that a position is in, -1 for the frame around it."""
    cell, within = divmod(position * cells / length, 1)
    return int(cell) if _EDGE <= within < 1 - _EDGE else -1


def _interior(cell: int, length: int, cells: int) -> slice:
    size = length / cells
    inset = size * (_EDGE + _MARGIN * (1 - 2 * _EDGE))
    return slice(int(np.ceil(cell * size + inset)), int(np.floor((cell + 1) * size - inset)))
