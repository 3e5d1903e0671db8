"""However an application ends in mid-acquisition: no process, no shared memory, and no light is left on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from conftest import Gadgets

SCRIPT = """
import sys, time
sys.path.insert(0, {site!r})
from pymodaq_hsi.devices import *
from pymodaq_hsi.drivers import DriverState, DriverType
(plugin,) = installed_plugins()
def join(name, kind, parameters):  # as after an enumeration, of which the processes are saved
    driver = EnumeratedDriver(name, DriverType(kind), "", "", DriverState.OK, plugin)
    settings = ConnectionSettings(name, kind, "0", dict(Log={log!r}) | parameters)
    return DeviceGroup(settings, driver).primary_device()
lamp = join("Lamp", 2, dict())
camera = join({driver!r}, 0, {parameters!r})
camera.setup_internal_buffers(20)
camera.start_acquisition(AcquisitionParameters(20))
kept = [camera.retrieve_buffer(5.0) for _ in range(3)]
def retrieve():
    try:
        while True:
            camera.retrieve_buffer(9.0)
    except Exception as error:
        print(type(error).__name__, flush=True)
try:
    print("ready", lamp._host.pid, camera._host.pid, flush=True)
    {end}
except KeyboardInterrupt:
    print("interrupted", flush=True)
    raise
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


class Application:
    """A real script in a process group of its own."""

    def __init__(
        self, gadgets: Gadgets, end: str, *, driver: str = "Camera", how: str = "file", **parameters: str
    ) -> None:
        self.log = gadgets.log_file
        text = SCRIPT.format(
            site=str(gadgets.folder), log=str(self.log), driver=driver, parameters=parameters, end=textwrap.dedent(end)
        )
        script = self.log.with_suffix(".py")
        script.write_text(text)
        with script.open() as stdin:
            self.process = subprocess.Popen(
                [sys.executable, "-" if how == "stdin" else str(script)],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        assert self.process.stdout is not None
        word, *pids = self.process.stdout.readline().split() or [""]
        assert word == "ready", self.process.communicate()[1]
        self.hosts = [int(pid) for pid in pids]

    def family(self) -> list[psutil.Process]:
        """Return its hosts and its resource tracker."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait(self) -> tuple[int, str, str]:
        """Wait until it has ended; return code, stdout and stderr."""
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err

    def check_nothing_is_left(self, *, within: float = 5.0) -> None:
        deadline = time.monotonic() + within
        while alive := [pid for pid in self.hosts if psutil.pid_exists(pid) and not _zombie(pid)]:
            assert time.monotonic() < deadline, f"the hosts {alive} are left"
            time.sleep(0.02)
        assert not list(Path("/dev/shm").glob(f"hsi_{self.process.pid}_*"))

    def check_all_is_safe(self) -> None:
        """The light is out, the camera was stopped and closed."""
        log = self.log.read_text().splitlines()
        assert "lamp 0" in log
        assert log.index("lamp closed") > log.index("lamp 0")
        assert log.index("stop") < log.index("make_safe") < log.index("close")


def _zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(scope="module", autouse=sys.platform == "linux")
def blocking(gadget_room: Gadgets) -> tuple[Application, float]:
    """An application that was killed while its driver held the interpreter, and when; its end is ten seconds away."""
    application = Application(gadget_room, "time.sleep(60)", driver="Faulty", Stage="grab", Kind="holds_gil")
    time.sleep(0.1)
    application.process.kill()
    killed = time.monotonic()
    application.wait()
    return application, killed


ENDS = {
    "exception": ("raise ValueError('a mistake')", 1, "ValueError: a mistake"),
    "os._exit": ("import os; os._exit(6)", 6, ""),
    "normal, with a thread that retrieves": (
        "import threading; threading.Thread(target=retrieve, daemon=True).start(); time.sleep(0.1)",
        0,
        "",
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_application_that_ends_without_closing_its_devices(gadgets: Gadgets, end: str) -> None:
    statement, expected, message = ENDS[end]
    application = Application(gadgets, statement)
    code, out, err = application.wait()
    assert code == expected
    assert out.strip() == ("DeviceLost" if "thread" in end else "")
    assert message in err
    if not message:
        assert err == ""
    application.check_nothing_is_left()
    application.check_all_is_safe()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_an_application_that_is_ended_by_a_signal(gadgets: Gadgets, name: str) -> None:
    application = Application(gadgets, "while True: camera.retrieve_buffer(5.0).release()")
    os.killpg(application.process.pid, getattr(signal, name))  # as Ctrl-C does: the whole group
    code, out, _ = application.wait()
    assert code == -getattr(signal, name)
    assert ("interrupted" in out) == (name == "SIGINT")
    application.check_nothing_is_left()
    application.check_all_is_safe()


def test_a_script_from_stdin_with_its_resource_tracker_killed(gadgets: Gadgets) -> None:
    application = Application(gadgets, "time.sleep(0.5); camera.retrieve_buffer(5.0)", how="stdin")
    for process in application.family():
        if process.pid not in application.hosts:
            process.kill()
    code, _, err = application.wait()
    assert (code, err) == (0, "")
    application.check_nothing_is_left()
    application.check_all_is_safe()


def test_a_forked_child_of_a_killed_application_does_not_keep_the_drivers_alive(gadgets: Gadgets) -> None:
    application = Application(gadgets, "import os; os.fork(); time.sleep(60)")
    time.sleep(0.2)
    application.process.kill()
    application.process.wait()
    application.check_nothing_is_left()
    application.check_all_is_safe()
    os.killpg(application.process.pid, signal.SIGKILL)
    application.wait()


def test_everything_is_killed_at_once(gadgets: Gadgets) -> None:
    application = Application(gadgets, "time.sleep(60)")
    for process in [psutil.Process(application.process.pid), *application.family()]:
        process.kill()
    application.wait()
    application.check_nothing_is_left(within=10.0)


@pytest.mark.skipif(sys.platform != "linux", reason="only there within ten seconds")
def test_drivers_that_hang_do_not_outlive_a_killed_application(
    gadgets: Gadgets, blocking: tuple[Application, float]
) -> None:
    hanging = Application(gadgets, "time.sleep(60)", driver="Faulty", Stage="grab", Kind="sleep")
    time.sleep(0.1)
    hanging.process.kill()
    hanging.wait()
    hanging.check_nothing_is_left()
    assert gadgets.log().count("make_safe") == 1
    application, killed = blocking
    application.check_nothing_is_left(within=max(0.0, killed + 12.0 - time.monotonic()))
