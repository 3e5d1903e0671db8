"""Tables in text files: of panels, of radiometric factors, of spectra."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import CalibrationError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cells_of", "in_nanometers", "read_columns", "rising"]

_LARGEST = 1 << 24
_LONGEST_IN_UM = 100.0
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?")


def read_columns(file: Path, what: str, columns: int = 2) -> tuple[list[str], list[tuple[float, ...]]]:
    """Read a table of numbers.

    Columns are separated by commas, semicolons, tabs or blanks; lines that do not begin with a number are titles or
    remarks. A decimal comma is understood where semicolons, tabs or blanks separate.

    Parameters
    ----------
    file : Path
    what : str
        What a line should be, for messages: "a wavelength and a reflectivity".
    columns : int
        How many numbers are taken of each line; 0 for as many as the first has.

    Returns
    -------
    titles : list of str
    rows : list of tuple of float

    Raises
    ------
    FileNotFoundError
        As it is: whoever asked knows what the file was to be.
    CalibrationError
        With the line, or why the file cannot be read.
    """
    titles: list[str] = []
    rows: list[tuple[float, ...]] = []
    for number, line in enumerate(_text(file, what).splitlines(), start=1):
        cells = cells_of(line)
        if not cells or not _NUMBER.fullmatch(cells[0]):
            titles.append(line)
            continue
        columns = columns or len(cells)
        if len(cells) < columns or not all(_NUMBER.fullmatch(cell) for cell in cells[:columns]):
            raise CalibrationError(f"{file}, line {number}: {line.strip()[:80]!r} is not {what}")
        rows.append(tuple(float(cell) for cell in cells[:columns]))
    return titles, rows


def rising(file: Path, rows: list[tuple[float, ...]]) -> list[npt.NDArray[np.float64]]:
    """Return the columns of a table, by rising first column.

    Raises
    ------
    CalibrationError
        A wavelength, the first column, is there twice.
    """
    wavelengths, *others = (np.array(column) for column in zip(*sorted(rows), strict=True))
    repeated = wavelengths[:-1][np.diff(wavelengths) == 0]
    if repeated.size:
        raise CalibrationError(f"{file} has the wavelength {repeated[0]:g} twice; give one line for each")
    return [wavelengths, *others]


def in_nanometers(file: Path, wavelengths: npt.NDArray[np.float64], heading: str) -> npt.NDArray[np.float64]:
    """Return wavelengths in nm, from um where the titles say so.

    Raises
    ------
    CalibrationError
        They are no range in nm.
    """
    if re.search(r"\b(um|µm|μm|micron|microns|micrometers?|micrometres?)\b", heading.lower()):
        return wavelengths * 1000
    if wavelengths[-1] < _LONGEST_IN_UM:
        raise CalibrationError(
            f"{file} has wavelengths from {wavelengths[0]:g} to {wavelengths[-1]:g}, which is no range in nm; write "
            "them in nm, or 'um' in the title of the column"
        )
    return wavelengths


def cells_of(line: str) -> list[str]:
    """Return what stands in the columns of a line, with decimal points."""
    for separator in (";", "\t"):
        if separator in line:
            return [cell.strip().replace(",", ".") for cell in line.split(separator)]
    words = line.split()
    if "," in line and not (len(words) > 1 and all(_DECIMAL_COMMA.fullmatch(word) for word in words[:2])):
        return [cell.strip() for cell in next(csv.reader([line]))]
    return [word.replace(",", ".") for word in words]


def _text(file: Path, what: str) -> str:
    try:
        if file.stat().st_size > _LARGEST:
            raise CalibrationError(
                f"{file} has {file.stat().st_size} bytes; that is no table whose lines are {what} each"
            )
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return file.read_text(encoding="latin-1")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CalibrationError(f"{file} cannot be read: {error.strerror}") from error
