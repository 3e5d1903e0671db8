"""The references that data were calibrated with, in the same file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import DataToExportSaver
from pymodaq_hsi.processing.contexts import ValueType
from pymodaq_hsi.processing.panel import Panel
from pymodaq_hsi.processing.validity import MEANING

if TYPE_CHECKING:
    import numpy.typing as npt

    from h5modules.backends import GROUP
    from h5modules.saving import H5SaverLowLevel
    from pymodaq_hsi.processing.contexts import RecordingContext
    from pymodaq_hsi.processing.references import Reference

__all__ = ["SATURATED", "line_axes", "write_references"]

SATURATED = "Saturated"
"""Group in that of a reference, if any of its frames was saturated anywhere: uint8, 1 where one was."""


def write_references(h5: H5SaverLowLevel, where: GROUP, context: RecordingContext) -> None:
    """Write the references of a context, and what they say of each value, into groups of their own.

    Parameters
    ----------
    h5 : H5SaverLowLevel
    where : GROUP
        It gets the groups WhiteReference and DarkReference, which are as before any step, and Validity where there
        is something to say.
    context : RecordingContext
    """
    saver = DataToExportSaver(h5)
    for reference in (context.white, context.dark):
        if reference is not None:
            group = h5.get_set_group(where, str(reference.name), title=str(reference.name))
            saver.add_data(group, DataToExport(str(reference.name), data=[_reference_data(context, reference)]))
            if reference.saturated.any():  # the mean does not tell, and what is calibrated later has to know
                flags = context.standardise(reference.saturated).astype(np.uint8)
                data = DataRaw(SATURATED, data=[flags], labels=["1 saturated"], axes=_sensor_axes(context))
                below = h5.get_set_group(group, SATURATED, title=SATURATED)
                saver.add_data(below, DataToExport(SATURATED, data=[data]))
    if context.value_type is not ValueType.Intensity or context.validity.any():
        group = h5.get_set_group(where, "Validity", title="Validity")
        validity = DataRaw("Validity", data=[context.validity], labels=[MEANING], axes=line_axes(context))
        saver.add_data(group, DataToExport("Validity", data=[validity]))


def line_axes(context: RecordingContext, first: int = 0) -> list[Axis]:
    """Return the axes of a line, pixels and wavelengths, beginning with the index `first`."""
    return _axes(context, context.shape[0], context.wavelengths, first)


def _sensor_axes(context: RecordingContext) -> list[Axis]:
    """Return the axes of a line before any step."""
    return _axes(context, context.standardise.pixels, context.standardise.wavelengths, 0)


def _axes(context: RecordingContext, pixels: int, wavelengths: npt.NDArray[np.float64], first: int) -> list[Axis]:
    unit = "nm" if context.standardise.has_wavelengths else ""
    return [
        Axis("Pixel", "", np.arange(pixels, dtype=float), index=first),
        Axis("Wavelength" if unit else "Band", unit, wavelengths, index=first + 1),
    ]


def _reference_data(context: RecordingContext, reference: Reference) -> DataRaw:
    panel = reference.panel.to_message() if isinstance(reference.panel, Panel) else reference.panel
    return DataRaw(
        str(reference.name),
        units=reference.format.unit,
        data=[np.ascontiguousarray(context.standardise(reference.mean))],
        errors=[np.ascontiguousarray(context.standardise(reference.std))],
        labels=["Mean of frames"],
        axes=_sensor_axes(context),
        timestamp=reference.timestamp,
        frames_averaged=reference.count,
        reference_settings=json.dumps(dict(reference.settings)),
        reference_panel=json.dumps(panel),
    )
