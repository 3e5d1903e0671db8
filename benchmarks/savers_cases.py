"""What benchmarks/savers.py measures. Each case returns figures by their units."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Result = dict[str, float]
FRAME = (256, 640)
POINTS, SPECTRUM = (50, 50), 1024
COUNT = 1500
PEER_COUNT = 150


def frames(count: int = 16) -> list[np.ndarray]:
    """Return frames with shot noise on a gradient, as a 12-bit camera gives them."""
    rng = np.random.default_rng(1)
    light = np.linspace(100, 3000, FRAME[1])[None, :] * np.linspace(0.5, 1.0, FRAME[0])[:, None]
    return [np.minimum(rng.poisson(light), 4095).astype("uint16") for _ in range(count)]


def rate(count: int, begun: float) -> float:
    """Return how many per second."""
    return count / (time.perf_counter() - begun)


def appended(
    saver: Any,
    where: Any,
    data_module: Any,
    flush: Callable[[], None],
    count: int,
    *,
    values: bool,
    compressed: bool,
) -> Result:
    """Append frames to a saver, ours or PyMoDAQ's; the first, which makes the nodes, is not counted.

    The data objects are made beforehand: it is the savers that are compared.
    """
    pictures = frames(PEER_COUNT + 1 if compressed else 16)  # none twice, where that could make a file smaller
    sets = []
    for index in range(count + 1):
        axes = [
            data_module.Axis("pixel", "px", np.arange(256.0), index=0),
            data_module.Axis("wavelength", "nm", np.linspace(400.0, 1000.0, 640), index=1),
        ]
        dwa = data_module.DataRaw("frame", data=[pictures[index % len(pictures)]], axes=axes)
        sets.append(data_module.DataToExport("line", data=[dwa]))
    begun = 0.0
    for index, dte in enumerate(sets):
        if index == 1:
            begun = time.perf_counter()
        if values:
            saver.add_data(where, dte, axis_values=[float(index)])
        else:
            saver.add_data(where, dte)
        flush()
    return {"per s": rate(count, begun)}


def size(path: Path, data: float) -> float:
    """Return how much larger than its data a file is, in percent, and remove it."""
    percent = 100 * (path.stat().st_size / data - 1)
    path.unlink()
    return percent


def ours(kind: str, compression: str = "none", *, threaded: bool = False) -> Callable[[Path, bool], Result]:
    """Append to one of our savers."""

    def run(folder: Path, long: bool) -> Result:
        import h5modules.data as data_module
        from h5modules import data_saving
        from h5modules.asynchronous import AsynchronousWriter
        from h5modules.saving import H5SaverLowLevel

        path = folder / "ours.h5"
        h5 = H5SaverLowLevel(compression=compression)
        h5.init_file(path, new_file=True)
        where = h5.add_det_group(h5.add_scan_group(), title="camera")
        saver = getattr(data_saving, f"DataToExport{kind}Saver")(h5)
        if not threaded:
            result = appended(
                saver,
                where,
                data_module,
                lambda: None,
                COUNT,
                values=kind == "Enlargeable",
                compressed=compression != "none",
            )
        else:
            writer = AsynchronousWriter(saver)
            pictures = frames(PEER_COUNT + 1)
            begun = time.perf_counter()
            for index in range(COUNT + 1):
                dwa = data_module.DataRaw("frame", data=[pictures[index % len(pictures)]])
                writer.add_data(where, data_module.DataToExport("line", data=[dwa]))
            writer.flush()
            result = {"per s": rate(COUNT, begun)}
            writer.close()
        h5.close_file()
        return result | {"% over its data": size(path, (COUNT + 1) * 2 * 256 * 640)}

    return run


def ours_blocks(folder: Path, long: bool) -> Result:
    """Append ten frames at a time, with one flush."""
    from h5modules.data import Axis, DataRaw, DataToExport
    from h5modules.data_saving import DataToExportTimedSaver

    path = folder / "blocks.h5"
    block = np.stack(frames()[:10])
    begun = 0.0
    with DataToExportTimedSaver(path, new_file=True) as saver:
        for index in range(COUNT // 10 + 1):
            if index == 1:
                begun = time.perf_counter()
            axes = [Axis("time", "s", index + np.arange(10.0), index=0)]
            saver.add_data(
                "/RawData",
                DataToExport("line", data=[DataRaw("frame", data=[block], axes=axes, nav_indexes=(0,))]),
            )
        per_second = rate(COUNT // 10 * 10, begun)
    return {"per s": per_second, "% over its data": size(path, (COUNT // 10 + 1) * 10 * 2 * 256 * 640)}


def pymodaq(kind: str, backend: str, compression: str = "") -> Callable[[Path, bool], Result]:
    """Append to one of PyMoDAQ's savers."""

    def run(folder: Path, long: bool) -> Result:
        from pymodaq_data import data as data_module
        from pymodaq_data.h5modules import data_saving
        from pymodaq_data.h5modules.saving import H5SaverLowLevel

        path = folder / f"pymodaq_{backend}.h5"
        h5 = H5SaverLowLevel(backend=backend)
        if compression:
            h5.define_compression("zlib" if backend == "tables" else "gzip", 1)
        h5.init_file(path, new_file=True)
        where = h5.add_det_group(h5.add_scan_group(), title="camera")
        if kind == "Timed":
            saver = data_saving.DataToExportTimedSaver(h5)
        else:
            saver = data_saving.DataToExportEnlargeableSaver(h5, ["nav axis"], [""])
        result = appended(
            saver, where, data_module, h5.flush, PEER_COUNT, values=kind == "Enlargeable", compressed=bool(compression)
        )
        h5.close_file()
        return result | {"% over its data": size(path, (PEER_COUNT + 1) * 2 * 256 * 640)}

    return run


