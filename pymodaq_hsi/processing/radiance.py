"""Radiance from counts.

``L = c(lambda) * (I - D) / t``: counts above the dark signal, for each millisecond of exposure, times a factor that was
measured before a source of known radiance, such as an integrating sphere (Wyatt, Radiometric Calibration: Theory and
Methods, Academic Press 1978).

The factor comes from a file in one of three forms (`read_radiometry`):

- text: a wavelength (nm, or um where a title says so) and a factor in the first two columns; lines like ``# Gain = 2``
  before them say for which settings of the camera it holds;
- ENVI: one line, of one pixel or of as many as the camera has, with wavelengths; a cube of several lines is averaged;
- HDF5 as `write_radiometry` writes it::

    /RawData/Radiometry         Settings: JSON with format, version, name, settings
        Factor/Data00           float64, (bands,) or (pixels, bands), with the wavelengths as axis
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.backends import GROUP, StringARRAY
from h5modules.data import Axis, DataRaw
from h5modules.data_saving import DataLoader, DataSaverLoader
from h5modules.errors import H5ModulesError
from h5modules.saving import H5SaverLowLevel, SaveType
from pymodaq_hsi.envi import open_envi
from pymodaq_hsi.errors import CalibrationError, EnviError, OutputError, OutputExists, RadiometryNotFound
from pymodaq_hsi.processing.columns import in_nanometers, read_columns, rising
from pymodaq_hsi.processing.hsiref import is_hdf5

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.processing.steps import BoundSteps

__all__ = [
    "FACTOR_UNIT",
    "RADIANCE_UNIT",
    "Radiometry",
    "exposure_ms",
    "exposure_ms_of",
    "read_radiometry",
    "write_radiometry",
]

RADIANCE_UNIT = "W/(m**2*sr*nm)"
"""As PyMoDAQ's units are written."""

FACTOR_UNIT = "W/(m**2*sr*nm)/(count/ms)"

