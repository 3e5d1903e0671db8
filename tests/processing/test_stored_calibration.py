"""Cubes on disk are calibrated as a live recording is, whatever their size, their layout, and whoever computes."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from distributed import LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pymodaq_hsi as hsi
from h5modules.data_saving import DataLoader
from h5modules.exporting import Exported, export
from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.envi import open_envi, write_envi
from pymodaq_hsi.errors import (
    CalibrationError,
    ClusterError,
    CubeError,
    OutputError,
    OutputExists,
    ReferenceMismatch,
    ReferenceMissing,
)
from pymodaq_hsi.io import export_far
from pymodaq_hsi.processing import (
    CubeCalibration,
    Panel,
    Reference,
    ReferenceImportFlag,
    Standardisation,
    calibrate_cube,
    open_cube,
)
from pymodaq_hsi.processing.chain import Chain, ValueType
from pymodaq_hsi.processing.steps import Bin, Crop, Flip

if TYPE_CHECKING:
    from collections.abc import Iterator

NODE = "/RawData/Scan000/Detector000/DataND/CH00/EnlData00"
LINES, PIXELS, BANDS = 7, 4, 3


def bits(array: Any) -> np.ndarray:
    return np.ascontiguousarray(array, np.float32).view(np.uint32)


def read(path: Path) -> np.ndarray:
    """Return a cube, of ENVI or of a recording, in memory."""
    if path.suffix == ".hdr":
        return np.array(open_envi(path, memory_map=False).data)
    with DataLoader(path) as loader:
        return loader.load_data(NODE).data[0]


def chained(raw: np.ndarray, white: np.ndarray, dark: np.ndarray, wavelengths: Any, **options: Any) -> np.ndarray:
    """Calibrate frames one by one, as a live context does."""
    saturation = options.pop("saturation", None)
    format = FrameFormat(raw.shape[1:], raw.dtype.newbyteorder("=").str, 1, tuple(wavelengths), saturation)
    references = {
        name.lower()[:5].rstrip("r"): Reference.from_frames(name, frames, format)
        for name, frames in (("WhiteReference", white), ("DarkReference", dark))
    }
    chain = Chain(format, ValueType.Reflectance, white=references["white"], dark=references["dark"], **options)
    lines = [np.empty(chain.shape, np.float32) for _ in raw]
    for frame, line in zip(raw, lines, strict=True):
        chain.line(frame.astype(format.dtype), line)
    return np.stack(lines)


@given(
    raw=hnp.arrays(st.sampled_from(["u1", "<u2", ">u2", ">i2", "<i4", ">f4", "<f8"]), (LINES, PIXELS, BANDS),
                   elements=st.integers(0, 127)),
    span=hnp.arrays("i8", (PIXELS, BANDS), elements=st.integers(-3, 90)),
    interleave=st.sampled_from(["bip", "bil", "bsq"]),
    out=st.sampled_from(["bip", "bil", "bsq"]),
    order=st.permutations(range(BANDS)),
    saturation=st.sampled_from([None, 120.0]),
    spoiled=st.booleans(),
    steps=st.sampled_from([None, Standardisation([Flip(), Crop(bands=(1, 3)), Bin(pixels=2)])]),
)  # fmt: skip
@settings(max_examples=25)
def test_a_stored_cube_is_what_a_live_recording_would_be_to_the_bit(
    raw: np.ndarray, span: np.ndarray, interleave: Any, out: Any, order: Any, saturation: Any, spoiled: bool, steps: Any
) -> None:
    if spoiled and raw.dtype.kind == "f":
        raw.flat[::5], raw.flat[::7] = np.nan, np.inf
    dark = np.stack([np.full((PIXELS, BANDS), value, raw.dtype) for value in (9, 11, 12)])
    white = (dark.astype("f8") + span).clip(0, 127).astype(raw.dtype)
    wavelengths = 500.0 + 10 * np.array(order)
    panel = Panel([500, 510], [0.5, 0.9], "nan")
    with TemporaryDirectory() as name:
        folder = Path(name)
        endian = "big" if raw.dtype.byteorder == ">" else "little"
        written = {"interleave": interleave, "wavelengths": wavelengths, "byte_order": endian}
        write_envi(folder / "x.hdr", raw, **written)
        write_envi(folder / "x_White.hdr", white, **written)
        write_envi(folder / "x_Dark.hdr", dark, **written)
        done = calibrate_cube(
            folder / "x.hdr",
            folder / "y.hdr",
            interleave=out,
            saturation=saturation,
            panel=panel,
            steps=steps,
            memory=1 << 14,
            workers=2,
        )
        got = open_envi(done.files[0], memory_map=False)
    live = chained(raw, white, dark, wavelengths, saturation=saturation, panel=panel, steps=steps)
    np.testing.assert_array_equal(bits(got.data), bits(live))
    assert got.header.interleave == out
    assert got.wavelengths is not None
    assert np.all(np.diff(got.wavelengths) > 0)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A recording with its references in it, some of them saturated, and what a context makes of its lines live."""
    folder = tmp_path_factory.mktemp("recording")
    with hsi.connect(hsi.ConnectionSettings("VirtualHyperCamera", hsi.DriverType.Instrument, "0")) as group:
        camera = group.primary_device()
        for name, value in {"PixelCount": 20, "BandCount": 30, "FrameRate": 200, "ExposureTime": 4.0}.items():
            camera.set_parameter(name, value)
        dark = hsi.measure_reference(camera, "DarkReference", 3)
        white = hsi.measure_reference(camera, "WhiteReference", 3)
        white.saturated[2, 5] = True  # in one frame of three: the mean does not show it
        white = hsi.Reference(**{**vars(white), "panel": Panel([300, 430, 600], [0.9, 0.95, 0.99])})
        hsi.export_reference(camera, white, folder / "white.hsiref")
        hsi.export_reference(camera, dark, folder / "dark.hsiref")
        parameters = hsi.InstrumentParameters(white, dark)
        hsi.record_cube(hsi.RecordingContext(camera, parameters), folder / "leaf.h5", 12)
        flipped = hsi.RecordingContext(camera, parameters, steps=Standardisation([Flip()]))
        hsi.record_cube(flipped, folder / "flipped.h5", 2)
        live = hsi.RecordingContext(camera, parameters, hsi.ValueType.Reflectance)
        lines = np.stack([live.process(frame) for frame in read(folder / "leaf.h5")])
    assert np.isnan(lines[:, 2, 5]).all()
    return folder, lines