def bare_earray(folder: Path, long: bool) -> Result:
    """Append to an EArray whose chunk is a frame."""
    import tables

    path = folder / "bare.h5"
    pictures = frames()
    with tables.open_file(path, "w") as file:
        array = file.create_earray(
            "/", "frames", tables.UInt16Atom(), (0, *FRAME), chunkshape=(1, *FRAME), track_times=False
        )
        begun = time.perf_counter()
        for index in range(COUNT):
            array.append(pictures[index % 16][None])
            array.flush()
        per_second = rate(COUNT, begun)
    return {"per s": per_second, "% over its data": size(path, COUNT * 2 * 256 * 640)}


def raw_file(folder: Path, long: bool) -> Result:
    """Write the bytes."""
    path = folder / "raw.bin"
    pictures = frames()
    with path.open("wb", buffering=0) as file:
        begun = time.perf_counter()
        for index in range(COUNT):
            file.write(pictures[index % 16])
        per_second = rate(COUNT, begun)
    return {"per s": per_second, "% over its data": size(path, COUNT * 2 * 256 * 640)}


def spectra() -> np.ndarray:
    """Return some spectra, 1024 float64 each."""
    return np.random.default_rng(2).random((64, SPECTRUM))


def scanned(saver: Any, where: Any, data_module: Any, flush: Callable[[], None], count: int) -> float:
    """Fill a scan point by point; return points per second after the first, which makes the nodes."""
    lines = spectra()
    sets = []
    for index in range(count):
        axes = [data_module.Axis("wavelength", "nm", np.linspace(400.0, 1000.0, SPECTRUM), index=0)]
        dwa = data_module.DataRaw("spectrum", data=[lines[index % 64]], axes=axes)
        sets.append(data_module.DataToExport("point", data=[dwa]))
    begun = 0.0
    for index, dte in enumerate(sets):
        if index == 1:
            begun = time.perf_counter()
        saver.add_data(where, dte, indexes=divmod(index, POINTS[1]))
        flush()
    return rate(count - 1, begun)


