"""What docs/security.md promises: one plugin a process, a connection without an address, nothing unpickled."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

import pymodaq_hsi
from pymodaq_hsi.devices import connect

if TYPE_CHECKING:
    from conftest import PluginSite

WITNESS = """
import json, os, sys
from pathlib import Path
UNPICKLED = []
sys.addaudithook(lambda event, args: event.startswith(("pickle.", "shelve.")) and UNPICKLED.append(event))
from pymodaq_hsi.drivers import *

class Payload(Exception):
    def __reduce__(self):
        return (print, ("executed",))

class Witness(ActuatorDriver):
    name = "Witness"
    modules = StringParameter("Modules")
    files = StringParameter("Files")
    unpickled = IntegerParameter("Unpickled")
    blow = CommandParameter("Blow")
    @classmethod
    def enumerate(cls): return [DeviceInfo("0")]
    def read_position(self): return 0.0
    @modules.on_get
    def _modules(self): return json.dumps(sorted(sys.modules))
    @files.on_get
    def _files(self):
        folder = Path("/proc/self/fd")
        return json.dumps([os.readlink(one) for one in folder.iterdir() if one.is_symlink()] if folder.exists() else [])
    @unpickled.on_get
    def _unpickled(self): return len(UNPICKLED)
    @blow.on_execute
    def _blow(self): raise Payload("x")

@hookimpl
def pymodaq_hsi_drivers(): return [Witness]
"""

OTHER = WITNESS.replace("Witness", "Other")


@pytest.fixture
def witnesses(site: PluginSite) -> PluginSite:
    site.install("witness_plugin", WITNESS)
    site.install("other_plugin", OTHER)
    return site


def test_a_host_imports_its_own_plugin_and_of_ours_what_a_driver_needs(witnesses: PluginSite) -> None:
    with connect("Witness") as group:
        modules = set(json.loads(group.primary_device().get_parameter("Modules")))
    assert "witness_plugin" in modules
    assert not {"other_plugin", "pymodaq_hsi_virtual", "h5modules", "tables", "multiprocessing.connection"} & modules
    ours = {name.split(".")[1] for name in modules if name.startswith("pymodaq_hsi.")}
    assert ours <= {"_lazy", "drivers", "envi", "errors", "hosting"}  # all that a driver may import, and its host


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_host_has_no_address_and_no_file_of_the_application(witnesses: PluginSite, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as secret, connect("Witness") as group:
        device = group.primary_device()
        opened = json.loads(device.get_parameter("Files"))
        assert secret.name not in opened
        assert sum(name.startswith("socket:") for name in opened) == 2
        process = psutil.Process(group.pid)
        look = getattr(process, "net_connections", None) or process.connections
        assert {(one.family.name, one.laddr, one.raddr) for one in look("all")} <= {("AF_UNIX", "", "")}
        assert device._host._control._socket.getsockname() == ""
        assert device._host._control._socket.getpeername() == ""


def test_nothing_is_unpickled_on_either_side_whatever_the_driver_raises(witnesses: PluginSite) -> None:
    script = f"""
        import sys
        sys.path.insert(0, {str(witnesses.folder)!r})
        from pymodaq_hsi.devices import connect
        from pymodaq_hsi.errors import DriverError
        events = []
        sys.addaudithook(lambda event, args: event.startswith(("pickle.", "shelve.")) and events.append(event))
        with connect("Witness") as group:
            device = group.primary_device()
            device.settings()
            try:
                device.execute("Blow")
            except DriverError as error:
                print(type(error).__name__, "Payload: x" in str(error))
            print(len(events), device.get_parameter("Unpickled"))
        import pickle
        pickle.loads(pickle.dumps(DriverError))
        print(len(events))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout == "DriverError True\n0 0\n1\n"  # the last line: the hook hears what there is to hear


def test_no_module_between_application_and_driver_can_run_what_it_reads() -> None:
    package = Path(pymodaq_hsi.__file__).parent
    forbidden = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "eval", "exec", "multiprocessing.connection"}
    found = []
    for path in [file for part in ("hosting", "devices", "drivers") for file in (package / part).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[Any] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                names = [node.func.id]
            found += [(path.name, name) for name in names if name in forbidden]
    assert found == []
