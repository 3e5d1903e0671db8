"""What the writers of kill.py save: a case for each saver, which says after each step what has to be in the file."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.asynchronous import AsynchronousWriter
from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import (
    AxisSaverLoader,
    BkgSaver,
    DataEnlargeableSaver,
    DataExtendedSaver,
    DataSaverLoader,
    DataToExportEnlargeableSaver,
    DataToExportExtendedSaver,
    DataToExportSaver,
    DataToExportTimedSaver,
    ErrorSaverLoader,
)
from h5modules.errors import PointTaken

if TYPE_CHECKING:
    from h5modules.saving import H5SaverLowLevel

Record = list[Any]
"""Path of an array, index of what was saved (None: all of it; [first, rows]; a point), seed, shape, dtype."""
Steps = Iterator[list[Record]]
SCAN = (20, 30)


def content(seed: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Return the numbers that a seed stands for."""
    return np.random.default_rng(seed).integers(1, 200, shape).astype(dtype)


class Seeds:
    """Seeds that no other step of a run has."""

    def __init__(self, start: int) -> None:
        self._numbers = itertools.count(start * 1_000_003)

    def take(self, shape: tuple[int, ...], dtype: str) -> tuple[int, np.ndarray]:
        """Return a seed and its numbers."""
        seed = next(self._numbers)
        return seed, content(seed, shape, dtype)


def made(seeds: Seeds, name: str, shape: tuple[int, ...], dtype: str, *, arrays: int = 1, bars: bool = False) -> Any:
    """Return data, and a function that says which records it gives at a path."""
    values = [seeds.take(shape, dtype) for _ in range(arrays)]
    errors = [seeds.take(shape, "float64") for _ in range(arrays)] if bars else []
    axes = [Axis(f"axis {k}", "nm", np.arange(n) ** 1.5, index=k) for k, n in enumerate(shape) if n > 1]
    data = DataRaw(
        name,
        data=[v for _, v in values],
        errors=[v for _, v in errors] or None,
        axes=axes,
        units="counts",
        operator="me",
    )

    def records(group: str, prefix: str, at: Any, first: int = 0) -> list[Record]:
        found = [[f"{group}/{prefix}{first + k:02d}", at, seed, shape, dtype] for k, (seed, _) in enumerate(values)]
        return found + [
            [f"{group}/ErrorBar{first + k:02d}", at, seed, shape, "float64"] for k, (seed, _) in enumerate(errors)
        ]

    return data, records


def rows_in(h5: H5SaverLowLevel, path: str) -> int:
    """Return how many rows an array has; 0 if it is not there."""
    group, _, name = path.rpartition("/")
    try:
        return len(h5.get_node(group, name))
    except LookupError:
        return 0


def whole(kind: type[DataSaverLoader], prefix: str) -> Callable[..., Steps]:
    """Savers of data at once: a new channel for every third."""

    def steps(h5: H5SaverLowLevel, detector: str, seeds: Seeds) -> Steps:
        saver = kind(h5)
        while True:
            channel = h5.add_ch_group(h5.add_data_group(detector, "Data2D"), "signal").path
            for k in range(3):
                bars = kind is DataSaverLoader
                data, records = made(seeds, "signal", (20, 30), "float64", arrays=2, bars=bars)
                saver.add_data(channel, data)
                yield records(channel, prefix, None, 2 * k)

    return steps


def axes(h5: H5SaverLowLevel, detector: str, seeds: Seeds) -> Steps:
    """AxisSaverLoader."""
    saver = AxisSaverLoader(h5)
    while True:
        seed, values = seeds.take((500,), "float64")
        node = saver.add_axis(detector, Axis("x", "mm", values))
        h5.flush()
        yield [[node.path, None, seed, (500,), "float64"]]


def text(h5: H5SaverLowLevel, detector: str, seeds: Seeds) -> Steps:
    """Messages in the log."""
    logged = 0
    while True:
        seed = seeds.take((), "int64")[0]
        h5.add_log(f"message {seed} from {detector}")
        logged += 1
        yield [["/RawData/Logger", "text", seed, (), detector]]


def enlargeable(block: int | None) -> Callable[..., Steps]:
    """DataEnlargeableSaver: frame by frame, or blocks of frames."""

    def steps(h5: H5SaverLowLevel, detector: str, seeds: Seeds) -> Steps:
        saver = DataEnlargeableSaver(h5, ["x", "y"], ["mm", "mm"])
        while True:
            row = rows_in(h5, f"{detector}/EnlData00")
            size = (20, 30) if block is None else (block, 20, 30)
            data, records = made(seeds, "frame", size, "uint16", bars=block is None)
            if block is not None:
                data.nav_indexes = (0,)
            at = [row] if block is None else [row, block]
            places = [seeds.take(() if block is None else (block,), "float64") for _ in range(2)]
            saver.add_data(detector, data, [value for _, value in places])
            shape = () if block is None else (block,)
            yield records(detector, "EnlData", at) + [
                [f"{detector}/Axis{nav:02d}", at, seed, shape, "float64"] for nav, (seed, _) in enumerate(places)
            ]

    return steps


def points(start: int) -> Iterator[tuple[int, int]]:
    """All points of a scan, from one of them on."""
    count = SCAN[0] * SCAN[1]
    for k in range(count):
        yield divmod((start + 7 * k) % count, SCAN[1])


def extended(h5: H5SaverLowLevel, detector: str, seeds: Seeds) -> Steps:
    """DataExtendedSaver."""
    saver = DataExtendedSaver(h5, SCAN)
    for point in points(0):
        data, records = made(seeds, "spectrum", (200,), "float64", bars=True)
        try:
            saver.add_data(detector, data, point)
        except PointTaken:
            continue
        yield records(detector, "Data", list(point))


