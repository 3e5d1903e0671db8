"""Errors between a station and its clients: class name, text and what else is known, never objects."""

from __future__ import annotations

from typing import Any

from pymodaq_hsi import errors
from pymodaq_hsi.errors import HsiError, PlanInvalid, StationError

__all__ = ["error_from", "error_message", "plain"]

_DETAILS = ("device", "plugin", "path", "plan", "problems", "differences", "holder", "exit_code", "last_words")
_BUILTIN: dict[str, type[Exception]] = {
    kind.__name__: kind for kind in (ValueError, TypeError, OSError, FileNotFoundError, FileExistsError, LookupError)
}


def error_message(error: BaseException) -> dict[str, Any]:
    """Describe an error as JSON data.

    Returns
    -------
    dict
        ``type`` (class), ``class`` (the nearest of `pymodaq_hsi.errors`, or a builtin, or ''), ``message``, and what
        the error carries: ``device``, ``problems``, ``differences``, ``holder`` and so on.
    """
    kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == errors.__name__]
    builtin = [name for kind in type(error).__mro__ if (name := kind.__name__) in _BUILTIN]
    text = str(error) or type(error).__name__
    text += "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    message: dict[str, Any] = {
        "type": type(error).__name__,
        "class": next(iter([*kinds, *builtin]), ""),
        "message": text,
    }
    for detail in _DETAILS:
        if (value := getattr(error, detail, None)) not in (None, "", {}, []):
            message[detail] = plain(value)
    return message


def error_from(message: dict[str, Any]) -> Exception:
    """Return the error that `error_message` described: ours and builtins in their class, others as `StationError`."""
    text, name = str(message.get("message", "")), str(message.get("class", ""))
    kind: Any = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, HsiError)):
        builtin: type[Exception] = _BUILTIN.get(name, StationError)
        return builtin(text if name else f"{message.get('type', 'an error')} in the station: {text}")
    details: dict[str, Any] = {detail: message[detail] for detail in _DETAILS if detail in message}
    if issubclass(kind, PlanInvalid):
        return kind(message.get("problems", [text]), message.get("plan", ""))
    error: Exception = kind(text)
    if "differences" in details:
        details["differences"] = {name: tuple(both) for name, both in details["differences"].items()}
    vars(error).update(details)
    return error


def plain(value: Any) -> Any:
    """Return a value as JSON data; what JSON does not know becomes text."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if hasattr(value, "item") and getattr(value, "size", 0) == 1:
        return value.item()
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return str(value)
