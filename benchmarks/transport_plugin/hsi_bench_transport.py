"""A camera that delivers the same frame over and over, as fast as it is asked to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.drivers import (
    DeviceInfo,
    Driver,
    FloatParameter,
    Frame,
    FrameFormat,
    InstrumentDriver,
    ReferenceName,
    Value,
    hookimpl,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PIXELS, BANDS = 640, 256


class BenchCamera(InstrumentDriver):
    """Copies one frame of noise into each slot: what a camera's SDK does with its own buffer."""

    name = "BenchCamera"
    waits_for_reader = True
    rate = FloatParameter("FrameRate", minimum=0.0, maximum=1e6, unit="Hz", description="0: as fast as it goes")

    @classmethod
    def enumerate(cls) -> Iterable[DeviceInfo]:
        return [DeviceInfo("0", "Benchmark camera")]

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        self._frame = np.random.default_rng(0).integers(0, 4096, (PIXELS, BANDS)).astype(np.uint16)

    def frame_format(self) -> FrameFormat:
        return FrameFormat((PIXELS, BANDS), "uint16", dispersion_axis=1)

    def start(self, reference: ReferenceName | None) -> None:
        self._due = time.perf_counter()
        self._pause = 1 / self.rate if self.rate else 0.0

    def grab(self, frame: Frame, timeout: float) -> bool:
        if self._pause:
            self._due += self._pause
            time.sleep(max(0.0, self._due - time.perf_counter()))
        np.copyto(frame.data, self._frame)
        return True


@hookimpl
def pymodaq_hsi_drivers() -> list[type[Driver]]:
    return [BenchCamera]
