"""A header says the same in whatever style it is written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pymodaq_hsi.envi import open_envi

ENTRIES = {
    "samples": "4",
    "lines": "5",
    "bands": "3",
    "data type": "12",
    "interleave": "bil",
    "byte order": "1",
    "header offset": "6",
    "sensor type": "FX10 = new",
    "data ignore value": "65535",
}
LISTS = {
    "wavelength": ["400.5", "550.25", "7e2"],
    "fwhm": ["5", "5.5", "6"],
    "band names": ["blue (1)", "green", "red edge"],
    "bbl": ["1", "0", "1.0"],
    "default bands": ["3", "2", "1"],
    "himg": ["1", "1024", "7"],
}
CUBE = np.arange(60, dtype=">u2").reshape(5, 4, 3)
BLANKS = st.sampled_from(["", " ", "  ", "\t"])


@st.composite
def header(draw: st.DrawFn) -> bytes:
    lines = []
    for key in draw(st.permutations([*ENTRIES, *LISTS, "wavelength units"])):
        name = draw(st.sampled_from([key, key.upper(), key.title(), key.replace(" ", "  ")]))
        equals = draw(BLANKS) + "=" + draw(BLANKS)
        if key in LISTS:
            between = draw(st.sampled_from([", ", ",", ",\n ", "\n,", " ,\t", ",\n; not this\n"]))
            opening = draw(st.sampled_from(["{", "{ ", "{\n", "\n{", "\n\n {\n"]))
            closing = draw(st.sampled_from(["}", " }", "\n}", ",}", ",\n }"]))
            value = opening + between.join(LISTS[key]) + closing
        else:
            value = ENTRIES.get(key, "Nanometers") + draw(BLANKS)
        lines.append(draw(BLANKS) + name + equals + value)
        lines += draw(st.lists(st.sampled_from(["", "; samples = 9", " "]), max_size=2))
    first = draw(st.sampled_from(["ENVI", "envi ", "\ufeffENVI", "\nENVI"]))
    text = "\n".join([first, *lines]) + draw(st.sampled_from(["", "\n", "\n\n", "\0", "\x1a"]))
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-16"])) if "\ufeff" not in text else "utf-8")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(header())
def test_a_header_says_the_same_in_every_style(text: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.hdr"
        path.write_bytes(text)
        path.with_suffix(".raw").write_bytes(b"header" + CUBE.transpose(0, 2, 1).tobytes())
        cube = open_envi(path, memory_map=False)
    np.testing.assert_array_equal(cube.data, CUBE)
    found = cube.header
    assert found.wavelengths is not None
    assert found.wavelengths.tolist() == [400.5, 550.25, 700]
    assert found.fwhm is not None
    assert found.fwhm.tolist() == [5, 5.5, 6]
    assert found.band_names == ("blue (1)", "green", "red edge")
    assert found.bbl is not None
    assert found.bbl.tolist() == [True, False, True]
    assert (found.default_bands, found.data_ignore_value) == ((3, 2, 1), 65535)
    assert found.metadata["sensor type"] == "FX10 = new"
    assert [word.strip(" {}\n\t") for word in found.metadata["himg"].strip("{}, \n\t").split(",")] == ["1", "1024", "7"]
    assert cube.warnings == ()
