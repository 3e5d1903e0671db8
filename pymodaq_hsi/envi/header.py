"""What an ENVI header says about its cube."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.envi._numbers import parse_number, parse_numbers
from pymodaq_hsi.envi._text import list_items, read_text
from pymodaq_hsi.envi._units import to_nanometres
from pymodaq_hsi.errors import EnviError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DATA_TYPES", "UNDERSTOOD", "EnviHeader", "Interleave", "interpret_header"]

Interleave = Literal["bip", "bil", "bsq"]

DATA_TYPES: dict[int, str] = {
    1: "u1",
    2: "i2",
    3: "i4",
    4: "f4",
    5: "f8",
    6: "c8",
    9: "c16",
    12: "u2",
    13: "u4",
    14: "i8",
    15: "u8",
}
"""ENVI's `data type` to NumPy's, byte order apart."""

_NEEDED = ("samples", "lines", "bands", "data type", "interleave")
UNDERSTOOD = {
    *_NEEDED,
    "byte order",
    "header offset",
    "wavelength",
    "wavelength units",
    "fwhm",
    "band names",
    "bbl",
    "reflectance scale factor",
    "data ignore value",
    "default bands",
    "acquisition time",
}
_BYTE_ORDERS = {"": "<", "0": "<", "1": ">"}


@dataclass(frozen=True, eq=False)
class EnviHeader:
    """A header, its values converted and checked.

    Attributes
    ----------
    samples, lines, bands : int
        As written. `lines` may be 0: then the size of the data file says how many there are.
    data_type : numpy.dtype
        With the file's byte order.
    interleave : {'bip', 'bil', 'bsq'}
    header_offset : int
        Bytes in the data file before the first sample.
    wavelengths, fwhm : ndarray of float64 or None
        Shape (bands,), in nm whatever the file's unit, in the file's order.
    wavelength_units : str
        As written.
    band_names : tuple of str or None
    bbl : ndarray of bool or None
        Shape (bands,); False marks a bad band.
    reflectance_scale_factor : float or None
        Divide by it to get reflectance. It is not applied to the data.
    data_ignore_value : int, float or None
    default_bands : tuple of int or None
        One or three bands to show, counted from 1 as ENVI does.
    acquisition_time : str or None
        As written, usually ISO 8601.
    metadata : dict of str to str
        All other keys, in lower case, with their values as written.
    warnings : tuple of str
        What was odd and how it was read.
    """

    samples: int
    lines: int
    bands: int
    data_type: np.dtype[Any]
    interleave: Interleave
    header_offset: int = 0
    wavelengths: npt.NDArray[np.float64] | None = None
    wavelength_units: str = ""
    fwhm: npt.NDArray[np.float64] | None = None
    band_names: tuple[str, ...] | None = None
    bbl: npt.NDArray[np.bool_] | None = None
    reflectance_scale_factor: float | None = None
    data_ignore_value: int | float | None = None
    default_bands: tuple[int, ...] | None = None
    acquisition_time: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def byte_order(self) -> Literal["little", "big"]:
        """Byte order of the data file."""
        return "big" if self.data_type.str.startswith(">") else "little"

    @property
    def line_bytes(self) -> int:
        """Bytes of one line with all its bands."""
        return self.samples * self.bands * self.data_type.itemsize

    @property
    def data_bytes(self) -> int:
        """Bytes that the data file has according to the header, the offset included."""
        return self.header_offset + self.lines * self.line_bytes


def interpret_header(path: Path) -> EnviHeader:
    """Read and check the header file at `path`, which must be the header itself.

    Raises
    ------
    EnviError
        For a key that is needed and missing, or a value that cannot be what it should be.
    """
    text = read_text(path)
    entries = text.entries
    missing = [key for key in _NEEDED if key not in entries]
    if missing:
        raise EnviError(f"{path}: the header lacks {', '.join(repr(key) for key in missing)}; add it", path=str(path))
    if entries.get("file compression", "0") not in ("", "0"):
        raise EnviError(
            f"{path}: 'file compression' is {_short(entries['file compression'])}, and compressed data "
            "cannot be mapped; save it without compression",
            path=str(path),
        )
    samples = _whole(path, entries, "samples", 1)
    lines = _whole(path, entries, "lines", 0)
    bands = _whole(path, entries, "bands", 1)
    reader = _OptionalKeys(path, entries, samples, lines, bands, list(text.warnings))
    numbers = reader.numbers("wavelength", positive=True)
    spectral = to_nanometres(numbers, reader.numbers("fwhm"), entries.get("wavelength units", ""))
    if spectral.remark:
        reader.warn(spectral.remark)
    return EnviHeader(
        samples=samples,
        lines=lines,
        bands=bands,
        data_type=_data_type(path, entries),
        interleave=_interleave(path, entries),
        header_offset=_whole(path, entries, "header offset", 0),
        wavelengths=_frozen(spectral.wavelengths),
        wavelength_units=entries.get("wavelength units", ""),
        fwhm=_frozen(spectral.fwhm),
        band_names=reader.band_names(),
        bbl=reader.good_bands(),
        reflectance_scale_factor=reader.scale_factor(),
        data_ignore_value=reader.number("data ignore value"),
        default_bands=reader.default_bands(),
        acquisition_time=entries.get("acquisition time") or None,
        metadata={key: value for key, value in entries.items() if key not in UNDERSTOOD},
        warnings=tuple(reader.warnings),
    )


def _whole(path: Path, entries: dict[str, str], key: str, minimum: int) -> int:
    text = entries.get(key, "")
    if not text and key == "header offset":
        return 0
    value = parse_number(text)
    if not isinstance(value, int) or value < minimum:
        raise EnviError(
            f"{path}: '{key}' is {_short(text)}, expected a whole number from {minimum}; correct the header",
            path=str(path),
        )
    return value


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "\u2026")


def _data_type(path: Path, entries: dict[str, str]) -> np.dtype[Any]:
    code = parse_number(entries["data type"])
    if code not in DATA_TYPES:
        known = ", ".join(f"{number} ({np.dtype(name)})" for number, name in DATA_TYPES.items())
        raise EnviError(
            f"{path}: 'data type' is {_short(entries['data type'])}, expected one of {known}",
            path=str(path),
        )
    order = entries.get("byte order", "")
    if order not in _BYTE_ORDERS:
        raise EnviError(
            f"{path}: 'byte order' is {_short(order)}, expected 0 (little-endian) or 1 (big-endian)", path=str(path)
        )
    return np.dtype(_BYTE_ORDERS[order] + DATA_TYPES[int(code)])


def _interleave(path: Path, entries: dict[str, str]) -> Interleave:
    word = entries["interleave"].lower()
    if word not in ("bip", "bil", "bsq"):
        raise EnviError(
            f"{path}: 'interleave' is {_short(entries['interleave'])}, expected bip, bil or bsq", path=str(path)
        )
    for key in ("major frame offsets", "minor frame offsets"):
        if re.search(r"[1-9]", entries.get(key, "")):
            raise EnviError(
                f"{path}: '{key}' is {_short(entries[key])}: padding between lines is not read; "
                "save the cube without it",
                path=str(path),
            )
    return cast("Interleave", word)


def _frozen(values: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
    if values is not None:
        values.flags.writeable = False
    return values


@dataclass
class _OptionalKeys:
    """Reads what a cube can do without: a value that makes no sense is ignored with a warning."""

    path: Path
    entries: dict[str, str]
    samples: int
    lines: int
    bands: int
    warnings: list[str]

    def warn(self, message: str) -> None:
        self.warnings.append(f"{self.path}: {message}")

    def ignore(self, key: str, problem: str) -> None:
        self.warn(f"'{key}' {problem}: ignored")

    def numbers(self, key: str, *, positive: bool = False) -> npt.NDArray[np.float64] | None:
        text = self.entries.get(key, "")
        if not text.strip("{}[] \n"):
            return None
        parsed = parse_numbers(text, self.bands)
        if parsed.values is None:
            self.ignore(key, f"{parsed.problem} for {self.bands} bands")
            return None
        if not np.isfinite(parsed.values).all() or (positive and parsed.values.min() <= 0):
            self.ignore(key, f"holds a value that is not {'positive' if positive else 'finite'}")
            return None
        if parsed.remark:
            self.warn(f"'{key}' {parsed.remark}")
        return parsed.values

    def number(self, key: str) -> int | float | None:
        text = self.entries.get(key, "")
        value = parse_number(text) if text else None
        if text and value is None:
            self.ignore(key, f"is {text[:40]!r}, which is not a number")
        return value

    def scale_factor(self) -> float | None:
        value = self.number("reflectance scale factor")
        if value is not None and not (np.isfinite(value) and value > 0):
            self.ignore("reflectance scale factor", f"is {value}, which is not positive")
            return None
        return None if value is None else float(value)

    def good_bands(self) -> npt.NDArray[np.bool_] | None:
        values = self.numbers("bbl")
        if values is None:
            return None
        good: npt.NDArray[np.bool_] = values != 0
        good.flags.writeable = False
        return good

    def band_names(self) -> tuple[str, ...] | None:
        text = self.entries.get("band names", "")
        names = tuple(list_items(text)) if text else ()
        if names and len(names) != self.bands:
            self.ignore("band names", f"has {len(names)} names for {self.bands} bands")
            return None
        return names or None

    def default_bands(self) -> tuple[int, ...] | None:
        text = self.entries.get("default bands", "").strip("{}[] \n")
        if not text:
            return None
        numbers = [parse_number(word) for word in re.split(r"[,;\s]+", text) if word]
        whole = tuple(int(number) for number in numbers if number is not None and float(number).is_integer())
        if len(whole) != len(numbers) or not all(1 <= number <= self.bands for number in whole):
            self.ignore("default bands", f"is {text[:60]!r}, expected band numbers from 1 to {self.bands}")
            return None
        return whole
