"""A camera, a lamp and a stage that keep all promises, and others that each break one."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np

from pymodaq_hsi.drivers import (
    AccessMode,
    ActuatorDriver,
    BooleanParameter,
    CommandParameter,
    DeviceInfo,
    EnumerationParameter,
    FloatParameter,
    FrameFormat,
    InstrumentDriver,
    IntegerParameter,
    LightControlDriver,
    LightState,
    ParameterListType,
    ReferenceName,
    hookimpl,
)


class Good:
    @classmethod
    def enumerate(cls):
        return [DeviceInfo("0", f"The {cls.name}", serial_number="1")]

    def open(self, device_id, settings):
        if device_id != "0":
            raise LookupError(f"there is no device {device_id!r}")


class GoodCamera(Good, InstrumentDriver):
    name = "GoodCamera"
    exposure = FloatParameter(
        "ExposureTime", default=4.0, minimum=0.5, maximum=1000.0, unit="ms", affects_reference=True
    )
    rate = FloatParameter("FrameRate", default=200.0, minimum=0.1, maximum=500.0, unit="Hz")
    mode = EnumerationParameter("Mode", ["Fast", "Slow"])
    reset = CommandParameter("Reset")

    def __init__(self):
        super().__init__()
        self.shutter_closed = False

    def frame_format(self):
        return FrameFormat((4, 6), "uint16", 1, tuple(np.linspace(400, 900, 6)), saturation=4095)

    def start(self, reference):
        self.shutter_closed = reference is ReferenceName.Dark
        self.due = time.monotonic() + 1 / self.rate

    def grab(self, frame, timeout):
        wait = self.due - time.monotonic()
        if wait > timeout:
            time.sleep(timeout)
            return False
        time.sleep(max(0.0, wait))
        self.due = max(self.due + 1 / self.rate, time.monotonic() - 0.1)
        frame.data[...] = 10 if self.shutter_closed else 1000
        return True

    @reset.on_execute
    def do_reset(self):
        self.exposure = 4.0


class GoodLamp(Good, LightControlDriver):
    name = "GoodLamp"
    enabled = BooleanParameter("Enabled", default=True)
    intensity = FloatParameter("Intensity", default=50.0, minimum=0.0, maximum=100.0, unit="%")

    def apply(self, state):
        return None


class GoodStage(Good, ActuatorDriver):
    name = "GoodStage"
    speed = FloatParameter("Speed", default=50.0, minimum=1.0, maximum=1000.0, unit="mm/s")

    def open(self, device_id, settings):
        super().open(device_id, settings)
        self.parameters.update("Position", minimum=0.0, maximum=50.0, unit="mm")
        self.origin = self.target = 0.0
        self.begun, self.pace = time.monotonic(), 1.0

    def move_to(self, position):
        self.origin, self.target = self.read_position(), position
        self.begun, self.pace = time.monotonic(), self.speed

    def read_position(self):
        way = self.target - self.origin
        done = min(abs(way), (time.monotonic() - self.begun) * self.pace)
        return self.target if done == abs(way) else self.origin + (done if way > 0 else -done)

    def is_moving(self):
        return self.read_position() != self.target

    def halt(self):
        self.origin = self.target = self.read_position()


class FindsNothing(GoodCamera):
    name = "FindsNothing"

    @classmethod
    def enumerate(cls):
        return []


class ChangingId(GoodCamera):
    name = "ChangingId"

    @classmethod
    def enumerate(cls):
        return [DeviceInfo(str(time.time_ns()), "Changing")]

    def open(self, device_id, settings):
        return None


class TakesAnyDevice(GoodCamera):
    name = "TakesAnyDevice"

    def open(self, device_id, settings):
        return None


class NoUnit(GoodCamera):
    name = "NoUnit"
    delay = FloatParameter("TriggerDelay", maximum=5.0)


class WritableStatus(GoodCamera):
    name = "WritableStatus"
    humidity = FloatParameter("Humidity", unit="%", category=ParameterListType.Status)


class UnreadableParameter(GoodCamera):
    name = "UnreadableParameter"
    heat = FloatParameter("Heat", unit="C", access=AccessMode.ReadOnly, category=ParameterListType.Status)

    @heat.on_get
    def read_heat(self):
        raise OSError("no answer from the thermometer")


class MicrosecondsReturned(GoodCamera):
    name = "MicrosecondsReturned"
    delay = FloatParameter("TriggerDelay", minimum=0.0, maximum=5000.0, default=1.0, unit="ms")

    @delay.on_set
    def write_delay(self, milliseconds):
        return milliseconds * 1000


class RefusesItsMaximum(GoodCamera):
    name = "RefusesItsMaximum"
    level = FloatParameter("BlackLevel", minimum=0.0, maximum=10.0)

    @level.on_set
    def write_level(self, level):
        if level > 8:
            raise ValueError("the register has three bits")


class ForgetsAnEntry(GoodCamera):
    name = "ForgetsAnEntry"
    shape = EnumerationParameter("Shutter", ["Rolling", "Global"])

    @shape.on_set
    def write_shape(self, name):
        return {"Rolling": name}[name]


class BrokenCommand(GoodCamera):
    name = "BrokenCommand"
    calibrate = CommandParameter("Calibrate")

    @calibrate.on_execute
    def do_calibrate(self):
        raise RuntimeError("no lamp")


class GainForgotten(GoodCamera):
    name = "GainForgotten"
    gain = FloatParameter("Gain", default=1.0, minimum=1.0, maximum=4.0)


class Micrometres(GoodCamera):
    name = "Micrometres"

    def frame_format(self):
        return FrameFormat((4, 6), "uint16", 1, tuple(np.linspace(0.4, 0.9, 6)))


class MonotonicTimes(GoodCamera):
    name = "MonotonicTimes"

    def grab(self, frame, timeout):
        frame.timestamp_ns = time.monotonic_ns()
        return super().grab(frame, timeout)


class SameNumber(GoodCamera):
    name = "SameNumber"

    def grab(self, frame, timeout):
        frame.number = 7
        return super().grab(frame, timeout)


class TooFast(GoodCamera):
    name = "TooFast"
    rate = FloatParameter("FrameRate", default=10.0, minimum=0.1, maximum=500.0, unit="Hz")

    def grab(self, frame, timeout):
        time.sleep(0.002)
        return True


class Deaf(GoodCamera):
    name = "Deaf"

    def grab(self, frame, timeout):
        time.sleep(1 / self.rate)
        return True


class ShutterStaysClosed(GoodCamera):
    name = "ShutterStaysClosed"

    def start(self, reference):
        closed = self.shutter_closed
        super().start(reference)
        self.shutter_closed = closed or self.shutter_closed


class LeaksThreads(GoodCamera):
    name = "LeaksThreads"

    def start(self, reference):
        super().start(reference)
        threading.Thread(target=threading.Event().wait, daemon=True).start()


class RaisesInClose(GoodCamera):
    name = "RaisesInClose"

    def close(self):
        raise OSError("the handle is not valid")


class LockFile(GoodCamera):
    name = "LockFile"
    lock = Path(__file__).with_suffix(".lock")

    def open(self, device_id, settings):
        super().open(device_id, settings)
        self.lock.touch(exist_ok=False)

    def close(self):
        self.lock.unlink(missing_ok=True)


class CountsConnections(GoodLamp):
    name = "CountsConnections"

    def open(self, device_id, settings):
        super().open(device_id, settings)
        with Path(__file__).with_suffix(".log").open("a") as log:
            log.write("open\n")


class CountsWrites(CountsConnections):
    name = "CountsWrites"
    intensity = FloatParameter("Intensity", default=50.0, minimum=0.0, maximum=100.0, unit="%")
    writes = IntegerParameter("Writes", access=AccessMode.ReadOnly)

    @intensity.on_set
    def write_intensity(self, percent):
        self.writes += 1


class SwitchesEnabledOff(GoodLamp):
    name = "SwitchesEnabledOff"

    def apply(self, state):
        self.enabled = state is LightState.Parametrized


class RefusesInTheDark(GoodLamp):
    name = "RefusesInTheDark"

    def apply(self, state):
        if self.state is state is LightState.ForcedOff:
            raise RuntimeError("the lamp is off")


class NoTravel(GoodStage):
    name = "NoTravel"

    def open(self, device_id, settings):
        super().open(device_id, settings)
        self.parameters.update("Position", maximum=None)


class GoesHomeFirst(GoodStage):
    """Not wrong: it is on its way when it has been connected."""

    name = "GoesHomeFirst"

    def open(self, device_id, settings):
        super().open(device_id, settings)
        self.move_to(20.0)


class NeverArrives(GoodStage):
    name = "NeverArrives"

    def is_moving(self):
        return False


class CannotStop(GoodStage):
    name = "CannotStop"

    def halt(self):
        return None


@hookimpl
def pymodaq_hsi_drivers():
    return [GoodCamera, GoodLamp, GoodStage]
