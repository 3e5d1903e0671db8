"""What an ENVI header says about its cube."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.envi._keys import UNDERSTOOD, canonical
from pymodaq_hsi.envi._layout import DATA_TYPES, Interleave, is_library, read_layout
from pymodaq_hsi.envi._numbers import parse_number, parse_numbers
from pymodaq_hsi.envi._text import list_items, read_text
from pymodaq_hsi.envi._units import to_nanometres

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DATA_TYPES", "UNDERSTOOD", "EnviHeader", "Interleave", "interpret_header"]


_SATURATION = ("saturation", "ceiling")


@dataclass(frozen=True, eq=False)
class EnviHeader:
    """A header, its values converted and checked.

    Attributes
    ----------
    samples, lines, bands : int
        As written. `lines` may be 0: then the size of the data file says how many there are. An ENVI Spectral Library,
        which writes its bands as samples, is a cube of one spectrum a line: 1 sample, as many lines as spectra
        (their names are in `metadata` under "spectra names").
    data_type : numpy.dtype
        With the file's byte order.
    interleave : {'bip', 'bil', 'bsq'}
    header_offset : int
        Bytes in the data file before the first sample.
    wavelengths, fwhm : ndarray of float64 or None
        Shape (bands,), in nm whatever the file's unit, in the file's order.
    wavelength_units : str
        As written.
    wavelength_values : ndarray of float64 or None
        Shape (bands,): the numbers of 'wavelength' as written, in `wavelength_units`, also where these are no lengths
        ("Index") or are not known: then `wavelengths` is None, and these are all there is.
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
    wavelength_values: npt.NDArray[np.float64] | None = None
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
    def saturation(self) -> float | None:
        """From which value on a sample is saturated, where it is said.

        By 'saturation' (our own exports) or 'ceiling' (of vendors); or 'data ignore value' is the largest sample there
        can be, by which HySpex marks saturated ones.
        """
        numbers = (parse_number(self.metadata.get(key, "")) for key in _SATURATION)
        return next((float(n) for n in numbers if n is not None and n > 0), self._ignored_top)

    @property
    def ignored(self) -> float | None:
        """The sample that says nothing: 'data ignore value', where it does not mark saturated ones, and is a number."""
        value = self.data_ignore_value
        return None if value is None or np.isnan(value) or self._ignored_top is not None else value

    @property
    def _ignored_top(self) -> float | None:
        kind, value = self.data_type, self.data_ignore_value
        return float(value) if kind.kind in "iu" and value is not None and value == np.iinfo(kind).max else None

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
    entries = canonical(text.entries)
    layout = read_layout(path, entries)
    if is_library(entries):
        entries.pop("band names", None)  # of the one band of samples that are bands
    _take_units_out(entries)
    reader = _OptionalKeys(path, entries, layout.bands, list(text.warnings))
    numbers = reader.numbers("wavelength")
    lengths = reader.lengths(numbers)
    title = entries.get("z plot titles", "").strip("{} ").partition(",")[0]
    spectral = to_nanometres(lengths, reader.numbers("fwhm"), entries.get("wavelength units", ""), title)
    if spectral.remark:
        reader.warn(spectral.remark)
    return EnviHeader(
        samples=layout.samples,
        lines=layout.lines,
        bands=layout.bands,
        data_type=layout.data_type,
        interleave=layout.interleave,
        header_offset=layout.header_offset,
        wavelength_values=_frozen(numbers),
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


def _take_units_out(entries: dict[str, str]) -> None:
    """Move a unit that is written behind each wavelength to where units belong, if none is there."""
    for key in ("wavelength", "fwhm"):
        text = entries.get(key, "")
        units = set(re.findall(r"[a-z\u00b5\u03bc]+", re.sub(r"\d[eE][+-]?\d", "00", text).lower()))
        if len(units) == 1 and (unit := units.pop()) in ("nm", "um", "\u00b5m", "\u03bcm"):
            entries[key] = re.sub(unit, " ", text, flags=re.IGNORECASE)
            entries["wavelength units"] = entries.get("wavelength units") or unit


def _frozen(values: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
    if values is not None:
        values.flags.writeable = False
    return values


@dataclass
class _OptionalKeys:
    """Reads what a cube can do without: a value that makes no sense is ignored with a warning."""

    path: Path
    entries: dict[str, str]
    bands: int
    warnings: list[str]

    def warn(self, message: str) -> None:
        self.warnings.append(f"{self.path}: {message}")

    def ignore(self, key: str, problem: str) -> None:
        self.warn(f"'{key}' {problem}: ignored")

    def numbers(self, key: str) -> npt.NDArray[np.float64] | None:
        text = self.entries.get(key, "")
        if not text.strip("{}[] \n"):
            return None
        parsed = parse_numbers(text, self.bands)
        if parsed.values is None:
            self.ignore(key, f"{parsed.problem} for {self.bands} bands")
            return None
        if not np.isfinite(parsed.values).all():
            self.ignore(key, "holds a value that is not finite")
            return None
        if parsed.remark:
            self.warn(f"'{key}' {parsed.remark}")
        return parsed.values

    def lengths(self, values: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
        """Return the numbers of 'wavelength' if they can be lengths, which are above 0."""
        if values is None or values.min() > 0:
            return None if values is None else values.copy()
        band = int(np.argmax(values <= 0)) + 1
        self.ignore(
            "wavelength", f"holds a value that is not positive ({values[band - 1]:g} of band {band}), no wavelength"
        )
        return None

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
        words = {"true": "1", "false": "0"}
        said = self.entries.get("bbl", "")
        self.entries["bbl"] = re.sub(
            r"\b(true|false)\b", lambda word: words[word[0].lower()], said, flags=re.IGNORECASE
        )
        values = self.numbers("bbl")
        if values is None:
            return None
        good: npt.NDArray[np.bool_] = values != 0
        good.flags.writeable = False
        return good

    def band_names(self) -> tuple[str, ...] | None:
        text = self.entries.get("band names", "")
        names = tuple(list_items(text)) if text else ()
        if len(names) > self.bands:
            apart = tuple(list_items(text, nested=True))
            names = apart if len(apart) == self.bands else names
        if names and len(names) != self.bands:
            self.ignore(
                "band names", f"has {len(names)} {'name' if len(names) == 1 else 'names'} for {self.bands} bands"
            )
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
