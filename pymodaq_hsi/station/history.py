"""What a station has scanned, also before it was started again."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pymodaq_hsi.station.hub import Message

__all__ = ["History"]

_MOST = 500


class History:
    """The scans of a station, the last at the end.

    Parameters
    ----------
    path : Path, optional
        A file that keeps them: a line of JSON when a scan begins, another when it ends, so that one which was killed
        is known. Without it they are forgotten with the station.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._scans: list[Message] = []
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._load(path)

    def scans(self) -> list[Message]:
        """Return them: ``name``, ``plan``, ``started``, ``state``, ``done``, ``total``, ``path``, ``node``, ``reason``.

        The ``state`` of one that the end of its station has cut off is ``interrupted``: resume it from its file.
        """
        with self._lock:
            return [dict(scan) for scan in self._scans]

    def begin(self, scan: Message) -> None:
        """Note that one has begun."""
        with self._lock:
            self._scans = [*self._scans, dict(scan)][-_MOST:]
            self._write(scan)

    def end(self, scan: Message) -> None:
        """Note how one has ended, that was noted when it began."""
        with self._lock:
            for known in reversed(self._scans):
                if known["number"] == scan["number"]:
                    known.update(scan)
                    break
            self._write(scan)

    @property
    def next_number(self) -> int:
        """A number that no scan in the list has."""
        with self._lock:
            return max((int(scan["number"]) for scan in self._scans), default=0) + 1

    def _write(self, scan: Message) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(scan) + "\n")

    def _load(self, path: Path) -> None:
        found: dict[int, Message] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for line in lines:
            try:
                scan = json.loads(line)
                found[int(scan["number"])] = found.get(int(scan["number"]), {}) | scan
            except (ValueError, KeyError, TypeError):
                continue  # the end of a line that was being written when the power went
        for scan in found.values():
            if scan.get("state") == "running":
                scan["state"] = "interrupted"
        self._scans = list(found.values())[-_MOST:]
        if len(lines) > 4 * _MOST:
            fresh = path.with_suffix(".new")
            fresh.write_text("".join(json.dumps(scan) + "\n" for scan in self._scans), encoding="utf-8")
            os.replace(fresh, path)
