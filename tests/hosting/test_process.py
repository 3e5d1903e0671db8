"""The application's handle on a driver's process, where the system does not give it what it needs."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from queue import SimpleQueue
from typing import TYPE_CHECKING

import psutil
import pytest

from pymodaq_hsi.errors import DriverCrashed, HsiError
from pymodaq_hsi.hosting.process import HostProcess

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


def test_who_asks_a_crashed_process_to_end_is_told_of_the_crash_all_the_same(gadgets: Gadgets) -> None:
    asked: SimpleQueue[HsiError] = SimpleQueue()
    with gadgets.connect("Camera") as group:
        config = group.driver.plugin.host_config()

    def listen() -> None:
        host.ask_to_end()
        asked.put(host.crash())

    host = HostProcess("Camera", config, on_death=listen)
    psutil.Process(host.pid).kill()
    error = asked.get(timeout=10)
    host.close()
    assert isinstance(error, DriverCrashed)
    assert error.exit_code == (-signal.SIGKILL if sys.platform != "win32" else 15)
    assert not host.alive
