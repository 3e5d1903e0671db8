"""The parameters of a connected device."""

from __future__ import annotations

import math
import queue
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pymodaq_hsi.devices import ConnectionSettings, connect
from pymodaq_hsi.drivers import AccessMode, ParameterListType, ParameterType
from pymodaq_hsi.errors import (
    DeviceError,
    DeviceTimeout,
    DriverCrashed,
    DriverError,
    ParameterError,
    UnknownParameter,
)

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Gadgets, PluginSite


@pytest.fixture
def zoo(gadgets: Gadgets, tmp_path: Path) -> Any:
    (tmp_path / "key").touch()
    return gadgets.connect("Zoo", Key=tmp_path / "key").primary_device()


def test_three_lists_with_all_that_a_person_needs_to_know(zoo: Any) -> None:
    parameters = zoo.parameter_list()
    assert parameters.parameter_names()[:4] == ["Switch", "Count", "ExposureTime", "Rate"]
    assert "FoundLater" in parameters
    assert zoo.parameter_list(ParameterListType.MetaInfo).parameter_names() == ["Serial"]
    assert zoo.parameter_list("Status").parameter_names() == ["Heat", "Wrong"]
    exposure = parameters["ExposureTime"]
    assert (exposure.type, exposure.unit, exposure.access) == (ParameterType.Float, "ms", AccessMode.ReadWrite)
    assert (exposure.minimum, exposure.maximum, exposure.default) == (0.5, 1000.0, 10.0)
    assert exposure.affects == ("Rate",)
    assert [entry.effective_display_name() for entry in parameters["Mode"].entries] == ["Fast one", "Quick", "Slow"]
    assert set(zoo.all_parameters()) >= {"Switch", "Serial", "Heat"}


TYPED = [
    ("Switch", "On", True),
    ("Switch", True, True),
    ("Count", "25", 25),
    ("Count", np.int64(30), 30),
    ("ExposureTime", "1.5e1", 15.0),
    ("ExposureTime", 20, 20.0),
    ("ExposureTime", 20.1, 20.0),
    ("Mode", "Slow", "Slow"),
    ("Mode", 2, "Slow"),
    ("Label", "Grüße 漢字 🔬 \0 \ud800", "Grüße 漢字 🔬 \0 \ud800"),
    ("FoundLater", -5, -5),
]


def test_typed_values_and_strings_are_taken_and_come_back_typed(zoo: Any) -> None:
    for name, given, taken in TYPED:
        assert zoo.set_parameter(name, given) == taken
        value = zoo.get_parameter(name)
        assert (name, value, type(value)) == (name, taken, type(taken))


def test_a_refused_value_says_what_is_taken_and_changes_nothing(zoo: Any) -> None:
    refusals = {
        ("Count", 105): "Zoo: Count = 105 is refused: it takes an integer from 0 to 100",
        ("Count", 7): "Zoo: Count = 7 is refused: it takes steps of 5 from 0; the nearest is 5",
        ("Count", "many"): "Zoo: Count = 'many' is refused: it takes an integer from 0 to 100",
        ("ExposureTime", math.nan): "Zoo: ExposureTime = nan is refused: it takes a number from 0.5 to 1000 ms",
        ("Mode", "Medium"): "Zoo: Mode = 'Medium' is refused: it takes one of Fast, Quick, Slow",
        ("Switch", "maybe"): "Zoo: Switch = 'maybe' is refused: it takes true or false (also on/off, yes/no, 1/0)",
        ("Serial", "A1"): "Zoo: Serial cannot be set to 'A1' now (its access is ReadOnly)",
        ("Hidden", 1): "Zoo: Hidden cannot be set to 1 now (its access is NotAvailable)",
        ("Zero", 1): "Zoo: Zero = 1 is refused: it takes no value: it is a command, execute it",
    }
    before = zoo.values()
    for (name, value), message in refusals.items():
        with pytest.raises(ParameterError) as refusal:
            zoo.set_parameter(name, value)
        assert str(refusal.value) == message
    with pytest.raises(
        ParameterError, match=r"Label = \[1\] is refused: give a number, a truth value, a string or a path"
    ):
        zoo.set_parameter("Label", [1])
    with pytest.raises(UnknownParameter, match=r"Zoo has no parameter 'Exposure'. Did you mean ExposureTime\?"):
        zoo.set_parameter("Exposure", 1)
    for name in ("Secret", "Hidden"):
        with pytest.raises(ParameterError, match=f"{name} cannot be read now"):
            zoo.get_parameter(name)
    assert zoo.values() == before


