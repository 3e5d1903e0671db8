"""The text of a header that is to be written; reading it gives the same header again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.envi.header import DATA_TYPES

if TYPE_CHECKING:
    from pymodaq_hsi.envi.header import EnviHeader

__all__ = ["CODES", "format_header", "value_text"]

_LONGEST = 9000  # GDAL reads no line of more than 10,000 characters, and nothing behind it
_WIDTH = 100

CODES = {np.dtype(name).str[1:]: code for code, name in DATA_TYPES.items()}
"""NumPy's sample type, byte order apart, to ENVI's `data type`."""


def format_header(header: EnviHeader) -> str:
    """Return the text of a header file."""
    entries: dict[str, str] = {}
    metadata = {key: _broken(text) for key, text in header.metadata.items()}
    metadata = dict(sorted(metadata.items(), key=lambda entry: _too_long(entry[1])))
    if "description" in metadata and not _too_long(metadata["description"]):
        entries["description"] = metadata.pop("description")
    entries |= {
        "samples": str(header.samples),
        "lines": str(header.lines),
        "bands": str(header.bands),
        "header offset": str(header.header_offset),
        "file type": _file_type(metadata.pop("file type", "")),
        "data type": str(CODES[header.data_type.str[1:]]),
        "interleave": header.interleave,
        "byte order": "1" if header.byte_order == "big" else "0",
    }
    optional = {
        "acquisition time": header.acquisition_time,
        "default bands": value_text(header.default_bands),
        "reflectance scale factor": value_text(header.reflectance_scale_factor),
        "data ignore value": value_text(header.data_ignore_value),
        "band names": value_text(header.band_names),
        "wavelength units": None if header.wavelengths is None and header.fwhm is None else "Nanometers",
        "wavelength": value_text(header.wavelengths),
        "fwhm": value_text(header.fwhm),
        "bbl": value_text(None if header.bbl is None else header.bbl.astype(np.uint8)),
    }
    entries |= {key: _broken(text) for key, text in optional.items() if text}
    entries |= metadata
    return "ENVI\n" + "".join(f"{key} = {text}\n" for key, text in entries.items())


def _too_long(text: str) -> bool:
    return any(len(line) > _LONGEST for line in text.splitlines())


def _broken(text: str) -> str:
    """Return a long list over several lines; no line begins with what would be a comment."""
    if not (text.startswith("{") and _too_long(text)):
        return text
    lines = ["{"]
    for item in re.split(r"(?<=,)[ \t]*", text[1:]):
        if len(lines[-1]) + len(item) >= _WIDTH:
            lines.append("")
        lines[-1] += f" {item}"
    return "\n".join(lines)


def _file_type(said: str) -> str:
    """Return what to write: the samples of a library are written as those of any other cube."""
    return "ENVI Standard" if not said or "library" in said.lower() else said


def value_text(value: object) -> str:
    """Return a value as a header has it: numbers so that they are read back the same, lists in braces.

    >>> value_text([0.1, True, "x"])
    '{0.1, 1, x}'
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        return "{" + ", ".join(value_text(item) for item in value) + "}"
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    return repr(float(value)) if isinstance(value, (float, np.floating)) else str(value)
