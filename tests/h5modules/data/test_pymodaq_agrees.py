"""The same statements run on pymodaq_data and on h5modules give the same numbers, shapes, axes and units.

This file is also the script that a process of its own runs on pymodaq_data, and that prints what it found as JSON.
Where pymodaq_data is known to be wrong (units and extra attributes lost by slicing, error bars not propagated, axes
mixed up), the promise is tested elsewhere.
"""

from __future__ import annotations

import json
import linecache
import logging
import os
import subprocess
import sys
import warnings
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from h5modules.data import DataRaw

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

SLICES = [
    lambda w: w.raw2d.isig[1, 2],
    lambda w: w.raw2d.isig[0:2, :],
    lambda w: w.raw2d.isig[:, 1:3],
    lambda w: w.raw2d.isig[..., 1],
    lambda w: w.raw2d.isig[1:2, :],
    lambda w: w.raw2d.isig[1:2, 1:2],
    lambda w: w.raw2d.vsig[0.0:1.0, 1.0:2.0],
    lambda w: w.raw2d.vsig[1.0, 2.0],
    lambda w: w.raw2d.inav[:],
    lambda w: w.raw1d.isig[1],
    lambda w: w.raw1d.isig[1:3],
    lambda w: w.raw1d.isig[-2:],
    lambda w: w.raw1d.isig[::2],
    lambda w: w.raw1d.vsig[1.2:3.4],
    lambda w: w.raw1d.vsig[1.0:30.0],
    lambda w: w.raw1d.vsig[-30.0:2.0],
    lambda w: w.raw1d.vsig[:2.0],
    lambda w: w.raw1d.vsig[2.2],
    lambda w: w.scan.inav[0, 1],
    lambda w: w.scan.inav[:, 1],
    lambda w: w.scan.inav[0:1, :],
    lambda w: w.scan.inav[0:1, 1:3],
    lambda w: w.scan.inav[0:2, 1:3],
    lambda w: w.scan.inav[0, ...],
    lambda w: w.scan.inav[0, 1].isig[2],
    lambda w: w.scan.isig[1],
    lambda w: w.scan.isig[1:3],
    lambda w: w.scan.vnav[1.0, 1.0],
    lambda w: w.scan.vsig[1.0:2.5],
    lambda w: w.scan.vsig[3.0],
    lambda w: w.spread.inav[0],
    lambda w: w.spread.inav[0:2],
    lambda w: w.spread.inav[1, 1],
    lambda w: w.spread.isig[1],
    lambda w: w.spread.isig[1:3],
]
"""Give data; pymodaq_data forgets its class and units."""

