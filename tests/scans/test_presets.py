"""Presets: what is kept, and how devices are brought back into it."""

from __future__ import annotations

import threading
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymodaq_hsi.drivers import LightState
from pymodaq_hsi.errors import DeviceNotFound, OutputExists, ParameterError, PresetError, PresetNotFound
from pymodaq_hsi.processing import InstrumentParameters, measure_reference
from pymodaq_hsi.scans.connecting import connect_choices
from pymodaq_hsi.scans.parts import DeviceChoice
from pymodaq_hsi.scans.presets import Preset, PresetDevice, PresetFolder, apply_preset, connect_preset, preset_of
from pymodaq_hsi.scans.settling import apply_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymodaq_hsi.devices import Device

CHOICES = {
    "camera": DeviceChoice(driver="VirtualHyperCamera"),
    "stage": DeviceChoice(identity="VirtualStage:VS-0"),
    "VirtualLight": None,
}


@pytest.fixture(scope="module")
def devices() -> Iterator[dict[str, Device]]:
    with connect_choices(CHOICES) as connected:
        yield connected


def test_devices_come_back_into_the_state_that_was_kept_but_stages_stay(
    devices: dict[str, Device], tmp_path: Path
) -> None:
    camera, stage, light = devices["camera"], devices["stage"], devices["VirtualLight"]
    camera.set_parameter("PixelCount", 40)
    camera.set_parameter("PixelOffset", 600)
    light.set_parameter("Intensity", 40.0)
    stage.move_to(7.0)  # type: ignore[attr-defined]
    white = measure_reference(camera, "WhiteReference", 3)  # type: ignore[arg-type]
    light.set_state(LightState.ForcedOff)  # type: ignore[attr-defined]
    folder = PresetFolder(tmp_path)
    folder.save(preset_of("one", devices), {"camera": InstrumentParameters(white_reference=white)})

    camera.set_parameter("PixelOffset", 0)
    camera.set_parameter("PixelCount", 640)  # now the offset has to be set after the count
    light.set_parameter("Intensity", 90.0)
    light.set_state(LightState.Parametrized)  # type: ignore[attr-defined]
    stage.move_to(3.0)  # type: ignore[attr-defined]
    preset = folder.load("one")
    restored = apply_preset(preset, devices, folder.path)
    assert restored.complete
    assert (camera.get_parameter("PixelOffset"), camera.get_parameter("PixelCount")) == (600, 40)
    assert light.get_parameter("Intensity") == 40.0
    assert light.state is LightState.ForcedOff  # type: ignore[attr-defined]
    np.testing.assert_array_equal(restored.references["camera"].white_reference.mean, white.mean)  # type: ignore[union-attr]
    assert stage.get_parameter("Position") == 3.0
    assert restored.left == ["stage stays at 3; in the preset it is at 7"]
    assert apply_preset(preset, devices, folder.path, move=True).complete
    assert stage.get_parameter("Position") == pytest.approx(7.0)
    light.set_state(LightState.Parametrized)  # type: ignore[attr-defined]


def test_settings_that_depend_on_each_other_are_set_in_any_order(devices: dict[str, Device]) -> None:
    camera = devices["camera"]
    for before, wanted in (
        ({"PixelOffset": 0, "PixelCount": 640}, {"PixelOffset": 600, "PixelCount": 40}),
        ({"PixelCount": 40, "PixelOffset": 600}, {"PixelCount": 640, "PixelOffset": 0}),
        ({"PixelCount": 40, "PixelOffset": 600}, {"PixelOffset": 0, "PixelCount": 640}),
    ):
        assert apply_settings("camera", camera, before) == []
        assert apply_settings("camera", camera, wanted) == []
        assert {name: camera.get_parameter(name) for name in wanted} == wanted


