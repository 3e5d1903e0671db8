"""The plugin: what the entry point ``pymodaq_hsi.plugins: virtual`` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi.drivers import hookimpl
from pymodaq_hsi_virtual.camera import VirtualHyperCamera
from pymodaq_hsi_virtual.light import VirtualLight
from pymodaq_hsi_virtual.stage import VirtualStage

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import Driver


@hookimpl
def pymodaq_hsi_drivers() -> list[type[Driver]]:
    """Offer the three virtual devices."""
    return [VirtualHyperCamera, VirtualLight, VirtualStage]
