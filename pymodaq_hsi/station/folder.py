"""Where stations that run are noted down, so that programs of the same user find them."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import stat
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pymodaq_hsi.errors import StationError, StationNotFound

__all__ = ["FOLDER", "Record", "StationLock", "find_record", "history_path", "records", "station_folder"]

FOLDER = "PYMODAQ_HSI_STATIONS"
"""Environment variable: a folder for the notes, instead of the user's own."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Record:
    """How to reach a station; its file can be read by its user alone.

    Attributes
    ----------
    name : str
    pid : int
    kind : {"unix", "tcp"}
    address : str
        The path of a socket, or the number of a port of 127.0.0.1.
    secret : str
        What attaching takes, 64 hexadecimal digits.
    started : float
        POSIX seconds.
    version : str
    """

    name: str
    pid: int
    kind: str
    address: str
    secret: str = field(repr=False)
    started: float
    version: str


def station_folder() -> Path:
    """Return the folder, which is made so that only its user can look into it.

    Raises
    ------
    StationError
        It belongs to somebody else, or others may write into it.
    """
    given = os.environ.get(FOLDER)
    home = Path.home()
    if given:
        folder = Path(given)
    elif sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "pymodaq_hsi" / "stations"
    elif sys.platform == "darwin":
        folder = home / "Library" / "Application Support" / "pymodaq_hsi" / "stations"
    else:
        folder = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "pymodaq_hsi" / "stations"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform != "win32":
        found = folder.stat()
        if found.st_uid != os.getuid():
            raise StationError(f"{folder} belongs to another user; set {FOLDER} to a folder of your own")
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
    return folder


def check_name(name: str) -> str:
    """Return the name of a station, if it is one.

    Raises
    ------
    StationError
    """
    if not _NAME.fullmatch(name):
        raise StationError(f"a station cannot be called {name!r}: give up to 64 letters, digits, _ and -")
    return name


def history_path(name: str) -> Path:
    """Return the file with the past scans of a station."""
    return _path(name, ".scans.jsonl")


class StationLock:
    """Held by the process that is a station, and by no other of that name; the system frees it when that dies.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str) -> None:
        self.name = check_name(name)
        self._file: IO[bytes] | None = None

    def take(self, patience: float = 0.0) -> bool:
        """Take it; return whether it could be taken within `patience` seconds."""
        deadline = time.monotonic() + patience
        file = _path(self.name, ".lock").open("ab")
        while True:
            try:
                _lock(file)
            except OSError:
                if time.monotonic() >= deadline:
                    file.close()
                    return False
                time.sleep(0.02)
                continue
            self._file = file
            return True

    def publish(self, record: Record) -> None:
        """Write down how to reach the station, at once and whole."""
        target = _path(self.name, ".json")
        fresh = target.with_suffix(f".{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(vars(record), file)
        os.replace(fresh, target)

    def release(self) -> None:
        """Take the note away and free the lock."""
        if self._file is not None:
            _path(self.name, ".json").unlink(missing_ok=True)
            self._file.close()
            self._file = None

    def clear(self) -> None:
        """Take away what a station has left behind that was killed."""
        record = _read(_path(self.name, ".json"))
        if record is not None and record.kind == "unix":
            remove_socket(Path(record.address))
        _path(self.name, ".json").unlink(missing_ok=True)


def remove_socket(path: Path) -> None:
    """Remove a station's socket with the folder that was made for it."""
    if path.name == "socket" and path.parent.name.startswith("hsi_station_"):
        shutil.rmtree(path.parent, ignore_errors=True)


def records() -> list[Record]:
    """Return the stations of this user on this machine that are running."""
    found = []
    for path in sorted(station_folder().glob(f"*.{_machine()}.json")):
        record = _read(path)
        if record is not None and _alive(record.name):
            found.append(record)
    return found


def find_record(name: str) -> Record:
    """Return how to reach a station.

    Raises
    ------
    StationNotFound
        The message lists those that are running.
    """
    record = _read(_path(check_name(name), ".json"))
    if record is None or not _alive(name):
        running = ", ".join(each.name for each in records()) or "none"
        raise StationNotFound(
            f"no station {name!r} is running for this user on this machine; running: {running}. Start it with "
            f"'pymodaq-hsi station --name {name}'"
        )
    return record


def _alive(name: str) -> bool:
    lock = StationLock(name)
    if not lock.take():
        return True
    lock.clear()
    lock.release()
    return False


def _read(path: Path) -> Record | None:
    with contextlib.suppress(OSError, ValueError, TypeError):
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Record(**fields)
    return None


def _machine() -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", platform.node())[:40] or "machine"


def _path(name: str, suffix: str) -> Path:
    return station_folder() / f"{name}.{_machine()}{suffix}"


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
