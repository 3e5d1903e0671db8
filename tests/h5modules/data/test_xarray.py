"""Through xarray and back, nothing is lost; and what xarray made can come in."""

from __future__ import annotations

import string
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from h5modules.data import (
    Axis,
    AxisError,
    DataCalculated,
    DataDim,
    DataFromPlugins,
    DataRaw,
    DataShapeError,
    DataToExport,
    DataTypeError,
    DataWithAxes,
)

xarray = pytest.importorskip("xarray")

TEXT = st.text(string.ascii_letters + string.digits + " /_-µ", max_size=6)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), NUMBERS, TEXT)
EXTRA = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(TEXT, inner, max_size=3),
    ),
    max_leaves=5,
)
COORDINATES = st.floats(-1e6, 1e6)
DTYPES = st.sampled_from(["f8", "f4", "u2", "i4", "c16", "?"])


@st.composite
def axes_of(draw: st.DrawFn, shape: tuple[int, ...], spread: int | None) -> list[Axis]:
    found = []
    for index, size in enumerate(shape):
        for order in range(draw(st.integers(1, 3)) if index == spread else draw(st.integers(0, 1))):
            if draw(st.booleans()):
                line = {"scaling": draw(st.floats(0.01, 9)), "offset": draw(COORDINATES), "size": size}
                axis = Axis(draw(TEXT), draw(TEXT), index=index, spread_order=order, **line)
            else:
                values = draw(hnp.arrays(st.sampled_from(["f8", "f4", "i4"]), size))
                axis = Axis(draw(TEXT), draw(TEXT), values, index=index, spread_order=order)
            found.append(axis)
    return found


@st.composite
def anything(draw: st.DrawFn) -> DataWithAxes:
    shape = draw(hnp.array_shapes(max_dims=4, max_side=3))
    length = draw(st.integers(1, 3))
    nav_indexes = tuple(draw(st.permutations(range(len(shape))))[: draw(st.integers(0, len(shape)))])
    spread = len(nav_indexes) == 1 and draw(st.booleans())
    kind = draw(st.sampled_from([DataWithAxes, DataRaw, DataCalculated, DataFromPlugins]))
    data = kind(
        draw(TEXT),
        **({"source": "raw"} if kind is DataWithAxes else {}),
        distribution="spread" if spread else "uniform",
        data=[draw(hnp.arrays(draw(DTYPES), shape)) for _ in range(length)],
        labels=draw(st.lists(TEXT, max_size=length)),
        origin=draw(TEXT),
        units=draw(TEXT),
        axes=draw(axes_of(shape, nav_indexes[0] if spread else None)),
        nav_indexes=nav_indexes,
        errors=[draw(hnp.arrays("f8", shape)) for _ in range(length)] if draw(st.booleans()) else None,
        timestamp=draw(st.floats(0, 2e9)),
        path=draw(TEXT),
        **draw(st.dictionaries(st.sampled_from(["gain", "tags", "pymodaq_name", "who"]), EXTRA, max_size=3)),
    )
    if draw(st.booleans()):
        data.source = "calculated"
    if draw(st.booleans()):
        data.set_dim(draw(st.sampled_from(list(DataDim))))
    return data


def everything(data: DataWithAxes) -> tuple[Any, ...]:
    """What has to come back, to the last bit and type."""
    arrays = [*data.data, *(data.errors or [])]
    axes = [
        (a.label, a.units, a.index, a.spread_order, a.get_data().dtype, a.get_data().tobytes(), a.scaling, a.offset)
        for a in data.axes
    ]
    return (
        type(data), data.name, data.source, data.dim, data.distribution, data.labels, data.origin, data.units,
        data.nav_indexes, data.timestamp, data.path, data.errors is None, data.length,
        [(array.dtype, array.shape, array.tobytes()) for array in arrays],
        sorted(axes, key=lambda axis: (axis[2], axis[3])),
        data.extra_attributes, repr([getattr(data, name) for name in data.extra_attributes]),
    )  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=60)
@given(anything())
def test_a_round_trip_loses_nothing(data: DataWithAxes) -> None:
    assert everything(DataWithAxes.from_xarray(data.to_xarray())) == everything(data)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=20)
