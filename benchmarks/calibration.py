"""Calibration beside the plain NumPy expression and the limits of memory and disk, in one run.

    python benchmarks/calibration.py              live: a 640x256 uint16 frame to float32 reflectance
    python benchmarks/calibration.py --stored     a stored cube too (2 GB; --gigabytes), into the current folder

Files are removed. Rates are the best of some runs: what else the machine does is not what is measured.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import timeit
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.envi import open_envi, write_envi
from pymodaq_hsi.processing import Reference, calibrate_cube
from pymodaq_hsi.processing.chain import Chain, ValueType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

PIXELS, BANDS = 640, 256
SATURATION = 4095
PLAIN = "(I - D) / (W - D), float64 as averages are"
ALONE = "the same, in a program that does nothing else"
SINGLE = "the same in float32 throughout"


def references() -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Return 20 white and 20 dark frames."""
    rng = np.random.default_rng(0)
    dark = rng.normal(100, 4, (20, PIXELS, BANDS)).astype("u2")
    white = rng.normal(3000, 30, (20, PIXELS, BANDS)).astype("u2")
    return white, dark


def microseconds(measured: Mapping[str, Callable[[], object]], rounds: int = 40) -> dict[str, float]:
    """Return the time of each call, best of many rounds in which all have their turn."""
    best = dict.fromkeys(measured, np.inf)
    for _ in range(rounds):
        for name, call in measured.items():
            best[name] = min(best[name], timeit.timeit(call, number=5) / 5)
    return {name: 1e6 * took for name, took in best.items()}


def alone() -> float:
    """Return microseconds of the plain expression in a fresh process.

    Where nothing lies above its intermediate arrays in memory, the C library gives them back to the system after each
    frame, and they are mapped anew for the next: which of the two a program meets depends on what else it allocated.
    """
    setup = (
        "import numpy as np; shape = (640, 256); I = np.full(shape, 900, 'u2'); D = np.full(shape, 100.5); "
        "W = np.full(shape, 3000.5)"
    )
    command = [sys.executable, "-m", "timeit", "-u", "usec", "-n", "50", "-r", "20", "-s", setup, "(I - D) / (W - D)"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    return float(said.split("best of")[1].split(":")[1].split()[0])


def live() -> None:
    """Print the table of one frame."""
    white, dark = references()
    frame = np.random.default_rng(1).integers(100, 3500, (PIXELS, BANDS)).astype("u2")
    whites, darks = white.mean(axis=0), dark.mean(axis=0)
    whites32, darks32 = whites.astype("f4"), darks.astype("f4")
    out = np.empty(frame.shape, "f4")
    calls: dict[str, Callable[[], object]] = {
        PLAIN: lambda: (frame - darks) / (whites - darks),
        "the same, to float32 in the end": lambda: ((frame - darks) / (whites - darks)).astype("f4"),
        SINGLE: lambda: (frame - darks32) / (whites32 - darks32),
    }
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
        calls[f"ours, camera of {name}"] = partial(chain.line, raw, out)
    touched = 2 * out.nbytes + frame.nbytes + out.nbytes
    source, target = np.ones(touched // 8, "f4"), np.empty(touched // 8, "f4")
    calls["limit: as many bytes copied once"] = partial(np.copyto, target, source)
    took = microseconds(calls)
    took = {PLAIN: took.pop(PLAIN), ALONE: alone(), **took}
    print(f"{'640x256 uint16, one frame, one core':<46}{'us':>8}{'frames/s':>10}{'of float64':>12}{'of float32':>12}")
    for name, each in took.items():
        ratios = f"{took[PLAIN] / each:>11.1f}x{took[SINGLE] / each:>11.1f}x"
        print(f"{name:<46}{each:>8.0f}{1e6 / each:>10,.0f}{ratios}")
    chain.line(raw, out)
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
