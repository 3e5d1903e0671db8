"""The names of entries as they should be, for those that somebody wrote a little differently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pymodaq_hsi.envi._layout import NEEDED

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["UNDERSTOOD", "canonical"]

UNDERSTOOD = {
    *NEEDED,
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
"""Entries that `EnviHeader` has fields for; all others are metadata."""

_OFTEN_JOINED = UNDERSTOOD | {
    "file type",
    "file compression",
    "data gain values",
    "data offset values",
    "data reflectance gain values",
    "data reflectance offset values",
    "spectra names",
}


def _letters(key: str) -> str:
    return re.sub(r"[^a-z]", "", key)


_BY_LETTERS = {_letters(key): key for key in _OFTEN_JOINED} | {
    "wavelengths": "wavelength",
    "wavelengthunit": "wavelength units",
    "wavelengthsunits": "wavelength units",
    "bandname": "band names",
    "defaultband": "default bands",
}


def canonical(entries: Mapping[str, str]) -> dict[str, str]:
    """Rename entries that differ from the format's only in blanks, underscores or a plural.

    An entry of the right name goes before one of a similar name, which then stays as it is.

    >>> canonical({"headeroffset": "0", "wavelength_units": "nm", "wavelengths": "{1}", "wavelength": "{2}"})
    {'header offset': '0', 'wavelength units': 'nm', 'wavelengths': '{1}', 'wavelength': '{2}'}
    """
    named: dict[str, str] = {}
    for key, value in entries.items():
        meant = _BY_LETTERS.get(_letters(key), key)
        named[key if meant in entries or meant in named else meant] = value
    return named
