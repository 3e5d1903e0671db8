"""Which data file belongs to which header."""

from __future__ import annotations

import os

import numpy as np
import pytest

from pymodaq_hsi.envi import open_envi, read_header
from pymodaq_hsi.errors import EnviError, EnviNotFound


@pytest.mark.parametrize("data", ["x", "x.raw", "x.dat", "x.img", "x.bin", "x.bil", "x.bip", "x.bsq", "x.RAW"])
@pytest.mark.parametrize("name_the_data", [False, True])
def test_header_and_data_find_each_other(vendor, counts, data, name_the_data):
    header = vendor(counts, "x.hdr", data=data)
    opened = open_envi(header.with_name(data) if name_the_data else header)
    assert (opened.header_path, opened.data_path) == (header, header.with_name(data))
    np.testing.assert_array_equal(opened.data, counts)


@pytest.mark.parametrize("name_the_data", [False, True])
def test_a_header_may_be_named_after_the_whole_data_file(vendor, counts, name_the_data):
    header = vendor(counts, "x.bil.hdr", data="x.bil", interleave="bil")
    opened = open_envi(header.with_name("x.bil") if name_the_data else header)
    assert (opened.header_path.name, opened.data_path.name) == ("x.bil.hdr", "x.bil")


def test_upper_case_headers_and_text_paths(vendor, counts):
    header = vendor(counts, "X.HDR", data="X.RAW")
    assert open_envi(str(header)).data_path.name == "X.RAW"
    assert read_header(os.fspath(header.with_name("X.RAW"))).samples == 4
    assert open_envi(header.with_name("X")).header_path == header


def test_two_candidates_are_an_error_that_lists_them(vendor, counts):
    header = vendor(counts, "x.hdr", data="x.raw")
    header.with_name("x.img").write_bytes(b"")
    with pytest.raises(EnviError, match=r"more than one data file could be meant: x\.img, x\.raw"):
        open_envi(header)
    assert open_envi(header.with_name("x.raw")).data_path.name == "x.raw"


def test_a_file_with_a_header_of_its_own_is_no_candidate(vendor, counts):
    vendor(counts, "x.bil.hdr", data="x.bil", interleave="bil")
    assert open_envi(vendor(counts, "x.hdr", data="x.raw")).data_path.name == "x.raw"


def test_a_folder_of_the_cubes_name_is_no_candidate(vendor, counts, tmp_path):
    (tmp_path / "x").mkdir()
    assert open_envi(vendor(counts, "x.hdr", data="x.raw")).data_path.name == "x.raw"


def test_no_data_file_is_an_error_that_says_what_was_looked_for(vendor, counts):
    with pytest.raises(EnviNotFound, match=r"no data file beside the header; looked for x, x\.raw"):
        open_envi(vendor(counts, "x.hdr", data=None))


def test_no_such_file_names_the_cubes_there_are(vendor, counts, tmp_path):
    vendor(counts, "leaf.hdr", data="leaf.raw")
    for error in (EnviError, FileNotFoundError, ValueError):
        with pytest.raises(error, match=r"laef\.hdr: no such file; .* holds leaf\.hdr"):
            open_envi(tmp_path / "laef.hdr")
    with pytest.raises(EnviNotFound, match="does not exist either"):
        open_envi(tmp_path / "nowhere" / "x.hdr")


def test_data_without_a_header_is_an_error_that_says_what_was_looked_for(tmp_path):
    (tmp_path / "x.raw").write_bytes(b"\0" * 99)
    with pytest.raises(EnviNotFound, match=r"looked for x\.raw\.hdr and x\.hdr"):
        open_envi(tmp_path / "x.raw")


def test_a_header_of_another_name_is_known_by_its_first_line(vendor, counts):
    header = vendor(counts, "x.txt", data="x.txt.raw")
    np.testing.assert_array_equal(open_envi(header).data, counts)


def test_a_folder_is_an_error_that_names_its_cubes(vendor, counts):
    header = vendor(counts, "x.hdr", data="x.raw")
    with pytest.raises(EnviError, match=r"is a folder; .* holds x\.hdr"):
        open_envi(header.parent)
