"""Lines/s of each step of standardisation, of calibration and of each model, beside what people write instead.

    OMP_NUM_THREADS=1 python benchmarks/processing.py      640 pixels, 224 bands, uint16; one core
    ... --seconds 0.5                                      longer for each row

Peers, in the same run: the plain NumPy expression; SciPy's `map_coordinates` and `interp1d` for what bends and
resamples; Spectral Python's `BandResampler`, `spectral_angles` and `principal_components`. All get the same line, and
where both give the same quantity the results are compared before they are timed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import spectral
from scipy.interpolate import interp1d
from scipy.ndimage import map_coordinates

from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.processing import Reference, ValueType
from pymodaq_hsi.processing.chain import Chain
from pymodaq_hsi.processing.models import BandRatio, BoundModel, PartialLeastSquares, PrincipalComponents
from pymodaq_hsi.processing.models import SpectralAngleMapper as Mapper
from pymodaq_hsi.processing.steps import Bin, Crop, DeadPixels, Geometry, Keystone, Resample, Smile, Standardisation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIXELS, BANDS = 640, 224
WAVELENGTHS = np.linspace(400, 1000, BANDS)
RANDOM = np.random.default_rng(0)
LINE = RANDOM.integers(100, 4000, (PIXELS, BANDS)).astype("uint16")
SPACING = WAVELENGTHS[1] - WAVELENGTHS[0]
SMILE, KEYSTONE = (0.8, -0.0025), (-0.4, 0.004)
LINEAR = np.arange(410, 990, 5.0)
GAUSS = np.arange(430, 970, 10.0)
DEAD = [(int(pixel), int(band)) for pixel, band in RANDOM.integers(5, 200, (100, 2))]

Row = tuple[str, "Callable[[], Any]", str, "Callable[[], Any] | None"]


def rate(call: Callable[[], Any], seconds: float) -> float:
    """Return calls/s: the best of five tries, as other programs take their share of the machine."""
    call()
    begun = time.perf_counter()
    call()
    count = max(1, int(seconds / 5 / max(1e-7, time.perf_counter() - begun)))
    best = 0.0
    for _ in range(5):
        begun = time.perf_counter()
        for _ in range(count):
            call()
        best = max(best, count / (time.perf_counter() - begun))
    return best


def steps(*each: Any) -> Callable[[], Any]:
    """Return what applies steps to the line."""
    bound = Standardisation(each).bind(Geometry(PIXELS, BANDS, WAVELENGTHS))
    return lambda: bound.values(LINE)


def dead() -> Any:
    """Interpolate dead pixels as a loop does."""
    line = LINE.astype(np.float32)
    mask = np.zeros(line.shape, bool)
    mask[tuple(np.array(DEAD).T)] = True
    for pixel in np.flatnonzero(mask.any(axis=1)):
        good = ~mask[pixel]
        line[pixel, ~good] = np.interp(WAVELENGTHS[~good], WAVELENGTHS[good], line[pixel, good])
    return line


def step_rows() -> Iterator[Row]:
    """Return the steps and their peers."""
    rows, columns = np.mgrid[0:PIXELS, 0:BANDS].astype(float)
    by_smile = columns - np.polynomial.polynomial.polyval(np.arange(PIXELS), SMILE)[:, np.newaxis] / SPACING
    by_keystone = rows - np.polynomial.polynomial.polyval(np.arange(BANDS), KEYSTONE)

    def mapped(row: Any, column: Any) -> Callable[[], Any]:
        return lambda: map_coordinates(LINE, [row, column], np.float32, order=1, cval=np.nan)

    resampler = spectral.BandResampler(WAVELENGTHS, GAUSS, np.full(BANDS, SPACING), np.full(len(GAUSS), 10.0))
    many = [DeadPixels(DEAD), Smile(SMILE), Keystone(KEYSTONE), Crop(pixels=(10, 630)), Bin(2, 1)]
    yield "crop", steps(Crop(pixels=(20, 620))), "NumPy, a slice copied", lambda: LINE[20:620].copy()
    yield "dead pixels (100)", steps(DeadPixels(DEAD)), "NumPy, np.interp for each pixel", dead
    yield "smile", steps(Smile(SMILE)), "SciPy map_coordinates", mapped(rows, by_smile)
    yield "keystone", steps(Keystone(KEYSTONE)), "SciPy map_coordinates", mapped(by_keystone, columns)
    yield (
        "bin 2x2, mean",
        steps(Bin(2, 2)),
        "NumPy reshape, mean",
        lambda: LINE.reshape(PIXELS // 2, 2, BANDS // 2, 2).mean(axis=(1, 3), dtype=np.float32),
    )
    yield (
        "bin 2x2, sum",
        steps(Bin(2, 2, "sum")),
        "NumPy reshape, sum",
        lambda: LINE.reshape(PIXELS // 2, 2, BANDS // 2, 2).sum(axis=(1, 3), dtype=np.uint32),
    )
    yield (
        f"resample, linear, {len(LINEAR)} bands",
        steps(Resample(tuple(LINEAR))),
        "SciPy interp1d",
        lambda: interp1d(WAVELENGTHS, LINE, axis=1, assume_sorted=True)(LINEAR),
    )
    yield (
        f"resample, Gaussian, {len(GAUSS)} bands",
        steps(Resample(tuple(GAUSS), "gaussian", 10.0)),
        "Spectral Python BandResampler",
        lambda: LINE @ resampler.matrix.T,
    )
    yield "five steps and resampling", steps(*many, Resample(tuple(LINEAR))), "", None


def calibration_rows() -> Iterator[Row]:
    """Return calibration and its peer."""
    format = FrameFormat((PIXELS, BANDS), "uint16", 1, tuple(WAVELENGTHS), saturation=4095)
    frames = {"WhiteReference": 3500, "DarkReference": 100}
    white, dark = (
        Reference.from_frames(name, RANDOM.normal(level, 2, (5, PIXELS, BANDS)), format)
        for name, level in frames.items()
    )
    plain = Chain(format, ValueType.Reflectance, white=white, dark=dark)
    many = Standardisation([Smile(SMILE), Bin(2, 2)])
    processed = Chain(format, ValueType.Reflectance, white=white, dark=dark, steps=many)
    outs = [np.empty(chain.shape, chain.dtype) for chain in (plain, processed)]

    def numpy() -> Any:
        return ((LINE - dark.mean) / (white.mean - dark.mean)).astype(np.float32)

    yield "reflectance", lambda: (plain.line(LINE, outs[0]), outs[0])[1], "NumPy (r - d) / (w - d)", numpy
    yield "smile, bin 2x2, reflectance", lambda: processed.line(LINE, outs[1]), "", None


def model_rows() -> Iterator[Row]:
    """Return models and their peers."""
    line = (LINE / 4000).astype(np.float32)
    known = RANDOM.random((5, BANDS))
    pca = PrincipalComponents.fit(line, 5)
    pls = PartialLeastSquares(RANDOM.random((BANDS, 3)), np.zeros(3), ["a", "b", "c"])
    models = {
        "band ratio": BandRatio(800, 670, normalised=True),
        "spectral angles, 5 classes": Mapper({str(n): row for n, row in enumerate(known)}, threshold=2),
        "principal components, 5": pca,
        "least squares, 3 quantities": pls,
    }
    bound = {name: BoundModel(model, PIXELS, BANDS, WAVELENGTHS, np.float32) for name, model in models.items()}
    found = spectral.principal_components(line[np.newaxis])
    reduced = found.reduce(num=5)
    cube = line[np.newaxis]
    names = iter(bound)

    def ours(name: str, sink: str) -> Callable[[], Any]:
        return lambda: bound[name].answer(line)[sink]

    a, b = (int(np.abs(WAVELENGTHS - nm).argmin()) for nm in (800, 670))
    yield (
        next(names),
        ours("band ratio", "Ratio"),
        "NumPy",
        lambda: (line[:, a] - line[:, b]) / (line[:, a] + line[:, b]),
    )
    name = next(names)
    yield name, ours(name, "Angle"), "Spectral Python spectral_angles", lambda: spectral.spectral_angles(cube, known)[0]
    name = next(names)
    yield name, ours(name, "Scores"), "Spectral Python transform", lambda: np.abs(reduced.transform(cube)[0])
    name = next(names)
    yield name, ours(name, "a"), "NumPy matrix product", lambda: (line @ pls.coefficients)[:, 0]


_COMPARED = ("crop", "dead", "smile", "keystone", "bin", "resample, linear", "reflectance", "band", "spectral", "least")


def agree(row: Row) -> str:
    """Compare the results where both are the same quantity; return what to say of it."""
    name, ours, _, theirs = row
    if theirs is None or not name.startswith(_COMPARED):
        return ""
    got, expected = np.asarray(ours(), float), np.asarray(theirs(), float)
    good = np.isfinite(got) & np.isfinite(expected)
    np.testing.assert_allclose(got[good], expected[good], rtol=2e-3, atol=2e-3)
    return "same"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.25, help="For each row, about.")
    seconds = parser.parse_args().seconds
    threads = os.environ.get("OMP_NUM_THREADS", "all cores")
    print(f"{PIXELS} pixels, {BANDS} bands, uint16; Python {sys.version.split()[0]}, NumPy {np.__version__}; ", end="")
    print(f"threads of matrix products: {threads}")
    for title, rows in (("steps", step_rows()), ("calibration", calibration_rows()), ("models", model_rows())):
        print(f"\n{title:<34}{'lines/s':>10}   {'instead of':<34}{'lines/s':>10}{'ours is':>10}")
        for row in rows:
            name, ours, peer, theirs = row
            said = agree(row)
            fast = rate(ours, seconds)
            if theirs is None:
                print(f"{name:<34}{fast:>10,.0f}")
                continue
            slow = rate(theirs, seconds)
            print(f"{name:<34}{fast:>10,.0f}   {peer:<34}{slow:>10,.0f}{fast / slow:>9.1f}x  {said}")


if __name__ == "__main__":
    main()
