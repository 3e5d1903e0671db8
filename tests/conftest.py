"""Plugins that are really installed, and a check after every test that nothing is left of them."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from hypothesis import HealthCheck, settings

from pymodaq_hsi.devices import ConnectionSettings, DeviceGroup, installed_plugins
from pymodaq_hsi.devices.plugins import BLOCKED
from pymodaq_hsi.drivers import DriverType

if TYPE_CHECKING:
    from collections.abc import Iterator

# the same examples in every run, however busy the machine
settings.register_profile("ours", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

FAULT_PLUGINS = Path(__file__).parent / "fault_plugins"
SHARED_MEMORY = Path("/dev/shm")
HOST = "pymodaq_hsi.hosting.host"


class PluginSite:
    """A folder on the search path with modules and their ``*.dist-info``, as an installer leaves them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add_module(self, name: str) -> None:
        """Copy one of the modules in tests/fault_plugins, without offering it as a plugin."""
        shutil.copy(FAULT_PLUGINS / f"{name}.py", self.folder)

    def install(self, name: str, source: str | None = None, *, version: str = "1.0", value: str = "") -> None:
        """Install a plugin from source text, or from tests/fault_plugins."""
        if source is None:
            self.add_module(name)
        else:
            (self.folder / f"{name}.py").write_text(source, encoding="utf-8")
        info = self.folder / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[pymodaq_hsi.plugins]\n{name} = {value or name}\n")
        (info / "RECORD").write_text(f"{name}.py,,\n{info.name}/METADATA,,\n{info.name}/entry_points.txt,,\n")
        importlib.invalidate_caches()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PluginSite:
    """An empty site of which the plugins are the only ones."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setenv(BLOCKED, ",".join(plugin.name for plugin in installed_plugins()))
    monkeypatch.syspath_prepend(str(folder))
    return PluginSite(folder)


@pytest.fixture(scope="session")
def _gadget_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gadgets")
    site = PluginSite(folder)
    site.add_module("faults")
    site.install("gadgets")
    return folder


class Gadgets:
    """Connects the drivers of tests/fault_plugins/gadgets.py, and disconnects them when the test is over."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder = folder
        self.log_file = log
        self.groups: list[DeviceGroup] = []

    def connect(self, name: str, *, timeout: float = 30.0, device_id: str = "0", **parameters: object) -> DeviceGroup:
        """Connect a driver by its name."""
        kind = {"Lamp": DriverType.LightControl, "Stage": DriverType.Actuator}.get(name, DriverType.Instrument)
        how = ConnectionSettings(name, kind, device_id, {"Log": str(self.log_file)} | parameters, timeout)
        group = DeviceGroup(how, known={})  # whatever other tests have enumerated
        self.groups.append(group)
        return group

    def close(self) -> None:
        """Disconnect them all."""
        for group in self.groups:
            group.close()

    def log(self) -> list[str]:
        """Return what the drivers have noted down."""
        return self.log_file.read_text(encoding="utf-8").splitlines() if self.log_file.exists() else []


@pytest.fixture(scope="module")
def gadget_room(_gadget_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gadgets]:
    """The drivers of tests/fault_plugins/gadgets.py, installed for the tests of one module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(BLOCKED, ",".join(plugin.name for plugin in installed_plugins()))
        patch.syspath_prepend(str(_gadget_folder))
        room = Gadgets(_gadget_folder, tmp_path_factory.mktemp("room") / "gadgets.log")
        yield room
        room.close()


@pytest.fixture
def gadgets(gadget_room: Gadgets, tmp_path: Path) -> Iterator[Gadgets]:
    """The same, for one test: what it connects is disconnected at its end."""
    found = Gadgets(gadget_room.folder, tmp_path / "gadgets.log")
    yield found
    found.close()


@pytest.fixture(scope="module")
def sights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The cameras of tests/fault_plugins/sights.py, the only ones that are installed for the tests of one module."""
    folder = tmp_path_factory.mktemp("sights")
    PluginSite(folder).install("sights")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(BLOCKED, ",".join(plugin.name for plugin in installed_plugins()))
        patch.syspath_prepend(str(folder))
        yield


def host_processes() -> set[int]:
    """Return the numbers of the host processes that this process has started."""
    found: set[int] = set()
    for pid in _children(os.getpid()):
        try:
            child = psutil.Process(pid)
            if any(HOST in word for word in child.cmdline()) and child.status() != psutil.STATUS_ZOMBIE:
                found.add(pid)
        except psutil.NoSuchProcess:
            continue
    return found


def _children(pid: int) -> list[int]:
    """Return the children of a process and theirs; from the system's lists: to go through all takes milliseconds."""
    if not Path(f"/proc/self/task/{os.getpid()}/children").exists():
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that has just ended: its children are another's
            found += map(int, children.read_text().split())
    return [*found, *(grandchild for child in found for grandchild in _children(child))]


def segments(owner: int | None = None) -> set[str]:
    """Return the names of the shared-memory segments that a process (this one) has made and not removed."""
    if not SHARED_MEMORY.is_dir():
        return set()
    return {path.name for path in SHARED_MEMORY.glob(f"hsi_{owner or os.getpid()}_*")}


def _wait_until_gone(what: str, before: set[int] | set[str], look: object) -> None:
    deadline = time.monotonic() + 20.0
    while (left := look() - before) and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.02)
    assert not left, f"the test has left {what}: {left}"


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    hosts = host_processes() | host_processes()  # a list leaves some out while one of them ends
    names = segments()
    yield
    _wait_until_gone("host processes", hosts, host_processes)
    _wait_until_gone("shared memory", names, segments)
