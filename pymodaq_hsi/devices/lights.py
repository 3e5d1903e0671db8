"""Connected lights, and the dark that references need."""

from __future__ import annotations

import threading
import time
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
        self._switching = threading.Lock()
        self._state = LightState.Parametrized
        self._state_after = LightState.Parametrized
        self._steady_at = 0.0
        self._dark_holders = 0

    @property
    def state(self) -> LightState:
        """`Parametrized` (the parameters rule) or `ForcedOff`."""
        return self._state

    def set_state(self, state: LightState, *, settle: bool = True) -> float:
        """Switch; returns the light's settle time in seconds, which has passed already if `settle`."""
        with self._switching:
            self._state_after = LightState(state)
            seconds = self._switch(self._state_after)
        if settle:
            wait_for_light(seconds)
        return seconds

    def hold_dark(self) -> float:
        """Keep it dark until as many `release_dark` as `hold_dark` were called; returns how long to wait for it."""
        with self._switching:
            if not self._dark_holders:
                self._state_after = self._state
            if self._state is not LightState.ForcedOff:
                self._switch(LightState.ForcedOff)
            self._dark_holders += 1
            return max(0.0, self._steady_at - time.monotonic())

    def release_dark(self) -> float:
        """End one `hold_dark`; after the last the light is as it was. Returns how long to wait for it."""
        with self._switching:
            self._dark_holders -= 1
            if self._dark_holders or self._state is self._state_after:
                return 0.0
            if not self.connected:
                self._state = self._state_after  # should it be connected again
                return 0.0
            return self._switch(self._state_after)

    def restore(self) -> list[str]:
        """Bring it into the state that it was in, before the parameters that would light it; called by the group."""
        with self._switching:
            if self._state is not LightState.Parametrized:
                self._switch(self._state)
        return super().restore()

    def _switch(self, state: LightState) -> float:
        try:
            seconds = float(self.request("light", state=int(state))) / 1000
        except HsiError:
            self.tell("light", state=int(self._state))  # should it switch after all, it goes back
            raise
        self._state = state
        self._steady_at = time.monotonic() + seconds
        return seconds


def force_lights_off(lights: Iterable[LightControlDevice] | None = None) -> Callable[[], None]:
    """Force lights off and wait until they are steady.

    Two acquisitions may need the dark at the same time: a light is put back when the last of them is done.

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
    dark: list[LightControlDevice] = []

    def restore() -> None:
        failures: list[HsiError] = []
        longest = 0.0
        while dark:
            try:
                longest = max(longest, dark.pop().release_dark())
            except HsiError as error:
                failures.append(error)
        wait_for_light(longest)
        if failures:
            raise failures[0]

    longest = 0.0
    try:
        for light in lights:
            longest = max(longest, light.hold_dark())
            dark.append(light)
        wait_for_light(longest)
    except BaseException as error:
        try:
            restore()
        except HsiError as second:
            error.add_note(f"and a light that was forced off could not be put back: {second}")
        raise
    return restore


def wait_for_light(seconds: float) -> None:
    """Let a light become steady: lamps have no signal for it."""
    if seconds > 0:
        threading.Event().wait(seconds)
