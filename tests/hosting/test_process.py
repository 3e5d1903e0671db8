"""The application's handle on a driver's process, where the system does not give it what it needs."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Gadgets

CONNECT = """
import sys
sys.path.insert(0, {site!r})
import atexit, psutil, threading
from pymodaq_hsi.devices import ConnectionSettings, connect
from pymodaq_hsi.errors import PluginError

def attempt():
    try:
        with connect(ConnectionSettings("Camera", 0, "0")) as group:
            print("connected", group.primary_device().get_parameter("Rows"))
    except PluginError as error:
        print("refused", error)
    left = [child.status() for child in psutil.Process().children() if "-c" in child.cmdline()[:3]]
    print("left", left, flush=True)
"""


def run(gadgets: Gadgets, script: str) -> list[str]:
    source = CONNECT.format(site=str(gadgets.folder)) + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows reserves no memory for a stack")
def test_without_a_thread_to_listen_with_there_is_no_process_and_the_reason_is_told(gadgets: Gadgets) -> None:
    first, left, second, still_left = run(
        gadgets,
        """
        threading.stack_size(2**46)
        attempt()
        threading.stack_size(0)
        attempt()
        """,
    )
    assert first.startswith("refused")
    assert "start new thread" in first
    assert (left, second, still_left) == ("left []", "connected 4", "left []")


def test_a_connection_at_interpreter_shutdown_works_or_is_refused_and_leaves_nothing(gadgets: Gadgets) -> None:
    said, left = run(gadgets, "atexit.register(attempt)")
    # Python 3.12 starts no thread any more at this point, others do
    assert said == "connected 4" or (said.startswith("refused cannot") and "shutdown" in said)
    assert left == "left []"
