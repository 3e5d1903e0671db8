"""A driver for tests of what is shown: it delivers frames of every kind that the data model has."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.drivers import (
    BooleanParameter,
    DeviceInfo,
    Driver,
    EnumerationParameter,
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

EVEN = tuple(float(nm) for nm in range(400, 1000, 20))
UNEVEN = tuple(400.0 + 0.65 * i**2 for i in range(30))
FORMATS = {
    "slit": FrameFormat((40, 30), "uint16", 1, EVEN, saturation=4095),
    "shifted": FrameFormat((40, 30), "uint16", 1, tuple(nm + 700 for nm in EVEN), saturation=4095),
    "turned": FrameFormat((30, 40), "uint16", 0, EVEN[::-1], saturation=4095),
    "uneven": FrameFormat((40, 30), "uint16", 1, UNEVEN, saturation=4095),
    "bands": FrameFormat((40, 30), "uint16", 1),
    "plain": FrameFormat((40, 50), "uint16"),
    "spectrometer": FrameFormat((30,), "uint16", 0, EVEN, saturation=65535),
    "one pixel": FrameFormat((1, 30), "uint16", 1, EVEN, saturation=65535),
    "line": FrameFormat((50,), "uint8"),
    "holes": FrameFormat((40, 30), "float32", 1, EVEN),
    "nothing": FrameFormat((40, 30), "float32", 1, EVEN),
    "snapshot": FrameFormat((6, 40, 30), "uint16", 2, EVEN, saturation=4095),
    "planes": FrameFormat((30, 6, 40), "uint16", 0, EVEN, saturation=4095),
    "colour": FrameFormat((40, 50, 3), "uint8"),
    "volume": FrameFormat((2, 6, 40, 30), "uint16", 3, EVEN),
    "complex": FrameFormat((40, 30), "complex64", 1, EVEN),
    "yes or no": FrameFormat((40, 30), "bool", 1, EVEN),
}


def sample(pixel: object, nm: object) -> object:
    """Return what every kind delivers at a pixel and a wavelength."""
    return 10 * np.asarray(pixel) + np.asarray(nm)


class Sight(InstrumentDriver):
    """Every sample is ten times its pixel, and its wavelength or band."""

    name = "Sight"
    description = "Frames of every kind"

    kind = EnumerationParameter("Kind", list(FORMATS), locked_while_acquiring=True)
    rate = FloatParameter("FrameRate", default=100.0, minimum=0.1, maximum=1000.0, unit="Hz")
    blur = FloatParameter("Defocus", minimum=0.0, maximum=10.0, unit="mm", description="Of the lens")

    fails = BooleanParameter("Fails", description="At the next frame")

    @classmethod
    def enumerate(cls) -> Iterable[DeviceInfo]:
        return [DeviceInfo("0", "One"), DeviceInfo("1", "Other")]

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        pass

    def frame_format(self) -> FrameFormat:
        return FORMATS[self.kind]

    def start(self, reference: ReferenceName | None) -> None:
        self.due = time.monotonic()

    def grab(self, frame: Frame, timeout: float) -> bool:
        if self.fails:
            self.fails = False
            raise RuntimeError("the sensor is too warm")
        self.due = max(self.due + 1 / self.rate, time.monotonic() - 0.1)
        time.sleep(min(timeout, max(0.0, self.due - time.monotonic())))
        form = FORMATS[self.kind]
        axis = form.dispersion_axis
        values = np.zeros(form.shape)
        lines = np.arange(form.shape[-1] if axis is None else 1, dtype=float)
        bands = lines if axis is None else np.asarray(form.wavelengths or range(form.shape[axis]), float)
        along = [1] * len(form.shape)
        along[-1 if axis is None else axis] = -1
        values = values + bands.reshape(along)
        others = [index for index in range(len(form.shape)) if index != axis]
        if len(form.shape) > 1:
            pixel = others[-1] if axis is not None else 0
            along = [1] * len(form.shape)
            along[pixel] = -1
            blocks = np.arange(form.shape[pixel], dtype=float)
            if self.blur:
                blocks = np.full(form.shape[pixel], blocks.mean()) + (blocks - blocks.mean()) / (1 + self.blur)
            values = values + 10 * blocks.reshape(along)
        if self.kind == "holes":
            values[::2] = np.nan
        elif self.kind == "nothing":
            values[:] = np.nan
        frame.data[...] = values
        return True


@hookimpl
def pymodaq_hsi_drivers() -> list[type[Driver]]:
    return [Sight]
