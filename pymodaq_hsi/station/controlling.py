"""Who may change things: one at a time, and all can see who."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pymodaq_hsi.errors import ControlHeld
from pymodaq_hsi.station.callers import Caller
from pymodaq_hsi.station.core import Right

if TYPE_CHECKING:
    from pymodaq_hsi.station.hub import EventHub, Message

__all__ = ["Control"]


class Control:
    """The right to change things.

    A command that changes something takes it, if nobody has it; `take` takes it before. It ends with `release`, when
    its holder detaches or dies, or when somebody else takes it by force.
    """

    def __init__(self, hub: EventHub) -> None:
        self._hub = hub
        self._lock = threading.Lock()
        self._holder: Caller | None = None

    @property
    def holder(self) -> Message | None:
        """Who has it; None for nobody."""
        holder = self._holder
        return None if holder is None else holder.to_message()

    def admit(self, caller: Caller, right: str, command: str) -> None:
        """Let somebody give a command.

        Raises
        ------
        ControlHeld
            Somebody else has control.
        """
        if right == Right.WRITE:
            self.take(caller, tried=command)

    def take(self, caller: Caller, *, force: bool = False, message: str = "", tried: str = "taking control") -> None:
        """Take it.

        Raises
        ------
        ControlHeld
            Somebody else has it, and `force` was not asked for.
        """
        with self._lock:
            before = self._holder
            if before is not None and before.number == caller.number:
                return
            if before is not None and not force:
                since = time.strftime("%H:%M:%S", time.localtime(before.since))
                raise ControlHeld(
                    f"{tried} is refused: {before.who} ({before.where}) has had control of the station since {since}; "
                    "ask them to release it, or take it by force",
                    holder=before.to_message(),
                )
            self._holder = Caller(caller.number, caller.who, caller.where)
        taken_from = None if before is None else before.to_message()
        self._hub.publish("control", holder=self.holder, taken_from=taken_from, message=message)

    def release(self, caller: Caller) -> None:
        """Give it up; nothing happens if the caller has it not."""
        with self._lock:
            if self._holder is None or self._holder.number != caller.number:
                return
            self._holder = None
        self._hub.publish("control", holder=None, taken_from=None, message="")
