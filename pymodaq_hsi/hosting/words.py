"""What a driver's process writes to its stdout and stderr: kept for the moment in which somebody wants to know why."""

from __future__ import annotations

import codecs
from collections import deque

__all__ = ["LastWords"]

_MOST_LINES = 100
_LONGEST_LINE = 2_000
_IN_A_MESSAGE = 5


class LastWords:
    """The last lines of a stream of bytes, however fast it comes and wherever it breaks.

    Parameters
    ----------
    lines : int
        How many are kept.
    """

    def __init__(self, lines: int = _MOST_LINES) -> None:
        self._lines: deque[str] = deque(maxlen=lines)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unfinished = ""

    def feed(self, data: bytes) -> list[str]:
        """Take some bytes; return the lines that they complete."""
        text = self._unfinished + self._decoder.decode(data)
        *pieces, self._unfinished = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        complete = [piece[:_LONGEST_LINE] for piece in pieces]
        if len(self._unfinished) > _LONGEST_LINE:
            complete.append(self._unfinished[:_LONGEST_LINE])
            self._unfinished = ""
        self._lines.extend(complete)
        return complete

    @property
    def text(self) -> str:
        """All lines that are kept."""
        return "\n".join(self._kept())

    def sentence(self) -> str:
        """Return what goes to the end of an error message; empty where the driver has said nothing."""
        said = _what_matters([line for line in self._kept() if line.strip()])
        return f". Its last words: {' | '.join(map(_printable, said))}" if said else ""

    def _kept(self) -> list[str]:
        return [*self._lines, *([self._unfinished] if self._unfinished else [])]


def _what_matters(lines: list[str]) -> list[str]:
    """Return the lines worth a place in a message: of a crash dump, what happened and where, not all its threads."""
    fatal = next(
        (i for i, line in enumerate(lines) if line.startswith(("Fatal Python error", "Timeout (", "Windows fatal"))),
        None,
    )
    if fatal is None:
        return [line.strip() for line in lines[-_IN_A_MESSAGE:]]
    current = next((i for i, line in enumerate(lines) if line.startswith("Current thread")), fatal)
    where = [line.strip() for line in lines[current + 1 :] if line.startswith("  File")]
    outside = [line for line in where if "/hosting/" not in line.replace("\\", "/")]
    return [line.strip() for line in lines[max(0, fatal - 3) : fatal + 1]] + outside[:2]


def _printable(line: str) -> str:
    """Take the colours and cursor movements out of what will stand in somebody's terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in line[:300]).strip()
