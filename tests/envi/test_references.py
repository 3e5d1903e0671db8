"""References that lie beside a cube."""

from __future__ import annotations

import numpy as np
import pytest

from pymodaq_hsi.envi import References, find_references, open_envi, open_reference
from pymodaq_hsi.errors import EnviError


def beside(vendor, counts, *names):
    return [vendor(counts[:2], f"{name}.hdr", data=f"{name}.raw") for name in names]


@pytest.mark.parametrize("cube", ["leaf.hdr", "leaf.bil.hdr"])
def test_names_with_the_cubes_name_at_the_front(vendor, counts, cube):
    white, dark, lamp = beside(vendor, counts, "leaf_White", "leaf_Dark", "leaf_Illumination")
    header = vendor(counts, cube, data="leaf.bil")
    assert find_references(header) == References(white, dark, lamp, None)
    assert find_references(header.with_name("leaf.bil")) == References(white, dark, lamp, None)


@pytest.mark.parametrize("folder", ["run/", "run/capture/", "capture/"])
def test_specim_names_also_in_the_capture_folder(vendor, counts, folder):
    header = vendor(counts, "run/leaf.hdr", data="run/leaf.raw")
    header.with_name("capture").mkdir(exist_ok=True)
    white, dark = beside(vendor, counts, f"{folder}WHITEREF_leaf", f"{folder}DARKREF_leaf")
    found = find_references(header)
    assert found.white is not None
    assert (found.white.resolve(), found.dark and found.dark.resolve()) == (white.resolve(), dark.resolve())


def test_headwall_names(vendor, counts):
    white, dark = beside(vendor, counts, "whiteReference", "darkReference")
    header = vendor(counts, "raw_0.hdr", data="raw_0")
    assert find_references(header) == References(white, dark)
    assert find_references(white) == References(None, dark), "a reference is not its own reference"


def test_headwall_names_with_the_cubes_name(vendor, counts):
    beside(vendor, counts, "whiteReference", "darkReference")
    white, dark = beside(vendor, counts, "leaf_whiteReference", "leaf_darkReference")
    assert find_references(vendor(counts, "leaf.hdr", data="leaf")) == References(white, dark)


def test_specims_dark_of_the_white_is_no_dark_of_the_cube(vendor, counts):
    beside(vendor, counts, "WHITEDARKREF_101", "WHITEREF_102")
    assert find_references(vendor(counts, "101.hdr", data="101.raw")) == References()


def test_the_cubes_own_references_go_before_the_folders(vendor, counts):
    beside(vendor, counts, "whiteReference", "WHITEREF_leaf", "WHITEREF_other")
    (own,) = beside(vendor, counts, "LEAF_white")
    assert find_references(vendor(counts, "leaf.hdr", data="leaf.raw")).white == own


def test_none_at_all(vendor, counts):
    assert find_references(vendor(counts)) == References()


def test_dark_lines_at_the_end_of_the_cube(vendor, counts):
    cube = open_envi(vendor(counts, autodarkstartline=3))
    assert find_references(cube) == References(dark_start_line=3)
    np.testing.assert_array_equal(cube.scene, counts[:3])
    assert cube.dark_frames is not None
    np.testing.assert_array_equal(cube.dark_frames, counts[3:])


@pytest.mark.parametrize("start", [0, 5, -1, "none", None])
def test_a_dark_start_that_leaves_no_dark_line_or_no_scene_is_none(vendor, counts, start):
    cube = open_envi(vendor(counts, autodarkstartline=start))
    assert find_references(cube).dark_start_line is None
    assert cube.dark_frames is None
    np.testing.assert_array_equal(cube.scene, counts)


@pytest.mark.parametrize("lines", [1, 4])
def test_a_reference_may_have_one_or_many_lines_and_another_layout(vendor, counts, lines):
    white = counts[:lines].astype(">f4")
    header = vendor(white, "cube_White.hdr", data="cube_White.img", interleave="bsq")
    np.testing.assert_array_equal(open_reference(header, open_envi(vendor(counts))).data, white)


def test_a_reference_of_another_shape_is_an_error_with_both(vendor, counts):
    header = vendor(counts[:, :3], "cube_White.hdr", data="cube_White.raw")
    with pytest.raises(EnviError, match=r"\(5, 3, 3\).* does not fit the cube cube\.hdr of shape \(5, 4, 3\)"):
        open_reference(header, open_envi(vendor(counts)))
