"""Step scans become ENVI cubes that Spectral Python and GDAL read alike: what is a line, a pixel and a band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import spectral

from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import DataToExportExtendedSaver
from h5modules.exporting import export
from h5modules.saving import H5SaverLowLevel
from pymodaq_hsi.envi import open_envi

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NM = np.linspace(400, 700, 7)
SPECTRUM = [Axis("Wavelength", "nm", NM)]
FRAME = [Axis("Pixel", "", np.arange(5.0)), Axis("Wavelength", "nm", NM, index=1)]


def scan(
    path: Path,
    shape: tuple[int, ...],
    axes: list[Axis],
    *,
    dtype: str = "u2",
    skip: Callable[[tuple[int, ...]], bool] = lambda _: False,
) -> np.ndarray:
    """Write a step scan over x, y, z and return all its numbers."""
    signal = tuple(axis.size for axis in axes)
    full = np.arange(np.prod(shape + signal)).reshape(shape + signal).astype(dtype)
    with H5SaverLowLevel.from_file(path, new_file=True) as file:
        group = file.add_scan_group()
        detector = file.add_det_group(group, title="spectrometer")
        saver = DataToExportExtendedSaver(file, extended_shape=shape)
        saver.add_nav_axes(
            group, [Axis("xyz"[dim], "mm", np.arange(float(size)), index=dim) for dim, size in enumerate(shape)]
        )
        for point in np.ndindex(*shape):
            if not skip(point):
                data = DataRaw("Signal", data=[full[point]], units="counts", labels=["I"], axes=axes)
                saver.add_data(detector, DataToExport("all", data=[data]), point)
    return full


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("interleave", ["bip", "bil", "bsq"])
@pytest.mark.parametrize(
    ("shape", "axes", "cube"),
    [
        ((3, 4), SPECTRUM, (3, 4, 7)),
        ((3,), FRAME, (3, 5, 7)),
        ((2, 3, 4), SPECTRUM, (6, 4, 7)),
        ((2, 3), FRAME, (6, 5, 7)),
    ],
    ids=["spectra over x, y", "frames over x", "spectra over x, y, z", "frames over x, y"],
)
def test_a_step_scan_is_a_cube_for_every_reader(
    tmp_path: Path, shape: tuple[int, ...], axes: list[Axis], cube: tuple[int, int, int], interleave: str
) -> None:
    expected = scan(tmp_path / "scan.h5", shape, axes).reshape(cube)
    done = export(tmp_path / "scan.h5", "/", tmp_path / "scan.hdr", interleave=interleave)
    ours = open_envi(tmp_path / "scan.hdr")
    np.testing.assert_array_equal(ours.data, expected)
    np.testing.assert_allclose(ours.wavelengths, NM)
    theirs = spectral.envi.open(str(tmp_path / "scan.hdr"), str(tmp_path / "scan.raw"))
    np.testing.assert_array_equal(theirs.open_memmap(interleave="bip"), expected)
    np.testing.assert_allclose(theirs.bands.centers, NM)
    with rasterio.open(tmp_path / "scan.raw") as file:
        np.testing.assert_array_equal(file.read().transpose(1, 2, 0), expected)
        assert [float(tags["wavelength"]) for tags in map(file.tags, file.indexes)] == NM.tolist()
    folded = len(shape) + len(axes) > 3
    said = "6 lines are x (2) x y (3), the last of them the fastest"
    assert any(said in note for note in done.notes) == folded
    assert (said in ours.header.metadata.get("lines are", "")) == folded


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_points_that_were_not_measured_are_to_be_ignored(tmp_path: Path) -> None:
    expected = scan(tmp_path / "scan.h5", (3, 4), SPECTRUM, dtype="f4", skip=lambda point: point[0] == 2)
    export(tmp_path / "scan.h5", "/", tmp_path / "scan.hdr")
    cube = open_envi(tmp_path / "scan.hdr")
    np.testing.assert_array_equal(cube.data[:2], expected[:2])
    np.testing.assert_array_equal(
        cube.valid(), np.broadcast_to(np.array([True, True, False])[:, None, None], (3, 4, 7))
    )
    with rasterio.open(tmp_path / "scan.raw") as file:
        assert np.isnan(file.nodata)
        assert (file.read_masks(1)[2] == 0).all()


def test_the_ending_of_the_output_says_the_interleave(tmp_path: Path) -> None:
    expected = scan(tmp_path / "scan.h5", (3, 4), SPECTRUM)
    export(tmp_path / "scan.h5", "/", tmp_path / "leaf.bil", to="envi")
    cube = open_envi(tmp_path / "leaf.bil")
    assert (cube.header.interleave, cube.header_path.name) == ("bil", "leaf.hdr")
    np.testing.assert_array_equal(cube.data, expected)
