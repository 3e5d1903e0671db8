"""A DataToExport holds the very objects it was given, finds them, and computes on all of them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from h5modules.data import (
    Axis,
    DataCalculated,
    DataDim,
    DataError,
    DataIndexError,
    DataLengthError,
    DataNotFound,
    DataRaw,
    DataShapeError,
    DataToExport,
    DataTypeError,
    DataUnitError,
    DataWithAxes,
    UnknownMember,
)


def plane(name: str, *, origin: str = "", units: str = "V", **more: object) -> DataRaw:
    return DataRaw(name, data=[np.ones((2, 3))], origin=origin, units=units, **more)


@pytest.fixture
def dte() -> DataToExport:
    return DataToExport(
        "bench",
        data=[
            plane("b", gain=2),
            DataCalculated("a", data=[np.arange(3.0)], labels=["sum"], origin="roi"),
            DataRaw("c", data=[np.zeros((4, 3))], nav_indexes=(0,), gain=np.array([1, 2])),
            DataRaw("d", data=[np.ones(1)], origin="meter"),
        ],
        run=7,
    )


def names(dte: DataToExport) -> list[str]:
    return [dwa.name for dwa in dte]


def test_it_holds_what_it_was_given_and_says_where_it_is_from() -> None:
    one = plane("a")
    dte = DataToExport("bench", data=[one])
    assert dte[0] is one
    assert one.origin == "bench"
    assert DataToExport("other", data=[one]).get_full_names() == ["bench/a"]
    assert dte.get_full_names() == ["bench/a"]
    assert dte.get_origins() == ["bench"]
    one.origin = "camera"
    assert dte.get_full_names() == ["camera/a"]


def test_the_name_stands_in_for_an_origin_that_is_missing(dte: DataToExport) -> None:
    dte.append(plane("e"))
    assert dte.pop(4).origin == ""
    dte[0].origin = ""
    assert dte.get_full_names() == ["bench/b", "roi/a", "bench/c", "meter/d"]
    assert dte.origin_of(dte[0]) == "bench"
    assert dte.get_data_from_full_name("bench/b") is dte[0]
    assert dte.get_data_from_full_name(dte[0].get_full_name()) is dte[0]
    dte.affect_name_to_origin_if_none()
    assert [dwa.origin for dwa in dte] == ["bench", "roi", "bench", "meter"]


def test_it_is_a_list(dte: DataToExport) -> None:
    assert len(dte) == 4
    assert names(dte) == dte.get_names() == ["b", "a", "c", "d"]
    assert dte[-1].name == "d"
    assert names(dte[1:3]) == ["a", "c"]
    assert (dte[1:3].name, dte[1:3].run, dte[1:3].timestamp) == ("bench", 7, dte.timestamp)
    assert [(x.name, y.name) for x in dte for y in dte][:2] == [("b", "b"), ("b", "a")]
    dte[0] = plane("z")
    assert dte[0].name == "z"
    assert repr(dte[0:1]) == "DataToExport: bench <len:1>\n    * <DataRaw: z <u: V> <len:1> (|2, 3)>"
    for index in (4, "b", 1.0):
        with pytest.raises(DataIndexError):
            dte[index]
    with pytest.raises(DataTypeError):
        dte[0] = np.zeros(3)


def test_appending_replaces_what_has_the_same_name_and_origin(dte: DataToExport) -> None:
    dte.append(plane("b", units="mV"))
    assert names(dte) == ["a", "c", "d", "b"]
    assert dte[3].units == "mV"
    dte.append(plane("b", origin="other"))
    assert dte.get_full_names()[3:] == ["bench/b", "other/b"]
    dte.append([plane("e"), plane("f")])
    dte.append(DataToExport("more", data=[plane("g")]))
    assert names(dte)[-3:] == ["e", "f", "g"]
    assert dte.get_full_names()[-3:] == ["bench/e", "bench/f", "more/g"]
    with pytest.raises(DataTypeError):
        dte.append(3)
    with pytest.raises(DataTypeError):
        dte.append([3])


def test_finding_and_removing(dte: DataToExport) -> None:
    first = dte[0]
    assert dte.index(first) == 0
    assert first in dte
    assert plane("b") in dte
    assert plane("x") not in dte
    assert 3 not in dte
    assert dte.index_from_name_origin("d", "meter") == 3
    assert dte.index_from_name_origin("c") == 2
    assert dte.remove(plane("b")) is first
    assert dte.pop(0).name == "a"
    assert names(dte) == ["c", "d"]
    for missing in (lambda: dte.index(first), lambda: dte.remove(first), lambda: dte.index_from_name_origin("b")):
        with pytest.raises(DataNotFound, match="it has"):
            missing()


def test_selections(dte: DataToExport) -> None:
    assert names(dte.get_data_from_dim("Data2D")) == ["b"]
    assert names(dte.get_data_from_dim(DataDim.DataND)) == ["c"]
    assert names(dte.get_data_from_dims(["Data0D", "Data1D"])) == ["a", "d"]
    assert names(dte.get_data_from_dims(list(DataDim), sort_by_name=True)) == ["a", "b", "c", "d"]
    assert names(dte.get_data_from_source("calculated")) == ["a"]
    assert names(dte.get_data_from_sig_axes(1)) == ["a", "c", "d"]
    assert names(dte.get_data_from_Naxes(2)) == ["b", "c"]
    dte[0].create_missing_axes()
    assert names(dte.get_data_with_naxes_lower_than(1)) == ["a", "c", "d"]
    assert names(dte.get_data_from_attribute("gain", 2)) == ["b"]
    assert names(dte.get_data_from_attribute("gain", np.array([1, 2]))) == ["c"]
    assert names(dte.get_data_from_missing_attribute("gain")) == ["a", "d"]
    assert names(dte.get_data_from_names(["a", "d"])) == ["a", "d"]
    assert names(dte.get_data_from_names("a")) == ["a"]
    assert names(dte.get_data_from_origins("bench")) == ["b", "c"]
    assert names(dte.get_data_from_full_names(["meter/d", "bench/b"])) == ["d", "b"]
    assert dte.get_data_from_name("c") is dte[2]
    assert dte.get_data_from_name_origin("a", "roi") is dte[1]
    assert dte.get_data_from_name_origin("a", "bench") is None
    assert dte.get_data_from_name("nobody") is None
    assert dte.get_data_from_full_name("bench/nobody") is None
    assert dte.get_dim_presents() == ["Data0D", "Data1D", "Data2D", "DataND"]
    assert dte.get_names("data1d") == ["a"]
    with pytest.raises(UnknownMember):
        dte.get_data_from_dim("Data7D")
    with pytest.raises(DataNotFound, match="bench/nobody"):
        dte.get_data_from_full_names(["bench/nobody"])


def test_selections_hold_the_same_objects_unless_copies_are_asked_for(dte: DataToExport) -> None:
    assert dte.get_data_from_dim("Data2D")[0] is dte[0]
    copied = dte.get_data_from_dim("Data2D", deepcopy=True)[0]
    copied[0][:] = 5.0
    assert dte[0][0][0, 0] == 1.0
    assert dte.get_data_from_full_name("bench/b", deepcopy=True) is not dte[0]


def test_arithmetic_is_that_of_each(dte: DataToExport) -> None:
    doubled = dte.get_data_from_names("b") * 2 + dte.get_data_from_names("b")
    assert (doubled[0][0][0, 0], doubled[0].units, doubled.name) == (3.0, "V", "bench")
    numbers = dte.get_data_from_names(["a", "d"])
    assert (1 - numbers)[0][0].tolist() == [1.0, 0.0, -1.0]
    assert (numbers - numbers)[0][0].tolist() == [0.0, 0.0, 0.0]
    assert (2 * numbers / 4 + 1)[1][0].tolist() == [1.5]
    assert (1 + numbers)[1][0].tolist() == [2.0]
    assert (1 / numbers[1:])[0][0].tolist() == [1.0]
    assert (numbers * numbers)[0][0].tolist() == [0.0, 1.0, 4.0]
    assert names(numbers.average(numbers, 3)) == ["a", "d"]
    assert numbers.average(numbers * 5, 3)[0][0].tolist() == [0.0, 4.0, 8.0]
    with pytest.raises(DataLengthError, match="2 data objects and 'bench' 4"):
        numbers + dte
    with pytest.raises(DataUnitError):
        dte + 1
    with pytest.raises(TypeError):
        dte + "a"


def test_equality_and_copies(dte: DataToExport) -> None:
    assert dte == dte.deepcopy()
    assert dte == pickle.loads(pickle.dumps(dte))
    assert dte != dte[1:]
    assert dte != 3
    twin = dte.deepcopy()
    twin[0][0][:] = 0.0
    assert dte != twin
    assert (twin.name, twin.timestamp, twin.run) == ("bench", dte.timestamp, 7)
    with pytest.raises(TypeError):
        hash(dte)


def test_merging_puts_the_arrays_of_one_dimensionality_together() -> None:
    axis = Axis("x", "mm", np.array([1.0, 2.0, 4.0]))
    dte = DataToExport(
        "bench",
        data=[
            DataRaw("a", data=[np.ones(3)], labels=["u"], units="V", axes=[axis], gain=2),
            DataRaw("b", data=[np.ones(3)], labels=["v"], units="mV"),
            DataRaw("c", data=[np.ones(1)]),
        ],
    )
    merged = dte.merge_as_dwa("Data1D")
    assert isinstance(merged, DataWithAxes)
    assert (merged.name, merged.labels, merged.units, merged.gain, merged.axes) == ("bench", ["u", "v"], "V", 2, [axis])
    assert merged[1][0] == 0.001
    assert len(dte[0]) == 1
    assert dte.merge_as_dwa("Data1D", "all").name == "all"
    assert dte.merge_as_dwa("Data2D") is None
    dte.append(DataRaw("e", data=[np.ones(4)], units="V"))
    with pytest.raises(DataShapeError, match=r"\(3,\), \(4,\)"):
        dte.merge_as_dwa("Data1D")


def test_data_goes_into_exports_and_apart() -> None:
    data = DataRaw("d", data=[np.zeros(3), np.ones(3)], labels=["a", "b"])
    assert (data.as_dte().name, data.as_dte("q")[0]) == ("mydte", data)
    parts = data.split_as_dte("parts")
    assert (names(parts), parts[1][0].tolist()) == (["a", "b"], [1.0, 1.0, 1.0])


def test_extra_attributes_and_bad_input() -> None:
    dte = DataToExport("bench", data=(plane("a"),), timestamp=5.0, operator="me")
    assert (dte.timestamp, dte.operator, dte.extra_attributes) == (5.0, "me", ["operator"])
    with pytest.raises(DataError, match="'data'"):
        dte.add_extra_attribute(data=3)
    with pytest.raises(DataTypeError):
        dte.data = plane("a")
    assert DataToExport("empty").data == []
