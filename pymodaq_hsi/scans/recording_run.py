"""A pushbroom camera's cube, line by line, while a stage may move."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.devices import AcquisitionParameters, InstrumentDevice
from pymodaq_hsi.errors import DeviceTimeout, OutputError, ParameterError
from pymodaq_hsi.recording import CubeFile, set_up_buffers
from pymodaq_hsi.scans.events import PointMeasured
from pymodaq_hsi.scans.rig import mean_of
from pymodaq_hsi.scans.units import conversion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymodaq_hsi.processing import RecordingContext
    from pymodaq_hsi.scans.movers import Mover
    from pymodaq_hsi.scans.plans import Movement, Recording
    from pymodaq_hsi.scans.runs import Destination, Work

__all__ = ["RecordingRun"]

_LOOK_EVERY = 0.05
_TELL_EVERY = 0.1


class RecordingRun:
    """Carries out a `Recording`.

    Parameters
    ----------
    plan : Recording

    Attributes
    ----------
    total : int or None
        Lines, if the plan says how many.
    """

    def __init__(self, plan: Recording) -> None:
        self._plan = plan
        self.total = plan.lines
        self._cube: CubeFile | None = None
        self._lines = 0
        self._dropped = 0

    @property
    def done(self) -> int:
        """Lines in the file."""
        return self._cube.lines if self._cube is not None else self._lines

    @property
    def dropped(self) -> int:
        """Lines that the camera lost."""
        return self._dropped

    @property
    def node(self) -> str:
        """The scan's group."""
        return "/RawData/Scan000" if self._cube is not None else ""

    def open(self, destination: Destination, work: Work) -> None:
        """Make the file.

        Raises
        ------
        OutputError
            The recording was to go on, or to be added to a file: a cube is recorded in one go, in a file of its own.
        """
        if destination.node or destination.append:
            raise OutputError(
                f"a recording cannot be {'gone on with' if destination.node else 'added to'} in {destination.path}: a "
                "cube is recorded in one go, in a file of its own. Repeat it into another file"
            )
        context = self._context(work)
        wanted = self._plan.lines or 0
        self._cube = CubeFile(
            destination.path,
            context,
            wanted=wanted,
            title=self._plan.name,
            plan=self._plan.model_dump_json(),
            overwrite=destination.overwrite,
            positions={target: mover.unit for target, mover in work.rig.movers.items()},
            compression=self._plan.output.compression,
        )
        self._cube.describe({"description": self._plan.description} | destination.metadata)

    def steps(self, work: Work) -> Iterator[None]:
        """Record, until the first of the plan's ends."""
        cube, context, source = self._cube, self._context(work), work.rig.frames()[0]
        camera = source.device
        assert cube is not None
        assert isinstance(camera, InstrumentDevice)
        parameters = AcquisitionParameters(set_up_buffers(camera, camera.frame_format().nbytes))
        mover = self._begin_movement(work)
        track = _Track(mover)
        begun = told = looked = heard = time.monotonic()
        try:
            until: float | None = None  # lines that came before are waiting still when the end is seen
            while self.total is None or cube.lines + cube.pending < self.total:
                now = time.monotonic()
                yield
                if not camera.acquiring:
                    if until is not None:
                        break  # paused at the end
                    camera.start_acquisition(parameters)
                    looked = self._set_off(mover)
                    heard = time.monotonic()
                    begun += heard - now
                if until is None and mover is not None and now - looked > _LOOK_EVERY:
                    looked = now
                    if not mover.device.get_parameter("Moving"):
                        until = time.time()
                if until is None and self._plan.seconds is not None and now - begun >= self._plan.seconds:
                    until = time.time()
                buffer = camera.retrieve_buffer(0.1 if until is None else 0.0)
                if buffer is None:
                    if until is not None:
                        break
                    if time.monotonic() - heard > source.timeout:
                        raise DeviceTimeout(
                            f"{camera.display_name}: no line came within {source.timeout:.1f} s; see to its trigger, "
                            "exposure and frame rate",
                            device=camera.name,
                        )
                    continue
                heard = time.monotonic()
                with buffer:
                    if until is not None and buffer.timestamp > until:
                        break
                    self._dropped += buffer.dropped_before
                    line = context.process(buffer, cube.place())
                    cube.add(buffer, saturated=context.saturated_count, positions=track.at(buffer.timestamp))
                if cube.full or not camera.waiting or cube.lines + cube.pending == self.total:
                    cube.commit()
                if now - told > _TELL_EVERY and cube.lines:  # none of those before the first are in the file yet
                    told = now
                    work.tell(
                        PointMeasured(
                            number=cube.lines - 1,
                            indexes=[cube.lines - 1],
                            wanted={},
                            measured={mover.target: mover.read()} if mover else {},
                            means={self._plan.detectors[0].device: mean_of(line)},
                        )
                    )
                    work.progress()
            cube.commit()
            cube.finish(dropped=self._dropped)
        finally:
            if mover is not None and mover.device.connected:
                mover.stop()

    def end(self, state: str, reason: str) -> None:
        """Note the end, and close the file."""
        if self._cube is not None:
            self._cube.describe({"state": state})
            self._cube.close(reason)
            self._lines = self._cube.lines

    def _context(self, work: Work) -> RecordingContext:
        context = work.rig.frames()[0].context
        if context is None:
            device = self._plan.detectors[0].device
            raise ParameterError(
                f"{device} delivers no lines of pixels and bands, so there is no cube to record; measure its frames "
                "with a step scan or a time series",
                device=device,
            )
        return context

    def _begin_movement(self, work: Work) -> Mover | None:
        """Bring the stage to where it is to start."""
        movement = self._plan.movement
        if movement is None:
            return None
        mover = work.rig.movers[movement.target]
        if movement.start is not None:
            work.rig.move({movement.target: self._scaled(movement, movement.start, mover)})
        if movement.velocity is not None:
            work.rig.set_for_now(mover.device, movement.velocity_parameter, movement.velocity)
        return mover

    def _set_off(self, mover: Mover | None) -> float:
        """Let the stage move, at the beginning and after a pause; return when that was."""
        movement = self._plan.movement
        if mover is not None and movement is not None:
            mover.begin(self._scaled(movement, movement.stop, mover))
        return time.monotonic()

    @staticmethod
    def _scaled(movement: Movement, value: float, mover: Mover) -> float:
        if not movement.units or movement.units == mover.unit:
            return value
        factor, shift = conversion(movement.units, mover.unit)
        return value * factor + shift


class _Track:
    """Where a stage was at the time of each line: readings before and after it, and what lies between them."""

    def __init__(self, mover: Mover | None) -> None:
        self._mover = mover
        self._times: deque[float] = deque(maxlen=2)
        self._places: deque[float] = deque(maxlen=2)
        if mover is not None:
            self._read(mover)

    def at(self, moment: float) -> dict[str, float]:
        """Return where it was, by target; `moment` in POSIX seconds, not before that of the last call."""
        if self._mover is None:
            return {}
        if self._times[-1] < moment:
            self._read(self._mover)
        return {self._mover.target: float(np.interp(moment, self._times, self._places))}

    def _read(self, mover: Mover) -> None:
        before = time.time()
        place = mover.read()
        self._times.append((before + time.time()) / 2)
        self._places.append(place)
