"""The names of flimage, and the files that it wrote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from h5modules.errors import FileReadOnly
from h5modules.images import HSImage, HSSeries
from pymodaq_hsi.compat import flimage
from pymodaq_hsi.compat.flimage import FLImage, FLSeries, MetaDataMissingError

DATA = Path(__file__).parents[1] / "h5modules" / "images" / "data"
RAW = np.arange(48.0).reshape(6, 8) / 4


@pytest.fixture
def written(tmp_path: Path) -> Path:
    for name in ("flimage_image.h5", "flimage_series.h5"):
        shutil.copy(DATA / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", [FLImage, HSImage])
@pytest.mark.parametrize("mode", ["r", "a"])
def test_an_image_that_flimage_wrote_is_read(kind: type[HSImage], mode: str, written: Path) -> None:
    with kind(h5file=written / "flimage_image.h5", h5mode=mode) as image:
        np.testing.assert_array_equal(image.raw, RAW)
        np.testing.assert_array_equal(image.bg, np.full((6, 8), 0.75))
        np.testing.assert_array_equal(image.fl, RAW - 0.75)
        np.testing.assert_array_equal(image[1:3].fl, RAW[1:3] - 0.75)
        assert (image["identifier"], image["time"], image["device"]) == ("cell", 1.5, "µscope")
        assert image["flimage version"] == "0.3.3"
        with pytest.raises(MetaDataMissingError, match="focus"):
            image["focus"]
        with pytest.raises(FileReadOnly, match="flimage"):
            image.set_bg_data(None)
        own = image.copy(written / "own.h5")
        assert own == image
        own.set_bg_data(None)
        own.close()
    assert (written / "flimage_image.h5").read_bytes()[:8] == b"\x89HDF\r\n\x1a\n"


@pytest.mark.parametrize("kind", [FLSeries, HSSeries])
def test_a_series_that_flimage_wrote_is_read_and_corrected_as_there(kind: type[HSSeries], written: Path) -> None:
    expected = json.loads((DATA / "flimage_bleaching.json").read_text(encoding="utf-8"))
    with kind(h5file=written / "flimage_series.h5", h5mode="r") as series:
        assert (len(series), series.identifier) == (6, "bleaching")
        assert series["frame 2"] == series[2]
        assert "frame 9" not in series
        assert [image["time"] for image in series] == expected["times"]
        assert series[0].bg[0, 0] == 1
        found = series.bleach_correction(border_px=4)
        with kind(h5file=written / "own.h5") as own:
            for image in series:
                own.add_flimage(image)
            assert own["frame 5"] == series[5]
        with pytest.raises(FileReadOnly):
            series.add_image(HSImage(RAW))
    np.testing.assert_allclose(found.bg, expected["background"])
    np.testing.assert_allclose(found.flint, expected["trace"])
    np.testing.assert_allclose(found.decay, expected["decay"], rtol=1e-6)


def test_the_document_of_flimage_runs(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("file_a.h5", "file_b.h5", "file_c.h5")]
    for path in paths:
        with flimage.FLImage(data=RAW, h5file=path):
            pass
    with flimage.FLImage(h5file=paths[0], h5mode="a") as fli:
        fli.set_bg_data(RAW)
    with flimage.FLSeries(h5file=tmp_path / "series_file.h5", h5mode="w") as fls:
        for ii, pp in enumerate(paths):
            fli = flimage.FLImage(h5file=pp, h5mode="r")
            fls.add_flimage(fli=fli, identifier=f"my_name_{ii}")
    with flimage.FLSeries(h5file=tmp_path / "series_file.h5", h5mode="r") as fls:
        assert fls[0] == fls["my_name_0"]
        assert not fls[0].fluorescence.any()
        assert isinstance(fls[1], FLImage)


def test_names_and_arguments_are_those_of_flimage() -> None:
    fli = FLImage(RAW, {"time": 2.0}, h5dtype="float32")
    fli.set_bg_data(np.ones_like(RAW))
    assert fli.dtype == np.float32
    for left, right in (
        (fli.fl, fli.fluorescence),
        (fli.raw, fli.raw_fl),
        (fli.bg, fli.bg_fl),
        (fli.fl, fli.corrected),
    ):
        assert isinstance(left, np.ndarray)
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(fli[2:4].fl, fli.fl[2:4])
    assert isinstance(fli[2:4], FLImage)
    assert {"time", "pixel size", "identifier"} <= set(flimage.META_KEYS_FL)
    assert (fli["time"], "time" in fli, "focus" in fli) == (2.0, True, False)
    with pytest.raises(TypeError, match="twice"):
        FLImage(RAW, {"time": 2.0}, {"time": 3.0})
    with pytest.raises(ValueError, match="already"):
        FLSeries([FLImage(RAW, meta_data={"identifier": "a"})] * 2)
    with pytest.raises(ValueError, match="two or three"):
        fli[1]


def test_denoise_gives_what_flimage_gives(tmp_path: Path) -> None:
    y, x = np.mgrid[:6, :8]
    image = FLImage((x * 7 + y * 13) % 10.0, meta_data={"time": 1.0, "identifier": "a"})
    image.set_bg_data(np.ones((6, 8)))
    with FLSeries([image]) as series:
        series.denoise(tmp_path / "smooth.h5")
        with pytest.raises(FileExistsError):
            series.denoise(tmp_path / "smooth.h5")
    with FLSeries(h5file=tmp_path / "smooth.h5", h5mode="r") as smooth:
        found = smooth["a"]
        assert (found["time"], found.has_bg) == (1.0, False)
        np.testing.assert_allclose(
            found.fl[[0, 0, 3, 5], [0, 7, 4, 6]], [1.819988, 4.057388, 3.195401, 3.135962], atol=1e-5
        )
    with pytest.raises(ValueError, match="finite"):
        FLSeries([FLImage(np.array([[1.0, np.nan]]))]).denoise(tmp_path / "other.h5")


def test_an_image_is_not_taken_for_an_array() -> None:
    image = FLImage(RAW)
    with pytest.raises(TypeError, match="corrected"):
        np.asarray(image)
    with pytest.raises(TypeError, match="corrected"):
        list(image)
    with pytest.raises(TypeError):
        image - RAW  # type: ignore[operator]
    assert (image == RAW) is False
