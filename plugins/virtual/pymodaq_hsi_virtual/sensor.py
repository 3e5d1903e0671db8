"""How light becomes counts: lamp, filter, optics, silicon, noise, converter.

Electrons of one sample in an exposure of t seconds::

    electrons = R * L(wavelength) * V(pixel) * light * t  +  dark_current * t

counts = offset + gain * electrons / electrons_per_count, rounded, at most 4095 (12 bit). Noise: shot noise (a Poisson
number of electrons, drawn as a normal one, which it is above some tens of electrons) and read noise. Model and symbols
follow the EMVA 1288 standard for machine-vision sensors (https://www.emva.org/standards-technology/emva-1288/).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pymodaq_hsi_virtual.scene import read_spectra

__all__ = ["NoiseBank", "Region", "Sensor", "Signal"]

PIXELS, BANDS = 640, 224
FIRST_NM, LAST_NM = 400.0, 1000.0
SATURATION = 4095
OFFSET_COUNTS = 64.0
ELECTRONS_PER_COUNT = 10.0
READ_NOISE_ELECTRONS = 12.0
DARK_CURRENT = 4000.0  # electrons per second at room temperature, an uncooled sensor
FULL_SIGNAL = 0.85 * SATURATION * ELECTRONS_PER_COUNT / 5e-3
"""Electrons per second of the white panel in the strongest band: 85 % of the range in 5 ms."""


@dataclass(frozen=True)
class Region:
    """The part of the sensor that is read out, and how it is binned (samples are averaged).

    Attributes
    ----------
    pixel_offset, pixels, band_offset, bands : int
        On the unbinned sensor.
    pixel_binning, band_binning : int
        Divide `pixels` and `bands`.
    """

    pixel_offset: int = 0
    pixels: int = PIXELS
    band_offset: int = 0
    bands: int = BANDS
    pixel_binning: int = 1
    band_binning: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Of a frame: (pixels, bands)."""
        return self.pixels // self.pixel_binning, self.bands // self.band_binning

    def cut(self, full: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Cut the region out of a ``(PIXELS, BANDS)`` array and average what is binned."""
        pixels, bands = self.shape
        part = full[self.pixel_offset :, self.band_offset :]
        part = part[: pixels * self.pixel_binning, : bands * self.band_binning]
        return part.reshape(pixels, self.pixel_binning, bands, self.band_binning).mean(axis=(1, 3))


class NoiseBank:
    """Normal numbers drawn once; each frame reads them from another place.

    Fresh numbers for each frame would take ten times as long as everything else. Two frames share numbers only by
    chance, in other places of the sensor.

    Parameters
    ----------
    seed : int
        The same seed gives the same frames.
    """

    SIZE = 2**22
    FARTHEST = 8.0
    """No number of the bank is as far from 0."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._bank = np.random.default_rng(seed).standard_normal(self.SIZE, np.float32)
        self.begin(0)

    def begin(self, acquisition: int) -> None:
        """Begin the sequence of an acquisition: it is the same each time, however many frames the one before had."""
        self._places = np.random.default_rng([self._seed, acquisition])

    def draw(self, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
        """Return a view of as many numbers as a frame needs."""
        count = shape[0] * shape[1]
        place = int(self._places.integers(0, self.SIZE - count))
        return self._bank[place : place + count].reshape(shape)


@dataclass(frozen=True)
class Signal:
    """What a line gives before noise.

    Attributes
    ----------
    mean : ndarray
        Counts plus one half, so that cutting off rounds; float32, ``(pixels, bands)``.
    sigma : ndarray
        Standard deviation of the noise in counts, likewise.
    clips : bool
        Whether noise can take a sample out of the converter's range.
    """

    mean: npt.NDArray[np.float32]
    sigma: npt.NDArray[np.float32]
    clips: bool


class Sensor:
    """The camera's optics and electronics.

    Attributes
    ----------
    wavelengths : ndarray
        nm, of the unbinned sensor, ``(BANDS,)``.
    region : Region
    exposure_ms, gain, light : float
        `light` is a share of the full lamp, 0 to 1.
    """

    def __init__(self) -> None:
        self.wavelengths: npt.NDArray[np.float64] = np.linspace(FIRST_NM, LAST_NM, BANDS)
        self.region = Region()
        self.exposure_ms = 5.0
        self.gain = 1.0
        self.light = 1.0
        self.noise = True
        self._response = FULL_SIGNAL * _spectral_response(self.wavelengths)
        self._illumination = _illumination()
        self._work = np.empty((0, 0), np.float32)

    def binned_wavelengths(self) -> npt.NDArray[np.float64]:
        """Return the wavelength of each band that is read out, nm."""
        region = self.region
        _, bands = region.shape
        used = self.wavelengths[region.band_offset :][: bands * region.band_binning]
        return used.reshape(bands, region.band_binning).mean(axis=1)

    def signal(self, reflectance: npt.NDArray[np.float64] | float) -> Signal:
        """Return what a line gives with the present settings.

        Parameters
        ----------
        reflectance : ndarray or float
            ``(PIXELS, BANDS)``, or the same everywhere; 0 for a closed shutter.
        """
        seconds = self.exposure_ms / 1000
        photo = reflectance * self._illumination[:, np.newaxis] * self._response[np.newaxis, :] * (self.light * seconds)
        electrons = self.region.cut(np.broadcast_to(photo, (PIXELS, BANDS))) + DARK_CURRENT * seconds
        averaged = self.region.pixel_binning * self.region.band_binning
        noise = np.sqrt((electrons + READ_NOISE_ELECTRONS**2) / averaged)
        scale = self.gain / ELECTRONS_PER_COUNT
        mean, sigma = OFFSET_COUNTS + electrons * scale + 0.5, noise * scale
        farthest = NoiseBank.FARTHEST * sigma
        clips = bool((mean - farthest).min() < 0 or (mean + farthest).max() > SATURATION + 0.5)
        return Signal(mean.astype(np.float32), sigma.astype(np.float32), clips)

    def render(self, signal: Signal, bank: NoiseBank, out: npt.NDArray[np.uint16]) -> None:
        """Write one frame of counts into `out`, in place."""
        if self._work.shape != out.shape:
            self._work = np.empty(out.shape, np.float32)
        work = self._work
        if self.noise:
            np.multiply(signal.sigma, bank.draw(out.shape), out=work)
        else:
            work.fill(0)
        if not signal.clips:
            np.add(work, signal.mean, out=out, casting="unsafe")
            return
        np.add(work, signal.mean, out=work)
        np.clip(work, 0, SATURATION, out=work)
        np.copyto(out, work, casting="unsafe")


def _spectral_response(wavelengths: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return lamp, balancing filter and quantum efficiency together, 1 at the strongest band.

    The lamp is measured. The filter stands for the colour-balancing glass that halogen set-ups have, which passes blue
    and holds red back: transmission as the inverse of the lamp to the power of 0.8. The quantum efficiency is that of
    a silicon sensor, a smooth curve with 60 % at 550 nm that ends near the band gap.
    """
    known, _, lamp = read_spectra("halogen_spectrum.csv")
    power = np.interp(wavelengths, known, lamp[0])
    balanced = power**0.2
    rise = 1 / (1 + np.exp(-(wavelengths - 400) / 40))
    fall = 1 / (1 + np.exp((wavelengths - 940) / 50))
    response: npt.NDArray[np.float64] = balanced * rise * fall
    return response / response.max()


def _illumination() -> npt.NDArray[np.float64]:
    """Return the light along the slit: falls off to the ends, with the ripple that no two pixels share."""
    across = np.linspace(-1, 1, PIXELS)
    ripple = np.random.default_rng(20).normal(1, 0.01, PIXELS)
    light: npt.NDArray[np.float64] = (1 - 0.25 * across**2) * ripple
    return light / light.max()
