"""What benchmarks/savers.py measures of loading, and of files that are large or have much in them."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from savers_cases import FRAME, Result, frames, rate, size, spectra

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def cube_file(folder: Path, compression: str) -> Path:
    """Write 1,000 frames."""
    from h5modules.data import Axis, DataRaw, DataToExport
    from h5modules.data_saving import DataToExportTimedSaver

    path = folder / "cube.h5"
    block = np.concatenate([frames()] * 7)[:100]
    with DataToExportTimedSaver(path, new_file=True, compression=compression) as saver:
        for index in range(10):
            axes = [Axis("time", "s", 100.0 * index + np.arange(100.0), index=0)]
            dwa = DataRaw("frame", data=[block], axes=axes, nav_indexes=(0,))
            saver.add_data("/RawData", DataToExport("line", data=[dwa]))
    return path


def loaded(load: Callable[[Path], Any], path: Path) -> Result:
    """Return the best of three, in GB/s; memory is touched for the first time in each."""
    best = 0.0
    for _ in range(3):
        begun = time.perf_counter()
        array = load(path)
        best = max(best, array.nbytes * rate(1, begun))
        del array
    path.unlink()
    return {"per s": best / 1e9}


def ours_load(compression: str) -> Callable[[Path, bool], Result]:
    """Load 1,000 frames."""

    def load(path: Path) -> Any:
        from h5modules.data_saving import DataLoader

        with DataLoader(path) as loader:
            return loader.load_data("/RawData/DataND/CH00/EnlData00")[0]

    return lambda folder, long: loaded(load, cube_file(folder, compression))


def pymodaq_load(backend: str) -> Callable[[Path, bool], Result]:
    """Load the same file with PyMoDAQ."""

    def load(path: Path) -> Any:
        from pymodaq_data.h5modules.data_saving import DataLoader
        from pymodaq_data.h5modules.saving import H5SaverLowLevel

        h5 = H5SaverLowLevel(backend=backend)
        h5.open_file(path, "r")
        array = DataLoader(h5).load_data("/RawData/DataND/CH00/EnlData00")[0]
        h5.close_file()
        return array

    return lambda folder, long: loaded(load, cube_file(folder, "none"))


def fromfile(folder: Path, long: bool) -> Result:
    """Load the same bytes from a raw file."""
    path = folder / "cube.bin"
    np.concatenate([np.concatenate([frames()] * 7)[:100]] * 10).tofile(path)
    return loaded(lambda p: np.fromfile(p, "uint16"), path)


def memory() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def first_point(package: str, shape: tuple[int, int]) -> Callable[[Path, bool], Result]:
    """Save the first point of a large scan."""

    def run(folder: Path, long: bool) -> Result:
        from importlib import import_module

        data_module = import_module(f"{package}.data")
        prefix = "h5modules" if package == "h5modules" else "pymodaq_data.h5modules"
        saving, data_saving = import_module(f"{prefix}.saving"), import_module(f"{prefix}.data_saving")
        path = folder / "first.h5"
        h5 = saving.H5SaverLowLevel(backend="tables")
        h5.init_file(path, new_file=True)
        where = h5.add_det_group(h5.add_scan_group())
        saver = data_saving.DataToExportExtendedSaver(h5, shape)
        dwa = data_module.DataRaw("spectrum", data=[spectra()[0]])
        before, begun = memory(), time.perf_counter()
        saver.add_data(where, data_module.DataToExport("point", data=[dwa]), indexes=(0, 0))
        h5.flush()
        result = {"ms": 1e3 * (time.perf_counter() - begun), "MB of memory": memory() - before}
        result["MB of file"] = path.stat().st_size / 1e6
        h5.close_file()
        path.unlink()
        return result

    return run


def flat(folder: Path, long: bool) -> Result:
    """Append small frames, and see what one costs in the beginning and later."""
    from h5modules.data import DataRaw, DataToExport
    from h5modules.data_saving import DataToExportTimedSaver

    total = 1_000_000 if long else 100_000
    path = folder / "flat.h5"
    spectrum = spectra()[0][:64].astype("float32")
    marks = {n: f"us at {n:,}" for n in (1_000, 10_000, 100_000, 1_000_000) if n <= total}
    result = {}
    with DataToExportTimedSaver(path, new_file=True) as saver:
        begun = time.perf_counter()
        for index in range(1, total + 1):
            saver.add_data("/RawData", DataToExport("s", data=[DataRaw("spectrum", data=[spectrum])]))
            if index % 1000 == 10:
                begun = time.perf_counter()
            if index in marks:
                result[marks[index]] = 1e6 * (time.perf_counter() - begun) / 990
    return result | {"MB of memory": memory(), "% over its data": size(path, total * (256 + 8))}


def many_scans(folder: Path, long: bool) -> Result:
    """Make scans of four points in one file, and see what one costs in the beginning and later."""
    from h5modules.data import Axis, DataRaw, DataToExport
    from h5modules.data_saving import DataToExportExtendedSaver
    from h5modules.saving import H5SaverLowLevel

    total = 10_000 if long else 1_000
    path = folder / "scans.h5"
    spectrum = spectra()[0]
    result = {}
    with H5SaverLowLevel() as h5:
        h5.init_file(path, new_file=True)
        begun = time.perf_counter()
        for number in range(1, total + 1):
            scan = h5.add_scan_group(title=f"scan {number}")
            detector = h5.add_det_group(scan, title="camera")
            saver = DataToExportExtendedSaver(h5, (4,))
            saver.add_nav_axes(scan, [Axis("z", "mm", np.arange(4.0), index=0)])
            for point in range(4):
                dte = DataToExport("point", data=[DataRaw("spectrum", data=[spectrum])])
                saver.add_data(detector, dte, indexes=(point,))
            if number in (100, 1_000, 10_000):
                result[f"ms a scan at {number:,}"] = 1e3 * (time.perf_counter() - begun) / 90
            if number % 100 == 10:
                begun = time.perf_counter()
    path.unlink()
    return result | {"MB of memory": memory()}


def large_file(folder: Path, long: bool) -> tuple[Path, float]:
    """Write a file of 1 GB, or 10."""
    from h5modules.data import Axis, DataRaw, DataToExport
    from h5modules.data_saving import DataToExportTimedSaver

    path = folder / "large.h5"
    block = np.concatenate([frames()] * 7)[:100]
    with DataToExportTimedSaver(path, new_file=True) as saver:
        for index in range(300 if long else 30):
            axes = [Axis("time", "s", 100.0 * index + np.arange(100.0), index=0)]
            dwa = DataRaw("frame", data=[block], axes=axes, nav_indexes=(0,))
            saver.add_data("/RawData", DataToExport("line", data=[dwa]))
    return path, path.stat().st_size / 1e9


def open_large(folder: Path, long: bool) -> Result:
    """Open a large file and look at its data lazily."""
    from h5modules.data_saving import DataLoader

    path, gigabytes = large_file(folder, long)
    for _ in range(2):
        begun = time.perf_counter()
        with DataLoader(path) as loader:
            opened = time.perf_counter() - begun
            lazy = loader.load_data("/RawData/DataND/CH00/EnlData00", lazy=True)
            looked = time.perf_counter() - begun
            assert lazy.shape[0] >= 3000
    path.unlink()
    return {"ms to open": 1e3 * opened, "ms to lazy data": 1e3 * looked, "GB": gigabytes}


def one_frame(folder: Path, long: bool) -> Result:
    """Read one frame of a large file."""
    from h5modules.data_saving import DataLoader

    path, gigabytes = large_file(folder, long)
    before = memory()
    with DataLoader(path) as loader:
        lazy = loader.load_data("/RawData/DataND/CH00/EnlData00", lazy=True)
        begun = time.perf_counter()
        frame = np.asarray(lazy.inav[2_345][0])
        took = time.perf_counter() - begun
    path.unlink()
    assert frame.shape == FRAME
    return {"ms": 1e3 * took, "MB of memory": memory() - before, "GB": gigabytes}


CASES: dict[str, Callable[[Path, bool], Result]] = {
    "ours load_data": ours_load("none"),
    "ours load_data (zlib)": ours_load("zlib"),
    "PyMoDAQ load_data (tables)": pymodaq_load("tables"),
    "PyMoDAQ load_data (h5py)": pymodaq_load("h5py"),
    "np.fromfile": fromfile,
    "ours first point of 600x600x1024": first_point("h5modules", (600, 600)),
    "PyMoDAQ first point of 100x100x1024 (tables)": first_point("pymodaq_data", (100, 100)),
    "ours appends, flat": flat,
    "ours many scans": many_scans,
    "ours open and look": open_large,
    "ours one frame of many, lazily": one_frame,
}
