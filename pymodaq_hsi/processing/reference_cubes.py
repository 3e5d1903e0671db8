"""White and dark ENVI cubes as references."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.drivers import FrameFormat, ReferenceName
from pymodaq_hsi.envi import open_envi
from pymodaq_hsi.errors import CalibrationError
from pymodaq_hsi.processing.averaging import FrameAverage
from pymodaq_hsi.processing.hsiref import StoredReference
from pymodaq_hsi.processing.standardise import Standardiser

if TYPE_CHECKING:
    from pathlib import Path

    from pymodaq_hsi.envi import EnviCube

__all__ = ["read_reference_cube"]


def read_reference_cube(
    path: Path, format: FrameFormat, name: ReferenceName | None, *, frames: bool = False, any_type: bool = False
) -> StoredReference:
    """Average the lines of an ENVI cube, turned to how a camera delivers its frames.

    A sample that is the header's 'data ignore value' makes the mean NaN there. Its settings are not known. What it is a
    reference of is taken from its name (``x_White.hdr``, ``DARKREF_x.hdr``); a cube that ends in lines with a closed
    shutter (``autodarkstartline``) is a dark reference by those.

    Parameters
    ----------
    path : Path
        Header or data file.
    format : FrameFormat
        Of the camera.
    name : ReferenceName or None
        What it is to be.
    frames : bool
        Keep the lines too.
    any_type : bool
        Take whole numbers of another size than the camera's, which may be counts of another scale.

    Raises
    ------
    EnviError
        It is no ENVI cube.
    CalibrationError
        It has other pixels, bands or another sample type than the camera; both are named.
    """
    cube = open_envi(path)
    standardise = Standardiser(format)
    if cube.shape[1:] != standardise.shape:
        raise CalibrationError(
            f"{cube.header_path} has lines of {cube.shape[1:]} (pixels, bands), the camera delivers "
            f"{standardise.shape}; give a reference that was taken with this camera, region and binning"
        )
    native = cube.data.dtype.newbyteorder("=")
    if not _alike(native, np.dtype(format.dtype), any_type=any_type):
        raise CalibrationError(
            f"{cube.header_path} has samples of type {native}, the camera delivers {np.dtype(format.dtype)}; give a "
            "reference of that type, one that was averaged (float), or, if its counts are of the same scale, ignore "
            "mismatches (--ignore-mismatch)"
        )
    kind = name or _kind(cube)
    lines = cube.dark_frames if kind is ReferenceName.Dark and cube.dark_frames is not None else cube.scene
    order = slice(None) if cube.wavelengths is None else np.argsort(cube.wavelengths, kind="stable")
    average = FrameAverage(_as_stored(cube, standardise))
    for line in lines:
        average.add(standardise.undo(line[:, order].astype(native)))
    kept = None
    if frames and native == np.dtype(format.dtype):
        kept = np.stack([standardise.undo(line[:, order].astype(native)) for line in lines])
    return StoredReference(
        name=kind,
        mean=average.mean(),
        std=average.std(),
        count=average.count,
        saturated=average.saturated,
        format=average.format,
        settings={},
        timestamp=_timestamp(cube),
        panel=None,
        instrument={},
        frames=kept,
    )


def _alike(given: np.dtype[Any], wanted: np.dtype[Any], *, any_type: bool) -> bool:
    """Return whether samples can be counts of the same scale: int16 is what some write for uint16."""
    if given.kind not in "iuf":
        return False
    return any_type or "f" in (given.kind, wanted.kind) or given.itemsize == wanted.itemsize


def _as_stored(cube: EnviCube, standardise: Standardiser) -> FrameFormat:
    """Return the camera's format with the cube's own wavelengths."""
    ignored = cube.header.ignored
    if ignored is not None and standardise.format.saturation is not None and ignored >= standardise.format.saturation:
        ignored = None  # counted as saturated, which says more
    format = replace(standardise.format, ignored=ignored)
    if cube.wavelengths is None:
        return replace(format, wavelengths=None)
    spread = standardise.undo(np.broadcast_to(np.sort(cube.wavelengths), standardise.shape))
    return replace(format, wavelengths=tuple(spread[:, 0] if format.dispersion_axis == 0 else spread[0]))


def _kind(cube: EnviCube) -> ReferenceName | None:
    name = cube.header_path.name.lower()
    kinds = [kind for kind, word in ((ReferenceName.White, "white"), (ReferenceName.Dark, "dark")) if word in name]
    return kinds[0] if len(kinds) == 1 else None


def _timestamp(cube: EnviCube) -> float:
    """Return when it was recorded, POSIX seconds; 0 where the header does not say it in a known way."""
    try:
        return dt.datetime.fromisoformat((cube.header.acquisition_time or "").strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
