"""What is to be connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi.drivers import DriverType

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ConnectionSettings"]


class ConnectionSettings:
    """Which device to connect, and how.

    Parameters
    ----------
    driver_name : str
    driver_type : DriverType
    id : str
        From enumeration.
    connection_parameters : mapping, optional
        Values by name, typed or as strings; those that are missing take their defaults.
    timeout : float
        Seconds for the whole connection; real cameras need 10 and more.
    """

    def __init__(
        self,
        driver_name: str,
        driver_type: DriverType | int,
        id: str,
        connection_parameters: Mapping[str, object] | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.driver_name = driver_name
        self.driver_type = DriverType(driver_type)
        self.id = id
        self.connection_parameters: dict[str, object] = dict(connection_parameters or {})
        self.timeout = timeout

    def __repr__(self) -> str:
        return f"ConnectionSettings({self.driver_name!r}, {self.driver_type.name}, {self.id!r})"
