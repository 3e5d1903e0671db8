"""Taking a reference from a camera."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pymodaq_hsi.drivers import ReferenceName
from pymodaq_hsi.errors import CalibrationError, ReferenceMismatch
from pymodaq_hsi.processing.averaging import FrameAverage
from pymodaq_hsi.processing.panel import panel_values
from pymodaq_hsi.processing.quality import pair_warnings
from pymodaq_hsi.processing.references import Reference, instrument_of
from pymodaq_hsi.processing.standardise import Standardiser

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.devices import InstrumentDevice
    from pymodaq_hsi.drivers import FrameFormat
    from pymodaq_hsi.processing.panel import Panel

__all__ = ["measure_reference"]

_log = logging.getLogger(__name__)

DEFAULT_FRAMES = 50


def measure_reference(
    device: InstrumentDevice,
    name: ReferenceName | str,
    frames: int | None = None,
    *,
    timeout: float = 5.0,
    panel: Panel | float | None = None,
    dark: Reference | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Reference:
    """Acquire frames of a reference and average them in float64.

    All connected lights are forced off for the time of a dark reference, and put back after it. What is wrong with the
    result (saturated, too weak, too bright) is logged, and in its `warnings`.

    Parameters
    ----------
    device : InstrumentDevice
    name : ReferenceName or str
        "WhiteReference" or "DarkReference".
    frames : int, optional
        How many to average; by default 50, or every line once where the device plays a recorded reference.
    timeout : float
        Seconds to wait for each frame.
    panel : Panel or float, optional
        Reflectivity of the white panel; it is kept with the reference, and in its file.
    dark : Reference, optional
        With a white reference: the dark one, to be warned if the two are too much alike.
    progress : callable
        Called with (frames done, frames wanted).

    Returns
    -------
    Reference

    Raises
    ------
    CalibrationError
        Fewer than one frame is wanted, or the panel does not cover the camera's wavelengths; before it starts.
    ReferenceMismatch
        A setting that it depends on was changed while it was taken; with both values.
    DeviceTimeout, DeviceLost, DriverError
        The lights are as they were before.
    """
    reference = _known(name)
    wanted = _frames_to_take(device, reference) if frames is None else frames
    if wanted < 1:
        raise CalibrationError(f"{reference} of {wanted} frames: average at least 1, better {DEFAULT_FRAMES}")
    format = device.frame_format()
    if panel is not None:
        _check_panel(reference, panel, format)
    settings = device.reference_settings()
    average = FrameAverage(format)
    timestamp = 0.0
    with device.acquire(reference_name=reference) as acquisition:
        for buffer in acquisition.buffers(wanted, timeout):
            average.add(buffer.data)
            timestamp = buffer.timestamp
            progress(average.count, wanted)
    taken = Reference.from_average(
        reference, average, settings, timestamp, panel=panel, instrument=instrument_of(device)
    )
    changed = taken.differences(device.reference_settings())
    if changed:
        listed = ", ".join(f"{name} from {before!r} to {after!r}" for name, (before, after) in changed.items())
        raise ReferenceMismatch(
            f"{device.display_name}: settings changed while the {reference} was taken: {listed}; take it again", changed
        )
    together = pair_warnings(taken, dark) if dark is not None and reference is ReferenceName.White else ()
    for message in (*taken.warnings, *together):
        _log.warning(message)
    return taken


def _known(name: ReferenceName | str) -> ReferenceName:
    try:
        return ReferenceName(name)
    except ValueError:
        known = " or ".join(f'"{reference}"' for reference in ReferenceName)
        raise CalibrationError(f"there is no reference {name!r}; it is {known}") from None


def _check_panel(reference: ReferenceName, panel: Panel | float, format: FrameFormat) -> None:
    if reference is not ReferenceName.White:
        raise CalibrationError(f"a panel's reflectivity belongs to a {ReferenceName.White}, not to a {reference}")
    panel_values(panel, Standardiser(format).wavelengths)


def _frames_to_take(device: InstrumentDevice, name: ReferenceName) -> int:
    """Return how many lines a player of recordings has (its parameter ``WhiteReferenceLines``), else the default."""
    parameter = f"{name}Lines"
    lines = int(device.get_parameter(parameter)) if parameter in device.all_parameters() else 0
    return lines or DEFAULT_FRAMES
