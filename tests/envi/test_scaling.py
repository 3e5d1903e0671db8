"""Samples become values when they are asked for, and only as the header says; GDAL as the judge where it is one."""

from __future__ import annotations

import os
import tracemalloc

import numpy as np
import pytest
import rasterio

from pymodaq_hsi.envi import open_envi
from pymodaq_hsi.errors import EnviError

GAINS_OF_MANY = {"data_gain_values": "{0.5}"}
GAINS = {"data_gain_values": "{0.01, 0.02, 0.5}", "data_offset_values": "{0, -1.5, 100}"}


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_gains_and_offsets_are_those_that_gdal_reads(vendor, counts):
    cube = open_envi(vendor(counts, "x.hdr", data="x.img", interleave="bil", **GAINS))
    with rasterio.open(cube.data_path) as found:
        expected = found.read().transpose(1, 2, 0) * np.array(found.scales) + np.array(found.offsets)
    values = cube.scaled()
    assert (values.shape, values.dtype, values.ndim, len(values)) == (counts.shape, np.float32, 3, 5)
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    np.testing.assert_array_equal(cube.data, counts)
    for key in (np.s_[1:3], np.s_[..., 1], np.s_[2, 3, 1], np.s_[:, ::2, [2, 0]]):
        np.testing.assert_allclose(values[key], expected[key], rtol=1e-6)


def test_a_scale_factor_divides_and_ignored_samples_become_nan(vendor):
    samples = np.array([[[5000, -9999], [10000, 0]]], ">i2")
    cube = open_envi(vendor(samples, reflectance_scale_factor=10000, data_ignore_value=-9999))
    np.testing.assert_array_equal(cube.scaled(), np.float32([[[0.5, np.nan], [1, 0]]]))
    np.testing.assert_array_equal(cube.scaled()[0, 0, 1], np.float32(np.nan))
    np.testing.assert_array_equal(cube.valid(), [[[True, False], [True, True]]])
    np.testing.assert_array_equal(cube.valid(slice(0, 0)), np.ones((0, 2, 2), bool))


@pytest.mark.parametrize(
    ("dtype", "fill", "written"),
    [
        ("f4", np.finfo("f4").min, "-3.40282e+38"),
        ("f4", np.float32(-1.23e34), "-1.23e34"),
        ("f8", np.nan, "nan"),
        ("f4", np.nan, None),
        ("u1", 255, "255"),
        ("u8", 2**64 - 1, str(2**64 - 1)),
    ],
)
def test_fill_values_are_known_as_they_are_written(vendor, dtype, fill, written):
    cube = open_envi(vendor(np.array([[[1, fill]]], dtype), data_ignore_value=written))
    np.testing.assert_array_equal(cube.valid(), [[[True, False]]])
    np.testing.assert_array_equal(np.isnan(cube.scaled()), [[[False, True]]])


def test_an_ignored_value_that_the_type_cannot_hold_ignores_nothing(vendor, counts):
    cube = open_envi(vendor(counts, data_ignore_value=-9999))
    assert cube.valid().all()
    np.testing.assert_array_equal(cube.scaled(), counts)


def test_which_scaling_is_meant_has_to_be_said_where_there_are_several(vendor, counts):
    cube = open_envi(
        vendor(
            counts,
            reflectance_scale_factor=10,
            data_reflectance_gain_values="{2}",
            data_reflectance_offset_values="{1}",
        )
    )
    with pytest.raises(EnviError, match=r"reflectance scale factor and data reflectance gain values.*name one"):
        cube.scaled()
    np.testing.assert_allclose(cube.scaled("reflectance scale factor", "f8"), counts / 10)
    np.testing.assert_array_equal(cube.scaled("data reflectance gain values"), counts * 2 + 1)
    with pytest.raises(EnviError, match="no 'data gain values' to scale by"):
        cube.scaled("data gain values")
    with pytest.raises(EnviError, match="cannot be uint8"):
        cube.scaled("reflectance scale factor", "u1")


@pytest.mark.parametrize("text", ["{1, 2}", "{1, none, 3}", "{1, nan, 3}"])
def test_gains_that_do_not_fit_the_bands_are_an_error_when_they_are_asked_for(vendor, counts, text):
    cube = open_envi(vendor(counts, data_gain_values=text))
    np.testing.assert_array_equal(cube.data, counts)
    with pytest.raises(EnviError, match=r"'data gain values' .* for 3 bands; correct the header"):
        cube.scaled()


def test_nothing_is_read_before_it_is_indexed(vendor, counts):
    cube = open_envi(vendor(counts, **GAINS))
    values = cube.scaled()
    with cube.data_path.open("r+b") as file:
        file.write(b"\xff\xff")
    assert values[0, 0, 0] == np.float32(65535) * np.float32(0.01)


@pytest.mark.parametrize("interleave", ["bip", "bil"])
def test_a_cube_of_20_gb_takes_the_memory_of_what_is_asked_for(vendor, interleave):
    lines, pixels, bands = 40_000, 1000, 250
    header = vendor(
        np.zeros((1, pixels, bands), "<u2"), lines=lines, interleave=interleave, data_ignore_value=0, **GAINS_OF_MANY
    )
    samples = header.with_suffix(".raw")
    os.truncate(samples, 2 * lines * pixels * bands)
    with samples.open("r+b") as file:  # the last sample of all
        file.seek(-2, os.SEEK_END)
        file.write((7).to_bytes(2, "little"))
    tracemalloc.start()
    cube = open_envi(header)
    values = cube.scaled()
    assert values.shape == cube.shape == (lines, pixels, bands)
    assert values[-1, -1, -1] == 3.5
    assert np.isnan(values[-2:, -3:, ::50]).all()
    assert np.count_nonzero(cube.valid(slice(-1, None))) == 1
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
