"""Starting a station when one is wanted and there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from pymodaq_hsi.errors import StationError, StationNotFound, StationTimeout
from pymodaq_hsi.station.client import StationClient, attach
from pymodaq_hsi.station.folder import StationLock, station_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["ensure_station"]

_LAUNCH = """
import json, os, subprocess, sys
command, log = json.loads(sys.argv[1])
options = {"start_new_session": True}
if sys.platform == "win32":
    options = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
with open(log, "ab") as out:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **options)
print(process.pid, flush=True)
os._exit(0)
"""
_LOOK_EVERY = 0.05
_LONGEST_LOG = 2**20


def ensure_station(
    name: str = "station", timeout: float = 30.0, *, environment: Mapping[str, str] | None = None
) -> StationClient:
    """Attach to a station, which is started first if it is not running; it outlives this program.

    Parameters
    ----------
    name : str
    timeout : float
        Seconds that it has to start.
    environment : mapping, optional
        Of the process of a station that is started; by default that of this program.

    Raises
    ------
    StationError
        It ended again at once; the message has its last lines.
    StationTimeout
    """
    try:
        return attach(name)
    except StationNotFound:
        pass
    deadline = time.monotonic() + timeout
    StationLock(name)  # refuses a bad name
    log = station_folder() / f"{name}.log"
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.unlink()
    begun = log.stat().st_size if log.exists() else 0
    command = [sys.executable, "-m", "pymodaq_hsi.cli", "station", "--name", name]
    launched = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _LAUNCH, json.dumps([command, str(log)])],
        capture_output=True,
        env=None if environment is None else dict(environment),
        text=True,
        timeout=timeout,
        check=False,
    )
    if launched.returncode:
        raise StationError(f"the station {name} could not be started: {launched.stderr.strip()[-500:]}")
    pid = int(launched.stdout)
    while True:
        ended = _has_ended(pid)  # looked at first: it may have been the last thing that it did to let us attach
        try:
            return attach(name)
        except StationNotFound:
            if ended:
                raise StationError(
                    f"the station {name} ended as soon as it was started: {_last_lines(log, begun)}"
                ) from None
            if time.monotonic() > deadline:
                raise StationTimeout(
                    f"the station {name} (process {pid}) was not there within {timeout:g} s: {_last_lines(log, begun)}"
                ) from None
        time.sleep(_LOOK_EVERY)


def _has_ended(pid: int) -> bool:
    if sys.platform == "win32":
        return False  # asking there is not without danger; the deadline rules
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _last_lines(log: Path, begun: int) -> str:
    with log.open("rb") as file:
        file.seek(begun)
        said = file.read()[-1000:].decode("utf-8", "replace").strip()
    return " | ".join(said.splitlines()[-5:]) or f"it has said nothing; see {log}"
