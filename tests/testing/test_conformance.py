"""The conformance suite finds in each wrong driver what is wrong with it.

In good ones it finds nothing: those of docs/writing-a-driver.md, of ``new-driver`` and of the virtual plugin are tried.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pymodaq_hsi.drivers import DriverType
from pymodaq_hsi.errors import DriverNotFound
from pymodaq_hsi.testing import check_names, examine

if TYPE_CHECKING:
    from conftest import PluginSite

WRONG = [
    ("FindsNothing", "enumerates", "found no device", "enumerate"),
    ("ChangingId", "identities_are_stable", "enumerated twice, it finds", "enumerate"),
    ("TakesAnyDevice", "refuses_an_unknown_device", "connected one all the same", "open"),
    ("NoUnit", "declares_parameters", "TriggerDelay has no unit", "TriggerDelay"),
    ("WritableStatus", "declares_parameters", "Humidity is in the list Status and can be set", "Humidity"),
    ("UnreadableParameter", "reads_parameters", "no answer from the thermometer", "read_heat"),
    ("MicrosecondsReturned", "sets_numbers", "set to 5000.0, its maximum, and the driver says that", "write_delay"),
    ("RefusesItsMaximum", "sets_numbers", "BlackLevel = 10.0, its maximum, was not taken", "write_level"),
    ("ForgetsAnEntry", "sets_choices", "Shutter = 'Global', an entry, was not taken", "write_shape"),
    ("BrokenCommand", "executes_commands", "executing Calibrate failed", "do_calibrate"),
    ("GainForgotten", "references_depend_on_settings", "Gain does not say affects_reference", "Gain"),
    ("Micrometres", "declares_frames", "its wavelengths go up to 0.9 nm", "frame_format"),
    ("MonotonicTimes", "delivers_frames", "has the timestamp", "grab"),
    ("SameNumber", "delivers_frames", "frame 7 came after frame 7", "grab"),
    ("TooFast", "keeps_its_rate", "FrameRate is 10 Hz, and", "grab"),
    ("Deaf", "answers_while_acquiring", "during a slow acquisition reading its parameters and stopping took", "grab"),
    ("ShutterStaysClosed", "takes_references", "and still 10 after it", "start"),
    ("LeaksThreads", "starts_and_stops_100_times", "threads rose from", "start"),
    ("RaisesInClose", "disconnects_at_any_time", "the handle is not valid", "close"),
    ("LockFile", "survives_a_crash", "could not be connected again", "open"),
    ("SwitchesEnabledOff", "goes_dark_and_back", "Enabled was True, and is False after the light was forced", "apply"),
    ("RefusesInTheDark", "settings_in_the_dark_are_kept", "while the light is forced off: ", "apply"),
    ("NoTravel", "declares_its_travel", "Position has the limits 0.0 to None", "open"),
    ("NeverArrives", "moves", "and says that it has arrived at", "move_to"),
    ("CannotStop", "stops_in_mid_move", "still moving", "halt"),
]


SOURCE = (Path(__file__).parent / "wrong_drivers.py").read_text(encoding="utf-8")


def install(site: PluginSite, *drivers: str) -> None:
    """Install some of the drivers of wrong_drivers.py as a plugin."""
    sys.modules.pop("wrong_drivers", None)
    before, hook, _ = SOURCE.partition("@hookimpl")
    offered = f"{hook}\ndef pymodaq_hsi_drivers():\n    return [{', '.join(drivers)}]\n"
    site.install("wrong_drivers", before + offered)


@pytest.mark.parametrize(("driver", "check", "problem", "where"), WRONG, ids=[case[0] for case in WRONG])
def test_what_is_wrong_is_found_by_the_check_that_names_it(
    site: PluginSite, driver: str, check: str, problem: str, where: str
) -> None:
    install(site, driver)
    (finding,) = examine("wrong_drivers", [check], drivers=[driver], timeout=20.0)
    assert problem in finding.problem
    assert (finding.driver, finding.check) == (driver, check)
    assert where in finding.where
    assert "wrong_drivers.py, line " in finding.where
    assert finding.mend
    assert finding.promise in str(finding)


@pytest.mark.parametrize(("driver", "connections"), [("CountsConnections", 1), ("CountsWrites", 2)])
def test_what_was_set_is_put_back_or_the_device_is_connected_anew(
    site: PluginSite, driver: str, connections: int
) -> None:
    install(site, driver)
    assert not examine("wrong_drivers", ["sets_numbers", "sets_switches_and_texts", "refuses_wrong_values"])
    assert (site.folder / "wrong_drivers.log").read_text().count("open") == connections


def test_a_stage_may_move_when_it_is_connected(site: PluginSite) -> None:
    install(site, "GoesHomeFirst")
    assert not examine("wrong_drivers", ["declares_its_travel", "moves", "refuses_positions_beyond_its_limits"])


def test_pytest_reports_each_promise_apart_and_says_what_to_do(site: PluginSite, tmp_path: Path) -> None:
    install(site, "NoTravel")
    test = tmp_path / "test_it.py"
    test.write_text(
        'from pymodaq_hsi.testing import conformance\ntest_conformance = conformance("wrong_drivers")\n',
        encoding="utf-8",
    )
    wanted = "declares_its_travel or declares_parameters"
    environment = {"PYTHONPATH": str(site.folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", wanted, str(test)],
        cwd=tmp_path,
        env=dict(os.environ) | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "NoTravel-declares_its_travel" in done.stdout
    for word in ("what:  Position has the limits 0.0 to None", "where: NoTravel.open", "mend:  say so in open()"):
        assert word in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import no_such_sdk\n", "no_such_sdk"),
        ("x = 1\n", "offers no driver"),
        ("import os; os._exit(3)\n", "exit code 3"),
    ],
)
def test_a_plugin_that_does_not_load_is_one_finding(site: PluginSite, source: str, problem: str) -> None:
    site.install("broken", source)
    (finding,) = examine("broken")
    assert finding.check == "loads"
    assert problem in finding.problem


def test_names_that_are_not_there_are_refused(site: PluginSite) -> None:
    install(site, "GoodLamp")
    (finding,) = examine("missing")
    assert "no plugin 'missing' is installed; installed are: wrong_drivers" in finding.problem
    with pytest.raises(ValueError, match="there is no check no_such"):
        examine("wrong_drivers", ["no_such"])
    with pytest.raises(DriverNotFound, match="has no driver Nobody"):
        examine("wrong_drivers", drivers=["Nobody"])


def test_each_kind_of_driver_has_its_checks() -> None:
    assert "moves" in check_names(DriverType.Actuator)
    assert "moves" not in check_names(DriverType.LightControl)
    assert set(check_names(DriverType.Instrument)) < set(check_names())
