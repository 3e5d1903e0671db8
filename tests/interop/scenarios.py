"""What is saved in the tests of this folder, and what has to be loaded again.

The same functions run on h5modules and on pymodaq_data, which have one interface; nothing here imports either. As a
script it is the process that runs them on pymodaq_data, in whatever environment, and answers line by line in JSON.
"""

from __future__ import annotations

import base64
import json
import logging
import sys
import traceback
import warnings
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

SCENARIOS: dict[str, Callable[..., None]] = {}

WAVELENGTHS = np.array([400.0, 410.5, 432.25, 460.0, 501.0])
STRANGE = {"gain": 3, "exposure": 12.5, "operator": "Zoé", "cooled": True, "roi": (1, 2, 3), "tags": ["a", "b"]}
"""Extra attributes of all types that both have."""


def model(package: str) -> SimpleNamespace:
    """Return the names of a package, h5modules or pymodaq_data."""
    below = f"{package}.h5modules" if package == "pymodaq_data" else package
    found: dict[str, Any] = {}
    for module in (f"{package}.data", f"{below}.saving", f"{below}.data_saving"):
        found |= {name: value for name, value in vars(import_module(module)).items() if not name.startswith("_")}
    return SimpleNamespace(**found, package=package)


def create(m: SimpleNamespace, path: str, backend: str, compressed: bool) -> Any:
    """Create a file."""
    if m.package == "h5modules":
        h5 = m.H5SaverLowLevel("scan", compression="zlib" if compressed else "none")
    else:
        h5 = m.H5SaverLowLevel("scan", backend=backend)
        if compressed:
            h5.define_compression("gzip" if backend == "h5py" else "zlib", 4)
    h5.init_file(Path(path), new_file=True, metadata={"sample": "leaf", "power": 2.5})
    return h5


def scenario(function: Callable[..., None]) -> Callable[..., None]:
    """Add a scenario; it saves with the classes of a model and says what has to come back."""
    SCENARIOS[function.__name__] = function
    return function


