"""What the parts of a station share."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pymodaq_hsi.devices import InstrumentDevice
from pymodaq_hsi.errors import CommandInvalid, StationError

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import DriverType
    from pymodaq_hsi.station.hub import EventHub
    from pymodaq_hsi.station.jobs import Jobs
    from pymodaq_hsi.station.keeper import Keeper

__all__ = ["Core", "Right", "command", "right_of"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_RIGHT = "_station_right"


class Right:
    """Who may give a command.

    Attributes
    ----------
    READ
        Everybody: it changes nothing.
    WRITE
        Who has control, or anybody while nobody has.
    SAFETY
        Everybody, at any time: it makes things stop or go dark.
    """

    READ = "read"
    WRITE = "write"
    SAFETY = "safety"


def command(right: str) -> Callable[[_Function], _Function]:
    """Mark a method of a part as a command of the station, under its own name."""

    def mark(function: _Function) -> _Function:
        setattr(function, _RIGHT, right)
        return function

    return mark


def right_of(function: object) -> str:
    """Return who may give a command; '' for what is none."""
    return str(getattr(function, _RIGHT, ""))


@dataclass
class Core:
    """What is connected and going on.

    Attributes
    ----------
    hub : EventHub
    jobs : Jobs
    keepers : dict of str to Keeper
        By the device's name in the station.
    in_use : dict of str to str
        By the device's name: what it is needed for now, and must not be changed.
    """

    hub: EventHub
    jobs: Jobs
    keepers: dict[str, Keeper] = field(default_factory=dict)
    in_use: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keeper(self, name: str) -> Keeper:
        """Return a device by its name in the station, or its identity.

        Raises
        ------
        CommandInvalid
            There is none; the message lists those that there are.
        """
        keepers = dict(self.keepers)
        if name in keepers:
            return keepers[name]
        same = [keeper for keeper in keepers.values() if name == keeper.device.identity]
        if len(same) == 1:
            return same[0]
        near = difflib.get_close_matches(name, keepers, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        there = ", ".join(keepers) or "none; connect one"
        raise CommandInvalid(f"no device {name!r} is connected to the station.{hint} There are: {there}")

    def camera(self, name: str) -> InstrumentDevice:
        """Return an instrument by its name.

        Raises
        ------
        CommandInvalid
        """
        device = self.keeper(name).device
        if not isinstance(device, InstrumentDevice):
            raise CommandInvalid(f"{name} is a {device.type.name}; this is done with an instrument")
        return device

    def of_type(self, kind: DriverType) -> list[Keeper]:
        """Return the devices of a type."""
        return [keeper for keeper in list(self.keepers.values()) if keeper.device.type is kind]

    def refuse_in_use(self, name: str, what: str) -> None:
        """Refuse to change a device that a scan or a reference needs as it is.

        Raises
        ------
        StationError
        """
        use = self.in_use.get(self.keeper(name).name)
        if use:
            raise StationError(f"{what} is refused: {name} is in use by {use}; wait until that has ended, or stop it")

    def use(self, names: list[str], use: str) -> None:
        """Note that devices are needed as they are; all of them or none.

        Raises
        ------
        StationError
            One is in use already.
        """
        with self.lock:
            for name in names:
                if name in self.in_use:
                    raise StationError(f"{use} cannot begin: {name} is in use by {self.in_use[name]}")
            self.in_use.update(dict.fromkeys(names, use))
        self.hub.publish("in_use", devices=names, use=use)

    def free(self, names: list[str]) -> None:
        """End what `use` began."""
        with self.lock:
            for name in names:
                self.in_use.pop(name, None)
        self.hub.publish("in_use", devices=names, use="")
