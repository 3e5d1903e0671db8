"""The text of an ENVI header: from bytes to keys with their values, nothing interpreted yet."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pymodaq_hsi.errors import EnviError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HeaderText", "looks_like_header", "parse_text", "read_text"]

_CLOSING = {"{": "}", "[": "]"}


@dataclass(frozen=True)
class HeaderText:
    """Keys (lower case, single blanks) with their values as written, and what was odd about the text."""

    entries: dict[str, str]
    warnings: tuple[str, ...]


def looks_like_header(path: Path) -> bool:
    """Say whether a file begins as an ENVI header does."""
    with path.open("rb") as file:
        return _decode(file.read(16)).lstrip("\ufeff")[:4].upper() == "ENVI"


def read_text(path: Path) -> HeaderText:
    """Read a header file into its entries.

    Raises
    ------
    EnviError
        When the file cannot be read, does not begin with ENVI, or has a list that is never closed.
    """
    try:
        if not looks_like_header(path):
            raise EnviError(
                f"{path}: not an ENVI header, whose first line is 'ENVI'; name the .hdr file of the cube",
                path=str(path),
            )
        raw = path.read_bytes()
    except OSError as error:
        raise EnviError(f"{path}: the header cannot be read ({error.strerror})", path=str(path)) from error
    return parse_text(_decode(raw).lstrip("\ufeff"), path)


def parse_text(text: str, path: Path) -> HeaderText:
    """Split a header's text into its entries; `path` is for the messages."""
    entries: dict[str, str] = {}
    warnings: list[str] = []
    lines = re.split(r"\r\n|\r|\n", text)
    number = 1
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.startswith(";") or not line.strip():
            continue
        name, equals, value = line.partition("=")
        key = " ".join(name.lower().split())
        if not equals or not key:
            warnings.append(f"{path}: line {number} is not 'key = value' and was passed over: {line.strip()[:60]!r}")
            continue
        value = value.strip()
        closing = _CLOSING.get(value[:1], "")
        if closing not in value:
            continued = _until(closing, lines, number)
            if continued:
                value = "\n".join([value, *(item for item in continued if not item.startswith(";"))]).strip()
                number += len(continued)
            elif closing == "}":
                raise EnviError(
                    f"{path}: '{key[:60]}' opens a list with '{{' in line {number} that is never closed; add the '}}'",
                    path=str(path),
                )
        if closing == "}":
            value = value[: value.index("}") + 1]
        if entries.get(key, value) != value:
            warnings.append(
                f"{path}: '{key}' is given twice, as {entries[key][:60]!r} and {value[:60]!r}; the last one is used"
            )
        entries[key] = value
    return HeaderText(entries, tuple(warnings))


def list_items(value: str) -> list[str]:
    """Return the items of a list of words, a trailing comma ignored.

    >>> list_items("{red, green,}")
    ['red', 'green']
    """
    items = [" ".join(item.split()) for item in re.sub(r"^[{\[]|[}\]]$", "", value.strip()).split(",")]
    if items and not items[-1]:
        items.pop()
    return items


def _until(closing: str, lines: list[str], start: int) -> list[str]:
    """Return the lines from `start` to the one with the closing bracket, or none where there is no such line."""
    for end in range(start, len(lines)):
        if closing in lines[end] and not lines[end].startswith(";"):
            return [line.rstrip() for line in lines[start : end + 1]]
    return []


def _decode(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
