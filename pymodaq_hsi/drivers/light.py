"""Light control: devices that switch or dim a source or an external shutter."""

from __future__ import annotations

from typing import ClassVar

from pymodaq_hsi.drivers.base import Driver
from pymodaq_hsi.drivers.enums import DriverType, LightState
from pymodaq_hsi.drivers.parameters import FloatParameter

__all__ = ["LightControlDriver"]


class LightControlDriver(Driver):
    """Base of lights; a subclass defines `enumerate` and `apply`, and its own parameters (Enabled, Intensity).

    The parameters are the user's; the application only switches the state, and puts it back.
    """

    driver_type: ClassVar[DriverType] = DriverType.LightControl

    settle_time = FloatParameter(
        "SettleTime",
        default=0.0,
        minimum=0.0,
        maximum=600_000.0,
        unit="ms",
        description="How long the light takes to be steady after it was switched",
    )

    def __init__(self) -> None:
        super().__init__()
        self.state = LightState.Parametrized

    def apply(self, state: LightState) -> None:
        """Bring the light into `state`; called when the state changes, and after a parameter was set."""
        raise TypeError(f"driver {type(self).__name__} does not switch its light: define apply()")

    def switch(self, state: LightState) -> None:
        """Change the state; called by the host."""
        self.apply(state)
        self.state = state

    def parameter_changed(self, name: str) -> None:
        """Apply the parameters again, in the state that rules."""
        self.apply(self.state)

    def make_safe(self) -> None:
        """Switch off; override where another state is the safe one."""
        self.switch(LightState.ForcedOff)
