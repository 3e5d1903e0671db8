"""Writing cubes that we and others read."""

from __future__ import annotations

import datetime as dt
import errno
import os
import subprocess
import sys

import numpy as np
import pytest
import rasterio
import spectral

from pymodaq_hsi.envi import open_envi, read_header, write_envi
from pymodaq_hsi.errors import EnviError, OutputError, OutputExists


@pytest.mark.parametrize("as_lines", [False, True])
@pytest.mark.parametrize("interleave", ["bip", "bil", "bsq"])
@pytest.mark.parametrize("order", ["little", "big"])
def test_spectral_python_reads_what_we_write(tmp_path, counts, interleave, order, as_lines):
    header = write_envi(
        tmp_path / "x.hdr",
        iter(counts) if as_lines else counts,
        interleave=interleave,
        byte_order=order,
        wavelengths=[400.1, 500.2, 600.3],
        band_names=["b", "g", "r"],
        metadata={"tint": 3.5},
    )
    theirs = spectral.envi.open(str(header))
    np.testing.assert_array_equal(theirs.open_memmap(interleave="bip"), counts)
    assert theirs.metadata["interleave"] == interleave
    assert theirs.bands.centers == [400.1, 500.2, 600.3]
    assert theirs.metadata["band names"] == ["b", "g", "r"]
    assert theirs.metadata["tint"] == "3.5"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.hdr", "x.raw"]


def test_what_is_described_is_read_back(tmp_path, counts):
    time = dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)
    path = write_envi(
        tmp_path / "x.hdr",
        counts,
        header_offset=100,
        wavelengths=np.float32([400.1, 500.2, 600.3]),
        fwhm=[5, 5.5, 6],
        band_names=("b", "g", "r"),
        bbl=[1, 0, 1],
        reflectance_scale_factor=10000,
        data_ignore_value=-9999,
        default_bands=(3, 2, 1),
        acquisition_time=time,
        metadata={
            "Sensor Type": "FX10",
            "binning": [1, 2],
            "description": "two\nlines",
            "fps": 99.5,
            "file type": "ENVI",
        },
    )
    header = read_header(path)
    np.testing.assert_array_equal(header.wavelengths, np.float32([400.1, 500.2, 600.3]).astype(float))
    assert header.wavelength_units == "Nanometers"
    assert header.fwhm is not None
    assert header.fwhm.tolist() == [5, 5.5, 6]
    assert header.bbl is not None
    assert header.bbl.tolist() == [True, False, True]
    assert header.band_names == ("b", "g", "r")
    assert (header.reflectance_scale_factor, header.data_ignore_value) == (10000.0, -9999)
    assert header.default_bands == (3, 2, 1)
    assert header.acquisition_time == time.isoformat()
    assert header.metadata == {
        "sensor type": "FX10",
        "binning": "{1, 2}",
        "description": "{two\nlines}",
        "fps": "99.5",
        "file type": "ENVI",
    }
    assert header.warnings == ()
    np.testing.assert_array_equal(open_envi(path).data, counts)


def test_metadata_that_was_read_can_be_written(tmp_path, vendor, counts):
    tail = "description = {a = b,\n c}\nhimg = {1, 1024}\nfile type = ENVI Standard\nnote = x; y\n"
    read = read_header(vendor(counts, tail=tail))
    assert read_header(write_envi(tmp_path / "copy", counts, metadata=read.metadata)).metadata == read.metadata


@pytest.mark.parametrize(
    ("name", "header", "data"),
    [
        ("x.hdr", "x.hdr", "x.raw"),
        ("x", "x.hdr", "x.raw"),
        ("x.2024", "x.2024.hdr", "x.2024.raw"),
        ("x.bil", "x.hdr", "x.bil"),
        ("x.bil.hdr", "x.bil.hdr", "x.bil"),
    ],
)
def test_where_header_and_data_go(tmp_path, counts, name, header, data):
    assert write_envi(tmp_path / name, counts) == tmp_path / header
    opened = open_envi(tmp_path / header)
    assert opened.data_path == tmp_path / data
    np.testing.assert_array_equal(opened.data, counts)


