"""Every format, opened again by the readers of its own community: values, axes, units, labels."""

from __future__ import annotations

import csv
import json
import warnings
from typing import TYPE_CHECKING

import h5py
import nexusformat.nexus
import numpy as np
import pandas
import pytest
import rasterio
import tifffile
import xarray

from h5modules.data import DataWithAxes
from h5modules.data_saving import DataLoader
from h5modules.exporting import export

if TYPE_CHECKING:
    from pathlib import Path

    from tests.h5modules.exporting.conftest import Scan

SCAN = "/RawData/Scan000"
FRAME = f"{SCAN}/Detector000/Data2D/CH00/Data00"
SPECTRUM = f"{SCAN}/Detector000/Data1D/CH00"
POWER = f"{SCAN}/Detector000/Data0D/CH00"


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(line for line in file if not line.startswith("#")))


def test_npz_opens_in_numpy_with_axes_and_what_describes_them(scan: Scan, tmp_path: Path) -> None:
    export(scan.path, SPECTRUM, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as found:
        told = json.loads(str(found["metadata"]))
        np.testing.assert_array_equal(found["a"], scan.spectra)
        np.testing.assert_array_equal(found[told["keys"][1]], -scan.spectra)
        np.testing.assert_array_equal(found[told["error_keys"][1]], abs(scan.spectra) / 2)
        np.testing.assert_array_equal(found["Wavelength"], scan.wavelengths)
        np.testing.assert_array_equal(found["Position"], scan.positions)
    assert (told["units"], told["labels"], told["attributes"]) == ("V", ["a", "b, c"], {"gain": 3})
    assert {(axis["label"], axis["units"], axis["index"]) for axis in told["axes"]} == {
        ("Position", "mm", 0),
        ("Wavelength", "nm", 1),
    }


def test_npy_keeps_the_sample_type(scan: Scan, tmp_path: Path) -> None:
    export(scan.path, FRAME, tmp_path / "x.npy")
    found = np.load(tmp_path / "x.npy")
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, scan.frames)


def test_csv_of_a_cube_has_the_wavelengths_in_its_heading(scan: Scan, tmp_path: Path) -> None:
    export(scan.path, FRAME, tmp_path / "x.csv")
    heading, *body = rows(tmp_path / "x.csv")
    assert heading[:2] == ["Position (mm)", "Pixel"]
    np.testing.assert_array_equal(np.array(heading[2:], float), scan.wavelengths)
    table = np.array(body, float)
    np.testing.assert_array_equal(table[:, 2:].reshape(5, 6, 7), scan.frames)
    frame = pandas.read_csv(tmp_path / "x.csv", comment="#")
    np.testing.assert_array_equal(frame.columns[2:].astype(float), scan.wavelengths)
    np.testing.assert_allclose(frame.to_numpy(), table)
    np.testing.assert_array_equal(table[:, 0], np.repeat(scan.positions, 6))
    np.testing.assert_array_equal(table[:, 1], np.tile(np.arange(6.0), 5))
    assert "# units: counts" in (tmp_path / "x.csv").read_text(encoding="utf-8")


def test_csv_tells_arrays_and_their_errors_apart(scan: Scan, tmp_path: Path) -> None:
    export(scan.path, SPECTRUM, tmp_path / "x.csv")
    heading, *body = rows(tmp_path / "x.csv")
    assert heading[:2] == ["array", "Position (mm)"]
    for name, values in {"b, c": -scan.spectra, "b, c error": abs(scan.spectra) / 2}.items():
        np.testing.assert_array_equal(np.array([row[2:] for row in body if row[0] == name], float), values)


def test_csv_can_have_a_row_for_each_value(scan: Scan, tmp_path: Path) -> None:
    export(scan.path, SPECTRUM, tmp_path / "x.csv", layout="long")
    heading, *body = rows(tmp_path / "x.csv")
    assert heading == ["Position (mm)", "Wavelength (nm)", "a (V)", "b, c (V)", "a error (V)", "b, c error (V)"]
    table = np.array(body, float)
    np.testing.assert_array_equal(table[:, 2].reshape(5, 7), scan.spectra)
    np.testing.assert_array_equal(table[:, 1].reshape(5, 7)[3], scan.wavelengths)


def test_txt_opens_in_loadtxt_as_it_is(scan: Scan, tmp_path: Path) -> None:
    export(scan.path, POWER, tmp_path / "x.txt")
    found = np.loadtxt(tmp_path / "x.txt")
    np.testing.assert_array_equal(found, np.column_stack([scan.positions, scan.power]))


