"""Giving commands to a station, and waiting for what takes long."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.errors import StationTimeout
from pymodaq_hsi.station.failures import error_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.station.hub import Message

__all__ = ["ASK_EVERY", "Asking", "absolute", "absolute_or_none"]

ASK_EVERY = 5.0


class Asking(ABC):
    """Something that takes commands."""

    @abstractmethod
    def dispatch(self, message: Mapping[str, Any]) -> Message:
        """Carry a command out.

        Parameters
        ----------
        message : mapping
            ``{"command": name, ...arguments}``, JSON data.

        Returns
        -------
        dict
            ``{"result": ...}``, or ``{"error": {"class", "message", ...}}``; it never raises. A command that takes long
            answers ``{"result": {"job": number}}`` at once, and the events tell the rest.
        """

    def ask(self, command: str, **arguments: Any) -> Any:
        """Give a command and return its result."""
        answer = self.dispatch({"command": command} | arguments)
        if "error" in answer:
            raise error_from(answer["error"])
        return answer.get("result")

    def begin(self, command: str, **arguments: Any) -> int:
        """Start a command that takes long; return the number of its job."""
        return int(self.ask(command, **arguments)["job"])

    def wait(self, job: int, timeout: float | None = None) -> Any:
        """Wait for a job; return its result.

        Raises
        ------
        StationTimeout
            It is not done after `timeout` seconds; it goes on.
        HsiError
            What ended it.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = ASK_EVERY if deadline is None else min(ASK_EVERY, deadline - time.monotonic())
            message = self.ask("wait_job", job=job, timeout=max(0.0, left))
            if message["state"] != "running":
                break
            if deadline is not None and time.monotonic() >= deadline:
                raise StationTimeout(
                    f"{message['kind']} (job {job}) is not done after {timeout:g} s; it goes on, wait or cancel it"
                )
        if "error" in message:
            raise error_from(message["error"])
        return message.get("result")

    def finish(self, command: str, **arguments: Any) -> Any:
        """Start a command that takes long, wait for it, return its result."""
        return self.wait(self.begin(command, **arguments))


def absolute(path: str | os.PathLike[str]) -> str:
    """Return a path that means in the station what it means here."""
    return os.path.abspath(os.path.expanduser(path)) if os.fspath(path) else ""


def absolute_or_none(path: str | os.PathLike[str] | None) -> str | None:
    """Return the same, of a path that may be left out."""
    return None if path is None else absolute(path)
