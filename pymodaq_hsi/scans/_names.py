"""Names that people give, as names of files: letters of any script are kept."""

from __future__ import annotations

import unicodedata

__all__ = ["LONGEST_FILE_NAME", "file_name", "forbidden_in", "is_text"]

LONGEST_FILE_NAME = 255
"""Bytes in UTF-8 that file systems take for the name of a file."""
_LONGEST_PART = 200
_FORBIDDEN = frozenset('<>:"/\\|?*')
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})


def forbidden_in(name: str) -> str:
    """Return what keeps a name from being that of a file on some system, in words; '' if nothing does."""
    for character in name:
        if character in _FORBIDDEN or not is_text(character):
            return f"{character!r} cannot be in the name of a file"
    if name != name.strip(" ") or name.startswith(".") or name.endswith("."):
        return "the name of a file begins with no dot or space, and ends with none"
    if name.partition(".")[0].lower() in _RESERVED:
        return "Windows keeps this name for itself"
    size = len(name.encode())
    if size > _LONGEST_PART:
        return f"it has {size} bytes in UTF-8, {_LONGEST_PART} are allowed"
    return "" if name else "it is empty"


def file_name(name: str) -> str:
    """Return a name as part of the name of a file: what some file system does not take becomes "_", the rest stays.

    It has up to 200 bytes in UTF-8, so that numbers and dates can go beside it.
    """
    plain = unicodedata.normalize("NFC", name)
    safe = "".join(each if each not in _FORBIDDEN and is_text(each) else "_" for each in plain)
    safe = safe.encode()[:_LONGEST_PART].decode(errors="ignore").strip(" .") or "scan"
    return f"_{safe}" if safe.partition(".")[0].lower() in _RESERVED else safe


def is_text(text: str) -> bool:
    """Whether there are no controls in a text, and no halves of characters, which no encoding takes."""
    return all(unicodedata.category(each) not in ("Cc", "Cs") for each in text)