@pytest.mark.parametrize(("to", "engine"), [("netcdf", "h5netcdf"), ("zarr", "zarr")])
def test_xarray_opens_all_of_a_scan(scan: Scan, tmp_path: Path, to: str, engine: str) -> None:
    target = export(scan.path, SCAN, tmp_path, to=to).files[0]
    with xarray.open_datatree(target, engine=engine) as tree:
        frame, spectrum, power = tree["Frame"].to_dataset(), tree["Spectrum"].to_dataset(), tree["Power"]["P"]
        assert frame["Image"].dims == ("Position", "Pixel", "Wavelength")
        assert frame["Image"].dtype == np.uint16
        np.testing.assert_array_equal(frame["Image"], scan.frames)
        np.testing.assert_array_equal(frame["Wavelength"], scan.wavelengths)
        assert (frame["Wavelength"].units, frame["Image"].units, frame["Position"].units) == ("nm", "counts", "mm")
        np.testing.assert_array_equal(power, scan.power)
        np.testing.assert_array_equal(frame["Position"], scan.positions)
        back = DataWithAxes.from_xarray(spectrum.load())
    with DataLoader(scan.path) as loader:
        original = loader.load_data(SPECTRUM)
    assert back == original
    assert back.errors is not None
    np.testing.assert_array_equal(back.errors[1], abs(scan.spectra) / 2)
    assert (back.gain, back.labels, back.timestamp) == (3, ["a", "b, c"], original.timestamp)


def test_zarr_opens_in_zarr_and_is_compressed(scan: Scan, tmp_path: Path) -> None:
    import zarr  # takes a second, which only the one who runs this has to spend

    export(scan.path, FRAME, tmp_path / "x.zarr")
    found = zarr.open_group(str(tmp_path / "x.zarr"), mode="r")["Image"]
    np.testing.assert_array_equal(found[...], scan.frames)
    assert found.attrs["_ARRAY_DIMENSIONS"] == ["Position", "Pixel", "Wavelength"]
    assert found.compressors


def test_tiff_opens_in_tifffile_and_in_gdal_with_band_names_and_wavelengths(scan: Scan, tmp_path: Path) -> None:
    export(scan.path, FRAME, tmp_path / "x.tif")
    planes = scan.frames.transpose(2, 0, 1)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "x.tif"), planes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # there are no map coordinates
        with rasterio.open(tmp_path / "x.tif") as found:
            np.testing.assert_array_equal(found.read(), planes)
            assert found.descriptions[0] == "400 nm"
            assert found.tags(7)["wavelength"] == "801.25"
            assert found.units == ("counts",) * 7
            assert found.dtypes[0] == "uint16"


def test_nexus_opens_in_nexusformat_with_signal_and_axes(scan: Scan, tmp_path: Path) -> None:
    export(scan.path, SCAN, tmp_path / "x.nxs")
    root = nexusformat.nexus.nxload(str(tmp_path / "x.nxs"), mode="r")
    plotted = root.plottable_data
    assert (plotted.nxname, plotted.nxsignal.nxname) == ("Spectrum", "a")
    frame = root["entry/Frame"]
    np.testing.assert_array_equal(frame.nxsignal.nxdata, scan.frames)
    assert [axis.nxname for axis in frame.nxaxes] == ["Position", "Pixel", "Wavelength"]
    np.testing.assert_array_equal(frame.nxaxes[2].nxdata, scan.wavelengths)
    assert (frame.nxsignal.attrs["units"], frame.nxaxes[2].attrs["units"]) == ("counts", "nm")
    np.testing.assert_array_equal(plotted.nxerrors.nxdata, abs(scan.spectra))


def test_nexus_is_plain_hdf5(scan: Scan, tmp_path: Path) -> None:
    export(scan.path, SPECTRUM, tmp_path / "x.nxs")
    with h5py.File(tmp_path / "x.nxs") as file:
        group = file["entry/Spectrum"]
        assert [name.decode() for name in group.attrs["axes"]] == ["Position", "Wavelength"]
        assert [name.decode() for name in group.attrs["auxiliary_signals"]] == ["b_c"]
        assert group["description/attribute_gain"][()] == b"3"


@pytest.mark.parametrize("where", ["/", SCAN, FRAME, SPECTRUM])
def test_a_part_of_a_file_loads_like_the_whole(scan: Scan, tmp_path: Path, where: str) -> None:
    export(scan.path, where, tmp_path / "part.h5")
    node = FRAME if where == FRAME else f"{SPECTRUM}/Data00"
    with DataLoader(scan.path) as loader, DataLoader(tmp_path / "part.h5") as part:
        original, found = loader.load_data(node), part.load_data(node)
        assert part.get_node(SCAN).title == loader.get_node(SCAN).title
    assert found == original
    assert [(axis.label, axis.units) for axis in found.axes] == [(axis.label, axis.units) for axis in original.axes]
    assert (found.errors is None) == (original.errors is None)