@pytest.mark.parametrize(
    ("name", "interleave"), [("x", "bip"), ("x.bil", "bil"), ("x.BSQ", "bsq"), ("x.bil.hdr", "bil"), ("x.bip", "bip")]
)
def test_the_name_of_the_data_file_says_the_interleave(tmp_path, counts, name, interleave):
    found = open_envi(write_envi(tmp_path / name, counts))
    assert found.header.interleave == interleave
    np.testing.assert_array_equal(found.data, counts)
    assert open_envi(write_envi(tmp_path / "y.bil", counts, interleave="bip")).header.interleave == "bip"


@pytest.mark.parametrize("there", ["x.hdr", "x.raw"])
def test_nothing_is_overwritten_unless_asked(tmp_path, counts, there):
    (tmp_path / there).write_bytes(b"precious")
    for error in (OutputExists, FileExistsError):
        with pytest.raises(error, match=there):
            write_envi(tmp_path / "x.hdr", counts)
    assert (tmp_path / there).read_bytes() == b"precious"
    np.testing.assert_array_equal(open_envi(write_envi(tmp_path / "x.hdr", counts, overwrite=True)).data, counts)


def test_a_file_that_would_make_the_pair_ambiguous_is_refused(tmp_path, counts):
    (tmp_path / "x.img").write_bytes(b"")
    with pytest.raises(OutputExists, match=r"x\.img in the same folder would be taken for its data too"):
        write_envi(tmp_path / "x.hdr", counts, overwrite=True)


def test_a_cube_can_be_rewritten_from_its_own_map(tmp_path, counts):
    path = write_envi(tmp_path / "x.hdr", counts, interleave="bsq")
    write_envi(path, open_envi(path).data, interleave="bil", byte_order="big", overwrite=True)
    opened = open_envi(path)
    assert (opened.header.interleave, opened.header.byte_order) == ("bil", "big")
    np.testing.assert_array_equal(opened.data, counts)


@pytest.mark.parametrize("interleave", ["bip", "bsq"])
def test_an_error_in_the_middle_leaves_the_old_cube_and_nothing_else(tmp_path, counts, interleave):
    path = write_envi(tmp_path / "x.hdr", counts)

    def lines():
        yield counts[0]
        raise OSError(errno.EIO, "the camera is gone")

    with pytest.raises(OSError, match="the camera is gone"):
        write_envi(path, lines(), interleave=interleave, overwrite=True)
    np.testing.assert_array_equal(open_envi(path).data, counts)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["x.hdr", "x.raw"]


@pytest.mark.parametrize(
    ("second", "said"),
    [(np.zeros((3, 3), "u2"), r"line 1 has shape \(3, 3\)"), (np.zeros((4, 3), "u1"), "type uint8, the first had")],
)
def test_lines_must_agree(tmp_path, counts, second, said):
    with pytest.raises(EnviError, match=said):
        write_envi(tmp_path / "x.hdr", [counts[0], second])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "keys", "said"),
    [
        ([], {}, "no lines to write"),
        (np.zeros((2, 2)), {}, r"shape \(2, 2\) cannot be written; expected \(lines, pixels, bands\)"),
        (np.zeros((0, 2, 2)), {}, r"shape \(0, 2, 2\)"),
        ([np.zeros(3)], {}, r"line of shape \(3,\)"),
        (np.zeros((1, 1, 1), bool), {}, "no sample type 'bool'"),
        (np.zeros((1, 1, 1), "f2"), {}, "no sample type 'float16'; convert the data to one of uint8"),
        (None, {"interleave": "bop"}, "interleave is 'bop'"),
        (None, {"byte_order": ">"}, "byte_order is '>'"),
        (None, {"header_offset": -1}, "header_offset is -1"),
        (None, {"wavelengths": [400, 500]}, r"wavelengths have the shape \(2,\), expected \(3,\)"),
        (None, {"wavelengths": [400, 500, np.nan]}, "wavelengths hold a value that is not positive"),
        (None, {"fwhm": [1, 2, np.inf]}, "fwhm hold a value that is not finite"),
        (None, {"bbl": [1]}, "bbl have the shape"),
        (None, {"band_names": ["a", "b"]}, "band_names have the shape"),
        (None, {"band_names": ["a", "b,c", "d"]}, "the band name 'b,c'"),
        (None, {"default_bands": [0]}, r"default_bands are \(0,\), expected numbers from 1 to 3"),
        (None, {"reflectance_scale_factor": 0}, "reflectance_scale_factor is 0"),
        (None, {"acquisition_time": "a\nb"}, "acquisition_time is 'a\\\\nb'"),
        (None, {"metadata": {"Lines": 3}}, "'Lines' belongs to the format"),
        (None, {"metadata": {"a=b": 3}}, "has a '='"),
        (None, {"metadata": {"note": "{a} b"}}, "a bracket that ends it early"),
        (None, {"metadata": {"note": "{a\n;b}"}}, "a line that begins with ';'"),
    ],
)
def test_what_an_envi_file_cannot_hold_is_refused_before_a_file_is_touched(tmp_path, counts, data, keys, said):
    with pytest.raises(EnviError, match=said):
        write_envi(tmp_path / "x.hdr", counts if data is None else data, **keys)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_an_error(tmp_path, counts):
    with pytest.raises(OutputError, match="does not exist; create it first"):
        write_envi(tmp_path / "nowhere" / "x.hdr", counts)