@given(st.lists(anything(), max_size=3), TEXT, st.dictionaries(st.sampled_from(["run", "who"]), EXTRA))
def test_a_set_of_data_survives_too(data: list[DataWithAxes], name: str, extra: dict[str, Any]) -> None:
    dte = DataToExport(name, data=data, **extra)
    back = DataToExport.from_xarray(dte.to_xarray())
    assert (back.name, back.timestamp, back.extra_attributes) == (dte.name, dte.timestamp, dte.extra_attributes)
    assert [everything(dwa) for dwa in back] == [everything(dwa) for dwa in dte]


def test_extra_attributes_of_any_kind_come_back() -> None:
    thing = object()
    data = DataRaw("d", data=[np.zeros(2)], thing=thing, array=np.arange(3), nested=((1, [2, {"a": None}]), True))
    back = DataWithAxes.from_xarray(data.to_xarray())
    assert back.thing is thing
    assert back.array.tolist() == [0, 1, 2]
    assert back.nested == ((1, [2, {"a": None}]), True)


def make() -> DataRaw:
    return DataRaw(
        "cube",
        data=[np.arange(24.0).reshape(2, 3, 4)],
        labels=["reflectance"],
        axes=[Axis("y", "mm", np.array([1.0, 5.0]), index=0), Axis("wavelength", "nm", np.arange(4.0), index=2)],
        nav_indexes=(0, 1),
        units="%",
        errors=[np.ones((2, 3, 4))],
        gain=3,
    )


def test_a_dataset_reads_as_one_would_write_it() -> None:
    dataset = make().to_xarray()
    assert dict(dataset.sizes) == {"y": 2, "dim_1": 3, "wavelength": 4}
    assert set(dataset.data_vars) == {"reflectance", "reflectance_error"}
    assert dataset["wavelength"].attrs["units"] == "nm"
    assert dataset["reflectance"].attrs["units"] == "%"
    assert dataset.attrs["gain"] == 3


def test_selections_made_in_xarray_come_back_with_their_own_axes() -> None:
    dataset = make().to_xarray()
    cut = DataWithAxes.from_xarray(dataset.sel(wavelength=slice(1, 2)))
    assert (cut.shape, cut.nav_indexes) == ((2, 3, 2), (0, 1))
    assert cut.get_axis_from_label("wavelength").get_data().tolist() == [1.0, 2.0]
    line = DataWithAxes.from_xarray(dataset.isel(y=1))
    assert (line.shape, line.nav_indexes, line.units, line.gain) == ((3, 4), (0,), "%", 3)
    turned = DataWithAxes.from_xarray(dataset.transpose())
    assert (turned.nav_indexes, turned.get_axis_from_label("y").index) == ((2, 1), 2)
    single = DataWithAxes.from_xarray(dataset.isel(y=0, dim_1=0, wavelength=0))
    assert (single.shape, single[0].tolist()) == ((1,), [0.0])


def test_anybodys_dataset_comes_in() -> None:
    array = xarray.DataArray(
        np.arange(6.0).reshape(2, 3),
        dims=("time", "x"),
        coords={"time": np.array(["2024-01-01", "2024-01-02"], "M8[D]"), "x": [1, 2, 4], "place": "lab"},
        name="height",
        attrs={"units": "m"},
    )
    data = DataRaw.from_xarray(array)
    assert (type(data), data.name, data.units, data.labels) == (DataRaw, "height", "m", ["height"])
    assert [(axis.label, axis.units) for axis in data.axes] == [("time", "s"), ("x", "")]
    assert data.axes[0].scaling == 86400.0
    assert DataRaw.from_xarray(xarray.DataArray(np.zeros(3))).labels == ["CH00"]


