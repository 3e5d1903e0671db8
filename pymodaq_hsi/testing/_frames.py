"""Checks of acquisition and references."""

from __future__ import annotations

import contextlib
import itertools
import time
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.devices import BufferContainer, LightControlDevice
from pymodaq_hsi.drivers import DriverType, LightState, ReferenceName
from pymodaq_hsi.errors import DeviceTimeout, ParameterError
from pymodaq_hsi.testing._check import Violation, check
from pymodaq_hsi.testing._rig import Shot, no_frame

if TYPE_CHECKING:
    from pymodaq_hsi.devices import InstrumentDevice
    from pymodaq_hsi.drivers import ParameterSpec
    from pymodaq_hsi.testing._rig import Rig

__all__: list[str] = []

_RATES = ("FrameRate", "AcquisitionFrameRate", "LineRate")
_EXPOSURES = ("ExposureTime", "IntegrationTime", "Exposure")
CLOCKS_APART = 10.0
"""Seconds by which an instrument's clock may differ from the computer's."""


@check("it says what its frames look like", DriverType.Instrument)
def declares_frames(rig: Rig) -> None:
    """Check the format against itself."""
    declared = rig.primary().frame_format()
    waves = None if declared.wavelengths is None else np.array(declared.wavelengths)
    if waves is not None:
        steps = np.diff(waves)
        if not np.isfinite(waves).all() or waves.min() <= 0 or not ((steps > 0).all() or (steps < 0).all()):
            raise Violation(
                f"its wavelengths go {waves[:3]} ... {waves[-1]}: they have to be finite, above 0, and to rise or fall "
                "all along",
                "give one wavelength in nm for each index of the dispersion axis",
                method="frame_format",
            )
        if waves.max() < 50:
            raise Violation(
                f"its wavelengths go up to {waves.max():g} nm", "give them in nm, not in um", method="frame_format"
            )
    dtype = np.dtype(declared.dtype)
    if declared.saturation is not None and dtype.kind in "ui" and not 0 < declared.saturation <= np.iinfo(dtype).max:
        raise Violation(
            f"it says that samples are saturated at {declared.saturation:g}, and a {dtype} ends at "
            f"{np.iinfo(dtype).max}",
            "give the first value that says no more than 'too much light', 4095 for 12 bits",
            method="frame_format",
        )


@check("frames come as they were declared, their numbers and times rise", DriverType.Instrument)
def delivers_frames(rig: Rig) -> None:
    """Check shape, sample type, numbers, times and gaps of some frames."""
    camera = rig.primary()
    declared = camera.frame_format()
    shots = _acquire(rig, camera, 20)
    for shot in shots:
        if shot.shape != declared.shape or shot.dtype != np.dtype(declared.dtype):
            raise Violation(
                f"frame {shot.number} has shape {shot.shape} and type {shot.dtype}, declared were {declared.shape} and "
                f"{declared.dtype}",
                "let frame_format() say what the present settings give",
                method="frame_format",
            )
        apart = (time.time_ns() - shot.timestamp_ns) / 1e9
        if not -CLOCKS_APART < apart < CLOCKS_APART + 60:
            raise Violation(
                f"frame {shot.number} has the timestamp {shot.timestamp_ns}, which is {apart:.3g} s ago",
                "set frame.timestamp_ns to POSIX time in ns (time.time_ns()), or leave it: the host fills it in",
                method="grab",
            )
    _check_order(shots)


def _check_order(shots: list[Shot]) -> None:
    for before, shot in itertools.pairwise(shots):
        if shot.number <= before.number:
            raise Violation(
                f"frame {shot.number} came after frame {before.number}",
                "leave frame.number as it is, or set it to the instrument's own count, which rises; "
                "ids that begin again "
                "go through FrameIds, made anew in start()",
                method="grab",
            )
        if shot.timestamp_ns <= before.timestamp_ns:
            raise Violation(
                f"frames {before.number} and {shot.number} have the timestamps {before.timestamp_ns} and "
                f"{shot.timestamp_ns}",
                "set frame.timestamp_ns to the time of this frame, or leave it: the host fills it in",
                method="grab",
            )
        missing = shot.number - before.number - 1
        if missing != shot.dropped_before:
            raise Violation(
                f"between frames {before.number} and {shot.number} are {missing} missing, counted were "
                f"{shot.dropped_before}",
                "give frame.number in steps of one for frames that the instrument has taken",
                method="grab",
            )


@check("frames come at the rate that it says", DriverType.Instrument)
def keeps_its_rate(rig: Rig) -> None:
    """Check the times of frames against the parameter FrameRate (in Hz), where there is one."""
    camera = rig.primary()
    spec = _first(camera, _RATES)
    if spec is None or spec.unit != "Hz" or not spec.access.readable:
        return
    rate = float(camera.get_parameter(spec.name))
    if rate <= 0:
        return
    shots = _acquire(rig, camera, max(3, min(40, int(2 * rate))))
    count = shots[-1].number - shots[0].number
    seconds = (shots[-1].timestamp_ns - shots[0].timestamp_ns) / 1e9
    if not 0.8 * count / rate - 0.15 <= seconds <= 3 * count / rate + 1.0:
        raise Violation(
            f"{spec.name} is {rate:g} Hz, and {count} frames took {seconds:.3f} s "
            f"({count / max(seconds, 1e-9):.4g} Hz)",
            "let grab() wait for the next frame of the instrument (return False when none came in time), and let the "
            "parameter say the rate that it really has, also when the exposure limits it",
            method="grab",
        )


