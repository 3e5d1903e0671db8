"""Cubes of many vendors are read as they were meant; Spectral Python and GDAL agree wherever they read them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import rasterio
import spectral

from pymodaq_hsi.envi import EnviCube, open_envi, write_envi

LAYOUTS = {"bip": (0, 1, 2), "bil": (0, 2, 1), "bsq": (2, 0, 1)}


@dataclass(frozen=True)
class Written:
    """One of `vendors.toml`, which says what its fields are."""

    name: str
    text: str
    header: str
    data: str
    dtype: str
    interleave: str
    wavelengths: list[float] | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    warns: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    newline: str = "\n"
    offset: int = 0

    def cube(self) -> np.ndarray:
        return (np.arange(60).reshape(5, 4, 3) * 3 + 1).astype(self.dtype)


def put(written: Written, folder: Path) -> Path:
    header = folder / written.header
    header.write_bytes(written.text.replace("\n", written.newline).encode("latin-1"))
    samples = written.cube().transpose(LAYOUTS[written.interleave]).tobytes()
    (folder / written.data).write_bytes(b"\xee" * written.offset + samples)
    return header


with Path(__file__).with_name("vendors.toml").open("rb") as file:
    ALL = [Written(**one) for one in tomllib.load(file)["written"]]


def read_by(whom: str = "") -> pytest.MarkDecorator:
    named = [pytest.param(one, id=one.name.partition(":")[0]) for one in ALL if whom not in one.wrong]
    return pytest.mark.parametrize("written", named)


@read_by()
def test_the_cube_is_read_as_it_was_meant(written: Written, tmp_path: Path) -> None:
    header = put(written, tmp_path)
    for given in (header, tmp_path / written.data):
        cube = open_envi(given)
        assert cube.data_path.name == written.data
        assert cube.data.dtype == np.dtype(written.dtype)
        np.testing.assert_array_equal(cube.data, written.cube())
    if written.wavelengths is None:
        assert cube.wavelengths is None
    else:
        np.testing.assert_allclose(cube.wavelengths, written.wavelengths)
    assert {key: cube.header.metadata.get(key) for key in written.metadata} == written.metadata
    assert len(cube.warnings) == len(written.warns), cube.warnings
    for warning, said in zip(cube.warnings, written.warns, strict=True):
        assert said in warning


@read_by()
def test_it_is_written_again_with_all_that_it_said(written: Written, tmp_path: Path) -> None:
    read = open_envi(put(written, tmp_path))
    again = open_envi(written_again(read, tmp_path / "again.hdr"))
    np.testing.assert_array_equal(again.data, read.data)
    assert {**again.header.metadata, "file type": ""} == {**read.header.metadata, "file type": ""}
    for name in ("wavelengths", "fwhm", "bbl"):
        np.testing.assert_array_equal(getattr(again.header, name), getattr(read.header, name))
    for name in ("band_names", "data_ignore_value", "reflectance_scale_factor", "default_bands", "acquisition_time"):
        assert getattr(again.header, name) == getattr(read.header, name)


def written_again(cube: EnviCube, path: Path) -> Path:
    header = cube.header
    return write_envi(
        path,
        cube.data,
        interleave=header.interleave,
        byte_order=header.byte_order,
        wavelengths=header.wavelengths,
        fwhm=header.fwhm,
        band_names=header.band_names,
        bbl=header.bbl,
        reflectance_scale_factor=header.reflectance_scale_factor,
        data_ignore_value=header.data_ignore_value,
        default_bands=header.default_bands,
        acquisition_time=header.acquisition_time,
        metadata=header.metadata,
    )


@pytest.mark.filterwarnings("ignore:Parameters with non-lowercase names")
@read_by("spectral")
def test_spectral_python_reads_the_same(written: Written, tmp_path: Path) -> None:
    header = put(written, tmp_path)
    cube = open_envi(header)
    theirs = spectral.envi.open(str(header), str(tmp_path / written.data))
    np.testing.assert_array_equal(cube.data, theirs.open_memmap(interleave="bip"))
    if cube.wavelengths is not None:
        unit = 1e3 if cube.header.wavelength_units == "Micrometers" else 1
        np.testing.assert_allclose(cube.wavelengths, np.array(theirs.bands.centers) * unit)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@read_by("gdal")
def test_gdal_reads_the_same(written: Written, tmp_path: Path) -> None:
    cube = open_envi(put(written, tmp_path))
    with rasterio.open(tmp_path / written.data) as theirs:
        np.testing.assert_array_equal(cube.data, theirs.read().transpose(1, 2, 0))
        ignored = cube.header.data_ignore_value
        assert ignored is None or theirs.nodata == ignored