def test_variables_and_nodes_keep_their_labels_whatever_order_a_file_gives_them() -> None:
    arrays = [np.full(2, value) for value in (3.0, 1.0, 2.0)]
    data = DataRaw("d", data=arrays, labels=["c", "a", "a"], errors=[array / 10 for array in arrays])
    dataset = data.to_xarray()
    assert everything(DataWithAxes.from_xarray(dataset[list(dataset.data_vars)[::-1]])) == everything(data)
    part = DataWithAxes.from_xarray(dataset[["a_1", "c", "c_error"]])
    assert (part.labels, [array[0] for array in part], part.errors[0][0]) == (["c", "a"], [3.0, 2.0], 0.3)
    assert np.isnan(part.errors[1]).all()
    tree = DataToExport("e", data=[data, DataRaw("b", data=arrays)]).to_xarray()
    back = DataToExport.from_xarray(
        xarray.DataTree.from_dict({"/": tree.to_dataset(), "/b": tree["b"], "/d": tree["d"]})
    )
    assert back.get_names() == ["d", "b"]


def test_what_others_added_to_a_dataset_comes_in() -> None:
    dataset = DataRaw("d", data=[np.zeros(2)], units="V").to_xarray().assign_attrs(fit="gauss", data=3)
    back = DataWithAxes.from_xarray(dataset)
    assert (back.fit, back.data_, back.extra_attributes) == ("gauss", 3, ["fit", "data_"])
    both = {"v": ("t", np.ones(2), {"units": "V"}), "w": ("t", np.ones(2), {"units": "mV"})}
    times = xarray.Dataset(both, coords={"t": np.array([1500, 2500], "m8[ms]")})
    back = DataWithAxes.from_xarray(times)
    assert [array.tolist() for array in back] == [[1.0, 1.0], [0.001, 0.001]]
    assert (back.axes[0].units, back.axes[0].get_data().tolist()) == ("s", [1.5, 2.5])


def test_what_is_no_data_is_refused() -> None:
    mixed = xarray.Dataset({"a": ("x", np.zeros(3)), "b": ("y", np.zeros(2))})
    with pytest.raises(DataShapeError, match="select variables"):
        DataRaw.from_xarray(mixed)
    with pytest.raises(DataTypeError, match="no xarray"):
        DataRaw.from_xarray(xarray.Dataset())
    with pytest.raises(DataTypeError, match="list"):
        DataRaw.from_xarray([1])
    with pytest.raises(DataTypeError, match="DataTree"):
        DataToExport.from_xarray([1])
    with pytest.raises(AxisError, match="drop_vars"):
        DataRaw.from_xarray(xarray.DataArray(np.zeros(2), dims="x", coords={"x": ["a", "b"]}))


def test_mappings_of_datasets_come_in_as_sets_of_data() -> None:
    dte = DataToExport.from_xarray({"a": make().to_xarray(), "b": make().to_xarray()}, name="both")
    assert (dte.name, len(dte), dte[1]) == ("both", 2, make())


def test_lazy_arrays_stay_lazy() -> None:
    dask = pytest.importorskip("dask.array")
    lazy = dask.zeros((4, 5, 6), chunks=(1, 5, 6), dtype=np.uint16)
    data = DataRaw("cube", data=[lazy], axes=[Axis("y", size=4), Axis("w", size=6, index=2)], nav_indexes=(0,))
    back = DataWithAxes.from_xarray(data.to_xarray())
    for one in (data, data.inav[1:3], data.isig[1, 2:4], data.mean(0), data + 1.0, data - data, back, data.T):
        assert isinstance(one[0], dask.Array)
    assert data.inav[2].shape == (5, 6)
    loaded = (data.inav[1:3] + 1).compute()
    assert isinstance(loaded[0], np.ndarray)
    assert loaded[0].sum() == 2 * 5 * 6
    assert loaded.axes[0].get_data().tolist() == [1.0, 2.0]
    floats = data * 1.5
    assert floats == floats.compute()
    assert floats != floats + 1.0
    assert floats.value() == 0.0


def test_without_xarray_the_error_names_the_extra() -> None:
    script = """
import sys
sys.modules["xarray"] = None
import numpy as np
from h5modules.data import DataRaw
try:
    DataRaw("d", data=[np.zeros(3)]).to_xarray()
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert "DataError" in done.stdout
    assert "pymodaq-hsi[lazy]" in done.stdout


def test_importing_the_data_model_imports_little() -> None:
    script = "import sys, h5modules.data; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert not loaded & {"xarray", "dask", "pint", "tables", "h5py", "PyQt5", "pymodaq_hsi", "pymodaq_data", "scipy"}
