"""Header texts as they are found in the wild."""

from __future__ import annotations

import numpy as np
import pytest

from pymodaq_hsi.envi import open_envi, read_header
from pymodaq_hsi.errors import EnviError


@pytest.mark.parametrize("head", ["ENVI\n", "envi\n", "Envi \n", "\ufeffENVI\n", "ENVI\r\n"])
def test_the_first_line_is_envi_in_any_case_after_a_byte_order_mark(vendor, counts, head):
    np.testing.assert_array_equal(open_envi(vendor(counts, head=head)).data, counts)


def test_a_header_in_utf16_is_read(vendor, counts):
    header = vendor(counts)
    header.write_text(header.read_text(), encoding="utf-16")
    np.testing.assert_array_equal(open_envi(header).data, counts)


def test_carriage_returns_do_not_stay_in_values(vendor, counts):
    header = vendor(counts, sensor_type="FX10")
    header.write_bytes(header.read_bytes().replace(b"\n", b"\r\n"))
    assert read_header(header).metadata == {"sensor type": "FX10"}


def test_latin1_bytes_are_text(vendor, counts):
    header = read_header(vendor(counts, wavelength="{0.4, 0.5, 0.6}", wavelength_units="\xb5m", Ort="K\xf6ln"))
    assert header.metadata == {"ort": "K\xf6ln"}
    np.testing.assert_allclose(header.wavelengths, [400, 500, 600])
    assert header.wavelength_units == "\xb5m"


def test_keys_ignore_case_and_blanks(vendor, counts):
    header = vendor(counts)
    header.write_text(header.read_text().replace("data type", "Data  TYPE").replace("samples", "SAMPLES"))
    np.testing.assert_array_equal(open_envi(header).data, counts)


def test_a_semicolon_in_column_one_is_a_comment_everywhere(vendor, counts):
    tail = "; samples = 99\nwavelength = {\n 400,\n; 450,\n 500,\n 600}\nnote = a; b\n"
    header = read_header(vendor(counts, tail=tail))
    np.testing.assert_array_equal(header.wavelengths, [400, 500, 600])
    assert header.samples == 4
    assert header.metadata == {"note": "a; b"}


def test_lists_span_lines_and_other_keys_are_kept_as_written(vendor, counts):
    tail = (
        "description = {\n two lines,\n a = b}\ntint = 3.500000\nfps = 100\nbinning = {1, 2}\nhimg = {1, 1024}\n"
        "vimg = {1, 448}\nhroi = {1, 1024}\nvroi = {1, 448}\nsensorid = 3210\n"
        "acquisition date = DATE(dd-mm-yyyy): 01-02-2024\n"
        "sensor type = SPECIM FX10\nempty =\n"
    )
    assert read_header(vendor(counts, tail=tail)).metadata == {
        "description": "{\n two lines,\n a = b}",
        "tint": "3.500000",
        "fps": "100",
        "binning": "{1, 2}",
        "himg": "{1, 1024}",
        "vimg": "{1, 448}",
        "hroi": "{1, 1024}",
        "vroi": "{1, 448}",
        "sensorid": "3210",
        "acquisition date": "DATE(dd-mm-yyyy): 01-02-2024",
        "sensor type": "SPECIM FX10",
        "empty": "",
    }


def test_text_that_begins_with_a_bracket_swallows_nothing(vendor, counts):
    header = read_header(vendor(counts, tail="note = [draft\nfps = 100\n"))
    assert header.metadata == {"note": "[draft", "fps": "100"}


def test_what_follows_a_closed_list_is_dropped(vendor, counts):
    header = read_header(vendor(counts, tail="wavelength = {400, 500, 600} ; nm\n"))
    np.testing.assert_array_equal(header.wavelengths, [400, 500, 600])


def test_a_list_that_is_never_closed_is_named_with_its_line(vendor, counts):
    with pytest.raises(EnviError, match=r"'wavelength' opens a list with '{' in line 9 that is never closed"):
        read_header(vendor(counts, tail="wavelength = {400, 500,\n600\nfps = 3\n"))


def test_stray_lines_and_repeated_keys_are_passed_over_with_a_warning(vendor, counts):
    header = read_header(vendor(counts, tail="just words\nfps = 1\nfps = 2\n"))
    assert header.metadata == {"fps": "2"}
    stray, repeated = header.warnings
    assert "line 9 is not 'key = value' and was passed over: 'just words'" in stray
    assert "'fps' is given twice, as '1' and '2'" in repeated


