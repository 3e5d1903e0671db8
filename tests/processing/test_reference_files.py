"""References survive on disk, whole or not at all, and are used only with the camera and the settings they are of."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pymodaq_hsi as hsi
from h5modules.data_saving import DataLoader
from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.envi import write_envi
from pymodaq_hsi.errors import (
    CalibrationError,
    EnviError,
    OutputError,
    ReferenceFileError,
    ReferenceFileNotFound,
    ReferenceMismatch,
)
from pymodaq_hsi.processing import Panel, Reference, ReferenceImportFlag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymodaq_hsi.devices import InstrumentDevice

SETTINGS = "/RawData/Reference/Settings"


@pytest.fixture(scope="module")
def connected() -> Iterator[InstrumentDevice]:
    with hsi.connect(hsi.ConnectionSettings("VirtualHyperCamera", hsi.DriverType.Instrument, "0")) as group:
        yield group.primary_device()


@pytest.fixture
def camera(connected: InstrumentDevice) -> InstrumentDevice:
    for name, value in {"PixelCount": 20, "BandCount": 30, "ExposureTime": 5.0, "Gain": 1.0}.items():
        connected.set_parameter(name, value)
    return connected


def small(name: str = "WhiteReference", level: float = 1000.0, **changes: Any) -> Reference:
    """Return a reference made of numbers."""
    form = FrameFormat((3, 4), "uint16", 1, (400.0, 500.0, 600.0, 700.0), saturation=4095)
    frames = np.full((2, 3, 4), level) + np.array([-1.0, 1.0])[:, None, None]
    return Reference.from_frames(name, frames, form, {"ExposureTime": 5.0}, 1e9, **changes)


def test_what_was_exported_is_imported(camera: InstrumentDevice, tmp_path: Path) -> None:
    panel = Panel([300, 1100], [0.97, 0.99], name="SRT-99")
    taken = hsi.measure_reference(camera, "WhiteReference", 4, panel=panel)
    path = hsi.export_reference(camera, taken, tmp_path / "white")
    assert path == tmp_path / "white.hsiref"
    again = hsi.import_reference(camera, path)
    for name in ("mean", "std", "saturated"):
        np.testing.assert_array_equal(getattr(again, name), getattr(taken, name))
    for name in ("name", "count", "timestamp", "format", "settings", "instrument"):
        assert getattr(again, name) == getattr(taken, name)
    assert again.settings["SerialNumber"] == "VHC-0"
    assert 0 <= again.age < 60
    context = hsi.RecordingContext(camera, hsi.InstrumentParameters(again), hsi.ValueType.Reflectance)
    np.testing.assert_allclose(context.panel_reflectivity, np.interp(context.wavelengths, [300, 1100], [0.97, 0.99]))


def test_the_file_is_one_of_the_node_convention(camera: InstrumentDevice, tmp_path: Path) -> None:
    taken = hsi.measure_reference(camera, "DarkReference", 3)
    path = hsi.export_reference(camera, taken, tmp_path / "dark.hsiref")
    with DataLoader(path) as loader:
        mean = loader.load_data("/RawData/Reference/Mean/Data00")
    np.testing.assert_array_equal(mean[0], taken.mean)
    np.testing.assert_array_equal(mean.errors[0], taken.std)
    assert [axis.units for axis in mean.axes] == ["", "nm"]
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["RawData/Reference/Mean/Data00"], taken.mean)


def test_settings_that_differ_are_all_named_with_both_values_unless_ignored(
    camera: InstrumentDevice, tmp_path: Path
) -> None:
    path = hsi.export_reference(camera, hsi.measure_reference(camera, "WhiteReference", 2), tmp_path / "w.hsiref")
    camera.set_parameter("ExposureTime", 4.0)
    camera.set_parameter("Gain", 2.0)
    with pytest.raises(
        ReferenceMismatch, match=r"ExposureTime was 5\.0 and is 4\.0, Gain was 1\.0 and is 2\.0"
    ) as told:
        hsi.import_reference(camera, path)
    assert told.value.differences == {"ExposureTime": (5.0, 4.0), "Gain": (1.0, 2.0)}
    taken = hsi.import_reference(camera, path, ReferenceImportFlag.IgnoreParameterMismatch)
    hsi.RecordingContext(camera, hsi.InstrumentParameters(taken), hsi.ValueType.Reflectance)
    camera.set_parameter("Gain", 3.0)  # this was not what was overlooked
    with pytest.raises(ReferenceMismatch, match=r"Gain was 1\.0 and is 3\.0") as told:
        hsi.RecordingContext(camera, hsi.InstrumentParameters(taken), hsi.ValueType.Reflectance)
    assert "ExposureTime" not in told.value.differences


def test_another_offset_is_named_with_the_wavelengths(camera: InstrumentDevice, tmp_path: Path) -> None:
    path = hsi.export_reference(camera, hsi.measure_reference(camera, "WhiteReference", 2), tmp_path / "w.hsiref")
    camera.set_parameter("BandOffset", 10)
    try:
        with pytest.raises(ReferenceMismatch) as told:
            hsi.import_reference(camera, path)
    finally:
        camera.set_parameter("BandOffset", 0)
    assert set(told.value.differences) == {"BandOffset", "Wavelengths"}


def test_other_dimensions_are_an_error_also_when_settings_are_ignored(camera: InstrumentDevice, tmp_path: Path) -> None:
    taken = hsi.measure_reference(camera, "WhiteReference", 2)
    path = hsi.export_reference(camera, taken, tmp_path / "w.hsiref")
    camera.set_parameter("PixelCount", 19)
    for flags in (0, 1):
        with pytest.raises(CalibrationError, match=r"\(20, 30\).*\(19, 30\)"):
            hsi.import_reference(camera, path, flags)
    with pytest.raises(CalibrationError, match=r"\(20, 30\).*\(19, 30\)"):
        hsi.export_reference(camera, taken, tmp_path / "other.hsiref")
    assert not (tmp_path / "other.hsiref").exists()
    wrong_type = Reference.from_frames("WhiteReference", [np.ones((19, 30))], FrameFormat((19, 30), "uint8", 1))
    with pytest.raises(CalibrationError, match=r"type uint8.*type uint16"):
        hsi.export_reference(camera, wrong_type, tmp_path / "other.hsiref")


def test_a_container_is_exported_with_its_frames_and_what_they_were_acquired_for(
    camera: InstrumentDevice, tmp_path: Path
) -> None:
    container = hsi.BufferContainer(camera, 3)
    camera.set_parameter("ExposureTime", 3.0)  # after the container was made, before it was filled
    with camera.acquire(reference_name="DarkReference") as acquisition:
        for buffer in acquisition.buffers(3, timeout=5.0):
            container.add(buffer)
    path = hsi.export_reference(camera, container, tmp_path / "d.hsiref")
    imported = hsi.import_reference(camera, path)
    assert (imported.name, imported.count) == ("DarkReference", 3)
    assert imported.settings["ExposureTime"] == 3.0
    np.testing.assert_allclose(imported.mean, container.data.mean(axis=0))
    with DataLoader(path) as loader:
        np.testing.assert_array_equal(loader.load_data("/RawData/Reference/Frames/Data00")[0], container.data)
    with pytest.raises(CalibrationError, match="exchange them"):
        hsi.RecordingContext(camera, hsi.InstrumentParameters(container), hsi.ValueType.Reflectance)
    with pytest.raises(CalibrationError, match="WhiteReference was asked for"):
        hsi.import_reference(camera, path, name="WhiteReference")


def test_containers_that_say_nothing_ring_or_are_empty(camera: InstrumentDevice, tmp_path: Path) -> None:
    plain, ring = hsi.BufferContainer(camera, 2), hsi.BufferContainer(camera, 2, ring=True)
    with pytest.raises(CalibrationError, match="nothing to average"):
        hsi.export_reference(camera, plain, tmp_path / "x.hsiref")
    with camera.acquire() as acquisition:
        for buffer in acquisition.buffers(2, timeout=5.0):
            plain.add(buffer)
            ring.add(buffer)
    with pytest.raises(CalibrationError, match="ring container"):
        hsi.export_reference(camera, ring, tmp_path / "x.hsiref")
    assert list(tmp_path.iterdir()) == []
    path = hsi.export_reference(camera, plain, tmp_path / "x.hsiref")
    with pytest.raises(CalibrationError, match="does not say"):
        hsi.import_reference(camera, path)
    assert hsi.import_reference(camera, path, name="WhiteReference").count == 2


def test_a_device_that_is_gone_does_not_keep_its_reference_from_being_saved(tmp_path: Path) -> None:
    settings = hsi.ConnectionSettings("VirtualHyperCamera", hsi.DriverType.Instrument, "0")
    with hsi.connect(settings, hosting="inline") as group:
        camera = group.primary_device()
        camera.set_parameter("PixelCount", 8)
        taken = hsi.measure_reference(camera, "WhiteReference", 2)
    path = hsi.export_reference(camera, taken, tmp_path / "w.hsiref")
    np.testing.assert_array_equal(hsi.read_reference(path).mean, taken.mean)


def test_lights_are_off_for_a_dark_reference_and_back_after_it(camera: InstrumentDevice) -> None:
    settings = hsi.ConnectionSettings("VirtualLight", hsi.DriverType.LightControl, "0")
    with hsi.connect(settings, hosting="inline") as group:
        light = group.primary_device()
        seen = []
        hsi.measure_reference(camera, "DarkReference", 2, progress=lambda *_: seen.append(light.state))
        assert seen == [hsi.LightState.ForcedOff] * 2
        assert light.state is hsi.LightState.Parametrized
        with pytest.raises(CalibrationError, match="at least 1"):
            hsi.measure_reference(camera, "DarkReference", 0)
        assert light.state is hsi.LightState.Parametrized


def test_a_setting_that_changes_while_a_reference_is_taken_is_an_error(camera: InstrumentDevice) -> None:
    def interfere(done: int, total: int) -> None:
        camera.set_parameter("Gain", 1.0 + done)

    with pytest.raises(ReferenceMismatch, match=r"Gain from 1\.0 to 3\.0"):
        hsi.measure_reference(camera, "DarkReference", 2, progress=interfere)


def test_envi_cubes_are_references(camera: InstrumentDevice, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    known = np.array(camera.frame_format().wavelengths)
    lines = np.random.default_rng(1).integers(0, 4000, (6, 20, 30)).astype("uint16")
    write_envi(tmp_path / "x_White.hdr", lines[:, :, ::-1], wavelengths=known[::-1], interleave="bil")
    with caplog.at_level(logging.WARNING):
        found = hsi.import_reference(camera, tmp_path / "x_White.hdr")
    assert "not known, and were not compared" in caplog.text
    assert (found.name, found.count) == ("WhiteReference", 6)
    np.testing.assert_allclose(found.mean, lines.mean(axis=0))
    write_envi(tmp_path / "mean.hdr", lines.mean(axis=0, keepdims=True))
    found = hsi.import_reference(camera, tmp_path / "mean.hdr", name="DarkReference")
    np.testing.assert_allclose(found.mean, lines.mean(axis=0))
    write_envi(tmp_path / "far_Dark.hdr", lines, wavelengths=known + 50)
    with pytest.raises(ReferenceMismatch, match=r"Wavelengths was '450 to .* and is '400 to"):
        hsi.import_reference(camera, tmp_path / "far_Dark.hdr")
    write_envi(tmp_path / "odd_Dark.hdr", lines.astype("int32"))
    with pytest.raises(CalibrationError, match=r"type int32.*uint16"):
        hsi.import_reference(camera, tmp_path / "odd_Dark.hdr")
    write_envi(tmp_path / "less_Dark.hdr", lines[:, :7])
    with pytest.raises(CalibrationError, match=r"\(7, 30\).*\(20, 30\)"):
        hsi.import_reference(camera, tmp_path / "less_Dark.hdr")


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("order", [1, -1])
def test_envi_lines_are_turned_to_how_the_camera_delivers_frames(tmp_path: Path, axis: int, order: int) -> None:
    from pymodaq_hsi.processing.reference_cubes import read_reference_cube
    from pymodaq_hsi.processing.standardise import Standardiser

    line = np.arange(15, dtype="uint16").reshape(1, 5, 3)
    write_envi(tmp_path / "w_white.hdr", line, wavelengths=[400, 500, 600])
    form = FrameFormat((3, 5) if axis == 0 else (5, 3), "uint16", axis, (400.0, 500.0, 600.0)[::order])
    stored = read_reference_cube(tmp_path / "w_white.hdr", form, None)
    np.testing.assert_array_equal(Standardiser(form)(stored.mean), line[0])
    assert stored.format == form


def test_files_that_are_no_references_are_told_apart(camera: InstrumentDevice, tmp_path: Path) -> None:
    with pytest.raises(ReferenceFileNotFound, match=r"no file .*none\.hsiref"):
        hsi.import_reference(camera, tmp_path / "none.hsiref")
    with pytest.raises(ReferenceFileError, match="is a folder"):
        hsi.import_reference(camera, tmp_path)
    (tmp_path / "old.fluxref").write_bytes(b"FLUX" * 100)
    with pytest.raises(ReferenceFileError, match=r"neither a \.hsiref file"):
        hsi.import_reference(camera, tmp_path / "old.fluxref")
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        file["data"] = np.zeros(3)
    with pytest.raises(ReferenceFileError, match="without a reference"):
        hsi.import_reference(camera, tmp_path / "scan.h5")
    whole = hsi.export_reference(None, small(), tmp_path / "w.hsiref").read_bytes()
    (tmp_path / "half.hsiref").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReferenceFileError, match=r"half\.hsiref cannot be read"):
        hsi.read_reference(tmp_path / "half.hsiref")
    (tmp_path / "broken.hdr").write_text("ENVI\nsamples = many\n")
    with pytest.raises(EnviError):
        hsi.import_reference(camera, tmp_path / "broken.hdr")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": "other"}, "its format"),
        ({"version": 99}, "install a newer one"),
        ({"count": 0}, "count of frames is 0"),
        ({"count": "3"}, "count of frames is '3'"),
        ({"timestamp": None}, "its time is None"),
        ({"settings": [1]}, "its 'settings' is"),
        ({"checksums": 7}, "its 'checksums' is"),
        ({"reference": "GreyReference"}, "GreyReference"),
        ({"frame_format": {"shape": [3]}}, "cannot be understood"),
        ({"frame_format": {"shape": [10**6, 10**6], "dtype": "uint16", "wavelengths": None}}, "is damaged"),
        ({"frame_format": {"shape": [3, 4], "dtype": "O", "wavelengths": None}}, "cannot be understood"),
        ({"panel_reflectivity": {"wavelengths_nm": [2, 1]}}, "cannot be understood"),
        ("[" * 100_000, "are no JSON"),
        ("{", "are no JSON"),
    ],
    ids=str,
)
def test_a_hostile_file_gets_a_clear_error(tmp_path: Path, changes: dict[str, Any] | str, said: str) -> None:
    say_otherwise(tmp_path, changes)
    with pytest.raises(ReferenceFileError, match=said) as told:
        hsi.read_reference(tmp_path / "w.h5")
    assert str(tmp_path / "w.h5") in str(told.value)


def say_otherwise(folder: Path, changes: dict[str, Any] | str) -> None:
    """Write w.h5, a reference whose settings say something else than was written."""
    from h5modules.saving import H5SaverLowLevel

    path = hsi.export_reference(None, small(), folder / "w.hsiref")
    with DataLoader(path) as loader:
        good = loader.get_node(SETTINGS).read()[0]
    text = changes if isinstance(changes, str) else json.dumps(json.loads(good) | changes)
    path.rename(folder / "w.h5")
    with H5SaverLowLevel.from_file(folder / "w.h5") as h5:
        h5.h5_file.remove_node(SETTINGS)
        h5.add_string_array("/RawData/Reference", "Settings", rows=[text])


def test_a_file_from_before_there_were_checksums_is_read(tmp_path: Path) -> None:
    say_otherwise(tmp_path, {"checksums": {}})
    assert hsi.read_reference(tmp_path / "w.h5").count == 2


@pytest.mark.parametrize("node", ["Mean/Data00", "Mean/ErrorBar00", "Saturated/Data00"])
def test_values_that_were_changed_since_they_were_written_are_refused(tmp_path: Path, node: str) -> None:
    path = hsi.export_reference(None, small(), tmp_path / "w.hsiref")
    with h5py.File(path, "r+") as file:
        array = file[f"RawData/Reference/{node}"]
        array[1, 2] = array[1, 2] + 1
    with pytest.raises(ReferenceFileError, match=f"w.hsiref is damaged: .*{node} is not what was written"):
        hsi.read_reference(path)


def test_a_link_stays_a_link_and_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    hsi.export_reference(None, small(level=1.0), tmp_path / "real" / "w.hsiref")
    (tmp_path / "w.hsiref").symlink_to(tmp_path / "real" / "w.hsiref")
    hsi.export_reference(None, small(level=2.0), tmp_path / "w.hsiref")
    assert (tmp_path / "w.hsiref").is_symlink()
    assert hsi.read_reference(tmp_path / "real" / "w.hsiref").mean[0, 0] == 2.0
    with pytest.raises(OutputError, match="no folder"):
        hsi.export_reference(None, small(), tmp_path / "nowhere" / "w.hsiref")
    with pytest.raises(OutputError, match="is a folder"):
        hsi.export_reference(None, small(), tmp_path / "real")
    with pytest.raises(CalibrationError, match="cannot be exported"):
        hsi.export_reference(None, np.zeros((3, 4)), tmp_path / "w.hsiref")  # type: ignore[arg-type]


WRITER = """
import sys
import numpy as np
from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.processing import Reference, export_reference
form = FrameFormat((200, 100), "uint16", 1)
ones, twos = (Reference.from_frames("WhiteReference", [np.full((200, 100), float(n))], form) for n in (1, 2))
while True:
    for reference in (ones, twos):
        export_reference(None, reference, sys.argv[1])
    print("written", flush=True)
