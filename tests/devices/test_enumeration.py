"""Finding drivers and devices: every driver answers for itself, and none can spoil it for the others."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import pytest

from pymodaq_hsi.devices import ConnectionSettings, DeviceGroup, connect, enumerate_devices
from pymodaq_hsi.devices.enumeration import find_driver
from pymodaq_hsi.drivers import DriverState, DriverType
from pymodaq_hsi.errors import DeviceNotFound, DriverNotFound

if TYPE_CHECKING:
    from conftest import PluginSite

GOOD = """
from pymodaq_hsi.drivers import *
class Driver(LightControlDriver):
    name = "{name}"
    description = "a good one"
    connection_parameters = [IntegerParameter("Port", default=4, minimum=1, maximum=9)]
    @classmethod
    def enumerate(cls): return [DeviceInfo(id, "Shown " + id, serial_number=serial) for id, serial in {devices}]
    def apply(self, state): pass
@hookimpl
def pymodaq_hsi_drivers(): return [Driver]
"""


def install_good(site: PluginSite, plugin: str, name: str, devices: object = (("0", "S0"),), **options: str) -> None:
    site.install(plugin, GOOD.format(name=name, devices=repr(devices)), **options)


def messages(items: object) -> str:
    return "\n".join(map(str, items))  # type: ignore[call-overload]


def test_without_a_plugin_nothing_is_found_and_the_message_says_what_to_do(site: PluginSite) -> None:
    found = enumerate_devices()
    assert (found.drivers, found.devices, found.errors, found.warnings) == ([], [], [], [])
    with pytest.raises(DeviceNotFound, match=r"no driver plugin is installed; install one.*pip install"):
        found.device("Camera")
    with pytest.raises(DriverNotFound, match="no driver plugin is installed"):
        find_driver("Camera")


def test_drivers_and_devices_are_described(site: PluginSite) -> None:
    install_good(site, "alpha", "Alpha", [("7", "S7"), ("8", "")], version="3.1")
    found = enumerate_devices()
    (driver,) = found.drivers
    assert (driver.name, driver.type, driver.description) == ("Alpha", DriverType.LightControl, "a good one")
    assert (driver.version, driver.state, driver.plugin.distribution) == ("3.1", DriverState.OK, "alpha")
    first, second = found.devices
    assert (first.id, first.display_name, first.identity) == ("7", "Shown 7", "Alpha:S7")
    assert (second.identity, second.driver) == ("Alpha:8", driver)
    assert first.parameter_info["Port"].maximum == 9
    assert found.device("Alpha:S7") is found.device("Shown 7") is found.device("7") is first
    with pytest.raises(DeviceNotFound, match=r"'Alpha' means 2 devices.*Alpha:S7.*Alpha:8"):
        found.device("Alpha")
    with pytest.raises(DeviceNotFound, match=r"no device 'Alhpa' was found. Did you mean Alpha\? Devices found: Alpha"):
        found.device("Alhpa")


def test_a_driver_without_devices_is_there_and_ok(site: PluginSite) -> None:
    install_good(site, "alpha", "Alpha", [])
    found = enumerate_devices()
    assert [driver.state for driver in found.drivers] == [DriverState.OK]
    assert found.devices == []


def test_one_type_or_all(site: PluginSite) -> None:
    install_good(site, "alpha", "Alpha")
    start = time.monotonic()
    assert len(enumerate_devices(-1, timeout=60.0).devices) == 1
    assert time.monotonic() - start < 30, "it did not return as soon as all had answered"
    assert len(enumerate_devices(DriverType.LightControl).devices) == 1
    assert enumerate_devices(0).drivers == []
    with pytest.raises(ValueError, match=r"no driver type 7; it is Instrument \(0\), .*-1 for all"):
        enumerate_devices(7)


def test_two_plugins_with_the_same_driver_are_both_there_with_a_warning(site: PluginSite) -> None:
    install_good(site, "alpha", "Same", [("a", "")])
    install_good(site, "beta", "Same", [("b", "")])
    found = enumerate_devices()
    assert [driver.plugin.name for driver in found.drivers] == ["alpha", "beta"]
    assert "two plugins offer a driver Same: alpha (alpha) and beta (beta)" in messages(found.warnings)
    for device, plugin in (("a", "alpha"), ("b", "beta")):
        with connect(found.device(device)) as group:
            assert group.driver.plugin.name == plugin


def test_several_processes_may_look_and_connect_at_the_same_time(site: PluginSite) -> None:
    install_good(site, "alpha", "Alpha")
    script = f"""
        import sys
        sys.path.insert(0, {str(site.folder)!r})
        from pymodaq_hsi.devices import connect, enumerate_devices
        found = enumerate_devices(timeout=30)
        with connect(found.device("Alpha:S0")) as group:
            settle = group.primary_device().set_parameter("SettleTime", 3)
        print(len(found.devices), len(found.errors), settle)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert len(enumerate_devices(timeout=30).devices) == 1
    assert [other.communicate(timeout=60)[0] for other in others] == ["1 0 3.0\n"] * 2