def test_values_are_those_that_can_be_read_now(zoo: Any) -> None:
    values = zoo.values()
    assert values["Heat"] == 36.5
    assert not values.keys() & {"Secret", "Hidden", "Zero", "Wrong"}
    settings = zoo.settings()
    assert settings["parameters"] == values
    assert settings["units"]["ExposureTime"] == "ms"


def test_a_file_parameter_is_relative_to_the_application(
    zoo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "t.csv").touch()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert zoo.set_parameter("Table", "t.csv") == str(tmp_path / "elsewhere" / "t.csv")
    with pytest.raises(ParameterError, match="there is no such file"):
        zoo.set_parameter("Table", "u.csv")
    assert zoo.set_parameter("Table", "") == ""


def test_one_setting_changes_the_limits_and_the_access_of_others_and_says_so(zoo: Any) -> None:
    told: list[list[str]] = []
    end = zoo.on_parameters_changed(lambda specs: told.append([spec.name for spec in specs]))
    parameters = zoo.parameter_list()
    zoo.set_parameter("ExposureTime", 40)
    assert told == [["Rate", "ExposureTime"]]
    assert parameters["Rate"].maximum == 25.0
    assert zoo.get_parameter("Rate") == 25.0
    zoo.set_parameter("Mode", "Slow")
    assert parameters["Count"].access is AccessMode.ReadOnly
    with pytest.raises(ParameterError, match="Count cannot be set to 5 now"):
        zoo.set_parameter("Count", 5)
    assert told[1:] == [["Count", "Mode"]]
    zoo.set_parameter("Mode", "Slow")
    zoo.get_parameter("Label")
    assert len(told) == 2
    end()
    end()
    zoo.set_parameter("Mode", "Fast")
    assert len(told) == 2


def test_a_callback_that_fails_or_asks_the_device_is_told_and_harms_nobody(zoo: Any) -> None:
    heard: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def asks(specs: object) -> None:
        try:
            zoo.get_parameter("Count")
        except DeviceError as error:
            heard.put(error)

    zoo.on_parameters_changed(lambda _: 1 / 0)
    zoo.on_parameters_changed(asks)
    zoo.on_parameters_changed(lambda _: heard.put(None))
    assert zoo.set_parameter("Switch", True) is True
    error = heard.get(timeout=20)
    assert "reading Count was asked for inside of a callback" in str(error)
    assert heard.get(timeout=20) is None
    assert zoo.get_parameter("Count") == 10


def test_commands(zoo: Any) -> None:
    zoo.execute("Zero")
    assert zoo.get_parameter("Count") == 0
    assert zoo.get_parameter("Label") == "zeroed äöü 漢字 🔬"
    for name, message in {
        "Count": "Count is not a command but a parameter of type Integer; set it instead",
        "Idle": "Idle cannot be executed now",
        "Empty": "the driver does not say what Empty does",
        "Zeor": r"Did you mean Zero\?",
    }.items():
        with pytest.raises(ParameterError, match=message):
            zoo.execute(name)


