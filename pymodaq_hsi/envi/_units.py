"""Wavelength units: whatever a header says, or does not say, to nanometres."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["InNanometres", "to_nanometres"]

_NM_PER_UNIT = {
    **dict.fromkeys(("nanometers", "nanometer", "nanometres", "nanometre", "nm"), 1.0),
    **dict.fromkeys(
        ("micrometers", "micrometer", "micrometres", "micrometre", "microns", "micron", "um", "\u00b5m", "\u03bcm"), 1e3
    ),
    **dict.fromkeys(("angstroms", "angstrom", "\u00e5"), 0.1),
    **dict.fromkeys(("millimeters", "millimeter", "millimetres", "mm"), 1e6),
    **dict.fromkeys(("centimeters", "centimeter", "centimetres", "cm"), 1e7),
    **dict.fromkeys(("meters", "meter", "metres", "m"), 1e9),
}
_NM_TIMES_UNIT = {  # units that grow as the wavelength shrinks
    **dict.fromkeys(("wavenumber", "wavenumbers", "cm-1", "1/cm", "cm^-1", "cm**-1", "cm\u207b\u00b9"), 1e7),
    **dict.fromkeys(("ghz", "gigahertz"), 299_792_458.0),
    **dict.fromkeys(("mhz", "megahertz"), 299_792_458e3),
    **dict.fromkeys(("thz", "terahertz"), 299_792.458),
    **dict.fromkeys(("hz", "hertz"), 299_792_458e9),
    **dict.fromkeys(("ev", "electronvolt", "electronvolts"), 1_239.841_984_332),  # h c, of CODATA 2018's exact h and e
}
_SHORTEST_IN_NM = 100.0
_SHORTEST_IN_MICROMETRES = 0.1
_LONGEST_IN_MICROMETRES = 30.0


@dataclass(frozen=True)
class InNanometres:
    """Wavelengths and widths in nm, or None where the unit leaves them without meaning; a remark to pass on."""

    wavelengths: npt.NDArray[np.float64] | None
    fwhm: npt.NDArray[np.float64] | None
    remark: str = ""


def to_nanometres(
    wavelengths: npt.NDArray[np.float64] | None, fwhm: npt.NDArray[np.float64] | None, unit: str, title: str = ""
) -> InNanometres:
    """Convert a header's wavelengths and widths.

    Parameters
    ----------
    wavelengths, fwhm : ndarray or None
        Shape (bands,), in the header's unit.
    unit : str
        As written. Empty, "Unknown" and words that mean no length: the title decides, or the values, if they can.
    title : str
        Of the spectral axis in plots, where some programs write the unit instead.
    """
    word, remark = _word(unit), ""
    if not _known(word) and word != "index" and _known(_word(title)):
        word = _word(title)
        remark = f"{_said(unit)}: taken from 'z plot titles', {title[:40]!r}"
    if wavelengths is None:
        if fwhm is not None and word not in _NM_PER_UNIT:
            return InNanometres(None, None, f"'fwhm' has the unit {unit[:40]!r} and no wavelengths beside it: ignored")
        return InNanometres(None, None if fwhm is None else fwhm * _NM_PER_UNIT[word])
    scale = _NM_PER_UNIT.get(word)
    if scale is None and word not in _NM_TIMES_UNIT:
        said = _said(unit)
        span = f"{wavelengths.min():g} to {wavelengths.max():g}"
        scale = None if word == "index" else _guess(wavelengths)
        if scale is None:
            remark = f"{said} and {span} could mean anything: wavelengths ignored; add 'wavelength units'"
            return InNanometres(None, None, remark)
        remark = f"{said}: {span} read as {'nm' if scale == 1.0 else 'micrometres'}"
    with np.errstate(all="ignore"):
        in_nm = wavelengths * scale if scale is not None else _NM_TIMES_UNIT[word] / wavelengths
        widths = None if fwhm is None else fwhm * (scale if scale is not None else in_nm / wavelengths)
    usable = np.isfinite(in_nm).all() and in_nm.min() > 0 and (widths is None or np.isfinite(widths).all())
    if not usable:
        return InNanometres(None, None, f"the wavelengths are beyond all measure in {unit[:40]!r}: ignored")
    if not remark:
        remark = _doubt(wavelengths, in_nm, unit)
    return InNanometres(in_nm, widths, remark)


def _said(unit: str) -> str:
    return f"'wavelength units' is {unit[:40]!r}" if unit else "there are no 'wavelength units'"


def _known(word: str) -> bool:
    return word in _NM_PER_UNIT or word in _NM_TIMES_UNIT


def _word(unit: str) -> str:
    """Return the unit alone, without the words, quotes and brackets that may stand around it."""
    text = unit.strip("{}'\" \t\n").lower()
    joined = re.sub(r"[\s_-]+(?=[a-z])", "", text)  # "nano meters", which are no meters
    if _known(text) or _known(joined):
        return text if _known(text) else joined
    pieces = [piece.strip(".") for piece in re.split(r"[\s()\[\],;:]+", text)]
    known = [piece for piece in pieces if _known(piece)]
    same = {(_NM_PER_UNIT.get(piece), _NM_TIMES_UNIT.get(piece)) for piece in known}
    return known[0] if len(same) == 1 else text


def _doubt(written: npt.NDArray[np.float64], in_nm: npt.NDArray[np.float64], unit: str) -> str:
    """Return a remark where another unit is far likelier than the one that was written; it is not acted upon."""
    likely = ""
    if in_nm.max() <= _LONGEST_IN_MICROMETRES and in_nm.min() > _SHORTEST_IN_MICROMETRES:
        likely = "micrometres"
    elif in_nm.min() >= _SHORTEST_IN_NM * 1e3 and in_nm.max() <= _LONGEST_IN_MICROMETRES * 1e6:
        likely = "nm"
    if not likely:
        return ""
    return (
        f"'wavelength units' is {unit[:40]!r}, and {written.min():g} to {written.max():g} look like {likely}: read as "
        "written; correct the header if they are"
    )


def _guess(values: npt.NDArray[np.float64]) -> float | None:
    counting = np.arange(values.size, dtype=np.float64)
    if values.size > 1 and (np.array_equal(values, counting) or np.array_equal(values, counting + 1)):
        return None
    if values.min() >= _SHORTEST_IN_NM:
        return 1.0
    return 1e3 if values.max() <= _LONGEST_IN_MICROMETRES else None