"""


def test_killed_while_writing_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "w.hsiref"
    for delay in (0.0, 0.013):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL) if sys.platform != "win32" else writer.kill()
        writer.wait()
        writer.stdout.close()
        mean = hsi.read_reference(path).mean
        assert mean[0, 0] in (1.0, 2.0)
        assert np.all(mean == mean[0, 0])


@hypothesis_settings(max_examples=15)
@given(
    frames=hnp.arrays(
        st.sampled_from(["uint8", "uint16", "int32", "float32"]),
        hnp.array_shapes(min_dims=2, max_dims=4, max_side=4),
        elements=st.integers(0, 200),
    ),
    timestamp=st.floats(0, 4e9),
    kind=st.sampled_from(["WhiteReference", "DarkReference"]),
)
def test_any_reference_survives_its_file(
    tmp_path_factory: pytest.TempPathFactory, frames: np.ndarray, timestamp: float, kind: str
) -> None:
    form = FrameFormat(frames.shape[1:], frames.dtype.str, None, saturation=150)
    made = Reference.from_frames(kind, frames, form, {"Mode": "\u03b1", "On": True, "N": 3, "X": 0.1}, timestamp)
    again = hsi.read_reference(hsi.export_reference(None, made, tmp_path_factory.mktemp("any") / "r.hsiref"))
    assert (again.name, again.count, again.timestamp, again.format) == (kind, len(frames), timestamp, form)
    assert again.settings == made.settings
    np.testing.assert_array_equal(again.mean, made.mean)
    np.testing.assert_array_equal(again.std, made.std)
    np.testing.assert_array_equal(again.saturated, made.saturated)
