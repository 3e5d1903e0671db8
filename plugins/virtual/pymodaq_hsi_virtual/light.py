"""A lamp that the virtual camera sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi.drivers import (
    BooleanParameter,
    DeviceInfo,
    FloatParameter,
    LightControlDriver,
    LightState,
    StringParameter,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
from pymodaq_hsi_virtual.faults import Faults
from pymodaq_hsi_virtual.identity import device_info

__all__ = ["VirtualLight"]


class VirtualLight(LightControlDriver):
    """A dimmable halogen lamp over the virtual scene; it publishes the light that it really gives."""

    name = "VirtualLight"
    description = "Dimmable halogen lamp of the virtual scene"

    connection_parameters = (StringParameter("Faults", description="For training: such as hang@3 (see README)"),)

    enabled = BooleanParameter("Enabled", default=True, description="The user's switch")
    intensity = FloatParameter(
        "Intensity", default=100.0, minimum=0.0, maximum=100.0, unit="%", description="Of the full light"
    )

    def __init__(self) -> None:
        super().__init__()
        self._faults: Faults | None = None

    @classmethod
    def enumerate(cls) -> Iterable[DeviceInfo]:
        """Return the one lamp."""
        return [DeviceInfo("0", "Virtual light", "pymodaq_hsi", "Virtual halogen lamp", "VL-0")]

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        """Switch on as the parameters say."""
        self.info = device_info(type(self), device_id)
        faults = Faults(str(settings["Faults"]), self.name)
        faults.connect()
        self.apply(self.state)
        self._faults = faults  # what is switched on connecting does not count

    def make_safe(self) -> None:
        """Switch off, without a fault."""
        self._faults = None
        super().make_safe()

    def apply(self, state: LightState) -> None:
        """Give the light that state and parameters ask for."""
        if self._faults is not None:
            self._faults.command()
        on = state is LightState.Parametrized and self.enabled
        self.publish(light_percent=self.intensity if on else 0.0)
