"""How the samples lie in the data file: the entries of a header that nothing can be read without."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from pymodaq_hsi.envi._numbers import parse_number
from pymodaq_hsi.errors import EnviError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DATA_TYPES", "NEEDED", "Interleave", "Layout", "is_library", "read_layout"]

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

NEEDED = ("samples", "lines", "bands", "data type", "interleave")

_BYTE_ORDERS = {"": "<", "0": "<", "1": ">"}
_LITTLE = re.compile(r"\b(little|intel|host|lsb|lsf|le)\b")
_BIG = re.compile(r"\b(big|network|msb|msf|be)\b")
_OTHER_FORMATS = re.compile(r"tiff?|hdf|jpe?g|jp2|png|nitf|netcdf|mrsid|ecw|zip|zarr", re.IGNORECASE)
_LIBRARY = "envi spectral library"


@dataclass(frozen=True)
class Layout:
    """Shape, sample type and place of the samples; see `EnviHeader` for the fields."""

    samples: int
    lines: int
    bands: int
    data_type: np.dtype[Any]
    interleave: Interleave
    header_offset: int


def read_layout(path: Path, entries: dict[str, str]) -> Layout:
    """Read and check the layout; `path` is for the messages.

    Raises
    ------
    EnviError
        For an entry that is needed and missing, or a value that cannot be what it should be.
    """
    missing = [key for key in NEEDED if not entries.get(key)]
    if missing:
        raise _error(path, f"the header lacks {', '.join(repr(key) for key in missing)}; add it")
    _refuse_other_formats(path, entries)
    samples, bands = _whole(path, entries, "samples", 1), _whole(path, entries, "bands", 1)
    interleave = _interleave(path, entries)
    if is_library(entries):
        samples, bands, interleave = 1, samples, "bip"
    return Layout(
        samples=samples,
        lines=_whole(path, entries, "lines", 0),
        bands=bands,
        data_type=_data_type(path, entries),
        interleave=interleave,
        header_offset=_whole(path, entries, "header offset", 0),
    )


def is_library(entries: dict[str, str]) -> bool:
    """Say whether a header is one of a spectral library, which writes bands as samples."""
    said = " ".join(entries.get("file type", "").lower().split())
    return said == _LIBRARY and parse_number(entries.get("bands", "")) == 1


def _refuse_other_formats(path: Path, entries: dict[str, str]) -> None:
    said = entries.get("file type", "")
    if _OTHER_FORMATS.search(said) and parse_number(entries.get("header offset", "") or "0") == 0:
        raise _error(
            path,
            f"'file type' is {_short(said)}: the header describes samples that a file of that format holds; "
            "open that file with a reader of its format",
        )
    if entries.get("file compression", "0") not in ("", "0"):
        raise _error(
            path,
            f"'file compression' is {_short(entries['file compression'])}, and compressed data cannot be mapped; "
            "unpack the data file (it is gzip) and remove the entry, or save it without compression",
        )
    for key in ("major frame offsets", "minor frame offsets"):
        if re.search(r"[1-9]", entries.get(key, "")):
            raise _error(
                path,
                f"'{key}' is {_short(entries[key])}: padding between lines is not read; save the cube without it",
            )


def _whole(path: Path, entries: dict[str, str], key: str, minimum: int) -> int:
    text = _bare(entries.get(key, ""))
    if not text and key == "header offset":
        return 0
    value = parse_number(text)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 and "," not in text:
        value = int(value)
    if not isinstance(value, int) or value < minimum:
        raise _error(
            path, f"'{key}' is {_short(entries[key])}, expected a whole number from {minimum}; correct the header"
        )
    return value


def _data_type(path: Path, entries: dict[str, str]) -> np.dtype[Any]:
    code = parse_number(_bare(entries["data type"]))
    if code not in DATA_TYPES:
        known = ", ".join(f"{number} ({np.dtype(name)})" for number, name in DATA_TYPES.items())
        raise _error(path, f"'data type' is {_short(entries['data type'])}, expected one of {known}")
    return np.dtype(_byte_order(path, entries.get("byte order", "")) + DATA_TYPES[int(code)])


def _byte_order(path: Path, text: str) -> str:
    word = _bare(text)
    little, big = _LITTLE.search(word.lower()), _BIG.search(word.lower())
    if word in _BYTE_ORDERS or bool(little) != bool(big):
        return _BYTE_ORDERS[word] if word in _BYTE_ORDERS else "<" if little else ">"
    raise _error(path, f"'byte order' is {_short(text)}, expected 0 (little-endian) or 1 (big-endian)")


def _interleave(path: Path, entries: dict[str, str]) -> Interleave:
    word = _bare(entries["interleave"]).lower()
    if word not in ("bip", "bil", "bsq"):
        raise _error(path, f"'interleave' is {_short(entries['interleave'])}, expected bip, bil or bsq")
    return cast("Interleave", word)


def _bare(text: str) -> str:
    """Return a word without quotes and braces around it, and without a remark behind it."""
    return text.partition(";")[0].strip(" \t\r\n\"'{}[],")


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "\u2026")


def _error(path: Path, message: str) -> EnviError:
    return EnviError(f"{path}: {message}", path=str(path))
