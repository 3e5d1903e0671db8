"""Steps in files: JSON or TOML, with maps beside them where they are large.

::

    # steps.toml
    [[steps]]
    kind = "dead_pixels"
    file = "dead.csv"             # pixel, band; or positions = [[3, 4], ...]; or detect = 8.0
    [[steps]]
    kind = "smile"
    polynomial = [0.4, -0.002]    # or file = "smile.npy"
    [[steps]]
    kind = "crop"
    wavelengths = [450.0, 900.0]
    [[steps]]
    kind = "bin"
    pixels = 2

A ``file`` is relative to the file that names it: dead pixels (see `read_dead_pixels`); or shifts of a smile or a
keystone, as text with a number in each line (or a line of numbers for each pixel), as NumPy file (``.npy``), or as an
ENVI cube of one line.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w

from pymodaq_hsi.envi import open_envi
from pymodaq_hsi.errors import CalibrationError, EnviError, OutputError, OutputExists, StepError
from pymodaq_hsi.processing.columns import read_columns
from pymodaq_hsi.processing.steps.detecting import read_dead_pixels
from pymodaq_hsi.processing.steps.standardisation import Standardisation

if TYPE_CHECKING:
    import os

__all__ = ["read_steps", "write_steps"]

_MAPPED = ("smile", "keystone")


def read_steps(path: str | os.PathLike[str]) -> Standardisation:
    """Read steps; see the module for the form.

    Raises
    ------
    StepError
        With the file and what is wrong with it.
    """
    file = Path(path)
    if not file.is_file():
        raise StepError(f"there is no file {file}; give one with steps, .toml or .json")
    try:
        text = file.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text) if file.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, OSError) as error:
        raise StepError(f"{file} has no steps: {error}; give .toml or .json") from error
    try:
        return Standardisation.from_plain(_with_files(data, file.parent))
    except StepError as error:
        raise StepError(f"{file}: {error}") from None


def write_steps(path: str | os.PathLike[str], steps: Standardisation, *, overwrite: bool = False) -> None:
    """Write steps as TOML or JSON, by the file's ending; maps are written with them.

    Raises
    ------
    OutputExists, OutputError
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in (".toml", ".json"):
        raise OutputError(f"{file}: steps are written as .toml or .json; give it a name that ends so")
    if file.exists() and not overwrite:
        raise OutputExists(f"{file} exists already; give another name, or overwrite=True")
    plain = steps.to_plain()
    text = tomli_w.dumps(plain) if suffix == ".toml" else json.dumps(plain, indent=1)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"the steps could not be written to {file}: {error.strerror}") from error


def _with_files(data: Any, folder: Path) -> Any:
    """Return the data with what is in the files that it names."""
    if isinstance(data, dict) and isinstance(data.get("steps"), list):
        return data | {"steps": [_filled(each, folder) for each in data["steps"]]}
    return [_filled(each, folder) for each in data] if isinstance(data, list) else data


def _filled(step: Any, folder: Path) -> Any:
    if not isinstance(step, dict) or "file" not in step or step.get("kind") not in (*_MAPPED, "dead_pixels"):
        return step
    if not isinstance(step["file"], str):
        raise StepError(f"the file of {step['kind']} is {step['file']!r:.60}; give a name")
    rest = {name: value for name, value in step.items() if name != "file"}
    file = folder / step["file"]
    name = "positions" if step["kind"] == "dead_pixels" else "shifts"
    if name in rest:
        raise StepError(f"the step {step['kind']} has {name} and a file; give one of them")
    if name == "positions":
        return rest | {name: read_dead_pixels(file).positions}
    return rest | {name: _shifts(file)}


def _shifts(file: Path) -> Any:
    if not file.is_file():
        raise StepError(f"there is no file {file}; give one with shifts")
    try:
        if file.suffix.lower() == ".npy":
            return np.load(file, allow_pickle=False)
        if file.suffix.lower() in (".hdr", ".raw", ".img", ".dat", ".bil", ".bip", ".bsq"):
            cube = open_envi(file)
            if cube.shape[0] != 1:
                raise StepError(f"{file} has {cube.shape[0]} lines; a map of shifts has one")
            return np.asarray(cube.data[0], float)
        _, rows = read_columns(file, "a shift, or as many as in the first line", 0)
    except (OSError, ValueError, EnviError, CalibrationError) as error:
        if isinstance(error, StepError):
            raise
        raise StepError(f"the shifts cannot be read: {error}") from error
    if not rows:
        raise StepError(f"{file} has no line with a number; give a shift in each")
    return [row[0] for row in rows] if all(len(row) == 1 for row in rows) else rows
