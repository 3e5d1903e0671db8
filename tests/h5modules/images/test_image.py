"""HSImage: what goes in comes out, and what cannot be right is refused before anything is touched."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
import tables
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from h5modules.data_saving import DataLoader
from h5modules.errors import FileClosed, FileExists, FileReadOnly, NoSuchFile
from h5modules.images import (
    CannotStore,
    HSImage,
    ImageDataError,
    ImageIndexError,
    ImageShapeError,
    IntegrityError,
    MetaDataInvalid,
    MetaDataMissingError,
    NoImage,
    UnknownMetaKey,
)

if TYPE_CHECKING:
    from pathlib import Path

RAW = np.arange(20, dtype=np.uint16).reshape(4, 5)
DTYPES = st.sampled_from(["u1", "i2", "<u2", ">u2", "u4", "i8", "f4", "f8", "c8", "?"])


@pytest.fixture(params=["memory", "disk"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "image.h5" if request.param == "disk" else None


def cube(lines: int = 6, pixels: int = 5, bands: int = 4) -> HSImage:
    raw = np.random.default_rng(3).integers(100, 4000, (lines, pixels, bands)).astype("uint16")
    return HSImage(
        raw,
        bg_data=np.full((pixels, bands), 90, "uint16"),
        white_data=np.full((pixels, bands), 4095, "uint16"),
        meta_data={"wavelength": [4e-7, 5e-7, 6e-7, 7e-7], "sample:name": "leaf"},
    )


@given(
    data=DTYPES.flatmap(lambda dtype: hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=2, max_dims=3, max_side=9)))
)
@settings(max_examples=15)
def test_data_come_back_to_the_bit_in_their_own_type(
    data: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.h5"
    HSImage(data, h5file=path, h5mode="w").close()
    with HSImage(h5file=path, h5mode="r") as image:
        found = np.asarray(image.raw)
        assert image.check()
    assert found.dtype == data.dtype.newbyteorder("=")
    assert found.tobytes() == data.astype(found.dtype).tobytes()


def test_chunks_are_lines_with_a_checksum_that_other_readers_verify(tmp_path: Path) -> None:
    raw = np.random.default_rng(1).poisson(300, (301, 700)).astype("uint16")
    HSImage(raw, h5file=tmp_path / "a.h5").close()
    with h5py.File(tmp_path / "a.h5") as file:
        stored = file["RawData/Image000/Data00"]
        assert (stored.fletcher32, stored.shuffle, stored.compression) == (True, True, "gzip")
        assert stored.chunks[1] == 700
        assert 1 < stored.chunks[0] < 301
        np.testing.assert_array_equal(stored[()], raw)
        offset = stored.id.get_chunk_info(0).byte_offset
    with (tmp_path / "a.h5").open("r+b") as file:
        file.seek(offset + 1000)
        byte = file.read(1)
        file.seek(offset + 1000)
        file.write(bytes([byte[0] ^ 4]))
    with HSImage(h5file=tmp_path / "a.h5", h5mode="r") as image:
        with pytest.raises(IntegrityError, match="raw") as caught:
            image.check()
        assert len(caught.value.problems) == 1
        np.testing.assert_array_equal(image.raw[-10:], raw[-10:])


def test_what_was_altered_behind_its_back_is_found_by_the_check(tmp_path: Path) -> None:
    for name, message in {"Data00": "raw", "Bkg00": "background"}.items():
        path = tmp_path / f"{name}.h5"
        HSImage(RAW, bg_data=RAW // 2, h5file=path).close()
        with tables.open_file(path, "r+") as file:
            file.get_node(f"/RawData/Image000/{name}")[1, 1] = 77
        with HSImage(h5file=path, h5mode="r") as image, pytest.raises(IntegrityError, match=message):
            image.check()
    path = tmp_path / "swapped.h5"
    HSImage(RAW, bg_data=RAW // 2, h5file=path).close()
    with HSImage(h5file=tmp_path / "other.h5", data=RAW, bg_data=RAW // 3) as other, h5py.File(path, "r+") as file:
        del file["RawData/Image000/Bkg00"]
        other.close()
        with h5py.File(tmp_path / "other.h5") as source:
            source.copy("RawData/Image000/Bkg00", file["RawData/Image000"])
    with HSImage(h5file=path, h5mode="r") as image, pytest.raises(IntegrityError, match="corrected: computed anew"):
        image.check()


def test_correction_does_not_wrap_and_raw_stays(place: Path | None) -> None:
    with HSImage(RAW, bg_data=RAW + 5, h5file=place) as image:
        np.testing.assert_array_equal(image.corrected, np.full((4, 5), -5))
        np.testing.assert_array_equal(image.fl, image.corrected)
        np.testing.assert_array_equal(image.fluorescence, image.corrected)
        np.testing.assert_array_equal(image.raw, RAW)
        assert image.dtype == np.uint16
        with pytest.raises(TypeError):
            image.raw[0, 0] = 1
        with pytest.raises(ImageDataError, match="never done"):
            image[0:1] = 1
        image.set_bg_data(None)
        assert not image.has_bg
        np.testing.assert_array_equal(image.bg, np.zeros((4, 5)))
        np.testing.assert_array_equal(image.corrected, RAW)
        image.set_bg_data(HSImage(RAW, bg_data=RAW - RAW // 2))
        np.testing.assert_array_equal(image.bg, RAW // 2)
        image.set_bg_data(RAW)
        assert not np.any(image.corrected)
        assert image.check()[-1].startswith("corrected")


@pytest.mark.parametrize(
    "wrong", [np.ones((5, 4)), np.ones(5), 3.0, "dark.h5", np.ones((4, 5, 1)), [["a"]], HSImage(RAW[:2])]
)
def test_a_background_that_does_not_fit_is_refused_and_nothing_changes(wrong: object, place: Path | None) -> None:
    with HSImage(RAW, bg_data=RAW // 2, h5file=place) as image:
        for change in (image.set_bg_data, image.set_white_data):
            with pytest.raises((ImageShapeError, ImageDataError)):
                change(wrong)
        np.testing.assert_array_equal(image.bg, RAW // 2)
        assert not image.has_white
    if place is not None:
        before = place.read_bytes()
        with pytest.raises((ImageShapeError, ImageDataError)):
            HSImage(RAW, bg_data=wrong, h5file=place, h5mode="w")
        assert place.read_bytes() == before


def test_reflectance_is_nan_where_the_white_says_nothing() -> None:
    raw = np.array([[10.0, 20.0], [30.0, 5.0]], "float32")
    image = HSImage(raw, bg_data=np.full((2, 2), 5.0, "float32"), white_data=np.array([[15.0, 5.0], [55.0, 2.0]]))
    np.testing.assert_allclose(image.reflectance, [[0.5, np.nan], [0.5, np.nan]])
    with pytest.raises(NoImage, match="set_white_data"):
        _ = HSImage(raw).reflectance


SLICES = st.builds(
    slice,
    st.none() | st.integers(-8, 8),
    st.none() | st.integers(-8, 8),
    st.none() | st.sampled_from([-3, -1, 1, 2]),
)


@given(key=st.tuples(SLICES, SLICES, SLICES | st.integers(0, 3)))
@settings(max_examples=20)
def test_slices_keep_meta_data_and_corrections(key: tuple[object, ...]) -> None:
    whole = cube()
    expected = np.asarray(whole.corrected)[key]
    np.testing.assert_array_equal(whole.corrected[key], expected)
    if not expected.size:
        with pytest.raises(ImageIndexError, match="empty"):
            whole.__getitem__(key)
        return
    part = whole[key]
    np.testing.assert_array_equal(part.corrected, expected)
    np.testing.assert_array_equal(part.raw, np.asarray(whole.raw)[key])
    np.testing.assert_array_equal(part.reflectance, np.asarray(whole.reflectance)[key])
    assert part["sample:name"] == "leaf"
    assert np.shape(part["wavelength"]) == expected.shape[2:]


def test_indexes_that_make_no_image_are_refused() -> None:
    image = HSImage(RAW)
    for key in (2, (1, 2), (slice(None), 3), (0, 0, 0), 1.5, slice(9, 9), None, [0, 1], slice(None, None, 0)):
        with pytest.raises(ImageIndexError):
            image[key]
    assert image[..., 1:3].shape == (4, 2)
    assert image.raw[2, 3] == RAW[2, 3]
    np.testing.assert_array_equal(image.raw[RAW > 7], RAW[RAW > 7])
    np.testing.assert_array_equal(image.raw[-1], RAW[-1])


def test_views_are_arrays_to_numpy() -> None:
    view = HSImage(RAW).raw
    assert (view.shape, view.ndim, view.size, len(view), view.nbytes) == ((4, 5), 2, 20, 4, 40)
    assert view.mean() == RAW.mean()
    assert np.max(view) == 19
    np.testing.assert_array_equal(view - RAW, np.zeros((4, 5)))
    np.testing.assert_array_equal(view.astype(float) / 2, RAW / 2)
    with pytest.raises(AttributeError):
        _ = view.no_such_thing


def test_modes_do_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    for mode in ("r", "r+"):
        with pytest.raises(NoSuchFile):
            HSImage(h5file=path, h5mode=mode)
    with pytest.raises(ImageDataError, match="no data"):
        HSImage(h5file=path)
    with pytest.raises(ValueError, match="h5mode 'q'"):
        HSImage(RAW, h5file=path, h5mode="q")
    assert not path.exists()
    HSImage(RAW, bg_data=RAW, meta_data={"time": 2}, h5file=path).close()
    with HSImage(h5file=path, h5mode="r") as image:
        assert image["time"] == 2
        for change in (
            lambda: image.set_bg_data(RAW),
            lambda: image.set_bg_data(None),
            lambda: image.__setitem__("time", 3),
        ):
            with pytest.raises(FileReadOnly):
                change()
    before = path.read_bytes()
    for given_ in ({"meta_data": {"time": 3}}, {"data": RAW}, {"bg_data": RAW}):
        with pytest.raises(CannotStore, match="h5mode"):
            HSImage(h5file=path, h5mode="r", **given_)
    for mode in ("x", "w-"):
        with pytest.raises(FileExists):
            HSImage(RAW, h5file=path, h5mode=mode)
    assert path.read_bytes() == before
    with HSImage(h5file=path, meta_data={"device": "cam"}) as image:
        assert (image["time"], image["device"]) == (2, "cam")
        assert image.has_bg
    with HSImage(RAW[:2] * 3, h5file=path) as image:
        assert not image.has_bg
        np.testing.assert_array_equal(image.corrected, RAW[:2] * 3)
    with HSImage(RAW, h5file=path, h5mode="w") as image:
        assert dict(image.meta) == {}
    assert [file.name for file in tmp_path.iterdir()] == ["a.h5"]


def test_a_file_without_an_image_says_what_it_has(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["spectrum"] = RAW
    with pytest.raises(NoImage, match="spectrum"):
        HSImage(h5file=tmp_path / "other.h5")


def test_wrong_data_are_refused_with_a_hint() -> None:
    with pytest.raises(ValueError, match=r"did you mean h5file='scan\.h5'"):
        HSImage("scan.h5")
    for wrong in (
        np.ones(3),
        5,
        [[1, 2], [3]],
        np.ones((2, 0)),
        np.array([["a"]]),
        np.ones((1, 1, 1, 1)),
        HSImage(RAW),
    ):
        with pytest.raises(ImageDataError):
            HSImage(wrong)
    assert HSImage([[1, 2], [3, 4]]).shape == (2, 2)


def test_meta_data_are_checked_and_kept(place: Path | None) -> None:
    meta = {
        "time": 1.5,
        "pixel size": np.float32(2.0),
        "sample:name": "Blatt ü",
        "sample:sizes": [1, 2],
        "date": "2024-05-06",
    }
    with HSImage(RAW, meta_data=meta, h5file=place) as image:
        assert dict(image.meta) == meta
        assert "time" in image
        assert "focus" not in image
        with pytest.raises(MetaDataMissingError, match="focus"):
            image["focus"]
        for key, hint in {
            "tiem": "did you mean 'time'",
            "Pixel Size": "did you mean 'pixel size'",
            "zzz": "sample:name",
        }.items():
            with pytest.raises(UnknownMetaKey, match=hint):
                image[key] = 1
            with pytest.raises(KeyError):
                image[key]
        for key, value in {
            "time": "now",
            "device": 3,
            "identifier": "",
            "sample:x": object(),
            "sample:y": b"ab",
            "angle": True,
        }.items():
            with pytest.raises(MetaDataInvalid, match=key):
                image[key] = value
        image["focus"] = 3
        assert ("focus", 3) in image.info
        del image["focus"]
        assert dict(image.meta) == meta
        assert isinstance(MetaDataMissingError("x"), Exception)
    with pytest.raises(UnknownMetaKey):
        HSImage(RAW, meta_data={"exposure": 1})


def test_equality_and_copies(tmp_path: Path) -> None:
    image = cube()
    same = image.copy()
    on_disk = image.copy(tmp_path / "copy.h5")
    assert image == same == on_disk
    assert on_disk.path == str(tmp_path / "copy.h5")
    np.testing.assert_array_equal(on_disk.reflectance, image.reflectance)
    assert on_disk.meta == image.meta
    same.set_bg_data(None)
    assert image != same
    assert image.has_bg
    other_time = image.copy()
    other_time["time"] = 4
    assert image != other_time
    assert image != "image"
    assert image != image[:2]
    for target, error in {tmp_path / "copy.h5": FileExists}.items():
        with pytest.raises(error):
            image.copy(target)
        with pytest.raises(error, match="itself"):
            on_disk.copy(target, h5mode="w")
    on_disk.close()
    image.copy(tmp_path / "copy.h5", h5mode="w").close()


def test_a_closed_image_says_so(place: Path | None) -> None:
    with HSImage(RAW, h5file=place) as image:
        view = image.raw
    image.close()
    for use in (lambda: image.raw, lambda: np.asarray(view), lambda: image.shape, lambda: image.set_bg_data(RAW)):
        with pytest.raises(FileClosed, match="closed"):
            use()
    assert "closed" in repr(image)


def test_a_forgotten_image_lets_go_of_its_file(tmp_path: Path) -> None:
    image = HSImage(RAW, h5file=tmp_path / "a.h5")
    assert "4x5px" in repr(image)
    del image
    gc.collect()
    with h5py.File(tmp_path / "a.h5", "r+"):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["a.h5"]


def test_the_loader_of_the_node_convention_opens_images(tmp_path: Path) -> None:
    HSImage(RAW, bg_data=RAW + 1, h5file=tmp_path / "a.h5").close()
    image = cube()
    image.copy(tmp_path / "b.h5").close()
    with DataLoader(tmp_path / "a.h5") as loader:
        data = loader.load_data("/RawData/Image000/Data00", with_bkg=True)
        np.testing.assert_array_equal(data[0], np.full((4, 5), -1))
    with DataLoader(tmp_path / "b.h5") as loader:
        data = loader.load_data("/RawData/Image000/Data00")
        np.testing.assert_array_equal(np.asarray(data[0]), np.asarray(image.raw))
        assert data.nav_indexes == (0, 1)


def test_a_mask_is_not_lost_without_a_word() -> None:
    masked = np.ma.masked_array(np.ones((2, 2)), mask=[[True, False], [False, False]])
    for arguments in ({"data": masked}, {"data": np.ones((2, 2)), "bg_data": masked}):
        with pytest.raises(ImageDataError, match="mask would be lost"):
            HSImage(**arguments)
