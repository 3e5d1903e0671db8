"""Which of a driver's devices is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymodaq_hsi.drivers import DeviceInfo, Driver

__all__ = ["device_info"]


def device_info(driver: type[Driver], device_id: str) -> DeviceInfo:
    """Return the device of this id.

    Raises
    ------
    LookupError
        The driver has no such device; the message lists those that it has.
    """
    devices = {info.id: info for info in driver.enumerate()}
    if device_id not in devices:
        raise LookupError(f"{driver.name} has no device {device_id!r}; it has {', '.join(map(repr, devices))}")
    return devices[device_id]