FULL_DISK = """
import resource, signal, sys
import numpy as np
from pymodaq_hsi.envi import write_envi
from pymodaq_hsi.errors import OutputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_envi(sys.argv[1], (np.zeros((64, 64), "u2") for _ in range(100)), interleave=sys.argv[2])
except OutputError as error:
    print(error)
"""


@pytest.mark.parametrize("interleave", ["bip", "bsq"])
def test_a_file_that_cannot_grow_is_one_clear_error_and_leaves_nothing(tmp_path, interleave):
    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, os.fspath(tmp_path / "x.hdr"), interleave],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "x.raw: writing line 12 failed (File too large)" in result.stdout
    assert "MB are free" in result.stdout
    assert list(tmp_path.iterdir()) == []


MUCH = """
import resource, sys
import numpy as np
from pymodaq_hsi.envi import open_envi, write_envi
line = np.zeros((1024, 100), "f4")
cube = open_envi(write_envi(sys.argv[1] + "/a", (line for _ in range(500)), interleave="bil"))
resource.setrlimit(resource.RLIMIT_DATA, (2 * 10**8, 2 * 10**8))
write_envi(sys.argv[1] + "/b", cube.data, interleave="bsq")
"""


def test_a_large_cube_passes_through_little_memory(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", MUCH, os.fspath(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "b.raw").stat().st_size == 500 * 1024 * 100 * 4


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_lists_of_any_length_are_read_by_all(tmp_path):
    bands = 1500
    nm = np.linspace(400, 2500, bands)
    names = [f"band, {number}".replace(",", ";") for number in range(bands)]
    said = {"data gain values": nm / 3, "text": "x" * 20_000, "note": "last"}
    header = write_envi(
        tmp_path / "x", np.zeros((2, 2, bands), "u1"), wavelengths=nm, fwhm=nm / 7, band_names=names, metadata=said
    )
    read = read_header(header)
    np.testing.assert_array_equal(read.wavelengths, nm)
    np.testing.assert_array_equal(read.fwhm, nm / 7)
    assert read.band_names == tuple(names)
    assert (read.metadata["text"], read.metadata["note"], read.warnings) == ("x" * 20_000, "last", ())
    theirs = spectral.envi.open(str(header), str(tmp_path / "x.raw"))
    np.testing.assert_array_equal(theirs.bands.centers, nm)
    with rasterio.open(tmp_path / "x.raw") as file:
        assert float(file.tags(bands)["wavelength"]) == nm[-1]
        assert file.scales[-1] == nm[-1] / 3
        assert file.tags(ns="ENVI")["note"] == "last"
