"""Connected lights, and the dark that references need."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices.bench import bench
from pymodaq_hsi.devices.device import Device
from pymodaq_hsi.drivers import LightState
from pymodaq_hsi.errors import HsiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["LightControlDevice", "force_lights_off"]


class LightControlDevice(Device):
    """A light; its parameters are the user's, its state is the application's."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._state = LightState.Parametrized

    @property
    def state(self) -> LightState:
        """`Parametrized` (the parameters rule) or `ForcedOff`."""
        return self._state

    def set_state(self, state: LightState, *, settle: bool = True) -> float:
        """Switch; returns the light's settle time in seconds, which has passed already if `settle`."""
        wanted = LightState(state)
        seconds = float(self.request("light", state=int(wanted))) / 1000
        self._state = wanted
        if settle:
            wait_for_light(seconds)
        return seconds


def force_lights_off(lights: Iterable[LightControlDevice] | None = None) -> Callable[[], None]:
    """Force lights off and wait until they are steady.

    Parameters
    ----------
    lights : iterable of LightControlDevice, optional
        All connected ones by default.

    Returns
    -------
    callable
        Puts every light that is still connected back into the state it was in, and waits until they are steady.

    Raises
    ------
    HsiError
        A light could not be switched; the others are as they were.
    """
    if lights is None:
        lights = [device for device in bench.devices() if isinstance(device, LightControlDevice)]
    before: list[tuple[LightControlDevice, LightState]] = []

    def restore() -> None:
        failures: list[HsiError] = []
        longest = 0.0
        while before:
            light, state = before.pop()
            try:
                if light.connected:
                    longest = max(longest, light.set_state(state, settle=False))
            except HsiError as error:
                failures.append(error)
        wait_for_light(longest)
        if failures:
            raise failures[0]

    longest = 0.0
    try:
        for light in lights:
            if light.state is not LightState.ForcedOff:
                before.append((light, light.state))
                longest = max(longest, light.set_state(LightState.ForcedOff, settle=False))
    except BaseException:
        restore()
        raise
    wait_for_light(longest)
    return restore


def wait_for_light(seconds: float) -> None:
    """Let a light become steady: lamps have no signal for it."""
    if seconds > 0:
        threading.Event().wait(seconds)
