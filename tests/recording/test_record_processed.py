"""Live lines are standardised, calibrated and given to models as stored ones are, and the file says what was done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

import pymodaq_hsi as hsi
from h5modules.data_saving import DataLoader
from pymodaq_hsi.cli.record import record
from pymodaq_hsi.envi import write_envi
from pymodaq_hsi.errors import CalibrationError, ModelError, StepError
from pymodaq_hsi.processing import calibrate_cube
from pymodaq_hsi.processing.models import BandRatio, SpectralAngleMapper, write_model
from pymodaq_hsi.processing.steps import (
    Bin,
    Crop,
    DeadPixels,
    Flip,
    Keystone,
    Resample,
    Smile,
    read_steps,
    write_steps,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES, PIXELS, BANDS = 12, 24, 16
WAVELENGTHS = np.linspace(400, 1000, BANDS)
SCAN = "/RawData/Scan000"
STEPS = hsi.Standardisation(
    [
        Flip(),
        DeadPixels([(3, 4)], detect=12.0),
        Smile((0.5, -0.1)),
        Keystone((0.0, 0.01)),
        Crop(pixels=(2, 22)),
        Bin(2, 1),
        Resample(tuple(np.linspace(420, 980, 9))),
    ]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cubes")
    random = np.random.default_rng(5)
    cube = random.integers(200, 52_000, (LINES, PIXELS, BANDS)).astype("uint16")
    white = random.normal(50_000, 60, (6, PIXELS, BANDS)).astype("uint16")
    white[:, 9, 3] = random.integers(90, 110, 6)  # dead
    dark = random.integers(90, 110, (4, PIXELS, BANDS)).astype("uint16")
    for name, data in (("scene", cube), ("scene_White", white), ("scene_Dark", dark)):
        write_envi(folder / f"{name}.hdr", data, wavelengths=WAVELENGTHS, interleave="bil")
    write_steps(folder / "steps.toml", STEPS)
    return folder


@pytest.fixture(scope="module")
def camera(folder: Path) -> Iterator[hsi.InstrumentDevice]:
    names = {"Cube": "scene", "WhiteReferenceCube": "scene_White", "DarkReferenceCube": "scene_Dark"}
    paths = {key: folder / f"{name}.hdr" for key, name in names.items()}
    with hsi.connect(hsi.ConnectionSettings("VirtualHyperCamera", hsi.DriverType.Instrument, "0"), paths) as group:
        device = group.primary_device()
        device.set_parameter("FrameRate", 5000)
        yield device


@pytest.fixture(scope="module")
def references(camera: hsi.InstrumentDevice) -> hsi.InstrumentParameters:
    white = hsi.measure_reference(camera, "WhiteReference")
    return hsi.InstrumentParameters(white, hsi.measure_reference(camera, "DarkReference"))


def test_a_recording_with_steps_is_the_stored_cube_with_these_steps_to_the_bit(
    camera: hsi.InstrumentDevice, references: hsi.InstrumentParameters, folder: Path, tmp_path: Path
) -> None:
    steps = read_steps(folder / "steps.toml")
    assert steps == STEPS
    context = hsi.RecordingContext(camera, references, hsi.ValueType.Reflectance, steps=steps)
    live = hsi.record_cube(context, tmp_path / "live.h5", LINES)
    stored = calibrate_cube(folder / "scene.hdr", tmp_path / "stored.h5", steps=steps)
    with DataLoader(live.path) as loader:
        data = loader.load_data(live.node)
        axes = {axis.label: axis.get_data() for axis in data.axes}
        settings = json.loads(loader.get_node(f"{SCAN}/Settings").read()[0])
        validity = loader.load_data(f"{SCAN}/Validity/Data2D/CH00/Data00")[0]
    with DataLoader(stored.files[0]) as loader:
        other = loader.load_all("/", lazy=False)
    (same,) = [each[0] for each in other if each[0].shape == data[0].shape]
    assert data[0].shape == (LINES, 10, 9)
    assert data[0].tobytes() == same.tobytes()
    assert np.isnan(data[0]).any()
    np.testing.assert_array_equal(axes["Wavelength"], np.linspace(420, 980, 9))
    assert settings["standardisation"]["orientation"]["dispersion_axis"] == camera.frame_format().dispersion_axis
    done = hsi.Standardisation.from_plain({key: settings["standardisation"][key] for key in ("version", "steps")})
    assert done.steps[1] == DeadPixels([(3, 4), (14, 3)])  # the flip has moved pixel 9 to 14
    assert json.loads(data.standardisation) == settings["standardisation"]
    np.testing.assert_array_equal(validity, context.validity)
    assert context.result_info().white_reference.shape == (1, 10, 9)


def test_what_a_model_says_of_live_lines_is_beside_the_cube(
    camera: hsi.InstrumentDevice, references: hsi.InstrumentParameters, tmp_path: Path
) -> None:
    steps = hsi.Standardisation([Flip(), Crop(wavelengths=(500, 900))])
    known = np.array([300.0, 1100.0])
    model = SpectralAngleMapper({"grey": [1, 1], "red": [0, 1]}, known, threshold=3)
    context = hsi.RecordingContext(camera, references, hsi.ValueType.Reflectance, steps=steps, model=model)
    summary = hsi.record_cube(context, tmp_path / "cube.h5", LINES)
    with DataLoader(summary.path) as loader:
        found = {
            data.name: data
            for number in range(6)
            for data in [loader.load_data(f"{SCAN}/Detector000/DataND/CH{number:02d}/EnlData00")]
        }
    cube = found["Reflectance"][0]
    assert json.loads(found["Class"].classes) == ["grey", "red"]
    assert json.loads(found["Class"].model)["kind"] == "spectral_angle"
    apply = model.bind(cube.shape[1], context.wavelengths)
    for number, line in enumerate(cube):
        expected = apply(line)
        assert found["Class"][0][number].tobytes() == expected["Class"].tobytes()
        assert found["Angle"][0][number].tobytes() == expected["Angle"].tobytes()
    lost = np.isnan(cube).any(axis=2)
    assert lost.any()
    np.testing.assert_array_equal(found["Class"][0] == -1, lost)
    counts = hsi.RecordingContext(camera, steps=hsi.Standardisation(), model=BandRatio(680, 600))
    frame = np.full(camera.frame_format().shape, 1000, "uint16")
    counts.process(frame)
    np.testing.assert_array_equal(counts.answers["Ratio"], np.ones(PIXELS))


def test_radiance_is_for_the_exposure_that_the_camera_has(
    camera: hsi.InstrumentDevice, references: hsi.InstrumentParameters, tmp_path: Path
) -> None:
    radiometry = hsi.Radiometry([300.0, 1100.0], [1e-6, 3e-6], "lamp")
    given = hsi.InstrumentParameters(None, references.dark_reference, radiometry=radiometry)
    context = hsi.RecordingContext(camera, given, hsi.ValueType.Radiance)
    summary = hsi.record_cube(context, tmp_path / "cube.h5", 3)
    with DataLoader(summary.path) as loader:
        data = loader.load_data(summary.node)
        settings = json.loads(loader.get_node(f"{SCAN}/Settings").read()[0])
    dark = references.dark_reference
    assert isinstance(dark, hsi.Reference)
    frame = np.full(camera.frame_format().shape, 10_000, "uint16")
    expected = (context.standardise(frame - dark.mean)) * np.interp(WAVELENGTHS, [300, 1100], [1e-6, 3e-6]) / 5.0
    np.testing.assert_allclose(context.process(frame), expected, rtol=1e-6)
    assert data.units == "W/(m**2*sr*nm)"
    assert (settings["exposure_ms"], settings["radiometry"]["name"]) == (5.0, "lamp")
    flags = hsi.ReferenceImportFlag.IgnoreParameterMismatch
    context = hsi.RecordingContext(camera, given, hsi.ValueType.Radiance, flags=flags)
    camera.set_parameter("ExposureTime", 6.0)
    try:
        with pytest.raises(CalibrationError, match="exposes for 6 ms now, the context calculates radiance for 5 ms"):
            hsi.record_cube(context, tmp_path / "other.h5", 3)
    finally:
        camera.set_parameter("ExposureTime", 5.0)


def test_what_does_not_fit_the_camera_is_refused_when_the_context_is_made(camera: hsi.InstrumentDevice) -> None:
    with pytest.raises(StepError, match="keeps pixels 0 to 30, lines have 24"):
        hsi.RecordingContext(camera, steps=hsi.Standardisation([Crop(pixels=(0, 30))]))
    model = SpectralAngleMapper({"a": np.ones(16)})
    with pytest.raises(ModelError, match="takes 16 bands, the camera delivers 8"):
        hsi.RecordingContext(camera, steps=hsi.Standardisation([Bin(1, 2)]), model=model)
    beyond = hsi.Standardisation([Resample((300.0, 500.0))])
    context = hsi.ProcessingContext(camera, BandRatio(500, 300), steps=beyond)
    assert "1 of 2 bands have no value in any pixel, the first at 300" in context.lines.warnings[0]


def test_record_takes_steps_and_a_model_from_files(folder: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "ratio.json", BandRatio(800, 600))
    arguments = ["--cube", folder / "scene.hdr", "--white", folder / "scene_White.hdr"]
    arguments += ["--dark", folder / "scene_Dark.hdr", "--steps", folder / "steps.toml"]
    arguments += ["--model", tmp_path / "ratio.json", "--output", tmp_path / "cube.h5", "--json"]
    done = CliRunner().invoke(record, [str(word) for word in arguments])
    assert done.exit_code == 0, done.output
    with DataLoader(tmp_path / "cube.h5") as loader:
        plan = json.loads(loader.get_node(f"{SCAN}/Plan").read()[0])["detectors"][0]
        ratio = loader.load_data(f"{SCAN}/Detector000/DataND/CH04/EnlData00")
    assert ratio[0].shape == (LINES, 10)
    assert hsi.Standardisation.from_plain(plan["steps"]) == STEPS
    assert plan["model"] == str(tmp_path / "ratio.json")
