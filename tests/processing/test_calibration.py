"""The formula, in whatever orientation and sample type a camera has; NaN and a reason where there is no answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.errors import CalibrationError
from pymodaq_hsi.processing import Reference, Validity
from pymodaq_hsi.processing.calibration import Calibration, panel_values
from pymodaq_hsi.processing.standardise import Standardiser


def calibration(white: np.ndarray, dark: np.ndarray, **changes: object) -> Calibration:
    values = {
        "noise": np.zeros(white.shape),
        "panel": np.ones(white.shape[1]),
        "reference_saturated": np.zeros(white.shape, bool),
        "saturation": None,
    }
    return Calibration(white, dark, **(values | changes))  # type: ignore[arg-type]


@example(line=np.ones((1, 1), "uint8"), dark=np.array([[1 + 2**-52]]), span=np.full((1, 1), 9.0), panel=1.0)
@example(line=np.zeros((1, 1), "uint8"), dark=np.array([[1e-9]]), span=np.full((1, 1), 9.0), panel=1.0)
@given(
    line=hnp.arrays(st.sampled_from(["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"]), (5, 4),
                    elements=st.integers(0, 127)),
    dark=hnp.arrays("float64", (5, 4), elements=st.floats(0, 100, allow_subnormal=False)),
    span=hnp.arrays("float64", (5, 4), elements=st.floats(1, 60000)),
    panel=st.floats(0.05, 1.2),
)  # fmt: skip
def test_reflectance_is_the_formula_within_a_millionth(
    line: np.ndarray, dark: np.ndarray, span: np.ndarray, panel: float
) -> None:
    white = dark + span
    out = np.empty(line.shape, np.float32)
    got, saturated = calibration(white, dark, panel=np.full(line.shape[1], panel)).reflectance(line, out)
    expected = panel * (line.astype(float) - dark) / (white - dark)
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-30)
    assert saturated is None


@given(
    line=hnp.arrays(st.sampled_from(["uint8", "int8", "int16", "uint16", ">u2"]), (5, 4)),
    sums=hnp.arrays("uint32", (5, 4), elements=st.integers(0, 65535)),
    frames=st.integers(1, 300),
    order=st.sampled_from("CF"),
)
def test_reflectance_with_a_dark_of_many_frames_is_the_formula_too(
    line: np.ndarray, sums: np.ndarray, frames: int, order: str
) -> None:
    dark = sums / frames
    out = np.empty(line.shape, np.float32, order=order)  # type: ignore[call-overload]
    calibration(dark + 1234.5, dark).reflectance(line, out)
    whole = line.astype(np.int64) * frames - sums
    np.testing.assert_allclose(out, whole / frames / 1234.5, rtol=1e-6)


def test_where_white_and_dark_cannot_be_told_apart_the_answer_is_nan_and_flagged() -> None:
    white = np.array([[100.0, 100.0, 50.0, 100.0]])
    dark = np.array([[10.0, 100.0, 60.0, 98.0]])
    prepared = calibration(white, dark, noise=np.ones((1, 4)))
    got, _ = prepared.reflectance(np.full((1, 4), 40, np.uint16), np.empty((1, 4), np.float32))
    np.testing.assert_array_equal(np.isnan(got), [[False, True, True, True]])
    np.testing.assert_array_equal(prepared.validity, [[0, *[Validity.LOW_SIGNAL] * 3]])


def test_saturated_samples_and_references_give_nan_with_their_own_reasons() -> None:
    white, dark = np.full((1, 3), 4095.0), np.zeros((1, 3))
    prepared = calibration(white, dark, saturation=4095.0, reference_saturated=np.array([[True, False, False]]))
    got, saturated = prepared.reflectance(np.array([[1, 4095, 4094]], np.uint16), np.empty((1, 3), np.float32))
    np.testing.assert_array_equal(np.isnan(got), [[True, True, False]])
    assert saturated is not None
    np.testing.assert_array_equal(saturated, [[False, True, False]])
    assert prepared.validity[0, 0] == Validity.REFERENCE_SATURATED


def test_nothing_is_clipped() -> None:
    prepared = calibration(np.full((1, 2), 100.0), np.full((1, 2), 10.0))
    got, _ = prepared.reflectance(np.array([[0, 1000]], np.uint16), np.empty((1, 2), np.float32))
    np.testing.assert_allclose(got, [[-10 / 90, 990 / 90]], rtol=1e-6)


@given(
    frame=hnp.arrays("uint16", st.tuples(st.integers(1, 6), st.integers(1, 6))),
    axis=st.integers(0, 1),
    order=st.sampled_from(["ascending", "descending", "mixed"]),
    random=st.randoms(use_true_random=False),
)
def test_every_orientation_becomes_pixels_by_rising_wavelength(
    frame: np.ndarray, axis: int, order: str, random: object
) -> None:
    wavelengths = np.linspace(400, 1000, frame.shape[axis])
    if order == "descending":
        wavelengths = wavelengths[::-1]
    elif order == "mixed":
        random.shuffle(wavelengths)  # type: ignore[attr-defined]
    standardise = Standardiser(FrameFormat(frame.shape, "uint16", axis, tuple(wavelengths)))
    line = standardise(frame)
    assert line.shape == standardise.shape == (frame.shape[1 - axis], frame.shape[axis])
    assert np.all(np.diff(standardise.wavelengths) > 0)
    for band, wavelength in enumerate(wavelengths):
        place = int(np.argmin(np.abs(standardise.wavelengths - wavelength)))
        np.testing.assert_array_equal(line[:, place], np.take(frame, band, axis))


def test_a_frame_that_is_not_spectral_is_refused() -> None:
    with pytest.raises(CalibrationError, match="dispersion axis None"):
        Standardiser(FrameFormat((4, 5)))


@given(frames=hnp.arrays("uint16", st.tuples(st.integers(1, 8), st.just(3), st.just(4))))
def test_references_are_averaged_in_float64_with_their_spread(frames: np.ndarray) -> None:
    reference = Reference.from_frames("DarkReference", frames, FrameFormat((3, 4), "uint16", 1, saturation=60000))
    np.testing.assert_array_equal(reference.mean, frames.sum(axis=0, dtype=float) / len(frames))
    spread = frames.std(axis=0, ddof=1, dtype=float) if len(frames) > 1 else np.zeros((3, 4))
    np.testing.assert_allclose(reference.std, spread, rtol=1e-7, atol=1e-5)
    np.testing.assert_array_equal(reference.saturated, (frames >= 60000).any(axis=0))
    assert reference.count == len(frames)


def test_a_reference_frame_of_another_shape_is_refused_with_both_shapes() -> None:
    with pytest.raises(CalibrationError, match=r"\(3, 5\).*\(3, 4\)"):
        Reference.from_frames("WhiteReference", np.zeros((1, 3, 5)), FrameFormat((3, 4), "float64", 1))


def test_a_panel_is_interpolated_to_the_wavelengths_and_has_to_cover_them() -> None:
    wavelengths = np.array([450.0, 500.0])
    np.testing.assert_allclose(panel_values(([400, 600], [0.9, 0.99]), wavelengths), [0.9225, 0.945])
    np.testing.assert_allclose(panel_values(0.99, wavelengths), [0.99, 0.99])
    np.testing.assert_allclose(panel_values([0.9, 0.8], wavelengths), [0.9, 0.8])
    with pytest.raises(CalibrationError, match="known from 460 to 600 nm, the camera sees 450 to 500"):
        panel_values(([460, 600], [0.9, 0.99]), wavelengths)
    with pytest.raises(CalibrationError, match=r"shape \(3,\).*2 bands"):
        panel_values([1, 1, 1], wavelengths)
    with pytest.raises(CalibrationError, match="above 0"):
        panel_values(0.0, wavelengths)