def parts(seeds: Seeds, large: bool) -> dict[str, tuple[Any, Callable[..., list[Record]], str]]:
    """Return a set of data of all dimensionalities, with the groups of its channels."""
    shape = (256, 640) if large else (20, 30)
    return {
        "image": (*made(seeds, "image", shape, "uint16", bars=not large), "Data2D/CH00"),
        "spectrum": (*made(seeds, "spectrum", (300,), "float32"), "Data1D/CH00"),
        "power": (*made(seeds, "power", (1,), "float64", bars=True), "Data0D/CH00"),
    }


def whole_sets(h5: H5SaverLowLevel, detector: str, seeds: Seeds) -> Steps:
    """DataToExportSaver."""
    saver = DataToExportSaver(h5)
    while True:
        found = parts(seeds, large=False)
        # a writer that was killed within a set has left a part of it
        there = {group: rows_in_group(h5, f"{detector}/{group}") for _, _, group in found.values()}
        saver.add_data(detector, DataToExport("set", data=[data for data, _, _ in found.values()]))
        yield [
            r
            for _, records, group in found.values()
            for r in records(f"{detector}/{group}", "Data", None, there[group])
        ]


def rows_in_group(h5: H5SaverLowLevel, group: str) -> int:
    """Return how many whole data a channel has."""
    try:
        return max(DataSaverLoader(h5).numbered(group), default=-1) + 1
    except LookupError:
        return 0


def growing_sets(large: bool, timed: bool) -> Callable[..., Steps]:
    """DataToExportEnlargeableSaver and DataToExportTimedSaver."""

    def steps(h5: H5SaverLowLevel, detector: str, seeds: Seeds) -> Steps:
        saver: Any = DataToExportTimedSaver(h5) if timed else DataToExportEnlargeableSaver(h5, ["x", "y"], ["mm", "mm"])
        while True:
            row = rows_in(h5, f"{detector}/Data0D/CH00/EnlData00")
            found = parts(seeds, large)
            places = [seeds.take((), "float64") for _ in range(1 if timed else 2)]
            data = DataToExport("set", data=[data for data, _, _ in found.values()])
            if timed:
                data.timestamp = float(places[0][1])
                saver.add_data(detector, data)
            else:
                saver.add_data(detector, data, [float(value) for _, value in places])
            yield [
                r for _, records, group in found.values() for r in records(f"{detector}/{group}", "EnlData", [row])
            ] + [
                [f"{detector}/NavAxes/Axis{nav:02d}", [row], seed, (), "float64"]
                for nav, (seed, _) in enumerate(places)
            ]

    return steps


def single_values(h5: H5SaverLowLevel, detector: str, seeds: Seeds) -> Steps:
    """DataToExportTimedSaver with nothing but single values, which share chunks."""
    saver = DataToExportTimedSaver(h5)
    while True:
        row = rows_in(h5, f"{detector}/Data0D/CH00/EnlData00")
        data, records = made(seeds, "power", (1,), "float64")
        saver.add_data(detector, DataToExport("set", data=[data]))
        yield records(f"{detector}/Data0D/CH00", "EnlData", [row])


def extended_sets(h5: H5SaverLowLevel, detector: str, seeds: Seeds) -> Steps:
    """DataToExportExtendedSaver with axes."""
    saver = DataToExportExtendedSaver(h5, SCAN)
    nav_axes = [Axis(f"nav {k}", "mm", np.arange(n) * 0.5, index=k) for k, n in enumerate(SCAN)]
    saver.add_nav_axes(detector, nav_axes)
    for point in points(11):
        found = parts(seeds, large=False)
        try:
            saver.add_data(detector, DataToExport("set", data=[data for data, _, _ in found.values()]), point)
        except PointTaken:
            continue
        yield [r for _, records, group in found.values() for r in records(f"{detector}/{group}", "Data", list(point))]


def asynchronous(h5: H5SaverLowLevel, detector: str, seeds: Seeds) -> Steps:
    """AsynchronousWriter of a DataToExportTimedSaver: what it says is committed."""
    row = rows_in(h5, f"{detector}/Data2D/CH00/EnlData00")
    with AsynchronousWriter(DataToExportTimedSaver(h5)) as writer:
        waiting: list[tuple[Any, list[Record]]] = []
        while True:
            for _ in range(5):
                data, records = made(seeds, "image", (100, 120), "uint16")
                submission = writer.add_data(detector, DataToExport("set", data=[data]))
                waiting.append((submission, records(f"{detector}/Data2D/CH00", "EnlData", [row])))
                row += 1
            for submission, its_records in waiting:
                submission.wait(timeout=30.0)
                yield its_records
            waiting.clear()


CASES: dict[str, Callable[[H5SaverLowLevel, str, Seeds], Steps]] = {
    "DataSaverLoader": whole(DataSaverLoader, "Data"),
    "BkgSaver": whole(BkgSaver, "Bkg"),
    "ErrorSaverLoader": whole(ErrorSaverLoader, "ErrorBar"),
    "AxisSaverLoader": axes,
    "Log": text,
    "Enlargeable": enlargeable(None),
    "Enlargeable, blocks": enlargeable(4),
    "Extended": extended,
    "DataToExport": whole_sets,
    "DataToExportEnlargeable": growing_sets(large=False, timed=False),
    "DataToExportTimed": growing_sets(large=True, timed=True),
    "DataToExportTimed, 0D": single_values,
    "DataToExportExtended": extended_sets,
    "AsynchronousWriter": asynchronous,
}
"""By name: given a file, a group of a detector and seeds, do steps and yield what each has saved. Add savers here."""
OWN_THREAD = frozenset({"AsynchronousWriter"})
"""Cases that keep the file for themselves until they end."""
