"""The metadata of a run as text: whatever listeners have put into it has some form there."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["tag_text"]

_DEEPEST = 40


def tag_text(tag: Mapping[Any, Any]) -> str:
    """Return a tag as JSON; what JSON does not know becomes a list, an ISO date, or its representation."""
    return json.dumps(_plain(tag, 0), ensure_ascii=False, indent=1)


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value if not isinstance(value, str) else value.encode(errors="backslashreplace").decode()
    if depth < _DEEPEST:  # a tag that is in itself has an end too
        if isinstance(value, dict):
            return {str(_plain(key, _DEEPEST)): _plain(entry, depth + 1) for key, entry in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [_plain(entry, depth + 1) for entry in value]
        if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufSU":
            return _plain(value.tolist(), depth + 1)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return f"{value!r:.1000}" if depth < _DEEPEST or isinstance(value, complex) else f"{value!s:.200}"
