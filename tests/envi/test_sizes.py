"""Headers and data files that disagree about the size."""

from __future__ import annotations

import numpy as np
import pytest
import spectral

from pymodaq_hsi.envi import open_envi
from pymodaq_hsi.errors import EnviError


def cut(header, size):
    data = header.with_suffix(".raw")
    data.write_bytes(data.read_bytes()[:size].ljust(size, b"\1"))
    return header


@pytest.mark.parametrize("interleave", ["bip", "bil"])
@pytest.mark.parametrize("size", [72, 95])
def test_an_aborted_recording_gives_its_whole_lines_and_says_both_counts(vendor, counts, interleave, size):
    header = cut(vendor(counts, interleave=interleave, wavelength="{400, 500, 600}", wavelength_units="nm"), size)
    opened = open_envi(header)  # 24 bytes a line
    assert opened.shape == (3, 4, 3)
    np.testing.assert_array_equal(opened.data, counts[:3])
    assert len(opened.warnings) == 1
    assert "the header says 5 lines, the file ends after 3 whole ones" in opened.warnings[0]
    with pytest.raises(EOFError):
        spectral.envi.open(str(header)).load()


@pytest.mark.parametrize("interleave", ["bip", "bil"])
def test_an_aborted_recording_of_exactly_half_its_lines_is_read_too(vendor, counts, interleave):
    opened = open_envi(vendor(counts, lines=10, interleave=interleave))
    np.testing.assert_array_equal(opened.data, counts)
    assert "would also fit 'data type' 1 (uint8)" in opened.warnings[0]


def test_a_longer_file_is_read_as_the_header_says_with_a_warning(vendor, counts):
    opened = open_envi(cut(vendor(counts), 150))
    np.testing.assert_array_equal(opened.data, counts)
    assert "30 bytes after the header's 5 lines" in opened.warnings[0]


@pytest.mark.parametrize("interleave", ["bip", "bil", "bsq"])
def test_zero_lines_means_as_many_as_the_file_has(vendor, counts, interleave):
    opened = open_envi(vendor(counts, lines=0, interleave=interleave, header_offset=5))
    np.testing.assert_array_equal(opened.data, counts)
    assert "its size says 5" in opened.warnings[0]


def test_zero_lines_and_a_torn_end(vendor, counts):
    opened = open_envi(cut(vendor(counts, lines=0, interleave="bil"), 100))
    np.testing.assert_array_equal(opened.data, counts[:4])
    assert "its size says 4 and 4 bytes of an unfinished one" in opened.warnings[0]
    with pytest.raises(EnviError, match="no whole number of lines"):
        open_envi(cut(vendor(counts, lines=0, interleave="bsq"), 100))


@pytest.mark.parametrize(
    ("size", "keys", "said"),
    [
        (20, {}, "not even one line of 24 bytes"),
        (0, {}, "not even one line"),
        (120, {"header_offset": 121}, "'header offset' lies beyond the data"),
        (120, {"header_offset": 120}, "'header offset' lies beyond the data"),
        (120, {"samples": 1000}, "not even one line of 6000 bytes"),
        (120, {"data_type": 1}, r"exactly the size for 'data type' 2 \(int16\) or 12 \(uint16\)"),
        (120, {"data_type": 4}, r"exactly the size for 'data type' 2 \(int16\) or 12 \(uint16\)"),
        (240, {}, r"exactly the size for 'data type' 3 \(int32\) or 4 \(float32\) or 13 \(uint32\)"),
        (100, {"interleave": "bsq"}, "a BSQ file that was cut off has no complete line"),
    ],
)
def test_a_header_that_contradicts_its_data_is_an_error_with_both_sizes(vendor, counts, size, keys, said):
    header = vendor(counts, **(keys | ({"header_offset": 0} if "header_offset" in keys else {})))
    if "header_offset" in keys:
        header.write_text(header.read_text().replace("header offset = 0", f"header offset = {keys['header_offset']}"))
    cut(header, size)
    with pytest.raises(EnviError, match=said) as caught:
        open_envi(header)
    message = str(caught.value)
    assert f"cube.raw has {size}" in message
    assert "asks for" in message
    assert "\n" not in message


def test_absurd_sizes_are_an_error_and_no_memory(vendor, counts):
    with pytest.raises(EnviError, match="not even one line"):
        open_envi(vendor(counts, samples=10**12, bands=10**12))
