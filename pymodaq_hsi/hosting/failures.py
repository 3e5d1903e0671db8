"""Errors on their way from a driver's process to the application: as text and a class name, never as objects."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from typing import TYPE_CHECKING, Any

from pymodaq_hsi import errors
from pymodaq_hsi.errors import DeviceError, DriverError, HsiError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["attempt", "error_from_message", "error_to_message", "how_it_ended", "say", "say_traceback"]

_LONGEST_TEXT = 4_000
_LONGEST_TRACEBACK = 40_000

_ATTEMPTS = {
    "load": "loading the plugin",
    "enumerate": "looking for devices",
    "open": "connecting device {device_id!r}",
    "get": "reading {name}",
    "set": "setting {name} to {value!r}",
    "execute": "executing {name}",
    "values": "reading all parameters",
    "format": "describing its frames",
    "corrections": "telling its corrections",
    "attach": "setting up buffers",
    "start": "starting an acquisition",
    "grab": "grabbing a frame",
    "stop": "stopping the acquisition",
    "light": "switching the light",
}


def attempt(operation: str, arguments: Mapping[str, object]) -> str:
    """Say in words what a request asks for, for messages."""
    return _ATTEMPTS.get(operation, operation).format(**arguments)[:300]


def say(text: str) -> None:
    """Write to stderr, as one of the host's last words; whatever the driver has done to it, this does not raise."""
    with contextlib.suppress(OSError):
        os.write(2, (text + "\n").encode(errors="backslashreplace"))


def say_traceback(error: BaseException) -> None:
    """Write an exception with its traceback to stderr."""
    say(error_to_message(error)["traceback"].rstrip())


def error_to_message(error: BaseException) -> dict[str, Any]:
    """Describe an exception; its ``str`` may itself fail, as strangers' code does."""
    try:
        text = str(error)
    except BaseException as second:
        text = f"(its message could not be made: {type(second).__name__})"
    text += "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    try:
        trace = "".join(traceback.format_exception(error))
    except BaseException as second:
        trace = f"(no traceback: {type(second).__name__})"
    ours = next((kind.__name__ for kind in type(error).__mro__ if kind.__module__ == errors.__name__), "")
    return {
        "class": ours,
        "type": type(error).__name__,
        "text": _writable(text[:_LONGEST_TEXT]),
        "traceback": _writable(trace[-_LONGEST_TRACEBACK:]),
    }


def _writable(text: str) -> str:
    """Return text that can be printed and stored: half characters, of names that are no UTF-8, are spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def error_from_message(device: str, tried: str, message: Mapping[str, Any]) -> HsiError:
    """Return the error for the application: our own classes as they were, all others as `DriverError`.

    Its message names the device, also where the driver did not.

    Parameters
    ----------
    device, tried : str
        Whom it concerns, and what was being done (see `attempt`).
    message : mapping
        What `error_to_message` gave.
    """
    ours = getattr(errors, str(message.get("class", "")), None)
    text, trace = str(message.get("text", "")), str(message.get("traceback", ""))
    if isinstance(ours, type) and issubclass(ours, HsiError) and ours not in (HsiError, DeviceError, DriverError):
        text = text if device in text else f"{device}: {text}"
        return ours(text, device=device) if issubclass(ours, DeviceError) else ours(text)
    kind = str(message.get("type", "an error"))
    cause = f"{kind}: {text}" if text else kind
    return DriverError(f"{device}: {tried} failed in the driver with {cause}", device=device, driver_traceback=trace)


def how_it_ended(code: int | None) -> str:
    """Say in words how a process ended, from its exit code as `subprocess` has it."""
    if code is None:
        return "has closed its connection"
    if code >= 0:
        return f"ended by itself with exit code {code if code < 2**16 else hex(code)}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (by somebody, or by the system for lack of memory)" if name == "SIGKILL" else ""
    return f"was ended by {name}{hint}"
