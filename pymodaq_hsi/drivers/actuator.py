"""Actuators: stages, filter wheels, whatever has a position."""

from __future__ import annotations

from typing import ClassVar

from pymodaq_hsi.drivers.base import Driver
from pymodaq_hsi.drivers.enums import AccessMode, DriverType, ParameterListType
from pymodaq_hsi.drivers.parameters import BooleanParameter, CommandParameter, FloatParameter

__all__ = ["ActuatorDriver"]


class ActuatorDriver(Driver):
    """Base of actuators; a subclass defines `enumerate`, `move_to`, `read_position` and, if it can, `halt`.

    Moving does not wait: `is_moving` tells when it is done. `Position` is a parameter like any other, so it can be
    a scan axis; a subclass sets its limits and unit with ``self.parameters.update("Position", ...)`` in `open`.
    """

    driver_type: ClassVar[DriverType] = DriverType.Actuator

    position = FloatParameter("Position", description="Where it is; setting it starts a movement there")
    moving = BooleanParameter("Moving", access=AccessMode.ReadOnly, category=ParameterListType.Status)
    stop_command = CommandParameter("Stop", description="Stop moving, here")

    def move_to(self, position: float) -> None:
        """Start to move to `position` (in the unit of `Position`)."""
        raise TypeError(f"driver {type(self).__name__} does not move: define move_to()")

    def read_position(self) -> float:
        """Return where it is now."""
        raise TypeError(f"driver {type(self).__name__} does not know its position: define read_position()")

    def is_moving(self) -> bool:
        """Return whether it is still on its way."""
        return False

    def halt(self) -> None:
        """Stop moving as soon as it can."""

    def make_safe(self) -> None:
        """Stop moving."""
        self.halt()

    @position.on_set
    def _set_position(self, position: float) -> None:
        self.move_to(position)

    @position.on_get
    def _get_position(self) -> float:
        return self.read_position()

    @moving.on_get
    def _get_moving(self) -> bool:
        return self.is_moving()

    @stop_command.on_execute
    def _execute_stop(self) -> None:
        self.halt()