@check("it answers while it waits for a frame, and stops at once", DriverType.Instrument)
def answers_while_acquiring(rig: Rig) -> None:
    """Check requests during the slowest acquisition that its parameters allow."""
    camera = rig.primary()
    with rig.restoring():
        for names, limit in ((_EXPOSURES, "maximum"), (_RATES, "minimum")):
            spec = _first(camera, names)
            if spec is not None and spec.access.writable and spec.name not in rig.options.leave_alone:
                value = getattr(camera.all_parameters()[spec.name], limit)
                if value is not None:
                    _try_to_set(camera, spec.name, value)
        patience, camera.timeout = camera.timeout, 3.0
        camera.start_acquisition()
        begun = time.monotonic()
        with contextlib.suppress(DeviceTimeout):  # the time that it took says so
            time.sleep(0.2)
            camera.values()
            camera.stop_acquisition()
        seconds = time.monotonic() - begun - 0.2
        camera.timeout = patience
        if seconds > 2.0:
            raise Violation(
                f"during a slow acquisition reading its parameters and stopping took {seconds:.1f} s",
                "let grab() return False after `timeout` seconds without a frame, and wait on from there in its next "
                "call; stop() must not wait for the frame that is being exposed",
                method="grab",
            )


@check("frames that nobody takes in time are counted", DriverType.Instrument)
def counts_what_is_lost(rig: Rig) -> None:
    """Check numbers and counters when all buffers are full for a while."""
    camera = rig.primary()
    camera.setup_internal_buffers(5)
    shots: list[Shot] = []
    try:
        with camera.acquire(buffer_count=5) as acquisition:
            deadline = time.monotonic() + 2.0
            while camera.dropped < 3 and time.monotonic() < deadline:
                time.sleep(0.02)
            shots += [Shot(buffer) for buffer in acquisition.buffers(8, rig.frame_timeout)]
            dropped = camera.dropped
    except DeviceTimeout as error:
        raise no_frame(error) from error
    _check_order(shots)
    gaps = sum(shot.dropped_before for shot in shots)
    if dropped < gaps:
        raise Violation(
            f"{gaps} frames are missing between those that came, {dropped} were counted",
            "give frame.number in steps of one for frames that the instrument has taken",
            method="grab",
        )


@check(
    "white and dark references can be taken, lights are dark for the dark one, and afterwards it sees as before",
    DriverType.Instrument,
)
def takes_references(rig: Rig) -> None:
    """Check both references, and that an ordinary acquisition after them is like one before."""
    camera = rig.primary()
    levels = {}
    plain = np.mean([shot.level for shot in _acquire(rig, camera, 3)])
    for name in (ReferenceName.White, ReferenceName.Dark):
        container = BufferContainer(camera, 3)
        try:
            with camera.acquire(reference_name=name) as acquisition:
                _check_lights(rig, name)
                for buffer in acquisition.buffers(3, rig.frame_timeout):
                    container.add(buffer)
        except DeviceTimeout as error:
            raise no_frame(error) from error
        levels[name] = float(container.data.mean())
    after = np.mean([shot.level for shot in _acquire(rig, camera, 3)])
    dark = levels[ReferenceName.Dark]
    if plain - dark > 0.2 * abs(dark) and abs(after - dark) < 0.2 * (plain - dark):
        raise Violation(
            f"frames had a mean of {plain:.4g} before the dark reference, {dark:.4g} in it, and still "
            f"{after:.4g} after it",
            "open the shutter again: in stop(), or in start() when `reference` is not ReferenceName.Dark",
            method="start",
        )
    if dark > levels[ReferenceName.White]:
        raise Violation(
            f"its dark reference (mean {dark:.4g}) is brighter than its white one ({levels[ReferenceName.White]:.4g})",
            "close the shutter in start() when `reference` is ReferenceName.Dark, and only then",
            method="start",
        )


def _check_lights(rig: Rig, name: ReferenceName) -> None:
    for light in rig.group().devices():
        if isinstance(light, LightControlDevice):
            wanted = LightState.ForcedOff if name is ReferenceName.Dark else LightState.Parametrized
            if light.state is not wanted:
                raise Violation(
                    f"its light {light.display_name} is {light.state.name} during a {name}",
                    "leave the light's state to the application: apply(state) does what it is told",
                    method="start",
                )


def _acquire(rig: Rig, camera: InstrumentDevice, count: int) -> list[Shot]:
    try:
        return rig.frames(camera, count)
    except DeviceTimeout as error:
        raise no_frame(error) from error


def _first(camera: InstrumentDevice, names: tuple[str, ...]) -> ParameterSpec | None:
    return next((camera.all_parameters()[name] for name in names if name in camera.all_parameters()), None)


def _try_to_set(camera: InstrumentDevice, name: str, value: float) -> None:
    try:
        camera.set_parameter(name, value)
    except ParameterError:
        return  # `sets_numbers` tells
