"""Models in files.

==============  ===============================================================================================
``.onnx``       a network (`OnnxModel`)
``.json``       a model with its ``kind`` and what it was made with, as `write_model` writes it
``.toml``       the same, written by hand: ``kind = "band_ratio"``, ``numerator = 800``, ``denominator = 670``
``.csv .txt``   spectra of classes for a `SpectralAngleMapper`: wavelengths in nm in the first column, a class in each
                other, with their names in the line before the numbers
==============  ===============================================================================================
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.errors import CalibrationError, ModelError, OutputError, OutputExists
from pymodaq_hsi.processing.columns import cells_of, in_nanometers, read_columns, rising
from pymodaq_hsi.processing.models.angle import SpectralAngleMapper
from pymodaq_hsi.processing.models.components import PrincipalComponents
from pymodaq_hsi.processing.models.least_squares import PartialLeastSquares
from pymodaq_hsi.processing.models.network import OnnxModel
from pymodaq_hsi.processing.models.ratio import BandRatio

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from pymodaq_hsi.processing.models.base import Model

__all__ = ["model_from_plain", "read_model", "write_model"]

_KINDS: dict[str, type[Any]] = {
    model.kind: model for model in (BandRatio, SpectralAngleMapper, PrincipalComponents, PartialLeastSquares)
}
_FIELDS = {
    "band_ratio": ("numerator", "denominator", "normalised", "width"),
    "spectral_angle": ("spectra", "wavelengths", "threshold"),
    "principal_components": ("mean", "components", "explained"),
    "partial_least_squares": ("coefficients", "intercept", "names"),
}


def read_model(path: str | os.PathLike[str]) -> Model:
    """Read a model; see the module for the forms that it may have.

    Raises
    ------
    ModelError
        With the file and what is wrong with it.
    """
    file = Path(path)
    if not file.is_file():
        raise ModelError(f"there is no file {file}; give a model: .onnx, .json, .toml or .csv")
    suffix = file.suffix.lower()
    if suffix == ".onnx":
        return OnnxModel(file)
    if suffix in (".csv", ".txt"):
        return _spectra(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text) if suffix == ".toml" else json.loads(text)
    except (ValueError, OSError) as error:
        raise ModelError(f"{file} is no model: {error}; give .onnx, .json, .toml or .csv") from error
    try:
        return model_from_plain(data)
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from error


def write_model(path: str | os.PathLike[str], model: Model, *, overwrite: bool = False) -> None:
    """Write a model as JSON.

    Raises
    ------
    ModelError
        It cannot be written as plain data: a network, or a class of your own.
    OutputExists, OutputError
    """
    file = Path(path)
    plain = model.to_plain()
    if plain.get("kind") not in _KINDS:
        known = ", ".join(kind.__name__ for kind in _KINDS.values())
        raise ModelError(f"{type(model).__name__} cannot be written as JSON; these can: {known}")
    if file.suffix.lower() != ".json":
        raise OutputError(f"{file} is to be a JSON file: give it a name that ends in .json")
    if file.exists() and not overwrite:
        raise OutputExists(f"{file} exists already; give another name, or overwrite=True")
    try:
        file.write_text(json.dumps(plain), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"the model could not be written to {file}: {error.strerror}") from error


def model_from_plain(data: Mapping[str, Any]) -> Model:
    """Make a model of what its `to_plain` gave.

    Raises
    ------
    ModelError
        The kind is not known, or a field is not.
    """
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ModelError(f"a model of kind {kind!r:.60}; there are {', '.join(_KINDS)}, and ONNX files")
    unknown = sorted(set(data) - {"kind", *_FIELDS[kind]})
    if unknown:
        raise ModelError(f"the model {kind} has no {unknown[0]!r}; it has {', '.join(_FIELDS[kind])}")
    try:
        model: Model = _KINDS[kind](**{name: data[name] for name in _FIELDS[kind] if name in data})
    except (TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"the model {kind} cannot be made: {error}; it has {', '.join(_FIELDS[kind])}") from error
    return model


def _spectra(file: Path) -> SpectralAngleMapper:
    try:
        titles, rows = read_columns(file, "a wavelength and a value for each class", 0)
        if not rows or len(rows[0]) < 2:
            raise ModelError(f"{file} has no line with a wavelength and a value; give spectra of classes in columns")
        heading = cells_of(titles[-1]) if titles else []
        wavelengths, *spectra = rising(file, rows)
        wavelengths = in_nanometers(file, wavelengths, heading[0] if heading else "")
    except CalibrationError as error:
        raise ModelError(str(error)) from error
    names = heading[1 : len(spectra) + 1]
    if len(names) != len(spectra) or len(set(names)) != len(names):
        raise ModelError(
            f"{file} has {len(spectra)} spectra and the names {names}; write a line with a name for each before them"
        )
    return SpectralAngleMapper({name: np.asarray(row) for name, row in zip(names, spectra, strict=True)}, wavelengths)