class Expect:
    """What has to be loaded: requests and answers to them."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answers: list[Any] = []

    def data(self, where: str, sample: Sample, *, with_bkg: bool = False, load_all: bool = False, **other: Any) -> None:
        """Data at a path, loaded by DataLoader, is that sample but for what is told otherwise."""
        self.requests.append({"kind": "data", "where": where, "with_bkg": with_bkg, "load_all": load_all})
        self.answers.append(sample.described() | {"path": where} | other)

    def other(self, kind: str, answer: Any, **request: Any) -> None:
        """Something else than data."""
        self.requests.append({"kind": kind, **request})
        self.answers.append(answer)


class Sample:
    """Some data and what it has to be when it is loaded."""

    def __init__(
        self,
        name: str,
        data: list[np.ndarray],
        axes: list[tuple[int, int, str, str, np.ndarray]] | None = None,
        *,
        nav: tuple[int, ...] = (),
        errors: bool = False,
        units: str = "V",
        origin: str = "bench",
        distribution: str = "uniform",
        source: str = "raw",
        timestamp: float = 1234.5,
        **extra: Any,
    ) -> None:
        self.name, self.data, self.axes, self.nav = name, data, axes or [], nav
        self.errors = [np.abs(array) / 8 + 0.25 for array in data] if errors else None
        self.labels = [f"{name} {number}" for number in range(len(data))]
        self.units, self.origin, self.distribution, self.source = units, origin, distribution, source
        self.timestamp, self.extra = timestamp, extra

    def made(self, m: SimpleNamespace) -> Any:
        """Return the data object."""
        data = m.DataWithAxes(
            self.name,
            source=self.source,
            distribution=self.distribution,
            data=[array.copy() for array in self.data],
            labels=list(self.labels),
            origin=self.origin,
            units=self.units,
            axes=[
                m.Axis(label, units, data=values.copy(), index=index, spread_order=order)
                for index, order, label, units, values in self.axes
            ],
            nav_indexes=self.nav,
            errors=None if self.errors is None else [error.copy() for error in self.errors],
            **self.extra,
        )
        data.timestamp = self.timestamp
        return data

    def dimension(self) -> str:
        """Return the name of the dimensionality."""
        shape = self.data[0].shape
        if self.nav or len(shape) > 2:
            return "DataND"
        return "Data2D" if len(shape) == 2 else ("Data0D" if shape == (1,) else "Data1D")

    def described(self) -> dict[str, Any]:
        """Return what it has to be when it is loaded."""
        there = {index for index, *_ in self.axes}
        missing = [
            (index, 0, "", "", np.arange(float(size)))
            for index, size in enumerate(self.data[0].shape)
            if index not in there and size > 1
        ]
        return {
            "name": self.name,
            "origin": self.origin,
            "units": self.units,
            "labels": self.labels,
            "source": self.source,
            "distribution": self.distribution,
            "dim": self.dimension(),
            "nav": list(self.nav),
            "timestamp": self.timestamp,
            "extra": {key: list(value) if isinstance(value, tuple) else value for key, value in self.extra.items()},
            "data": self.data,
            "errors": self.errors,
            "axes": sorted([*self.axes, *missing], key=lambda axis: axis[:2]),
        }


def described(dwa: Any) -> dict[str, Any]:
    """Return what loaded data is compared by."""
    extra = {name: getattr(dwa, name) for name in dwa.extra_attributes if name != "path"}
    return {
        "name": dwa.name,
        "origin": dwa.origin,
        "units": dwa.units,
        "labels": list(dwa.labels),
        "source": dwa.source.name,
        "distribution": dwa.distribution.name,
        "dim": dwa.dim.name,
        "nav": [int(index) for index in dwa.nav_indexes],
        "timestamp": float(dwa.timestamp),
        "extra": {key: list(value) if isinstance(value, tuple) else value for key, value in extra.items()},
        "path": dwa.path,
        "data": list(dwa.data),
        "errors": None if dwa.errors is None else list(dwa.errors),
        "axes": sorted((described_axis(axis) for axis in dwa.axes), key=lambda axis: axis[:2]),
    }


def described_axis(axis: Any) -> tuple[int, int, str, str, np.ndarray]:
    """Return what a loaded axis is compared by."""
    return int(axis.index), int(axis.spread_order), axis.label, axis.units, np.asarray(axis.get_data())


def answer(m: SimpleNamespace, h5: Any, request: dict[str, Any]) -> Any:
    """Load what is asked for."""
    kind, where = request["kind"], request.get("where", "/")
    if kind == "data":
        loader = m.DataLoader(h5)
        return described(loader.load_data(where, with_bkg=request["with_bkg"], load_all=request["load_all"]))
    if kind == "all":
        found = m.DataToExport("all")
        m.DataLoader(h5).load_all(where, found)
        return sorted([dwa.path, dwa.name, dwa.origin, len(dwa)] for dwa in found)
    if kind == "axis":
        return described_axis(m.AxisSaverLoader(h5).load_axis(where))
    if kind == "axes":
        return [described_axis(axis) for axis in m.AxisSaverLoader(h5).get_axes(where)]
    if kind == "arrays":
        return list(getattr(m, request["saver"])(h5).get_data_arrays(where, load_all=True))
    if kind == "attributes":
        attrs = h5.get_node(where).attrs
        found = {name: attrs[name] for name in request["names"]}
        # h5py gives what PyTables wrote as plain text as bytes
        return {name: value.decode() if isinstance(value, bytes) else value for name, value in found.items()}
    if kind == "log":
        return list(h5.get_node("/RawData/Logger").read())
    raise ValueError(kind)


def axis(
    index: int, label: str = "wavelength", units: str = "nm", values: np.ndarray = WAVELENGTHS, order: int = 0
) -> Any:
    """Return an axis of a sample."""
    return index, order, label, units, np.asarray(values, float)


def array(*shape: int, seed: int = 0, dtype: str = "float64") -> np.ndarray:
    """Return numbers that differ."""
    numbers = np.random.RandomState(seed).randint(0, 200, shape)
    return (numbers + 1j * numbers[::-1]).astype(dtype) if dtype.startswith("complex") else numbers.astype(dtype)


def signals(dtype: str = "float64", **options: Any) -> list[Sample]:
    """Return samples of all dimensionalities without navigation."""
    picture = [axis(0, "y", "mm", np.linspace(-1, 1, 3)), axis(1)]
    volume = [axis(0, "z", "mm", np.linspace(3, 5, 2)), axis(1, "y", "mm", np.array([0.0, 1.0, 4.0])), axis(2)]
    return [
        Sample("scalar", [array(1, dtype=dtype)], **options),
        Sample("spectrum", [array(5, dtype=dtype), array(5, seed=1, dtype=dtype)], [axis(0)], **options),
        Sample("picture", [array(3, 5, dtype=dtype)], picture, **options),
        Sample("volume", [array(2, 3, 5, dtype=dtype)], volume, **options),
    ]


def maps() -> list[Sample]:
    """Return samples with navigation dimensions, on grids and spread."""
    x, y = axis(0, "x", "um", np.linspace(0, 3, 4)), axis(1, "y", "um", np.linspace(5, 7, 3))
    points = [
        axis(0, "px", "um", np.array([0.0, 4.0, 1.0, 3.0])),
        axis(0, "py", "um", np.array([1.0, 1.0, 0.5, 9.0]), order=1),
    ]
    return [
        Sample("line", [array(4, 5)], [x, axis(1)], nav=(0,)),
        Sample("map", [array(4, 3, 5), array(4, 3, 5, seed=2)], [x, y, axis(2)], nav=(0, 1), errors=True),
        Sample("points", [array(4, 3)], [x, y], nav=(0, 1)),
        Sample("late", [array(5, 4)], [axis(0), axis(1, "x", "um", np.linspace(0, 3, 4))], nav=(1,)),
        Sample("spread", [array(4, 5)], [*points, axis(1)], nav=(0,), distribution="spread"),
        Sample("spread points", [array(4)], points, nav=(0,), distribution="spread"),
    ]


@scenario
def whole(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """DataSaverLoader, of all dimensionalities, types, numbers of channels."""
    samples = signals() + signals(errors=True, **STRANGE) + maps()
    for dtype in ("uint8", "uint16", "int32", "float32", "complex128", "int64"):
        samples.append(signals(dtype)[2 * (dtype != "int64")])
    samples.append(Sample("no axes", [array(3, 5)], source="calculated", units="", origin=""))
    saver = m.DataSaverLoader(h5)
    for number, sample in enumerate(samples):
        group = h5.get_set_group("/RawData", f"Group{number}")
        saver.add_data(group, sample.made(m))
        expect.data(f"/RawData/Group{number}/Data00", sample, load_all=True)
    expect.other(
        "attributes",
        {"sample": "leaf", "power": 2.5, "type": "scan"},
        where="/RawData",
        names=["sample", "power", "type"],
    )


@scenario
def one_of_several(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """A channel alone, with its own label and error bars."""
    sample = Sample("picture", [array(3, 5), array(3, 5, seed=1)], [axis(1)], errors=True)
    m.DataSaverLoader(h5).add_data("/RawData", sample.made(m))
    for number in range(2):
        alone = {"data": [sample.data[number]], "errors": [sample.errors[number]], "labels": [sample.labels[number]]}
        expect.data(f"/RawData/Data{number:02d}", sample, **alone)
    expect.other("arrays", sample.data, where="/RawData/Data00", saver="DataSaverLoader")


@scenario
def backgrounds(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """BkgSaver, of two channels."""
    sample = Sample("picture", [array(3, 5), array(3, 5, seed=1)], [axis(1)], errors=True)
    dark = Sample("dark", [array(3, 5, seed=2), array(3, 5, seed=3)])
    m.DataSaverLoader(h5).add_data("/RawData", sample.made(m))
    m.BkgSaver(h5).add_data("/RawData", dark.made(m), save_axes=False)
    difference = [array - background for array, background in zip(sample.data, dark.data, strict=True)]
    expect.data("/RawData/Data00", sample, load_all=True)
    expect.data("/RawData/Data00", sample, load_all=True, with_bkg=True, data=difference)
    expect.other("arrays", dark.data, where="/RawData/Bkg00", saver="BkgSaver")


@scenario
def background_of_a_scan(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """BkgSaver, of the shape of one frame, beside the points of a scan."""
    frame, dark = array(3, 5), array(3, 5, seed=2)
    scan = h5.get_set_group("/RawData", "Scan")
    extended = m.DataExtendedSaver(h5, (2,))
    for point in range(2):
        row = Sample("picture", [frame + point], [axis(1)])
        extended.add_data(scan, row.made(m), [point])
    m.BkgSaver(h5).add_data(scan, Sample("dark", [dark]).made(m), save_axes=False)
    expected = Sample("picture", [np.stack([frame, frame + 1])], [axis(2)], nav=(0,))
    expect.data("/RawData/Scan/Data00", expected, load_all=True)
    expect.data("/RawData/Scan/Data00", expected, load_all=True, with_bkg=True, data=[expected.data[0] - dark])


@scenario
def error_bars(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """ErrorSaverLoader, on its own."""
    sample = Sample("picture", [array(3, 5), array(3, 5, seed=1)], [axis(1)])
    m.DataSaverLoader(h5).add_data("/RawData", sample.made(m))
    bars = Sample("bars", [array(3, 5, seed=4), array(3, 5, seed=5)])
    m.ErrorSaverLoader(h5).add_data("/RawData", bars.made(m), save_axes=False)
    expect.data("/RawData/Data00", sample, load_all=True, errors=bars.data)
    expect.other("arrays", bars.data, where="/RawData/ErrorBar00", saver="ErrorSaverLoader")


@scenario
def axes(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """AxisSaverLoader: even, uneven, fine and large steps."""
    samples = [
        axis(0),
        axis(1, "even", "mm", np.linspace(0, 1, 7)),
        axis(2, "down", "s", np.linspace(3, -3, 4), order=1),
        axis(0, "far", "Hz", 1e12 + np.arange(5.0)),
        axis(0, "two", "", np.array([1.0, 7.0])),
    ]
    saver = m.AxisSaverLoader(h5)
    for index, order, label, units, values in samples:
        saver.add_axis("/RawData", m.Axis(label, units, data=values.copy(), index=index, spread_order=order))
    expect.other("axes", samples, where="/RawData")
    expect.other("axis", samples[3], where="/RawData/Axis03")


@scenario
def sets(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """DataToExportSaver: detectors, channels, origins, backgrounds, settings."""
    for number in range(2):
        group = h5.add_det_group(
            h5.raw_group, title=f"detector {number}", settings_as_xml="<s>é</s>", metadata={"n": 3}
        )
        parts = [*signals(errors=bool(number), **STRANGE), Sample("nobody's", [array(5, seed=number)], origin="")]
        saver = m.DataToExportSaver(h5)
        saver.add_data(group, m.DataToExport(f"sét {number}", data=[part.made(m) for part in parts]))
        darks = [Sample(part.name, [array + 1 for array in part.data], origin=part.origin) for part in parts]
        saver.add_bkg(group, m.DataToExport(f"sét {number}", data=[dark.made(m) for dark in darks]))
        places = ["Data0D/CH00", "Data1D/CH00", "Data2D/CH00", "DataND/CH00", "Data1D/CH01"]
        for part, place in zip(parts, places, strict=True):
            where = f"/RawData/Detector{number:03d}/{place}/Data00"
            origin = part.origin or f"sét {number}"
            if number:
                expect.data(where, part, load_all=True, origin=origin)
            else:
                difference = [array * 0 - 1 for array in part.data]
                expect.data(where, part, load_all=True, with_bkg=True, origin=origin, data=difference)
            group_of_it = where.rpartition("/")[0]
            expect.other(
                "attributes", {"TITLE": part.name, "origin": origin}, where=group_of_it, names=["TITLE", "origin"]
            )
        described = {"TITLE": f"detector {number}", "settings": "<s>é</s>", "n": 3, "type": "detector"}
        expect.other("attributes", described, where=f"/RawData/Detector{number:03d}", names=list(described))
    expected = [
        [f"/RawData/Detector001/{place}/Data00", part.name, part.origin or "sét 1", len(part.data)]
        for part, place in zip(parts, places, strict=True)
    ]
    expect.other("all", sorted(expected), where="/RawData/Detector001")


@scenario
def error_sets(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """DataToExportSaver.add_error, and again in pymodaq_data's own words: errors of several channels."""
    group = h5.add_det_group(h5.raw_group)
    saver = m.DataToExportSaver(h5)
    parts = signals()[:3]
    bars = [Sample(part.name, [array / 4 for array in part.data]) for part in parts]
    saver.add_data(group, m.DataToExport("set", data=[part.made(m) for part in parts]))
    saver.add_error(group, m.DataToExport("set", data=[bar.made(m) for bar in bars]))
    for part, bar, dim in zip(parts, bars, ("Data0D", "Data1D", "Data2D"), strict=True):
        expect.data(f"/RawData/Detector000/{dim}/CH00/Data00", part, load_all=True, errors=bar.data)


