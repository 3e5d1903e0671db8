"""Sources of raw frames: a stored cube, or the scene through the sensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

import pymodaq_hsi.drivers
from pymodaq_hsi.drivers import FrameFormat, ReferenceName
from pymodaq_hsi.errors import CalibrationError, ReferenceMissing
from pymodaq_hsi_virtual.scene import Scene
from pymodaq_hsi_virtual.sensor import BANDS, PIXELS, SATURATION, NoiseBank, Region, Sensor, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.drivers import EnviCube

__all__ = ["CubePlayer", "SceneSource", "Source"]

SCENE_LINES = 400


class Source(Protocol):
    """What the camera looks at."""

    size: tuple[int, int]
    """Pixels and bands without binning, of the whole sensor."""

    def format(self, region: Region) -> FrameFormat:
        """Return what the frames of a region look like."""

    def lines(self, reference: ReferenceName | None) -> int:
        """Return how many lines there are before they begin again; 0 where that has no meaning."""

    def begin(self, reference: ReferenceName | None, acquisition: int) -> None:
        """Get ready for an acquisition, or say why it cannot be."""

    def fill(self, line: int, region: Region, out: npt.NDArray[Any]) -> None:
        """Write a line's frame."""


class SceneSource:
    """The chart under the lamp."""

    size = (PIXELS, BANDS)

    def __init__(self, seed: int) -> None:
        self.sensor = Sensor()
        self.scene = Scene(self.sensor.wavelengths, PIXELS, SCENE_LINES)
        self._bank = NoiseBank(seed)
        self._reference: ReferenceName | None = None
        self._signals: dict[int, Signal] = {}

    def reseed(self, seed: int) -> None:
        """Draw other noise."""
        self._bank = NoiseBank(seed)

    def settings_changed(self) -> None:
        """Forget what was computed for other settings."""
        self._signals.clear()

    def format(self, region: Region) -> FrameFormat:
        """Return what the frames of a region look like."""
        self.sensor.region = region
        wavelengths = tuple(self.sensor.binned_wavelengths())
        return FrameFormat(region.shape, "uint16", 1, wavelengths, saturation=SATURATION)

    def lines(self, reference: ReferenceName | None) -> int:
        """Return the scene's length; references have none."""
        return 0 if reference else self.scene.lines

    def begin(self, reference: ReferenceName | None, acquisition: int) -> None:
        """Look at the chart, the white panel, or the closed shutter."""
        self._reference = reference
        self._signals.clear()
        self._bank.begin(acquisition)

    def fill(self, line: int, region: Region, out: npt.NDArray[Any]) -> None:
        """Write a line's frame; what it costs is noise, the signal of each row is computed once."""
        row = 0 if self._reference else self.scene.row_at(line)
        signal = self._signals.get(row)
        if signal is None:
            self.sensor.region = region
            signal = self._signals[row] = self.sensor.signal(self._reflectance(row))
        self.sensor.render(signal, self._bank, out)

    def _reflectance(self, row: int) -> npt.NDArray[np.float64] | float:
        if self._reference is ReferenceName.Dark:
            return 0.0
        return 1.0 if self._reference is ReferenceName.White else self.scene.reflectance(row)


class CubePlayer:
    """Lines of ENVI cubes, bit for bit."""

    def __init__(self, cubes: Mapping[ReferenceName | None, str]) -> None:
        """Open the cubes by what they are for; references have to fit the first, whose key is None."""
        open_envi = pymodaq_hsi.drivers.open_envi  # the reader of files is loaded by those who play one
        opened = {reference: open_envi(path) for reference, path in cubes.items()}
        main = opened[None]
        for reference, cube in opened.items():
            _check_playable(cube, reference)
            if cube.data.shape[1:] != main.data.shape[1:]:
                raise CalibrationError(
                    f"{cube.header_path} has lines of {cube.data.shape[1:]} (pixels, bands), {main.header_path} has "
                    f"{main.data.shape[1:]}; give the {reference} that belongs to the cube"
                )
        self.size = (main.data.shape[1], main.data.shape[2])
        self._main = main
        self._frames = {reference: cube.scene for reference, cube in opened.items()}
        if main.dark_frames is not None:  # recorded with a closed shutter at the end of the cube itself
            self._frames.setdefault(ReferenceName.Dark, main.dark_frames)
        self._playing = self._frames[None]

    def format(self, region: Region) -> FrameFormat:
        """Return what the frames of a region look like: the cube's own sample type and wavelengths."""
        wavelengths = None
        if self._main.wavelengths is not None:
            _, bands = region.shape
            used = self._main.wavelengths[region.band_offset :][: bands * region.band_binning]
            wavelengths = tuple(used.reshape(bands, region.band_binning).mean(axis=1))
        dtype = self._main.data.dtype.newbyteorder("=").str
        header = self._main.header
        return FrameFormat(region.shape, dtype, 1, wavelengths, header.saturation, ignored=header.ignored)

    def lines(self, reference: ReferenceName | None) -> int:
        """Return the lines of a cube; 0 where there is none."""
        return len(self._frames[reference]) if reference in self._frames else 0

    def begin(self, reference: ReferenceName | None, acquisition: int) -> None:
        """Play this cube from its first line."""
        if reference not in self._frames:
            raise ReferenceMissing(
                f"no {reference} can be played with {self._main.header_path}: give {reference}Cube on connecting"
            )
        self._playing = self._frames[reference]

    def fill(self, line: int, region: Region, out: npt.NDArray[Any]) -> None:
        """Write a line's frame; after the last line comes the first."""
        frame = self._playing[line % len(self._playing)]
        pixels, bands = region.shape
        part = frame[region.pixel_offset :, region.band_offset :]
        part = part[: pixels * region.pixel_binning, : bands * region.band_binning]
        if region.pixel_binning == region.band_binning == 1:
            np.copyto(out, part)
            return
        binned = part.reshape(pixels, region.pixel_binning, bands, region.band_binning).mean(axis=(1, 3))
        np.copyto(out, np.rint(binned) if out.dtype.kind in "iu" else binned, casting="unsafe")
        if (ignored := self._main.header.ignored) is not None:
            out[(part == ignored).reshape(pixels, region.pixel_binning, bands, -1).any(axis=(1, 3))] = ignored


def _check_playable(cube: EnviCube, reference: ReferenceName | None) -> None:
    if cube.data.dtype.kind not in "iuf":
        raise CalibrationError(
            f"{cube.header_path} holds {cube.data.dtype} samples; a camera delivers real numbers, "
            f"so it cannot be played as {reference or 'a cube'}"
        )
