"""Parameters inside of a driver: what its author writes, and what he gets wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymodaq_hsi.drivers import (
    AccessMode,
    ActuatorDriver,
    BooleanParameter,
    CommandParameter,
    EnumerationParameter,
    FloatParameter,
    Frame,
    FrameFormat,
    InstrumentDriver,
    IntegerParameter,
    LightControlDriver,
    StringParameter,
)
from pymodaq_hsi.errors import FrameGeometryError, ParameterError, UnknownParameter


class Camera(InstrumentDriver):
    name = "Camera"
    exposure = FloatParameter("ExposureTime", default=10.0, minimum=1.0, maximum=100.0, unit="ms")
    gain = IntegerParameter("Gain", default=1, minimum=1, maximum=8, locked_while_acquiring=True)
    mode = EnumerationParameter("Mode", ["Fast", "Slow"])
    on = BooleanParameter("On")
    label = StringParameter("Label")
    fixed = IntegerParameter("Fixed", default=3, access=AccessMode.ReadOnly)
    zero = CommandParameter("Zero", locked_while_acquiring=True)
    empty = CommandParameter("Empty")

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Any] = []
        self.changed: list[str] = []

    @exposure.on_set
    def _write_exposure(self, value: float) -> float:
        self.written.append(value)
        return round(value)

    @zero.on_execute
    def _zero(self) -> None:
        self.exposure = 1.0

    def parameter_changed(self, name: str) -> None:
        self.changed.append(name)


class Better(Camera):
    name = "Better"
    gain = IntegerParameter("Gain", default=4, minimum=1, maximum=16)
    extra = FloatParameter("Extra")


def test_attributes_are_values_and_assigning_reports_without_writing() -> None:
    camera = Camera()
    assert camera.exposure == 10.0
    camera.exposure = 12.5
    assert camera.parameters.read("ExposureTime") == 12.5
    assert camera.written == []


def test_what_the_device_took_is_the_value() -> None:
    camera = Camera()
    assert camera.parameters.write("ExposureTime", "12.4") == 12
    assert (camera.exposure, camera.written, camera.changed) == (12, [12.4], ["ExposureTime"])


def test_a_refused_value_touches_nothing() -> None:
    camera = Camera()
    with pytest.raises(ParameterError, match="Camera: ExposureTime = 0 is refused: it takes a number from 1 to 100 ms"):
        camera.parameters.write("ExposureTime", 0)
    assert (camera.exposure, camera.written, camera.changed) == (10.0, [], [])


@given(st.floats(1, 100), st.floats(1, 100), st.floats(1, 100))
def test_new_limits_take_the_value_with_them(value: float, one: float, other: float) -> None:
    camera = Camera()
    camera.exposure = value
    low, high = min(one, other), max(one, other)
    camera.parameters.update("ExposureTime", minimum=low, maximum=high)
    assert camera.exposure == min(max(value, low), high)
    assert camera.parameters.info()["ExposureTime"].maximum == high


def test_a_choice_that_is_withdrawn_becomes_the_first() -> None:
    camera = Camera()
    camera.mode = "Slow"
    entries = EnumerationParameter("Mode", ["Medium", "Fast"]).spec.entries
    camera.parameters.update(Camera.mode, entries=entries)
    assert camera.mode == "Medium"


def test_only_what_changed_is_told() -> None:
    camera = Camera()
    camera.parameters.take_changes()
    camera.exposure = 10.0
    camera.parameters.update("Gain", maximum=8)
    assert not camera.parameters.changed
    camera.exposure = 11.0
    camera.parameters.update("Gain", maximum=4)
    assert camera.parameters.take_changes() == ["ExposureTime", "Gain"]
    assert camera.parameters.take_changes() == []


def test_limits_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ParameterError, match="its minimum 200 is above its maximum 100"):
        Camera().parameters.update("ExposureTime", minimum=200)


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("exposure", np.float32(2.5), 2.5),
        ("exposure", 7, 7.0),
        ("gain", np.int64(3), 3),
        ("gain", 3.0, 3),
        ("mode", 1, "Slow"),
        ("mode", "Fast", "Fast"),
        ("on", np.bool_(True), True),
        ("on", 1, True),
        ("label", np.str_("x"), "x"),
        ("exposure", np.array([4.5]), 4.5),
        ("exposure", 1e6, 1e6),
    ],
)
def test_what_a_driver_says_becomes_the_parameters_own_type(name: str, given: object, taken: object) -> None:
    camera = Camera()
    setattr(camera, name, given)
    assert getattr(camera, name) == taken
    assert type(getattr(camera, name)) is type(taken)


@pytest.mark.parametrize(
    ("name", "given"),
    [("exposure", "5"), ("gain", 2.5), ("gain", None), ("mode", "Medium"), ("label", 5), ("on", "yes")],
)
def test_what_cannot_be_the_value_is_an_error_that_says_so(name: str, given: object) -> None:
    with pytest.raises(ParameterError, match=r"Camera: the driver gives .* as the value of"):
        setattr(Camera(), name, given)


def test_access_and_locks() -> None:
    store = Camera().parameters
    with pytest.raises(ParameterError, match=r"Fixed cannot be set to 4 now \(its access is ReadOnly\)"):
        store.write("Fixed", 4)
    store.update("Label", access=AccessMode.WriteOnly)
    with pytest.raises(ParameterError, match="Label cannot be read now"):
        store.read("Label")
    assert "Label" not in store.readable()
    store.acquiring = True
    with pytest.raises(
        ParameterError, match="Gain cannot be changed during an acquisition; stop the acquisition first"
    ):
        store.write("Gain", 2)
    with pytest.raises(ParameterError, match="Zero cannot be executed during an acquisition"):
        store.execute("Zero")
    store.acquiring = False
    assert store.write("Gain", 2) == 2


def test_commands() -> None:
    camera = Camera()
    camera.parameters.execute("Zero")
    assert camera.exposure == 1.0
    for use, message in (
        (lambda: camera.parameters.execute("Gain"), "Gain is not a command but a parameter of type Integer"),
        (lambda: camera.parameters.execute("Empty"), "lacks @<parameter>.on_execute"),
        (lambda: camera.parameters.write("Zero", 1), "it is a command, execute it"),
        (lambda: camera.parameters.get("Zero"), "Zero is a command and has no value"),
    ):
        with pytest.raises(ParameterError, match=message):
            use()


def test_unknown_names() -> None:
    store = Camera().parameters
    for use in (store.get, store.read, store.execute, lambda name: store.write(name, 1), store.update):
        with pytest.raises(UnknownParameter, match="Did you mean Gain"):
            use("Gian")


def test_a_subclass_adds_and_replaces() -> None:
    better = Better()
    assert better.gain == 4
    assert better.parameters.info()["Gain"].maximum == 16
    assert better.extra == 0.0
    assert Camera().gain == 1
    better.parameters.add(StringParameter("Late", default="x"))
    assert better.parameters.read("Late") == "x"


def test_an_assigned_frame_is_copied_into_place() -> None:
    memory = np.zeros((2, 3), "uint16")
    frame = Frame(memory, 0)
    frame.data = np.full((2, 3), 7, "uint16")
    assert (memory == 7).all()
    with pytest.raises(FrameGeometryError, match=r"shape \(3, 2\) and type uint16; shape \(2, 3\) and type uint16"):
        frame.data = np.zeros((3, 2), "uint16")
    with pytest.raises(FrameGeometryError, match="type uint8"):
        frame.put(np.zeros((2, 3), "uint8"))


@pytest.mark.parametrize(
    "arguments",
    [
        {"shape": ()},
        {"shape": (1, 2, 3, 4, 5)},
        {"shape": (0, 5)},
        {"shape": (5, 5), "dtype": "object"},
        {"shape": (5, 5), "dispersion_axis": 2},
        {"shape": (5, 5), "dispersion_axis": 1, "wavelengths": (1.0, 2.0)},
        {"shape": (5,), "wavelengths": (1.0,)},
    ],
)
def test_an_impossible_frame_format_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(FrameGeometryError):
        FrameFormat(**arguments)


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=4).map(tuple),
    st.sampled_from(["u1", "<u2", ">u2", "f4", "f8", "i8"]),
)
def test_a_frame_format_survives_its_way(shape: tuple[int, ...], dtype: str) -> None:
    wavelengths = tuple(np.linspace(400, 1000, shape[-1]))
    made = FrameFormat(shape, dtype, dispersion_axis=len(shape) - 1, wavelengths=wavelengths, saturation=4095.0)
    assert FrameFormat.from_message(made.to_message()) == made
    assert made.nbytes == np.empty(shape, dtype).nbytes


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        (InstrumentDriver, lambda d: d.frame_format()),
        (InstrumentDriver, lambda d: d.grab(None, 0.1)),
        (LightControlDriver, lambda d: d.apply(0)),
        (ActuatorDriver, lambda d: d.move_to(0)),
        (ActuatorDriver, lambda d: d.read_position()),
        (InstrumentDriver, lambda d: d.enumerate()),
    ],
)
def test_a_driver_that_leaves_something_out_is_told_what(kind: Any, method: Any) -> None:
    with pytest.raises(TypeError, match=r"Driver .*define \w+\(\)"):
        method(kind())
