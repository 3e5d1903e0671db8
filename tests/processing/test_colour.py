"""Spectra become the colours that they have."""

from __future__ import annotations

import csv
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from pymodaq_hsi.errors import CalibrationError
from pymodaq_hsi.processing.colour import NO_COLOUR, false_colour, spectra_to_srgb, visible_share

CHART = Path(__file__).parents[2] / "plugins/virtual/pymodaq_hsi_virtual/data/colorchecker_reflectance.csv"

# 8-bit sRGB: as the chart's maker publishes it for D65, and as the library colour-science 0.4.7 computes it from the
# measured reflectances that are used here (ASTM E308 weighting).
PATCHES = {
    "dark skin": ((115, 82, 68), (116, 79, 63)),
    "light skin": ((194, 150, 130), (197, 151, 130)),
    "blue sky": ((98, 122, 157), (94, 123, 157)),
    "foliage": ((87, 108, 67), (87, 107, 63)),
    "blue flower": ((133, 128, 177), (133, 131, 178)),
    "bluish green": ((103, 189, 170), (102, 190, 170)),
    "orange": ((214, 126, 44), (218, 123, 42)),
    "purplish blue": ((80, 91, 166), (74, 92, 165)),
    "moderate red": ((193, 90, 99), (197, 85, 98)),
    "purple": ((94, 60, 108), (92, 59, 107)),
    "yellow green": ((157, 188, 64), (159, 188, 62)),
    "orange yellow": ((224, 163, 46), (230, 163, 46)),
    "blue": ((56, 61, 150), (46, 62, 151)),
    "green": ((70, 148, 73), (69, 150, 70)),
    "red": ((175, 54, 60), (178, 47, 58)),
    "yellow": ((231, 199, 31), (238, 200, 26)),
    "magenta": ((187, 86, 149), (189, 84, 148)),
    "cyan": ((8, 133, 161), (0, 137, 167)),
    "white 9.5 (.05 D)": ((243, 243, 242), (242, 242, 240)),
    "neutral 8 (.23 D)": ((200, 200, 200), (201, 201, 201)),
    "neutral 6.5 (.44 D)": ((160, 160, 160), (161, 161, 161)),
    "neutral 5 (.70 D)": ((122, 122, 121), (124, 124, 125)),
    "neutral 3.5 (1.05 D)": ((85, 85, 85), (85, 86, 87)),
    "black 2 (1.5 D)": ((52, 52, 52), (51, 51, 53)),
}


@pytest.fixture(scope="module")
def chart() -> tuple[np.ndarray, np.ndarray]:
    """Wavelengths, and the 24 patches as a cube of four lines."""
    with CHART.open(encoding="utf-8") as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))
    assert rows[0][1:] == list(PATCHES)
    table = np.array(rows[1:], dtype=float)
    return table[:, 0], table[:, 1:].T.reshape(4, 6, -1)


