"""HSSeries: images by number and by name, stored for good when add_image returns."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from h5modules.errors import FileClosed, FileExists, MissingLibrary
from h5modules.images import (
    BleachFitError,
    HSImage,
    HSSeries,
    IdentifierTaken,
    ImageDataError,
    ImageWarning,
    IntegrityError,
    MetaDataMissingError,
    NoImage,
    fit_exponential,
)

RAW = np.arange(20, dtype=np.uint16).reshape(4, 5)


def images(count: int = 4) -> list[HSImage]:
    return [HSImage(RAW + k, bg_data=RAW, meta_data={"identifier": f"n{k}", "time": k}) for k in range(count)]


@pytest.fixture(params=["memory", "disk"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "series.h5" if request.param == "disk" else None


def test_images_are_found_by_number_name_and_slice(place: Path | None) -> None:
    series = HSSeries(images(), h5file=place, identifier="day")
    assert series.add_flimage(HSImage(RAW * 2), identifier="last") == 4
    if place is not None:
        series.close()
        series = HSSeries(h5file=place, h5mode="r")
    assert (len(series), series.identifier) == (5, "day")
    assert series[0] == series["n0"] == images()[0]
    assert series[-1] == series[4] == series["last"] == series[np.int64(4)]
    assert [image["time"] for image in series[1:3]] == [1, 2]
    assert [image["identifier"] for image in series] == ["n0", "n1", "n2", "n3", "last"]
    assert "n3" in series
    assert "n9" not in series
    assert 3 not in series
    assert series.index("n2") == 2
    for key, error in {
        5: IndexError,
        -6: IndexError,
        "n9": KeyError,
        1.5: TypeError,
        None: TypeError,
        True: TypeError,
    }.items():
        with pytest.raises(error):
            series[key]
    assert series.check() == 5
    series.close()
    with pytest.raises(FileClosed):
        len(series)


def test_identifiers_are_unique_and_a_refused_image_leaves_nothing(place: Path | None) -> None:
    with HSSeries(images(), h5file=place) as series:
        for refused in (lambda: series.add_image(images()[1]), lambda: series.add_image(HSImage(RAW), "n2")):
            with pytest.raises(IdentifierTaken, match="already"):
                refused()
        with pytest.raises(ImageDataError, match=r"HSImage\(data\)"):
            series.add_image(RAW)
        assert len(series) == 4
        assert series.add_image(images()[1], identifier="other") == 4
        series[1]["identifier"] = "renamed"
        assert "n1" not in series
        assert series["renamed"] == series[1]
        with pytest.raises(IdentifierTaken):
            series[2]["identifier"] = "renamed"
        assert series["n2"]["time"] == 2
        assert series.add_image(HSImage(RAW), "n1") == 5
        assert series.check() == 6


@pytest.mark.parametrize("name", ["a/b", ".", "..", "ü ☃", "I000", "x" * 5000, " "])
def test_any_text_is_an_identifier(name: str, tmp_path: Path) -> None:
    with HSSeries(h5file=tmp_path / "s.h5") as series:
        series.add_image(HSImage(RAW), name)
    with HSSeries(h5file=tmp_path / "s.h5", h5mode="r") as series:
        assert series[name]["identifier"] == name
        assert name + "_" not in series


def test_meta_data_of_a_series_go_to_all_images(tmp_path: Path) -> None:
    HSSeries(images(), {"device": "cam"}, tmp_path / "s.h5").close()
    with HSSeries(meta_data={"time": 9.0}, h5file=tmp_path / "s.h5") as series:
        assert [(image["time"], image["device"]) for image in series] == [(9.0, "cam")] * 4
    for given in ({"meta_data": {"time": 1}}, {"image_list": images()}, {"identifier": "x"}):
        with pytest.raises(ValueError, match="h5mode is 'r'"):
            HSSeries(h5file=tmp_path / "s.h5", h5mode="r", **given)
    with pytest.raises(ImageDataError, match="unique"):
        HSSeries(images(), {"identifier": "same"})
    for wrong in ("file.h5", HSImage(RAW), [RAW], 5):
        with pytest.raises(ImageDataError):
            HSSeries(wrong)


def test_a_series_is_no_image_and_the_reverse(tmp_path: Path) -> None:
    HSSeries(images(), h5file=tmp_path / "s.h5").close()
    HSImage(RAW, h5file=tmp_path / "i.h5").close()
    with pytest.raises(NoImage, match="HSSeries"):
        HSImage(h5file=tmp_path / "s.h5")
    with pytest.raises(NoImage, match="HSImage"):
        HSSeries(h5file=tmp_path / "i.h5")
    with pytest.raises(FileExists):
        HSSeries(h5file=tmp_path / "s.h5", h5mode="x")


def test_a_background_that_images_share_is_stored_once_and_changed_apart(tmp_path: Path) -> None:
    path = tmp_path / "s.h5"
    with HSSeries(images(), h5file=path) as series:
        series[1].set_bg_data(RAW + 1)
        series[2].set_bg_data(None)
        np.testing.assert_array_equal(series[0].bg, RAW)
        np.testing.assert_array_equal(series[1].bg, RAW + 1)
        assert not series[2].has_bg
        assert series.check() == 4
    with h5py.File(path) as file:
        group = file["RawData/Series000/B000000"]
        assert group["I000/Bkg00"] == group["I003/Bkg00"]
        assert group["I000/Bkg00"] != group["I001/Bkg00"]
    with h5py.File(path, "r+") as file:
        file["RawData/Series000/B000000/I003/Bkg00"][0, 0] = 5
    with HSSeries(h5file=path, h5mode="r") as series, pytest.raises(IntegrityError) as caught:
        series.check()
    assert [problem[:7] for problem in caught.value.problems] == ["image 0", "image 3"]


def test_groups_stay_narrow_however_many_images_there_are(tmp_path: Path) -> None:
    with HSSeries(h5file=tmp_path / "s.h5") as series:
        image = HSImage(RAW[:1, :1])
        for k in range(260):
            series.add_image(image, f"n{k}")
        assert series["n255"].store.file.get_node("/RawData/Series000")._v_nchildren <= 4
    with HSSeries(h5file=tmp_path / "s.h5", h5mode="r") as series:
        assert len(series) == 260
        assert series["n259"]["identifier"] == series[259]["identifier"] == "n259"
        assert [series.index(f"n{k}") for k in (0, 255, 256)] == [0, 255, 256]


WRITER = """
import sys, numpy as np
from h5modules.images import HSImage, HSSeries
series = HSSeries(h5file=sys.argv[1])
image = HSImage(np.zeros((60, 70), "u2"), h5file=sys.argv[2])
rng = np.random.default_rng(5)
for k in range(10_000):
    raw = rng.integers(0, 9000, (60, 70)).astype("u2")
    series.add_image(HSImage(raw, bg_data=np.full((60, 70), k % 3, "u2"), meta_data={"time": k}), f"n{k}")
    print(k, flush=True)
    image.set_bg_data(np.full((60, 70), k, "u2"))
    image["time"] = k
    print(-k, flush=True)
