"""Bringing what a scan varies to where a point wants it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pymodaq_hsi.devices import ActuatorDevice
from pymodaq_hsi.errors import DeviceTimeout, ParameterError, PositionMissed

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.devices import Device

__all__ = ["Mover"]

_FIRST_LOOK, _LOOK_EVERY = 0.0005, 0.01


class Mover:
    """Sets one parameter of a device and sees to it that it is so.

    Parameters
    ----------
    target : str
        Its name in the plan, ``"stage.Position"``.
    device : Device
    parameter : str
        Numeric and writable. ``Position`` of an actuator is moved to and waited for.
    settle : float
        Seconds to wait when it is there.
    tolerance : float, optional
        How far it may be from what was wanted.
    timeout : float
        Seconds that a movement may take.

    Attributes
    ----------
    measured : float
        Where it was when it had arrived.
    under_way : bool
        Whether it was let move, and neither arrived nor was stopped.
    """

    def __init__(
        self,
        target: str,
        device: Device,
        parameter: str,
        *,
        settle: float = 0.0,
        tolerance: float | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.target = target
        self.device = device
        self.parameter = parameter
        self.settle = settle
        self.measured = float("nan")
        self._tolerance = tolerance
        self._timeout = timeout
        self._moves = isinstance(device, ActuatorDevice) and parameter == "Position"
        self._wanted: float | None = None
        self._deadline = 0.0
        self.under_way = False

    @property
    def unit(self) -> str:
        """Of the parameter."""
        return self.device.all_parameters()[self.parameter].unit

    def read(self) -> float:
        """Return where it is now."""
        return float(self.device.get_parameter(self.parameter))

    def differs(self, value: float) -> bool:
        """Whether it was not brought to this value last."""
        return value != self._wanted

    def begin(self, value: float) -> None:
        """Set it, or let it start to move.

        Raises
        ------
        ParameterError, DeviceLost, DriverError, DeviceTimeout
        """
        self._wanted = None  # should this fail, it is not where it was
        taken = self.device.set_parameter(self.parameter, value)
        self._wanted = value
        self._deadline = time.monotonic() + self._timeout
        self.under_way = self._moves
        if not self._moves:
            self.measured = float(taken)

    def arrive(self, wait: Callable[[float], bool]) -> None:
        """Wait until it is there.

        Parameters
        ----------
        wait : callable
            Waits for so many seconds, and returns whether to give up.

        Raises
        ------
        PositionMissed
            It stopped, or was set, farther away than the tolerance.
        DeviceTimeout
            It is still moving; it was told to stop.
        DeviceLost, DriverError
        """
        wanted = self._wanted
        if wanted is None:
            return
        if self._moves:
            self._wait_for_rest(wanted, wait)
            self.under_way = False
            self.measured = self.read()
        if self._tolerance is not None and not abs(self.measured - wanted) <= self._tolerance:
            self._wanted = None
            raise PositionMissed(
                f"{self.target} is at {self.measured:g} where {wanted:g} was wanted, {abs(self.measured - wanted):g} "
                f"away: the plan tolerates {self._tolerance:g}. See to the device, or give it a larger tolerance",
                device=self.device.name,
            )

    def _wait_for_rest(self, wanted: float, wait: Callable[[float], bool]) -> None:
        pause = _FIRST_LOOK
        while self.device.get_parameter("Moving"):
            if time.monotonic() > self._deadline:
                self.stop()
                raise DeviceTimeout(
                    f"{self.target} was still moving to {wanted:g} after {self._timeout:g} s, at {self.read():g}; it "
                    "was told to stop. Move less far in a step, or faster",
                    device=self.device.name,
                )
            if wait(pause):
                self.stop()
                return
            pause = min(2 * pause, _LOOK_EVERY)

    def stop(self) -> None:
        """Stop it, if it moves."""
        self._wanted, self.under_way = None, False
        if self._moves and self.device.connected:
            self.device.execute("Stop")

    def return_to(self, value: float) -> None:
        """Begin to bring it back to where it was; a value that was read need not be one that can be set."""
        try:
            self.begin(value)
        except ParameterError:
            self._wanted = None
