"""Whatever a header says, the answer is a cube or one readable error."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pymodaq_hsi.envi import open_envi, read_header
from pymodaq_hsi.errors import EnviError

VALID = {
    "samples": "3",
    "lines": "2",
    "bands": "2",
    "data type": "12",
    "interleave": "bil",
    "byte order": "0",
    "header offset": "0",
    "wavelength": "{400, 500}",
    "wavelength units": "Nanometers",
    "fwhm": "{5, 5}",
    "bbl": "{1, 1}",
    "default bands": "{1}",
    "band names": "{a, b}",
    "data ignore value": "0",
    "autodarkstartline": "1",
}
NUMBERS = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["9" * 5000, "1e999", "1e-320", "-0", "0x10", "1_000", "\u0663", "nan", ""]),
)
VALUES = st.one_of(
    NUMBERS,
    st.lists(NUMBERS, max_size=4).map(lambda items: "{" + ", ".join(items) + "}"),
    st.lists(NUMBERS, max_size=4).map(lambda items: "[" + " ".join(items) + "]"),
    st.sampled_from(["Nanometers", "Micrometers", "Wavenumber", "GHz", "bip", "bsq", "{", "}", "{}", "{{1}, 2}"]),
    st.text(max_size=20),
)


def answer(header_text: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        header = Path(folder) / "x.hdr"
        header.write_bytes(header_text)
        header.with_suffix(".raw").write_bytes(bytes(24))
        cube = message = None
        try:
            cube = open_envi(header)
        except EnviError as error:
            message = str(error)
        if message is not None:
            assert str(header) in message
            assert len(message) < 1000
            assert "\n" not in message
        if cube is not None:
            assert cube.data.nbytes <= 24
            for numbers in (cube.wavelengths, cube.header.fwhm):
                assert numbers is None or (numbers.shape == cube.shape[2:] and np.isfinite(numbers).all())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(sorted(VALID)), VALUES, max_size=4))
@example({"wavelength": "{1e-320, 1}", "wavelength units": "Wavenumber"})
@example({"wavelength": "{1e306, 1}", "wavelength units": "Meters"})
@example({"samples": "9" * 5000})
def test_odd_values(changes):
    text = "".join(f"{key} = {value}\n" for key, value in (VALID | changes).items())
    answer(b"ENVI\n" + text.encode("utf-8", "surrogateescape"))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.binary(max_size=60), st.integers(0, 400))
def test_odd_bytes(noise, place):
    text = "".join(f"{key} = {value}\n" for key, value in VALID.items()).encode()
    answer(b"ENVI\n" + text[:place] + noise + text[place:])


def test_nothing_in_a_header_is_run(vendor, counts, tmp_path):
    bomb = f"__import__('pathlib').Path({str(tmp_path / 'ran')!r}).touch()"
    header = read_header(vendor(counts, wavelength=f"{{{bomb}}}", data_ignore_value=bomb))
    assert header.wavelengths is None
    assert not (tmp_path / "ran").exists()


def test_a_device_or_pipe_is_not_waited_for(tmp_path):
    with pytest.raises(EnviError):
        open_envi("/dev/null")
