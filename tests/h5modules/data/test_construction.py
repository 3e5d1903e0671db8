"""What data takes, what it refuses, and what it keeps."""

from __future__ import annotations

import copy
import pickle
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

import h5modules.data
from h5modules.data import (
    Axis,
    AxisError,
    DataBase,
    DataCalculated,
    DataDim,
    DataDimWarning,
    DataDistribution,
    DataError,
    DataFromPlugins,
    DataIndexError,
    DataLengthError,
    DataRaw,
    DataShapeError,
    DataSource,
    DataToExport,
    DataTypeError,
    DataTypeWarning,
    DataUnitError,
    DataWithAxes,
    UnknownMember,
)
from h5modules.errors import H5ModulesError

if TYPE_CHECKING:
    from collections.abc import Callable

PLANE = np.arange(12.0).reshape(3, 4)


def test_everything_that_was_given_is_there() -> None:
    before = time.time()
    data = DataWithAxes(
        "frame",
        "raw",
        "Data2D",
        data=[PLANE, PLANE + 1],
        labels=["a"],
        origin="camera",
        units="counts",
        axes=[Axis("x", "mm", np.arange(4.0), index=1)],
        errors=[PLANE * 0.1, PLANE * 0.2],
        gain=2,
    )
    assert (data.name, data.origin, data.units, data.labels) == ("frame", "camera", "counts", ["a", "CH01"])
    assert (data.dim, data.source, data.distribution) == (DataDim.Data2D, DataSource.raw, DataDistribution.uniform)
    assert (data.shape, data.size, data.length, data.dtype) == ((3, 4), 12, 2, np.float64)
    assert (data.gain, data.extra_attributes, data.path) == (2, ["gain"], "")
    assert data.data[0] is PLANE
    assert data.errors[1][0, 1] == pytest.approx(0.2)
    assert before <= data.timestamp <= time.time()
    assert repr(data) == "<DataWithAxes: frame <u: counts> <len:2> (|3, 4)>"


@pytest.mark.parametrize(
    ("shape", "nav_indexes", "dim", "text"),
    [
        ((1,), (), "Data0D", "(|1)"),
        ((5,), (), "Data1D", "(|5)"),
        ((0,), (), "Data1D", "(|0)"),
        ((1, 1), (), "Data2D", "(|1, 1)"),
        ((2, 3, 4), (), "DataND", "(|2, 3, 4)"),
        ((5,), (0,), "DataND", "(5|)"),
        ((5, 1), (0,), "DataND", "(5|1)"),
        ((2, 4, 5), (2, 0), "DataND", "(5, 2|4)"),
    ],
)
def test_dimensionality_follows_from_shape_and_navigation(
    shape: tuple[int, ...], nav_indexes: tuple[int, ...], dim: str, text: str
) -> None:
    data = DataRaw("d", data=[np.zeros(shape)], nav_indexes=nav_indexes)
    assert data.dim.name == dim
    assert data.get_data_dimension() == text
    assert set(data.nav_indexes) | set(data.sig_indexes) == set(range(len(shape)))
    assert not set(data.nav_indexes) & set(data.sig_indexes)


def test_another_dimensionality_is_replaced_with_a_warning() -> None:
    with pytest.warns(DataDimWarning, match="Data1D.*Data2D"):
        assert DataRaw("d", dim="Data1D", data=[PLANE]).dim is DataDim.Data2D
    data = DataRaw("d", data=[PLANE])
    data.set_dim("data1d")
    assert data.dim is DataDim.Data1D