def at(wavelengths: np.ndarray, chart: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    known, cube = chart
    return np.apply_along_axis(lambda spectrum: np.interp(wavelengths, known, spectrum), -1, cube)


def test_patches_have_their_published_colours(chart):
    rgb = spectra_to_srgb(chart[1], chart[0]).reshape(24, 3).astype(int)
    published = np.array([colours[0] for colours in PATCHES.values()])
    # Published values are of other copies of the chart than the one that was measured.
    assert np.abs(rgb - published).max() <= 10
    assert np.abs(rgb - published).mean() <= 2.5


def test_patches_have_the_colours_that_an_independent_implementation_gives(chart):
    rgb = spectra_to_srgb(chart[1], chart[0]).reshape(24, 3).astype(int)
    assert np.abs(rgb - np.array([colours[1] for colours in PATCHES.values()])).max() <= 1


@pytest.mark.parametrize(("bands", "tolerance"), [(224, 2), (61, 3), (31, 8)])
def test_the_cameras_bands_hardly_matter(chart, bands, tolerance):
    wavelengths = np.linspace(400, 1000, bands)
    rgb = spectra_to_srgb(at(wavelengths, chart), wavelengths).astype(int)
    assert np.abs(rgb - spectra_to_srgb(chart[1], chart[0])).max() <= tolerance


@pytest.mark.parametrize(
    "wavelengths", [np.linspace(400, 700, 31), np.linspace(500, 1000, 50), [550.0], [650.0, 450.0]]
)
def test_neutral_surfaces_are_neutral_whatever_the_camera_sees(wavelengths):
    greys = np.linspace(0, 1, 11)
    cube = np.repeat(greys, len(wavelengths)).reshape(11, 1, len(wavelengths))
    rgb = spectra_to_srgb(cube, wavelengths)[:, 0].astype(int)
    assert (np.ptp(rgb, axis=1) <= 1).all()
    encoded = np.where(greys <= 0.0031308, 12.92 * greys, 1.055 * greys ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(rgb[:, 1], 255 * encoded, atol=1)


def test_the_order_of_the_bands_does_not_matter(chart):
    wavelengths, cube = chart
    order = np.random.default_rng(1).permutation(wavelengths.size)
    np.testing.assert_array_equal(
        spectra_to_srgb(cube[..., order], wavelengths[order]), spectra_to_srgb(cube, wavelengths)
    )


@pytest.mark.parametrize("dtype", ["uint16", ">i4", "float64"])
def test_counts_are_scaled_to_the_brightest(chart, dtype):
    wavelengths, cube = chart
    counts = np.rint(cube * 30000).astype(dtype)
    rgb = spectra_to_srgb(counts, wavelengths).astype(int)
    reflectance = spectra_to_srgb(cube, wavelengths).astype(int)
    white = 18
    assert rgb.reshape(24, 3)[white].min() >= 250
    assert (np.argsort(rgb[3, :, 1]) == np.argsort(reflectance[3, :, 1])).all()


def test_a_white_spectrum_divides_lamp_and_sensor_out(chart):
    wavelengths, cube = chart
    line = np.outer(np.linspace(0.5, 1, 6), wavelengths**2)
    expected = spectra_to_srgb(cube, wavelengths).astype(int)
    assert np.abs(spectra_to_srgb(cube * line, wavelengths, white=line) - expected).max() <= 1
    lamp = line[0]
    assert np.abs(spectra_to_srgb(cube * lamp, wavelengths, white=lamp) - expected).max() <= 1
    assert np.abs(spectra_to_srgb(cube * 7, wavelengths, white=7) - expected).max() <= 1


def test_unknown_pixels_get_the_marker_and_leave_the_others_alone(chart):
    wavelengths, cube = chart
    expected = spectra_to_srgb(cube, wavelengths)
    holed = cube.copy()
    holed[1, 2] = np.nan
    holed[2, 3, wavelengths == 550] = np.inf
    holed[2, 4, np.abs(wavelengths - 550) < 40] = np.nan
    rgb = spectra_to_srgb(holed, wavelengths)
    assert tuple(rgb[1, 2]) == tuple(rgb[2, 4]) == NO_COLOUR
    assert tuple(spectra_to_srgb(holed, wavelengths, marker=(9, 8, 7))[1, 2]) == (9, 8, 7)
    assert np.abs(rgb[2, 3].astype(int) - expected[2, 3]).max() <= 4, "one band of many is no reason to give up"
    rgb[1, 2], rgb[2, 3], rgb[2, 4] = expected[1, 2], expected[2, 3], expected[2, 4]
    np.testing.assert_array_equal(rgb, expected)


def test_missing_bands_outside_the_visible_range_do_not_matter(chart):
    wavelengths = np.linspace(400, 1000, 224)
    cube = at(wavelengths, chart)
    expected = spectra_to_srgb(cube, wavelengths).astype(int)
    cube[..., (wavelengths < 405) | (wavelengths > 800)] = np.nan
    assert np.abs(spectra_to_srgb(cube, wavelengths) - expected).max() <= 1


def test_a_picture_of_nothing_is_all_marker():
    cube = np.full((2, 3, 4), np.nan)
    assert (spectra_to_srgb(cube, [450, 500, 600, 700]) == NO_COLOUR).all()
    assert (false_colour(cube, [450, 500, 600, 700]) == NO_COLOUR).all()


@pytest.mark.parametrize(
    ("wavelengths", "low", "high"),
    [
        ([380, 780], 0.99, 1),
        ([400, 1000], 0.95, 1),
        ([1000, 400], 0.95, 1),
        ([600, 1000], 0, 0.01),
        ([900, 1700], 0, 0),
    ],
)
def test_how_much_of_the_visible_range_a_camera_sees(wavelengths, low, high):
    assert low <= visible_share(wavelengths) <= high


def test_false_colour_shows_long_wavelengths_red():
    wavelengths = np.linspace(900, 1700, 80)
    cube = np.zeros((1, 4, 80))
    for pixel, centre in enumerate((1566, 1300, 1033)):
        cube[0, pixel] = np.exp(-(((wavelengths - centre) / 50) ** 2))
    for picture in (false_colour(cube, wavelengths), false_colour(cube[..., ::-1], wavelengths[::-1])):
        np.testing.assert_array_equal(picture[0], [[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0]])


def test_false_colour_shows_the_bands_that_are_asked_for():
    cube = np.random.default_rng(2).random((5, 7, 4)).astype("f4")
    cube[0, 0, 1] = np.nan
    rgb = false_colour(cube, bands=[0, 1, 2])
    assert tuple(rgb[0, 0]) == NO_COLOUR
    swapped = false_colour(cube, bands=(2, 1, 0))
    np.testing.assert_array_equal(rgb[..., ::-1], swapped)
    grey = false_colour(cube, bands=[3])
    assert (np.ptp(grey, axis=-1) == 0).all()
    assert (grey.min(), grey.max()) == (0, 255)


def test_a_flat_picture_is_black_and_no_division_by_zero():
    assert (false_colour(np.full((2, 2, 3), 5, "u2")) == 0).all()


@pytest.mark.parametrize("function", [spectra_to_srgb, false_colour])
def test_shapes_that_do_not_go_together_are_named(function):
    with pytest.raises(CalibrationError, match=r"shape \(2, 2, 3\) and wavelengths of shape \(2,\)"):
        function(np.zeros((2, 2, 3)), [400, 500])
    with pytest.raises(CalibrationError, match=r"shape \(2, 3\)"):
        function(np.zeros((2, 3)), [400, 500, 600])
    with pytest.raises(CalibrationError, match="not finite"):
        function(np.zeros((2, 2, 3)), [400, np.nan, 600])


def test_other_bad_arguments_are_named():
    with pytest.raises(CalibrationError, match=r"bands are \(0, 1\), expected one or three numbers from 0 to 2"):
        false_colour(np.zeros((2, 2, 3)), bands=[0, 1])
    with pytest.raises(CalibrationError, match=r"bands are \(0, 1, 3\)"):
        false_colour(np.zeros((2, 2, 3)), bands=[0, 1, 3])
    with pytest.raises(CalibrationError, match=r"a white of shape \(2,\) does not fit"):
        spectra_to_srgb(np.zeros((2, 2, 3)), [400, 500, 600], white=[1, 2])


@pytest.mark.parametrize("function", [spectra_to_srgb, false_colour])
def test_a_large_cube_in_a_file_takes_little_memory(tmp_path, function):
    cube = np.memmap(tmp_path / "cube", "u2", "w+", shape=(400, 640, 200))  # 102 MB
    cube[100:200] = 1000
    wavelengths = np.linspace(400, 1000, 200)
    function(cube[:2], wavelengths)
    tracemalloc.start()
    function(cube, wavelengths)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6
