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
_BEGINNING = 64
_PADDING = "\0\x1a"  # of fixed blocks, and DOS's end of a file
_ENTRY_WITH_LIST = re.compile(r"\s*[^;={}\[\]]*[a-zA-Z][^;={}\[\]]*=\s*\{")
_ESRI_KEYS = re.compile(r"^\s*(nrows|ncols|nbands|nbits|layout|byteorder)\s+\S", re.IGNORECASE | re.MULTILINE)
_ENTRY = re.compile(r"^\s*(samples|lines|bands)\s*=", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class HeaderText:
    """Keys (lower case, single blanks) with their values as written, and what was odd about the text."""

    entries: dict[str, str]
    warnings: tuple[str, ...]


def looks_like_header(path: Path) -> bool:
    """Say whether a file begins as an ENVI header does, blank lines before it passed over."""
    with path.open("rb") as file:
        return _begins_as_envi(_decode(file.read(_BEGINNING)))


def read_text(path: Path) -> HeaderText:
    """Read a header file into its entries.

    Raises
    ------
    EnviError
        When the file cannot be read, does not begin with ENVI, or has a list that is never closed.
    """
    try:
        if not looks_like_header(path):
            raise EnviError(f"{path}: not an ENVI header, whose first line is 'ENVI'; {_advice(path)}", path=str(path))
        raw = path.read_bytes()
    except OSError as error:
        raise EnviError(f"{path}: the header cannot be read ({error.strerror})", path=str(path)) from error
    return parse_text(_decode(raw).lstrip("\ufeff").rstrip(_PADDING), path)


def _advice(path: Path) -> str:
    """Return what to do about a file that is no ENVI header, by what it seems to be."""
    with path.open("rb") as file:
        beginning = file.read(4096)
    text = _decode(beginning)
    if beginning.startswith(b"\x1f\x8b"):
        return "it is compressed by gzip: unpack it first"
    if len(_ESRI_KEYS.findall(text)) >= 2:
        return (
            "it is a header of Esri's (ArcGIS's) BIL format: write one with ENVI, samples (NCOLS), lines (NROWS), "
            "bands (NBANDS), data type (12 for NBITS 16), interleave (LAYOUT) and byte order (0 for I, 1 for M)"
        )
    if _ENTRY.search(text):
        return "it has entries of one: write ENVI into a line of its own above them"
    return "name the .hdr file of the cube"


def parse_text(text: str, path: Path) -> HeaderText:
    """Split a header's text into its entries; `path` is for the messages."""
    entries: dict[str, str] = {}
    warnings: list[str] = []
    lines = re.split(r"\r\n|\r|\n", text)
    number = next((start for start, line in enumerate(lines) if line.strip()), 0) + 1
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
        if not value:
            value, number = _list_below(lines, number)
        opened_in = number
        closing = _CLOSING.get(value[:1], "")
        if closing not in value:
            continued = _until(closing, lines, number)
            swallows = key != "description" and any(_ENTRY_WITH_LIST.match(line) for line in continued)
            if continued and not swallows:
                value = "\n".join([value, *(item for item in continued if not item.startswith(";"))]).strip()
                number += len(continued)
            elif closing == "}":
                raise EnviError(
                    f"{path}: '{key[:60]}' opens a list with '{{' in line {opened_in} that is never closed; "
                    "add the '}'",
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


def list_items(value: str, *, nested: bool = False) -> list[str]:
    """Return the items of a list of words, a trailing comma ignored; nested: commas in brackets or quotes are theirs.

    >>> list_items("{red, green,}")
    ['red', 'green']
    >>> list_items('{B1 (a, b), "c, d"}', nested=True)
    ['B1 (a, b)', '"c, d"']
    """
    body = re.sub(r"^[{\[]|[}\]]$", "", value.strip())
    parts = _apart(body) if nested else body.split(",")
    items = [" ".join(item.split()) for item in parts]
    if items and not items[-1]:
        items.pop()
    return items


def _apart(text: str) -> list[str]:
    """Split at commas that are outside of round brackets and double quotes."""
    parts, begin, depth, quoted = [], 0, 0, False
    for place, letter in enumerate(text):
        quoted ^= letter == '"'
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not quoted and depth <= 0:
            parts.append(text[begin:place])
            begin = place + 1
    return [*parts, text[begin:]]


def _list_below(lines: list[str], start: int) -> tuple[str, int]:
    """Return the line that opens a list below its key, and the number of the line after it; "" if there is none."""
    for number in range(start, len(lines)):
        line = lines[number].strip()
        if line.startswith("{"):
            return line, number + 1
        if line and not lines[number].startswith(";"):
            break
    return "", start


def _until(closing: str, lines: list[str], start: int) -> list[str]:
    """Return the lines from `start` to the one with the closing bracket, or none where there is no such line."""
    for end in range(start, len(lines)):
        if closing in lines[end] and not lines[end].startswith(";"):
            return [line.rstrip() for line in lines[start : end + 1]]
    return []


def _begins_as_envi(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n")[:4].upper() == "ENVI"


def _decode(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    if raw[1:6:2] == bytes(3) and raw[:6:2].upper() == b"ENV":
        return raw.decode("utf-16-le", errors="replace")
    if raw[:6:2] == bytes(3) and raw[1:6:2].upper() == b"ENV":
        return raw.decode("utf-16-be", errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