def test_a_bare_array_or_number_is_taken_with_a_warning() -> None:
    with pytest.warns(DataTypeWarning, match=r"data=\[array\]"):
        assert DataRaw("d", data=PLANE).shape == (3, 4)
    with pytest.warns(DataTypeWarning):
        assert DataRaw("d", data=4.5)[0].tolist() == [4.5]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: DataRaw("d"), DataTypeError, "list of at least one array"),
        (lambda: DataRaw("d", data=[]), DataTypeError, "at least one"),
        (lambda: DataRaw("d", data="abc"), DataTypeError, "'abc'"),
        (lambda: DataRaw("d", data=[3.0]), DataTypeError, "3.0"),
        (lambda: DataRaw("d", data=[np.array(3.0)]), DataTypeError, "at least one dimension"),
        (lambda: DataRaw("d", data=[[1, 2]]), DataTypeError, "list"),
        (lambda: DataRaw("d", data=[np.array(["a"])]), DataTypeError, "<U1"),
        (lambda: DataRaw("d", data=[np.array([None])]), DataTypeError, "object"),
        (lambda: DataRaw("d", data=[np.array(["2020"], "M8[D]")]), DataTypeError, "datetime64"),
        (lambda: DataRaw("d", data=[PLANE, PLANE.T]), DataShapeError, r"\(3, 4\), \(4, 3\)"),
        (lambda: DataRaw("d", data=[PLANE], labels=["a", "b"]), DataLengthError, "2 labels"),
        (lambda: DataRaw("d", data=[PLANE], labels="ab"), DataTypeError, "labels"),
        (lambda: DataRaw("d", data=[PLANE], units=None), DataTypeError, "units"),
        (lambda: DataRaw("d", data=[PLANE], dim="Data5D"), UnknownMember, "Data0D, Data1D"),
        (lambda: DataWithAxes("d", data=[PLANE]), UnknownMember, "raw, calculated"),
        (lambda: DataRaw("d", data=[PLANE], distribution="x"), UnknownMember, "spread"),
        (lambda: DataRaw("d", data=[PLANE], errors=PLANE), DataTypeError, "list of arrays"),
        (lambda: DataRaw("d", data=[PLANE], errors=[PLANE] * 2), DataLengthError, "1 arrays and 2"),
        (lambda: DataRaw("d", data=[PLANE], errors=[PLANE.T]), DataShapeError, r"\(4, 3\)"),
        (lambda: DataRaw("d", data=[PLANE], errors=[None]), DataTypeError, "None"),
        (lambda: DataRaw("d", data=[PLANE], errors=[PLANE * 1j]), DataTypeError, "complex"),
        (lambda: DataRaw("d", data=[PLANE], axes=Axis(size=3)), DataTypeError, "axes="),
        (lambda: DataRaw("d", data=[PLANE], axes=[np.arange(3)]), DataTypeError, "ndarray"),
        (lambda: DataRaw("d", data=[PLANE], axes=[Axis("x", size=5)]), DataShapeError, "'x' has 5 points"),
        (lambda: DataRaw("d", data=[PLANE], axes=[Axis(data=np.array([]))]), DataShapeError, "0 points"),
        (lambda: DataRaw("d", data=[PLANE], axes=[Axis("x", index=2)]), DataIndexError, "dimensions 0 to 1"),
        (lambda: DataRaw("d", data=[PLANE], axes=[Axis("a"), Axis("b")]), AxisError, "'a' and 'b' both have index 0"),
        (lambda: DataRaw("d", data=[PLANE], nav_indexes=(2,)), DataIndexError, "0 to 1"),
        (lambda: DataRaw("d", data=[PLANE], nav_indexes=(-1,)), DataIndexError, "0 to 1"),
        (lambda: DataRaw("d", data=[PLANE], nav_indexes=(0, 0)), DataIndexError, "once"),
        (lambda: DataRaw("d", data=[PLANE], nav_indexes=1), DataTypeError, "tuple"),
        (lambda: DataRaw("d", data=[PLANE], distribution="spread", nav_indexes=(0, 1)), AxisError, "one navigation"),
        (lambda: DataRaw("d", data=[PLANE], shape=3), DataError, "choose another name"),
        (lambda: DataRaw("d", data=[PLANE], x_axis=Axis()), DataError, "pass axes="),
        (lambda: DataToExport("d", data=DataRaw("d", data=[PLANE])), DataTypeError, r"\[data\]"),
        (lambda: DataToExport("d", data=[PLANE]), DataTypeError, "ndarray"),
    ],
)
def test_bad_input_is_refused_with_what_is_wrong(make: Callable[[], object], error: type, words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        make()
    assert isinstance(caught.value, H5ModulesError)


def test_two_axes_of_spread_data_share_an_index_and_are_told_apart() -> None:
    axes = [Axis("x", data=np.array([3.0, 1.0, 2.0])), Axis("y", data=np.arange(3.0)), Axis("w", size=4, index=1)]
    data = DataRaw("d", distribution="spread", data=[PLANE], nav_indexes=(0,), axes=axes)
    assert [(axis.label, axis.spread_order) for axis in data.get_axis_from_index(0)] == [("x", 0), ("y", 1)]
    assert axes[1].spread_order == 0
    assert data.get_axis_from_index_spread(0, 1).label == "y"
    assert [axis.label for axis in data.get_nav_axes()] == ["x", "y"]
    with pytest.raises(AxisError, match="both have index 1"):
        DataRaw("d", distribution="spread", data=[PLANE], nav_indexes=(0,), axes=[*axes, Axis("v", size=4, index=1)])


def test_spread_data_without_navigation_is_uniform() -> None:
    assert DataRaw("d", distribution="spread", data=[PLANE]).distribution is DataDistribution.uniform


def test_an_axis_without_points_takes_the_size_of_its_dimension_and_stays_as_it_was() -> None:
    axis = Axis("x", "mm", scaling=0.5, offset=1.0, index=1)
    data = DataRaw("d", data=[PLANE], axes=[axis])
    assert data.axes[0].get_data().tolist() == [1.0, 1.5, 2.0, 2.5]
    assert axis.size == 0


def test_missing_axes_are_made_up_only_when_asked_for() -> None:
    data = DataRaw("d", data=[np.zeros((3, 1, 4))], nav_indexes=(0,))
    assert data.get_axis_from_index(0) == [None]
    assert data.get_axis_from_index_create(0)[0].get_data().tolist() == [0.0, 1.0, 2.0]
    assert data.get_nav_axes() == []
    assert len(data.get_nav_axes_with_data()) == 1
    assert data.axes == []
    data.create_missing_axes()
    assert data.get_axis_indexes() == [0, 2]
    with pytest.raises(DataIndexError, match="0 to 2"):
        data.get_axis_from_index(3)


def test_extra_attributes_can_be_added_and_changed() -> None:
    data = DataRaw("d", data=[PLANE], timestamp=12.0, path="/RawData/Data00", averaged=True, n_averaged=4)
    data.add_extra_attribute(gain=1)
    data.add_extra_attribute(gain=2)
    assert (data.gain, data.extra_attributes) == (2, ["averaged", "n_averaged", "gain"])
    assert (data.timestamp, data.path, data.averaged, data.n_averaged) == (12.0, "/RawData/Data00", True, 4)
    with pytest.raises(DataError, match="'units'"):
        data.add_extra_attribute(units=3)


def test_kinds_of_data_have_their_source() -> None:
    assert DataRaw("d", data=[PLANE]).source is DataSource.raw
    assert DataCalculated("d", data=[PLANE]).source is DataSource.calculated
    plugin = DataFromPlugins("d", data=[PLANE], do_save=False)
    assert (plugin.source, plugin.do_plot, plugin.do_save) == (DataSource.raw, True, False)
    assert plugin.extra_attributes == ["do_plot", "do_save"]


def test_setters_check_what_they_are_given() -> None:
    data = DataRaw("d", data=[PLANE], axes=[Axis("x", size=4, index=1)], errors=[PLANE], units="V")
    with pytest.raises(DataShapeError, match="'x' has 4 points"):
        data.data = [np.zeros((3, 5))]
    assert data[0] is PLANE
    data.data = [PLANE, PLANE]
    assert (data.errors, data.labels) == (None, ["CH00", "CH01"])
    data.axes = []
    data.data = [np.zeros((2, 5))]
    assert data.shape == (2, 5)
    data.nav_indexes = (0,)
    assert (data.dim, data.sig_indexes) == (DataDim.DataND, (1,))
    data.units = "mV"
    with pytest.raises(DataUnitError):
        data.units = "s"
    with pytest.raises(DataLengthError):
        data.labels = ["a", "b", "c"]
    with pytest.raises(DataShapeError):
        data.errors = [np.zeros((2, 4))]


def test_data_is_a_list_of_its_arrays() -> None:
    data = DataRaw("d", data=[PLANE, PLANE * 2])
    assert len(data) == 2
    assert [array[0, 1] for array in data] == [1.0, 2.0]
    assert data[-1][0, 1] == 2.0
    assert len(data[0:1]) == 1
    data[0] = PLANE * 5
    assert data.get_data_index(0)[0, 1] == 5.0
    assert PLANE[0, 1] == 1.0
    for index in (2, -3, "CH00", 0.5):
        with pytest.raises(DataIndexError):
            data[index]
    with pytest.raises(DataShapeError):
        data[0] = np.zeros(3)
    assert data.stack_as_array().shape == (2, 3, 4)
    assert data.stack_as_array(axis=-1, dtype=np.uint8).dtype == np.uint8
    assert list(data.to_dict()) == ["CH00", "CH01"]


def test_appending_converts_units_and_keeps_errors() -> None:
    data = DataRaw("d", data=[PLANE], labels=["a"], units="V", errors=[PLANE])
    other = DataRaw("e", data=[PLANE], labels=["b"], units="mV")
    data.append(other)
    assert data.labels == ["a", "b"]
    assert data[1] == pytest.approx(PLANE / 1000)
    assert np.isnan(data.errors[1]).all()
    assert other.units == "mV"
    assert data.pop(1).labels == ["b"]
    assert len(data) == 2
    with pytest.raises(DataShapeError, match="DataToExport"):
        data.append(DataRaw("f", data=[np.zeros(3)], units="V"))
    with pytest.raises(DataUnitError):
        data.append(DataRaw("f", data=[PLANE], units="s"))
    with pytest.raises(DataTypeError):
        data.append(PLANE)


def test_copies_are_deep_or_light_as_they_say() -> None:
    data = DataRaw("d", data=[PLANE.copy()], axes=[Axis("x", size=4, index=1)], errors=[PLANE.copy()], tags=["a"])
    light = copy.copy(data)
    light.axes, light.labels = [], ["changed"]
    assert (len(data.axes), data.labels) == (1, ["CH00"])
    assert light[0] is data[0]
    for twin in (data.deepcopy(), copy.deepcopy(data), pickle.loads(pickle.dumps(data))):
        assert twin == data
        assert twin.timestamp == data.timestamp
        twin.data[0][:] = 0.0
        twin.axes[0].label = "changed"
        twin.tags.append("b")
    assert (data[0][0, 1], data.axes[0].label, data.tags) == (1.0, "x", ["a"])


def test_new_data_for_old_axes() -> None:
    axes = [Axis("x", "mm", np.arange(3.0), index=0), Axis("w", "nm", np.arange(4.0), index=1)]
    data = DataRaw("d", data=[PLANE], axes=axes, nav_indexes=(0,), units="V", tags=["a"], labels=["L"])
    new = data.deepcopy_with_new_data([np.zeros(4)], remove_axes_index=0, errors=[np.ones(4)])
    assert (new.shape, new.nav_indexes, new.units, new.labels) == ((4,), (), "V", ["L"])
    assert [(axis.label, axis.index) for axis in new.axes] == [("w", 0)]
    assert new.source is DataSource.calculated
    assert new.timestamp == data.timestamp
    new.tags.append("b")
    assert data.tags == ["a"]
    assert data.axes[1].index == 1
    assert data.deepcopy_with_new_data([np.zeros(1)], remove_axes_index=[0, 1]).axes == []
    assert data.deepcopy_with_new_data([np.zeros(4)], remove_axes_index=0, keep_dim=True).dim is DataDim.DataND
    with pytest.raises(DataShapeError, match="'w'"):
        data.deepcopy_with_new_data([np.zeros((3, 5))])
    with pytest.raises(DataTypeError):
        data.deepcopy_with_new_data()


def test_axes_are_found_by_index_label_and_role() -> None:
    axes = [Axis("w", "nm", np.array([4.0, 5.0, 7.0, 8.0]), index=1), Axis("x", "mm", np.arange(3.0), index=0)]
    data = DataRaw("d", data=[PLANE], axes=axes, nav_indexes=(0,), errors=[PLANE])
    assert [axis.label for axis in data.get_sig_index()] == ["w"]
    assert data.get_axis_from_label("w") is axes[0]
    assert data.get_axis_from_label("nobody") is None
    assert data.axes_limits() == [(4.0, 8.0), (0.0, 2.0)]
    assert data.axes_limits([0]) == [(0.0, 2.0)]
    assert data.get_dim_from_data_axes() is DataDim.DataND
    assert data.get_error(0) is PLANE
    assert data.errors_as_dwa()[0] is PLANE
    assert DataRaw("d", data=[PLANE]).errors_as_dwa() is None
    assert DataRaw("d", data=[PLANE]).get_error(0) is None
    manager = data.axes_manager
    assert (manager.shape, manager.nav_shape, manager.sig_shape, repr(manager)) == ((3, 4), (3,), (4,), "(3|4)")
    assert manager.is_axis_navigation(axes[1])
    assert manager.is_axis_signal(axes[0])
    assert manager.get_axes_index() == [1, 0]
    data.axes = [axes[0]]
    data.axes_manager.append_axis(axes[1])
    assert data.get_axis_indexes() == [0, 1]
    with pytest.raises(AxisError, match="both have index 0"):
        data.axes_manager.append_axis(axes[1])


def test_data_base_has_no_axes() -> None:
    data = DataBase("d", "raw", data=[PLANE])
    assert repr(data) == "DataBase <d> <u: > <DataDim.Data2D> <DataSource.raw> <(3, 4)>"
    assert (data + data)[0][0, 1] == 2.0
    assert np.mean(data)[0].tolist() == [5.5]
    assert np.sum(data, axis=0).shape == (4,)
    data.data = [PLANE[0], PLANE[1]]
    assert (data.dim, data.labels) == (DataDim.Data1D, ["CH00", "CH01"])
    with pytest.warns(DataDimWarning):
        DataBase("d", "raw", "Data0D", data=[PLANE])


def test_quantities_bring_their_units() -> None:
    pint = pytest.importorskip("pint")
    from h5modules.data import Q_

    data = DataRaw("d", data=[pint.Quantity(np.array([1.0, 2.0]), "V"), pint.Quantity(np.array([3.0, 4.0]), "mV")])
    assert data.units == "V"
    assert data[1] == pytest.approx([0.003, 0.004])
    assert data.quantities[0].units == pint.Unit("V")
    assert DataRaw("d", data=[Q_(np.array([1.0]), "s")]).units == "s"
    with pytest.raises(DataTypeError):
        DataRaw("d", data=[np.ones(1), Q_(np.array([1.0]), "s")])
    with pytest.raises(AttributeError):
        h5modules.data.nothing  # noqa: B018
    with pytest.raises(DataUnitError, match="pint does not know"):
        DataRaw("d", data=[PLANE], units="reflectance units").quantities  # noqa: B018


def test_masked_elements_are_not_taken_for_measured_ones() -> None:
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    data = DataRaw("d", data=[masked], errors=[masked])
    for array in (*data.data, *data.errors, (DataRaw("d", data=[np.ones(2)]) * masked)[0]):
        assert type(array) is np.ndarray
        np.testing.assert_array_equal(array, [1.0, np.nan])
    counts = np.ma.masked_array([1, 2], [False, True])
    with pytest.raises(DataTypeError, match=r"1 of 2 elements masked: give array\.astype"):
        DataRaw("d", data=[counts])
    assert type(DataRaw("d", data=[np.ma.masked_array([1, 2])])[0]) is np.ndarray
