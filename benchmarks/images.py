"""Images and series, beside flimage where it is installed.

    python benchmarks/images.py [--members 10000] [--flimage PYTHON]

`--flimage` is the Python of an environment with flimage, which may be too old for this one. Its series slows down with
every image, so that it is asked for a few hundred only. The limit for storing is NumPy's own file of the same data.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from h5modules.images import HSImage, HSSeries

FLIMAGE = """
import sys, time, warnings
warnings.simplefilter("ignore")
import flimage, numpy as np
data, folder = np.load(sys.argv[1]), sys.argv[2]
start = time.perf_counter()
with flimage.FLImage(data.astype(float), h5file=folder + "/flimage.h5", h5mode="w"):
    pass
print(f"{'store 2048 x 2048':<36}{1e3 * (time.perf_counter() - start):>12.1f} ms", flush=True)
small = flimage.FLImage(data[:64, :80].astype(float))
with flimage.FLSeries(h5file=folder + "/series.h5", h5mode="w") as series:
    for count in range(int(sys.argv[3])):
        start = time.perf_counter()
        series.add_flimage(small, identifier=str(count))
        took = time.perf_counter() - start
        if count + 1 in (10, 100, 200, 400):
            print(f"{f'add image {count + 1}':<36}{1e3 * took:>12.1f} ms", flush=True)
            start = time.perf_counter()
            series[str(count)]
            print(f"{f'look-up among {count + 1}':<36}{1e3 * (time.perf_counter() - start):>12.1f} ms", flush=True)
"""


def row(what: str, seconds: float, note: str = "") -> None:
    print(f"{what:<36}{1e3 * seconds:>12.1f} ms  {note}", flush=True)


def store(data: np.ndarray, folder: Path) -> None:
    """Time the storing and reading of one camera image."""
    times = []
    for k in range(5):
        start = time.perf_counter()
        HSImage(data, h5file=folder / f"{k}.h5").close()
        times.append(time.perf_counter() - start)
    size = (folder / "0.h5").stat().st_size
    row("store 2048 x 2048", min(times), f"target 300 ms; {size / data.nbytes:.2f} of the data's size")
    start = time.perf_counter()
    np.save(folder / "limit.npy", data)
    row("  the limit: numpy.save", time.perf_counter() - start)
    with HSImage(h5file=folder / "0.h5", h5mode="r") as image:
        start = time.perf_counter()
        whole = np.asarray(image.raw)
        row("read all of it", time.perf_counter() - start)
        start = time.perf_counter()
        line = image.raw[1000]
        row("read a line", time.perf_counter() - start)
        if not (np.array_equal(whole, data) and np.array_equal(line, data[1000])):
            raise SystemExit("what was read is not what was stored")


def series(data: np.ndarray, folder: Path, members: int) -> None:
    """Time adding and looking up while a series grows."""
    image = HSImage(data[:64, :80], bg_data=data[:64, :80] // 2)
    marks = [count for count in (10, 100, 1000, members) if count <= members]
    recent: list[float] = []
    with HSSeries(h5file=folder / "series.h5", h5mode="w") as stored:
        for count in range(members):
            start = time.perf_counter()
            stored.add_image(image, str(count))
            recent.append(time.perf_counter() - start)
            if count + 1 in marks:
                row(f"add image {count + 1}", float(np.median(recent[-50:])), "median of the last 50")
                lookups = []
                for number in np.random.default_rng(count).integers(0, count + 1, 50):
                    start = time.perf_counter()
                    stored[str(number)].shape  # noqa: B018 - the look-up is what is timed
                    lookups.append(time.perf_counter() - start)
                row(f"look-up among {count + 1}", float(np.median(lookups)), "by name, at random")
    start = time.perf_counter()
    with HSSeries(h5file=folder / "series.h5", h5mode="r") as stored:
        last = stored[str(members - 1)]["identifier"]
        row(f"open, and find one of {members}", time.perf_counter() - start, f"({last})")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--flimage", metavar="PYTHON", help="the Python of an environment with flimage")
    arguments = parser.parse_args()
    data = np.random.default_rng(1).poisson(300, (2048, 2048)).astype("uint16")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("h5modules.images")
        store(data, folder)
        series(data, folder, arguments.members)
        if arguments.flimage:
            print("flimage")
            np.save(folder / "data.npy", data)
            command = [arguments.flimage, "-c", FLIMAGE, str(folder / "data.npy"), name, "400"]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
