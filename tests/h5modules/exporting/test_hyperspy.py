"""HyperSpy itself opens what was written for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hyperspy.api as hyperspy
import numpy as np
import pytest

from h5modules.data import Axis, DataRaw
from h5modules.data_saving import DataSaverLoader
from h5modules.exporting import export

if TYPE_CHECKING:
    from pathlib import Path

    from tests.h5modules.exporting.conftest import Scan

FRAME = "/RawData/Scan000/Detector000/Data2D/CH00/Data00"


def test_spectra_over_positions_and_pixels(scan: Scan, tmp_path: Path) -> None:
    export(scan.path, FRAME, tmp_path / "x.hspy")
    signal = hyperspy.load(str(tmp_path / "x.hspy"))
    np.testing.assert_array_equal(signal.data, scan.frames)
    pixel, position = signal.axes_manager.navigation_axes
    (wavelength,) = signal.axes_manager.signal_axes
    assert (position.name, position.units, pixel.size, wavelength.units) == ("Position", "mm", 6, "nm")
    assert (position.offset, position.scale) == (0.0, pytest.approx(0.3))
    np.testing.assert_array_equal(wavelength.axis, scan.wavelengths)
    assert signal.metadata.Signal.quantity == "Image (counts)"
    assert signal.original_metadata.pymodaq.path == FRAME


def test_variances_and_points_in_no_order(tmp_path: Path) -> None:
    axes = [
        Axis("x", "mm", np.array([3.0, 1.0, 2.0]), 0, spread_order=0),
        Axis("y", "mm", np.array([0.0, 5.0, 1.0]), 0, spread_order=1),
        Axis("Wavelength", "nm", np.array([450.0, 550.0, 700.0]), 1),
    ]
    values = np.arange(9.0).reshape(3, 3)
    data = DataRaw("s", data=[values], errors=[values / 2], nav_indexes=(0,), distribution="spread", axes=axes)
    with DataSaverLoader(tmp_path / "x.h5") as saver:
        saver.add_data("/RawData", data)
    done = export(tmp_path / "x.h5", target=tmp_path / "x.hspy")
    signal = hyperspy.load(str(tmp_path / "x.hspy"))
    np.testing.assert_allclose(signal.get_noise_variance().data, (values / 2) ** 2)
    (points,) = signal.axes_manager.navigation_axes
    assert (points.name, points.units) == ("x, y", "")
    np.testing.assert_array_equal(signal.original_metadata.pymodaq.axes[1]["values"], [0.0, 5.0, 1.0])
    assert "no order" in done.notes[0]