def test_what_is_locked_while_acquiring_is_free_before_and_after(gadgets: Gadgets) -> None:
    camera = gadgets.connect("Camera").primary_device()
    camera.set_parameter("Seed", 3)
    with camera.acquire() as acquisition:
        for _ in acquisition.buffers(3, timeout=20.0):
            with pytest.raises(ParameterError, match="Seed cannot be changed during an acquisition; stop the acquis"):
                camera.set_parameter("Seed", 4)
            with pytest.raises(ParameterError, match="Reset cannot be executed during an acquisition"):
                camera.execute("Reset")
            assert camera.set_parameter("SkipEvery", 0) == 0
    camera.execute("Reset")
    assert camera.set_parameter("Seed", 4) == 4
    assert "reset" in gadgets.log()


def test_what_the_driver_changes_while_it_streams_is_told_without_a_flood(gadgets: Gadgets) -> None:
    camera = gadgets.connect("Camera").primary_device()
    camera.set_parameter("FrameRate", 200)
    told: list[float] = []
    camera.on_parameters_changed(
        lambda specs: told.append(time.monotonic()) if specs[0].name == "Temperature" else None
    )
    with camera.acquire() as acquisition:
        for _ in acquisition.buffers(60, timeout=20.0):
            pass
    assert 2 <= len(told) <= 8
    assert camera.get_parameter("Temperature") > 20


FAILURES: dict[str, tuple[type[DeviceError], str]] = {
    "raise": (DriverError, r"Zoo: setting Label to 'raise' failed in the driver with OSError: \[Errno 5\] no answer"),
    "sleep": (
        DeviceTimeout,
        r"Zoo: setting Label to 'sleep' was not finished within 0\.3 s \(a longer timeout may help\); last",
    ),
    "exit": (
        DriverCrashed,
        r"the process of Zoo ended by itself with exit code 4 while setting Label to 'exit'; connect it again",
    ),
}


@pytest.mark.parametrize("word", FAILURES)
def test_a_driver_that_fails_in_a_setting_is_named_with_what_was_tried(zoo: Any, word: str) -> None:
    kind, message = FAILURES[word]
    zoo.timeout = 0.3 if word == "sleep" else 10.0
    with pytest.raises(kind, match=message) as failure:
        zoo.set_parameter("Label", word)
    assert failure.value.device == "Zoo"
    if isinstance(failure.value, DriverCrashed):
        assert failure.value.exit_code == 4
        assert failure.value.last_words == "goodbye"
        assert not zoo.connected
    if isinstance(failure.value, DriverError):
        assert "_write_label" in failure.value.driver_traceback
        assert zoo.get_parameter("Label") == ""


def test_a_value_that_the_driver_gives_in_the_wrong_type_is_the_drivers_error_and_not_its_end(zoo: Any) -> None:
    with pytest.raises(
        ParameterError, match=r"the driver gives 'many' .str. as the value of Wrong, which is of type Integer"
    ):
        zoo.set_parameter("Wrong", 1)
    with pytest.raises(DeviceError, match=r"Zoo: what it was told cannot be sent: a message of 67 MiB is too long"):
        zoo.set_parameter("Label", "x" * 70_000_000)
    assert zoo.connected


WIDE = """
from pymodaq_hsi.drivers import *
class Wide(ActuatorDriver):
    name = "Wide"
    @classmethod
    def enumerate(cls): return [DeviceInfo("0")]
    def open(self, device_id, settings):
        for n in range(3000):
            self.parameters.add(IntegerParameter(f"Register{n}", default=n, description="ein Register, größer " * 5))
@hookimpl
def pymodaq_hsi_drivers(): return [Wide]
"""


def test_thousands_of_parameters(site: PluginSite) -> None:
    site.install("wide", WIDE)
    with connect(ConnectionSettings("Wide", 1, "0")) as group:
        wide = group.primary_device()
        assert len(wide.parameter_list()) >= 3000
        assert wide.get_parameter("Register2999") == 2999
        with pytest.raises(DriverError, match=r"define read_position\(\) \(while reading parameter Position\)"):
            wide.values()
