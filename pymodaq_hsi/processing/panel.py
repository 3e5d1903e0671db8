"""The white panel: how much of the light it gives back, by wavelength."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import CalibrationError, PanelNotFound

if TYPE_CHECKING:
    import os

__all__ = ["Panel", "PanelReflectivity", "panel_values", "read_panel"]

_LARGEST = 1 << 24
_BRIGHTEST = 1.5
_LONGEST_IN_UM = 100.0
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?")


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
        The table contradicts itself, or a value is not above 0.
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
        if not bool(np.all(np.isfinite(values) & (values > 0))):
            raise CalibrationError(f"the panel's reflectivity goes down to {np.min(values):g}; it has to be above 0")

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
        The number of values does not fit, the table does not cover the wavelengths, or a value is not above 0.
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
    if not bool(np.all(np.isfinite(panel) & (panel > 0))):
        raise CalibrationError(f"the panel's reflectivity goes down to {np.min(panel):g}; it has to be above 0")
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
    titles, rows = _table(file)
    if not rows:
        raise CalibrationError(
            f"{file} has no line with two numbers; a panel's table has a wavelength in nm and a reflectivity in each"
        )
    order = sorted(rows)
    wavelengths, values = (np.array(column) for column in zip(*order, strict=True))
    repeated = wavelengths[:-1][np.diff(wavelengths) == 0]
    if repeated.size:
        raise CalibrationError(f"{file} has the wavelength {repeated[0]:g} twice; give one line for each")
    heading = " ".join(titles).lower()
    if re.search(r"\b(um|µm|μm|micron|microns|micrometers?|micrometres?)\b", heading):
        wavelengths = wavelengths * 1000
    elif wavelengths[-1] < _LONGEST_IN_UM:
        raise CalibrationError(
            f"{file} has wavelengths from {wavelengths[0]:g} to {wavelengths[-1]:g}, which is no range in nm; write "
            "them in nm, or 'um' in the title of the column"
        )
    if "%" in heading or "percent" in heading:
        values = values / 100
    if values.max() > _BRIGHTEST:
        raise CalibrationError(
            f"{file} has a reflectivity of {values.max():g}, and a perfect white has 1; write shares of 1, or '%' in "
            "the title of the column"
        )
    return Panel(wavelengths, values, outside, file.name)


def _table(file: Path) -> tuple[list[str], list[tuple[float, float]]]:
    """Return titles, and rows of two numbers."""
    titles: list[str] = []
    rows: list[tuple[float, float]] = []
    for number, line in enumerate(_text(file).splitlines(), start=1):
        cells = _cells(line)
        if not cells or not _NUMBER.fullmatch(cells[0]):
            titles.append(line)
            continue
        if len(cells) < 2 or not _NUMBER.fullmatch(cells[1]):
            raise CalibrationError(
                f"{file}, line {number}: {line.strip()[:80]!r} is not a wavelength and a reflectivity"
            )
        rows.append((float(cells[0]), float(cells[1])))
    return titles, rows


def _cells(line: str) -> list[str]:
    for separator in (";", "\t"):
        if separator in line:
            return [cell.strip().replace(",", ".") for cell in line.split(separator)]
    words = line.split()
    if "," in line and not (len(words) > 1 and all(_DECIMAL_COMMA.fullmatch(word) for word in words[:2])):
        return [cell.strip() for cell in next(csv.reader([line]))]
    return [word.replace(",", ".") for word in words]


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST:
            raise CalibrationError(f"{file} has {file.stat().st_size} bytes; that is no table of a panel")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return file.read_text(encoding="latin-1")
    except FileNotFoundError:
        raise PanelNotFound(f"there is no file {file}; give the table of the panel's reflectivity") from None
    except OSError as error:
        raise CalibrationError(f"{file} cannot be read: {error.strerror}") from error


def _numbers(values: Any) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        raise CalibrationError(
            f"a panel's reflectivity is made of numbers, not of {type(values).__name__}; give one number, one for each "
            "band, a table (wavelengths, reflectivities), or what read_panel(path) gives"
        ) from None
