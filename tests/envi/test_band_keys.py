"""Wavelengths and the other keys that describe bands."""

from __future__ import annotations

import numpy as np
import pytest

from pymodaq_hsi.envi import read_header

FOUR = [400.5, 500.25, 600.0, 700.75]


@pytest.fixture
def header_of(vendor):
    def read(bands=3, **keys):
        return read_header(vendor(np.zeros((2, 2, bands), "<u2"), **keys))

    return read


@pytest.mark.parametrize(
    "text",
    [
        "{400.5, 500.25, 600.0, 700.75}",
        "{400.5, 500.25, 600.0, 700.75,}",
        "{400.5, 500.25, 600.0, 700.75 , }",
        "{\n 400.5,\n 500.25,\n 600.0,\n 700.75\n}",
        "{400.5 500.25\t600.0 700.75}",
        "{400,5; 500,25; 600,0; 700,75}",
        "{400,5, 500,25, 600, 700,75}",
        "{400,5 500,25 600,0 700,75}",
        "{400,5,500,25,600,0,700,75}",
        "{4.005e2, 5.0025E+2, 600, 7.0075e2}",
        "[400.5  500.25\n 600.   700.75]",
        "[400.5, 500.25, 600., 700.75]",
        "{[400.5 500.25 600. 700.75]}",
        "400.5, 500.25, 600, 700.75",
        '{"400.5", "500.25", "600", "700.75"}',
        "{4.005000d+002, 5.0025d2, 600.0D0, 7.0075D+2}",
    ],
)
def test_wavelengths_are_read_however_they_are_punctuated(header_of, text):
    header = header_of(4, wavelength=text, wavelength_units="nm")
    assert header.wavelengths is not None, header.warnings
    np.testing.assert_allclose(header.wavelengths, FOUR, rtol=1e-12)
    assert header.wavelengths.dtype == np.float64
    assert not header.wavelengths.flags.writeable


def test_decimal_commas_are_mentioned(header_of):
    assert "decimal commas" in header_of(2, wavelength="{400,5; 401,5}", wavelength_units="nm").warnings[0]


@pytest.mark.parametrize("text", ["550", "{550}", "[550.]", "550,0"])
def test_a_single_scalar_is_one_wavelength(header_of, text):
    np.testing.assert_array_equal(header_of(1, wavelength=text).wavelengths, [550.0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{400, 500}", "'wavelength' has 2 numbers for 3 bands: ignored"),
        ("400", "'wavelength' has 1 number for 3 bands: ignored"),
        ("{400, 500, 600, 700}", "'wavelength' has 4 numbers for 3 bands: ignored"),
        ("[400. ... 600.]", "'wavelength' holds '...', which is not a number"),
        ("{400, nan, 600}", "'wavelength' holds a value that is not finite"),
        ("{400, 0, 600}", "'wavelength' holds a value that is not positive (0 of band 2), no wavelength: ignored"),
        ("{red, green, blue}", "'red', which is not a number"),
    ],
)
def test_wavelengths_that_do_not_fit_are_ignored_with_a_warning(header_of, text, said):
    header = header_of(3, wavelength=text, wavelength_units="nm")
    assert header.wavelengths is None
    assert len(header.warnings) == 1
    assert said in header.warnings[0]


@pytest.mark.parametrize("text", ["{}", "", "{ }"])
def test_an_empty_list_is_no_wavelengths(header_of, text):
    header = header_of(3, wavelength=text)
    assert header.wavelengths is None
    assert header.warnings == ()


@pytest.mark.parametrize(
    ("unit", "values", "nm"),
    [
        ("Nanometers", "{400, 500, 600}", [400, 500, 600]),
        ("nm", "{400, 500, 600}", [400, 500, 600]),
        ("{Nanometers}", "{400, 500, 600}", [400, 500, 600]),
        ("Micrometers", "{0.4, 0.5, 0.6}", [400, 500, 600]),
        ("microns", "{0.4, 0.5, 0.6}", [400, 500, 600]),
        ("um", "{0.4, 0.5, 0.6}", [400, 500, 600]),
        ("Angstroms", "{4000, 5000, 6000}", [400, 500, 600]),
        ("Wavenumber", "{25000, 20000, 10000}", [400, 500, 1000]),
        ("GHz", "{299792.458, 599584.916, 749481.145}", [1000, 500, 400]),
    ],
)
def test_units_become_nanometres(header_of, unit, values, nm):
    header = header_of(3, wavelength=values, wavelength_units=unit)
    np.testing.assert_allclose(header.wavelengths, nm, rtol=1e-12)
    assert header.wavelength_units == unit
    assert header.warnings == ()


