"""From the camera to the file and back: nothing changes on the way, and nothing is lost when it ends early."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pymodaq_hsi as hsi
from h5modules.data_saving import DataLoader
from pymodaq_hsi.envi import write_envi
from pymodaq_hsi.errors import CalibrationError, DriverCrashed, OutputError, OutputExists

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES, PIXELS, BANDS = 40, 24, 16
WAVELENGTHS = np.linspace(400, 1000, BANDS)
SCAN = "/RawData/Scan000"
CAMERA = hsi.ConnectionSettings("VirtualHyperCamera", hsi.DriverType.Instrument, "0")
"""Not looked for, which takes a process for each plugin."""


@pytest.fixture(scope="module")
def cubes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    return {
        "Cube": random.integers(0, 65536, (LINES, PIXELS, BANDS)).astype("uint16"),
        "WhiteReferenceCube": random.integers(50_000, 60_000, (6, PIXELS, BANDS)).astype("uint16"),
        "DarkReferenceCube": random.integers(50, 200, (4, PIXELS, BANDS)).astype("uint16"),
    }


@pytest.fixture(scope="module")
def camera(cubes: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Iterator[hsi.InstrumentDevice]:
    folder = tmp_path_factory.mktemp("cubes")
    paths = {name: folder / f"{name}.hdr" for name in cubes}
    for name, path in paths.items():
        write_envi(path, cubes[name], wavelengths=WAVELENGTHS, interleave="bil", byte_order="big")
    with hsi.connect(CAMERA, paths) as group:
        device = group.primary_device()
        device.set_parameter("FrameRate", 5000)
        yield device


@pytest.fixture(scope="module")
def references(camera: hsi.InstrumentDevice) -> hsi.InstrumentParameters:
    white = hsi.measure_reference(camera, "WhiteReference")
    return hsi.InstrumentParameters(white, hsi.measure_reference(camera, "DarkReference"))


def test_intensity_comes_back_bit_for_bit(
    camera: hsi.InstrumentDevice, cubes: dict[str, np.ndarray], tmp_path: Path
) -> None:
    summary = hsi.record_cube(hsi.RecordingContext(camera), tmp_path / "cube.h5", LINES)
    assert (summary.lines, summary.dropped, summary.complete) == (LINES, 0, True)
    with DataLoader(summary.path) as loader:
        data = loader.load_data(summary.node)
    assert data[0].dtype == np.uint16
    np.testing.assert_array_equal(data[0], cubes["Cube"])
    assert data.units == "counts"


def test_reflectance_is_the_formula_and_the_file_holds_all_that_belongs_to_it(
    camera: hsi.InstrumentDevice,
    references: hsi.InstrumentParameters,
    cubes: dict[str, np.ndarray],
    tmp_path: Path,
) -> None:
    context = hsi.RecordingContext(camera, references, hsi.ValueType.Reflectance)
    before = time.time()
    summary = hsi.record_cube(context, tmp_path / "cube.h5", LINES, title="Leaves")
    white = cubes["WhiteReferenceCube"].mean(axis=0)
    dark = cubes["DarkReferenceCube"].mean(axis=0)
    with DataLoader(summary.path) as loader:
        data = loader.load_data(summary.node)
        np.testing.assert_allclose(data[0], (cubes["Cube"] - dark) / (white - dark), rtol=1e-6, atol=1e-9)
        assert data[0].dtype == np.float32
        axes = {axis.label: axis for axis in data.axes}
        np.testing.assert_array_equal(axes["Wavelength"].get_data(), WAVELENGTHS)
        assert axes["Wavelength"].units == "nm"
        times = axes["time"].get_data()
        assert axes["time"].units == "s"
        assert before <= times[0] <= times[-1] <= time.time()
        assert np.all(np.diff(times) >= 0)
        detector = f"{SCAN}/Detector000/DataND"
        numbers = loader.load_data(f"{detector}/CH01/EnlData00")
        np.testing.assert_array_equal(np.ravel(numbers[0]), np.arange(LINES))
        loaded_white = loader.load_data(f"{SCAN}/WhiteReference/Data2D/CH00/Data00")
        np.testing.assert_allclose(loaded_white[0], white)
        np.testing.assert_allclose(loaded_white.errors[0], cubes["WhiteReferenceCube"].std(axis=0, ddof=1), rtol=1e-9)
        loaded_dark = loader.load_data(f"{SCAN}/DarkReference/Data2D/CH00/Data00")
        np.testing.assert_allclose(loaded_dark[0], dark)
        settings = json.loads(loader.get_node(f"{SCAN}/Settings").read()[0])
    assert settings["value_type"] == "Reflectance"
    assert settings["wanted_lines"] == LINES
    recorded = settings["devices"][0]
    assert recorded["driver"] == "VirtualHyperCamera"
    assert recorded["parameters"]["FrameRate"] == 5000
    assert recorded["units"]["ExposureTime"] == "ms"


def test_an_output_that_exists_is_kept_unless_overwriting_is_asked_for(
    camera: hsi.InstrumentDevice, tmp_path: Path
) -> None:
    path = tmp_path / "cube.h5"
    path.write_bytes(b"precious")
    context = hsi.RecordingContext(camera)
    with pytest.raises(OutputExists, match=r"cube\.h5 exists"):
        hsi.record_cube(context, path, 3)
    assert path.read_bytes() == b"precious"
    assert hsi.record_cube(context, path, 3, overwrite=True).lines == 3


def test_a_folder_that_is_not_there_and_a_disk_that_is_too_small_are_told_before_anything_starts(
    camera: hsi.InstrumentDevice, tmp_path: Path
) -> None:
    context = hsi.RecordingContext(camera)
    with pytest.raises(OutputError, match="no folder"):
        hsi.record_cube(context, tmp_path / "nowhere" / "cube.h5", 3)
    with pytest.raises(OutputError, match=r"needs [\d,]+ MB"):
        hsi.record_cube(context, tmp_path / "cube.h5", 10**13)
    with pytest.raises(CalibrationError, match="at least 1"):
        hsi.record_cube(context, tmp_path / "cube.h5", 0)
    assert not (tmp_path / "cube.h5").exists()


def test_a_name_that_is_not_of_an_hdf5_file_is_refused(camera: hsi.InstrumentDevice, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ends in \.h5"):
        hsi.record_cube(hsi.RecordingContext(camera), tmp_path / "cube.txt", 3)
    assert not list(tmp_path.iterdir())


def test_a_recording_that_never_gets_a_line_overwrites_nothing(camera: hsi.InstrumentDevice, tmp_path: Path) -> None:
    path = tmp_path / "cube.h5"
    path.write_bytes(b"precious")
    with hsi.connect(CAMERA) as group:
        slow = group.primary_device()
        slow.set_parameter("FrameRate", 0.1)
        context = hsi.RecordingContext(slow)
        with slow.acquire() as acquisition:  # the first frame of an acquisition comes at once, so it must be the second
            next(acquisition.buffers(1, timeout=20.0))
        group.close()
        with pytest.raises(hsi.HsiError):
            hsi.record_cube(context, path, 3, overwrite=True)
    assert path.read_bytes() == b"precious"


def test_settings_changed_since_the_references_are_refused_when_recording(
    camera: hsi.InstrumentDevice, references: hsi.InstrumentParameters, tmp_path: Path
) -> None:
    context = hsi.RecordingContext(camera, references, hsi.ValueType.Reflectance)
    camera.set_parameter("ExposureTime", 6.0)
    try:
        with pytest.raises(hsi.HsiError, match=r"ExposureTime was 5\.0 and is 6\.0"):
            hsi.record_cube(context, tmp_path / "cube.h5", 3)
    finally:
        camera.set_parameter("ExposureTime", 5.0)
    assert not list(tmp_path.iterdir())


def test_references_taken_under_other_settings_are_refused_with_every_difference(
    camera: hsi.InstrumentDevice, references: hsi.InstrumentParameters
) -> None:
    camera.set_parameter("ExposureTime", 7.5)
    try:
        with pytest.raises(hsi.HsiError, match=r"ExposureTime was 5\.0 and is 7\.5"):
            hsi.RecordingContext(camera, references, hsi.ValueType.Reflectance)
        flags = hsi.ReferenceImportFlag.IgnoreParameterMismatch
        hsi.RecordingContext(camera, references, hsi.ValueType.Reflectance, flags=flags)
    finally:
        camera.set_parameter("ExposureTime", 5.0)


def test_reflectance_without_a_white_reference_says_what_to_do(camera: hsi.InstrumentDevice) -> None:
    with pytest.raises(hsi.HsiError, match="measure one"):
        hsi.RecordingContext(camera, None, hsi.ValueType.Reflectance)


def test_references_of_another_shape_are_refused_with_both_shapes(
    camera: hsi.InstrumentDevice, references: hsi.InstrumentParameters
) -> None:
    camera.set_parameter("PixelCount", 20)
    try:
        with pytest.raises(CalibrationError, match=r"\(24, 16\).*\(20, 16\)"):
            hsi.RecordingContext(camera, references, hsi.ValueType.Reflectance)
    finally:
        camera.set_parameter("PixelCount", PIXELS)


SCRIPT = """
    import sys
    import psutil
    import pymodaq_hsi as hsi
    settings = hsi.ConnectionSettings("VirtualHyperCamera", hsi.DriverType.Instrument, "0")
    with hsi.connect(settings, {"Cube": sys.argv[1]}) as group:
        camera = group.primary_device()
        camera.set_parameter("FrameRate", 2000)
        (host,) = (child.pid for child in psutil.Process().children() if "hosting.host" in " ".join(child.cmdline()))
        def shown(summary):
            print(summary.lines, host, flush=True)
        hsi.record_cube(hsi.RecordingContext(camera), sys.argv[2], 100_000, progress=shown)