@scenario
def dark_background(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """A background that is brighter than the data, in unsigned integers."""
    sample = Sample("picture", [np.array([[3, 9]], "uint16").repeat(2, 0)])
    m.DataSaverLoader(h5).add_data("/RawData", sample.made(m))
    dark = Sample("dark", [np.full((2, 2), 5, "uint16")])
    m.BkgSaver(h5).add_data("/RawData", dark.made(m), save_axes=False)
    difference = np.array([[-2, 4]], "int32").repeat(2, 0)
    expect.data("/RawData/Data00", sample, load_all=True, with_bkg=True, data=[difference])


@scenario
def rich(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """Values that pymodaq_data has no spelling for, and an uneven axis of very small steps."""
    steps = axis(0, "t", "s", np.array([0.0, 1e-9, 5e-9]))
    extra = {"nothing": None, "matrix": np.eye(2), "nested": {"a": [1, {"b": 2.5}]}, "numbers": [[1, 2], [3, 4]]}
    sample = Sample("trace", [array(3)], [steps], **extra)
    m.DataSaverLoader(h5).add_data("/RawData", sample.made(m))
    expect.data("/RawData/Data00", sample)


def rows(samples: list[Sample], nav_axes: list[Any], **other: Any) -> Sample:
    """Return what data that was appended row by row has to be."""
    first = samples[0]
    data = [np.stack([sample.data[number] for sample in samples]) for number in range(len(first.data))]
    flat = first.data[0].shape == (1,)
    signal = [(index + 1, order, label, units, values) for index, order, label, units, values in first.axes]
    stacked = Sample(
        first.name,
        [array[:, 0] for array in data] if flat else data,
        [*nav_axes, *signal],
        nav=(0,),
        units=first.units,
        origin=first.origin,
        distribution="spread",
        source=first.source,
        timestamp=first.timestamp,
        **first.extra,
    )
    stacked.labels = first.labels
    if first.errors is not None:
        errors = [np.stack([sample.errors[number] for sample in samples]) for number in range(len(first.errors))]
        stacked.errors = [array[:, 0] for array in errors] if flat else errors
    vars(stacked).update(other)
    return stacked


def appended(seed: int, *, errors: bool = False, dtype: str = "float64") -> list[Sample]:
    """Return what one acquisition gives: samples of 0, 1 and 2 dimensions."""
    extra = {"gain": 3, "operator": "me"}
    picture = [axis(0, "y", "mm", np.linspace(-1, 1, 3)), axis(1)]
    options: Any = {"errors": errors, "timestamp": 100.0 + seed, **extra}
    return [
        Sample("scalar", [array(1, seed=seed, dtype=dtype)], **options),
        Sample("spectrum", [array(5, seed=seed), array(5, seed=seed + 50)], [axis(0)], **options),
        Sample("picture", [array(3, 5, seed=seed, dtype=dtype)], picture, **options),
    ]


@scenario
def enlargeable(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """DataEnlargeableSaver: rows with one axis and with two."""
    acquisitions = [appended(seed, errors=True, dtype="uint16") for seed in range(3)]
    for number, samples in enumerate(zip(*acquisitions, strict=True)):
        for count in (1, 2):
            names, units = [f"n{order}" for order in range(count)], ["mm"] * count
            group = h5.get_set_group("/RawData", f"Group{number}{count}")
            saver = m.DataEnlargeableSaver(h5, names, units)
            for row, sample in enumerate(samples):
                saver.add_data(group, sample.made(m), axis_values=[row * 0.5 + order for order in range(count)])
            nav = [axis(0, f"n{order}", "mm", np.arange(3) * 0.5 + order, order=order) for order in range(count)]
            expect.data(f"/RawData/Group{number}{count}/EnlData00", rows(list(samples), nav), load_all=True)


@scenario
def blocks(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """DataEnlargeableSaver: data with one navigation dimension comes as a block of rows."""
    saver = m.DataEnlargeableSaver(h5)
    given = []
    for number in range(3):
        delays = axis(0, "delay", "ps", np.array([0.0, 1.5]) + 3 * number)
        block = Sample("block", [array(2, 5, seed=number)], [delays, axis(1)], nav=(0,), units="V")
        saver.add_data("/RawData", block.made(m))
        given.append(block)
    joined = Sample(
        "block",
        [np.concatenate([block.data[0] for block in given])],
        [axis(0, "delay", "ps", np.array([0.0, 1.5, 3.0, 4.5, 6.0, 7.5])), axis(1)],
        nav=(0,),
        distribution="spread",
    )
    expect.data("/RawData/EnlData00", joined, load_all=True)


@scenario
def enlargeable_sets(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """DataToExportEnlargeableSaver: an adaptive scan over two axes, with two detectors."""
    scan = h5.add_scan_group(title="adaptive")
    for detector in range(2):
        group = h5.add_det_group(scan, title=f"detector {detector}")
        saver = m.DataToExportEnlargeableSaver(h5, ["px", "py"], ["mm", "um"])
        acquisitions = [appended(10 * detector + seed, errors=True) for seed in range(2)]
        for number, samples in enumerate(acquisitions):
            dte = m.DataToExport("set", data=[sample.made(m) for sample in samples])
            saver.add_data(group, dte, axis_values=[0.5 * number, number**2])
        nav = [axis(0, "px", "mm", np.arange(2) * 0.5), axis(0, "py", "um", np.arange(2) ** 2, order=1)]
        for samples, dim in zip(zip(*acquisitions, strict=True), ("Data0D", "Data1D", "Data2D"), strict=True):
            where = f"/RawData/Scan000/Detector{detector:03d}/{dim}/CH00/EnlData00"
            expect.data(where, rows(list(samples), nav), load_all=True)


@scenario
def timed_sets(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """DataToExportTimedSaver: the logger, and data that nobody gave an origin."""
    group = h5.add_det_group(h5.raw_group, title="logger")
    saver = m.DataToExportTimedSaver(h5)
    acquisitions = [
        [*appended(seed, errors=True), Sample("nobody's", [array(1, seed=seed)], origin="")] for seed in range(3)
    ]
    for number, samples in enumerate(acquisitions):
        dte = m.DataToExport("set", data=[sample.made(m) for sample in samples])
        dte.timestamp = 1000.0 + number * 0.25
        saver.add_data(group, dte)
    nav = [axis(0, "time", "s", 1000.0 + np.arange(3) * 0.25)]
    places = ("Data0D/CH00", "Data1D/CH00", "Data2D/CH00", "Data0D/CH01")
    for samples, place in zip(zip(*acquisitions, strict=True), places, strict=True):
        sample = rows(list(samples), nav)
        expect.data(f"/RawData/Detector000/{place}/EnlData00", sample, load_all=True, origin=sample.origin or "set")


def grid(samples: list[Sample], scan: tuple[int, ...], nav_axes: list[Any], distribution: str = "uniform") -> Sample:
    """Return what data that was saved point by point has to be."""
    made = rows(samples, [])
    dims = len(scan)
    made.data = [array.reshape(*scan, *array.shape[1:]) for array in made.data]
    if made.errors is not None:
        made.errors = [array.reshape(*scan, *array.shape[1:]) for array in made.errors]
    signal = [(index + dims, order, label, units, values) for index, order, label, units, values in samples[0].axes]
    made.axes, made.distribution = [*nav_axes, *signal], distribution
    made.nav = (*range(dims), *(index + dims for index in samples[0].nav))
    return made


@scenario
def extended(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """DataExtendedSaver: scans of one, two and three dimensions, of data with and without navigation."""
    for scan in ((2,), (2, 2), (2, 1, 2)):
        points = list(np.ndindex(*scan))
        acquisitions = [appended(seed, errors=True) for seed in range(len(points))]
        for samples in acquisitions:
            line = [axis(0, "x", "um", np.array([0.0, 1.0])), axis(1)]
            samples.append(Sample("line", [array(2, 5, seed=int(samples[0].timestamp))], line, nav=(0,), timestamp=7.0))
        for samples in zip(*acquisitions, strict=True):
            group = h5.get_set_group("/RawData", f"{samples[0].name}{len(scan)}")
            saver = m.DataExtendedSaver(h5, scan)
            for point, sample in zip(points, samples, strict=True):
                saver.add_data(group, sample.made(m), list(point))
            expect.data(f"{group.path}/Data00", grid(list(samples), scan, []), load_all=True)


@scenario
def scans(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """DataToExportExtendedSaver with add_nav_axes: scans of two detectors and of one, and a spread one."""
    nav = [axis(0, "x", "um", np.linspace(0, 2, 2)), axis(1, "y", "mm", np.array([1.0, 10.0]))]
    for number in range(2):
        where = h5.add_scan_group(title="scan", settings_as_xml="<scan/>", metadata={"repeat": number})
        for detector in range(2 - number):
            group = h5.add_det_group(where, title=f"detector {detector}")
            saver = m.DataToExportExtendedSaver(h5, (2, 2))
            if not detector:
                axes = [m.Axis(label, units, data=values.copy(), index=index) for index, _, label, units, values in nav]
                saver.add_nav_axes(where, axes)
            acquisitions = [appended(100 * number + 10 * detector + seed, errors=True) for seed in range(4)]
            for point, samples in zip(np.ndindex(2, 2), acquisitions, strict=True):
                saver.add_data(group, m.DataToExport("set", data=[one.made(m) for one in samples]), list(point))
            for samples, dim in zip(zip(*acquisitions, strict=True), ("Data0D", "Data1D", "Data2D"), strict=True):
                place = f"/RawData/Scan{number:03d}/Detector{detector:03d}/{dim}/CH00/Data00"
                expect.data(place, grid(list(samples), (2, 2), nav), load_all=True)
    described = {"TITLE": "scan", "settings": "<scan/>", "repeat": 1, "type": "scan", "description": ""}
    expect.other("attributes", described, where="/RawData/Scan001", names=list(described))
    where = h5.add_scan_group(title="spread")
    group = h5.add_det_group(where, title="detector")
    saver = m.DataToExportExtendedSaver(h5, (3,))
    spread = [
        axis(0, "x", "um", np.array([3.0, 1.0, 2.0])),
        axis(0, "y", "mm", np.array([1.0, 2.0, 8.0]), order=1),
    ]
    axes = [m.Axis(label, units, data=v.copy(), index=i, spread_order=order) for i, order, label, units, v in spread]
    saver.add_nav_axes(where, axes)
    acquisitions = [appended(seed) for seed in range(3)]
    for point, samples in enumerate(acquisitions):
        dte = m.DataToExport("set", data=[one.made(m) for one in samples])
        saver.add_data(group, dte, [point], distribution=m.DataDistribution["spread"])
    for samples, dim in zip(zip(*acquisitions, strict=True), ("Data0D", "Data1D", "Data2D"), strict=True):
        place = f"/RawData/Scan002/Detector000/{dim}/CH00/Data00"
        expect.data(place, grid(list(samples), (3,), spread, "spread"), load_all=True)


@scenario
def messages(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """The log."""
    for message in ("begin", "a longer line, with an é", ""):
        h5.add_log(message)
    expect.other("log", ["begin", "a longer line, with an é", ""])


def packed(value: Any) -> Any:
    """Return a form of a value that JSON keeps."""
    if isinstance(value, np.ndarray):
        text = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"dtype": value.dtype.str, "shape": value.shape, "base64": text}
    if isinstance(value, dict):
        return {key: packed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [packed(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def unpacked(value: Any) -> Any:
    """Return what `packed` was given, with lists for tuples."""
    if isinstance(value, dict) and value.keys() == {"dtype", "shape", "base64"}:
        return np.frombuffer(base64.b64decode(value["base64"]), value["dtype"]).reshape(value["shape"])
    if isinstance(value, dict):
        return {key: unpacked(item) for key, item in value.items()}
    return [unpacked(item) for item in value] if isinstance(value, list) else value


def write(m: SimpleNamespace, name: str, path: str, backend: str = "tables", compressed: bool = False) -> Expect:
    """Save a scenario to a new file."""
    h5 = create(m, path, backend, compressed)
    expect = Expect()
    try:
        SCENARIOS[name](m, h5, expect)
    finally:
        h5.close_file()
    return expect


def half(m: SimpleNamespace, h5: Any, numbers: range) -> None:
    """Append some rows to the first detector."""
    saver = m.DataToExportTimedSaver(h5)
    for number in numbers:
        dte = m.DataToExport("set", data=[Sample("spectrum", [np.full(5, float(number))], [axis(0)]).made(m)])
        dte.timestamp = 1000.0 + number
        saver.add_data("/RawData/Detector000", dte)


@scenario
def first_half(m: SimpleNamespace, h5: Any, expect: Expect) -> None:
    """A file that somebody else goes on in."""
    h5.add_det_group(h5.raw_group)
    half(m, h5, range(2))
    h5.add_log("first")
    given = [Sample("spectrum", [np.full(5, float(number))], [axis(0)]) for number in range(2)]
    there = rows(given, [axis(0, "time", "s", np.array([1000.0, 1001.0]))])
    expect.data("/RawData/Detector000/Data1D/CH00/EnlData00", there, load_all=True)


def go_on(m: SimpleNamespace, path: str, backend: str = "tables") -> None:
    """Add the other half."""
    h5 = m.H5SaverLowLevel(backend=backend)
    h5.init_file(Path(path))
    half(m, h5, range(2, 4))
    h5.add_log("second")
    h5.close_file()


def load(m: SimpleNamespace, path: str, requests: list[dict[str, Any]], backend: str = "tables") -> list[Any]:
    """Answer requests from a file; with the error where there is one."""
    h5 = m.H5SaverLowLevel(backend=backend)
    h5.open_file(path, "r")
    answers = []
    try:
        for request in requests:
            try:
                answers.append(packed(answer(m, h5, request)))
            except Exception:
                answers.append(traceback.format_exc())
    finally:
        h5.close_file()
    return answers


def serve() -> None:
    """Do on pymodaq_data what comes in at standard input, and answer on standard output."""
    out, sys.stdout = sys.stdout, sys.stderr
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    m = model("pymodaq_data")
    version = import_module("pymodaq_data").__version__
    out.write(json.dumps({"version": version, "numpy": np.__version__}) + "\n")
    out.flush()
    for line in sys.stdin:
        task = json.loads(line)
        try:
            do = {"write": write, "go_on": go_on, "load": load}[task.pop("do")]
            reply = json.dumps({"answers": do(m, **task) if do is load else bool(do(m, **task))})
        except Exception:
            reply = json.dumps({"failed": traceback.format_exc()})
        out.write(reply + "\n")
        out.flush()


if __name__ == "__main__":
    sys.modules.update(dict.fromkeys(("matplotlib", "dask")))  # it takes a second to load them, for nothing
    serve()