STATEMENTS = [
    lambda w: w.spread.sort_data(),
    lambda w: w.spread.sort_data(spread_index=1),
    lambda w: w.raw1d.sort_data(),
    lambda w: w.unsorted.sort_data(),
    lambda w: w.raw2d.mean(),
    lambda w: w.raw2d.mean(axis=1),
    lambda w: w.raw2d.sum(),
    lambda w: w.raw2d.sum(axis=1),
    lambda w: w.raw2d.mean(axis=(0, 1)),
    lambda w: w.raw1d.mean(),
    lambda w: w.scan.mean(0),
    lambda w: w.scan.mean(1),
    lambda w: w.scan.mean(2),
    lambda w: w.scan.sum(2),
    lambda w: w.spread.mean(0),
    lambda w: w.spread.mean(1),
    lambda w: np.max(w.raw2d),
    lambda w: np.min(w.raw2d, axis=0),
    lambda w: np.max(w.scan, axis=(0, 1)),
    lambda w: np.std(w.raw2d),
    lambda w: np.std(w.raw2d, axis=1),
    lambda w: np.mean(w.raw2d),
    lambda w: np.sum(w.scan, axis=0),
    lambda w: np.max(w.raw2d, axis=1, keepdims=True),
    lambda w: np.argmax(w.plain, axis=0),
    lambda w: np.argmin(w.plain),
    lambda w: w.raw2d + w.volts,
    lambda w: w.raw2d - w.volts,
    lambda w: w.raw2d + w.millivolts,
    lambda w: w.millivolts - w.raw2d,
    lambda w: w.raw2d * w.seconds,
    lambda w: w.raw2d * w.millivolts,
    lambda w: w.raw2d / w.seconds,
    lambda w: w.raw2d / w.millivolts,
    lambda w: w.raw2d * 2,
    lambda w: 2 * w.raw2d,
    lambda w: w.raw2d / 2,
    lambda w: w.raw2d**2,
    lambda w: w.raw2d**0.5,
    lambda w: -w.raw2d,
    lambda w: +w.raw2d,
    lambda w: abs(w.raw2d),
    lambda w: w.raw2d * np.ones((3, 4)),
    lambda w: np.ones((3, 4)) * w.raw2d,
    lambda w: w.plain + 1,
    lambda w: 1 - w.plain,
    lambda w: w.plain + np.ones((3, 4)),
    lambda w: w.plain // 2,
    lambda w: w.plain % 2,
    lambda w: 2**w.plain,
    lambda w: np.sqrt(w.raw2d),
    lambda w: np.square(w.raw2d),
    lambda w: np.exp(w.plain),
    lambda w: np.log(w.plain),
    lambda w: np.sin(w.plain),
    lambda w: np.cos(w.plain),
    lambda w: np.hypot(w.plain, w.plain),
    lambda w: np.maximum(w.plain, 3),
    lambda w: np.add(w.raw2d, w.millivolts),
    lambda w: np.isfinite(w.plain),
    lambda w: np.greater(w.plain, 4),
    lambda w: np.conj(w.complex1d),
    lambda w: w.complex1d.abs(),
    lambda w: w.complex1d.real(),
    lambda w: w.complex1d.imag(),
    lambda w: w.complex1d.angle(),
    lambda w: np.roll(w.raw2d, 1),
    lambda w: np.roll(w.raw2d, 1, axis=0),
    lambda w: np.pad(w.raw2d, 1),
    lambda w: np.pad(w.raw2d, ((1, 0), (0, 2)), mode="edge"),
    lambda w: np.all(w.plain, axis=0),
    lambda w: np.any(w.plain),
    lambda w: np.unwrap(w.plain),
    lambda w: w.raw2d.average(w.volts, 1),
    lambda w: w.raw2d.average(w.volts, 3),
    lambda w: w.plain.average(w.plain * 3, 2),
    lambda w: w.raw2d.deepcopy(),
    lambda w: w.raw2d.deepcopy_with_new_data([np.zeros((3, 4))]),
    lambda w: w.raw2d.deepcopy_with_new_data([np.zeros(4)], remove_axes_index=0),
    lambda w: w.scan.deepcopy_with_new_data([np.zeros((3, 4))], remove_axes_index=[0]),
    lambda w: w.scan.deepcopy_with_new_data([np.zeros((2, 4))], remove_axes_index=[1]),
    lambda w: w.scan.deepcopy_with_new_data([np.zeros((2, 3))], remove_axes_index=2),
    lambda w: w.spread.deepcopy_with_new_data([np.zeros(4)], remove_axes_index=0),
    lambda w: w.raw2d.units_as("mV", inplace=False),
    lambda w: w.millivolts.units_as("V", inplace=False),
    lambda w: w.raw2d.errors_as_dwa(),
    lambda w: w.raw2d.pop(0),
    lambda w: w.appended(w.raw2d, w.millivolts),
    lambda w: w.both.merge_as_dwa("Data2D"),
    lambda w: w.both.get_data_from_dim("Data1D")[0],
    lambda w: w.both.get_data_from_name("raw2d"),
    lambda w: w.both.get_data_from_full_name("bench/raw1d"),
    lambda w: w.both.get_data_from_source("raw")[1],
    lambda w: (w.numbers + w.more)[1],
    lambda w: np.flipud(w.raw2d),
    lambda w: np.fliplr(w.raw2d),
    lambda w: (w.both * 2)[1],
    lambda w: (w.both / 2)[0],
    lambda w: w.both.average(w.both * 3, 1)[0],
    lambda w: w.DataRaw("d", data=[np.zeros((2, 4, 5))], nav_indexes=(2, 0)),
    lambda w: w.DataRaw("d", data=[np.zeros((2, 4, 5))]),
    lambda w: w.DataRaw("d", data=[np.zeros((5, 1))]),
    lambda w: w.DataRaw("d", data=[np.zeros(1)]),
    lambda w: w.DataRaw("d", data=[np.zeros((1, 4))]),
    lambda w: w.DataRaw("d", data=[np.zeros(5)], nav_indexes=(0,)),
    lambda w: w.DataRaw("d", data=[np.zeros(3), np.ones(3)], labels=["only"]),
    lambda w: w.DataRaw("d", data=4.5),
    lambda w: w.DataCalculated("d", data=[np.zeros(3)]),
    lambda w: w.DataFromRoi("d", data=[np.zeros(3)]),
]
"""Give data."""

