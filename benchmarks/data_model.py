"""The data model's light parts beside pymodaq_data's, in one run.

    python benchmarks/data_model.py

Operations per second of one core: the best of several repeats, ours, pymodaq_data's, and the ratio. The first line is
the one with a target: 20,000 DataToExport/s.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
import timeit
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

SHAPE = (256, 640)
REPEATS = 7
SECONDS = 0.15
TARGET = 20_000


def cases(model: ModuleType) -> dict[str, Callable[[], Any]]:
    """Return what is timed, by name."""
    frame = np.random.default_rng(1).random(SHAPE)
    wavelengths, positions = np.linspace(400.0, 1000.0, SHAPE[0]), np.arange(float(SHAPE[1]))
    spectrum = model.DataRaw("s", data=[frame[0]], axes=[model.Axis("x", "mm", positions, index=0)], units="V")
    cube = model.DataRaw(
        "c",
        data=[frame[:24, :24].reshape(8, 3, 24).copy()],
        axes=[model.Axis(f"axis{index}", data=np.arange(float(n)), index=index) for index, n in enumerate((8, 3, 24))],
        nav_indexes=(0, 1),
        units="V",
    )

    def axis() -> Any:
        return model.Axis("wavelength", "nm", wavelengths, index=0)

    def dwa() -> Any:
        return model.DataRaw("frame", data=[frame], axes=[axis(), model.Axis("x", "mm", positions, index=1)])

    return {
        "DataToExport of a 2-D frame with two axes": lambda: model.DataToExport("camera", data=[dwa()]),
        "DataRaw of a 2-D frame with two axes": dwa,
        "Axis of 256 values": axis,
        "spectrum.isig[10:20]": lambda: spectrum.isig[10:20],
        "cube.inav[3, 1]": lambda: cube.inav[3, 1],
        "spectrum + spectrum": lambda: spectrum + spectrum,
        "spectrum * 2": lambda: spectrum * 2,
        "cube.mean(0)": lambda: cube.mean(0),
        "spectrum.deepcopy()": spectrum.deepcopy,
    }


def rate(function: Callable[[], Any]) -> float:
    """Return the calls per second of the fastest repeat."""
    timer = timeit.Timer(function)
    number = max(1, int(SECONDS / max(timer.timeit(1), 1e-6)))
    return number / min(timer.repeat(REPEATS, number))


def main() -> None:
    """Time everything and print a table."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    home = tempfile.mkdtemp()  # pymodaq_data writes its configuration on import and on exit
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["HOME"] = os.environ["USERPROFILE"] = home
    ours = cases(import_module("h5modules.data"))
    theirs = cases(import_module("pymodaq_data.data"))
    print(f"{'calls/s':<44}{'h5modules':>12}{'pymodaq_data':>14}{'ratio':>8}")
    for name, function in ours.items():
        mine, other = rate(function), rate(theirs[name])
        print(f"{name:<44}{mine:>12,.0f}{other:>14,.0f}{mine / other:>8.1f}")
        if name == next(iter(ours)):
            print(f"{'  target':<44}{TARGET:>12,}{'reached' if mine >= TARGET else 'MISSED':>14}")


if __name__ == "__main__":
    main()
