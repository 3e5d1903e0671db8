"""Commands: parameters, lights and stages."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices import ActuatorDevice, InstrumentDevice, LightControlDevice
from pymodaq_hsi.drivers import DriverType, LightState
from pymodaq_hsi.errors import CommandInvalid, DeviceTimeout, HsiError, ParameterError, StationError
from pymodaq_hsi.station.core import Right, command
from pymodaq_hsi.station.hub import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymodaq_hsi.station.core import Core
    from pymodaq_hsi.station.jobs import Job
    from pymodaq_hsi.station.keeper import Keeper
    from pymodaq_hsi.station.live import LiveViews

__all__ = ["Setting"]

_Step = tuple[str, str, Any, Any]
"""Device, parameter, the value before and the one after."""
_UNDOABLE = 100
_LOOK_EVERY = 0.05
_DARK_WITHIN = 3.0
"""Seconds that lights have to go dark; the one that does not answer is told of, the others are dark long before."""


class Setting:
    """Reads and sets what devices have."""

    def __init__(self, core: Core, live: LiveViews) -> None:
        self._core = core
        self._live = live
        self._done: deque[_Step] = deque(maxlen=_UNDOABLE)
        self._undone: deque[_Step] = deque(maxlen=_UNDOABLE)
        self._before_master: dict[str, LightState] = {}

    @property
    def master_off(self) -> bool:
        """Whether all lights were switched off together."""
        return bool(self._before_master)

    @property
    def undoable(self) -> Message | None:
        """What `undo` would set back; None if there is nothing."""
        return _step_message(self._done)

    @property
    def redoable(self) -> Message | None:
        """What `redo` would set once more; None if there is nothing."""
        return _step_message(self._undone)

    # parameters

    @command(Right.READ)
    def get(self, device: str, parameter: str) -> Any:
        """Return a value, as the device has it now."""
        keeper = self._core.keeper(device)
        value = keeper.device.get_parameter(parameter)
        keeper.take_value(parameter, value)
        return value

    @command(Right.WRITE)
    def set(self, device: str, parameter: str, value: bool | int | float | str) -> Any:
        """Set a parameter; return what the device took. A live view is interrupted if that is necessary."""
        keeper = self._core.keeper(device)
        self._core.refuse_in_use(device, f"setting {parameter}")
        with keeper.busy:
            before = self._before(keeper, parameter)
            taken = self._set(keeper, parameter, value)
            self.note(keeper.name, parameter, before, taken)
        return taken

    def note(self, device: str, parameter: str, before: Any, after: Any) -> None:
        """Note that something was set, for `undo`."""
        if before is not None and before != after:
            self._done.append((device, parameter, before, after))
            self._undone.clear()
            self._tell_steps()

    def forget(self, device: str) -> None:
        """Forget what was set of a device that was disconnected: another one may get its name."""
        for steps in (self._done, self._undone):
            kept = [step for step in list(steps) if step[0] != device]
            steps.clear()
            steps.extend(kept)
        self._tell_steps()

    @command(Right.WRITE)
    def undo(self) -> Message:
        """Set the last setting back; return which ``device``, ``parameter``, and the value ``before`` and ``after``."""
        return self._go(self._done, self._undone, "there is no setting to undo", back=True)

    @command(Right.WRITE)
    def redo(self) -> Message:
        """Set once more what `undo` set back last; return the same as it. A new setting leaves nothing to redo."""
        return self._go(self._undone, self._done, "there is no setting to redo", back=False)

    def _go(self, steps: deque[_Step], others: deque[_Step], nothing: str, *, back: bool) -> Message:
        if not steps:
            raise StationError(nothing)
        self._core.refuse_in_use(steps[-1][0], f"setting {steps[-1][1]} {'back' if back else 'again'}")
        step = device, parameter, before, after = steps.pop()
        keeper = self._core.keeper(device)
        old, wanted = (after, before) if back else (before, after)
        try:
            with keeper.busy:
                taken = self._set(keeper, parameter, wanted)
        except ParameterError:  # it cannot be had any more, and must not stand in the way of those before it
            self._tell_steps()
            raise
        except BaseException:
            steps.append(step)
            raise
        others.append(step)
        self._tell_steps()
        return {"device": device, "parameter": parameter, "before": old, "after": taken}

    def _tell_steps(self) -> None:
        self._core.hub.publish("undo", undo=self.undoable, redo=self.redoable)

    @command(Right.WRITE)
    def execute(self, device: str, parameter: str, timeout: float | None = None) -> None:
        """Execute a command of a device, and wait until it is done."""
        keeper = self._core.keeper(device)
        self._core.refuse_in_use(device, f"executing {parameter}")
        with keeper.busy, self._unlocked(keeper, parameter):
            keeper.device.execute(parameter, timeout=timeout)
        keeper.look_again()

    # lights

    @command(Right.WRITE)
    def light(self, device: str, state: str) -> None:
        """Bring a light into a state: ``Parametrized`` (its parameters rule) or ``ForcedOff``."""
        keeper = self._core.keeper(device)
        light = _light(keeper)
        if state not in LightState.__members__:
            raise CommandInvalid(f"there is no state {state!r} of a light; it is {' or '.join(LightState.__members__)}")
        self._core.refuse_in_use(device, f"switching to {state}")
        light.set_state(LightState[state], settle=False)
        self._before_master.pop(keeper.name, None)
        keeper.tell_state("light")

    @command(Right.SAFETY)
    def lights_off(self) -> list[str]:
        """Force all lights off at once; return what could not be switched, and why. Anybody may, at any time."""
        return self.darken(self.light_states())

    @command(Right.WRITE)
    def lights_back(self) -> list[str]:
        """Bring all lights back into the state that they were in before `lights_off`; return what could not be."""
        for name in self._before_master:
            if name in self._core.keepers:
                self._core.refuse_in_use(name, "switching lights back")
        return self.lighten()

    def light_states(self) -> dict[str, LightState]:
        """Return the states of all lights."""
        return {keeper.name: _light(keeper).state for keeper in self._core.of_type(DriverType.LightControl)}

    def darken(self, before: dict[str, LightState]) -> list[str]:
        """Force all lights off; `before` is what `lighten` brings them back to."""
        self._before_master = before | self._before_master
        return self._switch(dict.fromkeys(self.light_states(), LightState.ForcedOff))

    def lighten(self) -> list[str]:
        """End what `darken` began."""
        wanted, self._before_master = self._before_master, {}
        return self._switch({name: state for name, state in wanted.items() if name in self._core.keepers})

    # stages

    @command(Right.WRITE)
    def move(self, device: str, position: float, timeout: float = 60.0) -> Message:
        """Move a stage; a job, whose progress has its position, and whose result is where it is."""
        self._core.refuse_in_use(device, "moving")
        return self._move(self._core.keeper(device), position, timeout)

    @command(Right.WRITE)
    def jog(self, device: str, step: float, timeout: float = 60.0) -> Message:
        """Move a stage by a step from where it is; a job, as `move`."""
        self._core.refuse_in_use(device, "moving")
        keeper = self._core.keeper(device)
        return self._move(keeper, _stage(keeper).position + step, timeout)

    @command(Right.SAFETY)
    def stop_move(self, device: str) -> None:
        """Stop a stage where it is. Anybody may, at any time."""
        keeper = self._core.keeper(device)
        for job in self._core.jobs.running():
            if job.kind == "move" and job.about.get("device") == keeper.name:
                job.cancelled.set()
        _stage(keeper).stop()
        keeper.look_again()

    def _move(self, keeper: Keeper, position: float, timeout: float) -> Message:
        stage = _stage(keeper)
        for job in self._core.jobs.running():
            if job.kind == "move" and job.about.get("device") == keeper.name:
                job.cancelled.set()  # another target for a stage that is on its way
        stage.all_parameters()["Position"].check(position, device=keeper.name)
        with keeper.busy:
            stage.set_parameter("Position", position)

        def work(job: Job) -> float:
            deadline = time.monotonic() + timeout
            while stage.moving:
                if time.monotonic() > deadline:
                    stage.stop()
                    raise DeviceTimeout(
                        f"{keeper.name} was still moving to {position:g} after {timeout:g} s, at {stage.position:g}; "
                        "it was told to stop. Give it more time, or move less far",
                        device=stage.name,
                    )
                here = stage.position
                keeper.take_value("Position", here)
                job.tell(position=here, target=position)
                job.cancelled.wait(_LOOK_EVERY)
            here = stage.position
            keeper.take_value("Position", here)
            keeper.look_again()
            job.check()
            return here

        return self._core.jobs.start("move", work, device=keeper.name, target=position)

    def _before(self, keeper: Keeper, parameter: str) -> Any:
        try:
            return keeper.device.get_parameter(parameter)
        except ParameterError:
            return None  # it cannot be read, so it cannot be set back; whether it is there, setting it will tell

    def _set(self, keeper: Keeper, parameter: str, value: Any) -> Any:
        with self._unlocked(keeper, parameter):
            taken = keeper.device.set_parameter(parameter, value)
        keeper.take_value(parameter, taken)
        return taken

    @contextlib.contextmanager
    def _unlocked(self, keeper: Keeper, parameter: str) -> Iterator[None]:
        """Interrupt the live view of a camera for a parameter that cannot be set meanwhile."""
        info = keeper.device.all_parameters()
        locked = parameter in info and info[parameter].locked_while_acquiring
        with self._live.interrupted([keeper.name] if locked and isinstance(keeper.device, InstrumentDevice) else []):
            yield

    def _switch(self, wanted: dict[str, LightState]) -> list[str]:
        """Switch lights, each by itself, so that one that hangs keeps none of the others lit."""
        problems: list[str] = []
        done: dict[str, bool] = dict.fromkeys(wanted, False)

        def switch(name: str, state: LightState) -> None:
            keeper = self._core.keepers.get(name)
            try:
                if keeper is not None:
                    _light(keeper).set_state(state, settle=False)
                    keeper.tell_state("light")
            except HsiError as error:
                problems.append(f"{name}: {error}")
            done[name] = True

        threads = [threading.Thread(target=switch, args=each, daemon=True) for each in wanted.items()]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + _DARK_WITHIN
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._core.hub.publish("lights", master_off=self.master_off)
        late = [name for name, ended in done.items() if not ended]
        return [*problems, *(f"{name} does not answer; see to the light itself" for name in late)]


def _step_message(steps: deque[_Step]) -> Message | None:
    if not steps:
        return None
    device, parameter, before, after = steps[-1]
    return {"device": device, "parameter": parameter, "before": before, "after": after}


def _light(keeper: Keeper) -> LightControlDevice:
    if not isinstance(keeper.device, LightControlDevice):
        raise CommandInvalid(f"{keeper.name} is a {keeper.device.type.name}, not a light")
    return keeper.device


def _stage(keeper: Keeper) -> ActuatorDevice:
    if not isinstance(keeper.device, ActuatorDevice):
        raise CommandInvalid(f"{keeper.name} is a {keeper.device.type.name}, not a stage")
    return keeper.device
