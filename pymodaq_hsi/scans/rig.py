"""The devices of a plan, put together: what moves, what measures, and how all of it is made safe."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pymodaq_hsi.devices import InstrumentDevice, LightControlDevice
from pymodaq_hsi.drivers import LightState
from pymodaq_hsi.errors import HsiError
from pymodaq_hsi.processing import InstrumentParameters, Standardisation, ValueType, read_radiometry
from pymodaq_hsi.processing.models import read_model
from pymodaq_hsi.scans.movers import Mover
from pymodaq_hsi.scans.parts import Execute, LightsOff, Move, SetParameter, Wait
from pymodaq_hsi.scans.sources import FrameSource, ReadingSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from h5modules.data import DataRaw
    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.drivers import Value
    from pymodaq_hsi.scans._base import BasePlan
    from pymodaq_hsi.scans.control import Control
    from pymodaq_hsi.scans.parts import Action, Detector
    from pymodaq_hsi.scans.sources import Source

__all__ = ["Rig", "mean_of", "split"]

AnyPlan = TypeVar("AnyPlan", bound="BasePlan")

_log = logging.getLogger(__name__)
_SAMPLE = 16384
_SAFE_WITHIN = 0.5


class Rig:
    """What a plan moves and measures.

    Parameters
    ----------
    devices : mapping of str to Device
        By their names in the plan.
    control : Control
    targets : mapping of str to (float, float or None)
        Settle time and tolerance of each target that is varied.
    detectors : sequence of Detector
    references : mapping of str to InstrumentParameters
        By the name of the camera.
    flags : ReferenceImportFlag, optional
        Whether references taken under other settings are accepted.
    """

    def __init__(
        self,
        devices: Mapping[str, Device],
        control: Control,
        *,
        targets: Mapping[str, tuple[float, float | None]],
        detectors: Sequence[Detector],
        references: Mapping[str, InstrumentParameters],
        flags: Any = None,
    ) -> None:
        self._devices = devices
        self._control = control
        self.movers: dict[str, Mover] = {}
        for target, (settle, tolerance) in targets.items():
            name, parameter = split(target)
            self.movers[target] = Mover(target, devices[name], parameter, settle=settle, tolerance=tolerance)
        self.sources: list[Source] = []
        varied = {mover.device for mover in self.movers.values()}
        for detector in detectors:
            device = devices[detector.device]
            if detector.is_frame and isinstance(device, InstrumentDevice):
                given = references.get(detector.device)
                if detector.radiometry:
                    given = replace(given or InstrumentParameters(), radiometry=read_radiometry(detector.radiometry))
                self.sources.append(
                    FrameSource(
                        detector.device,
                        device,
                        average=detector.average,
                        value_type=ValueType[detector.value.capitalize()],
                        references=given,
                        steps=Standardisation.from_plain(detector.steps) if detector.steps else None,
                        model=read_model(detector.model) if detector.model else None,
                        restart=device in varied,
                        flags=flags,
                    )
                )
            else:
                self.sources.append(
                    ReadingSource(detector.device, device, detector.parameters, average=detector.average)
                )
        self._start: dict[str, float] = {}
        self._borrowed: list[tuple[Device, str, Value]] = []
        self._changed = True

    def prepare(self) -> None:
        """Get ready: lights as their users want them, sources checked, the start noted.

        Raises
        ------
        HsiError
        """
        for light in self._lights():
            if light.state is not LightState.Parametrized:
                light.set_state(LightState.Parametrized)
        self._start = {target: mover.read() for target, mover in self.movers.items()}
        for source in self.sources:
            source.prepare()

    def written_out(self, plan: AnyPlan) -> AnyPlan:
        """Return a plan with the corrections that cameras told in place of the steps that ask for them."""
        told = {source.name: source.steps.to_plain()["steps"] for source in self.frames() if source.steps is not None}
        detectors = tuple(
            each.model_copy(update={"steps": tuple(told[each.device])}) if each.asks_for_corrections else each
            for each in plan.detectors
        )
        return plan.model_copy(update={"detectors": detectors})

    def frames(self) -> list[FrameSource]:
        """Return the sources that are instruments."""
        return [source for source in self.sources if isinstance(source, FrameSource)]

    def move(self, values: Mapping[str, float]) -> dict[str, tuple[float, str]]:
        """Bring targets to values, all at once, and wait until they have settled.

        Returns
        -------
        dict of str to (float, str)
            Where each of them is, and its unit.

        Raises
        ------
        Cancelled, PositionMissed, ParameterError, DeviceTimeout, DeviceLost, DriverError
        """
        due = [(self.movers[target], value) for target, value in values.items() if self.movers[target].differs(value)]
        if due:
            moved = {mover.device for mover, _ in due}
            for source in self.sources:
                if source.device in moved:
                    source.before_move()
            self._changed = True
            for mover, value in due:
                mover.begin(value)
            for mover, _ in due:
                mover.arrive(self._control.wait)
            settle = max(mover.settle for mover, _ in due)
            if settle:
                self._control.wait(settle)
        return {target: (self.movers[target].measured, self.movers[target].unit) for target in values}

    def set_for_now(self, device: Device, parameter: str, value: Value) -> None:
        """Set something until the end of the scan; `give_back` and `make_safe` set it back.

        Raises
        ------
        HsiError
        """
        before = device.get_parameter(parameter)
        device.set_parameter(parameter, value)
        self._borrowed.append((device, parameter, before))

    def give_back(self, only: Device | None = None) -> None:
        """Set back what was set for now; of one device, if it is given.

        Raises
        ------
        HsiError
        """
        for entry in [entry for entry in reversed(self._borrowed) if only in (None, entry[0])]:
            self._borrowed.remove(entry)
            device, parameter, value = entry
            device.set_parameter(parameter, value)

    def measure(self) -> list[DataRaw]:
        """Measure with all detectors; what they give began after this was called.

        Raises
        ------
        Cancelled, DeviceTimeout, DeviceLost, DriverError
        """
        now = time.time_ns()
        changed, self._changed = self._changed, False
        found: list[DataRaw] = []
        for source in self.sources:
            found += source.measure(now, self._control.cancelled, changed=changed)
        return found

    def rest(self) -> None:
        """Let instruments rest, in a pause and at the end; what moves while they measure stops too."""
        for mover in self.movers.values():
            if mover.under_way:
                mover.stop()
        for source in self.sources:
            source.suspend()

    def act(self, actions: Iterable[Action]) -> None:
        """Do what a plan has before and after its points.

        Raises
        ------
        Cancelled, HsiError
        """
        for action in actions:
            match action:
                case SetParameter(target=target, value=value):
                    name, parameter = split(target)
                    self._devices[name].set_parameter(parameter, value)
                case Execute(target=target):
                    name, parameter = split(target)
                    self._devices[name].execute(parameter)
                case Move(to=to) if not isinstance(to, str):
                    movers = []
                    for target, value in to.items():
                        name, parameter = split(target)
                        mover = self.movers.get(target) or Mover(target, self._devices[name], parameter)
                        mover.begin(value)
                        movers.append(mover)
                    for mover in movers:
                        mover.arrive(self._control.wait)
                case Wait(seconds=seconds):
                    self._control.wait(seconds)
                case LightsOff(devices=names):
                    for name, device in self._devices.items():
                        if isinstance(device, LightControlDevice) and (not names or name in names):
                            device.set_state(LightState.ForcedOff)

    def return_to_start(self) -> None:
        """Bring all that was varied back to where it was before.

        Raises
        ------
        HsiError
        """
        for target, value in self._start.items():
            self.movers[target].return_to(value)
        for mover in self.movers.values():
            mover.arrive(self._control.wait)

    def make_safe(self) -> list[str]:
        """Stop what moves and acquires, and force all lights off, whatever state the devices are in.

        Each device is seen to by itself, so that one that hangs does not keep the others from it.

        Returns
        -------
        list of str
            What could not be made safe, and why.
        """
        problems: list[str] = []
        jobs = []
        for name, device in self._devices.items():
            if device.connected:
                jobs.append(threading.Thread(target=self._make_one_safe, args=(name, device, problems), daemon=True))
                jobs[-1].start()
        deadline = time.monotonic() + _SAFE_WITHIN
        for job in jobs:
            job.join(max(0.0, deadline - time.monotonic()))
            if job.is_alive():
                problems.append("a device does not answer; it is left to the deadline of its driver")
        return problems

    def _make_one_safe(self, name: str, device: Device, problems: list[str]) -> None:
        try:
            for mover in self.movers.values():
                if mover.device is device:
                    mover.stop()
            self.give_back(device)
            if isinstance(device, InstrumentDevice):
                device.stop_acquisition()
            if isinstance(device, LightControlDevice):
                device.set_state(LightState.ForcedOff, settle=False)
        except HsiError as error:
            problems.append(f"{name}: {error}")

    def _lights(self) -> list[LightControlDevice]:
        return [device for device in self._devices.values() if isinstance(device, LightControlDevice)]


def split(target: str) -> tuple[str, str]:
    """Return the device and the parameter of a target, ``"stage.Position"``."""
    name, _, parameter = target.partition(".")
    return name, parameter


def mean_of(array: npt.NDArray[Any]) -> float:
    """Return the mean of the finite values of an array; of a sample of them, evenly taken, where there are many."""
    values = array.reshape(-1)
    values = values[:: max(1, values.size // _SAMPLE)].astype(np.float64)
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else float("nan")