def test_what_could_not_be_set_is_named_with_the_reason_and_the_rest_is_set(devices: dict[str, Device]) -> None:
    values = {"Gian": 2.0, "ExposureTime": -1.0, "Gain": 2.0, "SceneDescription": "mine"}
    problems = apply_settings("camera", devices["camera"], values)
    assert {problem.parameter for problem in problems} == {"Gian", "ExposureTime", "SceneDescription"}
    told = {problem.parameter: str(problem) for problem in problems}
    assert "Gain" in told["Gian"]
    assert "camera.ExposureTime = -1.0 could not be set" in told["ExposureTime"]
    assert devices["camera"].get_parameter("Gain") == 2.0


def test_a_preset_is_loaded_as_far_as_its_devices_are_there(tmp_path: Path) -> None:
    preset = Preset(
        name="p",
        devices={
            "stage": PresetDevice(identity="VirtualStage:VS-0", parameters={"Velocity": 12.0}),
            "other": PresetDevice(identity="VirtualStage:VS-9"),
        },
    )
    with connect_preset(preset, tmp_path) as restored:
        assert list(restored.devices) == ["stage"]
        assert restored.devices["stage"].get_parameter("Velocity") == 12.0
        assert len(restored.problems) == 1
        assert "VirtualStage:VS-9" in restored.problems[0]


def test_all_devices_that_are_missing_are_named_and_nothing_stays_connected() -> None:
    choices = {
        "stage": DeviceChoice(driver="VirtualStage"),
        "lamp": None,
        "eye": DeviceChoice(driver="VirtualHyperCam"),
    }
    before = threading.active_count()
    with pytest.raises(DeviceNotFound, match=r"which device lamp is.*eye: no device.*Did you mean VirtualHyperCamera"):
        with connect_choices(choices):
            pytest.fail("it was connected")
    refused = DeviceChoice(driver="VirtualStage", parameters={"Velocity": -5.0})
    with pytest.raises(ParameterError, match=r"stage\.Velocity = -5"), connect_choices({"stage": refused}):
        pytest.fail("it was connected")
    assert threading.active_count() <= before


def test_a_preset_is_never_replaced_unasked_and_leaves_nothing_behind(
    devices: dict[str, Device], tmp_path: Path
) -> None:
    folder = PresetFolder(tmp_path)
    white = measure_reference(devices["camera"], "WhiteReference", 2)  # type: ignore[arg-type]
    references = {"camera": InstrumentParameters(white_reference=white)}
    file = folder.save(preset_of("p", devices), references)
    before = file.read_bytes()
    with pytest.raises(OutputExists, match="already"):
        folder.save(Preset(name="p"))
    assert file.read_bytes() == before
    folder.save(preset_of("p", devices), references, overwrite=True)
    assert len(list((tmp_path / "p.references").iterdir())) == 1
    assert folder.names() == ["p"]
    folder.remove("p")
    assert folder.names() == []
    with pytest.raises(PresetNotFound, match="there are: none"):
        folder.remove("p")


def test_a_damaged_preset_is_an_error_that_says_where(tmp_path: Path) -> None:
    folder = PresetFolder(tmp_path)
    for text, expected in (
        ("name = ", "cannot be read"),
        ('name = "p"\ncolour = 3', "colour"),
        ("format = 2", "format"),
    ):
        (tmp_path / "p.toml").write_text(text)
        with pytest.raises(PresetError, match=expected):
            folder.load("p")


@given(name=st.text(max_size=120))
def test_a_name_is_either_refused_or_that_of_a_file_in_the_folder(name: str) -> None:
    folder = PresetFolder("presets")
    try:
        file = folder.file(name)
    except PresetError:
        return
    assert file.parent == folder.path
    assert file.stem == unicodedata.normalize("NFC", name)
    assert not set(name) & set('<>:"/\\|?*\n')


@pytest.mark.parametrize("name", ["Labor Süd", "हिन्दी", "実験室 2", "50 % white", "🍃"])
def test_a_preset_is_called_what_its_user_calls_it(name: str, tmp_path: Path) -> None:
    folder = PresetFolder(tmp_path)
    folder.save(Preset(name=name))
    assert folder.names() == [name]
    assert folder.load(name).name == name
