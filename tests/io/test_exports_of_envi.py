"""ENVI cubes are exported as recordings are: to every format, with references, and no copy in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import xarray
from distributed import LocalCluster

from h5modules.errors import FileExists, NodeNotFound
from h5modules.exporting import formats
from pymodaq_hsi.envi import open_envi, write_envi
from pymodaq_hsi.errors import EnviNotFound
from pymodaq_hsi.io import export, export_far
from pymodaq_hsi.processing import calibrate_cube

if TYPE_CHECKING:
    from pathlib import Path

NM = [700.0, 450.0, 550.0, 650.0]


@pytest.fixture
def leaf(tmp_path: Path) -> Path:
    """A cube with bands in no order, a white reference beside it, and dark lines at its end."""
    counts = np.random.default_rng(0).integers(100, 3000, (9, 5, 4)).astype("uint16")
    counts[7:] = 90
    said = {"tint": 3.5, "sensor type": "FX10", "autodarkstartline": 7, "name": "blätter"}
    kept: dict[str, Any] = {"bbl": [1, 0, 1, 1], "fwhm": [5.0] * 4, "data_ignore_value": 7}
    write_envi(tmp_path / "leaf_White.hdr", counts[:3] + 900, wavelengths=NM, metadata={"tint": 3.5}, interleave="bsq")
    return write_envi(tmp_path / "leaf.bil", counts, wavelengths=NM, metadata=said, default_bands=[1, 3, 2], **kept)


@pytest.mark.parametrize("kind", [known.name for known in formats()])
def test_every_format_takes_an_envi_cube(leaf: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "out").mkdir()
    planned = export(leaf, target=tmp_path / "out", to=kind, dry_run=True)
    assert list((tmp_path / "out").iterdir()) == []
    done = export(leaf, target=tmp_path / "out", to=kind)
    assert set(planned.files) <= set(done.files)
    assert all(path.exists() for path in done.files)


def test_samples_wavelengths_header_and_references_go_along(leaf: Path, tmp_path: Path) -> None:
    export(leaf, target=tmp_path / "leaf.nc")
    with xarray.open_datatree(tmp_path / "leaf.nc") as tree:
        cube = tree["Intensity"]["Intensity"]
        np.testing.assert_array_equal(cube, open_envi(leaf).scene)
        np.testing.assert_array_equal(cube["Wavelength"], NM)
        assert tree["Intensity"].attrs["envi_tint"] == "3.5"
        white = np.sort(np.array(NM))
        np.testing.assert_array_equal(tree["WhiteReference"]["Wavelength"], white)
        assert tree["DarkReference"].attrs["frames_averaged"] == 2


def test_what_is_calibrated_from_an_export_is_the_same_to_the_bit(leaf: Path, tmp_path: Path) -> None:
    export(leaf, target=tmp_path / "leaf.h5")
    done = [calibrate_cube(source, tmp_path / f"{n}.hdr") for n, source in enumerate((leaf, tmp_path / "leaf.h5"))]
    one, other = (np.array(open_envi(each.files[0]).data) for each in done)
    assert np.isfinite(one).any()
    np.testing.assert_array_equal(one.view(np.uint32), other.view(np.uint32))


@pytest.mark.parametrize("far", [False, True])
def test_envi_becomes_envi_of_another_interleave_with_its_whole_header(leaf: Path, tmp_path: Path, far: bool) -> None:
    target = tmp_path / "copy.bsq.hdr"
    if far:
        with LocalCluster(n_workers=1, processes=False, dashboard_address=":0", silence_logs=50) as cluster:
            export_far([leaf], cluster.scheduler_address, target=target, to="envi")
    else:
        export(leaf, target=target, to="envi")
    before, after = open_envi(leaf), open_envi(target)
    assert (before.header.interleave, after.header.interleave) == ("bil", "bsq")
    np.testing.assert_array_equal(before.data, after.data)
    for name in ("metadata", "data_ignore_value", "default_bands", "data_type"):
        assert getattr(before.header, name) == getattr(after.header, name)
    for name in ("wavelengths", "fwhm", "bbl"):
        np.testing.assert_array_equal(getattr(before.header, name), getattr(after.header, name))
    white = open_envi(tmp_path / "copy_White.bsq.hdr").data
    np.testing.assert_array_equal(white, open_envi(tmp_path / "leaf_White.hdr").data)


def test_an_interleave_that_is_none_is_told_without_a_path_that_nobody_knows(leaf: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^interleave is .xyz.; take"):
        export(leaf, target=tmp_path / "x.hdr", to="envi", interleave="xyz")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_names_of_bands_go_along(tmp_path: Path) -> None:
    names = ("NDVI", "Größe")
    header = write_envi(tmp_path / "x", np.zeros((3, 4, 2), "f4"), band_names=names)
    with rasterio.open(export(header, to="tiff").files[0]) as picture:
        assert picture.descriptions == names
    done = export(export(header, to="hdf5").files[0], target=tmp_path / "again.hdr")
    assert open_envi(done.files[0]).header.band_names == names


def test_complex_cubes_are_exported_without_references(tmp_path: Path) -> None:
    values = (np.arange(12) * (1 + 2j)).astype("c8").reshape(3, 2, 2)
    done = export(write_envi(tmp_path / "z", values), to="npy")
    np.testing.assert_array_equal(np.load(done.files[0]), values)
    assert done.notes == ()


@pytest.mark.parametrize("name", ["leaf.hdr", "leaf.bil", "leaf_White.hdr"])
def test_a_cube_that_is_read_is_never_written(leaf: Path, tmp_path: Path, name: str) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(FileExists, match="is read"):
        export(leaf, target=tmp_path / name, to="envi", overwrite=True)
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_a_node_that_an_envi_cube_has_not_is_told_of_the_cube(leaf: Path) -> None:
    with pytest.raises(NodeNotFound, match=r"leaf\.hdr is an ENVI cube and has no node /RawData/Other"):
        export(leaf, "/RawData/Other", to="npz")
    assert len(np.load(export(leaf, "/RawData/Scan000/WhiteReference", to="npz").files[0]).files) > 0


def test_what_is_no_cube_and_no_hdf5_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no cube")
    with pytest.raises(EnviNotFound, match="neither HDF5 nor an ENVI cube"):
        export(tmp_path / "notes.txt", to="npz")
    with pytest.raises(EnviNotFound, match=r"nothing\.hdr"):
        export(tmp_path / "nothing.hdr", to="npz")
