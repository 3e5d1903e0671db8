"""What is beside the numbers goes along or is told: backgrounds, error bars, unmeasured points, places on a map."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np
import pytest
import rasterio
import rsciio.hspy
import tifffile
import xarray

from h5modules.data import Axis, DataRaw, DataToExport, DataWithAxes
from h5modules.data_saving import (
    BkgSaver,
    DataEnlargeableSaver,
    DataLoader,
    DataSaverLoader,
    DataToExportExtendedSaver,
)
from h5modules.errors import ArrayMismatch, CannotExport
from h5modules.exporting import Exported, export
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from pathlib import Path

WAVELENGTHS = np.array([450.0, 550.0, 700.0])


def saved(path: Path, data: DataRaw, background: DataRaw | None = None) -> Path:
    with DataSaverLoader(path) as saver:
        saver.add_data("/RawData", data)
        if background is not None:
            BkgSaver(saver.h5saver).add_data("/RawData", background)
    return path


def read(path: Path) -> np.ndarray:
    """Read the array of an export, with the reader of its community."""
    if path.suffix == ".nc":
        with netCDF4.Dataset(path) as file:
            return np.asarray(file["CH00"][...])
    if path.suffix == ".tif":
        return tifffile.imread(path).transpose(1, 2, 0)
    if path.suffix == ".hspy":
        return np.asarray(rsciio.hspy.file_reader(str(path))[0]["data"])
    loaded = np.load(path)
    return loaded["CH00"] if path.suffix == ".npz" else loaded


FRAME = (3, 3)


@pytest.mark.parametrize(
    ("suffix", "shape"),
    [(".nc", FRAME), (".npz", FRAME), (".tif", FRAME), (".hspy", FRAME), (".npy", (4, 3, 3)), (".npy", (1,))],
)
def test_the_background_is_taken_off_as_a_loader_does_it(tmp_path: Path, suffix: str, shape: tuple[int, ...]) -> None:
    counts = np.arange(36, dtype=np.uint16).reshape(4, 3, 3)
    background = np.full(shape, 20, np.uint16)
    source = saved(tmp_path / "x.h5", DataRaw("cube", data=[counts]), DataRaw("cube", data=[background]))
    done = export(source, target=tmp_path / f"x{suffix}", subtract_background=True)
    with DataLoader(source) as loader:
        expected = loader.load_data("/RawData/Data00", with_bkg=True)
    np.testing.assert_array_equal(read(done.files[0]), expected[0])
    assert read(done.files[0]).min() == -20
    assert not done.notes


def test_txt_of_several_arrays_is_numbers_that_a_comment_names(tmp_path: Path) -> None:
    images = [np.arange(6.0).reshape(2, 3), np.ones((2, 3))]
    data = DataRaw("a", data=images, errors=[each / 10 for each in images], labels=["left/up", "right, Ω"])
    export(saved(tmp_path / "x.h5", data), target=tmp_path / "x.txt")
    found = np.loadtxt(tmp_path / "x.txt")
    assert found[:, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    np.testing.assert_array_equal(found[4:6, 2:], images[0] / 10)
    named = "0 left/up, 1 right, Ω, 2 left/up error, 3 right, Ω error"
    assert f"# array: which of the arrays a row is of: {named}\n" in (tmp_path / "x.txt").read_text(encoding="utf-8")


def test_error_bars_of_data_and_background_are_added_in_quadrature(tmp_path: Path) -> None:
    data = DataRaw("v", data=[np.arange(4.0)], errors=[np.full(4, 3.0)])
    source = saved(tmp_path / "x.h5", data, DataRaw("v", data=[np.ones(4)], errors=[np.full(4, 4.0)]))
    export(source, target=tmp_path / "x.nc", subtract_background=True)
    with xarray.open_dataset(tmp_path / "x.nc") as found:
        back = DataWithAxes.from_xarray(found.load())
    np.testing.assert_array_equal(back[0], np.arange(4.0) - 1)
    assert back.errors is not None
    np.testing.assert_array_equal(back.errors[0], np.full(4, 5.0))
    assert back.background_subtracted == "/RawData/Bkg00"


def test_error_bars_of_a_background_alone_stay_those_of_the_difference(tmp_path: Path) -> None:
    data = DataRaw("v", data=[np.arange(8.0).reshape(2, 4)])
    source = saved(tmp_path / "x.h5", data, DataRaw("v", data=[np.ones(4)], errors=[np.full(4, 4.0)]))
    export(source, target=tmp_path / "x.npz", subtract_background=True)
    with np.load(tmp_path / "x.npz") as arrays:
        np.testing.assert_array_equal(arrays["CH00_error"], np.full((2, 4), 4.0))


def test_a_background_that_stays_on_is_told_and_one_that_cannot_be_taken_off_is_refused(tmp_path: Path) -> None:
    data = DataRaw("v", data=[np.arange(4.0)])
    source = saved(tmp_path / "x.h5", data, DataRaw("v", data=[np.ones(4)]))
    assert "background" in export(source, target=tmp_path / "x.nc").notes[0]
    with pytest.raises(CannotExport, match="copies the nodes"):
        export(source, target=tmp_path / "y.h5", subtract_background=True)
    with pytest.raises(CannotExport, match="no data at or below / has a background"):
        export(saved(tmp_path / "plain.h5", data), target=tmp_path / "y.nc", subtract_background=True)
    odd = tmp_path / "odd.h5"
    with DataSaverLoader(odd) as saver:
        BkgSaver(saver.h5saver).add_data("/RawData", DataRaw("v", data=[np.ones(3)]))  # before there is what it is of
        saver.add_data("/RawData", data)
    with pytest.raises(ArrayMismatch, match=r"\(3,\)"):
        export(odd, target=tmp_path / "y.nc", subtract_background=True)
    assert not list(tmp_path.glob("y*"))


def test_growing_single_values_keep_their_error_bars(tmp_path: Path) -> None:
    with DataEnlargeableSaver(tmp_path / "x.h5", enl_axis_names=["Time"], enl_axis_units=["s"]) as saver:
        for number in range(3):
            value = DataRaw("v", data=[np.array([number * 2.0])], errors=[np.array([number / 4])])
            saver.add_data("/RawData", value, axis_values=[float(number)])
    export(tmp_path / "x.h5", target=tmp_path / "x.txt")
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "x.txt"), [[0, 0, 0], [1, 2, 0.25], [2, 4, 0.5]])


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A scan of two stage axes that was stopped after five of six points."""
    path = tmp_path / "scan.h5"
    with H5SaverLowLevel.from_file(path, new_file=True) as file:
        group = file.add_scan_group()
        for _ in range(2):
            detector = file.add_det_group(group)
            saver = DataToExportExtendedSaver(file, extended_shape=(2, 3))
            if "NavAxes" not in group:
                y, x = Axis("y", "mm", np.array([1.0, 1.5]), 0), Axis("x", "mm", np.array([-2.0, -1.75, -1.5]), 1)
                saver.add_nav_axes(group, [y, x])
            for number, point in enumerate(list(np.ndindex(2, 3))[:5]):
                axes = [Axis("Wavelength", "nm", WAVELENGTHS)]
                spectrum = DataRaw("spectrum", data=[np.full(3, number + 1, np.uint16)], axes=axes)
                saver.add_data(detector, DataToExport("s", data=[spectrum]), point)
    return path


