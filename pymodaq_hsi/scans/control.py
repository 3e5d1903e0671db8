"""What a running scan asks between two steps, and others tell it from outside."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pymodaq_hsi.errors import DeviceLost, DriverCrashed
from pymodaq_hsi.scans.events import ScanState, StateChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.scans.events import Event

__all__ = ["Cancelled", "Control"]

_LOOK_EVERY = 0.2
"""Seconds between two looks at whether all devices are there."""


class Cancelled(Exception):
    """The scan is to end; `state` is how."""

    def __init__(self, state: ScanState) -> None:
        super().__init__(state.value)
        self.state = state


class Control:
    """State of a scan, and what is wanted of it.

    Parameters
    ----------
    devices : mapping of str to Device
        All that take part, by their names in the plan.
    tell : callable
        Takes events.

    Attributes
    ----------
    paused_seconds : float
        Time spent paused.
    """

    def __init__(self, devices: Mapping[str, Device], tell: Callable[[Event], None]) -> None:
        self._devices = devices
        self._tell = tell
        self._changed = threading.Condition()
        self._state = ScanState.idle
        self._wanted: ScanState | None = None
        self._looked = 0.0
        self.paused_seconds = 0.0

    @property
    def state(self) -> ScanState:
        """Where it is."""
        return self._state

    def enter(self, state: ScanState, reason: str = "") -> None:
        """Go into a state, and tell."""
        with self._changed:
            if self._state is state:
                return
            self._state = state
            self._changed.notify_all()
        self._tell(StateChanged(state=state, reason=reason))

    def wait_for_state(self, *states: ScanState, timeout: float | None = None) -> bool:
        """Wait until it is in one of some states, or has ended; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._state in states or self._state.ended, timeout)

    def ask(self, wanted: ScanState | None) -> None:
        """Ask it to pause, stop or abort; None lets it go on after a pause. Who asked for an end gets one."""
        with self._changed:
            ending = self._wanted in (ScanState.stopped, ScanState.aborted)
            if not ending or wanted is ScanState.aborted:
                self._wanted = wanted
                self._changed.notify_all()

    def check(self) -> None:
        """Look whether it can go on with the step that it is at.

        Raises
        ------
        Cancelled
            It is to be aborted.
        DeviceLost
        """
        if self._wanted is ScanState.aborted:
            raise Cancelled(ScanState.aborted)
        now = time.monotonic()
        if now - self._looked >= _LOOK_EVERY:
            self._looked = now
            for name, device in self._devices.items():
                if not device.connected:
                    raise _lost(name, device)

    def gate(self, rest: Callable[[], None]) -> None:
        """Let the next step begin, as soon as it is not paused.

        Parameters
        ----------
        rest : callable
            Called when it pauses.

        Raises
        ------
        Cancelled
            It is to stop, or to be aborted.
        DeviceLost
        """
        self.check()
        if self._wanted is None:
            return
        if self._wanted is ScanState.paused:
            begun = time.monotonic()
            rest()
            self.enter(ScanState.paused)
            while self._wanted is ScanState.paused:
                with self._changed:
                    self._changed.wait_for(lambda: self._wanted is not ScanState.paused, _LOOK_EVERY)
                self.check()
            self.paused_seconds += time.monotonic() - begun
            if self._wanted is None:
                self.enter(ScanState.running)
        if self._wanted is not None:
            raise Cancelled(self._wanted)

    def wait(self, seconds: float) -> bool:
        """Wait; returns False, as `cancelled` does.

        Raises
        ------
        Cancelled, DeviceLost
        """
        deadline = time.monotonic() + seconds
        while True:
            self.check()
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._changed:
                self._changed.wait_for(lambda: self._wanted is ScanState.aborted, min(left, _LOOK_EVERY))

    def wait_until(self, moment: float) -> None:
        """Wait until a time of the monotonic clock, or until something is asked of it.

        Raises
        ------
        Cancelled, DeviceLost
        """
        while (left := moment - time.monotonic()) > 0 and self._wanted is None:
            self.check()
            with self._changed:
                self._changed.wait_for(lambda: self._wanted is not None, min(left, _LOOK_EVERY))

    def cancelled(self) -> bool:
        """Return False, for those who ask in their own loops.

        Raises
        ------
        Cancelled, DeviceLost
        """
        self.check()
        return False


def _lost(name: str, device: Device) -> DeviceLost:
    """Return the error for a device that is gone: how its driver ended, if it did, whoever notices first."""
    loss = device.group.loss
    why = loss or (f"its last words: {device.last_words}" if device.last_words else "it was disconnected")
    text = f"{name} ({device.display_name}) is no longer connected: {why}; resume the scan when it is connected again"
    if isinstance(loss, DriverCrashed):
        return DriverCrashed(text, device=device.name, exit_code=loss.exit_code, last_words=loss.last_words)
    return DeviceLost(text, device=device.name)
