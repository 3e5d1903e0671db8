"""Measurement lists: cubes with what they mean and their references, of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pymodaq_hsi.envi import ScaledSamples, open_envi, write_envi
from pymodaq_hsi.errors import EnviError, EnviNotFound, OutputExists
from pymodaq_hsi.io import Measurement, MeasurementList, load_measurement_list, save_measurement_list
from pymodaq_hsi.processing import ValueType

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = np.arange(60, dtype="uint16").reshape(5, 4, 3)


def test_a_cube_comes_with_its_references_as_views_of_their_files(tmp_path: Path) -> None:
    header = write_envi(tmp_path / "leaf.bil", COUNTS, interleave="bil", wavelengths=[400, 500, 600])
    for number, name in enumerate(("White", "Dark", "Illumination"), start=1):
        write_envi(tmp_path / f"leaf_{name}", COUNTS[:number])
    loaded = load_measurement_list(header)
    assert (loaded.count, len(loaded), loaded.name()) == (1, 1, "leaf")
    assert loaded.value_type(0) is ValueType.Intensity
    np.testing.assert_array_equal(loaded.wavelengths(), [400, 500, 600])
    data = loaded.data()
    np.testing.assert_array_equal(data, COUNTS)
    assert isinstance(data, np.memmap)
    for number, name in enumerate(("WhiteReference", "DarkReference", "IlluminationReference"), start=1):
        assert loaded.has_reference(name)
        np.testing.assert_array_equal(loaded.reference_data(name), COUNTS[:number])
        assert isinstance(loaded.reference_data(name), np.memmap)
    assert loaded[0].cube is not None
    assert loaded[0].cube.header_path == header


def test_scaled_reflectance_is_computed_where_it_is_indexed(tmp_path: Path) -> None:
    said = {"reflectance_scale_factor": 100, "data_ignore_value": 0, "metadata": {"autodarkstartline": 4}}
    (one,) = load_measurement_list(write_envi(tmp_path / "x", COUNTS, **said))  # type: ignore[arg-type]
    assert one.value_type is ValueType.Reflectance
    assert isinstance(one.data, ScaledSamples)
    expected = COUNTS[:4].astype("f4") / np.float32(100)
    expected[0, 0, 0] = np.nan
    assert one.data.shape == (4, 4, 3)
    np.testing.assert_array_equal(one.data[1:3], expected[1:3])
    np.testing.assert_array_equal(np.asarray(one.data), expected)
    np.testing.assert_array_equal(one.references["DarkReference"], COUNTS[4:])


def test_another_scaling_is_taken_when_it_is_named(tmp_path: Path) -> None:
    header = write_envi(tmp_path / "x", COUNTS, metadata={"data gain values": [1, 2, 3]})
    np.testing.assert_array_equal(load_measurement_list(header).data(), COUNTS)
    assert load_measurement_list(header, scaling="data gain values").data().dtype == np.float32
    np.testing.assert_array_equal(load_measurement_list(header, scaling="data gain values").data(), COUNTS * [1, 2, 3])


@pytest.mark.parametrize("inner", ["", "capture"])
def test_a_folder_gives_all_its_cubes_but_no_references(tmp_path: Path, inner: str) -> None:
    (tmp_path / inner).mkdir(exist_ok=True)
    for name in ("a", "b", "a_White", "DARKREF_b", "WHITEDARKREF_b", "whiteReference"):
        write_envi(tmp_path / inner / name, COUNTS)
    loaded = load_measurement_list(tmp_path)
    assert [one.name for one in loaded] == ["a", "b"]
    assert [loaded.has_reference("DarkReference", index) for index in (0, 1)] == [False, True]
    assert [one.name for one in loaded[1:]] == ["b"]


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnviNotFound, match="no cube in this folder"):
        load_measurement_list(tmp_path)
    with pytest.raises(EnviError, match='"ENVI"'):
        load_measurement_list(tmp_path, "TIFF")
    loaded = load_measurement_list(write_envi(tmp_path / "x", COUNTS))
    with pytest.raises(KeyError, match="no DarkReference; it has none"):
        loaded.reference_data("DarkReference")
    with pytest.raises(EnviError, match="one of WhiteReference"):
        loaded.has_reference("Grey")
    with pytest.raises(IndexError, match="no measurement 1; the list has 1"):
        loaded.data(1)


def test_references_of_another_shape_are_refused_with_both(tmp_path: Path) -> None:
    header = write_envi(tmp_path / "x", COUNTS)
    write_envi(tmp_path / "x_White", COUNTS[:, 1:])
    with pytest.raises(EnviError, match=r"\(5, 3, 3\).*\(5, 4, 3\)"):
        load_measurement_list(header)
    with pytest.raises(EnviError, match=r"WhiteReference of shape \(5, 3, 3\).* data of shape \(5, 4, 3\)"):
        Measurement(COUNTS, references={"WhiteReference": COUNTS[:, 1:]})
    with pytest.raises(EnviError, match="2 wavelengths for 3 bands"):
        Measurement(COUNTS, wavelengths=np.array([1.0, 2.0]))


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    one = Measurement(
        COUNTS.astype("f4"),
        ValueType.Reflectance,
        np.array([400.0, 500, 600]),
        {"WhiteReference": COUNTS[:2], "IlluminationReference": COUNTS[:1]},
    )
    written = save_measurement_list(tmp_path / "x", one)
    assert [path.name for path in written] == ["x.hdr", "x_White.hdr", "x_Illumination.hdr"]
    (found,) = load_measurement_list(tmp_path)
    np.testing.assert_array_equal(found.data, one.data)
    np.testing.assert_array_equal(found.wavelengths, one.wavelengths)
    assert found.value_type is ValueType.Reflectance
    assert set(found.references) == set(one.references)
    with pytest.raises(OutputExists):
        save_measurement_list(tmp_path / "x.hdr", MeasurementList([one]))
    with pytest.raises(EnviError, match="one measurement, not 2"):
        save_measurement_list(tmp_path / "y", MeasurementList([one, one]))


def test_scaled_values_are_saved_without_what_scaled_them(tmp_path: Path) -> None:
    said = {"data gain values": [1, 2, 3], "autodarkstartline": 4, "tint": 5}
    header = write_envi(tmp_path / "x", COUNTS, metadata=said)
    save_measurement_list(tmp_path / "y", load_measurement_list(header, scaling="data gain values"))
    saved = open_envi(tmp_path / "y.hdr")
    np.testing.assert_array_equal(saved.data, COUNTS[:4] * np.float32([1, 2, 3]))
    assert not {"data gain values", "autodarkstartline"} & set(saved.header.metadata)
    assert saved.header.metadata["tint"] == "5"
    assert open_envi(tmp_path / "y_Dark.hdr").shape == (1, 4, 3)


@pytest.mark.parametrize(
    ("name", "header", "interleave"),
    [
        ("x", "x.hdr", "bip"),
        ("x.bil", "x.hdr", "bil"),
        ("x.bsq.hdr", "x.bsq.hdr", "bsq"),
        ("x.2024", "x.2024.hdr", "bip"),
    ],
)
def test_references_lie_where_they_are_looked_for(tmp_path: Path, name: str, header: str, interleave: str) -> None:
    one = Measurement(COUNTS, references={"WhiteReference": COUNTS[:2]})
    assert save_measurement_list(tmp_path / name, one)[0].name == header
    (found,) = load_measurement_list(tmp_path / header)
    np.testing.assert_array_equal(found.data, COUNTS)
    np.testing.assert_array_equal(found.references["WhiteReference"], COUNTS[:2])
    assert found.cube is not None
    assert found.cube.header.interleave == interleave


def test_a_reference_that_is_there_is_seen_before_anything_is_written(tmp_path: Path) -> None:
    write_envi(tmp_path / "x_White", COUNTS)
    with pytest.raises(OutputExists, match=r"x_White\.hdr exist"):
        save_measurement_list(tmp_path / "x", Measurement(COUNTS, references={"WhiteReference": COUNTS}))
    assert not (tmp_path / "x.hdr").exists()