VALUES = [
    lambda w: w.raw2d == w.raw2d.deepcopy(),
    lambda w: w.raw2d == w.volts,
    lambda w: w.raw2d == w.raw2d.units_as("mV", inplace=False),
    lambda w: w.raw2d == w.raw1d,
    lambda w: w.raw2d > -1,
    lambda w: w.raw2d < 5,
    lambda w: w.raw2d <= 11,
    lambda w: w.raw2d != w.raw2d,
    lambda w: w.plain == 3,
    lambda w: w.plain > w.plain * 0.5,
    lambda w: bool(w.plain),
    lambda w: bool(w.raw2d),
    lambda w: w.raw2d.value(),
    lambda w: w.raw2d.values(),
    lambda w: w.raw2d.value("mV"),
    lambda w: len(w.raw2d),
    lambda w: w.raw2d.length,
    lambda w: w.raw2d.size,
    lambda w: w.raw2d.get_full_name(),
    lambda w: w.raw2d.stack_as_array().shape,
    lambda w: w.raw2d.stack_as_array(axis=-1).shape,
    lambda w: w.scan.get_data_dimension(),
    lambda w: w.scan.get_axis_indexes(),
    lambda w: w.scan.n_axes,
    lambda w: w.scan.axes_manager.nav_shape,
    lambda w: w.scan.axes_manager.sig_shape,
    lambda w: w.scan.axes_manager.get_shape_from_index(1),
    lambda w: [axis.label for axis in w.scan.get_nav_axes()],
    lambda w: [axis.label for axis in w.scan.get_nav_axes_with_data()],
    lambda w: [axis.label for axis in w.spread.get_axis_from_index(0)],
    lambda w: w.spread.get_axis_from_index_spread(0, 1).label,
    lambda w: w.scan.get_axis_from_label("y").index,
    lambda w: w.scan.check_axes_linear(),
    lambda w: w.unsorted.check_axes_linear(),
    lambda w: w.DataRaw("d", data=[np.zeros(3)]).get_axis_from_index(0),
    lambda w: len(w.DataRaw("d", data=[np.zeros(3)]).get_axis_from_index(0, create=True)[0]),
    lambda w: w.both.get_names(),
    lambda w: w.both.get_names("Data1D"),
    lambda w: w.both.get_full_names(),
    lambda w: w.both.get_full_names("Data2D"),
    lambda w: w.both.get_origins(),
    lambda w: w.both.get_dim_presents(),
    lambda w: w.both.get_data_from_name("nobody"),
    lambda w: w.both.get_data_from_name_origin("raw1d", "bench").name,
    lambda w: w.both.index(w.raw1d),
    lambda w: w.both.index_from_name_origin("raw1d", "bench"),
    lambda w: len(w.both),
    lambda w: [dwa.name for dwa in w.both],
    lambda w: [dwa.name for dwa in w.both[0:1]],
    lambda w: [dwa.name for dwa in w.both.get_data_from_sig_axes(1)],
    lambda w: [dwa.name for dwa in w.both.get_data_from_Naxes(2)],
    lambda w: [dwa.name for dwa in w.both.get_data_from_missing_attribute("foo")],
    lambda w: [dwa.name for dwa in w.both.get_data_from_attribute("foo", "bar")],
    lambda w: [dwa.name for dwa in w.both.get_data_from_names(["raw1d"])],
    lambda w: [dwa.name for dwa in w.both.get_data_from_origins("bench")],
    lambda w: [dwa.name for dwa in w.raw2d.split_as_dte()],
    lambda w: w.raw2d.as_dte("q").name,
    lambda w: w.Axis("x", "nm", np.linspace(400, 900, 6)).scaling,
    lambda w: w.Axis("x", "nm", np.linspace(400, 900, 6)).offset,
    lambda w: w.Axis("x", "nm", np.linspace(400, 900, 6)).data,
    lambda w: w.Axis("x", "nm", np.array([1.0, 2.0, 4.0])).scaling,
    lambda w: w.Axis("x", "nm", np.array([1.0, 2.0, 4.0])).data.tolist(),
    lambda w: w.Axis("x", scaling=2, offset=1, size=4).get_data().tolist(),
    lambda w: w.Axis("x", data=np.array([3.0])).scaling,
    lambda w: w.Axis("x", data=np.array([1.0, 5.0, 2.0])).find_index(4.2),
    lambda w: w.Axis("x", data=np.array([1.0, 5.0, 2.0])).find_indexes([4.2, 0.0]),
    lambda w: w.Axis("x", data=np.array([1.0, 5.0, 2.0])).mean(),
    lambda w: w.Axis("x", data=np.array([1.0, 5.0, 2.0])).max(),
    lambda w: (w.Axis("x", data=np.arange(4.0)) * 2).get_data().tolist(),
    lambda w: (w.Axis("x", data=np.arange(4.0)) + 3).get_data().tolist(),
    lambda w: w.Axis("x", data=np.arange(5.0)).iaxis[1:3].get_data().tolist(),
    lambda w: w.Axis("x", data=np.arange(5.0)).iaxis[-1].get_data().tolist(),
    lambda w: w.Axis("x", data=np.arange(5.0)).vaxis[1.0:3.4].get_data().tolist(),
    lambda w: w.Axis("x", data=np.arange(5.0)[::-1]).vaxis[3.0:1.0].get_data().tolist(),
    lambda w: w.Axis("x", data=np.arange(5.0)).vaxis[-10.0:30.0].get_data().tolist(),
    lambda w: w.Axis("x", data=np.arange(5.0)).get_data_at([1, 2]).tolist(),
    lambda w: w.Axis("x", "mm", np.arange(3.0)) == w.Axis("x", "m", np.arange(3.0) / 1000),
    lambda w: w.Axis("x", data=np.arange(3.0)) == w.Axis("y", data=np.arange(3.0)),
    lambda w: w.Axis("x", data=np.arange(3.0)) == w.Axis("x", data=np.arange(3.0), index=1),
    lambda w: w.flipped(w.Axis("x", data=np.arange(3.0))),
    lambda w: [
        w.DataDim["Data1D"] < w.DataDim["Data2D"],
        w.DataDim["DataND"] >= w.DataDim["Data0D"],
        w.DataDim["Data2D"].dim_index,
    ],
    lambda w: w.DataDim.from_data_array(np.zeros((3, 4))).name,
    lambda w: w.DataRaw.get_origin_name_from_full_name("a/b"),
    lambda w: w.raw2d.foo,
    lambda w: w.raw2d.extra_attributes,
]
"""Give what JSON can hold."""

