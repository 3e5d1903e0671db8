"""The white panel: how much of the light it gives back, by wavelength."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import CalibrationError, PanelNotFound
from pymodaq_hsi.processing.columns import in_nanometers, read_columns, rising

if TYPE_CHECKING:
    import os

__all__ = ["Panel", "PanelReflectivity", "panel_values", "read_panel"]

_BRIGHTEST = 1.2
"""Nothing that is used as a white gives back more: larger values are percent, or counts."""


@dataclass(frozen=True, eq=False)
class Panel:
    """What is known of a white panel, usually from its certificate.

    Parameters
    ----------
    wavelengths : array_like
        nm, rising, ``(n,)``.
    reflectivity : array_like
        R0 at these, 1 for a perfect white, ``(n,)``.
    outside : {"refuse", "nan"}
        What becomes of bands outside of the table: an error, or NaN in what is calibrated.
    name : str
        Where it is from, for messages and files.

    Raises
    ------
    CalibrationError
        The table contradicts itself, or a value is not above 0 or is above 1.2 (percent, for instance).
    """

    wavelengths: npt.NDArray[np.float64]
    reflectivity: npt.NDArray[np.float64]
    outside: Literal["refuse", "nan"] = "refuse"
    name: str = ""

    def __post_init__(self) -> None:
        known, values = _numbers(self.wavelengths), _numbers(self.reflectivity)
        object.__setattr__(self, "wavelengths", known)
        object.__setattr__(self, "reflectivity", values)
        if self.outside not in ("refuse", "nan"):
            raise CalibrationError(f"a panel's 'outside' is {self.outside!r}; give 'refuse' or 'nan'")
        rising = known.ndim == 1 and known.size > 0 and known.shape == values.shape
        if not (rising and bool(np.all(np.isfinite(known))) and bool(np.all(np.diff(known) > 0))):
            raise CalibrationError(
                f"the panel's table {self.name} has {known.shape} wavelengths and {values.shape} values; give as many "
                "of each, with rising wavelengths"
            )
        _check_values(values, self.name)

    def at(self, wavelengths: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the reflectivity at other wavelengths (nm, ``(bands,)``), interpolated linearly.

        Raises
        ------
        CalibrationError
            The table does not cover them, and `outside` is "refuse"; both ranges are named.
        """
        first, last = self.wavelengths[0], self.wavelengths[-1]
        beyond = (wavelengths < first) | (wavelengths > last)
        if self.outside == "refuse" and bool(beyond.any()):
            raise CalibrationError(
                f"the panel's reflectivity is known from {first:g} to {last:g} nm, the camera sees "
                f"{np.min(wavelengths):g} to {np.max(wavelengths):g} nm; give a table that covers them, record fewer "
                "bands, or have the bands outside come out as NaN (Panel(..., outside='nan'))"
            )
        values = np.interp(wavelengths, self.wavelengths, self.reflectivity)
        values[beyond] = np.nan
        return values

    def to_message(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "wavelengths_nm": self.wavelengths.tolist(),
            "reflectivity": self.reflectivity.tolist(),
            "outside": self.outside,
            "name": self.name,
        }

    @classmethod
    def from_message(cls, message: Any) -> Panel:
        """Build it from what `to_message` gave."""
        return cls(message["wavelengths_nm"], message["reflectivity"], message["outside"], str(message["name"]))


PanelReflectivity = float | npt.ArrayLike | tuple[npt.ArrayLike, npt.ArrayLike] | Panel


def panel_values(reflectivity: Any, wavelengths: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a panel's reflectivity at the camera's wavelengths.

    Parameters
    ----------
    reflectivity : float, array, (wavelengths, reflectivities) or Panel
        See `InstrumentParameters`.
    wavelengths : ndarray
        nm, ascending, ``(bands,)``.

    Returns
    -------
    ndarray
        ``(bands,)``; NaN where a `Panel` does not know it and says so.

    Raises
    ------
    CalibrationError
        The number of values does not fit, the table does not cover the wavelengths, or a value is not above 0 or is
        above 1.2 (percent, for instance).
    """
    if isinstance(reflectivity, tuple) and len(reflectivity) == 2:
        reflectivity = Panel(*reflectivity)
    if isinstance(reflectivity, Panel):
        return reflectivity.at(wavelengths)
    panel = _numbers(reflectivity)
    if panel.shape not in ((), wavelengths.shape):
        raise CalibrationError(
            f"the panel's reflectivity has shape {panel.shape}; give one number, or one for each of the "
            f"{len(wavelengths)} bands"
        )
    _check_values(panel)
    return np.broadcast_to(panel, wavelengths.shape).astype(float)


def read_panel(path: str | os.PathLike[str], *, outside: Literal["refuse", "nan"] = "refuse") -> Panel:
    """Read a panel's certificate: text with a wavelength and a reflectivity in the first two columns.

    Columns are separated by commas, semicolons, tabs or blanks; lines that do not begin with a number are titles or
    remarks. Wavelengths are in nm, or in um where a title says so; values are shares of 1, or percent where a title has
    a ``%``. A decimal comma is understood where semicolons, tabs or blanks separate. Lines may be in any order.

    Parameters
    ----------
    path : str or path-like
    outside : {"refuse", "nan"}
        See `Panel`.

    Raises
    ------
    PanelNotFound
        No such file.
    CalibrationError
        With the file, the line and what is wrong with it.
    """
    file = Path(path)
    try:
        titles, rows = read_columns(file, "a wavelength and a reflectivity")
    except FileNotFoundError:
        raise PanelNotFound(f"there is no file {file}; give the table of the panel's reflectivity") from None
    if not rows:
        raise CalibrationError(
            f"{file} has no line with two numbers; a panel's table has a wavelength in nm and a reflectivity in each"
        )
    wavelengths, values = rising(file, rows)
    heading = " ".join(titles).lower()
    wavelengths = in_nanometers(file, wavelengths, heading)
    if "%" in heading or "percent" in heading:
        values = values / 100
    if values.max() > _BRIGHTEST:
        raise CalibrationError(
            f"{file} has a reflectivity of {values.max():g}, and a perfect white has 1; write shares of 1, or '%' in "
            "the title of the column"
        )
    return Panel(wavelengths, values, outside, file.name)


def _check_values(values: npt.NDArray[np.float64], name: str = "") -> None:
    whose = f"the panel's reflectivity{f' of {name}' if name else ''}"
    if not bool(np.all(np.isfinite(values) & (values > 0))):
        raise CalibrationError(f"{whose} goes down to {np.min(values):g}; it has to be above 0")
    if values.size and np.max(values) > _BRIGHTEST:
        high = float(np.max(values))
        raise CalibrationError(
            f"{whose} goes up to {high:g}, and a perfect white has 1; give shares of 1: percent divided by 100, "
            f"here {high / 100:g}"
        )


def _numbers(values: Any) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        raise CalibrationError(
            f"a panel's reflectivity is made of numbers, not of {type(values).__name__}; give one number, one for each "
            "band, a table (wavelengths, reflectivities), or what read_panel(path) gives"
        ) from None