def ours_scan(folder: Path, long: bool) -> Result:
    """Fill a scan of 50 x 50 spectra."""
    import h5modules.data as data_module
    from h5modules.data_saving import DataToExportExtendedSaver
    from h5modules.saving import H5SaverLowLevel

    path = folder / "scan.h5"
    with H5SaverLowLevel() as h5:
        h5.init_file(path, new_file=True)
        where = h5.add_det_group(h5.add_scan_group())
        saver = DataToExportExtendedSaver(h5, POINTS)
        per_second = scanned(saver, where, data_module, lambda: None, 2500)
    return {"per s": per_second, "% over its data": size(path, 2500 * 8 * SPECTRUM)}


def pymodaq_scan(backend: str) -> Callable[[Path, bool], Result]:
    """Fill a part of a scan of 50 x 50 spectra with PyMoDAQ."""

    def run(folder: Path, long: bool) -> Result:
        from pymodaq_data import data as data_module
        from pymodaq_data.h5modules.data_saving import DataToExportExtendedSaver
        from pymodaq_data.h5modules.saving import H5SaverLowLevel

        path = folder / f"scan_{backend}.h5"
        h5 = H5SaverLowLevel(backend=backend)
        h5.init_file(path, new_file=True)
        where = h5.add_det_group(h5.add_scan_group())
        saver = DataToExportExtendedSaver(h5, POINTS)
        per_second = scanned(saver, where, data_module, h5.flush, 500)
        h5.close_file()
        return {"per s": per_second, "% over its data": size(path, 2500 * 8 * SPECTRUM)}

    return run


def bare_carray(folder: Path, long: bool) -> Result:
    """Fill a CArray of 50 x 50 spectra, and a value for each point."""
    import tables

    path = folder / "bare_scan.h5"
    lines = spectra()
    with tables.open_file(path, "w") as file:
        shape, atom = (*POINTS, SPECTRUM), tables.Float64Atom(dflt=np.nan)
        array = file.create_carray("/", "scan", atom, shape, chunkshape=(1, 1, SPECTRUM), track_times=False)
        index_array = file.create_carray("/", "index", tables.UInt64Atom(), POINTS, track_times=False)
        begun = time.perf_counter()
        for index in range(2500):
            place = divmod(index, POINTS[1])
            array[place] = lines[index % 64]
            index_array[place] = index + 1
            array.flush()
        per_second = rate(2500, begun)
    return {"per s": per_second, "% over its data": size(path, 2500 * 8 * SPECTRUM)}


CASES: dict[str, Callable[[Path, bool], Result]] = {
    "ours Timed": ours("Timed"),
    "ours Enlargeable": ours("Enlargeable"),
    "ours blocks of 10": ours_blocks,
    "ours asynchronous": ours("Timed", threaded=True),
    "PyMoDAQ Timed (tables)": pymodaq("Timed", "tables"),
    "PyMoDAQ Timed (h5py)": pymodaq("Timed", "h5py"),
    "PyMoDAQ Enlargeable (tables)": pymodaq("Enlargeable", "tables"),
    "bare EArray, flush each": bare_earray,
    "raw file": raw_file,
    "ours Extended": ours_scan,
    "PyMoDAQ Extended (tables)": pymodaq_scan("tables"),
    "PyMoDAQ Extended (h5py)": pymodaq_scan("h5py"),
    "bare CArray, flush each": bare_carray,
    "ours zlib": ours("Timed", "zlib"),
    "ours zlib asynchronous": ours("Timed", "zlib", threaded=True),
    "ours blosc2": ours("Timed", "blosc2"),
    "ours blosc2 asynchronous": ours("Timed", "blosc2", threaded=True),
    "PyMoDAQ zlib (tables)": pymodaq("Timed", "tables", "zlib"),
    "PyMoDAQ zlib (h5py)": pymodaq("Timed", "h5py", "zlib"),
}