BAD = [
    lambda w: w.Axis(label=24),
    lambda w: w.Axis(units=42),
    lambda w: w.Axis(index=1.0),
    lambda w: w.Axis(index=-2),
    lambda w: w.Axis("x", data=[1, 2, 3]),
    lambda w: w.Axis("x", data=np.zeros((2, 2))),
    lambda w: w.DataRaw("d"),
    lambda w: w.DataRaw("d", data=[]),
    lambda w: w.DataRaw("d", data=["a"]),
    lambda w: w.DataRaw("d", data=[3.0]),
    lambda w: w.DataRaw("d", data=[np.zeros(3), np.zeros(4)]),
    lambda w: w.DataRaw("d", data=[np.zeros((3, 4))], dim="foo"),
    lambda w: w.DataWithAxes("d", data=[np.zeros(3)]),
    lambda w: w.DataRaw("d", data=[np.zeros((3, 4))], axes=[np.arange(3)]),
    lambda w: w.DataRaw("d", data=[np.zeros((3, 4))], axes=[w.Axis("x", data=np.arange(3.0), index=3)]),
    lambda w: w.DataRaw("d", data=[np.zeros((2, 4, 5))], nav_indexes=1),
    lambda w: w.DataToExport("d", data=w.raw2d),
    lambda w: w.DataToExport("d", data=[np.zeros(3)]),
    lambda w: w.raw2d.units_as("s"),
    lambda w: w.raw2d[4],
    lambda w: w.raw2d["x"],
    lambda w: w.raw2d.pop(5),
    lambda w: w.raw2d.get_axis_from_index(7),
    lambda w: w.raw2d.mean(axis=5),
    lambda w: w.both[9],
    lambda w: w.both["nobody"],
    lambda w: w.both.get_data_from_dim("foo"),
    lambda w: w.both.index(w.plain),
    lambda w: w.both.remove(w.plain),
    lambda w: w.both.index_from_name_origin("nobody", "bench"),
    lambda w: w.DataRaw("d", data=[np.zeros(3)], distribution="nowhere"),
]
"""Raise."""

