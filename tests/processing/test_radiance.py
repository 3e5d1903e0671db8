"""Radiance is the formula with the camera's own factor and time, or an error; its file says the unit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.envi import write_envi
from pymodaq_hsi.errors import (
    CalibrationError,
    OutputExists,
    RadiometryNotFound,
    ReferenceMismatch,
    ReferenceMissing,
    StepError,
)
from pymodaq_hsi.processing import Radiometry, Reference, Validity, ValueType, read_radiometry, write_radiometry
from pymodaq_hsi.processing.chain import Chain
from pymodaq_hsi.processing.radiance import RADIANCE_UNIT, exposure_ms
from pymodaq_hsi.processing.references import ReferenceImportFlag, check_settings
from pymodaq_hsi.processing.steps import Bin, Crop, Resample, Standardisation

if TYPE_CHECKING:
    from pathlib import Path

WAVELENGTHS = np.linspace(400, 500, 6)
FORMAT = FrameFormat((4, 6), "uint16", 1, tuple(WAVELENGTHS), saturation=4000)
DARK = Reference.from_frames("DarkReference", np.full((3, 4, 6), 100, "uint16"), FORMAT)
FACTOR = Radiometry(np.array([300.0, 600.0]), np.array([1e-5, 4e-5]), "lamp")
FRAMES = np.random.default_rng(3).integers(100, 3999, (2, 4, 6)).astype("uint16")


def radiance(steps: Standardisation | None = None, factor: Radiometry = FACTOR, time: float = 5.0) -> Chain:
    return Chain(FORMAT, ValueType.Radiance, dark=DARK, steps=steps, radiometry=factor, exposure_ms=time)


@given(time=st.floats(0.01, 1000))
def test_radiance_is_the_factor_times_counts_above_dark_per_millisecond(time: float) -> None:
    chain = radiance(time=time)
    values, flags = chain.block(FRAMES)
    expected = np.interp(WAVELENGTHS, [300, 600], [1e-5, 4e-5]) * (FRAMES - 100.0) / time
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    assert not flags.any()
    assert chain.unit == RADIANCE_UNIT


def test_radiance_is_of_the_scene_however_its_samples_are_binned() -> None:
    scene = np.full((1, 4, 6), 1100, "uint16")
    flat = Radiometry(WAVELENGTHS, np.full(6, 2e-5))
    for steps in ([], [Bin(2, 3)], [Bin(2, 3, "sum")], [Bin(2, 1, "sum"), Bin(1, 2, "sum")], [Resample((440.0,))]):
        values, _ = radiance(Standardisation(steps), flat).block(scene)
        np.testing.assert_allclose(values, 2e-5 * 1000 / 5, rtol=1e-6)


def test_a_factor_for_each_pixel_goes_through_the_steps_of_the_lines() -> None:
    table = np.random.default_rng(1).uniform(1e-5, 2e-5, (4, 6))
    factor = Radiometry(WAVELENGTHS, table)
    steps = Standardisation([Crop(pixels=(1, 3), bands=(2, 5))])
    values, _ = radiance(steps, factor).block(FRAMES)
    np.testing.assert_allclose(values, (table * (FRAMES - 100.0) / 5)[:, 1:3, 2:5], rtol=1e-6)
    scene = np.full((1, 4, 6), 1100, "uint16")
    binned, _ = radiance(Standardisation([Bin(2, 2, "sum")]), factor).block(scene)
    np.testing.assert_allclose(binned[0], table.reshape(2, 2, 3, 2).mean(axis=(1, 3)) * 200, rtol=1e-6)
    with pytest.raises(CalibrationError, match="has 3 pixels, the camera 4"):
        radiance(factor=Radiometry(WAVELENGTHS, table[:3]))


def test_where_the_factor_is_not_known_and_where_samples_are_saturated_there_is_no_radiance() -> None:
    frames = FRAMES.copy()
    frames[0, 1, 2] = 4000
    values, flags = radiance(factor=Radiometry([390.0, 470.0], [1e-5, 1e-5])).block(frames)
    expected = np.zeros((2, 4, 6), np.uint8)
    expected[..., 4:] = Validity.PANEL_UNKNOWN
    expected[0, 1, 2] = Validity.SATURATED
    np.testing.assert_array_equal(flags, expected)
    np.testing.assert_array_equal(np.isnan(values), expected != 0)


def test_what_radiance_lacks_is_said() -> None:
    with pytest.raises(CalibrationError, match="radiometric calibration"):
        Chain(FORMAT, ValueType.Radiance, dark=DARK, exposure_ms=5.0)
    with pytest.raises(ReferenceMissing, match="dark reference"):
        Chain(FORMAT, ValueType.Radiance, radiometry=FACTOR, exposure_ms=5.0)
    with pytest.raises(CalibrationError, match="integration time"):
        Chain(FORMAT, ValueType.Radiance, dark=DARK, radiometry=FACTOR)
    with pytest.raises(CalibrationError, match="integration time of 0"):
        radiance(time=0.0)
    with pytest.raises(CalibrationError, match="known from 900 to 950 nm, the camera sees 400 to 500"):
        radiance(factor=Radiometry([900.0, 950.0], [1e-5, 1e-5]))
    dark = Reference.from_frames("DarkReference", np.zeros((1, 4, 6)), FrameFormat((4, 6), "uint16", 1))
    with pytest.raises(StepError, match="radiance needs wavelengths"):
        Chain(dark.format, ValueType.Radiance, dark=dark, radiometry=FACTOR, exposure_ms=1.0)


def test_integration_times_are_found_in_settings_and_brought_to_milliseconds() -> None:
    assert exposure_ms({"Gain": 1, "ExposureTime": 2500}, {"ExposureTime": "us"}) == 2.5
    assert exposure_ms({"integration_time": 0.25}, {"integration_time": "s"}) == 250
    assert exposure_ms({"tint": "12.5"}, {}) == 12.5
    with pytest.raises(CalibrationError, match=r"no ExposureTime or IntegrationTime is among the settings \(Gain\)"):
        exposure_ms({"Gain": 1}, {})
    with pytest.raises(CalibrationError, match="ExposureTime = 3 is in 'rows'"):
        exposure_ms({"ExposureTime": 3}, {"ExposureTime": "rows"})
    with pytest.raises(CalibrationError, match="is to be a number"):
        exposure_ms({"ExposureTime": "auto"}, {"ExposureTime": "ms"})


def test_calibration_files_of_all_forms_say_the_same(tmp_path: Path) -> None:
    table = Radiometry(WAVELENGTHS, np.random.default_rng(2).uniform(1e-6, 1e-5, (4, 6)), "lamp of May")
    write_radiometry(tmp_path / "own.h5", table)
    write_envi(tmp_path / "lamp.hdr", table.factor[np.newaxis], wavelengths=WAVELENGTHS)
    for name in ("own.h5", "lamp.hdr"):
        read = read_radiometry(tmp_path / name)
        np.testing.assert_array_equal(read.factor, table.factor)
        np.testing.assert_array_equal(read.wavelengths, WAVELENGTHS)
    assert read_radiometry(tmp_path / "own.h5").name == "lamp of May"
    again = Radiometry.from_message(json.loads(json.dumps(table.to_message())))
    np.testing.assert_array_equal(again.factor, table.factor)
    with pytest.raises(OutputExists, match="exists already"):
        write_radiometry(tmp_path / "own.h5", table)
    for title in ("wavelength (nm), factor", "Wavelength / nm; W/(m2 sr nm) per count/ms"):
        (tmp_path / "factor.csv").write_text(f"{title}\n500, 2e-5\n400, 1e-5\n")
        read = read_radiometry(tmp_path / "factor.csv")
        assert (read.wavelengths.tolist(), read.factor.tolist()) == ([400, 500], [1e-5, 2e-5])


def test_a_factor_holds_for_the_settings_that_its_file_names(tmp_path: Path) -> None:
    (tmp_path / "factor.csv").write_text("# Gain = 2\n# Mode = fast one\nwavelength (um), factor\n.4, 1e-5\n.5, 2e-5\n")
    read = read_radiometry(tmp_path / "factor.csv")
    assert read.settings == {"Gain": 2.0, "Mode": "fast one"}
    assert read.wavelengths.tolist() == [400, 500]
    write_radiometry(tmp_path / "factor.h5", read)
    assert read_radiometry(tmp_path / "factor.h5").settings == read.settings
    assert Radiometry.from_message(json.loads(json.dumps(read.to_message()))).settings == read.settings
    now = {"Gain": 2, "Mode": "fast one", "ExposureTime": 5.0}
    check_settings([], now, radiometry=read)
    with pytest.raises(ReferenceMismatch, match=r"factor.csv was taken.*Gain was 2.0 and is 3"):
        check_settings([], now | {"Gain": 3}, radiometry=read)
    check_settings([], now | {"Gain": 3}, ReferenceImportFlag.IgnoreParameterMismatch, radiometry=read)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no line with two numbers"),
        ("nm, mW/(m2 sr nm)\n400, 1\n", "'mW'"),
        ("nm, W/cm2/sr/nm\n400, 1\n", "cm"),
        ("400, 1\n400, 2\n", "twice"),
        ("400, 1\n500, 0\n", "go down to 0"),
        ("0.4, 1\n0.5, 1\n", "no range in nm"),
        ("400, 1\n500, x\n", "line 2"),
    ],
)
def test_what_is_wrong_with_a_calibration_file_is_said(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "factor.csv").write_text(text)
    with pytest.raises(CalibrationError, match=said):
        read_radiometry(tmp_path / "factor.csv")


def test_other_files_are_no_calibration(tmp_path: Path) -> None:
    with pytest.raises(RadiometryNotFound, match="no file"):
        read_radiometry(tmp_path / "none.csv")
    (tmp_path / "damaged.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"x" * 100)
    write_envi(tmp_path / "plain.hdr", np.ones((1, 1, 3)))
    for name in ("damaged.h5", "plain.hdr"):
        with pytest.raises(CalibrationError, match=name):
            read_radiometry(tmp_path / name)
    for wavelengths, factor in (([1, 2], [1.0]), ([2, 1], [1.0, 1.0]), ([1, 2], ["a", "b"]), ([1.0], [np.nan])):
        with pytest.raises(CalibrationError, match="radiometric"):
            Radiometry(wavelengths, factor)
