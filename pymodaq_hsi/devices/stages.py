"""Connected actuators."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pymodaq_hsi.devices.device import Device
from pymodaq_hsi.errors import DeviceTimeout

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import Value

__all__ = ["ActuatorDevice"]

_LOOK_EVERY = 0.01


class ActuatorDevice(Device):
    """A stage or anything else that has a position."""

    @property
    def position(self) -> float:
        """Where it is now, in the unit of its parameter ``Position``."""
        return float(self.get_parameter("Position"))

    @property
    def moving(self) -> bool:
        """Whether it is on its way."""
        return bool(self.get_parameter("Moving"))

    def move_to(self, position: float, *, timeout: float | None = 60.0) -> float:
        """Move, wait until it is there, and return where it is.

        Parameters
        ----------
        position : float
        timeout : float or None
            Seconds to wait; None starts the movement and does not wait.

        Raises
        ------
        ParameterError
            The position is outside the limits.
        DeviceTimeout
            It is still moving; it was told to stop.
        """
        self.set_parameter("Position", position)
        if timeout is None:
            return self.position
        deadline = time.monotonic() + timeout
        pause = threading.Event()
        try:
            while self.moving:
                if time.monotonic() > deadline:
                    raise DeviceTimeout(
                        f"{self.display_name} was still moving to {position:g} after {timeout:g} s, at "
                        f"{self.position:g}; it was told to stop. Give it more time, or move less far",
                        device=self.name,
                    )
                pause.wait(_LOOK_EVERY)
        except BaseException:  # also Ctrl-C: nobody waits for it any more
            if self.connected:
                self.stop()
            raise
        return self.position

    def _to_restore(self) -> dict[str, Value]:
        """Leave the position out: a stage that is connected again does not move by itself."""
        return {name: value for name, value in super()._to_restore().items() if name != "Position"}

    def stop(self) -> None:
        """Stop moving."""
        self.execute("Stop")
