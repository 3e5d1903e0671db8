"""PyMoDAQ's own loader opens a recorded cube, with both of its backends, and sees the same numbers."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pymodaq_hsi as hsi
from h5modules.data_saving import DataLoader

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
    import sys, warnings
    warnings.simplefilter("ignore")
    sys.modules.update(dict.fromkeys(("matplotlib", "dask")))  # it takes a second to load them, for nothing here
    import numpy as np
    from pymodaq_data.h5modules.saving import H5SaverLowLevel
    from pymodaq_data.h5modules.data_saving import DataLoader
    path, out, *nodes = sys.argv[1:]
    for backend in ("tables", "h5py"):
        saver = H5SaverLowLevel(backend=backend)
        saver.open_file(path, "r")
        loader = DataLoader(saver)
        found = {}
        for index, node in enumerate(nodes):
            data = loader.load_data(node)
            found[f"data{index}"] = data[0]
            found[f"units{index}"] = data.units
            for axis in data.axes:
                found[f"axis{index}_{axis.label}"] = axis.get_data()
            if data.errors is not None:
                found[f"error{index}"] = data.errors[0]
        saver.close_file()
        np.savez(f"{out}/{backend}.npz", **found)
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cube") / "cube.h5"
    with hsi.connect(hsi.ConnectionSettings("VirtualHyperCamera", hsi.DriverType.Instrument, "0")) as group:
        camera = group.primary_device()
        for name, value in {"PixelCount": 40, "BandCount": 30, "FrameRate": 200}.items():
            camera.set_parameter(name, value)
        dark = hsi.measure_reference(camera, "DarkReference", 5)
        white = hsi.measure_reference(camera, "WhiteReference", 5)
        context = hsi.RecordingContext(camera, hsi.InstrumentParameters(white, dark), hsi.ValueType.Reflectance)
        hsi.record_cube(context, path, 50)
    return path


NODES = [
    "/RawData/Scan000/Detector000/DataND/CH00/EnlData00",
    "/RawData/Scan000/WhiteReference/Data2D/CH00/Data00",
    "/RawData/Scan000/Detector000/DataND/CH01/EnlData00",
]


@pytest.fixture(scope="module")
def theirs(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what PyMoDAQ saw, a file for each backend."""
    folder = tmp_path_factory.mktemp("seen")
    environment = os.environ | {"HOME": str(folder), "USERPROFILE": str(folder)}
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(recorded), str(folder), *NODES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("backend", ["tables", "h5py"])
def test_pymodaq_reads_the_same_cube_axes_references_and_errors(recorded: Path, theirs: Path, backend: str) -> None:
    seen = np.load(theirs / f"{backend}.npz")
    with DataLoader(recorded) as loader:
        for index, node in enumerate(NODES):
            ours = loader.load_data(node)
            np.testing.assert_array_equal(seen[f"data{index}"], ours[0])
            assert str(seen[f"units{index}"]) == ours.units
            assert {name for name in seen.files if name.startswith(f"axis{index}_")} == {
                f"axis{index}_{axis.label}" for axis in ours.axes
            }
            for axis in ours.axes:
                # PyMoDAQ computes evenly spaced coordinates from offset and spacing
                np.testing.assert_allclose(seen[f"axis{index}_{axis.label}"], axis.get_data(), rtol=1e-14)
            if ours.errors is not None:
                np.testing.assert_array_equal(seen[f"error{index}"], ours.errors[0])
    assert "error1" in seen.files
    assert seen["data0"].shape == (50, 40, 30)
