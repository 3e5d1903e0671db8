"""A lamp that the virtual camera sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi.drivers import (
    BooleanParameter,
    DeviceInfo,
    FloatParameter,
    LightControlDriver,
    LightState,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
from pymodaq_hsi_virtual.identity import device_info

__all__ = ["VirtualLight"]


class VirtualLight(LightControlDriver):
    """A dimmable halogen lamp over the virtual scene; it publishes the light that it really gives."""

    name = "VirtualLight"
    description = "Dimmable halogen lamp of the virtual scene"

    enabled = BooleanParameter("Enabled", default=True, description="The user's switch")
    intensity = FloatParameter(
        "Intensity", default=100.0, minimum=0.0, maximum=100.0, unit="%", description="Of the full light"
    )

    @classmethod
    def enumerate(cls) -> Iterable[DeviceInfo]:
        """Return the one lamp."""
        return [DeviceInfo("0", "Virtual light", "pymodaq_hsi", "Virtual halogen lamp", "VL-0")]

    def open(self, device_id: str, settings: Mapping[str, Value]) -> None:
        """Switch on as the parameters say."""
        self.info = device_info(type(self), device_id)
        self.apply(self.state)

    def apply(self, state: LightState) -> None:
        """Give the light that state and parameters ask for."""
        on = state is LightState.Parametrized and self.enabled
        self.publish(light_percent=self.intensity if on else 0.0)