def test_points_that_were_not_measured_are_told_and_marked(stopped: Path, tmp_path: Path) -> None:
    done = export(stopped, target=tmp_path / "x.nc")
    assert "1 of 6 points of the scan were not measured, and read as 0" in done.notes[0]
    expected = [[True, True, True], [True, True, False]]
    with netCDF4.Dataset(tmp_path / "x.nc") as file:
        assert list(file.groups) == ["Scan000_Detector000_spectrum", "Scan000_Detector001_spectrum"]
        np.testing.assert_array_equal(file["Scan000_Detector001_spectrum/measured"][...], expected)
    with xarray.open_dataset(tmp_path / "x.nc", group="Scan000_Detector000_spectrum") as found:
        np.testing.assert_array_equal(found["CH00"].where(found.measured).isnull().any("Wavelength"), ~found.measured)
        back = DataWithAxes.from_xarray(found.load())
    assert [axis.label for axis in back.axes] == ["y", "x", "Wavelength"]
    export(stopped, "/RawData/Scan000/Detector000/Data1D", tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as found:
        np.testing.assert_array_equal(found[json.loads(str(found["metadata"]))["measured_key"]], expected)


def opened(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        return rasterio.open(path)


def test_stage_positions_are_map_coordinates_in_their_own_units(stopped: Path, tmp_path: Path) -> None:
    export(stopped, "/RawData/Scan000/Detector000", tmp_path / "x.tif")
    with opened(tmp_path / "x.tif") as found:
        assert found.xy(0, 0) == (-2.0, 1.0)
        assert found.xy(1, 2) == (-1.5, 1.5)
        assert 'UNIT["millimetre",0.001' in found.crs.to_wkt()


@pytest.mark.parametrize(
    ("x", "unit"), [(np.array([0.0, 1.0, 5.0]), "mm"), (np.arange(3.0), ""), (np.arange(3.0), "s"), (np.zeros(3), "mm")]
)
def test_positions_that_are_no_even_lengths_make_no_map(tmp_path: Path, x: np.ndarray, unit: str) -> None:
    axes = [Axis("y", "mm", np.arange(2.0), 0), Axis("x", unit, x, 1), Axis("Wavelength", "nm", WAVELENGTHS, 2)]
    saved(tmp_path / "x.h5", DataRaw("cube", data=[np.ones((2, 3, 3))], axes=axes))
    export(tmp_path / "x.h5", target=tmp_path / "x.tif")
    with opened(tmp_path / "x.tif") as found:
        assert found.crs is None
        assert found.transform.is_identity
    with tifffile.TiffFile(tmp_path / "x.tif") as file:
        told = json.loads(file.pages[0].description)
    assert told["axes"][1]["values"] == x.tolist()


@pytest.mark.parametrize(
    ("text", "epsg", "corner"),
    [
        ("{UTM, 1, 1, 500000, 5200000, 2, 4, 33, North, WGS-84, units=Meters}", 32633, (500000, 5200000)),
        ("UTM, 2, 3, 500000, 5200000, 2, 4, 33, South, WGS-84", 32733, (499998, 5200008)),
        ("{Geographic Lat/Lon, 1, 1, 12.5, 48.25, 0.01, 0.02, WGS-84, units=Degrees}", 4326, (12.5, 48.25)),
        ("{Arbitrary, 1, 1, 10, 20, 2, 4, units=Meters}", None, (10, 20)),
    ],
)
def test_the_map_of_an_envi_source_is_kept(
    tmp_path: Path, text: str, epsg: int | None, corner: tuple[float, float]
) -> None:
    saved(tmp_path / "x.h5", DataRaw("cube", data=[np.ones((2, 3, 4))], map_info=text))
    export(tmp_path / "x.h5", target=tmp_path / "x.tif")
    with opened(tmp_path / "x.tif") as found:
        assert (found.transform.c, found.transform.f) == pytest.approx(corner)
        assert found.transform.e < 0
        assert found.crs.to_epsg() == epsg


def test_error_bars_that_a_format_has_no_place_for_are_told(tmp_path: Path) -> None:
    source = saved(tmp_path / "x.h5", DataRaw("v", data=[np.ones((2, 2))], errors=[np.ones((2, 2))]))
    assert "error bars are left out" in export(source, target=tmp_path / "x.npy").notes[0]
    assert export(source, target=tmp_path / "x.npz").notes == ()


def test_a_dry_run_tells_the_files_and_touches_nothing(stopped: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    planned = export(stopped, target=tmp_path / "x.csv", dry_run=True)
    assert sorted(tmp_path.iterdir()) == before
    made = export(stopped, target=tmp_path / "x.csv")
    assert isinstance(planned, Exported)
    assert planned == made
