"""Rows of text in arrays of bytes.

Ours are the UTF-8 text itself. PyMoDAQ stores the pickle of a str; its text is taken out by reading the opcodes,
without running them.
"""

from __future__ import annotations

import pickletools
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["from_row", "to_row"]

_TEXT = frozenset({"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE"})
_NEUTRAL = frozenset({"PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "STOP"})


def to_row(text: str) -> npt.NDArray[np.uint8]:
    """Return the bytes that stand for `text`."""
    return np.frombuffer(text.encode("utf-8"), dtype=np.uint8)


def from_row(row: Any) -> str:
    """Return the text of one row: an array of bytes, or what HDF5 has as a string."""
    if isinstance(row, str):
        return row
    data = row if isinstance(row, bytes) else np.asarray(row, dtype=np.uint8).tobytes()
    if data[:1] in (b"\x80", b"V") and data[-1:] == b".":
        text = _pickled_text(data)
        if text is not None:
            return text
    return data.decode("utf-8", "replace")


def _pickled_text(data: bytes) -> str | None:
    """Return the str of which `data` is the pickle; None if it is anything else."""
    text: str | None = None
    try:
        opcodes: Iterable[tuple[Any, Any, int | None]] = pickletools.genops(data)
        for opcode, argument, _ in opcodes:
            if opcode.name in _TEXT and text is None:
                text = str(argument)
            elif opcode.name not in _NEUTRAL:
                return None
    except (ValueError, IndexError, UnicodeDecodeError):
        return None
    return text
