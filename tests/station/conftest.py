"""A station in this process, with small virtual devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pymodaq_hsi.station import Station

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = {"PixelCount": 16, "BandCount": 12, "ExposureTime": 1.0, "Gain": 1.0, "FrameRate": 200, "Noise": False}


@pytest.fixture(scope="module")
def bench() -> Iterator[Station]:
    with Station() as station:
        station.connect("VirtualHyperCamera", settings=SMALL)
        station.connect("VirtualStage", settings={"Velocity": 1000})
        station.connect("VirtualLight")
        yield station


@pytest.fixture
def station(bench: Station) -> Iterator[Station]:
    yield bench
    bench.wait_scan(20)
    bench.stop_live("camera")
    bench.lights_back()
    for name, value in SMALL.items():
        bench.set("camera", name, value)
    bench.set("stage", "Velocity", 1000)
    bench.set("light", "Intensity", 100)
    bench.release_control()