def test_a_file_that_is_no_header_is_refused(tmp_path):
    path = tmp_path / "noise.hdr"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(EnviError, match="not an ENVI header, whose first line is 'ENVI'"):
        read_header(path)
    path.write_bytes(b"")
    with pytest.raises(EnviError, match="not an ENVI header"):
        read_header(path)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_header_in_utf16_without_a_byte_order_mark_is_read(vendor, counts, encoding):
    header = vendor(counts)
    header.write_bytes(header.read_text().encode(encoding))
    np.testing.assert_array_equal(open_envi(header).data, counts)


@pytest.mark.parametrize("head", ["\n \nENVI\n", "  ENVI\n", "\ufeff\nENVI\n"])
def test_blank_lines_and_blanks_before_the_first_line_are_passed_over(vendor, counts, head):
    cube = open_envi(vendor(counts, head=head))
    np.testing.assert_array_equal(cube.data, counts)
    assert cube.warnings == ()


@pytest.mark.parametrize(
    "tail",
    [
        "wavelength =\n{\n400,\n500,\n600\n}\n",
        "wavelength =\n\n; nm\n  {400, 500, 600}",
        "wavelength=\t{400,\t500,\t600}",
    ],
)
def test_a_list_may_begin_below_its_name(vendor, counts, tail):
    header = read_header(vendor(counts, tail=f"empty =\nfps = 3\n{tail}", wavelength_units="nm"))
    np.testing.assert_array_equal(header.wavelengths, [400, 500, 600])
    assert header.metadata == {"empty": "", "fps": "3"}
    assert header.warnings == ()


def test_a_list_without_an_end_does_not_swallow_the_next(vendor, counts):
    with pytest.raises(EnviError, match=r"'fwhm' opens a list with '\{' in line 9 that is never closed; add"):
        read_header(vendor(counts, tail="fwhm = {5, 5,\n5\nwavelength = {400, 500, 600}\n"))


def test_names_joined_or_with_underscores_are_those_of_the_format(vendor, counts):
    tail = "headeroffset = 3\nDATA_TYPE = 2\nwavelengths = {400, 500, 600}\nwavelength_units = nm\nsample_rate = 5\n"
    header = read_header(vendor(counts, header_offset=None, data_type=None, tail=tail))
    assert (header.header_offset, header.data_type) == (3, np.dtype("<i2"))
    np.testing.assert_array_equal(header.wavelengths, [400, 500, 600])
    assert header.metadata == {"sample_rate": "5"}


def test_the_right_name_goes_before_a_similar_one(vendor, counts):
    header = read_header(vendor(counts, tail="wavelength = {400, 500, 600}\nwavelengths = {1, 2, 3}\n"))
    np.testing.assert_array_equal(header.wavelengths, [400, 500, 600])
    assert header.metadata == {"wavelengths": "{1, 2, 3}"}


@pytest.mark.parametrize(
    ("word", "order"),
    [("Host (Intel)", "<"), ("Network (IEEE)", ">"), ("ieee-le", "<"), ("ieee-be", ">"), ('"1"', ">"), ("MSF", ">")],
)
def test_the_byte_order_may_be_in_words(vendor, counts, word, order):
    assert read_header(vendor(counts, byte_order=word)).data_type == np.dtype(f"{order}u2")


@pytest.mark.parametrize("value", ["1,000", "5.5", "inf"])
def test_a_number_of_lines_that_is_no_whole_one_is_not_guessed(vendor, counts, value):
    with pytest.raises(EnviError, match=f"'lines' is '{value}', expected a whole number"):
        read_header(vendor(counts, lines=value))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("BYTEORDER I\nLAYOUT BIL\nNROWS 540\nNCOLS 510\nNBANDS 636\nNBITS 16\n", "a header of Esri's"),
        ("samples = 4\nlines = 5\nbands = 3\n", "write ENVI into a line of its own above them"),
        ("\x1f\x8b\x08", "it is compressed by gzip"),
        ("hello", "name the .hdr file of the cube"),
    ],
)
def test_what_is_no_header_is_told_what_it_seems_to_be(tmp_path, text, said):
    (tmp_path / "x.hdr").write_bytes(text.encode("latin-1"))
    with pytest.raises(EnviError, match=said):
        read_header(tmp_path / "x.hdr")


def test_padding_at_the_end_is_no_text(vendor, counts):
    header = vendor(counts, note="leaf")
    header.write_bytes(header.read_bytes() + b"\x1a" + bytes(100))
    assert (read_header(header).metadata, read_header(header).warnings) == ({"note": "leaf"}, ())
