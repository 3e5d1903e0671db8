"""The devices that this application has connected, and what they tell each other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.devices.connection import DeviceGroup
    from pymodaq_hsi.devices.device import Device

__all__ = ["Bench", "bench"]


class Bench:
    """All connected groups of one application.

    What a device publishes (a light its intensity, a stage its position) is passed on to the processes of the other
    groups, in the order in which it was published, before the request that caused it is answered.
    """

    def __init__(self) -> None:
        self._telling = threading.Lock()  # held while news are passed on, so that the last told is the last published
        self._lock = threading.Lock()
        self._groups: list[DeviceGroup] = []
        self._states: dict[str, tuple[DeviceGroup, dict[str, Any]]] = {}

    def devices(self) -> list[Device]:
        """Return the connected devices, sub-devices too."""
        with self._lock:
            groups = list(self._groups)
        return [device for group in groups for device in group.devices() if device.connected]

    def enter(self, group: DeviceGroup) -> None:
        """Take a newly connected group in, and tell it what the others have published."""
        with self._telling:
            with self._lock:
                self._groups.append(group)
                states = [(name, state) for name, (owner, state) in self._states.items() if owner is not group]
            for name, state in states:
                group.tell_surroundings(name, state)

    def leave(self, group: DeviceGroup) -> None:
        """Let a group go; the others are told that its devices are gone."""
        with self._telling:
            with self._lock:
                if group in self._groups:
                    self._groups.remove(group)
                gone = [name for name, (owner, _) in self._states.items() if owner is group]
                for name in gone:
                    del self._states[name]
                others = list(self._groups)
            for name in gone:
                for other in others:
                    other.tell_surroundings(name, None)

    def publish(self, group: DeviceGroup, device: str, state: Mapping[str, Any]) -> None:
        """Pass on what a device of `group` has published; what it says while it is being closed is not passed on."""
        with self._telling:
            if group.closed:
                return
            with self._lock:
                self._states[device] = (group, dict(state))
                others = [other for other in self._groups if other is not group]
            for other in others:
                other.tell_surroundings(device, state)


bench = Bench()
"""The one of this application."""
