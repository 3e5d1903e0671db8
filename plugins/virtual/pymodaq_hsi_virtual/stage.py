"""A linear stage that carries the virtual scene past the camera."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pymodaq_hsi.drivers import ActuatorDriver, DeviceInfo, FloatParameter, StringParameter, Value
from pymodaq_hsi_virtual.motion import Motion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
from pymodaq_hsi_virtual.faults import Faults
from pymodaq_hsi_virtual.identity import device_info

__all__ = ["VirtualStage"]

TRAVEL_MM = 200.0


class VirtualStage(ActuatorDriver):
    """Moves at constant velocity and publishes its movement; the camera sees the line that is under it."""

    name = "VirtualStage"
    description = "Linear stage of the virtual scene"

    connection_parameters = (StringParameter("Faults", description="For training: such as hang@3 (see README)"),)

    velocity = FloatParameter(
        "Velocity", default=50.0, minimum=0.01, maximum=1000.0, unit="mm/s", description="Of the next movement"
    )

    def __init__(self) -> None:
        super().__init__()
        self._motion = Motion.at_rest(0.0)
        self._faults = Faults(None, self.name)

    @classmethod
    def enumerate(cls) -> Iterable[DeviceInfo]:
        """Return the one stage."""
        return [DeviceInfo("0", "Virtual stage", "pymodaq_hsi", "Virtual linear stage", "VS-0")]

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        """Start at rest, at 0."""
        self.info = device_info(type(self), device_id)
        faults = Faults(str(settings["Faults"]), self.name)
        faults.connect()
        self._faults = faults
        self.parameters.update("Position", minimum=0.0, maximum=TRAVEL_MM, unit="mm")
        self._tell()

    def move_to(self, position: float) -> None:
        """Start to move from where it is now."""
        self._faults.command()
        self._motion = Motion(self._motion.position(), position, self.velocity, time.monotonic_ns())
        self._tell()

    def read_position(self) -> float:
        """Return where it is now, in mm."""
        self._faults.check_present()
        return self._motion.position()

    def is_moving(self) -> bool:
        """Return whether it is on its way."""
        return not self._motion.done()

    def halt(self) -> None:
        """Stop where it is."""
        self._motion = Motion.at_rest(self._motion.position())
        self._tell()

    def _tell(self) -> None:
        self.publish(motion=self._motion.to_state())
