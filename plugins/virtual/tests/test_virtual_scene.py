"""The built-in scene: what comes out is what went in, and it obeys lamp, exposure, region and seed."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pymodaq_hsi as hsi
from pymodaq_hsi.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator


look = functools.cache(hsi.enumerate_devices)


def connect_virtual(name: str, parameters: dict[str, object] | None = None) -> hsi.DeviceGroup:
    """Connect a virtual device; they are looked for once."""
    return hsi.connect(look().device(name), parameters)


@pytest.fixture(scope="module")
def camera() -> Iterator[hsi.InstrumentDevice]:
    with connect_virtual("VirtualHyperCamera") as group:
        device = group.primary_device()
        device.setup_internal_buffers(100)
        yield device


@pytest.fixture(autouse=True)
def defaults(camera: hsi.InstrumentDevice) -> None:
    for name in ("PixelBinning", "BandBinning", "PixelOffset", "BandOffset"):
        camera.set_parameter(name, camera.parameter_list()[name].default)
    for name in ("PixelCount", "BandCount", "ExposureTime", "Gain", "Noise", "Seed"):
        camera.set_parameter(name, camera.parameter_list()[name].default)
    camera.set_parameter("OverflowPolicy", "Wait")
    camera.set_parameter("FrameRate", 200)


def frames(camera: hsi.InstrumentDevice, count: int, reference: str | None = None) -> np.ndarray:
    with camera.acquire(reference_name=reference) as acquisition:
        return np.array([buffer.copy() for buffer in acquisition.buffers(count, timeout=20.0)])


@pytest.mark.parametrize(("noise", "allowed"), [(False, 0.005), (True, 0.01)])
def test_recovered_reflectance_is_the_one_that_went_in(
    camera: hsi.InstrumentDevice, noise: bool, allowed: float
) -> None:
    camera.set_parameter("Noise", noise)
    dark = hsi.measure_reference(camera, "DarkReference", 50)
    white = hsi.measure_reference(camera, "WhiteReference", 50)
    context = hsi.RecordingContext(camera, hsi.InstrumentParameters(white, dark), hsi.ValueType.Reflectance)
    truth = json.loads(str(camera.get_parameter("SceneDescription")))
    used = (context.wavelengths >= 420) & (context.wavelengths <= 900)
    sums = {patch["name"]: [] for patch in truth["patches"]}
    with camera.acquire() as acquisition:
        for number, buffer in enumerate(acquisition.buffers(truth["lines"], timeout=20.0)):
            line = context.process(buffer)
            for patch in truth["patches"]:
                if patch["lines"][0] <= number < patch["lines"][1]:
                    seen = line[slice(*patch["pixels"])][:, used]
                    sums[patch["name"]].append(np.abs(seen - np.array(patch["reflectance"])[used]).mean())
    assert len(sums) == 24
    for name, errors in sums.items():
        assert np.mean(errors) < allowed, name


def test_the_same_seed_gives_the_same_frames_and_another_seed_others(camera: hsi.InstrumentDevice) -> None:
    with connect_virtual("VirtualHyperCamera") as one, connect_virtual("VirtualHyperCamera") as other:
        first, second = frames(one.primary_device(), 3), frames(other.primary_device(), 3)
        np.testing.assert_array_equal(first, second)
        other.primary_device().set_parameter("Seed", 99)
        assert not np.array_equal(frames(other.primary_device(), 3), first)
    assert not np.array_equal(first[0], first[1])


def test_signal_grows_with_exposure_and_saturates_at_twelve_bits(camera: hsi.InstrumentDevice) -> None:
    camera.set_parameter("Noise", False)
    means = []
    for exposure in (1.0, 2.0, 4.0):
        camera.set_parameter("ExposureTime", exposure)
        dark = frames(camera, 1, "DarkReference")[0].astype(float)
        means.append((frames(camera, 1, "WhiteReference")[0] - dark).mean())
    assert means[1] / means[0] == pytest.approx(2, rel=0.01)
    assert means[2] / means[0] == pytest.approx(4, rel=0.01)
    camera.set_parameter("ExposureTime", 100.0)
    white = frames(camera, 1, "WhiteReference")
    assert white.max() == 4095
    assert camera.frame_format().saturation == 4095


def test_dark_frames_grow_with_exposure_and_have_the_noise_of_their_electrons(camera: hsi.InstrumentDevice) -> None:
    camera.set_parameter("ExposureTime", 500.0)
    camera.set_parameter("FrameRate", 2.0)
    assert camera.get_parameter("FrameRate") == 2.0
    dark = frames(camera, 2, "DarkReference").astype(float)
    electrons = 4000.0 * 0.5
    assert dark.mean() == pytest.approx(64 + electrons / 10, abs=0.5)
    expected = np.sqrt((electrons + 12.0**2) / 100 + 1 / 12)  # shot and read noise, and rounding
    assert (dark[1] - dark[0]).std() / np.sqrt(2) == pytest.approx(expected, rel=0.05)


def test_exposure_limits_the_frame_rate_and_says_so(camera: hsi.InstrumentDevice) -> None:
    changes = []
    stop = camera.on_parameters_changed(lambda specs: changes.extend(spec.name for spec in specs))
    camera.set_parameter("ExposureTime", 20.0)
    stop()
    assert camera.parameter_list()["FrameRate"].maximum == pytest.approx(50)
    assert camera.get_parameter("FrameRate") == pytest.approx(50)
    assert "FrameRate" in changes
    with pytest.raises(ParameterError, match=r"FrameRate = 200.* from 0.1 to 50 Hz"):
        camera.set_parameter("FrameRate", 200)


@pytest.mark.parametrize("rate", [50.0, 400.0])
def test_frame_rate_is_honoured(camera: hsi.InstrumentDevice, rate: float) -> None:
    camera.set_parameter("ExposureTime", 1.0)
    camera.set_parameter("FrameRate", rate)
    with camera.acquire() as acquisition:
        times = [buffer.timestamp for buffer in acquisition.buffers(round(rate / 2) + 1, timeout=20.0)]
    assert (times[-1] - times[0]) == pytest.approx(0.5, rel=0.1)


def test_region_and_binning_are_cut_from_the_full_frame(camera: hsi.InstrumentDevice) -> None:
    camera.set_parameter("Noise", False)
    full = frames(camera, 30)[-1].astype(float)
    wavelengths = np.array(camera.frame_format().wavelengths)
    for name, value in {"PixelCount": 320, "PixelOffset": 100, "BandCount": 112, "BandOffset": 60}.items():
        camera.set_parameter(name, value)
    np.testing.assert_array_equal(frames(camera, 30)[-1], full[100:420, 60:172])
    camera.set_parameter("PixelBinning", 2)
    camera.set_parameter("BandBinning", 4)
    binned = full[100:420, 60:172].reshape(160, 2, 28, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(frames(camera, 30)[-1], binned, atol=1.01)
    np.testing.assert_allclose(camera.frame_format().wavelengths, wavelengths[60:172].reshape(28, 4).mean(axis=1))
    with pytest.raises(ParameterError, match="PixelOffset"):
        camera.set_parameter("PixelOffset", 321)


def test_region_cannot_change_during_an_acquisition(camera: hsi.InstrumentDevice) -> None:
    with camera.acquire(), pytest.raises(ParameterError, match="PixelCount cannot be changed during an acquisition"):
        camera.set_parameter("PixelCount", 100)


def test_camera_sees_the_light_and_a_dark_reference_leaves_the_users_settings_alone(
    camera: hsi.InstrumentDevice,
) -> None:
    camera.set_parameter("Noise", False)
    dark = frames(camera, 1, "DarkReference")[0].astype(float)
    full = frames(camera, 30)[-1] - dark
    with connect_virtual("VirtualLight") as group:
        light = group.primary_device()
        light.set_parameter("Intensity", 50)
        np.testing.assert_allclose(frames(camera, 30)[-1] - dark, full / 2, atol=1.01)
        hsi.measure_reference(camera, "DarkReference", 5)
        assert (light.get_parameter("Intensity"), light.get_parameter("Enabled")) == (50, True)
        assert light.state is hsi.LightState.Parametrized
        light.set_parameter("Enabled", "Off")
        np.testing.assert_array_equal(frames(camera, 30)[-1], dark)
        light.set_parameter("Enabled", True)
        light.set_state(hsi.LightState.ForcedOff)
        np.testing.assert_array_equal(frames(camera, 30)[-1], dark)
        light.set_state(hsi.LightState.Parametrized)
        np.testing.assert_allclose(frames(camera, 30)[-1] - dark, full / 2, atol=1.01)
    np.testing.assert_array_equal(frames(camera, 30)[-1] - dark, full)


def test_camera_sees_the_line_under_the_stage(camera: hsi.InstrumentDevice) -> None:
    camera.set_parameter("Noise", False)
    by_line = frames(camera, 120)
    pitch = float(camera.get_parameter("LinePitch"))
    with connect_virtual("VirtualStage") as group:
        stage = group.primary_device()
        for line in (0, 50, 110):
            assert stage.move_to(line * pitch) == pytest.approx(line * pitch)
            seen = frames(camera, 2)
            np.testing.assert_array_equal(seen[0], by_line[line])
            np.testing.assert_array_equal(seen[1], by_line[line])
        with pytest.raises(ParameterError, match="Position"):
            stage.move_to(1e6)