@pytest.mark.parametrize("unit", [None, "", "Unknown", "furlongs"])
@pytest.mark.parametrize(
    ("values", "nm"), [("{0.4, 1, 2.5}", [400, 1000, 2500]), ("{400, 1000, 2500}", [400, 1000, 2500])]
)
def test_without_a_unit_the_values_decide_and_a_warning_says_so(header_of, unit, values, nm):
    header = header_of(3, wavelength=values, wavelength_units=unit)
    np.testing.assert_allclose(header.wavelengths, nm)
    assert len(header.warnings) == 1
    assert "wavelength units" in header.warnings[0]


@pytest.mark.parametrize(
    ("unit", "values"), [("Index", "{400, 500, 600}"), ("Unknown", "{1, 2, 3}"), ("", "{20, 50, 80}")]
)
def test_numbers_that_are_no_wavelengths_are_not_made_into_some(header_of, unit, values):
    header = header_of(3, wavelength=values, wavelength_units=unit)
    assert header.wavelengths is None
    assert "could mean anything" in header.warnings[0]


def test_widths_are_converted_with_the_wavelengths(header_of):
    header = header_of(3, wavelength="{0.4, 0.5, 0.6}", fwhm="{0.005, 0.006, 0.007}", wavelength_units="Micrometers")
    np.testing.assert_allclose(header.fwhm, [5, 6, 7])
    header = header_of(1, wavelength="{10000}", fwhm="{10}", wavelength_units="Wavenumber")
    np.testing.assert_allclose(header.fwhm, [1.0])  # 1e7/10000 - 1e7/10010, to first order
    header = header_of(1, fwhm="{5}", wavelength_units="nm")
    np.testing.assert_allclose(header.fwhm, [5.0])
    header = header_of(1, fwhm="{5}")
    assert header.fwhm is None
    assert "'fwhm'" in header.warnings[0]


def test_descriptive_keys_are_converted(header_of):
    header = header_of(
        3,
        bbl="{1, 0, 1}",
        band_names="{red edge, Band 2 ,\n nir,}",
        default_bands="{3, 2, 1}",
        reflectance_scale_factor="10000.0",
        data_ignore_value="-9999",
        acquisition_time="2024-05-01T12:00:00Z",
    )
    assert header.bbl is not None
    assert header.bbl.tolist() == [True, False, True]
    assert header.band_names == ("red edge", "Band 2", "nir")
    assert header.default_bands == (3, 2, 1)
    assert header.reflectance_scale_factor == 10000.0
    assert header.data_ignore_value == -9999
    assert isinstance(header.data_ignore_value, int)
    assert header.acquisition_time == "2024-05-01T12:00:00Z"
    assert header.metadata == {}
    assert header.warnings == ()


def test_an_ignore_value_beyond_floating_point_stays_exact(header_of):
    assert header_of(1, data_ignore_value=2**64 - 1).data_ignore_value == 2**64 - 1


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("bbl", "{1, 0}"),
        ("bbl", "{good, bad, good}"),
        ("band_names", "{a, b}"),
        ("default_bands", "{0, 1, 2}"),
        ("default_bands", "{1, 2, 4}"),
        ("default_bands", "{1.5}"),
        ("default_bands", "{inf}"),
        ("default_bands", "{nan}"),
        ("reflectance_scale_factor", "0"),
        ("reflectance_scale_factor", "inf"),
        ("data_ignore_value", "none"),
        ("fwhm", "{5, 5}"),
    ],
)
def test_descriptive_keys_that_make_no_sense_are_ignored_with_a_warning(header_of, key, text):
    header = header_of(3, wavelength="{400, 500, 600}", wavelength_units="nm", **{key: text})
    assert getattr(header, key) is None
    assert len(header.warnings) == 1
    assert f"'{key.replace('_', ' ')}'" in header.warnings[0]
    assert header.wavelengths is not None


@pytest.mark.parametrize(
    ("unit", "written", "nanometres"),
    [
        ("Nano Meters", [400, 500, 600], [400, 500, 600]),
        ("micro-metres", [0.4, 0.5, 0.6], [400, 500, 600]),
        ("cm**-1", [25000, 20000, 10000], [400, 500, 1000]),
        ("THz", [299.792458, 599.584916, 749.481145], [1000, 500, 400]),
        ("Hz", [299.792458e12, 599.584916e12, 749.481145e12], [1000, 500, 400]),
        ("eV", [1.239841984332, 2.479683968664, 3.09960496083], [1000, 500, 400]),
    ],
)
def test_units_of_other_fields_are_no_nanometres(header_of, unit, written, nanometres):
    header = header_of(3, wavelength="{" + ", ".join(map(repr, written)) + "}", wavelength_units=unit)
    np.testing.assert_allclose(header.wavelengths, nanometres, rtol=1e-9)
    assert not header.warnings


def test_commas_within_brackets_or_quotes_part_no_band_names(header_of):
    names = header_of(3, band_names='{Mean (a, b), "c, d", plain}').band_names
    assert names == ("Mean (a, b)", '"c, d"', "plain")


def test_bad_bands_may_be_said_in_words(header_of):
    assert header_of(3, bbl="[True, False, True]").bbl.tolist() == [True, False, True]