"""


def recording(cubes: dict[str, np.ndarray], tmp_path: Path) -> tuple[subprocess.Popen[str], Path]:
    write_envi(tmp_path / "cube.hdr", cubes["Cube"])
    path = tmp_path / "cube.h5"
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(tmp_path / "cube.hdr"), str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return process, path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_lines_recorded_before_the_end_of_the_application_are_in_the_file(
    cubes: dict[str, np.ndarray], tmp_path: Path, number: signal.Signals
) -> None:
    process, path = recording(cubes, tmp_path)
    assert process.stdout is not None
    for _ in range(15):
        accepted, host = (int(word) for word in process.stdout.readline().split())
    process.send_signal(number)
    rest = process.communicate(timeout=30)[0].split("\n")
    accepted = max([accepted, *(int(line.split()[0]) for line in rest[:-2] if line)])
    check(path, cubes, accepted)
    wait_until_gone(host)


def test_lines_recorded_before_the_drivers_death_are_in_the_file_and_the_error_names_it(
    cubes: dict[str, np.ndarray], tmp_path: Path
) -> None:
    write_envi(tmp_path / "cube.hdr", cubes["Cube"])
    path = tmp_path / "cube.h5"
    accepted = 0
    with hsi.connect(CAMERA, {"Cube": tmp_path / "cube.hdr"}) as group:
        camera = group.primary_device()
        camera.set_parameter("FrameRate", 2000)

        def kill_at_60(summary: hsi.RecordingSummary) -> None:
            nonlocal accepted
            if accepted < 60 <= summary.lines:
                os.kill(group.pid, signal.SIGKILL)
            accepted = summary.lines

        with pytest.raises(DriverCrashed, match=r"(?s)VirtualHyperCamera.*SIGKILL"):
            hsi.record_cube(hsi.RecordingContext(camera), path, 10_000, progress=kill_at_60)
    assert accepted >= 60
    check(path, cubes, accepted)


def check(path: Path, cubes: dict[str, np.ndarray], accepted: int) -> None:
    with DataLoader(path) as loader:
        data = loader.load_data(f"{SCAN}/Detector000/DataND/CH00/EnlData00")
        numbers = loader.load_data(f"{SCAN}/Detector000/DataND/CH01/EnlData00")
    assert len(data[0]) >= accepted
    assert len(numbers[0]) >= accepted
    for place in (0, accepted // 2, accepted - 1):
        np.testing.assert_array_equal(data[0][place], cubes["Cube"][place % LINES])
        assert np.ravel(numbers[0])[place] == place


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail(f"the driver's process {pid} is still there")