BROKEN = {
    "no_hook": ("x = 1", DriverState.LoadError, "offers no driver: no_hook has no @hookimpl pymodaq_hsi_drivers"),
    "no_import": ("import vendor_sdk", DriverState.LoadError, "ModuleNotFoundError: No module named 'vendor_sdk'"),
    "no_syntax": ("def (", DriverState.LoadError, "SyntaxError"),
    "no_class": (
        "from pymodaq_hsi.drivers import hookimpl\n@hookimpl\ndef pymodaq_hsi_drivers(): return ['Camera']",
        DriverState.LoadError,
        "offers 'Camera', which is not a driver",
    ),
    "no_name": (
        "from pymodaq_hsi.drivers import *\nclass Unnamed(ActuatorDriver): pass\n"
        "@hookimpl\ndef pymodaq_hsi_drivers(): return Unnamed",
        DriverState.LoadError,
        "offers driver Unnamed, which has no name",
    ),
    "not_infos": (
        "from pymodaq_hsi.drivers import *\nclass A(ActuatorDriver):\n  name = 'NotInfos'\n"
        "  @classmethod\n  def enumerate(cls): return ['0']\n@hookimpl\ndef pymodaq_hsi_drivers(): return [A]",
        DriverState.EnumerationError,
        "driver NotInfos enumerates '0', which is not a DeviceInfo",
    ),
    "silent": (
        "from pymodaq_hsi.drivers import *\nclass A(ActuatorDriver):\n  name = 'Silent'\n"
        "@hookimpl\ndef pymodaq_hsi_drivers(): return [A]",
        DriverState.EnumerationError,
        "driver Silent could not enumerate its devices: .*define enumerate",
    ),
    "twice": (
        "from pymodaq_hsi.drivers import *\nclass A(ActuatorDriver): name = 'Twice'\nclass B(A): pass\n"
        "@hookimpl\ndef pymodaq_hsi_drivers(): return [A, B]",
        DriverState.LoadError,
        "offers two drivers with the name Twice",
    ),
}


def test_broken_plugins_are_listed_with_their_cause_and_the_others_work(site: PluginSite) -> None:
    install_good(site, "alpha", "Alpha")
    for name, (source, _, _) in BROKEN.items():
        site.install(name, source)
    site.install("nowhere", "", value="there_is_no_such_module")
    found = enumerate_devices(timeout=30)
    assert [device.display_name for device in found.devices] == ["Shown 0"]
    states = {driver.plugin.name: driver.state for driver in found.drivers}
    assert states.pop("alpha") is DriverState.OK
    assert states.pop("nowhere") is DriverState.LoadError
    assert states == {name: state for name, (_, state, _) in BROKEN.items()}
    for name, (_, _, message) in BROKEN.items():
        (error,) = [e for e in found.errors if e.driver.lower().replace("_", "") == name.replace("_", "")]
        assert re.search(message, str(error)), str(error)
    assert "vendor_sdk" in next(e.details for e in found.errors if e.driver == "no_import")


HANGS = ("loop", "sleep", "holds_gil", "blocks", "deadlock")


def test_what_hangs_costs_the_deadline_and_nothing_more(site: PluginSite) -> None:
    site.add_module("faults")
    install_good(site, "alpha", "Alpha")
    for kind in HANGS:
        site.install(f"import_{kind}", f"from faults import misbehave\nprint('importing')\nmisbehave({kind!r})")
    site.install("enumerating", _enumerating(list(HANGS)))
    start = time.monotonic()
    found = enumerate_devices(timeout=7.0)
    assert 6.9 < time.monotonic() - start < 25.0
    assert [device.display_name for device in found.devices] == ["Shown 0"]
    states = {driver.name: driver.state for driver in found.drivers}
    assert states.pop("Alpha") is DriverState.OK
    assert {states[f"import_{kind}"] for kind in HANGS} == {DriverState.LoadTimeout}
    assert {states[kind] for kind in HANGS} == {DriverState.EnumerationError}
    text = messages(found.errors)
    for kind in HANGS:
        name = f"import_{kind}"
        assert f"plugin {name} ({name} 1.0) could not be loaded: {name}: loading the plugin was not finished" in text
        assert f"Its last words: importing | now: {kind}" in text
        assert f"driver {kind} could not enumerate its devices: {kind}: looking for devices was not finished" in text


TEN = {
    "hangs": ("import time\nprint('waiting for the dongle')\ntime.sleep(600)", DriverState.LoadTimeout, "dongle"),
    "crashes": (
        "import ctypes\nprint('initialising the SDK')\nctypes.string_at(0)",
        DriverState.Crashed,
        "was ended by SIGSEGV.*initialising the SDK",
    ),
    "needs": ("import vendor_sdk", DriverState.LoadError, "ModuleNotFoundError: No module named 'vendor_sdk'"),
}


