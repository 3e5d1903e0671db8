"""Which data file belongs to which header."""

from __future__ import annotations

import gzip
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


def test_a_name_without_endings_is_enough(vendor, counts):
    header = vendor(counts, "x.raw.hdr", data="x.raw")
    assert open_envi(header.with_name("x")).header_path == header
    vendor(counts, "x.bil.hdr", data="x.bil", interleave="bil")
    with pytest.raises(EnviError, match=r"more than one header: x\.bil\.hdr, x\.raw\.hdr"):
        open_envi(header.with_name("x"))


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


def test_a_data_file_of_an_unusual_ending_is_known_by_its_size_or_by_its_name(vendor, counts):
    header = vendor(counts, "x.hdr", data="x.lan", header_offset=128)
    header.with_name("x.log").write_text("of the recording")
    for given in (header, header.with_name("x.lan")):
        assert open_envi(given).data_path.name == "x.lan"
        np.testing.assert_array_equal(open_envi(given).data, counts)
    header.with_name("x.lan").rename(header.with_name("scene.bin"))
    np.testing.assert_array_equal(open_envi(header, data=header.with_name("scene.bin")).data, counts)
    with pytest.raises(EnviNotFound, match=r"there are x\.log: if one of them is it, name it"):
        open_envi(header)
    with pytest.raises(EnviNotFound, match=r"gone\.bin: no such data file for .*x\.hdr"):
        open_envi(header, data="gone.bin")


def test_names_that_differ_in_case_belong_together_unless_others_fit_exactly(vendor, counts):
    header = vendor(counts, "Leaf.HDR", data="LEAF.RAW")
    assert open_envi(header).data_path.name == "LEAF.RAW"
    assert open_envi(header.with_name("LEAF.RAW")).header_path == header
    assert open_envi(header.with_name("leaf.hdr")).header_path.samefile(header)
    header.with_name("Leaf.raw").write_bytes(header.with_name("LEAF.RAW").read_bytes())
    assert open_envi(header).data_path.name == "Leaf.raw"


@pytest.mark.parametrize("name", ["x.raw.gz", "x.zip"])
def test_a_compressed_data_file_is_an_error_that_says_to_unpack_it(vendor, counts, name):
    header = vendor(counts, "x.hdr", data=name)
    with pytest.raises(EnviNotFound, match=f"{name} is compressed: unpack it first"):
        open_envi(header)


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (gzip.compress, "it begins as gzip does; unpack it first"),
        (lambda raw: b"II*\0" + raw, "it begins as TIFF does; open it with a reader of TIFF"),
    ],
)
def test_a_file_of_another_format_under_the_name_of_samples_is_named(vendor, packed, said):
    header = vendor(np.zeros((50, 40, 3), "<f4"), "x.hdr", data="x.img", interleave="bsq")
    samples = header.with_name("x.img")
    samples.write_bytes(packed(samples.read_bytes()[:-100]))
    with pytest.raises(EnviError, match=said):
        open_envi(header)


def test_a_folder_of_a_recorder_names_the_cubes_in_its_inner_folder(vendor, counts):
    (header := vendor(counts, "run/capture/x.hdr", data=None)).with_name("x.raw").write_bytes(counts.tobytes())
    with pytest.raises(EnviError, match=r"run: is a folder; .*capture holds x\.hdr"):
        open_envi(header.parent.parent)
