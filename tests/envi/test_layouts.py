"""Every sample type, byte order and interleave becomes (lines, pixels, bands)."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import spectral

from pymodaq_hsi.envi import open_envi, read_header
from pymodaq_hsi.errors import EnviError

TYPES = ("u1", "i2", "i4", "f4", "f8", "c8", "c16", "u2", "u4", "i8", "u8")


@pytest.mark.parametrize("interleave", ["bip", "bil", "bsq"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", TYPES)
def test_samples_and_their_type_are_those_of_the_file(vendor, kind, order, interleave):
    cube = np.arange(1, 25).reshape(2, 4, 3).astype(order + kind)
    opened = open_envi(vendor(cube, interleave=interleave, header_offset=7))
    assert opened.data.dtype == cube.dtype
    assert opened.header.data_type == cube.dtype
    np.testing.assert_array_equal(opened.data, cube)
    np.testing.assert_array_equal(open_envi(opened.header_path, memory_map=False).data, cube)
    assert opened.warnings == ()


@pytest.mark.parametrize("interleave", ["bip", "bil", "bsq"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind not in ("i8", "u8")])
def test_spectral_python_reads_the_same(vendor, kind, order, interleave):
    cube = np.arange(1, 25).reshape(2, 4, 3).astype(order + kind)
    header = vendor(cube, interleave=interleave)
    theirs = spectral.envi.open(str(header)).open_memmap(interleave="bip")
    np.testing.assert_array_equal(open_envi(header).data, theirs)


def test_the_data_are_a_read_only_map_of_the_file(vendor, counts):
    opened = open_envi(vendor(counts, interleave="bil"))
    assert isinstance(opened.data, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        opened.data[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        open_envi(opened.header_path, memory_map=False).data[0, 0, 0] = 1


@pytest.mark.parametrize("interleave", ["bip", "bil", "bsq"])
def test_a_line_is_pixels_by_bands(vendor, counts, interleave):
    opened = open_envi(vendor(counts, interleave=interleave))
    np.testing.assert_array_equal(opened.line(2), counts[2])
    np.testing.assert_array_equal(opened.line(-1), counts[-1])
    with pytest.raises(IndexError, match="no line 5; there are 5"):
        opened.line(5)


@pytest.mark.parametrize("word", ["Bil", "BIL", " bil "])
def test_the_interleave_may_be_written_in_any_case(vendor, counts, word):
    header = vendor(counts, interleave="bil")
    header.write_text(header.read_text().replace("interleave = bil", f"interleave = {word}"))
    np.testing.assert_array_equal(open_envi(header).data, counts)


def test_missing_byte_order_and_offset_mean_little_endian_and_none(vendor, counts):
    opened = open_envi(vendor(counts, byte_order=None, header_offset=None))
    assert (opened.header.byte_order, opened.header.header_offset) == ("little", 0)
    np.testing.assert_array_equal(opened.data, counts)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("data_type", 8, r"'data type' is '8'.*12 \(uint16\)"),
        ("data_type", "uint16", "'data type' is 'uint16'"),
        ("interleave", "bop", "'interleave' is 'bop', expected bip, bil or bsq"),
        ("byte_order", 2, r"'byte order' is '2', expected 0 .* or 1"),
        ("samples", 0, "'samples' is '0', expected a whole number from 1"),
        ("samples", -4, "'samples' is '-4'"),
        ("lines", "many", "'lines' is 'many', expected a whole number from 0"),
        ("bands", 2.5, "'bands' is '2.5'"),
        ("header_offset", -1, "'header offset' is '-1'"),
        ("file_compression", 1, "'file compression' is '1'.*without compression"),
        ("major_frame_offsets", "{0, 4}", "'major frame offsets' is '{0, 4}'"),
    ],
)
def test_a_value_that_cannot_be_is_an_error_with_file_key_and_value(vendor, counts, key, value, said):
    header = vendor(counts, data="cube.raw", **({key: value} if key != "interleave" else {}))
    if key == "interleave":
        header.write_text(header.read_text().replace("interleave = bip", f"interleave = {value}"))
    with pytest.raises(EnviError, match=said) as caught:
        read_header(header)
    assert str(header) in str(caught.value)
    assert caught.value.path == str(header)
    assert "\n" not in str(caught.value)


def test_all_missing_keys_are_named_at_once(vendor, counts):
    with pytest.raises(EnviError, match="lacks 'lines', 'interleave'"):
        _read_without(vendor(counts), "lines", "interleave")


def _read_without(header, *keys):
    lines = [line for line in header.read_text().splitlines() if line.partition(" =")[0] not in keys]
    header.write_text("\n".join(lines))
    return read_header(header)


def test_warnings_are_on_the_cube_and_in_the_log(vendor, counts, caplog):
    with caplog.at_level(logging.WARNING, logger="pymodaq_hsi.envi"):
        opened = open_envi(vendor(counts, lines=9))
    assert [record.getMessage() for record in caplog.records] == list(opened.warnings)
    assert len(opened.warnings) == 1