def test_of_ten_plugins_the_three_that_are_broken_are_named_with_their_causes_within_the_deadline(
    site: PluginSite,
) -> None:
    for number in range(7):
        install_good(site, f"good{number}", f"Good{number}", [(str(number), f"S{number}")])
    for name, (source, _, _) in TEN.items():
        site.install(name, source)
    start = time.monotonic()
    found = enumerate_devices(timeout=6.0)
    assert time.monotonic() - start < 25.0
    assert sorted(device.identity for device in found.devices) == [f"Good{n}:S{n}" for n in range(7)]
    assert {d.name: d.state for d in found.drivers} == {f"Good{n}": DriverState.OK for n in range(7)} | {
        name: state for name, (_, state, _) in TEN.items()
    }
    assert {error.driver for error in found.errors} == set(TEN)
    for error in found.errors:
        assert re.search(TEN[error.driver][2], str(error)), str(error)


def _enumerating(kinds: list[str]) -> str:
    return f"""
from faults import misbehave
from pymodaq_hsi.drivers import *
def driver(kind):
    def enumerate(cls):
        misbehave(kind)
        return [DeviceInfo("0", kind)]
    return type(kind, (ActuatorDriver,), dict(name=kind, enumerate=classmethod(enumerate)))
DRIVERS = [driver(kind) for kind in {kinds!r}]
@hookimpl
def pymodaq_hsi_drivers(): return DRIVERS
"""


FATAL = {
    "raises": (DriverState.EnumerationError, "ValueError: it fell over"),
    "bad_str": (DriverState.EnumerationError, "its message could not be made"),
    "unpicklable": (DriverState.EnumerationError, "UnpicklableError: it holds a lock"),
    "allocates": (DriverState.EnumerationError, "MemoryError"),
    "system_exit": (DriverState.EnumerationError, "SystemExit: leaving"),
    "os_exit": (DriverState.Crashed, "ended by itself with exit code 3"),
    "sigkill": (DriverState.Crashed, "was ended by SIGKILL"),
    "segfault": (DriverState.Crashed, "was ended by SIGSEGV"),
    "closes_fds": (DriverState.Crashed, "the driver has closed file descriptors that it did not open"),
    "floods": (DriverState.OK, ""),
}


@pytest.mark.parametrize("stage", ["import", "enumerate"])
def test_whatever_a_driver_does_when_asked_for_its_devices_is_its_own_affair(site: PluginSite, stage: str) -> None:
    site.add_module("faults")
    install_good(site, "alpha", "Alpha")
    if stage == "enumerate":
        site.install("bad", _enumerating(list(FATAL)))
    else:
        for kind in FATAL:
            source = f"from faults import misbehave\nmisbehave({kind!r})\n" + _enumerating([kind]).replace(
                "misbehave(kind)", "pass"
            )
            site.install(kind, source)
    found = enumerate_devices(timeout=40.0)
    assert found.device("Shown 0")
    problems = []
    for kind, (state, cause) in FATAL.items():
        (driver,) = [driver for driver in found.drivers if driver.name == kind]
        if stage == "import" and state is DriverState.EnumerationError:
            state = DriverState.LoadError
        text = messages(error for error in found.errors if error.driver == kind)
        if driver.state is not state or cause not in text or (cause and f"now: {kind}" not in text and state > 3):
            problems.append((kind, driver.state, text))
    assert not problems
    assert found.device("floods").driver.state is DriverState.OK


def test_a_device_of_a_driver_that_failed_is_missed_with_the_reason(site: PluginSite) -> None:
    site.install("gone", "import vendor_sdk")
    with pytest.raises(
        DeviceNotFound, match=r"no device 'gone': plugin gone \(gone 1.0\) could not be loaded.*vendor_sdk"
    ):
        connect("gone")


def test_a_plugin_that_hangs_can_be_blocked(site: PluginSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add_module("faults")
    install_good(site, "alpha", "Alpha")
    site.install("stuck", "import time; time.sleep(600)")
    monkeypatch.setenv("PYMODAQ_HSI_BLOCKED_PLUGINS", "virtual, stuck")
    start = time.monotonic()
    assert len(enumerate_devices(timeout=60).devices) == 1
    assert time.monotonic() - start < 20


def test_a_driver_is_found_by_name_without_waiting_for_those_that_hang(site: PluginSite) -> None:
    install_good(site, "alpha", "Unheard")
    site.install("stuck", "import time; time.sleep(600)")
    start = time.monotonic()
    driver = find_driver("Unheard", timeout=60)
    assert driver.plugin.name == "alpha"
    assert time.monotonic() - start < 20
    assert find_driver("Unheard") is driver
    with pytest.raises(DriverNotFound, match=r"Unheard is of type LightControl \(2\), not Instrument \(0\)"):
        find_driver("Unheard", DriverType.Instrument, timeout=2)
    with pytest.raises(
        DriverNotFound, match=r"no driver 'Unseen' is installed; there are: .*stuck.*loading the plugin"
    ):
        find_driver("Unseen", timeout=2)


def test_the_documents_way_to_connect(site: PluginSite) -> None:
    install_good(site, "alpha", "Alpha")
    device = enumerate_devices().devices[0]
    settings = ConnectionSettings(device.driver.name, device.driver.type, device.id)
    settings.connection_parameters["Port"] = "7"
    settings.timeout = 30.0
    with DeviceGroup(settings) as group:
        connected = group.primary_device()
        assert connected.name == "Alpha"
        assert (connected.display_name, connected.identity) == (device.display_name, device.identity)
