"""Calibration beside the plain NumPy expression and the limits of memory and disk, in one run.

    python benchmarks/calibration.py              live: a 640x256 uint16 frame to float32 reflectance
    python benchmarks/calibration.py --stored     a stored cube too (2 GB; --gigabytes), into the current folder

Files are removed. Rates are the best of some runs: what else the machine does is not what is measured.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import timeit
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.envi import open_envi, write_envi
from pymodaq_hsi.processing import Reference, calibrate_cube
from pymodaq_hsi.processing.chain import Chain, ValueType

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

PIXELS, BANDS = 640, 256
SATURATION = 4095


def references() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Return 20 white and 20 dark frames."""
    rng = np.random.default_rng(0)
    dark = rng.normal(100, 4, (20, PIXELS, BANDS)).astype("u2")
    white = rng.normal(3000, 30, (20, PIXELS, BANDS)).astype("u2")
    return white, dark


def microseconds(measured: Callable[[], object], repeats: int = 7) -> float:
    """Return the time of a call, best of some."""
    measured()
    count = max(1, int(0.05 / max(1e-6, timeit.timeit(measured, number=3) / 3)))
    return 1e6 * min(timeit.repeat(measured, number=count, repeat=repeats)) / count


def live() -> None:
    """Print the table of one frame."""
    white, dark = references()
    frame = np.random.default_rng(1).integers(100, 3500, (PIXELS, BANDS)).astype("u2")
    whites, darks = white.mean(axis=0), dark.mean(axis=0)
    whites32, darks32 = whites.astype("f4"), darks.astype("f4")
    out = np.empty(frame.shape, "f4")
    rows: list[tuple[str, float]] = []
    rows.append(
        ("(I - D) / (W - D), float64 as averages are", microseconds(lambda: (frame - darks) / (whites - darks)))
    )
    rows.append(
        (
            "the same, to float32 in the end",
            microseconds(lambda: ((frame - darks) / (whites - darks)).astype("f4")),
        )
    )
    rows.append(("the same in float32 throughout", microseconds(lambda: (frame - darks32) / (whites32 - darks32))))
    for name, axis in (("(pixels, bands)", 1), ("(bands, pixels)", 0)):
        shape = frame.shape if axis else frame.shape[::-1]
        format = FrameFormat(shape, "uint16", axis, tuple(np.linspace(400, 1000, BANDS)), SATURATION)
        turned = (lambda a: a) if axis else (lambda a: np.ascontiguousarray(a.swapaxes(-1, -2)))
        chain = Chain(
            format,
            ValueType.Reflectance,
            white=Reference.from_frames("WhiteReference", turned(white), format),
            dark=Reference.from_frames("DarkReference", turned(dark), format),
        )
        raw = turned(frame)
        rows.append((f"ours, camera of {name}", microseconds(lambda c=chain, r=raw: c.line(r, out))))
    tables = 3 * out.nbytes + frame.nbytes + out.nbytes
    copied = np.empty(tables // 4, "f4")
    source = np.ones_like(copied)
    rate = 2 * copied.nbytes / microseconds(lambda: np.copyto(copied, source))
    rows.append(("limit: its bytes once through memory", tables / rate))
    plain, single = rows[0][1], rows[2][1]
    print(f"{'640x256 uint16, one frame, one core':<46}{'us':>8}{'frames/s':>10}{'of float64':>12}{'of float32':>12}")
    for name, took in rows:
        print(f"{name:<46}{took:>8.0f}{1e6 / took:>10,.0f}{plain / took:>11.1f}x{single / took:>11.1f}x")
    exact = (frame - darks) / (whites - darks)
    told = (exact != 0) & np.isfinite(out)
    print(f"largest relative error of ours: {np.max(np.abs(out - exact)[told] / np.abs(exact[told])):.1e}")


def stored(folder: Path, gigabytes: float) -> None:
    """Print MB/s of raw samples for stored cubes, with the limits of the disk."""
    white, dark = references()
    lines = max(64, int(gigabytes * 1e9 / (PIXELS * BANDS * 2)))
    block = np.random.default_rng(1).integers(100, 3500, (64, PIXELS, BANDS)).astype("u2")
    mega = lines * PIXELS * BANDS * 2 / 1e6
    rates: list[tuple[str, float]] = []
    for interleave in ("bip", "bil", "bsq"):
        raw = folder / "leaf.hdr"
        repeated = np.broadcast_to(block, (-(-lines // 64), *block.shape)).reshape(-1, PIXELS, BANDS)[:lines]
        write_envi(raw, repeated, interleave=interleave, overwrite=True)
        write_envi(folder / "leaf_White.hdr", white, overwrite=True)
        write_envi(folder / "leaf_Dark.hdr", dark, overwrite=True)
        if interleave == "bip":
            rates.append(("limit: read, and as much float32 written", mega / copied(folder, raw.with_suffix(".raw"))))
            rates.append(("plain NumPy over a memory map, 64 lines each", mega / plain(folder, raw, white, dark)))
        for threads in (1, None):
            begun = time.perf_counter()
            done = calibrate_cube(raw, folder / "y.hdr", saturation=SATURATION, workers=threads)
            name = f"ours, {interleave}, {'one thread' if threads else 'threads as by default'}"
            rates.append((name, mega / (time.perf_counter() - begun)))
            for path in done.files:
                path.unlink()
    print(f"{f'{mega / 1e3:.1f} GB of uint16 to float32 on disk (fsync)':<46}{'MB/s raw':>10}{'of limit':>10}")
    for name, rate in rates:
        print(f"{name:<46}{rate:>10,.0f}{rate / rates[0][1]:>9.2f}x")


def copied(folder: Path, raw: Path) -> float:
    """Return seconds to read a file and to write twice as much (float32 of uint16): what the disk allows."""
    begun = time.perf_counter()
    with raw.open("rb", buffering=0) as source, (folder / "copy").open("wb", buffering=0) as target:
        while piece := source.read(8 << 20):
            target.write(piece)
            target.write(piece)
        os.fsync(target.fileno())
    took = time.perf_counter() - begun
    (folder / "copy").unlink()
    return took


def plain(folder: Path, raw: Path, white: npt.NDArray[np.uint16], dark: npt.NDArray[np.uint16]) -> float:
    """Return seconds of the loop that anybody would write."""
    whites, darks = white.mean(axis=0), dark.mean(axis=0)
    cube = open_envi(raw).data
    begun = time.perf_counter()
    with (folder / "plain").open("wb") as target:
        for start in range(0, len(cube), 64):
            part = (cube[start : start + 64] - darks) / (whites - darks)
            part.astype("f4").tofile(target)
        os.fsync(target.fileno())
    took = time.perf_counter() - begun
    (folder / "plain").unlink()
    return took


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", action="store_true")
    parser.add_argument("--gigabytes", type=float, default=2.0)
    options = parser.parse_args()
    live()
    if options.stored:
        with tempfile.TemporaryDirectory(dir=Path()) as name:
            stored(Path(name).absolute(), options.gigabytes)


if __name__ == "__main__":
    main()