_GROUP = "/RawData/Radiometry"
_FORMAT, _VERSION = "hsi-radiometry", 1
_EXPOSURES = ("exposuretime", "integrationtime", "tint")
_MILLISECONDS = {"s": 1e3, "ms": 1.0, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ns": 1e-6}
_SETTING = re.compile(r"\s*#\s*([A-Za-z]\w*)\s*=\s*(\S.*?)\s*")
_OTHER_UNIT = re.compile(r"\b(mW|uW|µW|μW|nW)\b|\bcm|\b(um|µm|μm)(\^|\*\*)?-1|/\s*(um|µm|μm)\b|\bper\s+s\b|count/s\b")


@dataclass(frozen=True, eq=False)
class Radiometry:
    """The radiometric calibration of a camera.

    Parameters
    ----------
    wavelengths : array_like
        nm, rising, ``(bands,)``.
    factor : array_like
        W m-2 sr-1 nm-1 per count/ms, above 0, or NaN where it is not known: ``(bands,)``; or ``(pixels, bands)`` with
        the pixels of the camera's lines before any step.
    name : str
        Where it is from, for messages and files.
    settings : mapping of str
        Settings of the camera, such as ``{"Gain": 2.0}``, under which the factor holds: others are refused. The
        exposure is none of them.

    Raises
    ------
    CalibrationError
        The table contradicts itself, or a factor is not above 0.
    """

    wavelengths: npt.NDArray[np.float64]
    factor: npt.NDArray[np.float64]
    name: str = ""
    settings: Mapping[str, bool | float | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            known, factor = np.asarray(self.wavelengths, float), np.asarray(self.factor, float)
        except (TypeError, ValueError):
            raise CalibrationError(
                "a radiometric calibration is made of wavelengths and factors, numbers all"
            ) from None
        if factor.ndim == 2 and len(factor) == 1:
            factor = factor[0]
        object.__setattr__(self, "wavelengths", known)
        object.__setattr__(self, "factor", factor)
        fits = known.ndim == 1 and known.size > 0 and factor.ndim in (1, 2) and factor.shape[-1:] == known.shape
        if not (fits and bool(np.isfinite(known).all()) and bool(np.all(np.diff(known) > 0))):
            raise CalibrationError(
                f"the radiometric calibration {self.name} has {known.shape} wavelengths and factors of {factor.shape}; "
                "give a factor for each wavelength, with rising wavelengths"
            )
        wrong = factor[~np.isnan(factor)]
        if not wrong.size or not bool(np.all(np.isfinite(wrong) & (wrong > 0))):
            least = f"go down to {wrong.min():g}" if wrong.size else "are all unknown"
            raise CalibrationError(f"the factors of the radiometric calibration {self.name} {least}; they are above 0")

    def at(self, wavelengths: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the factor at other wavelengths (nm), interpolated linearly; NaN where it is not known."""
        rows = np.atleast_2d(self.factor)
        found = np.array([np.interp(wavelengths, self.wavelengths, row, np.nan, np.nan) for row in rows])
        return found if self.factor.ndim == 2 else found[0]

    def gain(self, steps: BoundSteps, exposure_ms: float) -> npt.NDArray[np.float64]:
        """Return what counts above the dark signal are to be multiplied with, ``(pixels, bands)``.

        Parameters
        ----------
        steps : BoundSteps
            That the lines go through; a factor for each pixel goes through them too.
        exposure_ms : float

        Raises
        ------
        CalibrationError
            It has other pixels than the camera, or no band of the camera in it; or the time is not above 0.
        StepError
            The camera's wavelengths are not known.
        """
        if not (math.isfinite(exposure_ms) and exposure_ms > 0):
            raise CalibrationError(f"an integration time of {exposure_ms!r} ms; radiance needs one above 0")
        before = steps.before
        known = steps.after.need_wavelengths("radiance")
        if self.factor.ndim == 1:
            factor = np.broadcast_to(self.at(known), steps.shape)
        elif len(self.factor) != before.pixels:
            raise CalibrationError(
                f"the radiometric calibration {self.name} has {len(self.factor)} pixels, the camera {before.pixels}; "
                "give that of this camera and region"
            )
        else:
            spread = self.at(before.need_wavelengths("radiance"))
            factor = steps.carry(spread) / steps.after.summed
        if np.isnan(factor).all():
            raise CalibrationError(
                f"the radiometric calibration {self.name} is known from {self.wavelengths[0]:g} to "
                f"{self.wavelengths[-1]:g} nm, the camera sees {known[0]:g} to {known[-1]:g} nm; give that of this "
                "camera"
            )
        gain: npt.NDArray[np.float64] = factor / (exposure_ms * steps.after.summed)
        return gain

    def to_message(self) -> dict[str, Any]:
        """Return it as JSON data."""
        factor = self.factor.astype(object)
        factor[np.isnan(self.factor)] = None
        return {
            "wavelengths_nm": self.wavelengths.tolist(),
            "factor": factor.tolist(),
            "unit": FACTOR_UNIT,
            "name": self.name,
            "settings": dict(self.settings),
        }

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Radiometry:
        """Build it from what `to_message` gave."""
        return cls(
            message["wavelengths_nm"],
            np.array(message["factor"], float),
            str(message["name"]),
            dict(message.get("settings", {})),
        )


def read_radiometry(path: str | os.PathLike[str]) -> Radiometry:
    """Read a radiometric calibration; see the module for the forms that it may have.

    Raises
    ------
    RadiometryNotFound
        No such file.
    CalibrationError
        With the file and what is wrong with it.
    """
    file = Path(path)
    if not file.is_file():
        raise RadiometryNotFound(f"there is no file {file}; give the camera's radiometric calibration")
    if is_hdf5(file):
        return _from_hdf5(file)
    if file.suffix.lower() in (".hdr", ".raw", ".img", ".dat", ".bil", ".bip", ".bsq") or _is_envi(file):
        return _from_envi(file)
    titles, rows = read_columns(file, "a wavelength and a factor")
    if not rows:
        raise CalibrationError(
            f"{file} has no line with two numbers; a radiometric calibration has a wavelength in nm and a factor in "
            f"{FACTOR_UNIT} in each"
        )
    settings = {}
    for line in titles:
        found = _SETTING.fullmatch(line)
        if found is not None:
            settings[found[1]] = _value(found[2])
    titles = [line for line in titles if not _SETTING.fullmatch(line)]
    heading = " ".join(titles)
    other = _OTHER_UNIT.search(heading)
    if other is not None:
        raise CalibrationError(
            f"{file} has a factor in another unit, its title says {other[0]!r}; write it in {FACTOR_UNIT}"
        )
    wavelengths, factor = rising(file, rows)
    known = in_nanometers(file, wavelengths, titles[-1].split(",")[0] if titles else "")
    return Radiometry(known, factor, file.name, settings)


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def write_radiometry(path: str | os.PathLike[str], radiometry: Radiometry, *, overwrite: bool = False) -> None:
    """Write a radiometric calibration as HDF5.

    Raises
    ------
    OutputExists, OutputError
    """
    file = Path(path)
    if file.exists() and not overwrite:
        raise OutputExists(f"{file} exists already; give another name, or overwrite=True")
    per_pixel = radiometry.factor.ndim == 2
    axes = [Axis("Wavelength", "nm", radiometry.wavelengths, index=int(per_pixel))]
    if per_pixel:
        axes.insert(0, Axis("Pixel", "", np.arange(len(radiometry.factor), dtype=float), index=0))
    data = DataRaw("Factor", units=FACTOR_UNIT, data=[radiometry.factor], labels=["Factor"], axes=axes)
    said: dict[str, Any] = {"format": _FORMAT, "version": _VERSION, "name": radiometry.name, "unit": FACTOR_UNIT}
    said["settings"] = dict(radiometry.settings)
    try:
        with H5SaverLowLevel.from_file(file, SaveType.custom, new_file=True) as h5:
            group = h5.get_set_group("/RawData", "Radiometry", title="Radiometry")
            h5.add_string_array(group, "Settings", title="Settings (JSON)", rows=[json.dumps(said)])
            DataSaverLoader(h5).add_data(h5.get_set_group(group, "Factor", title="Factor"), data)
    except (OSError, H5ModulesError) as error:
        raise OutputError(f"the radiometric calibration could not be written to {file}: {error}") from error


def exposure_ms(values: Mapping[str, Any], units: Mapping[str, str]) -> float:
    """Return the integration time that settings say, in ms.

    Parameters
    ----------
    values, units : mapping of str
        Of a device's parameters, as in `Device.settings`: ExposureTime or IntegrationTime with its unit. Also ``tint``
        of an ENVI header, which is in ms.

    Raises
    ------
    CalibrationError
        There is none, or its unit is no time.
    """
    for name, value in values.items():
        if name.replace("_", "").replace(" ", "").lower() in _EXPOSURES:
            unit = units.get(name, "ms" if name.lower() == "tint" else "")
            if unit not in _MILLISECONDS:
                raise CalibrationError(
                    f"radiance needs the integration time, and {name} = {value!r} is in {unit or 'no unit'!r}; it is "
                    f"to be in one of {', '.join(_MILLISECONDS)}"
                )
            try:
                return float(value) * _MILLISECONDS[unit]
            except (TypeError, ValueError):
                raise CalibrationError(
                    f"radiance needs the integration time, and {name} is {value!r}; it is to be a number"
                ) from None
    listed = ", ".join(list(values)[:12]) or "none at all"
    raise CalibrationError(
        f"radiance needs the integration time, and no ExposureTime or IntegrationTime is among the settings ({listed});"
        " give it (exposure_ms=...)"
    )


def exposure_ms_of(device: Device) -> float:
    """Return the integration time of a connected camera, in ms; see `exposure_ms`."""
    said = device.settings()
    try:
        return exposure_ms(said["parameters"], said["units"])
    except CalibrationError as error:
        raise CalibrationError(f"{device.display_name}: {error}") from None


def _is_envi(file: Path) -> bool:
    return any(candidate.is_file() for candidate in (Path(f"{file}.hdr"), file.with_suffix(".hdr")))


def _from_envi(file: Path) -> Radiometry:
    try:
        cube = open_envi(file)
        wavelengths = cube.wavelengths
        if wavelengths is None:
            raise CalibrationError(f"{cube.header_path} has no wavelengths; a radiometric calibration is over them")
        factor = np.asarray(cube.scene, float).mean(axis=0)
    except EnviError as error:
        raise CalibrationError(f"{file} is no radiometric calibration: {error}") from error
    order = np.argsort(wavelengths, kind="stable")
    return Radiometry(wavelengths[order], factor[:, order], file.name)


def _from_hdf5(file: Path) -> Radiometry:
    try:
        with DataLoader(file) as loader:
            group = loader.get_node(_GROUP)
            rows = group.get_child("Settings") if isinstance(group, GROUP) else None
            said = json.loads("".join(rows.read())) if isinstance(rows, StringARRAY) else {}
            if said.get("format") != _FORMAT or said.get("version") != _VERSION:
                raise CalibrationError(
                    f"{file} has a calibration of format {said.get('format')!r}, version {said.get('version')!r}; this "
                    f"program knows {_FORMAT}, {_VERSION}"
                )
            data: Any = loader.load_all(f"{_GROUP}/Factor", lazy=False)[0]
            axes = {axis.label: axis for axis in data.axes}
            settings = said.get("settings") or {}
            return Radiometry(axes["Wavelength"].get_data(), data[0], str(said.get("name") or file.name), settings)
    except (H5ModulesError, OSError, KeyError, IndexError, ValueError) as error:
        if isinstance(error, CalibrationError):
            raise
        raise CalibrationError(
            f"{file} is no radiometric calibration: {error}; give one that write_radiometry wrote"
        ) from error
