"""Errors on their way from a driver's process to the application: as text and a class name, never as objects."""

from __future__ import annotations

import traceback
from typing import Any

from pymodaq_hsi import errors
from pymodaq_hsi.errors import DriverError, HsiError

__all__ = ["error_from_message", "error_to_message"]


def error_to_message(error: BaseException) -> dict[str, Any]:
    """Describe an exception; its ``str`` may itself fail, as strangers' code does."""
    try:
        text = str(error)
    except Exception as second:
        text = f"(its message could not be made: {type(second).__name__})"
    try:
        trace = "".join(traceback.format_exception(error))
    except Exception as second:
        trace = f"(no traceback: {type(second).__name__})"
    ours = type(error).__name__ if isinstance(error, HsiError) else ""
    return {"class": ours, "type": type(error).__name__, "text": text, "traceback": trace}


def error_from_message(device: str, message: dict[str, Any]) -> HsiError:
    """Return the error for the application: our own classes as they were, all others as `DriverError`."""
    ours = getattr(errors, str(message.get("class", "")), None)
    text, trace = str(message.get("text", "")), str(message.get("traceback", ""))
    if isinstance(ours, type) and issubclass(ours, errors.DeviceError) and ours is not DriverError:
        return ours(text, device=device)
    if isinstance(ours, type) and issubclass(ours, HsiError) and not issubclass(ours, errors.DeviceError):
        return ours(text)
    kind = str(message.get("type", "an error"))
    return DriverError(f"{device}: the driver failed with {kind}: {text}", device=device, driver_traceback=trace)
