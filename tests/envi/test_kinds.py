"""What is no plain cube: spectral libraries, headers of other formats; and what other programs write."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import spectral

from pymodaq_hsi.envi import open_envi, read_header, write_envi
from pymodaq_hsi.errors import EnviError

LIBRARY = {
    "file_type": "ENVI Spectral Library",
    "band_names": "{Spectral Library}",
    "spectra_names": "{red clay tile 1, asphalt}",
    "wavelength_units": "Micrometers",
    "wavelength": "{0.46, 0.465, 0.47, 0.475}",
}


def test_a_spectral_library_is_a_cube_of_one_spectrum_a_line(vendor, tmp_path):
    spectra = np.arange(8, dtype="<f8").reshape(2, 4)
    header = vendor(spectra[..., np.newaxis], "x.hdr", data="x.sli", interleave="bsq", **LIBRARY)
    library = open_envi(header)
    np.testing.assert_array_equal(library.data, spectra[:, np.newaxis])
    np.testing.assert_array_equal(library.data[:, 0], spectral.envi.open(str(header)).spectra)
    np.testing.assert_allclose(library.wavelengths, [460, 465, 470, 475])
    assert library.header.metadata["spectra names"] == "{red clay tile 1, asphalt}"
    assert library.warnings == ()
    copy = write_envi(tmp_path / "copy", library.data, metadata=library.header.metadata)
    np.testing.assert_array_equal(open_envi(copy).data, library.data)
    assert read_header(copy).metadata["file type"] == "ENVI Standard"


@pytest.mark.parametrize("kind", ["TIFF", "HDF Scientific Data", "JPEG 2000", "NITF"])
def test_a_header_that_describes_a_file_of_another_format_is_refused(vendor, counts, kind):
    header = vendor(counts, "x.tif.hdr", data="x.tif", file_type=kind)
    with pytest.raises(EnviError, match=f"'file type' is '{kind}'.*open that file with a reader of its format"):
        open_envi(header)
    samples_within = vendor(counts, "x.tif.hdr", data="x.tif", file_type=kind, header_offset=2502)
    np.testing.assert_array_equal(open_envi(samples_within).data, counts)


@pytest.mark.parametrize("unit", ["Index", "Unknown", "furlongs"])
def test_numbers_that_are_no_lengths_are_kept_with_their_unit(vendor, counts, unit):
    header = read_header(vendor(counts, wavelength="{1, 2, 3}", wavelength_units=unit))
    assert (header.wavelengths, header.wavelength_units) == (None, unit)
    np.testing.assert_array_equal(header.wavelength_values, [1, 2, 3])
    header = read_header(vendor(counts, wavelength="{0, 500, 600}", wavelength_units="nm"))
    assert header.wavelengths is None
    np.testing.assert_array_equal(header.wavelength_values, [0, 500, 600])


@pytest.mark.parametrize("unit", ["Wavelength (nm)", "nm.", "[nm]", "nanometers (nm)"])
def test_a_unit_is_found_among_other_words(vendor, counts, unit):
    header = read_header(vendor(counts, wavelength="{400, 500, 600}", wavelength_units=unit))
    np.testing.assert_array_equal(header.wavelengths, [400, 500, 600])
    assert header.warnings == ()


@pytest.mark.parametrize("text", ["{400nm, 500nm, 600nm}", "{400 NM\n500 NM\n600 NM}", "{0.4 um, 5e-1 um, 0.6 um}"])
def test_a_unit_behind_each_number_is_the_unit(vendor, counts, text):
    header = read_header(vendor(counts, wavelength=text))
    np.testing.assert_allclose(header.wavelengths, [400, 500, 600])
    assert header.warnings == ()


@pytest.mark.parametrize(
    ("values", "unit", "nm", "likely"),
    [
        ("{0.4, 0.5, 2.5}", "Nanometers", [0.4, 0.5, 2.5], "micrometres"),
        ("{400, 500, 2500}", "Micrometers", [4e5, 5e5, 25e5], "nm"),
    ],
)
def test_a_unit_that_cannot_be_meant_is_doubted_and_believed(vendor, counts, values, unit, nm, likely):
    header = read_header(vendor(counts, wavelength=values, wavelength_units=unit))
    np.testing.assert_allclose(header.wavelengths, nm)
    assert f"look like {likely}: read as written" in header.warnings[0]


@pytest.mark.parametrize("unit", [None, "", "Unknown"])
def test_the_title_of_a_plot_tells_the_unit_where_none_is_written(vendor, counts, unit):
    said = {"wavelength": "{1000, 2000, 4000}", "z_plot_titles": "{Wavenumbers (cm-1), Absorbance}"}
    header = read_header(vendor(counts, wavelength_units=unit, **said))
    np.testing.assert_allclose(header.wavelengths, [10000, 5000, 2500])
    np.testing.assert_array_equal(header.wavelength_values, [1000, 2000, 4000])
    assert "taken from 'z plot titles', 'Wavenumbers (cm-1)'" in header.warnings[0]
    header = read_header(vendor(counts, wavelength_units="nm", **said))
    np.testing.assert_array_equal(header.wavelengths, [1000, 2000, 4000])


@pytest.mark.parametrize("interleave", ["bip", "bil", "bsq"])
@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "c8"])
def test_what_spectral_python_writes_is_read(tmp_path, interleave, dtype):
    cube = np.arange(60).reshape(5, 4, 3).astype(dtype)
    said = {"wavelength": [400, 500.5, 600], "wavelength units": "nm", "description": "leaf", "fwhm": [5, 5, 5]}
    spectral.envi.save_image(str(tmp_path / "x.hdr"), cube, interleave=interleave, dtype=dtype, metadata=said)
    found = open_envi(tmp_path / "x.hdr")
    np.testing.assert_array_equal(found.data, cube)
    np.testing.assert_array_equal(found.wavelengths, said["wavelength"])
    assert found.warnings == ()


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("interleave", ["bip", "bil", "bsq"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64", "complex64"])
def test_what_gdal_writes_is_read(tmp_path, interleave, dtype):
    cube = np.arange(60).reshape(5, 4, 3).astype(dtype)
    shape = {"height": 5, "width": 4, "count": 3}
    nodata = None if dtype == "complex64" else 7
    with rasterio.open(
        tmp_path / "x.img", "w", driver="ENVI", dtype=dtype, interleave=interleave, nodata=nodata, **shape
    ) as file:
        file.write(cube.transpose(2, 0, 1))
        for band, name in enumerate(("blue (450 nm)", "green", "red"), start=1):
            file.set_band_description(band, name)
    found = open_envi(tmp_path / "x.img")
    np.testing.assert_array_equal(found.data, cube)
    assert found.header.band_names == ("blue (450 nm)", "green", "red")
    assert found.header.data_ignore_value == nodata
    assert found.warnings == ()
