"""Operands keep their units and uncertainties, integers do not wrap, and nobody's arrays are written to."""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from h5modules.data import Axis, DataError, DataLengthError, DataRaw, DataShapeError, DataTypeError, DataUnitError

if TYPE_CHECKING:
    from collections.abc import Callable

RNG = np.random.default_rng(7)


def data(*values: float, units: str = "", errors: float | None = None, **extra: object) -> DataRaw:
    array = np.array(values, dtype=float)
    bars = None if errors is None else [np.full(array.shape, errors)]
    return DataRaw("d", data=[array], units=units, errors=bars, **extra)


@pytest.mark.parametrize(
    ("operation", "units", "numbers"),
    [
        (lambda v, mv, s: v + mv, "V", [2.5]),
        (lambda v, mv, s: mv - v, "mV", [-1500.0]),
        (lambda v, mv, s: v * s, "V * s", [8.0]),
        (lambda v, mv, s: v * mv, "V ** 2", [1.0]),
        (lambda v, mv, s: v / mv, "", [4.0]),
        (lambda v, mv, s: v / s, "V / s", [0.5]),
        (lambda v, mv, s: 1 / s, "1 / s", [0.25]),
        (lambda v, mv, s: v**2, "V ** 2", [4.0]),
        (lambda v, mv, s: v**-1, "1 / V", [0.5]),
        (lambda v, mv, s: v**0.5, "V ** 0.5", [2.0**0.5]),
        (lambda v, mv, s: np.sqrt(v**2), "V", [2.0]),
        (lambda v, mv, s: np.square(v), "V ** 2", [4.0]),
        (lambda v, mv, s: np.cbrt(v**3), "V", [2.0]),
        (lambda v, mv, s: np.reciprocal(s), "1 / s", [0.25]),
        (lambda v, mv, s: v // 1.5, "V", [1.0]),
        (lambda v, mv, s: v // mv, "", [4.0]),
        (lambda v, mv, s: v % 1.5, "V", [0.5]),
        (lambda v, mv, s: v % (mv * 3), "V", [0.5]),
        (lambda v, mv, s: np.hypot(v, mv), "V", [np.hypot(2.0, 0.5)]),
        (lambda v, mv, s: np.maximum(v, mv), "V", [2.0]),
        (lambda v, mv, s: np.arctan2(v, mv), "rad", [np.arctan2(2.0, 0.5)]),
        (lambda v, mv, s: abs(-v), "V", [2.0]),
        (lambda v, mv, s: np.isfinite(v), "", [True]),
        (lambda v, mv, s: np.sign(v), "", [1.0]),
        (lambda v, mv, s: np.greater(v, mv), "", [True]),
        (lambda v, mv, s: np.exp(v / mv), "", [np.exp(4.0)]),
    ],
)
def test_units_follow_from_those_of_the_operands(operation: Callable, units: str, numbers: list[float]) -> None:
    result = operation(data(2.0, units="V"), data(500.0, units="mV"), data(4.0, units="s"))
    assert result.units == units
    assert result[0] == pytest.approx(numbers, rel=1e-14)


@pytest.mark.parametrize(
    ("operation", "units", "number"),
    [
        (lambda percent, degrees: percent + 1, "%", 150.0),
        (lambda percent, degrees: 1 - percent, "%", 50.0),
        (lambda percent, degrees: np.exp(percent), "", np.exp(0.5)),
        (lambda percent, degrees: 2**percent, "", 2.0**0.5),
        (lambda percent, degrees: np.sin(degrees), "", 1.0),
        (lambda percent, degrees: np.deg2rad(degrees), "rad", np.pi / 2),
        (lambda percent, degrees: np.rad2deg(degrees), "deg", 90.0),
        (lambda percent, degrees: np.arcsin(np.sin(degrees)), "rad", np.pi / 2),
        (lambda percent, degrees: percent**2, "% ** 2", 2500.0),
    ],
)
def test_pure_numbers_have_units_too(operation: Callable, units: str, number: float) -> None:
    result = operation(data(50.0, units="%"), data(90.0, units="deg"))
    assert (result.units, result[0][0]) == (units, pytest.approx(number))


@pytest.mark.parametrize(
    "operation",
    [
        lambda v, s: v + s,
        lambda v, s: v - 1,
        lambda v, s: 1 + v,
        lambda v, s: v + np.ones(1),
        lambda v, s: np.exp(v),
        lambda v, s: np.sin(s),
        lambda v, s: np.maximum(v, s),
        lambda v, s: v ** np.ones(1) ** data(2.0),
        lambda v, s: 2**v,
        lambda v, s: v**s,
        lambda v, s: v > s,
        lambda v, s: np.logaddexp(v, v),
        lambda v, s: v.average(s, 1),
        lambda v, s: v.units_as("s"),
    ],
)
def test_units_that_do_not_fit_are_an_error(operation: Callable) -> None:
    with pytest.raises(DataUnitError, match=r"measures|pure number"):
        operation(data(1.0, units="V"), data(2.0, units="s"))


@pytest.mark.parametrize(
    ("source", "target", "value", "expected"),
    [
        ("nm", "um", 500.0, 0.5),
        ("µm", "μm", 1.0, 1.0),
        ("m/s", "km/h", 10.0, 36.0),
        ("W m^-2", "mW/cm**2", 10.0, 1.0),
        ("W m-2", "W/m^2", 3.0, 3.0),
        ("W·m⁻²", "W/m²", 3.0, 3.0),
        ("1/cm", "1/m", 1.0, 100.0),
        ("kg*m**2/s**2", "J", 2.0, 2.0),
        ("(V*A)", "W", 2.0, 2.0),
        ("degC", "K", 20.0, 293.15),
        ("K", "°C", 0.0, -273.15),
        ("degF", "degC", 212.0, 100.0),
        ("eV", "J", 1.0, 1.602176634e-19),
        ("minute", "s", 2.0, 120.0),
        ("ms", "seconds", 2.0, 0.002),
        ("nanometers", "Å", 1.0, 10.0),
        ("%", "", 50.0, 0.5),
        ("counts", "", 3.0, 3.0),
        ("Torr", "mbar", 760.0, 1013.25),
        ("px", "pixel", 2.0, 2.0),
    ],
)
def test_conversions(source: str, target: str, value: float, expected: float) -> None:
    assert data(value, units=source).units_as(target, inplace=False)[0][0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "units", ["a.u.", "reflectance", "DN", "V/√Hz", "((", "(m", "m)", "m⁻", "m**", "12", "m^x", "counts (raw)"]
)
def test_unknown_units_are_kept_and_equal_only_themselves(units: str) -> None:
    one = data(1.0, units=units)
    assert (one + one).units == units
    assert (one * 2).units == units
    assert (one / one).units == ""
    if units != "12":
        with pytest.raises(DataUnitError):
            one + data(1.0, units="V")


def monte_carlo(operation: Callable, operands: list[DataRaw]) -> tuple[np.ndarray, np.ndarray]:
    """Spread of the results when the operands are drawn from their errors."""
    drawn = [
        operand[0] + (0.0 if operand.errors is None else operand.errors[0] * RNG.standard_normal((20000, operand.size)))
        for operand in operands
    ]
    results = operation(*drawn)
    return results.mean(axis=0), results.std(axis=0)


@pytest.mark.parametrize(
    "operation",
    [
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        lambda a, b: a * 3.0 + 2.0,
        lambda a, b: a**2,
        lambda a, b: 2.0**a,
        lambda a, b: a**b,
        lambda a, b: np.sqrt(a) * b,
        lambda a, b: np.square(b) / a,
        lambda a, b: np.reciprocal(a),
        lambda a, b: np.cbrt(a),
        lambda a, b: np.exp(-a),
        lambda a, b: np.expm1(a),
        lambda a, b: np.exp2(a),
        lambda a, b: np.log(a) + np.log2(b),
        lambda a, b: np.log10(a) + np.log1p(b),
        lambda a, b: np.sin(a) * 1.0,
        lambda a, b: np.cos(a) * 1.0,
        lambda a, b: np.tan(a / 10),
        lambda a, b: np.arcsin(a / 20),
        lambda a, b: np.arccos(a / 20),
        lambda a, b: np.arctan(a),
        lambda a, b: np.sinh(a),
        lambda a, b: np.cosh(a),
        lambda a, b: np.tanh(a / 5),
        lambda a, b: np.arcsinh(a),
        lambda a, b: np.arccosh(a + 2),
        lambda a, b: np.arctanh(a / 20),
        lambda a, b: np.hypot(a, b),
        lambda a, b: np.arctan2(a, b),
        lambda a, b: np.maximum(a, b),
        lambda a, b: np.minimum(a, b),
        lambda a, b: np.deg2rad(a),
        lambda a, b: np.rad2deg(b),
        lambda a, b: np.fabs(-a),
        lambda a, b: a % 100.0,
    ],
)
def test_uncertainties_spread_as_drawn_operands_do(operation: Callable) -> None:
    a = data(1.2, 3.0, 2.0, errors=0.004)
    b = data(2.5, 1.5, 4.0, errors=0.003)
    result = operation(a, b)
    mean, spread = monte_carlo(operation, [a, b])
    assert result[0] == pytest.approx(mean, rel=1e-3)
    assert result.errors[0] == pytest.approx(spread, rel=0.04)


def test_uncertainties_follow_conversions() -> None:
    total = data(1.0, units="V", errors=0.3) + data(1.0, units="mV", errors=400.0)
    assert total.errors[0] == pytest.approx([0.5])
    product = data(2.0, units="V", errors=0.3) * data(1.0, units="mV", errors=0.0)
    assert (product.units, product.errors[0][0]) == ("V ** 2", pytest.approx(0.0003))
    assert data(1.0, units="V", errors=0.3).units_as("mV", inplace=False).errors[0] == pytest.approx([300.0])
    assert data(1.0, units="degC", errors=0.3).units_as("K", inplace=False).errors[0] == pytest.approx([0.3])


def test_uncertainties_end_where_they_are_not_defined() -> None:
    certain = data(1.0)
    assert (certain + certain).errors is None
    uncertain = data(1.5, errors=0.1)
    assert (uncertain // 1.0).errors is None
    assert np.isnan(uncertain).errors is None
    assert np.logaddexp(uncertain, 1.0).errors is None
    assert (uncertain + certain).errors[0] == pytest.approx([0.1])


def test_integer_uncertainties_do_not_overflow() -> None:
    counts = DataRaw("c", data=[np.array([60000], np.uint16)], errors=[np.array([300], np.uint16)])
    assert (counts * counts).errors[0] == pytest.approx([60000 * 300 * 2**0.5])
    assert (1 / counts).errors[0] == pytest.approx([300 / 60000**2])


INTEGERS = st.sampled_from(["u1", "i1", "u2", "i2", "u4", "i4", "?"])


@given(
    INTEGERS.flatmap(lambda t: hnp.arrays(t, 6)),
    INTEGERS.flatmap(lambda t: hnp.arrays(t, 6)),
    st.sampled_from([operator.add, operator.sub, operator.mul]),
)
def test_integers_do_not_wrap(first: np.ndarray, second: np.ndarray, operation: Callable) -> None:
    result = operation(DataRaw("a", data=[first]), DataRaw("b", data=[second]))
    assert result[0].tolist() == [operation(int(x), int(y)) for x, y in zip(first, second, strict=True)]


@given(INTEGERS.flatmap(lambda t: hnp.arrays(t, 4)), st.integers(-70000, 70000))
def test_integers_do_not_wrap_with_plain_numbers(array: np.ndarray, number: int) -> None:
    one = DataRaw("a", data=[array])
    assert (one - number)[0].tolist() == [int(x) - number for x in array]
    assert (number * one)[0].tolist() == [int(x) * number for x in array]
    assert (-one)[0].tolist() == [-int(x) for x in array]
    assert np.square(one)[0].tolist() == [int(x) ** 2 for x in array]


def test_a_background_is_subtracted_below_zero() -> None:
    frame = DataRaw("frame", data=[np.array([3, 9], np.uint16)])
    background = DataRaw("background", data=[np.array([5, 4], np.uint16)])
    assert (frame - background)[0].tolist() == [-2, 5]
    assert (frame - background).dtype == np.int32


def test_long_integers_become_floats_only_where_they_must() -> None:
    big = DataRaw("a", data=[np.array([2**63], np.uint64)])
    assert (big - big).dtype == np.float64
    signed = DataRaw("b", data=[np.array([2**40], np.int64)])
    assert (signed + signed).dtype == (signed + 5).dtype == (signed * 7).dtype == np.int64
    wide = DataRaw("c", data=[np.array([2**32 - 1], np.uint32)])
    assert (wide * wide)[0].tolist() == [(2**32 - 1) ** 2]
    assert (wide * 2.5).dtype == np.float64


def test_what_an_operation_gives_is_named_after_it_and_has_the_rest_of_its_first_operand() -> None:
    left = data(1.0, 2.0, axes=[Axis("x", "mm", np.array([3.0, 7.0]))], origin="camera", gain=2, timestamp=5.0)
    right = data(1.0, 2.0, origin="other")
    total = left + right
    assert (total.name, total.origin, total.gain, total.timestamp) == ("d_add", "camera", 2, 5.0)
    assert total.axes[0].get_data().tolist() == [3.0, 7.0]
    assert (2 / left).name == "d_divide"


def test_operands_are_not_written_to() -> None:
    array, bars = np.array([1.0, 2.0]), np.array([0.1, 0.2])
    one = DataRaw("a", data=[array], errors=[bars], units="V")
    held = one
    one += DataRaw("b", data=[np.array([1.0, 1.0])], units="mV")
    one *= 2
    one -= one / 4
    assert held is one
    assert one.name == "a"
    assert one[0] == pytest.approx([1.5015, 3.0015])
    assert array.tolist() == [1.0, 2.0]
    assert bars.tolist() == [0.1, 0.2]
    with pytest.raises(DataTypeError, match="out="):
        np.add(one, one, out=array)


def test_arrays_and_single_values_are_broadcast_but_never_widen_the_data() -> None:
    plane = DataRaw("p", data=[np.arange(6.0).reshape(2, 3)])
    assert (plane - np.arange(3.0))[0].tolist() == [[0.0, 0.0, 0.0], [3.0, 3.0, 3.0]]
    assert (np.arange(3.0) + plane).shape == (2, 3)
    assert (plane - np.mean(plane))[0].sum() == 0.0
    assert (np.mean(plane) + plane).shape == (2, 3)
    for other in (np.zeros(2), np.zeros((4, 2, 3)), data(1.0, 2.0)):
        with pytest.raises(DataShapeError, match=r"\(2, 3\)"):
            plane + other
    with pytest.raises(DataLengthError, match="pop"):
        plane + DataRaw("q", data=[np.zeros((2, 3))] * 2)
    with pytest.raises(TypeError):
        plane + "a"
    with pytest.raises(TypeError):
        np.add.reduce(plane)
    with pytest.raises(TypeError):
        np.matmul(plane, plane)


def test_quantities_are_operands_on_either_side() -> None:
    pint = pytest.importorskip("pint")
    assert data(1.0).quantities[0].units == pint.Unit("")  # from here on, pint knows our classes
    assert (pint.Quantity(2.0, "s") * data(1.0, units="V")).units == "s * V"
    assert (pint.Quantity(500.0, "mV") + data(1.0, units="V"))[0].tolist() == [1500.0]
    assert pint.Quantity(2.0, "V") > data(1.0, units="V")
    assert (data(1.0, units="V") + pint.Quantity(500.0, "mV"))[0].tolist() == [1.5]
    assert (data(1.0, units="V") * pint.Quantity(2.0, "s")).units == "V * s"
    with pytest.raises(DataUnitError):
        data(1.0, units="V") + pint.Quantity(2.0, "s")


def test_comparisons_hold_if_they_hold_everywhere() -> None:
    one = data(1.0, 2.0, 3.0, units="V")
    assert one > 0
    assert one >= 1
    assert not one > 1
    assert one < data(4000.0, units="mV")
    assert one <= one
    assert not one <= data(2.0, 2.0, 2.0, units="V")
    assert one != 1
    assert data(2.0, 2.0) == 2
    assert one > np.zeros(3)
    assert one != "a"
    assert one != data(1.0, 2.0, 3.0, units="s")
    assert one != np.zeros(2)
    assert DataRaw("i", data=[np.array([1, 2])]) == DataRaw("i", data=[np.array([1, 2], np.uint8)])
    assert one != None  # noqa: E711
    with pytest.raises(TypeError):
        assert one > "a"
    assert bool(one)
    assert not bool(data(1.0, 0.0))


def test_equal_data_has_equal_numbers_axes_and_errors() -> None:
    def make(**changes: object) -> DataRaw:
        given = {"data": [np.array([1e-9, 2e-9])], "units": "V", "axes": [Axis("x", "mm", np.array([1.0, 2.0]))]}
        return DataRaw("d", **{**given, "errors": [np.array([1e-10, 1e-10])], **changes})

    assert make() == make()
    assert make() == make().units_as("nV", inplace=False)
    assert make() == make(labels=["other"], origin="other", extra=3)
    assert make() != make(data=[np.array([1e-9, 2.1e-9])])
    assert make() != make(errors=None)
    assert make() != make(errors=[np.array([1e-10, 2e-10])])
    assert make() != make(axes=[])
    assert make() != make(axes=[Axis("x", "mm", np.array([1.0, 3.0]))])
    assert make() != make(units="s")
    assert make() != make(nav_indexes=(0,))
    assert make() != make(data=[np.array([1e-9, 2e-9])] * 2, errors=None)
    assert data(np.nan, 1.0) == data(np.nan, 1.0)
    assert make().equal_to(make(data=[np.array([1e-9, 2.1e-9])]), 1e-10 * 1.01)
    assert not make().equal_to(make(data=[np.array([1e-9, 2.2e-9])]), 1e-10)
    with pytest.raises(TypeError):
        hash(make())


def test_averages_are_weighted_and_remember_how_many_they_are_of() -> None:
    first = DataRaw("d", data=[np.array([10, 30], np.uint8)], errors=[np.array([2.0, 2.0])], units="V")
    mean = first.average(first * 4, 3)
    assert mean[0] == pytest.approx([32.5, 97.5])
    assert (mean.name, mean.averaged, mean.n_averaged, mean.units) == ("d", True, 4, "V")
    assert {"averaged", "n_averaged"} <= set(mean.extra_attributes)
    assert (first.averaged, first.n_averaged, first.extra_attributes) == (False, 0, [])
    assert mean.errors[0] == pytest.approx(np.hypot(2.0, 24.0) / 4 * np.ones(2))


def test_a_running_average_is_the_mean_of_all_frames() -> None:
    frames = RNG.integers(0, 65535, (20, 4)).astype(np.uint16)
    mean = DataRaw("f", data=[frames[0]])
    for count, frame in enumerate(frames[1:], start=1):
        mean = DataRaw("f", data=[frame]).average(mean, count)
    assert mean[0] == pytest.approx(frames.mean(axis=0))
    assert mean.n_averaged == 20


def test_values_are_numbers_in_the_units_asked_for() -> None:
    one = DataRaw("d", data=[np.array([1.0, 3.0]), np.array([5.0, 5.0])], units="V")
    assert one.values() == [2.0, 5.0]
    assert one.value("mV") == 2000.0
    assert DataRaw("w", data=[np.ones(1)], units="mN").to_base_units().units == "kg * m / s ** 2"


def test_decibels_are_relative_to_the_maximum() -> None:
    assert data(1.0, 10.0, 100.0, units="W").to_dB()[0].tolist() == [-20.0, -10.0, 0.0]
    assert data(1.0, 10.0, units="W").to_dB().units == ""


def test_parts_of_complex_data() -> None:
    field = DataRaw("e", data=[np.array([3 + 4j, -2j])], units="V", errors=[np.array([0.1, 0.1])])
    assert field.abs()[0].tolist() == [5.0, 2.0]
    assert (field.real()[0].tolist(), field.real().errors) == ([3.0, 0.0], None)
    assert field.imag()[0].tolist() == [4.0, -2.0]
    assert (field.angle().units, field.angle()[0][1]) == ("rad", pytest.approx(-np.pi / 2))
    assert np.angle(field, deg=True).units == "deg"
    assert data(0.0, 6.0, units="rad").unwrap()[0][1] == pytest.approx(6.0 - 2 * np.pi)
    assert np.iscomplexobj(field)


@pytest.mark.parametrize(
    ("operation", "dtype", "values", "expected"),
    [
        (lambda d: d**2, "u1", [250, 3], [62500, 9]),
        (lambda d: d**9, "u1", [250, 1], [250.0**9, 1]),
        (lambda d: d**-1, "u1", [4, 1], [0.25, 1]),
        (abs, "i1", [-128, 5], [128, 5]),
        (lambda d: np.ptp(d), "i1", [-100, 100], [200]),
        (lambda d: d * 4, "i8", [2**62, 1], [2.0**64, 4]),
        (lambda d: d + d, "i8", [2**62, 1], [2.0**63, 2]),
        (lambda d: -d, "i8", [-(2**63), 1], [2.0**63, -1]),
        (lambda d: d.average(d, 3), "i8", [2**62, 4], [2.0**62, 4]),
        (lambda d: d + 10**30, "i8", [1], [1e30]),
        (lambda d: Fraction(1, 2) * d, "i8", [1], [0.5]),
    ],
)
def test_no_integer_wraps(operation: Callable, dtype: str, values: list[int], expected: list[float]) -> None:
    result = operation(DataRaw("d", data=[np.array(values, dtype)]))
    assert result[0].tolist() == expected
    assert result.dtype.kind in "if"


def test_integers_of_64_bits_stay_so_where_they_fit() -> None:
    counts = DataRaw("d", data=[np.array([2**40, -3])])
    assert [(counts * 4).dtype, (counts + counts).dtype, abs(counts).dtype, (counts**1).dtype] == [np.int64] * 4


def test_byte_frames_are_compared_without_wrapping() -> None:
    black, white = (DataRaw("d", data=[np.array([value], "u1")]) for value in (0, 255))
    assert not black.equal_to(white, 1)
    assert white.equal_to(black, 255)


def test_zero_has_all_units_so_that_sum_works() -> None:
    total = sum([data(1.0, units="V", errors=3.0), data(500.0, units="mV", errors=4000.0)])
    assert (total.units, total[0].tolist(), total.errors[0].tolist()) == ("V", [1.5], [5.0])
    with pytest.raises(DataUnitError):
        data(1.0, units="V") + 1


def test_errors_of_what_is_divided_by_zero_are_infinite() -> None:
    with np.errstate(divide="ignore"):
        result = data(2.0, errors=0.1) / 0
    assert (result[0].tolist(), result.errors[0].tolist()) == ([np.inf], [np.inf])


def test_errors_are_chosen_with_the_elements() -> None:
    chosen = np.where(np.array([True, False]), data(1.0, 2.0, units="V", errors=0.5), data(30.0, 40.0, units="mV"))
    assert (chosen[0].tolist(), chosen.errors[0].tolist()) == ([1.0, 0.04], [0.5, 0.0])


def test_an_average_counts_earlier_frames_from_none_on() -> None:
    with pytest.raises(DataError, match="weight=-1: 0 or more"):
        data(1.0).average(data(2.0), -1)
