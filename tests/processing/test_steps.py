"""Steps do what their formulas say, alone and in blocks, and say what is not valid; what does not fit is refused."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.errors import CalibrationError, StepError
from pymodaq_hsi.processing import Reference, Validity, ValueType
from pymodaq_hsi.processing.chain import Chain
from pymodaq_hsi.processing.steps import (
    Bin,
    Crop,
    DeadPixels,
    Flip,
    Geometry,
    Keystone,
    Resample,
    Smile,
    Standardisation,
    Step,
    find_dead_pixels,
)
from pymodaq_hsi.processing.validity import NO_NUMBER

PIXELS, BANDS = 8, 12
WAVELENGTHS = np.linspace(400, 510, BANDS)
LINE = Geometry(PIXELS, BANDS, WAVELENGTHS)

small = st.floats(-8, 8).map(lambda value: round(value, 3))
_dead = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=4).map(lambda p: DeadPixels(tuple(p)))
_steps = st.one_of(
    st.sampled_from([Flip(), Flip("bands")]),
    st.builds(lambda a, b: Crop(pixels=(a, a + 4), bands=(b, b + 4)), st.integers(0, 1), st.integers(0, 1)),
    _dead,
    st.builds(lambda a, b: Smile((a, b / 10)), small, small),
    st.builds(lambda a, b: Keystone((a / 4, b / 40)), small, small),
    st.builds(Bin, st.integers(1, 2), st.integers(1, 2), st.sampled_from(["mean", "sum"]), st.just("drop")),
    st.builds(lambda low: Resample((low, low + 15.5, low + 40)), st.floats(380, 460)),
    st.builds(lambda low: Resample((low, low + 40), "gaussian", 25.0), st.floats(380, 460)),
)
pipelines = st.lists(_steps, max_size=4).map(Standardisation)


def bound_or_none(steps: Standardisation, source: Geometry | FrameFormat) -> object:
    """Bind steps that chance has put together, if they fit each other."""
    try:
        return steps.bind(source)
    except StepError:
        return None


def lines(dtype: str, *shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4096, (*shape, PIXELS, BANDS)).astype(dtype)


@settings(max_examples=60)
@given(steps=pipelines, dtype=st.sampled_from(["uint8", "uint16", ">i2", "uint32", "float32", "float64"]))
def test_a_line_comes_out_the_same_to_the_bit_alone_in_a_block_from_a_file_and_in_another_process(
    steps: Standardisation, dtype: str
) -> None:
    bound = bound_or_none(steps, Geometry(PIXELS, BANDS, WAVELENGTHS, saturation=4000))
    if bound is None:
        return
    block = lines(dtype, 3)
    values, flags = bound.apply(block)
    assert values.shape == flags.shape == (3, *bound.shape)
    assert values.dtype == bound.dtype(dtype)
    assert len(bound.wavelengths) == bound.shape[1]
    again = Standardisation.from_json(steps.to_json())
    assert again == steps
    elsewhere = pickle.loads(pickle.dumps(again.bind(bound.source)))
    other = np.asfortranarray(block)
    for number, line in enumerate(block):
        alone, of_it = elsewhere.apply(line)
        assert alone.tobytes() == values[number].tobytes() == bound.apply(other)[0][number].tobytes()
        np.testing.assert_array_equal(of_it, flags[number])
    if values.dtype.kind == "f":
        np.testing.assert_array_equal(np.isnan(values), (flags & NO_NUMBER) != 0)


@settings(max_examples=40)
@given(step=_steps, seed=st.integers(0, 5))
def test_variance_and_flags_follow_the_weights_of_the_values(step: Step, seed: int) -> None:
    bound = bound_or_none(Standardisation([step]), LINE)
    if bound is None:
        return
    units = np.eye(PIXELS * BANDS).reshape(-1, PIXELS, BANDS)
    weights = np.stack([bound.values(unit).ravel() for unit in units], axis=1)
    good = ~np.isnan(weights).any(axis=1)
    random = np.random.default_rng(seed)
    variance = random.random((PIXELS, BANDS))
    np.testing.assert_allclose(
        bound.variance(variance).ravel()[good], weights[good] ** 2 @ variance.ravel(), rtol=1e-9, atol=1e-12
    )
    flags = random.random((PIXELS, BANDS)) < 0.1
    np.testing.assert_array_equal(bound.reach(flags).ravel()[good], (weights[good] != 0) @ flags.ravel())
    line = random.random((PIXELS, BANDS))
    np.testing.assert_allclose(bound.values(line).ravel()[good], weights[good] @ line.ravel(), rtol=1e-9, atol=1e-12)


@given(polynomial=st.lists(st.floats(-3, 3), min_size=1, max_size=2))
def test_smile_is_interpolated_between_what_each_pixel_sees(polynomial: list[float]) -> None:
    line = lines("float64")
    values, flags = Standardisation([Smile(tuple(polynomial))]).bind(LINE).apply(line)
    for pixel in range(PIXELS):
        shift = polynomial[0] + (polynomial[1] * pixel if len(polynomial) > 1 else 0)
        expected = np.interp(WAVELENGTHS, WAVELENGTHS + shift, line[pixel], np.nan, np.nan)
        np.testing.assert_allclose(values[pixel], expected, rtol=1e-9)
    np.testing.assert_array_equal(flags, np.isnan(values) * np.uint8(Validity.OUTSIDE))


def test_keystone_is_interpolated_along_the_slit() -> None:
    line = lines("float64")
    shifts = np.linspace(-1.5, 1.5, BANDS)
    values, flags = Standardisation([Keystone(shifts=tuple(shifts))]).bind(LINE).apply(line)
    places = np.arange(PIXELS)
    for band, shift in enumerate(shifts):
        expected = np.interp(places, places + shift, line[:, band], np.nan, np.nan)
        np.testing.assert_allclose(values[:, band], expected, rtol=1e-9)
    np.testing.assert_array_equal(flags, np.isnan(values) * np.uint8(Validity.OUTSIDE))


def test_maps_of_shifts_say_the_same_as_polynomials_and_no_shift_changes_nothing() -> None:
    line = lines("uint16")
    column = 0.3 + 0.01 * np.arange(PIXELS)
    by_map = Standardisation([Smile(shifts=np.repeat(column[:, np.newaxis], BANDS, 1))]).bind(LINE)
    by_pixel = Standardisation([Smile(shifts=column)]).bind(LINE)
    by_formula = Standardisation([Smile((0.3, 0.01))]).bind(LINE)
    np.testing.assert_allclose(by_map.values(line), by_formula.values(line), rtol=1e-6)
    np.testing.assert_array_equal(by_map.values(line), by_pixel.values(line))
    still = Standardisation([Smile((0.0,)), Keystone((0.0,)), Resample(tuple(WAVELENGTHS))]).bind(LINE)
    np.testing.assert_array_equal(still.values(line), line)


def test_resampling_never_extrapolates() -> None:
    wanted = np.array([399.0, 400.0, 433.3, 510.0, 510.1])
    line = lines("float64")
    bound = Standardisation([Resample(tuple(wanted))]).bind(LINE)
    values, flags = bound.apply(line)
    np.testing.assert_array_equal(bound.wavelengths, wanted)
    for pixel in range(PIXELS):
        np.testing.assert_allclose(values[pixel], np.interp(wanted, WAVELENGTHS, line[pixel], np.nan, np.nan))
    np.testing.assert_array_equal(flags[0] != 0, [True, False, False, False, True])


def test_gaussian_bands_are_weighted_means_and_missing_where_the_camera_sees_too_little_of_them() -> None:
    line = lines("float64")
    bound = Standardisation([Resample((402.0, 450.0, 460.0, 530.0), "gaussian", (20.0, 20.0, 30.0, 20.0))]).bind(LINE)
    values, flags = bound.apply(line)
    for number, (centre, fwhm) in enumerate([(450, 20), (460, 30)], start=1):
        weights = np.exp(-4 * np.log(2) * ((WAVELENGTHS - centre) / fwhm) ** 2)
        weights[np.abs(WAVELENGTHS - centre) > 1.5 * fwhm] = 0
        np.testing.assert_allclose(values[:, number], line @ weights / weights.sum(), rtol=1e-9)
    np.testing.assert_array_equal(flags[0], [Validity.OUTSIDE, 0, 0, Validity.OUTSIDE])
    assert np.isnan(values[:, [0, 3]]).all()


def test_dead_pixels_are_interpolated_over_the_wavelength_and_flagged() -> None:
    known = np.array([400.0, 410, 430, 500, 510])
    line = np.array([[10, 4095, 4095, 50, 4095], [1, 2, 3, 4, 5]], np.uint16)
    steps = Standardisation([DeadPixels([(0, 1), (0, 2), (0, 4)])])
    values, flags = steps.bind(Geometry(2, 5, known, saturation=4095)).apply(line)
    np.testing.assert_allclose(values, [[10, 14, 22, 50, np.nan], [1, 2, 3, 4, 5]], rtol=1e-6)
    assert flags.tolist() == [[0, Validity.REPLACED, Validity.REPLACED, 0, Validity.DEAD], [0] * 5]
    line[0, 3] = 4095  # a neighbour that is saturated makes what is interpolated from it saturated too
    _, flags = steps.bind(Geometry(2, 5, known, saturation=4095)).apply(line)
    assert (flags[0] & Validity.SATURATED != 0).tolist() == [False, True, True, True, False]


@pytest.mark.parametrize("how", ["mean", "sum"])
def test_bins_are_of_all_their_samples_and_saturated_if_one_is(how: str) -> None:
    line = np.arange(24, dtype=np.uint16).reshape(4, 6)
    bound = Standardisation([Bin(2, 3, how)]).bind(Geometry(4, 6, np.arange(6) * 10.0, saturation=23))
    values, flags = bound.apply(line)
    expected = getattr(line.reshape(2, 2, 2, 3), how)(axis=(1, 3))
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(bound.wavelengths, [10, 40])
    assert flags.tolist() == [[0, 0], [0, Validity.SATURATED]]
    assert values.dtype == (np.uint32 if how == "sum" else np.float32)
    largest = np.full((4, 6), 65535, np.uint16)
    assert bound.values(largest).max() == (65535 * 6 if how == "sum" else 65535)
    assert Standardisation([Bin(2, 3, "sum")]).bind(Geometry(4, 6)).dtype("uint32") == np.uint64


def test_a_mean_leaves_dead_pixels_out_and_a_sum_of_one_is_none() -> None:
    line = np.arange(8.0).reshape(2, 4)
    dead = DeadPixels([(0, 0), (1, 0), (1, 1), (1, 2), (1, 3)])
    values, flags = Standardisation([dead, Bin(1, 2)]).bind(Geometry(2, 4)).apply(line)
    np.testing.assert_array_equal(values, [[1, 2.5], [np.nan, np.nan]])
    assert flags.tolist() == [[0, 0], [Validity.DEAD, Validity.DEAD]]
    values, flags = Standardisation([dead, Bin(1, 2, "sum")]).bind(Geometry(2, 4)).apply(line)
    np.testing.assert_array_equal(values, [[np.nan, 5], [np.nan, np.nan]])


def test_validity_that_is_known_of_samples_goes_where_they_go() -> None:
    line = lines("float32")
    line[2, 3] = np.nan
    given_flags = np.zeros(line.shape, np.uint8)
    given_flags[5, 6] = Validity.DEAD
    values, flags = Standardisation([Bin(2, 2)]).bind(LINE).apply(line, given_flags)
    assert flags[1, 1] == Validity.NOT_A_NUMBER
    assert flags[2, 3] == Validity.DEAD
    assert np.isnan(values).sum() == np.count_nonzero(flags) == 2


def test_crops_and_flips_keep_samples_with_their_wavelengths() -> None:
    line = lines("uint16")
    bound = Standardisation([Flip(), Crop(pixels=(1, 3), wavelengths=(410, 445))]).bind(LINE)
    np.testing.assert_array_equal(bound.values(line), line[::-1][1:3, 1:5])
    np.testing.assert_array_equal(bound.wavelengths, [410, 420, 430, 440])
    assert bound.values(line).dtype == np.uint16
    assert not np.shares_memory(bound.values(line), line)
    turned = Standardisation([Flip("bands")]).bind(LINE)
    np.testing.assert_array_equal(turned.values(line), line[:, ::-1])
    np.testing.assert_array_equal(turned.wavelengths, WAVELENGTHS)


def test_frames_in_any_orientation_are_lines_before_the_first_step() -> None:
    frame = lines("uint16", 2)
    turned = FrameFormat((BANDS, PIXELS), "uint16", 0, tuple(WAVELENGTHS[::-1]))
    bound = Standardisation([Crop(bands=(2, 5))]).bind(turned)
    np.testing.assert_array_equal(bound.values(frame.swapaxes(1, 2)[:, ::-1]), frame[..., 2:5])
    assert bound.describe()["orientation"] == {"dispersion_axis": 0, "wavelengths": "falling"}


def test_without_wavelengths_only_what_needs_them_is_refused() -> None:
    unknown = Geometry(PIXELS, BANDS)
    assert Standardisation([Bin(1, 2), Keystone((0.1,))]).bind(unknown).shape == (8, 6)
    for step in (Smile((1.0,)), Resample((1.0,)), Crop(wavelengths=(1, 2))):
        with pytest.raises(StepError, match="needs wavelengths"):
            Standardisation([step]).bind(unknown)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Crop(pixels=(2, 9)), "step 1 .crop.: a crop keeps pixels 2 to 9, lines have 8"),
        (Crop(wavelengths=(600, 700)), "no band is in it: lines have 400 to 510 nm"),
        (Bin(3, 1), "8 pixels cannot be binned by 3: 2 are left over; crop to 6"),
        (Bin(1, 13, rest="drop"), "12 bands cannot be binned by 13"),
        (Smile(shifts=(1.0, 2.0)), r"shape \(2,\), lines are \(8, 12\)"),
        (Smile(shifts=np.tile([0.0, 30.0], (8, 6))), "pixel 0 do not rise"),
        (Keystone(shifts=(1.0,) * 8), r"give \(12,\) or \(8, 12\)"),
        (DeadPixels([(8, 0)]), "dead pixel 8, band 0, is not on lines"),
        (DeadPixels(detect=5.0), "there are none; give a white or a dark reference"),
        (Resample((450.0,), "gaussian", 5.0), "narrower than the camera's bands, which are 10 nm apart"),
    ],
)
def test_what_does_not_fit_the_lines_is_refused_before_any_comes(step: Step, said: str) -> None:
    with pytest.raises(StepError, match=said):
        Standardisation([step]).bind(LINE)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "crop"}, "give pixels, bands or wavelengths"),
        ({"kind": "crop", "pixels": [4, 4]}, "4 to 4 are none"),
        ({"kind": "crop", "pixels": [0, 2.5]}, "whole number"),
        ({"kind": "crop", "pixels": 4}, "first that is not kept"),
        ({"kind": "crop", "bands": [0, 4], "wavelengths": [1, 2]}, "both are given"),
        ({"kind": "crop", "wavelengths": [2, 1]}, "from, to"),
        ({"kind": "bin", "pixels": 0}, "at least 1"),
        ({"kind": "bin", "how": "median"}, "'mean' or a 'sum'"),
        ({"kind": "bin", "rest": "keep"}, "'refuse' or 'drop'"),
        ({"kind": "flip", "axis": "lines"}, "'pixels' or 'bands'"),
        ({"kind": "smile"}, "neither is given"),
        ({"kind": "smile", "polynomial": ["a"]}, "list of numbers"),
        ({"kind": "keystone", "polynomial": [float("nan")]}, "no finite numbers"),
        ({"kind": "dead_pixels", "positions": [[1, 2, 3]]}, "pairs"),
        ({"kind": "dead_pixels", "positions": [[1, -2]]}, "at least 0"),
        ({"kind": "dead_pixels", "detect": -1}, "more than 0"),
        ({"kind": "resample"}, "needs 'wavelengths'"),
        ({"kind": "resample", "wavelengths": [500, 400]}, "do not rise"),
        ({"kind": "resample", "wavelengths": [500], "method": "cubic"}, "not by 'cubic'"),
        ({"kind": "resample", "wavelengths": [500], "method": "gaussian"}, "fwhm is missing"),
        ({"kind": "resample", "wavelengths": [500], "fwhm": 3}, "fwhm is given"),
        ({"kind": "resample", "wavelengths": [5, 6], "method": "gaussian", "fwhm": [1, 2, 3]}, "one for each"),
        ({"kind": "bin", "lines": 2}, "has no 'lines'; it has pixels, bands, how, rest"),
        ({"kind": "rotate"}, "the kind 'rotate'; there are flip, crop"),
        ({}, "no kind"),
        (7, "no kind"),
    ],
)
def test_steps_that_make_no_sense_are_refused_when_they_are_made(data: object, said: str) -> None:
    with pytest.raises(StepError, match=f"step 1.*{said}"):
        Standardisation.from_plain([data])


def test_plain_data_that_is_none_of_ours_is_refused() -> None:
    for data, said in (({"version": 2, "steps": []}, "version 2"), ({"stepps": []}, "'stepps'"), (3, "list of tables")):
        with pytest.raises(StepError, match=said):
            Standardisation.from_plain(data)
    with pytest.raises(StepError, match="no JSON"):
        Standardisation.from_json("{")
    with pytest.raises(StepError, match="is no step"):
        Standardisation(["crop"])  # type: ignore[list-item]
    bound = Standardisation().bind(LINE)
    with pytest.raises(StepError, match=r"shape \(4, 8, 11\).*\(8, 12\)"):
        bound.apply(np.zeros((4, 8, 11)))
    with pytest.raises(StepError, match="complex"):
        bound.apply(np.zeros((8, 12), complex))
    with pytest.raises(StepError, match="Give a FrameFormat"):
        Geometry(2, 3, [3, 2, 1])


FORMAT = FrameFormat((PIXELS, BANDS), "uint16", 1, tuple(WAVELENGTHS), saturation=4000)


def reference(name: str, level: float, seed: int, **changes: object) -> Reference:
    random = np.random.default_rng(seed)
    frames = (level * (1 + 0.1 * random.random((PIXELS, BANDS))) + random.normal(0, 3, (20, PIXELS, BANDS))).round()
    made = Reference.from_frames(name, frames.clip(0), FORMAT)
    return Reference(**(vars(made) | changes))


WHITE, DARK = reference("WhiteReference", 3000, 1), reference("DarkReference", 100, 2)


@settings(max_examples=40)
@given(steps=pipelines, value=st.sampled_from([ValueType.Intensity, ValueType.Reflectance]), seed=st.integers(0, 9))
def test_live_lines_and_stored_blocks_are_calibrated_the_same_to_the_bit_and_nan_has_a_reason(
    steps: Standardisation, value: ValueType, seed: int
) -> None:
    if bound_or_none(steps, FORMAT) is None:
        return
    saturated = np.zeros((PIXELS, BANDS), bool)
    saturated[1, 2] = True
    white = Reference(**(vars(WHITE) | {"saturated": saturated}))
    live = Chain(FORMAT, value, white=white, dark=DARK, steps=steps)
    stored = pickle.loads(pickle.dumps(Chain(FORMAT, value, white=white, dark=DARK, steps=steps)))
    frames = lines("uint16", 3, seed=seed)
    values, flags = stored.block(frames)
    for number, frame in enumerate(frames):
        line = np.empty(live.shape, live.dtype)
        of_it = live.flags(live.line(frame, line), line)
        assert line.tobytes() == values[number].tobytes()
        np.testing.assert_array_equal(of_it, flags[number])
    if value is ValueType.Reflectance:
        np.testing.assert_array_equal(np.isnan(values), (flags & (NO_NUMBER | Validity.SATURATED)) != 0)


def test_references_are_cropped_and_binned_with_the_data() -> None:
    frames = np.minimum(lines("uint16", 2), 3999)
    whole, _ = Chain(FORMAT, ValueType.Reflectance, white=WHITE, dark=DARK).block(frames)
    crop = Standardisation([Flip(), Crop(pixels=(1, 7), bands=(2, 10))])
    cropped, _ = Chain(FORMAT, ValueType.Reflectance, white=WHITE, dark=DARK, steps=crop).block(frames)
    np.testing.assert_array_equal(cropped, whole[:, ::-1][:, 1:7, 2:10])
    binned = Standardisation([Bin(2, 2, "sum")])
    got, _ = Chain(FORMAT, ValueType.Reflectance, white=WHITE, dark=DARK, steps=binned).block(frames)
    signal, span = frames - DARK.mean, WHITE.mean - DARK.mean
    sums = [each.reshape(-1, 4, 2, 6, 2).sum(axis=(2, 4)) for each in (signal, span)]
    np.testing.assert_allclose(got, sums[0] / sums[1], rtol=2e-6)
    with pytest.raises(CalibrationError, match=r"\(8, 12\).*\(8, 11\)"):
        Chain(FrameFormat((8, 11), "uint16", 1), ValueType.Reflectance, white=WHITE)


def test_dead_pixels_are_found_in_references() -> None:
    mean, std = DARK.mean.copy(), DARK.std.copy()
    mean[3, 4] += 80
    std[6, 7] = 0
    dark = Reference(**(vars(DARK) | {"mean": mean, "std": std}))
    bright = WHITE.mean.copy()
    bright[2, 9] *= 0.3
    bright[5, 5] = np.nan
    white = Reference(**(vars(WHITE) | {"mean": bright}))
    assert find_dead_pixels(white, dark).positions == ((2, 9), (3, 4), (5, 5), (6, 7))
    assert find_dead_pixels(WHITE, DARK).positions == ()
    steps = Standardisation([Flip(), DeadPixels([(0, 0)], detect=8.0), Bin(2, 1)])
    found = Chain(FORMAT, ValueType.Reflectance, white=white, dark=dark, steps=steps)
    step = found.steps.standardisation.steps[1]
    assert step == DeadPixels([(0, 0), (1, 7), (2, 5), (4, 4), (5, 9)])
    with pytest.raises(StepError, match="put the step that detects them first"):
        Chain(FORMAT, white=white, steps=Standardisation([Bin(2), DeadPixels(detect=8.0)]))
    with pytest.raises(StepError, match="give a white or a dark one"):
        find_dead_pixels()


@pytest.mark.parametrize(
    "step",
    [Flip(), Bin(pixels=2, bands=2), Bin(pixels=2, how="sum"), Smile(polynomial=(3.0,)), Resample((25.0, 31.0, 50.0))],
)
@pytest.mark.parametrize("dtype", ["float32", "uint16", "bool"])
def test_what_is_masked_or_infinite_is_no_number_wherever_it_goes(step: Step, dtype: str) -> None:
    block = np.ones((2, 6, 8), dtype)
    mask = np.zeros(block.shape, bool)
    mask[1, 2, 3] = True
    if dtype == "float32":
        block[0, 4, 5] = np.inf
    values, flags = (
        Standardisation([step])
        .bind(Geometry(6, 8, wavelengths=np.arange(8.0) * 10))
        .apply(np.ma.MaskedArray(block, mask))
    )
    nothing = (flags & Validity.NOT_A_NUMBER) != 0
    assert nothing[1].any()
    assert nothing[0].any() == (dtype == "float32")
    assert type(values) is np.ndarray
    if values.dtype.kind == "f":
        np.testing.assert_array_equal(np.isnan(values), (flags & NO_NUMBER) != 0)
