"""What a driver knows of its camera's dead pixels, smile and keystone arrives as steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import pymodaq_hsi as hsi
from h5modules.data_saving import DataLoader
from pymodaq_hsi.devices import ConnectionSettings, connect
from pymodaq_hsi.drivers import DriverType
from pymodaq_hsi.errors import StepError
from pymodaq_hsi.processing.steps import Corrections, DeadPixels, Keystone, Smile, Standardisation
from pymodaq_hsi.scans import Detector, Recording, TimeSeries, check_plan
from pymodaq_hsi.scans.engine import ScanEngine
from pymodaq_hsi.scans.stored import read_scan

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import PluginSite

SOURCE = """
import numpy as np
from pymodaq_hsi.drivers import DeviceInfo, FrameFormat, InstrumentDriver, IntegerParameter, hookimpl


class Imager(InstrumentDriver):
    name = "Imager"
    version = "1.0"
    dead = IntegerParameter("DeadBand", default=2, minimum=0)

    @classmethod
    def enumerate(cls):
        return [DeviceInfo("0", "Imager", "House", "I-1", "S1")]

    def open(self, device_id, settings):
        pass

    def frame_format(self):
        return FrameFormat((8, 6), "uint16", 0, tuple(np.linspace(1000, 650, 8)), 4095)

    def corrections(self):
        return (
            {"kind": "dead_pixels", "positions": [(np.int64(1), self.dead)]},
            {"kind": "smile", "polynomial": (0.0, 5.0)},
            {"kind": "keystone", "shifts": np.linspace(-0.5, 0.5, 8)},
        )

    def grab(self, frame, timeout):
        frame.data[...] = np.arange(8)[::-1, np.newaxis] * 100 + np.arange(6)
        return True


@hookimpl
def pymodaq_hsi_drivers():
    return [Imager]
"""


def test_corrections_of_a_driver_are_steps_before_ones_own(site: PluginSite, tmp_path: Path) -> None:
    site.install("imager", SOURCE)
    with connect(ConnectionSettings("Imager", DriverType.Instrument, "0", {}, 30.0)) as group:
        camera = group.primary_device()
        steps = hsi.Standardisation.of(camera)
        assert [type(step) for step in steps] == [DeadPixels, Smile, Keystone]
        np.testing.assert_allclose(steps.steps[2].shifts, np.linspace(-0.5, 0.5, 8))  # type: ignore[attr-defined]
        context = hsi.RecordingContext(camera, steps=steps)
        with camera.acquire() as acquisition:
            (line,) = (context.process(buffer) for buffer in acquisition.buffers(1, timeout=10.0))
        frame = np.arange(8)[::-1, np.newaxis] * 100 + np.arange(6)
        expected = steps.bind(camera.frame_format()).apply(frame.astype("uint16"))
        np.testing.assert_array_equal(line, expected[0])
        np.testing.assert_array_equal(context.mask, expected[1])
        assert {16, 64} <= set(np.unique(context.mask))

        asked = Detector(device="camera", steps=[{"kind": "corrections"}, {"kind": "crop", "pixels": [1, 5]}])
        for kind, plan in {
            "series": TimeSeries(interval=0, count=2, detectors=[asked]),
            "recording": Recording(lines=2, detectors=[asked]),
        }.items():
            assert check_plan(plan, {"camera": camera}).ok
            ScanEngine(plan, {"camera": camera}, path=tmp_path / f"{kind}.h5").run()
            (written,) = read_scan(tmp_path / f"{kind}.h5").plan.detectors
            assert [step["kind"] for step in written.steps] == ["dead_pixels", "smile", "keystone", "crop"]
            with DataLoader(tmp_path / f"{kind}.h5") as loader:
                lines = next(
                    each for each in loader.load_all("/RawData/Scan000/Detector000") if each.name == "Intensity"
                )
            np.testing.assert_array_equal(lines[0], np.broadcast_to(expected[0][1:5], (2, 4, 8)))
        with pytest.raises(StepError, match=r"told by the driver of a connected camera"):
            Standardisation([Corrections()]).bind(camera.frame_format())

        camera.set_parameter("DeadBand", 8)
        with pytest.raises(StepError, match=r"corrections of Imager.*band 8"):
            hsi.Standardisation.of(camera)
