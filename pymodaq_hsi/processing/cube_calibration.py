"""What turns the lines of a stored cube into values: its references, and the chain that a live recording would have."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from h5modules._storage.versions import distribution_version
from pymodaq_hsi.errors import CalibrationError, ReferenceMissing
from pymodaq_hsi.processing.calibration import DEFAULT_SIGMAS
from pymodaq_hsi.processing.chain import ValueType
from pymodaq_hsi.processing.contexts import RecordingContext
from pymodaq_hsi.processing.references import InstrumentParameters, Reference, ReferenceImportFlag
from pymodaq_hsi.processing.stored_cubes import StoredCube, open_cube
from pymodaq_hsi.processing.stored_kernel import BlockKernel
from pymodaq_hsi.processing.stored_references import find_cube_references

if TYPE_CHECKING:
    import os

    from pymodaq_hsi.devices import InstrumentDevice
    from pymodaq_hsi.processing.panel import PanelReflectivity
    from pymodaq_hsi.processing.radiance import Radiometry
    from pymodaq_hsi.processing.steps import Standardisation

__all__ = ["AnyReference", "CubeCalibration"]

AnyReference = Reference | str | Path | None


class CubeCalibration:
    """What turns the lines of a stored cube into reflectance, or radiance.

    Parameters
    ----------
    cube : StoredCube or path
        Raw samples.
    white, dark : Reference or path, optional
        A ``.hsiref`` file, an ENVI cube or a recording; by default what lies beside an ENVI cube, its own lines with
        the shutter closed, or what is in the recording.
    panel : optional
        Reflectivity of the white panel: see `InstrumentParameters`. By default as the white reference says, 1 where it
        does not.
    value_type : ValueType
        Reflectance, or radiance with a `radiometry`.
    radiometry : Radiometry, optional
    steps : Standardisation, optional
        What is done to lines, and to references, before they are calibrated.
    saturation : float, optional
        From this value on a sample is saturated; by default what the cube or its references say.
    flags : ReferenceImportFlag
        `IgnoreParameterMismatch` takes references although settings differ.
    sigmas : float
        How far white has to be above dark, in units of the noise of their difference.
    where : str
        Node of an HDF5 file.

    Attributes
    ----------
    cube : StoredCube
    context : RecordingContext
        As it would be for the camera: `wavelengths`, `validity`, `dtype`.
    shape : tuple of int
        (lines, pixels, bands) of the result.
    sources : dict of str to str
        Where the references are from.
    warnings : tuple of str

    Raises
    ------
    CubeError, EnviError, ReferenceFileError, ReferenceMissing, ReferenceMismatch, CalibrationError, StepError
    """

    def __init__(
        self,
        cube: StoredCube | str | os.PathLike[str],
        white: AnyReference = None,
        dark: AnyReference = None,
        *,
        panel: PanelReflectivity | None = None,
        value_type: ValueType = ValueType.Reflectance,
        radiometry: Radiometry | None = None,
        steps: Standardisation | None = None,
        saturation: float | None = None,
        flags: ReferenceImportFlag = ReferenceImportFlag.NONE,
        where: str = "/",
        sigmas: float = DEFAULT_SIGMAS,
    ) -> None:
        cube = cube if isinstance(cube, StoredCube) else open_cube(cube, where)
        if cube.reflectance and not flags & ReferenceImportFlag.IgnoreParameterMismatch:
            raise CalibrationError(
                f"{cube.display_name} says that it is reflectance already; give the raw cube (to calibrate it all the "
                "same, ignore mismatches)"
            )
        _refuse_steps(cube, flags)
        if saturation is not None:
            cube = replace(cube, saturation=float(saturation))
        found = find_cube_references(cube, white, dark, flags)
        if found.white is None and value_type is ValueType.Reflectance:
            raise ReferenceMissing(
                f"reflectance needs a white reference, and there is none in {cube.source.name} or beside it "
                f"({cube.source.stem}_White.hdr, WHITEREF_{cube.source.stem}.hdr, ...); give one (white=, --white)"
            )
        if cube.saturation is None:
            said = [each.format.saturation for each in (found.white, found.dark) if each is not None]
            cube = replace(cube, saturation=next((each for each in said if each is not None), None))
        parameters = InstrumentParameters(
            white_reference=found.white,
            dark_reference=found.dark,
            panel_reflectivity=found.panel if panel is None else panel,
            oldest=None,
            radiometry=radiometry,
        )
        camera = cast("InstrumentDevice", cube)  # it says all that a context asks a camera for
        self.cube = cube
        self.context = RecordingContext(camera, parameters, value_type, steps=steps, flags=flags, sigmas=sigmas)
        self.kernel = BlockKernel(self.context.chain, cube.missing)
        self.shape = (cube.shape[0], *self.context.shape)
        self.sources = found.sources
        self.warnings = (*cube.warnings, *found.warnings, *self.context.warnings, *_doubts(cube, found.dark is None))

    def lazy(self) -> Any:
        """Return the calibrated cube as a Dask array ``(lines, pixels, bands)``, chunked as the file is.

        Whoever computes a chunk reads it from the file's path: threads, or workers of a cluster.
        """
        import dask.array

        raw = self.cube.lazy()
        if raw.numblocks[1:] != (1, 1):
            raw = raw.rechunk({1: -1, 2: -1})
        chunks = (raw.chunks[0], (self.shape[1],), (self.shape[2],))
        empty: npt.NDArray[Any] = np.empty((0, 0, 0), self.kernel.dtype)
        return dask.array.map_blocks(self.kernel.array, raw, dtype=self.kernel.dtype, chunks=chunks, meta=empty)

    def notes(self) -> dict[str, str]:
        """Return what a file should say of how it was calibrated."""
        panel = self.context.panel_reflectivity
        known = panel[np.isfinite(panel)]
        low, high = (float(known.min()), float(known.max())) if known.size else (math.nan, math.nan)
        said = {
            "calibration": f"{self.context.value_type.name.lower()} of {self.cube.source.name} by pymodaq-hsi "
            f"{distribution_version()}",
            **{f"{kind} reference": source for kind, source in self.sources.items()},
        }
        if self.context.value_type is ValueType.Reflectance:
            said["panel reflectivity"] = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        if len(self.context.steps):
            said["standardisation"] = ", ".join(step.kind for step in self.context.steps)
        return said


def _refuse_steps(cube: StoredCube, flags: ReferenceImportFlag) -> None:
    """Refuse lines that were standardised when they were recorded: references are of what the sensor sees."""
    said = cube.recorded.get("standardisation")
    listed = said.get("steps") if isinstance(said, dict) else None
    steps = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    if steps and not flags & ReferenceImportFlag.IgnoreParameterMismatch:
        names = ", ".join(str(each.get("kind")) for each in steps)
        raise CalibrationError(
            f"{cube.display_name} was recorded after steps ({names}), and references are of lines before them; record "
            "raw samples and give the steps here, or references that went through the same steps (ignoring mismatches)"
        )


def _doubts(cube: StoredCube, no_dark: bool) -> list[str]:
    found = []
    if no_dark:
        found.append("no dark reference: the dark signal counts as 0, and reflectance is too high where it is not")
    if cube.saturation is None and cube.lines.dtype.kind in "iu":
        found.append(
            f"{cube.source.name} does not say from which value on a sample is saturated, and none counts as such; give "
            "it (saturation=, --saturation)"
        )
    return found
