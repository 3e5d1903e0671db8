"""What vendors write into headers of raw cubes counts when the cubes are calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pymodaq_hsi as hsi
from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import DataLoader, DataToExportExtendedSaver
from h5modules.exporting import export
from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.envi import open_envi, write_envi
from pymodaq_hsi.errors import CalibrationError, ReferenceMismatch
from pymodaq_hsi.processing import CubeCalibration, ReferenceImportFlag, Standardisation, Validity, calibrate_cube
from pymodaq_hsi.processing.chain import Chain
from pymodaq_hsi.processing.steps import Bin, Crop

if TYPE_CHECKING:
    from pathlib import Path


def raw(path: Path, white: dict[str, object] | None = None, **said: object) -> Path:
    counts = np.full((5, 4, 3), 1000, "uint16")
    counts[2, 1, 0] = 65535
    write_envi(path.with_name(f"{path.stem}_White"), np.full((2, 4, 3), 2000, "u2"), metadata=white)  # type: ignore[arg-type]
    write_envi(path.with_name(f"{path.stem}_Dark"), np.zeros((2, 4, 3), "u2"), metadata=white)  # type: ignore[arg-type]
    return write_envi(path, counts, wavelengths=[400, 500, 600], **said)  # type: ignore[arg-type]


def test_samples_that_hyspex_marks_as_saturated_are_nan(tmp_path: Path) -> None:
    header = raw(tmp_path / "leaf.hdr", data_ignore_value=65535)
    expected = np.full((5, 4, 3), 0.5, "f4")
    expected[2, 1, 0] = np.nan
    calibrate_cube(header, tmp_path / "out.hdr")
    np.testing.assert_allclose(open_envi(tmp_path / "out.hdr").data, expected, rtol=1e-6)


@pytest.mark.parametrize(("dtype", "ignored"), [("i2", -9999), ("u2", 0), ("f4", -9999.0), ("u4", 7)])
def test_a_sample_to_be_ignored_is_no_number_in_the_cube_and_in_references(
    tmp_path: Path, dtype: str, ignored: float
) -> None:
    counts, white, dark = (np.full((5, 4, 3), level, dtype) for level in (60, 110, 10))
    counts[2, 1, 0], white[1, 3, 2] = ignored, ignored
    for name, cube in (("x", counts), ("x_White", white), ("x_Dark", dark)):
        write_envi(tmp_path / name, cube, wavelengths=[400, 500, 600], data_ignore_value=ignored, interleave="bsq")
    expected = np.full((5, 4, 3), 0.5, "f4")
    expected[2, 1, 0], expected[:, 3, 2] = np.nan, np.nan
    calibration = CubeCalibration(tmp_path / "x.hdr")
    np.testing.assert_allclose(calibration.lazy().compute(), expected, rtol=1e-6)
    assert calibration.context.validity[3, 2] == Validity.LOW_SIGNAL
    assert any("WhiteReference: some samples are no numbers" in each for each in calibration.warnings)
    calibrate_cube(tmp_path / "x.hdr", tmp_path / "y.hdr", steps=Standardisation([Bin(pixels=2)]))
    expected = np.full((5, 2, 3), 0.5, "f4")
    expected[2, 0, 0], expected[:, 1, 2] = np.nan, np.nan
    np.testing.assert_allclose(open_envi(tmp_path / "y.hdr").data, expected, rtol=1e-6)


def test_points_of_a_scan_that_were_not_measured_are_no_reflectance_of_their_fill_value(tmp_path: Path) -> None:
    counts = np.full((4, 3), 60, "uint16")
    axes = [Axis("Pixel", "", np.arange(4.0), index=0), Axis("Wavelength", "nm", np.array([400.0, 500, 600]), index=1)]
    with DataToExportExtendedSaver(tmp_path / "scan.h5", (5,)) as saver:
        saver.add_nav_axes("/RawData", [Axis("x", "mm", np.arange(5.0), index=0)])
        for line in (0, 1, 3):
            data = DataRaw("Intensity", data=[counts], labels=["Intensity"], axes=axes)
            saver.add_data("/RawData", DataToExport("Frame", data=[data]), indexes=(line,))
    for name, level in (("White", 110), ("Dark", 10)):
        write_envi(tmp_path / name, np.full((2, 4, 3), level, "u2"), wavelengths=[400, 500, 600])
    given = (tmp_path / "White.hdr", tmp_path / "Dark.hdr")
    expected = np.full((5, 4, 3), 0.5, "f4")
    expected[[2, 4]] = np.nan
    done = calibrate_cube(tmp_path / "scan.h5", tmp_path / "y.hdr", *given, memory=4096, workers=2)
    np.testing.assert_allclose(open_envi(done.files[0]).data, expected, rtol=1e-6)
    np.testing.assert_allclose(CubeCalibration(tmp_path / "scan.h5", *given).lazy().compute(), expected, rtol=1e-6)


@pytest.mark.parametrize("key", ["tint", "tint2", "shutter", "spectral binning"])
def test_references_of_other_settings_are_refused_by_the_words_of_vendors(tmp_path: Path, key: str) -> None:
    header = raw(tmp_path / "leaf.hdr", white={key: 8.0}, metadata={key: 4.0})
    with pytest.raises(ReferenceMismatch, match=r"4\.0.*8\.0|8\.0.*4\.0"):
        calibrate_cube(header, tmp_path / "out.hdr", saturation=65535)


def test_what_scaled_the_raw_samples_is_not_said_of_reflectance(tmp_path: Path) -> None:
    said = {"data gain values": [2, 2, 2], "data reflectance gain values": [3, 3, 3], "sensor type": "FX10"}
    calibrate_cube(raw(tmp_path / "leaf.hdr", metadata=said), tmp_path / "out.hdr", saturation=65535)
    found = open_envi(tmp_path / "out.hdr")
    assert found.header.metadata["sensor type"] == "FX10"
    np.testing.assert_array_equal(found.scaled(), found.data)


@pytest.mark.parametrize(("dtype", "flags"), [("i2", 0), ("f4", 0), ("u4", 1), ("i4", 1)])
def test_references_of_other_sample_types_are_taken_where_their_counts_are_of_the_same_scale(
    tmp_path: Path, dtype: str, flags: int
) -> None:
    write_envi(tmp_path / "x", np.full((5, 4, 3), 60, "u2"))
    for name, level in (("White", 110), ("Dark", 10)):
        write_envi(tmp_path / f"x_{name}", np.full((2, 4, 3), level, dtype))
    if flags:
        with pytest.raises(CalibrationError, match=r"samples of type .*int32, the camera delivers uint16.*ignore-mis"):
            CubeCalibration(tmp_path / "x.hdr")
    found = CubeCalibration(tmp_path / "x.hdr", flags=ReferenceImportFlag(flags)).lazy().compute()
    np.testing.assert_allclose(found, 0.5, rtol=1e-6)


def test_a_played_cube_a_stored_one_and_its_exports_are_the_same_to_the_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = {"Cube": "x", "WhiteReferenceCube": "x_White", "DarkReferenceCube": "x_Dark"}
    paths = {}
    for place, (role, (low, high)) in enumerate(zip(names, [(100, 3100), (2500, 3000), (50, 90)], strict=True)):
        cube = rng.integers(low, high, (6, 5, 4)).astype("u2")  # of white some are saturated, in some lines
        cube[place, place, place] = 0
        said: dict[str, Any] = {"metadata": {"saturation": 2950}, "data_ignore_value": 0}
        paths[role] = write_envi(tmp_path / names[role], cube, wavelengths=[700, 600, 500, 400], **said)
    settings = hsi.ConnectionSettings("VirtualHyperCamera", hsi.DriverType.Instrument, "0")
    with hsi.connect(settings, paths) as group:
        camera = group.primary_device()
        dark, white = (hsi.measure_reference(camera, name, 6) for name in ("DarkReference", "WhiteReference"))
        for kind in (hsi.ValueType.Reflectance, hsi.ValueType.Intensity):
            context = hsi.RecordingContext(camera, hsi.InstrumentParameters(white, dark), kind)
            hsi.record_cube(context, tmp_path / f"{kind.name}.h5", 6)
    export(tmp_path / "Intensity.h5", target=tmp_path / "again.hdr")

    def bits(path: Path) -> np.ndarray:
        with DataLoader(path) as loader:
            values = loader.load_data("/RawData/Scan000/Detector000/DataND/CH00/EnlData00")[0]
        return values.view(np.uint32)

    live = bits(tmp_path / "Reflectance.h5")
    assert 3 < np.isnan(live.view(np.float32)[0]).sum() < 18
    for source in ("x.hdr", "Intensity.h5", "again.hdr"):
        calibrate_cube(tmp_path / source, tmp_path / "out.h5", overwrite=True)
        np.testing.assert_array_equal(bits(tmp_path / "out.h5"), live)


@pytest.mark.parametrize("steps", [None, Standardisation([Crop(bands=(1, 3))])])
def test_counts_to_be_ignored_are_kept_and_flagged_and_no_step_computes_with_them(
    steps: Standardisation | None,
) -> None:
    frame = np.full((4, 3), 60, "int16")
    frame[1, 2] = -9999
    format = FrameFormat(frame.shape, "int16", 1, (400.0, 500.0, 600.0), ignored=-9999)
    values, flags = Chain(format, steps=steps).block(frame[np.newaxis])
    assert values.dtype == np.int16
    assert values[0, 1, -1] == -9999
    assert flags[0, 1, -1] == Validity.NOT_A_NUMBER == flags.sum()
    values, flags = Chain(format, steps=Standardisation([Bin(pixels=2)])).block(frame[np.newaxis])
    np.testing.assert_array_equal(values[0], [[60, 60, np.nan], [60, 60, 60]])
    assert flags[0, 0, 2] == Validity.NOT_A_NUMBER == flags.sum()
