"""What is to go into a header, checked before a file is touched."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.envi._format import CODES, value_text
from pymodaq_hsi.envi.header import DATA_TYPES, UNDERSTOOD
from pymodaq_hsi.errors import EnviError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from pymodaq_hsi.envi.header import Interleave

__all__ = ["Checks", "Scalar"]

Scalar = str | int | float

_ORDERS = {"little": "<", "big": ">"}


@dataclass(frozen=True)
class Checks:
    """Turns arguments into header values; each method raises `EnviError` naming file, argument and value."""

    path: str
    bands: int

    def error(self, message: str) -> EnviError:
        """Return the error to raise."""
        return EnviError(f"{self.path}: {message}", path=self.path)

    def data_type(self, dtype: np.dtype[Any], byte_order: str) -> np.dtype[Any]:
        """Return the sample type of the file."""
        if byte_order not in _ORDERS:
            raise self.error(f"byte_order is {byte_order!r}, expected 'little' or 'big'")
        if dtype.str[1:] not in CODES:
            known = ", ".join(np.dtype(name).name for name in DATA_TYPES.values())
            raise self.error(f"ENVI files have no sample type {dtype.name!r}; convert the data to one of {known}")
        return dtype.newbyteorder(_ORDERS[byte_order])  # type: ignore[arg-type]

    def interleave(self, interleave: Interleave) -> Interleave:
        """Return the interleave."""
        if interleave not in ("bip", "bil", "bsq"):
            raise self.error(f"interleave is {interleave!r}, expected 'bip', 'bil' or 'bsq'")
        return interleave

    def offset(self, offset: int) -> int:
        """Return the header offset."""
        if offset < 0:
            raise self.error(f"header_offset is {offset}, expected 0 or more")
        return offset

    def per_band(
        self, name: str, values: npt.ArrayLike | None, *, positive: bool = False
    ) -> npt.NDArray[np.float64] | None:
        """Return one finite number for each band."""
        if values is None:
            return None
        numbers = np.asarray(values, dtype=np.float64)
        self._one_each(name, numbers.shape)
        if not np.isfinite(numbers).all() or (positive and numbers.min() <= 0):
            raise self.error(f"{name} hold a value that is not {'positive' if positive else 'finite'}")
        return numbers

    def flags(self, bbl: npt.ArrayLike | None) -> npt.NDArray[np.bool_] | None:
        """Return the bad band list."""
        if bbl is None:
            return None
        flags = np.asarray(bbl).astype(np.bool_)
        self._one_each("bbl", flags.shape)
        return flags

    def names(self, names: Sequence[str] | None) -> tuple[str, ...] | None:
        """Return the band names."""
        if names is None:
            return None
        self._one_each("band_names", (len(names),))
        for name in names:
            if not name.strip() or re.search(r"[,{}\r\n]", name):
                raise self.error(f"the band name {name!r} is empty or has a comma, a brace or a line break; rename it")
        return tuple(names)

    def positive(self, name: str, value: float | None) -> float | None:
        """Return a positive number."""
        if value is not None and not (np.isfinite(value) and value > 0):
            raise self.error(f"{name} is {value}, expected a positive number")
        return value

    def default_bands(self, bands: Sequence[int] | None) -> tuple[int, ...] | None:
        """Return the bands to show."""
        if bands is None:
            return None
        if not bands or not all(1 <= band <= self.bands for band in bands):
            raise self.error(f"default_bands are {tuple(bands)}, expected numbers from 1 to {self.bands}")
        return tuple(int(band) for band in bands)

    def time(self, time: str | dt.datetime | None) -> str | None:
        """Return the acquisition time as text."""
        return self._one_line("acquisition_time", time.isoformat() if isinstance(time, dt.datetime) else time)

    def metadata(self, metadata: Mapping[str, Scalar | Iterable[Scalar]] | None) -> dict[str, str]:
        """Return further keys with their values as text that reads back as it is."""
        checked: dict[str, str] = {}
        for name, value in (metadata or {}).items():
            key = " ".join(name.lower().split())
            if key in UNDERSTOOD:
                raise self.error(
                    f"the metadata key {name!r} belongs to the format; pass it as the argument of that name"
                )
            if not key or "=" in key or key.startswith(";"):
                raise self.error(f"the metadata key {name!r} is empty, has a '=' or begins with ';'; rename it")
            checked[key] = self._value(name, value_text(value).strip())
        return checked

    def _value(self, name: str, text: str) -> str:
        if re.search(r"[\r\n]", text) and not text.startswith("{"):
            text = "{" + text + "}"
        closing = {"{": "}", "[": "]"}.get(text[:1])
        if closing and text.find(closing) != len(text) - 1:
            raise self.error(
                f"the metadata value {text[:60]!r} of {name!r} has a bracket that ends it early; leave it out"
            )
        if re.search(r"^;", text, re.MULTILINE) and closing:
            raise self.error(f"the metadata value {text[:60]!r} of {name!r} has a line that begins with ';', a comment")
        return text

    def _one_line(self, name: str, text: str | None) -> str | None:
        if text is not None and (not text.strip() or re.search(r"^\s*[{\[]|[\r\n]", text)):
            raise self.error(f"{name} is {text!r}, expected one line of text without brackets")
        return text

    def _one_each(self, name: str, shape: tuple[int, ...]) -> None:
        if shape != (self.bands,):
            raise self.error(f"{name} have the shape {shape}, expected ({self.bands},): one for each band")
