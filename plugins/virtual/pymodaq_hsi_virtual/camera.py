"""The virtual pushbroom camera."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.drivers import (
    AccessMode,
    BooleanParameter,
    DeviceInfo,
    EnumerationParameter,
    FileParameter,
    FloatParameter,
    Frame,
    FrameFormat,
    InstrumentDriver,
    IntegerParameter,
    ParameterListType,
    ReferenceName,
    StringParameter,
    Value,
)
from pymodaq_hsi.errors import ParameterError
from pymodaq_hsi_virtual.faults import FRAME_KINDS, KINDS, Faults
from pymodaq_hsi_virtual.motion import Motion
from pymodaq_hsi_virtual.player import CubePlayer, SceneSource, Source
from pymodaq_hsi_virtual.sensor import BANDS, PIXELS, Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
from pymodaq_hsi_virtual.identity import device_info

__all__ = ["VirtualHyperCamera"]

FASTEST_HZ = 100_000.0
CUBE_FRAME_RATE = 1000.0
LATE = 0.1
"""Seconds behind its time after which the camera gives up catching up."""

_GEOMETRY = {"affects_reference": True, "locked_while_acquiring": True}
_META = {"access": AccessMode.ReadOnly, "category": ParameterListType.MetaInfo}


class VirtualHyperCamera(InstrumentDriver):
    """Plays the ENVI cubes that it is given, or looks at the built-in scene.

    Frames are ``(pixels, bands)``. With a `VirtualLight` connected the scene is as bright as that; with a
    `VirtualStage` connected the camera sees the line under it, without one the scene moves by a line a frame.
    """

    name = "VirtualHyperCamera"
    description = "Virtual pushbroom camera: plays ENVI cubes, or a ColorChecker chart under a tungsten lamp"

    connection_parameters = (
        FileParameter("Cube", file_filter="*.hdr", description="ENVI cube to play; without it the built-in scene"),
        FileParameter("WhiteReferenceCube", file_filter="*.hdr", description="Played as white reference"),
        FileParameter("DarkReferenceCube", file_filter="*.hdr", description="Played as dark reference"),
        StringParameter("Faults", description="For training: such as drop@10, late@2s=0.4, crash@100 (see README)"),
    )

    exposure = FloatParameter(
        "ExposureTime",
        default=5.0,
        minimum=0.01,
        maximum=10_000.0,
        unit="ms",
        description="How long the sensor collects light; it limits the frame rate",
        affects=("FrameRate",),
        affects_reference=True,
    )
    frame_rate = FloatParameter(
        "FrameRate", default=100.0, minimum=0.1, maximum=200.0, unit="Hz", description="Lines a second"
    )
    gain = FloatParameter(
        "Gain", default=1.0, minimum=1.0, maximum=16.0, affects_reference=True, description="Factor before digitising"
    )
    overflow = EnumerationParameter(
        "OverflowPolicy",
        ["Drop", "Wait"],
        locked_while_acquiring=True,
        description="When no buffer is free: lose the frame as a camera must, or wait as a player can",
    )
    noise = BooleanParameter("Noise", default=True, description="Shot and read noise of the scene")
    seed = IntegerParameter("Seed", default=1, minimum=0, maximum=2**31 - 1, locked_while_acquiring=True)
    line_pitch = FloatParameter(
        "LinePitch",
        default=0.1,
        minimum=0.001,
        maximum=10.0,
        unit="mm",
        description="Stage travel from one line of the scene to the next",
    )
    pixel_offset = IntegerParameter(
        "PixelOffset", default=0, minimum=0, maximum=0, affects=("PixelCount",), **_GEOMETRY
    )
    pixel_count = IntegerParameter(
        "PixelCount", default=PIXELS, minimum=1, maximum=PIXELS, affects=("PixelOffset", "PixelBinning"), **_GEOMETRY
    )
    band_offset = IntegerParameter("BandOffset", default=0, minimum=0, maximum=0, affects=("BandCount",), **_GEOMETRY)
    band_count = IntegerParameter(
        "BandCount", default=BANDS, minimum=1, maximum=BANDS, affects=("BandOffset", "BandBinning"), **_GEOMETRY
    )
    pixel_binning = IntegerParameter(
        "PixelBinning", default=1, minimum=1, maximum=8, description="Pixels averaged into one", **_GEOMETRY
    )
    band_binning = IntegerParameter(
        "BandBinning", default=1, minimum=1, maximum=8, description="Bands averaged into one", **_GEOMETRY
    )
    cube_lines = IntegerParameter("CubeLines", description="Lines before it begins again", **_META)
    white_lines = IntegerParameter("WhiteReferenceLines", description="Of the white cube; 0: any number", **_META)
    dark_lines = IntegerParameter("DarkReferenceLines", description="Of the dark cube; 0: any number", **_META)
    scene = StringParameter("SceneDescription", description="JSON: patches and the spectra that go in", **_META)

    def __init__(self) -> None:
        super().__init__()
        self._source: Source | None = None
        self._region = Region()
        self._line = 0
        self._due = 0.0
        self._starts = 0
        self._faults = Faults(None, self.name)

    @classmethod
    def enumerate(cls) -> Iterable[DeviceInfo]:
        """Return the one camera."""
        return [DeviceInfo("0", "Virtual hyperspectral camera", "pymodaq_hsi", "Virtual pushbroom", "VHC-0")]

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        """Open the cubes, or set the scene up."""
        self.info = device_info(type(self), device_id)
        self._faults = Faults(str(settings["Faults"]), self.name, {**KINDS, **FRAME_KINDS})
        self._faults.connect()
        names = {None: "Cube", ReferenceName.White: "WhiteReferenceCube", ReferenceName.Dark: "DarkReferenceCube"}
        cubes = {reference: str(settings[name]) for reference, name in names.items() if settings[name]}
        if cubes and None not in cubes:
            raise ParameterError("a reference cube was given without a Cube to go with it; give both, or neither")
        source: Source = CubePlayer(cubes) if cubes else SceneSource(self.seed)
        self._source = source
        if cubes:
            self.overflow = "Wait"
            self.parameters.update("FrameRate", maximum=FASTEST_HZ)
            self.frame_rate = CUBE_FRAME_RATE
        elif isinstance(source, SceneSource):
            self.scene = json.dumps(source.scene.description())
        pixels, bands = source.size
        self.pixel_count, self.band_count = pixels, bands
        self.cube_lines = source.lines(None)
        self.white_lines = source.lines(ReferenceName.White)
        self.dark_lines = source.lines(ReferenceName.Dark)
        self._update_limits()

    def frame_format(self) -> FrameFormat:
        """Return what the frames of the present region look like."""
        return self._opened().format(self._region)

    def start(self, reference: ReferenceName | None) -> None:
        """Begin at the first line."""
        self._faults.check_present()
        self._faults.begin(self.seed)
        self._opened().begin(reference, self._starts)
        self._starts += 1
        self._line = 0
        self._due = time.monotonic()
        self.waits_for_reader = self.overflow == "Wait"

    def grab(self, frame: Frame, timeout: float) -> bool:
        """Deliver the line that is due."""
        now = time.monotonic()
        if self._due - now > timeout:
            time.sleep(timeout)
            return False
        if self._due > now:
            time.sleep(self._due - now)
        elif now - self._due > LATE:
            self._due = now
        self._due += 1 / self.frame_rate
        saturated = False
        for fault in self._faults.due(frame.number):
            match fault.kind:
                case "drop":
                    frame.number += int(fault.value)
                    self._line += int(fault.value)
                case "late":
                    self._due = now + fault.value
                    return False
                case "geometry":
                    frame.put(np.zeros(tuple(max(1, n // 2 + 1) for n in frame.data.shape), frame.data.dtype))
                case "dtype":
                    frame.put(frame.data.astype("float32" if frame.data.dtype != np.float32 else "uint16"))
                case "saturate":
                    saturated = True
                case _:
                    self._faults.strike(fault)
        if saturated:
            frame.data.fill(self._brightest(frame))
        else:
            self._opened().fill(self._seen_line(), self._region, frame.data)
        self._line += 1
        return True

    def parameter_changed(self, name: str) -> None:
        """Follow a parameter that was set."""
        self._faults.check_present()
        if name == "Seed" and isinstance(self._source, SceneSource):
            self._source.reseed(self.seed)
        self._update_limits()

    def surroundings_changed(self, device: str) -> None:
        """Follow the light."""
        self._update_scene()

    def _opened(self) -> Source:
        if self._source is None:
            raise ParameterError("the virtual camera is not open")
        return self._source

    def _brightest(self, frame: Frame) -> float:
        known = self._opened().format(self._region).saturation
        if known is not None:
            return known
        return (
            float(np.iinfo(frame.data.dtype).max)
            if frame.data.dtype.kind in "iu"
            else float(np.finfo(frame.data.dtype).max)
        )

    def _seen_line(self) -> int:
        for state in self.surroundings.values():
            if "motion" in state:
                return round(Motion.from_state(state["motion"]).position() / self.line_pitch)
        return self._line

    def _update_limits(self) -> None:
        pixels, bands = self._opened().size
        for offset, count, binning, size in (
            ("PixelOffset", "PixelCount", "PixelBinning", pixels),
            ("BandOffset", "BandCount", "BandBinning", bands),
        ):
            self.parameters.update(offset, maximum=size - int(self.parameters.get(count)))
            first = int(self.parameters.get(offset))
            self.parameters.update(count, minimum=int(self.parameters.get(binning)), maximum=size - first)
            self.parameters.update(binning, maximum=min(8, int(self.parameters.get(count))))
        self._region = Region(
            self.pixel_offset,
            self.pixel_count,
            self.band_offset,
            self.band_count,
            self.pixel_binning,
            self.band_binning,
        )
        if isinstance(self._source, SceneSource):
            self.parameters.update("FrameRate", maximum=1000 / self.exposure)
        self._update_scene()

    def _update_scene(self) -> None:
        source = self._source
        if not isinstance(source, SceneSource):
            return
        lights = [float(state["light_percent"]) for state in self.surroundings.values() if "light_percent" in state]
        sensor = source.sensor
        settings = (self.exposure, self.gain, sum(lights) / 100 if lights else 1.0, self.noise, self._region)
        if settings != (sensor.exposure_ms, sensor.gain, sensor.light, sensor.noise, sensor.region):
            sensor.exposure_ms, sensor.gain, sensor.light, sensor.noise, sensor.region = settings
            source.settings_changed()
