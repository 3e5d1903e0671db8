"""A recorded cube with its references, as `record_cube` leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pymodaq_hsi as hsi

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="package")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "leaf.h5"
    with hsi.connect(hsi.ConnectionSettings("VirtualHyperCamera", hsi.DriverType.Instrument, "0")) as group:
        camera = group.primary_device()
        for name, value in {"PixelCount": 40, "BandCount": 30, "FrameRate": 200, "ExposureTime": 4.0}.items():
            camera.set_parameter(name, value)
        dark = hsi.measure_reference(camera, "DarkReference", 3)
        white = hsi.measure_reference(camera, "WhiteReference", 3)
        context = hsi.RecordingContext(camera, hsi.InstrumentParameters(white, dark), hsi.ValueType.Intensity)
        hsi.record_cube(context, path, 25)
    return path