@pytest.mark.parametrize("given", [{}, {"white": "white.hsiref", "dark": "dark.hsiref"}, {"white": "leaf.h5"}])
def test_a_recording_is_calibrated_with_its_own_references_or_with_files(
    recording: tuple[Path, np.ndarray], tmp_path: Path, given: dict[str, str]
) -> None:
    folder, live = recording
    files = {name: folder / path for name, path in given.items()}
    done = calibrate_cube(folder / "leaf.h5", tmp_path, **files)
    np.testing.assert_array_equal(bits(read(done.files[0])), bits(live))
    assert [word for word in done.warnings if "saturated" not in word] == []
    with DataLoader(done.files[0]) as new, DataLoader(folder / "leaf.h5") as old:
        cube, before = new.load_data(NODE), old.load_data(NODE)
        assert cube.name == "Reflectance"
        for axis, other in zip(cube.axes, before.axes, strict=True):
            np.testing.assert_array_equal(axis.get_data(), other.get_data())
            assert (axis.label, axis.units) == (other.label, other.units)
    again = calibrate_cube(folder / "leaf.h5", tmp_path / "again.nc", **files)
    assert again.files == (tmp_path / "again.nc",)


def test_a_recording_exported_to_envi_is_calibrated_with_the_references_beside_it(
    recording: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    folder, live = recording
    export(folder / "leaf.h5", "/", tmp_path / "leaf.hdr", interleave="bil")
    assert open_cube(tmp_path / "leaf.hdr").saturation == open_cube(folder / "leaf.h5").saturation
    done = calibrate_cube(tmp_path / "leaf.raw", tmp_path / "out.bsq", panel=Panel([300, 430, 600], [0.9, 0.95, 0.99]))
    good = np.isfinite(live)
    np.testing.assert_array_equal(read(done.files[0])[good], live[good])
    header = open_envi(done.files[0]).header
    assert header.interleave == "bsq"
    assert header.metadata["tint"] == "4.0"
    assert "leaf_White" in header.metadata["white reference"]


def test_settings_that_differ_are_refused_by_name_unless_asked_for(
    recording: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    folder, live = recording
    white = hsi.read_reference(folder / "white.hsiref")
    other = hsi.Reference(**{**vars(white), "settings": {**white.settings, "ExposureTime": 5.0}})
    with pytest.raises(ReferenceMismatch, match=r"ExposureTime was 5\.0 and is 4\.0"):
        calibrate_cube(folder / "leaf.h5", tmp_path / "x.h5", other)
    assert not list(tmp_path.iterdir())
    done = calibrate_cube(folder / "leaf.h5", tmp_path, other, flags=ReferenceImportFlag.IgnoreParameterMismatch)
    np.testing.assert_array_equal(bits(read(done.files[0])), bits(live))


def test_lines_that_were_recorded_after_steps_do_not_take_references_from_before(
    recording: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    with pytest.raises(CalibrationError, match=r"recorded after steps \(flip\)"):
        calibrate_cube(recording[0] / "flipped.h5", tmp_path / "x.h5")


@pytest.fixture
def leaf(tmp_path: Path) -> Path:
    """An ENVI cube with references beside it."""
    counts = np.random.default_rng(0).integers(0, 4000, (LINES, PIXELS, BANDS)).astype("u2")
    write_envi(tmp_path / "leaf_White.hdr", np.full((2, PIXELS, BANDS), 3000, "u2"), metadata={"tint": 4})
    write_envi(tmp_path / "leaf_Dark.hdr", np.full((2, PIXELS, BANDS), 100, "u2"))
    return write_envi(tmp_path / "leaf.hdr", counts, wavelengths=[700, 600, 500], fwhm=[7, 6, 5], metadata={"tint": 4})


def test_what_a_header_says_of_bands_is_turned_with_them(leaf: Path) -> None:
    header = open_envi(calibrate_cube(leaf, leaf.with_name("y.hdr")).files[0]).header
    assert header.wavelengths is not None
    assert header.fwhm is not None
    assert (header.wavelengths.tolist(), header.fwhm.tolist()) == ([500, 600, 700], [5, 6, 7])


def test_the_exposures_in_headers_are_compared(leaf: Path) -> None:
    counts = open_envi(leaf, memory_map=False).data
    write_envi(leaf, counts, metadata={"tint": 8}, overwrite=True)
    with pytest.raises(ReferenceMismatch, match=r"ExposureTime was 4\.0 and is 8\.0"):
        calibrate_cube(leaf, leaf.with_name("y.hdr"))


def test_dark_lines_at_the_end_of_the_cube_are_its_dark_reference_and_no_part_of_the_result(leaf: Path) -> None:
    counts = open_envi(leaf, memory_map=False).data.copy()
    counts[5:] = 90
    write_envi(leaf, counts, metadata={"autodarkstartline": 5}, overwrite=True)
    done = calibrate_cube(leaf, leaf.with_name("y.hdr"))
    assert done.shape == (5, PIXELS, BANDS)
    assert "lines from 5" in done.sources["dark"]
    np.testing.assert_allclose(read(done.files[0]), (counts[:5] - 90.0) / (3000 - 90), rtol=1e-6)


def test_a_lazy_cube_computes_the_same_from_the_path_alone(leaf: Path) -> None:
    calibration = CubeCalibration(leaf)
    done = calibrate_cube(leaf, leaf.with_name("y.hdr"))
    lazy = calibration.lazy()
    assert lazy.shape == calibration.shape
    np.testing.assert_array_equal(bits(lazy.compute()), bits(read(done.files[0])))
    np.testing.assert_array_equal(open_cube(leaf).lazy()[2:4, :, 1].compute(), open_envi(leaf).data[2:4, :, 1])


def test_nothing_is_touched_before_all_is_known_to_be_good(leaf: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(OutputError, match="is read"):
        calibrate_cube(leaf, leaf, overwrite=True)
    with pytest.raises(OutputError, match="make it first"):
        calibrate_cube(leaf, tmp_path / "none" / "y.hdr")
    with pytest.raises(CalibrationError, match=r"leaf\.hdr.*no Reference|is neither|\(2, 3\)"):
        calibrate_cube(leaf, tmp_path / "y.hdr", white=_other_shape(tmp_path))
    with pytest.raises(CubeError, match=r"1e-06 MB hold no line"):
        calibrate_cube(leaf, tmp_path / "y.hdr", memory=1)
    with pytest.raises(ClusterError, match="no Dask scheduler answers"):
        calibrate_cube(leaf, tmp_path / "y.hdr", scheduler="nonsense://x")
    for path in (tmp_path / "other").iterdir():
        path.unlink()
    (tmp_path / "other").rmdir()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    (tmp_path / "leaf_White.hdr").unlink()
    with pytest.raises(ReferenceMissing, match="white reference"):
        calibrate_cube(leaf, tmp_path / "y.hdr")


def _other_shape(folder: Path) -> Path:
    (folder / "other").mkdir()
    return write_envi(folder / "other" / "w.hdr", np.ones((1, 2, 3), "u2"))


@pytest.mark.parametrize("name", ["y.hdr", "y.h5"])
def test_an_interruption_leaves_the_older_file_and_nothing_else(leaf: Path, name: str) -> None:
    target = leaf.with_name(name)
    first = calibrate_cube(leaf, target)
    before = {path.name: path.read_bytes() for path in leaf.parent.iterdir()}
    with pytest.raises(OutputExists):
        calibrate_cube(leaf, target)

    def interrupt(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrate_cube(leaf, target, panel=0.5, memory=1 << 12, overwrite=True, progress=interrupt)
    assert {path.name: path.read_bytes() for path in leaf.parent.iterdir()} == before
    calibrate_cube(leaf, target, panel=0.5, overwrite=True)
    assert before[first.files[-1].name] != first.files[-1].read_bytes()


def test_what_is_reflectance_already_is_refused(leaf: Path) -> None:
    done = calibrate_cube(leaf, leaf.with_name("leaf_2.hdr"))
    with pytest.raises(CalibrationError, match="reflectance already"):
        calibrate_cube(done.files[0], leaf.with_name("z.hdr"), leaf.with_name("leaf_White.hdr"))


@pytest.mark.parametrize("interleave", ["bil", "bsq"])
def test_memory_stays_small_whatever_the_size_of_the_cube(tmp_path: Path, interleave: Any) -> None:
    lines, pixels, bands = 3000, 100, 200
    header = write_envi(tmp_path / "leaf.hdr", np.zeros((1, pixels, bands), "u1"), interleave=interleave)
    header.write_text(header.read_text().replace("lines = 1", f"lines = {lines}"))
    with (tmp_path / "leaf.raw").open("r+b") as file:
        file.truncate(lines * pixels * bands)
    write_envi(tmp_path / "leaf_White.hdr", np.full((1, pixels, bands), 200, "u1"))
    write_envi(tmp_path / "leaf_Dark.hdr", np.full((1, pixels, bands), 10, "u1"))
    tracemalloc.start()
    try:
        steps = Standardisation([Crop(bands=(0, 2))])
        calibrate_cube(tmp_path / "leaf.hdr", tmp_path / "y.hdr", steps=steps, memory=4 << 20, workers=2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 << 20 < lines * pixels * bands


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler, and two worker processes that nobody starts again when they end."""
    with LocalCluster(n_workers=0, dashboard_address=None, silence_logs=50) as scheduler:
        address = scheduler.scheduler_address
        command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny", "--nthreads", "1"]
        command += ["--no-dashboard", "--local-directory", str(tmp_path / "scratch")]
        processes = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(2)]
        try:
            yield address, processes
        finally:
            for process in processes:
                process.kill()
                process.wait()


def test_a_worker_that_is_killed_in_the_middle_costs_nothing_but_time(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], recording: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    address, processes = cluster
    rng = np.random.default_rng(0)
    raw = write_envi(tmp_path / "leaf.hdr", rng.integers(0, 4095, (300, 40, 30)).astype("u2"), interleave="bil")
    write_envi(tmp_path / "leaf_White.hdr", rng.integers(3000, 3100, (3, 40, 30)).astype("u2"))
    write_envi(tmp_path / "leaf_Dark.hdr", rng.integers(90, 110, (3, 40, 30)).astype("u2"))
    alone = calibrate_cube(raw, tmp_path / "alone.hdr", saturation=4000)
    killed = []

    def kill(done: int, total: int) -> None:
        if done > total // 4 and not killed:
            processes[0].kill()
            killed.append(processes[0].wait())

    far = {"scheduler": address, "memory": 1 << 18}
    done = calibrate_cube(raw, tmp_path / "far.hdr", saturation=4000, workers=2, progress=kill, **far)
    assert killed
    assert done.saturated == alone.saturated > 0
    assert (tmp_path / "far.raw").read_bytes() == (tmp_path / "alone.raw").read_bytes()
    folder, live = recording
    for name in ("far.h5", "scan.bsq"):  # one writer; and a recording that workers read
        made = calibrate_cube(folder / "leaf.h5", tmp_path / name, **far)
        np.testing.assert_array_equal(bits(read(made.files[0])), bits(live))
    (cube,) = export_far([folder / "leaf.h5"], address, NODE, tmp_path / "here.bil", to="envi", interleave="bil")
    assert isinstance(cube, Exported)
    np.testing.assert_array_equal(open_envi(cube.files[0]).data, read(folder / "leaf.h5"))
    (tmp_path / "out").mkdir()
    many = [folder / "leaf.h5", tmp_path / "far.h5", tmp_path / "far.hdr"]
    done_here, done_there, refused = export_far(many, address, NODE, tmp_path / "out", to="npz")
    assert isinstance(done_here, Exported)
    assert isinstance(done_there, Exported)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["far.npz", "leaf.npz"]
    assert "far.hdr" in str(refused)