HANDLED = {"TypeError", "ValueError", "IndexError", "DataShapeError", "DataUnitError"}


def world(model: ModuleType) -> SimpleNamespace:
    """Return fresh objects, so that no statement sees what another did."""

    def axis(n: int, index: int, units: str, label: str) -> Any:
        return model.Axis(label, units, np.linspace(0, n - 1, n), index=index)

    def axes() -> list[Any]:
        return [axis(3, 0, "s", "a0"), axis(4, 1, "nm", "a1")]

    def appended(dwa: Any, other: Any) -> Any:
        dwa.append(other)
        return dwa

    def flipped(one: Any) -> Any:
        one.flip()
        return one.get_data().tolist()

    raw = model.DataRaw
    plane = np.arange(12.0).reshape(3, 4)
    bars = [np.full((3, 4), 0.5)]
    raw2d = raw("raw2d", data=[plane], axes=axes(), units="V", errors=bars, foo="bar", origin="bench", labels=["L"])
    raw1d = raw("raw1d", data=[np.array([1.0, 4.0, 2.0, 8.0, 5.0])], axes=[axis(5, 0, "nm", "x")], origin="bench")
    points = [
        model.Axis("px", "m", np.array([1.0, 5.0, 2.0, 4.0]), index=0, spread_order=0),
        model.Axis("py", "s", np.array([3.0, 1.0, 2.0, 7.0]), index=0, spread_order=1),
    ]
    return SimpleNamespace(
        raw2d=raw2d,
        raw1d=raw1d,
        volts=raw("volts", data=[plane[::-1] + 1.0], axes=axes(), units="V", origin="bench", labels=["L"]),
        millivolts=raw("millivolts", data=[np.full((3, 4), 2.0)], axes=axes(), units="mV", origin="bench"),
        seconds=raw("seconds", data=[np.full((3, 4), 4.0)], axes=axes(), units="s"),
        plain=raw("plain", data=[plane + 1.0]),
        complex1d=raw("complex1d", data=[np.array([1 + 1j, -2.0, 3j])], axes=[axis(3, 0, "s", "t")]),
        unsorted=raw("unsorted", data=[np.arange(4.0)], axes=[model.Axis("x", data=np.array([3.0, 1.0, 7.0, 2.0]))]),
        scan=raw(
            "scan",
            data=[np.arange(24.0).reshape(2, 3, 4)],
            nav_indexes=(0, 1),
            units="V",
            axes=[axis(2, 0, "s", "x"), axis(3, 1, "m", "y"), axis(4, 2, "nm", "w")],
        ),
        spread=raw(
            "spread",
            distribution="spread",
            data=[np.arange(16.0).reshape(4, 4)],
            nav_indexes=(0,),
            axes=[*points, axis(4, 1, "nm", "w")],
            units="V",
        ),
        both=model.DataToExport("both", data=[raw2d, raw1d]),
        more=model.DataToExport("more", data=[raw("a", data=[np.ones(3)]), raw("b", data=[np.ones(2)])]),
        numbers=model.DataToExport(
            "numbers", data=[raw("one", data=[np.ones(3)]), raw("two", data=[np.ones(2)], origin="bench")]
        ),
        appended=appended,
        flipped=flipped,
        Axis=model.Axis,
        DataCalculated=model.DataCalculated,
        DataDim=model.DataDim,
        DataFromRoi=model.DataFromRoi,
        DataRaw=model.DataRaw,
        DataToExport=model.DataToExport,
        DataWithAxes=model.DataWithAxes,
    )


def text(statement: Callable[[Any], Any]) -> str:
    """Return the statement as it stands in this file."""
    code = statement.__code__
    line = linecache.getline(code.co_filename, code.co_firstlineno).strip()
    return f"{code.co_firstlineno}: {line}"