"""


def test_what_add_image_returned_from_survives_a_killed_writer(tmp_path: Path) -> None:
    until = 17
    paths = tmp_path / "series.h5", tmp_path / "image.h5"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, *map(str, paths)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for line in writer.stdout:
        if int(line) == until:
            writer.kill()
            break
    rest = [int(line) for line in writer.stdout.read().split()]
    writer.stdout.close()
    writer.wait()
    last = max([until, *rest])
    changed = -min([1 - until, *rest])
    rng = np.random.default_rng(5)
    with HSSeries(h5file=paths[0]) as series:
        assert len(series) in (last + 1, last + 2)
        for k, image in enumerate(series):
            np.testing.assert_array_equal(image.raw, rng.integers(0, 9000, (60, 70)).astype("u2"))
            assert (series.index(f"n{k}"), image["time"]) == (k, k)
        series.check()
        series.add_image(HSImage(RAW), "after")
        assert series["after"] == series[-1]
    with HSImage(h5file=paths[1]) as image:
        image.check()
        assert image.bg[0, 0] in (changed, changed + 1)
        assert image["time"] in (changed, changed + 1)


def bleaching(factor: float = 1.0, rate: float = 0.3, offset: float = 0.4, count: int = 8) -> HSSeries:
    rows, columns = np.mgrid[:60, :70]
    spot = np.exp(-((rows - 30) ** 2 + (columns - 35) ** 2) / 12.0)
    times = np.linspace(100.0, 112.0, count)
    frames = [500 * spot * (factor * np.exp(-rate * (t - 100)) + offset) + 10 for t in times]
    return HSSeries([HSImage(f, meta_data={"time": float(t)}) for f, t in zip(frames, times, strict=True)])


def test_bleaching_is_undone(tmp_path: Path) -> None:
    series = bleaching()
    background, trace, decay, times = found = series.bleach_correction(tmp_path / "out.h5")
    assert background == pytest.approx(10, rel=1e-2)
    np.testing.assert_allclose(decay, trace, rtol=1e-4)
    np.testing.assert_allclose(found.factors, decay[0] / decay)
    assert times[0] == 100
    with HSSeries(h5file=tmp_path / "out.h5", h5mode="r") as corrected:
        for image in corrected:
            np.testing.assert_allclose(image.raw, corrected[0].raw, rtol=1e-3, atol=1e-3)
        assert [image["time"] for image in corrected] == list(times)
    with pytest.raises(FileExists):
        series.bleach_correction(tmp_path / "out.h5")


def test_a_constant_intensity_gives_factor_one() -> None:
    for level in (0.0, 7.0):
        series = HSSeries([HSImage(np.full((50, 50), level), meta_data={"time": t}) for t in range(3)])
        np.testing.assert_array_equal(series.bleach_correction().factors, np.ones(3))
    spot = np.zeros((50, 50))
    spot[25, 25] = 9
    single = HSSeries([HSImage(spot, meta_data={"time": 0})])
    np.testing.assert_array_equal(single.bleach_correction().factors, [1])


def test_the_drift_of_a_lamp_is_corrected_by_a_reference_strip(tmp_path: Path) -> None:
    times = np.arange(10.0)
    lamp = 1.0 - 0.3 * np.exp(-times / 3)
    scene = np.random.default_rng(2).uniform(50, 900, (8, 30, 4))
    scene[:, :5] = 700
    series = HSSeries([HSImage(scene * level, meta_data={"time": t}) for level, t in zip(lamp, times, strict=True)])
    found = series.bleach_correction(tmp_path / "out.h5", strip=(slice(None), slice(0, 5)))
    assert found.bg == 0
    np.testing.assert_allclose(found.factors, lamp[0] / lamp, rtol=1e-6)
    with HSSeries(h5file=tmp_path / "out.h5") as corrected:
        np.testing.assert_allclose(corrected[9].raw, corrected[0].raw, rtol=1e-5)


def test_series_that_tell_no_decay_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MetaDataMissingError, match=r"image 0 .*time"):
        HSSeries([HSImage(RAW)]).bleach_correction()
    with pytest.raises(BleachFitError, match="no images"):
        HSSeries().bleach_correction()
    with pytest.raises(BleachFitError, match="three or more"):
        bleaching(count=2).bleach_correction()
    with pytest.raises(BleachFitError, match="border_px"):
        bleaching().bleach_correction(border_px=0)
    with pytest.raises(BleachFitError, match="flscorr"):
        bleaching().bleach_correction(flscorr=bleaching(count=3))
    with pytest.warns(ImageWarning, match="all of an image"):
        bleaching().bleach_correction(border_px=30)
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(MissingLibrary, match="pip install scipy"):
        bleaching().bleach_correction()


def test_the_fit_is_that_of_the_original() -> None:
    found = json.loads((Path(__file__).parent / "data" / "flimage_bleaching.json").read_text(encoding="utf-8"))
    decay = fit_exponential(np.array(found["times"]), np.array(found["trace"]))
    np.testing.assert_allclose(decay, found["decay"], rtol=1e-6)


def test_threads_add_to_a_series_while_others_read_it(tmp_path: Path) -> None:
    dark = np.full((4, 5), 3, "uint16")
    with HSSeries(h5file=tmp_path / "day.h5") as series:

        def add(thread: int) -> None:
            for n in range(10):
                image = HSImage(np.full((4, 5), 100 * thread + n, "uint16"), bg_data=dark)
                number = series.add_image(image, identifier=f"{thread}-{n}")
                assert series[number].raw[0, 0] == 100 * thread + n

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add, range(4)))
        assert len(series) == series.check() == 40
        assert all(series[f"{k}-{n}"].corrected[0, 0] == 100 * k + n - 3 for k in range(4) for n in range(10))
