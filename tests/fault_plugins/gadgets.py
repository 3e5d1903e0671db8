"""Drivers for tests: a camera that can be told to do everything that cameras do, a lamp, a stage, a misbehaving one."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from faults import KINDS, misbehave

from pymodaq_hsi.drivers import (
    AccessMode,
    ActuatorDriver,
    BooleanParameter,
    CommandParameter,
    DeviceInfo,
    Driver,
    EnumerationEntry,
    EnumerationParameter,
    FileParameter,
    FloatParameter,
    Frame,
    FrameFormat,
    FrameIds,
    InstrumentDriver,
    IntegerParameter,
    LightControlDriver,
    LightState,
    ParameterListType,
    ReferenceName,
    StringParameter,
    Value,
    hookimpl,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LOG = StringParameter("Log", description="A file to which it notes down what it is told")


def only(kind: type[Driver]) -> Iterable[DeviceInfo]:
    """Enumerate one device without a serial number."""
    return [DeviceInfo("0", f"The {kind.name}")]


class Diary:
    """Notes down what happens to a driver."""

    def __init__(self, path: str) -> None:
        self.path = path

    def note(self, text: str) -> None:
        if self.path:
            with Path(self.path).open("a", encoding="utf-8") as file:
                file.write(text + "\n")


class Camera(InstrumentDriver):
    """Every sample of frame n is n (modulo 65536)."""

    name = "Camera"
    description = "A camera whose frames can be told apart"
    version = "2.5"
    connection_parameters = (LOG, FileParameter("Calibration", file_filter="*.txt"))

    rate = FloatParameter("FrameRate", minimum=0.0, maximum=1e6, unit="Hz", description="0: as fast as it goes")
    limit = IntegerParameter("FrameLimit", minimum=0, description="Frames after which it delivers no more; 0: none")
    waits = BooleanParameter("WaitsForReader")
    rows = IntegerParameter("Rows", default=4, minimum=1, maximum=2000, affects_reference=True)
    columns = IntegerParameter("Columns", default=6, minimum=1, maximum=2000, affects_reference=True)
    dtype = EnumerationParameter("PixelFormat", ["uint16", "uint8", "float32", "int64"])
    skip_every = IntegerParameter("SkipEvery", minimum=0, description="Its own numbers leave one out after so many")
    first_id = IntegerParameter("FirstId", maximum=65535, description="Counts as GigE cameras do, from here; 0: not")
    raise_at = IntegerParameter("RaiseAt", default=-1, description="Raise instead of delivering this frame")
    crash_at = IntegerParameter("CrashAt", default=-1, description="Exit instead of delivering this frame")
    other_shape_at = IntegerParameter(
        "OtherShapeAt", default=-1, description="Deliver this frame in another size and uint8"
    )
    other_rows = IntegerParameter("OtherRows", default=463, minimum=0)
    other_columns = IntegerParameter("OtherColumns", default=463, minimum=0)
    start_error = StringParameter("StartError", description="Raise this when started")
    stop_error = StringParameter("StopError", description="Raise this when stopped")
    seed = IntegerParameter("Seed", locked_while_acquiring=True)
    reset = CommandParameter("Reset", locked_while_acquiring=True)
    seen = StringParameter("Surroundings", access=AccessMode.ReadOnly, category=ParameterListType.Status)
    temperature = FloatParameter(
        "Temperature", default=20.0, unit="C", access=AccessMode.ReadOnly, category=ParameterListType.Status
    )

    @classmethod
    def enumerate(cls) -> Iterable[DeviceInfo]:
        return [DeviceInfo("0", "First camera", "House", "C-1", "S1"), DeviceInfo("1", "Second camera", "House", "C-1")]

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        self.diary = Diary(str(settings["Log"]))
        self.diary.note("open")
        if settings["Calibration"]:
            self.diary.note(f"calibration {settings['Calibration']}")
        if device_id not in ("0", "1"):
            raise LookupError(f"there is no camera {device_id}; there are 0 and 1")

    def frame_format(self) -> FrameFormat:
        return FrameFormat((self.rows, self.columns), self.dtype, dispersion_axis=1, saturation=4095)

    def start(self, reference: ReferenceName | None) -> None:
        self.diary.note(f"start {reference}")
        if self.start_error:
            raise OSError(self.start_error)
        self.waits_for_reader = self.waits
        self.ids = FrameIds()
        self.begun, self.grabbed = time.perf_counter(), 0

    def grab(self, frame: Frame, timeout: float) -> bool:
        count = self.grabbed
        if self.limit and count >= self.limit:
            time.sleep(min(timeout, 0.01))
            return False
        if count == self.raise_at:
            raise RuntimeError("the sensor is gone")
        if count == self.crash_at:
            print("the link is down")
            os._exit(9)
        if count == self.other_shape_at:
            frame.put(np.zeros((self.other_rows, self.other_columns), "uint8"))
        if self.rate:
            time.sleep(max(0.0, self.begun + (count + 1) / self.rate - time.perf_counter()))
        self.grabbed += 1
        if self.skip_every:
            frame.number = count + count // self.skip_every
        if self.first_id:
            frame.number = self.ids.number((self.first_id - 1 + frame.number) % 65535 + 1)
        self.temperature = 20.0 + count
        frame.data[...] = frame.number % 65536
        return True

    def stop(self) -> None:
        self.diary.note("stop")
        if self.stop_error:
            raise OSError(self.stop_error)

    def make_safe(self) -> None:
        self.diary.note("make_safe")

    def close(self) -> None:
        self.diary.note("close")

    @reset.on_execute
    def _reset(self) -> None:
        self.diary.note("reset")
        self.rate = 0.0

    @seen.on_get
    def _read_seen(self) -> str:
        return json.dumps({name: dict(state) for name, state in self.surroundings.items()})


class Zoo(InstrumentDriver):
    """A parameter of every kind, and some that depend on others."""

    name = "Zoo"
    enumerate = classmethod(only)
    connection_parameters = (LOG, FileParameter("Key", required=True), IntegerParameter("Port", default=1, maximum=9))

    switch = BooleanParameter("Switch")
    count = IntegerParameter("Count", default=10, minimum=0, maximum=100, increment=5)
    exposure = FloatParameter("ExposureTime", default=10.0, minimum=0.5, maximum=1000.0, unit="ms", affects=("Rate",))
    rate = FloatParameter("Rate", default=50.0, minimum=1.0, maximum=100.0, unit="Hz")
    mode = EnumerationParameter(
        "Mode", [EnumerationEntry("Fast", 1, "Fast one"), EnumerationEntry("Quick", 1), EnumerationEntry("Slow", 2)]
    )
    label = StringParameter("Label")
    table = FileParameter("Table", file_filter="*.csv")
    secret = StringParameter("Secret", access=AccessMode.WriteOnly)
    serial = StringParameter("Serial", default="Z9", access=AccessMode.ReadOnly, category=ParameterListType.MetaInfo)
    heat = FloatParameter("Heat", unit="C", access=AccessMode.ReadOnly, category=ParameterListType.Status)
    hidden = IntegerParameter("Hidden", access=AccessMode.NotAvailable)
    zero = CommandParameter("Zero")
    idle = CommandParameter("Idle", access=AccessMode.NotAvailable)
    empty = CommandParameter("Empty")
    wrong = IntegerParameter("Wrong", category=ParameterListType.Status, access=AccessMode.WriteOnly)

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        self.parameters.add(IntegerParameter("FoundLater", default=3))

    @exposure.on_set
    def _write_exposure(self, milliseconds: float) -> np.float32:
        self.parameters.update("Rate", maximum=1000 / milliseconds)
        return np.float32(round(milliseconds * 4) / 4)  # the device has steps of its own

    @mode.on_set
    def _write_mode(self, mode: str) -> None:
        access = AccessMode.ReadOnly if mode == "Slow" else AccessMode.ReadWrite
        self.parameters.update("Count", access=access)

    @heat.on_get
    def _read_heat(self) -> np.float32:
        return np.float32(36.5)

    @wrong.on_set
    def _write_wrong(self, value: int) -> str:
        return "many"

    @zero.on_execute
    def _zero(self) -> None:
        self.count = 0
        self.label = "zeroed äöü 漢字 \U0001f52c"

    @label.on_set
    def _write_label(self, text: str) -> None:
        if text == "raise":
            raise OSError(5, "no answer on the wire")
        if text == "sleep":
            time.sleep(600)
        if text == "exit":
            print("goodbye")
            os._exit(4)


class Lamp(LightControlDriver):
    name = "Lamp"
    enumerate = classmethod(only)
    connection_parameters = (
        LOG,
        StringParameter("Name", default="lamp"),
        StringParameter("FailOn", description="Raise when brought into this state"),
    )
    enabled = BooleanParameter("Enabled", default=True)
    intensity = FloatParameter("Intensity", default=100.0, minimum=0.0, maximum=100.0, unit="%")

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        self.diary, self.title, self.fail_on = Diary(str(settings["Log"])), settings["Name"], settings["FailOn"]
        self.apply(self.state)

    def apply(self, state: LightState) -> None:
        if state.name == self.fail_on:
            raise OSError("the relay sticks")
        on = state is LightState.Parametrized and self.enabled
        self.diary.note(f"{self.title} {self.intensity if on else 0:g}")
        self.publish(light=np.float64(self.intensity if on else 0))

    def make_safe(self) -> None:
        print("a lamp that is put out")
        super().make_safe()

    def close(self) -> None:
        self.diary.note(f"{self.title} closed")


class Stage(ActuatorDriver):
    name = "Stage"
    enumerate = classmethod(only)
    connection_parameters = (LOG,)
    speed = FloatParameter("Speed", default=1000.0, minimum=0.001, unit="mm/s")

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        self.diary = Diary(str(settings["Log"]))
        self.parameters.update("Position", minimum=-10.0, maximum=50.0, unit="mm")
        self.origin, self.target, self.left = 0.0, 0.0, 0.0

    def move_to(self, position: float) -> None:
        self.origin, self.target, self.left = self.read_position(), position, time.perf_counter()
        self.publish(target=position)

    def read_position(self) -> float:
        way = min(abs(self.target - self.origin), (time.perf_counter() - self.left) * self.speed)
        return self.origin + (way if self.target > self.origin else -way)

    def is_moving(self) -> bool:
        return self.read_position() != self.target

    def halt(self) -> None:
        self.diary.note("halt")
        self.origin = self.target = self.read_position()


class Combo(Camera):
    """A camera with a light of its own."""

    name = "Combo"
    enumerate = classmethod(only)

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        super().open(device_id, settings)
        light = Lamp()
        light.open("0", {"Log": settings["Log"], "Name": "own", "FailOn": ""})
        self.sub_devices = [light]


class Faulty(InstrumentDriver):
    """Goes wrong in the way and at the stage that it is told."""

    name = "Faulty"
    enumerate = classmethod(only)
    stages = ("never", "open", "set", "start", "grab", "stop", "make_safe", "close")
    connection_parameters = (
        LOG,
        EnumerationParameter("Stage", stages),
        EnumerationParameter("Kind", ["", *KINDS]),
        StringParameter("Pids", description="A folder for the numbers of the processes that it starts"),
    )
    kind = EnumerationParameter("NextKind", ["", *KINDS])
    stage = EnumerationParameter("NextStage", stages)
    value = IntegerParameter("Value")

    def __init__(self) -> None:
        super().__init__()
        self.folder, self.diary = "", Diary("")

    def _at(self, stage: str) -> None:
        if stage == self.stage:
            kind, self.kind = self.kind, ""
            misbehave(kind, self.folder)

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        self.stage, self.kind, self.folder = str(settings["Stage"]), str(settings["Kind"]), str(settings["Pids"])
        self.diary = Diary(str(settings["Log"]))
        self.diary.note("open")
        self._at("open")

    @value.on_set
    def _set_value(self, value: int) -> None:
        self._at("set")

    def frame_format(self) -> FrameFormat:
        return FrameFormat((16, 16))

    def start(self, reference: ReferenceName | None) -> None:
        self._at("start")

    def grab(self, frame: Frame, timeout: float) -> bool:
        if self.kind and frame.number == 3:
            self._at("grab")
        time.sleep(0.002)
        frame.data[...] = frame.number
        return True

    def stop(self) -> None:
        self._at("stop")

    def make_safe(self) -> None:
        self.diary.note("make_safe")
        self._at("make_safe")

    def close(self) -> None:
        self.diary.note("close")
        self._at("close")


@hookimpl
def pymodaq_hsi_drivers() -> list[type[Driver]]:
    return [Camera, Zoo, Lamp, Stage, Combo, Faulty]