def seen(dwa: Any) -> dict[str, Any]:
    """Return what both are compared by."""
    return {
        "kind": type(dwa).__name__,
        "name": dwa.name,
        "source": dwa.source.name,
        "distribution": dwa.distribution.name,
        "origin": dwa.origin,
        "labels": list(dwa.labels),
        "units": dwa.units,
        "shape": list(dwa.shape),
        "nav": [int(index) for index in dwa.nav_indexes],
        "sig": [int(index) for index in dwa.sig_indexes],
        "data": [[[float(x.real), float(x.imag)] for x in array.ravel()] for array in dwa.data],
        "axes": sorted([a.index, a.spread_order, a.label, a.units, a.get_data().tolist()] for a in dwa.axes),
    }


def outcomes(model: ModuleType) -> dict[str, Any]:
    """Run everything; for what is bad, the names of the error's classes."""
    found: dict[str, Any] = {text(statement): seen(statement(world(model))) for statement in SLICES + STATEMENTS}
    for statement in VALUES:
        value = statement(world(model))
        found[text(statement)] = value.item() if isinstance(value, np.generic) else value
    for statement in BAD:
        try:
            statement(world(model))
            found[text(statement)] = []
        except Exception as error:
            found[text(statement)] = [kind.__name__ for kind in type(error).__mro__]
    return found


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run this file on pymodaq_data, whose configuration goes to a home of its own."""
    home = str(tmp_path_factory.mktemp("home"))
    environment = os.environ | {"HOME": home, "USERPROFILE": home}
    command = [sys.executable, __file__]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.partition("JSON")[2])


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = outcomes(import_module("h5modules.data"))
    return json.loads(json.dumps(found))


def scale(source: str, target: str) -> float:
    """Return the factor between two ways to write units; none if they measure different things."""
    return DataRaw("one", data=[np.ones(1)], units=source).units_as(target, inplace=False).value()


@pytest.mark.parametrize("statement", SLICES + STATEMENTS, ids=text)
def test_statements_give_the_same_data(statement: Any, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    mine, other = ours[text(statement)], theirs[text(statement)]
    forgotten = {"kind", "units"} if statement in SLICES else set()
    factor = 1.0 if forgotten else scale(other["units"], mine["units"])
    compared = set(mine) - forgotten - {"data", "axes", "units"}
    assert {key: mine[key] for key in compared} == {key: other[key] for key in compared}
    assert np.asarray(mine["data"]) == pytest.approx(np.asarray(other["data"]) * factor, rel=1e-12, abs=1e-14)
    assert [axis[:4] for axis in mine["axes"]] == [axis[:4] for axis in other["axes"]]
    for axis, peer in zip(mine["axes"], other["axes"], strict=True):
        assert axis[4] == pytest.approx(peer[4], rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("statement", VALUES, ids=text)
def test_values_are_the_same(statement: Any, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    mine, other = ours[text(statement)], theirs[text(statement)]
    assert mine == pytest.approx(other) if isinstance(other, float) else mine == other


@pytest.mark.parametrize("statement", BAD, ids=text)
def test_what_pymodaq_refuses_is_refused_with_an_error_that_the_same_handler_catches(
    statement: Any, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    assert theirs[text(statement)], "pymodaq_data accepts it"
    assert "H5ModulesError" in ours[text(statement)]
    assert HANDLED & set(theirs[text(statement)]) & set(ours[text(statement)])


def test_datasets_of_either_come_in_at_the_other(theirs: dict[str, Any]) -> None:
    assert len(theirs["doors"]) == 6
    for made, read in theirs["doors"].values():
        assert {key: read[key] for key in set(read) - {"kind"}} == {key: made[key] for key in set(made) - {"kind"}}


def doors(theirs: ModuleType) -> dict[str, Any]:
    """Return what comes out of a dataset, for the one who made it and the other."""
    ours = import_module("h5modules.data")
    found = {}
    for name in ("raw2d", "scan", "spread"):
        for maker, reader in ((ours, theirs), (theirs, ours)):
            made = getattr(world(maker), name)
            read = seen(reader.DataWithAxes.from_xarray(made.to_xarray()))
            found[f"{name} from {maker.__name__}"] = [seen(made), read]
    return found


if __name__ == "__main__":
    sys.modules.update(dict.fromkeys(("matplotlib", "dask")))  # it takes a second to load them, for nothing
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    peer = import_module("pymodaq_data.data")
    print("JSON" + json.dumps(outcomes(peer) | {"doors": doors(peer)}))
